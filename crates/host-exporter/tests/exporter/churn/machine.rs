//! Namespaces of a test's own, with an exporter that is scraped all the time.

use std::collections::BTreeMap;
use std::env;
use std::io::{Write as _, stderr, stdout};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use exporter_kit::testing::{Page, Running};
use rustix::mount::{MountFlags, mount};

use super::fuse;
use crate::process::start;

/// What all names of a test have in them, its folder's among them.
const MARK: &str = "churn";

/// Mounts, network devices and processes that end with the first of them.
const NAMESPACES: [&str; 7] =
    ["--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child", "--"];

/// Far more than any of the tests takes.
const LIMIT_SECONDS: &str = "300";

const ROLE: &str = "CHURN_ROLE";
const TEST: &str = "CHURN_TEST";
const FOLDER: &str = "CHURN_FOLDER";

/// What this program, started again by a test, does in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Role {
    Machine,
    FileSystem,
}

/// Why something cannot be made here.
#[derive(Debug)]
pub(super) struct Cannot(pub(super) String);

/// The values of a page by series.
pub(super) type Series = BTreeMap<String, f64>;

/// The exporter, and what it shows of this machine.
pub(super) struct Machine {
    exporter: Running,
    folder: PathBuf,
    /// What is on its page before anything comes or goes.
    series: Series,
}

/// Runs `body` in the namespaces, while the exporter is scraped.
pub(super) fn on_a_machine_of_its_own(
    test: &str,
    body: impl FnOnce(&Machine) -> Result<(), Cannot>,
) {
    match env::var(ROLE).as_deref() {
        Ok("Machine") => {
            if let Err(Cannot(why)) = Machine::enter().and_then(|machine| machine.run(body)) {
                stdout().write_all(format!("\nskipped: {why}\n").as_bytes()).unwrap();
            }
        }
        Ok("FileSystem") => fuse::serve(),
        _ => {
            if let Err(Cannot(why)) = run_again(test) {
                // Past the harness, which shows nothing of a test that has not failed.
                stderr().write_all(format!("\nskipped: {test}: {why}\n").as_bytes()).unwrap();
            }
        }
    }
}

/// Runs this test again in namespaces.
fn run_again(test: &str) -> Result<(), Cannot> {
    command("unshare", &[&NAMESPACES[..], &["true"]].concat())?;
    let folder = tempfile::Builder::new().prefix(MARK).tempdir().unwrap();
    let mut again = Command::new("timeout");
    again.args(["--signal=KILL", LIMIT_SECONDS, "unshare"]).args(NAMESPACES);
    let inner = Role::Machine.command_of(test);
    again.arg(inner.get_program()).args(inner.get_args());
    again.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = again.env(FOLDER, folder.path()).stdin(Stdio::null()).output().unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
    assert!(output.status.success(), "{}\n{stdout}{stderr}", output.status);
    assert!(stdout.contains("1 passed"), "no such test as {test}: {stdout}");
    let why = stdout.lines().find_map(|line| line.strip_prefix("skipped: "));
    why.map_or(Ok(()), |why| Err(Cannot(why.to_owned())))
}

/// Runs a tool, which says why it cannot do it.
pub(super) fn command(program: &str, args: &[&str]) -> Result<(), Cannot> {
    let cannot = |why: &str| Cannot(format!("{program} {}: {}", args.join(" "), why.trim()));
    let output = Command::new(program).args(args).stdin(Stdio::null()).output();
    let output = output.map_err(|error| cannot(&error.to_string()))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(cannot(&stderr)) }
}

impl Role {
    /// This program in the role, in the test that runs.
    pub(super) fn command(self) -> Command {
        self.command_of(&env::var(TEST).unwrap())
    }

    fn command_of(self, test: &str) -> Command {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", test, "--nocapture", "--test-threads=1"]);
        command.env(ROLE, format!("{self:?}")).env(TEST, test);
        command
    }
}

impl Machine {
    /// Starts the exporter in the namespaces that this process is in.
    fn enter() -> Result<Self, Cannot> {
        // Devices of the network are shown by the sysfs of their namespace.
        mount("sysfs", "/sys", "sysfs", MountFlags::empty(), None)
            .map_err(|error| Cannot(format!("sysfs cannot be mounted: {error}")))?;
        command("ip", &["link", "set", "lo", "up"])?;
        let exporter = start(&["--collector.rates.interval=1s"]);
        // Rates are the last to come.
        let page = exporter.scrape_until(|page| page.has("sys_cpu_usage"));
        let folder = env::var_os(FOLDER).unwrap().into();
        Ok(Self { exporter, folder, series: read(&page) })
    }

    /// Runs `body` while all pages are checked.
    fn run(self, body: impl FnOnce(&Self) -> Result<(), Cannot>) -> Result<(), Cannot> {
        let (done, pages) = (AtomicBool::new(false), AtomicUsize::new(0));
        let result = thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    self.page();
                    pages.fetch_add(1, Ordering::Relaxed);
                }
            });
            // Also when it fails.
            let _end = End(&done);
            body(&self)
        });
        assert!(pages.into_inner() > 0 || result.is_err());
        let log = self.exporter.kill();
        assert!(!log.contains("panicked"), "{log}");
        result
    }

    /// A folder for a mount.
    pub(super) fn folder(&self, name: &str) -> PathBuf {
        let folder = self.folder.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// The series of a page, which has all that were there at the start.
    pub(super) fn page(&self) -> Series {
        self.check(&self.exporter.scrape())
    }

    /// Waits for a page that is as wanted.
    pub(super) fn until(&self, wanted: impl Fn(&Series) -> bool) {
        self.exporter.scrape_until(|page| wanted(&self.check(page)));
    }

    /// Waits for a page with nothing of this test on it.
    pub(super) fn until_gone(&self) {
        self.until(|page| !page.keys().any(|series| series.contains(MARK)));
    }

    fn check(&self, page: &Page) -> Series {
        let found = read(page);
        let lacks = |series: &&String| !found.contains_key(*series);
        let lacking: Vec<_> = self.series.keys().filter(lacks).collect();
        assert!(lacking.is_empty(), "the page lacks {lacking:#?}");
        for (series, value) in &found {
            let is_outcome = series.starts_with("node_scrape_collector_success");
            assert!(!is_outcome || *value == 1.0, "{series} {value}");
        }
        found
    }
}

/// Sets its flag when it is dropped.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The series of a page, each of which is there once and a number.
fn read(page: &Page) -> Series {
    let mut found = Series::new();
    assert!(page.text().ends_with('\n'));
    for line in page.text().lines() {
        let comment = ["# HELP ", "# TYPE "].iter().any(|begin| line.starts_with(begin));
        if comment {
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line:?}"));
        let value = value.parse().unwrap_or_else(|_| panic!("{line:?}"));
        let name = series.split('{').next().unwrap_or_default();
        let is_whole = series.len() == name.len() || series.ends_with('}');
        assert!(name.bytes().all(|it| it == b'_' || it.is_ascii_alphanumeric()), "{line:?}");
        assert!(is_whole && found.insert(series.to_owned(), value).is_none(), "{line:?}");
    }
    found
}
