//! Targets that requests name: `/scrape?target=HOST:PORT`. Whoever sends a request would otherwise
//! choose who gets the password, so the settings say which targets there are.

use std::sync::atomic::{AtomicU64, Ordering};

use exporter_kit::{CollectError, Counter, Metric, Samples, ScheduledCollector, Settings};

use super::info::NAMES_OF;
use super::redis::Redis;
use super::{INTERVAL, TARGETS, target_at};
use crate::address::Endpoint;

const ERRORS: Counter = Counter::new(
    "redis_target_scrape_request_errors_total",
    "Requests to /scrape whose target is missing, invalid or not allowed.",
)
.zh("目标请求错误次数")
.compatible_with(NAMES_OF);

pub(super) const METRICS: &[&dyn Metric] = &[&ERRORS];

/// Requests are counted wherever they come in, and shown by the collector of the settings' Redis.
static REQUEST_ERRORS: AtomicU64 = AtomicU64::new(0);

/// The name of a target that requests write in several ways.
pub(super) fn name(target: &str) -> Option<String> {
    Some(target.parse::<Endpoint>().ok()?.name())
}

/// Builds the collector of a target.
pub(super) fn build(settings: &Settings, target: &str) -> Result<ScheduledCollector, CollectError> {
    let built = check(settings, target).and_then(|endpoint| {
        let target = target_at(endpoint, settings)?;
        Ok(ScheduledCollector::on_scrape(Redis::new(target, settings.get(&INTERVAL))))
    });
    if built.is_err() {
        REQUEST_ERRORS.fetch_add(1, Ordering::Relaxed);
    }
    built
}

fn check(settings: &Settings, target: &str) -> Result<Endpoint, CollectError> {
    if target.is_empty() {
        return Err("the parameter target is missing; ask for /scrape?target=HOST:PORT".into());
    }
    let Some(allowed) = settings.get(&TARGETS) else {
        return Err("no target is allowed; start with --redis.targets".into());
    };
    let endpoint: Endpoint = target.parse()?;
    // With its scheme: who allows a target in TLS does not allow its password in clear.
    match allowed.is_whole_match(&endpoint.name()) {
        true => Ok(endpoint),
        false => Err("--redis.targets does not allow this target".into()),
    }
}

pub(super) fn set(out: &mut Samples) {
    out.set(&ERRORS, [], REQUEST_ERRORS.load(Ordering::Relaxed) as f64);
}
