//! A server that answers as a test tells it to, for what a real Redis rarely does.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What the server does with a command.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    /// Sends a line, such as `-BUSY` or `+OK`.
    Line(&'static str),
    /// Sends a text as a bulk string.
    Bulk(&'static str),
    Hang,
    Close,
}

/// The least that INFO says of a healthy server.
pub(crate) const INFO: &str = "redis_version:7.0.15\r\nrun_id:a\r\nconnected_clients:1\r\n";

/// A running server. It lives as long as the test.
pub(crate) struct Fake {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    /// Answers by command, in capitals; GREETING is sent to every client, which is then closed.
    answers: BTreeMap<&'static str, Answer>,
    received: Vec<String>,
}

impl Fake {
    /// Starts a server that answers PING and INFO, and these commands as given.
    pub(crate) fn start(answers: &[(&'static str, Answer)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let healthy = [("PING", Answer::Line("+PONG")), ("INFO", Answer::Bulk(INFO))];
        let answers = healthy.into_iter().chain(answers.iter().copied()).collect();
        let state = Arc::new(Mutex::new(State { answers, received: Vec::new() }));
        let fake = Self { address, state: Arc::clone(&state) };
        let serve = move || {
            for stream in listener.incoming() {
                let state = Arc::clone(&state);
                let serve = move || serve(stream.unwrap(), &state);
                thread::Builder::new().spawn(serve).unwrap();
            }
        };
        thread::Builder::new().spawn(serve).unwrap();
        fake
    }

    /// Changes the answer to a command.
    pub(crate) fn answer(&self, command: &'static str, answer: Answer) {
        self.state.lock().unwrap().answers.insert(command, answer);
    }

    /// How often a command was received.
    pub(crate) fn count(&self, command: &str) -> usize {
        self.state.lock().unwrap().received.iter().filter(|it| *it == command).count()
    }

    /// The exporter flag that selects this server.
    pub(crate) fn flag(&self) -> String {
        format!("--redis.address={}", self.address)
    }
}

/// Serves a client until it closes the connection, or the server does.
fn serve(mut stream: TcpStream, state: &Mutex<State>) {
    let greeting = state.lock().unwrap().answers.get("GREETING").copied();
    if let Some(Answer::Line(line)) = greeting {
        let _ = stream.write_all(format!("{line}\r\n").as_bytes());
        return;
    }
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(command) = read_command(&mut reader) {
        let answer = {
            let mut state = state.lock().unwrap();
            let answer = state.answers.get(command.as_str()).copied();
            state.received.push(command);
            answer.unwrap_or(Answer::Line("-ERR unknown command"))
        };
        let text = match answer {
            Answer::Line(line) => format!("{line}\r\n"),
            Answer::Bulk(text) => format!("${}\r\n{text}\r\n", text.len()),
            Answer::Close => return,
            // Until the client gives up.
            Answer::Hang => drop_answer(&mut reader),
        };
        if stream.write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

fn drop_answer(reader: &mut BufReader<TcpStream>) -> String {
    let _ = reader.read_to_end(&mut Vec::new());
    String::new()
}

/// Reads the name of a command, and its arguments away.
fn read_command(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut number = |start: char| {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let number: usize = line.trim_end().strip_prefix(start)?.parse().ok()?;
        if start == '*' {
            return Some((number, String::new()));
        }
        let mut word = vec![0; number + 2];
        reader.read_exact(&mut word).ok()?;
        Some((number, String::from_utf8_lossy(&word).trim_end().to_ascii_uppercase()))
    };
    let (words, _) = number('*')?;
    let words: Option<Vec<_>> = (0..words).map(|_| number('$').map(|(_, word)| word)).collect();
    words?.into_iter().next()
}
