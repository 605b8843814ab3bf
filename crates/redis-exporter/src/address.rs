//! The address of Redis as operators write it: `HOST:PORT`, a URL, or a Unix socket. It is checked
//! as a whole at the start, and errors never repeat what may be a user name or password.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

/// The port of a URL that has none.
const DEFAULT_PORT: u16 = 6379;

/// Where Redis listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// A name, which is looked up at each connection. IPv6 addresses with a zone are names too.
    Name {
        host: String,
        port: u16,
    },
    Ip(SocketAddr),
    Unix(PathBuf),
}

/// An address and how to speak to Redis there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) address: Address,
    /// Whether the connection is encrypted.
    pub(crate) tls: bool,
}

/// Why an address is invalid, and what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AddressError {
    /// The address contains a user name or password.
    HasUser,
    /// The address is a list.
    Several,
    Scheme(String),
    /// A URL has a query or fragment, or its path is not the number of a database.
    UrlTail,
    UnixPath,
    /// Unix sockets do not exist on this system.
    NoUnixSockets,
    /// This build has no TLS.
    #[cfg_attr(feature = "tls", allow(dead_code, reason = "only builds without TLS refuse it"))]
    NoTls,
    Port,
    /// The text, if it cannot be the rest of a user and password.
    Host(String),
    NoPort(String),
}

impl FromStr for Endpoint {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            // Some clients write two slashes less.
            None => match text.strip_prefix("unix:") {
                Some(rest) => ("unix".to_owned(), rest),
                None => (String::new(), text),
            },
        };
        // In a path an at sign is an ordinary character, unless it ends a user before the path.
        let is_unix = scheme == "unix";
        let authority = if is_unix { rest.split('/').next().unwrap_or("") } else { rest };
        if authority.contains('@') {
            return Err(AddressError::HasUser);
        }
        if authority.contains([',', ' ', ';']) || (is_unix && rest.contains([',', ';'])) {
            return Err(AddressError::Several);
        }
        match scheme.as_str() {
            "" | "tcp" | "redis" => network(rest, !scheme.is_empty(), false),
            "rediss" | "tls" if cfg!(feature = "tls") => network(rest, true, true),
            "rediss" | "tls" => Err(AddressError::NoTls),
            "unix" => unix(rest),
            _ => Err(AddressError::Scheme(scheme)),
        }
    }
}

fn unix(path: &str) -> Result<Endpoint, AddressError> {
    if !cfg!(unix) {
        return Err(AddressError::NoUnixSockets);
    }
    match path.starts_with('/') && !path.ends_with('/') && !path.contains(['?', '#', '\0']) {
        true => Ok(Endpoint { address: Address::Unix(PathBuf::from(path)), tls: false }),
        false => Err(AddressError::UnixPath),
    }
}

fn network(text: &str, is_url: bool, tls: bool) -> Result<Endpoint, AddressError> {
    let mut authority = text;
    if is_url {
        let (before, path) = text.split_once('/').unwrap_or((text, ""));
        // Metrics are of all databases, so the one of a URL makes no difference.
        if before.contains(['?', '#']) || !path.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(AddressError::UrlTail);
        }
        authority = before;
    }
    let (host, port) = split_port(authority)?;
    let port = match port {
        Some(port) => self::port(port)?,
        None if is_url => DEFAULT_PORT,
        None => return Err(AddressError::NoPort(harmless(authority))),
    };
    Ok(Endpoint { address: self::host(host, port)?, tls })
}

/// Splits at the only colon, or at the bracket that ends an IPv6 address.
fn split_port(authority: &str) -> Result<(&str, Option<&str>), AddressError> {
    let invalid = || AddressError::Host(harmless(authority));
    if authority.starts_with('[') {
        let end = authority.find(']').ok_or_else(invalid)? + 1;
        let (host, rest) = authority.split_at(end);
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(invalid()),
        };
    }
    match authority.split_once(':') {
        Some((_, rest)) if rest.contains(':') => Err(invalid()),
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((authority, None)),
    }
}

/// A text that errors may repeat: neither a user and a password nor, with an escaped at sign, the
/// rest of them.
fn harmless(text: &str) -> String {
    if text.contains([':', '%']) { String::new() } else { text.to_owned() }
}

