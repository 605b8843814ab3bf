//! The definition of a collector as data: its name, its metrics, and how to build it. Flags, help,
//! `--describe`, packages and references are derived from it.

use std::time::Duration;

use crate::collector::{CollectError, Collector};
use crate::constant_labels::{ConstantLabels, LabelError};
use crate::metrics::{AnyPattern, Description, Field, Metric, PatternDescription};
use crate::samples::Samples;
use crate::settings::{AnyFlag, Flag, FlagSpec, Pattern, SettingError, Settings};

/// The definition of a collector, a `const`.
///
/// It determines `--collector.<name>`, the corresponding environment variable and key of the
/// settings file, the `collect[]` parameter of scrapes, `--help` and `--describe`.
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
    pub(crate) build_target: Option<BuildTarget>,
    pub(crate) allowed_targets: Option<AllowedTargets>,
    pub(crate) target_path: &'static str,
    pub(crate) target_name: fn(&str) -> Option<String>,
    build: Build,
}

/// Builds the collector of a target that a request names.
pub(crate) type BuildTarget = fn(&Settings, &str) -> Result<ScheduledCollector, CollectError>;

/// The flag of allowed targets, and how its pattern is matched: exporters without targets need not
/// contain that code.
pub(crate) type AllowedTargets = (&'static Flag<Pattern>, fn(&Pattern, &str) -> bool);

/// How a collector is built.
#[derive(Clone, Copy)]
enum Build {
    Settings(fn(&Settings) -> Result<ScheduledCollector, SettingError>),
    Stateless(fn(&mut Samples) -> Result<(), CollectError>),
}

/// An operating system that a collector supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Linux, on any processor.
    Linux,
    /// Windows.
    Windows,
}

impl System {
    /// All systems.
    pub const ALL: &'static [Self] = &[Self::Linux, Self::Windows];

    /// The name in `--describe`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::Windows => "windows",
        }
    }

    /// Whether this program was built for the system.
    pub(crate) const fn is_this(self) -> bool {
        match self {
            Self::Linux => cfg!(target_os = "linux"),
            Self::Windows => cfg!(windows),
        }
    }
}

/// A collector and its schedule.
pub struct ScheduledCollector {
    pub(crate) collector: Box<dyn Collector>,
    /// The interval of a background collector; `None` to run at every scrape.
    pub(crate) interval: Option<Duration>,
    /// Labels of all its samples.
    pub(crate) labels: ConstantLabels,
}

impl ScheduledCollector {
    /// Adds a label that all samples of the collector have, for example the name of a target. If the
    /// exporter's user gives every sample a label of the same name, that is an error when the
    /// exporter starts; the label of a target replaces it, and the log says so.
    ///
    /// # Errors
    ///
    /// The name or the value is not possible, or the label was added before. A label that a metric
    /// of the collector has is an error when the exporter starts, or the target is first asked for.
    pub fn label(mut self, name: &str, value: &str) -> Result<Self, LabelError> {
        self.labels.add(name, value)?;
        Ok(self)
    }

    /// A collector that runs at every scrape.
    pub fn on_scrape(collector: impl Collector + 'static) -> Self {
        Self { collector: Box::new(collector), interval: None, labels: ConstantLabels::default() }
    }

    /// A collector that runs in the background, once per `interval`, for a source that is too slow
    /// for a scrape or that needs two readings. Scrapes get its last good samples immediately. The
    /// page shows their age, and HELP states that they are cached.
    pub fn every(interval: Duration, collector: impl Collector + 'static) -> Self {
        Self { interval: Some(interval), ..Self::on_scrape(collector) }
    }
}

