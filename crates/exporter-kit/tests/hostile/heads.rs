//! Tests invalid and oversized requests.

use std::iter;

use crate::alone;
use crate::client::exchange;
use crate::exporter::Exporter;

const MEGABYTE: usize = 1024 * 1024;

/// The status codes of all responses.
fn statuses(response: &str) -> Vec<&str> {
    let heads = response.lines().filter_map(|line| line.strip_prefix("HTTP/1."));
    heads.map(|line| line.split(' ').nth(1).unwrap()).collect()
}

#[test]
fn endless_requests_are_cut_off() {
    let _alone = alone();
    let exporter = Exporter::start("good");
    exporter.scrape();
    let before = exporter.resident();
    let chunk = || vec![b'a'; MEGABYTE];
    let endless = |head: &str| iter::once(head.as_bytes().to_vec()).chain(iter::repeat_with(chunk));
    let headers = "A: b\r\n".repeat(100_000).into_bytes();
    let hundred_thousand = [b"GET / HTTP/1.1\r\n".to_vec(), headers, b"\r\n".to_vec()];
    let cases: [(&str, Vec<&str>, String); 6] = [
        (
            "a header line",
            vec!["431"],
            exchange(exporter.address(), endless("GET / HTTP/1.1\r\nA: ").take(201)),
        ),
        ("a target", vec!["431"], exchange(exporter.address(), endless("GET /").take(201))),
        (
            "a method",
            vec!["400", "405", "431"],
            exchange(exporter.address(), endless("").take(201)),
        ),
        ("headers", vec!["431"], exchange(exporter.address(), hundred_thousand)),
        (
            "a declared body",
            vec!["405"],
            exchange(
                exporter.address(),
                endless("POST / HTTP/1.1\r\nContent-Length: 1073741824\r\n\r\n").take(201),
            ),
        ),
        (
            "a body of a GET",
            vec!["200"],
            exchange(
                exporter.address(),
                endless("GET / HTTP/1.1\r\nContent-Length: 1073741824\r\n\r\n").take(201),
            ),
        ),
    ];
    for (what, expected, response) in cases {
        match statuses(&response)[..] {
            // The exporter closed the connection before all was sent.
            [] => {}
            [status] => assert!(expected.contains(&status), "{what}: {response}"),
            _ => panic!("{what}: {response}"),
        }
    }
    assert_eq!(exporter.get("/metrics").status, 200);
    let grown = exporter.resident().saturating_sub(before);
    assert!(grown < 1024, "memory grew by {grown} KiB");
    assert_eq!(exporter.stop(), "");
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let _alone = alone();
    let exporter = Exporter::start("good");
    let paths = [("/-/healthy", "200"), ("/nowhere", "404"), ("/metrics?collect[]=x", "400")];
    let several: Vec<_> = paths.iter().cycle().take(300).collect();
    let requests = several.iter().map(|(path, _)| format!("GET {path} HTTP/1.1\r\n\r\n"));
    let last = "HEAD /nowhere HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned();
    let all: Vec<u8> = requests.chain([last]).collect::<String>().into_bytes();
    // The chunks do not end where a request ends.
    let response = exchange(exporter.address(), all.chunks(17).map(<[u8]>::to_vec));
    let expected: Vec<_> = several.iter().map(|(_, status)| *status).chain(["404"]).collect();
    assert_eq!(statuses(&response), expected);
    assert_eq!(exporter.stop(), "");
}

#[test]
fn invalid_requests_are_rejected() {
    let _alone = alone();
    let exporter = Exporter::start("good");
    let cases: &[&[u8]] = &[
        b"GET / HTTP/1.1\nHost: x\n\n",
        b"GET / HTTP/1.1\r\nHost: x\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\n",
        b"GET / HTTP/1.1\r\nA: b\n\nGET /metrics HTTP/1.1\r\n\r\n",
        b"\nGET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\rHost: x\r\r",
        b"GET / HTTP/1.1\r\nHost: x\r\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: \0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHo\0st: x\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
        b"GET / HTTP/2.0\r\n\r\n",
        b"GET / HTTP/0.9\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET  / HTTP/1.1\r\n\r\n",
        b" GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1 \r\n\r\n",
        b"GET metrics HTTP/1.1\r\n\r\n",
        b"GET \x80 HTTP/1.1\r\n\r\n",
        b"get / HTTP/1.1\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nTransfer-Encoding\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ];
    for case in cases {
        let response = exchange(exporter.address(), [case.to_vec()]);
        let shown = String::from_utf8_lossy(case);
        let statuses = statuses(&response);
        assert!(matches!(statuses[..], ["400" | "405"]), "{shown:?}: {response}");
        let body = response.split("\r\n\r\n").nth(1).unwrap();
        assert!(body.starts_with("# 40") && body.lines().count() == 1, "{shown:?}: {body}");
    }
    assert_eq!(exporter.stop(), "");
}

#[test]
fn request_bodies_are_not_parsed_as_requests() {
    let _alone = alone();
    let exporter = Exporter::start("good");
    let framings = [
        "Content-Length: 44",
        "Content-Length: 44\r\nContent-Length: 0",
        "Content-Length: 0\r\nContent-Length: 44",
        "Content-Length: 0, 44",
        "Content-Length: +0",
        "Content-Length: -1",
        "Content-Length: 00",
        "Content-Length: 18446744073709551616",
        "content-length:44",
        "Content-Length: ",
        "Content-Length : 44",
        "Content-Length\t: 44",
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding:\tchunked",
        "Transfer-Encoding: \x0bchunked",
        "Transfer-Encoding : chunked",
        "TRANSFER-ENCODING: CHUNKED",
        "Transfer-Encoding: chunked\r\nContent-Length: 0",
        "Content-Length: 0\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding:\r\n chunked",
        "X: y\nTransfer-Encoding: chunked",
        "X: y\rTransfer-Encoding: chunked",
        "Expect: 100-continue\r\nContent-Length: 44",
        "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings",
        "Connection: keep-alive\r\nContent-Length: 44",
    ];
    for framing in framings {
        for version in ["1.1", "1.0"] {
            let smuggled = "0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: smuggled\r\n\r\n";
            let request = format!("GET /-/healthy HTTP/{version}\r\n{framing}\r\n\r\n{smuggled}");
            let response = exchange(exporter.address(), [request.into_bytes()]);
            let statuses = statuses(&response);
            assert!(matches!(statuses[..], ["200" | "400"]), "{framing:?}: {response}");
            assert!(!response.contains("good_runs"), "{framing:?}: {response}");
        }
    }
    let page = exporter.scrape();
    assert!(page.contains("\ngood_runs 1\n"), "no smuggled request was served: {page}");
    assert_eq!(exporter.stop(), "");
}
