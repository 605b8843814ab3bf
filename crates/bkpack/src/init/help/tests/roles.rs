//! Roles and kinds of fields by name, default and help.

use crate::init::help::{HelpFlag, Input, Listen, ListenForm, Role, input, parse, role};

/// `--name <value> =default $ENV | help`.
fn flag(line: &str) -> HelpFlag {
    let (left, help) = line.split_once('|').unwrap_or((line, ""));
    let mut words = left.split_whitespace();
    let mut flag = HelpFlag {
        name: words.next().unwrap().to_owned(),
        help: help.trim().to_owned(),
        ..HelpFlag::default()
    };
    for word in words {
        if let Some(value) = word.strip_prefix('<') {
            flag.value = Some(value.trim_end_matches('>').to_owned());
        } else if let Some(default) = word.strip_prefix('=') {
            flag.default = Some(default.to_owned());
            flag.value.get_or_insert_default();
        } else if let Some(env) = word.strip_prefix('$') {
            flag.env = Some(env.to_owned());
        }
    }
    flag
}

#[test]
fn listen_flag_under_every_name() {
    use ListenForm::{ColonPort, HostPort, Port};
    let cases = [
        ("--web.listen-address =:9100", ColonPort, Some(9100)),
        ("-web.listen-address <string> =0.0.0.0:9100", HostPort, Some(9100)),
        ("--web.listen-address <WEB.LISTEN-ADDRESS> | serves the page", HostPort, None),
        ("--telemetry.addr =localhost:9100", HostPort, Some(9100)),
        ("-telemetry.address =[::]:9100", HostPort, Some(9100)),
        ("-metrics.listen-addr =:9233 | of the plug", ColonPort, Some(9233)),
        ("--listen-address =9100", Port, Some(9100)),
        ("--bind <HOST:PORT>", HostPort, None),
        ("--bind-address =127.0.0.1:9100", HostPort, Some(9100)),
        ("--addr =:9205", ColonPort, Some(9205)),
        ("--address <value> $TIDE_EXPORTER_WEB_LISTEN_ADDRESS", HostPort, None),
        ("--http.listen =*:9100", HostPort, Some(9100)),
        ("-l <ADDR> | Address to listen on", HostPort, None),
        ("--listen <:PORT>", ColonPort, None),
        ("--port =9121", Port, Some(9121)),
        ("--port =8000 | Port to serve on", Port, Some(8000)),
        ("--port <int> $PORT | Port of the exporter", Port, None),
        ("--web.port =8080", Port, Some(8080)),
        ("--metrics-port <PORT>", Port, None),
        ("-p <PORT> =9100", Port, Some(9100)),
        ("-a <x> $TIDE_EXPORTER_PORT =80", Port, Some(80)),
        ("-l =:9469 | Address to listen on", ColonPort, Some(9469)),
        ("-promport =9224", Port, Some(9224)),
        ("--port =8080 | Prometheus port", Port, Some(8080)),
        ("--prometheus <ADDRESS> =0.0.0.0:9092", HostPort, Some(9092)),
        ("-hport =9360 | The port listens on for requests", Port, Some(9360)),
        ("--tide-exporter.listen-address =:1 | where metrics are served", ColonPort, Some(1)),
    ];
    for (line, form, port) in cases {
        assert_eq!(role(&flag(line)), Role::Listen(Listen { form, port }), "{line}");
    }
}

#[test]
fn addresses_of_the_service_are_not_listened_on() {
    let cases = [
        "--redis.addr =redis://localhost:6379",
        "--redis.address =127.0.0.1:6379 | HOST:PORT of Redis",
        "--nginx.scrape-uri =http://127.0.0.1:8080/status",
        "--mysqld.address =localhost:3306",
        "--es.uri =http://localhost:9200",
        "--kafka.server =kafka:9092 | broker",
        "--statsd.listen-udp =:9125 | UDP address to listen on for statsd metrics",
        "--web.external-url <URL> | URL of the exporter",
        "--web.max-requests =40 | scrapes at once",
        "--cluster.listen-address =0.0.0.0:9094 | Listen address for cluster metrics",
        "--web.tls.listen-address <string> | to listen on for HTTPS of metrics",
        "--host =localhost | MySQL host",
        "--port =3306 | MySQL port to connect to",
        "--server <string> | URL of the server",
        "--interface <INTERFACE> | to search for devices",
        "--address =localhost:11211 | Address of memcached",
        "--bind.timeout =10s | for BIND",
        "--pprof.listen-address =:6060 | where metrics of the profiler are",
        "--port =9664 | [DEPRECATED] use --web.listen-address",
        "-h =localhost:8080 | Address of cluster",
        "--port =3306 | Mysql Port",
        "--tideport =9360 | Port of the tide",
        "-p <password> | Password for the port's exporter",
        "--web.listen-address | a switch",
        "--web.systemd-socket | listen on sockets of systemd",
    ];
    for line in cases {
        assert_eq!(role(&flag(line)), Role::Other, "{line}");
    }
}

