//! Samples between a collector and the page.

use super::*;
use crate::metrics::{
    Counter, ExternalFamily, Gauge, GaugePattern, Histogram, Summary, UnitRule, UntypedPattern,
};

const DEPTH: Gauge<1> = Gauge::new("queue_depth", "Depth.").labels(["queue"]);
const SPEED: Gauge<2> = Gauge::new("queue_speed", "Speed.").labels(["queue", "way"]);
const TOTAL: Counter = Counter::new("queue_jobs_total", "Jobs.");
const WAIT: Histogram<1> =
    Histogram::new("queue_wait_seconds", "Wait.").buckets(&[1.0, 2.0]).labels(["queue"]);
const SIZE: Summary<1> =
    Summary::new("queue_size_bytes", "Size.").quantiles(&[0.5]).labels(["queue"]);

fn lines(samples: &mut Samples) -> Vec<String> {
    samples.sort_and_dedup();
    let text = |item: Item<'_>| format!("{} {}", String::from_utf8_lossy(item.series), item.value);
    samples.blocks().flat_map(|block| block.items().map(text)).collect()
}

#[test]
fn series_are_sorted_by_family() {
    let mut out = Samples::default();
    out.set(&DEPTH, ["b"], 2.0);
    out.set(&TOTAL, [], 7.0);
    out.set(&DEPTH, ["a"], 1.0);
    out.set(&SPEED, ["a", "in"], 0.5);
    let expected = [
        r#"queue_depth{queue="a"} 1"#,
        r#"queue_depth{queue="b"} 2"#,
        "queue_jobs_total 7",
        r#"queue_speed{queue="a",way="in"} 0.5"#,
    ];
    assert_eq!(lines(&mut out), expected);
    assert_eq!(out.discarded(), Discarded::default());
}

#[test]
fn the_first_of_equal_series_wins() {
    let mut out = Samples::default();
    for (queue, value) in [("z", 1.0), ("a", 2.0), ("z", 3.0)] {
        out.set(&DEPTH, [queue], value);
    }
    out.set_histogram(&WAIT, ["a"], 1, 1.0, &[0, 1]);
    out.set_histogram(&WAIT, ["a"], 2, 2.0, &[1, 2]);
    let expected = [
        r#"queue_depth{queue="a"} 2"#,
        r#"queue_depth{queue="z"} 1"#,
        r#"queue_wait_seconds{queue="a"} 1"#,
    ];
    assert_eq!(lines(&mut out), expected);
    assert_eq!(out.discarded(), Discarded { duplicate: 2, ..Discarded::default() });
}

#[test]
fn label_values_are_escaped() {
    let cases = [
        ("plain", "plain"),
        ("C:\\", "C:\\\\"),
        ("a\"b", "a\\\"b"),
        ("a\nb", "a\\nb"),
        ("\\\"\n", "\\\\\\\"\\n"),
        ("/数据", "/数据"),
        ("", ""),
    ];
    for (value, escaped) in cases {
        let mut out = Samples::default();
        out.set(&DEPTH, [value], 1.0);
        assert_eq!(lines(&mut out), [format!("queue_depth{{queue=\"{escaped}\"}} 1")]);
    }
}

#[test]
fn numbers_that_are_not_finite_are_discarded() {
    let mut out = Samples::default();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        out.set(&DEPTH, ["a"], value);
        out.set_histogram(&WAIT, ["a"], 1, value, &[1, 1]);
        out.set_summary(&SIZE, ["a"], 1, value, &[1.0]);
    }
    assert_eq!((out.len(), out.discarded().not_finite), (0, 9));
    assert!(out.numbers.is_empty(), "discarded samples take no memory");
    out.set_summary(&SIZE, ["a"], 1, 1.0, &[f64::NAN]);
    assert_eq!((out.len(), out.discarded().total()), (1, 9));
}

