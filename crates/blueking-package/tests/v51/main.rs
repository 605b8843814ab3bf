//! Integration tests of the 5.1 package: each rule on its own, on the sources and on the archive.

// The attribute marks helpers as test code for clippy.
#[cfg(test)]
mod archive_rules;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod hostile_zips;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
#[path = "../samples/mod.rs"]
mod samples;
#[cfg(test)]
mod source_rules;
#[cfg(test)]
mod support;
