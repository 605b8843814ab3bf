//! The floor that exporters are measured against: each request costs the reads of the kernel's files
//! and one write of a canned answer, nothing else. Built and run by `cargo xtask bench host` alone.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::FileExt;
use std::{env, thread};

/// What the collectors `loadavg`, `meminfo` and `cpu` read.
const FILES: [&str; 3] = ["/proc/loadavg", "/proc/meminfo", "/proc/stat"];

fn main() -> io::Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [answer, address] = arguments.as_slice() else {
        return Err(io::Error::other("give the file with the answer, and --web.listen-address"));
    };
    let address = address.trim_start_matches("--web.listen-address=");
    serve(&TcpListener::bind(address)?, fs::read(answer)?.leak())
}

/// Gives every connection a thread, which ends with it.
pub(crate) fn serve(listener: &TcpListener, answer: &'static [u8]) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept()?;
        thread::Builder::new().spawn(move || answer_all(stream, answer))?;
    }
}

fn answer_all(mut stream: TcpStream, answer: &[u8]) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let [loadavg, meminfo, stat] = FILES.map(File::open);
    let files = [loadavg?, meminfo?, stat?];
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
            for file in &files {
                // The kernel makes the whole of such a file for one read that has room for it.
                file.read_at(&mut content, 0)?;
            }
            stream.write_all(answer)?;
        }
    }
}
