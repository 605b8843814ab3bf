//! The zip that BlueKing 5.1 imports with one click (一键导入): flat, its files found by name.
//!
//! [`generate`] makes the documents, [`Package`] adds the files that people or compilers make,
//! [`write()`] makes the archive, [`read`] reads any; [`check`](crate::check) tells what is wrong.
//! The rules are those of the 5.1 documentation; keys that it does not name are not looked at.

mod archive;
mod check;
mod command_line;
mod documents;
mod generate;
mod info;
pub(crate) mod logo;
mod origin;
mod package;
mod parameters;
mod rules;
mod tables;

pub use archive::{Entries, MAX_BYTES, MAX_ENTRIES, read, write};
pub(crate) use check::problems_of;
pub use command_line::command_line;
pub use documents::{
    Documents, Field, FieldType, Info, Mode, MonitorType, ParameterType, ResultTable,
    StartParameter,
};
pub use generate::{fill_description, generate};
pub use package::Package;

/// Entry with the executable for x86-64 Linux.
pub const LINUX_EXPORTER: &str = "exporter-linux";
/// Entry with the executable for x86-64 Windows.
pub const WINDOWS_EXPORTER: &str = "exporter-windows.exe";
/// Entry with the executable for AIX, which BlueKing looks for and this product does not make.
pub const AIX_EXPORTER: &str = "exporter-aix";
/// Entry with the component's name.
pub const INFO: &str = "info.json";
/// Entry with the result tables.
pub const METRICS: &str = "metrics.json";
/// Entry with the start parameters.
pub const CONFIG_SCHEMA: &str = "config_schema.json";
/// Entry with the picture, a PNG of 155 by 65 pixels.
pub const LOGO: &str = "logo.png";
/// Entry with the Markdown text that operators read when they add the component.
pub const DESCRIPTION: &str = "description.md";

/// The start parameter that says where BlueKing fetches the metrics; the exporter never sees it.
pub const EXPORTER_URL: &str = "_exporter_url_";
