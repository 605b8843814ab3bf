//! Each rule with definitions that violate it and some that do not.

use super::*;
use crate::metrics::{
    Counter, Definition, Gauge, GaugePattern, Histogram, Kind, Scalar, Summary, Unit,
};
use crate::process::ProcessMetrics;
use crate::self_metrics::SelfMetrics;

/// The findings about one metric.
fn found(metric: &dyn Metric) -> Vec<String> {
    lint_metrics([metric]).iter().map(ToString::to_string).collect()
}

/// A valid metric except perhaps for its name and unit.
fn named<K: Scalar>(name: &'static str, unit: Unit) -> Definition<K, 0> {
    Definition::new(name, "Help.").unit(unit).zh("说明")
}

fn gauge(name: &'static str, unit: Unit) -> Vec<String> {
    found(&named::<crate::GaugeKind>(name, unit))
}

fn counter(name: &'static str, unit: Unit) -> Vec<String> {
    found(&named::<crate::CounterKind>(name, unit))
}

/// Asserts that the only finding contains `expected`.
fn assert_one(findings: &[String], expected: &str) {
    assert!(findings.len() == 1 && findings[0].contains(expected), "{expected}: {findings:?}");
}

#[test]
fn good_definitions_pass() {
    const NONE: &[String] = &[];
    assert_eq!(gauge("queue_depth", Unit::None), NONE);
    assert_eq!(gauge("queue_size_bytes", Unit::Bytes), NONE);
    assert_eq!(gauge("queue_last_run_timestamp_seconds", Unit::Seconds), NONE);
    assert_eq!(counter("queue_jobs_total", Unit::None), NONE);
    assert_eq!(counter("queue_busy_seconds_total", Unit::Seconds), NONE);
    let wait = Histogram::new("queue_wait_seconds", "Wait.").unit(Unit::Seconds).zh("排队时间");
    assert_eq!(found(&wait), NONE);
    let info = Gauge::new("queue_info", "Constant 1.").labels(["version"]).zh("队列信息");
    assert_eq!(found(&info), NONE);
}

#[test]
fn names_are_snake_case_with_a_prefix() {
    assert_one(&gauge("queueDepth_now", Unit::None), "capitals");
    assert_one(&gauge("queue__depth", Unit::None), "doubled");
    assert_one(&gauge("queue_depth_", Unit::None), "trailing _");
    assert_one(&gauge("_queue_depth", Unit::None), "leading _");
    assert_one(&gauge("depth", Unit::None), "no prefix");
    assert_one(&gauge("scrape_depth", Unit::None), "used by other programs");
    let long = "queue_".to_owned() + &"x".repeat(44);
    assert_eq!(gauge(long.clone().leak(), Unit::None), [""; 0]);
    assert_one(
        &gauge((long + "x").leak(), Unit::None),
        "warning: The name of a sample has 51 characters",
    );
    let histogram: &'static str = ("queue_".to_owned() + &"x".repeat(38)).leak();
    assert_one(&found(&Histogram::new(histogram, "Help.").zh("说明")), "51 characters");
}

#[test]
fn names_have_the_suffix_of_their_kind() {
    assert_one(&counter("queue_jobs", Unit::None), "must end in _total");
    assert_one(&gauge("queue_jobs_total", Unit::None), "Only the name of a counter");
    for name in ["queue_jobs_sum", "queue_jobs_count", "queue_jobs_bucket", "queue_jobs_created"] {
        assert_one(&gauge(name, Unit::None), "histograms and summaries");
    }
    assert_one(&gauge("queue_info", Unit::None), "_info");
    assert_one(&gauge("queue_start_timestamp", Unit::None), "_timestamp_seconds");
    let summary = Summary::new("queue_start_timestamp_seconds", "Help.").unit(Unit::Seconds);
    assert_one(&found(&summary.zh("说明")), "must be a gauge");
}

