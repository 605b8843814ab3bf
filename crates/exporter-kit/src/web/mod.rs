//! The web side: own sockets and threads, tiny_http's response writer.
//!
//! An exporter serves small pages to a few scrapers, so a thread for each connection is simple.
//! Scrapers that keep theirs share one between two requests where the system can tell which of them
//! asks (`lobby`). What keeps it safe is that everything is bounded: connections, request heads, time.

mod accept;
#[cfg(feature = "web-config")]
mod config;
#[cfg(not(feature = "web-config"))]
#[path = "config/off.rs"]
mod config;
mod connection;
mod connections;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod landing;
#[cfg(target_os = "linux")]
mod lobby;
#[cfg(not(target_os = "linux"))]
#[path = "lobby/off.rs"]
mod lobby;
mod query;
mod request;
mod response;
#[cfg(test)]
#[cfg(feature = "web-config")] // apart, or clippy does not see that it is a test
mod served;
mod stream;
#[cfg(feature = "tls")]
mod tls;

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

pub(crate) use config::WebConfig;
use connection::Connection;
pub(crate) use connection::Party;
pub(crate) use connections::Connections;
use landing::Landing;
use lobby::Lobby;

use crate::config::Config;
use crate::scrape::Scraper;

/// Accepting needs little stack.
const ACCEPT_STACK_BYTES: usize = 128 * 1024;

/// How long to wait at most after a failed accept, which would fail again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// What the server serves.
pub(crate) struct Site {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) about: &'static str,
    pub(crate) config: Config,
    pub(crate) web_config: Option<WebConfig>,
    pub(crate) scraper: Scraper<Party>,
    /// Collectors that are not enabled.
    pub(crate) disabled: Vec<&'static str>,
}

/// A site with what is made once for all requests.
struct Server {
    site: Site,
    landing: String,
    /// The `Server` header.
    product: String,
    /// `None` where every connection keeps its thread.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "for the lobby"))]
    lobby: Option<Lobby>,
}

/// Starts serving `site` on every listener. Returns when all accept threads have started; they
/// run as long as the process does. The connections can be asked to finish.
///
/// # Errors
///
/// The system refuses to start a thread.
pub(crate) fn serve(site: Site, listeners: Vec<TcpListener>) -> io::Result<Arc<Connections>> {
    let landing = Landing {
        name: site.name,
        version: site.version,
        about: site.about,
        telemetry_path: &site.config.telemetry_path,
    }
    .to_html();
    let product = format!("{}/{}", site.name, site.version);
    let product = product.chars().filter(char::is_ascii_graphic).collect();
    let site_limit = site.config.max_connections;
    let server = Arc::new(Server { lobby: Lobby::open(&site), site, landing, product });
    let connections = Connections::new(site_limit);
    for listener in listeners {
        let (server, connections) = (Arc::clone(&server), Arc::clone(&connections));
        let thread = thread::Builder::new().name("accept".into()).stack_size(ACCEPT_STACK_BYTES);
        thread.spawn(move || accept_for_ever(&listener, &server, &connections))?;
    }
    Ok(connections)
}

/// Accepts connections; no error ends it. A client that has gone again is none, and a lack of file
/// descriptors passes, the sooner if a waiting connection gives its own up.
fn accept_for_ever(listener: &TcpListener, server: &Arc<Server>, connections: &Arc<Connections>) {
    loop {
        match listener.accept() {
            Ok((stream, _)) => start_connection(stream, server, connections),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted
                ) => {}
            Err(error) => {
                log::debug!("cannot accept a connection: {error}");
                connections.make_room(ACCEPT_PAUSE);
            }
        }
    }
}

fn start_connection(stream: TcpStream, server: &Arc<Server>, connections: &Arc<Connections>) {
    if has_gone(&stream) {
        return;
    }
    let Some(place) = connections.admit(stream) else { return };
    let server = Arc::clone(server);
    if let Err(error) = connection::spawn(move || Connection::serve(server, place)) {
        // The place was dropped with the closure, and the connection with it.
        log::debug!("cannot start a thread for a connection: {error}");
        connections.make_room(ACCEPT_PAUSE);
    }
}

/// Whether the client has reset the connection while it was waiting to be accepted. It costs next
/// to nothing then: many such clients must not fill the queue in which a scraper waits.
fn has_gone(stream: &TcpStream) -> bool {
    // There is no other side any more. One that has ended orderly may be waiting for its response.
    stream.peer_addr().is_err()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::Write;
    use std::net::{Ipv4Addr, Shutdown};

    use socket2::SockRef;

    use super::*;

    #[test]
    fn who_resets_has_gone_and_who_ends_has_not() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let connected = || {
            let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
            client
        };
        let _waiting = connected();
        assert!(!has_gone(&listener.accept().unwrap().0));
        let ended = connected();
        ended.shutdown(Shutdown::Write).unwrap();
        assert!(!has_gone(&listener.accept().unwrap().0));
        let reset = connected();
        SockRef::from(&reset).set_linger(Some(Duration::ZERO)).unwrap();
        drop(reset);
        assert!(has_gone(&listener.accept().unwrap().0));
    }
}
