//! The way of a package through BlueKing, step by step. A step that needs another is skipped where
//! that one failed.

use std::path::Path;
use std::time::{Instant, SystemTime};

use anyhow::{Context, Result, ensure};
use blueking_package::agent::Preview;
use blueking_package::check;
use blueking_package::plugin::System;

use super::checklist::{Checklist, Level};
use super::checks::{alive, compared, import, look, preview, rewritten};
use super::debug;
use super::deployment::Deployment;
use super::machine::{self, Machine};
use super::ports::Port;
use super::target::{Target, Values, name_of};
use crate::check::read_failure;
use crate::usage_error::UsageError;

/// Every step in its order.
pub(crate) const STEPS: [&str; 16] = [
    "import",
    "unpack",
    "port",
    "arguments",
    "env.yaml",
    "debug",
    "start",
    "alive after 2 s",
    "scrape",
    "metrics.json",
    "debug preview",
    "kill -9",
    "restart on the same port",
    "port taken",
    "two copies side by side",
    "stop",
];

/// What is rehearsed, and how.
#[derive(Debug)]
pub(crate) struct Rehearsal<'a> {
    pub(crate) file: &'a Path,
    pub(crate) system: Option<System>,
    /// `name=value` as typed.
    pub(crate) parameters: &'a [String],
    pub(crate) scratch: &'a Path,
}

/// What a rehearsal outcome beside how its steps went.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) id: String,
    /// The package's own, where it has one.
    pub(crate) version: Option<String>,
    /// When it began.
    pub(crate) date: String,
    pub(crate) system: &'static str,
    pub(crate) arguments: Vec<String>,
    /// Names of the rows that were filled in.
    pub(crate) parameters: Vec<String>,
    pub(crate) url: String,
    pub(crate) preview: Option<Preview>,
}

impl Outcome {
    /// What a failed step comes to. What was typed may be at fault as well as the package.
    pub(crate) fn failure(&self) -> String {
        let failure = "would not work on BlueKing";
        match &*self.parameters {
            [] => failure.to_owned(),
            names => format!("{failure} with these parameters ({})", names.join(", ")),
        }
    }
}

/// Goes the whole way.
///
/// # Errors
/// The package cannot be read, or is asked for what it does not have.
pub(crate) fn run(rehearsal: &Rehearsal<'_>, list: &mut Checklist) -> Result<Outcome> {
    let date = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let mut outcome = Outcome { date, ..Outcome::default() };
    let report = check::file(rehearsal.file).map_err(read_failure)?;
    let kind = list.step(STEPS[0], |notes| Ok(import(&report, notes)));
    if let Some(kind) = kind {
        let target = Target::open(rehearsal.file, kind, rehearsal.system)?;
        let values = target.values(rehearsal.parameters)?;
        machine::is_there(target.system)?;
        let fixed = fixed_port(&target, &values)?;
        outcome.parameters = values.keys().cloned().collect();
        outcome.id.clone_from(&target.id);
        outcome.version.clone_from(&target.version);
        outcome.system = name_of(target.system);
        deploy(rehearsal, &target, &values, fixed, list, &mut outcome);
    }
    list.skip_rest(&STEPS, "not reached");
    Ok(outcome)
}

/// The port that BlueKing would use whatever is there, where the form has such a one.
///
/// # Errors
/// [`UsageError`] where this machine cannot give it: that tells nothing of the package.
fn fixed_port(target: &Target, values: &Values) -> Result<Option<Port>> {
    let (own, choose) = match target.port(values) {
        Ok((own, _)) if target.is_component() => {
            (own, "in _exporter_url_ and in the row that says where the exporter listens")
        }
        Ok((own, true)) => (own, "port=NUMBER, or none: then a free one is allocated"),
        // A form without a port is the package's fault; the step tells it.
        Ok((_, false)) | Err(_) => return Ok(None),
    };
    let told = |why| {
        UsageError(format!(
            "port {own} is taken on this machine ({why}), and BlueKing would not look for another \
             one, so nothing was started; end what listens there, or choose another port with \
             --param: {choose}"
        ))
    };
    Ok(Some(Port::claim(own).map_err(told)?))
}

