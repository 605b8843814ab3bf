//! `/probe?target=ADDRESS`: the page of a target that the request names.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::query;
use super::service::Waiter;
use crate::collector::log_limit::LogLimit;
use crate::collector::run::catch;
use crate::collector::{CollectError, CollectorDef, ScheduledCollector};
use crate::scrape::{Scraper, Selection, TargetError};
use crate::settings::Settings;

/// The collector that targets are collected with.
pub(crate) struct Targets {
    def: CollectorDef,
    settings: Settings,
    /// What was logged lately.
    log_limit: Mutex<LogLimit>,
}

impl Targets {
    /// The targets of the first collector that has any.
    pub(crate) fn of(collectors: &[CollectorDef], settings: Settings) -> Option<Self> {
        let def = collectors.iter().find(|def| def.build_target.is_some())?;
        Some(Self { def: *def, settings, log_limit: Mutex::default() })
    }

    /// The path of the pages of targets.
    pub(super) fn path(&self) -> &'static str {
        self.def.target_path
    }

    /// Selects the collector of the target that the query names.
    ///
    /// # Errors
    ///
    /// Returns the status and the reason of the response.
    pub(super) fn select(
        &self,
        query: &str,
        scraper: &Scraper<Waiter>,
    ) -> Result<Selection, (u16, String)> {
        let target = query::parameter(query, "target").map_err(|why| (400, why))?;
        let target = target.unwrap_or_default();
        let selected = catch(|| (self.def.target_name)(&target))
            .map_err(TargetError::Panicked)
            .and_then(|name| {
                let name = name.as_ref().unwrap_or(&target);
                scraper.select_target(self.def, name, || self.build(name))
            });
        selected.map_err(|error| {
            let status = match &error {
                TargetError::Rejected(_) => 400,
                TargetError::Panicked(message) => {
                    self.report_panic(message);
                    500
                }
                TargetError::TooMany => 503,
            };
            (status, error.to_string())
        })
    }

    /// Logs a panic of the author's code. Anyone who sends requests could cause it again and again.
    fn report_panic(&self, message: &str) {
        let line = format!("panicked when it was made for a target: {message}");
        let mut limit = self.log_limit.lock().unwrap_or_else(PoisonError::into_inner);
        for line in limit.admit(vec![line], Instant::now()) {
            log::error!("collector {}: {line}", self.def.name);
        }
    }

    fn build(&self, target: &str) -> Result<ScheduledCollector, CollectError> {
        let Some(build) = self.def.build_target else {
            return Err("this exporter has no targets".into());
        };
        if let Some((flag, is_match)) = self.def.allowed_targets {
            let (path, name) = (self.path(), flag.name());
            if target.is_empty() {
                return Err(
                    format!("the parameter target is missing; ask for {path}?target=").into()
                );
            }
            let Some(allowed) = self.settings.get(flag) else {
                return Err(format!("no target is allowed; start with --{name}").into());
            };
            if !is_match(allowed, target) {
                return Err(format!("--{name} does not allow this target").into());
            }
        }
        build(&self.settings, target)
    }
}
