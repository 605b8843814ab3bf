//! Tests of the `bkpack check` command.

// The attribute tells clippy that helpers, too, are test code.
#[cfg(test)]
mod command;
#[cfg(test)]
#[path = "../../../blueking-package/tests/rules/support/samples.rs"]
mod samples;
