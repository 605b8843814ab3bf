//! Boot time, exceptions, and threads that wait for a processor.

use super::{Bytes, Error, unix_seconds};

/// When the system booted, in seconds since 1970: `SystemTimeOfDayInformation` (class 3).
///
/// # Errors
///
/// The kernel refuses the query or its answer is damaged.
#[cfg(windows)]
pub(crate) fn boot_time() -> Result<f64, Error> {
    parse_boot_time(Bytes(&super::nt::query::<48>(3)?))
}

/// Exceptions that were dispatched since boot: `SystemExceptionInformation` (class 33). Wraps at
/// 2^32.
///
/// # Errors
///
/// The kernel refuses the query.
#[cfg(windows)]
pub(crate) fn exceptions() -> Result<u32, Error> {
    parse_exceptions(Bytes(&super::nt::query::<16>(33)?))
}

fn parse_boot_time(answer: Bytes<'_>) -> Result<f64, Error> {
    let seconds = answer.u64(0).and_then(unix_seconds);
    seconds.ok_or(Error::Short("SystemTimeOfDayInformation", answer.0.len()))
}

fn parse_exceptions(answer: Bytes<'_>) -> Result<u32, Error> {
    // The first field counts alignment faults.
    answer.u32(4).ok_or(Error::Short("SystemExceptionInformation", answer.0.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boot_time_and_exceptions_are_read() {
        let time = (116_444_736_000_000_000_u64 + 17_000_000_000_000_000).to_le_bytes();
        assert_eq!(parse_boot_time(Bytes(&time)), Ok(1.7e9));
        assert!(parse_boot_time(Bytes(&time[..7])).is_err());
        assert!(parse_boot_time(Bytes(&[0; 8])).is_err());
        let fields: Vec<u8> = [1_u32, 2, 3, 4].iter().flat_map(|it| it.to_le_bytes()).collect();
        assert_eq!(parse_exceptions(Bytes(&fields)), Ok(2));
        assert!(parse_exceptions(Bytes(&fields[..4])).is_err());
    }
}
