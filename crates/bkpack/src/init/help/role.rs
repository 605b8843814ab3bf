//! What a flag is for: the address, the path of the metrics, the configuration, logging.

use super::HelpFlag;
use super::input::takes_pair;
use super::listen::{self, Listen};
use super::words::{any, only, words};

/// What an exporter's flag sets, as far as a package has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Where the exporter serves its metrics.
    Listen(Listen),
    /// The host part of that address, where the port is a flag of its own.
    ListenHost,
    /// The URL path of the metrics.
    Path,
    /// The exporter's configuration file.
    Config,
    /// The file with TLS and authentication of the exporter's own server.
    WebConfig,
    /// Prints the version.
    Version,
    /// Prints the help.
    Help,
    /// How much is logged.
    LogLevel,
    /// In which form is logged.
    LogFormat,
    /// Anything else, and flags whose help says that they are deprecated.
    Other,
}

/// The role of one flag. [`Help::roles`](super::Help::roles) also compares it with the others.
pub fn role(flag: &HelpFlag) -> Role {
    let bare = flag.name.trim_start_matches('-');
    let words = words(bare);
    if flag.value.is_none() {
        return match bare {
            "version" | "V" | "print-version" | "show-version" => Role::Version,
            "v" if flag.help.to_lowercase().contains("version") => Role::Version,
            "help" | "h" | "?" => Role::Help,
            _ => Role::Other,
        };
    }
    if is_deprecated(flag) {
        return Role::Other;
    }
    if is_web_config(&words, flag) {
        return Role::WebConfig;
    }
    const CONFIG: &str = "config configuration conf cfg configfile";
    const CONFIG_ALL: &str = "\
        config configuration conf cfg configfile file filename path yaml yml toml exporter c";
    let is_config = any(&words, CONFIG) && only(&words, CONFIG_ALL)
        || bare == "c" && flag.help.to_lowercase().contains("config");
    if is_config && !takes_pair(flag) {
        return Role::Config;
    }
    if any(&words, "log logging loglevel logger") {
        if only(&words, "log logging logger level loglevel min web")
            && any(&words, "level loglevel")
        {
            return Role::LogLevel;
        }
        if only(&words, "log logging logger format") && any(&words, "format") {
            return Role::LogFormat;
        }
        return Role::Other;
    }
    if is_metrics_path(&words, flag) {
        return Role::Path;
    }
    listen::role_of(flag).unwrap_or(Role::Other)
}

fn is_deprecated(flag: &HelpFlag) -> bool {
    let help = flag.help.trim_start_matches(['[', '(', '*', ' ']);
    help.get(..10).is_some_and(|head| head.eq_ignore_ascii_case("deprecated"))
        || flag.help.contains("DEPRECATED")
}

fn is_web_config(words: &[String], flag: &HelpFlag) -> bool {
    const ALL: &str = "web http server config configuration file path";
    let help = flag.help.to_lowercase();
    let of_web = any(words, "web http") && any(words, "config configuration");
    (of_web && only(words, ALL))
        || (any(words, "web tls config")
            && help.contains("tls or authentication")
            && help.contains("config"))
}

/// Whether it sets the URL path of the metrics, and not a path of a file system.
fn is_metrics_path(words: &[String], flag: &HelpFlag) -> bool {
    const ALL: &str = "\
        web http telemetry metrics metric exporter prometheus prom listen path endpoint uri \
        url route server context";
    // `-m`, explained.
    if flag.name.len() == 2 {
        let help = flag.help.to_lowercase();
        return flag.default.as_deref() == Some("/metrics") && help.contains("metrics");
    }
    let of_metrics = any(words, "telemetry metrics metric");
    if !only(words, ALL) || !any(words, "path endpoint uri url route") {
        return false;
    }
    match flag.default.as_deref() {
        Some(default) if !default.starts_with('/') => {
            // Some programs add the slash themselves.
            default.trim_matches('/') == "metrics"
        }
        Some(default) => of_metrics || default.ends_with("metrics"),
        None => of_metrics && any(words, "path endpoint"),
    }
}
