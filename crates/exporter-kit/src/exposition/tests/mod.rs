//! Pages in both formats.

mod open;
#[cfg(target_os = "linux")]
mod promtool;
mod properties;

use super::*;
use crate::metrics::{Counter, Gauge, Histogram, Summary};

const B: Gauge<1> = Gauge::new("b", "Line\nbreak, \\ and \"quotes\".").labels(["l"]);
const A: Counter = Counter::new("a_total", "First.");
const WAIT: Histogram<1> = Histogram::new("wait_seconds", "Wait.")
    .buckets(&[0.5, 1.0, 1_000_000.0])
    .labels(["queue"])
    .unit(Unit::Seconds);
const SIZE: Summary =
    Summary::new("size_bytes", "Size.").quantiles(&[0.5, 0.99, 1.0]).unit(Unit::Bytes);

fn page(parts: &mut [Samples], format: Format) -> String {
    parts.iter_mut().for_each(Samples::sort_and_dedup);
    let mut out = Text::default();
    encode(parts.iter(), format, &mut Order::default(), &mut out);
    String::from_utf8(out.into()).unwrap()
}

fn both(fill: impl FnOnce(&mut Samples)) -> [String; 2] {
    let mut parts = [Samples::default()];
    fill(&mut parts[0]);
    [Format::Text, Format::OpenMetrics].map(|format| page(&mut parts, format))
}

#[test]
fn families_are_sorted_by_name() {
    let mut parts = [Samples::default(), Samples::default()];
    parts[0].set(&B, ["x"], 1.5);
    parts[1].set(&A, [], 2.0);
    let expected = r#"# HELP a_total First.
# TYPE a_total counter
a_total 2
# HELP b Line\nbreak, \\ and "quotes".
# TYPE b gauge
b{l="x"} 1.5
"#;
    assert_eq!(page(&mut parts, Format::Text), expected);
    let expected = r#"# TYPE a counter
# HELP a First.
a_total 2
# TYPE b gauge
# HELP b Line\nbreak, \\ and \"quotes\".
b{l="x"} 1.5
# EOF
"#;
    assert_eq!(page(&mut parts, Format::OpenMetrics), expected);
}

#[test]
fn families_of_two_parts_are_merged() {
    let mut parts = [Samples::default(), Samples::default()];
    parts[0].set(&B, ["y"], 1.0);
    parts[1].set(&B, ["x"], 2.0);
    parts[1].set(&B, ["y"], 3.0);
    let page = page(&mut parts, Format::Text);
    assert_eq!(page.matches("# TYPE").count(), 1);
    assert!(page.ends_with("b{l=\"x\"} 2\nb{l=\"y\"} 1\n"), "{page}");
    assert_eq!(
        encode(parts.iter(), Format::Text, &mut Order::default(), &mut Text::default()),
        [(1, 1)]
    );
}

#[test]
fn the_first_part_decides_the_kind() {
    let mut parts = [Samples::default(), Samples::default()];
    parts[0].set(&B, ["y"], 1.0);
    parts[1].set(&Counter::new("b", "Other.").labels(["l"]), ["x"], 2.0);
    let page = page(&mut parts, Format::Text);
    assert!(page.ends_with("# TYPE b gauge\nb{l=\"y\"} 1\n"), "{page}");
    assert_eq!(
        encode(parts.iter(), Format::Text, &mut Order::default(), &mut Text::default()),
        [(1, 1)]
    );
}

#[test]
fn histograms_have_buckets_sum_and_count() {
    let [text, openmetrics] = both(|out| {
        out.set_histogram(&WAIT, ["b"], 0, 0.0, &[0, 0, 0]);
        out.set_histogram(&WAIT, ["a"], 9, 12.5, &[3, 5, 8]);
        // A duplicate is dropped as a whole.
        out.set_histogram(&WAIT, ["a"], 10, 12.5, &[10, 10, 10]);
    });
    let expected = r#"# HELP wait_seconds Wait.
# TYPE wait_seconds histogram
wait_seconds_bucket{queue="a",le="0.5"} 3
wait_seconds_bucket{queue="a",le="1.0"} 5
wait_seconds_bucket{queue="a",le="1e+06"} 8
wait_seconds_bucket{queue="a",le="+Inf"} 9
wait_seconds_sum{queue="a"} 12.5
wait_seconds_count{queue="a"} 9
wait_seconds_bucket{queue="b",le="0.5"} 0
wait_seconds_bucket{queue="b",le="1.0"} 0
wait_seconds_bucket{queue="b",le="1e+06"} 0
wait_seconds_bucket{queue="b",le="+Inf"} 0
wait_seconds_sum{queue="b"} 0
wait_seconds_count{queue="b"} 0
"#;
    assert_eq!(text, expected);
    let (_, samples) = expected.split_once("histogram\n").unwrap();
    let head =
        "# TYPE wait_seconds histogram\n# UNIT wait_seconds seconds\n# HELP wait_seconds Wait.\n";
    let expected = format!("{head}{samples}# EOF\n");
    assert_eq!(openmetrics, expected);
}

