//! Listen addresses in the forms that Go exporters accept, and their sockets.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, TcpListener, ToSocketAddrs};
use std::str::FromStr;

use socket2::{Domain, Protocol, Socket, Type};

/// How many connections the kernel queues while the exporter is busy, if the system allows as many.
/// A client whose SYN is dropped retries after a second, which is late for a scrape.
const BACKLOG: i32 = 4096;

/// Opens the sockets to listen on: those passed by the service manager (`LISTEN_FDS`), or else one
/// or more for each address.
///
/// # Errors
///
/// One line that names the address or socket, the cause, and what to do.
pub(crate) fn bind(addresses: &[ListenAddress]) -> Result<Vec<TcpListener>, String> {
    let passed = passed_listeners().map_err(|error| {
        format!("cannot use the sockets passed by the service manager (LISTEN_FDS): {error}")
    })?;
    if !passed.is_empty() {
        return Ok(passed);
    }
    let mut listeners = Vec::new();
    for address in addresses {
        let bound = address.bind().map_err(|error| {
            format!("cannot listen on {address}: {error}; {}", advice(address, &error))
        });
        listeners.extend(bound?);
    }
    Ok(listeners)
}

/// What to do about an address that cannot be listened on.
fn advice(address: &ListenAddress, error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::InvalidInput if address.lacks_zone() => {
            "a link-local address needs its interface, such as [fe80::1%eth0]:9601"
        }
        io::ErrorKind::AddrInUse => {
            "stop the program that uses the port, or choose another with --web.listen-address"
        }
        io::ErrorKind::AddrNotAvailable => {
            "this host does not have the address; choose another with --web.listen-address, or \
             :PORT for all interfaces"
        }
        // Windows also denies permission for ports that are in exclusive use or reserved.
        io::ErrorKind::PermissionDenied if cfg!(unix) && address.port < 1024 => {
            "ports below 1024 need root; choose another with --web.listen-address"
        }
        io::ErrorKind::PermissionDenied => {
            "the system reserves the port; choose another with --web.listen-address"
        }
        _ if address.zone().is_some() => {
            "give an interface of this host after the %, by its name on Linux or by its number"
        }
        _ => "give an address of this host with --web.listen-address, or :PORT for all interfaces",
    }
}

#[cfg(unix)]
fn passed_listeners() -> io::Result<Vec<TcpListener>> {
    let mut passed = listenfd::ListenFd::from_env();
    let mut listeners = Vec::new();
    for index in 0..passed.len() {
        let listener = passed.take_tcp_listener(index).map_err(|error| {
            io::Error::other(format!("{error}; pass TCP sockets only, such as ListenStream=9601"))
        })?;
        listeners.extend(listener);
    }
    for (index, listener) in listeners.iter().enumerate() {
        check_passed(listener)
            .map_err(|error| io::Error::other(format!("socket {}: {error}", index + 1)))?;
    }
    Ok(listeners)
}

/// Checks that a passed socket accepts TCP connections, because `accept` on any other fails at
/// every call.
#[cfg(target_os = "linux")]
fn check_passed(socket: &TcpListener) -> Result<(), String> {
    use rustix::net::{ipproto, sockopt};
    let protocol = sockopt::socket_protocol(socket).map_err(|error| error.to_string())?;
    if ![ipproto::TCP, ipproto::MPTCP].map(Some).contains(&protocol) {
        return Err("it is not a TCP socket; pass TCP sockets only".to_owned());
    }
    if sockopt::socket_acceptconn(socket).map_err(|error| error.to_string())? {
        return Ok(());
    }
    let socket = socket2::SockRef::from(socket);
    Err(match socket.peer_addr().ok().and_then(|peer| peer.as_socket()) {
        Some(peer) => {
            format!("it is connected to {peer} and cannot listen; set Accept=no in the socket unit")
        }
        None => "it is not listening; call listen(2) before passing it".to_owned(),
    })
}

