//! `host:port`, as used in listen addresses and metrics URLs.

use crate::problem::Violation;
use crate::texts::sources as texts;

/// A host and a TCP port. The host is kept as written; an empty host means all interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address<'a> {
    pub(crate) host: &'a str,
    pub(crate) port: u16,
}

impl<'a> Address<'a> {
    /// Reads `host:port`. The error is that of a [`Problem`](crate::Problem).
    pub(crate) fn parse(text: &'a str) -> Result<Self, Violation> {
        let Some((host, port)) = text.rsplit_once(':') else {
            return Err(
                (texts::address_without_port(text), texts::address_without_port_advice()).into()
            );
        };
        let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
        match port.parse() {
            Ok(number) if digits && number > 0 => Ok(Self { host, port: number }),
            _ => Err(Violation::new(texts::port_out_of_range(port), texts::correct_it())),
        }
    }

    /// Whether the host is loopback, in one of the two spellings that BlueKing 5.1 accepts.
    pub(crate) fn is_loopback(&self) -> bool {
        matches!(self.host, "127.0.0.1" | "localhost")
    }

    /// Whether a program listening here is reachable on the loopback address.
    pub(crate) fn answers_on_loopback(&self) -> bool {
        self.is_loopback() || matches!(self.host, "" | "0.0.0.0" | "[::]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_parse_or_fail() {
        assert_eq!(Address::parse("127.0.0.1:1"), Ok(Address { host: "127.0.0.1", port: 1 }));
        assert_eq!(Address::parse(":65535"), Ok(Address { host: "", port: 65535 }));
        assert_eq!(Address::parse("[::]:9601"), Ok(Address { host: "[::]", port: 9601 }));
        for bad in ["", "localhost", "a:", "a:0", "a:65536", "a:+80", "a:9601x", "a: 80"] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn loopback_hosts_are_recognised() {
        for (text, loopback, answers) in [
            ("127.0.0.1:80", true, true),
            ("localhost:80", true, true),
            (":80", false, true),
            ("0.0.0.0:80", false, true),
            ("[::]:80", false, true),
            ("10.0.0.5:80", false, false),
            ("127.0.0.1.example.com:80", false, false),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!(address.is_loopback(), loopback, "{text}");
            assert_eq!(address.answers_on_loopback(), answers, "{text}");
        }
    }
}
