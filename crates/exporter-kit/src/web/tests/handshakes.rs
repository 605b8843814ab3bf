//! Tests TLS with real clients: versions, server and client certificates, changing files, and input
//! that is not TLS.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::time::{Duration, Instant};

use super::clients::{BOTH, CLIENT, Client, TLS12, TLS13, has_presented};
use super::{AMPLE, Served, ask, data, get, users};

const SERVER: &str = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n";

#[test]
fn tls_versions_are_negotiated() {
    // The server's settings, and whether clients with 1.2, 1.3 and both can connect.
    let cases = [
        ("", [true, true, true]),
        ("  min_version: TLS12\n", [true, true, true]),
        ("  min_version: TLS13\n", [false, true, true]),
        ("  max_version: TLS12\n", [true, false, true]),
    ];
    for (settings, expected) in cases {
        let served = Served::start(&format!("{SERVER}{settings}"));
        for (versions, expected) in [TLS12, TLS13, BOTH].into_iter().zip(expected) {
            let connected = Client { versions, ..CLIENT }.connect(&served);
            assert_eq!(connected.is_ok(), expected, "{settings:?} {versions:?}: {connected:?}");
        }
    }
}

#[test]
fn every_key_format_is_accepted() {
    let cases = [
        ("server.crt", "server.key"),
        ("server.crt", "server-sec1.key"),
        ("server-rsa.crt", "server-rsa.key"),
        ("server-rsa.crt", "server-rsa-pkcs1.key"),
    ];
    for (cert, key) in cases {
        let yaml = format!("tls_server_config: {{cert_file: {cert}, key_file: {key}}}");
        let served = Served::start(&yaml);
        for versions in [TLS12, TLS13] {
            let stream = Client { versions, ..CLIENT }.connect(&served).unwrap();
            assert!(has_presented(&stream, cert), "{key}");
        }
    }
}

#[test]
fn certificate_and_key_can_be_inline() {
    let inline = |name: &str| fs::read_to_string(data(name)).unwrap().replace('\n', "\n    ");
    let (cert, key) = (inline("server.crt"), inline("server.key"));
    let served =
        Served::start(&format!("tls_server_config:\n  cert: |\n    {cert}\n  key: |\n    {key}\n"));
    assert!(has_presented(&CLIENT.connect(&served).unwrap(), "server.crt"));
}

#[test]
fn client_certificates_are_verified_as_configured() {
    // Whether clients without a certificate, with a known one and with an unknown one can connect.
    let cases = [
        ("NoClientCert", "", [true, true, true]),
        ("RequestClientCert", "", [true, true, true]),
        ("RequireAnyClientCert", "", [false, true, true]),
        ("RequireClientCert", "", [false, true, true]),
        ("VerifyClientCertIfGiven", "  client_ca_file: ca.crt\n", [true, true, false]),
        ("RequireAndVerifyClientCert", "  client_ca_file: ca.crt\n", [false, true, false]),
        ("RequireAndVerifyClientCert", "  client_ca_file: other-ca.crt\n", [false, false, true]),
    ];
    for (auth, authority, expected) in cases {
        let served = Served::start(&format!("{SERVER}  client_auth_type: {auth}\n{authority}"));
        for versions in [TLS12, TLS13] {
            let certificates = [None, Some("client"), Some("stranger")];
            for (certificate, expected) in certificates.into_iter().zip(expected) {
                let connected = Client { versions, certificate, ..CLIENT }.connect(&served);
                let case = format!("{auth} {certificate:?} {versions:?}: {connected:?}");
                assert_eq!(connected.is_ok(), expected, "{case}");
                if let Err(error) = connected {
                    // An alert with the reason, not a reset.
                    assert!(error.to_string().contains("received fatal alert"), "{case}: {error}");
                }
            }
        }
    }
}

#[test]
fn only_http_1_is_negotiated() {
    let served = Served::start(SERVER);
    for (protocol, expected) in [("http/1.1", true), ("http/1.0", true), ("h2", false)] {
        let client = Client { protocol: Some(protocol), ..CLIENT };
        assert_eq!(client.connect(&served).is_ok(), expected, "{protocol}");
    }
}

