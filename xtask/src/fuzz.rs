//! Fuzzes the kit's parsers, each for a minute. Not part of `ci`, where a test replays the seed
//! corpus.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::flags;
use crate::workspace::Workspace;
use bkpack::process;

/// Pinned, because it is built from source.
const CARGO_FUZZ: &str = "0.13.2";

/// Stable Rust has neither the sanitizers nor the coverage that a fuzzer needs.
const TOOLCHAIN: &str = "nightly";

/// Default fuzzing time of a target.
const SECONDS: u64 = 60;

/// Allowance on top of that for starting and stopping.
const MARGIN: Duration = Duration::from_secs(60);

/// Runs every target for its time.
///
/// # Errors
/// A tool is missing, or the fuzzer found an input that breaks a parser.
pub(crate) fn run(workspace: &Workspace, flags: &flags::Fuzz) -> Result<()> {
    let fuzzer = Fuzzer::new(workspace);
    if flags.setup {
        fuzzer.set_up(workspace)?;
    }
    fuzzer.check()?;
    let targets = fuzzer.targets()?;
    // libFuzzer takes 0 for no limit.
    let seconds = flags.seconds.map_or(SECONDS, |seconds| u64::from(seconds.get()));
    eprintln!("building {} targets", targets.len());
    let mut build = fuzzer.command("build")?;
    process::run(&mut build, &fuzzer.work.join("build.log"))?;
    let mut broken = Vec::new();
    for (number, target) in targets.iter().enumerate() {
        eprintln!("[{}/{}] {target}, {seconds} s", number + 1, targets.len());
        match fuzzer.fuzz(target, seconds) {
            Ok(inputs) => println!("{target}: {inputs} inputs, no failure"),
            Err(error) => {
                println!("{target}: {error:#}");
                broken.push(target.as_str());
            }
        }
    }
    if !broken.is_empty() {
        bail!(
            "{} failed; once fixed, add the failing inputs to \
             crates/exporter-kit/tests/corpus",
            broken.join(", ")
        );
    }
    Ok(())
}

/// Paths of the fuzzer.
struct Fuzzer {
    /// Where cargo-fuzz is installed for this workspace only.
    installed: PathBuf,
    kit: PathBuf,
    work: PathBuf,
}

impl Fuzzer {
    fn new(workspace: &Workspace) -> Self {
        Self {
            installed: workspace.target().join("tools/cargo-fuzz"),
            kit: workspace.root().join("crates/exporter-kit"),
            work: workspace.target().join("fuzz"),
        }
    }

    fn cargo_fuzz(&self) -> Option<PathBuf> {
        let own = self.installed.join("bin/cargo-fuzz");
        let found = if own.is_file() { Some(own) } else { process::find("cargo-fuzz") };
        found.filter(|program| is_version(program))
    }

    /// Reports every missing tool.
    fn check(&self) -> Result<()> {
        let mut missing = Vec::new();
        if !has_toolchain() {
            missing.push(format!("a {TOOLCHAIN} Rust from rustup"));
        }
        if self.cargo_fuzz().is_none() {
            missing.push(format!("cargo-fuzz {CARGO_FUZZ}"));
        }
        let missing = missing.join(" and ");
        ensure!(missing.is_empty(), "this needs {missing}: run `cargo xtask fuzz --setup`");
        Ok(())
    }

    fn set_up(&self, workspace: &Workspace) -> Result<()> {
        if !has_toolchain() {
            eprintln!("rustup toolchain install {TOOLCHAIN}");
            let mut install = Command::new("rustup");
            install.args(["toolchain", "install", TOOLCHAIN, "--profile", "minimal"]);
            process::run(&mut install, &self.work.join("rustup.log"))
                .context("install rustup from https://rustup.rs")?;
        }
        if self.cargo_fuzz().is_none() {
            eprintln!("cargo install cargo-fuzz {CARGO_FUZZ}");
            let mut install = Command::new(workspace.cargo());
            install.args(["install", "cargo-fuzz", "--version", CARGO_FUZZ, "--locked", "--debug"]);
            install.arg("--root").arg(&self.installed);
            process::run(&mut install, &self.work.join("cargo-fuzz.log"))?;
        }
        Ok(())
    }

    /// The names of the targets, sorted: one file each.
    fn targets(&self) -> Result<Vec<String>> {
        let folder = self.kit.join("fuzz/fuzz_targets");
        let context = || format!("cannot read {}", folder.display());
        let mut targets = Vec::new();
        for entry in fs::read_dir(&folder).with_context(context)? {
            let path = entry.with_context(context)?.path();
            targets.extend(path.file_stem().and_then(|name| name.to_str()).map(str::to_owned));
        }
        targets.sort();
        Ok(targets)
    }

    /// Fuzzes one target and returns the number of inputs that were run.
    fn fuzz(&self, target: &str, seconds: u64) -> Result<u64> {
        // Inputs that reach new code are kept here for the next run.
        let corpus = self.work.join("corpus").join(target);
        fs::create_dir_all(&corpus)
            .with_context(|| format!("cannot create {}", corpus.display()))?;
        let mut run = self.command("run")?;
        run.arg(target).arg(corpus).arg(self.kit.join("tests/corpus").join(target));
        run.arg("--").arg(format!("-max_total_time={seconds}"));
        let log = self.work.join(format!("{target}.log"));
        process::run_within(&mut run, &log, Duration::from_secs(seconds) + MARGIN)?;
        let output = fs::read(&log).with_context(|| format!("cannot read {}", log.display()))?;
        inputs(&String::from_utf8_lossy(&output)).context("the fuzzer's log has no DONE line")
    }

    fn command(&self, task: &str) -> Result<Command> {
        let program = self.cargo_fuzz().context("cargo-fuzz is not installed")?;
        let mut command = Command::new("rustup");
        command.args(["run", TOOLCHAIN]).arg(program).arg(task);
        command.arg("--fuzz-dir").arg(self.kit.join("fuzz"));
        command.arg("--target-dir").arg(self.work.join("build"));
        // `CARGO` names the cargo that started xtask, which belongs to another toolchain.
        command.env_remove("CARGO").current_dir(&self.kit);
        Ok(command)
    }
}

fn has_toolchain() -> bool {
    process::output(Command::new("rustup").args(["run", TOOLCHAIN, "rustc", "--version"])).is_some()
}

fn is_version(program: &Path) -> bool {
    let version = process::output(Command::new(program).arg("--version"));
    version.is_some_and(|version| version.trim() == format!("cargo-fuzz {CARGO_FUZZ}"))
}

/// The number in libFuzzer's line `#1162858 DONE cov: 1038 …`, with a tab before DONE.
fn inputs(output: &str) -> Option<u64> {
    let mut done = output.lines().filter_map(|line| line.strip_prefix('#')?.split_once("\tDONE"));
    done.next_back().and_then(|(number, _)| number.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_count_is_read_from_the_last_done_line() {
        let output = "#2\tINITED cov: 9 ft: 9\n#512\tpulse  cov: 9\n#1162858\tDONE   cov: 1038\n\
                      Done 1162858 runs in 61 second(s)\n";
        assert_eq!(inputs(output), Some(1_162_858));
        assert_eq!(inputs("==1== ERROR: libFuzzer: deadly signal\n"), None);
    }
}
