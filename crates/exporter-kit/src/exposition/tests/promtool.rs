//! Prometheus reads from a page exactly the samples that were encoded: promtool imports the page
//! into a database and dumps it. `cargo xtask ci --setup` installs promtool.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::super::*;
use crate::metrics::{Counter, Gauge, Info, StateSet};

/// Metric name and values of the labels `a` and `b`; an empty value means no label.
type Series = (String, [String; 2]);

/// How many families are generated. One run of promtool reads all of them.
const FAMILIES: usize = 400;

#[derive(Clone, Debug)]
struct Family {
    stem: String,
    is_counter: bool,
    samples: Vec<([String; 2], f64)>,
}

fn text() -> impl Strategy<Value = String> {
    let marks = vec!['\\', '"', '\n', '\r', '\t', '\0', 'n', '{', '}', ',', '=', '#', ' ', '蓝'];
    let character = prop_oneof![3 => any::<char>(), 2 => prop::sample::select(marks)];
    vec(character, 0..12).prop_map(String::from_iter)
}

fn family() -> impl Strategy<Value = Family> {
    let value = prop_oneof![any::<f64>(), -1e6..1e6, (-1000..1000i32).prop_map(f64::from)];
    let sample = ([text(), text()], value);
    ("[a-zA-Z0-9_]{0,12}", any::<bool>(), vec(sample, 1..6))
        .prop_map(|(stem, is_counter, samples)| Family { stem, is_counter, samples })
}

/// Adds a family to the samples, and the series that a parser should find to `expected`.
fn add(family: &Family, number: usize, out: &mut Samples, expected: &mut BTreeMap<Series, f64>) {
    let total = if family.is_counter { "_total" } else { "" };
    let name: &'static str = format!("f{number}_{}x{total}", family.stem).leak();
    for (labels, value) in &family.samples {
        let value = if family.is_counter { value.abs() } else { *value };
        let texts = labels.each_ref().map(String::as_str);
        match family.is_counter {
            true => out.set(&Counter::new(name, "Help.").labels(["a", "b"]), texts, value),
            false => out.set(&Gauge::new(name, "Help.").labels(["a", "b"]), texts, value),
        }
        if value.is_finite() {
            expected.entry((name.to_owned(), labels.clone())).or_insert(value);
        }
    }
}

fn promtool(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new("promtool")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("promtool: {error}; run `cargo xtask ci --setup`"));
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

/// Parses a line of the dump: `{__name__="up", a="b"} 1 1000`.
fn read(line: &str) -> (Series, f64) {
    let (labels, rest) = line.strip_prefix('{').unwrap().rsplit_once("} ").unwrap();
    let value = rest.split(' ').next().unwrap().parse().unwrap();
    let mut series = Series::default();
    let mut rest = labels;
    while let Some((name, quoted)) = rest.split_once("=\"") {
        let (value, after) = unquote(quoted);
        match name {
            "__name__" => series.0 = value,
            "a" => series.1[0] = value,
            "b" => series.1[1] = value,
            other => panic!("unexpected label {other}: {line}"),
        }
        rest = after.strip_prefix(", ").unwrap_or(after);
    }
    (series, value)
}

/// Unquotes a Go string up to the closing quote; returns the rest too.
fn unquote(quoted: &str) -> (String, &str) {
    let (mut text, mut rest) = (String::new(), quoted);
    loop {
        let next = rest.chars().next().expect("the quote is closed");
        rest = &rest[next.len_utf8()..];
        match next {
            '"' => return (text, rest),
            '\\' => {
                let kind = rest.chars().next().unwrap();
                rest = &rest[kind.len_utf8()..];
                let digits = match kind {
                    'x' => 2,
                    'u' => 4,
                    'U' => 8,
                    _ => 0,
                };
                let code = u32::from_str_radix(&rest[..digits], 16).unwrap_or(0);
                rest = &rest[digits..];
                text.push(match kind {
                    'a' => '\u{7}',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'v' => '\u{b}',
                    'x' | 'u' | 'U' => char::from_u32(code).unwrap(),
                    other => other,
                });
            }
            other => text.push(other),
        }
    }
}

/// The OpenMetrics page with the timestamps that promtool requires.
fn timed(page: &str) -> String {
    let line = |line: &str| format!("{line}{}\n", if line.starts_with('#') { "" } else { " 1" });
    page.split_terminator('\n').map(line).collect()
}

#[test]
fn prometheus_reads_infos_statesets_and_open_labels() {
    const SERVER: Info<1> = Info::new("pool_server_info", "Server.").labels(["version"]);
    const ROLE: StateSet = StateSet::new("pool_role", "Role.").states(&["main", "spare"]);
    const READY: Gauge<1> = Gauge::new("pod_ready", "Ready.").labels(["pod"]).more_labels();
    let [text, openmetrics] = super::both(|out| {
        out.set_info(&SERVER, ["7"]);
        out.set_states(&ROLE, [], &["spare"]);
        out.set_with(&READY, ["a"], &[], 1.0);
        out.set_with(&READY, ["a"], &[("app", "web")], 1.0);
    });
    let checked = promtool(&["check", "metrics"], text.as_bytes());
    let errors = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(matches!(checked.status.code(), Some(0 | 3)), "{}: {errors}", checked.status);
    let folder = tempfile::tempdir().unwrap();
    let (file, database) = (folder.path().join("page.txt"), folder.path().join("data"));
    fs::write(&file, timed(&openmetrics)).unwrap();
    let [file, database] = [&file, &database].map(|path| path.to_str().unwrap());
    let made = promtool(&["tsdb", "create-blocks-from", "openmetrics", file, database], b"");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

#[test]
fn prometheus_reads_what_was_encoded() {
    let mut runner = TestRunner::deterministic();
    let (mut out, mut expected) = (Samples::default(), BTreeMap::new());
    for number in 0..FAMILIES {
        add(&family().new_tree(&mut runner).unwrap().current(), number, &mut out, &mut expected);
    }
    assert!(expected.len() > FAMILIES, "{}", expected.len());
    out.sort_and_dedup();
    let page = |format| {
        let mut page = Text::default();
        encode([&out], format, &mut Order::default(), &mut page);
        String::from_utf8(page.into()).unwrap()
    };

    // Exit code 3 means unconventional names, 1 a page that cannot be parsed.
    let checked = promtool(&["check", "metrics"], page(Format::Text).as_bytes());
    let errors = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(matches!(checked.status.code(), Some(0 | 3)), "{}: {errors}", checked.status);

    let folder = tempfile::tempdir().unwrap();
    let (file, database) = (folder.path().join("page.txt"), folder.path().join("data"));
    fs::write(&file, timed(&page(Format::OpenMetrics))).unwrap();
    let [file, database] = [&file, &database].map(|path| path.to_str().unwrap());
    let made = promtool(&["tsdb", "create-blocks-from", "openmetrics", file, database], b"");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    // `tsdb dump` fails without a write-ahead log.
    fs::create_dir(folder.path().join("data/wal")).unwrap();
    let dumped = promtool(&["tsdb", "dump", database], b"");
    assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
    let dump = String::from_utf8(dumped.stdout).unwrap();
    let found: BTreeMap<Series, f64> = dump.split_terminator('\n').map(read).collect();
    for (series, value) in &expected {
        assert_eq!(found.get(series), Some(value), "{series:?}");
    }
    assert_eq!(found.len(), expected.len());
}
