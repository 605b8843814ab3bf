//! An exporter as a program: its name, its collectors, and its life from arguments to exit code.

use std::env;
use std::ffi::OsString;
use std::panic;
use std::process::ExitCode;

use crate::collector::run::is_collecting;
use crate::collector::{CollectorDef, ScheduledCollector, System};
use crate::constant_labels::LabelError;
use crate::describe;
use crate::listen;
use crate::logging::{self, LogFormat};
use crate::metrics::live::Live;
use crate::self_metrics::{Build, SelfMetrics};
use crate::settings::{self, AnyFlag, Command, Flag, LABEL, Request, TELEMETRY_PATH};
use crate::shutdown::Shutdown;
use crate::web::{Server, ServerConfig, Targets, WebConfig};

/// Exit code for usage errors.
const EXIT_USAGE: u8 = 2;

/// A complete exporter. The [crate documentation](crate) shows one in twenty lines.
#[must_use = "an exporter does nothing until it is run"]
pub struct Exporter {
    name: &'static str,
    default_address: &'static str,
    about: &'static str,
    build: Build,
    /// Prefix of the names of the self-metrics.
    prefix: &'static str,
    /// Prefix of copies of the metrics about collectors, the flag that exposes them, and where.
    also: Option<(&'static str, &'static Flag<bool>, &'static [System])>,
    flags: &'static [&'static dyn AnyFlag],
    labels: &'static [(&'static str, &'static str)],
    collectors: Vec<CollectorDef>,
    /// Names of collectors that exist only in builds for other systems.
    elsewhere: Vec<&'static str>,
    /// Definitions of collectors in builds for other systems.
    other_systems: Vec<CollectorDef>,
    /// Live metrics, by the name of their collector.
    live: Vec<(&'static str, Live)>,
}

impl Exporter {
    /// Creates an exporter called `name`, which is also the prefix of its self-metrics.
    /// `default_address` is the default of `--web.listen-address`, such as `:9690`.
    ///
    /// # Panics
    ///
    /// Panics if `name` is not a letter followed by letters, digits and `_`, and so cannot start a
    /// metric name.
    pub fn new(name: &'static str, default_address: &'static str) -> Self {
        let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        assert!(
            name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(is_name_byte),
            "exporter name {name:?} is not a letter followed by letters, digits and underscores"
        );
        let build = Build {
            version: "unknown",
            revision: option_env!("BUILD_REVISION").unwrap_or("unknown"),
            rust: env!("EXPORTER_KIT_RUST_VERSION"),
            target: env!("EXPORTER_KIT_TARGET"),
        };
        Self {
            name,
            default_address,
            about: "",
            build,
            prefix: name,
            also: None,
            flags: &[],
            labels: &[],
            collectors: Vec::new(),
            elsewhere: Vec::new(),
            other_systems: Vec::new(),
            live: Vec::new(),
        }
    }

    /// Sets the version, nearly always `env!("CARGO_PKG_VERSION")`.
    pub fn version(mut self, version: &'static str) -> Self {
        self.build.version = version;
        self
    }

    /// Sets a one-sentence description, shown by `--help` and on the landing page.
    pub fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }

    /// Sets the prefix of the self-metrics if it differs from the exporter's name. With `node` they
    /// are `node_scrape_collector_success`, `node_exporter_build_info` and so on, as existing
    /// dashboards expect; the build is on the page under the exporter's own name too.
    pub fn self_metrics_prefix(mut self, prefix: &'static str) -> Self {
        self.prefix = prefix;
        self
    }

    /// Exposes success, timeout and duration of collectors also as `<prefix>_success`,
    /// `<prefix>_timeout` and `<prefix>_duration_seconds`, for dashboards of another exporter, if
    /// `flag` is on and this is one of the systems.
    pub fn collector_status_also_as(
        mut self,
        prefix: &'static str,
        flag: &'static Flag<bool>,
        systems: &'static [System],
    ) -> Self {
        self.also = Some((prefix, flag, systems));
        self
    }

