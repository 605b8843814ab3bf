//! A Redis for redis_exporter to watch while its packages are rehearsed: a real one, with a password,
//! and with something of everything that the exporter tells of.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::server::{Server, free_port};

/// How long it may take to start, and to answer.
const LIMIT: Duration = Duration::from_secs(20);

/// How often another port is tried when somebody else has taken the one that was free.
const ATTEMPTS: usize = 20;

/// Only for this: nobody else reaches it.
const PASSWORD: &str = "rehearsal";

/// What it is asked to do before anybody looks, and how its answer begins. Some metrics are there only
/// after that: keys with a time to live, a refused command, a save.
const PREPARATIONS: [(&str, &str); 5] = [
    ("AUTH rehearsal", "+OK"),
    ("SET rehearsal 1 EX 3600", "+OK"),
    ("GET rehearsal", "$1"),
    ("NOSUCHCOMMAND", "-ERR"),
    ("SAVE", "+OK"),
];

/// A running Redis on a port of loopback; ended when dropped.
#[derive(Debug)]
pub(crate) struct Redis {
    port: u16,
    _server: Server,
}

impl Redis {
    /// Starts `program` with its files in `folder`.
    pub(crate) fn start(program: &Path, folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
        let mut last = None;
        for _ in 0..ATTEMPTS {
            match Self::start_on(free_port()?, program, folder) {
                Ok(redis) => return Ok(redis),
                Err(error) => last = Some(error),
            }
        }
        Err(last.context("no attempt was made")?)
    }

    fn start_on(port: u16, program: &Path, folder: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1"]);
        command.args(["--requirepass", PASSWORD, "--appendonly", "yes", "--dir"]).arg(folder);
        let mut server = Server::start(&mut command, &folder.join("redis.log"))?;
        server.wait_for(LIMIT, || prepare(port))?;
        Ok(Self { port, _server: server })
    }

    /// What an operator types into the form of the exporter.
    pub(crate) fn parameters(&self) -> [String; 2] {
        [
            format!("--redis.address=127.0.0.1:{}", self.port),
            format!("REDIS_EXPORTER_REDIS_PASSWORD={PASSWORD}"),
        ]
    }
}

/// Where Debian has it.
pub(crate) fn program() -> Option<PathBuf> {
    crate::process::find("redis-server")
}

fn prepare(port: u16) -> Result<()> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).context("connect to Redis")?;
    stream.set_read_timeout(Some(LIMIT)).context("set a time limit")?;
    for (command, expected) in PREPARATIONS {
        write!(stream, "{command}\r\n").context("ask Redis")?;
        let mut answer = [0; 512];
        let length = stream.read(&mut answer).context("read what Redis answers")?;
        let answer = String::from_utf8_lossy(&answer[..length]);
        ensure!(answer.starts_with(expected), "Redis answers {command} by {answer}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redis_is_there_with_its_password_and_gone_in_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let program = program().expect("run `cargo xtask ci --setup`, which installs redis-server");
        let redis = Redis::start(&program, folder.path()).unwrap();
        let [address, password] = redis.parameters();
        assert_eq!(address, format!("--redis.address=127.0.0.1:{}", redis.port));
        assert_eq!(password, "REDIS_EXPORTER_REDIS_PASSWORD=rehearsal");
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, redis.port)).unwrap();
        stream.write_all(b"GET rehearsal\r\nAUTH rehearsal\r\nGET rehearsal\r\nQUIT\r\n").unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).unwrap();
        assert!(answers.starts_with("-NOAUTH") && answers.contains("\r\n1\r\n"), "{answers}");
        let port = redis.port;
        drop(redis);
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
    }
}
