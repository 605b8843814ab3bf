//! One text for each flag library.

use super::assert_flags;
use crate::init::help::{Style, parse};

#[test]
fn kingpin_defaults_and_placeholders() {
    let text = r#"usage: tide_exporter --tide.url=TIDE.URL [<flags>] <station>

Serves water levels.

Flags:
  -h, --[no-]help                Show context-sensitive help (also try
                                 --help-long and --help-man).
      --web.listen-address=:9876 ...  
                                 Where the page is served, or a path such
                                 as
                                 --web.telemetry-path. May be repeated.
      --tide.url=TIDE.URL        Station server ($TIDE_URL)
      --[no-]collector.wind      Enable wind (default: enabled).
      --tide.skip="^(a  b|\\d+)$"  
                                 Stations to leave out.
      --tide.depth=5 ...         Depths.
      --tide.many=a... ...       Many.
      --tide.re=^(a  b)"\d$      Regex.
  -n, --tide.talk ...            More.
      --tide.prefix="one
                                 two"  Joined.
      --tide.cache=<dir>         Folder.
      --log.level=info           Lowest level. One of: [debug, info, warn]
  -o, --tide.order=ORDER         Order.

Args:
  <station>   Station to read.
  [<others>]  More stations.

Commands:
  help [<command>...]
    Tells about a command.

  watch* <station>
    Watches.
"#;
    let help = assert_flags(
        text,
        &[
            "--help no | Show context-sensitive help (also try --help-long and --help-man).",
            "--web.listen-address <> =:9876 rep | Where the page is served, or a path such as \
             --web.telemetry-path. May be repeated.",
            "--tide.url <TIDE.URL> $TIDE_URL req | Station server",
            "--collector.wind =true no | Enable wind.",
            r"--tide.skip <> =^(a  b|\d+)$ | Stations to leave out.",
            "--tide.depth <> =5 rep | Depths.",
            "--tide.many <> rep | Many.",
            r#"--tide.re <> =^(a  b)"\d$ | Regex."#,
            "--tide.talk rep | More.",
            "--tide.prefix <> =one two | Joined.",
            "--tide.cache <dir> | Folder.",
            "--log.level <> =info {debug,info,warn} | Lowest level. One of: [debug, info, warn]",
            "--tide.order <ORDER> | Order.",
        ],
    );
    assert_eq!(help.style, Style::Kingpin);
    let arguments: Vec<_> = help.arguments.iter().map(|a| (&*a.name, a.required)).collect();
    assert_eq!(arguments, [("station", true), ("others", false)]);
    assert_eq!(help.commands, ["help", "watch"]);
}

#[test]
fn translated_kingpin_is_known_by_its_flags() {
    let text = "Flags:\n  -h, --[no-]help        显示帮助\n      --web.listen-address=:9630 ...\n                         监听地址 ($TIDE_LISTEN)\n";
    let help = assert_flags(
        text,
        &["--help no | 显示帮助", "--web.listen-address <> =:9630 $TIDE_LISTEN rep | 监听地址"],
    );
    assert_eq!(help.style, Style::Kingpin);
}

#[test]
fn kong_lists_and_switches() {
    let text = "Usage: tide --app-id=INT-64 <station> ... [flags]\n\nArguments:\n  <station> ...    Station.\n\nFlags:\n  -h, --help              Show context-sensitive help.\n      --app-id=INT-64     App ($TIDE_APP)\n      --repos=REPOS,...   Repositories\n      --sleep=1m          Sleep\n      --[no-]wind         Wind\n      --level=\"error\"     Valid levels: [error, info]\n\nCommands:\n  set up\n    Sets\n\n  set down\n    Sets\n";
    let help = assert_flags(
        text,
        &[
            "--help | Show context-sensitive help.",
            "--app-id <INT-64> $TIDE_APP req | App",
            "--repos <REPOS> rep | Repositories",
            "--sleep <> =1m | Sleep",
            "--wind no | Wind",
            "--level <> =error {error,info} | Valid levels: [error, info]",
        ],
    );
    assert_eq!(help.style, Style::Kong);
    assert_eq!((&*help.arguments[0].name, help.arguments[0].repeated), ("station", true));
    assert_eq!(help.commands, ["set"]);
}

#[test]
fn go_flag_types_and_switches() {
    let text = "flag provided but not defined: -x\nUsage of ./tide:\n  -N\tOne letter.\n  -n int\n    \tCount (default 3)\n  -tide.addr string\n    \tServer (see -n) (default \"h \\\"q\\\" (x)\")\n  -tide.fast\n    \tFast.\n    \tSecond line. (default true)\n  -tide.label value\n    \t-label several times, overridden by TIDE_LABEL environment variable\n";
    let help = assert_flags(
        text,
        &[
            "-N | One letter.",
            "-n <int> =3 | Count",
            "-tide.addr <string> =h \"q\" (x) | Server (see -n)",
            "-tide.fast =true | Fast. Second line.",
            "-tide.label <value> $TIDE_LABEL rep | -label several times, overridden by TIDE_LABEL \
             environment variable",
        ],
    );
    assert_eq!(help.style, Style::GoFlag);
}

