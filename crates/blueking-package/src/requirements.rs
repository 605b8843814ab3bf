//! What an executable is and what it requires from a host, from the whole file.

use std::iter;

use object::LittleEndian;
use object::elf::{DT_NEEDED, DT_STRSZ, DT_STRTAB, FileHeader64, PT_DYNAMIC};
use object::read::elf::{Dyn, FileHeader, ProgramHeader};

use crate::check::{Program, Scan};
use crate::executable::{self, is_system_dll};
use crate::plugin::System;
use crate::texts::check_executable::executable_is_truncated;

/// Libraries of glibc itself and of its compiler, which every host with glibc has.
const GLIBC: &str = "libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1 libresolv.so.2 \
    libutil.so.1 libnss_files.so.2 libgcc_s.so.1 ld-linux-x86-64.so.2 ld-linux-aarch64.so.1";

/// Maximum number of library names read.
const MAX_LIBRARIES: usize = 200;

/// What an executable requires from a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirements {
    /// The dynamic loader of an ELF file; `None` if it is statically linked.
    pub loader: Option<String>,
    /// The newest glibc version that an ELF file requires, as major and minor.
    pub glibc: Option<(u32, u32)>,
    /// The shared libraries of an ELF file, or the DLLs of a PE file in lower case. `?` is a library
    /// whose name cannot be read.
    pub libraries: Vec<String>,
    /// Libraries that are neither part of glibc nor of Windows: a package cannot ship them.
    pub foreign: Vec<String>,
}

/// Reads the system and the requirements of an executable.
///
/// # Errors
/// A sentence that says what the file is instead, such as a script or a part of an executable.
pub fn requirements(bytes: &[u8]) -> Result<(System, Requirements), String> {
    let is_windows = bytes.starts_with(b"MZ");
    let is_for = |system: &System| executable::check(bytes, *system).is_ok();
    let Some(system) = System::ALL.into_iter().find(is_for) else {
        let system = if is_windows { System::WindowsX86_64 } else { System::LinuxX86_64 };
        return Err(executable::check(bytes, system).err().unwrap_or_default());
    };
    let program = Scan::start(bytes).map_or_else(Program::default, |mut scan| {
        scan.feed(0, bytes);
        scan.finish()
    });
    if (bytes.len() as u64) < program.least_size {
        return Err(executable_is_truncated(bytes.len() as u64, program.least_size));
    }
    let mut libraries = program.dlls;
    if !is_windows {
        libraries = needed(bytes).unwrap_or_default();
        let unread = program.libraries.min(MAX_LIBRARIES).saturating_sub(libraries.len());
        libraries.extend(iter::repeat_n("?".to_owned(), unread));
    }
    let is_foreign = |name: &&String| match is_windows {
        true => !is_system_dll(name),
        false => !GLIBC.split_whitespace().any(|own| own == *name),
    };
    let foreign = libraries.iter().filter(is_foreign).cloned().collect();
    Ok((system, Requirements { loader: program.loader, glibc: program.glibc, libraries, foreign }))
}

/// The names of the shared libraries that an ELF file requires; `None` if it is damaged.
fn needed(bytes: &[u8]) -> Option<Vec<String>> {
    let header = FileHeader64::<LittleEndian>::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let segments = header.program_headers(endian, bytes).ok()?;
    let dynamic = segments.iter().find(|segment| segment.p_type(endian) == PT_DYNAMIC)?;
    let entries = dynamic.dynamic(endian, bytes).ok()??;
    let value = |tag| {
        let entry = entries.iter().find(|entry| entry.tag(endian) == tag);
        entry.map(|entry| entry.val(endian))
    };
    let (address, size) = (value(DT_STRTAB)?, value(DT_STRSZ)?);
    let strings = segments
        .iter()
        .find_map(|segment| segment.data_range(endian, bytes, address, size).ok().flatten())?;
    let names = entries.iter().filter(|entry| entry.tag(endian) == DT_NEEDED);
    let name = |offset: u64| {
        let text = strings.get(usize::try_from(offset).ok()?..)?;
        let end = text.iter().position(|byte| *byte == 0)?;
        Some(String::from_utf8_lossy(&text[..end]).into_owned())
    };
    Some(names.take(MAX_LIBRARIES).filter_map(|entry| name(entry.val(endian))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn other_files_are_named() {
        for (bytes, expected) in [
            (&b"#!/bin/sh\n"[..], "not an ELF executable (it starts with \"#!/b\")"),
            (b"", "empty"),
            (&samples::elf(243, &[]), "for machine 0xf3"),
            (&samples::pe(0x14c, &[]), "for machine 0x14c"),
        ] {
            let error = requirements(bytes).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn systems_are_recognised() {
        for (bytes, expected) in [
            (samples::elf(62, &[]), System::LinuxX86_64),
            (samples::elf(183, &[]), System::LinuxAarch64),
            (samples::pe(0x8664, &[]), System::WindowsX86_64),
        ] {
            let (system, found) = requirements(&bytes).unwrap();
            assert_eq!((system, found), (expected, Requirements::default()));
        }
    }

    #[test]
    fn libraries_beside_glibc_are_foreign() {
        if cfg!(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64")) {
            let mut bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
            let (_, own) = requirements(&bytes).unwrap();
            assert!(own.loader.is_some() && own.glibc.is_some());
            assert_eq!(own.foreign, [""; 0]);
            let all = needed(&bytes).unwrap();
            assert!(all.contains(&"libc.so.6".to_owned()), "{all:?}");
            // Another library under the same number of letters.
            let at = bytes.windows(10).position(|text| text == b"libc.so.6\0").unwrap();
            bytes[at..at + 4].copy_from_slice(b"libz");
            assert_eq!(requirements(&bytes).unwrap().1.foreign, ["libz.so.6"]);
        }
    }
}
