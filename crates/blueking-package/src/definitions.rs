//! An exporter's description of itself: the JSON that `<exporter> --describe` prints. Unknown keys
//! are ignored, so an exporter may add keys. An incompatible change increments the schema number.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::problem::Location;
use crate::text::{abbreviated, first_sentence};
use crate::texts::sources as texts;
use crate::{Error, glob, names};

/// The schema of `--describe` that [`Definitions::parse`] reads.
pub(crate) const SCHEMA: u64 = 1;

/// An exporter's flags and metrics, read from `<exporter> --describe`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Definitions {
    /// Name of the exporter, for example `host_exporter`.
    pub name: String,
    /// Version of the exporter.
    pub version: String,
    /// Command-line flags.
    #[serde(default)]
    pub flags: Vec<Flag>,
    /// Names of the positional arguments, in order; most exporters take none.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// Chinese names of labels, by label name.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Metric groups, in display order.
    #[serde(default)]
    pub groups: Vec<MetricGroup>,
    /// The collectors.
    #[serde(default)]
    pub collectors: Vec<Collector>,
    /// The metric families that the exporter can expose.
    pub metrics: Vec<Metric>,
    /// Families whose names are known only at run time: `*` in a name matches any sequence of
    /// characters. Packages cannot list them.
    #[serde(default)]
    pub patterns: Vec<Metric>,
}

/// A group of metrics, such as those of one collector. By default, a package contains each group.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct MetricGroup {
    /// Name by which metrics refer to it.
    pub name: String,
    /// Short Chinese name.
    pub zh: String,
    /// Whether its metrics are exposed by default, and therefore packaged by default.
    pub enabled: bool,
}

/// One subsystem that an exporter reads.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Collector {
    /// Name, as in `--collector.<name>`.
    pub name: String,
    /// Short Chinese name.
    pub zh: String,
    /// One English sentence describing what it exposes.
    pub about: String,
    /// What it reads: a file, a directory or a system call.
    pub source: String,
    /// Supported systems, such as `linux`.
    pub systems: Vec<String>,
    /// Whether it runs by default.
    pub enabled: bool,
}

/// A flag that an exporter takes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Flag {
    /// Name without leading dashes, for example `web.listen-address`.
    pub name: String,
    /// Placeholder of the flag's value as `--help` shows it; `None` or empty for a switch.
    #[serde(default)]
    pub value: Option<String>,
    /// Value used when the flag is not given.
    #[serde(default)]
    pub default: Option<String>,
    /// One line of English help.
    #[serde(default)]
    pub help: String,
}

/// A metric family that an exporter can expose.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Metric {
    /// Full name of the family.
    pub name: String,
    /// Kind of the family, which determines the names of its samples.
    pub kind: Kind,
    /// Text of the `# HELP` line.
    #[serde(default)]
    pub help: String,
    /// Name of the unit as printed; [`Unit::from_name`] returns `None` for an unknown one.
    #[serde(default)]
    pub unit: String,
    /// Label names of every sample.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Short Chinese description; empty if there is none.
    #[serde(default)]
    pub zh: String,
    /// Name of the [`MetricGroup`] that the family belongs to; empty if there is none.
    #[serde(default)]
    pub group: String,
    /// Whether a format that is short of room cuts `zh` instead of refusing it; see
    /// [`Definitions::fill_names`].
    #[serde(skip)]
    pub may_be_cut: bool,
}

/// Kind of a metric family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A value that can go up and down.
    Gauge,
    /// A value that only increases, or is reset to zero.
    Counter,
    /// Observations counted in buckets.
    Histogram,
    /// Observations with quantiles.
    Summary,
    /// A value of unknown type.
    Untyped,
}

/// Unit of a metric's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The name as `--describe` prints it; empty for a plain number.
    pub(crate) name: &'static str,
    /// The symbol, which BlueKing 5.1 displays verbatim; empty for a plain number.
    pub(crate) sign: &'static str,
    /// The Chinese name; empty for a plain number.
    pub(crate) zh: &'static str,
    /// The id in BlueKing 6 and 7, which have none for volts and similar units.
    pub(crate) id: &'static str,
}

