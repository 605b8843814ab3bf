//! The hand-written files of the workspace's exporters, and their definitions. `bkpack` packs them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use bkpack::build::{Documents, Formats, Source, reject};
use blueking_package::{Definitions, Problem};

use super::plan::PackagePlan;
use crate::workspace::{Exporter, Workspace};

/// An exporter with its hand-written files.
#[derive(Debug)]
pub(crate) struct PackageSource {
    pub(crate) exporter: Exporter,
    pub(crate) source: Source,
}

/// Reads the hand-written files of every exporter, and checks whatever needs no executable.
pub(crate) fn read_sources(workspace: &Workspace) -> Result<Vec<PackageSource>> {
    let mut problems = Vec::new();
    let mut names = BTreeSet::new();
    let change_log = read(workspace, &workspace.change_log())?;
    let mut sources = Vec::new();
    for exporter in workspace.exporters()? {
        let (source, found) =
            Source::read(&exporter.config, &change_log, &|path| workspace.shown(path))?;
        problems.extend(found);
        let description = &source.description;
        for (key, name) in
            [("component_name", &description.component_name), ("plugin_id", &description.plugin_id)]
        {
            if !names.insert((key, name.clone())) {
                problems.push(Problem {
                    file: description.file.clone(),
                    field: key.to_owned(),
                    message: format!("another exporter has the same name, {name:?}"),
                    advice: "choose another".to_owned(),
                });
            }
        }
        sources.push(PackageSource { exporter, source });
    }
    reject(&problems)?;
    Ok(sources)
}

/// Generates the documents of an exporter's packages from its definitions.
pub(crate) fn documents(
    workspace: &Workspace,
    PackageSource { exporter, source }: &PackageSource,
    plan: &PackagePlan,
) -> Result<Documents> {
    let json = read(workspace, &plan.definitions)?;
    let definitions = Definitions::parse(&format!("{} --describe", exporter.binary()), &json)?;
    let mut problems = Vec::new();
    if definitions.version != workspace.version() {
        problems.push(Problem {
            file: definitions.location(),
            field: "version".to_owned(),
            message: format!(
                "the exporter is version {:?}, the workspace {:?}",
                definitions.version,
                workspace.version()
            ),
            advice: "build both from the same commit".to_owned(),
        });
    }
    let formats = Formats { zip: plan.zip.is_some(), plugin: true };
    let documents = bkpack::build::documents(source, &definitions, formats);
    let documents = documents.map_err(|more| problems.extend(more)).ok();
    reject(&problems)?;
    documents.with_context(|| format!("{} was rejected without a reason", exporter.name))
}

fn read(workspace: &Workspace, path: &Path) -> Result<String> {
    let shown = workspace.shown(path);
    let bytes = fs::read(path).with_context(|| format!("cannot read {shown}"))?;
    String::from_utf8(bytes).with_context(|| format!("{shown} is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exporters_have_release_notes() {
        let workspace = Workspace::open().unwrap();
        for source in read_sources(&workspace).unwrap() {
            let release = source.source.release;
            let is_own = source.source.description.release.as_deref() == Some(release.as_str());
            // The change log covers all exporters, is in English and would be truncated.
            assert!(is_own, "{}: {release}", source.exporter.name);
        }
    }

    #[test]
    fn long_release_notes_are_rejected_early() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config/a-exporter");
        fs::create_dir_all(&config).unwrap();
        let logo = include_bytes!("../../scaffold/config/logo.png");
        fs::write(config.join("logo.png"), logo).unwrap();
        fs::write(config.join("description.md"), "a").unwrap();
        let workspace = Workspace::at(folder.path());
        fs::write(workspace.change_log(), "# Changes\n").unwrap();
        let read = |length: usize| {
            let text = format!(
                "plugin_id = 'a_exporter'\ncomponent_name = 'aexporter'\ndisplay_name = 'a'\n\
                 listen = '127.0.0.1:9601'\nrelease = '{}'\n",
                "新".repeat(length)
            );
            fs::write(config.join("blueking.toml"), text).unwrap();
            read_sources(&workspace)
        };
        assert_eq!(read(100).unwrap()[0].source.release, "新".repeat(100));
        let error = read(101).unwrap_err().to_string();
        let rule = "\nconfig/a-exporter/blueking.toml: release: ";
        assert!(error.contains(rule) && error.contains("at most 100"), "{error}");
    }
}
