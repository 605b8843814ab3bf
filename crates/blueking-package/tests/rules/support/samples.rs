//! Minimal executables and pictures that satisfy the rules, for the tests of all crates that build
//! packages.

#![allow(dead_code, reason = "not every test uses all of them")]

/// An ELF file for a machine with these segments, each a type and its content. Not valid UTF-8.
pub(crate) fn elf(machine: u16, segments: &[(u32, &[u8])]) -> Vec<u8> {
    let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
    bytes.resize(64 + 56 * segments.len(), 0);
    bytes[9] = 0xff;
    bytes[16] = 3;
    bytes[18..20].copy_from_slice(&machine.to_le_bytes());
    bytes[20] = 1;
    bytes[32] = 64;
    bytes[52] = 64;
    bytes[54] = 56;
    bytes[56] = u8::try_from(segments.len()).unwrap();
    for (n, (kind, content)) in segments.iter().enumerate() {
        let at = 64 + 56 * n;
        let offset = bytes.len() as u64;
        bytes[at..at + 4].copy_from_slice(&kind.to_le_bytes());
        bytes[at + 8..at + 16].copy_from_slice(&offset.to_le_bytes());
        bytes[at + 32..at + 40].copy_from_slice(&(content.len() as u64).to_le_bytes());
        bytes.extend(*content);
    }
    bytes
}

/// A PE32+ file whose only section is an import table of these DLLs.
pub(crate) fn pe(machine: u16, dlls: &[&str]) -> Vec<u8> {
    const OPTIONAL: u16 = 112 + 16 * 8;
    const SECTION: usize = 0x400;
    let mut bytes = vec![0; SECTION];
    bytes[..2].copy_from_slice(b"MZ");
    bytes[2] = 0xff;
    bytes[0x3c] = 0x80;
    bytes[0x80..0x84].copy_from_slice(b"PE\0\0");
    bytes[0x84..0x86].copy_from_slice(&machine.to_le_bytes());
    bytes[0x86] = 1; // number of sections
    bytes[0x94..0x96].copy_from_slice(&OPTIONAL.to_le_bytes());
    bytes[0x96] = 0x22; // executable, large addresses
    bytes[0x98..0x9a].copy_from_slice(&[0x0b, 0x02]);
    bytes[0x98 + 108] = 16; // number of data directories
    // The second directory is the import table, at address 0x1000.
    bytes[0x98 + 120..0x98 + 124].copy_from_slice(&0x1000_u32.to_le_bytes());
    bytes[0x98 + 124..0x98 + 128].copy_from_slice(&20_u32.to_le_bytes());
    let header = 0x98 + usize::from(OPTIONAL);
    for (at, value) in [(8, 0x400_u32), (12, 0x1000), (16, 0x400), (20, 0x400)] {
        bytes[header + at..header + at + 4].copy_from_slice(&value.to_le_bytes());
    }
    let mut names = Vec::new();
    for dll in dlls {
        let address = 0x1000 + (dlls.len() + 1) * 20 + names.len();
        let mut descriptor = [0; 20];
        descriptor[12..16].copy_from_slice(&u32::try_from(address).unwrap().to_le_bytes());
        descriptor[16..20].copy_from_slice(&0x1000_u32.to_le_bytes());
        bytes.extend(descriptor);
        names.extend(dll.bytes().chain([0]));
    }
    bytes.extend([0; 20]);
    bytes.extend(names);
    bytes.resize(SECTION + 0x400, 0);
    bytes
}

/// The start of a PNG with this size.
pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 6, 0, 0, 0, 0, 0, 0, 0]);
    bytes
}
