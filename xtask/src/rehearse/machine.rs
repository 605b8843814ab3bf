//! How programs of each system run on this machine: as they are, under qemu, or under Wine.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use blueking_package::plugin::System;

use crate::process;
use crate::usage_error::UsageError;

/// Where Debian keeps Wine's loader, which is not in `PATH`.
const WINE: &str = "/usr/lib/wine/wine64";

/// Wine sets up a whole Windows at its first start, and each script starts many programs.
const WINE_LIMIT: Duration = Duration::from_secs(180);

/// A script waits two seconds for the exporter, and starts programs for each process that runs.
const SCRIPT_LIMIT: Duration = Duration::from_secs(60);

/// What an old Wine lacks and a new Rust needs.
const SHIM: &str = include_str!("../../wine/bcryptprimitives.c");

/// Whether this machine can run programs of `system`.
///
/// # Errors
/// [`UsageError`] with what to install: that tells nothing of a package.
pub(super) fn is_there(system: System) -> Result<()> {
    let missing = if env::consts::OS != "linux" {
        "a rehearsal needs Linux: it looks after processes in /proc"
    } else if is_native(system) {
        return Ok(());
    } else {
        match system {
            System::LinuxAarch64 if qemu_aarch64().is_none() => NO_QEMU,
            System::WindowsX86_64 if wine().is_none() => NO_WINE,
            System::LinuxX86_64 => {
                "programs for x86-64 do not run on this machine; use one of x86-64"
            }
            System::LinuxAarch64 | System::WindowsX86_64 => return Ok(()),
        }
    };
    Err(UsageError(missing.to_owned()).into())
}

fn is_native(system: System) -> bool {
    match system {
        System::LinuxX86_64 => env::consts::ARCH == "x86_64",
        System::LinuxAarch64 => env::consts::ARCH == "aarch64",
        System::WindowsX86_64 => false,
    }
}

const NO_QEMU: &str = "there is no qemu-aarch64-static; install qemu-user-static";
const NO_WINE: &str = "there is no wine64; install wine64";

/// What runs the programs of one system.
#[derive(Debug)]
pub(crate) enum Machine {
    Native,
    /// The program itself.
    Qemu(PathBuf),
    Wine(Wine),
}

/// A Windows of its own; what runs in it is ended with it.
#[derive(Debug)]
pub(crate) struct Wine {
    wine: PathBuf,
    prefix: PathBuf,
    /// A library that goes beside an exporter, where it could be made.
    shim: Option<PathBuf>,
}

impl Machine {
    /// Finds what runs programs of `system`; a Wine gets a Windows in `scratch`.
    ///
    /// # Errors
    /// There is nothing; the message says what to install.
    pub(crate) fn new(system: System, scratch: &Path) -> Result<Self> {
        is_there(system)?;
        match system {
            _ if is_native(system) => Ok(Self::Native),
            System::LinuxX86_64 | System::LinuxAarch64 => {
                qemu_aarch64().map(Self::Qemu).context(NO_QEMU)
            }
            System::WindowsX86_64 => {
                let wine = wine().context(NO_WINE)?;
                Ok(Self::Wine(Wine::new(wine, scratch)?))
            }
        }
    }

