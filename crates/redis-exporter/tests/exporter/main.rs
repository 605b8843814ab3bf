//! The real binary: started as a user would, asked over HTTP, with a real Redis behind it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "all of it is test code")]

mod command_line;
mod documents;
#[cfg(unix)]
mod failures;
#[cfg(unix)]
mod live;
mod process;
#[cfg(unix)]
mod redis;
