//! Ports of this machine: which are used, and which another rehearsal has been given already.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::{env, io};

use anyhow::{Context, Result};
use blueking_package::plugin::allocate_port;

/// A port that belongs to a copy until this is dropped, whether the copy runs or not.
#[derive(Debug)]
pub(crate) struct Port {
    pub(crate) number: u16,
    /// Locked: that is what tells other rehearsals.
    _registered: Option<File>,
}

impl Port {
    /// Allocates as a site does: the plugin's own, then from 10000 on, without those that are used
    /// or registered.
    pub(crate) fn allocate(own: u16) -> Result<Self> {
        let mut registered = None;
        let number = allocate_port(own, |port| {
            if is_used(port) {
                return true;
            }
            match register(port) {
                Registered::Yes(lock) => {
                    registered = Some(lock);
                    false
                }
                Registered::ByOther => true,
                Registered::Unknown => false,
            }
        });
        let number = number.context("every port from 10000 on is used; end something")?;
        Ok(Self { number, _registered: registered })
    }

    /// The port that somebody chose: used whatever is there.
    pub(crate) fn chosen(number: u16) -> Self {
        Self { number, _registered: None }
    }
}

/// Whether something listens on a port.
pub(crate) fn is_used(port: u16) -> bool {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    listener.is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse)
}

enum Registered {
    Yes(File),
    ByOther,
    /// There is no place for locks; then rehearsals that run at once may meet.
    Unknown,
}

fn register(port: u16) -> Registered {
    let folder = env::temp_dir().join("rehearse-ports");
    let open = || {
        fs::create_dir_all(&folder)?;
        File::create(folder.join(port.to_string()))
    };
    let Ok(file) = open() else { return Registered::Unknown };
    match file.try_lock() {
        Ok(()) => Registered::Yes(file),
        Err(fs::TryLockError::WouldBlock) => Registered::ByOther,
        Err(fs::TryLockError::Error(_)) => Registered::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::free_port;

    #[test]
    fn used_and_registered_ports_are_skipped() {
        let own = free_port().unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, own)).unwrap();
        assert!(is_used(own));
        let first = Port::allocate(own).unwrap();
        assert!(first.number >= 10_000 && first.number != own);
        let second = Port::allocate(own).unwrap();
        assert_ne!(first.number, second.number);
        drop(listener);
    }
}
