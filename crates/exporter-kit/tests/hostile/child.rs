//! The exporter under test, which a second instance of this binary runs.

use std::env;
use std::ffi::OsString;
use std::io::Read;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use exporter_kit::{
    CollectError, Collector, CollectorDef, Exporter, Flag, Gauge, Pattern, Samples,
    ScheduledCollector,
};
use rustix::process::{Signal, set_parent_process_death_signal};

/// Environment variable with the exporter's collectors, separated by spaces. If it is not set, no
/// exporter runs.
pub(crate) const COLLECTORS: &str = "HOSTILE_COLLECTORS";

/// Environment variable with the exporter's arguments, separated by spaces.
pub(crate) const ARGUMENTS: &str = "HOSTILE_ARGUMENTS";

/// The test name of the function that runs the exporter.
pub(crate) const TEST: &str = "child::serve";

/// Number of samples of the `numerous` collector.
pub(crate) const NUMEROUS_SAMPLES: usize = 1_000_000;

/// Length of the label values of the `large` collector, and number of its samples: a page of 10 MB.
const LARGE_LABEL: usize = 50_000;
const LARGE_SAMPLES: usize = 200;

/// Interval of the background collectors.
const INTERVAL: Duration = Duration::from_millis(1);

const GOOD: Gauge = Gauge::new("good_runs", "How often the good collector has run.");
const GATE: Gauge = Gauge::new("gate_runs", "How often the gated collector has run.");
const NUMEROUS: Gauge<1> = Gauge::new("numerous", "One of very many.").labels(["n"]);
const LARGE: Gauge<1> = Gauge::new("large", "A sample with a long label.").labels(["text"]);
const ROTTEN: Gauge<1> = Gauge::new("rotten", "Samples that no page can have.").labels(["text"]);

const ALLOWED: Flag<Pattern> = Flag::pattern("collector.x.targets", "", "Targets.");
const OPEN: Gauge = Gauge::new("open", "One with labels of the source.").more_labels();

/// Not a test: runs the exporter if the environment names its collectors.
#[test]
#[allow(clippy::disallowed_methods, reason = "the exit code is the exporter's, not the test's")]
fn serve() {
    let Ok(collectors) = env::var(COLLECTORS) else { return };
    // Never outlive the test process.
    set_parent_process_death_signal(Some(Signal::KILL)).unwrap();
    let mut exporter = Exporter::new("hostile_exporter", "127.0.0.1:0").version("1.2.3");
    for name in collectors.split_whitespace() {
        let def = ALL.iter().find(|def| def.name() == name);
        exporter = exporter.collectors(&[*def.unwrap_or_else(|| panic!("no collector {name}"))]);
    }
    let arguments = env::var(ARGUMENTS).unwrap();
    let arguments: Vec<_> = arguments.split_whitespace().map(OsString::from).collect();
    let code = exporter.run_with(&arguments);
    let number = (0..=u8::MAX).find(|&number| code == ExitCode::from(number)).unwrap();
    std::process::exit(number.into());
}

/// Exposes how often it has run. A gated collector waits for a byte on stdin first.
struct Counting {
    metric: Gauge,
    runs: u32,
    gated: bool,
}

impl Collector for Counting {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        self.runs += 1;
        if self.gated {
            std::io::stdin().read_exact(&mut [0])?;
        }
        out.set(&self.metric, [], self.runs.into());
        Ok(())
    }
}