#[test]
fn other_roles_by_name_and_default() {
    let cases = [
        ("--web.telemetry-path =/metrics", Role::Path),
        ("-telemetry.path =/", Role::Path),
        ("--telemetry.endpoint =/metrics", Role::Path),
        ("--metrics-path <PATH>", Role::Path),
        ("--path =/metrics", Role::Path),
        ("-m =/metrics | Path under which metrics are", Role::Path),
        ("--path =/srv/data", Role::Other),
        ("--path.procfs =/proc", Role::Other),
        ("--web.route-prefix =/", Role::Other),
        ("--web.proxy-path =/proxy", Role::Other),
        ("--nginx.metrics-path =/metrics", Role::Other),
        ("--config.file =/etc/x.yml", Role::Config),
        ("-config <string>", Role::Config),
        ("--config.path <string>", Role::Config),
        ("-c <FILE> | Configuration", Role::Config),
        ("--config <KEY=VALUE>", Role::Other),
        ("--config.check | only check", Role::Other),
        ("--config-command =CONFIG", Role::Other),
        ("--web.config.file <PATH>", Role::WebConfig),
        ("--web.config =", Role::WebConfig),
        (
            "--tls.config <x> | Path to config that can enable TLS or authentication",
            Role::WebConfig,
        ),
        ("--version", Role::Version),
        ("-version | Prints it", Role::Version),
        ("-v | Print version", Role::Version),
        ("-v | Verbose", Role::Other),
        ("--help", Role::Help),
        ("--log.level =info", Role::LogLevel),
        ("--log-level =info | [DEPRECATED] use --log.level", Role::Other),
        ("--loglevel <LEVEL>", Role::LogLevel),
        ("--log.format =logfmt", Role::LogFormat),
        ("--log.file <PATH>", Role::Other),
        ("--address =0.0.0.0 | to listen on", Role::ListenHost),
        ("--host =0.0.0.0", Role::ListenHost),
    ];
    for (line, expected) in cases {
        assert_eq!(role(&flag(line)), expected, "{line}");
    }
}

#[test]
fn one_flag_of_a_text_listens() {
    // Roles of both flags: `L` listens, `H` is its host, `-` is neither.
    let cases = [
        ("--addr <ADDR>  Address to bind\n  --port <PORT>  Port to bind [default: 9122]", "HL"),
        ("--web.listen-address <A>  Where [default: :1]\n  --metrics-port <P>  Port", "L-"),
        ("--host <HOST>  To bind\n  --web.listen-address <A>  Where [default: :1]", "-L"),
        ("--addr <ADDR>\n  --port <PORT>", "HL"),
        (
            "--web.listen-address <A>  for webhooks [default: :1]\n  \
             --telemetry.listen-address <A>  for telemetry [default: :2]",
            "-L",
        ),
        ("--http.addr <A>  Where\n  --web.listen-address <A>  Where", "-L"),
    ];
    for (text, expected) in cases {
        let roles = parse(&format!("Options:\n  {text}\n")).roles();
        let found = roles.iter().map(|role| match role {
            Role::Listen(_) => 'L',
            Role::ListenHost => 'H',
            _ => '-',
        });
        assert_eq!(found.collect::<String>(), expected, "{text}");
    }
}

#[test]
fn fields_by_name_default_and_help() {
    let cases = [
        ("--collector.wind", Input::Switch),
        ("--use-password-file", Input::Switch),
        ("--redis.password <PASSWORD>", Input::Password),
        ("--auth-token <string>", Input::Password),
        ("--tide.apiKey <KEY>", Input::Password),
        ("--auth <AUTH> $TIDE_PASSWORD", Input::Password),
        ("-p <string> | Password of the user", Input::Password),
        ("-p <string> | Read the password from this file", Input::Text),
        ("--token-ttl =5m", Input::Text),
        ("--authfile <string> | Read password from it", Input::File),
        ("--profile <string>", Input::Text),
        ("--redis.password-file <PATH>", Input::File),
        ("--redis.password-file <string> $REDIS_PASSWORD_FILE", Input::File),
        ("--config.file =/etc/x.yml", Input::File),
        ("--tls.ca-file <FILE>", Input::File),
        ("--es.ca <x> | Path to PEM file with authorities", Input::File),
        ("-config.path <string> | path to YAML", Input::File),
        ("--extra <PATH> | YAML file with queries", Input::File),
        ("-script <string> | Path to Lua script", Input::File),
        ("--path.procfs =/proc | path to the file system", Input::Text),
        ("--tide.pid-file <x> | Path to pid file", Input::Text),
        ("--log.file <PATH> | Path to the log file", Input::Text),
        ("--tide.socket =/run/tide.sock | Path to the socket file", Input::Text),
        ("--textfile.directory <PATH> | folder with files", Input::Text),
        ("--persistence.file =/srv/x | file written", Input::Text),
        ("--file.filter =.* | RegEx", Input::Text),
        ("--web.telemetry-path =/metrics | Path to metrics", Input::Text),
        ("--timeout =5s", Input::Text),
    ];
    for (line, expected) in cases {
        assert_eq!(input(&flag(line)), expected, "{line}");
    }
}
