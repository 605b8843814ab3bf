//! The exporter itself: is it there, is it found, can the hosts start it.

use super::contents::Member;
use super::finding::{Findings, Objection, Reader, Stage};
use super::layout::{Folder, Plugin};
use super::program::Program;
use super::rule::rules;
use crate::executable::{self, Machine, is_system_dll};
use crate::names::plugin_id_rules;

rules! {
    /// Each OS folder has its executable, `<plugin>/<plugin>` or `<plugin>/<plugin>.exe`. The old
    /// importer goes on without the system, until the plugin is saved with none at all.
    EXECUTABLE_MISSING = "executable-missing": Error, Import [V2 says "二进制文件不存在"],
        Save [V1 says "collector_json不合法，至少添加一项操作系统相关内容"], Lost [V1];
    /// The executable is not empty.
    EXECUTABLE_EMPTY = "executable-empty": Error, Import [V1 says "HTTP 500 TypeError", V2];
    /// The executable is no text: the old importer decodes what it can and fails on the result, the
    /// new one looks at the first bytes.
    EXECUTABLE_TEXT = "executable-text": Error, Import [V1 says "HTTP 500 TypeError", V2];
    /// The executable is one, for the system and the machine of its folder. The new importer looks at
    /// the first bytes, which tell Windows from the others, and no more.
    EXECUTABLE_MACHINE = "executable-machine": Error, Import [V2], Run [Host];
    /// No file in front of the executable has a path that holds its path: the old importer takes
    /// the first that does for the executable, and fails if that is empty or a text.
    EXECUTABLE_SHADOWED = "executable-shadowed": Error,
        Import [V1 says "HTTP 500 TypeError"], Lost [V1];
    /// No other file's path holds the executable's path: the next who packs may sort it in front.
    EXECUTABLE_SIBLING = "executable-sibling": Error, Lost [V1];
    /// The executable comes first in its OS folder: the first file that is called like it is taken.
    EXECUTABLE_ORDER = "executable-order": Warning, Lost [V1];
    /// The executable is static: a host may lack its libraries, or have an older glibc.
    EXECUTABLE_DYNAMIC = "executable-dynamic": Warning, Run [Host];
    /// The executable asks only for DLLs that are part of Windows.
    EXECUTABLE_DLLS = "executable-dlls": Warning, Run [Host];
    /// The executable has at most 50 MiB: it goes to every host.
    EXECUTABLE_SIZE = "executable-size": Warning;
    /// The executable and the scripts have the permission to be executed.
    EXECUTABLE_MODE = "executable-mode": Warning, Run [Host];
}

/// Above this an executable is worth a warning, in bytes.
const LARGE: u64 = 50 << 20;

pub(super) fn check(plugin: &Plugin<'_>, findings: &mut Findings) {
    let is_there = |folder: &Folder| plugin.contents.contains(&folder.executable(&plugin.id));
    let stage = if plugin.folders.iter().any(is_there) { Stage::Lost } else { Stage::Save };
    for folder in &plugin.folders {
        let path = folder.executable(&plugin.id);
        match plugin.contents.get(&path) {
            Some(member) => {
                if is_left_alone(member, findings)
                    && let Some(machine) = folder.os.machine
                {
                    check_file(member, machine, findings);
                }
                check_place(member, folder, plugin, findings);
                check_modes(folder, plugin, findings);
            }
            None => {
                let advice = "add the executable, or leave out the OS folder";
                let applies = |one: &Objection| one.reader == Reader::V2 || one.stage == stage;
                let message = "the executable is missing";
                findings.add_to(&EXECUTABLE_MISSING, applies, &path, "", message, advice);
            }
        }
    }
}

/// Whether the old importer, which decodes whatever is UTF-8, leaves the file as it is.
fn is_left_alone(member: &Member, findings: &mut Findings) -> bool {
    let path = &member.path;
    if member.size == 0 {
        let advice = "add the executable that the build made";
        findings.add(&EXECUTABLE_EMPTY, path, "", "the executable is empty", advice);
    } else if member.is_utf8 {
        let message = "the executable is a text, for instance a script";
        findings.add(&EXECUTABLE_TEXT, path, "", message, "ship a compiled executable");
    }
    member.size > 0 && !member.is_utf8
}

