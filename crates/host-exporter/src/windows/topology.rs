//! Which cores and caches each processor package has: `GetLogicalProcessorInformationEx`.
#![cfg_attr(windows, allow(unsafe_code, reason = "a Win32 call that std has no wrapper for"))]

use super::{Bytes, Error};

/// A processor package, which is what fits into a socket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) cores: u32,
    /// Logical processors.
    pub(crate) threads: u32,
    /// All caches of level 2 and of level 3, in bytes.
    pub(crate) caches: [u64; 2],
}

/// The processors of one group.
#[derive(Clone, Copy, Debug)]
struct Affinity {
    mask: u64,
    group: u16,
}

impl Affinity {
    fn overlaps(self, other: Self) -> bool {
        self.group == other.group && self.mask & other.mask != 0
    }
}

/// A record: what it is about, and the processors it is about.
struct Record<'a> {
    kind: u32,
    bytes: Bytes<'a>,
    /// The first group of a core or cache, which never have several.
    affinity: Vec<Affinity>,
}

const CORE: u32 = 0;
const CACHE: u32 = 2;
const PACKAGE: u32 = 3;

/// The list of `SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX`.
fn parse(answer: Bytes<'_>) -> Result<Vec<Package>, Error> {
    let records =
        records(answer).ok_or(Error::Short("GetLogicalProcessorInformationEx", answer.0.len()))?;
    let of = |kind| records.iter().filter(move |record| record.kind == kind);
    let package = |package: &Record<'_>| {
        let is_here = |record: &&Record<'_>| {
            let mut here = package.affinity.iter();
            record.affinity.first().is_some_and(|first| here.any(|it| it.overlaps(*first)))
        };
        let cache = |level: u8| {
            let is_level = |record: &&Record<'_>| record.bytes.0.get(8) == Some(&level);
            let caches = of(CACHE).filter(is_here).filter(is_level);
            caches.filter_map(|cache| cache.bytes.u32(12)).map(u64::from).sum()
        };
        Package {
            cores: of(CORE).filter(is_here).count() as u32,
            threads: package.affinity.iter().map(|it| it.mask.count_ones()).sum(),
            caches: [cache(2), cache(3)],
        }
    };
    Ok(of(PACKAGE).map(package).collect())
}

fn records(answer: Bytes<'_>) -> Option<Vec<Record<'_>>> {
    let (mut records, mut at) = (Vec::new(), 0);
    while at < answer.0.len() {
        let (kind, size) = (answer.u32(at)?, answer.u32(at + 4)? as usize);
        // A record of size 0 would follow itself.
        let bytes = Bytes(answer.0.get(at..at.checked_add(size.max(8))?)?);
        let (count, masks) = match kind {
            CORE | PACKAGE => (bytes.u16(30)?, 32),
            // The count is missing on older systems, and is always 1.
            CACHE => (1, 40),
            _ => (0, 0),
        };
        let affinity = |number: u16| {
            let at = masks + 16 * usize::from(number);
            Some(Affinity { mask: bytes.u64(at)?, group: bytes.u16(at + 8)? })
        };
        let affinity = (0..count).map(affinity).collect::<Option<_>>()?;
        records.push(Record { kind, bytes, affinity });
        at += size.max(8);
    }
    Some(records)
}

/// All packages.
///
/// # Errors
///
/// The call fails or its answer is damaged.
#[cfg(windows)]
pub(crate) fn packages() -> Result<Vec<Package>, Error> {
    use windows_sys::Win32::System::SystemInformation::{
        GetLogicalProcessorInformationEx, RelationAll,
    };
    let mut buffer = vec![0_u64; 8 * 1024];
    loop {
        let mut length = (buffer.len() * 8) as u32;
        // SAFETY: the buffer has `length` bytes and is aligned for the structs.
        let done = unsafe {
            let buffer = buffer.as_mut_ptr().cast();
            GetLogicalProcessorInformationEx(RelationAll, buffer, &raw mut length)
        };
        let length = length as usize;
        if done != 0 {
            // SAFETY: `length` is at most the size of the vector, whose bytes are initialised.
            let bytes = unsafe {
                let length = length.min(buffer.len() * 8);
                std::slice::from_raw_parts(buffer.as_ptr().cast(), length)
            };
            return parse(Bytes(bytes));
        }
        if length <= buffer.len() * 8 {
            return Err(Error::last("GetLogicalProcessorInformationEx"));
        }
        buffer.resize(length.div_ceil(8), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record with a level or flags, a cache size, and groups with masks.
    fn record(kind: u32, level: u8, size: u32, groups: &[(u16, u64)]) -> Vec<u8> {
        let masks = if kind == CACHE { 40 } else { 32 };
        let mut record = vec![0; masks];
        record[..4].copy_from_slice(&kind.to_le_bytes());
        record[8] = level;
        record[12..16].copy_from_slice(&size.to_le_bytes());
        if kind != CACHE {
            record[30..32].copy_from_slice(&(groups.len() as u16).to_le_bytes());
        }
        for (group, mask) in groups {
            record.extend(mask.to_le_bytes());
            record.extend(group.to_le_bytes());
            record.extend([0; 6]);
        }
        let length = record.len() as u32;
        record[4..8].copy_from_slice(&length.to_le_bytes());
        record
    }

    fn answer() -> Vec<u8> {
        [
            record(CORE, 1, 0, &[(0, 0b11)]),
            record(CORE, 1, 0, &[(0, 0b1100)]),
            record(CORE, 0, 0, &[(1, 0b1)]),
            record(CACHE, 2, 512, &[(0, 0b11)]),
            record(CACHE, 2, 512, &[(0, 0b1100)]),
            record(CACHE, 3, 4096, &[(0, 0b1111)]),
            record(CACHE, 1, 32, &[(0, 0b11)]),
            record(PACKAGE, 0, 0, &[(0, 0b1111)]),
            record(PACKAGE, 0, 0, &[(1, 0b1)]),
            record(4, 0, 0, &[]),
        ]
        .concat()
    }

    #[test]
    fn cores_and_caches_belong_to_packages() {
        let packages = parse(Bytes(&answer())).unwrap();
        let first = Package { cores: 2, threads: 4, caches: [1024, 4096] };
        let second = Package { cores: 1, threads: 1, caches: [0, 0] };
        assert_eq!(packages, [first, second]);
    }

    #[test]
    fn damaged_records_are_errors() {
        let answer = answer();
        for length in [4, 20, 47, 60] {
            assert!(parse(Bytes(&answer[..length])).is_err(), "{length}");
        }
        let mut endless = answer.clone();
        endless[4..8].fill(0);
        assert!(parse(Bytes(&endless)).is_err());
        assert_eq!(parse(Bytes(&[])), Ok(Vec::new()));
    }
}
