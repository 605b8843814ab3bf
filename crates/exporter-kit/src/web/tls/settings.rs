//! `tls_server_config` of the web configuration, parsed and checked without opening the files that
//! it names.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::setting_file::read_bytes;
use crate::web::config::{Entry, Fault, Value, refused};

/// The settings from the section.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TlsSettings {
    pub(super) cert: Pem,
    pub(super) key: Pem,
    pub(super) client_ca: Option<Pem>,
    pub(super) client_auth: ClientAuth,
    /// TLS 1.2 and 1.3, or one of them.
    pub(super) versions: &'static [Version],
}

/// The source of a PEM text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pem {
    /// The key that sets it, such as `cert_file`.
    pub(super) name: &'static str,
    pub(super) line: usize,
    pub(super) source: PemSource,
}

#[derive(PartialEq, Eq)]
pub(super) enum PemSource {
    File(PathBuf),
    /// The configuration contains the text.
    Inline(String),
}

// Private keys must not appear in logs.
impl fmt::Debug for PemSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.fmt(f),
            Self::Inline(_) => f.write_str("inline"),
        }
    }
}

impl Pem {
    /// Reads the PEM text.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read.
    pub(super) fn read(&self) -> Result<Vec<u8>, Fault> {
        match &self.source {
            PemSource::Inline(text) => Ok(text.as_bytes().to_vec()),
            PemSource::File(path) => read_bytes(path).map_err(|error| {
                (self.line, format!("{}: cannot read {}: {error}", self.name, path.display()))
            }),
        }
    }

    /// An error about this text.
    pub(super) fn fault(&self, what: &str) -> Fault {
        (
            self.line,
            match &self.source {
                PemSource::File(path) => format!("{}: {}: {what}", self.name, path.display()),
                PemSource::Inline(_) => format!("{}: {what}", self.name),
            },
        )
    }

    pub(super) fn file(&self) -> Option<&Path> {
        match &self.source {
            PemSource::File(path) => Some(path),
            PemSource::Inline(_) => None,
        }
    }
}

/// The policy for client certificates, named as in Go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientAuth {
    None,
    Request,
    RequireAny,
    VerifyIfGiven,
    RequireAndVerify,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Tls12,
    Tls13,
}

const SECTION: &str = "tls_server_config.";

const SUPPORTED: [&str; 10] = [
    "cert",
    "key",
    "client_ca",
    "cert_file",
    "key_file",
    "client_ca_file",
    "client_auth_type",
    "min_version",
    "max_version",
    "prefer_server_cipher_suites",
];

const NOT_SUPPORTED: [&str; 3] = ["client_allowed_sans", "cipher_suites", "curve_preferences"];

impl TlsSettings {
    /// Parses the entries of the section that begins at `line`.
    pub(crate) fn read(line: usize, section: &[Entry]) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        for entry in section.iter().filter(|entry| !SUPPORTED.contains(&entry.key.as_str())) {
            faults.push(refused(SECTION, entry, &SUPPORTED, &NOT_SUPPORTED));
        }
        let mut text = |key: &str| -> Option<(&str, usize)> {
            let entry = section.iter().find(|entry| entry.key == key)?;
            match &entry.value {
                // As in Go, empty is the same as absent.
                Value::Null => None,
                Value::Text(text) => (!text.is_empty()).then_some((text, entry.line)),
                Value::List | Value::Map(_) => {
                    faults.push((entry.line, format!("{key}: must be one value")));
                    None
                }
            }
        };
        let files = ["cert_file", "key_file", "client_ca_file"].map(|key| (key, text(key)));
        let inline = ["cert", "key", "client_ca"].map(|key| (key, text(key)));
        let client_auth_type = text("client_auth_type");
        let min_version = text("min_version");
        let max_version = text("max_version");
        // This has no effect in Go either.
        let _ = text("prefer_server_cipher_suites");