/// The rules on the file itself, the same for each kind of package.
pub(super) fn check_file(member: &Member, machine: Machine, findings: &mut Findings) {
    let path = &member.path;
    if let Err(reason) = executable::check(&member.head, machine) {
        let advice = format!("ship a binary built for {}", machine.name());
        let start: &[u8] = if machine == Machine::PeX86_64 { b"MZ" } else { b"\x7fELF" };
        let applies = |one: &Objection| one.reader != Reader::V2 || !member.head.starts_with(start);
        findings.add_to(&EXECUTABLE_MACHINE, applies, path, "", reason, advice);
    }
    if member.size > LARGE {
        let message = format!("the executable has {} MiB", member.size >> 20);
        let advice = "strip it of debug information";
        findings.add(&EXECUTABLE_SIZE, path, "", message, advice);
    }
    if let Some(program) = &member.program {
        check_needs(program, path, findings);
    }
}

fn check_needs(program: &Program, path: &str, findings: &mut Findings) {
    if program.loader.is_some() || program.libraries > 0 {
        let what = match (&program.loader, program.libraries) {
            (Some(loader), 0) => format!("the loader {loader}"),
            (Some(loader), 1) => format!("a shared library by {loader}"),
            (Some(loader), number) => format!("{number} shared libraries by {loader}"),
            (None, 1) => "a shared library".to_owned(),
            (None, number) => format!("{number} shared libraries"),
        };
        let glibc = program.glibc.map_or(String::new(), |(major, minor)| {
            format!(", and needs glibc {major}.{minor} (CentOS 7 has 2.17)")
        });
        let message = format!("the executable asks for {what}{glibc}, which not every host has");
        let advice = "link it statically, for instance for a musl target or with CGO_ENABLED=0";
        findings.add(&EXECUTABLE_DYNAMIC, path, "", message, advice);
    }
    let foreign: Vec<_> =
        program.dlls.iter().filter(|name| !is_system_dll(name)).map(String::as_str).collect();
    if !foreign.is_empty() {
        let message =
            format!("the executable asks for {}, which Windows has not", foreign.join(", "));
        findings.add(&EXECUTABLE_DLLS, path, "", message, "link them statically");
    }
}

/// Which file the old importer finds when it looks for the executable: the first whose path holds
/// the path of the executable, wherever.
fn check_place(member: &Member, folder: &Folder, plugin: &Plugin<'_>, findings: &mut Findings) {
    let wanted = format!("{}/{}/{}{}", folder.os.folder, plugin.id, plugin.id, folder.os.suffix);
    let mut is_behind = false;
    for other in &plugin.contents.members {
        if other.path == member.path {
            is_behind = true;
        } else if other.path.contains(&wanted) {
            let (rule, message) = if is_behind {
                let message =
                    "the importer would take this file for the executable if it came first";
                (&EXECUTABLE_SIBLING, message)
            } else {
                (&EXECUTABLE_SHADOWED, "the importer takes this file for the executable")
            };
            let advice = format!("leave it out, or give it a path without {wanted:?}");
            // A text, and an empty file is one, ends the import; anything else is imported.
            let stage = if other.is_utf8 && !is_behind { Stage::Import } else { Stage::Lost };
            findings.add_to(rule, |one| one.stage == stage, &other.path, "", message, advice);
        }
    }
    let start = format!("{}/", folder.path);
    let first = plugin.contents.members.iter().find(|other| other.path.starts_with(&start));
    if let Some(first) = first
        && first.path != member.path
        && !first.path.contains(&wanted)
    {
        let message = format!(
            "{} comes before the executable in the archive. That works, but the importer takes the \
             first file whose path holds {wanted:?} for the executable: a backup or configuration \
             file of such a name, added later, may come first as well",
            first.path
        );
        // What is not sound as an id has no place in a command that people run.
        let id = if plugin_id_rules(&plugin.id).is_empty() { &plugin.id } else { "ID" };
        let advice = format!(
            "pack the executables in front of all other files; in the folder of the unpacked package: \
             (find external_plugins_* -type f -path '*/{id}/{id}*'; find external_plugins_* -type f \
             ! -path '*/{id}/{id}*') | tar -czf {id}.tgz -T -"
        );
        findings.add(&EXECUTABLE_ORDER, &member.path, "", message, advice);
    }
}

fn check_modes(folder: &Folder, plugin: &Plugin<'_>, findings: &mut Findings) {
    if !folder.is_unix() {
        return;
    }
    let start = format!("{}/", folder.path);
    for member in &plugin.contents.members {
        let Some(name) = member.path.strip_prefix(&start) else { continue };
        let is_script = name.ends_with(&format!(".{}", folder.os.script)) && !name.contains('/');
        if (name == plugin.id || is_script) && member.mode.is_some_and(|mode| mode & 0o100 == 0) {
            let message = format!("the mode is {:04o}", member.mode.unwrap_or_default() & 0o7777);
            let advice = "chmod 0755 before packing";
            findings.add(&EXECUTABLE_MODE, &member.path, "", message, advice);
        }
    }
}
