//! Where the linker for Windows finds mingw-w64's libraries.
//!
//! GNU ld sorts the parts of an import table by the path of the archive they come from. Archives
//! of mingw lie in `/usr`, those that rustc makes in the workspace: whether a workspace sorts
//! before or after `/usr` would decide the order of the imports, and with it the bytes. So mingw's
//! archives get a name inside the target folder, where every folder has the same order.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::environment::MINGW;
use crate::process;

/// Variable with which the crate winapi uses mingw's archives in place of its own, which lie in
/// cargo's home and would be sorted by that.
pub(crate) const NO_OTHER_ARCHIVES: &str = "WINAPI_NO_BUNDLED_LIBRARIES";

/// The flag for rustc that makes the linker look here first.
pub(crate) fn link_flag(cargo_target: &Path) -> Result<String> {
    let folder = folder(cargo_target);
    let folder = folder.to_str().with_context(|| format!("{folder:?} is not UTF-8"))?;
    Ok(format!("-Clink-arg=-L{folder}"))
}

/// Makes the folder that [`link_flag`] names: a link to mingw's own.
pub(crate) fn prepare(cargo_target: &Path) -> Result<()> {
    let argument = "-print-file-name=libkernel32.a";
    let library = process::output(Command::new(MINGW).arg(argument))
        .with_context(|| format!("cannot run {MINGW} {argument}"))?;
    let library = Path::new(library.trim());
    // The name alone comes back where there is no such file.
    let libraries = library.parent().filter(|folder| folder.is_absolute());
    let libraries = libraries.with_context(|| format!("{MINGW} has no libkernel32.a"))?;

    let link = folder(cargo_target);
    fs::create_dir_all(cargo_target)
        .with_context(|| format!("cannot make {}", cargo_target.display()))?;
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
    fn the_flag_keeps_a_path_with_blanks_in_one_piece() {
        assert_eq!(
            link_flag(Path::new("/home/ann b/target")).unwrap(),
            "-Clink-arg=-L/home/ann b/target/mingw-libraries"
        );
    }

    #[cfg(unix)]
    #[test]
    fn the_link_is_made_anew_each_time() {
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
