//! Safe wrappers of Win32 and NT calls, one file a theme: the only unsafe code of the Windows build.
//! Answers that are structures in memory are parsed from bytes by pure functions. Every call is there
//! on Windows 7 and Server 2008 R2 and later, unless its wrapper names a version and looks it up.

mod bytes;
#[cfg(all(windows, test))]
mod calls_alone;
pub(crate) mod clock;
#[cfg(windows)]
mod device;
pub(crate) mod disks;
pub(crate) mod drives;
mod error;
pub(crate) mod interfaces;
pub(crate) mod ip;
pub(crate) mod memory;
#[cfg(windows)]
pub(crate) mod nt;
pub(crate) mod pagefiles;
pub(crate) mod performance;
pub(crate) mod power;
pub(crate) mod prober;
pub(crate) mod processes;
pub(crate) mod processors;
#[cfg(windows)]
mod registry;
pub(crate) mod services;
pub(crate) mod system;
pub(crate) mod topology;
pub(crate) mod version;
pub(crate) mod volumes;
mod wide;

pub(crate) use self::bytes::Bytes;
pub(crate) use self::error::Error;
pub(crate) use self::wide::Wide;

#[cfg(all(windows, not(target_pointer_width = "64")))]
compile_error!("the layouts of NT structures here are those of 64-bit Windows");

/// Units of 100 ns, in which Windows counts time, in a second.
pub(crate) const PER_SECOND: f64 = 1e7;

/// 1970-01-01 as a FILETIME, which counts units of 100 ns from 1601-01-01.
const UNIX_EPOCH: u64 = 116_444_736_000_000_000;

/// The seconds since 1970 of a FILETIME; `None` for 0, which stands for "unknown", and for times
/// before 1970.
pub(crate) fn unix_seconds(time: u64) -> Option<f64> {
    let since_epoch = time.checked_sub(UNIX_EPOCH)?;
    // In whole microseconds, so that the quotient is rounded once.
    Some((since_epoch / 10) as f64 / 1e6)
}

/// Text up to the first NUL. Half a surrogate pair becomes U+FFFD.
pub(crate) fn text(units: &[u16]) -> String {
    let end = units.iter().position(|&unit| unit == 0).unwrap_or(units.len());
    String::from_utf16_lossy(&units[..end])
}

/// The text with the NUL that calls expect at its end.
#[cfg(windows)]
pub(crate) fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_times_become_unix_seconds() {
        for (time, seconds) in [
            (UNIX_EPOCH, Some(0.0)),
            (UNIX_EPOCH + 15_000_000, Some(1.5)),
            (UNIX_EPOCH + 17_636_000_001_234_567, Some(1_763_600_000.123_456)),
            (UNIX_EPOCH - 1, None),
            (0, None),
        ] {
            assert_eq!(unix_seconds(time), seconds, "{time}");
        }
    }

    #[test]
    fn text_ends_at_the_first_nul() {
        assert_eq!(text(&[0x43, 0x3a, 0, 0x58]), "C:");
        assert_eq!(text(&[0x4e2d]), "中");
        assert_eq!(text(&[0xd800, 0x41]), "\u{fffd}A");
        assert_eq!(text(&[]), "");
    }
}