#[test]
fn pflag_types_and_cobra_commands() {
    let text = r#"Serves water levels.

Usage:
  tide [flags]
  tide [command]

Examples:
  tide --port 1

Available Commands:
  completion  Makes completions
  serve       Serves

Flags:
  -h, --help               help for tide
      --metrics            serve metrics (default true)
  -p, --port int           port to listen on (default 9121)
      --labels stringArray    labels (default [a=1,b=2])
      --stations strings   stations to read (default [a,b])
      --addr host:port[=":1"]   address to bind
                                twice (default ":9100")
      --style string[="a"]   style of the page
  -v, --verbose count      talk more

Global Flags:
      --config string   config file (default "/etc/tide.yml")

Use "tide [command] --help" for more information about a command.
"#;
    let help = assert_flags(
        text,
        &[
            "--help | help for tide",
            "--metrics =true | serve metrics",
            "--port <int> =9121 | port to listen on",
            "--labels <stringArray> rep | labels",
            "--stations <strings> =a,b rep | stations to read",
            "--addr <host:port> =:9100 | address to bind twice",
            "--style <string> | style of the page",
            "--verbose rep | talk more",
            "--config <string> =/etc/tide.yml | config file",
        ],
    );
    assert_eq!(help.style, Style::Pflag);
    assert_eq!(help.commands, ["completion", "serve"]);
}

#[test]
fn urfave_values_and_variables() {
    let text = r#"NAME:
   tide - serves water levels

USAGE:
   tide [global options] command [command options]

COMMANDS:
   serve, s  Serves
   help, h   Shows a list

GLOBAL OPTIONS:
   --address value, -a value                  where to listen (default: ":9100") [$TIDE_ADDRESS, $ADDRESS]
   --station value [ --station value ]        stations (default: "a", "b")
   --debug                                    talk more (default: false)
   --help, -h                                 show help
"#;
    let help = assert_flags(
        text,
        &[
            "--address <value> =:9100 $TIDE_ADDRESS | where to listen",
            "--station <value> =a,b rep | stations",
            "--debug =false | talk more",
            "--help | show help",
        ],
    );
    assert_eq!(help.style, Style::Urfave);
    assert_eq!(help.commands, ["serve", "help"]);
    assert_eq!(help.arguments, []);
}

#[test]
fn clap_notes_on_lines_of_their_own() {
    let text = "Serves water levels\n\nUsage: tide [OPTIONS] --url <URL> <STATION> [OTHERS]...\n\nArguments:\n  <STATION>    Station to read\n  [OTHERS]...  More\n\nOptions:\n  -l, --listen <ADDR>\n          Where to listen\n          \n          --help-like text\n          \n          [env: TIDE_LISTEN=0.0.0.0:1]\n          [default: [::]:9100]\n\n      --url <URL>\n          Server\n\n      --mode <MODE>\n          Mode\n\n          Possible values:\n          - fast: Quick\n          - slow: Not quick\n\n  -v, --verbose...\n          More\n\n      --tag <TAG>...\n          Tags [aliases: tags] [possible values: a, b]\n";
    let help = assert_flags(
        text,
        &[
            "--listen <ADDR> =[::]:9100 $TIDE_LISTEN | Where to listen --help-like text",
            "--url <URL> req | Server",
            "--mode <MODE> {fast,slow} | Mode",
            "--verbose rep | More",
            "--tag <TAG> {a,b} rep | Tags",
        ],
    );
    assert_eq!(help.style, Style::Clap);
    let arguments: Vec<_> =
        help.arguments.iter().map(|a| (&*a.name, a.required, a.repeated)).collect();
    assert_eq!(arguments, [("STATION", true, false), ("OTHERS", false, true)]);
}

#[test]
fn clap_3_indents_by_four() {
    let text = "tide 1.2.0\n\nUSAGE:\n    tide [FLAGS] [OPTIONS]\n\nFLAGS:\n    -h, --help       Prints help\n        --raw        Raw\n\nOPTIONS:\n    -p, --port <port>    Port [default: 9100]\n";
    let help =
        assert_flags(text, &["--help | Prints help", "--raw | Raw", "--port <port> =9100 | Port"]);
    assert_eq!(help.style, Style::Clap);
}

