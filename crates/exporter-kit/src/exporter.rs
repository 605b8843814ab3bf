//! An exporter as a program: its name, its collectors, and the life from arguments to exit code.

use std::env;
use std::ffi::OsString;
use std::panic;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::{self, Command, Flag, SettingError, Settings};
use crate::collection::is_collecting;
use crate::collector::Collector;
use crate::config::Config;
use crate::definition::Description;
use crate::listen;
use crate::logging;
use crate::scrape::{Scraper, Source};
use crate::self_metrics::{Build, SelfMetrics};
use crate::shutdown::Shutdown;
use crate::web::{self, Party, Site, WebConfig};

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
    flags: &'static [Flag],
    configure: Option<Configure>,
    sources: Vec<Source>,
}

/// Adds what the settings ask for.
type Configure = Box<dyn FnOnce(Exporter, &Settings) -> Result<Exporter, SettingError>>;

impl Exporter {
    /// An exporter called `name`, which heads the names of its own metrics, with the default of
    /// `--web.listen-address`, such as `:9690`.
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
        let (flags, configure, sources) = (&[][..], None, Vec::new());
        Self { name, default_address, about: "", build, flags, configure, sources }
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

    /// Declares flags of the exporter's own, beside those that every exporter has.
    pub fn flags(mut self, flags: &'static [Flag]) -> Self {
        self.flags = flags;
        self
    }

    /// Says how the exporter follows from its settings: `configure` adds the collectors that need
    /// to know them. It is called once, when all settings have been read.
    ///
    /// ```no_run
    /// # use exporter_kit::{CollectError, Collector, Exporter, Flag, Metric, Samples};
    /// # struct Pool(String);
    /// # impl Collector for Pool {
    /// #     fn metrics(&self) -> &'static [&'static dyn Metric] { &[] }
    /// #     fn collect(&mut self, _: &mut Samples) -> Result<(), CollectError> { Ok(()) }
    /// # }
    /// const FLAGS: &[Flag] = &[Flag::value("pool.path", "PATH", "/run/pool", "Socket of the pool.")];
    ///
    /// Exporter::new("pool_exporter", ":9700").flags(FLAGS).configure(|exporter, settings| {
    ///     Ok(exporter.collector("pool", Pool(settings.text("pool.path").to_owned())))
    /// })
    /// .run();
    /// ```
    pub fn configure(
        mut self,
        configure: impl FnOnce(Self, &Settings) -> Result<Self, SettingError> + 'static,
    ) -> Self {
        self.configure = Some(Box::new(configure));
        self
    }

    /// Adds a collector. Its name is the value of the label `collector` in the self-metrics.
    pub fn collector(self, name: &'static str, collector: impl Collector + 'static) -> Self {
        self.boxed_collector(name, Box::new(collector))
    }

    /// Adds a collector that is boxed already, as from a table of collectors.
    pub fn boxed_collector(mut self, name: &'static str, collector: Box<dyn Collector>) -> Self {
        self.sources.push(Source { name, collector, interval: None });
        self
    }

    /// Adds a collector that runs in the background, once in each `interval`, for a source dearer
    /// than a scrape or one that needs two readings. Scrapes get its last good samples at once; how
    /// old those are is on the page, and HELP says that they are cached.
    pub fn background(
        mut self,
        name: &'static str,
        collector: impl Collector + 'static,
        interval: Duration,
    ) -> Self {
        let collector = Box::new(collector);
        self.sources.push(Source { name, collector, interval: Some(interval) });
        self
    }

    /// Does what the program's arguments ask for; serves until the process is asked to end (SIGTERM,
    /// SIGINT, Ctrl-C, a closed console), answers what has been asked by then, and returns.
    ///
    /// The exit code is 2 for wrong use and 1 where the exporter cannot listen, each with one
    /// clear line on stderr.
    pub fn run(self) -> ExitCode {
        let args: Vec<OsString> = env::args_os().skip(1).collect();
        self.run_with(&args)
    }

