//! The names and the port of a new exporter. Pure.

use blueking_package::{PackageDescription, component_name_rules, plugin_id_rules};

/// The suffix of exporter names, which distinguishes the crate from the monitored service.
const SUFFIX: &str = "-exporter";

/// The first port to try.
const FIRST_PORT: u16 = 9601;

/// The validated names and port of a new exporter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Names {
    crate_name: String,
    component: String,
    port: u16,
}

impl Names {
    /// Derives all names from the crate name, and selects a port if none is given.
    ///
    /// # Errors
    /// Every problem, one line each.
    pub(crate) fn choose(
        name: &str,
        port: Option<u16>,
        others: &[PackageDescription],
    ) -> Result<Self, Vec<String>> {
        check_name(name).map_err(|problem| vec![problem])?;
        let mut names =
            Self { crate_name: name.to_owned(), component: component(name), port: FIRST_PORT };
        let rules = [plugin_id_rules(&names.binary()), component_name_rules(&names.component)];
        let mut problems: Vec<_> = rules.iter().flatten().map(ToString::to_string).collect();
        let taken = |get: fn(&PackageDescription) -> &String, name: &str| {
            others.iter().find(|other| get(other).eq_ignore_ascii_case(name))
        };
        // If the plugin id is taken, the component name is taken too: one message suffices.
        if let Some(other) = taken(|other| &other.plugin_id, &names.binary()) {
            problems.push(format!(
                "the name {name} is taken: {} has the plugin id {}; choose another name",
                other.file, other.plugin_id
            ));
        } else if let Some(other) = taken(|other| &other.component_name, &names.component) {
            problems.push(format!(
                "the name {name} is taken in BlueKing 5.1: {} has the component name {}; choose a \
                 name that differs in its first 15 letters and digits",
                other.file, other.component_name
            ));
        }
        match choose_port(port, others) {
            Ok(port) => names.port = port,
            Err(problem) => problems.push(problem),
        }
        if problems.is_empty() { Ok(names) } else { Err(problems) }
    }

    /// Name of the crate and of its folders, such as `redis-exporter`.
    pub(crate) fn crate_name(&self) -> &str {
        &self.crate_name
    }

    /// Name of the binary, and of the plugin of BlueKing 6 and 7: `redis_exporter`.
    pub(crate) fn binary(&self) -> String {
        self.crate_name.replace('-', "_")
    }

    /// Prefix of the metrics: `redis`.
    pub(crate) fn subject(&self) -> String {
        self.crate_name.trim_end_matches(SUFFIX).replace('-', "_")
    }

    /// Name of the component of BlueKing 5.1: `redisexporter`.
    pub(crate) fn component(&self) -> &str {
        &self.component
    }

    /// The port to listen on.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The folders of the code and of the BlueKing description, relative to the workspace's root.
    pub(crate) fn folders(&self) -> [String; 2] {
        ["crates", "config"].map(|parent| format!("{parent}/{}", self.crate_name))
    }
}

fn check_name(name: &str) -> Result<(), String> {
    let words = name.strip_suffix(SUFFIX).unwrap_or(name).split('-').collect::<Vec<_>>();
    let is_word = |word: &&str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    let sound = name.starts_with(|c: char| c.is_ascii_lowercase()) && words.iter().all(is_word);
    if !sound {
        Err(format!(
            "{name:?} is not a valid exporter name; use words of lower-case letters and digits \
             joined by '-', such as redis-exporter"
        ))
    } else if words.iter().all(|word| *word == "exporter") {
        Err(format!("{name} does not name a service; give a name such as redis-exporter"))
    } else if !name.ends_with(SUFFIX) {
        Err(format!("the name of an exporter ends in {SUFFIX}; write {name}{SUFFIX}"))
    } else {
        Ok(())
    }
}

