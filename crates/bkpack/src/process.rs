//! Runs other programs: finds them, logs their output and enforces time limits.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{env, iter, thread};

use anyhow::{Context, Result, bail};

use crate::texts::programs as texts;

/// Number of log lines in the error message of a failed program.
const TAIL: usize = 40;

/// Longest transcript of a program, in bytes.
const MAX_TRANSCRIPT: u64 = 4 << 20;

/// Poll interval for programs with a time limit.
const POLL: Duration = Duration::from_millis(50);

/// Runs a program to completion; stdout and stderr go to the file `log`.
///
/// # Errors
/// The program cannot be started, or fails; the message ends with the last lines of its output.
pub fn run(command: &mut Command, log: &Path) -> Result<()> {
    run_with(command, log, None, None)
}

/// Like [`run`], but kills the program after `limit`.
pub fn run_within(command: &mut Command, log: &Path, limit: Duration) -> Result<()> {
    run_with(command, log, None, Some(limit))
}

/// Like [`run_within`], with the standard output in a separate file.
pub fn run_into(command: &mut Command, output: &Path, log: &Path, limit: Duration) -> Result<()> {
    run_with(command, log, Some(output), Some(limit))
}

/// Returns the standard output of a short-running program, or `None` if it fails.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok()).flatten()
}

/// Like [`output`], but kills the program after `limit`. The output must fit into a pipe.
pub fn output_within(command: &mut Command, limit: Duration) -> Option<String> {
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let status = wait_within(&mut child, limit)?.ok()?;
    let mut text = String::new();
    child.stdout.take()?.read_to_string(&mut text).ok()?;
    status.success().then_some(text)
}

/// Runs a program that is expected to end by itself, and returns what it printed to stdout and
/// stderr, whatever its exit code. It is killed after `limit`.
///
/// # Errors
/// The program cannot be started.
pub fn transcript(command: &mut Command, log: &Path, limit: Duration) -> Result<String> {
    let stdout = create(log)?;
    let stderr =
        stdout.try_clone().with_context(|| texts::cannot_open(&log.display().to_string()))?;
    let name = command_line(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(stderr)
        .spawn()
        .with_context(|| texts::cannot_start(&name))?;
    // A program that does not end, or talks without end, has no more to say.
    let is_short = || fs::metadata(log).is_ok_and(|found| found.len() < MAX_TRANSCRIPT);
    wait_while(&mut child, limit, &is_short);
    let failed = || texts::cannot_read(&log.display().to_string());
    let mut bytes = Vec::new();
    let file = File::open(log).with_context(failed)?;
    file.take(MAX_TRANSCRIPT).read_to_end(&mut bytes).with_context(failed)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Finds a program in `PATH`.
pub fn find(program: &str) -> Option<PathBuf> {
    let name = format!("{program}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(&name))
        .find(|path| path.is_file())
}

/// Formats a command as typed in a shell, without its environment.
pub fn command_line(command: &Command) -> String {
    let words = iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| shell_word(&word.to_string_lossy())).collect::<Vec<_>>().join(" ")
}

/// A word as typed in a shell, in quotes if it needs them.
pub(crate) fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,+@".contains(c);
    let is_plain = !word.is_empty() && word.chars().all(plain);
    if is_plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

fn run_with(
    command: &mut Command,
    log: &Path,
    output: Option<&Path>,
    limit: Option<Duration>,
) -> Result<()> {
    let name = command_line(command);
    let mut sink = create(log)?;
    writeln!(sink, "$ {name}").with_context(|| texts::cannot_write(&log.display().to_string()))?;
    let stderr =
        sink.try_clone().with_context(|| texts::cannot_open(&log.display().to_string()))?;
    let stdout = output.map_or(Ok(sink), create)?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(stderr)
        .spawn()
        .with_context(|| texts::cannot_start(&name))?;

    let status = match limit {
        None => Some(child.wait()).transpose(),
        Some(limit) => wait_within(&mut child, limit).transpose(),
    };
    match status.with_context(|| texts::cannot_wait_for(&name))? {
        Some(status) if status.success() => Ok(()),
        Some(status) => bail!("{}{}", texts::failed(&name, &status.to_string()), tail(log)),
        None => {
            let seconds = limit.unwrap_or_default().as_secs();
            bail!("{}{}", texts::too_slow(&name, seconds), tail(log))
        }
    }
}

fn create(path: &Path) -> Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .with_context(|| texts::cannot_create(&folder.display().to_string()))?;
    }
    File::create(path).with_context(|| texts::cannot_create(&path.display().to_string()))
}

