//! Recognises executables that hosts can start, from the first bytes only. Deeper inspection
//! (static linking, build paths) belongs to the build.

use crate::plugin::System;
use crate::texts::sources_files as texts;

/// DLLs that are part of Windows. Those of mingw (libgcc, winpthread) and Visual Studio are not; a
/// package would have to ship them, and BlueKing packages cannot.
const SYSTEM_DLLS: &str = "advapi32 bcrypt bcryptprimitives cfgmgr32 comctl32 crypt32 dbghelp \
    dnsapi gdi32 iphlpapi kernel32 kernelbase msvcrt mswsock netapi32 ntdll ole32 oleaut32 pdh \
    powrprof psapi rpcrt4 secur32 setupapi shell32 shlwapi user32 userenv version winmm ws2_32 \
    wtsapi32";

/// The machine that executables of a system are made for.
pub(crate) const fn machine_name(system: System) -> &'static str {
    match system {
        System::LinuxX86_64 => "x86-64 Linux",
        System::LinuxAarch64 => "aarch64 Linux",
        System::WindowsX86_64 => "x86-64 Windows",
    }
}

/// Checks that a file starting with these bytes is an executable for this system. The error states
/// what it is instead.
pub(crate) fn check(bytes: &[u8], system: System) -> Result<(), String> {
    match system {
        System::LinuxX86_64 => check_elf(bytes, 62, "x86-64"),
        System::LinuxAarch64 => check_elf(bytes, 183, "aarch64"),
        System::WindowsX86_64 => check_pe_x86_64(bytes),
    }
}

fn check_elf(bytes: &[u8], machine: u16, name: &str) -> Result<(), String> {
    if !bytes.starts_with(b"\x7fELF") {
        return Err(wrong_format(bytes, texts::is_not_elf));
    }
    // EI_CLASS 2 is 64-bit, EI_DATA 1 is little-endian.
    if bytes.get(4..6) != Some(&[2, 1]) {
        return Err(texts::elf_is_not_64_bit());
    }
    // ET_EXEC, or ET_DYN for a position-independent executable.
    match u16_at(bytes, 16) {
        Some(2 | 3) => {}
        kind => return Err(texts::elf_is_not_executable(&hex(kind))),
    }
    match u16_at(bytes, 18) {
        Some(found) if found == machine => Ok(()),
        found => Err(texts::elf_of_other_machine(&hex(found), name)),
    }
}

fn check_pe_x86_64(bytes: &[u8]) -> Result<(), String> {
    const IS_EXECUTABLE: u16 = 0x0002;
    const IS_DLL: u16 = 0x2000;

    if !bytes.starts_with(b"MZ") {
        return Err(wrong_format(bytes, texts::is_not_windows));
    }
    // The last field of the DOS header points to the PE header.
    let header = u32_at(bytes, 0x3c).and_then(|at| bytes.get(usize::try_from(at).ok()?..));
    let Some(header) = header.filter(|header| header.starts_with(b"PE\0\0")) else {
        return Err(texts::pe_without_header());
    };
    match u16_at(header, 4) {
        Some(0x8664) => {}
        machine => return Err(texts::pe_of_other_machine(&hex(machine))),
    }
    let flags = u16_at(header, 22).unwrap_or_default();
    if flags & IS_EXECUTABLE == 0 || flags & IS_DLL != 0 {
        return Err(texts::pe_is_not_executable());
    }
    match u16_at(header, 24) {
        Some(0x020b) => Ok(()),
        magic => Err(texts::pe_is_not_plus(&hex(magic))),
    }
}

fn wrong_format(bytes: &[u8], text: fn(&str) -> String) -> String {
    if bytes.is_empty() {
        return texts::file_is_empty();
    }
    text(&bytes[..bytes.len().min(4)].escape_ascii().to_string())
}

fn hex(number: Option<u16>) -> String {
    number.map_or_else(texts::number_is_unknown, |number| format!("{number:#x}"))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}

/// Whether a DLL, given by its lower-case name, is part of every Windows installation.
pub fn is_system_dll(name: &str) -> bool {
    // `api-ms-win-` names are aliases of the others.
    let stem = name.strip_suffix(".dll").unwrap_or(name);
    name.starts_with("api-ms-win-") || SYSTEM_DLLS.split_whitespace().any(|dll| dll == stem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn elf() -> Vec<u8> {
        samples::elf(62, &[])
    }

    fn pe() -> Vec<u8> {
        samples::pe(0x8664, &[])
    }

    #[test]
    fn matching_machines_pass() {
        assert_eq!(check(&elf(), System::LinuxX86_64), Ok(()));
        assert_eq!(check(&pe(), System::WindowsX86_64), Ok(()));
        let mut arm = elf();
        arm[18] = 0xb7;
        assert_eq!(check(&arm, System::LinuxAarch64), Ok(()));
        assert!(check(&elf(), System::LinuxAarch64).unwrap_err().contains("0x3e, not aarch64"));
    }

    #[test]
    fn each_wrong_byte_is_reported() {
        for (at, byte, expected) in [
            (0, b'#', "not an ELF"),
            (4, 1, "64-bit"),
            (5, 2, "little-endian"),
            (16, 1, "not an executable"),
            (18, 0xb7, "not x86-64"),
        ] {
            let mut bytes = elf();
            bytes[at] = byte;
            assert!(
                check(&bytes, System::LinuxX86_64).unwrap_err().contains(expected),
                "byte {at}"
            );
        }
        for (at, byte, expected) in [
            (0, 0x7f, "not a Windows executable"),
            (0x3c, 0x70, "no PE header"),
            (0x3f, 0xff, "no PE header"),
            (0x84, 0x4c, "not x86-64"),
            (0x80 + 22, 0x20, "library"),
            (0x80 + 23, 0x20, "library"),
            (0x80 + 25, 1, "not PE32+"),
        ] {
            let mut bytes = pe();
            bytes[at] = byte;
            assert!(
                check(&bytes, System::WindowsX86_64).unwrap_err().contains(expected),
                "byte {at}"
            );
        }
    }

    #[test]
    fn truncated_executables_fail_without_panic() {
        for length in 0..20 {
            assert!(check(&elf()[..length], System::LinuxX86_64).is_err(), "{length}");
        }
        // Up to the last byte that is inspected.
        for length in 0..0x80 + 26 {
            assert!(check(&pe()[..length], System::WindowsX86_64).is_err(), "{length}");
        }
    }
}
