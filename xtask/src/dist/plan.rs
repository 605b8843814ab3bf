//! The plan of a `dist` run: every file it reads, builds and writes. Pure.

use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

use bkpack::build::{Output, archive_name};
use blueking_package::v51;

use super::target::{Target, Targets};
use super::toolchain::Route;
use crate::workspace::{Exporter, Workspace};

/// The cargo profile of shipped binaries.
pub(crate) const PROFILE: &str = "shipped";

/// All paths of one `dist` run.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) route: Route,
    pub(crate) targets: Vec<Target>,
    pub(crate) version: String,
    pub(crate) revision: String,
    pub(crate) packages: Vec<PackagePlan>,
    /// The executables of bkpack, shipped as they are.
    pub(crate) bkpack: Vec<Binary>,
    /// The target folder of cargo, separate for each route: a change of compiler would rebuild
    /// everything, and the cargo that started xtask holds the lock of the default folder.
    pub(crate) cargo_target: PathBuf,
    /// The logs of the programs that are run.
    pub(crate) logs: PathBuf,
    /// The folder of all shipped files.
    pub(crate) dist: PathBuf,
    /// Hashes of all shipped files.
    pub(crate) sums: PathBuf,
}

/// One exporter's inputs and outputs.
#[derive(Debug)]
pub(crate) struct PackagePlan {
    pub(crate) exporter: Exporter,
    /// Hand-written files.
    pub(crate) inputs: Vec<PathBuf>,
    pub(crate) binaries: Vec<Binary>,
    /// The executable that is run with `--describe`.
    pub(crate) describe: Describe,
    /// The file for its output.
    pub(crate) definitions: PathBuf,
    /// The package of BlueKing 5.1, if it supports one of the targets.
    pub(crate) zip: Option<Output>,
    /// The package of BlueKing 6 and 7.
    pub(crate) plugin: Output,
}

/// An executable on its way into the packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Binary {
    pub(crate) target: Target,
    pub(crate) built: PathBuf,
    /// Its paths in the stage folders, the simplest first.
    pub(crate) staged: Vec<PathBuf>,
}

/// The executable that prints the definitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Describe {
    /// The shipped executable, which runs on this system.
    Shipped(PathBuf),
    /// An executable built for this system, because no shipped one runs here.
    Native(PathBuf),
}

impl Plan {
    /// Plans the packages of the exporters.
    pub(crate) fn new(
        workspace: &Workspace,
        route: Route,
        targets: &Targets,
        exporters: &[(Exporter, Names)],
        revision: String,
    ) -> Self {
        let cargo_target = workspace.target().join("cross").join(route.name());
        let dist = workspace.target().join("dist");
        let version = workspace.version();
        let bkpack = |target: Target| Binary {
            target,
            built: built(&cargo_target, target, "bkpack"),
            staged: vec![dist.join(format!(
                "bkpack-{version}-{}{}",
                target.platform(),
                target.suffix()
            ))],
        };
        let package = |(exporter, names): &(Exporter, Names)| {
            let mut package =
                PackagePlan::new(exporter, names, version, &targets.0, &cargo_target, &dist);
            package.inputs.push(workspace.change_log());
            package
        };
        Self {
            route,
            targets: targets.0.clone(),
            version: version.to_owned(),
            revision,
            packages: exporters.iter().map(package).collect(),
            bkpack: targets.0.iter().map(|&target| bkpack(target)).collect(),
            logs: workspace.target().join("cross/log"),
            sums: dist.join("SHA256SUMS"),
            cargo_target,
            dist,
        }
    }

    /// The names of the binaries, for messages.
    pub(crate) fn binaries(&self) -> String {
        let names: Vec<_> = self.packages.iter().map(|package| package.exporter.binary()).collect();
        names.join(" and ")
    }

    /// Formats the plan, with paths relative to the workspace.
    pub(crate) fn display<'a>(&'a self, workspace: &'a Workspace) -> impl Display {
        PlanDisplay { plan: self, workspace }
    }
}

