//! Tests the server with a web configuration over real sockets.

#[cfg(feature = "tls")]
mod clients;
#[cfg(feature = "tls")]
mod handshakes;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use super::{Server, ServerConfig, WebConfig};
use crate::config::Config;
use crate::self_metrics::{Build, SelfMetrics};

/// Longer than any operation takes that does not hang.
const AMPLE: Duration = Duration::from_secs(30);

/// A server on its own port, and the folder with its files.
struct Served {
    address: SocketAddr,
    folder: TempDir,
}

impl Served {
    fn start(yaml: &str) -> Self {
        Self::start_with(yaml, |_| {})
    }

    /// Starts a server with this web configuration. `change` adjusts the other settings.
    fn start_with(yaml: &str, change: impl FnOnce(&mut ServerConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(data("")).unwrap() {
            let from = entry.unwrap().path();
            fs::copy(&from, folder.path().join(from.file_name().unwrap())).unwrap();
        }
        let path = folder.path().join("web.yml");
        fs::write(&path, yaml).unwrap();
        let mut web_config = WebConfig::open(&path).unwrap();
        web_config.check_interval = Duration::ZERO;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let build = Build { version: "1", revision: "r", rust: "1.95", target: "t" };
        let mut config = ServerConfig {
            name: "test_exporter",
            about: "A test.",
            build,
            config: Config { web_config_file: Some(path), ..Config::for_tests() },
            web_config: Some(web_config),
            metrics: SelfMetrics::new("test_exporter", "test_exporter"),
            collectors: Vec::new(),
            disabled: Vec::new(),
            targets: None,
        };
        change(&mut config);
        Server::start(config, vec![listener]).unwrap();
        Self { address, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Replaces a file by renaming, like tools that renew certificates.
    fn replace(&self, name: &str, content: impl AsRef<[u8]>) {
        let new = self.path("new");
        fs::write(&new, content).unwrap();
        fs::rename(new, self.path(name)).unwrap();
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(AMPLE)).unwrap();
        stream
    }
}

/// The path of a test data file.
fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tls").join(name)
}

/// A response: its head and its body.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

/// Sends a request on a persistent connection and reads the response.
fn ask(stream: &mut (impl Read + Write), request: &str) -> Answer {
    stream.write_all(request.as_bytes()).unwrap();
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(
            reader.read_line(&mut head).unwrap() > 0,
            "the connection ends in the head: {head}"
        );
    }
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    let length = if request.starts_with("HEAD") { 0 } else { length.unwrap().parse().unwrap() };
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    Answer { status, head, body: String::from_utf8(body).unwrap() }
}

fn get(path: &str, credentials: Option<&str>) -> String {
    let authorization = credentials.map_or(String::new(), |credentials| {
        format!("Authorization: Basic {}\r\n", STANDARD.encode(credentials))
    });
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}\r\n")
}

fn users(users: &[(&str, &str)]) -> String {
    let line = |(name, password): &(&str, &str)| {
        format!("  {name}: {}\n", bcrypt::hash(password, 4).unwrap())
    };
    format!("basic_auth_users:\n{}", users.iter().map(line).collect::<String>())
}

#[test]
fn only_users_with_their_passwords_are_served() {
    let served = Served::start(&users(&[("alice", "one"), ("bob", "two")]));
    let mut stream = served.connect();
    for path in ["/metrics", "/", "/-/healthy", "/nowhere"] {
        for wrong in [None, Some("alice:two"), Some("carol:one"), Some("alice"), Some(":")] {
            let answer = ask(&mut stream, &get(path, wrong));
            assert_eq!(answer.status, 401, "{path} {wrong:?}");
            assert!(answer.head.contains("\r\nWWW-Authenticate: Basic realm="), "{}", answer.head);
            assert!(answer.body.starts_with("# 401 ") && answer.body.ends_with('\n'), "{answer:?}");
            assert_eq!(answer.body.lines().count(), 1, "{answer:?}");
        }
        let expected = if path == "/nowhere" { 404 } else { 200 };
        for right in ["alice:one", "bob:two"] {
            let answer = ask(&mut stream, &get(path, Some(right)));
            assert_eq!(answer.status, expected, "{path} {right}");
            assert!(!answer.head.contains("WWW-Authenticate"), "{}", answer.head);
        }
    }
    let head = get("/metrics", None).replace("GET", "HEAD");
    assert_eq!(ask(&mut stream, &head).status, 401);
}

