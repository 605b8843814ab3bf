//! Folders of a 6.x/7.x package: one for each system, each containing the plugin folder.

use std::collections::BTreeSet;

use super::contents::{Contents, Member};
use super::finding::{Consumer, Findings, Objection};
use super::identity;
use super::rule::rules;
use crate::plugin::System;
use crate::texts::{check as shared, check_layout as texts, list, sources};

rules! {
    /// The archive has at least one of the four OS folders, containing `<plugin>/info/meta.yaml`.
    LAYOUT_NO_OS_FOLDER = "layout-no-os-folder": Error,
        Import [V1 #3310002 says "插件包解析错误: 无法解析plugin_id", V2, Nodeman];
    /// The OS folders are at the top level: only the old importer tolerates an enclosing folder.
    /// Node management ignores any other folder there, and rejects a package without one.
    LAYOUT_WRAPPED = "layout-wrapped": Error, Import [V2, Nodeman]
        => texts::os_folders_are_wrapped_advice;
    /// Folders named `external_plugins_*` are among the four that the importers recognise. Node
    /// management recognises some more.
    LAYOUT_UNKNOWN_OS = "layout-unknown-os": Error, SilentlyDropped [V1, V2, Nodeman];
    /// Folder names do not use the misspellings of the published documentation, `external_plugin_*`
    /// and `extarnal_plugin_*`. Node management also recognises `plugins_*`.
    LAYOUT_MISSPELT_OS = "layout-misspelt-os": Warning, SilentlyDropped [V1, V2, Nodeman];
    /// AIX must be enabled for the whole site before a package can support it.
    LAYOUT_AIX = "layout-aix": Warning, SilentlyDropped [V1] => texts::aix_is_ignored_advice;
    /// An OS folder contains one plugin folder. Node management takes each folder for a plugin.
    LAYOUT_SEVERAL_PLUGINS = "layout-several-plugins": Error,
        Import [Nodeman says "缺少project.yaml文件"], SilentlyDropped [V1, V2]
        => texts::several_plugins_advice;
    /// No file is also a folder: the new importer and node management cannot unpack both. For a plugin
    /// named like one of its folders, the old importer cannot pack them.
    LAYOUT_FILE_AND_FOLDER = "layout-file-and-folder": Error,
        Import [V2 says "NotADirectoryError", Nodeman says "NotADirectoryError"],
        Save [V1 #3310005 says "打包失败"] => texts::rename_or_remove_it;
    /// The plugin folder has the same name for each system. With a different name, the old importer
    /// does not find the executable and ignores the system; the new one rejects the package.
    LAYOUT_IDS_DIFFER = "layout-ids-differ": Error,
        Import [V2 says "二进制文件不存在"], SilentlyDropped [V1] => shared::use_same_name;
    /// No folder except `info` has a name that ends in `info`: the old importer also reads its
    /// files.
    LAYOUT_INFO_LOOKALIKE = "layout-info-lookalike": Error, SilentlyDropped [V1]
        => texts::folder_looks_like_info_advice;
    /// The package contains only files that the importers recognise: they generate the package
    /// again without other files. Node management keeps all files of the plugin folder.
    LAYOUT_EXTRA_FILE = "layout-extra-file": Warning, SilentlyDropped [V1, V2, Nodeman];
}

/// A system that a package can support.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Os {
    /// Name of the folder in the archive.
    pub(crate) folder: &'static str,
    /// Suffix of the executable's name.
    pub(crate) suffix: &'static str,
    /// Extension of the scripts.
    pub(crate) script: &'static str,
    /// The system, if the rules on executables support it.
    pub(crate) system: Option<System>,
}

/// The four OS folders that the importers recognise.
pub(crate) const SYSTEMS: [Os; 4] = [
    os(System::LinuxX86_64, "", "sh"),
    os(System::LinuxAarch64, "", "sh"),
    os(System::WindowsX86_64, ".exe", "bat"),
    Os { folder: "external_plugins_aix_powerpc", suffix: "", script: "ksh", system: None },
];

const fn os(system: System, suffix: &'static str, script: &'static str) -> Os {
    Os { folder: system.folder(), suffix, script, system: Some(system) }
}

/// The plugin folder for one system.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) os: &'static Os,
    /// Path of the plugin folder, without a trailing slash.
    pub(crate) path: String,
}

/// A package of the 6.x/7.x layout, as input to the rules.
#[derive(Debug)]
pub(crate) struct Plugin<'c> {
    pub(crate) contents: &'c Contents,
    pub(crate) id: String,
    pub(crate) folders: Vec<Folder>,
}

impl Folder {
    /// Path of a file in the plugin folder.
    pub(crate) fn file(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }

