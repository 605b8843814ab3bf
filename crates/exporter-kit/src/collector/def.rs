//! A collector as data: what it is called, what it can expose, and how it is made. Flags, help,
//! `--describe`, packages and references all come from here.

use std::time::Duration;

use crate::collector::{CollectError, Collector};
use crate::metrics::{AnyPattern, Description, Field, Metric, PatternDescription};
use crate::samples::Samples;
use crate::settings::{AnyFlag, Flag, FlagSpec, SettingError, Settings};

/// The definition of a collector, a `const`.
///
/// From it come `--collector.<name>`, its environment variable and its key in the file, the
/// `collect[]` parameter of scrapes, `--help` and `--describe`.
///
/// ```
/// use exporter_kit::{CollectorDef, Gauge};
///
/// const LOAD: Gauge = Gauge::new("demo_load1", "Load average over one minute.").zh("一分钟负载");
///
/// const LOADAVG: CollectorDef = CollectorDef::from_fn(
///     "loadavg",
///     "系统负载",
///     "Load average over one minute.",
///     &[&LOAD],
///     |out| {
///         let text = std::fs::read_to_string("/proc/loadavg")?;
///         let first = text.split(' ').next().ok_or("/proc/loadavg is empty")?;
///         out.set(&LOAD, [], first.parse()?);
///         Ok(())
///     },
/// )
/// .source("/proc/loadavg");
/// ```
#[derive(Clone, Copy)]
pub struct CollectorDef {
    pub(crate) name: &'static str,
    pub(crate) zh: &'static str,
    pub(crate) about: &'static str,
    pub(crate) source: &'static str,
    metrics: &'static [&'static dyn Metric],
    more: &'static [&'static [&'static dyn Metric]],
    pub(crate) fields: &'static [&'static [Field]],
    pub(crate) patterns: &'static [&'static dyn AnyPattern],
    pub(crate) flags: &'static [&'static dyn AnyFlag],
    pub(crate) systems: &'static [System],
    pub(crate) enabled: bool,
    pub(crate) counters_may_reset: bool,
    build: Build,
}

/// How a collector is made.
#[derive(Clone, Copy)]
enum Build {
    Settings(fn(&Settings) -> Result<ScheduledCollector, SettingError>),
    Stateless(fn(&mut Samples) -> Result<(), CollectError>),
}

/// An operating system that a collector works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Linux, on any processor.
    Linux,
    /// Windows.
    Windows,
}

impl System {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Linux, Self::Windows];

    /// The name that `--describe` has for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::Windows => "windows",
        }
    }

    /// Whether this program runs on it.
    const fn is_this(self) -> bool {
        match self {
            Self::Linux => cfg!(target_os = "linux"),
            Self::Windows => cfg!(windows),
        }
    }
}

/// A collector, and when it runs.
pub struct ScheduledCollector {
    pub(crate) collector: Box<dyn Collector>,
    /// In the background on this interval; else at every scrape.
    pub(crate) interval: Option<Duration>,
}

impl ScheduledCollector {
    /// A collector that runs at every scrape.
    pub fn on_scrape(collector: impl Collector + 'static) -> Self {
        Self { collector: Box::new(collector), interval: None }
    }

    /// A collector that runs in the background, once in each `interval`, for a source dearer than a
    /// scrape or one that needs two readings. Scrapes get its last good samples at once; how old
    /// those are is on the page, and HELP says that they are cached.
    pub fn every(interval: Duration, collector: impl Collector + 'static) -> Self {
        Self { collector: Box::new(collector), interval: Some(interval) }
    }
}

