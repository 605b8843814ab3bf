//! The 5.1 package from outside: one broken rule at a time, from the sources and from the bytes.

// The attribute tells clippy that helpers, too, are test code.
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
