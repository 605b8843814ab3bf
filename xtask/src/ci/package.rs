//! Builds the packages with `dist` as a user does, checks that a second build is identical, and
//! reads them back.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use bkpack::stage;
use blueking_package::check;
use blueking_package::v51::{self, Documents, EXPORTER_URL, Entries};

use super::report::{Done, Report};
use crate::workspace::Workspace;

/// The packages of the host exporter.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) entries: Entries,
    pub(crate) documents: Documents,
    /// The package of BlueKing 5.1.
    pub(crate) zip: PathBuf,
    /// The package of BlueKing 6 and 7.
    pub(crate) plugin_archive: PathBuf,
    /// The folder of the archives.
    pub(crate) dist: PathBuf,
    /// A scratch folder for the processes of the tests.
    pub(crate) scratch: PathBuf,
}

/// Builds the packages with `cargo xtask dist`; `None` on failure.
pub(crate) fn build(workspace: &Workspace, setup: bool, report: &mut Report) -> Option<Package> {
    let dist = workspace.target().join("dist");
    let built = report.step("cargo xtask dist", || dist_command(workspace, setup));
    if !built {
        return None;
    }
    report.step("cargo xtask dist is reproducible", || {
        let before =
            fs::read_to_string(dist.join("SHA256SUMS")).context("cannot read SHA256SUMS")?;
        let done = dist_command(workspace, false)?;
        let after =
            fs::read_to_string(dist.join("SHA256SUMS")).context("cannot read SHA256SUMS")?;
        ensure!(before == after, "before:\n{before}\nafter:\n{after}");
        Ok(done)
    });
    check_dist(workspace, report)
}

/// Checks the packages in `target/dist`, and reads back those of the host exporter.
pub(super) fn check_dist(workspace: &Workspace, report: &mut Report) -> Option<Package> {
    let dist = workspace.target().join("dist");
    report.step("cargo xtask check of every package", || check_all(workspace, &dist));
    let mut package = None;
    report.step("read the package back", || {
        package = Some(open(workspace, &dist)?);
        Ok(Done::Passed(1))
    });
    package
}

/// Checks that both packages of each exporter have no errors and no warnings.
fn check_all(workspace: &Workspace, dist: &Path) -> Result<Done> {
    let mut count = 0;
    for entry in fs::read_dir(dist).context("cannot read target/dist")? {
        let path = entry.context("cannot read target/dist")?.path();
        if path.extension().is_some_and(|end| end == "zip" || end == "tgz") {
            let report = check::file(&path)?;
            ensure!(report.is_clean(), "{}: {:?}", path.display(), report.findings);
            count += 1;
        }
    }
    let expected = 2 * workspace.exporters()?.len();
    ensure!(count >= expected, "target/dist has {count} of {expected} packages");
    Ok(Done::Passed(count))
}

fn dist_command(workspace: &Workspace, setup: bool) -> Result<Done> {
    let mut command = Command::new(this_program()?);
    // The route that needs only package registries.
    command.current_dir(workspace.root()).args(["dist", "--toolchain", "distro"]);
    if setup {
        command.arg("--setup");
    }
    let status = command.stdin(Stdio::null()).status().context("cannot start dist")?;
    ensure!(status.success(), "dist failed; its output is above");
    Ok(Done::Passed(1))
}

/// The path of xtask. If a test run has rebuilt it meanwhile, Linux appends a mark to the path of
/// the running program; the new one is at the original path.
pub(super) fn this_program() -> Result<PathBuf> {
    let program = env::current_exe().context("cannot find this program")?;
    let replaced = program.to_str().and_then(|path| path.strip_suffix(" (deleted)"));
    Ok(replaced.map(PathBuf::from).unwrap_or(program))
}

fn open(workspace: &Workspace, dist: &Path) -> Result<Package> {
    let name = format!("hostexporter-{}.zip", workspace.version());
    let entries = v51::read(&dist.join(&name))?;
    let report = check::file(&dist.join(&name))?;
    ensure!(report.is_clean(), "{:?}", report.findings);
    let expected = [
        "config_schema.json",
        "description.md",
        "exporter-linux",
        "exporter-windows.exe",
        "info.json",
        "logo.png",
        "metrics.json",
    ];
    ensure!(entries.keys().eq(&expected), "{name} contains {:?}", entries.keys());
    let documents = Documents::from_entries(&entries)?;
    let scratch = workspace.target().join("ci/scratch");
    if scratch.exists() {
        fs::remove_dir_all(&scratch).context("cannot clear the scratch folder")?;
    }
    fs::create_dir_all(&scratch).context("cannot create the scratch folder")?;
    let plugin_archive = dist.join(format!("host_exporter-{}.tgz", workspace.version()));
    let report = check::file(&plugin_archive)?;
    ensure!(report.is_clean(), "{:?}", report.findings);
    Ok(Package {
        entries,
        documents,
        zip: dist.join(&name),
        plugin_archive,
        dist: dist.to_owned(),
        scratch,
    })
}

impl Package {
    /// Unpacks an executable into a separate folder.
    pub(crate) fn unpack(&self, entry: &str) -> Result<PathBuf> {
        let folder = self.scratch.join(entry).with_extension("d");
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        let path = folder.join(entry);
        let bytes =
            self.entries.get(entry).with_context(|| format!("the package has no {entry}"))?;
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
        stage::set_mode(&path, 0o755)?;
        Ok(path)
    }

    /// The arguments with which BlueKing starts the exporter after an operator has changed the port
    /// in the form: the package's own port may be taken on this machine.
    pub(crate) fn arguments(&self, port: u16) -> Result<Vec<String>> {
        let default = |name: &str| {
            let found = self.documents.config_schema.iter().find(|row| row.name == name);
            found.map(|row| row.default.clone()).with_context(|| format!("no parameter {name}"))
        };
        let listen = default("--web.listen-address")?;
        let url = default(EXPORTER_URL)?;
        ensure!(listen == "127.0.0.1:9601", "the package listens on {listen}");
        ensure!(url == format!("http://{listen}/metrics"), "the package is scraped at {url}");
        let typed = [("--web.listen-address".to_owned(), format!("127.0.0.1:{port}"))];
        Ok(v51::command_line(&self.documents.config_schema, &BTreeMap::from(typed)))
    }
}
