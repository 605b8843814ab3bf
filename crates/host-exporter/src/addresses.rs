//! The IP addresses of network devices, from the kernel by netlink.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use exporter_kit::CollectError;

use crate::netlink::{DeviceNames, attributes, dump, number_at};
use crate::text::with_text;

const GET_ADDRESSES: u16 = 22;
const ADDRESS: u16 = 1;
/// The host's own address on a point-to-point link, where the other is the peer's.
const LOCAL: u16 = 2;

/// The length of the header before the attributes.
const HEADER_BYTES: usize = 8;

/// An address of a device, as text.
pub(crate) struct Address<'a> {
    pub(crate) device: &'a str,
    pub(crate) address: &'a str,
    /// Length of the network prefix in bits.
    pub(crate) netmask: &'a str,
    pub(crate) scope: &'a str,
}

/// Calls `each` with every address.
pub(crate) fn each(mut each: impl FnMut(Address<'_>)) -> Result<(), CollectError> {
    let names = DeviceNames::new()?;
    dump(None, GET_ADDRESSES, &[0; HEADER_BYTES], |entry| {
        let Some((bits, index, address)) = read(entry) else { return };
        let Some(device) = names.of(index) else { return };
        with_text(bits, |netmask| {
            let (device, text) = (device.as_str(), address.to_string());
            each(Address { device, address: &text, netmask, scope: scope(address) });
        });
    })
}

fn read(entry: &[u8]) -> Option<(u8, u32, IpAddr)> {
    let (bits, index) = (*entry.get(1)?, number_at(entry, 4)?);
    let all = attributes(entry.get(HEADER_BYTES..)?);
    let find = |attribute: u16| all.clone().find(|(found, _)| *found == attribute);
    let (_, bytes) = find(LOCAL).or_else(|| find(ADDRESS))?;
    let address = match *bytes {
        [a, b, c, d] => Ipv4Addr::new(a, b, c, d).into(),
        _ => Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).into(),
    };
    Some((bits, index, address))
}

/// The scope of an address.
fn scope(address: IpAddr) -> &'static str {
    let is_of_link = match address {
        IpAddr::V4(it) => it.is_link_local() || it.octets()[..3] == [224, 0, 0],
        IpAddr::V6(it) => it.is_unicast_link_local() || it.segments()[0] & 0xff0f == 0xff02,
    };
    let is_broadcast = address == IpAddr::V4(Ipv4Addr::BROADCAST);
    match address {
        _ if address.is_loopback() || is_of_link => "link-local",
        IpAddr::V6(it) if it.segments()[0] & 0xff0f == 0xff01 => "interface-local",
        _ if address.is_unspecified() || address.is_multicast() || is_broadcast => "",
        _ => "global",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_one_address() {
        let attribute = |number: u16, value: &[u8]| {
            let length = (4 + value.len()) as u16;
            [&length.to_ne_bytes()[..], &number.to_ne_bytes(), value].concat()
        };
        let header = [&[2, 24, 0, 0][..], &7_u32.to_ne_bytes()].concat();
        let (far, near) = ([192, 0, 2, 1], [192, 0, 2, 2]);
        let entry = [&header[..], &attribute(ADDRESS, &far), &attribute(LOCAL, &near)].concat();
        assert_eq!(read(&entry), Some((24, 7, near.into())));
        assert_eq!(read(&entry[..16]), Some((24, 7, far.into())));
        let v6 = [&header[..], &attribute(ADDRESS, &[1; 16])].concat();
        assert_eq!(read(&v6), Some((24, 7, [1; 16].into())));
        for damaged in [&entry[..8], &entry[..3], &entry[..14], &v6[..24]] {
            assert_eq!(read(damaged), None);
        }
    }

    #[test]
    fn the_scope_follows_from_the_address() {
        for (address, expected) in [
            ("127.0.0.1", "link-local"),
            ("169.254.3.4", "link-local"),
            ("192.0.2.1", "global"),
            ("10.0.0.1", "global"),
            ("255.255.255.255", ""),
            ("0.0.0.0", ""),
            ("::1", "link-local"),
            ("fe80::1", "link-local"),
            ("ff02::1", "link-local"),
            ("ff01::1", "interface-local"),
            ("ff05::1", ""),
            ("2001:db8::1", "global"),
        ] {
            assert_eq!(scope(address.parse().unwrap()), expected, "{address}");
        }
    }
}
