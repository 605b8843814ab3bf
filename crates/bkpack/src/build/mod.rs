//! `bkpack build`: packs an exporter from a folder that `bkpack init` drafted or a person wrote.

mod pack;
mod source;

pub use self::pack::{
    Documents, Formats, Output, Packages, archive_name, assemble, documents, reject, write,
};
pub use self::source::{DESCRIPTION, Source};
