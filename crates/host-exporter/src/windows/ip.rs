//! TCP and UDP: `GetTcpStatisticsEx`, `GetUdpStatisticsEx` and `GetExtendedTcpTable`, for IPv4 and
//! IPv6 separately. Counters have 32 bits and wrap.
#![cfg_attr(windows, allow(unsafe_code, reason = "Win32 calls that std has no wrapper for"))]

use super::{Bytes, Error};

/// A version of IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

impl Family {
    pub(crate) const ALL: [Self; 2] = [Self::V4, Self::V6];

    /// The name in labels.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::V4 => "ipv4",
            Self::V6 => "ipv6",
        }
    }

    #[cfg(windows)]
    fn number(self) -> u32 {
        use windows_sys::Win32::Networking::WinSock::{AF_INET, AF_INET6};
        match self {
            Self::V4 => AF_INET.into(),
            Self::V6 => AF_INET6.into(),
        }
    }
}

/// `MIB_TCPSTATS`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tcp {
    pub(crate) active_opens: u32,
    pub(crate) passive_opens: u32,
    pub(crate) failures: u32,
    pub(crate) resets: u32,
    /// Connections that are established or wait to be closed by this side.
    pub(crate) established: u32,
    pub(crate) segments_received: u32,
    pub(crate) segments_sent: u32,
    pub(crate) retransmitted: u32,
    pub(crate) errors: u32,
    pub(crate) resets_sent: u32,
}

/// `MIB_UDPSTATS`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Udp {
    pub(crate) received: u32,
    /// Received for a port without a listener.
    pub(crate) no_port: u32,
    pub(crate) errors: u32,
    pub(crate) sent: u32,
}

/// How many states a connection can have, `MIB_TCP_STATE` from 1.
pub(crate) const STATES: usize = 12;

/// How many connections of the table are in each state.
fn count_states(table: Bytes<'_>, family: Family) -> Result<[u32; STATES], Error> {
    let (size, state) = match family {
        Family::V4 => (24, 0),
        Family::V6 => (56, 48),
    };
    let short = || Error::Short("GetExtendedTcpTable", table.0.len());
    let mut counts = [0; STATES];
    for row in 0..table.u32(0).ok_or_else(short)? as usize {
        let number = table.u32(4 + row * size + state).ok_or_else(short)?;
        if let Some(count) = counts.get_mut((number as usize).wrapping_sub(1)) {
            *count += 1;
        }
    }
    Ok(counts)
}

/// # Errors
///
/// The call fails, as for IPv6 where that is not installed.
#[cfg(windows)]
pub(crate) fn tcp(family: Family) -> Result<Tcp, Error> {
    use windows_sys::Win32::NetworkManagement::IpHelper::{GetTcpStatisticsEx, MIB_TCPSTATS_LH};
    let mut it = MIB_TCPSTATS_LH::default();
    // SAFETY: the struct is live.
    match unsafe { GetTcpStatisticsEx(&raw mut it, family.number()) } {
        0 => Ok(Tcp {
            active_opens: it.dwActiveOpens,
            passive_opens: it.dwPassiveOpens,
            failures: it.dwAttemptFails,
            resets: it.dwEstabResets,
            established: it.dwCurrEstab,
            segments_received: it.dwInSegs,
            segments_sent: it.dwOutSegs,
            retransmitted: it.dwRetransSegs,
            errors: it.dwInErrs,
            resets_sent: it.dwOutRsts,
        }),
        error => Err(Error::Win32("GetTcpStatisticsEx", error)),
    }
}

/// # Errors
///
/// As [`tcp`].
#[cfg(windows)]
pub(crate) fn udp(family: Family) -> Result<Udp, Error> {
    use windows_sys::Win32::NetworkManagement::IpHelper::{GetUdpStatisticsEx, MIB_UDPSTATS};
    let mut it = MIB_UDPSTATS::default();
    // SAFETY: the struct is live.
    match unsafe { GetUdpStatisticsEx(&raw mut it, family.number()) } {
        0 => Ok(Udp {
            received: it.dwInDatagrams,
            no_port: it.dwNoPorts,
            errors: it.dwInErrors,
            sent: it.dwOutDatagrams,
        }),
        error => Err(Error::Win32("GetUdpStatisticsEx", error)),
    }
}

/// How many connections are in each state. `buffer` keeps its size between calls.
///
/// # Errors
///
/// The call fails or its answer is damaged.
#[cfg(windows)]
pub(crate) fn tcp_states(family: Family, buffer: &mut Vec<u8>) -> Result<[u32; STATES], Error> {
    use windows_sys::Win32::Foundation::ERROR_INSUFFICIENT_BUFFER;
    use windows_sys::Win32::NetworkManagement::IpHelper::{
        GetExtendedTcpTable, TCP_TABLE_OWNER_PID_ALL,
    };

    /// More than a million connections.
    const MAX_BYTES: usize = 128 * 1024 * 1024;

    loop {
        let mut length = buffer.len() as u32;
        // SAFETY: the buffer has `length` bytes; the table is read as bytes, which need no
        // alignment.
        let error = unsafe {
            let (table, length) = (buffer.as_mut_ptr().cast(), &raw mut length);
            GetExtendedTcpTable(table, length, 0, family.number(), TCP_TABLE_OWNER_PID_ALL, 0)
        };
        let length = length as usize;
        match error {
            0 => return count_states(Bytes(&buffer[..length.min(buffer.len())]), family),
            ERROR_INSUFFICIENT_BUFFER if buffer.len() < MAX_BYTES => {
                // Connections may be opened between two calls.
                buffer.resize((length + length / 8 + 4096).min(MAX_BYTES), 0);
            }
            error => return Err(Error::Win32("GetExtendedTcpTable", error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_counted_for_both_families() {
        for (family, size, state) in [(Family::V4, 24, 0), (Family::V6, 56, 48)] {
            let mut table = vec![0; 4 + 3 * size];
            table[0] = 3;
            [2, 5, 5].iter().enumerate().for_each(|(row, number)| {
                table[4 + row * size + state] = *number;
            });
            let counts = count_states(Bytes(&table), family).unwrap();
            assert_eq!(counts, [0, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
            // A state of a later Windows is not counted.
            table[4 + state] = 13;
            assert_eq!(count_states(Bytes(&table), family).unwrap()[4], 2);
            let short = &table[..4 + 2 * size + state];
            assert!(count_states(Bytes(short), family).is_err());
        }
        assert!(count_states(Bytes(&[1, 0]), Family::V4).is_err());
        assert_eq!(count_states(Bytes(&[0; 4]), Family::V6), Ok([0; STATES]));
    }
}
