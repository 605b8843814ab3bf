//! Collectors of targets that requests name. They are built when first asked for, and kept.

use super::{Scraper, Selection, Slot, State};
use crate::collector::{CollectError, CollectorDef, ScheduledCollector};

/// The most targets whose collectors are kept.
pub(super) const MAX_TARGETS: usize = 256;

impl<W> Scraper<W> {
    /// The selection of a target's collector, which `build` builds if the target is new.
    ///
    /// # Errors
    ///
    /// The error of `build`, or too many targets are being scraped.
    pub(crate) fn select_target(
        &self,
        def: CollectorDef,
        target: &str,
        build: impl FnOnce() -> Result<ScheduledCollector, CollectError>,
    ) -> Result<Selection, CollectError> {
        let known = self.lock().slots.iter().position(|slot| slot.is_of(target));
        if let Some(index) = known {
            return Ok(Selection::Target(index));
        }
        let ScheduledCollector { collector, labels, .. } = build()?;
        labels.check(&def)?;
        let labels = self.labels.with(&labels);
        let slot = Slot { target: Some(target.into()), ..Slot::new(def, Some(collector), labels) };
        let mut state = self.lock();
        let State { slots, runs, .. } = &mut *state;
        if slots.iter().filter(|slot| slot.target.is_some()).count() < MAX_TARGETS {
            slots.push(slot);
            return Ok(Selection::Target(slots.len() - 1));
        }
        // Runs refer to slots by their index.
        let is_free = |(index, slot): &(usize, &mut Slot)| {
            let in_use = runs.iter().any(|run| run.request.selection == Selection::Target(*index));
            slot.target.is_some() && slot.collector.is_some() && !in_use
        };
        let free = slots.iter_mut().enumerate().filter(is_free);
        let Some((index, oldest)) = free.min_by_key(|(_, slot)| slot.started) else {
            return Err("too many targets are being scraped; try again later".into());
        };
        *oldest = slot;
        Ok(Selection::Target(index))
    }
}
