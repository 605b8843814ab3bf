//! `redis_exporter`: metrics of one Redis server for Prometheus and BlueKing.

mod address;
mod client;
mod collectors;
mod info;
mod resp;

use std::process::ExitCode;

use exporter_kit::Exporter;

fn main() -> ExitCode {
    Exporter::new("redis_exporter", ":9602")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Metrics of a Redis server for Prometheus and BlueKing.")
        .flags(collectors::FLAGS)
        .labels(collectors::LABELS)
        .collectors(collectors::ALL)
        .run()
}
