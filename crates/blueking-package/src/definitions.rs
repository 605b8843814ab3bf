//! What an exporter says of itself: the JSON that `<exporter> --describe` prints.
//! Keys that are not listed here are ignored, so an exporter may say more.

use serde::Deserialize;

use crate::Error;

/// An exporter's flags and metrics, read from `<exporter> --describe`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Definitions {
    /// Name of the exporter, for example `host_exporter`.
    pub name: String,
    /// Version of the exporter.
    pub version: String,
    /// The flags it takes.
    #[serde(default)]
    pub flags: Vec<Flag>,
    /// What the arguments are called that it takes beside flags, in their order; most exporters
    /// take none.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// The metric families it can expose.
    pub metrics: Vec<Metric>,
}

/// A flag that an exporter takes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Flag {
    /// Name without leading dashes, for example `web.listen-address`.
    pub name: String,
    /// Placeholder of the flag's value as `--help` shows it; `None` or empty for a switch.
    #[serde(default)]
    pub value: Option<String>,
    /// Value that holds when the flag is not given.
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
    /// Kind of the family, which decides the names of its samples.
    pub kind: Kind,
    /// Text of the `# HELP` line.
    #[serde(default)]
    pub help: String,
    /// Name of the unit as printed; [`Unit::from_name`] tells whether it is a known one.
    #[serde(default)]
    pub unit: String,
    /// Label names of every sample.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Short Chinese description; empty where there is none.
    #[serde(default)]
    pub zh: String,
}

/// Kind of a metric family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A value that can go up and down.
    Gauge,
    /// A value that only goes up, or starts again from zero.
    Counter,
    /// Observations counted in buckets.
    Histogram,
    /// Observations with quantiles.
    Summary,
}

/// Unit of a metric's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A count, a state, an identifier.
    None,
    /// 0 to 100.
    Percent,
    /// 0 to 1.
    Ratio,
    /// Bytes.
    Bytes,
    /// Seconds.
    Seconds,
    /// Degrees Celsius.
    Celsius,
    /// Cycles in a second.
    Hertz,
    /// Volts.
    Volts,
    /// Amperes.
    Amperes,
    /// Watts.
    Watts,
    /// Joules.
    Joules,
}

/// The names that [`Unit::from_name`] knows, for messages.
pub(crate) const UNIT_NAMES: &str =
    "percent, ratio, bytes, seconds, celsius, hertz, volts, amperes, watts, joules";

/// One name under which the values of a family arrive: BlueKing reads each line of a page alone
/// and knows no families.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The exposed name, for example `x_bucket`.
    pub name: String,
    /// The Chinese description, with a word for the part of a histogram or summary that this is.
    /// Empty where the family has none.
    pub zh: String,
    /// Name of the unit; a count has none.
    pub unit: String,
}

impl Definitions {
    /// Reads the JSON of `--describe`; `file` names it in the error.
    ///
    /// # Errors
    /// [`Error::Json`] with line and column: not JSON, a key missing, or an unknown kind.
    pub fn parse(file: &str, json: &str) -> Result<Self, Error> {
        serde_json::from_str(json).map_err(|reason| Error::Json { file: file.to_owned(), reason })
    }

    /// What a [`Problem`](crate::Problem) in these definitions names as its file:
    /// `definitions of <exporter>`.
    pub fn place(&self) -> String {
        format!("definitions of {}", self.name)
    }

    /// Whether the exporter takes this flag; leading dashes are ignored.
    pub fn has_flag(&self, flag: &str) -> bool {
        let name = flag.trim_start_matches('-');
        self.flags.iter().any(|flag| flag.name == name)
    }

    /// Name of the family that exposes this sample, or of the sample where none does.
    pub(crate) fn family_of<'a>(&'a self, sample: &'a str) -> &'a str {
        let exposes = |metric: &&Metric| {
            sample.starts_with(&metric.name) && metric.samples().iter().any(|s| s.name == sample)
        };
        self.metrics.iter().find(exposes).map_or(sample, |metric| &metric.name)
    }
}

impl Metric {
    /// The samples that this family exposes: one, or those of a histogram or summary.
    pub fn samples(&self) -> Vec<Sample> {
        let sample = |suffix: &str, word: &str, unit: &str| Sample {
            name: format!("{}{suffix}", self.name),
            zh: if self.zh.trim().is_empty() {
                String::new()
            } else {
                format!("{}{word}", self.zh)
            },
            unit: unit.to_owned(),
        };
        match self.kind {
            Kind::Gauge | Kind::Counter => vec![sample("", "", &self.unit)],
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

    /// Every label of this family's samples: its own, and `le` or `quantile` by its kind.
    pub fn dimensions(&self) -> Vec<&str> {
        let of_kind = match self.kind {
            Kind::Gauge | Kind::Counter => None,
            Kind::Histogram => Some("le"),
            Kind::Summary => Some("quantile"),
        };
        self.labels.iter().map(String::as_str).chain(of_kind).collect()
    }
}

impl Unit {
    /// The unit of this name as `--describe` prints it, or `None` for an unknown name.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "" => Self::None,
            "percent" => Self::Percent,
            "ratio" => Self::Ratio,
            "bytes" => Self::Bytes,
            "seconds" => Self::Seconds,
            "celsius" => Self::Celsius,
            "hertz" => Self::Hertz,
            "volts" => Self::Volts,
            "amperes" => Self::Amperes,
            "watts" => Self::Watts,
            "joules" => Self::Joules,
            _ => return None,
        })
    }

    /// The sign that operators know; empty where a bare number says it best. BlueKing 5.1 shows
    /// it as it is.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::None | Self::Ratio => "",
            Self::Percent => "%",
            Self::Bytes => "B",
            Self::Seconds => "s",
            Self::Celsius => "℃",
            Self::Hertz => "Hz",
            Self::Volts => "V",
            Self::Amperes => "A",
            Self::Watts => "W",
            Self::Joules => "J",
        }
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
    fn a_family_exposes_the_samples_of_its_kind() {
        for (kind, samples, dimensions) in [
            ("gauge", "x/耗时/seconds", "a"),
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
    fn an_unknown_kind_is_an_error_with_its_line() {
        let json =
            "{\"name\":\"n\",\"version\":\"1\",\n\"metrics\":[{\"name\":\"x\",\"kind\":\"enum\"}]}";
        let error = Definitions::parse("n --describe", json).unwrap_err().to_string();
        assert!(error.starts_with("n --describe: ") && error.contains("line 2"), "{error}");
    }

    #[test]
    fn every_unit_name_in_the_messages_is_known() {
        for name in UNIT_NAMES.split(", ") {
            assert!(Unit::from_name(name).is_some(), "{name}");
        }
        assert_eq!(Unit::from_name("furlongs"), None);
    }

    #[test]
    fn flags_are_found_with_and_without_dashes() {
        let json =
            r#"{"name":"n","version":"1","metrics":[],"flags":[{"name":"a.b","default":null}]}"#;
        let definitions = Definitions::parse("n", json).unwrap();
        assert!(definitions.has_flag("--a.b") && definitions.has_flag("a.b"));
        assert!(!definitions.has_flag("--a"));
    }
}
