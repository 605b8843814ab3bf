//! The flat zip that BlueKing 5.1 imports with one click (一键导入); files are identified by name.
//!
//! [`generate`] generates the documents, [`Package`] adds the other files, [`write()`] writes the
//! archive and [`read`] reads one; [`check`](crate::check) reports problems. The rules follow the
//! 5.1 documentation; undocumented keys are ignored.

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
pub use tables::FIELD_NAME_LIMIT;

/// Entry with the executable for x86-64 Linux.
pub const LINUX_EXPORTER: &str = "exporter-linux";
/// Entry with the executable for x86-64 Windows.
pub const WINDOWS_EXPORTER: &str = "exporter-windows.exe";
/// Entry with the executable for AIX, which BlueKing supports but this project does not build.
pub const AIX_EXPORTER: &str = "exporter-aix";
/// Entry with the component's name.
pub const INFO: &str = "info.json";
/// Entry with the result tables.
pub const METRICS: &str = "metrics.json";
/// Entry with the start parameters.
pub const CONFIG_SCHEMA: &str = "config_schema.json";
/// Entry with the picture, a PNG of 155 by 65 pixels.
pub const LOGO: &str = "logo.png";
/// Entry with the description page in Markdown.
pub const DESCRIPTION: &str = "description.md";

/// The start parameter with the metrics URL that BlueKing scrapes; the exporter does not receive
/// it.
pub const EXPORTER_URL: &str = "_exporter_url_";