    /// As [`run`](Self::run), with these arguments instead of the program's.
    pub fn run_with(self, args: &[OsString]) -> ExitCode {
        let name = self.name;
        let flags = cli::all_flags(self.default_address, self.flags);
        let done = match cli::read(name, &flags, args) {
            Ok(Command::Help) => Ok(print(&cli::help(name, self.about, &flags))),
            Ok(Command::Version) => Ok(print(&self.version_line())),
            Ok(Command::Describe(settings)) => self
                .configured(&settings)
                .map(|exporter| print(&format!("{:#}\n", exporter.describe(&flags)))),
            Ok(Command::Check(settings, doubts)) => self.configured(&settings).map(|_| {
                doubts.iter().for_each(|doubt| complain(name, &format!("warning: {doubt}")));
                print(&settings.to_toml())
            }),
            Ok(Command::Run(settings, config, doubts)) => {
                self.configured(&settings).map(|exporter| exporter.serve(config, &doubts))
            }
            Err(errors) => Err(errors),
        };
        done.unwrap_or_else(|errors| {
            for error in errors {
                complain(name, &error);
            }
            ExitCode::from(EXIT_USAGE)
        })
    }

    fn configured(mut self, settings: &Settings) -> Result<Self, Vec<String>> {
        match self.configure.take() {
            Some(configure) => configure(self, settings).map_err(|error| vec![error.to_string()]),
            None => Ok(self),
        }
    }

    fn serve(self, config: Config, doubts: &[String]) -> ExitCode {
        logging::init(config.log_level);
        doubts.iter().for_each(|doubt| log::warn!("{doubt}"));
        silence_collectors();
        let name = self.name;
        let web_config = match config.web_config_file.as_deref().map(WebConfig::open).transpose() {
            Ok(web_config) => web_config,
            Err(errors) => {
                errors.iter().for_each(|error| complain(name, error));
                return ExitCode::FAILURE;
            }
        };
        let terms = web_config.as_ref().map_or(String::new(), |it| format!(" {}", it.terms()));
        let listeners = match listen::bind(&config.listen_addresses) {
            Ok(listeners) => listeners,
            Err(error) => {
                complain(name, &error);
                return ExitCode::FAILURE;
            }
        };
        let addresses: Vec<String> = listeners
            .iter()
            .filter_map(|listener| listener.local_addr().ok())
            .map(|address| address.to_string())
            .collect();
        let version = self.build.version;
        let path = config.telemetry_path.clone();
        let site = Site {
            name,
            version,
            about: self.about,
            config,
            web_config,
            scraper: Scraper::new(SelfMetrics::new(name), self.build, self.sources),
        };
        let started = site
            .scraper
            .start()
            .and_then(|()| Ok((Shutdown::new()?, web::serve(site, listeners)?)));
        let (shutdown, connections) = match started {
            Ok(started) => started,
            Err(error) => {
                complain(name, &format!("cannot start serving: {error}"));
                return ExitCode::FAILURE;
            }
        };
        let addresses = addresses.join(" ");
        log::info!("{name} {version} listens on {addresses}{terms}, metrics at {path}");
        shutdown.wait();
        connections.finish(LAST_RESPONSES);
        ExitCode::SUCCESS
    }

    fn version_line(&self) -> String {
        let Build { version, revision, rust, target } = self.build;
        format!("{} {version} (revision {revision}, rust {rust}, {target})\n", self.name)
    }

    /// Flags and metrics as data: what packages, dashboards and references are made from.
    fn describe(self, flags: &[Flag]) -> Value {
        let scraper = Scraper::<Party>::new(SelfMetrics::new(self.name), self.build, self.sources);
        let mut metrics = Vec::new();
        scraper.describe(|metric| metrics.push(to_json(metric)));
        json!({
            "name": self.name,
            "version": self.build.version,
            "about": self.about,
            "flags": cli::describe_flags(flags),
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
        if !is_collecting() {
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
