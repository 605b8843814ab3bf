//! The path under which the linker for Windows finds mingw-w64's libraries.
//!
//! GNU ld sorts the parts of an import table by the path of their archive. mingw's archives are in
//! `/usr`, those of rustc in the workspace, so the order of the imports would depend on the path of
//! the workspace, and builds would not be reproducible. A link inside the target folder gives
//! mingw's archives the same order everywhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::environment::MINGW;
use bkpack::process;

/// Makes the crate winapi use mingw's archives instead of its own, which would be sorted by the
/// path of cargo's home.
pub(crate) const NO_OTHER_ARCHIVES: &str = "WINAPI_NO_BUNDLED_LIBRARIES";

/// The rustc flag that makes the linker search this folder first.
pub(crate) fn link_flag(cargo_target: &Path) -> Result<String> {
    let folder = folder(cargo_target);
    let folder = folder.to_str().with_context(|| format!("{folder:?} is not UTF-8"))?;
    Ok(format!("-Clink-arg=-L{folder}"))
}

/// Creates the folder named by [`link_flag`], a link to mingw's own.
pub(crate) fn prepare(cargo_target: &Path) -> Result<()> {
    let argument = "-print-file-name=libkernel32.a";
    let library = process::output(Command::new(MINGW).arg(argument))
        .with_context(|| format!("cannot run {MINGW} {argument}"))?;
    let library = Path::new(library.trim());
    // gcc prints the bare name if the file does not exist.
    let libraries = library.parent().filter(|folder| folder.is_absolute());
    let libraries = libraries.with_context(|| format!("{MINGW} has no libkernel32.a"))?;

    let link = folder(cargo_target);
    fs::create_dir_all(cargo_target)
        .with_context(|| format!("cannot create {}", cargo_target.display()))?;
    if fs::read_link(&link).is_ok() {
        fs::remove_file(&link).with_context(|| format!("cannot remove {}", link.display()))?;
    }
    symlink(libraries, &link).with_context(|| format!("cannot link {}", link.display()))
}

fn folder(cargo_target: &Path) -> PathBuf {
    cargo_target.join("mingw-libraries")
}

#[cfg(unix)]
fn symlink(to: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(to, link)
}

#[cfg(windows)]
fn symlink(to: &Path, link: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_dir(to, link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_flag_keeps_blanks() {
        assert_eq!(
            link_flag(Path::new("/home/ann b/target")).unwrap(),
            "-Clink-arg=-L/home/ann b/target/mingw-libraries"
        );
    }

    #[cfg(unix)]
    #[test]
    fn link_is_recreated_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        if process::find(MINGW).is_none() {
            assert!(prepare(&target).is_err());
            return;
        }
        for _ in 0..2 {
            prepare(&target).unwrap();
            assert!(target.join("mingw-libraries/libkernel32.a").is_file());
        }
    }
}
