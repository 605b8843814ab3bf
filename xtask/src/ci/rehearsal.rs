//! Every package that dist made, rehearsed for every system that it is for.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use blueking_package::PackageDescription;
use blueking_package::plugin::System;

use super::package::{Package, matches_any};
use super::report::{Done, Report};
use super::tools::{HINT, Tools};
use crate::rehearse::{self, Level, Note, State, Subject, name_of};
use crate::server::free_port;
use crate::workspace::Workspace;

/// Metrics of the host exporter that a machine of ours may lack: it has no such limit, its Wine
/// does not count handles, or qemu shows nothing of the process.
const MAY_BE_ABSENT: [&str; 5] = [
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_threads",
    "process_virtual_memory_bytes",
    "process_virtual_memory_max_bytes",
];

pub(crate) fn check(workspace: &Workspace, package: &Package, tools: &Tools, report: &mut Report) {
    let (archives, omitted) = match (archives(&package.dist), omitted(workspace)) {
        (Ok(archives), Ok(omitted)) => (archives, omitted),
        (Err(error), _) | (_, Err(error)) => {
            return report.fail("the packages of dist", &format!("{error:#}"));
        }
    };
    for archive in archives {
        let name = archive.file_name().unwrap_or_default().display().to_string();
        let systems = match Subject::systems(&archive) {
            Ok(systems) => systems,
            Err(error) => {
                report.fail(&name, &format!("{error:#}"));
                continue;
            }
        };
        for system in systems {
            report.step(&format!("rehearse {name} for {}", name_of(system)), || {
                rehearse(&archive, system, &omitted, package, tools)
            });
        }
    }
}

fn rehearse(
    archive: &Path,
    system: System,
    omitted: &[String],
    package: &Package,
    tools: &Tools,
) -> Result<Done> {
    let missing = match system {
        System::LinuxX86_64 => None,
        System::LinuxAarch64 => tools.qemu_aarch64().is_none().then_some("qemu-aarch64-static"),
        System::WindowsX86_64 => {
            (tools.wine().is_none() || tools.mingw().is_none()).then_some("wine64 or mingw-w64")
        }
    };
    if let Some(tool) = missing {
        return Ok(Done::Skipped(format!("{tool} is not installed; {HINT}")));
    }
    let name = archive.file_stem().unwrap_or_default().display().to_string();
    // Blanks are what scripts most often fail at.
    let scratch = package.scratch.join(format!("rehearsal of {name} {}", name_of(system)));
    fs::create_dir_all(&scratch).with_context(|| format!("make {}", scratch.display()))?;
    // What 5.1 has in its form may be taken on this machine.
    let is_component = archive.extension().is_some_and(|extension| extension == "zip");
    let address = format!("127.0.0.1:{}", free_port()?);
    let parameters = [
        format!("--web.listen-address={address}"),
        format!("_exporter_url_=http://{address}/metrics"),
    ];
    let parameters = if is_component { &parameters[..] } else { &[] };
    let list = rehearse::rehearse(archive, system, parameters, &scratch)?;
    ensure!(list.count(State::Failed) == 0, "{}", list.counts());
    let is_host = name.starts_with("host_exporter-") || name.starts_with("hostexporter-");
    let expected = |note: &&Note| match note.kind {
        "undeclared" => matches_any(omitted, &note.subject),
        // What a component exporter is to look at is not there.
        "absent" => !is_host || MAY_BE_ABSENT.contains(&&*note.subject),
        _ => note.level == Level::Fact,
    };
    let others: Vec<_> = list.notes().filter(|note| !expected(note)).collect();
    ensure!(others.is_empty(), "warnings that are not expected: {others:?}");
    Ok(Done::Passed(list.count(State::Passed) + list.count(State::Warned)))
}

fn archives(dist: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(dist).with_context(|| format!("read {}", dist.display()))?;
    let paths = entries.flatten().map(|entry| entry.path());
    let is_archive = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "zip" || extension == "tgz")
    };
    let mut archives: Vec<_> = paths.filter(is_archive).collect();
    archives.sort();
    ensure!(!archives.is_empty(), "there is no package in {}", dist.display());
    Ok(archives)
}

/// Patterns of the metrics that packages leave out on purpose.
fn omitted(workspace: &Workspace) -> Result<Vec<String>> {
    let mut omitted = Vec::new();
    for exporter in workspace.exporters()? {
        let path = exporter.description();
        let text = fs::read_to_string(&path).with_context(|| workspace.shown(&path))?;
        let description = PackageDescription::parse(&workspace.shown(&path), &text)?;
        omitted.extend(description.omit);
        omitted.extend(description.omit_in_51);
    }
    Ok(omitted)
}
