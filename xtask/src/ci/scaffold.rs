//! Runs `cargo xtask new` in a copy of the workspace: the new exporter must build without warnings,
//! pass its tests, and print definitions from which packages can be generated.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use blueking_package::{Definitions, PackageDescription, plugin, v51};

use super::report::{Done, Report};
use super::tools::Tools;
use crate::scaffold::{self, Source};
use crate::workspace::Workspace;
use bkpack::process;

/// A long name produces long lines and long metric names.
const EXPORTERS: [(&str, Source); 3] = [
    ("a-exporter", Source::Folder),
    ("fifteen-letters-exporter", Source::Folder),
    ("fourteen-letter-exporter", Source::Http),
];

/// Time limit for `--describe`.
const DESCRIBE: Duration = Duration::from_secs(20);

pub(crate) fn check(workspace: &Workspace, tools: &Tools, report: &mut Report) {
    report.step("cargo xtask new, its exporters built and tested", || {
        let copy = workspace.target().join("ci/new");
        if copy.exists() {
            fs::remove_dir_all(&copy).context("cannot remove the copy of the last run")?;
        }
        copy_tree(workspace.root(), &copy)?;
        let copy = Workspace::at(&copy);
        for (name, source) in EXPORTERS {
            scaffold::create(&copy, name, None, source)?;
        }
        for (name, _) in EXPORTERS {
            check_exporter(workspace, &copy, name, tools).with_context(|| name.to_owned())?;
        }
        Ok(Done::Passed(EXPORTERS.len()))
    });
}

fn check_exporter(
    workspace: &Workspace,
    copy: &Workspace,
    name: &str,
    tools: &Tools,
) -> Result<()> {
    // A separate target folder: cargo does not distinguish the crates of a copy from the originals.
    let target = workspace.target().join("ci/new-target");
    let log = tools.logs.join(format!("new-{name}.log"));
    let cargo = |arguments: &[&str]| {
        let mut command = Command::new(&tools.cargo);
        command.current_dir(copy.root()).env("CARGO_TARGET_DIR", &target).args(arguments);
        process::run(&mut command, &log)
    };
    cargo(&["fmt", "--check", "--package", name])?;
    let clippy = ["clippy", "--locked", "--all-targets", "--package", name];
    cargo(&[&clippy[..], &["--", "--deny", "warnings"]].concat())?;
    cargo(&["test", "--locked", "--package", name])?;

    let exporters = copy.exporters()?;
    let exporter = exporters.iter().find(|exporter| exporter.name == name);
    let exporter =
        exporter.with_context(|| format!("{name} is not among the exporters of the copy"))?;
    let json = copy.target().join("describe.json");
    let binary = target.join("debug").join(exporter.binary());
    let binary = binary.with_extension(env::consts::EXE_EXTENSION);
    process::run_into(Command::new(binary).arg("--describe"), &json, &log, DESCRIBE)?;
    let definitions = Definitions::parse(name, &fs::read_to_string(json)?)?;
    let file = exporter.description();
    let text =
        fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let description = PackageDescription::parse(&copy.shown(&file), &text)?;
    let mut problems = v51::generate(&description, &definitions).err().unwrap_or_default();
    problems.extend(plugin::generate(&description, &definitions).err().unwrap_or_default());
    ensure!(problems.is_empty(), "no package can be generated: {problems:?}");
    Ok(())
}

/// Copies a folder, except for build output and git's files.
fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot create {}", to.display()))?;
    let entries = fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot read {}", from.display()))?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_name() == "target" || entry.file_name() == ".git" {
            continue;
        }
        if from.is_dir() {
            copy_tree(&from, &to)?;
        } else {
            fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copy_has_only_the_sources() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        for (file, content) in [("a/b/c", "1"), ("target/debug/d", "2"), (".git/HEAD", "3")] {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let copy = folder.path().join("copy");
        copy_tree(&root, &copy).unwrap();
        assert_eq!(fs::read_to_string(copy.join("a/b/c")).unwrap(), "1");
        assert_eq!(fs::read_dir(&copy).unwrap().count(), 1);
    }
}
