//! Fuzz targets of the web server.

use super::accept::{negotiate, prefers_gzip};
#[cfg(feature = "web-config")]
use super::config::file;
use super::{query, request};

/// A request head, possibly followed by more bytes.
pub fn request_head(bytes: &[u8]) {
    let Ok(Some((request, length))) = request::parse(bytes) else { return };
    let head = &bytes[..length];
    let _ = query::selection(&request.query, &["disk", "net work"], &["tcp"]);
    assert!(request.path.starts_with('/') && !request.path.contains(['?', '#', ' ']));
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let announces_body = text.split("\r\n").any(|line| {
        let (name, value) = line.split_once(':').unwrap_or_default();
        name == "transfer-encoding" || (name == "content-length" && value.trim() != "0")
    });
    assert!(
        !(announces_body && request.reply.keep_alive),
        "its body would be parsed as the next request"
    );
    assert!(head.ends_with(b"\r\n\r\n") && !text.replace("\r\n", "").contains('\n'));
    assert!(!matches!(request::parse(&head[..length - 1]), Ok(Some(_))), "it was not complete yet");
    let alone = request::parse(head);
    assert_eq!(alone, Ok(Some((request, length))), "the bytes after the head change the result");
}

/// The value of an `Accept-Encoding` or `Accept` header.
pub fn accept_headers(bytes: &[u8]) {
    let value = String::from_utf8_lossy(bytes);
    let lower = value.to_ascii_lowercase();
    let spaced = value.replace(',', " \t,  ");
    let gzip = prefers_gzip(&value);
    assert!(!gzip || lower.contains("gzip") || lower.contains('*'));
    assert!(prefers_gzip(&lower) == gzip && prefers_gzip(&spaced) == gzip);
    let negotiated = negotiate(&value);
    assert!(!negotiated.openmetrics || lower.contains("application/openmetrics-text"));
    assert!(negotiated.escaping.is_none() || lower.contains("escaping"));
    let openmetrics = negotiated.openmetrics;
    assert!([&lower, &spaced].iter().all(|same| negotiate(same).openmetrics == openmetrics));
}

/// A web configuration file.
#[cfg(feature = "web-config")]
pub fn web_config(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.split(['\n', '\r']).count();
    match file::read(&text) {
        Ok(file) => {
            let mut names: Vec<_> = file.users.iter().map(|user| &user.name).collect();
            names.sort_unstable();
            assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "a user is listed twice");
        }
        Err(faults) => {
            assert!(!faults.is_empty());
            assert!(faults.iter().all(|(line, _)| (1..=lines).contains(line)), "{faults:?}");
        }
    }
}
