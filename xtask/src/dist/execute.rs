//! Executes a plan: builds, inspects, describes and packs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bkpack::build::{self, Documents};
use bkpack::{process, stage};

use super::build::Cargo;
use super::cross::Containers;
use super::inspect::{Findings, inspect};
use super::mingw;
use super::package::{self, PackageSource};
use super::path_remap::PathRemap;
use super::plan::{BKPACK, Binary, Describe, PackagePlan, Plan, cargo_target_for};
use super::summary::Row;
use super::sums;
use super::toolchain::Route;
use crate::progress::Progress;
use crate::workspace::Workspace;

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
    pub(crate) binary: Binary,
    pub(crate) bytes: Vec<u8>,
    findings: Findings,
}

/// Builds, inspects, describes and packs. Returns a row per shipped file.
pub(crate) fn run(
    workspace: &Workspace,
    plan: &Plan,
    sources: &[PackageSource],
    compiler: &Compiler,
    progress: &mut Progress,
) -> Result<Vec<Row>> {
    let executables = executables(workspace, plan, compiler, progress)?;
    progress.expect_more(2);
    if plan.packages.iter().any(|package| matches!(package.describe, Describe::Native(_))) {
        progress.expect_more(1);
        progress.step("building for this system, to read the definitions", || {
            let mut build = Cargo::new(workspace, plan).build_native();
            process::run(&mut build, &plan.logs.join("native.log"))
        })?;
    }
    let packages = sources.iter().zip(&plan.packages);
    let documents = progress.step("reading the definitions", || {
        packages
            .map(|(source, package)| {
                describe(plan, package)?;
                package::documents(workspace, source, package)
            })
            .collect()
    })?;
    progress.step("packing and checking", || pack(plan, sources, documents, &executables))
}

/// Builds the executables of a plan, reads each, and inspects it.
pub(super) fn executables(
    workspace: &Workspace,
    plan: &Plan,
    compiler: &Compiler,
    progress: &mut Progress,
) -> Result<Vec<Executable>> {
    let cargo = Cargo::new(workspace, plan);
    progress.expect_more(3);
    progress.step("fetching crates", || {
        process::run(&mut cargo.fetch(), &plan.logs.join("fetch.log"))
    })?;
    let remap = PathRemap::gather(workspace, &compiler.sysroot);
    progress.step(&plan.announcement(), || build_all(plan, cargo, compiler, &remap))?;
    progress.step("inspecting the executables", || {
        let forbidden = remap.forbidden();
        let mut executables = Vec::new();
        let mut problems = String::new();
        for binary in plan.binaries() {
            let path = workspace.shown(&binary.built);
            let bytes = fs::read(&binary.built).with_context(|| format!("cannot read {path}"))?;
            match inspect(&bytes, binary.target, &forbidden) {
                Ok(findings) => {
                    executables.push(Executable { binary: binary.clone(), bytes, findings });
                }
                Err(more) => problems.extend(more.iter().map(|it| format!("\n{path}: {it}"))),
            }
        }
        ensure!(problems.is_empty(), "executables that must not ship:{problems}");
        Ok(executables)
    })
}

/// Runs the cargo of each group of targets, all at once: linking keeps one processor busy for long.
fn build_all(plan: &Plan, cargo: Cargo<'_>, compiler: &Compiler, remap: &PathRemap) -> Result<()> {
    let mut builds = Vec::new();
    for group in plan.groups() {
        let (first, log) = (group[0], plan.logs.join(format!("{}.log", group[0].triple())));
        let folder = cargo_target_for(&plan.cargo_target, first);
        let mut build = cargo.build(&group, remap)?;
        if let Some(containers) = &compiler.containers {
            containers.build(&mut build, &folder.join(first.triple()), &log)?;
            continue;
        }
        if first.is_windows() && plan.route != Route::Cross {
            mingw::prepare(&folder)?;
        }
        builds.push((build, log));
    }
    thread::scope(|scope| {
        let running: Vec<_> = builds
            .into_iter()
            .map(|(mut build, log)| scope.spawn(move || process::run(&mut build, &log)))
            .collect();
        let ended = running.into_iter().map(|it| it.join().expect("`process::run` has no panics"));
        ended.collect::<Vec<_>>().into_iter().collect()
    })
}

