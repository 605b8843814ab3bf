//! The flags that every exporter has, and the `Config` built from them.

use std::path::Path;
use std::time::Duration;

use log::LevelFilter;

use super::Settings;
use super::flag::{AnyFlag, Flag};
use crate::config::Config;
use crate::constant_labels::ConstantLabels;
use crate::listen::ListenAddress;
use crate::logging::LogFormat;
#[cfg(feature = "web-config")]
use crate::web::WebConfig;

// The default is the exporter's own.
pub(crate) const LISTEN_ADDRESS: Flag<[String]> = Flag::list(
    "web.listen-address",
    "ADDRESS",
    "",
    "Address to listen on: :PORT for all interfaces, HOST:PORT or [IPV6]:PORT. Repeatable.",
)
.commas();
pub(crate) const TELEMETRY_PATH: Flag<String> = Flag::text(
    "web.telemetry-path",
    "PATH",
    "/metrics",
    "Path under which the metrics are served.",
);
const ENABLE_OPENMETRICS: Flag<bool> =
    Flag::switch("web.enable-openmetrics", "Serve OpenMetrics 1.0 to scrapers that ask for it.");
const DISABLE_EXPORTER_METRICS: Flag<bool> = Flag::switch(
    "web.disable-exporter-metrics",
    "Leave out the metrics of the exporter's own process and requests: process_*, promhttp_*.",
);
pub(crate) const MAX_CONNECTIONS: Flag<u64> = Flag::number(
    "web.max-connections",
    "128",
    "Connections at once; at the limit, the one that has been idle longest is closed.",
)
.positive();
// Concurrent scrapes share one run, and connections are limited already. With a limit by default,
// clients that disconnect early could lock out Prometheus.
pub(crate) const MAX_REQUESTS: Flag<u64> =
    Flag::number("web.max-requests", "0", "Scrapes at once; more get 503. 0 means no limit.");
const READ_TIMEOUT: Flag<Duration> = Flag::duration(
    "web.read-timeout",
    "5s",
    "How long a client may take to send the head of a request.",
)
.positive();
#[cfg(feature = "web-config")]
const WEB_CONFIG_FILE: Flag<Path> = Flag::path(
    "web.config.file",
    "",
    if cfg!(feature = "tls") {
        "YAML file with TLS and basic auth, as Prometheus' exporter-toolkit reads it."
    } else {
        "YAML file with basic auth, as Prometheus' exporter-toolkit reads it. This build has no TLS."
    },
);
const WRITE_TIMEOUT: Flag<Duration> =
    Flag::duration("web.write-timeout", "10s", "How long a client may read nothing of a response.")
        .positive();
pub(crate) const SCRAPE_TIMEOUT: Flag<Duration> = Flag::duration(
    "scrape.timeout",
    "10s",
    "How long a scrape may take when the scraper does not say how long it waits.",
)
.positive();
pub(crate) const LABEL: Flag<[String]> = Flag::list(
    "label",
    "NAME=VALUE",
    "",
    "Label that every sample gets, such as site=shenzhen. Repeatable.",
)
.commas();
const LOG_LEVEL: Flag<String> =
    Flag::text("log.level", "LEVEL", "info", "What is logged: error, warn, info or debug.")
        .one_of(&["error", "warn", "info", "debug"]);
const LOG_FORMAT: Flag<String> = Flag::text(
    "log.format",
    "FORMAT",
    "logfmt",
    "How lines of the log are written: logfmt or json.",
)
.one_of(&["logfmt", "json"]);
pub(crate) const CONFIG_FILE: Flag<Path> = Flag::path(
    "config.file",
    "",
    "File with settings, TOML or, if its name ends in .yml, YAML; its keys are the flags' names.",
);

pub(crate) const COLLECTORS_ENABLED: Flag<[String]> = Flag::list(
    "collectors.enabled",
    "NAMES",
    "",
    "Enable these collectors and no others; [defaults] stands for those that are on by default.",
)
.commas();
pub(crate) const DISABLE_DEFAULTS: Flag<bool> = Flag::switch(
    "collector.disable-defaults",
    "Disable all collectors but those that are enabled by name.",
);

pub(crate) const CONFIG_CHECK: Flag<bool> =
    Flag::switch("config.check", "Print the settings and where each comes from, and exit.")
        .action();
