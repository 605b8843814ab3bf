//! The plugin package that BlueKing 6 and 7 import (a `.tgz`): one folder per system, each with the
//! executable, its start and stop scripts, and identical documents.
//!
//! [`generate`] generates the documents, [`Package`] adds the other files, [`write()`] writes the
//! archive and [`read`] reads one. [`allocate_port`], [`command_line`], [`render`] and
//! [`split_words`] reproduce the deployment of a package by a site and its hosts.

mod archive;
mod command_line;
mod configuration;
mod documents;
mod generate;
mod metrics;
mod package;
mod plain;
mod port;
mod release;
mod scripts;
mod system;
mod template;
mod words;
mod yaml;

pub use archive::{MAX_BYTES, MAX_MEMBERS, Member, read, write};
pub use command_line::{command_line, environment};
pub use configuration::is_changed_by_shells;
pub use documents::{
    ConfigItem, Documents, Field, FieldType, ItemType, Meta, MetricGroup, Mode, MonitorType,
    Version, read_config, read_metrics,
};
pub use generate::{fill_description, generate};
pub use metrics::METRIC_LIMIT;
pub use package::Package;
pub use port::allocate_port;
pub use release::{RELEASE_LIMIT, release_notes};
pub use scripts::rendered_files;
pub use system::System;
pub use template::render;
pub use words::{Rewriting, Words, rewrite, split_words};

/// File in a system's folder with the version, `x.y`.
pub const VERSION: &str = "VERSION";
/// File with the definition for node management (节点管理).
pub const PROJECT: &str = "project.yaml";
/// File with the plugin's names and kind.
pub const META: &str = "info/meta.yaml";
/// File with the rows of the deployment form.
pub const CONFIG: &str = "info/config.json";
/// File with the groups of metrics.
pub const METRICS: &str = "info/metrics.json";
/// File with the description page in Markdown.
pub const DESCRIPTION: &str = "info/description.md";
/// File with the release notes.
pub const RELEASE: &str = "info/release.md";
/// File with BlueKing's signature; empty, because only BlueKing can sign.
pub const SIGNATURE: &str = "info/signature.yaml";
/// File with the picture.
pub const LOGO: &str = "info/logo.png";
/// The folder of uploaded files and rendered templates in the plugin folder.
pub const FILES: &str = "etc";
/// Template of the file that the scripts read: paths and arguments.
pub const ENV_TEMPLATE: &str = "etc/env.yaml.tpl";
/// Template of the configuration with which BlueKing's agent prints the metrics of an exporter.
pub const DEBUG_TEMPLATE: &str = "etc/bkmonitorbeat_debug.yaml.tpl";

/// The metrics path that BlueKing 6 and 7 scrape; a package cannot change it.
pub const METRICS_PATH: &str = "/metrics";