/// A percentage is 0 to 100, a ratio 0 to 1, hertz are cycles per second.
const UNITS: [Unit; 10] = [
    Unit { name: "percent", sign: "%", zh: "%", id: "percent" },
    Unit { name: "ratio", sign: "", zh: "比值", id: "percentunit" },
    Unit { name: "bytes", sign: "B", zh: "字节", id: "bytes" },
    Unit { name: "seconds", sign: "s", zh: "秒", id: "s" },
    Unit { name: "celsius", sign: "℃", zh: "摄氏度", id: "celsius" },
    Unit { name: "hertz", sign: "Hz", zh: "赫兹", id: "hertz" },
    Unit { name: "volts", sign: "V", zh: "伏", id: "none" },
    Unit { name: "amperes", sign: "A", zh: "安", id: "none" },
    Unit { name: "watts", sign: "W", zh: "瓦", id: "none" },
    Unit { name: "joules", sign: "J", zh: "焦", id: "none" },
];

/// One exposed name of a family. BlueKing reads each line of a page on its own and does not know
/// families.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The exposed name, for example `x_bucket`.
    pub name: String,
    /// The Chinese description, with a suffix for the part of a histogram or summary. Empty if the
    /// family has none.
    pub zh: String,
    /// Name of the unit; a count has none.
    pub unit: String,
}

impl Definitions {
    /// Reads the JSON of `--describe`; `file` is the name used in errors.
    ///
    /// # Errors
    /// [`Error::Schema`] for the output of another version of the exporter kit. [`Error::Json`]
    /// with line and column for invalid JSON, a missing key or an unknown kind.
    pub fn parse(file: &str, json: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Head {
            schema: Option<Value>,
        }
        let json_error = |reason| Error::Json { file: file.to_owned(), reason };
        // The schema is parsed first: the rest of the document depends on it.
        let Head { schema } = serde_json::from_str(json).map_err(json_error)?;
        if schema != Some(SCHEMA.into()) {
            let found = schema.map(|found| found.to_string());
            return Err(Error::Schema { file: file.to_owned(), found });
        }
        serde_json::from_str(json).map_err(json_error)
    }

    /// Reads the same definitions as TOML, in which people edit those of an exporter without
    /// `--describe`; there is no schema number. `file` is the name used in errors.
    ///
    /// # Errors
    /// [`Error::Description`] with line and column.
    pub fn parse_toml(file: &str, text: &str) -> Result<Self, Error> {
        toml::from_str(text).map_err(|reason| Error::Description {
            file: file.to_owned(),
            reason: Box::new(reason),
        })
    }

    /// Fills in missing Chinese texts, so that a draft can be packed: HELP stands in for the name
    /// of a metric, the name itself for that of a label or a group. Names that are too long for
    /// BlueKing 5.1 are cut there. Returns the names of metrics and labels that had none.
    pub fn fill_names(&mut self) -> Vec<String> {
        let mut missing = Vec::new();
        for metric in &mut self.metrics {
            if metric.zh.trim().is_empty() {
                metric.zh = summary(&metric.help).unwrap_or_else(|| metric.name.clone());
                missing.push(metric.name.clone());
            }
            metric.may_be_cut = true;
            for label in &metric.labels {
                let name = self.labels.entry(label.clone()).or_default();
                if name.trim().is_empty() {
                    *name = label.chars().take(names::GROUP_TEXT_LIMIT).collect();
                    missing.push(label.clone());
                }
            }
        }
        for group in &mut self.groups {
            if group.zh.trim().is_empty() {
                group.zh = group.name.chars().take(names::GROUP_TEXT_LIMIT).collect();
            }
        }
        missing
    }

    /// The place that a [`Problem`](crate::Problem) in these definitions reports in place of a
    /// file: `definitions of <exporter>`.
    pub fn location(&self) -> String {
        texts::definitions_of(&self.name)
    }

    /// The location of a field in these definitions.
    pub(crate) fn place(&self, field: &str) -> Location {
        Location::new(self.location(), field)
    }

    /// Whether the exporter takes this flag; leading dashes are ignored. A switch can also be turned
    /// off, by `no-` before its name.
    pub fn has_flag(&self, flag: &str) -> bool {
        let name = flag.trim_start_matches('-');
        let is_switch = |flag: &Flag| flag.value.as_deref().unwrap_or_default().is_empty();
        self.flags.iter().any(|flag| {
            flag.name == name
                || is_switch(flag) && name.strip_prefix("no-").is_some_and(|name| flag.name == name)
        })
    }

