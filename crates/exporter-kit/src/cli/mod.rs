//! The command line and what stands behind it: settings from everywhere, checked into a [`Config`].

mod argv;
mod environment;
mod file;
mod flags;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod settings;

use std::ffi::OsString;
use std::fmt::Write as _;
#[cfg(feature = "web-config")]
use std::path::PathBuf;
use std::time::Duration;

use log::LevelFilter;
use serde_json::{Value, json};

use environment::Environment;
pub use flags::Flag;
#[cfg(feature = "web-config")]
use flags::WEB_CONFIG_FILE;
use flags::{
    CONFIG_CHECK, DESCRIBE, ENABLE_OPENMETRICS, HELP, KIT_FLAGS, LISTEN_ADDRESS, LOG_LEVEL,
    MAX_CONNECTIONS, MAX_REQUESTS, READ_TIMEOUT, SCRAPE_TIMEOUT, TELEMETRY_PATH, VERSION,
    WRITE_TIMEOUT,
};
pub use settings::{SettingError, Settings};

use crate::config::Config;
use crate::listen::ListenAddress;
#[cfg(feature = "web-config")]
use crate::web::WebConfig;

/// What the arguments ask for.
#[derive(Debug)]
pub(crate) enum Command {
    Help,
    Version,
    Describe(Settings),
    /// Print the effective settings, and what is doubtful about them.
    Check(Settings, Vec<String>),
    /// Serve, and log what is doubtful about the settings.
    Run(Settings, Config, Vec<String>),
}

/// The flags of an exporter: the kit's and its own.
pub(crate) fn all_flags(default_address: &'static str, own: &[Flag]) -> Vec<Flag> {
    let mut flags = KIT_FLAGS.to_vec();
    for flag in &mut flags {
        if flag.name == LISTEN_ADDRESS {
            flag.default = default_address;
        }
    }
    // What only asks for something to be printed comes last.
    let actions = flags.iter().position(|flag| flag.action).unwrap_or(flags.len());
    flags.splice(actions..actions, own.iter().copied());
    flags
}

/// Reads the arguments after the program's name, and the environment.
///
/// # Errors
///
/// All that is wrong with them, one line each.
pub(crate) fn read(
    exporter: &str,
    flags: &[Flag],
    args: &[OsString],
) -> Result<Command, Vec<String>> {
    let args = to_unicode(args)?;
    // What is wrong with the arguments is told with all the rest; `--help` and `--version` help
    // where other things are wrong, so they do not look at those.
    let (typed, _) = argv::read(&args, flags);
    let asks = |name: &str| {
        let last = typed.iter().rfind(|(flag, _)| flag.name == name);
        last.is_some_and(|(_, value)| settings::boolean(value) == Some(true))
    };
    let switches = typed.iter().filter(|(flag, _)| flag.action);
    let wrong: Vec<_> =
        switches.filter_map(|(flag, value)| settings::check_action(flag, value)).collect();
    if !wrong.is_empty() {
        return Err(wrong);
    }
    if asks(HELP) {
        return Ok(Command::Help);
    }
    if asks(VERSION) {
        return Ok(Command::Version);
    }
    // Whatever is wrong is told in one breath.
    let (environment, mut wrong) = Environment::of(exporter);
    let (settings, more) = Settings::read(exporter, flags, &args, |name| environment.value(name));
    wrong.extend(more);
    if asks(DESCRIBE) && wrong.is_empty() {
        return Ok(Command::Describe(settings));
    }
    let config = Config::new(&settings, wrong)?;
    let doubts = environment.doubts(exporter, flags);
    if asks(CONFIG_CHECK) {
        return Ok(Command::Check(settings, doubts));
    }
    Ok(Command::Run(settings, config, doubts))
}

