//! Turns checked executables and descriptions into the shipped files. The rules of the formats are
//! in `blueking-package`; this module applies them and writes the files.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use blueking_package::check::Finding;
use blueking_package::plugin::{self, Member};
use blueking_package::{Definitions, PackageDescription, Problem, check, v51};

use super::execute::Executable;
use super::plan::PackagePlan;
use super::stage;
use super::target::Target;
use crate::workspace::{Exporter, Workspace};

/// The hand-written files of an exporter.
#[derive(Debug)]
pub(crate) struct PackageSource {
    pub(crate) exporter: Exporter,
    pub(crate) description: PackageDescription,
    markdown: String,
    logo: Vec<u8>,
    /// The release notes, from the description or else from the workspace's change log.
    release: String,
}

/// The generated documents for each BlueKing generation, each with the description for operators.
#[derive(Debug)]
pub(crate) struct Documents {
    /// For BlueKing 5.1, if there is a package for it.
    zip: Option<(v51::Documents, String)>,
    /// For BlueKing 6 and 7.
    plugin: (plugin::Documents, String),
}

/// Complete packages.
#[derive(Debug)]
pub(crate) struct Packages {
    zip: Option<v51::Package>,
    plugin: plugin::Package,
}

/// Reads the hand-written files of every exporter, and checks whatever needs no executable.
pub(crate) fn read_sources(workspace: &Workspace) -> Result<Vec<PackageSource>> {
    let mut problems = Vec::new();
    let mut names = BTreeSet::new();
    let change_log = String::from_utf8(read(workspace, &workspace.change_log())?)
        .with_context(|| format!("{} is not UTF-8", workspace.shown(&workspace.change_log())))?;
    let mut sources = Vec::new();
    for exporter in workspace.exporters()? {
        let file = workspace.shown(&exporter.description());
        let text = String::from_utf8(read(workspace, &exporter.description())?)
            .with_context(|| format!("{file} is not UTF-8"))?;
        let description = PackageDescription::parse(&file, &text)?;
        let markdown = read(workspace, &exporter.config.join(v51::DESCRIPTION))?;
        let logo = read(workspace, &exporter.config.join(v51::LOGO))?;

        // The names become paths long before the complete packages are checked.
        let site_names = [
            ("component_name", &description.component_name),
            ("plugin_id", &description.plugin_id),
        ];
        for (key, name) in site_names {
            let is_plain =
                name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' && key == "plugin_id");
            let rule = if name.is_empty() || !is_plain {
                format!("{name:?} must consist of letters and digits.")
            } else if names.insert((key, name.clone())) {
                continue;
            } else {
                format!("Another exporter has the same name, {name:?}.")
            };
            problems.push(Problem { file: file.clone(), field: key.to_owned(), rule });
        }
        problems.extend(problems_of_files(workspace, &exporter, &markdown, &logo));
        let markdown = String::from_utf8_lossy(&markdown).into_owned();
        let release = plugin::release_notes(&description, &change_log).unwrap_or_else(|rules| {
            problems.extend(rules);
            String::new()
        });
        sources.push(PackageSource { exporter, description, markdown, logo, release });
    }
    reject(&problems)?;
    Ok(sources)
}

