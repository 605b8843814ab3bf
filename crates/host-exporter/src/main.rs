//! `host_exporter`: host metrics for Prometheus and BlueKing, one self-contained binary.

mod collectors;

use std::process::ExitCode;

use exporter_kit::Exporter;

fn main() -> ExitCode {
    let exporter = Exporter::new("host_exporter", ":9601")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Host metrics for Prometheus and BlueKing.");
    collectors::add_all(exporter).run()
}
