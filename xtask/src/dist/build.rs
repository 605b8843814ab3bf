//! The cargo commands of each route. All inputs of a binary are set here: environment variables of
//! the outer cargo or of the user's shell do not reach the compiler.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::cross::Home;
use super::environment::{MINGW, SYSTEM_CARGO, SYSTEM_RUSTC, Zig};
use super::mingw;
use super::path_remap::PathRemap;
use super::plan::{PROFILE, Plan, cargo_target_for};
use super::target::Target;
use super::toolchain::Route;
use super::variables::leaks;
use crate::workspace::Workspace;

/// Creates the cargo commands of a plan.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cargo<'a> {
    workspace: &'a Workspace,
    plan: &'a Plan,
}

impl<'a> Cargo<'a> {
    pub(crate) fn new(workspace: &'a Workspace, plan: &'a Plan) -> Self {
        Self { workspace, plan }
    }

    /// Downloads and unpacks all crates, including std's dependencies where std is built from
    /// source. Afterwards their folders can be remapped, and builds need no network.
    pub(crate) fn fetch(self) -> Command {
        let mut command = self.plain();
        command.args(["fetch", "--locked"]);
        if self.plan.route == Route::Distro {
            command.arg("-Zbuild-std");
        }
        for target in &self.plan.targets {
            command.args(["--target", target.triple()]);
        }
        // A build also wants the crates that what runs here would need on its targets: those of
        // Linux alone that have dependencies for Windows.
        command.args(["--target", "host-tuple"]);
        command
    }

    /// Builds the programs of the plan for targets of one system, together: the last step of each,
    /// one thread for the whole program, runs beside the others.
    pub(crate) fn build(self, targets: &[Target], remap: &PathRemap) -> Result<Command> {
        let mut command = self.base_build(targets, remap)?;
        self.exporters(&mut command);
        if !self.plan.bkpack.is_empty() {
            command.args(["-p", "bkpack", "--bin", "bkpack"]);
        }
        if self.plan.with_tls {
            // Its cryptography contains C and assembly, which zig and mingw compile.
            command.args(["--features", "exporter-kit/tls"]);
        }
        Ok(command)
    }

    /// Builds and runs the tests of host_exporter for Windows.
    pub(crate) fn test_for_windows(self) -> Command {
        let mut command = self.plain();
        command.args(["test", "--locked", "--offline", "--no-fail-fast", "-p", "host-exporter"]);
        command.args(["-Zbuild-std=std,panic_unwind,test", "-Zbuild-std-features=panic-unwind"]);
        command.args(["--target", Target::Windows.triple()]);
        // These tests unpack little, and a fast build of zlib takes longer than all of them.
        command.args(["--config", "profile.dev.package.zlib-rs.opt-level=0"]);
        command
            .env("CARGO_TARGET_DIR", cargo_target_for(&self.plan.cargo_target, Target::Windows))
            .env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER", MINGW)
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_PROFILE_DEV_DEBUG", "0");
        command
    }

    /// Builds examples of the kit for Linux with the settings of shipped exporters.
    pub(crate) fn build_examples(self, remap: &PathRemap, examples: &[&str]) -> Result<Command> {
        let mut command = self.base_build(&[Target::Linux], remap)?;
        command.args(["-p", "exporter-kit"]);
        for example in examples {
            command.args(["--example", example]);
        }
        Ok(command)
    }

