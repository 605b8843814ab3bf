//! Folders of a 6.x/7.x package: one for each system, and in each the folder of the plugin.

use std::collections::BTreeSet;

use super::contents::{Contents, Member};
use super::finding::{Findings, Objection, Reader};
use super::identity;
use super::rule::rules;
use crate::executable::Machine;

rules! {
    /// The archive has at least one of the four OS folders, with `<plugin>/info/meta.yaml` in it.
    LAYOUT_NO_OS_FOLDER = "layout-no-os-folder": Error,
        Import [V1 #3310002 says "插件包解析错误: 无法解析plugin_id", V2], Lost [Nodeman];
    /// The OS folders are at the top: only the old importer tolerates a folder around them. Node
    /// management passes over any other folder there.
    LAYOUT_WRAPPED = "layout-wrapped": Error, Import [V2], Lost [Nodeman];
    /// A folder `external_plugins_*` is one of the four that the importers know. Node management
    /// knows some more.
    LAYOUT_UNKNOWN_OS = "layout-unknown-os": Error, Lost [V1, V2, Nodeman];
    /// A folder is not spelt as in the published documentation, which has `external_plugin_*` and
    /// `extarnal_plugin_*`. Node management also knows `plugins_*`.
    LAYOUT_MISSPELT_OS = "layout-misspelt-os": Warning, Lost [V1, V2, Nodeman];
    /// AIX must be switched on for the whole site before a package may support it.
    LAYOUT_AIX = "layout-aix": Warning, Lost [V1];
    /// An OS folder holds one plugin folder.
    LAYOUT_SEVERAL_PLUGINS = "layout-several-plugins": Error, Lost [V1, V2];
    /// The plugin folder has the same name for each system. The old importer does not find the
    /// executable of another name, and goes on without the system; the new one refuses.
    LAYOUT_IDS_DIFFER = "layout-ids-differ": Error, Import [V2 says "二进制文件不存在"], Lost [V1];
    /// No folder but `info` has a name that ends in `info`: the old importer reads its files too.
    LAYOUT_INFO_LOOKALIKE = "layout-info-lookalike": Error, Lost [V1];
    /// There are no files beyond those that the importers know: they render the package anew. Node
    /// management keeps what is in the plugin's folder.
    LAYOUT_EXTRA_FILE = "layout-extra-file": Warning, Lost [V1, V2, Nodeman];
}

/// A system that a package can be for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Os {
    /// Its folder in the archive.
    pub(crate) folder: &'static str,
    /// What the executable's name ends with.
    pub(crate) suffix: &'static str,
    /// What the scripts' names end with.
    pub(crate) script: &'static str,
    /// What the executable is made for, where the rules on executables know it.
    pub(crate) machine: Option<Machine>,
}

/// The four OS folders that the importers know.
pub(crate) const SYSTEMS: [Os; 4] = [
    Os {
        folder: "external_plugins_linux_x86_64",
        suffix: "",
        script: "sh",
        machine: Some(Machine::ElfX86_64),
    },
    Os {
        folder: "external_plugins_linux_aarch64",
        suffix: "",
        script: "sh",
        machine: Some(Machine::ElfAarch64),
    },
    Os {
        folder: "external_plugins_windows_x86_64",
        suffix: ".exe",
        script: "bat",
        machine: Some(Machine::PeX86_64),
    },
    Os { folder: "external_plugins_aix_powerpc", suffix: "", script: "ksh", machine: None },
];

/// The plugin's folder for one system.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) os: &'static Os,
    /// Path of the plugin's folder, without a slash at the end.
    pub(crate) path: String,
}

/// A package of the 6.x/7.x layout, ready for the rules of each subject.
#[derive(Debug)]
pub(crate) struct Plugin<'c> {
    pub(crate) contents: &'c Contents,
    pub(crate) id: String,
    pub(crate) folders: Vec<Folder>,
}

impl Folder {
    /// Path of a file of the plugin.
    pub(crate) fn file(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }

    /// Path of the executable.
    pub(crate) fn executable(&self, id: &str) -> String {
        self.file(&format!("{id}{}", self.os.suffix))
    }

    /// Whether the shell starts the exporter here, rather than cmd.
    pub(crate) fn is_unix(&self) -> bool {
        self.os.script != "bat"
    }
}

impl<'c> Plugin<'c> {
    /// The different contents of a file that each plugin folder should have the same of, each
    /// with the path where it is met first. Files that are too large to keep are left out.
    pub(crate) fn distinct(&self, name: &str) -> Vec<(String, &'c [u8])> {
        let mut found: Vec<(String, &[u8])> = Vec::new();
        for folder in &self.folders {
            let path = folder.file(name);
            if let Some(bytes) = self.contents.get(&path).and_then(|file| file.bytes.as_deref())
                && !found.iter().any(|(_, other)| *other == bytes)
            {
                found.push((path, bytes));
            }
        }
        found
    }

