//! The plan of a `dist` run: every file it reads, builds and writes. Pure.

use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

use bkpack::build::{Output, archive_name};
use blueking_package::v51;

use super::inspect::{LARGE, LARGE_TOOL};
use super::target::{Target, Targets};
use super::toolchain::Route;
use crate::workspace::{Exporter, Workspace};

/// The cargo profile of shipped binaries.
pub(crate) const PROFILE: &str = "shipped";

/// The program that is shipped beside the packages.
pub(crate) const BKPACK: &str = "bkpack";

/// All paths of one `dist` run.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) route: Route,
    pub(crate) targets: Vec<Target>,
    pub(crate) version: String,
    pub(crate) revision: String,
    pub(crate) packages: Vec<PackagePlan>,
    /// The executables of bkpack, shipped as they are; none if exporters were chosen.
    pub(crate) bkpack: Vec<Binary>,
    /// Whether the exporters are built with TLS.
    pub(crate) with_tls: bool,
    /// The target folder of cargo for Linux, separate for each route: a change of compiler would
    /// rebuild everything, and the cargo that started xtask holds the lock of the default folder.
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
    names: Names,
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
    /// Its name without a suffix.
    pub(crate) program: String,
    pub(crate) target: Target,
    pub(crate) built: PathBuf,
    /// Its paths in the stage folders, the simplest first.
    pub(crate) staged: Vec<PathBuf>,
    /// The size in bytes above which it gets a warning.
    pub(crate) limit: usize,
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
            program: BKPACK.to_owned(),
            target,
            limit: LARGE_TOOL,
            built: built(&cargo_target, target, BKPACK),
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
            with_tls: false,
            logs: workspace.target().join("cross/log"),
            sums: dist.join("SHA256SUMS"),
            cargo_target,
            dist,
        }
    }

    /// The targets by the call of cargo that builds them: all for Linux at once, those for Windows
    /// beside them. `cross` builds for one target.
    pub(crate) fn groups(&self) -> Vec<Vec<Target>> {
        if self.route == Route::Cross {
            return self.targets.iter().map(|&target| vec![target]).collect();
        }
        let (windows, linux): (Vec<_>, Vec<_>) =
            self.targets.iter().partition(|target| target.is_windows());
        [linux, windows].into_iter().filter(|group| !group.is_empty()).collect()
    }

    /// The same exporters as executables of their own, with TLS.
    pub(crate) fn standalone(mut self) -> Self {
        self.with_tls = true;
        self.bkpack.clear();
        self.sums = self.dist.join("standalone/SHA256SUMS");
        for binary in self.packages.iter_mut().flat_map(|package| &mut package.binaries) {
            let Binary { program, target, .. } = &binary;
            let (triple, suffix) = (target.triple(), target.suffix());
            let name = format!("{program}-{}-{triple}{suffix}", self.version);
            binary.staged = vec![self.dist.join("standalone").join(name)];
        }
        self
    }

    /// Every executable, those of exporters first.
    pub(crate) fn binaries(&self) -> impl Iterator<Item = &Binary> {
        self.packages.iter().flat_map(|package| &package.binaries).chain(&self.bkpack)
    }

    /// The line that announces the build.
    pub(crate) fn announcement(&self) -> String {
        let exporters = self.packages.iter().map(|package| package.exporter.binary());
        let bkpack = self.bkpack.first().map(|binary| binary.program.clone());
        let programs: Vec<_> = exporters.chain(bkpack).collect();
        let targets: Vec<_> = self.targets.iter().map(|target| target.name()).collect();
        let tls = if self.with_tls { " with TLS" } else { "" };
        let (programs, targets) = (programs.join(", "), targets.join(", "));
        format!("building {programs}{tls} for {targets} ({} route)", self.route.name())
    }

    /// Whether a file in `target/dist`, relative to it, belongs to an exporter that is left out.
    pub(crate) fn keeps(&self, file: &Path) -> bool {
        let file = file.to_string_lossy().replace('\\', "/");
        let is_ours = |package: &PackagePlan| {
            let (id, component) = (&package.names.plugin_id, &package.names.component);
            file.starts_with(&format!("stage/{id}-plugin/"))
                || file.starts_with(&format!("stage/{component}/"))
                || (file.starts_with(&format!("{id}-")) && file.ends_with(".tgz"))
                || (file.starts_with(&format!("{component}-")) && file.ends_with(".zip"))
        };
        self.bkpack.is_empty() && !self.packages.iter().any(is_ours)
    }

    /// The targets of packages that exist, by the files listed in `target/dist`, and would be replaced
    /// by this plan's packages without these targets. `every` is the plan for every target.
    pub(crate) fn lost(&self, every: &Self, listed: &[PathBuf]) -> Vec<Target> {
        let exists = |path: &PathBuf| listed.iter().any(|file| self.dist.join(file) == *path);
        let mut lost = Vec::new();
        for package in &every.packages {
            let archives = package.zip.iter().chain([&package.plugin]);
            if !archives.map(|output| &output.archive).any(exists) {
                continue;
            }
            let lacks = |binary: &&Binary| {
                !self.targets.iter().any(|target| target.system() == binary.target.system())
            };
            let binaries = package.binaries.iter().filter(lacks);
            let staged = binaries.filter(|binary| binary.staged.iter().any(exists));
            lost.extend(staged.map(|binary| binary.target));
        }
        lost.sort();
        lost.dedup();
        lost
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
            program: exporter.binary(),
            target,
            limit: LARGE,
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
            names: names.clone(),
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
    let folder = cargo_target_for(cargo_target, target).join(target.triple()).join(PROFILE);
    folder.join(format!("{name}{}", target.suffix()))
}

