//! What must not be written down: a password is recognised by the name of what holds it or by the
//! form of the value. Wrongly hiding a value costs typing it once; the opposite costs more. Pure.

use super::help::words;

/// Words of names that hold secrets.
const SECRETS: [&str; 20] = [
    "password",
    "passwd",
    "pass",
    "pwd",
    "pw",
    "passphrase",
    "token",
    "secret",
    "credential",
    "credentials",
    "creds",
    "apikey",
    "authtoken",
    "auth",
    "authorization",
    "bearer",
    "cookie",
    "community",
    "psk",
    "signature",
];

/// Last words of names that only tell about a secret.
const ABOUT: [&str; 22] = [
    "file", "filename", "path", "dir", "ttl", "timeout", "interval", "url", "uri", "address",
    "addr", "type", "mode", "method", "policy", "user", "username", "name", "count", "length",
    "enabled", "cert",
];

/// What stands before a secret in a value.
const BEFORE: [&str; 11] = [
    "password=",
    "passwd=",
    "pwd=",
    "token=",
    "secret=",
    "apikey=",
    "api_key=",
    "access_key=",
    "bearer ",
    "basic ",
    "authorization:",
];

/// Shortest secret that is looked for in other texts.
const SHORTEST: usize = 4;

/// Whether a value is or holds a secret, by its name or form.
pub(super) fn is_secret(name: &str, value: &str) -> bool {
    !value.is_empty() && (is_secret_name(name) || has_secret(value))
}

/// Whether what has this name holds a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let words = words(name);
    let Some(last) = words.last() else { return false };
    !ABOUT.contains(&&**last)
        && (last == "key" || words.iter().any(|word| SECRETS.contains(&&**word)))
}

fn has_secret(value: &str) -> bool {
    let lower = value.to_lowercase();
    has_password(value) || BEFORE.iter().any(|before| lower.contains(before))
}

/// Whether a value is a URL or a data source name with a password: `postgres://user:password@host`,
/// `user:password@(host)/`.
fn has_password(value: &str) -> bool {
    let rest = value.split_once("://").map_or(value, |(_, rest)| rest);
    let user = rest.rsplit_once('@').map_or("", |(user, _)| user);
    user.split_once(':').is_some_and(|(_, password)| !password.is_empty())
}

/// The content of a file with empty values in place of secrets, and whether it had any. `None` if
/// it is a private key.
pub(super) fn without_secrets(content: &str) -> Option<(String, bool)> {
    if content.contains("PRIVATE KEY-----") {
        return None;
    }
    let mut had_any = false;
    let mut line = |line: &str| {
        let cleared = cleared(line);
        had_any |= cleared.is_some();
        cleared.unwrap_or_else(|| line.to_owned())
    };
    let text = content.split_inclusive('\n').map(&mut line).collect();
    Some((text, had_any))
}

/// A line `name: value` or `name = value` without its value, if that is a secret.
fn cleared(line: &str) -> Option<String> {
    let at = line.find(['=', ':'])?;
    let (name, rest) = line.split_at(at);
    let value = rest[1..].trim();
    if !is_secret(name, value.trim_matches(['"', '\'', ','])) {
        return None;
    }
    let start = line.len() - rest[1..].trim_start().len();
    let end = match value.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let close = value[1..].find(quote).map_or("", |at| &value[at + 2..]);
            format!("{quote}{quote}{close}")
        }
        _ => String::new(),
    };
    let newline = if line.ends_with('\n') { "\n" } else { "" };
    Some(format!("{}{end}{newline}", &line[..start]))
}

/// The text with stars in place of these secrets.
pub(crate) fn masked(text: &str, secrets: &[String]) -> String {
    let long = secrets.iter().filter(|secret| secret.len() >= SHORTEST);
    long.fold(text.to_owned(), |text, secret| text.replace(&**secret, "***"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_name_or_form() {
        for (name, value, expected) in [
            ("--passwd", "x", true),
            ("--target.pwd", "x", true),
            ("REDIS_AUTH", "x", true),
            ("--user.key", "x", true),
            ("apiKey", "x", true),
            ("--http.header", "Authorization:Bearer x", true),
            ("--connection-string", "host=h;user=u;password=x", true),
            ("--url", "http://h/?token=x", true),
            ("--dsn", "redis://:s3cret@h:1", true),
            ("--dsn", "a:b@c@d", true),
            ("--dsn", "user:@h", false),
            ("--dsn", "root@(127.0.0.1:3306)/", false),
            ("--redis.addr", "redis://127.0.0.1:6379", false),
            ("--web.listen", ":9100", false),
            ("--auth.type", "none", false),
            ("--password.file", "/etc/pw", false),
            ("--keyspace", "a", false),
            ("--password", "", false),
        ] {
            assert_eq!(is_secret(name, value), expected, "{name} {value}");
        }
    }

    #[test]
    fn contents_lose_their_secrets() {
        let text = "[client]\nuser=root\npassword=Pa55wd\n  token: 'abc' # old\n\"apiKey\": \"k\",\n\
                    url: http://u:Pa55wd@h/\nport = 1";
        let expected = "[client]\nuser=root\npassword=\n  token: '' # old\n\"apiKey\": \"\",\n\
                        url: \nport = 1";
        assert_eq!(without_secrets(text), Some((expected.to_owned(), true)));
        assert_eq!(without_secrets("a: b\n"), Some(("a: b\n".to_owned(), false)));
        assert_eq!(without_secrets("-----BEGIN PRIVATE KEY-----\nx"), None);
    }

    #[test]
    fn texts_are_masked() {
        let secrets = ["s3cret".to_owned(), "abc".to_owned()];
        assert_eq!(masked("a s3cret abc", &secrets), "a *** abc", "short ones may be words");
    }
}
