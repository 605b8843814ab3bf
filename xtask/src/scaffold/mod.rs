//! `cargo xtask new`: creates an exporter crate from the templates in `xtask/scaffold`. It builds,
//! passes its tests and can be packaged unchanged. Nothing is overwritten; after an error, all
//! changes are rolled back.

mod names;
mod rollback;
mod source;
mod template;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use blueking_package::PackageDescription;

use self::names::Names;
use self::rollback::Rollback;
pub(crate) use self::source::{Source, describes_template};
use crate::flags;
use crate::workspace::Workspace;
use bkpack::UsageError;
use bkpack::process;

/// Creates the exporter and prints the next steps.
pub(crate) fn run(workspace: &Workspace, flags: &flags::New) -> Result<()> {
    let other = flags.workspace.as_deref().map(|folder| Workspace::at(Path::new(folder)));
    let workspace = other.as_ref().unwrap_or(workspace);
    let name = flags.name.as_deref().unwrap_or_default();
    let names = create(workspace, name, flags.port, flags.from)?;
    println!("{}", next_steps(&names));
    Ok(())
}

/// Creates an exporter: its files, and its entry in `Cargo.lock`.
///
/// # Errors
/// [`UsageError`] if the name or port is invalid or in use; or a file cannot be written. Nothing is
/// changed then.
fn create(workspace: &Workspace, name: &str, port: Option<u16>, source: Source) -> Result<Names> {
    let names = choose(workspace, name, port)?;
    let mut rollback = Rollback::default();
    write(workspace.root(), &names, source, &mut rollback)?;
    rollback.keep_copy(&workspace.root().join("Cargo.lock"))?;
    join_workspace(workspace, &names)?;
    rollback.commit();
    Ok(names)
}

/// The names of the new exporter, checked against the rules and against the existing exporters.
fn choose(workspace: &Workspace, name: &str, port: Option<u16>) -> Result<Names> {
    let mut others = Vec::new();
    for exporter in workspace.exporters()? {
        let path = exporter.description();
        let file = workspace.shown(&path);
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {file}"))?;
        others.push(PackageDescription::parse(&file, &text)?);
    }
    let names =
        Names::choose(name, port, &others).map_err(|problems| UsageError(problems.join("\n")))?;
    for folder in names.folders() {
        // A broken link counts as existing.
        let exists = workspace.root().join(&folder).symlink_metadata().is_ok();
        if exists {
            let message =
                format!("{folder} exists already; choose another name, or remove it first");
            return Err(UsageError(message).into());
        }
    }
    Ok(names)
}

fn write(root: &Path, names: &Names, source: Source, rollback: &mut Rollback) -> Result<()> {
    for file in template::render(names, source)? {
        rollback.write(root, &file.path, &file.bytes)?;
    }
    Ok(())
}

/// Adds the crate to the workspace. The members are a pattern, so only the lock file needs an
/// update, without which `--locked` builds fail.
fn join_workspace(workspace: &Workspace, names: &Names) -> Result<()> {
    let cargo = |arguments: &[&str]| {
        let mut command = Command::new(workspace.cargo());
        command.current_dir(workspace.root()).args(arguments);
        command
    };
    let log = workspace.target().join("new.log");
    // Prefer cached crates.
    process::run(&mut cargo(&["update", "--workspace", "--offline"]), &log)
        .or_else(|_| process::run(&mut cargo(&["update", "--workspace"]), &log))?;
    let metadata = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let members = process::output(&mut cargo(&metadata)).context("cargo cannot read Cargo.toml")?;
    if !members.contains(&format!("\"name\":\"{}\"", names.crate_name())) {
        bail!("the workspace members in Cargo.toml do not include \"crates/*\"; add it");
    }
    // The length of the names affects line breaks. A failure of rustfmt is harmless.
    let _ = process::run(&mut cargo(&["fmt", "--package", names.crate_name()]), &log);
    Ok(())
}

fn next_steps(names: &Names) -> String {
    let (name, binary, port) = (names.crate_name(), names.binary(), names.port());
    let [code, config] = names.folders();
    format!(
        "created {code} and {config}. Next:\n\
         1. cargo test -p {name}\n   \
            cargo run -p {name}    # curl -s http://127.0.0.1:{port}/metrics\n\
         2. Write your collectors in {code}/src/collectors, and describe them for operators in\n   \
            {config}: blueking.toml, description.md, logo.png (155 x 65).\n\
         3. cargo xtask dist --setup    # packs {binary} for BlueKing into target/dist"
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::PathBuf;

    use super::*;

    /// A workspace with an exporter on port 9601, without Cargo.toml.
    fn workspace() -> (tempfile::TempDir, Workspace) {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config/host-exporter");
        fs::create_dir_all(&config).unwrap();
        let description = "plugin_id = 'host_exporter'\ncomponent_name = 'hostexporter'\n\
                           display_name = '主机'\nlisten = '127.0.0.1:9601'\n";
        fs::write(config.join("blueking.toml"), description).unwrap();
        let workspace = Workspace::at(folder.path());
        (folder, workspace)
    }

    fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let content = if path.is_dir() { Vec::new() } else { fs::read(&path).unwrap() };
                if path.is_dir() {
                    folders.push(path.clone());
                }
                files.insert(path, content);
            }
        }
        files
    }

    #[test]
    fn existing_files_are_not_overwritten() {
        let (_folder, workspace) = workspace();
        for folder in ["crates/pool-exporter", "config/pool-exporter"] {
            let folder = workspace.root().join(folder);
            fs::create_dir_all(&folder).unwrap();
            let before = files(workspace.root());
            let error =
                create(&workspace, "pool-exporter", None, Source::Folder).unwrap_err().to_string();
            assert!(error.contains("pool-exporter exists already; choose another"), "{error}");
            assert_eq!(files(workspace.root()), before);
            fs::remove_dir(folder).unwrap();
        }
    }

    #[test]
    fn failed_creation_leaves_nothing() {
        let (_folder, workspace) = workspace();
        // An invalid manifest: cargo rejects it after the files have been written.
        fs::write(workspace.root().join("Cargo.toml"), "[workspace").unwrap();
        fs::write(workspace.root().join("Cargo.lock"), "version = 4\n").unwrap();
        let target = workspace.target();
        fs::create_dir(&target).unwrap();
        let without_log = |mut files: BTreeMap<PathBuf, Vec<u8>>| {
            files.retain(|path, _| !path.starts_with(&target));
            files
        };
        let before = without_log(files(workspace.root()));
        let error =
            format!("{:#}", create(&workspace, "pool-exporter", None, Source::Folder).unwrap_err());
        assert!(error.contains("update --workspace"), "{error}");
        assert_eq!(without_log(files(workspace.root())), before);
    }

    #[test]
    fn there_are_three_next_steps() {
        let (_folder, workspace) = workspace();
        let text = next_steps(&choose(&workspace, "pool-exporter", None).unwrap());
        for step in ["\n1. cargo test -p pool-exporter\n", "\n2. ", "\n3. cargo xtask dist"] {
            assert!(text.contains(step), "{text}");
        }
        assert!(text.contains("127.0.0.1:9602/metrics") && !text.contains("\n4."), "{text}");
    }
}
