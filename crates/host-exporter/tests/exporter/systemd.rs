//! The systemd collector against a fake bus, because tests run where systemd does not: it keeps its
//! connection, and makes a new one when that is closed.

use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use crate::process::start_in;

#[test]
fn systemd_is_asked_over_a_bus_that_may_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bus");
    let (came, connections) = channel();
    bus(UnixListener::bind(&path).unwrap(), came);
    let address = format!("tcp:host=nowhere;unix:path={},guid=0", path.display());
    let args = [
        "--collectors.enabled=systemd",
        "--collector.systemd.enable-restarts-metrics",
        "--collector.systemd.unit-include=.+[.](service|timer|mount)",
    ];
    let exporter = start_in(&args, &[("DBUS_SYSTEM_BUS_ADDRESS", &address)]);
    let state = |name: &str, state: &str, unit_type: &str| {
        format!("node_systemd_unit_state{{name=\"{name}\",state=\"{state}\",type=\"{unit_type}\"}}")
    };
    for (series, value) in [
        ("node_systemd_version{version=\"255.4-1ubuntu8\"}", 255.4),
        ("node_systemd_virtualization_info{virtualization_type=\"none\"}", 1.0),
        ("node_systemd_system_running", 0.0),
        ("node_systemd_units{state=\"active\"}", 3.0),
        ("node_systemd_units{state=\"failed\"}", 1.0),
        (&state("ssh.service", "active", "notify"), 1.0),
        (&state("cron.service", "failed", "forking"), 1.0),
        (&state("daily.timer", "active", ""), 1.0),
        ("node_systemd_service_restart_total{name=\"ssh.service\"}", 2.0),
        ("node_systemd_timer_last_trigger_seconds{name=\"daily.timer\"}", 1_700_000_000.5),
    ] {
        assert_eq!(exporter.scrape().value(series), Some(value), "{series}");
    }
    let page = exporter.scrape();
    for absent in ["gone.service", "home.mount", "restart_total{name=\"cron.service\"}"] {
        assert!(!page.text().contains(absent), "{absent}");
    }
    // All of that went over one connection; when the bus closes it, the next scrape has another.
    let connection = connections.recv().unwrap();
    assert!(connections.try_recv().is_err());
    connection.shutdown(std::net::Shutdown::Both).unwrap();
    assert_eq!(exporter.scrape().value("node_systemd_units{state=\"failed\"}"), Some(1.0));
    connections.recv().unwrap();
}

#[test]
fn missing_bus_fails_only_its_collector() {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("unix:path={}", folder.path().join("bus").display());
    let args = ["--collectors.enabled=systemd,loadavg"];
    let exporter = start_in(&args, &[("DBUS_SYSTEM_BUS_ADDRESS", &address)]);
    let page = exporter.scrape();
    let success =
        |name| page.value(&format!("node_scrape_collector_success{{collector=\"{name}\"}}"));
    assert_eq!((success("systemd"), success("loadavg")), (Some(0.0), Some(1.0)));
    assert!(!page.text().contains("\nnode_systemd_"));
    let log = exporter.kill();
    assert!(log.contains(&format!("connect to {}", folder.path().display())), "{log}");
}

/// Name, whether it is loaded, and state.
const UNITS: [[&str; 3]; 5] = [
    ["ssh.service", "loaded", "active"],
    ["cron.service", "loaded", "failed"],
    ["gone.service", "not-found", "inactive"],
    ["daily.timer", "loaded", "active"],
    ["home.mount", "loaded", "active"],
];

/// What a unit says for `property`, with its type.
fn property(path: &str, property: &str) -> Option<(char, Vec<u8>)> {
    let text = |text: &str| Some(('s', string(text)));
    match (path, property) {
        (_, "Version") => text("255.4-1ubuntu8"),
        (_, "Virtualization") => text(""),
        (_, "SystemState") => text("degraded"),
        ("ssh.service", "Type") => text("notify"),
        ("cron.service", "Type") => text("forking"),
        ("ssh.service", "NRestarts") => Some(('u', 2_u32.to_le_bytes().into())),
        ("daily.timer", "LastTriggerUSec") => {
            Some(('t', 1_700_000_000_500_000_u64.to_le_bytes().into()))
        }
        _ => None,
    }
}