/// Runs an exporter with `--describe`.
fn describe(plan: &Plan, package: &PackagePlan) -> Result<()> {
    let (Describe::Shipped(binary) | Describe::Native(binary)) = &package.describe;
    let log = plan.logs.join(format!("{}.describe.log", package.exporter.name));
    let mut command = Command::new(binary);
    command.arg("--describe");
    process::run_into(&mut command, &package.definitions, &log, DESCRIBE_LIMIT)
}

/// Checks all packages before writing any of them.
fn pack(
    plan: &Plan,
    sources: &[PackageSource],
    documents: Vec<Documents>,
    executables: &[Executable],
) -> Result<Vec<Row>> {
    let of = |program: &str| -> Vec<&Executable> {
        executables.iter().filter(|built| built.binary.program == program).collect()
    };
    let assembled = plan.packages.iter().zip(sources).zip(documents);
    let assembled = assembled
        .map(|((package, source), documents)| {
            let executables = of(&package.exporter.binary()).into_iter();
            let by_system = executables.map(|it| (it.binary.target.system(), it.bytes.clone()));
            build::assemble(&source.source, documents, &by_system.collect())
        })
        .collect::<Result<Vec<_>>>()?;

    let before = sums::listed(&plan.sums)?;
    sums::remove(&plan.sums)?;
    fs::create_dir_all(&plan.dist)
        .with_context(|| format!("cannot create {}", plan.dist.display()))?;
    let mut rows = Vec::new();
    // What belongs to exporters that this run leaves out stays.
    let mut files: Vec<_> =
        before.iter().filter(|file| plan.keeps(file)).map(|file| plan.dist.join(file)).collect();
    for (package, content) in plan.packages.iter().zip(assembled) {
        build::write(&content, package.zip.as_ref(), Some(&package.plugin))?;
        for output in package.zip.iter().chain([&package.plugin]) {
            let archive = fs::read(&output.archive)
                .with_context(|| format!("cannot read {}", output.archive.display()))?;
            rows.push(row(plan, &output.archive, &archive, None));
            files.push(output.archive.clone());
        }
        rows.extend(of(&package.exporter.binary()).into_iter().map(|it| it.row(plan)));
    }
    for executable in of(BKPACK) {
        for path in &executable.binary.staged {
            stage::replace(path, &executable.bytes, 0o755)?;
        }
        rows.push(executable.row(plan));
    }
    files.extend(executables.iter().flat_map(|executable| executable.binary.staged.clone()));
    stage::tidy(&plan.dist, &before, &files)?;
    sums::write(&plan.sums, &files)?;
    Ok(rows)
}

impl Executable {
    /// The row of the simplest path at which it is shipped.
    pub(super) fn row(&self, plan: &Plan) -> Row {
        row(plan, &self.binary.staged[0], &self.bytes, Some(self))
    }
}

fn row(plan: &Plan, path: &Path, bytes: &[u8], executable: Option<&Executable>) -> Row {
    let file = path.strip_prefix(&plan.dist).expect("the plan ships only into its folder");
    Row {
        file: file.display().to_string(),
        target: executable.map_or("all", |executable| executable.binary.target.triple()).to_owned(),
        size: bytes.len(),
        linkage: executable.map_or("-", |executable| executable.findings.linkage).to_owned(),
        sha256: sums::sha256(bytes),
        imports: executable.map(|it| it.findings.imports.clone()).unwrap_or_default(),
        oldest_windows: executable.and_then(|it| it.binary.target.oldest_windows()),
        limit: executable.map(|it| it.binary.limit),
    }
}
