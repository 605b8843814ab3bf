//! State and configuration of services.

use std::collections::HashMap;
use std::time::{Duration, Instant};

#[cfg(windows)]
use exporter_kit::{
    CollectError, Collector, Filter, Samples, ScheduledCollector, SettingError, Settings,
};
use exporter_kit::{CollectorDef, Flag, Gauge, Pattern};

#[cfg(not(windows))]
use super::definitions::build;
use super::definitions::{gauge, retired};
#[cfg(windows)]
use crate::names::Names;
use crate::names::Page;
use crate::windows::services::{Config, Service};
#[cfg(windows)]
use crate::windows::services::{Manager, process_start};

const INFO: Gauge<4> = gauge(
    "windows_service_info",
    "服务信息",
    "Constant 1, with the service's display name, user and command line as labels.",
)
.labels(["name", "display_name", "run_as", "path_name"]);
const STATE: Gauge<2> = gauge(
    "windows_service_state",
    "服务状态",
    "Whether the service is in the state (1) or not (0).",
)
.labels(["name", "state"]);
const START_MODE: Gauge<2> = gauge(
    "windows_service_start_mode",
    "服务启动类型",
    "Whether the service is started in this way (1) or not (0).",
)
.labels(["name", "start_mode"]);
const PROCESS: Gauge<2> = gauge(
    "windows_service_process",
    "服务进程",
    "When the process of the service started, in seconds since 1970.",
)
.labels(["name", "process_id"]);

const STATUS: Gauge<2> = retired(
    "windows_service_status",
    "服务健康状态(旧名)",
    "Whether the service has the status (1) or not (0), by its state; now windows_service_state.",
)
.labels(["name", "status"]);

const INCLUDE: Flag<Pattern> =
    Flag::pattern("collector.service.include", "", "Services to expose, by name.")
        .whole()
        .with_exclude();
const EXCLUDE: Flag<Pattern> =
    Flag::pattern("collector.service.exclude", "", "Services to leave out, by name.").whole();
const START_MODE_INCLUDE: Flag<Pattern> = Flag::pattern(
    "collector.service.start-mode-include",
    "",
    "Ways of starting (auto, boot, disabled, manual, system) of the services to expose.",
)
.whole();

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "service",
    "服务",
    "State, start mode, user and process of services.",
    &[&INFO, &STATE, &START_MODE, &PROCESS, &STATUS],
    build,
)
.flags(&[&INCLUDE, &EXCLUDE, &START_MODE_INCLUDE])
.source("EnumServicesStatusEx, QueryServiceConfig");

/// The states, from 1, and the status that each stood for.
const STATES: [(&str, &str); 7] = [
    ("stopped", "ok"),
    ("start pending", "starting"),
    ("stop pending", "stopping"),
    ("running", "ok"),
    ("continue pending", "starting"),
    ("pause pending", "stopping"),
    ("paused", "degraded"),
];
const STATUSES: [&str; 5] = ["ok", "starting", "stopping", "degraded", "unknown"];

/// The ways of starting, from 0.
const START_MODES: [&str; 5] = ["boot", "system", "auto", "manual", "disabled"];

/// How long a configuration is kept: to read that of every service takes long.
const MAX_AGE: Duration = Duration::from_secs(60);

#[cfg(windows)]
fn build(settings: &Settings) -> Result<ScheduledCollector, SettingError> {
    Ok(ScheduledCollector::on_scrape(Services {
        names: Names::new(settings),
        filter: settings.filter(&INCLUDE, &EXCLUDE),
        start_modes: settings.get(&START_MODE_INCLUDE).cloned(),
        manager: None,
        configs: Configs::default(),
    }))
}

/// Collects what is known of services.
#[cfg(windows)]
struct Services {
    names: Names,
    filter: Filter,
    start_modes: Option<Pattern>,
    /// Absent until the first scrape, and after an error.
    manager: Option<Manager>,
    configs: Configs,
}

#[cfg(windows)]
impl Collector for Services {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let mut manager = match self.manager.take() {
            Some(manager) => manager,
            None => Manager::open()?,
        };
        let mut services = manager.services()?;
        services.retain(|service| self.filter.wants(&service.name));
        let mut starts = HashMap::new();
        let mut out = self.names.of(out);
        self.configs.refresh(&services, Instant::now(), |name| manager.config(name).ok());
        for service in &services {
            let config = self.configs.get(&service.name);
            let mode = config.and_then(|config| START_MODES.get(config.start_type as usize));
            let is_wanted = |modes: &Pattern| mode.is_some_and(|mode| modes.is_match(mode));
            if self.start_modes.as_ref().is_none_or(is_wanted) {
                // Many services share a process.
                let process = service.process;
                let started = *starts.entry(process).or_insert_with(|| match process {
                    0 => None,
                    process => process_start(process),
                });
                to_samples(service, config, started, &mut out);
            }
        }
        self.manager = Some(manager);
        Ok(())
    }
}

