//! The debug page (调试) as node management runs it: the plugin's `debug` script, on the plugin's own
//! port, with log and pid files in the plugin's folder; at the end each process with a pid file is
//! killed. A stand-in for the agent's collector records its arguments and configuration.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use blueking_package::plugin::DEBUG_TEMPLATE;

use super::checklist::{Level, Notes};
use super::deployment::Deployment;
use super::machine::Machine;
use super::processes::{kill, running_in};
use super::target::Target;
use crate::server::Server;
use crate::stage::set_mode;
use crate::texts::{programs, rehearse_steps as texts};

/// Seconds between two scrapes while a plugin is debugged.
pub(super) const PERIOD: u64 = 60;

/// The path of the agent's collector, without extension.
const COLLECTOR: &str = "plugins/bin/bkmonitorbeat";

/// The stand-in on Linux, which waits to be killed like the collector.
const STAND_IN: &str = include_str!("../../stand-in/bkmonitorbeat.sh");

/// The stand-in for Windows.
const STAND_IN_SOURCE: &str = include_str!("../../stand-in/bkmonitorbeat.c");

/// The recorded call of the collector by a plugin's `debug` script.
#[derive(Debug)]
pub struct Call {
    /// The arguments of the collector.
    pub arguments: Vec<String>,
    /// The configuration of the collector.
    pub config: String,
}

/// The reason why the plugin cannot be debugged here, if any.
pub(super) fn obstacle(target: &Target, machine: &Machine) -> Option<String> {
    if target.is_component() {
        Some(texts::none_in_component())
    } else if !target.has_script("debug") || !target.has(DEBUG_TEMPLATE) {
        Some(texts::no_debug_script())
    } else if !machine.can_stand_in() {
        Some(texts::stand_in_needs_mingw())
    } else {
        None
    }
}

/// Debugs a copy, and stops it.
pub(super) fn debug(
    copy: &mut Deployment<'_>,
    machine: &Machine,
    notes: &mut Notes,
) -> Result<String> {
    copy.configure("")?;
    let mut server = start(copy, machine)?;
    let call = wait(copy, machine, &mut server)?;
    let url = copy.metric_url().to_owned();
    ensure!(call.config.contains(&url), texts::no_metric_url(DEBUG_TEMPLATE, &url));
    copy.scrape().with_context(texts::silent_while_debugged)?;
    stop(copy, machine, notes)?;
    Ok(texts::debugged(&call.arguments.join(" "), &url))
}

/// Installs the stand-in, and starts the plugin's `debug` script.
pub fn start(copy: &Deployment<'_>, machine: &Machine) -> Result<Server> {
    let names = [("period", PERIOD.to_string()), ("metric_url", copy.metric_url().to_owned())];
    let names = names.map(|(name, value)| (name.to_owned(), value));
    copy.render(DEBUG_TEMPLATE, BTreeMap::from(names), "")?;
    let collector = copy.agent_home().join(COLLECTOR);
    let folder = collector.parent().context("the path of the collector has a parent")?;
    fs::create_dir_all(folder)
        .with_context(|| programs::cannot_create(&folder.display().to_string()))?;
    if machine.compile(STAND_IN_SOURCE, &collector.with_extension("exe"))?.is_none() {
        fs::write(&collector, STAND_IN)
            .with_context(|| programs::cannot_write(&collector.display().to_string()))?;
        set_mode(&collector, 0o755)?;
    }
    Server::start(&mut machine.script(&copy.folder, "debug"), &copy.root().join("debug.log"))
}

/// Waits until the collector is called.
pub fn wait(copy: &Deployment<'_>, machine: &Machine, server: &mut Server) -> Result<Call> {
    let folder = copy.agent_home().join("plugins/bin");
    let call = server.wait_for(machine.limit(), || {
        // It is written last.
        let config = fs::read(folder.join("config")).with_context(texts::collector_not_called)?;
        let arguments =
            fs::read(folder.join("arguments")).with_context(texts::collector_not_called)?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let arguments = text(&arguments).lines().map(str::to_owned).collect();
        Ok(Call { arguments, config: text(&config) })
    });
    call.with_context(|| texts::debug_starts_nothing(COLLECTOR))
}

/// Stops debugging: node management kills only the processes with a pid file in the folder `pid`.
fn stop(copy: &mut Deployment<'_>, machine: &Machine, notes: &mut Notes) -> Result<()> {
    let pids = pids(copy.pids())?;
    ensure!(pids.len() > 1, texts::too_few_pid_files(pids.len()));
    // Pids of Wine's Windows are not those of this machine.
    if !matches!(machine, Machine::Wine(_)) {
        for pid in pids {
            kill(pid)?;
        }
        let left = running_in(&copy.folder);
        if !left.is_empty() {
            notes.add(Level::Warning, "debug_leaves", "", texts::left_by_debug(&left));
        }
    }
    copy.kill()
}

fn pids(folder: &Path) -> Result<Vec<u32>> {
    let entries =
        fs::read_dir(folder).with_context(|| texts::no_pid_files(&folder.display().to_string()))?;
    let texts = entries.flatten().filter_map(|entry| fs::read_to_string(entry.path()).ok());
    texts.map(|text| text.trim().parse().with_context(|| texts::bad_pid_file(&text))).collect()
}