/// The full name if BlueKing 5.1 accepts it, else the name of the service.
fn component(name: &str) -> String {
    let whole = name.replace('-', "");
    if component_name_rules(&whole).is_empty() {
        return whole;
    }
    name.trim_end_matches(SUFFIX).replace('-', "")
}

fn choose_port(port: Option<u16>, others: &[PackageDescription]) -> Result<u16, String> {
    let owner = |port: u16| {
        others.iter().find(|other| {
            other.listen.rsplit_once(':').and_then(|(_, text)| text.parse().ok()) == Some(port)
        })
    };
    match port {
        Some(0) => Err("port 0 cannot be scraped; give 1 to 65535".to_owned()),
        Some(port) => match owner(port) {
            Some(other) => {
                Err(format!("{} has port {port} already; give another, or omit --port", other.file))
            }
            None => Ok(port),
        },
        None => (FIRST_PORT..=u16::MAX)
            .find(|port| owner(*port).is_none())
            .ok_or_else(|| "no free port is left; give one with --port".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn other(id: &str, component: &str, port: u16) -> PackageDescription {
        let text = format!(
            "plugin_id = '{id}'\ncomponent_name = '{component}'\ndisplay_name = 'a'\n\
             listen = '127.0.0.1:{port}'\n"
        );
        PackageDescription::parse("config/other/blueking.toml", &text).unwrap()
    }

    fn choose(name: &str, port: Option<u16>) -> Result<Names, Vec<String>> {
        let others = [other("host_exporter", "hostexporter", 9601), other("a", "pool", 9602)];
        Names::choose(name, port, &others)
    }

    #[test]
    fn names_are_derived_from_the_crate_name() {
        for (name, binary, subject, component) in [
            ("redis-exporter", "redis_exporter", "redis", "redisexporter"),
            ("my-db2-exporter", "my_db2_exporter", "my_db2", "mydb2exporter"),
            ("postgresql-exporter", "postgresql_exporter", "postgresql", "postgresql"),
        ] {
            let names = choose(name, None).unwrap();
            let found = (&*names.binary(), &*names.subject(), names.component());
            assert_eq!(found, (binary, subject, component));
            assert_eq!(names.folders(), [format!("crates/{name}"), format!("config/{name}")]);
        }
    }

    #[test]
    fn invalid_names_are_rejected_with_advice() {
        for (name, advice) in [
            ("", "such as redis-exporter"),
            ("Redis-exporter", "such as redis-exporter"),
            ("-exporter", "such as redis-exporter"),
            ("my--db-exporter", "such as redis-exporter"),
            ("9p-exporter", "such as redis-exporter"),
            ("../evil-exporter", "such as redis-exporter"),
            ("数据-exporter", "such as redis-exporter"),
            ("redis", "write redis-exporter"),
            ("exporter", "does not name a service"),
            ("host-exporter", "config/other/blueking.toml has the plugin id host_exporter; choose"),
            ("pool-for-all-the-many-exporter", "at most 15"),
            ("a-service-with-a-long-name-exporter", "at most 30"),
            ("bkplugin-exporter", "bkplugin_"),
        ] {
            let problems = choose(name, None).unwrap_err().join("\n");
            assert!(problems.contains(advice), "{name}: {problems}");
        }
        assert_eq!(choose("host-exporter", None).unwrap_err().len(), 1);
        let clash = Names::choose("po-ol-exporter", None, &[other("a", "POOLexporter", 1)]);
        assert!(clash.unwrap_err()[0].contains("has the component name POOLexporter; choose"));
    }

    #[test]
    fn port_is_unused_and_valid() {
        assert_eq!(choose("redis-exporter", None).unwrap().port(), 9603);
        assert_eq!(choose("redis-exporter", Some(65535)).unwrap().port(), 65535);
        for (port, expected) in [(0, "1 to 65535"), (9602, "has port 9602 already")] {
            let problems = choose("redis-exporter", Some(port)).unwrap_err();
            assert!(problems[0].contains(expected), "{problems:?}");
        }
    }
}