/// The configurations of the services of the last scrape, and when each was read.
#[derive(Default)]
struct Configs(HashMap<String, (Option<Config>, Instant)>);

impl Configs {
    /// Reads the configurations that are unknown or old, and forgets those of services that are
    /// gone.
    fn refresh(
        &mut self,
        services: &[Service],
        now: Instant,
        mut read: impl FnMut(&str) -> Option<Config>,
    ) {
        let mut known = std::mem::take(&mut self.0);
        for Service { name, .. } in services {
            let entry = known
                .remove_entry(name)
                .filter(|(_, (_, since))| now.saturating_duration_since(*since) < MAX_AGE);
            let (name, entry) = entry.unwrap_or_else(|| (name.clone(), (read(name), now)));
            self.0.insert(name, entry);
        }
    }

    fn get(&self, name: &str) -> Option<&Config> {
        self.0.get(name)?.0.as_ref()
    }
}

fn to_samples(
    service: &Service,
    config: Option<&Config>,
    started: Option<f64>,
    out: &mut Page<'_>,
) {
    let Service { name, display_name, state, process } = service;
    let (account, path) = config.map_or(("", ""), |config| (&*config.account, &*config.path));
    out.set(&INFO, [name, display_name, account, path], 1.0);
    for ((known, _), number) in STATES.iter().zip(1..) {
        out.set(&STATE, [name, known], u8::from(*state == number));
    }
    let status = STATES.get((*state as usize).wrapping_sub(1)).map_or("unknown", |it| it.1);
    for known in STATUSES {
        out.set(&STATUS, [name, known], u8::from(known == status));
    }
    if let Some(config) = config {
        for (mode, number) in START_MODES.iter().zip(0..) {
            out.set(&START_MODE, [name, mode], u8::from(config.start_type == number));
        }
    }
    out.set_some(&PROCESS, [name, &process.to_string()], started);
}

#[cfg(test)]
mod tests {
    use exporter_kit::Samples;

    use super::*;
    use crate::names::Names;

    fn service(state: u32) -> Service {
        let (name, display_name) = ("Dhcp".to_owned(), "DHCP Client".to_owned());
        Service { name, display_name, state, process: 12 }
    }

    #[test]
    fn one_state_and_one_start_mode_are_1() {
        let config = Config { start_type: 2, path: "a".to_owned(), account: "b".to_owned() };
        let mut out = Samples::default();
        to_samples(&service(4), Some(&config), Some(1.5), &mut Names::ALL.of(&mut out));
        assert_eq!(out.check(&DEF), Ok(()));
        assert_eq!(out.value(&INFO, ["Dhcp", "DHCP Client", "b", "a"]), Some(1.0));
        assert_eq!(out.value(&PROCESS, ["Dhcp", "12"]), Some(1.5));
        let states = STATES.map(|(state, _)| out.value(&STATE, ["Dhcp", state]).unwrap());
        assert_eq!(states, [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
        let modes = START_MODES.map(|mode| out.value(&START_MODE, ["Dhcp", mode]).unwrap());
        assert_eq!(modes, [0.0, 0.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn unreadable_services_still_have_a_state() {
        for (state, status) in [(1, "ok"), (3, "stopping"), (0, "unknown"), (9, "unknown")] {
            let mut out = Samples::default();
            to_samples(&service(state), None, None, &mut Names::ALL.of(&mut out));
            let found = STATUSES.iter().filter(|it| out.value(&STATUS, ["Dhcp", it]) == Some(1.0));
            assert_eq!(found.collect::<Vec<_>>(), [&status]);
            assert_eq!(out.value(&START_MODE, ["Dhcp", "auto"]), None);
            assert_eq!(out.value(&STATE, ["Dhcp", "running"]), Some(0.0));
        }
    }

    #[test]
    fn configurations_are_read_once_a_minute() {
        let (mut configs, start) = (Configs::default(), Instant::now());
        let mut reads = 0;
        for (seconds, expected) in [(0, 1), (30, 1), (59, 1), (60, 2), (61, 2)] {
            let now = start + Duration::from_secs(seconds);
            configs.refresh(&[service(4)], now, |_| {
                reads += 1;
                Some(Config { start_type: reads, ..Config::default() })
            });
            assert_eq!(configs.get("Dhcp").unwrap().start_type, expected, "{seconds}");
        }
        configs.refresh(&[], start, |_| None);
        assert_eq!(configs.get("Dhcp"), None);
    }
}
