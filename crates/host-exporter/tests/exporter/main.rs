//! The real binary: started as a user would, asked over HTTP.
#![allow(clippy::unwrap_used, clippy::panic, reason = "all of it is test code")]

#[cfg(target_os = "linux")]
mod churn;
mod command_line;
mod documents;
mod hostile;
#[cfg(target_os = "linux")]
mod machines;
mod pages;
#[cfg(target_os = "linux")]
mod peer;
mod process;
#[cfg(target_os = "linux")]
mod process_groups;
#[cfg(target_os = "linux")]
mod systemd;
#[cfg(windows)]
mod windows;
