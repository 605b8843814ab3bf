//! Allocates ports of this machine that neither a listener nor another rehearsal uses.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, Result};
use blueking_package::plugin::allocate_port;

use crate::texts::rehearse as texts;

/// A port reserved for a copy until this is dropped, whether the copy runs or not.
#[derive(Debug)]
pub struct Port {
    /// The port.
    pub number: u16,
    /// The ports tried before it, each with the reason for skipping it.
    pub skipped: Vec<(u16, String)>,
    /// Marks the port as taken for other rehearsals.
    _registered: Option<Registration>,
}

impl Port {
    /// Allocates a port as a site does: the plugin's own, then from 10000 on, skipping used and
    /// reserved ones.
    pub fn allocate(own: u16) -> Result<Self> {
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
        let found = found.with_context(texts::no_free_port)?;
        Ok(Self { skipped, ..found })
    }

    /// Reserves a port.
    ///
    /// # Errors
    /// The reason why it is not available.
    pub fn claim(number: u16) -> Result<Self, String> {
        // First, because the check for use binds the port for a moment.
        let registered = match register(number) {
            Ok(registered) => Some(registered),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                return Err(texts::port_of_another_rehearsal());
            }
            // Without registration, concurrent rehearsals may collide.
            Err(_) => None,
        };
        if is_used(number) {
            return Err(texts::port_in_use());
        }
        Ok(Self { number, skipped: Vec::new(), _registered: registered })
    }

    /// A fixed port, not checked for use.
    pub fn fixed(number: u16) -> Self {
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

/// Binds an abstract socket name, which only one socket can have. Unlike a file, it cannot be
/// replaced by a link and disappears with the process. Like a port, it belongs to a network
/// namespace.
#[cfg(target_os = "linux")]
fn register(port: u16) -> io::Result<Registration> {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::SocketAddr;

    let name = SocketAddr::from_abstract_name(format!("rehearse-port-{port}"))?;
    Registration::bind_addr(&name)
}

#[cfg(not(target_os = "linux"))]
type Registration = std::convert::Infallible;

/// Rehearsals run only on Linux.
#[cfg(not(target_os = "linux"))]
fn register(_: u16) -> io::Result<Registration> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::server::free_port;

    #[test]
    fn used_and_reserved_ports_are_skipped() {
        let own = free_port().unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, own)).unwrap();
        assert!(is_used(own));
        assert_eq!(Port::claim(own).unwrap_err(), "used");
        let first = Port::allocate(own).unwrap();
        assert!(first.number >= 10_000 && first.number != own);
        assert_eq!(first.skipped[0], (own, "used".to_owned()));
        let second = Port::allocate(own).unwrap();
        assert_ne!(first.number, second.number);
        assert!(
            second.skipped.contains(&(first.number, "another rehearsal's".to_owned())),
            "{second:?}"
        );
        drop(listener);

        let number = free_port().unwrap();
        let held = Port::claim(number).unwrap();
        assert_eq!(Port::claim(number).unwrap_err(), "another rehearsal's");
        drop(held);
        Port::claim(number).unwrap();
    }
}
