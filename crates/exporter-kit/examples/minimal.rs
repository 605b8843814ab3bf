//! A complete exporter that counts the entries of a spool folder.
//! `cargo run -p exporter-kit --example minimal`
use std::process::ExitCode;

use exporter_kit::{CollectorDef, Exporter, Gauge};

const DEPTH: Gauge<1> =
    Gauge::new("queue_depth", "Jobs waiting in the queue.").labels(["queue"]).zh("排队任务数");

const QUEUE: CollectorDef =
    CollectorDef::from_fn("queue", "队列", "Jobs waiting in the spool.", &[&DEPTH], |out| {
        out.set(&DEPTH, ["tmp"], std::fs::read_dir(std::env::temp_dir())?.count() as f64);
        Ok(())
    });

fn main() -> ExitCode {
    Exporter::new("queue_exporter", ":9690").collectors(&[QUEUE]).run()
}
