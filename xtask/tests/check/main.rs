//! `cargo xtask check` from outside.

// The attribute tells clippy that helpers, too, are test code.
#[cfg(test)]
mod command;
