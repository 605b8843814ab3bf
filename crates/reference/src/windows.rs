//! The tables of the names that Windows dashboards ask for and of windows_exporter's defaults: which
//! of them host_exporter answers, by which call, and which never.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::{Texts, cell, list, table_head, text};

/// The exporter whose names are compared.
pub(super) const EXPORTER: &str = "host_exporter";

const FOLDER: &str = "crates/host-exporter/windows";

/// The least that is answered: of the names that dashboards ask for in percent, and of
/// windows_exporter's defaults.
const LEAST_PERCENT: usize = 95;
const LEAST_DEFAULTS: usize = 100;

/// The words of one language.
struct Words {
    dashboards: [&'static str; 2],
    dashboard_columns: [&'static str; 3],
    defaults: [&'static str; 2],
    default_columns: [&'static str; 2],
    never: &'static str,
    itself: &'static str,
    with: &'static str,
}

const ENGLISH: Words = Words {
    dashboards: [
        "Names that Windows dashboards ask for",
        "Of {all} names that the usual Windows dashboards and alerts ask for (AD, DNS and Hyper-V \
         apart), {answered} are answered, {percent} %.",
    ],
    dashboard_columns: ["metric", "answered", "by"],
    defaults: [
        "Names of windows_exporter's default collectors",
        "Of the {all} metrics of windows_exporter's eight default collectors, {answered} are \
         answered. Absent are",
    ],
    default_columns: ["metric", "why"],
    never: "never",
    itself: "the exporter itself",
    with: "with ",
};

const CHINESE: Words = Words {
    dashboards: [
        "Windows 仪表盘用到的指标",
        "常见 Windows 仪表盘和告警规则（不含 AD、DNS、Hyper-V）共用到 {all} 个指标，其中 {answered} 个\
         可以提供，占 {percent} %。",
    ],
    dashboard_columns: ["指标", "是否提供", "数据来源"],
    defaults: [
        "windows_exporter 默认采集项的指标",
        "windows_exporter 八个默认采集项共有 {all} 个指标，其中 {answered} 个可以提供，缺少的是：",
    ],
    default_columns: ["指标", "原因"],
    never: "否",
    itself: "程序自身",
    with: "需 ",
};

/// The names of both files.
#[derive(Default)]
pub(super) struct Asked {
    dashboards: Vec<Name>,
    defaults: Vec<Name>,
}

/// A name, and in English and Chinese why it is never answered.
struct Name {
    name: String,
    reason: Option<[String; 2]>,
}

impl Asked {
    /// Reads the files.
    ///
    /// # Errors
    /// A file cannot be read, or a reason is not given in two languages.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let read = |file: &str| {
            let path = root.join(FOLDER).join(file);
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            parse(&text).with_context(|| format!("{FOLDER}/{file}"))
        };
        Ok(Self { dashboards: read("dashboards.txt")?, defaults: read("defaults.txt")? })
    }

    /// Checks the names against the definitions.
    ///
    /// # Errors
    /// A name is answered though a reason is given, or is not although none is; or too few are.
    pub(super) fn check(&self, exporter: &Value) -> Result<()> {
        for Name { name, reason } in self.dashboards.iter().chain(&self.defaults) {
            match (metric(exporter, name), reason) {
                (Some(_), Some(_)) => bail!("{FOLDER}: {name} is answered after all"),
                (None, None) => bail!("{FOLDER}: {name} is not answered, and no reason is given"),
                _ => {}
            }
        }
        let (asked, defaults) = (answered(&self.dashboards), answered(&self.defaults));
        let all = self.dashboards.len();
        ensure!(asked * 100 >= all * LEAST_PERCENT, "{asked} of {all} names are answered");
        ensure!(defaults >= LEAST_DEFAULTS, "{defaults} of the default names are answered");
        Ok(())
    }

    /// Both tables.
    pub(super) fn render(&self, out: &mut String, exporter: &Value, texts: &Texts) {
        let words = if texts.is_chinese { &CHINESE } else { &ENGLISH };
        let heading = |[heading, counts]: [&str; 2], names: &[Name]| {
            let (all, answered) = (names.len(), answered(names));
            let percent = format!("{:.1}", answered as f64 * 100.0 / all as f64);
            let counts = counts.replace("{all}", &all.to_string());
            let counts = counts.replace("{answered}", &answered.to_string());
            format!("\n### {heading}\n\n{}\n\n", counts.replace("{percent}", &percent))
        };
        let why = |[english, chinese]: &[String; 2]| {
            cell(if texts.is_chinese { chinese } else { english })
        };
        out.push_str(&heading(words.dashboards, &self.dashboards));
        table_head(out, &words.dashboard_columns);
        for Name { name, reason } in &self.dashboards {
            let (how, by) = match reason {
                Some(reason) => (words.never.to_owned(), why(reason)),
                None => answer(exporter, name, words, texts),
            };
            let _ = writeln!(out, "| `{name}` | {how} | {by} |");
        }
        out.push_str(&heading(words.defaults, &self.defaults));
        table_head(out, &words.default_columns);
        for Name { name, reason } in &self.defaults {
            if let Some(reason) = reason {
                let _ = writeln!(out, "| `{name}` | {} |", why(reason));
            }
        }
    }
}

fn parse(text: &str) -> Result<Vec<Name>> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let name = |line: &str| match line.split_once(": ") {
        None => Ok(Name { name: line.to_owned(), reason: None }),
        Some((name, reason)) => {
            let (english, chinese) = reason.split_once('|').with_context(|| line.to_owned())?;
            let reason = Some([english.to_owned(), chinese.to_owned()]);
            Ok(Name { name: name.to_owned(), reason })
        }
    };
    lines.map(name).collect()
}

fn answered(names: &[Name]) -> usize {
    names.iter().filter(|name| name.reason.is_none()).count()
}

fn metric<'a>(exporter: &'a Value, name: &str) -> Option<&'a Value> {
    list(exporter, "metrics").find(|metric| text(metric, "name") == name)
}

