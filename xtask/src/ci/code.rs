//! Checks of the source: formatting, lints, documentation, tests and dependencies.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::report::{Done, Report};
use super::tools::{HINT, Tools};
use crate::docs;
use crate::workspace::Workspace;
use bkpack::process;

pub(crate) fn check(workspace: &Workspace, tools: &Tools, report: &mut Report) {
    let cargo = |log: &str, arguments: &[&str]| -> Result<Done> {
        let mut command = Command::new(&tools.cargo);
        command.current_dir(workspace.root()).args(arguments);
        if arguments[0] == "doc" {
            command.env("RUSTDOCFLAGS", "--deny warnings");
        }
        process::run(&mut command, &tools.logs.join(log))?;
        Ok(Done::Passed(1))
    };
    report.step("rustfmt", || format(workspace, tools));
    report.step("cargo xtask docs --check", || {
        docs::run(workspace, true)?;
        Ok(Done::Passed(1))
    });
    report.step("cargo clippy", || {
        let flags = ["--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"];
        cargo("clippy.log", &[&["clippy"], &flags[..]].concat())
    });
    // The workspace is built with the features of host_exporter; the kit supports other sets.
    for (name, log, features) in
        [("with TLS", "clippy-tls.log", "tls"), ("without any feature", "clippy-bare.log", "")]
    {
        report.step(&format!("cargo clippy of exporter-kit {name}"), || {
            let kit = ["--package", "exporter-kit", "--all-targets", "--features", features];
            let rest = ["--locked", "--", "--deny", "warnings"];
            cargo(log, &[&["clippy"], &kit[..], &rest].concat())
        });
    }
    report.step("cargo doc", || {
        cargo("doc.log", &["doc", "--workspace", "--no-deps", "--locked", "--quiet"])
    });
    report.step("cargo test", || test(workspace, tools, "test.log", &["--workspace"]));
    report.step("cargo test of exporter-kit with TLS", || {
        let kit = ["--package", "exporter-kit", "--lib", "--features", "tls"];
        test(workspace, tools, "test-tls.log", &kit)
    });
    report.step("cargo test of redis_exporter with TLS", || {
        let redis = ["--package", "redis-exporter", "--features", "tls"];
        test(workspace, tools, "test-redis-tls.log", &redis)
    });
    report.step("cargo deny", || match tools.cargo_deny() {
        None => Ok(Done::Skipped(format!("cargo-deny is not installed; {HINT}"))),
        Some(program) => {
            let mut command = Command::new(program);
            command.current_dir(workspace.root()).args(["--offline", "--locked", "check"]);
            command.args(["licenses", "bans", "sources"]);
            process::run(&mut command, &tools.logs.join("deny.log"))?;
            Ok(Done::Passed(1))
        }
    });
}

/// Runs rustfmt on each file: `cargo fmt` misses modules declared by a macro, such as collectors.
fn format(workspace: &Workspace, tools: &Tools) -> Result<Done> {
    let mut files = Vec::new();
    for folder in ["crates", "xtask/src", "xtask/tests", "xtask/bench"] {
        find_sources(&workspace.root().join(folder), &mut files)?;
    }
    let mut command = Command::new(process::find("rustfmt").context("rustfmt is not installed")?);
    command.current_dir(workspace.root()).args(["--check", "--edition", "2024"]).args(files);
    process::run(&mut command, &tools.logs.join("fmt.log"))?;
    Ok(Done::Passed(1))
}

