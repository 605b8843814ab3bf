//! Which cores and caches each processor package has, and which logical processors each NUMA node:
//! `GetLogicalProcessorInformationEx`.
#![cfg_attr(windows, allow(unsafe_code, reason = "a Win32 call that std has no wrapper for"))]

use super::{Bytes, Error};

/// How the logical processors are arranged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Topology {
    pub(crate) packages: Vec<Package>,
    nodes: Vec<Node>,
}

/// A NUMA node: processors that share memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Node {
    number: u32,
    affinity: Vec<Affinity>,
}

/// A processor package, which is what fits into a socket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) cores: u32,
    /// Logical processors.
    pub(crate) threads: u32,
    /// All caches of level 2 and of level 3, in bytes.
    pub(crate) caches: [u64; 2],
}

impl Topology {
    /// The NUMA node of a logical processor, and its index within that node. Without nodes, its
    /// group and its number.
    pub(crate) fn place(&self, group: u16, number: u16) -> (u32, u32) {
        for Node { number: node, affinity } in &self.nodes {
            let mut before = 0;
            for Affinity { mask, group: of } in affinity {
                let bit = 1_u64.checked_shl(number.into()).unwrap_or_default();
                if *of == group && mask & bit != 0 {
                    return (*node, before + (mask & (bit - 1)).count_ones());
                }
                before += mask.count_ones();
            }
        }
        (group.into(), number.into())
    }
}

/// The processors of one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
const NODE: u32 = 1;
const CACHE: u32 = 2;
const PACKAGE: u32 = 3;

/// The list of `SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX`.
fn parse(answer: Bytes<'_>) -> Result<Topology, Error> {
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
    let node = |node: &Record<'_>| {
        Some(Node { number: node.bytes.u32(8)?, affinity: node.affinity.clone() })
    };
    Ok(Topology {
        packages: of(PACKAGE).map(package).collect(),
        nodes: of(NODE).filter_map(node).collect(),
    })
}

fn records(answer: Bytes<'_>) -> Option<Vec<Record<'_>>> {
    let (mut records, mut at) = (Vec::new(), 0);
    while at < answer.0.len() {
        let (kind, size) = (answer.u32(at)?, answer.u32(at + 4)? as usize);
        // A record of size 0 would follow itself.
        let bytes = Bytes(answer.0.get(at..at.checked_add(size.max(8))?)?);
        let (count, masks) = match kind {
            CORE | PACKAGE => (bytes.u16(30)?, 32),
            // Older systems leave the count at 0, which stands for 1.
            NODE => (bytes.u16(30)?.max(1), 32),
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

/// Asks the kernel.
///
/// # Errors
///
/// The call fails or its answer is damaged.
#[cfg(windows)]
pub(crate) fn read() -> Result<Topology, Error> {
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
        let packages = parse(Bytes(&answer())).unwrap().packages;
        let first = Package { cores: 2, threads: 4, caches: [1024, 4096] };
        let second = Package { cores: 1, threads: 1, caches: [0, 0] };
        assert_eq!(packages, [first, second]);
    }

    #[test]
    fn processors_are_numbered_within_their_node() {
        // The first node is of a system that leaves the count at 0; the last spans two groups.
        let mut first = record(NODE, 0, 0, &[(0, 0b0011)]);
        first[30] = 0;
        let nodes = [
            first,
            record(NODE, 1, 0, &[(0, 0b1100)]),
            record(NODE, 2, 0, &[(0, 1 << 63), (1, 0b101)]),
        ];
        let topology = parse(Bytes(&nodes.concat())).unwrap();
        for (group, number, expected) in [
            (0, 1, (0, 1)),
            (0, 2, (1, 0)),
            (0, 3, (1, 1)),
            (0, 63, (2, 0)),
            (1, 2, (2, 2)),
            // Added since.
            (1, 7, (1, 7)),
            (0, 64, (0, 64)),
        ] {
            assert_eq!(topology.place(group, number), expected, "{group} {number}");
        }
        assert_eq!(Topology::default().place(1, 5), (1, 5));
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
        assert_eq!(parse(Bytes(&[])), Ok(Topology::default()));
    }
}
