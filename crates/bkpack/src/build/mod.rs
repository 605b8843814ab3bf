//! `bkpack build`: packs an exporter from a folder that `bkpack init` drafted or a person wrote.

mod pack;
mod source;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use blueking_package::plugin::System;
use blueking_package::{Definitions, Flag, PackageDescription, pattern_matches, requirements};

pub use self::pack::{
    Documents, Formats, Output, Packages, archive_name, assemble, documents, reject, write,
};
pub use self::source::{DESCRIPTION, Source};
use crate::process::shell_word;
use crate::rehearse::name_of;
use crate::texts::init::not_executable;
use crate::texts::{build as texts, first_names, programs};
use crate::{UsageError, check, flags, output};

/// The file in a draft's folder with the exporter's metrics and flags.
pub(crate) const METRICS: &str = "metrics.toml";

/// The file in place of [`METRICS`] of an exporter that describes itself.
pub(crate) const SELF_DESCRIPTION: &str = "describe.json";

/// The folder of the executables, one folder for each system.
pub(crate) const BINARIES: &str = "bin";

/// Packs a folder, and checks the packages.
///
/// # Errors
/// What is wrong with the folder, or errors of the check.
pub(crate) fn run(flags: &flags::Build) -> Result<()> {
    let folder = Path::new(flags.folder.as_deref().context("no folder")?);
    if !folder.join(DESCRIPTION).is_file() {
        return Err(UsageError(texts::no_draft(&folder.display().to_string())).into());
    }
    let shown = |path: &Path| path.display().to_string();
    let (source, mut problems) = Source::read(folder, "", &shown)?;
    let mut definitions = read_definitions(folder)?;
    let omit = &source.description.omit;
    let is_packed = |name: &String| !omit.iter().any(|pattern| pattern_matches(pattern, name));
    let mut unnamed = definitions.fill_names();
    unnamed.retain(is_packed);
    if !folder.join(SELF_DESCRIPTION).is_file() {
        add_parameters(&mut definitions, &source.description);
    }
    let executables = read_executables(folder)?;
    let wanted = flags.versions.unwrap_or(Formats { zip: true, plugin: true });
    // BlueKing 5.1 has no package for other systems.
    let has_51 = executables.keys().any(|system| *system != System::LinuxAarch64);
    let formats = Formats { zip: wanted.zip && has_51, ..wanted };
    let documents = match documents(&source, &definitions, formats) {
        Ok(documents) => Some(documents),
        Err(more) => {
            for problem in more {
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
            None
        }
    };
    reject(&problems)?;
    let documents = documents.context("the documents were rejected without a reason")?;
    let packages = assemble(&source, documents, &executables)?;

    let out = flags.out.as_ref().map_or_else(|| folder.join("dist"), PathBuf::from);
    fs::create_dir_all(&out).with_context(|| programs::cannot_create(&shown(&out)))?;
    let version = if definitions.version.is_empty() {
        &source.description.plugin_version
    } else {
        &definitions.version
    };
    let archive = |name: String| Output { stage: None, archive: out.join(name) };
    let zip = formats
        .zip
        .then(|| archive(format!("{}-{version}.zip", source.description.component_name)));
    let plugin =
        formats.plugin.then(|| archive(archive_name(&source.description.plugin_id, version)));
    write(&packages, zip.as_ref(), plugin.as_ref())?;
    let files: Vec<String> =
        plugin.iter().chain(&zip).map(|output| shown(&output.archive)).collect();
    report(&files, &unnamed, wanted.zip && !has_51)
}

/// Prints what was made, what is missing in it and the findings of the check.
fn report(files: &[String], unnamed: &[String], is_without_51: bool) -> Result<()> {
    let mut text = String::new();
    for file in files {
        let size = fs::metadata(file).with_context(|| programs::cannot_read(file))?.len();
        text += &format!("{file}  {:.1} MiB\n", size as f64 / f64::from(1 << 20));
    }
    if is_without_51 {
        text += &format!("{}\n", texts::without_51());
    }
    if !unnamed.is_empty() {
        text += &format!("{}\n", texts::unnamed(unnamed.len(), &first_names(unnamed.iter())));
    }
    output::print(&format!("{text}\n"))?;
    check::run(&flags::Check::of(files))?;
    let first = files.first().map(String::as_str).unwrap_or_default();
    output::print(&format!("\n{}\n", texts::next_rehearse(&shell_word(first))))
}

/// Adds what the form passes to the flags and arguments of an exporter that does not describe
/// itself: helps do not name all.
fn add_parameters(definitions: &mut Definitions, description: &PackageDescription) {
    for parameter in &description.parameters {
        let name = parameter.flag.trim_start_matches('-');
        if !name.is_empty() && !definitions.has_flag(name) {
            definitions.flags.push(Flag {
                name: name.to_owned(),
                value: Some("VALUE".to_owned()),
                default: None,
                help: String::new(),
            });
        }
        if let Some(argument) = &parameter.argument
            && definitions.arguments.is_empty()
        {
            definitions.arguments.push(argument.clone());
        }
    }
}

fn read_definitions(folder: &Path) -> Result<Definitions> {
    let read = |name: &str| {
        let path = folder.join(name);
        let text = fs::read_to_string(&path);
        (path.display().to_string(), text)
    };
    let (file, text) = read(SELF_DESCRIPTION);
    if let Ok(text) = text {
        return Ok(Definitions::parse(&file, &text)?);
    }
    let (file, text) = read(METRICS);
    let text = text.with_context(|| programs::cannot_read(&file))?;
    Ok(Definitions::parse_toml(&file, &text)?)
}

/// The executables in `bin/<system>/`, one file in each.
fn read_executables(folder: &Path) -> Result<BTreeMap<System, Vec<u8>>> {
    let mut executables = BTreeMap::new();
    for system in System::ALL {
        let path = folder.join(BINARIES).join(name_of(system));
        let Ok(entries) = fs::read_dir(&path) else { continue };
        let files: Vec<PathBuf> =
            entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
        match &*files {
            [] => {}
            [file] => {
                let bytes = fs::read(file);
                let bytes =
                    bytes.with_context(|| programs::cannot_read(&file.display().to_string()))?;
                if let Err(reason) = requirements(&bytes) {
                    let file = file.display().to_string();
                    return Err(anyhow!(not_executable(&file, &reason)));
                }
                executables.insert(system, bytes);
            }
            _ => return Err(anyhow!(texts::several(&path.display().to_string()))),
        }
    }
    if executables.is_empty() {
        return Err(anyhow!(texts::no_executable(&folder.join(BINARIES).display().to_string())));
    }
    Ok(executables)
}
