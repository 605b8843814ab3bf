//! Integration tests of the plugin package: documents from valid sources, each rule on its own, and
//! the archive.

// The attribute marks helpers as test code for clippy.
#[cfg(test)]
mod archive;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod source_rules;
#[cfg(test)]
mod support;
