//! Runs programs of each system on this machine: natively, under qemu, or under Wine.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use blueking_package::plugin::System;

use crate::UsageError;
use crate::process;
use crate::stage::set_mode;
use crate::texts::{programs, rehearse as texts};

/// Debian's path of Wine's loader, which is not in `PATH`.
const WINE: &str = "/usr/lib/wine/wine64";

/// Wine creates its prefix at the first start, and each script starts many programs.
const WINE_LIMIT: Duration = Duration::from_secs(180);

/// A script waits two seconds for the exporter, and starts programs for each process that runs.
const SCRIPT_LIMIT: Duration = Duration::from_secs(60);

/// A DLL that Rust's std needs and old versions of Wine lack.
const SHIM: &str = include_str!("../../wine/bcryptprimitives.c");

/// Checks that this machine can run programs of `system`.
///
/// # Errors
/// [`UsageError`] with the package to install, because it is not a fault of the package under test.
pub(super) fn check_available(system: System) -> Result<()> {
    let missing = if env::consts::OS != "linux" {
        texts::needs_linux()
    } else if is_native(system) {
        return Ok(());
    } else {
        match system {
            System::LinuxAarch64 if qemu_aarch64().is_none() => texts::needs_qemu(),
            System::WindowsX86_64 if wine().is_none() => texts::needs_wine(),
            System::LinuxX86_64 => texts::needs_x86_64(),
            System::LinuxAarch64 | System::WindowsX86_64 => return Ok(()),
        }
    };
    Err(UsageError(missing).into())
}

/// Whether programs of a system run on this machine as they are.
pub(crate) fn is_native(system: System) -> bool {
    let own = match system {
        System::LinuxX86_64 => ("linux", "x86_64"),
        System::LinuxAarch64 => ("linux", "aarch64"),
        System::WindowsX86_64 => ("windows", "x86_64"),
    };
    own == (env::consts::OS, env::consts::ARCH)
}

/// The way this machine runs programs of one system.
#[derive(Debug)]
pub enum Machine {
    /// As it is.
    Native,
    /// The path of qemu.
    Qemu(PathBuf),
    /// Under Wine.
    Wine(Wine),
}

/// A separate Wine prefix; its processes are killed on drop.
#[derive(Debug)]
pub struct Wine {
    wine: PathBuf,
    prefix: PathBuf,
    /// A DLL to copy next to an exporter, if it could be compiled.
    shim: Option<PathBuf>,
}

impl Machine {
    /// Selects how to run programs of `system`. Wine gets a prefix in `scratch`.
    ///
    /// # Errors
    /// The emulator is missing; the message names the package to install.
    pub fn new(system: System, scratch: &Path) -> Result<Self> {
        check_available(system)?;
        match system {
            _ if is_native(system) => Ok(Self::Native),
            System::LinuxX86_64 | System::LinuxAarch64 => {
                qemu_aarch64().map(Self::Qemu).with_context(texts::needs_qemu)
            }
            System::WindowsX86_64 => {
                let wine = wine().with_context(texts::needs_wine)?;
                Ok(Self::Wine(Wine::new(wine, scratch)?))
            }
        }
    }

    /// The name of the runtime, for messages.
    pub fn name(&self) -> String {
        match self {
            Self::Native => texts::this_machine(),
            Self::Qemu(_) => "qemu".to_owned(),
            Self::Wine(_) => "Wine".to_owned(),
        }
    }

    /// Time limit for a script.
    pub fn limit(&self) -> Duration {
        match self {
            Self::Native | Self::Qemu(_) => SCRIPT_LIMIT,
            Self::Wine(_) => WINE_LIMIT,
        }
    }

    /// Adapts an unpacked program so that this machine can start it.
    pub fn adapt(&self, path: &Path) -> Result<()> {
        let folder = path.parent().context("the path of a program has a parent")?;
        match self {
            Self::Native => {}
            Self::Qemu(qemu) => {
                // The kernel cannot execute the program, so a script starts qemu with it.
                fs::rename(path, folder.join(EMULATED))
                    .with_context(|| programs::cannot_rename(&path.display().to_string()))?;
                let qemu = qemu.display();
                let wrapper = format!("#!/bin/sh\nexec '{qemu}' ./{EMULATED} \"$@\"\n");
                fs::write(path, wrapper)
                    .with_context(|| programs::cannot_write(&path.display().to_string()))?;
                set_mode(path, 0o755)?;
            }
            Self::Wine(wine) => {
                if let Some(shim) = &wine.shim {
                    let copy = folder.join("bcryptprimitives.dll");
                    fs::copy(shim, &copy)
                        .with_context(|| programs::cannot_write(&copy.display().to_string()))?;
                }
            }
        }
        Ok(())
    }

    /// A path of this machine as seen by the exporter.
    pub fn exporter_path(&self, path: &Path) -> String {
        match self {
            Self::Native | Self::Qemu(_) => path.display().to_string(),
            Self::Wine(_) => format!("Z:{}", path.display()),
        }
    }

    /// The command that runs a program in its folder.
    pub fn program(&self, folder: &Path, name: &str) -> Command {
        let path = folder.join(name);
        let mut command = match self {
            Self::Native | Self::Qemu(_) => Command::new(path),
            Self::Wine(wine) => wine.command(&path),
        };
        command.current_dir(folder);
        command
    }

