//! The metric families on an exporter's page: the samples as BlueKing's agent reads them, with the
//! kinds and HELP texts that the agent ignores. Pure.

use std::collections::{BTreeMap, BTreeSet};

use blueking_package::agent::{Page, Sample, Trouble};
use blueking_package::{Kind, Metric, abbreviated};

use crate::output::plain;
use crate::rehearse::down;

/// A family, or a single sample of one that BlueKing lists by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Family {
    /// Name in a package: that of its samples, without the suffixes of histograms and summaries.
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) help: String,
    /// All labels of its samples, without `le` and `quantile`, which follow from the kind.
    pub(super) labels: Vec<String>,
}

/// What several scrapes of an exporter showed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Families {
    /// In the order of the page.
    pub(super) families: Vec<Family>,
    /// Names of samples that BlueKing cannot take as they are, with the reason. What is not a
    /// sample is here as it stands.
    pub(super) troubles: BTreeMap<String, Trouble>,
    /// Number of samples on the last page.
    pub(super) samples: usize,
    /// The metric by which the last page reports the monitored service as down.
    pub(super) down: Option<String>,
}

impl Family {
    /// The family of a definition.
    pub(super) fn defined(metric: &Metric) -> Self {
        Self {
            name: metric.name.clone(),
            kind: metric.kind,
            help: metric.help.clone(),
            labels: metric.labels.clone(),
        }
    }
}

/// The comments of a page.
#[derive(Default)]
struct Comments<'a> {
    kinds: BTreeMap<&'a str, &'a str>,
    helps: BTreeMap<&'a str, String>,
}

impl Families {
    /// Reads pages of the same exporter; a family on any of them counts.
    pub(super) fn read(pages: &[Vec<u8>]) -> Self {
        let mut found = Self::default();
        for body in pages {
            let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
            let text = String::from_utf8_lossy(body);
            let comments = Comments::read(&text);
            let page = Page::read(body);
            found.samples = page.samples.len();
            found.down = down(&page.samples).map(str::to_owned);
            for line in page.troubles.iter().filter(|line| line.trouble.is_error()) {
                let end = line.text.find(|c: char| !is_name_char(c)).unwrap_or(line.text.len());
                let name = match end {
                    0 => abbreviated(&plain(line.text.trim()), 40),
                    end => line.text[..end].to_owned(),
                };
                found.troubles.insert(name, line.trouble);
            }
            let mut known: BTreeMap<String, usize> = found
                .families
                .iter()
                .enumerate()
                .map(|(at, family)| (family.name.clone(), at))
                .collect();
            for sample in &page.samples {
                let family = comments.family(sample);
                let at = *known.entry(family.name.clone()).or_insert_with(|| {
                    found.families.push(family.clone());
                    found.families.len() - 1
                });
                let all = &mut found.families[at].labels;
                for label in family.labels {
                    if !all.contains(&label) {
                        all.push(label);
                    }
                }
            }
        }
        found
    }

    /// What is lost, by reason.
    pub(super) fn lost(&self) -> BTreeMap<String, Vec<String>> {
        let mut lost: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, trouble) in &self.troubles {
            lost.entry(trouble.to_string()).or_default().push(name.clone());
        }
        lost
    }

    /// Names of families, for messages.
    pub(super) fn names(&self) -> BTreeSet<&str> {
        self.families.iter().map(|family| &*family.name).collect()
    }
}

impl<'a> Comments<'a> {
    fn read(text: &'a str) -> Self {
        let mut comments = Self::default();
        for line in text.lines() {
            let Some(rest) = line.strip_prefix("# ") else { continue };
            let mut words = rest.splitn(3, ' ');
            match (words.next(), words.next(), words.next()) {
                (Some("TYPE"), Some(name), Some(kind)) => {
                    comments.kinds.insert(name, kind.trim());
                }
                (Some("HELP"), Some(name), Some(help)) => {
                    let help = help.replace("\\n", " ").replace("\\\"", "\"").replace("\\\\", "\\");
                    let help = help.replace(char::is_control, " ");
                    comments.helps.insert(name, help.trim().to_owned());
                }
                _ => {}
            }
        }
        comments
    }