impl PackagePlan {
    fn new(
        exporter: &Exporter,
        names: &Names,
        version: &str,
        targets: &[Target],
        cargo_target: &Path,
        dist: &Path,
    ) -> Self {
        let Names { component, plugin_id } = names;
        let stage = |name: &str| dist.join("stage").join(name);
        // `-` does not occur in component names, so the folders cannot clash.
        let plugin_stage = stage(&format!("{plugin_id}-plugin"));
        let zip = targets.iter().any(|target| target.entry().is_some()).then(|| Output {
            stage: Some(stage(component)),
            archive: dist.join(format!("{component}-{version}.zip")),
        });
        let plugin = Output {
            stage: Some(plugin_stage.clone()),
            archive: dist.join(archive_name(plugin_id, version)),
        };
        let staged = |target: Target| {
            let simple = zip.as_ref().zip(target.entry());
            let simple = simple.map(|(_, name)| stage(component).join(name));
            let system = target.system();
            let folder = plugin_stage.join(system.plugin_folder(plugin_id));
            simple.into_iter().chain([folder.join(system.executable(plugin_id))]).collect()
        };
        let binary = |&target: &Target| Binary {
            target,
            built: built(cargo_target, target, &exporter.binary()),
            staged: staged(target),
        };
        let binaries: Vec<_> = targets.iter().map(binary).collect();
        let describe = match binaries.iter().find(|binary| binary.target.runs_here()) {
            Some(binary) => Describe::Shipped(binary.built.clone()),
            None => {
                Describe::Native(cargo_target.with_file_name("native").join("debug").join(format!(
                    "{}{}",
                    exporter.binary(),
                    std::env::consts::EXE_SUFFIX
                )))
            }
        };
        Self {
            exporter: exporter.clone(),
            inputs: vec![
                exporter.description(),
                exporter.config.join(v51::DESCRIPTION),
                exporter.config.join(v51::LOGO),
            ],
            binaries,
            describe,
            definitions: cargo_target.join(format!("{}.describe.json", exporter.name)),
            zip,
            plugin,
        }
    }
}

/// Where cargo leaves an executable.
fn built(cargo_target: &Path, target: Target, name: &str) -> PathBuf {
    let folder = cargo_target.join(target.triple()).join(PROFILE);
    folder.join(format!("{name}{}", target.suffix()))
}

/// The names of an exporter on BlueKing sites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Names {
    /// In BlueKing 5.1.
    pub(crate) component: String,
    /// In BlueKing 6 and 7.
    pub(crate) plugin_id: String,
}

struct PlanDisplay<'a> {
    plan: &'a Plan,
    workspace: &'a Workspace,
}

