//! The checks of a rehearsal: archive, process, page and declared metrics. Each adds notes on
//! problems and returns a summary.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use blueking_package::agent::{
    DEBUG_LOG_LIMIT, DEBUG_SECONDS, Declared, Difference, Page, Preview, Sample, Trouble, compare,
};
use blueking_package::check::{self, Kind, Severity};
use blueking_package::is_reserved_label;
use blueking_package::plugin::Rewriting;

use super::checklist::{Level, Notes};
use super::debug::PERIOD;
use super::deployment::Deployment;
use super::machine::Machine;
use super::target::{Target, Values};
use super::target_health;
use crate::check::{objectors, server_answer};
use crate::numbers::{count, size};
use crate::texts::{rehearse_page as texts, rehearse_steps as steps};

/// A slower page risks missing the agent's period.
const SLOW: f64 = 10.0;

/// Notes the findings of the importers; an error that stops the import ends the rehearsal.
pub(super) fn import(report: &check::Report, notes: &mut Notes) -> (Kind, String) {
    for finding in &report.findings {
        let level = match finding.severity {
            Severity::Error if finding.stops() || report.kind == Kind::Unknown => Level::Error,
            Severity::Error | Severity::Warning => Level::Warning,
        };
        let (rule, objectors) = (finding.rule, objectors(finding));
        let text = match server_answer(finding) {
            Some(answer) => steps::answered_finding(finding, rule, &objectors, &answer),
            None => steps::finding(finding, rule, &objectors),
        };
        notes.add(level, finding.rule, &finding.file, text);
    }
    // Counted by displayed level, which differs from the level in the check.
    let (errors, warnings) = (notes.count(Level::Error), notes.count(Level::Warning));
    let summary = match report.left_out {
        0 => steps::findings(errors, warnings),
        left_out => steps::findings_left_out(errors, warnings, left_out),
    };
    (report.kind, summary)
}

/// Notes how BlueKing's own start script would change the arguments or a variable.
pub(super) fn rewritten(subject: &str, rewritings: &[Rewriting], notes: &mut Notes) {
    for rewriting in rewritings {
        let level = match rewriting {
            Rewriting::Executed => Level::Error,
            _ => Level::Warning,
        };
        let text = steps::script_changes(subject, rewriting.effect());
        notes.add(level, "rewritten", subject, text);
    }
}

/// Checks that the running process is the one that BlueKing's own scripts would have started.
pub(super) fn alive(
    copy: &Deployment<'_>,
    subject: &Target,
    machine: &Machine,
    pid: u32,
    notes: &mut Notes,
) -> Result<String> {
    if matches!(machine, Machine::Wine(_)) {
        return Ok(steps::wine_process());
    }
    let arguments = copy.arguments_of(pid)?;
    let (expected, _) = copy.arguments();
    let (name, given) = arguments.split_first().with_context(steps::process_without_name)?;
    if given != expected {
        let text = steps::other_arguments(given, &expected);
        notes.add(Level::Warning, "arguments", "", text);
    }
    let own_name = format!("./{}", subject.id);
    if *name != own_name && matches!(machine, Machine::Native) && !subject.is_component() {
        let text = steps::other_name(name, &own_name);
        notes.add(Level::Warning, "name", "", text);
    }
    Ok(steps::process(pid))
}

/// Scrapes, and notes every line that the agent drops or changes. Returns the page, and the metric
/// that reports the monitored service as down.
pub(super) fn scrape(
    copy: &Deployment<'_>,
    subject: &Target,
    values: &Values,
    notes: &mut Notes,
) -> Result<(Page, Option<String>, String)> {
    let answer = copy.scrape()?;
    let page = Page::read(&answer.body);
    let mut overwritten = BTreeSet::new();
    for line in &page.troubles {
        if line.trouble == Trouble::OverwrittenLabel {
            let sample = page.samples.iter().find(|sample| sample.line == line.number);
            if let Some(sample) = sample.filter(|sample| !subject.declared.has(&sample.name)) {
                overwritten.insert(name_with_reserved_labels(sample));
                continue;
            }
        }
        let level = if line.trouble.is_error() { Level::Error } else { Level::Warning };
        let (trouble, advice) = (line.trouble, line.trouble.advice());
        let text = texts::line(line.number, trouble, advice, &line.text);
        notes.add(level, line.trouble.kind(), line.number.to_string(), text);
    }
    if !overwritten.is_empty() {
        let (kind, names) = (Trouble::OverwrittenLabel.kind(), overwritten.into_iter().collect());
        notes.add_for(Level::Warning, kind, "", texts::labels_are_overwritten(), names);
    }
    if answer.status != 200 {
        notes.add(Level::Warning, "status", "", texts::status(answer.status));
    }
    if page.samples.is_empty() {
        notes.add(Level::Error, "empty", "", texts::page_has_no_samples());
    }
    let down = target_health::check(&page.samples, subject, values, &copy.url, notes);
    let seconds = answer.took.as_secs_f64();
    if seconds > SLOW {
        notes.add(Level::Warning, "slow", "", texts::slow(seconds, SLOW));
    }
    let (samples, size) = (count(page.samples.len()), size(page.bytes));
    let summary = texts::scraped(&samples, &size, seconds * 1000.0, page.code());
    Ok((page, down, summary))
}

