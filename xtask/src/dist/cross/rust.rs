//! The toolchain for the containers: a copy of the active one in a separate rustup home, so that
//! `cross` and rustup never modify the user's toolchains.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::dist::environment::has_std;
use crate::dist::target::Target;
use bkpack::process;

/// The name of the copy, passed to `cross`. It must differ from the active toolchain's name, which
/// `cross` misparses and then makes rustup reinstall.
pub(super) const NAME: &str = "cross";

/// The active toolchain of the rustup home: the copy under another name.
pub(super) const ACTIVE: &str = "host";

/// The copy under a name in rustup's own format, because rustup adds targets only to such
/// toolchains. Their version is recorded in the copy.
const OF_RUSTUP: &str = "stable-x86_64-unknown-linux-gnu";

/// The host triple of the toolchain, here and in the containers.
const HOST: &str = "x86_64-unknown-linux-gnu";

/// rustup downloads some tens of megabytes per target, and its server may be unreachable.
const RUSTUP_LIMIT: Duration = Duration::from_secs(180);

/// Creates or updates the copy, and adds std for the targets. Returns the output of `rustc -vV`.
pub(super) fn prepare(
    home: &Path,
    sysroot: &Path,
    targets: &[Target],
    logs: &Path,
) -> Result<String> {
    let mut rustc = Command::new(sysroot.join("bin/rustc"));
    let version = process::output(rustc.arg("-vV"))
        .with_context(|| format!("cannot run {}/bin/rustc -vV", sysroot.display()))?;
    let wanted = format!("{}\n{version}", sysroot.display());
    let marker = home.join("copied");
    let copy = home.join("toolchains").join(NAME);
    if fs::read_to_string(&marker).ok().as_ref() != Some(&wanted) {
        copy_toolchain(home, &copy, sysroot)?;
        fs::write(&marker, wanted).with_context(|| format!("cannot write {}", marker.display()))?;
    }
    for &target in targets.iter().filter(|target| !has_std(&copy, **target)) {
        if has_std(sysroot, target) {
            copy_target(sysroot, &copy, target.triple())?;
        } else {
            let log = logs.join("rustup.log");
            let mut command = target_add(home, target);
            process::run_within(&mut command, &log, RUSTUP_LIMIT).with_context(|| {
                format!("the container's Rust lacks the standard library for {}", target.triple())
            })?;
        }
    }
    Ok(version)
}

/// The version of a compiler other than the copy's that has built in this target folder. Reads
/// cargo's `.rustc_info.json`, an undocumented file; without it, returns `None`.
pub(super) fn other_compiler(cargo_target: &Path, version: &str) -> Option<String> {
    let recorded = fs::read_to_string(cargo_target.join(".rustc_info.json")).ok()?;
    let recorded: Value = serde_json::from_str(&recorded).ok()?;
    let answers = recorded["outputs"].as_object()?.values();
    let versions = answers.filter_map(|answer| answer["stdout"].as_str());
    let mut versions = versions.filter(|text| text.starts_with("rustc "));
    let other = versions.find(|text| *text != version)?;
    other.lines().next().map(str::to_owned)
}

fn copy_toolchain(home: &Path, copy: &Path, sysroot: &Path) -> Result<()> {
    if home.exists() {
        fs::remove_dir_all(home).with_context(|| format!("cannot remove {}", home.display()))?;
    }
    for program in ["cargo", "rustc"] {
        copy_files(&sysroot.join("bin"), &copy.join("bin"), |name| name == program)?;
    }
    copy_files(&sysroot.join("lib"), &copy.join("lib"), |name| name.contains(".so"))?;
    // rustup's records of the toolchain, so that more targets have the same version.
    copy_files(&sysroot.join("lib/rustlib"), &copy.join("lib/rustlib"), |_| true)?;
    copy_target(sysroot, copy, HOST)?;
    for name in [ACTIVE, OF_RUSTUP] {
        symlink(NAME, &copy.with_file_name(name))?;
    }
    Ok(())
}