impl CollectorDef {
    /// A collector that `build` builds from the settings. `zh` is its Chinese name, which BlueKing
    /// shows for the group of its metrics; `about` is a sentence on what the collector exposes.
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
            build_target: None,
            allowed_targets: None,
            target_path: "/probe",
            target_name: |_| None,
            build: Build::Settings(build),
        }
    }

    /// A collector that consists of a function, called at every scrape.
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

    /// A placeholder for a collector that exists only in builds for other systems.
    pub(crate) const fn of_another_system(name: &'static str) -> Self {
        let def = Self::from_fn(name, "", "", &[], |_| Err(CollectError::Unsupported));
        Self { enabled: false, systems: &[], ..def }
    }

    /// Names the source: a file, directory or call.
    pub const fn source(mut self, source: &'static str) -> Self {
        self.source = source;
        self
    }

    /// Adds lists of metrics, for a collector that consists of several parts.
    pub const fn and(mut self, more: &'static [&'static [&'static dyn Metric]]) -> Self {
        self.more = more;
        self
    }

    /// Adds the metrics of tables of fields.
    pub const fn fields(mut self, fields: &'static [&'static [Field]]) -> Self {
        self.fields = fields;
        self
    }

    /// Adds metrics whose names are known only at run time.
    pub const fn patterns(mut self, patterns: &'static [&'static dyn AnyPattern]) -> Self {
        self.patterns = patterns;
        self
    }

    /// Declares the collector's own flags. Their names begin with `collector.<name>.`.
    pub const fn flags(mut self, flags: &'static [&'static dyn AnyFlag]) -> Self {
        self.flags = flags;
        self
    }

    /// Limits the collector to these systems; the default is all.
    pub const fn systems(mut self, systems: &'static [System]) -> Self {
        self.systems = systems;
        self
    }

    /// Disables the collector by default.
    pub const fn off_by_default(mut self) -> Self {
        self.enabled = false;
        self
    }

    /// Declares that counters of the source may reset or wrap while the exporter runs, as those of
    /// a kernel do. Otherwise debug builds report a decreasing counter as a bug.
    pub const fn counters_may_reset(mut self) -> Self {
        self.counters_may_reset = true;
        self
    }

    /// Also collects from targets that requests name, as in `/probe?target=db:6379`, on scrape and
    /// never in the background. `build` gets
    /// the value of the parameter, and must not block, because all other requests wait for it; its
    /// error is the reason of a response with status 400, a panic one with status 500. One collector of an exporter can have targets.
    ///
    /// Whoever can send requests chooses the targets, so a flag should say which there are:
    /// [`allowed_targets`](Self::allowed_targets). The page of a target has the samples of its
    /// collector and their status, and nothing of the exporter;
    /// [`ScheduledCollector::label`] adds labels to it. One target is collected from once at a
    /// time, and up to 64 targets at once; more get status 503. The collector is kept for the next
    /// request; beyond 256 targets, the one that has not been asked for longest is dropped.
    ///
    /// The example `probe` is an exporter with targets.
    ///
    /// # Panics
    ///
    /// The collector has targets already. In a `const` this is a compile error.
    pub const fn targets(
        mut self,
        build: fn(&Settings, &str) -> Result<ScheduledCollector, CollectError>,
    ) -> Self {
        assert!(
            self.build_target.is_none(),
            "a collector has one function that builds its targets"
        );
        self.build_target = Some(build);
        self
    }

    /// Sets the flag whose pattern the whole target must match, by
    /// [`Pattern::is_whole_match`]: `DB:6379` allows `db:6379` too. Without a value, no target is
    /// allowed. Without this flag, `build` decides.
    pub const fn allowed_targets(mut self, flag: &'static Flag<Pattern>) -> Self {
        self.allowed_targets = Some((flag, Pattern::is_whole_match));
        self
    }

    /// Sets how a target is named that requests may write in several ways: `db:6379` for
    /// `redis://DB:6379/0`. Without it, or where `name` returns `None`, each spelling is a target of
    /// its own. [`allowed_targets`](Self::allowed_targets) and `build` get the name.
    pub const fn target_names(mut self, name: fn(&str) -> Option<String>) -> Self {
        self.target_name = name;
        self
    }

    /// Sets the path of the pages of targets, for names that dashboards or scrape configurations
    /// know already. The default is `/probe`.
    pub const fn target_path(mut self, path: &'static str) -> Self {
        self.target_path = path;
        self
    }

    /// The collector's name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Builds the collector.
    ///
    /// # Errors
    ///
    /// A setting of the collector is invalid.
    pub fn build(&self, settings: &Settings) -> Result<ScheduledCollector, SettingError> {
        match self.build {
            Build::Settings(build) => build(settings),
            Build::Stateless(collect) => Ok(ScheduledCollector::on_scrape(collect)),
        }
    }

    /// All metrics with a fixed name.
    pub fn metrics(&self) -> impl Iterator<Item = &'static dyn Metric> {
        let fields = self.fields.iter().flat_map(|fields| fields.iter());
        let more = self.more.iter().flat_map(|more| more.iter());
        self.metrics.iter().chain(more).copied().chain(fields.map(|field| field.metric()))
    }

    /// The definition of the metric of this name.
    pub(crate) fn metric(&self, name: &str) -> Option<Description<'static>> {
        self.metrics().map(|metric| metric.describe()).find(|metric| metric.name == name)
    }

    /// Whether a pattern of the collector matches this family name.
    pub(crate) fn has_pattern_of(&self, name: &str) -> bool {
        let patterns = self.patterns.iter().map(|pattern| pattern.describe());
        patterns.into_iter().any(|PatternDescription { prefix, .. }| name.starts_with(prefix))
    }

    pub(crate) fn is_for_this_system(&self) -> bool {
        self.systems.iter().any(|system| system.is_this())
    }

    /// The flag that enables the collector, and its own flags.
    pub(crate) fn flag_specs(&self) -> impl Iterator<Item = FlagSpec> {
        // Leaked once for each collector.
        let name: &'static str = Box::leak(format!("collector.{}", self.name).into());
        let switch = Flag::switch(name, self.about).spec();
        let default = if self.enabled { "true" } else { "false" };
        let collector = self.name;
        let switch = FlagSpec { default, enables: true, ..switch };
        let own = self.flags.iter().map(|flag| flag.spec());
        [switch].into_iter().chain(own).map(move |flag| FlagSpec { collector, ..flag })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "one function that builds its targets")]
    fn second_targets_are_an_error() {
        let def = CollectorDef::from_fn("pool", "", "", &[], |_| Ok(()));
        let _ = def.targets(|_, _| Err("a".into())).targets(|_, _| Err("b".into()));
    }
}
