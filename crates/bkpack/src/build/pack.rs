//! Turns a package's sources, definitions and executables into files. The rules of the formats are
//! in `blueking-package`; this module applies them and writes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use blueking_package::plugin::{self, Member, System};
use blueking_package::{Definitions, Problem, check, v51};

use super::source::Source;
use crate::stage;
use crate::texts::build as texts;

/// A package, unpacked and packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The folder for the files of the package; `None` leaves only the archive.
    pub stage: Option<PathBuf>,
    /// The archive.
    pub archive: PathBuf,
}

/// The generated documents for each BlueKing generation, each with the description for operators.
#[derive(Debug)]
pub struct Documents {
    zip: Option<(v51::Documents, String)>,
    plugin: Option<(plugin::Documents, String)>,
}

/// Complete packages.
#[derive(Debug)]
pub struct Packages {
    zip: Option<v51::Package>,
    plugin: Option<plugin::Package>,
}

/// The generations of BlueKing to pack for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Formats {
    /// The zip of BlueKing 5.1.
    pub zip: bool,
    /// The tgz of BlueKing 6 and 7.
    pub plugin: bool,
}

/// Generates the documents of a package.
///
/// # Errors
/// Everything that is wrong with the description and the definitions, each once.
pub fn documents(
    source: &Source,
    definitions: &Definitions,
    formats: Formats,
) -> Result<Documents, Vec<Problem>> {
    let Source { description, markdown, .. } = source;
    let mut problems: Vec<Problem> = Vec::new();
    let mut note = |more: Vec<Problem>| {
        for problem in more {
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    };
    let zip = formats.zip.then(|| v51::generate(description, definitions));
    let zip = zip.and_then(|made| made.map_err(&mut note).ok());
    let plugin = formats.plugin.then(|| plugin::generate(description, definitions));
    let plugin = plugin.and_then(|made| made.map_err(&mut note).ok());
    if !problems.is_empty() {
        return Err(problems);
    }
    let zip = zip.map(|made| (made, v51::fill_description(markdown, description, definitions)));
    let plugin =
        plugin.map(|made| (made, plugin::fill_description(markdown, description, definitions)));
    Ok(Documents { zip, plugin })
}

/// Assembles the packages, and checks that of BlueKing 5.1 by the importer's rules.
///
/// # Errors
/// The findings of the check.
pub fn assemble(
    source: &Source,
    documents: Documents,
    executables: &BTreeMap<System, Vec<u8>>,
) -> Result<Packages> {
    let zip = documents.zip.map(|(documents, description)| v51::Package {
        documents,
        description,
        logo: source.logo.clone(),
        linux: executables.get(&System::LinuxX86_64).cloned(),
        windows: executables.get(&System::WindowsX86_64).cloned(),
    });
    if let Some(zip) = &zip {
        reject(&check::entries(&zip.to_entries()).errors().collect::<Vec<_>>())?;
    }
    let plugin = documents.plugin.map(|(documents, description)| plugin::Package {
        documents,
        description,
        release: source.release.clone(),
        logo: source.logo.clone(),
        executables: executables.clone(),
    });
    Ok(Packages { zip, plugin })
}

/// Writes every package as a folder and as an archive. The archive is read back as the importer
/// does, and removed if it differs or breaks a rule.
///
/// # Errors
/// A file cannot be written, or an archive was removed.
pub fn write(packages: &Packages, zip: Option<&Output>, plugin: Option<&Output>) -> Result<()> {
    if let Some((output, package)) = zip.zip(packages.zip.as_ref()) {
        let entries = package.to_entries();
        let files: Vec<_> = entries.iter().map(|(name, bytes)| file(name, bytes)).collect();
        stage_at(output, &files)?;
        v51::write(&output.archive, package)?;
        keep_if(v51::read(&output.archive)? == entries, &output.archive)?;
    }
    if let Some((output, package)) = plugin.zip(packages.plugin.as_ref()) {
        let members = package.members();
        stage_at(output, &members)?;
        plugin::write(&output.archive, package)?;
        keep_if(plugin::read(&output.archive)? == members, &output.archive)?;
    }
    Ok(())
}

fn stage_at(output: &Output, files: &[Member]) -> Result<()> {
    output.stage.as_ref().map_or(Ok(()), |stage| stage::write(files, stage))
}

/// The file name of a package for BlueKing 6 and 7. Avoids `__`: a site parses such file names as
/// id, type and version of the plugin.
pub fn archive_name(plugin_id: &str, version: &str) -> String {
    let mut name = format!("{plugin_id}-{version}.tgz");
    while name.contains("__") {
        name = name.replace("__", "_");
    }
    name
}

/// Fails with all problems, one per line.
///
/// # Errors
/// There is at least one.
pub fn reject(problems: &[impl ToString]) -> Result<()> {
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    ensure!(lines.is_empty(), texts::rejected(&lines.join("\n")));
    Ok(())
}

fn file(name: &str, bytes: &[u8]) -> Member {
    let is_exporter = [v51::LINUX_EXPORTER, v51::WINDOWS_EXPORTER].contains(&name);
    let mode = if is_exporter { 0o755 } else { 0o644 };
    Member { path: name.to_owned(), mode, bytes: bytes.to_vec() }
}

fn keep_if(same: bool, archive: &Path) -> Result<()> {
    let report = check::file(archive)?;
    let findings: Vec<_> = report.errors().collect();
    if same && findings.is_empty() {
        return Ok(());
    }
    let _ = fs::remove_file(archive);
    let archive = archive.display().to_string();
    ensure!(same, texts::differs(&archive));
    let lines: Vec<_> = findings.iter().map(|finding| format!("\n{finding}")).collect();
    bail!(texts::removed(&archive, &lines.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_reported_one_per_line() {
        reject(&[""; 0]).unwrap();
        let problem = |field: &str| Problem {
            file: "config/a/blueking.toml".to_owned(),
            field: field.to_owned(),
            message: "the text is empty".to_owned(),
            advice: "add one".to_owned(),
        };
        let error = reject(&[problem("display_name"), problem("group.a")]).unwrap_err();
        let lines: Vec<_> = error.to_string().lines().skip(1).map(str::to_owned).collect();
        assert_eq!(
            lines,
            [
                "config/a/blueking.toml: display_name: the text is empty; add one.",
                "config/a/blueking.toml: group.a: the text is empty; add one.",
            ]
        );
    }

    #[test]
    fn archive_names_have_no_double_underscore() {
        for (id, expected) in
            [("a_b", "a_b-1.tgz"), ("a__b__c", "a_b_c-1.tgz"), ("a____b", "a_b-1.tgz")]
        {
            assert_eq!(archive_name(id, "1"), expected);
        }
    }
}
