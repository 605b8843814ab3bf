//! Standalone executables, also for container images: the same exporters, with TLS.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use blueking_package::plugin::Member;

use super::build::Cargo;
use super::environment::Environment;
use super::inspect::{LARGE, inspect};
use super::mingw;
use super::path_remap::PathRemap;
use super::plan::Plan;
use super::summary::Row;
use super::sums;
use super::target::Target;
use crate::progress::Progress;
use crate::workspace::Workspace;
use bkpack::{process, stage};

/// Builds and inspects the executables of a plan of the distro route, whose zig compiles the C code
/// of TLS. They are written to `standalone` once all of them are valid.
pub(super) fn run(workspace: &Workspace, plan: &Plan, progress: &mut Progress) -> Result<Vec<Row>> {
    let cargo = Cargo::new(workspace, plan);
    let remap = PathRemap::gather(workspace, &plan.route.sysroot(&Environment::probe(workspace)));
    progress.expect_more(1 + plan.targets.len() as u64);
    progress.step("fetching crates", || {
        process::run(&mut cargo.fetch(), &plan.logs.join("fetch.log"))
    })?;
    let mut built = Vec::new();
    for &target in &plan.targets {
        let name = format!("building {} for {} with TLS", plan.binaries(), target.triple());
        progress.step(&name, || {
            if target.is_windows() {
                mingw::prepare(&plan.cargo_target)?;
            }
            let log = plan.logs.join(format!("{}.tls.log", target.triple()));
            process::run(&mut cargo.build_with_tls(target, &remap)?, &log)
        })?;
        for package in &plan.packages {
            for binary in package.binaries.iter().filter(|binary| binary.target == target) {
                let name = package.exporter.binary();
                built.push(read_and_inspect(
                    workspace,
                    plan,
                    &name,
                    &binary.built,
                    target,
                    &remap,
                )?);
            }
        }
    }
    stage::write(&files(&built), &plan.dist.join("standalone"))?;
    Ok(built.into_iter().map(|(row, _)| row).collect())
}

/// Formats the plan, with paths relative to the workspace.
pub(super) fn describe(workspace: &Workspace, plan: &Plan) -> String {
    let mut text = format!("executables with TLS, {} route\n", plan.route.name());
    for package in &plan.packages {
        for binary in &package.binaries {
            let file = file_name(plan, &package.exporter.binary(), binary.target);
            text += &format!("  write  {}\n", workspace.shown(&plan.dist.join(file)));
        }
    }
    let sums = plan.dist.join("standalone/SHA256SUMS");
    format!("{text}write  {}", workspace.shown(&sums))
}

/// The path of an executable below `dist`.
fn file_name(plan: &Plan, binary: &str, target: Target) -> String {
    format!("standalone/{binary}-{}-{}{}", plan.version, target.triple(), target.suffix())
}

/// Reads and inspects an executable.
fn read_and_inspect(
    workspace: &Workspace,
    plan: &Plan,
    binary: &str,
    built: &Path,
    target: Target,
    remap: &PathRemap,
) -> Result<(Row, Vec<u8>)> {
    let path = workspace.shown(built);
    let bytes = fs::read(built).with_context(|| format!("cannot read {path}"))?;
    let findings = inspect(&bytes, target, &remap.forbidden()).map_err(|problems| {
        anyhow::anyhow!("executable that must not ship: {path}: {}", problems.join(", "))
    })?;
    let row = Row {
        file: file_name(plan, binary, target),
        target: target.triple().to_owned(),
        size: bytes.len(),
        linkage: findings.linkage,
        sha256: sums::sha256(&bytes),
        imports: findings.imports,
        oldest_windows: target.oldest_windows(),
        limit: Some(LARGE),
    };
    Ok((row, bytes))
}

/// The executables, and their sums in the format of `sha256sum --check`.
fn files(built: &[(Row, Vec<u8>)]) -> Vec<Member> {
    let name = |row: &Row| row.file.rsplit('/').next().unwrap_or_default().to_owned();
    let executable = |(row, bytes): &(Row, Vec<u8>)| Member {
        path: name(row),
        mode: 0o755,
        bytes: bytes.clone(),
    };
    let mut lines: Vec<_> =
        built.iter().map(|(row, _)| format!("{}  {}\n", row.sha256, name(row))).collect();
    lines.sort();
    let sums =
        Member { path: "SHA256SUMS".to_owned(), mode: 0o644, bytes: lines.concat().into_bytes() };
    built.iter().map(executable).chain([sums]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_written_next_to_the_executables() {
        let row = |name: &str, sum: &str| Row {
            file: format!("standalone/{name}"),
            target: String::new(),
            size: 3,
            linkage: String::new(),
            sha256: sum.to_owned(),
            imports: Vec::new(),
            oldest_windows: None,
            limit: None,
        };
        let files = files(&[(row("a", "22"), b"abc".to_vec()), (row("b", "11"), Vec::new())]);
        let modes: Vec<_> = files.iter().map(|file| (&*file.path, file.mode)).collect();
        assert_eq!(modes, [("a", 0o755), ("b", 0o755), ("SHA256SUMS", 0o644)]);
        assert_eq!(files[0].bytes, b"abc");
        assert_eq!(files[2].bytes, b"11  b\n22  a\n");
    }
}
