//! Memory from `/proc/meminfo`.

use exporter_kit::{CollectError, Settings};

use super::Facts;
use crate::host::Host;
use crate::shared_file::SharedFile;
use crate::text::lines;

/// Reads `/proc/meminfo`.
pub(super) struct Reader {
    meminfo: SharedFile,
}

impl Reader {
    pub(super) fn new(settings: &Settings) -> Self {
        Self { meminfo: SharedFile::with_short_lines(Host::new(settings).proc("meminfo")) }
    }

    pub(super) fn read(&mut self) -> Result<Facts, CollectError> {
        self.meminfo.with(parse)
    }
}

fn parse(meminfo: &[u8]) -> Result<Facts, CollectError> {
    let bytes = |name: &str| {
        let line = lines(meminfo).find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
    };
    let total = bytes("MemTotal").ok_or("no MemTotal in /proc/meminfo")?;
    let available = bytes("MemAvailable").or_else(|| {
        // Kernels before 3.14 do not tell; this is what they would have come near to.
        let free = bytes("MemFree")?;
        let cached = bytes("Cached")?.saturating_sub(bytes("Shmem").unwrap_or(0));
        let reclaimable = bytes("Buffers")? + bytes("SReclaimable").unwrap_or(0);
        Some(free + cached + reclaimable)
    });
    let available =
        available.ok_or("no MemAvailable, MemFree, Buffers, Cached in /proc/meminfo")?;
    let swap = bytes("SwapTotal").zip(bytes("SwapFree")).map(|(total, free)| [total, free]);
    Ok(Facts { total, available, swap })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: u64 = 1024;

    #[test]
    fn meminfo_of_new_and_old_kernels_is_read() {
        let new =
            "MemTotal:       24684084 kB\nMemFree:        100 kB\nMemAvailable:   20000000 kB\n";
        let old = "MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 20 kB\nCached: 300 kB\n\
                   SwapCached: 999 kB\nShmem: 50 kB\nSReclaimable: 7 kB\n";
        let older = "MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 20 kB\nCached: 300 kB\n";
        let cases = [
            (new, 24_684_084 * KIB, 20_000_000 * KIB),
            (old, 1000 * KIB, 377 * KIB),
            (older, 1000 * KIB, 420 * KIB),
        ];
        for (text, total, available) in cases {
            assert_eq!(parse(text.as_bytes()).unwrap(), Facts { total, available, swap: None });
        }
    }

    #[test]
    fn swap_is_read() {
        let text = "MemTotal: 9 kB\nMemAvailable: 8 kB\nSwapTotal: 7 kB\nSwapFree: 6 kB\n";
        assert_eq!(parse(text.as_bytes()).unwrap().swap, Some([7 * KIB, 6 * KIB]));
    }

    #[test]
    fn damaged_meminfo_is_an_error() {
        for text in [
            "",
            "MemTotal: kB\nMemAvailable: 1 kB\n",
            "MemTotal: 1 kB\n",
            "MemTotal: 1\nMemAvailable: 1 kB\n",
            "MemTotal: -1 kB\nMemAvailable: 1 kB\n",
            "MemTotal: 99999999999999999999 kB\nMemAvailable: 1 kB\n",
            "XMemTotal: 1 kB\nMemAvailable: 1 kB\n",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text:?}");
        }
    }
}
