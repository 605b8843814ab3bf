//! The files of a package, unpacked for inspection and tests.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use blueking_package::plugin::Member;
use tempfile::NamedTempFile;

use crate::texts::programs;

/// Replaces a folder by one with these files; an incomplete folder is never visible.
pub fn write(files: &[Member], stage: &Path) -> Result<()> {
    let mut partial = stage.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    remove_folder(&partial)?;
    fs::create_dir_all(&partial)
        .with_context(|| programs::cannot_create(&partial.display().to_string()))?;
    for Member { path, mode, bytes } in files {
        let path = partial.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)
                .with_context(|| programs::cannot_create(&folder.display().to_string()))?;
        }
        fs::write(&path, bytes)
            .with_context(|| programs::cannot_write(&path.display().to_string()))?;
        if mode & 0o111 != 0 {
            set_mode(&path, 0o755)?;
        }
    }
    remove_folder(stage)?;
    fs::rename(&partial, stage)
        .with_context(|| programs::cannot_rename(&stage.display().to_string()))
}

/// Replaces a file with one of this mode. On failure, no partial file remains and an existing file is
/// unchanged.
///
/// # Errors
/// It cannot be written.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let failed = || programs::cannot_write(&path.display().to_string());
    let folder = path.parent().with_context(failed)?;
    let mut file = NamedTempFile::new_in(folder).with_context(failed)?;
    file.write_all(bytes).with_context(failed)?;
    set_mode(file.path(), mode)?;
    file.persist(path).with_context(failed)?;
    Ok(())
}

/// Sets the permission bits of a file; does nothing except on Unix.
///
/// # Errors
/// They cannot be set.
pub fn set_mode(path: &Path, mode: u32) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
            .with_context(|| programs::cannot_set_mode(&path.display().to_string()))?;
    }
    #[cfg(not(unix))]
    let _ = (path, mode);
    Ok(())
}

/// Removes files of an earlier run that this run did not produce: packages of another version or
/// of a removed exporter, and their stage folders. Paths in `before` are relative to `dist`; paths
/// in `now` start with it.
pub fn tidy(dist: &Path, before: &[PathBuf], now: &[PathBuf]) -> Result<()> {
    for path in before {
        let mut parts = path.components();
        let is_staged = parts.next().is_some_and(|part| part.as_os_str() == "stage");
        let folder = parts.next().map(|name| dist.join("stage").join(name));
        match folder.filter(|_| is_staged) {
            Some(folder) if !now.iter().any(|made| made.starts_with(&folder)) => {
                remove_folder(&folder)?;
            }
            None if !now.contains(&dist.join(path)) => remove_file(&dist.join(path))?,
            _ => {}
        }
    }
    Ok(())
}

fn remove_file(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| programs::cannot_remove(&path.display().to_string()))
        }
        _ => Ok(()),
    }
}

fn remove_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| programs::cannot_remove(&folder.display().to_string()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tidy_removes_only_files_of_an_earlier_run() {
        let folder = tempfile::tempdir().unwrap();
        let dist = folder.path();
        let all = [
            "a-1.zip",
            "b-1.zip",
            "stage/a/exporter",
            "stage/a/info.json",
            "stage/b/exporter",
            "stage/b/info.json",
            "mine.zip",
        ];
        for file in all {
            fs::create_dir_all(dist.join(file).parent().unwrap()).unwrap();
            fs::write(dist.join(file), file).unwrap();
        }
        let before = ["a-1.zip", "b-1.zip", "stage/a/exporter", "stage/b/exporter", "gone.zip"];
        let now = ["a-1.zip", "stage/a/exporter-linux"].map(|file| dist.join(file));
        tidy(dist, &before.map(PathBuf::from), &now).unwrap();
        let left: Vec<_> = all.into_iter().filter(|file| dist.join(file).exists()).collect();
        assert_eq!(left, ["a-1.zip", "stage/a/exporter", "stage/a/info.json", "mine.zip"]);
        assert!(!dist.join("stage/b").exists());
    }

    #[test]
    fn stage_is_replaced_as_a_whole() {
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
