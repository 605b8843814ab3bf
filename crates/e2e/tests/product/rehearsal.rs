//! Rehearses every package in `target/dist` for each of its systems.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use bkpack::rehearse::{self, Level, Note, State, Target, machine, name_of};
use bkpack::server::free_port;
use blueking_package::agent::Preview;
use blueking_package::plugin::System;
use blueking_package::{Definitions, PackageDescription, pattern_matches};

use crate::package::archives;
use crate::redis::{self, Redis};

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
    fn start(exporter: &str, scratch: &Path) -> Result<Self> {
        match exporter {
            "host-exporter" => {
                let expected = &[("sys_mem_usage", None), ("sys_disk_size", None)];
                // Hardware and kernels differ between machines; tests of the exporter compare its
                // page with node_exporter's.
                Ok(Self { may_be_absent: vec!["*"], expected, ..Self::default() })
            }
            "redis-exporter" => {
                let program = redis::program().context("redis-server is missing")?;
                let redis = Redis::start(&program, scratch)?;
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

#[test]
fn zip_for_linux() -> Result<()> {
    rehearse_all("zip", System::LinuxX86_64)
}

#[test]
fn zip_for_windows() -> Result<()> {
    rehearse_all("zip", System::WindowsX86_64)
}

#[test]
fn plugin_for_linux() -> Result<()> {
    rehearse_all("tgz", System::LinuxX86_64)
}

#[test]
fn plugin_for_linux_aarch64() -> Result<()> {
    rehearse_all("tgz", System::LinuxAarch64)
}

#[test]
fn plugin_for_windows() -> Result<()> {
    rehearse_all("tgz", System::WindowsX86_64)
}

/// Rehearses all packages with this extension, each of which has an executable for `system`.
fn rehearse_all(extension: &str, system: System) -> Result<()> {
    if let Some(tool) = missing_tool(system) {
        return e2e::skip(tool);
    }
    let sources = sources()?;
    for archive in archives(extension)? {
        let name = archive.file_stem().unwrap_or_default().display().to_string();
        rehearse(&archive, &name, system, &sources).with_context(|| name.clone())?;
    }
    Ok(())
}

/// A tool without which packages for `system` cannot be rehearsed here.
fn missing_tool(system: System) -> Option<&'static str> {
    let no_redis = redis::program().is_none().then_some("redis-server");
    no_redis.or_else(|| match system {
        System::LinuxX86_64 => None,
        System::LinuxAarch64 => machine::qemu_aarch64().is_none().then_some("qemu-aarch64-static"),
        System::WindowsX86_64 if machine::wine().is_none() => Some("wine64"),
        System::WindowsX86_64 => machine::mingw().is_none().then_some("mingw-w64"),
    })
}

fn rehearse(archive: &Path, name: &str, system: System, sources: &[ExporterSource]) -> Result<()> {
    let has_it = Target::systems(archive)?.contains(&system);
    ensure!(has_it, "it has no executable for {}", name_of(system));
    let belongs = |source: &&ExporterSource| {
        let PackageDescription { plugin_id, component_name, .. } = &source.description;
        let mut names = [plugin_id, component_name].into_iter();
        names.any(|prefix| name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('-')))
    };
    let source = sources.iter().find(belongs).context("it is not of an exporter here")?;
    // With blanks, on which scripts often fail.
    let scratch = e2e::scratch(&format!("rehearsal of {name} {}", name_of(system)))?;
    let monitored = Monitored::start(&source.name, &scratch.join("monitored"))?;
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
    monitored.check(&outcome.preview.context("there is no debug preview")?)
}

fn sources() -> Result<Vec<ExporterSource>> {
    let read = |name: String| {
        let path = e2e::root().join("config").join(&name).join("blueking.toml");
        let shown = path.display().to_string();
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {shown}"))?;
        Ok(ExporterSource {
            description: PackageDescription::parse(&shown, &text)?,
            definitions: definitions(&name)?,
            name,
        })
    };
    e2e::exporters()?.into_iter().map(read).collect()
}

/// The definitions of an exporter, written when its packages were built. Each toolchain leaves a
/// file; the newest belongs to the packages.
fn definitions(exporter: &str) -> Result<Definitions> {
    let folder = e2e::root().join("target/cross");
    let name = format!("{exporter}.describe.json");
    let entries =
        fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let files = entries.flatten().map(|entry| entry.path().join(&name));
    let files = files.filter(|file| file.is_file());
    let newest = files.max_by_key(|file| file.metadata().and_then(|data| data.modified()).ok());
    let file: PathBuf = newest.with_context(|| format!("no {name} in {}", folder.display()))?;
    let json =
        fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(Definitions::parse(exporter, &json)?)
}