fn port(text: &str) -> Result<u16, AddressError> {
    // Rust also parses a leading plus sign.
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let port = text.parse().ok().filter(|port| is_number && *port != 0);
    port.ok_or(AddressError::Port)
}

fn host(text: &str, port: u16) -> Result<Address, AddressError> {
    let invalid = || AddressError::Host(harmless(text));
    if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let (ip, zone) = inner.split_once('%').unwrap_or((inner, ""));
        let ip: Ipv6Addr = ip.parse().map_err(|_| invalid())?;
        if inner.contains('%') {
            // Only a look-up finds the interface of a zone.
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
            let is_zone = !zone.is_empty() && zone.bytes().all(is_name);
            let name = Address::Name { host: inner.to_owned(), port };
            return if is_zone { Ok(name) } else { Err(invalid()) };
        }
        return Ok(Address::Ip(SocketAddr::new(IpAddr::V6(ip), port)));
    }
    if let Ok(ip) = text.parse::<Ipv4Addr>() {
        return Ok(Address::Ip(SocketAddr::new(IpAddr::V4(ip), port)));
    }
    // A trailing dot ends the look-up's search list.
    let labels = text.strip_suffix('.').unwrap_or(text).split('.');
    let is_label = |label: &str| {
        let bytes = label.bytes();
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && bytes.into_iter().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    // Look-ups take numbers as parts of an IPv4 address: 127.1 is 127.0.0.1.
    let last = labels.clone().next_back().unwrap_or("");
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit());
    match labels.clone().all(is_label) && !is_number && text.len() <= 254 {
        true => Ok(Address::Name { host: text.to_owned(), port }),
        false => Err(invalid()),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Name { host, port } => write!(f, "{host}:{port}"),
            Self::Ip(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HasUser => f.write_str(
                "an address has no user or password; give --redis.username, and \
                 REDIS_EXPORTER_REDIS_PASSWORD in the environment or --redis.password-file",
            ),
            Self::Several => f.write_str(
                "it is one address, such as 127.0.0.1:6379; start an exporter for each Redis, or \
                 let one ask them all by /scrape?target= with --redis.targets",
            ),
            Self::Scheme(scheme) => {
                write!(f, "unknown scheme {scheme:?}; give redis://HOST:PORT or unix:///PATH")
            }
            Self::UrlTail => f.write_str(
                "a URL ends after the port or the number of a database; give redis://HOST:PORT",
            ),
            Self::UnixPath => {
                f.write_str("a Unix socket has an absolute path; give unix:///run/redis.sock")
            }
            Self::NoUnixSockets => f.write_str(
                "Unix sockets are not supported on this system; give HOST:PORT, such as \
                 127.0.0.1:6379",
            ),
            Self::NoTls => f.write_str(
                "this build has no TLS; give redis://HOST:PORT, or use a build with the feature tls",
            ),
            Self::Port => f.write_str(
                "the port is not a number from 1 to 65535; give an address such as 127.0.0.1:6379",
            ),
            Self::Host(host) => {
                quoted(f, host)?;
                f.write_str("not a host; give an address such as 127.0.0.1:6379 or [::1]:6379")
            }
            Self::NoPort(text) => {
                quoted(f, text)?;
                f.write_str("not HOST:PORT; give an address such as 127.0.0.1:6379")
            }
        }
    }
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    if text.is_empty() { f.write_str("it is ") } else { write!(f, "{text:?} is ") }
}

impl std::error::Error for AddressError {}