    /// Declares the exporter's own flags, in addition to the common ones and those of its
    /// collectors.
    pub fn flags(mut self, flags: &'static [&'static dyn AnyFlag]) -> Self {
        self.flags = flags;
        self
    }

    /// Sets the Chinese names of the metrics' labels, at most 15 characters each.
    pub fn labels(mut self, labels: &'static [(&'static str, &'static str)]) -> Self {
        self.labels = labels;
        self
    }

    /// Adds collectors. `--help` and the groups in BlueKing keep their order.
    pub fn collectors(mut self, collectors: &[CollectorDef]) -> Self {
        self.collectors.extend_from_slice(collectors);
        self
    }

    /// Names collectors that exist only in builds for other systems, so that the same settings work
    /// everywhere: this build exposes nothing for them, and enabling one causes a warning. Names may
    /// be repeated.
    pub fn collectors_elsewhere(mut self, names: &'static [&'static str]) -> Self {
        let new = names.iter().filter(|name| !self.elsewhere.contains(*name));
        let new: Vec<_> = new.copied().collect();
        self.elsewhere.extend(new);
        self
    }

    /// Adds definitions of collectors in builds for other systems, as
    /// [`collectors_elsewhere`](Self::collectors_elsewhere) adds names: `--describe`, packages and
    /// references then cover all systems, and the flags of these collectors are accepted and
    /// ignored. Where this build has a collector of the same name, `--describe` merges the two; a
    /// metric of both is described once.
    pub fn collectors_of_other_systems(mut self, collectors: &[CollectorDef]) -> Self {
        self.other_systems.extend_from_slice(collectors);
        self
    }

    /// Adds live metrics, which the program updates itself, as a collector. `zh` is its Chinese
    /// name; `about` describes what it exposes.
    pub fn live(
        mut self,
        name: &'static str,
        zh: &'static str,
        about: &'static str,
        live: Live,
    ) -> Self {
        let metrics = live.leak_metrics();
        self.collectors.push(CollectorDef::from_fn(name, zh, about, metrics, |_| Ok(())));
        self.live.push((name, live));
        self
    }

    /// Runs the command given by the program's arguments. By default the exporter serves until a
    /// shutdown request (SIGTERM, SIGINT, Ctrl-C, a closed console), answers the requests received
    /// by then, and returns.
    ///
    /// The exit code is 2 after a usage error and 1 if the exporter cannot listen, each with one
    /// clear line on stderr.
    pub fn run(self) -> ExitCode {
        let args: Vec<OsString> = env::args_os().skip(1).collect();
        self.run_with(&args)
    }

    /// Like [`run`](Self::run), with the given arguments instead of the program's.
    pub fn run_with(mut self, args: &[OsString]) -> ExitCode {
        let Self { name, about, .. } = self;
        let mut all = self.collectors.clone();
        let elsewhere = self.elsewhere.iter().map(|name| CollectorDef::of_another_system(name));
        for def in self.other_systems.iter().copied().chain(elsewhere) {
            if !all.iter().any(|known| known.name == def.name) {
                all.push(def);
            }
        }
        let flags = settings::all_flags(self.default_address, self.flags, &all);
        let result = match settings::read(name, &flags, &all, args) {
            Ok(Command::Help) => Ok(print(&settings::help(name, about, &flags, &self.collectors))),
            Ok(Command::Version) => Ok(print(&self.version_line())),
            Ok(Command::Describe) => {
                let also = self.also.map(|(prefix, ..)| prefix);
                let own = SelfMetrics::new(self.name, self.prefix).also_as(also);
                let exporter = describe::Described {
                    name,
                    version: self.build.version,
                    about,
                    flags: &flags,
                    labels: self.labels,
                    collectors: &[&*self.collectors, &*self.other_systems].concat(),
                };
                Ok(print(&format!("{:#}\n", exporter.to_json(&own))))
            }
            Ok(Command::Check(mut request)) => self.build(&mut request).map(|_| {
                let warnings = request.warnings.iter();
                warnings.for_each(|warning| print_error(name, &format!("warning: {warning}")));
                print(&request.settings.to_toml())
            }),
            Ok(Command::Run(mut request)) => {
                let format = request.config.log_format;
                logging::init(request.config.log_level, format);
                return match self.build(&mut request) {
                    Ok(collectors) => self.serve(request, collectors),
                    Err(errors) => {
                        errors.iter().for_each(|error| report(name, format, error));
                        ExitCode::from(EXIT_USAGE)
                    }
                };
            }
            Err(errors) => Err(errors),
        };
        result.unwrap_or_else(|errors| {
            errors.iter().for_each(|error| print_error(name, error));
            ExitCode::from(EXIT_USAGE)
        })
    }

    /// Builds the enabled collectors. Collectors that read the same invalid setting return the same
    /// error, which is reported once.
    fn build(
        &mut self,
        request: &mut Request,
    ) -> Result<Vec<(CollectorDef, ScheduledCollector)>, Vec<String>> {
        let mut errors = std::mem::take(&mut request.errors);
        let mut collectors = Vec::new();
        for index in &request.enabled {
            let def = self.collectors[*index];
            if let Some(at) = self.live.iter().position(|(name, _)| *name == def.name) {
                let (_, live) = self.live.swap_remove(at);
                collectors.push((def, ScheduledCollector::on_scrape(live)));
                continue;
            }
            match def.build(&request.settings).map_err(|error| error.of_collector(def.name)) {
                Ok(scheduled) => collectors.push((def, scheduled)),
                Err(error) if errors.contains(&error) => {}
                Err(error) => errors.push(error),
            }
        }
        errors.extend(self.taken_labels(request, &collectors));
        errors.extend(self.targets_errors(request));
        if errors.is_empty() { Ok(collectors) } else { Err(errors) }
    }

    /// Errors about collectors with targets that could never be asked for.
    fn targets_errors(&self, request: &Request) -> Vec<String> {
        let mut errors = Vec::new();
        let has_targets = |def: &&CollectorDef| def.build_target.is_some();
        for CollectorDef { name, allowed_targets, build_target, .. } in &self.collectors {
            let Some((flag, _)) = allowed_targets else { continue };
            let flag = flag.name();
            if build_target.is_none() {
                errors.push(format!("collector {name}: has allowed_targets without targets"));
            }
            if !request.settings.has(flag) {
                errors.push(format!(
                    "collector {name}: add the flag --{flag} of allowed_targets to flags"
                ));
            }
        }
        let mut with_targets = self.collectors.iter().filter(has_targets);
        let Some(first) = with_targets.next() else { return errors };
        if let Some(second) = with_targets.next() {
            errors.push(format!(
                "the collectors {} and {} both have targets; one collector of an exporter can have \
                 them",
                first.name, second.name
            ));
        }
        let path = first.target_path;
        if request.config.telemetry_path == path {
            let what =
                format!("{path} is the path of targets; give another path, such as /metrics");
            errors.push(request.settings.error(&TELEMETRY_PATH, what).to_string());
        }
        errors
    }

    /// Errors about constant labels that metrics have already, one line each. Of those of the
    /// settings the first is enough: many metrics may have one label.
    fn taken_labels(
        &self,
        request: &Request,
        collectors: &[(CollectorDef, ScheduledCollector)],
    ) -> Vec<String> {
        let of_collector = |(def, scheduled): &(CollectorDef, ScheduledCollector)| {
            let taken = scheduled.labels.check(def).err()?;
            Some(format!("collector {}: {taken}", def.name))
        };
        let mut errors: Vec<_> = collectors.iter().filter_map(of_collector).collect();
        let labels = &request.config.labels;
        if labels.names().next().is_some() {
            let own = SelfMetrics::new(self.name, self.prefix);
            let own = own.of_collectors().into_iter().chain(own.build_info());
            let own = own.chain(SelfMetrics::of_requests());
            let taken = own
                .map(|metric| labels.check_metric(metric))
                .chain(collectors.iter().map(|(def, scheduled)| {
                    let shared = labels.shared_with(&scheduled.labels).map(str::to_owned);
                    let taken = |name| LabelError::Taken(name, format!("collector {}", def.name));
                    shared.map(taken).map_or_else(|| labels.check(def), Err)
                }))
                .find_map(Result::err);
            let of_setting = |taken| request.settings.error(&LABEL, taken).to_string();
            errors.extend(taken.map(of_setting));
        }
        errors
    }

    fn serve(
        self,
        request: Request,
        collectors: Vec<(CollectorDef, ScheduledCollector)>,
    ) -> ExitCode {
        let Request { settings, config, warnings, .. } = request;
        warnings.iter().for_each(|warning| log::warn!("{warning}"));
        let format = config.log_format;
        report_panics(format);
        let name = self.name;
        let print_error = |error: &str| report(name, format, error);
        let web_config = match config.web_config_file.as_deref().map(WebConfig::open).transpose() {
            Ok(web_config) => web_config,
            Err(errors) => {
                errors.iter().for_each(|error| print_error(error));
                return ExitCode::FAILURE;
            }
        };
        let summary = web_config.as_ref().map_or(String::new(), |it| format!(" {}", it.summary()));
        let listeners = match listen::bind(&config.listen_addresses) {
            Ok(listeners) => listeners,
            Err(error) => {
                print_error(&error);
                return ExitCode::FAILURE;
            }
        };
        let addresses: Vec<String> = listeners
            .iter()
            .filter_map(|listener| listener.local_addr().ok())
            .map(|address| address.to_string())
            .collect();
        let also = self.also.filter(|(_, flag, systems)| {
            settings.get(flag) && systems.iter().any(|system| system.is_this())
        });
        let also = also.map(|(prefix, ..)| prefix);
        let version = self.build.version;
        let path = config.telemetry_path.clone();
        let is_enabled = |name: &str| collectors.iter().any(|(def, _)| def.name == name);
        let all = self.collectors.iter().map(|def| def.name);
        let disabled = all.filter(|name| !is_enabled(name)).collect();
        let server = ServerConfig {
            name,
            about: self.about,
            build: self.build,
            config,
            web_config,
            metrics: SelfMetrics::new(self.name, self.prefix).also_as(also),
            collectors,
            disabled,
            targets: Targets::of(&self.collectors, settings),
        };
        let started =
            Shutdown::new().and_then(|shutdown| Ok((shutdown, Server::start(server, listeners)?)));
        let (shutdown, server) = match started {
            Ok(started) => started,
            Err(error) => {
                print_error(&format!("cannot start serving: {error}"));
                return ExitCode::FAILURE;
            }
        };
        let addresses = addresses.join(" ");
        log::info!("{name} {version} listens on {addresses}{summary}, metrics at {path}");
        let cause = shutdown.wait(|| server.reload());
        let scrapes = server.stop();
        log::info!("{name} {version} stopped by {cause}; scrapes answered: {scrapes}");
        ExitCode::SUCCESS
    }

    fn version_line(&self) -> String {
        let Build { version, revision, rust, target } = self.build;
        format!("{} {version} (revision {revision}, rust {rust}, {target})\n", self.name)
    }
}

/// Disables the default panic message for collectors: the scrape reports their panics once, and the
/// message would fill the log. In a log of JSON, the panics of other threads are records too.
fn report_panics(format: LogFormat) {
    let default_hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| match format {
        _ if is_collecting() => {}
        LogFormat::Logfmt => default_hook(info),
        LogFormat::Json => log::error!("{info}"),
    }));
}

fn print(text: &str) -> ExitCode {
    use std::io::Write as _;
    // A closed pipe, as in `--help | head -1`, must not cause a panic.
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Reports why the exporter ends, in the log's format.
fn report(name: &str, format: LogFormat, error: &str) {
    match format {
        LogFormat::Logfmt => print_error(name, error),
        LogFormat::Json => log::error!("{error}"),
    }
}

fn print_error(name: &str, error: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{name}: {error}");
}
