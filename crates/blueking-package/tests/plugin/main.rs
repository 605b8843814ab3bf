//! The plugin package from outside: what is made from sound sources, one broken rule at a time, and
//! the archive.

// The attribute tells clippy that helpers, too, are test code.
#[cfg(test)]
mod archive;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod source_rules;
#[cfg(test)]
mod support;