impl Endpoint {
    /// The one spelling of all that name this place.
    pub(crate) fn name(&self) -> String {
        let scheme = if self.tls { "rediss://" } else { "" };
        match &self.address {
            Address::Name { host, port } if !host.contains(':') => {
                format!("{scheme}{}:{port}", host.to_ascii_lowercase())
            }
            address => format!("{scheme}{address}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_addresses_name_one_place() {
        for (text, expected) in [
            ("127.0.0.1:6379", "127.0.0.1:6379"),
            ("localhost:1", "localhost:1"),
            ("Redis_1.db-7.example.:65535", "Redis_1.db-7.example.:65535"),
            ("[::1]:6379", "[::1]:6379"),
            ("[fe80::1%eth0]:6379", "[fe80::1%eth0]:6379"),
            ("redis://db:7000", "db:7000"),
            ("redis://db", "db:6379"),
            ("redis://db/", "db:6379"),
            ("redis://db:7000/15", "db:7000"),
            ("REDIS://[::1]", "[::1]:6379"),
            ("tcp://10.0.0.1:7000", "10.0.0.1:7000"),
        ] {
            let endpoint: Endpoint = text.parse().unwrap();
            assert_eq!(endpoint.address.to_string(), expected, "{text}");
            assert!(!endpoint.tls, "{text}");
        }
    }

    #[test]
    fn unix_sockets_have_absolute_paths() {
        for (text, expected) in [
            ("unix:///run/redis.sock", Some("unix:///run/redis.sock")),
            ("unix:/run/redis@1.sock", Some("unix:///run/redis@1.sock")),
            ("unix://run/redis.sock", None),
            ("unix:///run/", None),
            ("unix://", None),
            ("unix:///run/redis.sock?db=1", None),
            ("unix:///a,unix:///b", None),
            ("unix:///a,redis://u:secret@h:1", None),
        ] {
            let address = text.parse::<Endpoint>().ok().map(|it| it.address.to_string());
            let expected = expected.filter(|_| cfg!(unix));
            assert_eq!(address.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn invalid_addresses_are_refused() {
        for text in [
            "",
            ":6379",
            "localhost",
            "localhost:",
            "localhost:0",
            "localhost:65536",
            "a:+1",
            "a:1x",
            "127.0.0.1:6379:6379",
            "::1:6379",
            "::1",
            "[::1]",
            "[::1:6379",
            "[::g]:1",
            "[::1]6379",
            "[fe80::1%]:1",
            "127.0.0.1.1:1",
            "256.1.1.1:1",
            "127.1:1",
            "1:1",
            "a..b:1",
            "-a:1",
            "a b:1",
            "a,b:1",
            "127.0.0.1:6379,127.0.0.1:6380",
            "redis://a:1,b:1",
            "http://a:1",
            "redis:a:1",
            "redis://",
            "redis:///1",
            "redis://a:1/x",
            "redis://a:1?db=0",
            "redis://a:1#b",
            "a:1/0",
            "redis-sentinel://a:1",
            "a/b:1",
            "a\\b:1",
            "é:1",
        ] {
            let error = text.parse::<Endpoint>().unwrap_err().to_string();
            assert!(error.contains("give ") || error.contains("start an"), "{text}: {error}");
        }
    }

    #[test]
    fn errors_never_repeat_a_password() {
        for text in [
            "user:secret@127.0.0.1:6379",
            ":secret@127.0.0.1:6379",
            "redis://:secret@127.0.0.1:6379/0",
            "redis://user:se@cret@127.0.0.1:6379",
            "redis://secret@127.0.0.1",
            "unix://user:secret@/run/redis.sock",
            "http://user:secret@a:1",
            "user:secret,@127.0.0.1:6379",
        ] {
            let error = text.parse::<Endpoint>().unwrap_err();
            assert_eq!(error, AddressError::HasUser, "{text}");
            assert!(!error.to_string().contains("cret"), "{text}: {error}");
        }
        for text in ["redis://u:secret%40h:1", "redis://u:secret%40h", "secret%40h", "u:secret:1"] {
            let error = text.parse::<Endpoint>().unwrap_err().to_string();
            assert!(!error.contains("cret") && error.contains("give an"), "{text}: {error}");
        }
    }

    #[test]
    fn spellings_of_one_place_have_one_name() {
        for (spellings, name) in [
            (
                &["db:6379", "DB:6379", "redis://db", "redis://db/0", "tcp://Db:6379/00"][..],
                "db:6379",
            ),
            (&["[::1]:1", "redis://[0::1]:1/"], "[::1]:1"),
        ] {
            for text in spellings {
                let endpoint: Endpoint = text.parse().unwrap();
                assert_eq!(endpoint.name(), name, "{text}");
            }
        }
    }

    #[test]
    fn encrypted_addresses_need_a_build_with_tls() {
        let parsed = "rediss://db:6380".parse::<Endpoint>();
        match cfg!(feature = "tls") {
            true => assert!(parsed.unwrap().tls),
            false => assert_eq!(parsed.unwrap_err(), AddressError::NoTls),
        }
    }
}
