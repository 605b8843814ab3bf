//! The files of a package, unpacked for people and tests to look at.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use blueking_package::plugin::Member;

/// Replaces a folder by one with these files; it is there whole or not at all.
pub(crate) fn write(files: &[Member], stage: &Path) -> Result<()> {
    let mut partial = stage.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    remove_folder(&partial)?;
    fs::create_dir_all(&partial).with_context(|| format!("cannot make {}", partial.display()))?;
    for Member { path, mode, bytes } in files {
        let path = partial.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
        if mode & 0o111 != 0 {
            set_executable(&path)?;
        }
    }
    remove_folder(stage)?;
    fs::rename(&partial, stage).with_context(|| format!("cannot rename to {}", stage.display()))
}

fn remove_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

#[cfg(unix)]
fn set_executable(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;

    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("cannot make {} executable", path.display()))
}

#[cfg(not(unix))]
fn set_executable(_: &Path) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let stage = folder.path().join("stage/a");
        fs::create_dir_all(folder.path().join("stage/a.partial")).unwrap();
        fs::write(folder.path().join("stage/a.partial/stale"), "").unwrap();
        let file = |path: &str, mode| Member { path: path.to_owned(), mode, bytes: vec![1] };
        write(&[file("info.json", 0o644), file("a/b/logo.png", 0o644)], &stage).unwrap();
        write(&[file("exporter-linux", 0o755)], &stage).unwrap();
        let names: Vec<_> =
            fs::read_dir(&stage).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["exporter-linux"]);
        assert!(!folder.path().join("stage/a.partial").exists());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = stage.join("exporter-linux").metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o755);
        }
    }
}
