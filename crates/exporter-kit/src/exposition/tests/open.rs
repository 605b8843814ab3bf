//! Pages of infos, statesets, labels that only the source knows, and constant labels.

use openmetrics_parser::openmetrics::parse_openmetrics;
use openmetrics_parser::prometheus::parse_prometheus;

use super::*;
use crate::constant_labels::ConstantLabels;
use crate::metrics::{ExternalFamily, GaugePattern, Info, StateSet};

const SERVER: Info<1> = Info::new("pool_server_info", "Server.").labels(["version"]);
const ROLE: StateSet<1> =
    StateSet::new("pool_role", "Role.").labels(["db"]).states(&["main", "spare"]);
const READY: Gauge<1> = Gauge::new("pod_ready", "Ready.").labels(["pod"]).more_labels();
const OPEN: Gauge = Gauge::new("open", "Open.").more_labels();

/// Both pages, after independent parsers have read them.
fn parsed(fill: impl FnOnce(&mut Samples)) -> [String; 2] {
    let [text, openmetrics] = both(fill);
    parse_prometheus(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    parse_openmetrics(&openmetrics).unwrap_or_else(|error| panic!("{error}\n{openmetrics}"));
    [text, openmetrics]
}

#[test]
fn infos_are_gauges_in_the_text_format() {
    let [text, openmetrics] = parsed(|out| out.set_info(&SERVER, ["7\"2"]));
    let sample = r#"pool_server_info{version="7\"2"} 1"#;
    let head = "# HELP pool_server_info Server.\n# TYPE pool_server_info gauge";
    assert_eq!(text, format!("{head}\n{sample}\n"));
    let head = "# TYPE pool_server info\n# HELP pool_server Server.";
    assert_eq!(openmetrics, format!("{head}\n{sample}\n# EOF\n"));
    // A family of that name exists already.
    let [_, openmetrics] = parsed(|out| {
        out.set_info(&SERVER, ["7"]);
        out.set(&Gauge::new("pool_server", "Servers."), [], 2.0);
    });
    assert!(openmetrics.contains("# TYPE pool_server_info gauge\n"), "{openmetrics}");
}

#[test]
fn statesets_have_a_sample_for_each_state() {
    let [text, openmetrics] = parsed(|out| {
        out.set_states(&ROLE, ["b"], &[]);
        out.set_states(&ROLE, ["a"], &["spare"]);
    });
    let samples = r#"pool_role{db="a",pool_role="main"} 0
pool_role{db="a",pool_role="spare"} 1
pool_role{db="b",pool_role="main"} 0
pool_role{db="b",pool_role="spare"} 0
"#;
    assert_eq!(text, format!("# HELP pool_role Role.\n# TYPE pool_role gauge\n{samples}"));
    let head = "# TYPE pool_role stateset\n# HELP pool_role Role.\n";
    assert_eq!(openmetrics, format!("{head}{samples}# EOF\n"));
}

#[test]
fn labels_of_the_source_follow_those_of_the_definition() {
    // The parsers want the same labels on all samples of a family; Prometheus does not.
    let pages = both(|out| {
        out.set_with(&READY, ["a"], &[("app", "w\\b"), ("tier", "")], 1.0);
        out.set_with(&READY, ["b"], &[], 0.0);
        out.set_with(&OPEN, [], &[("app", "web")], 3.0);
        out.set_with(&OPEN, [], &[], 4.0);
    });
    for page in pages {
        for line in [
            r#"pod_ready{pod="a",app="w\\b",tier=""} 1"#,
            r#"pod_ready{pod="b"} 0"#,
            "open 4",
            r#"open{app="web"} 3"#,
        ] {
            assert!(page.contains(&format!("{line}\n")), "{line} in {page}");
        }
    }
}

#[test]
fn samples_that_would_break_a_page_are_discarded() {
    let long = "x".repeat(70_000);
    let mut out = Samples::default();
    for name in ["", "a-b", "9", "le", "quantile", "__name__", "pod", "机房"] {
        out.set_with(&READY, ["a"], &[(name, "v")], 1.0);
    }
    out.set_with(&READY, ["a"], &[("app", "v"), ("app", "w")], 1.0);
    assert_eq!(out.discarded().bad_name, 9);
    out.set_with(&READY, ["a"], &[("app", &long)], 1.0);
    out.set_with(&Gauge::new("closed", "Closed."), [], &[("app", "v")], 1.0);
    out.set_states(&ROLE, ["a"], &["lost"]);
    assert_eq!((out.discarded().too_long, out.discarded().mismatch), (1, 2));
    // All states of a set, or none: the second series is longer than the first.
    out.set_states(&ROLE, [&long[..65_536 - 128 - 33]], &["main"]);
    assert_eq!((out.discarded().too_long, out.len()), (2, 0), "{:?}", out.discarded());
    assert_eq!(both(|out| out.set_states(&ROLE, [&long], &["main"]))[0], "");
}

#[test]
fn constant_labels_are_on_every_sample() {
    const HISTOGRAM: Histogram<1> =
        Histogram::new("wait", "Wait.").labels(["queue"]).buckets(&[0.5, 1.0]);
    const SUMMARY: Summary = Summary::new("size", "Size.").quantiles(&[0.5, 0.99]);
    const FIELDS: GaugePattern = GaugePattern::new("field_", "Field {}.");
    let mut labels = ConstantLabels::default();
    labels.add("site", "sz").unwrap();
    labels.add("app", "kit").unwrap();
    let external = ExternalFamily { name: "other", help: "Other.", kind: Kind::Gauge };
    let pages = parsed(|out| {
        out.set_constant_labels(&labels);
        out.set(&A, [], 1.0);
        out.set(&B, ["x"], 1.0);
        out.set_histogram(&HISTOGRAM, ["a"], 2, 1.5, &[1, 2]);
        out.set_summary(&SUMMARY, [], 2, 1.5, &[1.0, 2.0]);
        out.set_info(&SERVER, ["7"]);
        out.set_states(&ROLE, ["a"], &["main"]);
        out.set_with(&READY, ["a"], &[("tier", "front")], 1.0);
        out.set_with(&OPEN, [], &[("app", "web")], 1.0);
        out.set_field(&FIELDS, &["x"], [], 1.0);
        out.set_external(&external, "", &[("app", "web")], 1.0);
        out.set_external(&ExternalFamily { name: "another", ..external }, "", &[("l", "x")], 1.0);
        assert_eq!(out.discarded().total(), 0);
        assert_eq!(out.value(&B, ["x"]), Some(1.0));
    });
    for page in pages {
        let samples: Vec<_> = page.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(samples.len(), 19, "{page}");
        for line in samples {
            let (name, rest) = line.split_once('{').unwrap();
            assert!(rest.starts_with("site=\"sz\""), "{line}");
            assert_eq!(rest.matches("app=\"").count(), 1, "{line}");
            let is_own = matches!(name, "open" | "other");
            assert_eq!(rest.contains("app=\"web\""), is_own, "{line}");
        }
    }
}