    /// Path of the executable.
    pub(crate) fn executable(&self, id: &str) -> String {
        self.file(&format!("{id}{}", self.os.suffix))
    }

    /// The files of the plugin folder, each with its path there.
    pub(crate) fn members<'c>(
        &self,
        contents: &'c Contents,
    ) -> impl Iterator<Item = (&'c str, &'c Member)> {
        let name = |path: &'c str| path.strip_prefix(&*self.path)?.strip_prefix('/');
        contents.members.iter().filter_map(move |member| Some((name(&member.path)?, member)))
    }

    /// Whether a Unix shell starts the exporter, rather than cmd.
    pub(crate) fn is_unix(&self) -> bool {
        self.os.script != "bat"
    }
}

impl<'c> Plugin<'c> {
    /// The distinct contents of a file that should be identical in each plugin folder, each with
    /// the first path. Files too large to be retained are excluded.
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

    /// The paths at which a file is missing from a plugin folder.
    pub(crate) fn missing(&self, name: &str) -> Vec<String> {
        let paths = self.folders.iter().map(|folder| folder.file(name));
        let is_there =
            |path: &String| self.contents.contains(path) || self.contents.is_linked(path);
        paths.filter(|path| !is_there(path)).collect()
    }
}

/// Whether an archive is intended as a package of this layout, rather than the flat one of 5.1.
pub(crate) fn is_meant(contents: &Contents) -> bool {
    contents.members.iter().any(|member| {
        let parts: Vec<_> = member.path.split('/').collect();
        parts.iter().rev().skip(1).any(|part| os_of(part).is_some() || looks_like_os(part))
    })
}

/// Finds the plugin and checks the folders and the plugin id.
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
            let message = texts::several_plugins(plugins.len(), &list(&plugins));
            let is_refused = plugins
                .iter()
                .any(|plugin| !contents.contains(&format!("{place}/{plugin}/project.yaml")));
            let applies =
                |objection: &Objection| objection.consumer != Consumer::Nodeman || is_refused;
            findings.add_to(&LAYOUT_SEVERAL_PLUGINS, applies, &place, "", message);
        }
        // The importer uses the first folder that contains meta.yaml.
        let described =
            |plugin: &&&str| contents.contains(&format!("{place}/{plugin}/info/meta.yaml"));
        let Some(id) = plugins.iter().find(described).or(plugins.first()) else { continue };
        // The name that the other systems use is the plugin's, unless only this system has it.
        let others = plugins.iter().filter(described);
        let id =
            others.clone().find(|plugin| is_everywhere(plugin, contents, &prefix)).unwrap_or(id);
        if let Some(other) = others.clone().next().filter(|other| *other != id) {
            identity::check_id(other, &format!("{place}/{other}"), findings);
        }
        if os.script == "ksh" {
            findings.add(&LAYOUT_AIX, &place, "", texts::aix_is_ignored());
        }
        ids.push(*id);
        folders.push(Folder { os, path: format!("{place}/{id}") });
    }
    let id = (*ids.first()?).to_owned();
    if let Some((folder, other)) = folders.iter().zip(&ids).find(|(_, other)| **other != id) {
        let message = texts::ids_differ(other, &id, &folders[0].path);
        findings.add(&LAYOUT_IDS_DIFFER, &folder.path, "", message);
    }
    identity::check_id(&id, &folders[0].path, findings);
    check_folders(contents, findings);
    let plugin = Plugin { contents, id, folders };
    check_files(&plugin, findings);
    Some(plugin)
}

/// Whether each OS folder of the archive contains the plugin.
fn is_everywhere(plugin: &str, contents: &Contents, prefix: &str) -> bool {
    SYSTEMS.iter().all(|os| {
        let place = format!("{prefix}{}/", os.folder);
        let folder = format!("{place}{plugin}/");
        let has =
            |start: &str| contents.members.iter().any(|member| member.path.starts_with(start));
        !has(&place) || has(&folder)
    })
}

/// Checks that no file is also the folder of another.
fn check_folders(contents: &Contents, findings: &mut Findings) {
    let folders = contents
        .members
        .iter()
        .flat_map(|member| member.path.match_indices('/').map(|(at, _)| &member.path[..at]));
    let both: BTreeSet<&str> = folders.filter(|folder| contents.contains(folder)).collect();
    for path in both {
        let is_made = ["info", "etc"].contains(&path.rsplit('/').next().unwrap_or_default());
        let applies = |objection: &Objection| objection.consumer != Consumer::V1 || is_made;
        findings.add_to(&LAYOUT_FILE_AND_FOLDER, applies, path, "", texts::file_is_a_folder());
    }
}

/// Whether a path is in one of the OS folders.
pub(super) fn is_in_os_folder(path: &str) -> bool {
    path.split('/').next().is_some_and(|part| os_of(part).is_some())
}