        let client_auth = match client_auth_type {
            None => ClientAuth::None,
            Some((name, line)) => ClientAuth::named(name).unwrap_or_else(|| {
                faults.push((
                    line,
                    format!(
                        "client_auth_type: unknown type {name:?}; give NoClientCert, \
                     RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven or \
                     RequireAndVerifyClientCert"
                    ),
                ));
                ClientAuth::None
            }),
        };
        let mut version = |key: &str, given: Option<(&str, usize)>, default| match given {
            None => default,
            Some(("TLS12", _)) => Version::Tls12,
            Some(("TLS13", _)) => Version::Tls13,
            Some((other, line)) => {
                faults.push((
                    line,
                    format!("{key}: {other:?} is not supported; give TLS12 or TLS13"),
                ));
                default
            }
        };
        let least = version("min_version", min_version, Version::Tls12);
        let most = version("max_version", max_version, Version::Tls13);
        let versions: &[Version] = match (least, most) {
            (Version::Tls12, Version::Tls13) => &[Version::Tls12, Version::Tls13],
            (Version::Tls13, Version::Tls13) => &[Version::Tls13],
            (Version::Tls12, Version::Tls12) => &[Version::Tls12],
            (Version::Tls13, Version::Tls12) => {
                faults.push((line, format!("{SECTION}min_version is above max_version")));
                &[]
            }
        };
        let mut pem =
            |(in_file, file): (&'static str, Option<(&str, usize)>),
             (in_line, text): (&'static str, Option<(&str, usize)>)| {
                match (file, text) {
                    // Otherwise the key would be part of the error about a file of this name.
                    (Some((path, line)), None) if path.contains("-----BEGIN") => {
                        let what = format!("{in_file}: is a PEM text; give it as {in_line}");
                        faults.push((line, what));
                        None
                    }
                    (Some((path, line)), None) => {
                        Some(Pem { name: in_file, line, source: PemSource::File(path.into()) })
                    }
                    (None, Some((text, line))) => Some(Pem {
                        name: in_line,
                        line,
                        source: PemSource::Inline(text.to_owned()),
                    }),
                    (Some(_), Some((_, line))) => {
                        faults.push((line, format!("{in_line}: give this or {in_file}, not both")));
                        None
                    }
                    (None, None) => None,
                }
            };
        let cert = pem(files[0], inline[0]);
        let key = pem(files[1], inline[1]);
        let client_ca = pem(files[2], inline[2]);
        let client_ca_line = client_ca.as_ref().map(|pem| (pem.name, pem.line));
        match (client_auth, client_ca_line, client_auth_type) {
            (ClientAuth::None, Some((name, line)), None) => {
                let advice = "has no effect without client_auth_type; give it too, such as \
                              RequireAndVerifyClientCert";
                faults.push((line, format!("{name}: {advice}")));
            }
            (ClientAuth::None, Some((name, line)), Some(("NoClientCert", _))) => {
                faults.push((line, format!("{name}: has no effect with NoClientCert")));
            }
            (
                ClientAuth::VerifyIfGiven | ClientAuth::RequireAndVerify,
                None,
                Some((name, line)),
            ) => {
                faults.push((line, format!("client_auth_type: {name} needs a client_ca_file")));
            }
            _ => {}
        }
        for (name, given) in [("cert", &cert), ("key", &key)] {
            // A setting may be present but invalid, which has been reported.
            if given.is_none() && !faults.iter().any(|(_, what)| what.starts_with(name)) {
                faults.push((line, format!("{SECTION}{name}_file is missing")));
            }
        }
        match (cert, key) {
            (Some(cert), Some(key)) if faults.is_empty() => {
                Ok(Self { cert, key, client_ca, client_auth, versions })
            }
            _ => Err(faults),
        }
    }

    /// Resolves relative paths against `folder`.
    pub(crate) fn below(mut self, folder: &Path) -> Self {
        for pem in [&mut self.cert, &mut self.key].into_iter().chain(&mut self.client_ca) {
            if let PemSource::File(path) = &mut pem.source {
                *path = folder.join(&path);
            }
        }
        self
    }

    /// The files that the section names.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        [&self.cert, &self.key].into_iter().chain(&self.client_ca).filter_map(Pem::file)
    }
}

impl ClientAuth {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "NoClientCert" => Self::None,
            "RequestClientCert" => Self::Request,
            // The second is an old name that exporter-toolkit still accepts.
            "RequireAnyClientCert" | "RequireClientCert" => Self::RequireAny,
            "VerifyClientCertIfGiven" => Self::VerifyIfGiven,
            "RequireAndVerifyClientCert" => Self::RequireAndVerify,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::config::parse;

    fn read(lines: &str) -> Result<TlsSettings, Vec<Fault>> {
        let text = format!("tls_server_config:\n{lines}");
        let entries = parse(&text).unwrap();
        TlsSettings::read(entries[0].line, entries[0].section().unwrap())
    }

    const FILES: &str = "  cert_file: a.crt\n  key_file: /b.key\n";