/// Generates the documents of an exporter's packages from its definitions.
pub(crate) fn documents(
    workspace: &Workspace,
    source: &PackageSource,
    plan: &PackagePlan,
) -> Result<Documents> {
    let json = String::from_utf8(read(workspace, &plan.definitions)?)
        .with_context(|| format!("{} is not UTF-8", workspace.shown(&plan.definitions)))?;
    let command = format!("{} --describe", source.exporter.binary());
    let definitions = Definitions::parse(&command, &json)?;
    let mut problems = Vec::new();
    if definitions.version != workspace.version() {
        let rule = format!(
            "The exporter is version {:?}, the workspace {:?}.",
            definitions.version,
            workspace.version()
        );
        problems.push(Problem { file: definitions.location(), field: "version".to_owned(), rule });
    }
    // A rule of both generations is reported once.
    let mut note = |more: Vec<Problem>| {
        for problem in more {
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    };
    let PackageSource { description, markdown, .. } = source;
    let zip = plan.zip.as_ref().and_then(|_| {
        let documents = v51::generate(description, &definitions).map_err(&mut note).ok()?;
        Some((documents, v51::fill_description(markdown, description, &definitions)))
    });
    let plugin = plugin::generate(description, &definitions).map_err(&mut note).ok();
    reject(&problems)?;
    let plugin = plugin.with_context(|| format!("{command} was rejected without a reason"))?;
    let text = plugin::fill_description(markdown, description, &definitions);
    Ok(Documents { zip, plugin: (plugin, text) })
}

/// Assembles the packages, and checks that of BlueKing 5.1 by the importer's rules.
pub(crate) fn assemble(
    source: &PackageSource,
    documents: Documents,
    executables: &[Executable],
) -> Result<Packages> {
    let zip = documents.zip.map(|(documents, description)| v51::Package {
        documents,
        description,
        logo: source.logo.clone(),
        linux: bytes_of(executables, &[Target::Linux]),
        windows: bytes_of(executables, &[Target::Windows, Target::Windows7]),
    });
    if let Some(zip) = &zip {
        reject(&check::entries(&zip.to_entries()).errors().collect::<Vec<_>>())?;
    }
    let by_system =
        |executable: &Executable| (executable.target.system(), executable.bytes.clone());
    let (documents, description) = documents.plugin;
    let plugin = plugin::Package {
        documents,
        description,
        release: source.release.clone(),
        logo: source.logo.clone(),
        executables: executables.iter().map(by_system).collect(),
    };
    Ok(Packages { zip, plugin })
}

fn bytes_of(executables: &[Executable], targets: &[Target]) -> Option<Vec<u8>> {
    let mut executables = executables.iter();
    let executable = executables.find(|executable| targets.contains(&executable.target))?;
    Some(executable.bytes.clone())
}

/// Writes every package as a folder and as an archive. The archive is read back as the importer
/// does, and removed if it differs or breaks a rule.
pub(crate) fn write(packages: &Packages, plan: &PackagePlan) -> Result<()> {
    if let Some((output, package)) = plan.zip.as_ref().zip(packages.zip.as_ref()) {
        let entries = package.to_entries();
        let files: Vec<_> = entries.iter().map(|(name, bytes)| file(name, bytes)).collect();
        stage::write(&files, &output.stage)?;
        v51::write(&output.archive, package)?;
        keep_if(v51::read(&output.archive)? == entries, &output.archive)?;
    }
    let members = packages.plugin.members();
    stage::write(&members, &plan.plugin.stage)?;
    plugin::write(&plan.plugin.archive, &packages.plugin)?;
    keep_if(plugin::read(&plan.plugin.archive)? == members, &plan.plugin.archive)
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
    ensure!(same, "{} differs when read back", archive.display());
    let lines: Vec<_> = findings.iter().map(|finding| format!("\n{finding}")).collect();
    bail!("{} was removed because of:{}", archive.display(), lines.concat())
}

/// Checks the files that are packed unchanged.
fn problems_of_files(
    workspace: &Workspace,
    exporter: &Exporter,
    markdown: &[u8],
    logo: &[u8],
) -> Vec<Problem> {
    let files = [(v51::DESCRIPTION, markdown), (v51::LOGO, logo)];
    let entries = files.map(|(name, bytes)| (name.to_owned(), bytes.to_vec()));
    // Findings on files that do not exist yet are ignored.
    let is_known = |finding: &Finding| files.iter().any(|(name, _)| finding.file == *name);
    let to_problem = |finding: Finding| Problem {
        file: workspace.shown(&exporter.config.join(&finding.file)),
        field: finding.field,
        rule: format!("{}; {}.", finding.message, finding.advice),
    };
    let report = check::entries(&entries.into());
    report.findings.into_iter().filter(is_known).map(to_problem).collect()
}

/// Fails with all problems, one per line.
fn reject(problems: &[impl ToString]) -> Result<()> {
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    ensure!(lines.is_empty(), "nothing is written because of:\n{}", lines.join("\n"));
    Ok(())
}

fn read(workspace: &Workspace, path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", workspace.shown(path)))
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
            rule: "The text is empty.".to_owned(),
        };
        let error = reject(&[problem("display_name"), problem("group.a")]).unwrap_err();
        let lines: Vec<_> = error.to_string().lines().skip(1).map(str::to_owned).collect();
        assert_eq!(
            lines,
            [
                "config/a/blueking.toml: display_name: The text is empty.",
                "config/a/blueking.toml: group.a: The text is empty.",
            ]
        );
    }

    #[test]
    fn problems_name_the_source_file() {
        let workspace = Workspace::open().unwrap();
        let config = workspace.root().join("config/a-exporter");
        let exporter = Exporter { name: "a-exporter".to_owned(), config };
        let problems = problems_of_files(&workspace, &exporter, b" \n", b"GIF89a");
        let files: Vec<_> = problems.iter().map(|problem| problem.file.as_str()).collect();
        assert_eq!(files, ["config/a-exporter/logo.png", "config/a-exporter/description.md"]);
    }

    #[test]
    fn exporters_have_release_notes() {
        let workspace = Workspace::open().unwrap();
        for source in read_sources(&workspace).unwrap() {
            let release = source.release;
            let is_own = source.description.release.as_deref() == Some(release.as_str());
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
        assert_eq!(read(100).unwrap()[0].release, "新".repeat(100));
        let error = read(101).unwrap_err().to_string();
        let rule = "\nconfig/a-exporter/blueking.toml: release: ";
        assert!(error.contains(rule) && error.contains("at most 100"), "{error}");
    }
}
