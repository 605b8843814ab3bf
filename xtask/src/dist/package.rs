//! From checked executables and descriptions to the files that ship. The rules of the formats are
//! `blueking-package`'s; here is when they are applied and where their files go.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use blueking_package::check::Finding;
use blueking_package::{Definitions, PackageDescription, Problem, check, v51};

use super::make::Executable;
use super::plan::{PackagePlan, Target};
use crate::workspace::{Exporter, Workspace};

/// What people write about an exporter.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) exporter: Exporter,
    pub(crate) description: PackageDescription,
    markdown: String,
    logo: Vec<u8>,
}

/// Reads what people write about every exporter, and checks all that needs no executable.
pub(crate) fn read_sources(workspace: &Workspace) -> Result<Vec<Source>> {
    let mut problems = Vec::new();
    let mut components = BTreeSet::new();
    let mut sources = Vec::new();
    for exporter in workspace.exporters()? {
        let file = workspace.shown(&exporter.description());
        let text = String::from_utf8(read(workspace, &exporter.description())?)
            .with_context(|| format!("{file} is not UTF-8"))?;
        let description = PackageDescription::parse(&file, &text)?;
        let markdown = read(workspace, &exporter.config.join(v51::DESCRIPTION))?;
        let logo = read(workspace, &exporter.config.join(v51::LOGO))?;

        // The name becomes a path long before the package is checked as a whole.
        let component = &description.component_name;
        let is_plain = component.chars().all(|c| c.is_ascii_alphanumeric());
        if component.is_empty() || !is_plain {
            let rule = format!("{component:?} is no name of letters and digits.");
            problems.push(Problem { file, field: "component_name".to_owned(), rule });
        } else if !components.insert(component.clone()) {
            let rule = format!("Another exporter has the name {component:?} too.");
            problems.push(Problem { file, field: "component_name".to_owned(), rule });
        }
        problems.extend(problems_of_files(workspace, &exporter, &markdown, &logo));
        let markdown = String::from_utf8_lossy(&markdown).into_owned();
        sources.push(Source { exporter, description, markdown, logo });
    }
    refuse(&problems)?;
    Ok(sources)
}

/// Makes the documents of a package from what the exporter said of itself.
pub(crate) fn documents(
    workspace: &Workspace,
    source: &Source,
    plan: &PackagePlan,
) -> Result<v51::Documents> {
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
    match v51::generate(&source.description, &definitions) {
        Ok(documents) => refuse(&problems).map(|()| documents),
        Err(more) => {
            problems.extend(more);
            refuse(&problems)?;
            bail!("{asked} was refused without a reason")
        }
    }
}

/// The whole package, checked by the importer's rules.
pub(crate) fn assemble(
    source: &Source,
    documents: v51::Documents,
    executables: &[Executable],
) -> Result<v51::Package> {
    let mut package = v51::Package {
        documents,
        description: source.markdown.clone(),
        logo: source.logo.clone(),
        linux: None,
        windows: None,
    };
    for Executable { target, bytes, .. } in executables {
        match target {
            Target::Linux => package.linux = Some(bytes.clone()),
            Target::Windows => package.windows = Some(bytes.clone()),
        }
    }
    refuse(&check::entries(&package.to_entries()).errors().collect::<Vec<_>>())?;
    Ok(package)
}

/// Writes the package twice, as a folder and as an archive; the archive is read again as the
/// importer would, and does not stay if it is not what was written.
pub(crate) fn write(package: &v51::Package, plan: &PackagePlan) -> Result<()> {
    let entries = package.to_entries();
    write_stage(&entries, &plan.stage)?;
    if let Some(folder) = plan.archive.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    v51::write(&plan.archive, package)?;
    if v51::read(&plan.archive)? != entries {
        let _ = fs::remove_file(&plan.archive);
        bail!("{} does not read as it was written", plan.archive.display());
    }
    Ok(())
}

/// Replaces a folder by one with these files; it is there whole or not at all.
fn write_stage(entries: &v51::Entries, stage: &Path) -> Result<()> {
    let mut partial = stage.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    remove_folder(&partial)?;
    fs::create_dir_all(&partial).with_context(|| format!("cannot make {}", partial.display()))?;
    for (name, bytes) in entries {
        let path = partial.join(name);
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
        if [v51::LINUX_EXPORTER, v51::WINDOWS_EXPORTER].contains(&name.as_str()) {
            set_executable(&path)?;
        }
    }
    remove_folder(stage)?;
    fs::rename(&partial, stage).with_context(|| format!("cannot rename to {}", stage.display()))
}

fn remove_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

#[cfg(unix)]
fn set_executable(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;

    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("cannot make {} executable", path.display()))
}

#[cfg(not(unix))]
fn set_executable(_: &Path) -> Result<()> {
    Ok(())
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
    fn a_stage_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let stage = folder.path().join("stage/a");
        fs::create_dir_all(folder.path().join("stage/a.partial")).unwrap();
        fs::write(folder.path().join("stage/a.partial/stale"), "").unwrap();
        let old = [("info.json".to_owned(), b"old".to_vec()), ("logo.png".to_owned(), vec![1])];
        write_stage(&old.into(), &stage).unwrap();
        let new = [("exporter-linux".to_owned(), b"new".to_vec())];
        write_stage(&new.into(), &stage).unwrap();
        let names: Vec<_> =
            fs::read_dir(&stage).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["exporter-linux"]);
        assert!(!folder.path().join("stage/a.partial").exists());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = stage.join("exporter-linux").metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o755);
        }
    }

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
}
