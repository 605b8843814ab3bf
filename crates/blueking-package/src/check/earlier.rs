//! An earlier package of the same plugin, which a site has: what a newer one must not change, and the
//! version that it has to raise. Of the earlier one only what tells that is kept.

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
use crate::Error;

rules! {
    /// The plugin id is that of the earlier package: another id is another plugin, and collections
    /// stay with the old one.
    EARLIER_ID = "earlier-id": Warning;
    /// The type of plugin is that of the earlier package. The old importer asks for that where the
    /// import comes without a page, by its API.
    EARLIER_TYPE = "earlier-type": Error, Import [V1];
    /// `is_support_remote` is that of the earlier package: it is one of the conflicts at import.
    EARLIER_REMOTE = "earlier-remote": Warning, Import [V1];
    /// The version is greater than that of the earlier package. Only of BlueKing's own plugins is it
    /// asked for, as a conflict at import; with any other the same version is taken without a word,
    /// and nobody can tell the two apart.
    VERSION_NOT_RAISED = "version-not-raised": Warning, Import [V1], Lost [V1];
    /// The first number is raised where executables, parameters or remote collection change: the
    /// second is for metrics and texts alone.
    VERSION_CONFIG_NOT_RAISED = "version-config-not-raised": Warning, Lost [V1];
}

/// Files whose change asks for another first number, beside the executables.
const CONFIG_FILES: [&str; 1] = ["info/config.json"];

/// Files whose change asks for another second number.
const INFO_FILES: [&str; 4] =
    ["info/metrics.json", "info/description.md", "info/logo.png", "info/meta.yaml"];

/// What matters of a plugin package when a newer one is checked after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    id: String,
    version: Option<(u32, u32)>,
    kind: Option<String>,
    is_remote: bool,
    /// By system, if they are a system's own, and name: something that tells contents apart.
    files: BTreeMap<(&'static str, String), u64>,
}

impl Earlier {
    /// Reads a package of BlueKing 6 or 7; `None` for anything else, and for what cannot be read.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be opened or read.
    pub fn read(path: &Path) -> Result<Option<Self>, Error> {
        let failed = |action| move |source| Error::Io { action, path: path.to_owned(), source };
        let file = File::open(path).map_err(failed("open"))?;
        Self::from_reader(file).map_err(failed("read"))
    }

    /// As [`read`](Self::read), from an archive that is not a file of its own.
    ///
    /// # Errors
    /// Those of `archive` itself.
    pub fn from_reader(mut archive: impl Read + Seek) -> io::Result<Option<Self>> {
        // What is wrong with it is no news: a site has it.
        let mut findings = Findings::default();
        let contents = container::read(&mut archive, &mut findings)?.1.filter(layout::is_meant);
        Ok(contents.and_then(|contents| {
            layout::check(&contents, &mut findings).map(|plugin| Self::of(&plugin))
        }))
    }

    fn of(plugin: &Plugin<'_>) -> Self {
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
    let now = Earlier::of(plugin);
    let folder = &plugin.folders[0];
    if now.id != earlier.id {
        let message = format!("the plugin is {:?}, and was {:?}", now.id, earlier.id);
        let advice =
            format!("keep the id {:?}, or compare with a package of this plugin", earlier.id);
        return findings.add(&EARLIER_ID, &folder.path, "", message, advice);
    }
    let meta = folder.file("info/meta.yaml");
    if let (Some(now), Some(earlier)) = (&now.kind, &earlier.kind)
        && now != earlier
    {
        let message = format!("the type is {now:?}, and was {earlier:?}");
        let advice = "keep the type; a plugin of another type needs an id of its own";
        findings.add(&EARLIER_TYPE, &meta, "plugin_type", message, advice);
    }
    if now.is_remote != earlier.is_remote {
        let message =
            format!("remote collection is {}, and was {}", now.is_remote, earlier.is_remote);
        let advice = format!("write {}", if earlier.is_remote { "True" } else { "False" });
        findings.add(&EARLIER_REMOTE, &meta, "is_support_remote", message, advice);
    }
    check_version(&now, earlier, &folder.file("VERSION"), findings);
}

fn check_version(now: &Earlier, earlier: &Earlier, path: &str, findings: &mut Findings) {
    // What is no version is reported as that.
    let (Some(new), Some(old)) = (now.version, earlier.version) else { return };
    let is_config = |name: &str| CONFIG_FILES.contains(&name) || !name.contains('/');
    let config = changed(now, earlier, is_config);
    let info = changed(now, earlier, |name| INFO_FILES.contains(&name));
    let next = if config.is_empty() {
        format!("{}.{}", old.0, old.1.saturating_add(1))
    } else {
        format!("{}.1", old.0.saturating_add(1))
    };
    let shown = |(config, info): (u32, u32)| format!("{config}.{info}");
    let what: Vec<_> = config.iter().chain(&info).map(String::as_str).collect();
    if new <= old {
        let message = if what.is_empty() {
            format!(
                "the version is {}, the earlier one {}, and nothing else differs",
                shown(new),
                shown(old)
            )
        } else {
            let what = what.join(", ");
            format!(
                "the version is {}, the earlier one {}, and {what} changed",
                shown(new),
                shown(old)
            )
        };
        let advice = if what.is_empty() {
            "leave the site as it is, or raise the version".to_owned()
        } else {
            format!("write {next} at least, in project.yaml too")
        };
        let stage = if identity::is_official(&now.id) { Stage::Import } else { Stage::Lost };
        let applies = |one: &Objection| one.stage == stage;
        findings.add_to(&VERSION_NOT_RAISED, applies, path, "", message, advice);
    } else if new.0 == old.0 && !config.is_empty() {
        let what = config.into_iter().collect::<Vec<_>>().join(", ");
        let message = format!("{what} changed, and the first number is {} as before", new.0);
        let advice = format!("write {next}, in project.yaml too");
        findings.add(&VERSION_CONFIG_NOT_RAISED, path, "", message, advice);
    }
}

/// The names of the files that changed, and of the systems that came or went.
fn changed(now: &Earlier, earlier: &Earlier, is_meant: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let keys = now.files.keys().chain(earlier.files.keys());
    let differ = keys.filter(|key| now.files.get(key) != earlier.files.get(key));
    let meant = differ.filter(|(_, name)| is_meant(name));
    let shown = |(system, name): &(&str, String)| match *system {
        "" => name.clone(),
        system => format!("{system}/…/{name}"),
    };
    meant.map(shown).collect()
}

/// What is the same for each system counts once.
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