/// Other systems have no service manager that passes sockets.
#[cfg(all(unix, not(target_os = "linux")))]
fn check_passed(_: &TcpListener) -> Result<(), String> {
    Ok(())
}

#[cfg(not(unix))]
fn passed_listeners() -> io::Result<Vec<TcpListener>> {
    Ok(Vec::new())
}

/// An address to listen on: `:9601`, `host:9601`, `192.0.2.1:9601`, `[2001:db8::1]:9601` or
/// `[fe80::1%eth0]:9601`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListenAddress {
    /// A name or an address, which may have an IPv6 zone; `None` for all interfaces.
    host: Option<String>,
    port: u16,
}

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let error = |what: &str| {
            format!("{what} in {text:?}; give :PORT, HOST:PORT or [IPV6]:PORT, such as :9601")
        };
        let (host, port) = text.rsplit_once(':').ok_or_else(|| error("no port"))?;
        let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|_| digits);
        let port = port.ok_or_else(|| error("no port from 0 to 65535"))?;
        let host = if let Some(v6) = host.strip_prefix('[') {
            let v6 = v6.strip_suffix(']').filter(|v6| {
                let (ip, zone) = split_zone(v6);
                ip.parse::<Ipv6Addr>().is_ok() && zone.is_none_or(is_zone)
            });
            Some(v6.ok_or_else(|| error("no IPv6 address between the brackets"))?)
        } else if host.contains(':') {
            return Err(error("an IPv6 address without brackets"));
        } else if host.contains(|c: char| c.is_whitespace() || "/%".contains(c)) {
            return Err(error("no host name"));
        } else {
            (!host.is_empty()).then_some(host)
        };
        Ok(Self { host: host.map(str::to_owned), port })
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        match host {
            None => write!(f, ":{port}"),
            Some(host) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Some(host) => write!(f, "{host}:{port}"),
        }
    }
}

impl ListenAddress {
    /// Opens one socket for all interfaces, or one for each address of the host.
    ///
    /// # Errors
    ///
    /// The host name has no address, or one of its addresses cannot be listened on.
    pub(crate) fn bind(&self) -> io::Result<Vec<TcpListener>> {
        let Some(host) = &self.host else {
            return Ok(vec![self.bind_all()?]);
        };
        if let (ip, Some(zone)) = split_zone(host) {
            let ip = ip.parse().map_err(io::Error::other)?;
            return Ok(vec![listen(SocketAddrV6::new(ip, self.port, 0, scope_id(zone)?).into())?]);
        }
        let mut addresses: Vec<_> = (host.as_str(), self.port).to_socket_addrs()?.collect();
        addresses.sort_unstable();
        addresses.dedup();
        let mut listeners = Vec::new();
        let mut missing = None;
        for address in addresses {
            match listen(address) {
                Ok(listener) => listeners.push(listener),
                // `localhost` may name ::1 on a host without IPv6.
                Err(error) if is_family_missing(&error) => missing = Some(error),
                Err(error) => return Err(error),
            }
        }
        match missing {
            Some(error) if listeners.is_empty() => Err(error),
            _ if listeners.is_empty() => Err(io::Error::other("the host name has no address")),
            _ => Ok(listeners),
        }
    }

    fn zone(&self) -> Option<&str> {
        split_zone(self.host.as_deref()?).1
    }

    /// Whether this is a link-local address without the zone that makes it unambiguous.
    fn lacks_zone(&self) -> bool {
        let ip = self.host.as_deref().and_then(|host| host.parse::<Ipv6Addr>().ok());
        ip.is_some_and(|ip| ip.is_unicast_link_local())
    }

    /// IPv6 and IPv4 in one socket, or only IPv4 if the system has no IPv6.
    fn bind_all(&self) -> io::Result<TcpListener> {
        match listen((Ipv6Addr::UNSPECIFIED, self.port).into()) {
            Err(error) if is_family_missing(&error) => {
                listen((Ipv4Addr::UNSPECIFIED, self.port).into())
            }
            result => result,
        }
    }
}

