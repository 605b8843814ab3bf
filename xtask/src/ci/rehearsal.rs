//! Rehearses every package in `target/dist` for each of its systems.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use blueking_package::agent::Preview;
use blueking_package::plugin::System;
use blueking_package::{Definitions, PackageDescription, pattern_matches};

use super::package::Package;
use super::redis::Redis;
use super::report::{Done, Report};
use super::tools::{HINT, Tools};
use crate::workspace::{Exporter, Workspace};
use bkpack::rehearse::{self, Level, Note, State, Target, name_of};
use bkpack::server::free_port;

/// Metrics that may be absent: the machine has no such limit, Wine does not count handles, or qemu
/// hides the process.
const PROCESS: [&str; 5] = [
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_threads",
    "process_virtual_memory_bytes",
    "process_virtual_memory_max_bytes",
];

/// Metrics absent on a Redis without replication or a cluster that has refused nothing and seen no
/// long delay.
const STANDALONE_REDIS: [&str; 18] = [
    "redis_master_l*",
    "redis_master_sync_in_progress",
    "redis_slave_*",
    "redis_connected_slave_*",
    "redis_cluster_*",
    "redis_sentinel_*",
    "redis_latency_spike_*",
    "redis_exporter_refused_commands",
    "redis_aof_rewrite_buffer_length",
    // Its quantiles follow the first scrape.
    "redis_exporter_scrape_duration_seconds",
    // Not of every version.
    "redis_acl_access_denied_*",
    "redis_client_*_limit_disconnections_total",
    "redis_evicted_*",
    "redis_expired_subkeys_total",
    "redis_mem_overhead_*",
    "redis_pubsub_clients",
    "redis_total_*_keys*",
    "redis_watching_clients",
];

/// The monitored target of an exporter during a rehearsal, and the metrics expected on its page.
#[derive(Debug, Default)]
struct Monitored {
    /// The operator's input for the form.
    parameters: Vec<String>,
    /// Patterns of metrics that may be absent.
    may_be_absent: Vec<&'static str>,
    /// Expected metrics, with the value of their first sample if it is known.
    expected: &'static [(&'static str, Option<f64>)],
    /// Stopped on drop.
    _redis: Option<Redis>,
}

