//! Compares a package with the deployed earlier one of the same plugin: what an update must not
//! change, and which version number it must raise. Only the data for this comparison is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use serde_json::Value;

use super::container;
use super::finding::{Findings, Objection, Stage};
use super::identity;
use super::layout::{self, Plugin};
use super::rule::rules;
use super::{version, yaml};
use crate::plugin::Version;
use crate::texts::{check_layout as texts, list};
use crate::{Error, FileAction};

rules! {
    /// The plugin id equals that of the earlier package: a different id is a different plugin, and
    /// existing collection tasks stay with the old one.
    EARLIER_ID = "earlier-id": Warning;
    /// The plugin type equals that of the earlier package. The old importer enforces this for
    /// imports through its API.
    EARLIER_TYPE = "earlier-type": Error, Import [V1] => texts::type_changed_advice;
    /// `is_support_remote` equals that of the earlier package: a change is a conflict at import.
    EARLIER_REMOTE = "earlier-remote": Warning, Import [V1];
    /// The version is greater than that of the earlier package. The importer enforces this only for
    /// BlueKing's own plugins, as a conflict at import; for other plugins it silently accepts the
    /// same version, and the two packages cannot be distinguished.
    VERSION_NOT_RAISED = "version-not-raised": Warning, Import [V1], SilentlyDropped [V1];
    /// The first number is raised if executables, parameters or remote collection change: the
    /// second is only for metrics and texts.
    VERSION_CONFIG_NOT_RAISED = "version-config-not-raised": Warning, SilentlyDropped [V1];
}

/// Files, besides the executables, whose change requires a new first number.
const CONFIG_FILES: [&str; 1] = ["info/config.json"];

/// Files whose change requires a new second number.
const INFO_FILES: [&str; 4] =
    ["info/metrics.json", "info/description.md", "info/logo.png", "info/meta.yaml"];

/// The data of a plugin package that a newer one is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    id: String,
    version: Option<Version>,
    kind: Option<String>,
    is_remote: bool,
    /// Content hashes by system (empty for files common to all systems) and name.
    files: BTreeMap<(&'static str, String), u64>,
}

impl Earlier {
    /// Reads a package of BlueKing 6 or 7; `None` for any other file, and for one that cannot be
    /// parsed.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be opened or read.
    pub fn read(path: &Path) -> Result<Option<Self>, Error> {
        let file = File::open(path).map_err(Error::io(FileAction::Open, path))?;
        Self::from_reader(file).map_err(Error::io(FileAction::Read, path))
    }

    /// Like [`read`](Self::read), but from a reader.
    ///
    /// # Errors
    /// The I/O errors of `archive`.
    pub fn from_reader(mut archive: impl Read + Seek) -> io::Result<Option<Self>> {
        // Its findings are irrelevant: it is already deployed.
        let mut findings = Findings::default();
        let contents = container::read(&mut archive, &mut findings)?.1.filter(layout::is_meant);
        Ok(contents.and_then(|contents| {
            layout::check(&contents, &mut findings).map(|plugin| Self::from_plugin(&plugin))
        }))
    }

    fn from_plugin(plugin: &Plugin<'_>) -> Self {
        let meta = plugin.distinct("info/meta.yaml");
        let meta = meta.first().and_then(|(_, bytes)| str::from_utf8(bytes).ok());
        let meta = meta.and_then(|text| yaml::read(text).ok()).unwrap_or_default();
        let version = plugin.distinct("VERSION");
        let version = version.first().and_then(|(_, bytes)| str::from_utf8(bytes).ok());
        Self {
            id: plugin.id.clone(),
            version: version.and_then(version::read),
            kind: meta.get("plugin_type").and_then(Value::as_str).map(str::to_owned),
            is_remote: meta.get("is_support_remote") == Some(&Value::Bool(true)),
            files: files(plugin),
        }
    }
}