fn find_sources(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("fixtures") && !path.ends_with("target") {
            find_sources(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// Runs the tests selected by `chosen`, including doc tests, and counts each.
fn test(workspace: &Workspace, tools: &Tools, log: &str, chosen: &[&str]) -> Result<Done> {
    let log = tools.logs.join(log);
    let mut command = Command::new(&tools.cargo);
    command.current_dir(workspace.root());
    command.args(["test", "--locked", "--no-fail-fast"]).args(chosen);
    let result = process::run(&mut command, &log);
    let output =
        fs::read_to_string(&log).with_context(|| format!("cannot read {}", log.display()))?;
    let (passed, failed, ignored) = count(&output);
    let skips = skips(&output);
    let (passed, skipped) = (passed.saturating_sub(skips.len()), ignored + skips.len());
    match result {
        Ok(()) if passed == 0 => bail!("no tests were run"),
        Ok(()) if skipped == 0 => Ok(Done::Passed(passed)),
        Ok(()) => {
            let ignored = (ignored > 0).then_some("some tests are ignored");
            let why = skips.into_iter().chain(ignored).collect::<Vec<_>>().join("\n");
            Ok(Done::Mixed { passed, failed, skipped, why })
        }
        // It did not compile, or crashed.
        Err(error) if failed == 0 => Err(error),
        Err(_) => {
            let why = format!("{}\n{}", failed_names(&output).join(", "), failures(&output));
            Ok(Done::Mixed { passed, failed, skipped, why: format!("{why}({})", log.display()) })
        }
    }
}

/// Sums cargo's lines `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
fn count(output: &str) -> (usize, usize, usize) {
    let results = output.lines().filter_map(|line| line.trim().strip_prefix("test result: "));
    results.fold((0, 0, 0), |(passed, failed, ignored), result| {
        let counted = |word: &str| -> usize {
            let number = result.split([';', '.']).find_map(|part| part.trim().strip_suffix(word));
            number.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
        };
        (passed + counted("passed"), failed + counted("failed"), ignored + counted("ignored"))
    })
}

/// Tests that passed without doing anything because the machine does not support them. They print a
/// line such as `skipped: churn::tmpfs: mount is not permitted`.
fn skips(output: &str) -> Vec<&str> {
    output.lines().filter_map(|line| line.strip_prefix("skipped: ")).collect()
}

/// The names in cargo's lines `test web::accept ... FAILED`, so that the end of a long output names
/// the failed tests.
fn failed_names(output: &str) -> Vec<&str> {
    let tests = output.lines().filter_map(|line| line.strip_prefix("test "));
    tests.filter_map(|test| test.strip_suffix(" ... FAILED")).collect()
}

/// The output of the failed tests, each after its line `---- web::accept stdout ----`.
fn failures(output: &str) -> String {
    let mut inside = false;
    let mut found = String::new();
    for line in output.lines() {
        if line.starts_with("---- ") && line.ends_with(" stdout ----") {
            inside = true;
        } else if line == "failures:" || line.starts_with("test result: ") {
            inside = false;
        }
        if inside && !line.is_empty() {
            found.push_str(line);
            found.push('\n');
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_tests_are_listed_with_their_output() {
        let output = "
test a ... ok
test b::c ... FAILED
test src/lib.rs - d (line 3) ... FAILED

failures:

---- b::c stdout ----

thread 'b::c' panicked at src/b.rs:9:5:
too late
---- src/lib.rs - d (line 3) stdout ----
no

failures:
    b::c
    src/lib.rs - d (line 3)

test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out
";
        assert_eq!(failed_names(output), ["b::c", "src/lib.rs - d (line 3)"]);
        let printed = "---- b::c stdout ----\nthread 'b::c' panicked at src/b.rs:9:5:\ntoo late\n\
                       ---- src/lib.rs - d (line 3) stdout ----\nno\n";
        assert_eq!(failures(output), printed);
    }

    #[test]
    fn unsupported_tests_count_as_skipped() {
        let output = "
running 2 tests
test a ... ok

skipped: b::c: mount is not permitted
test b::c ... ok
test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out
";
        assert_eq!(skips(output), ["b::c: mount is not permitted"]);
    }

    #[test]
    fn results_of_all_test_binaries_are_summed() {
        let output = "
running 2 tests
test a ... ok
test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.05s
";
        assert_eq!(count(output), (14, 3, 1));
        assert_eq!(count("error: could not compile"), (0, 0, 0));
    }
}
