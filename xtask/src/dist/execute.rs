//! Executes a plan step by step.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::build::Cargo;
use super::cross::Containers;
use super::inspect::{Findings, LARGE, LARGE_TOOL, inspect};
use super::mingw;
use super::package::{self, PackageSource};
use super::path_remap::PathRemap;
use super::plan::{Describe, PackagePlan, Plan};
use super::summary::Row;
use super::sums;
use super::target::Target;
use crate::progress::Progress;
use crate::workspace::Workspace;
use bkpack::build::{self, Documents};
use bkpack::{process, stage};

/// Time limit for `--describe`.
const DESCRIBE_LIMIT: Duration = Duration::from_secs(20);

/// The compiler of the selected route.
#[derive(Debug)]
pub(crate) struct Compiler {
    pub(crate) sysroot: PathBuf,
    /// The containers it runs in, for the cross route.
    pub(crate) containers: Option<Containers>,
}

/// An executable that may be shipped.
#[derive(Debug)]
pub(crate) struct Executable {
    pub(crate) target: Target,
    pub(crate) bytes: Vec<u8>,
    findings: Findings,
}

/// Builds, inspects and describes the exporters, then packs them. Returns a row per shipped file.
pub(crate) fn run(
    workspace: &Workspace,
    plan: &Plan,
    sources: &[PackageSource],
    compiler: &Compiler,
    progress: &mut Progress,
) -> Result<Vec<Row>> {
    let cargo = Cargo::new(workspace, plan);
    let native = plan.packages.iter().any(|p| matches!(p.describe, Describe::Native(_)));
    progress.expect_more(3 + 2 * plan.targets.len() as u64 + u64::from(native));

    progress.step("fetching crates", || {
        process::run(&mut cargo.fetch(), &plan.logs.join("fetch.log"))
    })?;
    let remap = PathRemap::gather(workspace, &compiler.sysroot);
    let mut documents = None;
    if native {
        progress.step("building for this system, to read the definitions", || {
            process::run(&mut cargo.build_native(), &plan.logs.join("native.log"))
        })?;
        documents = Some(describe_all(workspace, plan, sources, progress)?);
    }
    let mut executables = Vec::new();
    for &target in &plan.targets {
        let (triple, route) = (target.triple(), plan.route.name());
        let programs = format!("{} and bkpack", plan.binaries().replace(" and ", ", "));
        let name = format!("building {programs} for {triple} ({route} route)");
        progress.step(&name, || {
            let log = plan.logs.join(format!("{triple}.log"));
            let mut build = cargo.build(target, &remap)?;
            if let Some(containers) = &compiler.containers {
                let output = plan.cargo_target.join(triple);
                return containers.build(&mut build, &output, &log);
            }
            if target.is_windows() {
                mingw::prepare(&plan.cargo_target)?;
            }
            process::run(&mut build, &log)
        })?;
        executables.push(
            progress.step(&format!("inspecting what was built for {}", target.name()), || {
                inspect_built(workspace, plan, target, &remap.forbidden())
            })?,
        );
        // Report wrong definitions before the next long build.
        if documents.is_none() && target.runs_here() {
            documents = Some(describe_all(workspace, plan, sources, progress)?);
        }
    }
    let documents = documents.context("none of the executables runs on this system")?;
    let mut executables = by_package(executables, plan.packages.len() + 1);
    let bkpack = executables.pop().unwrap_or_default();
    progress.step("packing and checking", || pack(plan, sources, documents, executables, bkpack))
}

/// Runs every exporter with `--describe` and generates the documents from its definitions.
fn describe_all(
    workspace: &Workspace,
    plan: &Plan,
    sources: &[PackageSource],
    progress: &mut Progress,
) -> Result<Vec<Documents>> {
    let describe = |package: &PackagePlan| {
        let (Describe::Shipped(binary) | Describe::Native(binary)) = &package.describe;
        let log = plan.logs.join(format!("{}.describe.log", package.exporter.name));
        let mut command = Command::new(binary);
        command.arg("--describe");
        process::run_into(&mut command, &package.definitions, &log, DESCRIBE_LIMIT)
    };
    progress.step("reading the definitions", || {
        let packages = sources.iter().zip(&plan.packages);
        packages
            .map(|(source, package)| {
                describe(package)?;
                package::documents(workspace, source, package)
            })
            .collect()
    })
}