    /// The paths at which a file of each plugin folder is missing.
    pub(crate) fn missing(&self, name: &str) -> Vec<String> {
        let paths = self.folders.iter().map(|folder| folder.file(name));
        paths.filter(|path| !self.contents.contains(path)).collect()
    }
}

/// Whether an archive is meant to be a package of this layout, and not the flat one of 5.1.
pub(crate) fn is_meant(contents: &Contents) -> bool {
    contents.members.iter().any(|member| {
        let parts: Vec<_> = member.path.split('/').collect();
        parts.iter().rev().skip(1).any(|part| os_of(part).is_some() || looks_like_os(part))
    })
}

/// Finds the plugin, and reports what is wrong with the folders and with its id.
pub(crate) fn check<'c>(contents: &'c Contents, findings: &mut Findings) -> Option<Plugin<'c>> {
    let prefix = find_prefix(contents, findings)?;
    let inside = || {
        contents.members.iter().filter_map(|member| {
            let rest = member.path.strip_prefix(&*prefix)?;
            Some((member, rest.split('/').collect::<Vec<_>>()))
        })
    };
    check_top(inside().map(|(member, parts)| (member, parts[0], parts.len())), &prefix, findings);

    let mut folders = Vec::new();
    let mut ids: Vec<&str> = Vec::new();
    for os in &SYSTEMS {
        let mut plugins = Vec::new();
        for (_, parts) in inside() {
            if let [folder, plugin, _, ..] = &*parts
                && *folder == os.folder
                && !plugins.contains(plugin)
            {
                plugins.push(*plugin);
            }
        }
        let place = format!("{prefix}{}", os.folder);
        if let [_, _, ..] = &*plugins {
            let message =
                format!("the folder holds {} plugins: {}", plugins.len(), plugins.join(", "));
            let advice = "leave one; a package is one plugin";
            findings.add(&LAYOUT_SEVERAL_PLUGINS, &place, "", message, advice);
        }
        // The importer takes the first that has a description of itself.
        let described =
            |plugin: &&&str| contents.contains(&format!("{place}/{plugin}/info/meta.yaml"));
        let Some(id) = plugins.iter().find(described).or(plugins.first()) else { continue };
        if os.script == "ksh" {
            let message =
                "the site may not have AIX switched on, and then the folder is passed over";
            let advice = "ask the site's administrator for OS_GLOBAL_SWITCH, or leave AIX out";
            findings.add(&LAYOUT_AIX, &place, "", message, advice);
        }
        ids.push(*id);
        folders.push(Folder { os, path: format!("{place}/{id}") });
    }
    let id = (*ids.first()?).to_owned();
    if let Some((folder, other)) = folders.iter().zip(&ids).find(|(_, other)| **other != id) {
        let message = format!("the plugin is {other:?} here and {id:?} in {}", folders[0].path);
        findings.add(&LAYOUT_IDS_DIFFER, &folder.path, "", message, "give both the same name");
    }
    identity::check_id(&id, &folders[0].path, findings);
    let plugin = Plugin { contents, id, folders };
    check_files(&plugin, findings);
    Some(plugin)
}

/// What is in front of the OS folders: nothing, or the folder that wraps them, with its slash.
fn find_prefix(contents: &Contents, findings: &mut Findings) -> Option<String> {
    let mut misspelt: BTreeSet<&str> = BTreeSet::new();
    let mut wrapped = None;
    for member in &contents.members {
        let parts: Vec<_> = member.path.split('/').collect();
        if parts.len() > 2 && os_of(parts[0]).is_some() {
            return Some(String::new());
        }
        if let Some(at) = (1..parts.len().saturating_sub(2)).find(|at| os_of(parts[*at]).is_some())
        {
            wrapped.get_or_insert_with(|| format!("{}/", parts[..at].join("/")));
        }
        misspelt.extend(parts.iter().rev().skip(1).filter(|part| looks_like_os(part)));
    }
    if let Some(prefix) = wrapped {
        let message = format!("the OS folders are inside {prefix:?}");
        let advice = "pack them from within that folder, so that they are at the top";
        findings.add(&LAYOUT_WRAPPED, &prefix, "", message, advice);
        return Some(prefix);
    }
    let known: Vec<_> = SYSTEMS.iter().map(|os| os.folder).collect();
    let found = if misspelt.is_empty() {
        String::new()
    } else {
        format!(" (it has {})", misspelt.into_iter().collect::<Vec<_>>().join(", "))
    };
    let mut tops = contents.members.iter().filter_map(|member| member.path.split_once('/'));
    let has_nodeman_folder = tops.any(|(top, _)| nodeman_knows(top));
    let message = format!("the archive has no OS folder with a plugin in it{found}");
    let advice = format!("name the folders {}", known.join(", "));
    let applies = |one: &Objection| one.reader != Reader::Nodeman || !has_nodeman_folder;
    findings.add_to(&LAYOUT_NO_OS_FOLDER, applies, "", "", message, advice);
    None
}

