//! Reads an unpacked package, a folder with the members of an archive, under the rules of archives.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::Kind;
use super::container::{ARCHIVE_LINK, ARCHIVE_SPECIAL, MAX_MEMBERS, Name, Unpacker};
use super::contents::Contents;
use super::finding::Findings;
use super::layout::{SYSTEMS, looks_like_os};
use crate::folder::{self, Entry};
use crate::texts::folder as texts;
use crate::v51::{AIX_EXPORTER, CONFIG_SCHEMA, INFO, LINUX_EXPORTER, WINDOWS_EXPORTER};

/// The files that show that a folder is an unpacked package of BlueKing 5.1.
const COMPONENT: [&str; 5] = [INFO, CONFIG_SCHEMA, LINUX_EXPORTER, WINDOWS_EXPORTER, AIX_EXPORTER];

/// The kind of package that a folder holds, by the names in it; `None` for any other folder, which
/// is not searched further.
pub(super) fn kind(root: &Path) -> io::Result<Option<Kind>> {
    let mut kind = None;
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_system = SYSTEMS.iter().any(|os| os.folder == name) || looks_like_os(&name);
        match entry.file_type()? {
            found if found.is_dir() && is_system => return Ok(Some(Kind::Plugin)),
            found if found.is_file() && COMPONENT.contains(&&*name) => kind = Some(Kind::V51),
            _ => {}
        }
    }
    Ok(kind)
}

/// Reads the files of a folder; `None` if it exceeds a limit.
pub(super) fn read(root: &Path, findings: &mut Findings) -> io::Result<Option<Contents>> {
    let mut unpacker = Unpacker::new(findings);
    let mut entries = folder::entries(root, MAX_MEMBERS)?;
    // A folder has no order, so the rule that executables come first must not fail.
    entries.sort_by_key(|entry| !is_executable(&entry.name));
    for Entry { name, path, kind, mode } in entries {
        if !unpacker.count_member() {
            return Ok(None);
        }
        let Name::Valid(name) = unpacker.check_name(&name) else { continue };
        match kind {
            folder::Kind::Folder => continue,
            folder::Kind::Link => {
                let wording = (texts::link(), texts::link_advice());
                unpacker.findings.add(&ARCHIVE_LINK, &name, "", wording);
                continue;
            }
            folder::Kind::Special => {
                let wording = (texts::special(), texts::special_advice());
                unpacker.findings.add(&ARCHIVE_SPECIAL, &name, "", wording);
                continue;
            }
            folder::Kind::File => {}
        }
        if !unpacker.read_file(name, mode, &mut File::open(path)?)? {
            return Ok(None);
        }
    }
    Ok(Some(unpacker.contents))
}

/// Whether a path has the form `<system>/<plugin>/<plugin>…` of an executable.
fn is_executable(path: &[u8]) -> bool {
    let mut parts = path.split(|byte| *byte == b'/').skip(1);
    let (plugin, file) = (parts.next(), parts.next());
    plugin.zip(file).is_some_and(|(plugin, file)| file.starts_with(plugin))
}
