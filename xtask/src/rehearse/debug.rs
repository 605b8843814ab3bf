//! The debug page (调试) as node management runs it: `debug` of the plugin, on the plugin's own port,
//! with log and numbers of processes in the plugin's own folder; in the end each process that
//! has a number there is killed. In the place of the agent's collector stands a program that notes
//! how it was called and with what.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use blueking_package::plugin::DEBUG_TEMPLATE;

use super::checklist::{Level, Notes};
use super::deployment::Deployment;
use super::machine::{Machine, make_executable};
use super::processes::{kill, running_in};
use super::target::Target;
use crate::server::Server;

/// Seconds between two scrapes while a plugin is debugged.
pub(super) const PERIOD: u64 = 60;

/// The collector as the agent has it, without an extension.
const COLLECTOR: &str = "plugins/bin/bkmonitorbeat";

/// Stands in for it on Linux, and waits to be killed as that one does.
const STAND_IN: &str = include_str!("../../stand-in/bkmonitorbeat.sh");

/// The same for Windows.
const STAND_IN_SOURCE: &str = include_str!("../../stand-in/bkmonitorbeat.c");

/// How a plugin's `debug` called the collector.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) arguments: Vec<String>,
    pub(crate) config: String,
}

/// Whether the plugin can be debugged here: why not, if not.
pub(super) fn obstacle(target: &Target, machine: &Machine) -> Option<&'static str> {
    if target.is_component() {
        Some("BlueKing 5.1 has none")
    } else if !target.has_script("debug") || !target.has(DEBUG_TEMPLATE) {
        Some(
            "the package has no script or no template for it; BlueKing monitoring puts its own in \
             that place",
        )
    } else if !machine.can_stand_in() {
        Some("there is no mingw-w64 to make a stand-in for the collector with; install it")
    } else {
        None
    }
}

/// Debugs a copy, and ends it.
pub(super) fn debug(
    copy: &mut Deployment<'_>,
    machine: &Machine,
    notes: &mut Notes,
) -> Result<String> {
    copy.configure("")?;
    let mut server = start(copy, machine)?;
    let call = wait(copy, machine, &mut server)?;
    let url = copy.metric_url().to_owned();
    ensure!(
        call.config.contains(&url),
        "what {DEBUG_TEMPLATE} becomes does not name {url}, so the collector would scrape \
         nothing; write {{{{ metric_url }}}} where its hosts are"
    );
    copy.scrape().context("the exporter does not answer while it is debugged")?;
    stop(copy, machine, notes)?;
    Ok(format!("bkmonitorbeat {} scrapes {url}", call.arguments.join(" ")))
}

/// Puts the stand-in in its place, and starts the plugin's `debug`.
pub(crate) fn start(copy: &Deployment<'_>, machine: &Machine) -> Result<Server> {
    let names = [("period", PERIOD.to_string()), ("metric_url", copy.metric_url().to_owned())];
    let names = names.map(|(name, value)| (name.to_owned(), value));
    copy.render(DEBUG_TEMPLATE, BTreeMap::from(names), "")?;
    let collector = copy.agent_home().join(COLLECTOR);
    let folder = collector.parent().context("the collector lies in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    if machine.compile(STAND_IN_SOURCE, &collector.with_extension("exe"))?.is_none() {
        fs::write(&collector, STAND_IN).context("write a stand-in for the collector")?;
        make_executable(&collector, 0o755)?;
    }
    Server::start(&mut machine.script(&copy.folder, "debug"), &copy.place().join("debug.log"))
}

/// Waits until the collector has been called.
pub(crate) fn wait(copy: &Deployment<'_>, machine: &Machine, server: &mut Server) -> Result<Call> {
    let folder = copy.agent_home().join("plugins/bin");
    let call = server.wait_for(machine.limit(), || {
        // It is written last.
        let config = fs::read(folder.join("config")).context("nothing has called the collector")?;
        let arguments = fs::read(folder.join("arguments")).context("read its arguments")?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let arguments = text(&arguments).lines().map(str::to_owned).collect();
        Ok(Call { arguments, config: text(&config) })
    });
    call.with_context(|| {
        format!("the plugin's debug does not start the exporter and then {COLLECTOR} of the agent")
    })
}

/// Ends the debugging: node management kills what has a number in the folder `pid`, and knows of
/// nothing else.
fn stop(copy: &mut Deployment<'_>, machine: &Machine, notes: &mut Notes) -> Result<()> {
    let numbers = numbers(copy.pids())?;
    ensure!(numbers.len() > 1, "of exporter and collector, {} noted a number", numbers.len());
    // The numbers of a Windows are not those of this machine.
    if !matches!(machine, Machine::Wine(_)) {
        for number in numbers {
            kill(number)?;
        }
        let left = running_in(&copy.folder);
        if !left.is_empty() {
            let text = format!(
                "when debugging ends, processes {left:?} of the plugin go on running, as their \
                 numbers are not in its folder \"pid\"; let the exporter start no others"
            );
            notes.add(Level::Warning, "debug_leaves", "", text);
        }
    }
    copy.kill()
}

fn numbers(folder: &Path) -> Result<Vec<u32>> {
    let entries = fs::read_dir(folder)
        .with_context(|| format!("nothing has noted its number in {}", folder.display()))?;
    let texts = entries.flatten().filter_map(|entry| fs::read_to_string(entry.path()).ok());
    texts
        .map(|text| text.trim().parse().with_context(|| format!("{text:?} is no process")))
        .collect()
}
