//! The folder of a draft: its files are read, merged and written here alone.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use blueking_package::{Definitions, plugin_id_rules, v51};

use super::executables::Executables;
use super::metrics_file::Changes;
use super::names::{self, Names};
use crate::build::{BINARIES, DESCRIPTION, METRICS, SELF_DESCRIPTION};
use crate::rehearse::name_of;
use crate::stage::replace;
use crate::texts::programs;

/// The folder of a draft.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    is_new: bool,
}

/// The files of a draft.
#[derive(Debug)]
pub(super) struct Files<'a> {
    pub(super) blueking: &'a str,
    /// `None` if the exporter describes itself.
    pub(super) metrics: Option<&'a str>,
    /// The JSON of `--describe`.
    pub(super) definitions: Option<&'a str>,
    /// If the folder has one, only the version in that is brought up to date.
    pub(super) description: &'a str,
    /// The exporter's version, and that when the draft was made.
    pub(super) version: &'a str,
    pub(super) old_version: &'a str,
    /// Kept if the folder has one.
    pub(super) logo: &'a [u8],
    pub(super) executables: &'a Executables,
    pub(super) names: &'a Names,
}

impl Folder {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let is_new = fs::read(path.join(DESCRIPTION)).map_or(true, |text| text.is_empty());
        Ok(Self { path: path.to_owned(), is_new })
    }

    /// Whether there was no draft.
    pub(super) fn is_new(&self) -> bool {
        self.is_new
    }

    /// The id in the draft.
    pub(super) fn plugin_id(&self) -> Option<String> {
        let text = fs::read_to_string(self.path.join(DESCRIPTION)).ok()?;
        let document: toml_edit::DocumentMut = text.parse().ok()?;
        let id = document.get("plugin_id")?.as_str()?;
        plugin_id_rules(id).is_empty().then(|| id.to_owned())
    }

    /// The exporter's version and flags, without dashes, in the draft; empty if there is none.
    pub(super) fn exporter(&self) -> (String, Vec<String>) {
        let described = fs::read_to_string(self.path.join(SELF_DESCRIPTION)).ok();
        let described = described.and_then(|text| Definitions::parse(SELF_DESCRIPTION, &text).ok());
        let listed = || {
            let text = fs::read_to_string(self.path.join(METRICS)).ok()?;
            Definitions::parse_toml(METRICS, &text).ok()
        };
        let Some(found) = described.or_else(listed) else { return Default::default() };
        (found.version, found.flags.into_iter().map(|flag| flag.name).collect())
    }

    /// Merges a file with what is drafted now; `merge` gets an empty text for a missing file.
    pub(super) fn merge(
        &self,
        name: &str,
        merge: impl FnOnce(&str) -> Result<(String, Changes), toml_edit::TomlError>,
    ) -> Result<(String, Changes)> {
        let path = self.path.join(name);
        let old = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            read => read.with_context(|| programs::cannot_read(&path.display().to_string()))?,
        };
        merge(&old).with_context(|| path.display().to_string())
    }

    /// Whether an executable of the draft is another than the one given now.
    pub(super) fn differs(&self, executables: &Executables, names: &Names) -> bool {
        executables.0.iter().any(|(system, executable)| {
            let path = self.binary(*system, names);
            fs::read(path).is_ok_and(|old| old != executable.bytes)
        })
    }

    /// Writes the files, each of them whole or not at all.
    pub(super) fn write(&self, files: &Files<'_>) -> Result<()> {
        let create = |path: &Path| {
            fs::create_dir_all(path)
                .with_context(|| programs::cannot_create(&path.display().to_string()))
        };
        create(&self.path)?;
        for (system, executable) in &files.executables.0 {
            let path = self.binary(*system, files.names);
            create(path.parent().unwrap_or(&self.path))?;
            replace(&path, &executable.bytes, 0o755)?;
        }
        let optional = [(METRICS, files.metrics), (SELF_DESCRIPTION, files.definitions)];
        for (name, text) in optional {
            if let Some(text) = text {
                replace(&self.path.join(name), text.as_bytes(), 0o644)?;
            }
        }
        let path = self.path.join(v51::DESCRIPTION);
        if !path.exists() {
            replace(&path, files.description.as_bytes(), 0o644)?;
        } else if let Ok(old) = fs::read_to_string(&path) {
            let Files { names, old_version, version, .. } = files;
            let page = names::with_version(&old, names, old_version, version);
            replace(&path, page.as_bytes(), 0o644)?;
        }
        let path = self.path.join(v51::LOGO);
        if !path.exists() {
            replace(&path, files.logo, 0o644)?;
        }
        // Last: the file that makes the folder a draft.
        replace(&self.path.join(DESCRIPTION), files.blueking.as_bytes(), 0o644)
    }

    fn binary(&self, system: blueking_package::plugin::System, names: &Names) -> PathBuf {
        let folder = self.path.join(BINARIES).join(name_of(system));
        folder.join(system.executable(&names.plugin_id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_pictures_of_people_are_kept() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("a/b");
        let folder = Folder::open(&path).unwrap();
        let names = Names::of_file("x_exporter");
        let files = |description| Files {
            blueking: "a = 1",
            metrics: Some("b = 2"),
            definitions: None,
            description,
            version: "2",
            old_version: "1",
            logo: b"png",
            executables: Box::leak(Box::default()),
            names: Box::leak(Box::new(names.clone())),
        };
        assert!(folder.is_new());
        folder.write(&files("first x_exporter 1")).unwrap();
        assert!(!Folder::open(&path).unwrap().is_new());
        fs::write(path.join("blueking.toml"), "plugin_id = 'mine'\n").unwrap();
        assert_eq!(folder.plugin_id().as_deref(), Some("mine"));
        folder.write(&files("second")).unwrap();
        let read = |name: &str| fs::read_to_string(path.join(name)).unwrap();
        assert_eq!(
            (read("description.md"), read("metrics.toml")),
            ("first x_exporter 2".into(), "b = 2".into())
        );
        assert_eq!(fs::read_dir(&path).unwrap().count(), 4);
        let merged = folder.merge("blueking.toml", |old| Ok((old.to_owned(), Changes::default())));
        assert_eq!(merged.unwrap().0, "a = 1");
    }
}