    /// The command that runs a script of a plugin, named without extension.
    pub fn script(&self, folder: &Path, name: &str) -> Command {
        match self {
            Self::Native | Self::Qemu(_) => self.program(folder, &format!("{name}.sh")),
            Self::Wine(wine) => {
                let mut command = wine.command("cmd".as_ref());
                // Without a path, Wine runs its builtin `start` instead of `start.bat`.
                command.current_dir(folder).args(["/c", &format!(".\\{name}.bat")]);
                command
            }
        }
    }

    /// Makes `cargo test` run the programs that it builds for Windows on this machine.
    pub fn set_runner(&self, cargo: &mut Command) {
        if let Self::Wine(wine) = self {
            cargo.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", &wine.wine);
            wine.set_environment(cargo);
            // Tests are in several folders, so the DLL is not copied next to each.
            if let Some(folder) = wine.shim.as_deref().and_then(Path::parent) {
                cargo.env("WINEPATH", self.exporter_path(folder));
            }
        }
    }

    /// Makes a program leave its temporary files in `folder`. Under Wine they stay with the prefix:
    /// that is also where its programs find their server.
    pub(super) fn set_temporary(&self, command: &mut Command, folder: &Path) {
        if !matches!(self, Self::Wine(_)) {
            command.env("TMPDIR", folder);
        }
    }

    /// Whether stand-in programs can be built for this machine.
    pub fn can_stand_in(&self) -> bool {
        !matches!(self, Self::Wine(_)) || mingw().is_some()
    }

    /// Compiles C to the Windows program `to`. Elsewhere, where a script suffices, does nothing and
    /// returns `None`.
    pub fn compile(&self, source: &str, to: &Path) -> Result<Option<()>> {
        if !matches!(self, Self::Wine(_)) {
            return Ok(None);
        }
        let mingw = mingw().with_context(texts::needs_mingw)?;
        compile(&mingw, source, to, &[]).map(Some)
    }

    /// The exporter's own command line within that of its process.
    pub fn own_arguments(&self, mut arguments: Vec<String>) -> Vec<String> {
        if matches!(self, Self::Qemu(_)) && !arguments.is_empty() {
            arguments.remove(0);
        }
        arguments
    }
}

/// The name of the program that the qemu wrapper starts.
pub const EMULATED: &str = "emulated";

impl Wine {
    fn new(wine: PathBuf, scratch: &Path) -> Result<Self> {
        let prefix = scratch.join("wine");
        fs::create_dir_all(&prefix)
            .with_context(|| programs::cannot_create(&prefix.display().to_string()))?;
        let shim = mingw().map(|mingw| shim(&mingw, scratch)).transpose()?;
        let wine = Self { wine, prefix, shim };
        let mut boot = wine.command("cmd".as_ref());
        boot.current_dir(&wine.prefix).args(["/c", "ver"]);
        process::run_within(&mut boot, &scratch.join("wine.log"), WINE_LIMIT)?;
        Ok(wine)
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(&self.wine);
        command.arg(program);
        self.set_environment(&mut command);
        command
    }

    fn set_environment(&self, command: &mut Command) {
        command.env("WINEPREFIX", &self.prefix).env("WINEDEBUG", "-all");
        command.env("TMPDIR", &self.prefix);
        // Skips the installation of .NET and Gecko at the first start.
        command.env("WINEDLLOVERRIDES", "mscoree,mshtml=").env_remove("DISPLAY");
    }
}

impl Drop for Wine {
    fn drop(&mut self) {
        // Stops only the services of this prefix.
        if let Some(wineserver) = wineserver() {
            for flag in ["-k", "-w"] {
                let mut command = Command::new(&wineserver);
                command.arg(flag).env("WINEPREFIX", &self.prefix).env("TMPDIR", &self.prefix);
                let _ = command.status();
            }
        }
        // Each has its own Windows of 700 MB, and no file of the plugin.
        let _ = fs::remove_dir_all(&self.prefix);
    }
}

fn shim(mingw: &Path, scratch: &Path) -> Result<PathBuf> {
    let library = scratch.join("bcryptprimitives.dll");
    compile(mingw, SHIM, &library, &["-shared", "-ladvapi32"])?;
    Ok(library)
}

/// Compiles C for Windows; the source is written next to the output.
fn compile(mingw: &Path, text: &str, to: &Path, flags: &[&str]) -> Result<()> {
    let source = to.with_extension("c");
    fs::write(&source, text)
        .with_context(|| programs::cannot_write(&source.display().to_string()))?;
    let mut compile = Command::new(mingw);
    compile.args(["-O1", "-o"]).arg(to).arg(&source).args(flags);
    process::run(&mut compile, &to.with_extension("log"))
}

/// Wine, if it is installed.
pub fn wine() -> Option<PathBuf> {
    let debian = PathBuf::from(WINE);
    if debian.is_file() { Some(debian) } else { process::find("wine64") }
}

fn wineserver() -> Option<PathBuf> {
    let debian = Path::new(WINE).with_file_name("wineserver64");
    if debian.is_file() { Some(debian) } else { process::find("wineserver") }
}

/// The C compiler for Windows, if it is installed.
pub fn mingw() -> Option<PathBuf> {
    process::find("x86_64-w64-mingw32-gcc")
}

/// The emulator of aarch64, if it is installed.
pub fn qemu_aarch64() -> Option<PathBuf> {
    process::find("qemu-aarch64-static")
}
