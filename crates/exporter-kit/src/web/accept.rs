//! Content negotiation from the `Accept-Encoding` and `Accept` headers.

use crate::exposition::Format;

/// The result of evaluating an `Accept` header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Negotiated {
    /// Whether to send OpenMetrics rather than the text format.
    pub(crate) openmetrics: bool,
    /// How the client wants names outside the legacy character set escaped. The kit has no such
    /// names, so the response only repeats the scheme.
    pub(crate) escaping: Option<Escaping>,
}

/// The schemes of the `escaping` parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escaping {
    AllowUtf8,
    Underscores,
    Dots,
    Values,
}

impl Escaping {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "allow-utf-8" => Self::AllowUtf8,
            "underscores" => Self::Underscores,
            "dots" => Self::Dots,
            "values" => Self::Values,
            _ => return None,
        })
    }
}

impl Negotiated {
    /// The `Content-Type` of a page in this format.
    pub(crate) fn content_type(self, format: Format) -> &'static str {
        macro_rules! with_escaping {
            ($base:literal) => {
                match self.escaping {
                    None => $base,
                    Some(Escaping::AllowUtf8) => concat!($base, "; escaping=allow-utf-8"),
                    Some(Escaping::Underscores) => concat!($base, "; escaping=underscores"),
                    Some(Escaping::Dots) => concat!($base, "; escaping=dots"),
                    Some(Escaping::Values) => concat!($base, "; escaping=values"),
                }
            };
        }
        // Prometheus 3 rejects a page whose format is not named.
        match format {
            Format::Text => with_escaping!("text/plain; version=0.0.4; charset=utf-8"),
            Format::OpenMetrics => {
                with_escaping!("application/openmetrics-text; version=1.0.0; charset=utf-8")
            }
        }
    }
}

/// Whether a client prefers gzip to no compression, or rates both equally.
pub(crate) fn prefers_gzip(accept_encoding: &str) -> bool {
    let weight = |name: &str| weight_of(accept_encoding, |offer| offer.eq_ignore_ascii_case(name));
    let any = weight("*");
    let gzip = weight("gzip").or_else(|| weight("x-gzip")).or(any).unwrap_or(0.0);
    // `identity` is acceptable even if it is not named.
    let identity = weight("identity").unwrap_or(0.0);
    gzip > 0.0 && gzip >= identity
}

/// Selects OpenMetrics if the client rates version 1.0 (or no version) at least as high as the text
/// format, and the escaping scheme that the client names for the selected format.
pub(crate) fn negotiate(accept: &str) -> Negotiated {
    let openmetrics = || {
        items(accept).filter(|item| {
            let version = item.parameter("version");
            item.name.eq_ignore_ascii_case("application/openmetrics-text")
                && version.is_none_or(|version| matches!(version, "1.0.0" | "0.0.1"))
        })
    };
    let text = ["text/plain", "text/*", "*/*"]
        .iter()
        .find_map(|name| weight_of(accept, |offer| offer.eq_ignore_ascii_case(name)));
    let wanted = openmetrics().map(|item| item.weight()).fold(0.0, f64::max);
    let is_openmetrics = wanted > 0.0 && wanted >= text.unwrap_or(0.0);
    let escaping = |item: Item<'_>| item.parameter("escaping").and_then(Escaping::from_name);
    let escaping = match is_openmetrics {
        true => openmetrics().find_map(escaping),
        false => items(accept)
            .filter(|item| item.name.eq_ignore_ascii_case("text/plain") && item.weight() > 0.0)
            .find_map(escaping),
    };
    Negotiated { openmetrics: is_openmetrics, escaping }
}

/// The highest weight among the matching items; `None` if there are none.
fn weight_of(header: &str, is: impl Fn(&str) -> bool) -> Option<f64> {
    items(header).filter(|item| is(item.name)).map(|item| item.weight()).reduce(f64::max)
}

/// One element of a header such as `gzip;q=0.5, *`.
struct Item<'a> {
    name: &'a str,
    parameters: &'a str,
}

fn items(header: &str) -> impl Iterator<Item = Item<'_>> {
    header.split(',').map(|item| {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        Item { name: name.trim(), parameters }
    })
}

impl<'a> Item<'a> {
    fn parameter(&self, name: &str) -> Option<&'a str> {
        self.parameters.split(';').find_map(|parameter| {
            let (key, value) = parameter.split_once('=')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
        })
    }

    /// The value of `q`: 1 by default, 0 if it is not a number from 0 to 1.
    fn weight(&self) -> f64 {
        let q = self.parameter("q").map(|q| q.parse().unwrap_or(0.0));
        q.filter(|q| !(0.0..=1.0).contains(q)).map_or(q, |_| Some(0.0)).unwrap_or(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_if_preferred() {
        let cases = [
            ("", false),
            ("gzip", true),
            ("GZIP", true),
            ("x-gzip", true),
            ("deflate, gzip;q=1.0, *;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q = 0.000", false),
            ("gzip;q=0.2, identity;q=0.5", false),
            ("identity, gzip", true),
            ("*", true),
            ("*;q=0", false),
            ("*;q=0, gzip", true),
            ("gzip;q=0, *", false),
            ("gzip;q=x", false),
            ("gzip;q=NaN", false),
            ("gzip;q=7", false),
            ("br, zstd", false),
            (",,;;=,", false),
        ];
        for (header, gzip) in cases {
            assert_eq!(prefers_gzip(header), gzip, "{header}");
        }
    }

    #[test]
    fn openmetrics_is_sent_if_preferred() {
        let prometheus = "application/openmetrics-text;version=1.0.0;q=0.75,\
                          application/openmetrics-text;version=0.0.1;q=0.5,\
                          text/plain;version=0.0.4;q=0.3,*/*;q=0.1";
        let cases = [
            ("", false),
            ("*/*", false),
            ("text/plain", false),
            (prometheus, true),
            ("application/openmetrics-text,*/*", true),
            ("application/openmetrics-text; version=1.0.0; charset=utf-8", true),
            ("application/openmetrics-text;version=2.0.0", false),
            ("application/openmetrics-text;q=0", false),
            ("application/openmetrics-text;q=0.2,text/plain;q=0.9", false),
        ];
        for (header, openmetrics) in cases {
            assert_eq!(negotiate(header).openmetrics, openmetrics, "{header}");
        }
    }

    #[test]
    fn escaping_is_repeated_in_the_content_type() {
        // What Prometheus 3 sends.
        let prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                          application/openmetrics-text;version=0.0.1;q=0.5,\
                          text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
                          text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        let cases = [
            ("", "text/plain; version=0.0.4; charset=utf-8"),
            ("text/plain; escaping=nonsense", "text/plain; version=0.0.4; charset=utf-8"),
            (
                "text/plain;version=1.0.0;escaping=values",
                "text/plain; version=0.0.4; charset=utf-8; escaping=values",
            ),
            ("*/*;escaping=dots", "text/plain; version=0.0.4; charset=utf-8"),
            (
                prometheus,
                "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
            ),
            (
                "application/openmetrics-text;escaping=underscores",
                "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores",
            ),
        ];
        for (header, expected) in cases {
            let negotiated = negotiate(header);
            let format = match negotiated.openmetrics {
                true => Format::OpenMetrics,
                false => Format::Text,
            };
            assert_eq!(negotiated.content_type(format), expected, "{header}");
        }
    }
}
