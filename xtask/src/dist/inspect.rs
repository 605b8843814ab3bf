//! Inspects an executable before packing: correct machine, no dependency that the target system may
//! lack, no trace of the build machine. Pure: bytes in, findings out.

use std::collections::BTreeSet;

use blueking_package::{Requirements, requirements};

use super::target::Target;

/// Larger executables of exporters get a warning.
pub(crate) const LARGE: usize = 5 << 19; // 2.5 MiB

/// A larger bkpack gets one.
pub(crate) const LARGE_TOOL: usize = 6 << 20;

/// Properties of a valid executable.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Findings {
    /// The kind of linking, for the summary.
    pub(crate) linkage: &'static str,
    /// Imported system DLLs.
    pub(crate) imports: Vec<String>,
}

/// Inspects an executable for `target`, which must contain none of the `forbidden` texts.
///
/// # Errors
/// Every reason not to ship it.
pub(crate) fn inspect(
    bytes: &[u8],
    target: Target,
    forbidden: &[String],
) -> Result<Findings, Vec<String>> {
    // One path can match several texts, such as home and workspace.
    let leaks: BTreeSet<_> = forbidden.iter().filter_map(|text| find_leak(bytes, text)).collect();
    let leaks = leaks
        .into_iter()
        .map(|leak| format!("it contains a path or host of the build machine: {leak}"));
    let (findings, problem) = match inspect_format(bytes, target) {
        Ok(findings) => (Some(findings), None),
        Err(problem) => (None, Some(problem)),
    };
    let problems: Vec<_> = problem.into_iter().chain(leaks).collect();
    findings.filter(|_| problems.is_empty()).ok_or(problems)
}

fn inspect_format(bytes: &[u8], target: Target) -> Result<Findings, String> {
    let (system, Requirements { loader, libraries, foreign, .. }) = requirements(bytes)?;
    if system != target.system() {
        return Err(format!("it is for {system:?}, not for {:?}", target.system()));
    }
    if target.is_windows() {
        let newer: Vec<_> = libraries.iter().filter(|dll| is_newer_than_7(dll)).cloned().collect();
        return match &*foreign {
            [] if target == Target::Windows7 && !newer.is_empty() => {
                Err(format!("it imports DLLs that Windows 7 lacks: {}", newer.join(", ")))
            }
            [] => Ok(Findings { linkage: "system DLLs", imports: libraries }),
            _ => Err(format!("it imports DLLs that Windows lacks: {}", foreign.join(", "))),
        };
    }
    match (loader, &*libraries) {
        (Some(loader), _) => Err(format!("it is not static: it requires the loader {loader}")),
        (None, []) => Ok(Findings { linkage: "static", imports: Vec::new() }),
        (None, _) => Err(format!("it is not static: it requires {}", libraries.join(", "))),
    }
}

/// Whether std imports a DLL, by its lower-case name, for Windows 8 or 10 and later alone. Windows 7
/// has a `bcryptprimitives.dll` without the function that is wanted.
fn is_newer_than_7(dll: &str) -> bool {
    dll.starts_with("api-ms-win-") || dll == "bcryptprimitives.dll"
}

/// Finds the first occurrence of `text`, and returns it with the rest of its path.
fn find_leak(bytes: &[u8], text: &str) -> Option<String> {
    let text = text.as_bytes();
    let found = |&at: &usize| bytes[at..].starts_with(text) && !is_inside_path(&bytes[..at], text);
    let at = (0..bytes.len()).find(found)?;
    let end = bytes[at..].iter().take(120).take_while(|byte| is_path_byte(**byte)).count();
    Some(String::from_utf8_lossy(&bytes[at..at + end.max(text.len())]).into_owned())
}

/// Whether a folder name that follows `before` continues a longer path, such as the `/src/` in
/// `/deps/regex/src/lib.rs` when the build folder is `/src`. Strings in binaries have no
/// separators, so a preceding source file name ends another path and does not count.
fn is_inside_path(before: &[u8], text: &[u8]) -> bool {
    let length = before.iter().rev().take(200).take_while(|byte| is_path_byte(**byte)).count();
    let path = &before[before.len() - length..];
    let ends_a_file = [".rs", ".c", ".h", ".s"].iter().any(|end| path.ends_with(end.as_bytes()));
    text.starts_with(b"/") && path.contains(&b'/') && !ends_a_file
}

fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/._-+@".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{self, pe};

    /// An ELF file of type `kind` with one segment.
    fn elf(kind: u8, machine: u16, segment: u32, content: &[u8]) -> Vec<u8> {
        let mut bytes = samples::elf(machine, &[(segment, content)]);
        bytes[16] = kind;
        bytes
    }

    fn problem(bytes: &[u8], target: Target) -> String {
        inspect(bytes, target, &[]).unwrap_err().join("; ")
    }

    #[test]
    fn static_executables_pass() {
        let needs_nothing = [[0x15_u64, 0], [0, 0]].concat();
        let dynamic: Vec<u8> = needs_nothing.iter().flat_map(|word| word.to_le_bytes()).collect();
        for (kind, machine, segment, content, target) in [
            (2, 62, 1, &b"code"[..], Target::Linux),
            (3, 62, 2, &dynamic, Target::Linux),
            (2, 183, 1, b"code", Target::LinuxAarch64),
        ] {
            let found = inspect(&elf(kind, machine, segment, content), target, &[]).unwrap();
            assert_eq!(found.linkage, "static");
        }
        let exe = pe(0x8664, &["KERNEL32.dll", "api-ms-win-core-synch-l1-2-0.dll"]);
        let found = inspect(&exe, Target::Windows, &[]).unwrap();
        assert_eq!(found.imports, ["api-ms-win-core-synch-l1-2-0.dll", "kernel32.dll"]);
        assert_eq!(
            problem(&exe, Target::Windows7),
            "it imports DLLs that Windows 7 lacks: api-ms-win-core-synch-l1-2-0.dll"
        );
        let exe = pe(0x8664, &["KERNEL32.dll", "ntdll.dll"]);
        inspect(&exe, Target::Windows7, &[]).unwrap();
    }

    #[test]
    fn problems_are_reported() {
        let needed: Vec<u8> = [1_u64, 1, 0, 0].iter().flat_map(|word| word.to_le_bytes()).collect();
        for (bytes, target, expected) in [
            (elf(2, 183, 1, b""), Target::Linux, "it is for LinuxAarch64, not for LinuxX86_64"),
            (elf(2, 62, 1, b""), Target::LinuxAarch64, "for LinuxX86_64, not for LinuxAarch64"),
            (elf(3, 183, 2, &needed), Target::LinuxAarch64, "not static: it requires ?"),
            (elf(2, 183, 1, b""), Target::Windows7, "not for WindowsX86_64"),
            (
                elf(3, 62, 3, b"/lib64/ld-linux-x86-64.so.2\0"),
                Target::Linux,
                "the loader /lib64/ld",
            ),
            (elf(1, 62, 1, b""), Target::Linux, "not an executable (type 0x1)"),
            (pe(0x8664, &[]), Target::Linux, "it is for WindowsX86_64"),
            (Vec::new(), Target::Linux, "empty"),
            (pe(0xaa64, &[]), Target::Windows, "for machine 0xaa64"),
            (
                pe(0x8664, &["kernel32.dll", "libgcc_s_seh-1.dll"]),
                Target::Windows,
                ": libgcc_s_seh-1.dll",
            ),
            (b"#!/bin/sh\n".to_vec(), Target::Windows, "not an ELF executable"),
        ] {
            let problem = problem(&bytes, target);
            assert!(problem.contains(expected), "{problem}");
        }
    }

    #[test]
    fn test_binary_is_not_static() {
        if cfg!(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64")) {
            let bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
            assert!(problem(&bytes, Target::Linux).contains("not static"));
        }
    }

    #[test]
    fn truncated_files_are_rejected() {
        let whole = elf(2, 62, 3, b"/lib/ld.so\0");
        for length in 0..whole.len() {
            assert!(inspect(&whole[..length], Target::Linux, &[]).is_err(), "{length}");
        }
        let whole = pe(0x8664, &["libgcc_s_seh-1.dll"]);
        for length in 0..whole.len() {
            let _ = inspect(&whole[..length], Target::Windows, &[]);
        }
    }

    #[test]
    fn traces_of_the_build_machine_are_found() {
        for (content, text, expected) in [
            ("order/home/ann/w/x.rs\0", "/home/ann/", Some("/home/ann/w/x.rs")),
            ("/deps/a/lib.rs/home/ann/w/x.rs ", "/home/ann/", Some("/home/ann/w/x.rs")),
            ("see registry.example here", "registry.example", Some("registry.example")),
            (
                "/deps/registry.example-1a2b/a.rs",
                "registry.example",
                Some("registry.example-1a2b/a.rs"),
            ),
            ("/deps/regex/src/lib.rs", "/src/", None),
            ("error/src/main.rs", "/src/", Some("/src/main.rs")),
            ("/tmp\0", "/tmp/", None),
        ] {
            let leak = find_leak(content.as_bytes(), text);
            assert_eq!(leak.as_deref(), expected, "{content}");
        }
        let bytes = elf(2, 62, 1, b"in /home/ann/w/target/x.rs now");
        let forbidden = ["/home/ann/", "/home/ann/w/", "/srv/build/"].map(str::to_owned);
        let problems = inspect(&bytes, Target::Linux, &forbidden).unwrap_err();
        assert_eq!(
            problems,
            ["it contains a path or host of the build machine: /home/ann/w/target/x.rs"]
        );
    }
}
