//! Every package that dist made, rehearsed for every system that it is for.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use blueking_package::agent::Preview;
use blueking_package::plugin::System;
use blueking_package::{PackageDescription, pattern_matches};

use super::package::Package;
use super::redis::Redis;
use super::report::{Done, Report};
use super::tools::{HINT, Tools};
use crate::rehearse::{self, Level, Note, State, Subject, name_of};
use crate::server::free_port;
use crate::workspace::{Exporter, Workspace};

/// Metrics that a machine of ours may lack: it has no such limit, its Wine does not count handles, or
/// qemu shows nothing of the process.
const PROCESS: [&str; 5] = [
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_threads",
    "process_virtual_memory_bytes",
    "process_virtual_memory_max_bytes",
];

/// What a Redis that is no replica and has none does not tell; and a time that is none while nothing
/// is saved.
const LONELY_REDIS: [&str; 7] = [
    "redis_master_l*",
    "redis_master_sync_in_progress",
    "redis_slave_repl_offset",
    "redis_connected_slave_*",
    "redis_rdb_*_bgsave_duration_sec",
    "redis_aof_*_rewrite_duration_sec",
    "redis_evicted_clients_total",
];

/// What an exporter watches while its packages are rehearsed, and what its page has to show then.
#[derive(Debug, Default)]
struct Watched {
    /// What an operator types into the form.
    parameters: Vec<String>,
    /// Metrics that may be absent all the same, as patterns.
    may_be_absent: Vec<&'static str>,
    /// Metrics that have to be there, and the value of their first sample where one is known.
    shows: &'static [(&'static str, Option<f64>)],
    /// Ended when this is dropped.
    _redis: Option<Redis>,
}

impl Watched {
    /// Starts what the exporter of this name watches. Of one that is not known here, nothing is there
    /// to be looked at, so any metric may be absent.
    fn start(exporter: &str, redis: Option<&Path>, scratch: &Path) -> Result<Self> {
        match exporter {
            "host-exporter" => {
                let shows = &[("sys_mem_usage", None), ("sys_disk_size", None)];
                Ok(Self { may_be_absent: PROCESS.to_vec(), shows, ..Self::default() })
            }
            "redis-exporter" => {
                let program = redis.with_context(|| format!("there is no redis-server; {HINT}"))?;
                let redis = Redis::start(program, scratch)?;
                Ok(Self {
                    parameters: redis.parameters().to_vec(),
                    may_be_absent: [&PROCESS[..], &LONELY_REDIS].concat(),
                    shows: &[
                        ("redis_up", Some(1.0)),
                        ("redis_instance_info", Some(1.0)),
                        ("redis_db_keys", Some(1.0)),
                        ("redis_memory_used_bytes", None),
                        ("redis_commands_latency_seconds_count", None),
                    ],
                    _redis: Some(redis),
                })
            }
            _ => Ok(Self { may_be_absent: vec!["*"], ..Self::default() }),
        }
    }

    /// Whether the page showed what it has to.
    fn is_shown(&self, preview: &Preview) -> Result<()> {
        for (metric, value) in self.shows {
            let row = preview.rows.iter().find(|row| row.metric_name == *metric);
            let row = row.with_context(|| format!("{metric} is not on the page"))?;
            let found = row.metric_value;
            ensure!(value.is_none_or(|value| value == found), "{metric} is {found}");
        }
        Ok(())
    }
}

pub(crate) fn check(workspace: &Workspace, package: &Package, tools: &Tools, report: &mut Report) {
    let (archives, descriptions) = match (archives(&package.dist), descriptions(workspace)) {
        (Ok(archives), Ok(descriptions)) => (archives, descriptions),
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
                rehearse(&archive, system, &descriptions, package, tools)
            });
        }
    }
}

fn rehearse(
    archive: &Path,
    system: System,
    descriptions: &[(String, PackageDescription)],
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
    let is_of = |(_, one): &&(String, PackageDescription)| {
        name.strip_prefix(&one.plugin_id).is_some_and(|rest| rest.starts_with('-'))
            || name.strip_prefix(&one.component_name).is_some_and(|rest| rest.starts_with('-'))
    };
    let found = descriptions.iter().find(is_of);
    let (exporter, description) = found.with_context(|| format!("{name} is no exporter's here"))?;
    // Blanks are what scripts most often fail at.
    let scratch = package.scratch.join(format!("rehearsal of {name} {}", name_of(system)));
    fs::create_dir_all(&scratch).with_context(|| format!("make {}", scratch.display()))?;
    let watched =
        Watched::start(exporter, tools.redis_server().as_deref(), &scratch.join("watched"))?;
    let mut parameters = watched.parameters.clone();
    // What 5.1 has in its form may be taken on this machine.
    if archive.extension().is_some_and(|extension| extension == "zip") {
        let address = format!("127.0.0.1:{}", free_port()?);
        parameters.push(format!("--web.listen-address={address}"));
        parameters.push(format!("_exporter_url_=http://{address}/metrics"));
    }
    let (list, learned) = rehearse::rehearse(archive, system, &parameters, &scratch)?;
    ensure!(list.count(State::Failed) == 0, "{}", list.counts());
    let is_omitted = |metric: &str| {
        matches_any(&description.omit, metric) || matches_any(&description.omit_in_51, metric)
    };
    let expected = |note: &&Note| match note.kind {
        "undeclared" => is_omitted(&note.subject),
        "absent" => note.names.iter().all(|name| matches_any(&watched.may_be_absent, name)),
        _ => note.level == Level::Fact,
    };
    let others: Vec<_> = list.notes().filter(|note| !expected(note)).collect();
    ensure!(others.is_empty(), "warnings that are not expected: {others:?}");
    watched.is_shown(&learned.preview.context("there is no debug preview")?)?;
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

/// What people write about each exporter, by its name.
fn descriptions(workspace: &Workspace) -> Result<Vec<(String, PackageDescription)>> {
    let read = |exporter: Exporter| {
        let path = exporter.description();
        let text = fs::read_to_string(&path).with_context(|| workspace.shown(&path))?;
        Ok((exporter.name, PackageDescription::parse(&workspace.shown(&path), &text)?))
    };
    workspace.exporters()?.into_iter().map(read).collect()
}

/// Whether one of the patterns is of this metric.
fn matches_any(patterns: &[impl AsRef<str>], metric: &str) -> bool {
    patterns.iter().any(|pattern| pattern_matches(pattern.as_ref(), metric))
}
