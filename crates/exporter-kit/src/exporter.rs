//! An exporter as a program: its name, its collectors, and the life from arguments to exit code.

use std::env;
use std::ffi::OsString;
use std::panic;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::{self, Command, Config};
use crate::collector::Collector;
use crate::definition::Description;
use crate::logging;
use crate::scrape::{Scraper, WORKER_NAME};
use crate::self_metrics::{Build, SelfMetrics};
use crate::shutdown::Shutdown;
use crate::web::{self, Site};

/// How long responses may take that are on their way when the process is asked to end.
const LAST_RESPONSES: Duration = Duration::from_millis(1500);

/// Exit code for wrong use.
const EXIT_USAGE: u8 = 2;

/// A whole exporter. See the [crate's documentation](crate) for one in twenty lines.
#[must_use = "an exporter does nothing until it is run"]
pub struct Exporter {
    name: &'static str,
    default_address: &'static str,
    about: &'static str,
    build: Build,
    collectors: Vec<(&'static str, Box<dyn Collector>)>,
}

impl Exporter {
    /// An exporter called `name`, which heads the names of its own metrics, with the default of
    /// `--web.listen-address`, such as `:9602`.
    ///
    /// # Panics
    ///
    /// `name` cannot head a metric name: it is not a letter followed by letters, digits and `_`.
    pub fn new(name: &'static str, default_address: &'static str) -> Self {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        assert!(
            name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(word),
            "exporter name {name:?} is not a letter followed by letters, digits and underscores"
        );
        let build = Build {
            version: "unknown",
            revision: option_env!("BUILD_REVISION").unwrap_or("unknown"),
            rust: env!("EXPORTER_KIT_RUST_VERSION"),
            target: env!("EXPORTER_KIT_TARGET"),
        };
        Self { name, default_address, about: "", build, collectors: Vec::new() }
    }

    /// States the version, nearly always `env!("CARGO_PKG_VERSION")`.
    pub fn version(mut self, version: &'static str) -> Self {
        self.build.version = version;
        self
    }

    /// Says in one sentence what the exporter is for; `--help` and the landing page show it.
    pub fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }

    /// Adds a collector. Its name is the value of the label `collector` in the self-metrics.
    pub fn collector(self, name: &'static str, collector: impl Collector + 'static) -> Self {
        self.boxed_collector(name, Box::new(collector))
    }

    /// Adds a collector that is boxed already, as from a table of collectors.
    pub fn boxed_collector(mut self, name: &'static str, collector: Box<dyn Collector>) -> Self {
        self.collectors.push((name, collector));
        self
    }

    /// Does what the program's arguments ask for; serves until the process is asked to end (SIGTERM,
    /// SIGINT, Ctrl-C, a closed console), answers what has been asked by then, and returns.
    ///
    /// The exit code is 2 for wrong use and 1 where the exporter cannot listen, each with one
    /// clear line on stderr.
    pub fn run(self) -> ExitCode {
        let args: Vec<OsString> = env::args_os().skip(1).collect();
        match cli::read(&args, self.default_address) {
            Ok(Command::Help) => print(&cli::help(self.name, self.about, self.default_address)),
            Ok(Command::Version) => print(&self.version_line()),
            Ok(Command::Describe) => print(&format!("{:#}\n", self.describe())),
            Ok(Command::Run(config)) => self.serve(&config),
            Err(errors) => {
                for error in errors {
                    complain(self.name, &error);
                }
                ExitCode::from(EXIT_USAGE)
            }
        }
    }

    fn serve(self, config: &Config) -> ExitCode {
        logging::init();
        silence_collectors();
        let name = self.name;
        let address = &config.listen_address;
        let listeners = match address.bind() {
            Ok(listeners) => listeners,
            Err(error) => {
                let hint = "stop what has the port, or choose another with --web.listen-address";
                complain(name, &format!("cannot listen on {address}: {error}; {hint}"));
                return ExitCode::FAILURE;
            }
        };
        let addresses: Vec<String> = listeners
            .iter()
            .filter_map(|listener| listener.local_addr().ok())
            .map(|address| address.to_string())
            .collect();
        let version = self.build.version;
        let site = Site {
            name,
            version,
            about: self.about,
            telemetry_path: config.telemetry_path.clone(),
            scraper: Scraper::new(SelfMetrics::new(name), self.build, self.collectors),
        };
        let started =
            Shutdown::new().and_then(|shutdown| Ok((shutdown, web::serve(site, listeners)?)));
        let (shutdown, connections) = match started {
            Ok(started) => started,
            Err(error) => {
                complain(name, &format!("cannot start serving: {error}"));
                return ExitCode::FAILURE;
            }
        };
        let addresses = addresses.join(" ");
        log::info!("{name} {version} listens on {addresses}, metrics at {}", config.telemetry_path);
        shutdown.wait();
        connections.finish(LAST_RESPONSES);
        ExitCode::SUCCESS
    }

    fn version_line(&self) -> String {
        let Build { version, revision, rust, target } = self.build;
        format!("{} {version} (revision {revision}, rust {rust}, {target})\n", self.name)
    }

    /// Flags and metrics as data: what packages, dashboards and references are made from.
    fn describe(self) -> Value {
        let scraper = Scraper::new(SelfMetrics::new(self.name), self.build, self.collectors);
        let mut metrics = Vec::new();
        scraper.describe(|metric| metrics.push(to_json(metric)));
        json!({
            "name": self.name,
            "version": self.build.version,
            "about": self.about,
            "flags": cli::describe_flags(self.default_address),
            "metrics": metrics,
        })
    }
}

fn to_json(metric: Description<'_>) -> Value {
    json!({
        "name": metric.name,
        "kind": metric.kind.as_str(),
        "help": metric.help,
        "unit": metric.unit.as_str(),
        "labels": metric.labels,
        "zh": metric.zh,
    })
}

/// A collector's panic is reported once by the scrape; the usual report would fill the log.
fn silence_collectors() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().name() != Some(WORKER_NAME) {
            usual(info);
        }
    }));
}

fn print(text: &str) -> ExitCode {
    use std::io::Write as _;
    // A reader that has gone, as in `--help | head -1`, is no reason to panic.
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn complain(name: &str, error: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{name}: {error}");
}