impl Config {
    /// Checks the settings, where `wrong` is known to be wrong with them already.
    fn new(settings: &Settings, mut wrong: Vec<String>) -> Result<Self, Vec<String>> {
        let mut errors = Vec::new();
        let mut listen_addresses = Vec::new();
        for text in settings.texts(LISTEN_ADDRESS) {
            match text.parse::<ListenAddress>() {
                Ok(address) => listen_addresses.push(address),
                Err(error) => errors.push(settings.error(LISTEN_ADDRESS, error)),
            }
        }
        let telemetry_path = settings.text(TELEMETRY_PATH).to_owned();
        if let Err(error) = check_path(&telemetry_path) {
            errors.push(settings.error(TELEMETRY_PATH, error));
        }
        let mut number = |name: &str, least: usize| {
            let number = settings.text(name).parse().ok().filter(|&number: &usize| number >= least);
            let number = number.ok_or_else(|| {
                let text = settings.text(name);
                settings
                    .error(name, format!("must be a whole number from {least} on, not {text:?}"))
            });
            number.unwrap_or_else(|error| {
                errors.push(error);
                least
            })
        };
        let max_connections = number(MAX_CONNECTIONS, 1);
        let max_requests = number(MAX_REQUESTS, 0);
        let mut time = |name: &str| {
            let time = settings.duration(name).and_then(|time| {
                let some = !time.is_zero();
                some.then_some(time)
                    .ok_or_else(|| settings.error(name, "must be longer than nothing, such as 5s"))
            });
            time.unwrap_or_else(|error| {
                errors.push(error);
                Duration::ZERO
            })
        };
        let read_timeout = time(READ_TIMEOUT);
        let write_timeout = time(WRITE_TIMEOUT);
        let scrape_timeout = time(SCRAPE_TIMEOUT);
        #[cfg(feature = "web-config")]
        let (web_config_file, of_web_config) = match settings.text(WEB_CONFIG_FILE) {
            "" => (None, Vec::new()),
            path => {
                let told = |error: String| match error.starts_with(path) {
                    true => error,
                    false => settings.error(WEB_CONFIG_FILE, error).to_string(),
                };
                let wrong = WebConfig::check(path.as_ref()).into_iter().map(told).collect();
                (Some(PathBuf::from(path)), wrong)
            }
        };
        #[cfg(not(feature = "web-config"))]
        let (web_config_file, of_web_config) = (None, Vec::new());
        let log_level = match settings.text(LOG_LEVEL) {
            "error" => LevelFilter::Error,
            "warn" => LevelFilter::Warn,
            "info" => LevelFilter::Info,
            "debug" => LevelFilter::Debug,
            other => {
                let error = format!("must be error, warn, info or debug, not {other:?}");
                errors.push(settings.error(LOG_LEVEL, error));
                LevelFilter::Info
            }
        };
        wrong.extend(errors.iter().map(ToString::to_string));
        wrong.extend(of_web_config);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(Self {
            listen_addresses,
            telemetry_path,
            enable_openmetrics: settings.is_on(ENABLE_OPENMETRICS),
            max_connections,
            max_requests,
            read_timeout,
            write_timeout,
            web_config_file,
            scrape_timeout,
            log_level,
        })
    }
}

fn to_unicode(args: &[OsString]) -> Result<Vec<String>, Vec<String>> {
    let mut errors = Vec::new();
    let mut unicode = Vec::new();
    for arg in args {
        match arg.to_str() {
            Some(arg) => unicode.push(arg.to_owned()),
            None => errors.push(format!("argument {arg:?} is not Unicode")),
        }
    }
    if errors.is_empty() { Ok(unicode) } else { Err(errors) }
}

/// Paths that the kit answers itself.
const OWN_PATHS: [&str; 2] = ["/-/healthy", "/-/ready"];

fn check_path(path: &str) -> Result<(), String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    if path.is_empty() {
        Err("the path is empty; give one such as /metrics".to_owned())
    } else if !path.starts_with('/') {
        Err(format!("{path:?} does not begin with a slash; give /{path}"))
    } else if path == "/" {
        Err("/ is the landing page; give another path, such as /metrics".to_owned())
    } else if OWN_PATHS.contains(&path) {
        Err(format!("{path} is for probes; give another path, such as /metrics"))
    } else if path.starts_with("//") || !path.bytes().all(plain) {
        Err(format!("{path:?} is no plain path; use letters, digits, - . _ ~ and single slashes"))
    } else {
        Ok(())
    }
}

/// The text of `--help`.
pub(crate) fn help(name: &str, about: &str, flags: &[Flag]) -> String {
    let mut text = String::new();
    if !about.is_empty() {
        let _ = writeln!(text, "{about}\n");
    }
    let _ = writeln!(text, "Usage: {name} [--FLAG=VALUE]...\n\nFlags:");
    for flag in flags {
        let _ = write!(text, "  {:<31} {}", flag.usage(), flag.help);
        if flag.secret {
            let _ = write!(text, " From the environment or the file alone.");
        }
        match flag.default {
            "" | "false" => text.push('\n'),
            default => {
                let _ = writeln!(text, " [default: {default}]");
            }
        }
    }
    let example = flags.first().map_or(String::new(), |flag| flag.variable(name));
    let _ = write!(
        text,
        "\nA flag may be given as --flag=value, --flag value, -flag=value or -flag value; else by \
         the\nenvironment ({example} for the first), else in the file of\n--config.file.\n\
         A DURATION is 500ms, 10s, 1m 30s and the like; a number alone is seconds.\n"
    );
    text
}

