//! The way of a package through BlueKing, step by step. A step that needs another is skipped where
//! that one failed.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use blueking_package::agent::{DEBUG_LOG_LIMIT, DEBUG_SECONDS, Page, Preview, compare};
use blueking_package::check::{self, Kind, Severity, Stage};
use blueking_package::plugin::{Rewriting, System};

use super::checklist::{Checklist, Level, Notes};
use super::deployment::Deployment;
use super::machine::Machine;
use super::ports::{self, Port};
use super::subject::{Subject, Values, name_of};

/// Seconds between two scrapes while a plugin is debugged.
const PERIOD: u64 = 60;

/// A page that takes longer than this is late for the agent's period sooner or later.
const SLOW: f64 = 10.0;

/// Every step in its order.
pub(crate) const STEPS: [&str; 15] = [
    "import",
    "unpack",
    "port",
    "arguments",
    "env.yaml",
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
pub(crate) struct Course<'a> {
    pub(crate) file: &'a Path,
    pub(crate) system: Option<System>,
    /// `name=value` as typed.
    pub(crate) parameters: &'a [String],
    pub(crate) scratch: &'a Path,
}

/// What a rehearsal learned beside how its steps went.
#[derive(Debug, Default)]
pub(crate) struct Learned {
    pub(crate) id: String,
    pub(crate) system: &'static str,
    pub(crate) arguments: Vec<String>,
    pub(crate) url: String,
    pub(crate) preview: Option<Preview>,
}

/// Goes the whole way.
///
/// # Errors
/// The package cannot be read, or is asked for what it does not have.
pub(crate) fn run(course: &Course<'_>, list: &mut Checklist) -> Result<Learned> {
    let mut learned = Learned::default();
    let report = check::file(course.file)?;
    let kind = list.step(STEPS[0], |notes| Ok(import(&report, notes)));
    if let Some(kind) = kind {
        let subject = Subject::open(course.file, kind, course.system)?;
        let values = subject.values(course.parameters)?;
        learned.id.clone_from(&subject.id);
        learned.system = name_of(subject.system);
        deploy(course, &subject, &values, list, &mut learned);
    }
    for name in STEPS {
        if !list.steps.iter().any(|step| step.name == name) {
            list.skip(name, "not reached");
        }
    }
    Ok(learned)
}

/// What the importers say; an error that they stop at ends the rehearsal.
fn import(report: &check::Report, notes: &mut Notes) -> (Kind, String) {
    for finding in &report.findings {
        let stops = matches!(finding.stage, Stage::Import | Stage::Save);
        let level = match finding.severity {
            Severity::Error if stops || report.kind == Kind::Unknown => Level::Error,
            Severity::Error | Severity::Warning => Level::Warning,
        };
        notes.add(level, finding.rule, &finding.file, finding.to_string());
    }
    let count = |severity| report.count(severity);
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    (report.kind, format!("{errors} errors, {warnings} warnings"))
}

fn deploy(
    course: &Course<'_>,
    subject: &Subject,
    values: &Values,
    list: &mut Checklist,
    learned: &mut Learned,
) -> Option<()> {
    let machine = list.step("unpack", |_| {
        let machine = Machine::new(subject.system, course.scratch)?;
        let summary = format!("{subject}, {} files, on {}", subject.files.len(), machine.name());
        Ok((machine, summary))
    })?;
    let (port, typed) = list.step("port", |notes| {
        let (own, typed) = subject.port(values)?;
        let used = ports::is_used(own);
        let is_fixed = typed || subject.is_component();
        ensure!(
            !is_fixed || !used,
            "port {own} is used on this machine, and BlueKing would not look for another one; \
             choose one with --param"
        );
        if used {
            notes.fact("port", format!("{own} is used"));
        }
        let port = if is_fixed { Port::chosen(own) } else { Port::allocate(own)? };
        let why = match (subject.is_component(), typed) {
            (true, _) => "in the form",
            (_, true) => "typed",
            (false, false) => "allocated",
        };
        let summary = format!("{}, {why}", port.number);
        Ok(((port, own), summary))
    })?;
    let mut one = Deployment::new(subject, &machine, &course.scratch.join("1"), values, port);
    list.step("arguments", |notes| {
        let one = one.as_ref().map_err(|error| anyhow::anyhow!("{error:#}"))?;
        let (words, rewritings) = one.arguments();
        for rewriting in rewritings {
            let level = match rewriting {
                Rewriting::Executed => Level::Error,
                _ => Level::Warning,
            };
            let text =
                format!("BlueKing's start script changes the arguments: {}", rewriting.effect());
            notes.add(level, "rewritten", "", text);
        }
        let summary = words.join(" ");
        learned.arguments = words;
        Ok(((), summary))
    });
    let one = one.as_mut().ok()?;
    learned.url.clone_from(&one.url);
    if subject.is_component() {
        list.skip("env.yaml", "BlueKing 5.1 has none");
    } else {
        list.step("env.yaml", |_| {
            one.configure("")?;
            Ok(((), one.place().display().to_string()))
        })?;
    }
    let pid = list.step("start", |_| {
        let pid = one.start()?;
        Ok((pid, format!("process {pid}")))
    })?;
    list.step("alive after 2 s", |notes| Ok(((), alive(one, subject, &machine, pid, notes)?)));

    let mut page = None;
    list.step("scrape", |notes| {
        let (read, summary) = look(one, notes)?;
        page = Some(read);
        Ok(((), summary))
    });
    if let Some(page) = page {
        list.step("metrics.json", |notes| Ok(((), declared(&page, subject, notes))));
        list.step("debug preview", |notes| {
            let (preview, summary) = preview(&page, notes);
            learned.preview = Some(preview);
            Ok(((), summary))
        });
    }
    live(course, subject, &machine, values, typed, one, list)
}

