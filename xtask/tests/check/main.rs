//! Tests of the `cargo xtask check` command.

// The attribute tells clippy that helpers, too, are test code.
#[cfg(test)]
mod command;
#[cfg(test)]
#[path = "../../../crates/blueking-package/tests/samples/mod.rs"]
mod samples;