/// The flags as `--describe` shows them; `value` is null for a switch.
pub(crate) fn describe_flags(flags: &[Flag]) -> Value {
    let describe = |flag: &Flag| {
        json!({
            "name": flag.name,
            "value": flag.placeholder,
            "default": if flag.is_switch() { "" } else { flag.default },
            "help": flag.help,
        })
    };
    flags.iter().map(describe).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(args: &[&str]) -> Result<Command, Vec<String>> {
        let args: Vec<_> = args.iter().map(OsString::from).collect();
        read("test_exporter", &all_flags(":9601", &[]), &args)
    }

    fn config(args: &[&str]) -> Config {
        match run(args) {
            Ok(Command::Run(_, config, _)) => config,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn defaults_and_flags_become_a_config() {
        let address = |text: &str| text.parse::<ListenAddress>().unwrap();
        let defaults = Config {
            listen_addresses: vec![address(":9601")],
            telemetry_path: "/metrics".to_owned(),
            enable_openmetrics: false,
            max_connections: 128,
            max_requests: 0,
            read_timeout: Duration::from_secs(5),
            write_timeout: Duration::from_secs(10),
            web_config_file: None,
            scrape_timeout: Duration::from_secs(10),
            log_level: LevelFilter::Info,
        };
        assert_eq!(config(&[]), defaults);
        let args = [
            "-web.listen-address",
            "[::1]:1",
            "--web.telemetry-path=/a/b",
            "--web.enable-openmetrics",
            "--scrape.timeout=1m",
            "--log.level=debug",
        ];
        let expected = Config {
            listen_addresses: vec![address("[::1]:1")],
            telemetry_path: "/a/b".to_owned(),
            enable_openmetrics: true,
            scrape_timeout: Duration::from_secs(60),
            log_level: LevelFilter::Debug,
            ..defaults
        };
        assert_eq!(config(&args), expected);
    }

    #[test]
    fn help_and_version_do_not_look_at_other_mistakes() {
        assert!(matches!(run(&["--version", "-h"]), Ok(Command::Help)));
        assert!(matches!(run(&["--version", "--web.telemetry-path="]), Ok(Command::Version)));
        assert!(matches!(run(&["--describe"]), Ok(Command::Describe(_))));
        assert!(matches!(run(&["--config.check"]), Ok(Command::Check(..))));
        assert!(matches!(run(&["--help", "--help=false"]), Ok(Command::Run(..))));
        assert!(run(&["--help=maybe"]).unwrap_err()[0].contains("true or false"));
    }

    #[test]
    fn a_path_that_cannot_be_served_is_refused() {
        let paths =
            ["", "/", "metrics", "//metrics", "/a b", "/a?b", "/a#b", "/%61", "/指标", "/-/ready"];
        for path in paths {
            let errors = run(&[&format!("--web.telemetry-path={path}")]).unwrap_err();
            assert_eq!(errors.len(), 1, "{path}");
            assert!(errors[0].starts_with("--web.telemetry-path: "), "{errors:?}");
        }
    }

    #[test]
    fn all_errors_are_told_together() {
        let args = [
            "--web.listen-address=9601",
            "--web.listen-address=x",
            "--web.telemetry-path=",
            "--web.max-connections=0",
            "--web.max-requests=-1",
            "--web.read-timeout=0",
            "--web.write-timeout=0",
            "--scrape.timeout=soon",
            "--log.level=loud",
        ];
        assert_eq!(run(&args).unwrap_err().len(), args.len());
        // Those of the arguments themselves, of a file and of the values that both give.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.toml");
        std::fs::write(&path, "nonsense = 1\nlog.level = \"loud\"\n").unwrap();
        let file = format!("--config.file={}", path.display());
        let errors = run(&["--nonsense", &file, "--web.max-requests=-1"]).unwrap_err();
        let place = path.display();
        for expected in [
            "unknown flag \"--nonsense\"".to_owned(),
            format!("{place}:1: unknown setting nonsense"),
            format!("{place}:2: log.level: must be"),
            "--web.max-requests: must be a whole number".to_owned(),
        ] {
            assert!(errors.iter().any(|error| error.starts_with(&expected)), "{errors:?}");
        }
        assert_eq!(errors.len(), 4, "{errors:?}");
    }

    #[test]
    fn help_tells_every_flag_and_default() {
        const OWN: &[Flag] = &[Flag::value("pool.password", "PASSWORD", "", "Password.").secret()];
        let help = help("host_exporter", "", &all_flags(":9601", OWN));
        for flag in all_flags(":9601", OWN) {
            assert!(help.contains(&format!("--{}", flag.name)), "{help}");
        }
        for text in ["[default: :9601]", "[default: 10s]", "environment or the file alone"] {
            assert!(help.contains(text), "{help}");
        }
        assert!(help.contains("HOST_EXPORTER_WEB_LISTEN_ADDRESS"), "{help}");
    }
}
