//! `/scrape?target=ADDRESS`: the page of a target that the request names.

use super::query;
use super::service::Waiter;
use crate::collector::CollectorDef;
use crate::scrape::{Scraper, Selection};
use crate::settings::Settings;

/// The path of the pages of targets.
pub(super) const PATH: &str = "/scrape";

/// The collector that targets are collected with.
pub(crate) struct Targets {
    def: CollectorDef,
    settings: Settings,
}

impl Targets {
    /// The targets of the first collector that has any.
    pub(crate) fn of(collectors: &[CollectorDef], settings: Settings) -> Option<Self> {
        let def = collectors.iter().find(|def| def.build_target.is_some())?;
        Some(Self { def: *def, settings })
    }

    /// Selects the collector of the target that the query names.
    ///
    /// # Errors
    ///
    /// Returns the reason for a response with status 400.
    pub(super) fn select(
        &self,
        query: &str,
        scraper: &Scraper<Waiter>,
    ) -> Result<Selection, String> {
        let target = query::parameter(query, "target").unwrap_or_default();
        let build = || match self.def.build_target {
            Some(build) => build(&self.settings, &target),
            None => Err("this exporter has no targets".into()),
        };
        scraper.select_target(self.def, &target, build).map_err(|error| error.to_string())
    }
}
