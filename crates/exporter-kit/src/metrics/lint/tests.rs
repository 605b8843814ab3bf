//! Each rule with what breaks it and what only looks like it.

use super::*;
use crate::metrics::{Counter, Definition, Gauge, Histogram, Kind, Scalar, Summary, Unit};
use crate::process::ProcessMetrics;
use crate::self_metrics::SelfMetrics;

/// What is found about one metric.
fn found(metric: &dyn Metric) -> Vec<String> {
    lint_metrics([metric]).iter().map(ToString::to_string).collect()
}

/// A metric with nothing wrong but perhaps its name and unit.
fn named<K: Scalar>(name: &'static str, unit: Unit) -> Definition<K, 0> {
    Definition::new(name, "Help.").unit(unit).zh("说明")
}

fn gauge(name: &'static str, unit: Unit) -> Vec<String> {
    found(&named::<crate::GaugeKind>(name, unit))
}

fn counter(name: &'static str, unit: Unit) -> Vec<String> {
    found(&named::<crate::CounterKind>(name, unit))
}

/// The one message about `findings` contains `expected`.
fn one(findings: &[String], expected: &str) {
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
fn names_are_snake_case_and_say_whose_they_are() {
    one(&gauge("queueDepth_now", Unit::None), "capitals");
    one(&gauge("queue__depth", Unit::None), "doubled");
    one(&gauge("queue_depth_", Unit::None), "trailing _");
    one(&gauge("_queue_depth", Unit::None), "leading _");
    one(&gauge("depth", Unit::None), "whose it is");
    one(&gauge("scrape_depth", Unit::None), "made by others");
    let long = "queue_".to_owned() + &"x".repeat(44);
    assert_eq!(gauge(long.clone().leak(), Unit::None), [""; 0]);
    one(&gauge((long + "x").leak(), Unit::None), "warning: The name of a sample has 51 characters");
    let histogram: &'static str = ("queue_".to_owned() + &"x".repeat(38)).leak();
    one(&found(&Histogram::new(histogram, "Help.").zh("说明")), "51 characters");
}

#[test]
fn names_end_as_their_kind_wants() {
    one(&counter("queue_jobs", Unit::None), "ends in _total");
    one(&gauge("queue_jobs_total", Unit::None), "Only a counter");
    for name in ["queue_jobs_sum", "queue_jobs_count", "queue_jobs_bucket", "queue_jobs_created"] {
        one(&gauge(name, Unit::None), "histograms and summaries");
    }
    one(&gauge("queue_info", Unit::None), "_info");
    one(&gauge("queue_start_timestamp", Unit::None), "_timestamp_seconds");
    let summary = Summary::new("queue_start_timestamp_seconds", "Help.").unit(Unit::Seconds);
    one(&found(&summary.zh("说明")), "is a gauge");
}

#[test]
fn units_are_base_units_at_the_end_of_the_name() {
    for (name, base) in [
        ("queue_wait_ms", "seconds"),
        ("queue_wait_minutes", "seconds"),
        ("queue_size_kb", "bytes"),
        ("queue_size_megabytes", "bytes"),
        ("queue_used_percent", "ratio"),
        ("queue_heat_fahrenheit", "celsius"),
    ] {
        one(&gauge(name, Unit::None), base);
    }
    one(&counter("queue_wait_ms_total", Unit::None), "seconds");
    one(&gauge("queue_size", Unit::Bytes), "ends in _bytes");
    one(&gauge("queue_bytes_size", Unit::Bytes), "ends in _bytes");
    one(&gauge("queue_size_seconds", Unit::Bytes), "ends in _bytes");
    one(&gauge("queue_size_bytes", Unit::None), "state its unit, Unit::Bytes");
}

#[test]
fn a_percentage_is_allowed_where_it_is_stated() {
    assert_eq!(gauge("sys_mem_usage", Unit::Percent), [""; 0]);
    assert_eq!(gauge("queue_used_percent", Unit::Percent), [""; 0]);
}

#[test]
fn names_of_other_programs_are_left_alone() {
    let name = "node_memory_MemTotal_bytes";
    let metric = Gauge::new(name, "Help.").unit(Unit::Bytes).zh("内存总量");
    one(&found(&metric), "capitals");
    assert_eq!(found(&metric.compatible_with("node_exporter")), [""; 0]);
    let long: &'static str = format!("node_{}", "x".repeat(46)).leak();
    let metric = Gauge::new(long, "Help.").zh("说明").compatible_with("node_exporter");
    assert_eq!(found(&metric), [""; 0]);
    // What is not about the name is asked for all the same.
    let metric = Gauge::new(name, "Help").zh("内存总量").compatible_with("node_exporter");
    one(&found(&metric), "full stop");
}

#[test]
fn help_is_one_line_that_ends_in_a_full_stop() {
    let help = |help| found(&Gauge::new("queue_depth", help).zh("说明"));
    one(&help(" "), "no help");
    one(&help("Jobs waiting"), "full stop");
    one(&help("Jobs waiting. "), "full stop");
    one(&help("Jobs.\nWaiting."), "one line");
    assert_eq!(help("Jobs (all of them) waiting."), [""; 0]);
}

#[test]
fn the_chinese_description_is_there_and_short() {
    let gauge = |zh| found(&Gauge::new("queue_depth", "Help.").zh(zh));
    one(&gauge(""), "warning: There is no Chinese description");
    assert_eq!(gauge("一二三四五六七八九十一二三四五"), [""; 0]);
    one(&gauge("一二三四五六七八九十一二三四五六"), "warning: The Chinese description has 16");
    let histogram = |zh| found(&Histogram::new("queue_depth", "Help.").zh(zh));
    assert_eq!(histogram("一二三四五六七八九十一二三"), [""; 0]);
    one(&histogram("一二三四五六七八九十一二三四"), "14 characters; BlueKing shows 13");
}

#[test]
fn labels_are_not_those_that_others_make() {
    let label = |label| found(&Gauge::new("queue_depth", "Help.").zh("说明").labels([label]));
    assert_eq!(label("queue"), [""; 0]);
    one(&label("__queue"), "Prometheus keeps");
    one(&label("bk_target_ip"), "BlueKing overwrites");
    one(&label("ip"), "error: BlueKing overwrites");
    let taken = Gauge::new("queue_depth", "Help.").zh("说明").labels(["ip"]);
    one(&found(&taken.compatible_with("another")), "warning: BlueKing overwrites");
    one(&label("job"), "warning: Prometheus makes exported_job");
    one(&label("queueName"), "capitals");
    let metric = Gauge::new("queue_depth_by_owner", "Help.").zh("说明").labels(["owner"]);
    one(&found(&metric), "_by_owner");
}

/// A description that no definition of the kit's own can have.
struct Foreign(Description<'static>);

impl Metric for Foreign {
    fn describe(&self) -> Description<'_> {
        self.0
    }
}

#[test]
fn other_descriptions_are_held_to_the_same_rules() {
    let good = Description {
        name: "queue_depth",
        help: "Help.",
        kind: Kind::Gauge,
        unit: Unit::None,
        labels: &[],
        bounds: &[],
        zh: "说明",
        compatible_with: "",
    };
    assert_eq!(found(&Foreign(good)), [""; 0]);
    one(&found(&Foreign(Description { name: "queue:depth", ..good })), "letter followed by");
    one(&found(&Foreign(Description { help: "", ..good })), "no help");
    one(&found(&Foreign(Description { labels: &["a-b"], ..good })), "letter followed by");
    one(&found(&Foreign(Description { labels: &["le"], ..good })), "made by the kit");
    one(&found(&Foreign(Description { labels: &["a", "a"], ..good })), "twice");
}

#[test]
fn families_do_not_get_into_each_others_way() {
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
    one(&found(&[&DEPTH, &WAIT, &DEPTH]), "queue_depth: error: Another definition");
    one(&found(&[&DEPTH, &TOTAL]), "queue_depth on the page is also one of queue_depth");
    one(&found(&[&WAIT, &COUNT]), "queue_wait_count on the page is also one of queue_wait");
    one(&found(&[&DEPTH, &OWNER]), "The label owner is also a metric");
}

#[test]
fn the_kits_own_metrics_follow_the_conventions() {
    let own = SelfMetrics::new("queue_exporter");
    let requests = SelfMetrics::of_requests();
    let own = own.of_collectors().into_iter().chain([own.build_info()]).chain(requests);
    let all = own.chain(ProcessMetrics::definitions().iter().copied());
    // One name is longer than BlueKing 5.1 takes: the packages leave it out.
    let found = lint_metrics(all).into_iter().filter(|it| it.severity == Severity::Error);
    assert_eq!(found.collect::<Vec<_>>(), []);
}

#[test]
fn a_finding_reads_as_one_line() {
    let metric = Gauge::new("queue_depth", "Help").zh("说明");
    let finding = &lint_metrics([&metric as &dyn Metric])[0];
    let line = "queue_depth: error: The help ends in a full stop, with no space around it.";
    assert_eq!((finding.to_string(), format!("{finding:?}")), (line.to_owned(), line.to_owned()));
    assert_eq!(finding.severity, Severity::Error);
}

const DEPTH: Gauge<1> = Gauge::new("queue_depth", "Depth.").labels(["queue"]).zh("排队任务数");
const OTHER: Gauge = Gauge::new("line_depth", "Depth.").zh("排队任务数");
const NAMES: &[(&str, &str)] = &[("queue", "队列")];

/// A collector with nothing wrong.
const QUEUE: CollectorDef =
    CollectorDef::from_fn("queue", "队列", "Jobs waiting.", &[&DEPTH], |_| Ok(()));

fn found_in(collectors: &[CollectorDef], labels: &[(&str, &str)]) -> Vec<String> {
    lint(collectors, labels).iter().map(ToString::to_string).collect()
}

#[test]
fn collectors_are_named_described_and_have_flags_of_their_own() {
    let named = |name| CollectorDef::from_fn(name, "队列", "Jobs.", &[], |_| Ok(()));
    let zh = |zh| CollectorDef::from_fn("queue", zh, "Jobs.", &[], |_| Ok(()));
    assert_eq!(found_in(&[QUEUE, named("line2_x")], NAMES), [""; 0]);
    for name in ["", "Queue", "2queue", "the-queue", "队列"] {
        one(&found_in(&[named(name)], NAMES), "lower-case letter");
    }
    one(&found_in(&[named("enabled")], NAMES), "taken by a flag");
    one(&found_in(&[QUEUE, named("queue")], NAMES), "Another collector has this name");
    one(&found_in(&[zh("")], NAMES), "no Chinese name of the collector");
    one(&found_in(&[zh("一二三四五六七八九十一二三四五六")], NAMES), "16 characters");
    let about = CollectorDef::from_fn("queue", "队列", "Jobs", &[], |_| Ok(()));
    one(&found_in(&[about], NAMES), "full stop");
    one(&found_in(&[QUEUE], &[]), "no Chinese name for queue");
    one(&found_in(&[QUEUE], &[("queue", "")]), "no Chinese name of the label queue");
    const FLAG: crate::Flag<u64> = crate::Flag::number("queue.depth", "1", "Depth.");
    const OWN: crate::Flag<u64> = crate::Flag::number("collector.queue.depth", "1", "Depth.");
    assert_eq!(found_in(&[QUEUE.flags(&[&OWN])], NAMES), [""; 0]);
    const SHORT: crate::Flag<u64> = crate::Flag::number("collector.que.depth", "1", "Depth.");
    const OTHERS: crate::Flag<u64> = crate::Flag::number("collector.line.depth", "1", "Depth.");
    assert_eq!(found_in(&[QUEUE.flags(&[&SHORT])], NAMES), [""; 0]);
    one(&found_in(&[QUEUE.flags(&[&OTHERS])], NAMES), "does not begin with --collector.queue.");
    one(&found_in(&[QUEUE.flags(&[&FLAG])], NAMES), "does not begin with --collector.queue.");
    let mixed = CollectorDef::from_fn("queue", "队列", "Jobs.", &[&DEPTH, &OTHER], |_| Ok(()));
    one(&found_in(&[mixed], NAMES), "begin with line_, queue_.");
}
