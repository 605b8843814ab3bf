//! Asks for a page over HTTP, within the time that a scrape has and up to a size.

use std::time::{Duration, Instant};

use ureq::Agent;
use ureq::http::Uri;

/// How long an answer may take if the scrape does not end earlier.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The largest page that is read.
const MAX_BYTES: u64 = 1024 * 1024;

/// A client for one address.
pub(super) struct Client {
    agent: Agent,
    url: Uri,
}

impl Client {
    /// A client for the page at `url`.
    ///
    /// # Errors
    ///
    /// `url` is not an address of the form `http://HOST:PORT/PATH`, or has a user or password.
    pub(super) fn new(url: &str) -> Result<Self, String> {
        let form = "give one such as http://127.0.0.1:8080/status";
        let parsed = url.parse::<Uri>().map_err(|error| format!("{error}; {form}"))?;
        match parsed.scheme_str() {
            Some("http") if parsed.host().is_some() => {}
            Some("https") => return Err("this build has no TLS; give an address of http://".into()),
            _ => return Err(format!("is not an address; {form}")),
        }
        let authority = parsed.authority().map_or("", |authority| authority.as_str());
        // Log and `--config.check` show the address.
        if authority.contains('\u{40}') {
            return Err(format!("the address has a user or a password; {form}"));
        }
        // Otherwise ureq asks port 80 where the port is not one.
        let has_port = Some(authority) != parsed.host();
        if has_port && parsed.port_u16().is_none_or(|port| port == 0) {
            return Err(format!("the port is not a number from 1 to 65535; {form}"));
        }
        let config = Agent::config_builder()
            // A proxy in the environment is not meant for a server next to the exporter.
            .proxy(None)
            // Another page than the one of the settings is never asked for.
            .max_redirects(0)
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")));
        Ok(Self { agent: config.build().into(), url: parsed })
    }

    /// The address without its query, which may have a secret.
    pub(super) fn address(&self) -> String {
        let authority = self.url.authority().map_or("", |authority| authority.as_str());
        format!("http://{authority}{}", self.url.path())
    }

    /// The page as bytes, read before `deadline`.
    ///
    /// # Errors
    ///
    /// There is no answer in time, its status is not 200 to 299, or it is larger than 1 MiB.
    pub(super) fn get(&self, deadline: Option<Instant>) -> Result<Vec<u8>, ureq::Error> {
        let rest = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = rest.map_or(TIMEOUT, |rest| rest.min(TIMEOUT));
        let request = self.agent.get(&self.url).config().timeout_global(Some(timeout)).build();
        let mut response = request.call()?;
        let status = response.status().as_u16();
        if !(200..300).contains(&status) {
            return Err(ureq::Error::StatusCode(status));
        }
        response.body_mut().with_config().limit(MAX_BYTES).read_to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_checked_at_the_start() {
        for (url, expected) in [
            ("http://localhost/status", ""),
            ("http://[::1]:8080/a?b=c", ""),
            ("https://localhost/", "has no TLS"),
            ("localhost:8080", "is not an address"),
            ("/status", "is not an address"),
            ("", "such as http://127.0.0.1:8080/status"),
            ("http://a b/", "such as http://127.0.0.1:8080/status"),
            ("http://localhost:65535/", ""),
            ("http://localhost:99999/", "the port is not a number from 1 to 65535"),
            ("http://localhost:0/", "the port is not a number from 1 to 65535"),
            ("http://localhost:/", "the port is not a number from 1 to 65535"),
            ("http://[::1]:99999/", "the port is not a number from 1 to 65535"),
            ("http://user:geheim\u{40}localhost/", "has a user or a password"),
        ] {
            let error = Client::new(url).err().unwrap_or_default();
            assert_eq!(error.is_empty(), expected.is_empty(), "{url}: {error}");
            assert!(error.contains(expected), "{url}: {error}");
            assert!(!error.contains("geheim"), "{url}: {error}");
        }
    }

    #[test]
    fn address_is_shown_without_its_query() {
        let client = Client::new("http://localhost:8080/status?token=geheim").unwrap();
        assert_eq!(client.address(), "http://localhost:8080/status");
    }
}
