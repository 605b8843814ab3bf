//! Checks the exporter executable: that it exists, that importers find it and that hosts can start
//! it.

use super::contents::Member;
use super::finding::{Consumer, Findings, Objection, Stage};
use super::layout::{Folder, Plugin};
use super::program::Program;
use super::rule::rules;
use crate::executable::{self, is_system_dll};
use crate::names::plugin_id_rules;
use crate::plugin::System;
use crate::script::script_fault;
use crate::texts::{check_executable as texts, list};

rules! {
    /// Each OS folder contains its executable, `<plugin>/<plugin>` or `<plugin>/<plugin>.exe`. The
    /// old importer ignores a system without one; saving fails if no system remains.
    EXECUTABLE_MISSING = "executable-missing": Error, Import [V2 says "二进制文件不存在"],
        Save [V1 says "collector_json不合法，至少添加一项操作系统相关内容"], SilentlyDropped [V1]
        => texts::executable_is_missing_advice;
    /// The executable is not empty.
    EXECUTABLE_EMPTY = "executable-empty": Error, Import [V1 says "HTTP 500 TypeError"]
        => texts::executable_is_empty_advice;
    /// The executable is not a text file: the old importer decodes it as text and fails.
    EXECUTABLE_TEXT = "executable-text": Error, Import [V1 says "HTTP 500 TypeError"]
        => texts::executable_is_text_advice;
    /// The executable is built for the system and machine of its folder. The importers do not check
    /// this: the new one checks executables only where they are uploaded by themselves.
    EXECUTABLE_MACHINE = "executable-machine": Error, Run [Host];
    /// The executable is as large as its headers say: it is not cut off.
    EXECUTABLE_TRUNCATED = "executable-truncated": Error, Run [Host]
        => texts::executable_is_truncated_advice;
    /// No file before the executable has a path that contains its path: the old importer uses the
    /// first such file as the executable, and fails if it is empty or text.
    EXECUTABLE_SHADOWED = "executable-shadowed": Error,
        Import [V1 says "HTTP 500 TypeError"], SilentlyDropped [V1];
    /// No other file's path contains the executable's path: repacking may place it first.
    EXECUTABLE_SIBLING = "executable-sibling": Warning;
    /// The executable is the first file in its OS folder: the importer uses the first file with a
    /// matching path.
    EXECUTABLE_ORDER = "executable-order": Warning, SilentlyDropped [V1];
    /// The executable is statically linked: a host may lack its libraries, or have an older glibc.
    EXECUTABLE_DYNAMIC = "executable-dynamic": Warning, Run [Host] => texts::requires_advice;
    /// The executable imports only DLLs that are part of Windows.
    EXECUTABLE_DLLS = "executable-dlls": Warning, Run [Host] => texts::imports_foreign_dlls_advice;
    /// The executable has at most 50 MiB: it is distributed to every host.
    EXECUTABLE_SIZE = "executable-size": Warning => texts::executable_is_large_advice;
    /// The executable and the scripts are executable files.
    EXECUTABLE_MODE = "executable-mode": Warning, Run [Host] => texts::mode_advice;
    /// Linux can start the scripts: no byte order mark, no Windows line ends. Importers replace them.
    SCRIPT_TEXT = "script-text": Error, Run [Host] => texts::script_fault_advice;
}

/// Executable size that triggers a warning, in bytes.
const LARGE: u64 = 50 << 20;

pub(super) fn check(plugin: &Plugin<'_>, findings: &mut Findings) {
    let is_there = |folder: &Folder| plugin.contents.contains(&folder.executable(&plugin.id));
    let stage =
        if plugin.folders.iter().any(is_there) { Stage::SilentlyDropped } else { Stage::Save };
    for folder in &plugin.folders {
        let path = folder.executable(&plugin.id);
        match plugin.contents.get(&path) {
            Some(member) => {
                if is_kept_binary(member, findings)
                    && let Some(system) = folder.os.system
                {
                    check_file(member, system, findings);
                }
                check_place(member, folder, plugin, findings);
                check_scripts(folder, plugin, findings);
            }
            None => {
                let applies = |objection: &Objection| {
                    // The new importer follows links, which the old one skips.
                    let is_v2 = objection.consumer == Consumer::V2;
                    if is_v2 { !plugin.contents.is_linked(&path) } else { objection.stage == stage }
                };
                let message = texts::executable_is_missing();
                findings.add_to(&EXECUTABLE_MISSING, applies, &path, "", message);
            }
        }
    }
}

