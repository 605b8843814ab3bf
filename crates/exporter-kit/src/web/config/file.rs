//! The keys of the web configuration: what is supported, what is known and not supported, and what
//! is neither.

use bcrypt::HashParts;

use super::yaml::{self, Entry, Fault};
#[cfg(feature = "tls")]
use crate::web::tls::TlsSettings;

/// What a web configuration file says.
#[derive(Debug, Default)]
pub(crate) struct WebFile {
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<TlsSettings>,
    pub(crate) users: Vec<User>,
}

/// Somebody who may read.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    /// bcrypt, in the form `$2b$10$…`, checked.
    pub(crate) hash: String,
    /// The exponent of the work that the hash takes.
    pub(crate) cost: u32,
}

// The hash is nobody's business.
impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("name", &self.name).finish_non_exhaustive()
    }
}

const TLS: &str = "tls_server_config";
const USERS: &str = "basic_auth_users";

/// Reads the text of a web configuration file.
///
/// # Errors
///
/// All that is wrong with it.
pub(crate) fn read(text: &str) -> Result<WebFile, Vec<Fault>> {
    // Editors on Windows like to begin a file with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let entries = yaml::read(text).map_err(|fault| vec![fault])?;
    let mut file = WebFile::default();
    let mut faults = Vec::new();
    for entry in &entries {
        match entry.key.as_str() {
            TLS => match tls(entry, &mut file) {
                Ok(()) => {}
                Err(mut wrong) => faults.append(&mut wrong),
            },
            USERS => match entry.section() {
                Ok(section) => {
                    for user in section.iter().map(user) {
                        user.map_or_else(|wrong| faults.push(wrong), |user| file.users.push(user));
                    }
                }
                Err(wrong) => faults.push(wrong),
            },
            _ => faults.push(refused(
                "",
                entry,
                &[TLS, USERS],
                &["http_server_config", "rate_limit"],
            )),
        }
    }
    if faults.is_empty() { Ok(file) } else { Err(faults) }
}

#[cfg(feature = "tls")]
fn tls(entry: &Entry, file: &mut WebFile) -> Result<(), Vec<Fault>> {
    let section = entry.section().map_err(|fault| vec![fault])?;
    if !section.is_empty() {
        file.tls = Some(TlsSettings::read(entry.line, section)?);
    }
    Ok(())
}

#[cfg(not(feature = "tls"))]
fn tls(entry: &Entry, _: &mut WebFile) -> Result<(), Vec<Fault>> {
    match entry.section() {
        Ok([]) => Ok(()),
        Ok(_) => {
            let advice = "this build has no TLS; use one with the cargo feature tls, or a proxy";
            Err(vec![(entry.line, format!("{TLS}: {advice}"))])
        }
        Err(fault) => Err(vec![fault]),
    }
}

/// What is wrong with a key that is not one of `supported`.
pub(crate) fn refused(section: &str, entry: &Entry, supported: &[&str], known: &[&str]) -> Fault {
    let Entry { key, line, .. } = entry;
    if known.contains(&key.as_str()) {
        return (*line, format!("{section}{key} is not supported by this exporter; remove it"));
    }
    let near = supported
        .iter()
        .map(|name| (strsim::damerau_levenshtein(name, key), name))
        .min()
        .filter(|(distance, _)| *distance <= 3);
    let advice = near.map_or(String::new(), |(_, near)| format!("; did you mean {near}?"));
    (*line, format!("unknown key {section}{key}{advice}"))
}