/// The path prefix of the OS folders: empty, or the enclosing folder with a trailing slash.
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
        findings.add(&LAYOUT_WRAPPED, &prefix, "", texts::os_folders_are_wrapped(&prefix));
        return Some(prefix);
    }
    let mut tops = contents.members.iter().filter_map(|member| member.path.split_once('/'));
    let has_nodeman_folder = tops.any(|(top, _)| nodeman_knows(top));
    let misspelt: Vec<_> = misspelt.into_iter().collect();
    let message = match &*misspelt {
        [] => texts::no_os_folder(),
        found => texts::no_os_folder_but(&list(found)),
    };
    let advice = texts::name_folders(&list(&SYSTEMS.map(|os| os.folder)));
    let applies =
        |objection: &Objection| objection.consumer != Consumer::Nodeman || !has_nodeman_folder;
    findings.add_to(&LAYOUT_NO_OS_FOLDER, applies, "", "", (message, advice));
    None
}

fn check_top<'c>(
    tops: impl Iterator<Item = (&'c Member, &'c str, usize)>,
    prefix: &str,
    findings: &mut Findings,
) {
    for (member, top, depth) in tops {
        let place = format!("{prefix}{top}");
        let known = list(&SYSTEMS.map(|os| os.folder));
        let applies =
            |objection: &Objection| objection.consumer != Consumer::Nodeman || !nodeman_knows(top);
        if os_of(top).is_some() && depth > 2 {
            continue;
        }
        if os_of(top).is_none() && top.starts_with("external_plugins_") && depth > 1 {
            let wording = (texts::os_is_unknown(top), texts::name_folder_one_of(&known));
            findings.add_to(&LAYOUT_UNKNOWN_OS, applies, &place, "", wording);
        } else if os_of(top).is_none() && looks_like_os(top) && depth > 1 {
            let wording = (texts::os_folder_is_misspelt(top), texts::name_folder_one_of(&known));
            findings.add_to(&LAYOUT_MISSPELT_OS, applies, &place, "", wording);
        } else {
            let wording = (texts::file_is_not_read(), sources::remove_it());
            findings.add(&LAYOUT_EXTRA_FILE, &member.path, "", wording);
        }
    }
}

fn os_of(part: &str) -> Option<&'static Os> {
    SYSTEMS.iter().find(|os| os.folder == part)
}

/// Whether node management recognises a top-level folder as an OS folder.
fn nodeman_knows(top: &str) -> bool {
    let name = top.strip_prefix("external_").unwrap_or(top);
    let system = name.strip_prefix("plugins_").and_then(|name| name.split_once('_'));
    system.is_some_and(|(os, machine)| {
        ["windows", "linux", "aix", "solaris", "darwin"].contains(&os)
            && ["x86", "x86_64", "powerpc", "aarch64", "sparc"].contains(&machine)
    })
}

/// Whether a folder is intended as an OS folder.
pub(super) fn looks_like_os(part: &str) -> bool {
    let part = part.to_ascii_lowercase();
    os_of(&part).is_none()
        && part.contains("plugin")
        && ["_linux_", "_windows_", "_aix_"].iter().any(|os| part.contains(os))
}

/// Checks for files that no importer keeps and folders that an importer mistakes for `info`.
fn check_files(plugin: &Plugin<'_>, findings: &mut Findings) {
    for folder in &plugin.folders {
        for (name, member) in folder.members(plugin.contents) {
            if let Some((parents, _)) = name.rsplit_once('/')
                && parents.ends_with("info")
                && parents != "info"
            {
                let message = texts::folder_looks_like_info(parents);
                findings.add(&LAYOUT_INFO_LOOKALIKE, &member.path, "", message);
            } else if !is_known(name, folder.os, &plugin.id)
                && !is_reported_elsewhere(&member.path, folder, &plugin.id)
            {
                let wording = (texts::file_is_dropped(), texts::file_is_dropped_advice());
                let applies = |objection: &Objection| objection.consumer != Consumer::Nodeman;
                findings.add_to(&LAYOUT_EXTRA_FILE, applies, &member.path, "", wording);
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
    // All scripts and templates are generated again together, so none is missing.
    let is_script = !name.contains('/') && name.ends_with(&format!(".{}", os.script));
    let is_template = name.starts_with("etc/") && name.ends_with(".tpl");
    PLAIN.contains(&name) || is_script || is_template || name == format!("{id}{}", os.suffix)
}

/// Whether a separate rule covers such a file.
fn is_reported_elsewhere(path: &str, folder: &Folder, id: &str) -> bool {
    path.ends_with("VERSION") || path.contains(&format!("{}/{id}/{id}", folder.os.folder))
}
