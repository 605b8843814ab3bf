//! Attacks and faults that an exporter has to survive: misbehaving clients, hanging collectors,
//! exhausted resources. The exporter is a separate process, a second instance of this binary, so
//! that its memory, threads and file descriptors can be measured from outside.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "all of it is test code")]

mod child;
mod client;
mod clients;
mod collectors;
mod exporter;
mod heads;
mod lifetime;
#[path = "../../examples/probe.rs"]
mod probe;
mod readers;
mod steady;
mod targets;
mod together;
mod waiting;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Serializes the tests: they measure time and load, and would disturb each other.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
