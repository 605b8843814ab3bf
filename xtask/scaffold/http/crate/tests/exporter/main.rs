//! Tests of the binary over HTTP, with a server that has a status page.
#![allow(clippy::unwrap_used, clippy::panic, reason = "all of it is test code")]

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::thread;

use exporter_kit::testing::Running;

/// A server that gives every request this answer.
fn serve(status: &str, body: &str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let length = body.len();
    let answer =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    let answer_all = move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let head = BufReader::new(stream.try_clone().unwrap()).lines();
            head.take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty())).for_each(drop);
            // The client may have gone.
            let _ = stream.write_all(answer.as_bytes());
        }
    };
    thread::Builder::new().spawn(answer_all).unwrap();
    address
}

fn start(url: &str) -> Running {
    let mut command = Command::new(env!("CARGO_BIN_EXE_@binary@"));
    command.arg("--@subject@.url").arg(url);
    Running::start(command)
}

#[test]
fn page_has_what_the_server_says() {
    let address = serve("200 OK", r#"{"workers": {"busy": 3, "idle": 5}, "requests": 1234}"#);
    let page = start(&format!("http://{address}/status")).scrape();
    for (series, value) in [
        ("@subject@_up", 1.0),
        ("@subject@_workers{state=\"busy\"}", 3.0),
        ("@subject@_workers{state=\"idle\"}", 5.0),
        ("@subject@_requests_total", 1234.0),
        ("@binary@_scrape_collector_success{collector=\"status\"}", 1.0),
    ] {
        assert_eq!(page.value(series), Some(value), "{series} in {}", page.text());
    }
}

#[test]
fn server_that_is_down_is_not_up() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let moved = serve("302 Found\r\nLocation: http://127.0.0.1:1/", "");
    for address in [closed, serve("500 Oops", "{}"), moved, serve("200 OK", "<html>")] {
        let exporter = start(&format!("http://{address}/status"));
        let page = exporter.scrape();
        assert_eq!(page.value("@subject@_up"), Some(0.0), "{}", page.text());
        assert!(!page.has("@subject@_workers"), "{}", page.text());
        let log = exporter.kill();
        let line = format!("collector status: failed: http://{address}/status: ");
        assert!(log.contains(&line) && log.lines().count() == 1, "{log}");
    }
}
