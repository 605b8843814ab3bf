//! TLS with rustls, configured by the files that `--web.config.file` names.

mod session;
mod settings;

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{self, CryptoProvider, WebPkiSupportedAlgorithms, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, InconsistentKeys, RootCertStore, ServerConfig,
    SignatureScheme,
};

pub(crate) use session::{HANDSHAKE_RECORD, Handshake, Session};
pub(crate) use settings::TlsSettings;
use settings::{ClientAuth, Pem, Version};

use super::config::Fault;

impl TlsSettings {
    /// Reads the files and builds the configuration of rustls.
    ///
    /// # Errors
    ///
    /// Returns every error in the files.
    pub(crate) fn server_config(&self) -> Result<Arc<ServerConfig>, Vec<Fault>> {
        let provider = Arc::new(ring::default_provider());
        let certified = self.certified_key(&provider);
        let verifier = self.verifier(&provider);
        let (certified, verifier) = match (certified, verifier) {
            (Ok(certified), Ok(verifier)) => (certified, verifier),
            (certified, verifier) => {
                return Err([certified.err(), verifier.err()].into_iter().flatten().collect());
            }
        };
        let versions: Vec<_> = self.versions.iter().map(Version::of_rustls).collect();
        let builder = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)
            .map_err(|error| vec![(self.cert.line, error.to_string())])?;
        let builder = match verifier {
            Some(verifier) => builder.with_client_cert_verifier(verifier),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        // With ALPN, clients that support only HTTP/2 get an error in the handshake.
        config.alpn_protocols = vec![b"http/1.1".to_vec(), b"http/1.0".to_vec()];
        // Scrapers reuse their connections and need no session resumption, and a resumed session
        // would outlive a change of the files.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Arc::new(config))
    }

    /// Warnings about the files, which can be used nevertheless. `path` is the configuration file.
    pub(crate) fn warnings(&self, path: &Path) -> Vec<String> {
        #[cfg(unix)]
        {
            let path = self.key.file().unwrap_or(path);
            let Ok(metadata) = std::fs::metadata(path) else { return Vec::new() };
            let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
            if mode & 0o004 != 0 {
                let (path, mode) = (path.display(), mode & 0o7777);
                return vec![format!("every user of this host can read {path} (mode {mode:04o})")];
            }
        }
        #[cfg(not(unix))]
        let _ = path;
        Vec::new()
    }

    fn certified_key(&self, provider: &CryptoProvider) -> Result<CertifiedKey, Fault> {
        let chain = certificates(&self.cert)?;
        let pem = self.key.read()?;
        let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|error| {
            let is_encrypted = pem.windows(9).any(|window| window == b"ENCRYPTED");
            if is_encrypted {
                self.key.fault("the key is encrypted, which is not supported")
            } else {
                self.key.fault(&format!("no private key in PEM: {error}"))
            }
        })?;
        CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                let certificate = match self.cert.file() {
                    Some(path) => format!("the certificate in {}", path.display()),
                    None => "the certificate".to_owned(),
                };
                self.key.fault(&format!("the key is not that of {certificate}"))
            }
            Error::InvalidCertificate(error) => {
                self.cert.fault(&format!("no valid certificate: {error}"))
            }
            error => self.key.fault(&format!("the key cannot be used: {error}")),
        })
    }

    fn verifier(
        &self,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Option<Arc<dyn ClientCertVerifier>>, Fault> {
        let algorithms = provider.signature_verification_algorithms;
        let any = |is_required| {
            let verifier: Arc<dyn ClientCertVerifier> =
                Arc::new(AnyClient { is_required, algorithms });
            Ok(Some(verifier))
        };
        match (self.client_auth, &self.client_ca) {
            (ClientAuth::None, _) => Ok(None),
            (ClientAuth::Request, _) => any(false),
            (ClientAuth::RequireAny, _) => any(true),
            // `TlsSettings::read` rejects this combination.
            (ClientAuth::VerifyIfGiven | ClientAuth::RequireAndVerify, None) => any(true),
            (auth, Some(authority)) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates(authority)? {
                    roots.add(certificate).map_err(|error| authority.fault(&error.to_string()))?;
                }
                let builder = WebPkiClientVerifier::builder_with_provider(
                    Arc::new(roots),
                    Arc::clone(provider),
                );
                let builder = match auth {
                    ClientAuth::VerifyIfGiven => builder.allow_unauthenticated(),
                    _ => builder,
                };
                builder
                    .build()
                    .map(|verifier| Some(verifier as _))
                    .map_err(|error| authority.fault(&error.to_string()))
            }
        }
    }
}

impl Version {
    fn of_rustls(&self) -> &'static rustls::SupportedProtocolVersion {
        match self {
            Self::Tls12 => &rustls::version::TLS12,
            Self::Tls13 => &rustls::version::TLS13,
        }
    }
}

fn certificates(pem: &Pem) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let text = pem.read()?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match found {
        Ok(found) if found.is_empty() => Err(pem.fault("no certificate in PEM")),
        Ok(found) => Ok(found),
        Err(error) => Err(pem.fault(&format!("no certificate in PEM: {error}"))),
    }
}

/// Accepts any certificate whose key the client has, regardless of its issuer, like Go's
/// `RequestClientCert` and `RequireAnyClientCert`.
#[derive(Debug)]
struct AnyClient {
    is_required: bool,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for AnyClient {
    fn client_auth_mandatory(&self) -> bool {
        self.is_required
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        crypto::verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        crypto::verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
