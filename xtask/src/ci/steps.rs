//! The steps: cargo commands on the sources, the tests of the crates, `dist`, and the tests of the
//! packages.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use bkpack::process;
use bkpack::rehearse::{Machine, machine};
use blueking_package::plugin::System;

use super::report::{Done, Report};
use super::tools::{HINT, Tools};
use crate::dist;
use crate::docs;
use crate::workspace::Workspace;

/// Flags after which every lint is an error.
const STRICT: [&str; 3] = ["--", "--deny", "warnings"];

/// The checks with cargo: name, log and arguments. The workspace is built with the features of
/// host_exporter; the kit supports other sets. `--all-targets` leaves out the tests of `e2e`.
const CHECKS: [(&str, &str, &[&str]); 5] = [
    ("cargo clippy", "clippy", &["clippy", "--workspace", "--all-targets"]),
    (
        "cargo clippy of the end-to-end tests",
        "clippy-e2e",
        &["clippy", "--workspace", "--test", "product", "--test", "containers"],
    ),
    (
        "cargo clippy of exporter-kit with TLS",
        "clippy-tls",
        &["clippy", "--package", "exporter-kit", "--all-targets", "--features", "tls"],
    ),
    (
        "cargo clippy of exporter-kit without any feature",
        "clippy-bare",
        &["clippy", "--package", "exporter-kit", "--all-targets", "--features", ""],
    ),
    ("cargo doc", "doc", &["doc", "--workspace", "--no-deps", "--quiet"]),
];

/// The tests with cargo: name, log and arguments.
const TESTS: [(&str, &str, &[&str]); 3] = [
    ("cargo test", "test", &["--workspace"]),
    (
        "cargo test of exporter-kit with TLS",
        "test-tls",
        &["--package", "exporter-kit", "--lib", "--features", "tls"],
    ),
    (
        "cargo test of redis_exporter with TLS",
        "test-redis-tls",
        &["--package", "redis-exporter", "--features", "tls"],
    ),
];

/// Tests at once on each processor: many of them wait for programs that they start.
const TESTS_PER_PROCESSOR: usize = 2;

/// Runs the steps and reports them.
#[derive(Debug)]
pub(super) struct Steps<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) tools: &'a Tools,
    pub(super) report: Report,
}

