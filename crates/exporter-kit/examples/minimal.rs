//! A whole exporter: how many entries a spool folder has. `cargo run -p exporter-kit --example minimal`
use std::process::ExitCode;

use exporter_kit::{CollectError, Collector, Exporter, Gauge, Metric, Samples};

const DEPTH: Gauge<1> =
    Gauge::new("queue_depth", "Jobs waiting in the queue.").labels(["queue"]).zh("排队任务数");

struct Queue;
impl Collector for Queue {
    fn metrics(&self) -> &'static [&'static dyn Metric] {
        &[&DEPTH]
    }
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        out.set(&DEPTH, ["tmp"], std::fs::read_dir(std::env::temp_dir())?.count() as f64);
        Ok(())
    }
}

fn main() -> ExitCode {
    Exporter::new("queue_exporter", ":9690").collector("queue", Queue).run()
}
