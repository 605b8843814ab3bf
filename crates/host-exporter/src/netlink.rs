//! Asks the kernel over netlink for what no file of `/proc` or `/sys` has, or has too dearly. The
//! answer is about the network namespace of the exporter.

use std::os::fd::OwnedFd;
use std::time::Duration;

use exporter_kit::CollectError;
use rustix::io::Errno;
use rustix::net::netdevice::{InlinedName, index_to_name_inlined};
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType, bind, recv, sendto,
    socket_with,
};

/// The kernel's answers are at most as long.
const BUFFER_BYTES: usize = 32 * 1024;
const HEADER_BYTES: usize = 16;

/// The group that hears of changes of devices, as a bit.
const GROUP_LINK: u32 = 1;
/// More than the kernel's buffer holds by default.
const MAX_CHANGES: usize = 10_000;

const REQUEST_DUMP: u16 = 0x1 | 0x300;
const ERROR: u16 = 2;
const DONE: u16 = 3;

/// Asks for a whole table, by a request of this type whose body is `request`, and calls `each` with
/// the body of every entry. Without a protocol it asks for routing: devices, addresses, queues.
pub(crate) fn dump(
    protocol: Option<Protocol>,
    message_type: u16,
    request: &[u8],
    each: impl FnMut(&[u8]),
) -> Result<(), CollectError> {
    ask(protocol, message_type, request, each)
        .map_err(|error| CollectError::context("ask the kernel over netlink", error))
}

fn ask(
    protocol: Option<Protocol>,
    message_type: u16,
    request: &[u8],
    mut each: impl FnMut(&[u8]),
) -> Result<(), Errno> {
    let (family, flags) = (AddressFamily::NETLINK, SocketFlags::CLOEXEC);
    let socket = socket_with(family, SocketType::RAW, flags, protocol)?;
    set_socket_timeout(&socket, Timeout::Recv, Some(Duration::from_secs(5)))?;
    let mut message = Vec::with_capacity(HEADER_BYTES + request.len());
    message.extend(((HEADER_BYTES + request.len()) as u32).to_ne_bytes());
    message.extend(message_type.to_ne_bytes());
    message.extend(REQUEST_DUMP.to_ne_bytes());
    // The number of the request, and whom it is from: the kernel fills that in.
    message.extend([0; 8]);
    message.extend(request);
    sendto(&socket, &message, SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match recv(&socket, &mut buffer[..], RecvFlags::TRUNC) {
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
            Ok((_, length)) if length > BUFFER_BYTES => return Err(Errno::MSGSIZE),
            Ok((length, _)) if entries(&buffer[..length], &mut each)? => return Ok(()),
            Ok(_) => {}
        }
    }
}

