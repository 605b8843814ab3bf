//! The plugin package: documents from valid sources, each rule on its own, and the archive.

mod archive;
mod documents;
mod source_rules;