#[test]
fn mismatching_samples_are_discarded() {
    let mut out = Samples::default();
    out.set(&TOTAL, [], -1.0);
    out.set_histogram(&WAIT, ["a"], 1, 1.0, &[1]);
    out.set_histogram(&WAIT, ["a"], 1, 1.0, &[1, 0]);
    out.set_histogram(&WAIT, ["a"], 1, 1.0, &[1, 2]);
    out.set_summary(&SIZE, ["a"], 1, 1.0, &[1.0, 2.0]);
    out.set(&DEPTH, ["a"], 1.0);
    out.set(&Gauge::new("queue_depth", "Depth."), [], 1.0);
    out.set(&Counter::new("queue_depth", "Depth.").labels(["queue"]), ["b"], 1.0);
    out.sort_and_dedup();
    assert_eq!(lines(&mut out), [r#"queue_depth{queue="a"} 1"#]);
    assert_eq!(out.discarded(), Discarded { mismatch: 7, ..Discarded::default() });
}

#[test]
fn long_labels_are_discarded_before_they_are_copied() {
    let mut out = Samples::default();
    let huge = "x".repeat(16 * 1024 * 1024);
    out.set(&DEPTH, [&huge], 1.0);
    out.set(&SPEED, [&huge[..40_000], &huge[..40_000]], 1.0);
    // Escapes count too.
    for _ in 0..20 {
        out.set(&DEPTH, [&"\"".repeat(40_000)], 1.0);
    }
    out.set(&DEPTH, ["kept"], 1.0);
    assert_eq!(lines(&mut out), [r#"queue_depth{queue="kept"} 1"#]);
    assert_eq!(out.discarded(), Discarded { too_long: 22, ..Discarded::default() });
    assert!(out.text.capacity() < 256 * 1024, "{}", out.text.capacity());
}

#[test]
fn lines_are_shorter_than_64_kib() {
    let label = "x".repeat(MAX_SERIES_BYTES - "queue_wait_seconds{queue=\"\"}".len());
    let mut out = Samples::default();
    let wide = WAIT.buckets(&[f64::MIN, f64::MAX]);
    out.set_histogram(&wide, [&label], u64::MAX, f64::MIN, &[0, u64::MAX]);
    assert_eq!(out.len(), 1);
    let longest = out.page().lines().map(str::len).max().unwrap();
    assert!((64_000..65_535).contains(&longest), "{longest}");
    out.set_histogram(&wide, [&format!("{label}x")], 0, 0.0, &[0, 0]);
    assert_eq!(out.discarded().too_long, 1);
}

#[test]
fn pages_are_limited_and_the_excess_is_counted() {
    const SAMPLES: u64 = 1_000_000;
    let mut out = Samples::default();
    let mut queue = itoa::Buffer::new();
    for number in 0..SAMPLES {
        out.set(&DEPTH, [queue.format(number)], -1.5e-300);
        if number % 10 == 0 {
            out.set_histogram(&WAIT, [queue.format(number)], u64::MAX, -1.5e-300, &[0, u64::MAX]);
        }
    }
    let kept = out.len() as u64;
    assert!(kept > 100_000, "{kept}");
    assert_eq!(out.discarded().total(), SAMPLES + SAMPLES / 10 - kept);
    assert_eq!(out.discarded().too_many, out.discarded().total());
    let held = out.text.capacity()
        + out.samples.capacity() * size_of::<Sample>()
        + out.numbers.capacity() * size_of::<f64>();
    assert!(held < 4 * MAX_PAGE_BYTES, "{held}");
    let page = out.page().len();
    assert!((MAX_PAGE_BYTES / 2..=MAX_PAGE_BYTES).contains(&page), "{page}");
}

#[test]
fn memory_of_a_huge_scrape_is_released_after_the_next() {
    let mut out = Samples::default();
    let mut scrape = |samples: u64| {
        out.clear();
        let mut queue = itoa::Buffer::new();
        for number in 0..samples {
            out.set(&DEPTH, [queue.format(number)], 1.0);
            out.set_histogram(&WAIT, [queue.format(number)], 1, 1.0, &[1, 1]);
        }
        [out.text.capacity(), out.samples.capacity() * 24, out.numbers.capacity() * 8]
    };
    let huge = scrape(50_000);
    assert!(huge.iter().all(|bytes| *bytes > 1_000_000), "{huge:?}");
    assert_eq!(scrape(50_000), huge, "memory in steady use is kept");
    scrape(10);
    let small = scrape(10);
    assert!(small.iter().all(|bytes| *bytes <= 64 * 1024), "{small:?}");
    assert_eq!(scrape(10), small);
}

#[test]
fn clearing_removes_samples_and_counts() {
    let mut out = Samples::default();
    out.set(&DEPTH, ["a"], f64::NAN);
    out.set(&DEPTH, ["a"], 1.0);
    out.clear();
    assert!(out.is_empty());
    assert_eq!(out.discarded(), Discarded::default());
    out.set(&DEPTH, ["a"], 2.0);
    assert_eq!(
        out.page(),
        "# HELP queue_depth Depth.\n# TYPE queue_depth gauge\nqueue_depth{queue=\"a\"} 2\n"
    );
}

#[test]
fn values_are_found_by_metric_and_labels() {
    let mut out = Samples::default();
    assert_eq!(out.value(&DEPTH, ["a"]), None);
    out.set(&DEPTH, ["a"], 1.0);
    out.set_summary(&SIZE, ["a"], 2, 3.0, &[]);
    assert_eq!(out.value(&DEPTH, ["a"]), Some(1.0));
    assert_eq!(out.value(&SIZE, ["a"]), Some(3.0));
    assert_eq!(out.value(&DEPTH, ["b"]), None);
}

const FIELDS: GaugePattern = GaugePattern::new("demo_memory_", "Field {} of a file.")
    .unit_rule(UnitRule::BySuffix)
    .zh("内存信息");
const OF_PROTOCOL: UntypedPattern<1> =
    UntypedPattern::new("demo_net_", "Statistic {}.").labels(["protocol"]);

#[test]
fn pattern_families_are_named_by_the_source() {
    let mut out = Samples::default();
    for _ in 0..2 {
        out.clear();
        out.set_field(&FIELDS, &["MemFree", "_bytes"], [], 1.0);
        out.set_field(&FIELDS, &["Active(anon)", "_bytes"], [], 2.0);
        out.set_field(&OF_PROTOCOL, &["InErrors"], ["udp"], 3.0);
        let expected = "\
# HELP demo_memory_Active_anon_bytes Field Active(anon) of a file.
# TYPE demo_memory_Active_anon_bytes gauge
demo_memory_Active_anon_bytes 2
# HELP demo_memory_MemFree_bytes Field MemFree of a file.
# TYPE demo_memory_MemFree_bytes gauge
demo_memory_MemFree_bytes 1
# HELP demo_net_InErrors Statistic InErrors.
# TYPE demo_net_InErrors untyped
demo_net_InErrors{protocol=\"udp\"} 3
";
        assert_eq!(out.page(), expected);
    }
    let def = |patterns| {
        crate::CollectorDef::from_fn("mem", "内存", "Memory.", &[], |_| Ok(())).patterns(patterns)
    };
    assert_eq!(out.check(&def(&[&FIELDS, &OF_PROTOCOL])), Ok(()));
    assert!(out.check(&def(&[&FIELDS])).unwrap_err().starts_with("demo_net_InErrors: "));
}

#[test]
fn fields_without_a_valid_name_are_counted() {
    const TAKEN: Gauge = Gauge::new("demo_memory_taken", "Taken.");
    let mut out = Samples::default();
    out.set(&TAKEN, [], 1.0);
    out.set_field(&FIELDS, &["taken"], [], 2.0);
    out.set_field(&FIELDS, &[&"x".repeat(1000)], [], 2.0);
    out.set_field(&FIELDS, &["nan"], [], f64::NAN);
    assert_eq!((out.len(), out.discarded().bad_name, out.discarded().not_finite), (1, 2, 1));
    assert!(out.page().ends_with("demo_memory_taken 1\n"));
}

#[test]
fn external_families_keep_names_and_labels() {
    let mut out = Samples::default();
    let wait = ExternalFamily { name: "job_wait", help: "Wait.", kind: Kind::Histogram };
    let done = ExternalFamily { name: "job_done", help: "Done.", kind: Kind::Counter };
    out.set_external(&done, "", &[], 2.0);
    out.set_external(&done, "", &[("a", "x\"y")], 3.0);
    for (bound, count) in [("1", 1.0), ("+Inf", 4.0)] {
        out.set_external(&wait, "_bucket", &[("le", bound)], count);
    }
    out.set_external(&wait, "_count", &[], 4.0);
    let page = out.page();
    let expected = "\
# HELP job_done Done.
# TYPE job_done counter
job_done 2
job_done{a=\"x\\\"y\"} 3
# HELP job_wait Wait.
# TYPE job_wait histogram
job_wait_bucket{le=\"+Inf\"} 4
job_wait_bucket{le=\"1\"} 1
job_wait_count 4
";
    assert_eq!(page, expected);
    // Another kind, an invalid name, an invalid label, a duplicate.
    out.set_external(&ExternalFamily { kind: Kind::Gauge, ..done }, "", &[], 1.0);
    out.set_external(&ExternalFamily { name: "9", ..done }, "", &[], 1.0);
    out.set_external(&done, "", &[("a-b", "")], 1.0);
    out.set_external(&done, "", &[], 1.0);
    assert_eq!(out.page(), expected);
    assert_eq!((out.discarded().bad_name, out.discarded().duplicate), (3, 1));
}