/// The target folder of cargo for a target, given that for Linux. cargo locks its folder, so that for
/// Windows is another one.
pub(crate) fn cargo_target_for(cargo_target: &Path, target: Target) -> PathBuf {
    let folder = if target.is_windows() { "windows" } else { "linux" };
    cargo_target.join(folder)
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
        for Binary { target, built, staged, program, .. } in &self.plan.bkpack {
            writeln!(f, "{program}")?;
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
                "target/cross/distro/linux/x86_64-unknown-linux-musl/shipped/a_exporter".to_owned(),
            ),
            (
                &package.binaries[1].built,
                "target/cross/distro/linux/aarch64-unknown-linux-musl/shipped/a_exporter"
                    .to_owned(),
            ),
            (
                &package.binaries[2].built,
                "target/cross/distro/windows/x86_64-pc-windows-gnu/shipped/a_exporter.exe"
                    .to_owned(),
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
                "target/cross/distro/windows/x86_64-pc-windows-gnu/shipped/bkpack.exe".to_owned(),
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
    #[test]
    fn one_cargo_builds_for_linux_and_one_for_windows() {
        use Target::{Linux, LinuxAarch64, Windows};
        let (_, mut plan) = plan(&[Linux, LinuxAarch64, Windows]);
        assert_eq!(plan.groups(), [vec![Linux, LinuxAarch64], vec![Windows]]);
        let text = plan.announcement();
        assert_eq!(
            text,
            "building a_exporter, bkpack for linux, linux-aarch64, windows (distro route)"
        );
        plan.route = Route::Cross;
        assert_eq!(plan.groups(), [[Linux], [LinuxAarch64], [Windows]]);
    }

    #[test]
    fn standalone_executables_have_their_own_folder() {
        let (workspace, plan) = plan(&[Target::Linux, Target::Windows7]);
        let plan = plan.standalone();
        let files: Vec<_> = plan.binaries().flat_map(|binary| &binary.staged).collect();
        let version = workspace.version();
        let folder = format!("target/dist/standalone/a_exporter-{version}-x86_64");
        let expected = ["unknown-linux-musl", "win7-windows-gnu.exe"];
        let files: Vec<_> = files.into_iter().map(|path| workspace.shown(path)).collect();
        assert_eq!(files, expected.map(|end| format!("{folder}-{end}")));
    }

    #[test]
    fn fuller_packages_of_the_same_name_are_lost() {
        let (workspace, every) = plan(&[Target::Linux, Target::LinuxAarch64, Target::Windows]);
        let binaries = every.binaries().flat_map(|binary| &binary.staged);
        let archive = &every.packages[0].plugin.archive;
        let relative = |path: &PathBuf| path.strip_prefix(&every.dist).unwrap().to_owned();
        let listed: Vec<_> = binaries.chain([archive]).map(relative).collect();
        for (targets, expected) in [
            (&[Target::Linux][..], &[Target::LinuxAarch64, Target::Windows][..]),
            (&[Target::Linux, Target::LinuxAarch64, Target::Windows7], &[]),
        ] {
            let (_, fewer) = plan(targets);
            assert_eq!(fewer.lost(&every, &listed), expected);
            // A package of another version remains.
            let others = listed.iter().filter(|file| **file != relative(archive)).cloned();
            assert_eq!(fewer.lost(&every, &others.collect::<Vec<_>>()), []);
        }
        drop(workspace);
    }

    #[test]
    fn files_of_other_exporters_are_kept() {
        let (_, mut plan) = plan(&[Target::Linux]);
        let others = ["b_exporter-0.1.0.tgz", "stage/bexporter/info.json", "bkpack-0.1.0-linux"];
        let own = ["a_exporter-0.0.9.tgz", "aexporter-0.1.0.zip", "stage/a_exporter-plugin/x"];
        assert!(!others.iter().any(|file| plan.keeps(Path::new(file))));
        plan.bkpack.clear();
        assert!(others.iter().all(|file| plan.keeps(Path::new(file))));
        assert!(!own.iter().any(|file| plan.keeps(Path::new(file))));
    }
}