/// From the first `kill -9` to the last stop.
fn live(
    course: &Course<'_>,
    subject: &Subject,
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
        let place = course.scratch.join("taken");
        let port = Port::chosen(one.port.number);
        let mut second = Deployment::new(subject, machine, &place, values, port)?;
        second.configure("")?;
        ensure!(
            second.start().is_err(),
            "a second copy starts on port {}, which is taken; end the program with an error there",
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
    if subject.is_component() {
        list.skip("two copies side by side", "BlueKing 5.1 runs one copy on a host");
        list.step("stop", |_| stop(one));
        return Some(());
    }
    let two = list.step("two copies side by side", |_| {
        let port = Port::allocate(own_port)?;
        let place = course.scratch.join("2");
        let mut values = values.clone();
        values.remove("port");
        let mut two = Deployment::new(subject, machine, &place, &values, port)?;
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
    ensure!(remains.is_empty(), "stop leaves {}", remains.join(", "));
    Ok(((), "nothing is left".to_owned()))
}

/// Whether what runs is what BlueKing's own scripts would have started.
fn alive(
    copy: &Deployment<'_>,
    subject: &Subject,
    machine: &Machine,
    pid: u32,
    notes: &mut Notes,
) -> Result<String> {
    if matches!(machine, Machine::Wine(_)) {
        return Ok("as process of Wine".to_owned());
    }
    let arguments = copy.arguments_of(pid)?;
    let (expected, _) = copy.arguments();
    let (name, given) = arguments.split_first().context("the process has no name")?;
    if given != expected {
        let text =
            format!("it was started with {given:?}; BlueKing's own script would pass {expected:?}");
        notes.add(Level::Warning, "arguments", "", text);
    }
    let own_name = format!("./{}", subject.id);
    if *name != own_name && matches!(machine, Machine::Native) && !subject.is_component() {
        let text = format!(
            "it runs as {name:?}, and the site's stop script looks for {own_name:?}; do not change \
             the process's name"
        );
        notes.add(Level::Warning, "name", "", text);
    }
    Ok(format!("process {pid}"))
}

/// Scrapes and notes every line that the agent does not take as it is.
fn look(copy: &Deployment<'_>, notes: &mut Notes) -> Result<(Page, String)> {
    let answer = copy.scrape()?;
    let page = Page::read(&answer.body);
    for line in &page.troubles {
        let level = if line.trouble.is_error() { Level::Error } else { Level::Warning };
        let text = format!("line {}: {}: {}", line.number, line.trouble, line.text);
        notes.add(level, line.trouble.kind(), line.number.to_string(), text);
    }
    if answer.status != 200 {
        let text = format!("the status is {}, which the agent does not look at", answer.status);
        notes.add(Level::Warning, "status", "", text);
    }
    if page.samples.is_empty() {
        notes.add(Level::Error, "empty", "", "there is no sample; debugging would find no metric");
    }
    let seconds = answer.took.as_secs_f64();
    if seconds > SLOW {
        let text = format!("the answer took {seconds:.1} s; stay below {SLOW} s");
        notes.add(Level::Warning, "slow", "", text);
    }
    let summary = format!(
        "{} samples in {} bytes, {:.0} ms, endpoint_up code {}",
        page.samples.len(),
        page.bytes,
        seconds * 1000.0,
        page.code()
    );
    Ok((page, summary))
}

/// Compares the page with `metrics.json`.
fn declared(page: &Page, subject: &Subject, notes: &mut Notes) -> String {
    for difference in compare(&page.samples, &subject.declared) {
        let level = if difference.is_error() { Level::Error } else { Level::Warning };
        notes.add(level, difference.kind(), difference.subject(), difference.to_string());
    }
    let metrics: usize = subject.declared.groups.iter().map(|group| group.metrics.len()).sum();
    format!("{metrics} metrics in {} groups", subject.declared.groups.len())
}

/// What the debug page shows, and whether its log would be cut.
fn preview(page: &Page, notes: &mut Notes) -> (Preview, String) {
    let preview = Preview::new(&page.samples);
    let bytes = preview.bytes_in_all(PERIOD);
    if bytes > DEBUG_LOG_LIMIT {
        let text = format!(
            "the debug log would have about {bytes} bytes in {DEBUG_SECONDS} s; a site that cuts \
             it ends with 3310023 指标数量过多; expose fewer metrics"
        );
        notes.add(Level::Warning, "debug_log", "", text);
    }
    let summary = format!(
        "{} metrics; about {} bytes of log for each scrape, {bytes} in {DEBUG_SECONDS} s",
        preview.rows.len(),
        preview.bytes_per_scrape
    );
    (preview, summary)
}
