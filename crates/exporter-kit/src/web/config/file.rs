//! The keys of the web configuration: supported keys, known keys that are not supported, and
//! unknown keys.

use std::time::Duration;

use bcrypt::HashParts;

use super::rate_limit::RateLimit;
use super::yaml::{self, Entry, Fault};
#[cfg(feature = "tls")]
use crate::web::tls::TlsSettings;

/// The settings from a web configuration file.
#[derive(Debug, Default)]
pub(crate) struct WebFile {
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<TlsSettings>,
    pub(crate) users: Vec<User>,
    /// Headers for every response.
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) rate_limit: Option<RateLimit>,
    /// Accepted settings that have no effect.
    pub(crate) ineffective: Vec<Fault>,
}

/// A user who has access.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    /// A valid bcrypt hash of the form `$2b$10$…`.
    pub(crate) hash: String,
    /// The cost of the hash, as an exponent of two.
    pub(crate) cost: u32,
}

// Hashes must not appear in logs.
impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("name", &self.name).finish_non_exhaustive()
    }
}

const TLS: &str = "tls_server_config";
const USERS: &str = "basic_auth_users";
const HTTP: &str = "http_server_config";
const RATE_LIMIT: &str = "rate_limit";

/// The headers that can be configured, and their valid values if restricted.
const HEADERS: [(&str, &[&str]); 5] = [
    ("Content-Security-Policy", &[]),
    ("Strict-Transport-Security", &[]),
    ("X-Content-Type-Options", &["nosniff"]),
    ("X-Frame-Options", &["deny", "sameorigin"]),
    ("X-XSS-Protection", &[]),
];

/// Reads the text of a web configuration file.
///
/// # Errors
///
/// Returns every error.
pub(crate) fn read(text: &str) -> Result<WebFile, Vec<Fault>> {
    // Some editors on Windows write a byte order mark.
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
            USERS => each(entry, &mut faults, |user_entry| {
                file.users.push(user(user_entry)?);
                Ok(())
            }),
            HTTP => each(entry, &mut faults, |setting| http(setting, &mut file)),
            RATE_LIMIT => match rate_limit(entry) {
                Ok(limit) => file.rate_limit = limit,
                Err(wrong) => faults.push(wrong),
            },
            _ => faults.push(refused("", entry, &[TLS, USERS, HTTP, RATE_LIMIT], &[])),
        }
    }
    if faults.is_empty() { Ok(file) } else { Err(faults) }
}

/// Reads each entry of a section.
fn each(
    section: &Entry,
    faults: &mut Vec<Fault>,
    mut read: impl FnMut(&Entry) -> Result<(), Fault>,
) {
    match section.section() {
        Ok(entries) => faults.extend(entries.iter().filter_map(|entry| read(entry).err())),
        Err(fault) => faults.push(fault),
    }
}

fn http(entry: &Entry, file: &mut WebFile) -> Result<(), Fault> {
    match (entry.key.as_str(), &entry.value) {
        ("http2", yaml::Value::Text(text)) if text == "true" => {
            let what = format!("{HTTP}.http2: has no effect: HTTP/2 is not supported");
            file.ineffective.push((entry.line, what));
            Ok(())
        }
        ("http2", yaml::Value::Text(text)) if text == "false" => Ok(()),
        ("http2", _) => Err((entry.line, "http2: must be true or false".to_owned())),
        ("headers", _) => {
            entry.section()?.iter().try_for_each(|entry| header(entry, &mut file.headers))
        }
        _ => Err(refused("http_server_config.", entry, &["headers", "http2"], &[])),
    }
}

fn header(entry: &Entry, headers: &mut Vec<(&'static str, String)>) -> Result<(), Fault> {
    let Entry { key, line, value } = entry;
    let Some((name, allowed)) = HEADERS.iter().find(|(name, _)| name == key) else {
        let names = HEADERS.map(|(name, _)| name).join(", ");
        return Err((*line, format!("the header {key} cannot be configured; give one of {names}")));
    };
    let value = match value {
        // As in Go, empty is the same as absent.
        yaml::Value::Null => return Ok(()),
        yaml::Value::Text(text) if text.is_empty() => return Ok(()),
        yaml::Value::Text(text) => text,
        _ => return Err((*line, format!("{name}: must be one value"))),
    };
    if !allowed.is_empty() && !allowed.contains(&value.as_str()) {
        return Err((*line, format!("{name}: must be {}, not {value:?}", allowed.join(" or "))));
    }
    // Other characters could end the header, or be read differently by different clients.
    if value.trim() != value || !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err((*line, format!("{name}: must be printable ASCII in one line")));
    }
    headers.push((name, value.clone()));
    Ok(())
}

