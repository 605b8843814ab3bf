//! An exporter for the tests of `rehearse`, with a fault selected by `--pool.mode`.

use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, ExitCode};
use std::thread;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    // BlueKing 5.1 writes `--name=value`, 6 and 7 `--name value`.
    let flag = |name: &str| {
        let at = arguments.iter().position(|word| word.starts_with(name))?;
        let joined = arguments[at].strip_prefix(name)?.strip_prefix('=').map(str::to_owned);
        joined.or_else(|| arguments.get(at + 1).cloned())
    };
    let mode = flag("--pool.mode").unwrap_or_default();
    if mode == "exit" {
        return print_error("the pool is not configured");
    }
    if let Some(path) = flag("--pool.file") {
        match fs::read_to_string(&path) {
            Ok(text) if text.starts_with("shards = ") => {}
            other => return print_error(&format!("{path} holds {other:?}")),
        }
    }
    if mode == "child" {
        // It outlives this program, because it has no pid file.
        let _ = Command::new("sleep").arg("600").spawn();
    }
    let address = flag("--web.listen-address").unwrap_or_default();
    let listener = match TcpListener::bind(&address) {
        Ok(listener) => listener,
        Err(_) if mode == "stubborn" => loop {
            thread::park();
        },
        Err(error) => return print_error(&format!("cannot listen on {address}: {error}")),
    };
    if mode == "mute" {
        loop {
            thread::park();
        }
    }
    let page = match &*mode {
        "lossy" => "pool_size NaN\npool_surprise 1\npool_free{shard=\"1\"} 1\n",
        "overwritten" => {
            "pool_size 1\npool_free 1\npool_user{bk_host_id=\"a\"} 1\npool_peer{ip=\"::1\"} 1\n\
             pool_peer{ip=\"::2\"} 1\n"
        }
        "overwritten-declared" => "pool_size 1\npool_free{ip=\"::1\"} 1\n",
        "down" => "pool_up 0\npool_exporter_last_scrape_error{err=\"auth\"} 1\n",
        _ => "# HELP pool_size Connections.\npool_size 1\npool_free 1\n",
    };
    for stream in listener.incoming().flatten() {
        // A closed connection is not an error.
        let _ = answer(stream, page);
    }
    ExitCode::SUCCESS
}

fn print_error(why: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "pool_exporter: {why}");
    ExitCode::FAILURE
}

fn answer(stream: TcpStream, page: &str) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let length = page.len();
    write!(
        &stream,
        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{page}"
    )
}
