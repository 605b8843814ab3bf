//! A Redis server as the target of redis_exporter in rehearsals: with a password, and with data for
//! every kind of metric.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use bkpack::process;
use bkpack::server::{Server, free_port};

/// Time limit for its start and for each answer.
const LIMIT: Duration = Duration::from_secs(20);

/// Attempts with another port if a free port gets taken before Redis binds it.
const ATTEMPTS: usize = 20;

/// A test password; the server listens only on loopback.
const PASSWORD: &str = "rehearsal";

/// Commands to run first, and how their answers begin. Some metrics require them: keys with a time
/// to live, a rejected command, a save.
const PREPARATIONS: [(&str, &str); 5] = [
    ("AUTH rehearsal", "+OK"),
    ("SET rehearsal 1 EX 3600", "+OK"),
    ("GET rehearsal", "$1"),
    ("NOSUCHCOMMAND", "-ERR"),
    ("SAVE", "+OK"),
];

/// A Redis server on a loopback port, stopped on drop.
#[derive(Debug)]
pub(crate) struct Redis {
    port: u16,
    _server: Server,
}

impl Redis {
    /// Starts `program` with its files in `folder`.
    pub(crate) fn start(program: &Path, folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
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

    /// The operator's input for the form of the exporter.
    pub(crate) fn parameters(&self) -> [String; 2] {
        [
            format!("--redis.address=127.0.0.1:{}", self.port),
            format!("REDIS_EXPORTER_REDIS_PASSWORD={PASSWORD}"),
        ]
    }
}

/// The path of `redis-server`.
pub(crate) fn program() -> Option<PathBuf> {
    process::find("redis-server")
}

fn prepare(port: u16) -> Result<()> {
    let mut stream =
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).context("cannot connect to Redis")?;
    stream.set_read_timeout(Some(LIMIT)).context("cannot set a time limit")?;
    for (command, expected) in PREPARATIONS {
        write!(stream, "{command}\r\n").context("cannot write to Redis")?;
        let mut answer = [0; 512];
        let length = stream.read(&mut answer).context("cannot read from Redis")?;
        let answer = String::from_utf8_lossy(&answer[..length]);
        ensure!(answer.starts_with(expected), "Redis answered {command} with {answer}");
    }
    Ok(())
}

#[test]
fn redis_requires_its_password() -> Result<()> {
    let Some(program) = program() else { return e2e::skip("redis-server") };
    let redis = Redis::start(&program, &e2e::scratch("redis")?)?;
    let port = redis.port;
    let parameters = redis.parameters();
    ensure!(parameters[0] == format!("--redis.address=127.0.0.1:{port}"), "{parameters:?}");
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.write_all(b"GET rehearsal\r\nAUTH rehearsal\r\nGET rehearsal\r\nQUIT\r\n")?;
    let mut answers = String::new();
    stream.read_to_string(&mut answers)?;
    ensure!(answers.starts_with("-NOAUTH") && answers.contains("\r\n1\r\n"), "{answers}");
    drop(redis);
    ensure!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err(), "it runs on after the drop");
    Ok(())
}
