//! `cargo xtask check` from outside.

// The attribute tells clippy that helpers, too, are test code.
#[cfg(test)]
mod command;
#[cfg(test)]
#[path = "../../../crates/blueking-package/tests/samples/mod.rs"]
mod samples;
