//! Extracts the requirements of an executable from a stream: the headers at its start, then the two
//! or three regions that they refer to. Nothing else is retained.

use object::LittleEndian;
use object::elf::{DT_NEEDED, Dyn64, FileHeader64, PT_DYNAMIC, PT_INTERP, PT_LOAD};
use object::pe::{IMAGE_DIRECTORY_ENTRY_IMPORT, ImageImportDescriptor, ImageNtHeaders64};
use object::pod;
use object::read::elf::{Dyn, FileHeader, ProgramHeader};
use object::read::pe::{DataDirectories, ImageNtHeaders, SectionTable};

/// Maximum number of bytes retained of a region.
const MAX_REGION: u64 = 64 << 10;

/// Maximum number of names listed.
const MAX_NAMES: usize = 50;

/// External requirements of an executable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Program {
    /// The dynamic loader of an ELF file.
    pub(crate) loader: Option<String>,
    /// Number of shared libraries that an ELF file requires.
    pub(crate) libraries: usize,
    /// The newest glibc version that an ELF file requires, as major and minor.
    pub(crate) glibc: Option<(u32, u32)>,
    /// The DLLs that a PE file imports, in lower case.
    pub(crate) dlls: Vec<String>,
    /// The size that the headers require of the file, in bytes. Excludes what is not loaded, such as
    /// debug information.
    pub(crate) least_size: u64,
}

/// A scan of an executable whose start has been read.
#[derive(Debug)]
pub(crate) struct Scan {
    regions: Vec<Region>,
    program: Program,
    sections: Vec<Section>,
}

/// A range of the file to retain.
#[derive(Debug)]
struct Region {
    kind: RegionKind,
    start: u64,
    end: u64,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
enum RegionKind {
    Loader,
    Dynamic,
    Imports,
}

/// Position of a PE section in the file and in memory.
#[derive(Debug)]
struct Section {
    address: u64,
    offset: u64,
    size: u64,
}

impl Scan {
    /// Parses the start of a file; `None` if it is neither ELF nor PE.
    pub(crate) fn start(chunk: &[u8]) -> Option<Self> {
        let mut scan =
            Self { regions: Vec::new(), program: Program::default(), sections: Vec::new() };
        if chunk.starts_with(b"\x7fELF") {
            // The rule on the machine reports damaged files; here they have no requirements.
            scan.start_elf(chunk);
        } else if chunk.starts_with(b"MZ") {
            scan.start_pe(chunk);
        } else {
            return None;
        }
        Some(scan)
    }

    /// Retains the parts of the chunk at `offset` that belong to a region.
    pub(crate) fn feed(&mut self, offset: u64, chunk: &[u8]) {
        let end = offset + chunk.len() as u64;
        for region in &mut self.regions {
            let (from, to) = (region.start.max(offset), region.end.min(end));
            if let (Ok(from), Ok(to)) =
                (usize::try_from(from - offset), usize::try_from(to.saturating_sub(offset)))
                && from < to
            {
                region.bytes.extend_from_slice(&chunk[from..to]);
            }
        }
    }

    /// The requirements found.
    pub(crate) fn finish(mut self) -> Program {
        for region in std::mem::take(&mut self.regions) {
            match region.kind {
                RegionKind::Loader => self.program.loader = Some(text(&region.bytes)),
                RegionKind::Dynamic => self.program.libraries = count_libraries(&region.bytes),
                RegionKind::Imports => self.program.dlls = self.imports(&region),
            }
        }
        if self.program.loader.is_none() && self.program.libraries == 0 {
            // Static executables also contain version names, but do not require them.
            self.program.glibc = None;
        }
        self.program
    }

    fn retain(&mut self, kind: RegionKind, start: u64, size: u64) {
        let end = start.saturating_add(size.min(MAX_REGION));
        self.regions.push(Region { kind, start, end, bytes: Vec::new() });
    }

    fn start_elf(&mut self, chunk: &[u8]) -> Option<()> {
        // Until the headers have been read, they are what the file must have.
        self.program.least_size = size_of::<FileHeader64<LittleEndian>>() as u64;
        let header = FileHeader64::<LittleEndian>::parse(chunk).ok()?;
        let endian = header.endian().ok()?;
        let headers = u64::from(header.e_phnum(endian)) * u64::from(header.e_phentsize(endian));
        self.program.least_size = header.e_phoff(endian).saturating_add(headers);
        let (mut loader, mut dynamic) = (None, None);
        for segment in header.program_headers(endian, chunk).ok()? {
            let range = Some(segment.file_range(endian));
            if let (PT_LOAD, Some((start, size))) = (segment.p_type(endian), range) {
                self.program.least_size = self.program.least_size.max(start.saturating_add(size));
            }
            match segment.p_type(endian) {
                PT_INTERP => loader = range,
                PT_DYNAMIC => dynamic = range,
                _ => {}
            }
        }
        for (kind, range) in [(RegionKind::Loader, loader), (RegionKind::Dynamic, dynamic)] {
            if let Some((start, size)) = range {
                self.retain(kind, start, size);
            }
        }
        self.program.glibc = newest_glibc(chunk);
        Some(())
    }

