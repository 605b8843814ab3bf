//! Inspects an executable before packing: correct machine, no dependency that the target system may
//! lack, no trace of the build machine. Pure: bytes in, findings out.

use std::collections::BTreeSet;

use blueking_package::is_system_dll;
use object::LittleEndian;
use object::elf::{DT_NEEDED, EM_AARCH64, EM_X86_64, ET_DYN, ET_EXEC, FileHeader64, Machine};
use object::pe::{IMAGE_FILE_DLL, IMAGE_FILE_MACHINE_AMD64};
use object::read::elf::{Dyn, FileHeader, ProgramHeader};
use object::read::pe::PeFile64;

use super::target::Target;

/// Larger executables of exporters get a warning.
pub(crate) const LARGE: usize = 5 << 19; // 2.5 MiB

/// A larger bkpack gets one.
pub(crate) const LARGE_TOOL: usize = 6 << 20;

/// Properties of a valid executable.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Findings {
    /// The kind of linking, for the summary.
    pub(crate) linkage: String,
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
    let format = match target {
        Target::Linux => inspect_elf(bytes, EM_X86_64, "x86-64"),
        Target::LinuxAarch64 => inspect_elf(bytes, EM_AARCH64, "AArch64"),
        Target::Windows | Target::Windows7 => inspect_pe(bytes),
    };
    // One path can match several texts, such as home and workspace.
    let leaks: BTreeSet<_> = forbidden.iter().filter_map(|text| find_leak(bytes, text)).collect();
    let leaks = leaks
        .into_iter()
        .map(|leak| format!("it contains a path or host of the build machine: {leak}"));
    let (findings, problem) = match format {
        Ok(findings) => (Some(findings), None),
        Err(problem) => (None, Some(problem)),
    };
    let problems: Vec<_> = problem.into_iter().chain(leaks).collect();
    findings.filter(|_| problems.is_empty()).ok_or(problems)
}

fn inspect_elf(bytes: &[u8], wanted: Machine, name: &str) -> Result<Findings, String> {
    let damaged = |error| format!("it is not a valid 64-bit ELF file: {error}");
    let header = FileHeader64::<LittleEndian>::parse(bytes).map_err(damaged)?;
    let endian = header.endian().map_err(damaged)?;
    let machine = header.e_machine(endian);
    if machine != wanted {
        return Err(format!("it is for ELF machine {}, not for {name}", machine.0));
    }
    let mut libraries = 0;
    for segment in header.program_headers(endian, bytes).map_err(damaged)? {
        if let Some(loader) = segment.interpreter(endian, bytes).map_err(damaged)? {
            let loader = String::from_utf8_lossy(loader);
            return Err(format!("it is not static: it requires the loader {loader}"));
        }
        let entries = segment.dynamic(endian, bytes).map_err(damaged)?.unwrap_or_default();
        libraries += entries.iter().filter(|entry| entry.tag(endian) == DT_NEEDED).count();
    }
    if libraries > 0 {
        return Err(format!("it is not static: it requires {libraries} shared libraries"));
    }
    let linkage = match header.e_type(endian) {
        ET_EXEC => "static",
        ET_DYN => "static-pie",
        kind => return Err(format!("it is not an executable: its ELF type is {}", kind.0)),
    };
    Ok(Findings { linkage: linkage.to_owned(), imports: Vec::new() })
}

fn inspect_pe(bytes: &[u8]) -> Result<Findings, String> {
    let damaged = |error| format!("it is not a valid PE32+ file: {error}");
    let file = PeFile64::parse(bytes).map_err(damaged)?;
    let header = &file.nt_headers().file_header;
    let machine = header.machine.get(LittleEndian);
    if machine != IMAGE_FILE_MACHINE_AMD64 {
        return Err(format!("it is for PE machine {:#06x}, not for x86-64", machine.0));
    }
    if header.characteristics.get(LittleEndian).0 & IMAGE_FILE_DLL.0 != 0 {
        return Err("it is not an executable but a DLL".to_owned());
    }
    let mut imports = Vec::new();
    if let Some(table) = file.import_table().map_err(damaged)? {
        let mut descriptors = table.descriptors().map_err(damaged)?;
        while let Some(descriptor) = descriptors.next().map_err(damaged)? {
            let name = table.name(descriptor.name.get(LittleEndian)).map_err(damaged)?;
            imports.push(String::from_utf8_lossy(name).to_lowercase());
        }
    }
    imports.sort();
    imports.dedup();
    let foreign: Vec<_> = imports.iter().filter(|name| !is_system_dll(name)).cloned().collect();
    if !foreign.is_empty() {
        return Err(format!("it imports DLLs that Windows does not have: {}", foreign.join(", ")));
    }
    Ok(Findings { linkage: "system DLLs".to_owned(), imports })
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
        for (kind, segment, content, linkage) in
            [(2, 1, &b"code"[..], "static"), (3, 2, &dynamic, "static-pie")]
        {
            let found = inspect(&elf(kind, 62, segment, content), Target::Linux, &[]).unwrap();
            assert_eq!(found.linkage, linkage);
        }
        let arm = elf(2, 183, 1, b"code");
        assert_eq!(inspect(&arm, Target::LinuxAarch64, &[]).unwrap().linkage, "static");
        let exe = pe(0x8664, &["KERNEL32.dll", "api-ms-win-core-synch-l1-2-0.dll"]);
        let found = inspect(&exe, Target::Windows, &[]).unwrap();
        assert_eq!(found.imports, ["api-ms-win-core-synch-l1-2-0.dll", "kernel32.dll"]);
    }

    #[test]
    fn problems_are_reported() {
        let needed: Vec<u8> = [1_u64, 1, 0, 0].iter().flat_map(|word| word.to_le_bytes()).collect();
        for (bytes, target, expected) in [
            (elf(2, 183, 1, b""), Target::Linux, "for ELF machine 183, not for x86-64"),
            (elf(2, 62, 1, b""), Target::LinuxAarch64, "for ELF machine 62, not for AArch64"),
            (elf(3, 183, 2, &needed), Target::LinuxAarch64, "1 shared libraries"),
            (elf(2, 183, 1, b""), Target::Windows7, "not a valid PE32+"),
            (
                elf(3, 62, 3, b"/lib64/ld-linux-x86-64.so.2\0"),
                Target::Linux,
                "the loader /lib64/ld",
            ),
            (elf(3, 62, 2, &needed), Target::Linux, "1 shared libraries"),
            (elf(1, 62, 1, b""), Target::Linux, "its ELF type is 1"),
            (pe(0x8664, &[]), Target::Linux, "not a valid 64-bit ELF"),
            (Vec::new(), Target::Linux, "not a valid 64-bit ELF"),
            (pe(0xaa64, &[]), Target::Windows, "for PE machine 0xaa64"),
            (
                pe(0x8664, &["kernel32.dll", "libgcc_s_seh-1.dll"]),
                Target::Windows,
                ": libgcc_s_seh-1.dll",
            ),
            (elf(2, 62, 1, b""), Target::Windows, "not a valid PE32+"),
            (b"#!/bin/sh\n".to_vec(), Target::Windows, "not a valid PE32+"),
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
