//! SHA-256 sums of the shipped files, in the format of `sha256sum --check`.

use std::fmt::Write;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// The SHA-256 of `bytes`, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        text
    })
}

/// Writes the sums of these files, with paths relative to the folder of `sums`. The file is
/// replaced atomically.
pub(crate) fn write(sums: &Path, files: &[PathBuf]) -> Result<()> {
    let folder = sums.parent().unwrap_or(Path::new(""));
    let mut lines = Vec::new();
    for file in files {
        let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let name = file.strip_prefix(folder).unwrap_or(file);
        // Forward slashes, because the check may run on another system.
        let name: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
        lines.push((name.join("/"), sha256(&bytes)));
    }
    lines.sort();
    let text: String = lines.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect();
    let partial = sums.with_extension("partial");
    fs::write(&partial, text).with_context(|| format!("cannot write {}", partial.display()))?;
    fs::rename(&partial, sums).with_context(|| format!("cannot rename to {}", sums.display()))
}

/// The files listed in existing sums, as paths below their folder; empty if there are no sums.
pub(crate) fn listed(sums: &Path) -> Result<Vec<PathBuf>> {
    let text = match fs::read_to_string(sums) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.with_context(|| format!("cannot read {}", sums.display()))?,
    };
    let names = text.lines().filter_map(|line| line.split_once("  ")).map(|(_, name)| name);
    // Ignores paths that lead out of the folder.
    let is_below =
        |path: &PathBuf| path.components().all(|part| matches!(part, Component::Normal(_)));
    Ok(names.map(PathBuf::from).filter(is_below).collect())
}

/// Removes sums that are about to become outdated.
pub(crate) fn remove(sums: &Path) -> Result<()> {
    match fs::remove_file(sums) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", sums.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_sorted_and_relative() {
        let folder = tempfile::tempdir().unwrap();
        let files = ["z.zip", "stage/a/exporter-linux"].map(|name| folder.path().join(name));
        fs::create_dir_all(folder.path().join("stage/a")).unwrap();
        fs::write(&files[0], "abc").unwrap();
        fs::write(&files[1], "").unwrap();
        let sums = folder.path().join("SHA256SUMS");
        remove(&sums).unwrap();
        assert!(listed(&sums).unwrap().is_empty());
        write(&sums, &files).unwrap();
        assert_eq!(listed(&sums).unwrap(), ["stage/a/exporter-linux", "z.zip"].map(PathBuf::from));
        assert_eq!(
            fs::read_to_string(&sums).unwrap(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  \
             stage/a/exporter-linux\n\
             ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  z.zip\n"
        );
        remove(&sums).unwrap();
        assert!(write(&sums, &[folder.path().join("none")]).is_err() && !sums.exists());
    }
}
