//! `cargo xtask docs`: writes or checks what crate `reference` renders of the exporters.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use bkpack::process;

use crate::workspace::{Exporter, Workspace};

/// Writes the generated files, or checks that they are current.
///
/// # Errors
/// An exporter cannot be built or run; or, with `only_check`, a file is out of date.
pub(crate) fn run(workspace: &Workspace, only_check: bool) -> Result<()> {
    let describe = |exporter: &Exporter| {
        let mut build = Command::new(workspace.cargo());
        build.current_dir(workspace.root()).args(["run", "--quiet", "--locked"]);
        build.args(["--package", &exporter.name, "--", "--describe"]);
        process::output(&mut build)
            .with_context(|| format!("`cargo run -p {} -- --describe` failed", exporter.name))
    };
    generate(workspace, only_check, &describe)
}

/// Checks that the generated files are current, by the definitions that `dist` left in `folder`.
///
/// # Errors
/// A file is out of date, or the definitions cannot be read.
pub(crate) fn check(workspace: &Workspace, folder: &Path) -> Result<()> {
    let describe = |exporter: &Exporter| {
        let file = folder.join(format!("{}.describe.json", exporter.name));
        fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))
    };
    generate(workspace, true, &describe)
}

fn generate(
    workspace: &Workspace,
    only_check: bool,
    describe: &dyn Fn(&Exporter) -> Result<String>,
) -> Result<()> {
    let described = workspace.exporters()?.into_iter().map(|exporter| {
        serde_json::from_str(&describe(&exporter)?)
            .with_context(|| format!("invalid output of {} --describe", exporter.name))
    });
    let described = described.collect::<Result<Vec<_>>>()?;
    for (file, text) in reference::files(workspace.root(), &described)? {
        let path = workspace.root().join(&file);
        if only_check {
            let same = fs::read_to_string(&path).is_ok_and(|known| known == text);
            if !same {
                bail!("{file} is out of date: run `cargo xtask docs`");
            }
        } else {
            fs::create_dir_all(path.parent().unwrap_or(workspace.root()))?;
            fs::write(&path, text).with_context(|| format!("cannot write {file}"))?;
            println!("{file}");
        }
    }
    Ok(())
}
