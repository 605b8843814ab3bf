//! From checked executables and descriptions to the files that ship. The rules of the formats are
//! `blueking-package`'s; here is when they are applied and where their files go.

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

/// What people write about an exporter.
#[derive(Debug)]
pub(crate) struct PackageSource {
    pub(crate) exporter: Exporter,
    pub(crate) description: PackageDescription,
    markdown: String,
    logo: Vec<u8>,
    /// What is new, from the description or else the change log of the workspace.
    release: String,
}

/// What packages say, in the words of each generation of BlueKing, and the text for operators.
#[derive(Debug)]
pub(crate) struct Documents {
    /// For 5.1, if it has a package.
    zip: Option<(v51::Documents, String)>,
    /// For 6 and 7.
    plugin: (plugin::Documents, String),
}

/// Whole packages.
#[derive(Debug)]
pub(crate) struct Packages {
    zip: Option<v51::Package>,
    plugin: plugin::Package,
}

/// Reads what people write about every exporter, and checks all that needs no executable.
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

        // The names become paths long before the packages are checked as a whole.
        let of_sites = [
            ("component_name", &description.component_name),
            ("plugin_id", &description.plugin_id),
        ];
        for (key, name) in of_sites {
            let is_plain =
                name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' && key == "plugin_id");
            let rule = if name.is_empty() || !is_plain {
                format!("{name:?} is no name of letters and digits.")
            } else if names.insert((key, name.clone())) {
                continue;
            } else {
                format!("Another exporter has the name {name:?} too.")
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
    refuse(&problems)?;
    Ok(sources)
}

/// Makes the documents of an exporter's packages from what it said of itself.
pub(crate) fn documents(
    workspace: &Workspace,
    source: &PackageSource,
    plan: &PackagePlan,
) -> Result<Documents> {
    let json = String::from_utf8(read(workspace, &plan.definitions)?)
        .with_context(|| format!("{} is not UTF-8", workspace.shown(&plan.definitions)))?;
    let asked = format!("{} --describe", source.exporter.binary());
    let definitions = Definitions::parse(&asked, &json)?;
    let mut problems = Vec::new();
    if definitions.version != workspace.version() {
        let rule = format!(
            "The exporter is version {:?}, the workspace {:?}.",
            definitions.version,
            workspace.version()
        );
        problems.push(Problem { file: definitions.place(), field: "version".to_owned(), rule });
    }
    // A rule that both generations have is told once.
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
    refuse(&problems)?;
    let plugin = plugin.with_context(|| format!("{asked} was refused without a reason"))?;
    let text = plugin::fill_description(markdown, description, &definitions);
    Ok(Documents { zip, plugin: (plugin, text) })
}

/// The whole packages; that of 5.1 checked by the importer's rules.
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
        refuse(&check::entries(&zip.to_entries()).errors().collect::<Vec<_>>())?;
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

/// Writes every package twice, as a folder and as an archive; the archive is read again as the
/// importer would, and does not stay if it is not what was written or breaks a rule.
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
    ensure!(same, "{} does not read as it was written", archive.display());
    let lines: Vec<_> = findings.iter().map(|finding| format!("\n{finding}")).collect();
    bail!("{} is not kept because of:{}", archive.display(), lines.concat())
}

/// What is wrong with the files that go into the archive as they are.
fn problems_of_files(
    workspace: &Workspace,
    exporter: &Exporter,
    markdown: &[u8],
    logo: &[u8],
) -> Vec<Problem> {
    let files = [(v51::DESCRIPTION, markdown), (v51::LOGO, logo)];
    let entries = files.map(|(name, bytes)| (name.to_owned(), bytes.to_vec()));
    // The rest of the archive is not there yet, and that is no problem now.
    let of_these = |finding: &Finding| files.iter().any(|(name, _)| finding.file == *name);
    let in_place = |finding: Finding| Problem {
        file: workspace.shown(&exporter.config.join(&finding.file)),
        field: finding.field,
        rule: format!("{}; {}.", finding.message, finding.advice),
    };
    let report = check::entries(&entries.into());
    report.findings.into_iter().filter(of_these).map(in_place).collect()
}

/// Stops with all problems, one in a line.
fn refuse(problems: &[impl ToString]) -> Result<()> {
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
    fn problems_are_told_one_in_a_line() {
        refuse(&[""; 0]).unwrap();
        let problem = |field: &str| Problem {
            file: "config/a/blueking.toml".to_owned(),
            field: field.to_owned(),
            rule: "The text is empty.".to_owned(),
        };
        let error = refuse(&[problem("display_name"), problem("group.a")]).unwrap_err();
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
    fn what_people_write_is_checked_under_its_own_name() {
        let workspace = Workspace::open().unwrap();
        let config = workspace.root().join("config/a-exporter");
        let exporter = Exporter { name: "a-exporter".to_owned(), config };
        let problems = problems_of_files(&workspace, &exporter, b" \n", b"GIF89a");
        let files: Vec<_> = problems.iter().map(|problem| problem.file.as_str()).collect();
        assert_eq!(files, ["config/a-exporter/logo.png", "config/a-exporter/description.md"]);
    }

    #[test]
    fn each_exporter_says_what_is_new_of_it() {
        let workspace = Workspace::open().unwrap();
        for source in read_sources(&workspace).unwrap() {
            let release = source.release;
            let is_own = source.description.release.as_deref() == Some(release.as_str());
            // The change log is of all exporters and speaks English: it would be cut short.
            assert!(is_own, "{}: {release}", source.exporter.name);
        }
    }

    #[test]
    fn release_notes_that_are_too_long_are_refused_before_anything_is_built() {
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
