//! Content negotiation: what a client's `Accept-Encoding` and `Accept` headers let us send.

/// How a body is encoded on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Identity,
    Gzip,
}

/// The encoding to send: gzip if the client prefers it to nothing, or likes both as much.
pub(crate) fn encoding(accept_encoding: &str) -> Encoding {
    let weight = |name: &str| weight_of(accept_encoding, |offer| offer.eq_ignore_ascii_case(name));
    let any = weight("*");
    let gzip = weight("gzip").or_else(|| weight("x-gzip")).or(any).unwrap_or(0.0);
    // It need not be named to be acceptable.
    let identity = weight("identity").unwrap_or(0.0);
    if gzip > 0.0 && gzip >= identity { Encoding::Gzip } else { Encoding::Identity }
}

/// Whether a client asks for OpenMetrics 1.0 (or for OpenMetrics without a version) at least as
/// much as for the text format.
pub(crate) fn wants_openmetrics(accept: &str) -> bool {
    let openmetrics = items(accept).filter(|item| {
        let version = item.parameter("version");
        item.name.eq_ignore_ascii_case("application/openmetrics-text")
            && version.is_none_or(|version| matches!(version, "1.0.0" | "0.0.1"))
    });
    let text = ["text/plain", "text/*", "*/*"]
        .iter()
        .find_map(|name| weight_of(accept, |offer| offer.eq_ignore_ascii_case(name)));
    let wanted = openmetrics.map(|item| item.weight()).fold(0.0, f64::max);
    wanted > 0.0 && wanted >= text.unwrap_or(0.0)
}

/// The highest weight among the items of this name; `None` where there is none.
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

    /// `q`, 1 if there is none; what is no number from 0 to 1 is taken for 0.
    fn weight(&self) -> f64 {
        let q = self.parameter("q").map(|q| q.parse().unwrap_or(0.0));
        q.filter(|q| !(0.0..=1.0).contains(q)).map_or(q, |_| Some(0.0)).unwrap_or(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_who_likes_it() {
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
            assert_eq!(encoding(header) == Encoding::Gzip, gzip, "{header}");
        }
    }

    #[test]
    fn openmetrics_is_sent_to_who_asks_for_it() {
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
            assert_eq!(wants_openmetrics(header), openmetrics, "{header}");
        }
    }
}
