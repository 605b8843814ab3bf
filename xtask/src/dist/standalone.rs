//! Executables to be run by themselves or from a container image: the same exporters, with TLS.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::build::Cargo;
use super::facts::Facts;
use super::inspect::inspect;
use super::locations::Locations;
use super::mingw;
use super::plan::Plan;
use super::summary::Row;
use super::sums;
use super::target::Target;
use crate::process;
use crate::progress::Progress;
use crate::workspace::Workspace;

/// Builds and inspects the executables of a plan, which is one of the distro route: zig compiles
/// what TLS has of C. They appear in `standalone` when all are sound.
pub(super) fn run(workspace: &Workspace, plan: &Plan, progress: &mut Progress) -> Result<Vec<Row>> {
    let cargo = Cargo::new(workspace, plan);
    let locations = Locations::gather(workspace, &plan.route.sysroot(&Facts::probe(workspace)));
    progress.expect_more(1 + plan.targets.len() as u64);
    progress.step("fetching crates", || {
        process::run(&mut cargo.fetch(), &plan.logs.join("fetch.log"))
    })?;
    let mut built = Vec::new();
    for &target in &plan.targets {
        progress.step(&format!("building for {} with TLS", target.triple()), || {
            if target.is_windows() {
                mingw::prepare(&plan.cargo_target)?;
            }
            let log = plan.logs.join(format!("{}.tls.log", target.triple()));
            process::run(&mut cargo.build_with_tls(target, &locations)?, &log)
        })?;
        for package in &plan.packages {
            for binary in package.binaries.iter().filter(|binary| binary.target == target) {
                let name = package.exporter.binary();
                built.push(look(workspace, plan, &name, &binary.built, target, &locations)?);
            }
        }
    }
    write(&plan.dist.join("standalone"), &built)?;
    Ok(built.into_iter().map(|(row, _)| row).collect())
}

/// Reads and inspects an executable.
fn look(
    workspace: &Workspace,
    plan: &Plan,
    binary: &str,
    built: &Path,
    target: Target,
    locations: &Locations,
) -> Result<(Row, Vec<u8>)> {
    let path = workspace.shown(built);
    let bytes = fs::read(built).with_context(|| format!("cannot read {path}"))?;
    let findings = inspect(&bytes, target, &locations.forbidden()).map_err(|problems| {
        anyhow::anyhow!("an executable must not ship: {path}: {}", problems.join(", "))
    })?;
    let triple = target.triple();
    let row = Row {
        file: format!("standalone/{binary}-{}-{triple}{}", plan.version, target.suffix()),
        target: triple.to_owned(),
        size: bytes.len(),
        linkage: findings.linkage,
        sha256: sums::sha256(&bytes),
        imports: findings.imports,
        is_executable: true,
    };
    Ok((row, bytes))
}

/// Puts the executables and their sums into a folder, which then holds nothing else.
fn write(folder: &Path, built: &[(Row, Vec<u8>)]) -> Result<()> {
    let partial = folder.with_extension("partial");
    for stale in [&partial, folder] {
        if stale.exists() {
            fs::remove_dir_all(stale)
                .with_context(|| format!("cannot remove {}", stale.display()))?;
        }
    }
    fs::create_dir_all(&partial).with_context(|| format!("cannot make {}", partial.display()))?;
    let mut files: Vec<PathBuf> = Vec::new();
    for (row, bytes) in built {
        let name = Path::new(&row.file).file_name().context("an executable without a name")?;
        let file = partial.join(name);
        fs::write(&file, bytes).with_context(|| format!("cannot write {}", file.display()))?;
        set_executable(&file)?;
        files.push(file);
    }
    ensure!(!files.is_empty(), "there is no executable to put into {}", folder.display());
    sums::write(&partial.join("SHA256SUMS"), &files)?;
    fs::rename(&partial, folder).with_context(|| format!("cannot rename to {}", folder.display()))
}

#[cfg(unix)]
fn set_executable(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("cannot make {} executable", file.display()))
}

#[cfg(not(unix))]
fn set_executable(_: &Path) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_holds_the_executables_and_their_sums_alone() {
        let folder = tempfile::tempdir().unwrap();
        let standalone = folder.path().join("standalone");
        let row = |name: &str| Row {
            file: format!("standalone/{name}"),
            target: String::new(),
            size: 3,
            linkage: String::new(),
            sha256: String::new(),
            imports: Vec::new(),
            is_executable: true,
        };
        for name in ["old", "new"] {
            write(&standalone, &[(row(name), b"abc".to_vec())]).unwrap();
        }
        let mut names: Vec<_> = fs::read_dir(&standalone)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["SHA256SUMS", "new"]);
        let sums = fs::read_to_string(standalone.join("SHA256SUMS")).unwrap();
        assert!(sums.ends_with("  new\n"), "{sums}");
        assert!(write(&standalone, &[]).is_err());
    }
}
