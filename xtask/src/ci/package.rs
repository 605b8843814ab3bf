//! The package: made by `dist` as a user makes it, made again to the same bytes, and taken apart.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use blueking_package::check;
use blueking_package::v51::{self, Documents, EXPORTER_URL, Entries};

use super::report::{Done, Report};
use crate::workspace::Workspace;

/// A package and what came out of it.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) entries: Entries,
    pub(crate) documents: Documents,
    /// The package of BlueKing 5.1.
    pub(crate) zip: PathBuf,
    /// The package of BlueKing 6 and 7.
    pub(crate) plugin_archive: PathBuf,
    /// The folder that the archive is in.
    pub(crate) dist: PathBuf,
    /// A scratch folder for the processes of the tests.
    pub(crate) scratch: PathBuf,
}

/// Makes the package with `cargo xtask dist`; `None` if that fails.
pub(crate) fn make(workspace: &Workspace, setup: bool, report: &mut Report) -> Option<Package> {
    let dist = workspace.target().join("dist");
    let made = report.step("cargo xtask dist", || dist_command(workspace, setup));
    if !made {
        return None;
    }
    report.step("cargo xtask dist again gives the same bytes", || {
        let before = fs::read_to_string(dist.join("SHA256SUMS")).context("read SHA256SUMS")?;
        let done = dist_command(workspace, false)?;
        let after = fs::read_to_string(dist.join("SHA256SUMS")).context("read SHA256SUMS")?;
        ensure!(before == after, "before:\n{before}\nafter:\n{after}");
        Ok(done)
    });
    look(workspace, report)
}

/// Checks what `dist` made, and reads the package of the host exporter back.
pub(super) fn look(workspace: &Workspace, report: &mut Report) -> Option<Package> {
    let dist = workspace.target().join("dist");
    report.step("cargo xtask check of every package", || every_package_is_clean(workspace, &dist));
    let mut package = None;
    report.step("the package read back", || {
        package = Some(open(workspace, &dist)?);
        Ok(Done::Passed(1))
    });
    package
}

/// Checks both packages of each exporter: no error, and no warning.
fn every_package_is_clean(workspace: &Workspace, dist: &Path) -> Result<Done> {
    let mut count = 0;
    for entry in fs::read_dir(dist).context("read target/dist")? {
        let path = entry.context("read target/dist")?.path();
        if path.extension().is_some_and(|end| end == "zip" || end == "tgz") {
            let report = check::file(&path)?;
            ensure!(report.is_clean(), "{}: {:?}", path.display(), report.findings);
            count += 1;
        }
    }
    let expected = 2 * workspace.exporters()?.len();
    ensure!(count >= expected, "{count} packages of {expected} are in target/dist");
    Ok(Done::Passed(count))
}

fn dist_command(workspace: &Workspace, setup: bool) -> Result<Done> {
    let mut command = Command::new(this_program()?);
    // The route that depends on package registries alone.
    command.current_dir(workspace.root()).args(["dist", "--toolchain", "distro"]);
    if setup {
        command.arg("--setup");
    }
    let status = command.stdin(Stdio::null()).status().context("start dist")?;
    ensure!(status.success(), "dist failed; what it said is above");
    Ok(Done::Passed(1))
}

/// Where this program is. A test run may have built it anew meanwhile; then Linux marks the path of
/// the running one, and the new one is in its place.
pub(super) fn this_program() -> Result<PathBuf> {
    let program = env::current_exe().context("find this program")?;
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
    ensure!(entries.keys().eq(&expected), "{name} holds {:?}", entries.keys());
    let documents = Documents::from_entries(&entries)?;
    let scratch = workspace.target().join("ci/scratch");
    if scratch.exists() {
        fs::remove_dir_all(&scratch).context("clear the scratch folder")?;
    }
    fs::create_dir_all(&scratch).context("make the scratch folder")?;
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
    /// Unpacks one entry into a folder of its own, as a program that can be started.
    pub(crate) fn unpack(&self, entry: &str) -> Result<PathBuf> {
        let folder = self.scratch.join(entry).with_extension("d");
        fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
        let path = folder.join(entry);
        let bytes = self.entries.get(entry).with_context(|| format!("there is no {entry}"))?;
        fs::write(&path, bytes).with_context(|| format!("write {}", path.display()))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
                .with_context(|| format!("make {} executable", path.display()))?;
        }
        Ok(path)
    }

    /// The arguments that BlueKing starts the exporter with when an operator has typed another
    /// port into the form: the package's own port may be taken on this machine.
    pub(crate) fn arguments(&self, port: u16) -> Result<Vec<String>> {
        let of = |name: &str| {
            let found = self.documents.config_schema.iter().find(|one| one.name == name);
            found.map(|one| one.default.clone()).with_context(|| format!("no parameter {name}"))
        };
        let listen = of("--web.listen-address")?;
        let url = of(EXPORTER_URL)?;
        ensure!(listen == "127.0.0.1:9601", "the package listens on {listen}");
        ensure!(url == format!("http://{listen}/metrics"), "the package is scraped at {url}");
        let typed = [("--web.listen-address".to_owned(), format!("127.0.0.1:{port}"))];
        Ok(v51::command_line(&self.documents.config_schema, &BTreeMap::from(typed)))
    }
}