    fn start_pe(&mut self, chunk: &[u8]) -> Option<()> {
        let dos = object::pe::ImageDosHeader::parse(chunk).ok()?;
        let mut offset = u64::from(dos.nt_headers_offset());
        let (headers, directories): (&ImageNtHeaders64, DataDirectories<'_>) =
            ImageNtHeaders64::parse(chunk, &mut offset).ok()?;
        let sections: SectionTable<'_> = headers.sections(chunk, offset).ok()?;
        self.sections = sections
            .iter()
            .map(|section| Section {
                address: section.virtual_address.get(LittleEndian).into(),
                offset: section.pointer_to_raw_data.get(LittleEndian).into(),
                size: section.size_of_raw_data.get(LittleEndian).into(),
            })
            .collect();
        // Sections without content in the file have no offset.
        let in_file = self.sections.iter().filter(|section| section.offset > 0);
        let ends = in_file.map(|section| section.offset + section.size);
        self.program.least_size = ends.max().unwrap_or_default();
        let imports = directories.get(IMAGE_DIRECTORY_ENTRY_IMPORT)?;
        let start = self.offset_of(imports.virtual_address.get(LittleEndian).into())?;
        self.retain(RegionKind::Imports, start, MAX_REGION);
        Some(())
    }

    fn offset_of(&self, address: u64) -> Option<u64> {
        let contains = |section: &&Section| {
            (section.address..section.address + section.size).contains(&address)
        };
        let section = self.sections.iter().find(contains)?;
        Some(address - section.address + section.offset)
    }

    /// The DLL names of an import table. Linkers place them directly after it; names elsewhere are
    /// not found.
    fn imports(&self, region: &Region) -> Vec<String> {
        let mut names = Vec::new();
        let mut rest = &*region.bytes;
        while let Ok((descriptor, after)) = pod::from_bytes::<ImageImportDescriptor>(rest)
            && !descriptor.is_null()
            && names.len() < MAX_NAMES
        {
            rest = after;
            let name = self
                .offset_of(descriptor.name.get(LittleEndian).into())
                .and_then(|offset| usize::try_from(offset.checked_sub(region.start)?).ok())
                .and_then(|at| region.bytes.get(at..));
            names.extend(name.map(|name| text(name).to_lowercase()));
        }
        names.sort();
        names.dedup();
        names
    }
}

fn count_libraries(mut dynamic: &[u8]) -> usize {
    let mut libraries = 0;
    while let Ok((entry, rest)) = pod::from_bytes::<Dyn64<LittleEndian>>(dynamic) {
        libraries += usize::from(entry.tag(LittleEndian) == DT_NEEDED);
        dynamic = rest;
    }
    libraries
}

/// The newest `GLIBC_x.y` among the version names, which linkers place near the start of an ELF
/// file.
fn newest_glibc(chunk: &[u8]) -> Option<(u32, u32)> {
    const PREFIX: &[u8] = b"\0GLIBC_";
    let mut newest = None;
    let mut rest = chunk;
    while let Some(at) = find(rest, PREFIX) {
        rest = &rest[at + PREFIX.len()..];
        let version = text(&rest[..rest.len().min(16)]);
        let mut parts = version.split('.').map(str::parse::<u32>);
        if let (Some(Ok(major)), Some(Ok(minor))) = (parts.next(), parts.next()) {
            newest = newest.max(Some((major, minor)));
        }
    }
    newest
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// The bytes up to the first NUL as text.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().take(200).position(|byte| *byte == 0).unwrap_or(bytes.len().min(200));
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn program(bytes: &[u8], chunk_size: usize) -> Program {
        let mut scan = Scan::start(bytes).unwrap();
        for (n, chunk) in bytes.chunks(chunk_size).enumerate() {
            scan.feed((n * chunk_size) as u64, chunk);
        }
        scan.finish()
    }

    fn elf(segments: &[(u32, &[u8])]) -> Vec<u8> {
        samples::elf(62, segments)
    }

    #[test]
    fn elf_requirements_ignore_chunk_boundaries() {
        let dynamic: Vec<u8> =
            [1_u64, 7, 1, 9, 5, 0, 0, 0].iter().flat_map(|word| word.to_le_bytes()).collect();
        let bytes = elf(&[
            (1, b"\0GLIBC_2.3.4\0GLIBC_2.34\0GLIBC_2.9\0GLIBC_PRIVATE\0"),
            (3, b"/lib64/ld-linux-x86-64.so.2\0"),
            (2, &dynamic),
        ]);
        let expected = Program {
            loader: Some("/lib64/ld-linux-x86-64.so.2".to_owned()),
            libraries: 2,
            glibc: Some((2, 34)),
            dlls: Vec::new(),
            least_size: 64 + 3 * 56 + 48,
        };
        for chunk_size in [1, 7, 64, bytes.len()] {
            assert_eq!(program(&bytes, chunk_size), expected, "{chunk_size}");
        }
        let needs_nothing = elf(&[(1, b"\0GLIBC_2.34\0"), (2, &[0; 16])]);
        let expected = Program { least_size: 64 + 2 * 56 + 12, ..Program::default() };
        assert_eq!(program(&needs_nothing, 100), expected);
    }

    #[test]
    fn bogus_regions_cost_no_memory() {
        let mut bytes = elf(&[(3, b"x"), (2, b"y")]);
        for at in [64 + 8, 64 + 32, 64 + 56 + 8, 64 + 56 + 32] {
            bytes[at..at + 8].fill(0xff);
        }
        assert_eq!(program(&bytes, 50).libraries, 0);
        for length in 4..bytes.len() {
            program(&bytes[..length], 50);
        }
    }

    #[test]
    fn test_binary_requires_glibc() {
        if cfg!(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64")) {
            let bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
            let found = program(&bytes, 256 << 10);
            assert!(found.loader.is_some_and(|loader| loader.contains("ld-linux")));
            assert!(found.libraries > 0 && found.glibc.is_some());
        }
    }
}