#[test]
fn units_are_base_units_and_suffixes() {
    for (name, base) in [
        ("queue_wait_ms", "seconds"),
        ("queue_wait_minutes", "seconds"),
        ("queue_size_kb", "bytes"),
        ("queue_size_megabytes", "bytes"),
        ("queue_used_percent", "ratio"),
        ("queue_heat_fahrenheit", "celsius"),
    ] {
        assert_one(&gauge(name, Unit::None), base);
    }
    assert_one(&counter("queue_wait_ms_total", Unit::None), "seconds");
    assert_one(&gauge("queue_size", Unit::Bytes), "must end in _bytes");
    assert_one(&gauge("queue_bytes_size", Unit::Bytes), "must end in _bytes");
    assert_one(&gauge("queue_size_seconds", Unit::Bytes), "must end in _bytes");
    assert_one(&gauge("queue_size_bytes", Unit::None), "lacks its unit, Unit::Bytes");
}

#[test]
fn explicit_percentages_are_allowed() {
    assert_eq!(gauge("sys_mem_usage", Unit::Percent), [""; 0]);
    assert_eq!(gauge("queue_used_percent", Unit::Percent), [""; 0]);
}

#[test]
fn names_of_other_programs_are_exempt() {
    let name = "node_memory_MemTotal_bytes";
    let metric = Gauge::new(name, "Help.").unit(Unit::Bytes).zh("内存总量");
    assert_one(&found(&metric), "capitals");
    assert_eq!(found(&metric.compatible_with("node_exporter")), [""; 0]);
    let long: &'static str = format!("node_{}", "x".repeat(46)).leak();
    let metric = Gauge::new(long, "Help.").zh("说明").compatible_with("node_exporter");
    assert_eq!(found(&metric), [""; 0]);
    // The other rules still apply.
    let metric = Gauge::new(name, "Help").zh("内存总量").compatible_with("node_exporter");
    assert_one(&found(&metric), "full stop");
}

#[test]
fn help_is_a_line_that_ends_in_a_full_stop() {
    let help = |help| found(&Gauge::new("queue_depth", help).zh("说明"));
    assert_one(&help(" "), "help is missing");
    assert_one(&help("Jobs waiting"), "full stop");
    assert_one(&help("Jobs waiting. "), "full stop");
    assert_one(&help("Jobs.\nWaiting."), "one line");
    assert_eq!(help("Jobs (all of them) waiting."), [""; 0]);
}

#[test]
fn chinese_description_is_present_and_short() {
    let gauge = |zh| found(&Gauge::new("queue_depth", "Help.").zh(zh));
    assert_one(&gauge(""), "warning: The Chinese description, which BlueKing shows, is missing");
    assert_eq!(gauge("一二三四五六七八九十一二三四五"), [""; 0]);
    assert_one(
        &gauge("一二三四五六七八九十一二三四五六"),
        "warning: The Chinese description has 16",
    );
    let histogram = |zh| found(&Histogram::new("queue_depth", "Help.").zh(zh));
    assert_eq!(histogram("一二三四五六七八九十一二三"), [""; 0]);
    assert_one(&histogram("一二三四五六七八九十一二三四"), "14 characters; BlueKing shows 13");
}

/// The tool that checks packages and this crate do not depend on each other: each has its own list.
#[test]
fn reserved_labels_are_those_of_the_package_check() {
    let mut others = blueking_package::RESERVED_LABELS;
    others.sort_unstable();
    assert_eq!(labels::BLUEKING_LABELS, others);
}

#[test]
fn labels_of_other_programs_are_found() {
    let label = |label| found(&Gauge::new("queue_depth", "Help.").zh("说明").labels([label]));
    assert_eq!(label("queue"), [""; 0]);
    assert_one(&label("__queue"), "reserved for Prometheus");
    assert_one(&label("bk_target_ip"), "BlueKing overwrites");
    assert_one(&label("ip"), "error: BlueKing overwrites");
    for name in labels::BLUEKING_LABELS {
        assert_one(&label(name), "error: BlueKing overwrites");
    }
    assert_one(&label("bk_module"), "warning: The label bk_module begins with bk_");
    let taken = Gauge::new("queue_depth", "Help.").zh("说明").labels(["ip"]);
    assert_one(&found(&taken.compatible_with("another")), "warning: BlueKing overwrites");
    assert_one(&label("job"), "warning: Prometheus renames the label job to exported_job");
    assert_one(&label("queueName"), "capitals");
    let metric = Gauge::new("queue_depth_by_owner", "Help.").zh("说明").labels(["owner"]);
    assert_one(&found(&metric), "_by_owner");
}

