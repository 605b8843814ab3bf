//! One scrape as BlueKing's agent does it: the same request, the body copied to a file before it is
//! parsed, and the status ignored.

use std::error::Error;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use flate2::read::MultiGzDecoder;
use ureq::Agent;

use crate::texts::{programs, rehearse_page as texts};

/// The agent waits without limit, but the next scrape is due after a minute.
const LIMIT: Duration = Duration::from_secs(60);

/// Size limit of a page. The agent has none; this one protects the disk.
const MAX_BYTES: u64 = 64 << 20;

/// The response to a scrape.
#[derive(Debug)]
pub struct Answer {
    /// The page, unpacked.
    pub body: Vec<u8>,
    /// The HTTP status.
    pub status: u16,
    /// The time until the body was read.
    pub took: Duration,
}

/// A page that does not end.
#[derive(Debug)]
pub(crate) struct Endless(String);

impl fmt::Display for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Endless {}

/// Scrapes `url`, and copies the body to the file `copy`.
///
/// # Errors
/// What the agent calls `ConnRefused` (2501) and `WriteTempFileFailed` (1501).
pub fn scrape(url: &str, copy: &Path) -> Result<Answer> {
    scrape_within(url, copy, LIMIT)
}

/// Like [`scrape`], with this time limit.
pub(crate) fn scrape_within(url: &str, copy: &Path, limit: Duration) -> Result<Answer> {
    let start = Instant::now();
    let config = Agent::config_builder()
        .timeout_global(Some(limit))
        .http_status_as_error(false)
        .proxy(None)
        .build();
    let response = Agent::new_with_config(config)
        .get(url)
        .header("Accept", "application/openmetrics-text,*/*")
        .header("X-BK-AGENT", "bkmonitorbeat")
        // Go's client sends it by default.
        .header("Accept-Encoding", "gzip")
        .call()
        .with_context(|| texts::connection_refused(url))?;
    let status = response.status().as_u16();
    let encoding = response.headers().get("content-encoding");
    let is_gzip = encoding.is_some_and(|value| value.as_bytes() == b"gzip");
    let body = response.into_body().into_reader();
    let mut body: Box<dyn Read> =
        if is_gzip { Box::new(MultiGzDecoder::new(body)) } else { Box::new(body) };
    let path = copy.display().to_string();
    let mut file = File::create(copy).with_context(|| programs::cannot_create(&path))?;
    let copied = io::copy(&mut body.by_ref().take(MAX_BYTES), &mut file)
        .with_context(|| texts::body_not_written(url))?;
    ensure!(copied < MAX_BYTES, Endless(texts::endless_page(url, MAX_BYTES >> 20)));
    let took = start.elapsed();
    let body = fs::read(copy).with_context(|| programs::cannot_read(&path))?;
    Ok(Answer { body, status, took })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;
    use std::thread;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// Answers one request with `answer`, and returns the request.
    fn serve(answer: Vec<u8>) -> (String, thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/metrics", listener.local_addr().unwrap());
        let thread = thread::Builder::new().spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                request.push(byte[0]);
            }
            stream.write_all(&answer).unwrap();
            String::from_utf8(request).unwrap()
        });
        (url, thread.unwrap())
    }

    #[test]
    fn request_is_the_agents_and_status_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("page");
        let (url, thread) = serve(
            b"HTTP/1.1 500 Oh\r\nContent-Length: 4\r\nConnection: close\r\n\r\na 1\n".to_vec(),
        );
        let answer = scrape(&url, &copy).unwrap();
        assert_eq!((answer.status, &*answer.body), (500, &b"a 1\n"[..]));
        let request = thread.join().unwrap().to_lowercase();
        for line in [
            "get /metrics http/1.1\r\n",
            "accept: application/openmetrics-text,*/*\r\n",
            "x-bk-agent: bkmonitorbeat\r\n",
            "accept-encoding: gzip\r\n",
        ] {
            assert!(request.contains(line), "{line} in {request}");
        }
    }

    #[test]
    fn gzip_is_decoded_and_truncation_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("page");
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(b"a 1\n").unwrap();
        let packed = packer.finish().unwrap();
        let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n";
        let (url, thread) = serve([head.as_bytes(), &packed].concat());
        assert_eq!(scrape(&url, &copy).unwrap().body, b"a 1\n");
        thread.join().unwrap();

        let (url, thread) = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na 1\n".to_vec());
        let error = format!("{:#}", scrape(&url, &copy).unwrap_err());
        assert!(error.contains("1501 WriteTempFileFailed"), "{error}");
        thread.join().unwrap();

        let error = format!("{:#}", scrape(&url, &copy).unwrap_err());
        assert!(error.contains("2501 ConnRefused"), "{error}");
    }
}
