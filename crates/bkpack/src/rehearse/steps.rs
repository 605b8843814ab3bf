//! The steps of a rehearsal. A step is skipped if a step that it needs has failed.

use std::path::Path;
use std::time::{Instant, SystemTime};

use anyhow::{Context, Result, ensure};
use blueking_package::agent::Preview;
use blueking_package::check;
use blueking_package::plugin::System;

use super::checklist::{Checklist, Level};
use super::checks::{alive, compared, import, preview, rewritten, scrape};
use super::debug;
use super::deployment::Deployment;
use super::described::Described;
use super::labels::STEPS;
use super::machine::{self, Machine};
use super::ports::Port;
use super::target::{Target, Values, name_of};
use super::target_health::secrets;
use crate::UsageError;
use crate::check::read_failure;
use crate::init::secrets::masked;
use crate::texts::{list as join_names, rehearse as names, rehearse_steps as texts, remarked};

/// The input of a rehearsal.
#[derive(Debug)]
pub struct Rehearsal<'a> {
    /// The package.
    pub file: &'a Path,
    /// The system; `None` for the default.
    pub system: Option<System>,
    /// The values of `--param`, each `name=value`.
    pub parameters: &'a [String],
    /// A folder for the copies.
    pub scratch: &'a Path,
}

/// The outcome of a rehearsal besides the results of its steps.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The plugin's id, or the component's name.
    pub id: String,
    /// The version of the package, if it has one.
    pub version: Option<String>,
    /// The package's texts for people.
    pub described: Described,
    /// The start time.
    pub date: String,
    /// The system, as on the command line.
    pub system: &'static str,
    /// The arguments of the exporter.
    pub arguments: Vec<String>,
    /// Names of the filled-in rows.
    pub parameters: Vec<String>,
    /// The URL that BlueKing scrapes.
    pub url: String,
    /// What the debug page would show.
    pub preview: Option<Preview>,
}

/// Runs all steps.
///
/// # Errors
/// The package cannot be read, or lacks the requested system or rows.
pub(crate) fn run(rehearsal: &Rehearsal<'_>, list: &mut Checklist) -> Result<Outcome> {
    let date = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let mut outcome = Outcome { date, ..Outcome::default() };
    let report = check::file(rehearsal.file).map_err(read_failure)?;
    let kind = list.step("import", |notes| Ok(import(&report, notes)));
    if let Some(kind) = kind {
        let target = Target::open(rehearsal.file, kind, rehearsal.system)?;
        let values = target.values(rehearsal.parameters)?;
        machine::check_available(target.system)?;
        let fixed = fixed_port(&target, &values)?;
        outcome.parameters = values.keys().cloned().collect();
        outcome.id.clone_from(&target.id);
        outcome.version.clone_from(&target.version);
        outcome.described.clone_from(&target.described);
        outcome.system = name_of(target.system);
        list.secrets = secrets(&target, &values);
        deploy(rehearsal, &target, &values, fixed, list, &mut outcome);
    }
    list.skip_rest(&STEPS.map(|(name, _)| name), &names::not_reached());
    Ok(outcome)
}