#[test]
fn infos_statesets_and_open_labels_are_checked() {
    use crate::metrics::{Info, StateSet};
    let info = Info::new("queue_server_info", "Help.").zh("说明");
    assert_eq!(found(&info.labels(["release"])), [""; 0]);
    assert_one(&found(&info), "must be an info or gauge with labels");
    let with_unit = found(&info.labels(["release"]).unit(Unit::Bytes));
    assert!(with_unit.iter().any(|finding| finding.contains("without a unit")), "{with_unit:?}");
    const STATES: StateSet = StateSet::new("queue_role", "Help.").zh("说明").states(&["a", "b"]);
    assert_eq!(found(&STATES), [""; 0]);
    let role = found(&StateSet::new("queue_role", "Help.").zh("说明"));
    assert!(role.iter().any(|finding| finding.contains("needs states")), "{role:?}");
    let unit = found(&STATES.unit(Unit::Bytes));
    assert!(unit.iter().any(|finding| finding.contains("has no unit")), "{unit:?}");
    let twice = found(&STATES.labels(["queue_role"]));
    assert!(twice.iter().any(|finding| finding.contains("is that of the state")), "{twice:?}");
    let open = Gauge::new("queue_depth", "Help.").zh("说明").more_labels();
    assert_eq!(found(&open), [""; 0]);
}

/// A description that the kit's own definitions cannot have.
struct Foreign(Description<'static>);

impl Metric for Foreign {
    fn describe(&self) -> Description<'_> {
        self.0
    }
}

#[test]
fn foreign_descriptions_follow_the_same_rules() {
    let good = Description {
        name: "queue_depth",
        help: "Help.",
        kind: Kind::Gauge,
        unit: Unit::None,
        labels: &[],
        bounds: &[],
        states: &[],
        more_labels: false,
        zh: "说明",
        compatible_with: "",
    };
    assert_eq!(found(&Foreign(good)), [""; 0]);
    assert_one(&found(&Foreign(Description { name: "queue:depth", ..good })), "letter followed by");
    assert_one(&found(&Foreign(Description { help: "", ..good })), "help is missing");
    assert_one(&found(&Foreign(Description { labels: &["a-b"], ..good })), "letter followed by");
    assert_one(&found(&Foreign(Description { labels: &["le"], ..good })), "reserved for the kit");
    assert_one(&found(&Foreign(Description { labels: &["a", "a"], ..good })), "repeated");
}

#[test]
fn conflicting_families_are_found() {
    const DEPTH: Gauge<1> = Gauge::new("queue_depth", "Help.").zh("说明").labels(["owner"]);
    const TOTAL: Counter = Counter::new("queue_depth_total", "Help.").zh("说明");
    const WAIT: Histogram = Histogram::new("queue_wait", "Help.").zh("说明");
    const COUNT: Gauge =
        Gauge::new("queue_wait_count", "Help.").zh("说明").compatible_with("another");
    const OWNER: Gauge = Gauge::new("owner", "Help.").zh("说明").compatible_with("another");
    let found = |metrics: &[&dyn Metric]| -> Vec<String> {
        lint_metrics(metrics.iter().copied()).iter().map(ToString::to_string).collect()
    };
    assert_eq!(found(&[&DEPTH, &WAIT]), [""; 0]);
    assert_one(&found(&[&DEPTH, &WAIT, &DEPTH]), "queue_depth: error: Another definition");
    assert_one(&found(&[&DEPTH, &TOTAL]), "queue_depth on the page also belongs to queue_depth");
    assert_one(&found(&[&WAIT, &COUNT]), "queue_wait_count on the page also belongs to queue_wait");
    assert_one(&found(&[&DEPTH, &OWNER]), "The label owner is also the name of a metric");
}

#[test]
fn own_metrics_follow_the_conventions() {
    let own = SelfMetrics::new("queue_exporter", "queue_exporter");
    let requests = SelfMetrics::of_requests();
    let own = own.of_collectors().into_iter().chain(own.build_info()).chain(requests);
    let all = own.chain(ProcessMetrics::definitions().iter().copied());
    // One name is too long for BlueKing 5.1, whose packages omit it.
    let found = lint_metrics(all).into_iter().filter(|it| it.severity == Severity::Error);
    assert_eq!(found.collect::<Vec<_>>(), []);
}

