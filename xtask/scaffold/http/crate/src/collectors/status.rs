//! Example metrics: what the status page of a server says, in JSON. Replace them with your own.

use exporter_kit::{
    CollectError, Collector, CollectorDef, Counter, Gauge, Samples, ScheduledCollector,
};
use serde_json::Value;

use super::URL;
use super::client::Client;

const UP: Gauge =
    Gauge::new("@subject@_up", "Whether the server gave its status (1) or not (0).").zh("是否正常");

const WORKERS: Gauge<1> = Gauge::new("@subject@_workers", "Workers by state: busy or idle.")
    .labels(["state"])
    .zh("工作线程数");

const REQUESTS: Counter =
    Counter::new("@subject@_requests_total", "Requests that the server has answered.")
        .zh("请求次数");

/// The states of workers, which are also their keys on the page.
const STATES: [&str; 2] = ["busy", "idle"];

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "status",
    "状态页",
    "State of the server, from its status page.",
    &[&UP, &WORKERS, &REQUESTS],
    |settings| {
        let client =
            Client::new(settings.get(&URL)).map_err(|error| settings.error(&URL, error))?;
        Ok(ScheduledCollector::on_scrape(Status { client }))
    },
)
.source("the status page")
// The server may restart.
.counters_may_reset();

/// The collector of the metrics.
struct Status {
    client: Client,
}

impl Collector for Status {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let page = self.client.get(out.deadline()).map_err(|error| error.to_string());
        let result = page.and_then(|page| {
            to_samples(&page, out).map_err(|error| format!("the page is not JSON: {error}"))
        });
        out.set(&UP, [], if result.is_ok() { 1.0 } else { 0.0 });
        let named = |error| CollectError::partial(format!("{}: {error}", self.client.address()));
        result.map_err(named)
    }
}

/// Turns a page such as `{"workers": {"busy": 3, "idle": 5}, "requests": 1234}` into samples. What
/// the page lacks is absent.
fn to_samples(page: &[u8], out: &mut Samples) -> Result<(), serde_json::Error> {
    let page: Value = serde_json::from_slice(page)?;
    for state in STATES {
        if let Some(workers) = page["workers"][state].as_f64() {
            out.set(&WORKERS, [state], workers);
        }
    }
    if let Some(requests) = page["requests"].as_u64() {
        out.set(&REQUESTS, [], requests as f64);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_becomes_samples() {
        for (page, expected) in [
            (r#"{"workers":{"busy":3,"idle":5},"requests":7}"#, [Some(3.0), Some(5.0), Some(7.0)]),
            (r#"{"workers":{"busy":0},"other":[1]}"#, [Some(0.0), None, None]),
            (r#"{"workers":"none","requests":-1}"#, [None; 3]),
            ("[]", [None; 3]),
        ] {
            let mut out = Samples::default();
            to_samples(page.as_bytes(), &mut out).unwrap();
            let [busy, idle] = STATES.map(|state| out.value(&WORKERS, [state]));
            assert_eq!([busy, idle, out.value(&REQUESTS, [])], expected, "{page}");
        }
    }

    #[test]
    fn damaged_page_is_an_error() {
        for page in ["", "<html>", "{\"workers\":"] {
            assert!(to_samples(page.as_bytes(), &mut Samples::default()).is_err(), "{page}");
        }
    }
}
