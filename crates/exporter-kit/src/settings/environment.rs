//! The environment variables of an exporter: those that begin with its name.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;

use super::flag::{FlagSpec, nearest_by};

/// The values of the environment variables by name.
#[derive(Debug, Default)]
pub(crate) struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables of this process that begin with the name of `exporter`, and one line for each
    /// value that is not Unicode. Values are never shown.
    pub(crate) fn from_process(exporter: &str) -> (Self, Vec<String>) {
        Self::from(exporter, env::vars_os())
    }

    fn from(
        exporter: &str,
        variables: impl Iterator<Item = (OsString, OsString)>,
    ) -> (Self, Vec<String>) {
        let prefix = format!("{}_", exporter.to_ascii_uppercase());
        let mut errors = Vec::new();
        let mut found = BTreeMap::new();
        for (name, value) in variables {
            let Some(name) = name.to_str() else { continue };
            // These names are case-insensitive on Windows.
            let name = if cfg!(windows) { name.to_ascii_uppercase() } else { name.to_owned() };
            if !name.starts_with(&prefix) {
                continue;
            }
            match value.into_string() {
                Ok(value) => {
                    found.insert(name, value);
                }
                Err(_) => errors.push(format!("{name}: the value is not Unicode")),
            }
        }
        (Self(found), errors)
    }

    /// The value of a variable, if it is set.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    /// One line for each variable that resembles that of a flag of `exporter` but is not one.
    ///
    /// Other variables with the prefix are not reported: Kubernetes sets variables in every
    /// container that begin with the names of the services in its namespace.
    pub(crate) fn warnings(&self, exporter: &str, flags: &[FlagSpec]) -> Vec<String> {
        let known = flags.iter().filter(|flag| !flag.action);
        let known: Vec<_> = known.map(|flag| flag.variable(exporter)).collect();
        let mut warnings = Vec::new();
        for name in self.0.keys().filter(|name| !known.contains(name)) {
            let nearest = nearest_by(name, &known, String::as_str);
            // For example LISTEN_ADDRESS without its group WEB.
            let end = name.get(exporter.len()..).unwrap_or_default();
            let same_end = known.iter().find(|known| known.ends_with(end));
            if let Some(near) = nearest.or(same_end) {
                warnings.push(format!("{name} is set but is not a setting; did you mean {near}?"));
            } else if let Some(of) = group(name, exporter)
                && known.iter().any(|known| group(known, exporter) == Some(of))
            {
                warnings
                    .push(format!("{name} is set but is not a setting; --help lists the flags"));
            }
        }
        warnings
    }
}

/// The part of a name between the exporter's name and the next `_`, such as `WEB`.
fn group<'a>(variable: &'a str, exporter: &str) -> Option<&'a str> {
    let (group, _) = variable.get(exporter.len() + 1..)?.split_once('_')?;
    Some(group)
}

#[cfg(test)]
mod tests {
    use super::super::flag::AnyFlag;
    use super::super::kit::KIT_FLAGS;
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Environment {
        let variables = variables.iter().map(|&(name, value)| (name.into(), value.into()));
        Environment::from("pool_exporter", variables).0
    }

    #[test]
    fn variables_without_the_prefix_are_ignored() {
        let environment = from(&[("PATH", "/bin"), ("POOL_EXPORTER_LOG_LEVEL", "warn")]);
        assert_eq!(environment.value("POOL_EXPORTER_LOG_LEVEL").as_deref(), Some("warn"));
        assert_eq!(environment.value("PATH"), None);
    }

    #[test]
    fn unknown_variables_are_warned_about_without_values() {
        let environment = from(&[
            ("POOL_EXPORTER_WEB_LISTEN_ADRESS", ":1"),
            ("POOL_EXPORTER_WEB_THING_OF_SOME_KIND", "geheim"),
            ("POOL_EXPORTER_WEB_LISTEN_ADDRESS", ":2"),
            ("POOL_EXPORTER_TELEMETRY_PATH", "/m"),
            // Set by Kubernetes for a service called pool-exporter.
            ("POOL_EXPORTER_SERVICE_HOST", "192.0.2.1"),
            ("POOL_EXPORTER_SERVICE_PORT", "9602"),
            ("POOL_EXPORTER_PORT", "tcp://192.0.2.1:9602"),
            ("POOL_EXPORTER_PORT_9602_TCP_ADDR", "192.0.2.1"),
        ]);
        let expected = [
            "POOL_EXPORTER_TELEMETRY_PATH is set but is not a setting; did you mean \
             POOL_EXPORTER_WEB_TELEMETRY_PATH?",
            "POOL_EXPORTER_WEB_LISTEN_ADRESS is set but is not a setting; did you mean \
             POOL_EXPORTER_WEB_LISTEN_ADDRESS?",
            "POOL_EXPORTER_WEB_THING_OF_SOME_KIND is set but is not a setting; --help lists the flags",
        ];
        let flags: Vec<_> = KIT_FLAGS.iter().copied().map(AnyFlag::spec).collect();
        assert_eq!(environment.warnings("pool_exporter", &flags), expected);
    }

    #[cfg(unix)]
    #[test]
    fn values_must_be_unicode() {
        use std::os::unix::ffi::OsStringExt;
        let broken = OsString::from_vec(vec![b'/', 0xff]);
        let variables =
            [("POOL_EXPORTER_CONFIG_FILE".into(), broken.clone()), ("X".into(), broken)];
        let (_, errors) = Environment::from("pool_exporter", variables.into_iter());
        assert_eq!(errors, ["POOL_EXPORTER_CONFIG_FILE: the value is not Unicode"]);
    }
}
