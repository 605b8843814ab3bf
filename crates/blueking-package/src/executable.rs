//! Is this file an executable that BlueKing's hosts can start? Told from the first bytes alone:
//! the deeper look (static or not, builder's paths) belongs to who built it.

/// Checks for a 64-bit x86-64 ELF executable. The error is a sentence for a
/// [`Problem`](crate::Problem).
pub(crate) fn check_elf_x86_64(bytes: &[u8]) -> Result<(), String> {
    const ADVICE: &str = "ship a binary built for x86-64 Linux";
    if !bytes.starts_with(b"\x7fELF") {
        return Err(refusal("an ELF executable", bytes, ADVICE));
    }
    // EI_CLASS 2 is 64-bit, EI_DATA 1 is little-endian.
    if bytes.get(4..6) != Some(&[2, 1]) {
        return Err(format!("The file is an ELF, but not a 64-bit little-endian one; {ADVICE}."));
    }
    // ET_EXEC, or ET_DYN for a position-independent executable.
    let kind = u16_at(bytes, 16);
    if !matches!(kind, Some(2 | 3)) {
        return Err(format!("The ELF file is no executable (type {kind:?}); {ADVICE}."));
    }
    match u16_at(bytes, 18) {
        Some(0x3e) => Ok(()),
        machine => Err(format!("The ELF file is for machine {machine:?}, not x86-64; {ADVICE}.")),
    }
}

/// Checks for a PE32+ executable for x86-64. The error is a sentence for a
/// [`Problem`](crate::Problem).
pub(crate) fn check_pe_x86_64(bytes: &[u8]) -> Result<(), String> {
    const ADVICE: &str = "ship an .exe built for x86-64 Windows";
    const IS_EXECUTABLE: u16 = 0x0002;
    const IS_DLL: u16 = 0x2000;

    if !bytes.starts_with(b"MZ") {
        return Err(refusal("a Windows executable", bytes, ADVICE));
    }
    // The DOS header's last field points at the PE header.
    let header = u32_at(bytes, 0x3c).and_then(|at| bytes.get(usize::try_from(at).ok()?..));
    let Some(header) = header.filter(|header| header.starts_with(b"PE\0\0")) else {
        return Err(format!("The file has a DOS header but no PE header; {ADVICE}."));
    };
    let machine = u16_at(header, 4);
    if machine != Some(0x8664) {
        return Err(format!("The PE file is for machine {machine:?}, not x86-64; {ADVICE}."));
    }
    let flags = u16_at(header, 22).unwrap_or_default();
    if flags & IS_EXECUTABLE == 0 || flags & IS_DLL != 0 {
        return Err(format!("The PE file is a library or was not linked; {ADVICE}."));
    }
    match u16_at(header, 24) {
        Some(0x020b) => Ok(()),
        magic => Err(format!("The PE file is not PE32+ (magic {magic:?}); {ADVICE}.")),
    }
}

fn refusal(wanted: &str, bytes: &[u8], advice: &str) -> String {
    if bytes.is_empty() {
        return format!("The file is empty; {advice}.");
    }
    let start = bytes[..bytes.len().min(4)].escape_ascii();
    format!("The file is not {wanted} (it starts with \"{start}\"); {advice}.")
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elf() -> Vec<u8> {
        let mut bytes = vec![0; 64];
        bytes[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        bytes[16] = 3;
        bytes[18] = 0x3e;
        bytes
    }

    fn pe() -> Vec<u8> {
        let mut bytes = vec![0; 0x80 + 26];
        bytes[..2].copy_from_slice(b"MZ");
        bytes[0x3c] = 0x80;
        bytes[0x80..0x84].copy_from_slice(b"PE\0\0");
        bytes[0x84..0x86].copy_from_slice(&[0x64, 0x86]);
        bytes[0x80 + 22] = 0x22;
        bytes[0x80 + 24..].copy_from_slice(&[0x0b, 0x02]);
        bytes
    }

    #[test]
    fn the_right_machines_pass() {
        assert_eq!(check_elf_x86_64(&elf()), Ok(()));
        assert_eq!(check_pe_x86_64(&pe()), Ok(()));
    }

    #[test]
    fn each_wrong_byte_is_told() {
        for (at, byte, expected) in [
            (0, b'#', "not an ELF"),
            (4, 1, "64-bit"),
            (5, 2, "little-endian"),
            (16, 1, "no executable"),
            (18, 0xb7, "not x86-64"),
        ] {
            let mut bytes = elf();
            bytes[at] = byte;
            assert!(check_elf_x86_64(&bytes).unwrap_err().contains(expected), "byte {at}");
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
            assert!(check_pe_x86_64(&bytes).unwrap_err().contains(expected), "byte {at}");
        }
    }

    #[test]
    fn no_prefix_of_an_executable_passes_or_panics() {
        for length in 0..20 {
            assert!(check_elf_x86_64(&elf()[..length]).is_err(), "{length}");
        }
        for length in 0..pe().len() {
            assert!(check_pe_x86_64(&pe()[..length]).is_err(), "{length}");
        }
    }
}
