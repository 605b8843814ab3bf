//! The floor that exporters are measured against: each request costs the reads of the kernel's files,
//! kept open or opened as the exporter does, and one write of a canned answer, nothing else. Built and run by `cargo xtask bench host` alone.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::FileExt;
use std::{env, thread};

fn main() -> io::Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [answer, calls, address] = arguments.as_slice() else {
        return Err(io::Error::other("give the files with answer and calls, --web.listen-address"));
    };
    let address = address.trim_start_matches("--web.listen-address=");
    let calls = fs::read_to_string(calls)?.leak();
    serve(&TcpListener::bind(address)?, fs::read(answer)?.leak(), calls)
}

/// One of the calls that a request costs.
enum Call<'a> {
    Kept(File),
    Opened(&'a str),
    Folder(&'a str),
}

/// Gives every connection a thread, which ends with it.
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
                    // The kernel makes the whole of such a file for one read that has room for it.
                    Call::Kept(file) => drop(file.read_at(&mut content, 0)?),
                    // A file of a device that is off cannot be read.
                    Call::Opened(path) => drop(File::open(path)?.read(&mut content)),
                    Call::Folder(path) => drop(fs::read_dir(path)?.count()),
                }
            }
            stream.write_all(answer)?;
        }
    }
}