    /// Whether a family or one of the [`patterns`](Self::patterns) exposes this sample. An exposed
    /// sample that no group of a package contains was omitted on purpose.
    pub fn exposes(&self, sample: &str) -> bool {
        self.family(sample).is_some()
            || self
                .patterns
                .iter()
                .flat_map(Metric::samples)
                .any(|pattern| glob::matches(&pattern.name, sample))
    }

    /// Name of the family that exposes this sample, or the sample name if there is none.
    pub(crate) fn family_of<'a>(&'a self, sample: &'a str) -> &'a str {
        self.family(sample).map_or(sample, |metric| &metric.name)
    }

    fn family(&self, sample: &str) -> Option<&Metric> {
        self.metrics.iter().find(|metric| {
            sample.starts_with(&metric.name) && metric.samples().iter().any(|s| s.name == sample)
        })
    }
}

/// The first sentence of a HELP text, at most 100 characters; `None` if it has no text.
fn summary(help: &str) -> Option<String> {
    let text = help.replace(char::is_control, " ");
    let sentence = first_sentence(&text);
    (!sentence.is_empty()).then(|| abbreviated(sentence, 100))
}

impl Metric {
    /// The samples that this family exposes: one, or several for a histogram or summary.
    pub fn samples(&self) -> Vec<Sample> {
        let sample = |suffix: &str, zh_suffix: &str, unit: &str| Sample {
            name: format!("{}{suffix}", self.name),
            zh: if self.zh.trim().is_empty() {
                String::new()
            } else {
                format!("{}{zh_suffix}", self.zh)
            },
            unit: unit.to_owned(),
        };
        match self.kind {
            Kind::Gauge | Kind::Counter | Kind::Untyped => vec![sample("", "", &self.unit)],
            Kind::Histogram => vec![
                sample("_bucket", "分桶", ""),
                sample("_sum", "总和", &self.unit),
                sample("_count", "次数", ""),
            ],
            Kind::Summary => vec![
                sample("", "", &self.unit),
                sample("_sum", "总和", &self.unit),
                sample("_count", "次数", ""),
            ],
        }
    }

    /// Every label of this family's samples, including `le` or `quantile` depending on its kind.
    pub fn dimensions(&self) -> Vec<&str> {
        let kind_label = match self.kind {
            Kind::Gauge | Kind::Counter | Kind::Untyped => None,
            Kind::Histogram => Some("le"),
            Kind::Summary => Some("quantile"),
        };
        self.labels.iter().map(String::as_str).chain(kind_label).collect()
    }
}

impl Unit {
    /// A count, a state, an identifier.
    pub(crate) const NONE: Self = Self { name: "", sign: "", zh: "", id: "none" };

