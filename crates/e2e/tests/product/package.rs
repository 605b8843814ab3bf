//! Opens the packages in `target/dist` and reads them back.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use bkpack::rehearse::{Deployment, Machine, Port, Target, Values};
use bkpack::server::free_port;
use bkpack::stage;
use blueking_package::check::{self, Kind};
use blueking_package::plugin::System;
use blueking_package::v51::{self, Documents, EXPORTER_URL, Entries};

/// The version of every package.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The packages of the host exporter.
#[derive(Debug)]
pub(crate) struct Package {
    entries: Entries,
    documents: Documents,
    /// The package of BlueKing 5.1.
    pub(crate) zip: PathBuf,
    /// The package of BlueKing 6 and 7.
    pub(crate) plugin: PathBuf,
    /// A folder for the files of the test.
    pub(crate) scratch: PathBuf,
}

impl Package {
    /// Opens the packages for the test of this name.
    pub(crate) fn open(test: &str) -> Result<Self> {
        let zip = e2e::dist().join(format!("hostexporter-{VERSION}.zip"));
        let plugin = e2e::dist().join(format!("host_exporter-{VERSION}.tgz"));
        ensure!(plugin.is_file(), "{} does not exist; run `cargo xtask dist`", plugin.display());
        let entries = v51::read(&zip)?;
        let documents = Documents::from_entries(&entries)?;
        Ok(Self { entries, documents, zip, plugin, scratch: e2e::scratch(test)? })
    }

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

    /// Opens the plugin archive for one system.
    pub(crate) fn plugin_for(&self, system: System) -> Result<Target> {
        Target::open(&self.plugin, Kind::Plugin, Some(system))
    }

    /// Deploys a copy of the plugin on a free port, in a folder with a blank in its name.
    pub(crate) fn deploy<'a>(
        &self,
        target: &'a Target,
        machine: &'a Machine,
    ) -> Result<Deployment<'a>> {
        let folder = self.scratch.join("plugin copy");
        let port = Port::fixed(free_port()?);
        Deployment::new(target, machine, &folder, &Values::new(), port)
    }
}

/// The packages in `target/dist` with this extension: one of each exporter at least.
pub(crate) fn archives(extension: &str) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(e2e::dist()).context("there is no target/dist")?;
    let paths = entries.flatten().map(|entry| entry.path());
    let mut archives: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    let expected = e2e::exporters()?.len();
    ensure!(
        archives.len() >= expected,
        "target/dist has {} of {expected} packages *.{extension}; run `cargo xtask dist`",
        archives.len()
    );
    archives.sort();
    Ok(archives)
}

#[test]
fn packages_have_no_findings() -> Result<()> {
    for path in [archives("zip")?, archives("tgz")?].concat() {
        let report = check::file(&path)?;
        ensure!(report.is_clean(), "{}: {:?}", path.display(), report.findings);
    }
    Ok(())
}

#[test]
fn zip_has_both_executables() -> Result<()> {
    let package = Package::open("zip")?;
    let expected = [
        "config_schema.json",
        "description.md",
        "exporter-linux",
        "exporter-windows.exe",
        "info.json",
        "logo.png",
        "metrics.json",
    ];
    let found = package.entries.keys();
    ensure!(found.clone().eq(&expected), "the package contains {found:?}");
    Ok(())
}