    /// What this machine runs the programs with.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Native => "this machine",
            Self::Qemu(_) => "qemu",
            Self::Wine(_) => "Wine",
        }
    }

    /// How long a script may take.
    pub(crate) fn limit(&self) -> Duration {
        match self {
            Self::Native | Self::Qemu(_) => SCRIPT_LIMIT,
            Self::Wine(_) => WINE_LIMIT,
        }
    }

    /// Makes a program that was unpacked to `path` one that this machine can start.
    pub(crate) fn adapt(&self, path: &Path) -> Result<()> {
        let folder = path.parent().context("a program lies in a folder")?;
        match self {
            Self::Native => {}
            Self::Qemu(qemu) => {
                // This kernel knows no such programs; the one that it starts hands over to qemu.
                fs::rename(path, folder.join(EMULATED)).context("rename the program")?;
                let qemu = qemu.display();
                let starter = format!("#!/bin/sh\nexec '{qemu}' ./{EMULATED} \"$@\"\n");
                fs::write(path, starter).context("write the starter of the program")?;
                make_executable(path, 0o755)?;
            }
            Self::Wine(wine) => {
                if let Some(shim) = &wine.shim {
                    let beside = folder.join("bcryptprimitives.dll");
                    fs::copy(shim, beside).context("copy a library that Wine lacks")?;
                }
            }
        }
        Ok(())
    }

    /// A folder of this machine as the exporter's system calls it.
    pub(crate) fn path_there(&self, path: &Path) -> String {
        match self {
            Self::Native | Self::Qemu(_) => path.display().to_string(),
            Self::Wine(_) => format!("Z:{}", path.display()),
        }
    }

    /// The command that runs a program, with its folder to work in.
    pub(crate) fn program(&self, folder: &Path, name: &str) -> Command {
        let path = folder.join(name);
        let mut command = match self {
            Self::Native | Self::Qemu(_) => Command::new(path),
            Self::Wine(wine) => wine.command(&path),
        };
        command.current_dir(folder);
        command
    }

    /// The command that runs a script of a plugin, by its name without an extension.
    pub(crate) fn script(&self, folder: &Path, name: &str) -> Command {
        match self {
            Self::Native | Self::Qemu(_) => self.program(folder, &format!("{name}.sh")),
            Self::Wine(wine) => {
                let mut command = wine.command("cmd".as_ref());
                // Without a folder before it, Wine takes `start.bat` for its own command `start`.
                command.current_dir(folder).args(["/c", &format!(".\\{name}.bat")]);
                command
            }
        }
    }

    /// Whether programs that stand in for others can be made for this machine.
    pub(crate) fn can_stand_in(&self) -> bool {
        !matches!(self, Self::Wine(_)) || mingw().is_some()
    }

    /// Compiles C to the program `to` where that is a program of Windows; elsewhere a script does,
    /// and this is `None`.
    pub(crate) fn compile(&self, source: &str, to: &Path) -> Result<Option<()>> {
        if !matches!(self, Self::Wine(_)) {
            return Ok(None);
        }
        let mingw = mingw().context("there is no mingw-w64; install gcc-mingw-w64-x86-64")?;
        compile(&mingw, source, to, &[]).map(Some)
    }

    /// The exporter's own arguments among those of its process.
    pub(crate) fn own_arguments(&self, mut arguments: Vec<String>) -> Vec<String> {
        if matches!(self, Self::Qemu(_)) && !arguments.is_empty() {
            arguments.remove(0);
        }
        arguments
    }
}

/// The program behind the starter for qemu.
pub(crate) const EMULATED: &str = "emulated";

impl Wine {
    fn new(wine: PathBuf, scratch: &Path) -> Result<Self> {
        let prefix = scratch.join("wine");
        fs::create_dir_all(&prefix).context("make a folder for Wine")?;
        let shim = mingw().map(|mingw| shim(&mingw, scratch)).transpose()?;
        let wine = Self { wine, prefix, shim };
        let mut boot = wine.command("cmd".as_ref());
        boot.current_dir(&wine.prefix).args(["/c", "ver"]);
        process::run_within(&mut boot, &scratch.join("wine.log"), WINE_LIMIT)?;
        Ok(wine)
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(&self.wine);
        command.arg(program).env("WINEPREFIX", &self.prefix).env("WINEDEBUG", "-all");
        // Neither .NET nor a browser is asked for at the first start.
        command.env("WINEDLLOVERRIDES", "mscoree,mshtml=").env_remove("DISPLAY");
        command
    }
}

impl Drop for Wine {
    fn drop(&mut self) {
        // Ends the services of this prefix and nothing else.
        if let Some(wineserver) = wineserver() {
            for flag in ["-k", "-w"] {
                let mut command = Command::new(&wineserver);
                let _ = command.arg(flag).env("WINEPREFIX", &self.prefix).status();
            }
        }
    }
}

fn shim(mingw: &Path, scratch: &Path) -> Result<PathBuf> {
    let library = scratch.join("bcryptprimitives.dll");
    compile(mingw, SHIM, &library, &["-shared", "-ladvapi32"])?;
    Ok(library)
}

/// Compiles C for Windows, with the source beside what it becomes.
fn compile(mingw: &Path, text: &str, to: &Path, flags: &[&str]) -> Result<()> {
    let source = to.with_extension("c");
    fs::write(&source, text).with_context(|| format!("write {}", source.display()))?;
    let mut compile = Command::new(mingw);
    compile.args(["-O1", "-o"]).arg(to).arg(&source).args(flags);
    process::run(&mut compile, &to.with_extension("log"))
}

/// Gives a file permission bits; elsewhere than on Unix it has none.
pub(crate) fn make_executable(path: &Path, mode: u32) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
            .with_context(|| format!("make {} executable", path.display()))?;
    }
    #[cfg(not(unix))]
    let _ = (path, mode);
    Ok(())
}

pub(crate) fn wine() -> Option<PathBuf> {
    let debian = PathBuf::from(WINE);
    if debian.is_file() { Some(debian) } else { process::find("wine64") }
}

fn wineserver() -> Option<PathBuf> {
    let beside = Path::new(WINE).with_file_name("wineserver64");
    if beside.is_file() { Some(beside) } else { process::find("wineserver") }
}

pub(crate) fn mingw() -> Option<PathBuf> {
    process::find("x86_64-w64-mingw32-gcc")
}

pub(crate) fn qemu_aarch64() -> Option<PathBuf> {
    process::find("qemu-aarch64-static")
}
