//! The flags as data: one table names them for the command line, the environment and the file.

/// A setting of an exporter, by the name that it has on the command line.
///
/// The same setting is the environment variable `NAME_OF_EXPORTER_NAME_OF_FLAG` and the key
/// `name.of-flag` of the file that `--config.file` names. The command line wins over the
/// environment, the environment over the file, the file over the default.
///
/// ```
/// use exporter_kit::Flag;
///
/// const FLAGS: &[Flag] = &[
///     Flag::value("redis.address", "ADDRESS", "127.0.0.1:6379", "Where Redis listens."),
///     Flag::value("redis.password", "PASSWORD", "", "Password of Redis.").secret(),
///     Flag::switch("redis.cluster", "Ask for the state of the cluster too."),
/// ];
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flag {
    pub(crate) name: &'static str,
    /// What help calls the value; `None` for a switch.
    pub(crate) placeholder: Option<&'static str>,
    pub(crate) default: &'static str,
    pub(crate) help: &'static str,
    pub(crate) repeatable: bool,
    pub(crate) secret: bool,
    /// Makes sense on the command line alone, such as `--help`.
    pub(crate) action: bool,
}

impl Flag {
    /// A flag with a value; `placeholder` is what help calls it.
    pub const fn value(
        name: &'static str,
        placeholder: &'static str,
        default: &'static str,
        help: &'static str,
    ) -> Self {
        let placeholder = Some(placeholder);
        Self { name, placeholder, default, help, repeatable: false, secret: false, action: false }
    }

    /// A flag that is on or off, and off by default.
    pub const fn switch(name: &'static str, help: &'static str) -> Self {
        Self { placeholder: None, ..Self::value(name, "", "false", help) }
    }

    /// Lets the flag be given several times; in the environment values are separated by commas, in
    /// the file they are a list.
    pub const fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// Keeps the value out of command lines, which every user of a host can read, and out of
    /// everything that is printed.
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    const fn action(mut self) -> Self {
        self.action = true;
        self
    }

    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.name == name || (name == "h" && self.name == HELP)
    }

    pub(crate) fn is_switch(&self) -> bool {
        self.placeholder.is_none()
    }

    /// `--name=VALUE`, or `--name` for a switch.
    pub(crate) fn usage(&self) -> String {
        match self.placeholder {
            Some(placeholder) => format!("--{}={placeholder}", self.name),
            None => format!("--{}", self.name),
        }
    }

    /// The environment variable of this flag in an exporter of this name.
    pub(crate) fn variable(&self, exporter: &str) -> String {
        let name = format!("{exporter}_{}", self.name);
        let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        name.chars().map(word).collect()
    }
}

pub(crate) const LISTEN_ADDRESS: &str = "web.listen-address";
pub(crate) const TELEMETRY_PATH: &str = "web.telemetry-path";
pub(crate) const ENABLE_OPENMETRICS: &str = "web.enable-openmetrics";
pub(crate) const MAX_CONNECTIONS: &str = "web.max-connections";
pub(crate) const MAX_REQUESTS: &str = "web.max-requests";
#[cfg(feature = "web-config")]
pub(crate) const WEB_CONFIG_FILE: &str = "web.config.file";
pub(crate) const READ_TIMEOUT: &str = "web.read-timeout";
pub(crate) const WRITE_TIMEOUT: &str = "web.write-timeout";
pub(crate) const SCRAPE_TIMEOUT: &str = "scrape.timeout";
pub(crate) const LOG_LEVEL: &str = "log.level";
pub(crate) const CONFIG_FILE: &str = "config.file";
pub(crate) const CONFIG_CHECK: &str = "config.check";
pub(crate) const DESCRIBE: &str = "describe";
pub(crate) const VERSION: &str = "version";
pub(crate) const HELP: &str = "help";

/// The flags that every exporter has. The default of the address is the exporter's own.
pub(crate) const KIT_FLAGS: &[Flag] = &[
    Flag::value(
        LISTEN_ADDRESS,
        "ADDRESS",
        "",
        "Address to listen on: :PORT for all interfaces, HOST:PORT or [IPV6]:PORT. Repeatable.",
    )
    .repeatable(),
    Flag::value(TELEMETRY_PATH, "PATH", "/metrics", "Path under which the metrics are served."),
    Flag::switch(ENABLE_OPENMETRICS, "Serve OpenMetrics 1.0 to scrapers that ask for it."),
    Flag::value(
        MAX_CONNECTIONS,
        "NUMBER",
        "128",
        "Connections at once; beyond, the one that has waited longest gives way.",
    ),
    // Scrapes that overlap share one run, and connections are limited already; a limit here would
    // let clients that ask and go away turn a real scraper away.
    Flag::value(MAX_REQUESTS, "NUMBER", "0", "Scrapes at once; beyond, 503. 0 is no limit."),
    Flag::value(
        READ_TIMEOUT,
        "DURATION",
        "5s",
        "How long a client may take to send the head of a request.",
    ),
    #[cfg(feature = "web-config")]
    Flag::value(
        WEB_CONFIG_FILE,
        "PATH",
        "",
        if cfg!(feature = "tls") {
            "YAML file with TLS and basic auth, as Prometheus' exporter-toolkit reads it."
        } else {
            "YAML file with basic auth, as Prometheus' exporter-toolkit reads it. This build has no TLS."
        },
    ),
    Flag::value(
        WRITE_TIMEOUT,
        "DURATION",
        "10s",
        "How long a client may read nothing of a response.",
    ),
    Flag::value(
        SCRAPE_TIMEOUT,
        "DURATION",
        "10s",
        "How long a scrape may take where the scraper does not say how long it waits.",
    ),
    Flag::value(LOG_LEVEL, "LEVEL", "info", "What is logged: error, warn, info or debug."),
    Flag::value(CONFIG_FILE, "PATH", "", "TOML file with settings; its keys are the flags' names."),
    Flag::switch(CONFIG_CHECK, "Print the settings and where each comes from, and exit.").action(),
    Flag::switch(DESCRIBE, "Print the flags and all metrics as JSON, and exit.").action(),
    Flag::switch(VERSION, "Print the version, and exit.").action(),
    Flag::switch(HELP, "Print this help, and exit.").action(),
];

/// The flag among `flags` whose name is nearest to `name`, if any is near.
pub(crate) fn nearest<'a>(name: &str, flags: &'a [Flag]) -> Option<&'a Flag> {
    nearest_by(name, flags, |flag| flag.name)
}

/// The one among `all` whose text is nearest to `name`, if any is near: what somebody who has
/// mistyped it will have meant.
pub(crate) fn nearest_by<'a, T>(
    name: &str,
    all: &'a [T],
    text: impl Fn(&T) -> &str,
) -> Option<&'a T> {
    let distance = |one: &&T| strsim::damerau_levenshtein(text(one), name);
    all.iter().min_by_key(distance).filter(|one| distance(one) <= 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_variable_follows_from_the_names() {
        let address = &KIT_FLAGS[0];
        assert_eq!(address.variable("host_exporter"), "HOST_EXPORTER_WEB_LISTEN_ADDRESS");
        let own = Flag::value("redis.max-age", "AGE", "", "");
        assert_eq!(own.variable("redis_exporter"), "REDIS_EXPORTER_REDIS_MAX_AGE");
    }

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        assert_eq!(
            nearest("web.listen-adress", KIT_FLAGS).map(|flag| flag.name),
            Some(LISTEN_ADDRESS)
        );
        assert_eq!(nearest("nonsense", KIT_FLAGS), None);
    }
}
