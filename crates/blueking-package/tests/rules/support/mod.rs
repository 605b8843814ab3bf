//! What the tests share: a valid package, its sources, and assertions on problems.

pub(crate) mod host;
pub(crate) mod package;
pub(crate) mod pool;
mod samples;
pub(crate) mod zips;

use std::env;
use std::process::Command;

use blueking_package::{Definitions, PackageDescription};

pub(crate) use self::samples::{elf, pe, png};

/// Runs a test, given by its path, again in a process of its own. True there; false in the first
/// process, after the test has passed.
pub(crate) fn is_alone(test: &str) -> bool {
    const ALONE: &str = "BLUEKING_PACKAGE_TEST_ALONE";
    if env::var_os(ALONE).is_some() {
        return true;
    }
    let mut again = Command::new(env::current_exe().unwrap());
    let output = again.args(["--exact", test, "--nocapture"]).env(ALONE, "1").output().unwrap();
    let [printed, errors] =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}{errors}");
    false
}

/// Reads a description and the definitions that it describes.
pub(crate) fn parsed(toml: &str, json: &str) -> (PackageDescription, Definitions) {
    let description = PackageDescription::parse("blueking.toml", toml).unwrap();
    (description, Definitions::parse("describe", json).unwrap())
}

/// The text with one replacement of a part that must occur.
#[track_caller]
pub(crate) fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} does not occur");
    text.replacen(from, to, 1)
}

/// The problems or findings as lines.
pub(crate) fn lines(problems: &[impl ToString]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

/// Asserts that there is exactly one problem, at `place`, whose rule contains `expected`.
#[track_caller]
pub(crate) fn assert_only(problems: &[impl ToString], place: &str, expected: &str) {
    let lines = lines(problems);
    let [line] = &*lines else {
        panic!("expected one problem at {place}, found {}: {lines:#?}", lines.len());
    };
    assert!(line.starts_with(&format!("{place}: ")), "expected {place}, found {line}");
    assert!(line.contains(expected), "expected {expected:?} in {line}");
    assert!(line.ends_with('.'), "not a sentence: {line}");
}
