//! TLS clients for the tests.

use std::fs;
use std::io::{self, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};

use super::{Served, data};

pub(super) type TlsStream = StreamOwned<ClientConnection, TcpStream>;

/// The parameters of a TLS client.
#[derive(Clone, Copy)]
pub(super) struct Client {
    pub(super) versions: Versions,
    /// Certificate and key, `NAME.crt` and `NAME.key`.
    pub(super) certificate: Option<&'static str>,
    pub(super) protocol: Option<&'static str>,
}

/// Versions of TLS.
pub(super) type Versions = &'static [&'static SupportedProtocolVersion];
pub(super) const TLS12: Versions = &[&rustls::version::TLS12];
pub(super) const TLS13: Versions = &[&rustls::version::TLS13];
pub(super) const BOTH: Versions = rustls::ALL_VERSIONS;

pub(super) const CLIENT: Client = Client { versions: BOTH, certificate: None, protocol: None };

impl Client {
    /// Connects and completes the handshake. A TLS 1.3 server can reject a client only after that,
    /// so this also sends a request and waits for the first bytes of the response.
    pub(super) fn connect(self, served: &Served) -> io::Result<TlsStream> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(data("ca.crt")).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(self.versions)
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match self.certificate {
            None => config.with_no_client_auth(),
            Some(name) => {
                let chain = CertificateDer::from_pem_file(data(&format!("{name}.crt"))).unwrap();
                let key = PrivateKeyDer::from_pem_file(data(&format!("{name}.key"))).unwrap();
                config.with_client_auth_cert(vec![chain], key).unwrap()
            }
        };
        config.alpn_protocols = self.protocol.iter().map(|name| name.as_bytes().to_vec()).collect();
        let name = "localhost".try_into().unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut stream = StreamOwned::new(connection, served.connect());
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        stream.write_all(super::get("/-/healthy", None).as_bytes())?;
        stream.flush()?;
        let mut answer = [0; 4096];
        let received = io::Read::read(&mut stream, &mut answer)?;
        let text = String::from_utf8_lossy(&answer[..received]);
        assert!(text.starts_with("HTTP/1.1 200") || text.starts_with("HTTP/1.1 401"), "{text}");
        assert!(text.ends_with('\n'), "the response arrives in one read: {text}");
        Ok(stream)
    }
}

/// Whether the server presented this certificate.
pub(super) fn has_presented(stream: &TlsStream, name: &str) -> bool {
    let presented = stream.conn.peer_certificates().unwrap();
    let pem = fs::read(data(name)).unwrap();
    presented[0] == CertificateDer::from_pem_slice(&pem).unwrap()
}