impl Monitored {
    /// Starts the target of an exporter. An unknown exporter gets no target, so any metric may be
    /// absent.
    fn start(exporter: &str, redis: Option<&Path>, scratch: &Path) -> Result<Self> {
        match exporter {
            "host-exporter" => {
                let expected = &[("sys_mem_usage", None), ("sys_disk_size", None)];
                // Hardware and kernels differ between machines; tests of the exporter compare its
                // page with node_exporter's.
                Ok(Self { may_be_absent: vec!["*"], expected, ..Self::default() })
            }
            "redis-exporter" => {
                let program =
                    redis.with_context(|| format!("redis-server is not installed; {HINT}"))?;
                let redis = Redis::start(program, scratch)?;
                Ok(Self {
                    parameters: redis.parameters().to_vec(),
                    may_be_absent: [&PROCESS[..], &STANDALONE_REDIS].concat(),
                    expected: &[
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

    /// Checks that the page has the expected metrics.
    fn check(&self, preview: &Preview) -> Result<()> {
        for (metric, value) in self.expected {
            let row = preview.rows.iter().find(|row| row.metric_name == *metric);
            let row = row.with_context(|| format!("{metric} is not on the page"))?;
            let found = row.metric_value;
            ensure!(value.is_none_or(|value| value == found), "{metric} is {found}");
        }
        Ok(())
    }
}

/// The definitions and the description of an exporter.
struct ExporterSource {
    name: String,
    description: PackageDescription,
    definitions: Definitions,
}

pub(crate) fn check(workspace: &Workspace, package: &Package, tools: &Tools, report: &mut Report) {
    let (archives, sources) = match (archives(&package.dist), sources(workspace)) {
        (Ok(archives), Ok(sources)) => (archives, sources),
        (Err(error), _) | (_, Err(error)) => {
            return report.fail("the packages of dist", &format!("{error:#}"));
        }
    };
    for archive in archives {
        let name = archive.file_name().unwrap_or_default().display().to_string();
        let systems = match Target::systems(&archive) {
            Ok(systems) => systems,
            Err(error) => {
                report.fail(&name, &format!("{error:#}"));
                continue;
            }
        };
        for system in systems {
            report.step(&format!("rehearse {name} for {}", name_of(system)), || {
                rehearse(&archive, system, &sources, package, tools)
            });
        }
    }
}

fn rehearse(
    archive: &Path,
    system: System,
    sources: &[ExporterSource],
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
    let belongs = |source: &&ExporterSource| {
        let PackageDescription { plugin_id, component_name, .. } = &source.description;
        let mut names = [plugin_id, component_name].into_iter();
        names.any(|prefix| name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('-')))
    };
    let source = sources.iter().find(belongs);
    let source = source.with_context(|| format!("{name} is not of an exporter here"))?;
    // With blanks, on which scripts often fail.
    let scratch = package.scratch.join(format!("rehearsal of {name} {}", name_of(system)));
    fs::create_dir_all(&scratch).with_context(|| format!("cannot create {}", scratch.display()))?;
    let monitored = Monitored::start(
        &source.name,
        tools.redis_server().as_deref(),
        &scratch.join("monitored"),
    )?;
    let mut parameters = monitored.parameters.clone();
    // The port in the form of BlueKing 5.1 may be taken on this machine.
    if archive.extension().is_some_and(|extension| extension == "zip") {
        let address = format!("127.0.0.1:{}", free_port()?);
        parameters.push(format!("--web.listen-address={address}"));
        parameters.push(format!("_exporter_url_=http://{address}/metrics"));
    }
    let (list, outcome) = rehearse::rehearse(archive, system, &parameters, &scratch)?;
    ensure!(list.count(State::Failed) == 0, "{}", list.counts());
    let may_be_absent = |name: &String| {
        monitored.may_be_absent.iter().any(|pattern| pattern_matches(pattern, name))
    };
    let expected = |note: &&Note| match note.kind {
        // Metrics that the exporter defines but the package lacks were omitted on purpose.
        "undeclared" => note.names.iter().all(|name| source.definitions.exposes(name)),
        "absent" => note.names.iter().all(may_be_absent),
        _ => note.level == Level::Fact,
    };
    let others: Vec<_> = list.notes().filter(|note| !expected(note)).collect();
    ensure!(others.is_empty(), "unexpected warnings: {others:?}");
    monitored.check(&outcome.preview.context("there is no debug preview")?)?;
    Ok(Done::Passed(list.count(State::Passed) + list.count(State::Warned)))
}

fn archives(dist: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(dist).with_context(|| format!("cannot read {}", dist.display()))?;
    let paths = entries.flatten().map(|entry| entry.path());
    let is_archive = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "zip" || extension == "tgz")
    };
    let mut archives: Vec<_> = paths.filter(is_archive).collect();
    archives.sort();
    ensure!(!archives.is_empty(), "there is no package in {}", dist.display());
    Ok(archives)
}

fn sources(workspace: &Workspace) -> Result<Vec<ExporterSource>> {
    let read = |exporter: Exporter| {
        let path = exporter.description();
        let text = fs::read_to_string(&path).with_context(|| workspace.shown(&path))?;
        Ok(ExporterSource {
            description: PackageDescription::parse(&workspace.shown(&path), &text)?,
            definitions: definitions(workspace, &exporter)?,
            name: exporter.name,
        })
    };
    workspace.exporters()?.into_iter().map(read).collect()
}

/// The definitions of an exporter, written when its packages were built. Each toolchain leaves a
/// file; the newest belongs to the packages.
fn definitions(workspace: &Workspace, exporter: &Exporter) -> Result<Definitions> {
    let folder = workspace.target().join("cross");
    let name = format!("{}.describe.json", exporter.name);
    let entries =
        fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let files = entries.flatten().map(|entry| entry.path().join(&name));
    let newest = files.max_by_key(|file| file.metadata().and_then(|data| data.modified()).ok());
    let file = newest.with_context(|| format!("no {name} in {}", folder.display()))?;
    let json = fs::read_to_string(&file).with_context(|| workspace.shown(&file))?;
    Ok(Definitions::parse(&workspace.shown(&file), &json)?)
}
