//! Attacks and faults that an exporter has to survive: clients that misbehave, collectors that
//! hang, a system that runs out. The exporter is a process of its own, this binary started again,
//! so that its memory, threads and file descriptors can be counted from outside.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "all of it is test code")]

mod child;
mod client;
mod clients;
mod collectors;
mod exporter;
mod heads;
mod lifetime;
mod readers;
mod steady;
mod together;
mod waiting;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Keeps the tests apart: they measure time and load, and one would disturb the other.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
