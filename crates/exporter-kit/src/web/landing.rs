//! The page at `/`: name, version, description and where the metrics are. Built once at startup.

use std::fmt::Write as _;

/// The contents of the landing page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Landing<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: &'a str,
    pub(crate) about: &'a str,
    /// As configured, beginning with a slash.
    pub(crate) telemetry_path: &'a str,
    /// The path of the pages of targets, if there are any.
    pub(crate) target_path: Option<&'a str>,
}

pub(crate) const CONTENT_TYPE: &str = "text/html; charset=utf-8";

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}\
h1{font-size:1.5rem;margin-bottom:0}\
.version{opacity:.7;margin-top:0}\
a{color:#0b6bcb}\
@media(prefers-color-scheme:dark){a{color:#6ab0ff}}";

impl Landing<'_> {
    /// The page as HTML. Links are relative, so that they work behind a proxy that adds a path
    /// prefix.
    pub(crate) fn to_html(self) -> String {
        let name = escape(self.name);
        let version = escape(self.version);
        let about = escape(self.about);
        let path = escape(self.telemetry_path);
        let link = path.trim_start_matches('/');
        let mut page = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n\
             <title>{name} {version}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
             <h1>{name}</h1>\n<p class=\"version\">version {version}</p>\n"
        );
        if !about.is_empty() {
            let _ = writeln!(page, "<p>{about}</p>");
        }
        let _ =
            write!(page, "<ul>\n<li><a href=\"{link}\">Metrics</a> at <code>{path}</code></li>\n");
        if let Some(path) = self.target_path.map(escape) {
            let _ = writeln!(page, "<li>Targets at <code>{path}?target=…</code></li>");
        }
        let _ = write!(
            page,
            "<li><a href=\"-/healthy\">Health</a> at <code>/-/healthy</code></li>\n</ul>\n\
             </body>\n</html>\n"
        );
        page
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_follows_the_configured_path() {
        for (path, link) in [("/metrics", "metrics"), ("/a/b", "a/b")] {
            let landing = Landing {
                name: "x",
                version: "1",
                about: "",
                telemetry_path: path,
                target_path: None,
            };
            let page = landing.to_html();
            assert!(page.contains(&format!("<a href=\"{link}\">")), "{page}");
            assert!(page.contains(&format!("<code>{path}</code>")), "{page}");
        }
    }

    #[test]
    fn every_text_is_escaped() {
        let landing = Landing {
            name: "<n>",
            version: "\"v\"",
            about: "a & b's",
            telemetry_path: "/<script>",
            target_path: Some("/<probe>"),
        };
        let page = landing.to_html();
        for raw in ["<probe>", "<n>", "\"v\"", "a & b", "b's", "<script>"] {
            assert!(!page.contains(raw), "{raw} in {page}");
        }
        assert!(page.contains("&lt;n&gt;") && page.contains("a &amp; b&#39;s"), "{page}");
    }
}
