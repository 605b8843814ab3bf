//! Network interfaces and their counters, all of 64 bits: `GetIfTable2`; and their addresses:
//! `GetUnicastIpAddressTable`.
#![cfg_attr(windows, allow(unsafe_code, reason = "Win32 calls that std has no wrapper for"))]

use std::net::IpAddr;

/// A network interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Interface {
    pub(crate) index: u32,
    /// The name that users can change, such as "Ethernet 2".
    pub(crate) alias: String,
    /// The product, with a number if there are several.
    pub(crate) description: String,
    /// Up to 32 bytes; empty for an interface without.
    pub(crate) physical_address: Vec<u8>,
    /// In bytes.
    pub(crate) mtu: u32,
    /// `IF_OPER_STATUS`, which begins with 1 for up.
    pub(crate) status: u32,
    /// Bits per second; `None` if unknown.
    pub(crate) speed: Option<u64>,
    pub(crate) received: Traffic,
    pub(crate) sent: Traffic,
    /// Packets received of a protocol that is not in use.
    pub(crate) unknown_protocols: u64,
    /// Packets that wait to be sent.
    pub(crate) queue: u64,
}

/// What went in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traffic {
    pub(crate) bytes: u64,
    pub(crate) packets: u64,
    pub(crate) errors: u64,
    pub(crate) discards: u64,
}

/// An address of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) interface: u32,
    pub(crate) address: IpAddr,
}

/// All interfaces but loopback and those that filters put on top of another.
///
/// # Errors
///
/// The call fails.
#[cfg(windows)]
pub(crate) fn interfaces() -> Result<Vec<Interface>, super::Error> {
    use std::ptr;

    use windows_sys::Win32::NetworkManagement::IpHelper::{
        FreeMibTable, GetIfTable2, IF_TYPE_SOFTWARE_LOOPBACK, MIB_IF_ROW2, MIB_IF_TABLE2,
    };

    /// Of `InterfaceAndOperStatusFlags`: a copy of another interface, with its counters.
    const FILTER_INTERFACE: u8 = 1 << 1;

    let mut table: *mut MIB_IF_TABLE2 = ptr::null_mut();
    // SAFETY: the pointer is to a live pointer.
    match unsafe { GetIfTable2(&raw mut table) } {
        0 => {}
        error => return Err(super::Error::Win32("GetIfTable2", error)),
    }
    // SAFETY: on success the table is valid until it is freed, and has as many rows as it states.
    let rows: &[MIB_IF_ROW2] = unsafe {
        let rows = (&raw const (*table).Table).cast();
        std::slice::from_raw_parts(rows, (*table).NumEntries as usize)
    };
    let is_wanted = |row: &&MIB_IF_ROW2| {
        let is_filter = row.InterfaceAndOperStatusFlags._bitfield & FILTER_INTERFACE != 0;
        !is_filter && row.Type != IF_TYPE_SOFTWARE_LOOPBACK
    };
    let interfaces = rows.iter().filter(is_wanted).map(interface).collect();
    // SAFETY: the table was made by GetIfTable2, and nothing refers to it any more.
    unsafe { FreeMibTable(table.cast()) };
    Ok(interfaces)
}

#[cfg(windows)]
fn interface(row: &windows_sys::Win32::NetworkManagement::IpHelper::MIB_IF_ROW2) -> Interface {
    let length = (row.PhysicalAddressLength as usize).min(row.PhysicalAddress.len());
    Interface {
        index: row.InterfaceIndex,
        alias: super::text(&row.Alias),
        description: super::text(&row.Description),
        physical_address: row.PhysicalAddress[..length].to_vec(),
        mtu: row.Mtu,
        status: row.OperStatus as u32,
        // All bits are set, or none, where the speed is unknown.
        speed: Some(row.TransmitLinkSpeed).filter(|speed| ![0, u64::MAX].contains(speed)),
        received: Traffic {
            bytes: row.InOctets,
            packets: row.InUcastPkts.saturating_add(row.InNUcastPkts),
            errors: row.InErrors,
            discards: row.InDiscards,
        },
        sent: Traffic {
            bytes: row.OutOctets,
            packets: row.OutUcastPkts.saturating_add(row.OutNUcastPkts),
            errors: row.OutErrors,
            discards: row.OutDiscards,
        },
        unknown_protocols: row.InUnknownProtos,
        queue: row.OutQLen,
    }
}

/// The addresses of all interfaces.
///
/// # Errors
///
/// The call fails.
#[cfg(windows)]
pub(crate) fn addresses() -> Result<Vec<Address>, super::Error> {
    use std::ptr;

    use windows_sys::Win32::NetworkManagement::IpHelper::{
        FreeMibTable, GetUnicastIpAddressTable, MIB_UNICASTIPADDRESS_ROW,
        MIB_UNICASTIPADDRESS_TABLE,
    };
    use windows_sys::Win32::Networking::WinSock::{AF_INET, AF_INET6, AF_UNSPEC};

    let mut table: *mut MIB_UNICASTIPADDRESS_TABLE = ptr::null_mut();
    // SAFETY: the pointer is to a live pointer.
    match unsafe { GetUnicastIpAddressTable(AF_UNSPEC, &raw mut table) } {
        0 => {}
        error => return Err(super::Error::Win32("GetUnicastIpAddressTable", error)),
    }
    // SAFETY: on success the table is valid until it is freed, and has as many rows as it states.
    let rows: &[MIB_UNICASTIPADDRESS_ROW] = unsafe {
        let rows = (&raw const (*table).Table).cast();
        std::slice::from_raw_parts(rows, (*table).NumEntries as usize)
    };
    let addresses = rows.iter().filter_map(|row| {
        // SAFETY: every variant of the union begins with the family, which says which one it is,
        // and any bytes are an address.
        let address: IpAddr = unsafe {
            match row.Address.si_family {
                AF_INET => row.Address.Ipv4.sin_addr.S_un.S_addr.to_ne_bytes().into(),
                AF_INET6 => row.Address.Ipv6.sin6_addr.u.Byte.into(),
                _ => return None,
            }
        };
        Some(Address { interface: row.InterfaceIndex, address })
    });
    let addresses = addresses.collect();
    // SAFETY: the table was made by GetUnicastIpAddressTable, and nothing refers to it any more.
    unsafe { FreeMibTable(table.cast()) };
    Ok(addresses)
}