fn check_top<'c>(
    tops: impl Iterator<Item = (&'c Member, &'c str, usize)>,
    prefix: &str,
    findings: &mut Findings,
) {
    for (member, top, depth) in tops {
        let place = format!("{prefix}{top}");
        let known: Vec<_> = SYSTEMS.iter().map(|os| os.folder).collect();
        let known = known.join(", ");
        let applies = |one: &Objection| one.reader != Reader::Nodeman || !nodeman_knows(top);
        if os_of(top).is_some() && depth > 2 {
            continue;
        }
        if os_of(top).is_none() && top.starts_with("external_plugins_") && depth > 1 {
            let message = format!("no importer knows the system of {top:?}");
            let advice = format!("name the folder one of {known}");
            findings.add_to(&LAYOUT_UNKNOWN_OS, applies, &place, "", message, advice);
        } else if os_of(top).is_none() && looks_like_os(top) && depth > 1 {
            let message =
                format!("{top:?} is passed over without a word; the documentation misspells it");
            let advice = format!("name the folder one of {known}");
            findings.add_to(&LAYOUT_MISSPELT_OS, applies, &place, "", message, advice);
        } else {
            let message = "nobody reads this file";
            findings.add(&LAYOUT_EXTRA_FILE, &member.path, "", message, "leave it out");
        }
    }
}

fn os_of(part: &str) -> Option<&'static Os> {
    SYSTEMS.iter().find(|os| os.folder == part)
}

/// Whether node management takes a folder at the top for an OS folder.
fn nodeman_knows(top: &str) -> bool {
    let name = top.strip_prefix("external_").unwrap_or(top);
    let system = name.strip_prefix("plugins_").and_then(|name| name.split_once('_'));
    system.is_some_and(|(os, machine)| {
        ["windows", "linux", "aix", "solaris", "darwin"].contains(&os)
            && ["x86", "x86_64", "powerpc", "aarch64", "sparc"].contains(&machine)
    })
}

/// Whether a folder is meant to be an OS folder.
pub(super) fn looks_like_os(part: &str) -> bool {
    let part = part.to_ascii_lowercase();
    os_of(&part).is_none()
        && part.contains("plugin")
        && ["_linux_", "_windows_", "_aix_"].iter().any(|os| part.contains(os))
}

/// Files that no importer keeps, and folders that an importer takes for another.
fn check_files(plugin: &Plugin<'_>, findings: &mut Findings) {
    for folder in &plugin.folders {
        let start = format!("{}/", folder.path);
        for member in &plugin.contents.members {
            let Some(name) = member.path.strip_prefix(&start) else { continue };
            if let Some((parents, _)) = name.rsplit_once('/')
                && parents.ends_with("info")
                && parents != "info"
            {
                let message = format!("the files of {parents:?} are read as if they were in info");
                let advice = "rename the folder so that it does not end in \"info\"";
                findings.add(&LAYOUT_INFO_LOOKALIKE, &member.path, "", message, advice);
            } else if !is_known(name, folder.os, &plugin.id)
                && !is_reported_elsewhere(&member.path, folder, &plugin.id)
            {
                let message = "the file is not there any more after the import";
                let advice = "put it into the executable, or make it a parameter of type file";
                let applies = |one: &Objection| one.reader != Reader::Nodeman;
                findings.add_to(&LAYOUT_EXTRA_FILE, applies, &member.path, "", message, advice);
            }
        }
    }
}

fn is_known(name: &str, os: &Os, id: &str) -> bool {
    const PLAIN: [&str; 10] = [
        "VERSION",
        "project.yaml",
        "logo.png",
        "info/meta.yaml",
        "info/config.json",
        "info/metrics.json",
        "info/description.md",
        "info/release.md",
        "info/signature.yaml",
        "info/logo.png",
    ];
    // They are rendered anew too, all together, so that none of them is missed by another.
    let is_script = !name.contains('/') && name.ends_with(&format!(".{}", os.script));
    let is_template = name.starts_with("etc/") && name.ends_with(".tpl");
    PLAIN.contains(&name) || is_script || is_template || name == format!("{id}{}", os.suffix)
}

/// Whether rules of their own speak of such a file.
fn is_reported_elsewhere(path: &str, folder: &Folder, id: &str) -> bool {
    path.ends_with("VERSION") || path.contains(&format!("{}/{id}/{id}", folder.os.folder))
}
