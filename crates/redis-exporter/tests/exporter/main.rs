//! Runs the real binary against a real Redis and scrapes it over HTTP.
#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

mod command_line;
mod documents;
#[cfg(unix)]
mod failures;
#[cfg(unix)]
mod fake;
#[cfg(unix)]
mod live;
#[cfg(unix)]
mod peer;
mod process;
#[cfg(unix)]
mod redis;
#[cfg(unix)]
mod refusals;
#[cfg(all(unix, feature = "tls"))]
mod tls;
