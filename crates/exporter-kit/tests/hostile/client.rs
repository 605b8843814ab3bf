//! An HTTP client that sends requests unchanged and validates responses strictly.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::exporter::TIMEOUT;

/// A response, and how long it took from the connection to its last byte.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
    pub(crate) took: Duration,
}

impl Reply {
    /// The value of a series on a page.
    pub(crate) fn sample(&self, series: &str) -> Option<f64> {
        sample(&self.body, series)
    }
}

/// The value of a series on a page.
pub(crate) fn sample(page: &str, series: &str) -> Option<f64> {
    let value = |line: &str| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok();
    page.lines().find_map(value)
}

pub(crate) fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    // No test must wait forever.
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    Ok(stream)
}

pub(crate) fn get(address: SocketAddr, path: &str) -> io::Result<Reply> {
    ask(address, &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
}

/// Sends a request unchanged on a new connection.
pub(crate) fn ask(address: SocketAddr, request: &str) -> io::Result<Reply> {
    let begun = Instant::now();
    let mut stream = connect(address)?;
    stream.write_all(request.as_bytes())?;
    read_to_end(&mut stream, begun)
}

/// Reads one response until the connection is closed.
pub(crate) fn read_to_end(stream: &mut TcpStream, begun: Instant) -> io::Result<Reply> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let took = begun.elapsed();
    let text = String::from_utf8(bytes).map_err(io::Error::other)?;
    let incomplete = || io::Error::other(format!("incomplete response: {text:?}"));
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(incomplete)?;
    let status =
        head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(incomplete)?;
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    if length.and_then(|length| length.parse().ok()) != Some(body.len()) {
        return Err(incomplete());
    }
    Ok(Reply { status, head: head.to_owned(), body: body.to_owned(), took })
}

/// Sends bytes until all are sent or the exporter closes the connection, then reads the response. A
/// reset may discard the response, which is then empty.
pub(crate) fn exchange(address: SocketAddr, bytes: impl IntoIterator<Item = Vec<u8>>) -> String {
    let mut stream = connect(address).unwrap();
    let _ = bytes.into_iter().try_for_each(|chunk| stream.write_all(&chunk));
    let mut response = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => response.extend_from_slice(&chunk[..read]),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => break,
            Err(error) => panic!("neither a response nor an end: {error}"),
        }
    }
    String::from_utf8(response).unwrap()
}

/// Reads one response of a persistent connection.
pub(crate) fn read_one(stream: &mut BufReader<TcpStream>, page: &mut Vec<u8>) {
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "the connection was closed");
        if let Some(value) = line.strip_prefix("Content-Length: ") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    page.resize(length, 0);
    stream.read_exact(page).unwrap();
}