impl Display for PlanDisplay<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let path = |path| self.workspace.shown(path);
        let Plan { route, version, revision, packages, .. } = self.plan;
        writeln!(f, "plan for version {version}, revision {revision}, {} route", route.name())?;
        for package in packages {
            writeln!(f, "{}", package.exporter.name)?;
            for input in &package.inputs {
                writeln!(f, "  read   {}", path(input))?;
            }
            for Binary { target, built, .. } in &package.binaries {
                writeln!(f, "  build  {} for {}", path(built), target.triple())?;
            }
            match &package.describe {
                Describe::Shipped(binary) => writeln!(f, "  run    {} --describe", path(binary))?,
                Describe::Native(binary) => {
                    writeln!(f, "  build  {} for this system", path(binary))?;
                    writeln!(f, "  run    {} --describe", path(binary))?;
                }
            }
            for output in package.zip.iter().chain([&package.plugin]) {
                if let Some(stage) = &output.stage {
                    writeln!(f, "  stage  {}", path(stage))?;
                }
                writeln!(f, "  write  {}", path(&output.archive))?;
            }
        }
        writeln!(f, "bkpack")?;
        for Binary { target, built, staged } in &self.plan.bkpack {
            writeln!(f, "  build  {} for {}", path(built), target.triple())?;
            for file in staged {
                writeln!(f, "  write  {}", path(file))?;
            }
        }
        write!(f, "write  {}", path(&self.plan.sums))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(targets: &[Target]) -> (Workspace, Plan) {
        let workspace = Workspace::open().unwrap();
        let config = workspace.root().join("config/a-exporter");
        let exporter = Exporter { name: "a-exporter".to_owned(), config };
        let names = Names { component: "aexporter".to_owned(), plugin_id: "a_exporter".to_owned() };
        let exporters = [(exporter, names)];
        let targets = Targets(targets.to_vec());
        let revision = "0123456789ab".to_owned();
        let plan = Plan::new(&workspace, Route::Distro, &targets, &exporters, revision);
        (workspace, plan)
    }

    #[test]
    fn plan_lists_every_path_relative_to_the_workspace() {
        let (workspace, plan) = plan(&[Target::Linux, Target::LinuxAarch64, Target::Windows]);
        let package = &plan.packages[0];
        let zip = package.zip.as_ref().unwrap();
        let version = workspace.version();
        let text = plan.display(&workspace).to_string();
        for (path, expected) in [
            (&package.inputs[0], "config/a-exporter/blueking.toml".to_owned()),
            (&package.inputs[1], "config/a-exporter/description.md".to_owned()),
            (&package.inputs[2], "config/a-exporter/logo.png".to_owned()),
            (&package.inputs[3], "CHANGELOG.md".to_owned()),
            (
                &package.binaries[0].built,
                "target/cross/distro/x86_64-unknown-linux-musl/shipped/a_exporter".to_owned(),
            ),
            (
                &package.binaries[1].built,
                "target/cross/distro/aarch64-unknown-linux-musl/shipped/a_exporter".to_owned(),
            ),
            (
                &package.binaries[2].built,
                "target/cross/distro/x86_64-pc-windows-gnu/shipped/a_exporter.exe".to_owned(),
            ),
            (zip.stage.as_ref().unwrap(), "target/dist/stage/aexporter".to_owned()),
            (&zip.archive, format!("target/dist/aexporter-{version}.zip")),
            (
                package.plugin.stage.as_ref().unwrap(),
                "target/dist/stage/a_exporter-plugin".to_owned(),
            ),
            (&package.plugin.archive, format!("target/dist/a_exporter-{version}.tgz")),
            (
                &plan.bkpack[2].built,
                "target/cross/distro/x86_64-pc-windows-gnu/shipped/bkpack.exe".to_owned(),
            ),
            (&plan.bkpack[1].staged[0], format!("target/dist/bkpack-{version}-linux-aarch64")),
            (&plan.sums, "target/dist/SHA256SUMS".to_owned()),
        ] {
            assert_eq!(workspace.shown(path), expected);
            assert!(text.contains(&expected), "{expected} is not in:\n{text}");
        }
        let staged = |binary: usize| -> Vec<_> {
            package.binaries[binary].staged.iter().map(|path| workspace.shown(path)).collect()
        };
        let folder = "target/dist/stage/a_exporter-plugin/external_plugins";
        assert_eq!(staged(1), [format!("{folder}_linux_aarch64/a_exporter/a_exporter")]);
        assert_eq!(
            staged(2),
            [
                "target/dist/stage/aexporter/exporter-windows.exe".to_owned(),
                format!("{folder}_windows_x86_64/a_exporter/a_exporter.exe"),
            ]
        );
    }

    #[test]
    fn package_without_a_supported_target_is_skipped() {
        let (_, aarch64) = plan(&[Target::LinuxAarch64]);
        assert_eq!(aarch64.packages[0].zip, None);
    }

    #[test]
    fn definitions_come_from_an_executable_that_runs_here() {
        let (_, both) = plan(&[Target::Linux, Target::Windows]);
        let (_, windows) = plan(&[Target::Windows]);
        if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            let built = both.packages[0].binaries[0].built.clone();
            assert_eq!(both.packages[0].describe, Describe::Shipped(built));
        }
        let Describe::Native(binary) = &windows.packages[0].describe else { panic!("{windows:?}") };
        assert!(binary.to_string_lossy().contains("cross/native/debug/a_exporter"), "{binary:?}");
    }
}