#[test]
fn click_pairs_and_joined_notes() {
    let text = "Usage: tide [OPTIONS] STATION [MORE]...\n\nOptions:\n  -p, --port INTEGER  Port  [env var: TIDE_PORT; default: 9100]\n  --raw / --no-raw    Raw  [default: no-raw]\n  --mode [a|b]        Mode  [required]\n  --n INTEGER RANGE   N  [1<=x<=5]\n  --help              Show this message and exit.\n";
    let help = assert_flags(
        text,
        &[
            "--port <INTEGER> =9100 $TIDE_PORT | Port",
            "--raw =false no | Raw",
            "--mode <[a|b]> {a,b} req | Mode",
            "--n <INTEGER RANGE> | N  [1<=x<=5]",
            "--help | Show this message and exit.",
        ],
    );
    assert_eq!(help.style, Style::Click);
    let arguments: Vec<_> = help.arguments.iter().map(|a| (&*a.name, a.required)).collect();
    assert_eq!(arguments, [("STATION", true), ("MORE", false)]);
}

#[test]
fn argparse_aliases_and_arguments() {
    let text = r#"usage: tide.py [-h] [-p PORT] --url URL
               [--mode {fast,slow}] [--raw | --no-raw]
               station [others ...]

Serves water levels.

positional arguments:
  station               Station to read
  others                More

optional arguments:
  -h, --help            show this help message and exit
  -p PORT, --port PORT  Port to listen on (default: 9121)
  --url URL
  --mode {fast,slow}    Mode (default: None)
  --raw, --no-raw       Raw (default: True)
  --store DIR [DIR ...]
                        Where tides are kept (default: /srv/tide-
                        data/levels)
  --no-check            Trust it (default: True)
  --token TOKEN         Token [env var: TIDE_TOKEN]
"#;
    let help = assert_flags(
        text,
        &[
            "--help | show this help message and exit",
            "--port <PORT> =9121 | Port to listen on",
            "--url <URL> req | ",
            "--mode <{fast,slow}> {fast,slow} | Mode",
            "--raw =true no | Raw",
            "--store <DIR> =/srv/tide-data/levels | Where tides are kept",
            "--no-check | Trust it",
            "--token <TOKEN> $TIDE_TOKEN | Token",
        ],
    );
    assert_eq!(help.style, Style::Argparse);
    let arguments: Vec<_> =
        help.arguments.iter().map(|a| (&*a.name, a.required, a.repeated)).collect();
    assert_eq!(arguments, [("station", true, false), ("others", false, true)]);
}

#[test]
fn own_exporters_fill_the_left_column() {
    let text = "Tides for Prometheus.\n\nUsage: tide_exporter [--FLAG=VALUE]...\n\nFlags:\n  --web.listen-address=ADDRESS    Where to listen. Repeatable. [default: :9601]\n  --tide.skip=REGEX               Skip these. [default: ^([a-z]\\(|b)$]\n  --tide.levels=NUMBER_OF_LEVELS_ How many. [default: 3]\n  --tide.with-a-name-that-fills-x Switch with a help.\n\nCollectors:\n  --[no-]collector.wind           Wind. [default: on]\n  --collector.wind.group=NAME=REGEX\n                                  Groups. [default: a=b]\n\nFlags are written as --flag=value or\n--flag value.\n";
    let help = assert_flags(
        text,
        &[
            "--web.listen-address <ADDRESS> =:9601 rep | Where to listen. Repeatable.",
            r"--tide.skip <REGEX> =^([a-z]\(|b)$ | Skip these.",
            "--tide.levels <NUMBER_OF_LEVELS_> =3 | How many.",
            "--tide.with-a-name-that-fills-x | Switch with a help.",
            "--collector.wind =true no | Wind.",
            "--collector.wind.group <NAME=REGEX> =a=b | Groups.",
        ],
    );
    assert_eq!(help.style, Style::ExporterKit);
}

#[test]
fn prose_names_variable_default_and_choices() {
    let text = "Usage: tide [options]\n  --a ADDR   where, defaults to :9100. Set with env TIDE_A\n  --b MODE   mode: valid modes are fast, slow and 'off'\n  --c URL    can be set with TIDE_C; DOCKER_HOST is read by the library\n  --d DIR    defaults to the value of --a (required)\n  --e        port (default 9100)\n  --f F      [default: 0.0.0.0:9999, env: TIDE_F]\n  --gfile G  read, else taken from environment variable TIDE_G\n";
    assert_flags(
        text,
        &[
            "--a <ADDR> =:9100 $TIDE_A | where, defaults to :9100. Set with env TIDE_A",
            "--b <MODE> {fast,slow,off} | mode: valid modes are fast, slow and 'off'",
            "--c <URL> $TIDE_C | can be set with TIDE_C; DOCKER_HOST is read by the library",
            "--d <DIR> req | defaults to the value of --a",
            "--e <> =9100 | port",
            "--f <F> =0.0.0.0:9999 $TIDE_F | ",
            "--gfile <G> | read, else taken from environment variable TIDE_G",
        ],
    );
}

#[test]
fn usage_line_gives_arguments_without_a_section() {
    let help = parse("Usage: tide <config> [PORT]\n");
    let arguments: Vec<_> = help.arguments.iter().map(|a| (&*a.name, a.required)).collect();
    assert_eq!(arguments, [("config", true), ("PORT", false)]);
}