#[test]
fn findings_are_printed_as_one_line() {
    let metric = Gauge::new("queue_depth", "Help").zh("说明");
    let finding = &lint_metrics([&metric as &dyn Metric])[0];
    let line = "queue_depth: error: The help must end in a full stop, without spaces around it.";
    assert_eq!((finding.to_string(), format!("{finding:?}")), (line.to_owned(), line.to_owned()));
    assert_eq!(finding.severity, Severity::Error);
}

const DEPTH: Gauge<1> = Gauge::new("queue_depth", "Depth.").labels(["queue"]).zh("排队任务数");
const OTHER: Gauge = Gauge::new("line_depth", "Depth.").zh("排队任务数");
const NAMES: &[(&str, &str)] = &[("queue", "队列")];

/// A valid collector.
const QUEUE: CollectorDef =
    CollectorDef::from_fn("queue", "队列", "Jobs waiting.", &[&DEPTH], |_| Ok(()));

fn found_in(collectors: &[CollectorDef], labels: &[(&str, &str)]) -> Vec<String> {
    lint(collectors, labels).iter().map(ToString::to_string).collect()
}

#[test]
fn rules_for_collectors_are_checked() {
    let named = |name| CollectorDef::from_fn(name, "队列", "Jobs.", &[], |_| Ok(()));
    let zh = |zh| CollectorDef::from_fn("queue", zh, "Jobs.", &[], |_| Ok(()));
    assert_eq!(found_in(&[QUEUE, named("line2_x")], NAMES), [""; 0]);
    for name in ["", "Queue", "2queue", "the-queue", "队列"] {
        assert_one(&found_in(&[named(name)], NAMES), "lower-case letter");
    }
    assert_one(&found_in(&[named("enabled")], NAMES), "used by a flag");
    assert_one(&found_in(&[QUEUE, named("queue")], NAMES), "Another collector has the same name");
    assert_one(
        &found_in(&[zh("")], NAMES),
        "The Chinese name of the collector, which BlueKing shows, is missing",
    );
    assert_one(&found_in(&[zh("一二三四五六七八九十一二三四五六")], NAMES), "16 characters");
    let about = CollectorDef::from_fn("queue", "队列", "Jobs", &[], |_| Ok(()));
    assert_one(&found_in(&[about], NAMES), "full stop");
    assert_one(&found_in(&[QUEUE], &[]), "no Chinese name for queue");
    assert_one(&found_in(&[QUEUE], &[("queue", "")]), "The Chinese name of the label queue, which");
    const FLAG: crate::Flag<u64> = crate::Flag::number("queue.depth", "1", "Depth.");
    const OWN: crate::Flag<u64> = crate::Flag::number("collector.queue.depth", "1", "Depth.");
    assert_eq!(found_in(&[QUEUE.flags(&[&OWN])], NAMES), [""; 0]);
    const SHORT: crate::Flag<u64> = crate::Flag::number("collector.que.depth", "1", "Depth.");
    const OTHERS: crate::Flag<u64> = crate::Flag::number("collector.line.depth", "1", "Depth.");
    assert_eq!(found_in(&[QUEUE.flags(&[&SHORT])], NAMES), [""; 0]);
    assert_one(
        &found_in(&[QUEUE.flags(&[&OTHERS])], NAMES),
        "does not begin with --collector.queue.",
    );
    assert_one(
        &found_in(&[QUEUE.flags(&[&FLAG])], NAMES),
        "does not begin with --collector.queue.",
    );
    const FIELDS: GaugePattern<1> =
        GaugePattern::new("queue_x_", "Field {}.").labels(["bk_host_id"]);
    assert_one(
        &found_in(&[QUEUE.patterns(&[&FIELDS])], &[NAMES, &[("bk_host_id", "主机")]].concat()),
        "queue: error: BlueKing overwrites the label bk_host_id",
    );
    let mixed = CollectorDef::from_fn("queue", "队列", "Jobs.", &[&DEPTH, &OTHER], |_| Ok(()));
    assert_one(&found_in(&[mixed], NAMES), "several prefixes: line_, queue_.");
}