/// The name of a sample with its labels that BlueKing overwrites, such as `up{ip}`.
fn name_with_reserved_labels(sample: &Sample) -> String {
    let labels = sample.labels.keys().map(String::as_str);
    let labels: Vec<_> = labels.filter(|label| is_reserved_label(label)).collect();
    format!("{}{{{}}}", sample.name, labels.join(","))
}

/// Compares the page with `metrics.json`. If the metric `down` reports the monitored service as
/// down, that explains groups without samples, which then share one note.
pub(super) fn compared(
    page: &Page,
    declared: &Declared,
    down: Option<&str>,
    notes: &mut Notes,
) -> String {
    let mut absent: Vec<String> = Vec::new();
    let mut groups = 0;
    let succeeded = down.is_none() && all_succeeded(page);
    for difference in compare(&page.samples, declared) {
        let is_whole = matches!(difference, Difference::Absent { .. }) && !difference.is_expected();
        if is_whole && (down.is_some() || succeeded) {
            absent.extend_from_slice(difference.metrics());
            groups += 1;
            continue;
        }
        let level = match (difference.is_error(), difference.is_expected()) {
            (true, _) => Level::Error,
            (false, false) => Level::Warning,
            (false, true) => Level::Fact,
        };
        let (kind, names) = (difference.kind(), difference.metrics().to_vec());
        notes.add_for(level, kind, difference.subject(), difference.to_string(), names);
    }
    if let Some(down) = down.filter(|_| groups > 0) {
        let text = texts::groups_without_samples_while_down(groups, down);
        notes.add_for(Level::Fact, "absent", down, text, absent);
    } else if groups > 0 {
        let text = texts::groups_without_samples(groups);
        notes.add_for(Level::Fact, "absent", "", text, absent);
    }
    let metrics: usize = declared.groups.iter().map(|group| group.metrics.len()).sum();
    texts::declared(declared.groups.len(), metrics)
}

/// Whether the page reports every collector as successful, in the format of exporter-kit and
/// node_exporter.
fn all_succeeded(page: &Page) -> bool {
    let is_success = |name: &str| name.ends_with("_scrape_collector_success");
    let mut outcomes = page.samples.iter().filter(|sample| is_success(&sample.name)).peekable();
    outcomes.peek().is_some() && outcomes.all(|sample| sample.value == 1.0)
}

/// Builds the preview of the debug page, and checks whether its log would be truncated. Declared
/// metrics come first, metrics about the exporter itself last.
pub(super) fn preview(page: &Page, declared: &Declared, notes: &mut Notes) -> (Preview, String) {
    let mut preview = Preview::new(&page.samples);
    let names = declared.groups.iter().flat_map(|group| &group.metrics);
    let mut positions = BTreeMap::new();
    for (position, name) in names.enumerate() {
        positions.entry(name.clone()).or_insert(position);
    }
    preview.rows.sort_by_key(|row| {
        let position = positions.get(&row.metric_name).copied().unwrap_or(usize::MAX);
        (is_about_exporter(&row.metric_name), position)
    });
    let bytes = preview.bytes_in_all(PERIOD);
    if bytes > DEBUG_LOG_LIMIT {
        let text = texts::debug_log_too_long(&size(bytes), DEBUG_SECONDS);
        notes.add(Level::Warning, "debug_log", "", text);
    }
    let (metrics, each) = (count(preview.rows.len()), size(preview.bytes_per_scrape));
    let summary = texts::previewed(&metrics, &each, &size(bytes), DEBUG_SECONDS);
    (preview, summary)
}