#[test]
fn summaries_have_known_quantiles_sum_and_count() {
    let [text, openmetrics] = both(|out| out.set_summary(&SIZE, [], 3, 4.5, &[1.0, f64::NAN, 2.5]));
    let expected = r#"# HELP size_bytes Size.
# TYPE size_bytes summary
size_bytes{quantile="0.5"} 1
size_bytes{quantile="1.0"} 2.5
size_bytes_sum 4.5
size_bytes_count 3
"#;
    assert_eq!(text, expected);
    let expected = r#"# TYPE size_bytes summary
# UNIT size_bytes bytes
# HELP size_bytes Size.
size_bytes{quantile="0.5"} 1
size_bytes{quantile="1.0"} 2.5
size_bytes_sum 4.5
size_bytes_count 3
# EOF
"#;
    assert_eq!(openmetrics, expected);
}

#[test]
fn empty_summaries_have_no_quantiles() {
    let [text, _] = both(|out| out.set_summary(&SIZE, [], 0, 0.0, &[]));
    assert!(text.ends_with("summary\nsize_bytes_sum 0\nsize_bytes_count 0\n"), "{text}");
}

#[test]
fn openmetrics_omits_sums_that_can_decrease() {
    let [text, openmetrics] = both(|out| {
        let negative = Histogram::new("h", "H.").buckets(&[-1.0]);
        out.set_histogram(&negative, [], 2, 1.0, &[0]);
        out.set_histogram(&Histogram::new("i", "I.").buckets(&[1.0]), [], 2, -1.0, &[2]);
        out.set_summary(&SIZE, [], 2, -1.0, &[]);
    });
    for line in [
        "h_sum 1\n",
        "h_count 2\n",
        "i_sum -1\n",
        "i_count 2\n",
        "size_bytes_sum -1\n",
        "size_bytes_count 2\n",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    for name in ["h_sum", "h_count", "i_sum", "i_count", "size_bytes_sum"] {
        assert!(!openmetrics.contains(name), "{openmetrics}");
    }
    assert!(openmetrics.contains("h_bucket{le=\"-1.0\"} 0\nh_bucket{le=\"+Inf\"} 2\n"));
    assert!(openmetrics.contains("size_bytes_count 2\n"));
}

#[test]
fn openmetrics_units_are_name_suffixes() {
    let cases = [
        (Gauge::new("x_bytes", "X.").unit(Unit::Bytes), "# UNIT x_bytes bytes\n"),
        (Gauge::new("x_bytes", "X."), ""),
        (Gauge::new("sys_mem_usage", "X.").unit(Unit::Percent), ""),
        (Gauge::new("xbytes", "X.").unit(Unit::Bytes), ""),
    ];
    for (metric, unit) in cases {
        let [text, openmetrics] = both(|out| out.set(&metric, [], 1.0));
        let name = metric.name();
        assert!(!text.contains("UNIT"));
        let expected = format!("# TYPE {name} gauge\n{unit}# HELP {name} X.\n{name} 1\n# EOF\n");
        assert_eq!(openmetrics, expected);
    }
    let counter = Counter::new("x_seconds_total", "X.").unit(Unit::Seconds);
    let [_, openmetrics] = both(|out| out.set(&counter, [], 1.0));
    assert!(openmetrics.contains("# TYPE x_seconds counter\n# UNIT x_seconds seconds\n"));
}

#[test]
fn counters_without_total_are_unknown_in_openmetrics() {
    let [_, openmetrics] = both(|out| out.set(&Counter::new("forks", "Forks."), [], 1.0));
    assert_eq!(openmetrics, "# TYPE forks unknown\n# HELP forks Forks.\nforks 1\n# EOF\n");
    let [_, openmetrics] = both(|out| {
        out.set(&Gauge::new("a", "Gauge."), [], 1.0);
        out.set(&A, [], 2.0);
    });
    assert!(openmetrics.contains("# TYPE a gauge\n") && openmetrics.contains("a_total unknown\n"));
}

#[test]
fn no_samples_make_an_empty_page() {
    assert_eq!(both(|_| {}), ["", "# EOF\n"]);
}