/// The port that BlueKing would use even if it is taken, if the form sets one.
///
/// # Errors
/// [`UsageError`] if the port is taken on this machine, which is not a fault of the package.
fn fixed_port(target: &Target, values: &Values) -> Result<Option<Port>> {
    let taken: fn(u16, &str) -> String = match target.port(values) {
        Ok(_) if target.is_component() => names::component_port_taken,
        Ok((_, true)) => names::plugin_port_taken,
        // The step reports a form without a port.
        Ok((_, false)) | Err(_) => return Ok(None),
    };
    let (own, _) = target.port(values)?;
    Ok(Some(Port::claim(own).map_err(|why| UsageError(taken(own, &why)))?))
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
        if let Some(text) = target.scripts_note() {
            notes.fact("scripts", text);
        }
        let (system, on) = (name_of(target.system), machine.name());
        let summary = match target.files.len() {
            1 => texts::unpacked_file(&target.id, system, &on),
            count => texts::unpacked_files(&target.id, system, count, &on),
        };
        Ok((machine, summary))
    })?;
    let (port, own_port) = list.step("port", |notes| {
        let (own, typed) = target.port(values)?;
        let port = fixed.map_or_else(|| Port::allocate(own), Ok)?;
        if !port.skipped.is_empty() {
            let skipped = port.skipped.iter().map(|(port, why)| remarked(&port.to_string(), why));
            let skipped: Vec<_> = skipped.collect();
            notes.fact("port", texts::ports_skipped(&join_names(&skipped)));
        }
        let summary = match (target.is_component(), typed) {
            (true, _) => texts::port_in_form(port.number),
            (_, true) => texts::port_typed(port.number),
            (false, false) => texts::port_allocated(port.number),
        };
        Ok(((port, own), summary))
    })?;
    let mut first = Deployment::new(target, &machine, &rehearsal.scratch.join("1"), values, port);
    let known = list.secrets.clone();
    list.step("arguments", |notes| {
        let first = first.as_ref().map_err(|error| anyhow::anyhow!("{error:#}"))?;
        let (words, rewritings) = first.arguments();
        rewritten(&texts::the_arguments(), &rewritings, notes);
        let summary = words.join(" ");
        outcome.arguments = words.iter().map(|word| masked(word, &known)).collect();
        Ok(((), summary))
    });
    let first = first.as_mut().ok()?;
    outcome.url.clone_from(&first.url);
    if target.is_component() {
        list.skip("env.yaml", &texts::none_in_component());
    } else {
        list.step("env.yaml", |notes| {
            for (name, rewritings) in first.variables() {
                rewritten(&name, &rewritings, notes);
            }
            first.configure("")?;
            Ok(((), first.configuration()?))
        })?;
    }
    match debug::obstacle(target, &machine) {
        Some(why) => list.skip("debug", &why),
        None => {
            list.step("debug", |notes| {
                let port = Port::fixed(first.port.number);
                let folder = rehearsal.scratch.join("debug");
                let copy = Deployment::new(target, &machine, &folder, values, port)?;
                Ok(((), debug::debug(&mut copy.for_debugging(), &machine, notes)?))
            });
        }
    }
    let pid = list.step("start", |_| {
        let pid = first.start()?;
        Ok((pid, texts::process(pid)))
    })?;
    list.step("alive after 2 s", |notes| Ok(((), alive(first, target, &machine, pid, notes)?)));

    let mut seen = None;
    list.step("scrape", |notes| {
        let (page, down, summary) = scrape(first, target, values, notes)?;
        seen = Some((page, down));
        Ok(((), summary))
    });
    if let Some((page, down)) = seen {
        let down = down.as_deref();
        list.step("metrics.json", |notes| Ok(((), compared(&page, &target.declared, down, notes))));
        list.step("debug preview", |notes| {
            let (mut preview, summary) = preview(&page, &target.declared, notes);
            for label in preview.rows.iter_mut().flat_map(|row| &mut row.dimensions) {
                label.dimension_value = masked(&label.dimension_value, &known);
            }
            outcome.preview = Some(preview);
            Ok(((), summary))
        });
    }
    lifecycle(rehearsal, target, &machine, values, own_port, first, list)
}

/// The steps from `kill -9` to `stop`.
fn lifecycle(
    rehearsal: &Rehearsal<'_>,
    target: &Target,
    machine: &Machine,
    values: &Values,
    own_port: u16,
    first: &mut Deployment<'_>,
    list: &mut Checklist,
) -> Option<()> {
    list.step("kill -9", |_| {
        first.kill()?;
        Ok(((), String::new()))
    })?;
    list.step("restart on the same port", |_| {
        let start = Instant::now();
        first.start()?;
        first.scrape()?;
        Ok(((), texts::restarted(start.elapsed().as_secs_f64())))
    })?;
    list.step("port taken", |notes| {
        let folder = rehearsal.scratch.join("taken");
        let port = Port::fixed(first.port.number);
        let mut second = Deployment::new(target, machine, &folder, values, port)?;
        second.configure("")?;
        ensure!(second.start().is_err(), texts::starts_on_taken_port(first.port.number));
        first.scrape().with_context(texts::first_copy_silent)?;
        let printed = second.printed();
        // A stack trace may follow.
        let reason = printed.lines().find(|line| line.contains("in use"));
        let last = reason.or(printed.lines().last()).unwrap_or_default().to_owned();
        if last.is_empty() {
            notes.add(Level::Warning, "silent", "", texts::exits_silently());
        }
        Ok(((), texts::exits(&last)))
    });
    if target.is_component() {
        list.skip("two copies side by side", &texts::one_copy_in_component());
        list.step("stop", |_| stop(first));
        return Some(());
    }
    let other = list.step("two copies side by side", |_| {
        let port = Port::allocate(own_port)?;
        let folder = rehearsal.scratch.join("2");
        let mut values = values.clone();
        values.remove("port");
        let mut other = Deployment::new(target, machine, &folder, &values, port)?;
        other.configure("")?;
        other.start()?;
        other.scrape()?;
        first.scrape().with_context(texts::first_copy_silent)?;
        let summary = texts::two_copies(first.port.number, other.port.number);
        Ok((other, summary))
    });
    list.step("stop", |_| {
        if let Some(mut other) = other {
            stop(&mut other)?;
            first.scrape().with_context(texts::stop_ended_other)?;
        }
        stop(first)?;
        first.stop().with_context(texts::stop_failed_when_stopped)?;
        Ok(((), texts::nothing_remains()))
    });
    Some(())
}

fn stop(copy: &mut Deployment<'_>) -> Result<((), String)> {
    copy.stop()?;
    let remains = copy.remains();
    ensure!(remains.is_empty(), texts::stop_leaves(&join_names(&remains)));
    Ok(((), texts::nothing_remains()))
}
