//! The package formats of BlueKing (蓝鲸) monitoring as data: writes, reads and checks them. This
//! crate starts no process, uses no network and builds nothing.
//!
//! A package is generated from two sources: a hand-written description
//! (`config/<exporter>/blueking.toml`) and the exporter's own definitions
//! (`<exporter> --describe`):
//!
//! ```
//! use blueking_package::{Definitions, PackageDescription, v51};
//!
//! let description = PackageDescription::parse(
//!     "blueking.toml",
//!     r#"
//!     plugin_id = "pool_exporter"
//!     component_name = "pool"
//!     display_name = "连接池"
//!     listen = "127.0.0.1:9700"
//!     "#,
//! )?;
//! let definitions = Definitions::parse(
//!     "pool_exporter --describe",
//!     r#"{
//!         "schema": 1,
//!         "name": "pool_exporter",
//!         "version": "0.1.0",
//!         "flags": [{"name": "web.listen-address"}, {"name": "web.telemetry-path"}],
//!         "groups": [{"name": "pool", "zh": "连接池", "enabled": true}],
//!         "metrics": [{"name": "pool_size", "kind": "gauge", "zh": "连接数", "group": "pool"}]
//!     }"#,
//! )?;
//! let documents = v51::generate(&description, &definitions).map_err(|problems| {
//!     problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
//! })?;
//! assert_eq!(documents.metrics[0].table_desc, "连接池");
//! assert_eq!(documents.config_schema[0].default, "http://127.0.0.1:9700/metrics");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`v51`] is the zip of BlueKing 5.1, [`plugin`] the archive of BlueKing 6 and 7; both are
//! generated from the same description. [`check`] checks a package of either format; [`agent`]
//! predicts how BlueKing's agent reads an exporter's metrics page.

mod address;
pub mod agent;
#[cfg(test)]
#[path = "../tests/rules/support/catalogue.rs"]
mod catalogue;
pub mod check;
mod default_groups;
mod definitions;
mod description;
mod documents;
mod error;
mod executable;
mod folder;
mod glob;
pub mod language;
mod markdown;
mod names;
mod parameter;
mod partial;
pub mod plugin;
mod problem;
mod requirements;
#[cfg(test)]
#[path = "../tests/rules/support/samples.rs"]
mod samples;
mod script;
mod selection;
mod text;
mod texts;
pub mod v51;

pub use definitions::{Collector, Definitions, Flag, Kind, Metric, MetricGroup, Sample, Unit};
pub use description::{Group, PackageDescription};
pub use error::{Error, FileAction, LimitUnit};
pub use executable::is_system_dll;
pub use glob::matches as pattern_matches;
pub use language::Language;
pub use names::{
    GROUP_TEXT_LIMIT, RESERVED_LABELS, component_name_rules, is_identifier, is_reserved_label,
    is_savable_name, plugin_id_rules,
};
pub use parameter::{Input, Parameter};
pub use problem::{Problem, Violation};
pub use requirements::{Requirements, requirements};
pub use script::script_fault;
pub use text::{abbreviated, first_sentence};