/// Whether the old importer, which decodes all UTF-8 files as text, keeps the file unchanged.
fn is_kept_binary(member: &Member, findings: &mut Findings) -> bool {
    let path = &member.path;
    if member.size == 0 {
        findings.add(&EXECUTABLE_EMPTY, path, "", texts::executable_is_empty());
    } else if member.is_utf8 {
        findings.add(&EXECUTABLE_TEXT, path, "", texts::executable_is_text());
    }
    member.size > 0 && !member.is_utf8
}

/// The rules on the file itself, common to both package formats.
pub(super) fn check_file(member: &Member, system: System, findings: &mut Findings) {
    let path = &member.path;
    if let Err(reason) = executable::check(&member.head, system) {
        let advice = texts::other_machine_advice(executable::machine_name(system));
        findings.add(&EXECUTABLE_MACHINE, path, "", (reason, advice));
    } else if let Some(program) = &member.program
        && member.size < program.least_size
    {
        let message = texts::executable_is_truncated(member.size, program.least_size);
        findings.add(&EXECUTABLE_TRUNCATED, path, "", message);
    }
    if member.size > LARGE {
        findings.add(&EXECUTABLE_SIZE, path, "", texts::executable_is_large(member.size >> 20));
    }
    if let Some(program) = &member.program {
        check_requirements(program, path, findings);
    }
}

fn check_requirements(program: &Program, path: &str, findings: &mut Findings) {
    if program.loader.is_some() || program.libraries > 0 {
        let requirement = match (&program.loader, program.libraries) {
            (Some(loader), 0) => texts::loader(loader),
            (Some(loader), 1) => texts::one_library_of(loader),
            (Some(loader), number) => texts::libraries_of(number, loader),
            (None, 1) => texts::one_library(),
            (None, number) => texts::libraries(number),
        };
        let message = match program.glibc {
            None => texts::requires(&requirement),
            Some((major, minor)) => texts::requires_with_glibc(&requirement, major, minor),
        };
        findings.add(&EXECUTABLE_DYNAMIC, path, "", message);
    }
    let foreign: Vec<_> =
        program.dlls.iter().filter(|name| !is_system_dll(name)).map(String::as_str).collect();
    if !foreign.is_empty() {
        findings.add(&EXECUTABLE_DLLS, path, "", texts::imports_foreign_dlls(&list(&foreign)));
    }
}

/// Checks which file the old importer uses as the executable: the first whose path contains the
/// executable's path.
fn check_place(member: &Member, folder: &Folder, plugin: &Plugin<'_>, findings: &mut Findings) {
    let wanted = format!("{}/{}/{}{}", folder.os.folder, plugin.id, plugin.id, folder.os.suffix);
    let mut is_after = false;
    for other in &plugin.contents.members {
        if other.path == member.path {
            is_after = true;
        } else if other.path.contains(&wanted) {
            let (rule, message) = if is_after {
                (&EXECUTABLE_SIBLING, texts::sibling_may_be_taken())
            } else {
                (&EXECUTABLE_SHADOWED, texts::shadow_is_taken())
            };
            let advice = texts::other_path_advice(&wanted);
            // A text file, including an empty one, aborts the import; any other file is imported.
            let stage =
                if other.is_utf8 && !is_after { Stage::Import } else { Stage::SilentlyDropped };
            let applies = |objection: &Objection| objection.stage == stage;
            findings.add_to(rule, applies, &other.path, "", (message, advice));
        }
    }
    if let Some((_, first)) = folder.members(plugin.contents).next()
        && first.path != member.path
        && !first.path.contains(&wanted)
    {
        let message = texts::executable_is_not_first(&first.path, &wanted);
        // An invalid id must not appear in a command that users run.
        let id = if plugin_id_rules(&plugin.id).is_empty() { &plugin.id } else { "ID" };
        let advice = texts::executable_is_not_first_advice(id);
        findings.add(&EXECUTABLE_ORDER, &member.path, "", (message, advice));
    }
}

/// Checks that a Unix host can start the scripts and, as for its mode, the executable.
fn check_scripts(folder: &Folder, plugin: &Plugin<'_>, findings: &mut Findings) {
    if !folder.is_unix() {
        return;
    }
    for (name, member) in folder.members(plugin.contents) {
        let is_script = name.ends_with(&format!(".{}", folder.os.script)) && !name.contains('/');
        if (name == plugin.id || is_script) && member.mode.is_some_and(|mode| mode & 0o100 == 0) {
            let message = texts::mode_is(member.mode.unwrap_or_default() & 0o7777);
            findings.add(&EXECUTABLE_MODE, &member.path, "", message);
        }
        if let Some(fault) = script_fault(&member.head).filter(|_| is_script) {
            findings.add(&SCRIPT_TEXT, &member.path, "", fault);
        }
    }
}
