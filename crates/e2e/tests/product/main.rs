//! Tests of the packages in `target/dist`, which `cargo xtask dist` makes, with the real programs
//! that read and run them. One alone: `cargo test -p e2e --test product rehearsal::zip_for_linux`.

mod manifests;
mod package;
mod plugin;
mod prometheus;
mod redis;
mod rehearsal;
mod scaffold;
mod values;
mod windows;
mod windows_processes;
