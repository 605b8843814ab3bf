//! The kit's settings as validated data: built from the command line, read by the web server.

use std::path::PathBuf;
use std::time::Duration;

use log::LevelFilter;

use crate::constant_labels::ConstantLabels;
use crate::listen::ListenAddress;
use crate::logging::LogFormat;

/// The kit's own settings, validated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) listen_addresses: Vec<ListenAddress>,
    pub(crate) telemetry_path: String,
    pub(crate) enable_openmetrics: bool,
    pub(crate) max_connections: usize,
    /// 0 is no limit.
    pub(crate) max_requests: usize,
    pub(crate) read_timeout: Duration,
    pub(crate) write_timeout: Duration,
    pub(crate) web_config_file: Option<PathBuf>,
    pub(crate) scrape_timeout: Duration,
    /// Labels of every sample.
    pub(crate) labels: ConstantLabels,
    pub(crate) log_level: LevelFilter,
    pub(crate) log_format: LogFormat,
    /// Whether pages have the exporter's metrics about its process and its requests.
    pub(crate) exporter_metrics: bool,
}

#[cfg(test)]
impl Config {
    /// A config without addresses, whose timeouts only a hang exceeds.
    #[cfg_attr(not(feature = "web-config"), allow(dead_code, reason = "only its tests serve"))]
    pub(crate) fn for_tests() -> Self {
        let ample = Duration::from_secs(30);
        Self {
            listen_addresses: Vec::new(),
            telemetry_path: "/metrics".to_owned(),
            enable_openmetrics: false,
            max_connections: 16,
            max_requests: 0,
            read_timeout: ample,
            write_timeout: ample,
            web_config_file: None,
            scrape_timeout: ample,
            labels: ConstantLabels::default(),
            log_level: LevelFilter::Off,
            log_format: LogFormat::Logfmt,
            exporter_metrics: true,
        }
    }
}
