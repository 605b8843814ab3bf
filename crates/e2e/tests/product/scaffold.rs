//! Runs `cargo xtask new` for a copy of the workspace: the new exporters must build without
//! warnings, pass their tests, and print definitions from which packages can be generated.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bkpack::process;
use blueking_package::{Definitions, PackageDescription, plugin, v51};

/// A long name produces long lines and long metric names.
const EXPORTERS: [(&str, &str); 3] = [
    ("a-exporter", "folder"),
    ("fifteen-letters-exporter", "folder"),
    ("fourteen-letter-exporter", "http"),
];

/// Time limit for `--describe`.
const DESCRIBE: Duration = Duration::from_secs(20);

#[test]
fn new_exporters_build_and_can_be_packaged() -> Result<()> {
    let copy = e2e::scratch("new")?;
    copy_tree(e2e::root(), &copy)?;
    for (name, source) in EXPORTERS {
        let mut new =
            e2e::cargo(&["run", "--quiet", "--locked", "--package", "xtask", "--", "new"]);
        new.args([name, "--from", source, "--workspace"]).arg(&copy);
        e2e::run(&mut new, &format!("new-{name}"))?;
    }
    for (name, _) in EXPORTERS {
        check_exporter(&copy, name).with_context(|| name.to_owned())?;
    }
    Ok(())
}

fn check_exporter(copy: &Path, name: &str) -> Result<()> {
    // A separate target folder: cargo does not distinguish the crates of a copy from the originals.
    let target = e2e::root().join("target/ci/new-target");
    let log = format!("new-{name}");
    let cargo = |arguments: &[&str]| {
        let mut command = e2e::cargo(arguments);
        command.current_dir(copy).env("CARGO_TARGET_DIR", &target);
        e2e::run(&mut command, &log)
    };
    cargo(&["fmt", "--check", "--package", name])?;
    let clippy = ["clippy", "--locked", "--all-targets", "--package", name];
    cargo(&[&clippy[..], &["--", "--deny", "warnings"]].concat())?;
    cargo(&["test", "--locked", "--package", name])?;

    let json = copy.join("describe.json");
    let binary = target.join("debug").join(name.replace('-', "_"));
    let binary = binary.with_extension(env::consts::EXE_EXTENSION);
    let mut describe = Command::new(binary);
    process::run_into(describe.arg("--describe"), &json, &e2e::log(&log), DESCRIBE)?;
    let definitions = Definitions::parse(name, &fs::read_to_string(json)?)?;
    let file = copy.join("config").join(name).join("blueking.toml");
    let text =
        fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let description = PackageDescription::parse(&file.display().to_string(), &text)?;
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
