//! Names of a package, derived from the file name of the executable within BlueKing's rules. Pure.

/// Longest plugin id, in characters.
const ID_LIMIT: usize = 30;

/// Longest component name of BlueKing 5.1, in characters.
const COMPONENT_LIMIT: usize = 15;

/// Words of file names that state the platform and not the exporter.
const PLATFORM: [&str; 13] = [
    "linux", "windows", "win", "win64", "amd64", "x86", "64", "x64", "arm64", "aarch64", "static",
    "musl", "gnu",
];

/// Names of what exporters monitor, as people write them.
const SUBJECTS: [(&str, &str); 40] = [
    ("apache", "Apache"),
    ("bind", "BIND"),
    ("blackbox", "Blackbox"),
    ("ceph", "Ceph"),
    ("clickhouse", "ClickHouse"),
    ("consul", "Consul"),
    ("dcgm", "NVIDIA GPU"),
    ("elasticsearch", "Elasticsearch"),
    ("es", "Elasticsearch"),
    ("etcd", "etcd"),
    ("exim", "Exim"),
    ("haproxy", "HAProxy"),
    ("ipmi", "IPMI"),
    ("jmx", "JMX"),
    ("kafka", "Kafka"),
    ("libvirt", "libvirt"),
    ("memcached", "Memcached"),
    ("mongodb", "MongoDB"),
    ("mssql", "SQL Server"),
    ("mysql", "MySQL"),
    ("mysqld", "MySQL"),
    ("nats", "NATS"),
    ("nginx", "Nginx"),
    ("node", "主机"),
    ("oracledb", "Oracle"),
    ("pg", "PostgreSQL"),
    ("pgbouncer", "PgBouncer"),
    ("postfix", "Postfix"),
    ("postgres", "PostgreSQL"),
    ("process", "进程"),
    ("rabbitmq", "RabbitMQ"),
    ("redis", "Redis"),
    ("smartctl", "SMART"),
    ("snmp", "SNMP"),
    ("squid", "Squid"),
    ("statsd", "StatsD"),
    ("systemd", "systemd"),
    ("varnish", "Varnish"),
    ("windows", "Windows 主机"),
    ("zookeeper", "ZooKeeper"),
];

/// The names of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
    /// Id of the plugin of BlueKing 6 and 7.
    pub(super) plugin_id: String,
    /// Name of the component of BlueKing 5.1.
    pub(super) component: String,
    /// What the exporter monitors, for people.
    pub(super) subject: String,
    /// The kind of monitored object on a site.
    pub(super) label: &'static str,
}

impl Names {
    /// Derives the names from the file name of an executable.
    pub(super) fn of_file(file_name: &str) -> Self {
        let stem = file_name.strip_suffix(".exe").unwrap_or(file_name).to_lowercase();
        let is_version = |word: &str| {
            word.strip_prefix('v').unwrap_or(word).starts_with(|c: char| c.is_ascii_digit())
        };
        let words: Vec<&str> = stem
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        // The first word is never left out: `windows_exporter`.
        let kept = words.iter().enumerate().filter(|(position, word)| {
            *position == 0 || !(PLATFORM.contains(word) || is_version(word))
        });
        let mut words: Vec<&str> = kept.map(|(_, word)| *word).collect();
        if words.len() > 2 && words[0] == "prometheus" {
            words.remove(0);
        }
        let mut id = words.join("_");
        if !id.starts_with(|c: char| c.is_ascii_alphabetic()) || id.starts_with("bkplugin_") {
            id = format!("x_{id}");
        }
        let subject = words.iter().find(|word| **word != "exporter").copied().unwrap_or("exporter");
        let known = SUBJECTS.iter().find(|(word, _)| *word == subject);
        Self {
            component: component(&id),
            plugin_id: id.chars().take(ID_LIMIT).collect::<String>().trim_matches('_').to_owned(),
            subject: known.map_or_else(|| capitalised(subject), |(_, name)| (*name).to_owned()),
            label: match subject {
                "node" | "windows" => "os",
                "process" => "host_process",
                _ => "component",
            },
        }
    }
}

