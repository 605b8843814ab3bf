//! The environment variables that are meant for an exporter: those that begin with its name.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;

use super::flag::{FlagSpec, nearest_by};

/// What the environment says to an exporter, by the variables' names.
#[derive(Debug, Default)]
pub(crate) struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The environment of this process, as far as it is meant for `exporter`; and what is wrong with
    /// it: values that are not Unicode, one line each. The values are never shown.
    pub(crate) fn of(exporter: &str) -> (Self, Vec<String>) {
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
            // Windows does not tell upper case from lower in these names.
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

    /// Variables that look as if they were to set a flag of `exporter` and set none, one line each.
    ///
    /// Others that begin with its name may be there for reasons of their own: Kubernetes tells every
    /// container where the services of its namespace are, in variables that begin with their names.
    pub(crate) fn warnings(&self, exporter: &str, flags: &[FlagSpec]) -> Vec<String> {
        let known = flags.iter().filter(|flag| !flag.action);
        let known: Vec<_> = known.map(|flag| flag.variable(exporter)).collect();
        let mut warnings = Vec::new();
        for name in self.0.keys().filter(|name| !known.contains(name)) {
            let nearest = nearest_by(name, &known, String::as_str);
            // Such as the exporter's name and LISTEN_ADDRESS, without the group.
            let end = name.get(exporter.len()..).unwrap_or_default();
            let same_end = known.iter().find(|known| known.ends_with(end));
            if let Some(near) = nearest.or(same_end) {
                warnings.push(format!("{name} is set, but is no setting; did you mean {near}?"));
            } else if known.iter().any(|known| group(known, exporter) == group(name, exporter)) {
                warnings.push(format!("{name} is set, but is no setting; --help lists the flags"));
            }
        }
        warnings
    }
}

/// The word after the exporter's name, such as `WEB`, where more follows it.
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
    fn what_does_not_begin_with_the_name_is_not_looked_at() {
        let environment = from(&[("PATH", "/bin"), ("POOL_EXPORTER_LOG_LEVEL", "warn")]);
        assert_eq!(environment.value("POOL_EXPORTER_LOG_LEVEL").as_deref(), Some("warn"));
        assert_eq!(environment.value("PATH"), None);
    }

    #[test]
    fn variables_that_set_nothing_are_told_and_their_values_are_not() {
        let environment = from(&[
            ("POOL_EXPORTER_WEB_LISTEN_ADRESS", ":1"),
            ("POOL_EXPORTER_WEB_THING_OF_SOME_KIND", "geheim"),
            ("POOL_EXPORTER_WEB_LISTEN_ADDRESS", ":2"),
            ("POOL_EXPORTER_TELEMETRY_PATH", "/m"),
            // What Kubernetes sets for a service called pool-exporter.
            ("POOL_EXPORTER_SERVICE_HOST", "192.0.2.1"),
            ("POOL_EXPORTER_SERVICE_PORT", "9602"),
            ("POOL_EXPORTER_PORT", "tcp://192.0.2.1:9602"),
            ("POOL_EXPORTER_PORT_9602_TCP_ADDR", "192.0.2.1"),
        ]);
        let expected = [
            "POOL_EXPORTER_TELEMETRY_PATH is set, but is no setting; did you mean \
             POOL_EXPORTER_WEB_TELEMETRY_PATH?",
            "POOL_EXPORTER_WEB_LISTEN_ADRESS is set, but is no setting; did you mean \
             POOL_EXPORTER_WEB_LISTEN_ADDRESS?",
            "POOL_EXPORTER_WEB_THING_OF_SOME_KIND is set, but is no setting; --help lists the flags",
        ];
        let flags: Vec<_> = KIT_FLAGS.iter().copied().map(AnyFlag::spec).collect();
        assert_eq!(environment.warnings("pool_exporter", &flags), expected);
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_not_unicode_is_an_error() {
        use std::os::unix::ffi::OsStringExt;
        let broken = OsString::from_vec(vec![b'/', 0xff]);
        let variables =
            [("POOL_EXPORTER_CONFIG_FILE".into(), broken.clone()), ("X".into(), broken)];
        let (_, errors) = Environment::from("pool_exporter", variables.into_iter());
        assert_eq!(errors, ["POOL_EXPORTER_CONFIG_FILE: the value is not Unicode"]);
    }
}
