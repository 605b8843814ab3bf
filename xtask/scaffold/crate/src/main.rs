//! `@binary@`: metrics for Prometheus and BlueKing, one self-contained binary.

mod collectors;

use std::process::ExitCode;

use exporter_kit::Exporter;

fn main() -> ExitCode {
    Exporter::new("@binary@", ":@port@")
        .version(env!("CARGO_PKG_VERSION"))
        .about("@about@")
        .flags(collectors::FLAGS)
        .labels(collectors::LABELS)
        .collectors(collectors::ALL)
        .run()
}
