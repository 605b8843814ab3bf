//! The plugin package that BlueKing 6 and 7 import (a `.tgz`): one folder for each system, each
//! with the executable, the scripts that start and stop it, and the same documents.
//!
//! [`generate`] makes the documents, [`Package`] adds the files that people or compilers make,
//! [`write()`] makes the archive; [`read`] takes any archive apart. [`allocate_port`],
//! [`command_line`], [`render`] and [`split_words`] do what a site and its hosts do with a package
//! when they deploy it.

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
pub use documents::{
    ConfigItem, Documents, Field, FieldType, ItemType, Meta, MetricGroup, Mode, MonitorType,
    Version, read_config, read_metrics,
};
pub use generate::{fill_description, generate};
pub use package::Package;
pub use port::allocate_port;
pub use release::{RELEASE_LIMIT, release_notes};
pub use scripts::rendered_files;
pub use system::System;
pub use template::render;
pub use words::{Rewriting, Words, rewrite, split_words};

/// File of a system's folder with the version, `x.y`.
pub const VERSION: &str = "VERSION";
/// File with the definition that the node manager (节点管理) reads.
pub const PROJECT: &str = "project.yaml";
/// File with the plugin's names and kind.
pub const META: &str = "info/meta.yaml";
/// File with the rows of the form that operators fill in.
pub const CONFIG: &str = "info/config.json";
/// File with the groups of metrics.
pub const METRICS: &str = "info/metrics.json";
/// File with the Markdown text that operators read.
pub const DESCRIPTION: &str = "info/description.md";
/// File with what is new in this version.
pub const RELEASE: &str = "info/release.md";
/// File with BlueKing's signature. Only BlueKing can sign, so it is empty.
pub const SIGNATURE: &str = "info/signature.yaml";
/// File with the picture.
pub const LOGO: &str = "info/logo.png";
/// The folder of the files that operators choose, and of what templates become, in the plugin's.
pub const FILES: &str = "etc";
/// Template of the file that the scripts read: where to write what, and the arguments.
pub const ENV_TEMPLATE: &str = "etc/env.yaml.tpl";
/// Template of the configuration with which BlueKing's agent shows what an exporter exposes.
pub const DEBUG_TEMPLATE: &str = "etc/bkmonitorbeat_debug.yaml.tpl";

/// The path that BlueKing 6 and 7 scrape; a package cannot change it.
pub const METRICS_PATH: &str = "/metrics";
