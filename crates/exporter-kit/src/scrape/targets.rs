//! Collectors of targets that requests name. They are built when first asked for, and kept.

use std::fmt;
use std::sync::Arc;

use super::{Scraper, Selection, Slot, State};
use crate::collector::run::catch;
use crate::collector::{CollectError, CollectorDef, ScheduledCollector};

/// The most targets whose collectors are kept.
pub(super) const MAX_TARGETS: usize = 256;

/// The most targets that are scraped at once. Each may occupy a thread until its deadline.
pub(super) const MAX_TARGETS_AT_ONCE: usize = 64;

/// How much of a target is shown in the log.
const MAX_SHOWN_CHARS: usize = 100;

/// Why a target is not scraped.
#[derive(Debug)]
pub(crate) enum TargetError {
    /// The request does not name a target that is allowed and valid.
    Rejected(CollectError),
    /// The collector of the target panicked when it was built, with this message.
    Panicked(String),
    /// Too many targets are being scraped.
    TooMany,
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(reason) => fmt::Display::fmt(reason, f),
            Self::Panicked(_) => f.write_str("the collector panicked; the log says why"),
            Self::TooMany => f.write_str("too many targets are being scraped; try again later"),
        }
    }
}

/// A target that a request has named.
#[derive(Clone, Debug)]
pub(super) struct Target(Arc<str>);

impl Target {
    pub(super) fn new(target: &str) -> Self {
        Self(target.into())
    }

    pub(super) fn is(&self, target: &str) -> bool {
        *self.0 == *target
    }

    /// A text about the target, without the user and password of an address.
    pub(super) fn without_user(&self, text: &str) -> String {
        match user(&self.0) {
            Some(user) => text.replace(user, "…@"),
            None => text.to_owned(),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.without_user(&self.0);
        let end = shown.char_indices().nth(MAX_SHOWN_CHARS).map(|(end, _)| end);
        match end {
            Some(end) => write!(f, "{}…", &shown[..end]),
            None => f.write_str(&shown),
        }
    }
}

/// The user and password of an address, with the `@` after them. A password may have a slash or a
/// second `@`.
fn user(target: &str) -> Option<&str> {
    let (user, _) = target.rsplit_once('@')?;
    let is_scheme = |scheme: &str| scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let start = match user.split_once("://") {
        Some((scheme, _)) if is_scheme(scheme) => scheme.len() + 3,
        _ => 0,
    };
    Some(&target[start..=user.len()])
}

impl<W> Scraper<W> {
    /// The selection of a target's collector, which `build` builds if the target is new.
    ///
    /// # Errors
    ///
    /// See [`TargetError`].
    pub(crate) fn select_target(
        &self,
        def: CollectorDef,
        target: &str,
        build: impl FnOnce() -> Result<ScheduledCollector, CollectError>,
    ) -> Result<Selection, TargetError> {
        let known = self.known_target(target)?;
        if let Some(selection) = known {
            return Ok(selection);
        }
        let ScheduledCollector { collector, labels, interval } =
            catch(build).map_err(TargetError::Panicked)?.map_err(TargetError::Rejected)?;
        if interval.is_some() {
            let reason =
                "targets are not read in the background; use ScheduledCollector::on_scrape";
            return Err(TargetError::Rejected(reason.into()));
        }
        labels.check(&def).map_err(|error| TargetError::Rejected(error.into()))?;
        if let Some(name) = self.labels.shared_with(&labels) {
            self.replaced.call_once(|| {
                log::warn!(
                    "collector {}: targets have a label {name} of their own, which replaces that of \
                     --label; choose another name",
                    def.name
                );
            });
        }
        let labels = self.labels.with(&labels);
        let target = Some(Target::new(target));
        let slot = Slot { target, ..Slot::new(def, Some(collector), labels) };
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
            return Err(TargetError::TooMany);
        };
        *oldest = slot;
        Ok(Selection::Target(index))
    }

    /// The selection of a target that was asked for before.
    ///
    /// # Errors
    ///
    /// Too many other targets are being scraped.
    fn known_target(&self, target: &str) -> Result<Option<Selection>, TargetError> {
        let state = self.lock();
        let known = state.slots.iter().position(|slot| slot.is_of(target)).map(Selection::Target);
        let running = state.runs.iter().map(|run| &run.request.selection);
        let running: Vec<_> =
            running.filter(|selection| matches!(selection, Selection::Target(_))).collect();
        let is_running = known.as_ref().is_some_and(|known| running.contains(&known));
        match is_running || running.len() < MAX_TARGETS_AT_ONCE {
            true => Ok(known),
            false => Err(TargetError::TooMany),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_shown_without_users() {
        let long = "x".repeat(101);
        let cut = format!("{}…", "x".repeat(100));
        for (target, shown) in [
            ("db:6379", "db:6379"),
            ("redis://db:6379/0", "redis://db:6379/0"),
            ("redis://user:geheim@db:6379", "redis://…@db:6379"),
            ("redis://:ge/he@im@db", "redis://…@db"),
            ("user:geheim@db", "…@db"),
            ("user:geh://eim@db", "…@db"),
            ("geheim@", "…@"),
            (&long, &cut),
        ] {
            assert_eq!(Target::new(target).to_string(), shown);
        }
        let target = Target::new("redis://user:geheim@db");
        let text = target.without_user("cannot connect to user:geheim@db");
        assert_eq!(text, "cannot connect to …@db");
    }
}