/// Calls `each` with the entries of one datagram; whether it ends the table.
fn entries(mut datagram: &[u8], each: &mut impl FnMut(&[u8])) -> Result<bool, Errno> {
    while !datagram.is_empty() {
        let length = number_at(datagram, 0).ok_or(Errno::BADMSG)? as usize;
        let message_type = u16_at(datagram, 4).ok_or(Errno::BADMSG)?;
        let body = datagram.get(HEADER_BYTES..length).ok_or(Errno::BADMSG)?;
        match message_type {
            // Both begin with an error number, below 0.
            ERROR | DONE => match number_at(body, 0).map_or(0, u32::cast_signed) {
                0 => return Ok(true),
                error => return Err(Errno::from_raw_os_error(error.wrapping_neg())),
            },
            _ => each(body),
        }
        datagram = datagram.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(false)
}

/// Hears from the kernel which network devices have changed.
pub(crate) struct DeviceChanges {
    socket: OwnedFd,
    buffer: Vec<u8>,
}

impl DeviceChanges {
    /// Listens from now on.
    pub(crate) fn new() -> Result<Self, Errno> {
        let (family, flags) = (AddressFamily::NETLINK, SocketFlags::CLOEXEC);
        let socket = socket_with(family, SocketType::RAW, flags, None)?;
        bind(&socket, &SocketAddrNetlink::new(0, GROUP_LINK))?;
        Ok(Self { socket, buffer: vec![0; BUFFER_BYTES / 4] })
    }

    /// Calls `each` with the number of every device that was made, changed or removed since the
    /// last call. `false` where that is not known, since there was more than the kernel keeps.
    pub(crate) fn each(&mut self, mut each: impl FnMut(u32)) -> bool {
        let mut is_complete = true;
        // The kernel keeps as many as fit its buffer; on a system that makes them faster than they
        // are read, the rest is for the next call.
        for _ in 0..MAX_CHANGES {
            match recv(&self.socket, &mut self.buffer[..], RecvFlags::DONTWAIT) {
                Ok((0, _)) => return false,
                Ok((length, _)) => {
                    // The body begins with family, a gap, type and the number.
                    let read = |body: &[u8]| number_at(body, 4).into_iter().for_each(&mut each);
                    is_complete &= entries(&self.buffer[..length], &mut { read }).is_ok();
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break,
                // Some are lost, and others may follow.
                Err(Errno::NOBUFS) => is_complete = false,
                Err(_) => return false,
            }
        }
        is_complete
    }
}

/// Looks up what network devices are called, by their numbers.
pub(crate) struct DeviceNames(OwnedFd);

impl DeviceNames {
    pub(crate) fn new() -> Result<Self, CollectError> {
        let (family, flags) = (AddressFamily::INET, SocketFlags::CLOEXEC);
        Ok(Self(socket_with(family, SocketType::DGRAM, flags, None)?))
    }

    /// The name of a device, unless it has been removed.
    pub(crate) fn of(&self, number: u32) -> Option<InlinedName> {
        index_to_name_inlined(&self.0, number).ok()
    }
}

/// The attributes of an entry: type and value.
pub(crate) fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> + Clone {
    std::iter::from_fn(move || {
        let length = usize::from(u16_at(bytes, 0)?);
        // The two highest bits say how the value is meant.
        let attribute_type = u16_at(bytes, 2)? & 0x3fff;
        let value = bytes.get(4..length)?;
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((attribute_type, value))
    })
}

/// The number of 32 bits that is there.
pub(crate) fn number_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The number of 64 bits that is there.
pub(crate) fn long_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The other end of a socket that devices are heard by.
    pub(crate) struct Kernel(OwnedFd);

    impl DeviceChanges {
        pub(crate) fn for_test() -> (Self, Kernel) {
            let (family, flags) = (AddressFamily::UNIX, SocketFlags::CLOEXEC);
            let pair = rustix::net::socketpair(family, SocketType::SEQPACKET, flags, None);
            let (here, kernel) = pair.unwrap();
            (Self { socket: here, buffer: vec![0; 256] }, Kernel(kernel))
        }
    }

    impl Kernel {
        pub(crate) fn changed(&self, number: u32) {
            let body = [[0; 4], number.to_ne_bytes(), [0; 4], [0; 4]].concat();
            self.send(&message(16, &body));
        }

        /// What is left of a message for which there was no room.
        pub(crate) fn lost(&self) {
            self.send(&message(16, &[0; 16])[..20]);
        }

        fn send(&self, datagram: &[u8]) {
            rustix::net::send(&self.0, datagram, SendFlags::empty()).unwrap();
        }
    }

    fn message(message_type: u16, body: &[u8]) -> Vec<u8> {
        let length = (HEADER_BYTES + body.len()) as u32;
        let head = [&length.to_ne_bytes()[..], &message_type.to_ne_bytes(), &[0; 10], body];
        let mut message = head.concat();
        message.resize(message.len().next_multiple_of(4), 0);
        message
    }

    fn read(datagram: &[u8]) -> (Result<bool, Errno>, Vec<Vec<u8>>) {
        let mut bodies = Vec::new();
        (entries(datagram, &mut |body| bodies.push(body.to_vec())), bodies)
    }

    #[test]
    fn entries_are_read_until_the_table_ends() {
        let two = [message(20, b"abcde"), message(20, b"fg")].concat();
        assert_eq!(read(&two), (Ok(false), vec![b"abcde".to_vec(), b"fg".to_vec()]));
        let end = [message(20, b"a"), message(DONE, &[0; 4])].concat();
        assert_eq!(read(&end), (Ok(true), vec![b"a".to_vec()]));
        let refused = message(ERROR, &(-1_i32).to_ne_bytes());
        assert_eq!(read(&refused).0, Err(Errno::PERM));
        for damaged in [&two[..30], &two[..3], &[0; 16]] {
            assert_eq!(read(damaged).0, Err(Errno::BADMSG));
        }
    }

    #[test]
    fn attributes_are_read_until_one_is_cut_off() {
        let five = [&5_u16.to_ne_bytes()[..], &1_u16.to_ne_bytes(), b"x\0\0\0"].concat();
        let nested = [&6_u16.to_ne_bytes()[..], &0x8002_u16.to_ne_bytes(), b"yz"].concat();
        let all = [&five[..], &nested].concat();
        assert!(attributes(&all).eq([(1, &b"x"[..]), (2, b"yz")]));
        assert!(attributes(&all[..13]).eq([(1, &b"x"[..])]));
        assert_eq!(attributes(&[0; 8]).count(), 0);
    }

    #[test]
    fn changes_of_devices_are_heard() {
        let (mut changes, kernel) = DeviceChanges::for_test();
        let heard = |changes: &mut DeviceChanges| {
            let mut numbers = Vec::new();
            (changes.each(|number| numbers.push(number)), numbers)
        };
        assert_eq!(heard(&mut changes), (true, vec![]));
        for number in [7, 8] {
            kernel.changed(number);
        }
        assert_eq!(heard(&mut changes), (true, vec![7, 8]));
        kernel.lost();
        kernel.changed(9);
        assert_eq!(heard(&mut changes), (false, vec![9]));
        drop(kernel);
        assert_eq!(heard(&mut changes), (false, vec![]));
    }

    #[test]
    fn the_kernel_answers() {
        let mut addresses = 0;
        // A sandbox may have no netlink, but netlink always lists devices.
        if dump(None, 18, &[0; 16], |_| addresses += 1).is_ok() {
            assert!(addresses > 0);
        }
    }
}