fn deploy(
    rehearsal: &Rehearsal<'_>,
    target: &Target,
    values: &Values,
    fixed: Option<Port>,
    list: &mut Checklist,
    outcome: &mut Outcome,
) -> Option<()> {
    let machine = list.step("unpack", |notes| {
        let machine = Machine::new(target.system, rehearsal.scratch)?;
        let files = match target.files.len() {
            1 => "1 file".to_owned(),
            count => format!("{count} files"),
        };
        if let Some(told) = target.told_of_scripts() {
            notes.fact("scripts", told);
        }
        let summary = format!("{target}, {files}, on {}", machine.name());
        Ok((machine, summary))
    })?;
    let (port, own_port) = list.step("port", |notes| {
        let (own, typed) = target.port(values)?;
        let port = fixed.map_or_else(|| Port::allocate(own), Ok)?;
        if !port.skipped.is_empty() {
            let told = |(port, why): &(u16, &str)| format!("{port} ({why})");
            let told: Vec<_> = port.skipped.iter().map(told).collect();
            notes.fact("port", format!("passed over: {}", told.join(", ")));
        }
        let why = match (target.is_component(), typed) {
            (true, _) => "in the form",
            (_, true) => "typed",
            (false, false) => "allocated",
        };
        let summary = format!("{}, {why}", port.number);
        Ok(((port, own), summary))
    })?;
    let mut one = Deployment::new(target, &machine, &rehearsal.scratch.join("1"), values, port);
    list.step("arguments", |notes| {
        let one = one.as_ref().map_err(|error| anyhow::anyhow!("{error:#}"))?;
        let (words, rewritings) = one.arguments();
        rewritten("the arguments", &rewritings, notes);
        let summary = words.join(" ");
        outcome.arguments = words;
        Ok(((), summary))
    });
    let one = one.as_mut().ok()?;
    outcome.url.clone_from(&one.url);
    if target.is_component() {
        list.skip("env.yaml", "BlueKing 5.1 has none");
    } else {
        list.step("env.yaml", |notes| {
            for (name, rewritings) in one.variables() {
                rewritten(&name, &rewritings, notes);
            }
            one.configure("")?;
            Ok(((), one.configuration()?))
        })?;
    }
    match debug::obstacle(target, &machine) {
        Some(why) => list.skip("debug", why),
        None => {
            list.step("debug", |notes| {
                let port = Port::chosen(one.port.number);
                let place = rehearsal.scratch.join("debug");
                let copy = Deployment::new(target, &machine, &place, values, port)?;
                Ok(((), debug::debug(&mut copy.for_debugging(), &machine, notes)?))
            });
        }
    }
    let pid = list.step("start", |_| {
        let pid = one.start()?;
        Ok((pid, format!("process {pid}")))
    })?;
    list.step("alive after 2 s", |notes| Ok(((), alive(one, target, &machine, pid, notes)?)));

    let mut seen = None;
    list.step("scrape", |notes| {
        let (page, down, summary) = look(one, target, values, notes)?;
        seen = Some((page, down));
        Ok(((), summary))
    });
    if let Some((page, down)) = seen {
        let down = down.as_deref();
        list.step("metrics.json", |notes| Ok(((), compared(&page, &target.declared, down, notes))));
        list.step("debug preview", |notes| {
            let (preview, summary) = preview(&page, &target.declared, notes);
            outcome.preview = Some(preview);
            Ok(((), summary))
        });
    }
    live(rehearsal, target, &machine, values, own_port, one, list)
}

/// From the first `kill -9` to the last stop.
fn live(
    rehearsal: &Rehearsal<'_>,
    target: &Target,
    machine: &Machine,
    values: &Values,
    own_port: u16,
    one: &mut Deployment<'_>,
    list: &mut Checklist,
) -> Option<()> {
    list.step("kill -9", |_| {
        one.kill()?;
        Ok(((), String::new()))
    })?;
    list.step("restart on the same port", |_| {
        let start = Instant::now();
        one.start()?;
        one.scrape()?;
        Ok(((), format!("it answers after {:.1} s", start.elapsed().as_secs_f64())))
    })?;
    list.step("port taken", |notes| {
        let place = rehearsal.scratch.join("taken");
        let port = Port::chosen(one.port.number);
        let mut second = Deployment::new(target, machine, &place, values, port)?;
        second.configure("")?;
        ensure!(
            second.start().is_err(),
            "a second copy starts on port {}, which is taken, and the site would scrape the first; end \
             the program with an error there",
            one.port.number
        );
        one.scrape().context("the first copy does not answer any more")?;
        let printed = second.printed();
        let last = printed.lines().last().unwrap_or_default().to_owned();
        if last.is_empty() {
            let text = "the second copy ends without a word; say why on stderr";
            notes.add(Level::Warning, "silent", "", text);
        }
        Ok(((), format!("it ends: {last}")))
    });
    if target.is_component() {
        list.skip("two copies side by side", "BlueKing 5.1 runs one copy on a host");
        list.step("stop", |_| stop(one));
        return Some(());
    }
    let two = list.step("two copies side by side", |_| {
        let port = Port::allocate(own_port)?;
        let place = rehearsal.scratch.join("2");
        let mut values = values.clone();
        values.remove("port");
        let mut two = Deployment::new(target, machine, &place, &values, port)?;
        two.configure("")?;
        two.start()?;
        two.scrape()?;
        one.scrape().context("the first copy does not answer any more")?;
        let summary = format!("on ports {} and {}", one.port.number, two.port.number);
        Ok((two, summary))
    });
    list.step("stop", |_| {
        if let Some(mut two) = two {
            stop(&mut two)?;
            one.scrape().context("stop of one copy ended the other")?;
        }
        stop(one)?;
        one.stop().context("nothing to stop is no failure")?;
        Ok(((), "nothing is left".to_owned()))
    });
    Some(())
}

fn stop(copy: &mut Deployment<'_>) -> Result<((), String)> {
    copy.stop()?;
    let remains = copy.remains();
    ensure!(
        remains.is_empty(),
        "stop leaves {}; let the script end all that it started, and the exporter start nothing",
        remains.join(", ")
    );
    Ok(((), "nothing is left".to_owned()))
}