/// Checks a package against an earlier one of its plugin.
pub(super) fn check(plugin: &Plugin<'_>, earlier: &Earlier, findings: &mut Findings) {
    let now = Earlier::from_plugin(plugin);
    let folder = &plugin.folders[0];
    if now.id != earlier.id {
        let message = texts::id_changed(&now.id, &earlier.id);
        let advice = texts::id_changed_advice(&earlier.id);
        return findings.add(&EARLIER_ID, &folder.path, "", (message, advice));
    }
    let meta = folder.file("info/meta.yaml");
    if let (Some(now), Some(earlier)) = (&now.kind, &earlier.kind)
        && now != earlier
    {
        findings.add(&EARLIER_TYPE, &meta, "plugin_type", texts::type_changed(now, earlier));
    }
    if now.is_remote != earlier.is_remote {
        let message = texts::remote_changed(now.is_remote, earlier.is_remote);
        let advice = texts::remote_changed_advice(if earlier.is_remote { "True" } else { "False" });
        findings.add(&EARLIER_REMOTE, &meta, "is_support_remote", (message, advice));
    }
    check_version(&now, earlier, &folder.file("VERSION"), findings);
}

fn check_version(now: &Earlier, earlier: &Earlier, path: &str, findings: &mut Findings) {
    // Another rule reports invalid versions.
    let (Some(new), Some(old)) = (now.version, earlier.version) else { return };
    let is_config = |name: &str| CONFIG_FILES.contains(&name) || !name.contains('/');
    let config = changed(now, earlier, is_config);
    let info = changed(now, earlier, |name| INFO_FILES.contains(&name));
    let next = if config.is_empty() {
        Version { info: old.info.saturating_add(1), ..old }
    } else {
        Version { config: old.config.saturating_add(1), info: 1 }
    };
    let next = next.to_string();
    let changes: Vec<_> = config.iter().chain(&info).collect();
    if new <= old {
        let (version, earlier) = (new.to_string(), old.to_string());
        let (message, advice) = if changes.is_empty() {
            let message = texts::version_of_same_content(&version, &earlier);
            (message, texts::version_of_same_content_advice())
        } else {
            let message = texts::version_not_raised(&version, &earlier, &list(&changes));
            (message, texts::version_not_raised_advice(&next))
        };
        let stage =
            if identity::is_official(&now.id) { Stage::Import } else { Stage::SilentlyDropped };
        let applies = |objection: &Objection| objection.stage == stage;
        findings.add_to(&VERSION_NOT_RAISED, applies, path, "", (message, advice));
    } else if new.config == old.config && !config.is_empty() {
        let changes = list(&config.iter().collect::<Vec<_>>());
        let message = texts::config_version_not_raised(&changes, new.config);
        let advice = texts::config_version_not_raised_advice(&next);
        findings.add(&VERSION_CONFIG_NOT_RAISED, path, "", (message, advice));
    }
}

/// The names of changed files, including those of added or removed systems.
fn changed(now: &Earlier, earlier: &Earlier, is_meant: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let keys = now.files.keys().chain(earlier.files.keys());
    let differ = keys.filter(|key| now.files.get(key) != earlier.files.get(key));
    let meant = differ.filter(|(_, name)| is_meant(name));
    let display = |(system, name): &(&str, String)| match *system {
        "" => name.clone(),
        system => format!("{system}/…/{name}"),
    };
    meant.map(display).collect()
}

/// Files common to all systems are listed once.
fn files(plugin: &Plugin<'_>) -> BTreeMap<(&'static str, String), u64> {
    let mut files = BTreeMap::new();
    for folder in &plugin.folders {
        let program = format!("{}{}", plugin.id, folder.os.suffix);
        let documents = CONFIG_FILES.iter().chain(&INFO_FILES).map(|name| ("", *name));
        for (system, name) in documents.chain([(folder.os.folder, &*program)]) {
            if let Some(member) = plugin.contents.get(&folder.file(name)) {
                files.entry((system, name.to_owned())).or_insert(member.digest);
            }
        }
    }
    files
}