#[test]
fn changed_certificate_is_used_unless_broken() {
    let served = Served::start(SERVER);
    let mut kept = CLIENT.connect(&served).unwrap();
    assert!(has_presented(&kept, "server.crt"));
    // The certificate is replaced before its key: for a moment they do not match.
    served.replace("server.crt", fs::read(data("server-rsa.crt")).unwrap());
    assert!(has_presented(&CLIENT.connect(&served).unwrap(), "server.crt"));
    served.replace("server.key", fs::read(data("server-rsa.key")).unwrap());
    assert!(has_presented(&CLIENT.connect(&served).unwrap(), "server-rsa.crt"));
    for broken in
        ["", "tls_server_config:\n  cert_file: nowhere.crt\n  key_file: server.key\n", "a"]
    {
        served.replace("web.yml", broken);
        assert!(has_presented(&CLIENT.connect(&served).unwrap(), "server-rsa.crt"), "{broken}");
    }
    // Open connections stay open.
    assert_eq!(ask(&mut kept, &get("/-/healthy", None)).status, 200);
    // New users apply to open connections too.
    served.replace("web.yml", format!("{SERVER}{}", users(&[("alice", "one")])));
    assert_eq!(ask(&mut kept, &get("/-/healthy", None)).status, 401);
    assert_eq!(ask(&mut kept, &get("/-/healthy", Some("alice:one"))).status, 200);
}

#[test]
fn large_pages_and_requests_share_a_connection() {
    let about: &'static str = Box::leak("much to say ".repeat(100_000).into_boxed_str());
    let served = Served::start_with(SERVER, |server| server.about = about);
    for versions in [TLS12, TLS13] {
        let mut stream = Client { versions, ..CLIENT }.connect(&served).unwrap();
        for _ in 0..3 {
            assert!(ask(&mut stream, &get("/", None)).body.contains(about));
            assert_eq!(ask(&mut stream, &get("/metrics", None)).status, 200);
        }
        let last = get("/-/ready", None).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
        assert_eq!(ask(&mut stream, &last).status, 200);
        // Without `close_notify` this would be an error.
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    }
}

#[test]
fn plain_http_gets_a_hint_to_https() {
    let served = Served::start(SERVER);
    let mut stream = served.connect();
    let answer = ask(&mut stream, &get("/metrics", None));
    assert_eq!((answer.status, answer.body.lines().count()), (400, 1));
    assert!(answer.body.starts_with("# 400 ") && answer.body.contains("https"), "{answer:?}");
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
}

#[test]
fn malformed_tls_is_closed() {
    let served = Served::start(SERVER);
    let huge = [&[22, 3, 1, 0xff, 0xff][..], &[0; 70_000]].concat();
    for junk in [&[22; 600][..], &[22, 3, 1, 0, 0], &[22, 3, 1, 0, 4, 1, 0, 0, 0], &huge] {
        let mut stream = served.connect();
        // The connection may be closed before all is sent.
        let _ = stream.write_all(junk);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
    }
    assert!(CLIENT.connect(&served).is_ok());
}

#[test]
fn slow_handshake_times_out() {
    let served = Served::start_with(SERVER, |server| {
        server.config.read_timeout = Duration::from_secs(1);
    });
    let silent = |first: &[u8]| {
        let mut stream = served.connect();
        stream.write_all(first).unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    };
    silent(&[]);
    silent(&[22, 3, 1, 0x40, 0]);
    // Sending a byte now and then does not extend the deadline.
    let begun = Instant::now();
    let mut stream = served.connect();
    stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    stream.write_all(&[22, 3, 1, 0x40, 0]).unwrap();
    loop {
        match stream.read(&mut [0]) {
            Err(error)
                if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
            _ => break,
        }
        if stream.write_all(&[0]).is_err() {
            break;
        }
        assert!(begun.elapsed() < AMPLE, "the connection is still open");
    }
}

#[test]
fn slow_request_times_out() {
    let served = Served::start_with(SERVER, |server| {
        server.config.read_timeout = Duration::from_secs(1);
    });
    let mut stream = CLIENT.connect(&served).unwrap();
    stream.write_all(b"GET / HT").unwrap();
    stream.flush().unwrap();
    assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
}

#[test]
fn unfinished_handshake_is_evicted() {
    let served = Served::start_with(SERVER, |server| server.config.max_connections = 1);
    let mut idle = served.connect();
    idle.write_all(&[22, 3, 1]).unwrap();
    assert!(CLIENT.connect(&served).is_ok());
    assert!(matches!(idle.read(&mut [0]), Ok(0) | Err(_)));
}
