//! What `dist` is going to read, build and write, decided before it does anything. Pure.

use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

use blueking_package::v51;

use super::toolchain::Route;
use crate::workspace::{Exporter, Workspace};

/// The profile in the workspace's Cargo.toml that is shipped.
pub(crate) const PROFILE: &str = "shipped";

/// A system that exporters are built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    Linux,
    Windows,
}

/// The systems of one `dist`, in the order in which they are built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Targets(pub(crate) Vec<Target>);

/// All paths of one `dist`.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) route: Route,
    pub(crate) targets: Vec<Target>,
    pub(crate) version: String,
    pub(crate) revision: String,
    pub(crate) packages: Vec<PackagePlan>,
    /// The target folder of cargo, one for each route: cargo would build all anew on a change of
    /// compiler, and must not wait for the cargo that started this program.
    pub(crate) cargo_target: PathBuf,
    /// What the programs that run print.
    pub(crate) logs: PathBuf,
    /// Everything that ships.
    pub(crate) dist: PathBuf,
    /// Hashes of all files that ship.
    pub(crate) sums: PathBuf,
}

/// One exporter's inputs and outputs.
#[derive(Debug)]
pub(crate) struct PackagePlan {
    pub(crate) exporter: Exporter,
    /// Files that people write.
    pub(crate) inputs: Vec<PathBuf>,
    pub(crate) binaries: Vec<Binary>,
    /// The executable that is asked for its definitions.
    pub(crate) describe: Describe,
    /// What it answers.
    pub(crate) definitions: PathBuf,
    /// The files of the package, unpacked.
    pub(crate) stage: PathBuf,
    pub(crate) archive: PathBuf,
}

/// An executable on its way into a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Binary {
    pub(crate) target: Target,
    pub(crate) built: PathBuf,
    pub(crate) staged: PathBuf,
}

/// Where an exporter's definitions come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Describe {
    /// This system runs the executable that ships.
    Shipped(PathBuf),
    /// It does not: one is built for this system.
    Native(PathBuf),
}

impl Default for Targets {
    fn default() -> Self {
        Self(vec![Target::Linux, Target::Windows])
    }
}

impl Target {
    pub(crate) fn triple(self) -> &'static str {
        match self {
            Self::Linux => "x86_64-unknown-linux-musl",
            Self::Windows => "x86_64-pc-windows-gnu",
        }
    }

    /// Name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::Windows => "windows",
        }
    }

    /// Name in the package.
    pub(crate) fn entry(self) -> &'static str {
        match self {
            Self::Linux => v51::LINUX_EXPORTER,
            Self::Windows => v51::WINDOWS_EXPORTER,
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Self::Linux => "",
            Self::Windows => ".exe",
        }
    }

    /// Whether an executable for this target runs on the system that runs this program.
    pub(crate) fn runs_here(self) -> bool {
        self == Self::Linux && cfg!(all(target_os = "linux", target_arch = "x86_64"))
    }
}

impl Plan {
    /// Plans the packages of these exporters, each with the name of its component.
    pub(crate) fn new(
        workspace: &Workspace,
        route: Route,
        targets: &Targets,
        exporters: &[(Exporter, String)],
        revision: String,
    ) -> Self {
        let cargo_target = workspace.target().join("cross").join(route.name());
        let dist = workspace.target().join("dist");
        let version = workspace.version();
        let package = |(exporter, component): &(Exporter, String)| {
            PackagePlan::new(exporter, component, version, &targets.0, &cargo_target, &dist)
        };
        Self {
            route,
            targets: targets.0.clone(),
            version: version.to_owned(),
            revision,
            packages: exporters.iter().map(package).collect(),
            logs: workspace.target().join("cross/log"),
            sums: dist.join("SHA256SUMS"),
            cargo_target,
            dist,
        }
    }

    /// The plan as text, paths relative to the workspace.
    pub(crate) fn shown<'a>(&'a self, workspace: &'a Workspace) -> impl Display {
        Shown { plan: self, workspace }
    }
}

impl PackagePlan {
    fn new(
        exporter: &Exporter,
        component: &str,
        version: &str,
        targets: &[Target],
        cargo_target: &Path,
        dist: &Path,
    ) -> Self {
        let stage = dist.join("stage").join(component);
        let binary = |&target: &Target| Binary {
            target,
            built: cargo_target.join(target.triple()).join(PROFILE).join(format!(
                "{}{}",
                exporter.binary(),
                target.suffix()
            )),
            staged: stage.join(target.entry()),
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
            stage,
            archive: dist.join(format!("{component}-{version}.zip")),
        }
    }
}

struct Shown<'a> {
    plan: &'a Plan,
    workspace: &'a Workspace,
}

impl Display for Shown<'_> {
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
                Describe::Shipped(binary) => writeln!(f, "  ask    {}", path(binary))?,
                Describe::Native(binary) => {
                    writeln!(f, "  build  {} for this system", path(binary))?;
                    writeln!(f, "  ask    {}", path(binary))?;
                }
            }
            writeln!(f, "  stage  {}", path(&package.stage))?;
            writeln!(f, "  write  {}", path(&package.archive))?;
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
        let exporters = [(exporter, "aexporter".to_owned())];
        let targets = Targets(targets.to_vec());
        let revision = "0123456789ab".to_owned();
        let plan = Plan::new(&workspace, Route::Distro, &targets, &exporters, revision);
        (workspace, plan)
    }

    #[test]
    fn every_path_is_below_the_workspace_and_told() {
        let (workspace, plan) = plan(&[Target::Linux, Target::Windows]);
        let package = &plan.packages[0];
        let version = workspace.version();
        let shown = plan.shown(&workspace).to_string();
        for (path, expected) in [
            (&package.inputs[0], "config/a-exporter/blueking.toml".to_owned()),
            (&package.inputs[1], "config/a-exporter/description.md".to_owned()),
            (&package.inputs[2], "config/a-exporter/logo.png".to_owned()),
            (
                &package.binaries[0].built,
                "target/cross/distro/x86_64-unknown-linux-musl/shipped/a_exporter".to_owned(),
            ),
            (
                &package.binaries[1].built,
                "target/cross/distro/x86_64-pc-windows-gnu/shipped/a_exporter.exe".to_owned(),
            ),
            (&package.stage, "target/dist/stage/aexporter".to_owned()),
            (&package.archive, format!("target/dist/aexporter-{version}.zip")),
            (&plan.sums, "target/dist/SHA256SUMS".to_owned()),
        ] {
            assert_eq!(workspace.shown(path), expected);
            assert!(shown.contains(&expected), "{expected} is not in:\n{shown}");
        }
        assert_eq!(
            workspace.shown(&package.binaries[1].staged),
            "target/dist/stage/aexporter/exporter-windows.exe"
        );
    }

    #[test]
    fn definitions_come_from_what_runs_here() {
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