impl Steps<'_> {
    /// Checks formatting, lints, documentation and dependencies.
    pub(super) fn check_sources(&mut self) {
        self.step("rustfmt", |steps| steps.format());
        for (name, log, arguments) in CHECKS {
            let strict = if arguments[0] == "clippy" { &STRICT[..] } else { &[] };
            self.step(name, |steps| {
                let mut command = steps.cargo();
                command.args(arguments).arg("--locked").args(strict);
                command.env("RUSTDOCFLAGS", "--deny warnings");
                process::run(&mut command, &steps.tools.log(log))?;
                Ok(Done::Passed(1))
            });
        }
        self.step("cargo deny", |steps| {
            let Some(program) = steps.tools.cargo_deny() else {
                return Ok(Done::Skipped(format!("cargo-deny is not installed; {HINT}")));
            };
            let mut command = steps.command(&program);
            command.args(["--offline", "--locked", "check", "licenses", "bans", "sources"]);
            process::run(&mut command, &steps.tools.log("deny"))?;
            Ok(Done::Passed(1))
        });
    }

    /// Tests the crates, including their documentation.
    pub(super) fn test_crates(&mut self) {
        for (name, log, arguments) in TESTS {
            self.step(name, |steps| steps.test(log, arguments));
        }
    }

    /// Tests host_exporter as built for Windows.
    pub(super) fn test_under_wine(&mut self, setup: bool) {
        self.step("cargo test of host_exporter for Windows, under Wine", |steps| {
            if machine::wine().is_none() || machine::mingw().is_none() {
                return Ok(Done::Skipped(format!("wine64 or mingw-w64 is not installed; {HINT}")));
            }
            let mut command = dist::windows_tests(steps.workspace, setup)?;
            // Removed with what is inside once the tests have ended.
            let scratch = tempfile::Builder::new().prefix("xtask-wine-").tempdir()?;
            let wine = Machine::new(System::WindowsX86_64, scratch.path())?;
            wine.set_runner(&mut command);
            steps.run_tests("test-wine", command)
        });
    }

    /// Builds the packages and tests them.
    pub(super) fn test_packages(&mut self, setup: bool) {
        if !self.step("cargo xtask dist", |steps| steps.dist(setup)) {
            return self.report.fail("the packages", "there are none to test");
        }
        self.step("cargo xtask dist is reproducible", |steps| {
            let sums = steps.workspace.target().join("dist/SHA256SUMS");
            let sums = || fs::read_to_string(&sums).context("cannot read SHA256SUMS");
            let before = sums()?;
            steps.dist(false)?;
            let after = sums()?;
            ensure!(before == after, "before:\n{before}\nafter:\n{after}");
            Ok(Done::Passed(1))
        });
        self.step("cargo xtask docs --check", |steps| {
            // The packaged exporters describe themselves as a build of this system would.
            docs::check(steps.workspace, &steps.workspace.target().join("cross/distro"))?;
            Ok(Done::Passed(1))
        });
        self.step("cargo test of the packages", |steps| {
            steps.test("test-e2e", &["--package", "e2e", "--test", "product"])
        });
    }

    /// Builds the packages in containers and rehearses them.
    pub(super) fn test_containers(&mut self) {
        let built = self.step("packages built in containers", |steps| {
            steps.test("test-containers", &["--package", "e2e", "--test", "containers"])
        });
        if !built {
            return self.report.fail("the packages", "there are none to test");
        }
        self.step("cargo test of the packages", |steps| {
            let filters = ["--", "package::", "rehearsal::"];
            let arguments = ["--package", "e2e", "--test", "product"];
            steps.test("test-e2e", &[&arguments[..], &filters].concat())
        });
    }

    fn step(&mut self, name: &str, work: impl FnOnce(&Self) -> Result<Done>) -> bool {
        let mut report = std::mem::take(&mut self.report);
        let passed = report.step(name, || work(self));
        self.report = report;
        passed
    }

    fn cargo(&self) -> Command {
        self.command(&self.workspace.cargo())
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.workspace.root()).env("TMPDIR", self.workspace.temporary());
        command
    }

    /// Runs rustfmt on each file: `cargo fmt` misses modules declared by a macro, such as collectors.
    fn format(&self) -> Result<Done> {
        let mut files = Vec::new();
        for folder in ["crates", "xtask/src", "xtask/tests"] {
            find_sources(&self.workspace.root().join(folder), &mut files)?;
        }
        let program = process::find("rustfmt").context("rustfmt is not installed")?;
        let mut command = self.command(&program);
        command.args(["--check", "--edition", "2024"]).args(files);
        process::run(&mut command, &self.tools.log("fmt"))?;
        Ok(Done::Passed(1))
    }

    /// Runs the tests selected by `chosen`, including doc tests.
    fn test(&self, log: &str, chosen: &[&str]) -> Result<Done> {
        let mut command = self.cargo();
        command.args(["test", "--locked", "--no-fail-fast"]).args(chosen);
        self.run_tests(log, command)
    }

    /// Runs a test command of cargo, and counts each test.
    fn run_tests(&self, log: &str, mut command: Command) -> Result<Done> {
        let log = self.tools.log(log);
        // A test says in its error what failed; a trace of the harness adds nothing.
        command.env("RUST_LIB_BACKTRACE", "0");
        if env::var_os("RUST_TEST_THREADS").is_none() {
            let processors = thread::available_parallelism().map_or(1, usize::from);
            command.env("RUST_TEST_THREADS", (processors * TESTS_PER_PROCESSOR).to_string());
        }
        let result = process::run(&mut command, &log);
        let output =
            fs::read_to_string(&log).with_context(|| format!("cannot read {}", log.display()))?;
        tests_done(result, &output, &log)
    }

    /// Builds the packages as a user does, by the route that needs only package registries.
    fn dist(&self, setup: bool) -> Result<Done> {
        let mut command = self.command(&this_program()?);
        command.args(["dist", "--toolchain", "distro"]).args(setup.then_some("--setup"));
        let status = command.stdin(Stdio::null()).status().context("cannot start dist")?;
        ensure!(status.success(), "dist failed; its output is above");
        Ok(Done::Passed(1))
    }
}

/// The path of xtask. If a test run has rebuilt it meanwhile, Linux appends a mark to the path of
/// the running program; the new one is at the original path.
fn this_program() -> Result<PathBuf> {
    let program = env::current_exe().context("cannot find this program")?;
    let replaced = program.to_str().and_then(|path| path.strip_suffix(" (deleted)"));
    Ok(replaced.map(PathBuf::from).unwrap_or(program))
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

/// The result of a test run with this output.
fn tests_done(result: Result<()>, output: &str, log: &Path) -> Result<Done> {
    let (passed, failed, ignored) = count(output);
    let skips = skips(output);
    let (passed, skipped) = (passed.saturating_sub(skips.len()), ignored + skips.len());
    match result {
        Ok(()) if passed + skipped == 0 => bail!("no tests were run"),
        Ok(()) if skipped == 0 => Ok(Done::Passed(passed)),
        Ok(()) => {
            let ignored = (ignored > 0).then_some("some tests are ignored");
            let why = skips.into_iter().chain(ignored).collect::<Vec<_>>().join("\n");
            Ok(Done::Mixed { passed, failed, skipped, why })
        }
        // It did not compile, or crashed.
        Err(error) if failed == 0 => Err(error),
        Err(_) => {
            let why = format!("{}\n{}", failed_names(output).join(", "), failures(output));
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
