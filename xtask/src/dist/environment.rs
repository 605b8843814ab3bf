//! Detects the build tools of this machine. Changes nothing.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use super::cross::{Engine, Home};
use super::target::Target;
use crate::apt;
use crate::workspace::Workspace;
use bkpack::process;

/// The distribution's compiler, by full path: rustup may come first in `PATH`.
pub(crate) const SYSTEM_RUSTC: &str = "/usr/bin/rustc";
/// The distribution's cargo.
pub(crate) const SYSTEM_CARGO: &str = "/usr/bin/cargo";
/// The linker for Windows, from mingw-w64.
pub(crate) const MINGW: &str = "x86_64-w64-mingw32-gcc";
/// The linker, C runtime and unwinder for musl: PyPI packages at the tested versions.
pub(crate) const ZIG_PACKAGES: [&str; 2] = ["ziglang==0.17.1", "cargo-zigbuild==0.24.0"];

/// The build tools of this machine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    /// Sysroot of the active toolchain.
    pub(crate) sysroot: Option<PathBuf>,
    /// Targets for which it has std.
    pub(crate) std_for: Vec<Target>,
    /// Name of the active toolchain, if rustup manages it.
    pub(crate) rustup: Option<String>,
    pub(crate) mingw: bool,
    /// Version of the distribution's rustc and cargo.
    pub(crate) system_rust: Option<String>,
    /// Whether std's source of exactly that version is installed.
    pub(crate) std_source: bool,
    pub(crate) zig: bool,
    /// A Python that can create virtual environments.
    pub(crate) python: Option<PathBuf>,
    pub(crate) apt: bool,
    /// Whether the current user is root.
    pub(crate) root: bool,
    /// A container engine that answers.
    pub(crate) engine: Option<Engine>,
    /// Whether `cross` is installed.
    pub(crate) cross: bool,
}

impl Environment {
    /// Detects the tools. Changes nothing.
    pub(crate) fn probe(workspace: &Workspace) -> Self {
        // Prefer the rustc next to the running cargo.
        let sibling = workspace.cargo().with_file_name("rustc");
        let rustc = if sibling.is_file() { sibling } else { "rustc".into() };
        let sysroot = sysroot(&rustc);
        let std_for = Target::ALL.into_iter();
        let has_std = |target: &Target| sysroot.as_deref().is_some_and(|s| has_std(s, *target));
        let system_rust = system_rust();
        Self {
            std_for: std_for.filter(has_std).collect(),
            rustup: active_toolchain(workspace),
            mingw: process::find(MINGW).is_some(),
            std_source: system_rust.as_deref().is_some_and(has_std_source),
            system_rust,
            zig: Zig::of(workspace).is_ready(),
            python: ["python3", "/usr/bin/python3"].into_iter().find_map(python_with_venv),
            apt: apt::is_available(),
            root: apt::is_root(),
            engine: Engine::find(),
            cross: Home::of(workspace).is_ready(),
            sysroot,
        }
    }
}

/// The virtual environment with zig and cargo-zigbuild, private to this workspace.
#[derive(Clone, Debug)]
pub(crate) struct Zig {
    pub(crate) venv: PathBuf,
    /// Written when the environment is complete; holds the installed versions.
    pub(crate) marker: PathBuf,
    pub(crate) cache: PathBuf,
}

impl Zig {
    pub(crate) fn of(workspace: &Workspace) -> Self {
        let tools = workspace.target().join("tools");
        let venv = tools.join("zig");
        Self { marker: venv.join("complete"), venv, cache: tools.join("zig-cache") }
    }

    pub(crate) fn python(&self) -> PathBuf {
        self.venv.join("bin/python")
    }

    pub(crate) fn cargo_zigbuild(&self) -> PathBuf {
        self.venv.join("bin/cargo-zigbuild")
    }

    fn is_ready(&self) -> bool {
        let versions = fs::read_to_string(&self.marker).unwrap_or_default();
        versions == ZIG_PACKAGES.join("\n")
            && self.cargo_zigbuild().is_file()
            // A link to the system's Python, which may have been removed.
            && self.python().is_file()
    }
}

fn sysroot(rustc: &Path) -> Option<PathBuf> {
    let text = process::output(Command::new(rustc).args(["--print", "sysroot"]))?;
    Some(text.trim().into())
}

/// Whether a toolchain has std for a target.
pub(super) fn has_std(sysroot: &Path, target: Target) -> bool {
    let folder = sysroot.join("lib/rustlib").join(target.triple()).join("lib");
    folder.read_dir().into_iter().flatten().flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libstd-") && name.ends_with(".rlib")
    })
}

/// The name of the active toolchain in rustup. Installs nothing.
fn active_toolchain(workspace: &Workspace) -> Option<String> {
    process::find("rustup")?;
    if let Ok(name) = env::var("RUSTUP_TOOLCHAIN") {
        return Some(name);
    }
    let mut command = Command::new("rustup");
    command.args(["show", "active-toolchain"]).current_dir(workspace.root());
    let text = process::output(command.env("RUSTUP_AUTO_INSTALL", "0"))?;
    text.split_whitespace().next().map(str::to_owned)
}

/// The version of the distribution's Rust. A rustup proxy at the same path does not count.
fn system_rust() -> Option<String> {
    let is_system = sysroot(SYSTEM_RUSTC.as_ref())? == Path::new("/usr");
    let text = process::output(Command::new(SYSTEM_RUSTC).arg("--version"))?;
    let version = text.split_whitespace().nth(1)?.to_owned();
    (is_system && Path::new(SYSTEM_CARGO).is_file()).then_some(version)
}

/// Whether std's source is installed. Debian's folder is a link to one with the version in its
/// name, which must be the version of the compiler.
fn has_std_source(version: &str) -> bool {
    let source = Path::new("/usr/lib/rustlib/src/rust");
    let folder = source.canonicalize().unwrap_or_default();
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    source.join("library/std/Cargo.toml").is_file()
        && name.strip_prefix("rustc-").is_none_or(|found| found == version)
}

fn python_with_venv(python: &str) -> Option<PathBuf> {
    // Debian packages `ensurepip` separately; without it an environment has no pip.
    process::output(Command::new(python).args(["-c", "import venv, ensurepip"]))?;
    Some(python.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zig_is_ready_only_at_the_tested_versions() {
        let folder = tempfile::tempdir().unwrap();
        let venv = folder.path().to_owned();
        let marker = venv.join("complete");
        let zig = Zig { marker, cache: venv.join("cache"), venv };
        fs::create_dir(folder.path().join("bin")).unwrap();
        for path in [zig.python(), zig.cargo_zigbuild()] {
            assert!(!zig.is_ready());
            fs::write(path, "").unwrap();
        }
        assert!(!zig.is_ready());
        fs::write(&zig.marker, "ziglang==0.1.0").unwrap();
        assert!(!zig.is_ready());
        fs::write(&zig.marker, ZIG_PACKAGES.join("\n")).unwrap();
        assert!(zig.is_ready());
    }
}