fn copy_target(sysroot: &Path, copy: &Path, triple: &str) -> Result<()> {
    let folder = Path::new("lib/rustlib").join(triple);
    let to = copy.join(&folder);
    // Renamed once complete.
    let part = to.with_extension("part");
    copy_folder(&sysroot.join(&folder), &part)?;
    fs::rename(&part, &to).with_context(|| format!("cannot create {}", to.display()))
}

/// The rustup command that adds std for a target, of the copy's version, to the copy.
fn target_add(home: &Path, target: Target) -> Command {
    let mut command = Command::new("rustup");
    // A backtrace adds nothing to its errors.
    command.env("RUSTUP_HOME", home).env("RUST_BACKTRACE", "0").env_remove("RUSTUP_TOOLCHAIN");
    command.args(["target", "add", "--toolchain", OF_RUSTUP, target.triple()]);
    command
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    copy_files(from, to, |_| true)?;
    for (path, name) in entries(from)?.into_iter().filter(|(path, _)| path.is_dir()) {
        copy_folder(&path, &to.join(name))?;
    }
    Ok(())
}

/// Copies the files, not the folders, of a folder.
fn copy_files(from: &Path, to: &Path, accepts: impl Fn(&str) -> bool) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot create {}", to.display()))?;
    for (path, name) in entries(from)?.into_iter().filter(|(path, _)| path.is_file()) {
        if accepts(&name) {
            fs::copy(&path, to.join(name))
                .with_context(|| format!("cannot copy {}", path.display()))?;
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<(PathBuf, String)>> {
    let context = || format!("cannot read {}", folder.display());
    let entries = fs::read_dir(folder).with_context(context)?;
    entries
        .map(|entry| {
            let entry = entry.with_context(context)?;
            Ok((entry.path(), entry.file_name().to_string_lossy().into_owned()))
        })
        .collect()
}

#[cfg(unix)]
fn symlink(to: &str, link: &Path) -> Result<()> {
    std::os::unix::fs::symlink(to, link).with_context(|| format!("cannot link {}", link.display()))
}

#[cfg(windows)]
fn symlink(to: &str, link: &Path) -> Result<()> {
    std::os::windows::fs::symlink_dir(to, link)
        .with_context(|| format!("cannot link {}", link.display()))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// The parts of a rustup toolchain that are copied; it has std only for Linux.
    fn toolchain(folder: &Path, version: &str) {
        for (path, text) in [
            ("bin/rustc", format!("#!/bin/sh\necho {version}\n")),
            ("bin/cargo", "#!/bin/sh\n".to_owned()),
            ("bin/rustdoc", String::new()),
            ("lib/librustc_driver-1.so", version.to_owned()),
            ("lib/rustlib/components", "rustc".to_owned()),
            ("lib/rustlib/multirust-channel-manifest.toml", String::new()),
            ("lib/rustlib/x86_64-unknown-linux-gnu/lib/libstd-1.rlib", String::new()),
            ("lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld", String::new()),
            ("lib/rustlib/x86_64-unknown-linux-musl/lib/libstd-1.rlib", String::new()),
            ("share/doc/index.html", String::new()),
        ] {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    #[test]
    fn copy_is_complete_and_has_other_names() {
        let folder = tempfile::tempdir().unwrap();
        let (sysroot, home) = (folder.path().join("stable"), folder.path().join("home"));
        toolchain(&sysroot, "1.95.0");
        prepare(&home, &sysroot, &[Target::Linux], folder.path()).unwrap();

        let copy = home.join("toolchains/cross");
        for file in [
            "bin/rustc",
            "bin/cargo",
            "lib/librustc_driver-1.so",
            "lib/rustlib/multirust-channel-manifest.toml",
            "lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld",
            "lib/rustlib/x86_64-unknown-linux-musl/lib/libstd-1.rlib",
        ] {
            assert!(copy.join(file).is_file(), "{file}");
        }
        assert!(!copy.join("bin/rustdoc").exists() && !copy.join("share").exists());
        let mode = fs::metadata(copy.join("bin/rustc")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
        for name in ["host", "stable-x86_64-unknown-linux-gnu"] {
            let link = home.join("toolchains").join(name);
            assert_eq!(link.canonicalize().unwrap(), copy.canonicalize().unwrap());
        }
        // The copy is not a hard link to the user's file.
        fs::write(copy.join("bin/rustc"), "other").unwrap();
        assert!(fs::read_to_string(sysroot.join("bin/rustc")).unwrap().contains("1.95.0"));
    }

    #[test]
    fn copy_follows_the_toolchain() {
        let folder = tempfile::tempdir().unwrap();
        let (sysroot, home) = (folder.path().join("stable"), folder.path().join("home"));
        let prepare = |targets: &[Target]| prepare(&home, &sysroot, targets, folder.path());
        let driver = home.join("toolchains/cross/lib/librustc_driver-1.so");
        toolchain(&sysroot, "1.95.0");
        prepare(&[Target::Linux]).unwrap();
        fs::write(&driver, "as it was").unwrap();
        prepare(&[Target::Linux]).unwrap();
        assert_eq!(fs::read_to_string(&driver).unwrap(), "as it was");

        // The user adds a target.
        let std = sysroot.join("lib/rustlib/x86_64-pc-windows-gnu/lib");
        fs::create_dir_all(&std).unwrap();
        fs::write(std.join("libstd-1.rlib"), "").unwrap();
        prepare(&[Target::Linux, Target::Windows]).unwrap();
        assert!(has_std(&home.join("toolchains/cross"), Target::Windows));
        assert_eq!(fs::read_to_string(&driver).unwrap(), "as it was");

        toolchain(&sysroot, "1.96.0");
        prepare(&[Target::Linux]).unwrap();
        assert_eq!(fs::read_to_string(&driver).unwrap(), "1.96.0");
    }

    #[test]
    fn compiler_of_the_image_is_detected() {
        let folder = tempfile::tempdir().unwrap();
        let ours = "rustc 1.95.0 (59807616e 2026-04-14)\nbinary: rustc\n";
        let note = |versions: &[&str]| {
            let outputs: serde_json::Map<_, _> = versions
                .iter()
                .enumerate()
                .map(|(n, text)| (n.to_string(), serde_json::json!({ "stdout": text })))
                .collect();
            let text = serde_json::json!({ "rustc_fingerprint": 1, "outputs": outputs });
            fs::write(folder.path().join(".rustc_info.json"), text.to_string()).unwrap();
        };
        assert_eq!(other_compiler(folder.path(), ours), None);
        note(&["___\nlib___.rlib\n", ours]);
        assert_eq!(other_compiler(folder.path(), ours), None);
        note(&["___\n", "rustc 1.63.0 (4b91a6ea7 2022-08-08)\nbinary: rustc\n"]);
        let other = other_compiler(folder.path(), ours);
        assert_eq!(other.as_deref(), Some("rustc 1.63.0 (4b91a6ea7 2022-08-08)"));
    }

    #[test]
    fn target_is_added_only_to_the_copy() {
        let command = target_add(Path::new("/w/target/home"), Target::Windows);
        assert_eq!(
            process::command_line(&command),
            "rustup target add --toolchain stable-x86_64-unknown-linux-gnu x86_64-pc-windows-gnu"
        );
        let variables: Vec<_> = command.get_envs().collect();
        assert!(variables.contains(&("RUSTUP_HOME".as_ref(), Some("/w/target/home".as_ref()))));
        assert!(variables.contains(&("RUSTUP_TOOLCHAIN".as_ref(), None)));
    }
}
