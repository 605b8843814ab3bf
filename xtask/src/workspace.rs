//! The workspace: its root, version, revision and exporters.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use bkpack::process;

/// Digits of a commit's hash in a build revision. Git's own short form grows with the number of
/// objects in a clone, so two clones of one commit could differ.
const REVISION_DIGITS: usize = 12;

/// The workspace that this program was built in.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    temporary: OnceLock<Option<TempDir>>,
}

/// An exporter that is packaged: a crate that has a folder with `blueking.toml` in `config/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exporter {
    /// Name of the crate and of the folder, for example `host-exporter`.
    pub(crate) name: String,
    /// The folder of its hand-written package description.
    pub(crate) config: PathBuf,
}

impl Exporter {
    /// Name of the binary: the crate's name with `_` in place of `-`.
    pub(crate) fn binary(&self) -> String {
        self.name.replace('-', "_")
    }

    /// The hand-written description for BlueKing.
    pub(crate) fn description(&self) -> PathBuf {
        self.config.join("blueking.toml")
    }
}

impl Workspace {
    pub(crate) fn open() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("/"));
        ensure!(
            root.join("Cargo.lock").is_file(),
            "{} no longer holds a workspace; start xtask with `cargo xtask`",
            root.display()
        );
        Ok(Self::at(root))
    }

    /// The workspace, or a copy of it, in this folder.
    pub(crate) fn at(root: &Path) -> Self {
        Self { root: root.to_owned(), temporary: OnceLock::new() }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The change log of the workspace.
    pub(crate) fn change_log(&self) -> PathBuf {
        self.root.join("CHANGELOG.md")
    }

    /// The version of every crate.
    pub(crate) fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// The oldest Rust that compiles this workspace.
    pub(crate) fn rust_version(&self) -> &'static str {
        env!("CARGO_PKG_RUST_VERSION")
    }

    /// The folder for all output, regardless of cargo's own target folder.
    pub(crate) fn target(&self) -> PathBuf {
        self.root.join("target")
    }

    /// The cargo that started this program, else the one in `PATH`.
    pub(crate) fn cargo(&self) -> PathBuf {
        env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from)
    }

    /// The temporary folder for programs that are run. It is removed at the end, with what linkers
    /// and killed programs leave in it.
    pub(crate) fn temporary(&self) -> PathBuf {
        let create = || tempfile::Builder::new().prefix("xtask-").tempdir().ok();
        let folder = self.temporary.get_or_init(create).as_ref();
        folder.map_or_else(env::temp_dir, |folder| folder.path().to_owned())
    }

    /// Formats a path, relative to the root if it is below it.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// The exporters, sorted by name.
    pub(crate) fn exporters(&self) -> Result<Vec<Exporter>> {
        let folder = self.root.join("config");
        let entries = fs::read_dir(&folder).with_context(|| self.cannot("read", &folder))?;
        let mut exporters = Vec::new();
        for entry in entries {
            let config = entry.with_context(|| self.cannot("read", &folder))?.path();
            let name = config.file_name().and_then(|name| name.to_str()).map(str::to_owned);
            if let Some(name) = name.filter(|_| config.join("blueking.toml").is_file()) {
                exporters.push(Exporter { name, config });
            }
        }
        ensure!(
            !exporters.is_empty(),
            "no exporter to package: no config/<exporter>/blueking.toml"
        );
        exporters.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(exporters)
    }

    /// The checked-out commit, with `-dirty` appended if the tree has changes; `unknown` without
    /// git.
    pub(crate) fn revision(&self) -> String {
        let git = |arguments: &[&str]| {
            process::output(Command::new("git").arg("-C").arg(&self.root).args(arguments))
        };
        let head = git(&["rev-parse", "HEAD"]);
        revision(head.as_deref(), git(&["status", "--porcelain"]).as_deref())
    }

    fn cannot(&self, action: &str, path: &Path) -> String {
        format!("cannot {action} {}", self.shown(path))
    }
}

fn revision(head: Option<&str>, status: Option<&str>) -> String {
    match (head.and_then(|head| head.trim().get(..REVISION_DIGITS)), status) {
        (Some(head), Some(status)) if status.trim().is_empty() => head.to_owned(),
        (Some(head), Some(_)) => format!("{head}-dirty"),
        _ => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revision_names_commit_and_dirty_state() {
        let head = Some("0123456789abcdef0123456789abcdef01234567\n");
        for (head, status, expected) in [
            (head, Some(""), "0123456789ab"),
            (head, Some(" M Cargo.toml\n"), "0123456789ab-dirty"),
            (head, None, "unknown"),
            (None, Some("?? Cargo.toml\n"), "unknown"),
            (Some("HEAD"), Some(""), "unknown"),
        ] {
            assert_eq!(revision(head, status), expected);
        }
    }

    #[test]
    fn exporter_is_a_folder_with_a_description() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::at(folder.path());
        assert!(workspace.exporters().is_err());
        for name in ["b-exporter", "a-exporter", "notes"] {
            fs::create_dir_all(folder.path().join("config").join(name)).unwrap();
        }
        assert!(workspace.exporters().unwrap_err().to_string().contains("blueking.toml"));
        for name in ["b-exporter", "a-exporter"] {
            fs::write(folder.path().join("config").join(name).join("blueking.toml"), "").unwrap();
        }
        let exporters = workspace.exporters().unwrap();
        let names: Vec<_> = exporters.iter().map(Exporter::binary).collect();
        assert_eq!(names, ["a_exporter", "b_exporter"]);
        assert_eq!(workspace.shown(&exporters[0].description()), "config/a-exporter/blueking.toml");
    }
}