    fn base_build(self, targets: &[Target], remap: &PathRemap) -> Result<Command> {
        let first = targets[0];
        let mut command = match (self.plan.route, first) {
            (Route::Distro, Target::Linux | Target::LinuxAarch64) => self.zigbuild(),
            (Route::Cross, _) => self.cross(),
            _ => {
                let mut command = self.plain();
                command.args(["build", "--locked"]);
                command
            }
        };
        if self.plan.route == Route::Distro {
            command.arg("-Zbuild-std=std,panic_unwind");
            // Without std's backtrace symbolizer: shipped binaries are stripped of symbols, and it
            // makes up a fifth of a small exporter.
            command.arg("-Zbuild-std-features=panic-unwind");
        }
        command.args(["--offline", "--profile", PROFILE]);
        for target in targets {
            command.args(["--target", target.triple()]);
        }
        command
            .env("CARGO_TARGET_DIR", cargo_target_for(&self.plan.cargo_target, first))
            .env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER", MINGW)
            .env("CARGO_TARGET_X86_64_WIN7_WINDOWS_GNU_LINKER", MINGW)
            .env(mingw::NO_OTHER_ARCHIVES, "1")
            // The encoded form supports paths with blanks and overrides configuration files.
            .env("CARGO_ENCODED_RUSTFLAGS", self.rustflags(first, remap)?.join("\x1f"));
        if self.plan.route == Route::Rustup {
            // The system's C compiler links only for the host. C runtime and unwinder come with
            // std, so the toolchain's own linker suffices.
            command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER", "rust-lld");
        }
        Ok(command)
    }

    /// Builds the exporters for this system, with the cargo that started xtask.
    pub(crate) fn build_native(self) -> Command {
        let mut command = self.command(&self.workspace.cargo());
        command.args(["build", "--locked"]);
        self.exporters(&mut command);
        command.env("CARGO_TARGET_DIR", self.plan.cargo_target.with_file_name("native"));
        command
    }

    fn rustflags(self, target: Target, remap: &PathRemap) -> Result<Vec<String>> {
        let route = self.plan.route;
        let mut flags = match route {
            Route::Cross => remap.in_container().remap_flags()?,
            Route::Rustup | Route::Distro => remap.remap_flags()?,
        };
        match (target, route) {
            (Target::Windows | Target::Windows7, _) => {
                // Container paths do not depend on the workspace.
                if route != Route::Cross {
                    let folder = cargo_target_for(&self.plan.cargo_target, target);
                    flags.push(mingw::link_flag(&folder)?);
                }
                // The linker would write a timestamp into the header.
                flags.push("-Clink-arg=-Wl,--no-insert-timestamp".to_owned());
            }
            // zig provides C runtime and unwinder; std built from source has none.
            (Target::Linux | Target::LinuxAarch64, Route::Distro) => {
                flags.push("-Clink-self-contained=no".to_owned());
            }
            (Target::Linux | Target::LinuxAarch64, Route::Rustup | Route::Cross) => {}
        }
        Ok(flags)
    }

    /// The cargo of the route.
    fn plain(self) -> Command {
        match self.plan.route {
            Route::Rustup | Route::Cross => self.command(&self.workspace.cargo()),
            Route::Distro => {
                let mut command = self.command(Path::new(SYSTEM_CARGO));
                set_distro(&mut command);
                command
            }
        }
    }

    /// cargo-zigbuild with the distribution's cargo.
    fn zigbuild(self) -> Command {
        let zig = Zig::of(self.workspace);
        let mut command = self.command(&zig.cargo_zigbuild());
        command.args(["zigbuild", "--locked"]);
        set_distro(&mut command);
        command
            .env("CARGO_ZIGBUILD_PYTHON_PATH", zig.python())
            .env("CARGO_ZIGBUILD_CACHE_DIR", zig.cache.join("zigbuild"))
            .env("ZIG_GLOBAL_CACHE_DIR", zig.cache.join("global"))
            .env("ZIG_LOCAL_CACHE_DIR", zig.cache.join("local"));
        command
    }

    /// `cross`, which runs the cargo in its containers.
    fn cross(self) -> Command {
        let home = Home::of(self.workspace);
        let (program, toolchain) = home.arguments();
        let mut command = self.command(&program);
        home.set(&mut command);
        command.args([&*toolchain, "build", "--locked"]);
        command
    }

    /// A command in the workspace, without the environment of the outer cargo and shell.
    fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.workspace.root()).env("BUILD_REVISION", &self.plan.revision);
        command.env("TMPDIR", self.workspace.temporary());
        let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        for name in names.filter(|name| leaks(name)) {
            command.env_remove(name);
        }
        command.env("CARGO_TARGET_DIR", &self.plan.cargo_target);
        command
    }

    fn exporters(self, command: &mut Command) {
        for package in &self.plan.packages {
            command.args(["-p", &package.exporter.name, "--bin", &package.exporter.binary()]);
        }
    }
}