/// All collectors that tests can name.
const ALL: [CollectorDef; 21] = [
    crate::probe::TCP,
    faulty("hangs-target", |_| Ok(())).targets(|_, _| Ok(ScheduledCollector::on_scrape(hang))),
    faulty("panics-target", |_| Ok(())).targets(|_, target| panic!("at {}", target.len())),
    faulty("panics-name", |_| Ok(()))
        .target_names(|_| panic!("as always"))
        .targets(|_, _| Ok(ScheduledCollector::on_scrape(hang))),
    faulty("fails-target", |_| Ok(())).targets(|_, target| {
        let target = target.to_owned();
        Ok(ScheduledCollector::on_scrape(move |out: &mut Samples| {
            if target.starts_with("late:") {
                return hang(out);
            }
            out.warn("the port is missing");
            Err(format!("cannot ask {target}").into())
        }))
    }),
    faulty("no-targets", |_| Ok(())).flags(&[&ALLOWED]).allowed_targets(&ALLOWED),
    faulty("no-flag", |_| Ok(()))
        .targets(|_, _| Ok(ScheduledCollector::on_scrape(hang)))
        .allowed_targets(&ALLOWED),
    CollectorDef::new("labelled", "", "", &[&GOOD], |_| {
        let collector = Counting { metric: GOOD, runs: 0, gated: false };
        Ok(ScheduledCollector::on_scrape(collector).label("site", "own")?)
    }),
    CollectorDef::from_fn("open-labels", "", "", &[&OPEN], |out| {
        for value in ["a", "b"] {
            out.set_with(&OPEN, [], &[("site", value)], 1.0);
        }
        Ok(())
    }),
    faulty("warns", warns),
    CollectorDef::new("good", "", "", &[&GOOD, &GATE], |_| {
        Ok(ScheduledCollector::on_scrape(Counting { metric: GOOD, runs: 0, gated: false }))
    }),
    CollectorDef::new("gate", "", "", &[&GOOD, &GATE], |_| {
        Ok(ScheduledCollector::on_scrape(Counting { metric: GATE, runs: 0, gated: true }))
    }),
    faulty("hangs", hang),
    faulty("panics", |_| panic!("as always")),
    faulty("numerous", numerous),
    faulty("large", large),
    faulty("medium", medium),
    faulty("fails", |_| Err("no such file".into())),
    faulty("rotten", rotten),
    CollectorDef::new("hangs-background", "", "", &[], |_| {
        Ok(ScheduledCollector::every(INTERVAL, hang))
    }),
    CollectorDef::new("panics-background", "", "", &[], |_| {
        Ok(ScheduledCollector::every(INTERVAL, |_: &mut Samples| panic!("as always")))
    }),
];

/// A misbehaving collector.
const fn faulty(
    name: &'static str,
    collect: fn(&mut Samples) -> Result<(), CollectError>,
) -> CollectorDef {
    CollectorDef::from_fn(name, "", "", &[&NUMEROUS, &LARGE, &ROTTEN], collect)
}

fn hang(_: &mut Samples) -> Result<(), CollectError> {
    loop {
        thread::park();
    }
}

fn numerous(out: &mut Samples) -> Result<(), CollectError> {
    for n in 0..NUMEROUS_SAMPLES {
        out.set(&NUMEROUS, [&n.to_string()], 1.0);
    }
    Ok(())
}

fn large(out: &mut Samples) -> Result<(), CollectError> {
    for n in 0..LARGE_SAMPLES {
        out.set(&LARGE, [&format!("{n:0>LARGE_LABEL$}")], 1.0);
    }
    Ok(())
}

fn warns(out: &mut Samples) -> Result<(), CollectError> {
    for part in ["first", "second", "first"] {
        out.warn(format!("the {part} part is broken"));
    }
    Ok(())
}

/// A page of 200 KB.
fn medium(out: &mut Samples) -> Result<(), CollectError> {
    for n in 0..20 {
        out.set(&LARGE, [&format!("{n:0>10000}")], 1.0);
    }
    Ok(())
}

fn rotten(out: &mut Samples) -> Result<(), CollectError> {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        out.set(&ROTTEN, ["not a number"], value);
    }
    for _ in 0..1000 {
        out.set(&ROTTEN, ["twice"], 1.0);
    }
    let long = "x".repeat(1024 * 1024);
    for _ in 0..100 {
        out.set(&ROTTEN, [&long], 1.0);
    }
    Ok(())
}