/// Splits `fe80::1%eth0` at the `%` (RFC 4007 §11).
fn split_zone(host: &str) -> (&str, Option<&str>) {
    host.split_once('%').map_or((host, None), |(ip, zone)| (ip, Some(zone)))
}

fn is_zone(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || "%/[]".contains(c))
}

/// The index of an interface, which is the scope ID of its link-local addresses. As in Go, the name
/// of an interface takes precedence if it is a number.
fn scope_id(zone: &str) -> io::Result<u32> {
    #[cfg(target_os = "linux")]
    {
        let socket = Socket::new(Domain::IPV6, Type::DGRAM, None)?;
        if let Ok(index) = rustix::net::netdevice::name_to_index(&socket, zone) {
            return Ok(index);
        }
    }
    let number = zone.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| io::Error::other(format!("unknown interface {zone:?}")))
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if let IpAddr::V6(ip) = address.ip() {
        // `[::]` means both families, as in Go; the default on Windows is only IPv6.
        socket.set_only_v6(!ip.is_unspecified())?;
    }
    // On Unix a restart must not wait for old connections to time out. On Windows the option
    // would let two processes listen on the same port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn is_family_missing(error: &io::Error) -> bool {
    // `io::ErrorKind` has no variant for EAFNOSUPPORT and WSAEAFNOSUPPORT.
    let unsupported = match std::env::consts::OS {
        "windows" => 10047,
        "linux" => 97,
        _ => 47,
    };
    error.kind() == io::ErrorKind::AddrNotAvailable || error.raw_os_error() == Some(unsupported)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_parse_in_every_form() {
        let cases = [
            (":9601", None, 9601),
            ("127.0.0.1:9601", Some("127.0.0.1"), 9601),
            ("localhost:0", Some("localhost"), 0),
            ("[::1]:65535", Some("::1"), 65535),
            ("[::]:80", Some("::"), 80),
            ("[fe80::1%eth0]:9601", Some("fe80::1%eth0"), 9601),
            ("[fe80::1%br-1.5:0]:9601", Some("fe80::1%br-1.5:0"), 9601),
            ("[fe80::1%2]:9601", Some("fe80::1%2"), 9601),
        ];
        for (text, host, port) in cases {
            let address: ListenAddress = text.parse().unwrap();
            assert_eq!(address, ListenAddress { host: host.map(str::to_owned), port }, "{text}");
            assert_eq!(address.to_string(), text);
        }
    }

    #[test]
    fn invalid_addresses_are_explained() {
        let cases = [
            ("", "no port"),
            ("9601", "no port"),
            (":", "no port from"),
            (":x", "no port from"),
            (":+1", "no port from"),
            (":65536", "no port from"),
            ("::1:9601", "without brackets"),
            ("[::1:9601", "between the brackets"),
            ("[host]:9601", "between the brackets"),
            ("[fe80::1%]:9601", "between the brackets"),
            ("[%eth0]:9601", "between the brackets"),
            ("[fe80::1%a%b]:9601", "between the brackets"),
            ("[fe80::1%a b]:9601", "between the brackets"),
            ("[127.0.0.1%lo]:9601", "between the brackets"),
            ("a b:9601", "no host name"),
            ("127.0.0.1%lo:9601", "no host name"),
            ("http://x:9601", "without brackets"),
        ];
        for (text, expected) in cases {
            let error = text.parse::<ListenAddress>().unwrap_err();
            assert!(error.contains(expected) && error.contains(":9601"), "{text}: {error}");
        }
    }

    #[test]
    fn advice_depends_on_the_error() {
        let cases = [
            (io::ErrorKind::AddrInUse, ":9601", "stop the program"),
            (io::ErrorKind::AddrNotAvailable, "192.0.2.1:9601", "does not have"),
            (io::ErrorKind::PermissionDenied, ":9601", "reserves the port"),
            #[cfg(unix)]
            (io::ErrorKind::PermissionDenied, ":80", "below 1024"),
            (io::ErrorKind::InvalidInput, "[fe80::1]:9601", "needs its interface"),
            (io::ErrorKind::Other, "[fe80::1%x]:9601", "an interface of this host after the %"),
            (io::ErrorKind::AddrNotAvailable, "[fe80::1%x]:9601", "does not have"),
            (io::ErrorKind::Other, "nowhere.invalid:9601", "an address of this host"),
        ];
        for (kind, address, expected) in cases {
            let advice = advice(&address.parse().unwrap(), &kind.into());
            assert!(advice.contains(expected), "{kind}: {advice}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn zones_are_bound_by_name_and_number() {
        let interfaces = std::fs::read_to_string("/proc/net/if_inet6").unwrap_or_default();
        for line in interfaces.lines() {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [ip, index, _, scope, _, name] = fields[..] else { panic!("{line}") };
            // The host scope of ::1, and the scope of link-local addresses.
            if !["10", "20"].contains(&scope) {
                continue;
            }
            let ip = Ipv6Addr::from(u128::from_str_radix(ip, 16).unwrap());
            let index = u32::from_str_radix(index, 16).unwrap();
            for zone in [name.to_owned(), index.to_string()] {
                let address: ListenAddress = format!("[{ip}%{zone}]:0").parse().unwrap();
                let bound = address.bind().unwrap()[0].local_addr().unwrap();
                let SocketAddr::V6(bound) = bound else { panic!("{bound}") };
                // The kernel keeps the scope of link-local addresses only.
                let expected = if scope == "20" { index } else { 0 };
                assert_eq!((*bound.ip(), bound.scope_id()), (ip, expected), "{address}");
            }
        }
    }

    #[test]
    fn unknown_interfaces_are_errors_with_advice() {
        for zone in ["no-such-name", "0", "4294967296"] {
            assert!(scope_id(zone).unwrap_err().to_string().contains(zone));
            let error = bind(&[format!("[fe80::1%{zone}]:0").parse().unwrap()]).unwrap_err();
            let expected = format!("cannot listen on [fe80::1%{zone}]:0: unknown interface");
            assert!(error.starts_with(&expected), "{error}");
            assert!(error.contains("an interface of this host after the %"), "{error}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn passed_sockets_must_listen() {
        let listening = TcpListener::bind("127.0.0.1:0").unwrap();
        assert_eq!(check_passed(&listening), Ok(()));
        let peer = listening.local_addr().unwrap();
        let connected = std::net::TcpStream::connect(peer).unwrap();
        let accepted = listening.accept().unwrap().0;
        let bound = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        bound.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let unix = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        let client = accepted.peer_addr().unwrap();
        let cases: [(std::os::fd::OwnedFd, String); 5] = [
            (connected.into(), format!("connected to {peer}")),
            (accepted.into(), format!("connected to {client}")),
            (bound.into(), "not listening".to_owned()),
            (udp.into(), "not a TCP socket".to_owned()),
            (unix.into(), "not a TCP socket".to_owned()),
        ];
        for (socket, expected) in cases {
            let error = check_passed(&socket.into()).unwrap_err();
            assert!(error.contains(&expected), "{error}");
        }
    }

    #[test]
    fn all_interfaces_include_both_families() {
        let address: ListenAddress = ":0".parse().unwrap();
        let listeners = address.bind().unwrap();
        let port = listeners[0].local_addr().unwrap().port();
        std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        if TcpListener::bind("[::1]:0").is_ok() {
            std::net::TcpStream::connect(("::1", port)).unwrap();
        }
    }

    #[test]
    fn a_port_in_use_is_an_error() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address: ListenAddress = taken.local_addr().unwrap().to_string().parse().unwrap();
        assert_eq!(address.bind().unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }
}