    /// The family of a sample. In OpenMetrics the comments of a counter lack its `_total`.
    fn family(&self, sample: &Sample) -> Family {
        let name = &*sample.name;
        let parts = ["", "_bucket", "_sum", "_count", "_total", "_created", "_info"];
        let stems = parts.iter().filter_map(|part| Some((name.strip_suffix(part)?, *part)));
        let declared = stems.filter_map(|(stem, part)| Some((stem, part, *self.kinds.get(stem)?)));
        let found = declared.into_iter().find(|(_, part, kind)| match *part {
            "" => true,
            "_bucket" => *kind == "histogram",
            "_sum" | "_count" => ["histogram", "summary"].contains(kind),
            "_total" => *kind == "counter",
            "_info" => *kind == "info",
            _ => ["counter", "histogram", "summary"].contains(kind),
        });
        let (stem, part, kind) = found.unwrap_or((name, "", "untyped"));
        let (kind, own_label) = match (kind, part) {
            ("histogram", "_bucket" | "_sum" | "_count") => (Kind::Histogram, "le"),
            ("summary", "" | "_sum" | "_count") => (Kind::Summary, "quantile"),
            ("counter", "" | "_total") => (Kind::Counter, ""),
            ("gauge" | "info" | "stateset", _) | (_, "_created") => (Kind::Gauge, ""),
            _ => (Kind::Untyped, ""),
        };
        let is_composed = matches!(kind, Kind::Histogram | Kind::Summary);
        let labels = sample.labels.keys().filter(|label| *label != own_label);
        Family {
            name: if is_composed { stem } else { name }.to_owned(),
            kind,
            help: self.helps.get(stem).cloned().unwrap_or_default(),
            labels: labels.cloned().collect(),
        }
    }
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `name kind label,…: help` of each family.
    fn lines(pages: &[&str]) -> Vec<String> {
        let pages: Vec<_> = pages.iter().map(|page| page.as_bytes().to_vec()).collect();
        let line = |family: Family| {
            let Family { name, kind, help, labels } = family;
            format!("{name} {kind:?} {}: {help}", labels.join(","))
        };
        Families::read(&pages).families.into_iter().map(line).collect()
    }

    #[test]
    fn families_have_kind_help_and_labels() {
        let page = "# HELP a_total How many\\nof \\\"them\\\".\n# TYPE a_total counter\na_total{x=\"1\"} 1\n\
                    a_total{y=\"1\"} 1\n# TYPE h histogram\n# HELP h Wait.\nh_bucket{le=\"1\",p=\"a\"} 1\n\
                    h_sum{p=\"a\"} 1\nh_count{p=\"a\"} 1\n# TYPE s summary\ns{quantile=\"0.5\"} 1\n\
                    s_sum 1\ns_count 1\n# TYPE g gauge\ng_count 1\ng 2\nbare 1\n";
        let expected = [
            "a_total Counter x,y: How many of \"them\".",
            "h Histogram p: Wait.",
            "s Summary : ",
            "g_count Untyped : ",
            "g Gauge : ",
            "bare Untyped : ",
        ];
        assert_eq!(lines(&[page]), expected);
    }

    #[test]
    fn openmetrics_names_samples_and_not_families() {
        let page = "# TYPE a counter\n# HELP a Them.\na_total 1\na_created 1\n# TYPE b info\n\
                    b_info{v=\"1\"} 1\n# TYPE c unknown\nc 1\n# EOF\n";
        let expected = [
            "a_total Counter : Them.",
            "a_created Gauge : Them.",
            "b_info Gauge v: ",
            "c Untyped : ",
        ];
        assert_eq!(lines(&[page]), expected);
    }

    #[test]
    fn pages_are_joined_and_troubles_kept() {
        let found = Families::read(&[
            b"a{x=\"1\"} 1\nn NaN\n".to_vec(),
            b"b 1\na{z=\"1\"} 1\nq{ip=\"1\"} 1\n".to_vec(),
        ]);
        assert_eq!(found.names().into_iter().collect::<Vec<_>>(), ["a", "b", "q"]);
        assert_eq!(found.families[0].labels, ["x", "z"]);
        let troubles: Vec<_> = found.troubles.iter().map(|(name, t)| (&**name, *t)).collect();
        assert_eq!(troubles, [("n", Trouble::NotFinite), ("q", Trouble::OverwrittenLabel)]);
        assert_eq!((found.samples, found.down), (3, None));
        let found = Families::read(&[b"x_up 0\n".to_vec(), b"x_up 1\n".to_vec()]);
        assert_eq!(found.down, None, "the first scrape of some comes too early");
        assert_eq!(Families::read(&[b"x_up 0\n".to_vec()]).down.as_deref(), Some("x_up"));
    }
}