pub(crate) const DESCRIBE: Flag<bool> =
    Flag::switch("describe", "Print all flags, collectors and metrics as JSON, and exit.").action();
pub(crate) const VERSION: Flag<bool> =
    Flag::switch("version", "Print the version, and exit.").action();
pub(crate) const HELP: Flag<bool> = Flag::switch("help", "Print this help, and exit.").action();

/// The flags that every exporter has; those that only print something come last.
pub(crate) const KIT_FLAGS: &[&dyn AnyFlag] = &[
    &LISTEN_ADDRESS,
    &TELEMETRY_PATH,
    &ENABLE_OPENMETRICS,
    &DISABLE_EXPORTER_METRICS,
    &MAX_CONNECTIONS,
    &MAX_REQUESTS,
    &READ_TIMEOUT,
    #[cfg(feature = "web-config")]
    &WEB_CONFIG_FILE,
    &WRITE_TIMEOUT,
    &SCRAPE_TIMEOUT,
    &LABEL,
    &LOG_LEVEL,
    &LOG_FORMAT,
    &CONFIG_FILE,
    &CONFIG_CHECK,
    &DESCRIBE,
    &VERSION,
    &HELP,
];

/// Paths that the kit serves itself.
const OWN_PATHS: [&str; 2] = ["/-/healthy", "/-/ready"];

impl Config {
    /// Extracts the kit's own settings, and adds their errors to `errors`.
    pub(crate) fn new(settings: &Settings, errors: &mut Vec<String>) -> Self {
        let mut listen_addresses = Vec::new();
        for text in settings.get(&LISTEN_ADDRESS) {
            match text.parse::<ListenAddress>() {
                Ok(address) => listen_addresses.push(address),
                Err(error) => errors.push(settings.error(&LISTEN_ADDRESS, error).to_string()),
            }
        }
        let telemetry_path = settings.get(&TELEMETRY_PATH).to_owned();
        if let Err(error) = check_path(&telemetry_path) {
            errors.push(settings.error(&TELEMETRY_PATH, error).to_string());
        }
        #[cfg(feature = "web-config")]
        let web_config_file = match settings.get(&WEB_CONFIG_FILE) {
            path if path.as_os_str().is_empty() => None,
            path => {
                errors.extend(WebConfig::check(path).into_iter().map(|error| {
                    // Most errors name the file already.
                    match error.starts_with(&*path.to_string_lossy()) {
                        true => error,
                        false => settings.error(&WEB_CONFIG_FILE, error).to_string(),
                    }
                }));
                Some(path.to_owned())
            }
        };
        #[cfg(not(feature = "web-config"))]
        let web_config_file = None;
        let number = |flag| usize::try_from(settings.get(flag)).unwrap_or(usize::MAX);
        Self {
            listen_addresses,
            telemetry_path,
            enable_openmetrics: settings.get(&ENABLE_OPENMETRICS),
            max_connections: number(&MAX_CONNECTIONS),
            max_requests: number(&MAX_REQUESTS),
            read_timeout: settings.get(&READ_TIMEOUT),
            write_timeout: settings.get(&WRITE_TIMEOUT),
            web_config_file,
            scrape_timeout: settings.get(&SCRAPE_TIMEOUT),
            labels: read_labels(settings, errors),
            log_level: settings.get(&LOG_LEVEL).parse().unwrap_or(LevelFilter::Info),
            log_format: match settings.get(&LOG_FORMAT) {
                "json" => LogFormat::Json,
                _ => LogFormat::Logfmt,
            },
            exporter_metrics: !settings.get(&DISABLE_EXPORTER_METRICS),
        }
    }
}

fn read_labels(settings: &Settings, errors: &mut Vec<String>) -> ConstantLabels {
    let mut labels = ConstantLabels::default();
    for text in settings.get(&LABEL) {
        let added = match text.split_once('=') {
            Some((name, value)) => labels.add(name, value).map_err(|error| error.to_string()),
            None => Err(format!("{text:?} is not NAME=VALUE; give one such as site=shenzhen")),
        };
        if let Err(error) = added {
            errors.push(settings.error(&LABEL, error).to_string());
        }
    }
    labels
}

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
        Err(format!(
            "{path:?} is not a plain path; use only letters, digits, - . _ ~ and single slashes"
        ))
    } else {
        Ok(())
    }
}