/// A bus with systemd on it, which hands over the connections that come.
fn bus(listener: UnixListener, came: Sender<UnixStream>) {
    let serve = move || {
        while let Ok((mut socket, _)) = listener.accept() {
            came.send(socket.try_clone().unwrap()).unwrap();
            line(&mut socket);
            socket.write_all(b"OK 0903aeaa525e4d7eae59718f712e7f5d\r\n").unwrap();
            line(&mut socket);
            while let Some(call) = message(&mut socket) {
                if socket.write_all(&answer(&call)).is_err() {
                    break;
                }
            }
        }
    };
    thread::Builder::new().name("bus".to_owned()).spawn(serve).unwrap();
}

fn line(socket: &mut UnixStream) {
    let mut byte = [0];
    while byte != *b"\n" {
        socket.read_exact(&mut byte).unwrap();
    }
}

/// The next call; `None` when the connection has ended.
fn message(socket: &mut UnixStream) -> Option<Vec<u8>> {
    let mut call = vec![0; 16];
    socket.read_exact(&mut call).ok()?;
    let length = |at: usize| u32::from_le_bytes(*call[at..].first_chunk().unwrap()) as usize;
    let rest = length(12).next_multiple_of(8) + length(4);
    call.resize(16 + rest, 0);
    socket.read_exact(&mut call[16..]).ok()?;
    Some(call)
}

fn answer(call: &[u8]) -> Vec<u8> {
    let serial = &call[8..12];
    let has = |text: &str| call.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    if has("Hello\0") {
        return reply(2, serial, "s", &string(":1.7"));
    }
    if has("ListUnits\0") {
        return reply(2, serial, "a(ssssssouso)", &units());
    }
    let [unit, ..] = UNITS.into_iter().find(|[unit, ..]| has(unit)).unwrap_or_default();
    let end = call.len() - 1;
    let start = call[..end].iter().rposition(|&byte| byte == 0).unwrap() + 1;
    match property(unit, str::from_utf8(&call[start..end]).unwrap()) {
        Some((kind, value)) => {
            let mut body = vec![1, kind as u8, 0];
            let alignment = if kind == 't' { 8 } else { 4 };
            body.resize(body.len().next_multiple_of(alignment), 0);
            reply(2, serial, "v", &[body, value].concat())
        }
        None => reply(3, serial, "s", &string("No such property.")),
    }
}

fn reply(kind: u8, serial: &[u8], signature: &str, body: &[u8]) -> Vec<u8> {
    let fields = [&b"\x05\x01u\0"[..], serial, b"\x08\x01g\0", &[signature.len() as u8]].concat();
    let fields = [&fields[..], signature.as_bytes(), b"\0"].concat();
    let (body_length, length) = (body.len() as u32, fields.len() as u32);
    let head = [&[b'l', kind, 1, 1][..], &body_length.to_le_bytes(), &[9, 0, 0, 0]].concat();
    let mut message = [head, length.to_le_bytes().into(), fields].concat();
    message.resize(message.len().next_multiple_of(8), 0);
    [&message[..], body].concat()
}

fn string(text: &str) -> Vec<u8> {
    [&(text.len() as u32).to_le_bytes()[..], text.as_bytes(), b"\0"].concat()
}

fn units() -> Vec<u8> {
    let mut list = vec![0; 8];
    for [name, load_state, state] in UNITS {
        list.resize(list.len().next_multiple_of(8), 0);
        let path = format!("/unit/{name}");
        let texts = [name, "", load_state, state, "", "", &path].map(string);
        // No job.
        let job = [0_u32.to_le_bytes().into(), string(""), string("/")];
        for value in texts.into_iter().chain(job) {
            list.resize(list.len().next_multiple_of(4), 0);
            list.extend(value);
        }
    }
    let length = list.len() as u32 - 8;
    list[..4].copy_from_slice(&length.to_le_bytes());
    list
}