/// `None` for an interval of 0, which means no limit.
fn rate_limit(section: &Entry) -> Result<Option<RateLimit>, Fault> {
    let (mut interval, mut burst) = (None, None);
    for entry in section.section()? {
        let text = match &entry.value {
            yaml::Value::Text(text) => text.as_str(),
            _ => "",
        };
        match entry.key.as_str() {
            "interval" if text == "0" => interval = Some(Duration::ZERO),
            "interval" => {
                let wrong = || (entry.line, "interval: must be a time such as 1s".to_owned());
                interval = Some(humantime::parse_duration(text).map_err(|_| wrong())?);
            }
            "burst" => {
                let given: Option<u32> = text.parse().ok().filter(|burst| *burst > 0);
                let wrong = || (entry.line, "burst: must be a number of at least 1".to_owned());
                burst = Some(given.ok_or_else(wrong)?);
            }
            _ => return Err(refused("rate_limit.", entry, &["interval", "burst"], &[])),
        }
    }
    match (interval, burst) {
        (None, None) => Ok(None),
        (Some(interval), _) if interval.is_zero() => Ok(None),
        (Some(interval), Some(burst)) => Ok(Some(RateLimit { interval, burst })),
        _ => Err((section.line, format!("{RATE_LIMIT}: give both interval and burst"))),
    }
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

/// The error for a key that is not one of `supported`.
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
    // What is after a colon may be a password, without the blank that YAML needs.
    let shown = name.split(':').next().unwrap_or_default();
    let fault = |what: &str| (*line, format!("{USERS}: {shown}: {what}"));
    if name.is_empty() || name.contains(|c: char| c == ':' || c.is_control()) {
        return Err(fault("a name must not be empty or contain a colon or control character"));
    }
    let no_hash = "the password must be given as its bcrypt hash, $2y$10$…, such as \
                   htpasswd -nBC 10 prints";
    // The error must not contain the value, which may be a password.
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
        for no_users in ["", "basic_auth_users:", "basic_auth_users: {}", "tls_server_config: {}"] {
            assert!(read(no_users).unwrap().users.is_empty());
        }
    }

    #[test]
    fn faults_have_their_line_and_advice() {
        let cases = [
            ("\nbasic_auth_user:\n  a: b\n", 2, "did you mean basic_auth_users?"),
            ("nonsense: 1\n", 1, "unknown key nonsense"),
            ("http_server_config:\n  http2: yes\n", 2, "http2: must be true or false"),
            ("http_server_config:\n  header: {}\n", 2, "did you mean headers?"),
            ("http_server_config:\n headers:\n  Server: x\n", 3, "cannot be configured; give one"),
            ("http_server_config:\n headers:\n  X-Frame-Options: x\n", 3, "must be deny or same"),
            ("http_server_config:\n headers:\n  X-XSS-Protection: [0]\n", 3, "one value"),
            (
                "http_server_config:\n headers:\n  Content-Security-Policy: \"a\\r\\nb\"\n",
                3,
                "printable ASCII in one line",
            ),
            ("rate_limit: {interval: 1s}\n", 1, "give both interval and burst"),
            ("rate_limit: {burst: 1}\n", 1, "give both interval and burst"),
            ("rate_limit:\n  interval: x\n  burst: 1\n", 2, "a time such as 1s"),
            ("rate_limit:\n  interval: 1s\n  burst: 0\n", 3, "a number of at least 1"),
            ("rate_limit:\n  bursts: 0\n", 2, "did you mean burst?"),
            ("basic_auth_users: alice\n", 1, "must be a section"),
            ("basic_auth_users:\n  alice: geheim\n", 2, "alice: the password must be given as its"),
            ("basic_auth_users:\n  alice: [geheim]\n", 2, "bcrypt hash"),
            ("basic_auth_users:\n  alice:\n", 2, "bcrypt hash"),
            ("basic_auth_users:\n  'a:b': x\n", 2, "contain a colon"),
            ("basic_auth_users: {alice:geheim}\n", 1, "alice: a name must not be empty or contain"),
            ("basic_auth_users:\n  '': x\n", 2, "must not be empty"),
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
    fn headers_and_the_rate_limit_are_read() {
        let file = read(
            "http_server_config:\n  http2: true\n  headers:\n    X-Frame-Options: deny\n    \
             X-XSS-Protection:\n    Strict-Transport-Security: max-age=60; preload\n\
             rate_limit:\n  interval: 500ms\n  burst: 20\n",
        )
        .unwrap();
        let headers =
            [("X-Frame-Options", "deny"), ("Strict-Transport-Security", "max-age=60; preload")];
        assert_eq!(file.headers, headers.map(|(name, value)| (name, value.to_owned())));
        let limit = RateLimit { interval: Duration::from_millis(500), burst: 20 };
        assert_eq!(file.rate_limit, Some(limit));
        assert_eq!(file.ineffective.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2]);
        for none in ["rate_limit: {interval: 0, burst: 1}\n", "rate_limit: {interval: 0s}\n"] {
            assert_eq!(read(none).unwrap().rate_limit, None, "{none}");
        }
    }

    #[test]
    fn only_valid_bcrypt_hashes_are_accepted() {
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
    fn tls_settings_need_a_build_with_tls() {
        let faults = faults("tls_server_config:\n  cert_file: a\n");
        assert!(faults[0].1.contains("this build has no TLS"), "{faults:?}");
    }
}
