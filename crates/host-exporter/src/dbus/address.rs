//! Where a bus listens, as `DBUS_SYSTEM_BUS_ADDRESS` says: `unix:path=/run/dbus/socket,guid=…;…`.

use std::ffi::OsString;
use std::fmt;
use std::io::Result;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

use rustix::net::SocketAddrUnix;

/// A socket of this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    Path(PathBuf),
    /// An abstract name, of the network namespace.
    Abstract(Vec<u8>),
}

impl Address {
    /// The addresses of a list that are sockets of this host.
    pub(crate) fn list(text: &[u8]) -> Vec<Self> {
        text.split(|&byte| byte == b';').filter_map(Self::parse).collect()
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let mut pairs = text.strip_prefix(b"unix:")?.split(|&byte| byte == b',');
        pairs.find_map(|pair| {
            if let Some(path) = pair.strip_prefix(b"path=") {
                Some(Self::Path(OsString::from_vec(unescape(path)?).into()))
            } else {
                Some(Self::Abstract(unescape(pair.strip_prefix(b"abstract=")?)?))
            }
        })
    }

    pub(super) fn to_socket_address(&self) -> Result<SocketAddrUnix> {
        Ok(match self {
            Self::Path(path) => SocketAddrUnix::new(path)?,
            Self::Abstract(name) => SocketAddrUnix::new_abstract_name(name)?,
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Abstract(name) => write!(f, "@{}", name.escape_ascii()),
        }
    }
}

/// Reads `%2f` and the like; `None` where one is damaged or nothing is left.
fn unescape(text: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        let mut digit = || char::from(*bytes.next()?).to_digit(16);
        plain.push(if byte == b'%' { (digit()? << 4 | digit()?) as u8 } else { byte });
    }
    Some(plain).filter(|plain| !plain.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_found_in_lists_of_addresses() {
        let path = |text: &str| Address::Path(text.into());
        for (text, expected) in [
            ("unix:path=/run/dbus/system_bus_socket", vec![path("/run/dbus/system_bus_socket")]),
            ("unix:guid=3c0f,path=/a%20b%2Fc", vec![path("/a b/c")]),
            (
                "tcp:host=localhost,port=1;unix:abstract=/tmp/dbus-x;unix:path=/b",
                vec![Address::Abstract(b"/tmp/dbus-x".to_vec()), path("/b")],
            ),
            ("", vec![]),
            ("unix:path=", vec![]),
            ("unix:path=/a%2", vec![]),
            ("unix:path=/a%zz", vec![]),
            ("unix:tmpdir=/tmp", vec![]),
            ("/run/dbus/system_bus_socket", vec![]),
        ] {
            assert_eq!(Address::list(text.as_bytes()), expected, "{text}");
        }
        let long = Address::Path("a".repeat(200).into());
        assert!(long.to_socket_address().is_err());
    }
}
