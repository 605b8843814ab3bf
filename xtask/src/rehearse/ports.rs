//! Ports of this machine: which are used, and which another rehearsal has been given already.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, Result};
use blueking_package::plugin::allocate_port;

/// A port that belongs to a copy until this is dropped, whether the copy runs or not.
#[derive(Debug)]
pub(crate) struct Port {
    pub(crate) number: u16,
    /// Those that were tried before it, and why each was passed over.
    pub(crate) skipped: Vec<(u16, &'static str)>,
    /// Held: that is what tells other rehearsals.
    _registered: Option<Registration>,
}

impl Port {
    /// Allocates as a site does: the plugin's own, then from 10000 on, without those that are used
    /// or registered.
    pub(crate) fn allocate(own: u16) -> Result<Self> {
        let mut skipped = Vec::new();
        let mut found = None;
        allocate_port(own, |port| match Self::claim(port) {
            Ok(claimed) => {
                found = Some(claimed);
                false
            }
            Err(why) => {
                skipped.push((port, why));
                true
            }
        });
        let found = found.context("every port from 10000 on is used; end something")?;
        Ok(Self { skipped, ..found })
    }

    /// The port that somebody asks for, where nobody has it; else why it cannot be had.
    pub(crate) fn claim(number: u16) -> Result<Self, &'static str> {
        // First, as looking whether a port is used makes it used for a moment.
        let registered = match register(number) {
            Ok(registered) => Some(registered),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                return Err("another rehearsal's");
            }
            // Then rehearsals that run at once may meet.
            Err(_) => None,
        };
        if is_used(number) {
            return Err("used");
        }
        Ok(Self { number, skipped: Vec::new(), _registered: registered })
    }

    /// The port that somebody chose: used whatever is there.
    pub(crate) fn chosen(number: u16) -> Self {
        Self { number, skipped: Vec::new(), _registered: None }
    }
}

/// Whether something listens on a port.
pub(crate) fn is_used(port: u16) -> bool {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    listener.is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse)
}

#[cfg(target_os = "linux")]
type Registration = std::os::unix::net::UnixListener;

/// Takes a name that one socket of a machine can have, and that is no file: nobody can put anything
/// in its place that would be followed, and it is gone with this process. As a port, it is one of a
/// network namespace.
#[cfg(target_os = "linux")]
fn register(port: u16) -> io::Result<Registration> {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::SocketAddr;

    let name = SocketAddr::from_abstract_name(format!("rehearse-port-{port}"))?;
    Registration::bind_addr(&name)
}

#[cfg(not(target_os = "linux"))]
type Registration = std::convert::Infallible;

/// Elsewhere nothing can be rehearsed.
#[cfg(not(target_os = "linux"))]
fn register(_: u16) -> io::Result<Registration> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::free_port;

    #[cfg(target_os = "linux")]
    #[test]
    fn used_and_registered_ports_are_skipped_and_told() {
        let own = free_port().unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, own)).unwrap();
        assert!(is_used(own));
        assert_eq!(Port::claim(own).unwrap_err(), "used");
        let first = Port::allocate(own).unwrap();
        assert!(first.number >= 10_000 && first.number != own);
        assert_eq!(first.skipped[0], (own, "used"));
        let second = Port::allocate(own).unwrap();
        assert_ne!(first.number, second.number);
        assert!(second.skipped.contains(&(first.number, "another rehearsal's")), "{second:?}");
        drop(listener);

        let number = free_port().unwrap();
        let held = Port::claim(number).unwrap();
        assert_eq!(Port::claim(number).unwrap_err(), "another rehearsal's");
        drop(held);
        Port::claim(number).unwrap();
    }
}
