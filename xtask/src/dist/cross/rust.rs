//! The Rust that runs in the containers: a copy of the active toolchain in a rustup home of its own.
//! The user's toolchains are read and never written to, whatever `cross` asks rustup for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::dist::environment::has_std;
use crate::dist::target::Target;
use crate::process;

/// The copy's name, with which `cross` is called. It must not be the active one's: that one's name
/// `cross` misreads, and then has rustup install it anew.
pub(super) const NAME: &str = "cross";

/// The active toolchain of that home: the copy under another name.
pub(super) const ACTIVE: &str = "host";

/// The copy under a name that rustup takes for one of its own: only such get further targets. Which
/// version those are of is written in the copy.
const OF_RUSTUP: &str = "stable-x86_64-unknown-linux-gnu";

/// The system that the toolchain is for, here and in the containers.
const HOST: &str = "x86_64-unknown-linux-gnu";

/// What rustup sends for a target are some tens of megabytes; it may be out of reach.
const RUSTUP_LIMIT: Duration = Duration::from_secs(180);

/// Makes the copy, or brings it up to date, and completes it for the targets. The text is what its
/// compiler says of itself.
pub(super) fn prepare(
    home: &Path,
    sysroot: &Path,
    targets: &[Target],
    logs: &Path,
) -> Result<String> {
    let mut rustc = Command::new(sysroot.join("bin/rustc"));
    let version = process::output(rustc.arg("-vV"))
        .with_context(|| format!("cannot ask {}/bin/rustc for its version", sysroot.display()))?;
    let wanted = format!("{}\n{version}", sysroot.display());
    let marker = home.join("copied");
    let copy = home.join("toolchains").join(NAME);
    if fs::read_to_string(&marker).ok().as_ref() != Some(&wanted) {
        copy_anew(home, &copy, sysroot)?;
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

/// What a compiler that is none of the copy's says of itself, if one has built in this target
/// folder: where cargo notes it, and only as long as cargo notes it in this way.
pub(super) fn other_compiler(cargo_target: &Path, version: &str) -> Option<String> {
    let noted = fs::read_to_string(cargo_target.join(".rustc_info.json")).ok()?;
    let noted: Value = serde_json::from_str(&noted).ok()?;
    let answers = noted["outputs"].as_object()?.values();
    let versions = answers.filter_map(|answer| answer["stdout"].as_str());
    let mut versions = versions.filter(|text| text.starts_with("rustc "));
    let other = versions.find(|text| *text != version)?;
    other.lines().next().map(str::to_owned)
}

fn copy_anew(home: &Path, copy: &Path, sysroot: &Path) -> Result<()> {
    if home.exists() {
        fs::remove_dir_all(home).with_context(|| format!("cannot remove {}", home.display()))?;
    }
    for program in ["cargo", "rustc"] {
        copy_files(&sysroot.join("bin"), &copy.join("bin"), |name| name == program)?;
    }
    copy_files(&sysroot.join("lib"), &copy.join("lib"), |name| name.contains(".so"))?;
    // What rustup has noted about the toolchain, for more targets to be of the same version.
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
    // It appears when it is whole.
    let part = to.with_extension("part");
    copy_folder(&sysroot.join(&folder), &part)?;
    fs::rename(&part, &to).with_context(|| format!("cannot make {}", to.display()))
}

/// Has rustup download std for a target into the copy, of the copy's own version.
fn target_add(home: &Path, target: Target) -> Command {
    let mut command = Command::new("rustup");
    // Its errors say enough by themselves.
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
fn copy_files(from: &Path, to: &Path, takes: impl Fn(&str) -> bool) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    for (path, name) in entries(from)?.into_iter().filter(|(path, _)| path.is_file()) {
        if takes(&name) {
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

    /// A toolchain of rustup's as far as a copy looks at it; it has std for Linux alone.
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
    fn the_copy_has_what_a_build_needs_and_other_names() {
        let folder = tempfile::tempdir().unwrap();
        let (sysroot, home) = (folder.path().join("stable"), folder.path().join("home"));
        toolchain(&sysroot, "1.95.0");
        prepare(&home, &sysroot, &[Target::Linux], folder.path()).unwrap();

        let copy = home.join("toolchains/cross");
        for there in [
            "bin/rustc",
            "bin/cargo",
            "lib/librustc_driver-1.so",
            "lib/rustlib/multirust-channel-manifest.toml",
            "lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld",
            "lib/rustlib/x86_64-unknown-linux-musl/lib/libstd-1.rlib",
        ] {
            assert!(copy.join(there).is_file(), "{there}");
        }
        assert!(!copy.join("bin/rustdoc").exists() && !copy.join("share").exists());
        let mode = fs::metadata(copy.join("bin/rustc")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
        for name in ["host", "stable-x86_64-unknown-linux-gnu"] {
            let link = home.join("toolchains").join(name);
            assert_eq!(link.canonicalize().unwrap(), copy.canonicalize().unwrap());
        }
        // Not a second name of the user's file: to write to one would be to write to both.
        fs::write(copy.join("bin/rustc"), "other").unwrap();
        assert!(fs::read_to_string(sysroot.join("bin/rustc")).unwrap().contains("1.95.0"));
    }

    #[test]
    fn the_copy_follows_the_toolchain() {
        let folder = tempfile::tempdir().unwrap();
        let (sysroot, home) = (folder.path().join("stable"), folder.path().join("home"));
        let prepare = |targets: &[Target]| prepare(&home, &sysroot, targets, folder.path());
        let driver = home.join("toolchains/cross/lib/librustc_driver-1.so");
        toolchain(&sysroot, "1.95.0");
        prepare(&[Target::Linux]).unwrap();
        fs::write(&driver, "as it was").unwrap();
        prepare(&[Target::Linux]).unwrap();
        assert_eq!(fs::read_to_string(&driver).unwrap(), "as it was");

        // A target that the user has added since.
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
    fn a_compiler_of_the_image_is_noticed() {
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
    fn a_target_is_added_to_the_copy_alone() {
        let command = target_add(Path::new("/w/target/home"), Target::Windows);
        assert_eq!(
            process::shown(&command),
            "rustup target add --toolchain stable-x86_64-unknown-linux-gnu x86_64-pc-windows-gnu"
        );
        let variables: Vec<_> = command.get_envs().collect();
        assert!(variables.contains(&("RUSTUP_HOME".as_ref(), Some("/w/target/home".as_ref()))));
        assert!(variables.contains(&("RUSTUP_TOOLCHAIN".as_ref(), None)));
    }
}