/// Inspects the executables built for a target: one per package, then bkpack.
fn inspect_built(
    workspace: &Workspace,
    plan: &Plan,
    target: Target,
    forbidden: &[String],
) -> Result<Vec<Executable>> {
    let mut executables = Vec::new();
    let mut problems = Vec::new();
    let of_exporters = plan.packages.iter().flat_map(|package| &package.binaries);
    for binary in of_exporters.chain(&plan.bkpack).filter(|binary| binary.target == target) {
        let path = workspace.shown(&binary.built);
        let bytes = fs::read(&binary.built).with_context(|| format!("cannot read {path}"))?;
        match inspect(&bytes, target, forbidden) {
            Ok(findings) => executables.push(Executable { target, bytes, findings }),
            Err(more) => problems.extend(more.iter().map(|problem| format!("\n{path}: {problem}"))),
        }
    }
    ensure!(problems.is_empty(), "executables that must not ship:{}", problems.concat());
    Ok(executables)
}

/// Regroups the executables from one list per target to one list per program.
fn by_package(targets: Vec<Vec<Executable>>, programs: usize) -> Vec<Vec<Executable>> {
    let mut result: Vec<_> = (0..programs).map(|_| Vec::new()).collect();
    for executables in targets {
        for (package, executable) in result.iter_mut().zip(executables) {
            package.push(executable);
        }
    }
    result
}

/// Checks all packages before writing any of them.
fn pack(
    plan: &Plan,
    sources: &[PackageSource],
    documents: Vec<Documents>,
    executables: Vec<Vec<Executable>>,
    bkpack: Vec<Executable>,
) -> Result<Vec<Row>> {
    let parts = sources.iter().zip(documents).zip(&executables);
    let assembled = parts
        .map(|((source, documents), executables)| {
            let executables = executables.iter();
            let by_system = |built: &Executable| (built.target.system(), built.bytes.clone());
            build::assemble(&source.source, documents, &executables.map(by_system).collect())
        })
        .collect::<Result<Vec<_>>>()?;

    let before = sums::listed(&plan.sums)?;
    sums::remove(&plan.sums)?;
    fs::create_dir_all(&plan.dist)
        .with_context(|| format!("cannot create {}", plan.dist.display()))?;
    let mut rows = Vec::new();
    let mut files = Vec::new();
    for ((package, content), executables) in plan.packages.iter().zip(assembled).zip(executables) {
        build::write(&content, package.zip.as_ref(), Some(&package.plugin))?;
        for output in package.zip.iter().chain([&package.plugin]) {
            let archive = fs::read(&output.archive)
                .with_context(|| format!("cannot read {}", output.archive.display()))?;
            rows.push(row(plan, &output.archive, &archive, None)?);
            files.push(output.archive.clone());
        }
        for (binary, executable) in package.binaries.iter().zip(&executables) {
            if let Some(simplest) = binary.staged.first() {
                rows.push(row(plan, simplest, &executable.bytes, Some(executable))?);
            }
            files.extend(binary.staged.iter().cloned());
        }
    }
    for (binary, executable) in plan.bkpack.iter().zip(&bkpack) {
        for path in &binary.staged {
            stage::replace(path, &executable.bytes, 0o755)?;
            let row = row(plan, path, &executable.bytes, Some(executable))?;
            rows.push(Row { limit: Some(LARGE_TOOL), ..row });
            files.push(path.clone());
        }
    }
    stage::tidy(&plan.dist, &before, &files)?;
    sums::write(&plan.sums, &files)?;
    Ok(rows)
}

fn row(plan: &Plan, path: &Path, bytes: &[u8], executable: Option<&Executable>) -> Result<Row> {
    let Ok(file) = path.strip_prefix(&plan.dist) else {
        bail!("{} is outside of {}", path.display(), plan.dist.display());
    };
    Ok(Row {
        file: file.display().to_string(),
        target: executable.map_or("all", |executable| executable.target.triple()).to_owned(),
        size: bytes.len(),
        linkage: executable.map_or("-", |executable| &executable.findings.linkage).to_owned(),
        sha256: sums::sha256(bytes),
        imports: executable.map(|e| e.findings.imports.clone()).unwrap_or_default(),
        oldest_windows: executable.and_then(|executable| executable.target.oldest_windows()),
        limit: executable.map(|_| LARGE),
    })
}