fn user(entry: &Entry) -> Result<User, Fault> {
    let Entry { key: name, line, .. } = entry;
    let fault = |what: &str| (*line, format!("{USERS}: {name}: {what}"));
    if name.is_empty() || name.contains(|c: char| c == ':' || c.is_control()) {
        return Err(fault("a name has at least one character, and no colon or control character"));
    }
    let no_hash = "the password must be given as its bcrypt hash, $2y$10$…, as htpasswd -nBC 10 \
                   makes it";
    // Not `entry.text()`, whose error could be a password.
    let hash = match &entry.value {
        yaml::Value::Text(hash) => hash,
        _ => return Err(fault(no_hash)),
    };
    let is_known = ["$2a$", "$2b$", "$2y$"].iter().any(|version| hash.starts_with(version));
    match hash.parse::<HashParts>() {
        Ok(parts) if is_known && (4..=31).contains(&parts.get_cost()) => {
            Ok(User { name: name.clone(), hash: hash.clone(), cost: parts.get_cost() })
        }
        _ => Err(fault(no_hash)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "$2y$04$1TldWLfcCT8HVDUbCfhTqOVm50olXBS4Tw13svU6vOs4/Q6mqnHYW";

    fn faults(text: &str) -> Vec<Fault> {
        read(text).unwrap_err()
    }

    #[test]
    fn users_are_read_with_their_hashes() {
        let text =
            format!("basic_auth_users:\n  alice: {HASH}\n  'bob b': \"{HASH}\"\n  7: '{HASH}'\n");
        let users = read(&text).unwrap().users;
        let names: Vec<_> = users.iter().map(|user| user.name.as_str()).collect();
        assert_eq!(names, ["alice", "bob b", "7"]);
        assert!(users.iter().all(|user| user.hash == HASH && user.cost == 4), "{users:?}");
        assert!(!format!("{users:?}").contains("$2y$"), "{users:?}");
        for nobody in ["", "basic_auth_users:", "basic_auth_users: {}", "tls_server_config: {}"] {
            assert!(read(nobody).unwrap().users.is_empty());
        }
    }

    #[test]
    fn every_fault_has_its_line_and_says_what_to_do() {
        let cases = [
            ("\nbasic_auth_user:\n  a: b\n", 2, "did you mean basic_auth_users?"),
            ("nonsense: 1\n", 1, "unknown key nonsense"),
            ("http_server_config:\n  http2: true\n", 1, "http_server_config is not supported"),
            ("rate_limit: {interval: 1s}\n", 1, "rate_limit is not supported"),
            ("basic_auth_users: alice\n", 1, "must be a section"),
            ("basic_auth_users:\n  alice: geheim\n", 2, "alice: the password must be given as its"),
            ("basic_auth_users:\n  alice: [geheim]\n", 2, "bcrypt hash"),
            ("basic_auth_users:\n  alice:\n", 2, "bcrypt hash"),
            ("basic_auth_users:\n  'a:b': x\n", 2, "no colon"),
            ("basic_auth_users:\n  '': x\n", 2, "at least one character"),
            ("a: 1\na: 2\n", 2, "given twice"),
        ];
        for (text, line, expected) in cases {
            let faults = faults(text);
            assert_eq!(faults.len(), 1, "{text:?}: {faults:?}");
            assert!(faults[0].0 == line && faults[0].1.contains(expected), "{text:?}: {faults:?}");
            assert!(!faults[0].1.contains("geheim"), "{faults:?}");
        }
        assert_eq!(faults("x: 1\ny: 2\nbasic_auth_users: {a: b, c: d}\n").len(), 4);
    }

    #[test]
    fn only_whole_hashes_of_the_known_versions_are_taken() {
        let wrong = [
            HASH.replace("$2y$", "$2x$"),
            HASH.replace("$2y$", "$1$"),
            HASH.replace("$04$", "$03$"),
            HASH.replace("$04$", "$32$"),
            HASH[..59].to_owned(),
            format!("{HASH}x"),
            HASH.replace('/', "!"),
        ];
        for hash in wrong {
            let faults = faults(&format!("basic_auth_users:\n  alice: {hash}\n"));
            assert!(faults[0].1.contains("bcrypt hash"), "{hash}: {faults:?}");
        }
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn a_build_without_tls_says_so() {
        let faults = faults("tls_server_config:\n  cert_file: a\n");
        assert!(faults[0].1.contains("this build has no TLS"), "{faults:?}");
    }
}