impl CollectorDef {
    /// A collector that is made by `build` out of the settings. `zh` is its Chinese name, which
    /// BlueKing shows for the group of its metrics, and `about` one sentence on what it exposes.
    pub const fn new(
        name: &'static str,
        zh: &'static str,
        about: &'static str,
        metrics: &'static [&'static dyn Metric],
        build: fn(&Settings) -> Result<ScheduledCollector, SettingError>,
    ) -> Self {
        Self {
            name,
            zh,
            about,
            source: "",
            metrics,
            more: &[],
            fields: &[],
            patterns: &[],
            flags: &[],
            systems: System::ALL,
            enabled: true,
            counters_may_reset: false,
            build: Build::Settings(build),
        }
    }

    /// A collector that is a function, called at every scrape.
    pub const fn from_fn(
        name: &'static str,
        zh: &'static str,
        about: &'static str,
        metrics: &'static [&'static dyn Metric],
        collect: fn(&mut Samples) -> Result<(), CollectError>,
    ) -> Self {
        let build: fn(&Settings) -> Result<ScheduledCollector, SettingError> =
            |_| Ok(ScheduledCollector::on_scrape(|_: &mut Samples| Ok(())));
        Self { build: Build::Stateless(collect), ..Self::new(name, zh, about, metrics, build) }
    }

    /// Stands for one that builds for other systems have.
    pub(crate) const fn of_another_system(name: &'static str) -> Self {
        let def = Self::from_fn(name, "", "", &[], |_| Err(CollectError::Unsupported));
        Self { enabled: false, systems: &[], ..def }
    }

    /// Names what is read: a file, folder or call.
    pub const fn source(mut self, source: &'static str) -> Self {
        self.source = source;
        self
    }

    /// Adds lists of metrics, for a collector in several parts.
    pub const fn and(mut self, more: &'static [&'static [&'static dyn Metric]]) -> Self {
        self.more = more;
        self
    }

    /// Adds the metrics of tables of fields.
    pub const fn fields(mut self, fields: &'static [&'static [Field]]) -> Self {
        self.fields = fields;
        self
    }

    /// Adds metrics whose names are known only while it runs.
    pub const fn patterns(mut self, patterns: &'static [&'static dyn AnyPattern]) -> Self {
        self.patterns = patterns;
        self
    }

    /// Declares the collector's own flags. Their names begin with `collector.<name>.`.
    pub const fn flags(mut self, flags: &'static [&'static dyn AnyFlag]) -> Self {
        self.flags = flags;
        self
    }

    /// States the systems that it works on; without this on all.
    pub const fn systems(mut self, systems: &'static [System]) -> Self {
        self.systems = systems;
        self
    }

    /// Leaves the collector off unless it is asked for.
    pub const fn off_by_default(mut self) -> Self {
        self.enabled = false;
        self
    }

    /// Says that counters of the source may begin again or wrap while the exporter runs, as those of
    /// a kernel do. Else debug builds take a counter that goes down for a mistake of the program.
    pub const fn counters_may_reset(mut self) -> Self {
        self.counters_may_reset = true;
        self
    }

    /// The collector's name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Makes the collector.
    ///
    /// # Errors
    ///
    /// A setting that it needs makes no sense.
    pub fn build(&self, settings: &Settings) -> Result<ScheduledCollector, SettingError> {
        match self.build {
            Build::Settings(build) => build(settings),
            Build::Stateless(collect) => Ok(ScheduledCollector::on_scrape(collect)),
        }
    }

    /// All metrics whose names are known.
    pub fn metrics(&self) -> impl Iterator<Item = &'static dyn Metric> {
        let fields = self.fields.iter().flat_map(|fields| fields.iter());
        let more = self.more.iter().flat_map(|more| more.iter());
        self.metrics.iter().chain(more).copied().chain(fields.map(|field| field.metric()))
    }

    /// The definition of the family of this name.
    pub(crate) fn metric(&self, name: &str) -> Option<Description<'static>> {
        self.metrics().map(|metric| metric.describe()).find(|metric| metric.name == name)
    }

    /// Whether a pattern of the collector makes families of this name.
    pub(crate) fn has_pattern_of(&self, name: &str) -> bool {
        let patterns = self.patterns.iter().map(|pattern| pattern.describe());
        patterns.into_iter().any(|PatternDescription { prefix, .. }| name.starts_with(prefix))
    }

    pub(crate) fn is_for_this_system(&self) -> bool {
        self.systems.iter().any(|system| system.is_this())
    }

    /// The switch of the collector, and its own flags.
    pub(crate) fn flag_specs(&self) -> impl Iterator<Item = FlagSpec> {
        // Once for each collector of the process.
        let name: &'static str = Box::leak(format!("collector.{}", self.name).into());
        let switch = Flag::switch(name, self.about).spec();
        let default = if self.enabled { "true" } else { "false" };
        let collector = self.name;
        let switch = FlagSpec { default, enables: true, ..switch };
        let own = self.flags.iter().map(|flag| flag.spec());
        [switch].into_iter().chain(own).map(move |flag| FlagSpec { collector, ..flag })
    }
}
