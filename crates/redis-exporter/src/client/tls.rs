//! TLS to Redis. The files are read at each connection, so certificates may be renewed at any time.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::RedisError;
use super::stream::Plain;
use crate::address::Address;

/// The files of a connection with TLS.
#[derive(Clone, Debug)]
pub(crate) struct TlsFiles {
    /// The authorities that the certificate of Redis may be of.
    pub(crate) ca: PathBuf,
    /// The exporter's own certificate and its key.
    pub(crate) client: Option<(PathBuf, PathBuf)>,
}

/// Starts TLS on a connection.
pub(super) fn start(
    config: ClientConfig,
    address: &Address,
    mut plain: Plain,
) -> Result<StreamOwned<ClientConnection, Plain>, RedisError> {
    let failed = |error: io::Error| RedisError::Tls(address.clone(), error);
    let name = match address {
        Address::Ip(ip) => Ok(ServerName::IpAddress(ip.ip().into())),
        Address::Name { host, .. } => {
            ServerName::try_from(host.trim_end_matches('.').to_owned()).map_err(io::Error::other)
        }
        Address::Unix(_) => Err(io::Error::other("a Unix socket has no TLS")),
    };
    let name = name.map_err(failed)?;
    let connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other);
    let mut connection = connection.map_err(failed)?;
    while connection.is_handshaking() {
        connection.complete_io(&mut plain).map_err(failed)?;
    }
    Ok(StreamOwned::new(connection, plain))
}

impl TlsFiles {
    /// Reads the files.
    pub(super) fn config(&self) -> Result<ClientConfig, RedisError> {
        let invalid = |path: &PathBuf, why: String| RedisError::TlsFile(path.clone(), why);
        let mut roots = RootCertStore::empty();
        for certificate in certificates(&self.ca)? {
            roots.add(certificate).map_err(|error| invalid(&self.ca, error.to_string()))?;
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| invalid(&self.ca, error.to_string()))?
            .with_root_certificates(roots);
        let Some((cert, key)) = &self.client else { return Ok(builder.with_no_client_auth()) };
        let pem = read(key)?;
        let parsed = PrivateKeyDer::from_pem_slice(pem.as_bytes())
            .map_err(|error| invalid(key, format!("no private key in PEM: {error}")))?;
        builder
            .with_client_auth_cert(certificates(cert)?, parsed)
            .map_err(|error| invalid(key, error.to_string()))
    }
}

fn certificates(path: &PathBuf) -> Result<Vec<CertificateDer<'static>>, RedisError> {
    let text = read(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    let found = found.map_err(|error| error.to_string());
    let found = found.and_then(|found| match found.is_empty() {
        true => Err("there is none".to_owned()),
        false => Ok(found),
    });
    found.map_err(|why| RedisError::TlsFile(path.clone(), format!("no certificate in PEM: {why}")))
}

fn read(path: &PathBuf) -> Result<String, RedisError> {
    exporter_kit::read_setting_file(path)
        .map_err(|error| RedisError::TlsFile(path.clone(), error.to_string()))
}
