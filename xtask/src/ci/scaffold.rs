//! `cargo xtask new` for real, in a copy of the workspace: what it makes builds without a warning,
//! passes its tests, and says of itself what packages can be made from.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use blueking_package::{Definitions, PackageDescription, plugin, v51};

use super::report::{Done, Report};
use super::tools::Tools;
use crate::workspace::Workspace;
use crate::{process, scaffold};

/// Long names are where lines get too long, and names of metrics too.
const NAMES: [&str; 2] = ["a-exporter", "fifteen-letters-exporter"];

/// An exporter prints its definitions at once.
const DESCRIBE: Duration = Duration::from_secs(20);

pub(crate) fn check(workspace: &Workspace, tools: &Tools, report: &mut Report) {
    report.step("cargo xtask new, and what it makes built and tested", || {
        let copy = workspace.target().join("ci/new");
        if copy.exists() {
            fs::remove_dir_all(&copy).context("remove the copy of the last run")?;
        }
        copy_tree(workspace.root(), &copy)?;
        let copy = Workspace::at(&copy);
        for name in NAMES {
            scaffold::make(&copy, name, None)?;
        }
        for name in NAMES {
            is_sound(workspace, &copy, name, tools).with_context(|| name.to_owned())?;
        }
        Ok(Done::Passed(NAMES.len()))
    });
}

fn is_sound(workspace: &Workspace, copy: &Workspace, name: &str, tools: &Tools) -> Result<()> {
    // Its own: cargo takes the crates of a copy for those of the original, and would mix them up.
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
    let exporter = exporter.with_context(|| format!("{name} is no exporter of the copy"))?;
    let json = copy.target().join("describe.json");
    let binary = target.join("debug").join(exporter.binary());
    let binary = binary.with_extension(env::consts::EXE_EXTENSION);
    process::run_into(Command::new(binary).arg("--describe"), &json, &log, DESCRIBE)?;
    let definitions = Definitions::parse(name, &fs::read_to_string(json)?)?;
    let file = exporter.description();
    let text = fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
    let description = PackageDescription::parse(&copy.shown(&file), &text)?;
    let mut problems = v51::generate(&description, &definitions).err().unwrap_or_default();
    problems.extend(plugin::generate(&description, &definitions).err().unwrap_or_default());
    ensure!(problems.is_empty(), "no package can be made of it: {problems:?}");
    Ok(())
}

/// Copies a folder, without what is made in it and what belongs to git.
fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("make {}", to.display()))?;
    let entries = fs::read_dir(from).with_context(|| format!("read {}", from.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("read {}", from.display()))?;
        let (path, place) = (entry.path(), to.join(entry.file_name()));
        if entry.file_name() == "target" || entry.file_name() == ".git" {
            continue;
        }
        if path.is_dir() {
            copy_tree(&path, &place)?;
        } else {
            fs::copy(&path, &place).with_context(|| format!("copy {}", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_the_sources_alone() {
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
