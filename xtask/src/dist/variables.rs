//! Decides which environment variables of the user and of the outer cargo reach a build. Pure.

/// Cargo variables that are kept: registries, caches and output.
const PASSING: [&str; 7] = [
    "CARGO_BUILD_JOBS",
    "CARGO_HOME",
    "CARGO_HTTP_",
    "CARGO_NET_",
    "CARGO_REGISTR", // CARGO_REGISTRY_…, CARGO_REGISTRIES_…
    "CARGO_SOURCE_",
    "CARGO_TERM_",
];

/// Whether a variable changes what cargo or rustc build. `RUSTUP_TOOLCHAIN` is kept, because
/// `cargo +NAME xtask` sets it.
pub(super) fn leaks(name: &str) -> bool {
    let is_cargo = name.starts_with("CARGO") || name.starts_with("__CARGO");
    (is_cargo && !PASSING.iter().any(|passing| name.starts_with(passing)))
        || name.starts_with("RUSTC")
        || name.starts_with("RUSTDOC")
        || ["RUSTFLAGS", "RUST_RECURSION_COUNT", "SOURCE_DATE_EPOCH"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_change_a_build_are_removed() {
        for name in [
            "CARGO",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_INCREMENTAL",
            "CARGO_MANIFEST_DIR",
            "CARGO_PROFILE_SHIPPED_LTO",
            "CARGO_TARGET_DIR",
            "CARGO_UNSTABLE_BUILD_STD",
            "RUSTC_WRAPPER",
            "RUSTDOCFLAGS",
            "RUSTFLAGS",
        ] {
            assert!(leaks(name), "{name}");
        }
        for name in ["CARGO_HOME", "CARGO_HTTP_PROXY", "CARGO_NET_OFFLINE", "HOME", "RUSTUP_HOME"] {
            assert!(!leaks(name), "{name}");
        }
    }
}
