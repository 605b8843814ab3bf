//! Exposes many gauges with two labels, set anew at every scrape: what the kit itself costs.
//! `cargo run --release --example gauges -- --gauges.count=500`
use std::process::ExitCode;

use exporter_kit::{
    CollectError, Collector, Exporter, Flag, Gauge, Metric, Samples, SettingError, Settings,
};

const FLAGS: &[Flag] =
    &[Flag::value("gauges.count", "NUMBER", "500", "How many gauges there are.")];

const VALUE: Gauge<2> =
    Gauge::new("demo_value", "A value made up.").labels(["shard", "item"]).zh("演示数值");

struct Gauges {
    labels: Vec<(String, String)>,
    turn: u64,
}

impl Gauges {
    fn new(settings: &Settings) -> Result<Self, SettingError> {
        let count: usize = settings.parse("gauges.count")?;
        let labels = (0..count).map(|n| (format!("shard-{:03}", n / 10), format!("item-{n:05}")));
        Ok(Self { labels: labels.collect(), turn: 0 })
    }
}

impl Collector for Gauges {
    fn metrics(&self) -> &'static [&'static dyn Metric] {
        &[&VALUE]
    }

    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        self.turn += 1;
        for (n, (shard, item)) in self.labels.iter().enumerate() {
            // As a measured value looks: no whole number.
            let value = (self.turn + n as u64) as f64 * 1.234_567;
            out.set(&VALUE, [shard, item], value);
        }
        Ok(())
    }
}

fn main() -> ExitCode {
    Exporter::new("gauges_exporter", ":9603")
        .flags(FLAGS)
        .configure(|exporter, settings| Ok(exporter.collector("gauges", Gauges::new(settings)?)))
        .run()
}
