//! The baseline for measurements of exporters. A request only reads the kernel's files, kept open or
//! opened as the exporter does, and writes a canned answer. Built and run by `cargo xtask bench host`.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::FileExt;
use std::{env, thread};

fn main() -> io::Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [answer, calls, address] = arguments.as_slice() else {
        return Err(io::Error::other("usage: ANSWER_FILE CALLS_FILE --web.listen-address=ADDRESS"));
    };
    let address = address.trim_start_matches("--web.listen-address=");
    let calls = fs::read_to_string(calls)?.leak();
    serve(&TcpListener::bind(address)?, fs::read(answer)?.leak(), calls)
}

/// A system call of each request.
enum Call<'a> {
    Kept(File),
    Opened(&'a str),
    Folder(&'a str),
}

/// Serves each connection on its own thread.
pub(crate) fn serve(
    listener: &TcpListener,
    answer: &'static [u8],
    calls: &'static str,
) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept()?;
        thread::Builder::new().spawn(move || answer_all(stream, answer, calls))?;
    }
}

fn answer_all(mut stream: TcpStream, answer: &[u8], calls: &str) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let calls = calls.lines().filter_map(|line| line.split_once(' ')).map(|(kind, path)| {
        Ok(match kind {
            "kept" => Call::Kept(File::open(path)?),
            _ if fs::metadata(path)?.is_dir() => Call::Folder(path),
            _ => Call::Opened(path),
        })
    });
    let calls: Vec<_> = calls.collect::<io::Result<_>>()?;
    let mut request = [0; 4096];
    let mut content = vec![0; 1 << 16];
    let mut received = 0;
    loop {
        received += match stream.read(&mut request[received..])? {
            0 => return Ok(()),
            read => read,
        };
        if request[..received].ends_with(b"\r\n\r\n") {
            received = 0;
            for call in &calls {
                match call {
                    // One read with a large enough buffer returns the whole file.
                    Call::Kept(file) => drop(file.read_at(&mut content, 0)?),
                    // Files of a powered-off device cannot be read.
                    Call::Opened(path) => drop(File::open(path)?.read(&mut content)),
                    Call::Folder(path) => drop(fs::read_dir(path)?.count()),
                }
            }
            stream.write_all(answer)?;
        }
    }
}