impl Names {
    /// The displayed name.
    pub(super) fn display_name(&self) -> String {
        // It must start with a letter or a Chinese character.
        let is_start = self.subject.starts_with(char::is_alphabetic);
        spaced(&[if is_start { &self.subject } else { &self.plugin_id }, "指标采集"])
    }

    /// The path at which this exporter asks for a target, if it is known for having no metrics of
    /// its own.
    pub(super) fn target_path(&self) -> Option<&'static str> {
        let known = [
            ("blackbox_exporter", "/probe"),
            ("json_exporter", "/probe"),
            ("snmp_exporter", "/snmp"),
        ];
        known.iter().find(|(name, _)| self.plugin_id == *name).map(|(_, path)| *path)
    }
}

/// Joins parts of a Chinese sentence: a blank separates Chinese from what is not.
pub(super) fn spaced(parts: &[&str]) -> String {
    let mut text = String::new();
    for part in parts {
        let ends = (text.chars().next_back(), part.chars().next());
        if let (Some(last), Some(first)) = ends
            && last.is_ascii() != first.is_ascii()
        {
            text.push(' ');
        }
        text += part;
    }
    text
}

/// The text with the version of the exporter brought up to date, where the text names it as a draft
/// does.
pub(super) fn with_version(text: &str, names: &Names, old: &str, new: &str) -> String {
    if old.is_empty() || new.is_empty() {
        return text.to_owned();
    }
    let named = |version: &str| format!("{} {version}", names.plugin_id);
    text.replace(&named(old), &named(new))
}

/// Letters and digits of the id, shortened where it is too long.
fn component(id: &str) -> String {
    let whole = id.replace('_', "");
    if whole.len() <= COMPONENT_LIMIT {
        return whole;
    }
    let stem = whole.strip_suffix("exporter").unwrap_or(&whole);
    let end = if stem.len() == whole.len() { "" } else { "exp" };
    let stem: String = stem.chars().take(COMPONENT_LIMIT - end.len()).collect();
    stem + end
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use blueking_package::{component_name_rules, plugin_id_rules};

    use super::*;

    #[test]
    fn chinese_and_latin_words_are_spaced() {
        assert_eq!(spaced(&["采集", "Redis", "的指标"]), "采集 Redis 的指标");
        assert_eq!(spaced(&["采集", "主机", "的指标"]), "采集主机的指标");
        assert_eq!(Names::of_file("windows_exporter").display_name(), "Windows 主机指标采集");
    }

    #[test]
    fn version_is_replaced_where_a_draft_has_it() {
        let names = Names::of_file("x_exporter");
        let text = "x_exporter 1.2，1.2 是旧版";
        assert_eq!(with_version(text, &names, "1.2", "1.3"), "x_exporter 1.3，1.2 是旧版");
        assert_eq!(with_version(text, &names, "", "1.3"), text);
        assert_eq!(with_version(text, &names, "1.2", ""), text);
    }

    #[test]
    fn names_follow_the_file() {
        for (file, id, component, subject) in [
            ("redis_exporter", "redis_exporter", "redisexporter", "Redis"),
            ("prometheus-node-exporter", "node_exporter", "nodeexporter", "主机"),
            ("node_exporter-1.8.2.linux-amd64", "node_exporter", "nodeexporter", "主机"),
            (
                "windows_exporter-0.30.0-amd64.exe",
                "windows_exporter",
                "windowsexporter",
                "Windows 主机",
            ),
            ("postgres_exporter", "postgres_exporter", "postgresexp", "PostgreSQL"),
            ("My-Thing_v2.exe", "my_thing", "mything", "My"),
            ("9lives", "x_9lives", "x9lives", "9lives"),
            ("bkplugin_x", "x_bkplugin_x", "xbkpluginx", "Bkplugin"),
            (
                "a_very_long_name_of_an_exporter_that_never_ends",
                "a_very_long_name_of_an_exporte",
                "averylongnameof",
                "A",
            ),
            ("主机", "x_", "x", "Exporter"),
        ] {
            let names = Names::of_file(file);
            let found = (&*names.plugin_id, &*names.component, &*names.subject);
            assert_eq!(found, (id.trim_matches('_'), component, subject), "{file}");
            assert_eq!(plugin_id_rules(&names.plugin_id), [], "{file}");
            assert_eq!(component_name_rules(&names.component), [], "{file}");
        }
    }
}