/// Makes a command use the distribution's Rust, regardless of the active toolchain.
fn set_distro(command: &mut Command) {
    let mut path = OsString::from("/usr/bin:");
    path.push(env::var_os("PATH").unwrap_or_default());
    command
        .env("PATH", path)
        .env("CARGO", SYSTEM_CARGO)
        .env("RUSTC", SYSTEM_RUSTC)
        // Enables `-Zbuild-std`, a nightly feature, on a stable compiler.
        .env("RUSTC_BOOTSTRAP", "1")
        .env_remove("RUSTUP_TOOLCHAIN")
        // `cargo run` sets it to its own toolchain's libraries.
        .env_remove("LD_LIBRARY_PATH");
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::path::PathBuf;

    use super::*;
    use crate::dist::plan::Names;
    use crate::dist::target::Targets;
    use crate::workspace::Exporter;
    use bkpack::process;

    fn plan(workspace: &Workspace, route: Route) -> Plan {
        let exporters = ["a-exporter", "b-exporter"].map(|name| {
            let names = Names { component: name.to_owned(), plugin_id: name.to_owned() };
            (Exporter { name: name.to_owned(), config: PathBuf::from("config") }, names)
        });
        Plan::new(workspace, route, &Targets::default(), &exporters, "0123456789ab".to_owned())
    }

    /// The value that a command sets a variable to; `Some(None)` if it removes the variable.
    fn variable<'a>(command: &'a Command, name: &str) -> Option<Option<&'a OsStr>> {
        command.get_envs().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    #[test]
    fn arguments_of_each_route_and_target() {
        use Target::{Linux, LinuxAarch64, Windows, Windows7};
        let workspace = Workspace::open().unwrap();
        let remap = PathRemap::default();
        let common = "--offline --profile shipped --target";
        let exporters =
            "-p a-exporter --bin a_exporter -p b-exporter --bin b_exporter -p bkpack --bin bkpack";
        let std = "-Zbuild-std=std,panic_unwind -Zbuild-std-features=panic-unwind";
        let [musl, arm, gnu, win7] = [Linux, LinuxAarch64, Windows, Windows7].map(Target::triple);
        for (route, targets, expected) in [
            (
                Route::Rustup,
                &[Linux, LinuxAarch64][..],
                format!("build --locked {common} {musl} --target {arm} {exporters}"),
            ),
            (Route::Rustup, &[Windows], format!("build --locked {common} {gnu} {exporters}")),
            (
                Route::Distro,
                &[Linux, LinuxAarch64],
                format!("zigbuild --locked {std} {common} {musl} --target {arm} {exporters}"),
            ),
            (
                Route::Cross,
                &[Linux],
                format!("bin/cross +cross build --locked {common} {musl} {exporters}"),
            ),
            (
                Route::Cross,
                &[Windows],
                format!("bin/cross +cross build --locked {common} {gnu} {exporters}"),
            ),
            (
                Route::Distro,
                &[Windows7],
                format!("/usr/bin/cargo build --locked {std} {common} {win7} {exporters}"),
            ),
            (
                Route::Distro,
                &[Windows],
                format!("/usr/bin/cargo build --locked {std} {common} {gnu} {exporters}"),
            ),
        ] {
            let plan = plan(&workspace, route);
            let command = Cargo::new(&workspace, &plan).build(targets, &remap).unwrap();
            let text = process::command_line(&command);
            assert!(text.ends_with(&expected), "{text}");
        }
        let plan = plan(&workspace, Route::Distro);
        assert_eq!(
            process::command_line(&Cargo::new(&workspace, &plan).fetch()),
            format!(
                "/usr/bin/cargo fetch --locked -Zbuild-std --target {musl} --target {arm} --target {gnu} \
                 --target host-tuple"
            )
        );
    }

    #[test]
    fn environment_belongs_to_the_route() {
        let workspace = Workspace::open().unwrap();
        let plan_distro = plan(&workspace, Route::Distro);
        let distro = Cargo::new(&workspace, &plan_distro);
        let linux = distro.build(&[Target::Linux], &PathRemap::default()).unwrap();
        for (name, expected) in [
            ("RUSTC", Some("/usr/bin/rustc")),
            ("CARGO", Some("/usr/bin/cargo")),
            ("RUSTC_BOOTSTRAP", Some("1")),
            ("BUILD_REVISION", Some("0123456789ab")),
            ("RUSTUP_TOOLCHAIN", None),
            ("LD_LIBRARY_PATH", None),
        ] {
            assert_eq!(variable(&linux, name), Some(expected.map(OsStr::new)), "{name}");
        }
        let flags = |command: &Command| {
            let flags = variable(command, "CARGO_ENCODED_RUSTFLAGS").flatten().unwrap();
            flags.to_str().unwrap().replace('\x1f', " ")
        };
        assert!(flags(&linux).ends_with("-Clink-self-contained=no"));
        let windows = distro.build(&[Target::Windows], &PathRemap::default()).unwrap();
        assert!(flags(&windows).ends_with("-Clink-arg=-Wl,--no-insert-timestamp"));

        let windows7 = distro.build(&[Target::Windows7], &PathRemap::default()).unwrap();
        assert!(flags(&windows7).ends_with("-Clink-arg=-Wl,--no-insert-timestamp"));
        let linker = "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER";
        assert_eq!(variable(&windows7, linker).flatten(), None);

        let plan_rustup = plan(&workspace, Route::Rustup);
        let rustup = Cargo::new(&workspace, &plan_rustup);
        let linux = rustup.build(&[Target::Linux], &PathRemap::default()).unwrap();
        assert_eq!(variable(&linux, "RUSTC_BOOTSTRAP").flatten(), None);
        assert_eq!(variable(&linux, "RUSTUP_TOOLCHAIN"), None);
        assert!(!flags(&linux).contains("-Clink"));
        assert_eq!(variable(&linux, linker).flatten(), Some(OsStr::new("rust-lld")));
        let folder = variable(&linux, "CARGO_TARGET_DIR").flatten().unwrap();
        assert_eq!(workspace.shown(folder.as_ref()), "target/cross/rustup/linux");
    }

    #[test]
    fn container_uses_its_own_paths_and_linkers() {
        let workspace = Workspace::open().unwrap();
        let plan = plan(&workspace, Route::Cross);
        let remap = PathRemap { workspace: "/home/ann/w".into(), ..PathRemap::default() };
        for (target, flags) in [
            (
                Target::Linux,
                "--remap-path-prefix=/rust=/toolchain --remap-path-prefix=/cargo=/cargo \
                 --remap-path-prefix=/project=.",
            ),
            (
                Target::Windows,
                "--remap-path-prefix=/rust=/toolchain --remap-path-prefix=/cargo=/cargo \
                 --remap-path-prefix=/project=. -Clink-arg=-Wl,--no-insert-timestamp",
            ),
        ] {
            let command = Cargo::new(&workspace, &plan).build(&[target], &remap).unwrap();
            let set = variable(&command, "CARGO_ENCODED_RUSTFLAGS").flatten().unwrap();
            assert_eq!(set.to_str().unwrap().replace('\x1f', " "), flags);
            // The image defines the linker for Linux.
            for linker in ["X86_64", "AARCH64"] {
                let linker = format!("CARGO_TARGET_{linker}_UNKNOWN_LINUX_MUSL_LINKER");
                assert_eq!(variable(&command, &linker).flatten(), None);
            }
            assert_eq!(variable(&command, "LD_LIBRARY_PATH"), Some(None));
            let home = variable(&command, "RUSTUP_HOME").flatten().unwrap();
            assert_eq!(workspace.shown(home.as_ref()), "target/tools/cross-0.2.5/rustup");
        }
    }
}