    /// The unit of this name as `--describe` prints it, or `None` for an unknown name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::NONE].into_iter().chain(UNITS).find(|unit| unit.name == name)
    }

    /// The names of all units, for messages.
    pub(crate) fn names() -> [&'static str; UNITS.len()] {
        UNITS.map(|unit| unit.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(kind: &str) -> Metric {
        let json = format!(
            r#"{{"name":"x","kind":"{kind}","unit":"seconds","labels":["a"],"zh":"耗时","new":1}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn families_expose_samples_of_their_kind() {
        for (kind, samples, dimensions) in [
            ("gauge", "x/耗时/seconds", "a"),
            ("untyped", "x/耗时/seconds", "a"),
            ("counter", "x/耗时/seconds", "a"),
            ("histogram", "x_bucket/耗时分桶/ x_sum/耗时总和/seconds x_count/耗时次数/", "a le"),
            ("summary", "x/耗时/seconds x_sum/耗时总和/seconds x_count/耗时次数/", "a quantile"),
        ] {
            let metric = metric(kind);
            let found = metric.samples();
            let found: Vec<_> =
                found.iter().map(|s| format!("{}/{}/{}", s.name, s.zh, s.unit)).collect();
            assert_eq!(found.join(" "), samples, "{kind}");
            assert_eq!(metric.dimensions().join(" "), dimensions, "{kind}");
        }
    }

    #[test]
    fn switches_can_be_turned_off() {
        let text = r#"{"schema":1,"name":"n","version":"1","metrics":[],"flags":[
            {"name":"collector.x"},{"name":"addr","value":"ADDRESS"}]}"#;
        let definitions = Definitions::parse("n", text).unwrap();
        for (flag, is_known) in [
            ("--collector.x", true),
            ("--no-collector.x", true),
            ("-addr", true),
            ("--no-addr", false),
            ("--no-", false),
            ("--other", false),
        ] {
            assert_eq!(definitions.has_flag(flag), is_known, "{flag}");
        }
    }

    #[test]
    fn help_and_names_stand_in_for_missing_texts() {
        let text = "name = 'n'\nversion = '1'\n[labels]\nb = '乙'\n[[groups]]\nname = 'g'\nzh = ''\n\
                    enabled = true\n[[metrics]]\nname = 'x'\nkind = 'gauge'\nlabels = ['a', 'b']\n\
                    help = 'How many. And more.'\n[[metrics]]\nname = 'y'\nkind = 'untyped'\n\
                    zh = '有'\n[[metrics]]\nname = 'z'\nkind = 'gauge'\nhelp = ' '\n";
        let mut definitions = Definitions::parse_toml("metrics.toml", text).unwrap();
        assert_eq!(definitions.fill_names(), ["x", "a", "z"]);
        let names: Vec<_> = definitions.metrics.iter().map(|metric| &*metric.zh).collect();
        assert_eq!(names, ["How many", "有", "z"]);
        assert_eq!(definitions.labels["a"], "a");
        assert_eq!(definitions.groups[0].zh, "g");
        assert_eq!(definitions.fill_names(), [""; 0]);
        assert_eq!(summary(&"x".repeat(101)).unwrap().chars().count(), 100);
    }

    #[test]
    fn unknown_kind_is_an_error_with_its_line() {
        let json = r#"{"schema":1,"name":"n","version":"1",
            "metrics":[{"name":"x","kind":"enum"}]}"#;
        let error = Definitions::parse("n --describe", json).unwrap_err().to_string();
        assert!(error.starts_with("n --describe: ") && error.contains("line 2"), "{error}");
    }

    #[test]
    fn only_the_known_schema_is_read() {
        // An unknown schema may have any structure.
        for (schema, found) in [
            ("", "is missing"),
            (r#""schema":null"#, "is missing"),
            (r#""schema":2,"metrics":{}"#, "is 2"),
            (r#""schema":"1""#, r#"is "1""#),
        ] {
            let error = Definitions::parse("n --describe", &format!("{{{schema}}}"));
            let error = error.unwrap_err().to_string();
            assert!(error.starts_with(&format!("n --describe: the schema {found}, ")), "{error}");
            assert!(error.contains("reads 1") && error.contains("same version"), "{error}");
        }
        let error = Definitions::parse("n --describe", "{").unwrap_err().to_string();
        assert!(error.contains("line 1"), "{error}");
    }

    #[test]
    fn families_and_patterns_expose_samples() {
        let json = r#"{"schema":1,"name":"n","version":"1",
            "metrics":[{"name":"x","kind":"histogram"}],
            "patterns":[{"name":"node_memory_*","kind":"gauge"},{"name":"y_*","kind":"summary"}]}"#;
        let definitions = Definitions::parse("n", json).unwrap();
        for (sample, exposed) in [
            ("x_bucket", true),
            ("x", false),
            ("node_memory_Active_bytes", true),
            ("node_mem", false),
            ("y_a_sum", true),
        ] {
            assert_eq!(definitions.exposes(sample), exposed, "{sample}");
        }
    }

    #[test]
    fn units_are_known_by_name() {
        assert_eq!(Unit::from_name(""), Some(Unit::NONE));
        assert_eq!(Unit::from_name("bytes").unwrap().sign, "B");
        assert_eq!(Unit::from_name("furlongs"), None);
    }

    #[test]
    fn flags_are_found_with_and_without_dashes() {
        let json = r#"{"schema":1,"name":"n","version":"1","metrics":[],
            "flags":[{"name":"a.b","type":"text","default":null}]}"#;
        let definitions = Definitions::parse("n", json).unwrap();
        assert!(definitions.has_flag("--a.b") && definitions.has_flag("a.b"));
        assert!(!definitions.has_flag("--a"));
    }
}