/// What it takes to have the metric on the page, and the calls that it comes from.
fn answer(exporter: &Value, name: &str, words: &Words, texts: &Texts) -> (String, String) {
    let Some(metric) = metric(exporter, name) else {
        return (words.never.to_owned(), String::new());
    };
    let group = text(metric, "group");
    let collector = list(exporter, "collectors").find(|it| text(it, "name") == group);
    let Some(collector) = collector else {
        return (texts.on.to_owned(), words.itself.to_owned());
    };
    let mut flags = Vec::new();
    if collector["enabled"] != true {
        flags.push(format!("`--collector.{group}`"));
    }
    if text(metric, "compatible_with") == "windows_exporter before 0.31" {
        flags.push("`--names.windows-retired`".to_owned());
    }
    let how = match flags.is_empty() {
        true => texts.on.to_owned(),
        false => format!("{}{}", words.with, flags.join(" ")),
    };
    // The sources of a collector that several systems have are in their order.
    let source = text(collector, "source");
    let source = source.split_once("; ").map_or(source, |(_, windows)| windows);
    (how, format!("`{group}`: {}", cell(source)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::LANGUAGES;
    use super::*;

    fn exporter() -> Value {
        json!({
            "collectors": [
                {"name": "cpu", "enabled": true, "source": "/proc/stat; QueryCpu"},
                {"name": "drive", "enabled": false, "source": "QueryDrive"},
            ],
            "metrics": [
                {"name": "windows_cpu", "group": "cpu"},
                {"name": "windows_drive", "group": "drive"},
                {"name": "windows_old", "group": "cpu",
                    "compatible_with": "windows_exporter before 0.31"},
                {"name": "windows_success", "group": "collectors"},
            ],
        })
    }

    #[test]
    fn tables_name_calls_flags_and_reasons() {
        let dashboards = parse(
            "# names\nwindows_cpu\nwindows_drive\nwindows_old\nwindows_success\n\
             windows_none: nobody knows|无人知晓\n",
        );
        let asked = Asked { dashboards: dashboards.unwrap(), defaults: Vec::new() };
        let [english, chinese] = LANGUAGES.each_ref().map(|texts| {
            let mut out = String::new();
            asked.render(&mut out, &exporter(), texts);
            out
        });
        for line in [
            "| `windows_cpu` | on | `cpu`: QueryCpu |",
            "| `windows_drive` | with `--collector.drive` | `drive`: QueryDrive |",
            "| `windows_old` | with `--names.windows-retired` | `cpu`: QueryCpu |",
            "| `windows_success` | on | the exporter itself |",
            "| `windows_none` | never | nobody knows |",
        ] {
            assert!(english.lines().any(|found| found == line), "{line} in {english}");
        }
        assert!(english.contains("4 are answered, 80.0 %"), "{english}");
        assert!(chinese.contains("| `windows_none` | 否 | 无人知晓 |"), "{chinese}");
    }

    #[test]
    fn lists_that_are_wrong_are_errors() {
        for (names, expected) in [
            ("windows_new", "no reason is given"),
            ("windows_cpu: why|为什么", "is answered after all"),
            ("windows_cpu\nwindows_none: why|为什么", "1 of 2 names"),
            ("windows_cpu", "0 of the default names"),
        ] {
            let asked = Asked { dashboards: parse(names).unwrap(), defaults: Vec::new() };
            let error = asked.check(&exporter()).unwrap_err().to_string();
            assert!(error.contains(expected), "{names}: {error}");
        }
        assert!(parse("windows_none: one language").is_err());
    }
}
