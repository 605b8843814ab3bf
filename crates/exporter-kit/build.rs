//! Passes the versions of compiler and target to the crate, for `*_build_info`.

use std::env;
use std::process::Command;

fn main() {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    // The second word of `rustc 1.95.0 (59807616e 2026-04-14)` is the version.
    let version = text.ok().and_then(|text| text.split(' ').nth(1).map(str::to_owned));
    let version = version.unwrap_or_else(|| "unknown".to_owned());
    let target = env::var("TARGET").unwrap_or_else(|_| "unknown".to_owned());
    println!("cargo::rustc-env=EXPORTER_KIT_RUST_VERSION={version}");
    println!("cargo::rustc-env=EXPORTER_KIT_TARGET={target}");
    println!("cargo::rerun-if-changed=build.rs");
}