/// Whether a metric, by its name, is about the exporter itself.
fn is_about_exporter(name: &str) -> bool {
    ["go_", "process_", "promhttp_", "python_", "scrape_"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
        || ["_exporter_", "_scrape_"].iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use blueking_package::agent::DeclaredGroup;
    use blueking_package::check::{Consumer, Finding, Objection, Stage};

    use super::super::checklist::{Checklist, ProgressTo};
    use super::*;

    #[test]
    fn findings_count_by_displayed_level() {
        let finding = |severity, stage| Finding {
            severity,
            rule: "info-differs",
            objections: vec![Objection { stage, consumer: Consumer::V1, code: None, answer: "" }],
            file: String::new(),
            field: String::new(),
            message: String::new(),
            advice: String::new(),
        };
        let findings = vec![
            finding(Severity::Error, Stage::Import),
            finding(Severity::Error, Stage::SilentlyDropped),
            finding(Severity::Warning, Stage::Run),
        ];
        let report = check::Report { kind: Kind::Plugin, findings, left_out: 3 };
        let summary = import(&report, &mut Notes::default()).1;
        assert_eq!(summary, "errors: 1, warnings: 2, not listed: 3");
    }

    fn group(metrics: &[&str]) -> DeclaredGroup {
        DeclaredGroup {
            name: metrics.concat(),
            metrics: metrics.iter().map(|&metric| metric.to_owned()).collect(),
            ..DeclaredGroup::default()
        }
    }

    #[test]
    fn only_fully_absent_groups_are_warnings() {
        let groups = vec![group(&["a", "b"]), group(&["c", "d"]), group(&["process_threads"])];
        let declared = Declared { groups, discovers: true };
        let mut list = Checklist::new(ProgressTo::Stderr);
        list.step("metrics.json", |notes| {
            Ok(((), compared(&Page::read(b"a 1\n"), &declared, None, notes)))
        });
        assert_eq!(
            short(&list),
            ["fact ab: b", "warning cd: c,d", "fact process_threads: process_threads"]
        );
        assert_eq!(list.steps[0].summary, "groups: 3, metrics: 5");
    }

    /// The notes in short form.
    fn short(list: &Checklist) -> Vec<String> {
        let notes = list.notes().map(|note| {
            format!("{} {}: {}", note.level.name(), note.subject, note.names.join(","))
        });
        notes.collect()
    }

    #[test]
    fn absent_groups_are_one_fact_when_the_target_is_down() {
        let groups = vec![group(&["a", "b"]), group(&["c", "d"]), group(&["e"])];
        let declared = Declared { groups, discovers: true };
        let mut list = Checklist::new(ProgressTo::Stderr);
        list.step("metrics.json", |notes| {
            let page = Page::read(b"a 1\npool_up 0\n");
            Ok(((), compared(&page, &declared, Some("pool_up"), notes)))
        });
        let expected = ["fact : pool_up", "fact ab: b", "fact pool_up: c,d,e"];
        assert_eq!(short(&list), expected);
        let text = &list.steps[0].notes[2].text;
        assert!(text.starts_with("groups without a sample: 2; as pool_up is 0, "), "{text}");
        assert!(!list.notes().any(|note| note.text.contains("omit metrics")), "{list:?}");
    }

    #[test]
    fn absent_groups_are_a_fact_if_collectors_succeed() {
        let groups = vec![group(&["a", "b"]), group(&["c", "d"]), group(&["e"])];
        let declared = Declared { groups, discovers: true };
        for (success, expected) in
            [("1", vec!["fact : c,d,e"]), ("0", vec!["warning cd: c,d", "warning e: e"])]
        {
            let page =
                format!("a 1\nb 1\nx_scrape_collector_success{{collector=\"c\"}} {success}\n");
            let mut list = Checklist::new(ProgressTo::Stderr);
            list.step("metrics.json", |notes| {
                Ok(((), compared(&Page::read(page.as_bytes()), &declared, None, notes)))
            });
            let notes = short(&list);
            let absent = notes.iter().filter(|note| !note.contains("collector_success"));
            assert_eq!(absent.collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn preview_starts_with_the_main_metrics() {
        let groups = vec![group(&["pool_exporter_build_info", "pool_up"]), group(&["pool_b", "a"])];
        let page = "a 1\ngo_goroutines 1\npool_b 1\npool_exporter_build_info 1\npool_other 1\n\
                    pool_up 1\nprocess_threads 1\n";
        let declared = Declared { groups, discovers: true };
        let preview = preview(&Page::read(page.as_bytes()), &declared, &mut Notes::default()).0;
        let names: Vec<_> = preview.rows.iter().map(|row| &*row.metric_name).collect();
        let expected = ["pool_up", "pool_b", "a", "pool_other", "pool_exporter_build_info"];
        assert_eq!(names[..5], expected);
        assert_eq!(names[5..], ["go_goroutines", "process_threads"]);
    }
}