#[test]
fn changed_password_applies_to_the_next_request() {
    let served = Served::start(&users(&[("alice", "one")]));
    let mut stream = served.connect();
    let mut status = |credentials| ask(&mut stream, &get("/-/healthy", Some(credentials))).status;
    assert_eq!(status("alice:one"), 200);
    served.replace("web.yml", users(&[("alice", "two")]));
    assert_eq!(status("alice:one"), 401);
    assert_eq!(status("alice:two"), 200);
    // Broken text, a file without users and a missing file do not remove authentication.
    for broken in ["basic_auth_users: [", "basic_auth_users:\n  alice: two\n", "", "{}"] {
        served.replace("web.yml", broken);
        assert_eq!(status("alice:one"), 401, "{broken}");
        assert_eq!(status("alice:two"), 200, "{broken}");
    }
    fs::remove_file(served.path("web.yml")).unwrap();
    assert_eq!(status("alice:two"), 200);
    fs::write(served.path("web.yml"), users(&[("alice", "three")])).unwrap();
    assert_eq!(status("alice:two"), 401);
    assert_eq!(status("alice:three"), 200);
}

#[test]
fn unauthenticated_connection_is_evicted_first() {
    let served = Served::start_with(&users(&[("alice", "one")]), |server| {
        server.config.max_connections = 2;
    });
    let (mut anonymous, mut known) = (served.connect(), served.connect());
    assert_eq!(ask(&mut known, &get("/-/healthy", Some("alice:one"))).status, 200);
    // Evicted first even though its request was the last.
    assert_eq!(ask(&mut anonymous, &get("/-/healthy", None)).status, 401);
    let mut third = served.connect();
    assert_eq!(ask(&mut third, &get("/-/healthy", Some("alice:one"))).status, 200);
    assert_eq!(anonymous.read(&mut [0]).unwrap(), 0, "the unauthenticated connection was closed");
    assert_eq!(ask(&mut known, &get("/-/healthy", Some("alice:one"))).status, 200);
}

#[test]
fn configured_headers_are_in_every_response() {
    let headers = "http_server_config:\n  headers: {X-Frame-Options: deny}\n";
    let served = Served::start(headers);
    let mut stream = served.connect();
    for path in ["/metrics", "/", "/-/healthy", "/nowhere"] {
        let head = ask(&mut stream, &get(path, None)).head;
        assert!(head.contains("\r\nX-Frame-Options: deny\r\n"), "{path}: {head}");
    }
    served.replace("web.yml", headers.replace("deny", "sameorigin"));
    let head = ask(&mut stream, &get("/", None)).head;
    assert!(head.contains("\r\nX-Frame-Options: sameorigin\r\n"), "{head}");
}

#[test]
fn requests_over_the_rate_limit_get_429() {
    let limit = "rate_limit: {interval: 1h, burst: 3}\n";
    let served = Served::start(limit);
    let mut stream = served.connect();
    let mut status = |path| ask(&mut stream, &get(path, None)).status;
    assert_eq!([(); 3].map(|()| status("/-/healthy")), [200; 3]);
    assert_eq!((status("/metrics"), status("/-/healthy")), (429, 429));
    // A new version of the file with the same limit keeps the bucket; a new limit starts a new one.
    served.replace("web.yml", format!("# changed\n{limit}"));
    assert_eq!(status("/metrics"), 429);
    served.replace("web.yml", "rate_limit: {interval: 1h, burst: 1}\n");
    assert_eq!((status("/metrics"), status("/metrics")), (200, 429));
}