    #[test]
    fn settings_are_read_with_their_defaults() {
        let file =
            |name, path: &str, line| Pem { name, line, source: PemSource::File(path.into()) };
        let least = TlsSettings {
            cert: file("cert_file", "a.crt", 2),
            key: file("key_file", "/b.key", 3),
            client_ca: None,
            client_auth: ClientAuth::None,
            versions: &[Version::Tls12, Version::Tls13],
        };
        assert_eq!(read(FILES), Ok(least));
        let all = format!(
            "{FILES}  client_ca_file: c.crt\n  client_auth_type: RequireAndVerifyClientCert\n  \
             min_version: TLS13\n  max_version: TLS13\n  prefer_server_cipher_suites: false\n"
        );
        let all = read(&all).unwrap().below(Path::new("/etc/x"));
        assert_eq!(
            (all.client_auth, all.versions),
            (ClientAuth::RequireAndVerify, &[Version::Tls13][..])
        );
        let files: Vec<_> = all.files().map(Path::to_owned).collect();
        let expected = ["/etc/x/a.crt", "/b.key", "/etc/x/c.crt"].map(PathBuf::from);
        assert_eq!(files, expected);
        assert!(read(&format!("{FILES}  min_version: ''\n  max_version:\n")).is_ok());
    }

    #[test]
    fn pem_texts_can_be_inline() {
        let lines = "  cert: |\n    a\n    b\n  key: secret\n  client_ca: c\n  \
                     client_auth_type: RequireAndVerifyClientCert\n";
        let settings = read(lines).unwrap().below(Path::new("/etc/x"));
        assert_eq!(settings.files().count(), 0);
        assert_eq!(settings.cert.read().unwrap(), b"a\nb\n");
        assert_eq!(settings.key.read().unwrap(), b"secret");
        assert_eq!(settings.key.fault("wrong"), (5, "key: wrong".to_owned()));
        assert!(!format!("{settings:?}").contains("secret"), "{settings:?}");
    }

    #[test]
    fn faults_have_their_line_and_advice() {
        let cases = [
            (
                "  cert_fil: x\n",
                4,
                "unknown key tls_server_config.cert_fil; did you mean cert_file?",
            ),
            ("  cert: x\n", 4, "cert: give this or cert_file, not both"),
            ("  key: x\n", 4, "key: give this or key_file, not both"),
            ("  client_ca: x\n", 4, "client_ca: has no effect without client_auth_type"),
            ("  client_allowed_sans: [x]\n", 4, "client_allowed_sans is not supported"),
            ("  cipher_suites: []\n", 4, "cipher_suites is not supported"),
            ("  curve_preferences: [X25519]\n", 4, "curve_preferences is not supported"),
            ("  min_version: TLS11\n", 4, "min_version: \"TLS11\" is not supported; give TLS12"),
            ("  min_version: TLS13\n  max_version: TLS12\n", 1, "min_version is above max_version"),
            ("  client_auth_type: Always\n", 4, "unknown type \"Always\"; give NoClientCert"),
            ("  client_auth_type: [x]\n", 4, "client_auth_type: must be one value"),
            ("  client_auth_type: VerifyClientCertIfGiven\n", 4, "needs a client_ca_file"),
            ("  client_auth_type: RequireAndVerifyClientCert\n", 4, "needs a client_ca_file"),
            ("  client_ca_file: x\n", 4, "has no effect without client_auth_type"),
            ("  client_auth_type: NoClientCert\n  client_ca_file: x\n", 5, "has no effect with No"),
        ];
        for (lines, line, expected) in cases {
            let faults = read(&format!("{FILES}{lines}")).unwrap_err();
            assert_eq!(faults.len(), 1, "{lines:?}: {faults:?}");
            assert!(faults[0].0 == line && faults[0].1.contains(expected), "{lines:?}: {faults:?}");
        }
        for (lines, expected) in [
            ("  min_version: TLS12\n", 2),
            ("  cert_file: a\n", 1),
            ("  key_file:\n  cert_file: a\n", 1),
            ("  key_file: [b]\n  cert_file: a\n", 1),
        ] {
            assert_eq!(read(lines).unwrap_err().len(), expected, "{lines:?}");
        }
        let text = "  cert_file: a\n  key_file: '-----BEGIN PRIVATE KEY----- geheim'\n";
        let faults = read(text).unwrap_err();
        assert!(
            faults.contains(&(3, "key_file: is a PEM text; give it as key".into())),
            "{faults:?}"
        );
        assert!(!format!("{faults:?}").contains("geheim"), "{faults:?}");
    }
}