/// Waits for a program; kills it and returns `None` after `limit`.
fn wait_within(child: &mut Child, limit: Duration) -> Option<std::io::Result<ExitStatus>> {
    wait_while(child, limit, &|| true)
}

/// Like [`wait_within`], also if the condition fails.
fn wait_while(
    child: &mut Child,
    limit: Duration,
    condition: &dyn Fn() -> bool,
) -> Option<std::io::Result<ExitStatus>> {
    let start = Instant::now();
    while start.elapsed() < limit && condition() {
        match child.try_wait() {
            Ok(None) => thread::sleep(POLL),
            Ok(Some(status)) => return Some(Ok(status)),
            Err(error) => return Some(Err(error)),
        }
    }
    // It may have exited in the meantime; either way it is reaped by `wait`.
    let _ = child.kill();
    let _ = child.wait();
    None
}

/// The last lines of a log, formatted for a message; empty if the program printed nothing.
fn tail(log: &Path) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    // The first line is the command, which the message already names.
    let lines: Vec<_> = text.lines().skip(1).filter(|line| !line.trim().is_empty()).collect();
    if lines.is_empty() {
        return String::new();
    }
    let last = lines[lines.len().saturating_sub(TAIL)..].join("\n  ");
    format!("\n{}", texts::end_of_log(&log.display().to_string(), &last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_is_quoted_as_in_a_shell() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["build", "--target", "x86_64", "a b", "", "C=1"]).env("SECRET", "s");
        assert_eq!(command_line(&command), "/usr/bin/cargo build --target x86_64 'a b' '' C=1");
    }

    #[test]
    fn tail_is_short_and_omits_the_command() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        assert_eq!(tail(&log), "");
        fs::write(&log, "$ make\n").unwrap();
        assert_eq!(tail(&log), "");
        let lines: Vec<_> = (0..100).map(|n| format!("line {n}")).collect();
        fs::write(&log, format!("$ make\n{}\n", lines.join("\n"))).unwrap();
        let tail = tail(&log);
        assert!(tail.ends_with("line 99") && !tail.contains("make"), "{tail}");
        assert_eq!(tail.trim_start().lines().count(), 1 + TAIL);
    }

    #[cfg(unix)]
    #[test]
    fn failure_includes_the_output() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("logs/log");
        let sh = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            command
        };
        run(&mut sh("echo fine"), &log).unwrap();
        assert!(fs::read_to_string(&log).unwrap().ends_with("\nfine\n"));

        let error = run(&mut sh("echo out; echo err >&2; exit 3"), &log).unwrap_err().to_string();
        assert!(error.contains("status: 3") && error.ends_with("\n  out\n  err"), "{error}");

        let output = folder.path().join("out");
        run_into(&mut sh("echo out; echo err >&2"), &output, &log, Duration::from_secs(60))
            .unwrap();
        assert_eq!(fs::read_to_string(&output).unwrap(), "out\n");

        let limit = Duration::from_millis(1);
        let error = run_within(&mut sh("exec sleep 600"), &log, limit).unwrap_err().to_string();
        assert!(error.contains("did not finish within"), "{error}");

        let limit_of_start = Duration::from_secs(60);
        let said = transcript(&mut sh("echo out; echo err >&2; exit 2"), &log, limit_of_start);
        assert_eq!(said.unwrap(), "out\nerr\n");

        assert_eq!(output_within(&mut sh("echo out"), Duration::from_secs(60)).unwrap(), "out\n");
        assert_eq!(output_within(&mut sh("exec sleep 600"), limit), None);
        assert_eq!(output_within(&mut sh("exit 3"), Duration::from_secs(60)), None);

        let error = run(&mut Command::new("/nowhere/tool"), &log).unwrap_err().to_string();
        assert!(error.starts_with("cannot start `/nowhere/tool`"), "{error}");
    }
}
