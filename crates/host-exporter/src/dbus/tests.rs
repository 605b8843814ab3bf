use std::os::unix::net::UnixListener;
use std::thread;

use super::*;

/// As systemd 252 sent them through dbus-daemon.
pub(crate) const UNITS: &[u8] = b"l\x02\x01\x01\xe6\x01\0\0\x05\x1a\x08\0=\0\0\0\x05\x01u\0\x02\
    \0\0\0\x06\x01s\0\x06\0\0\0:1.100\0\0\x08\x01g\0\x0da(ssssssouso)\0\0\0\0\0\0\x07\x01s\0\x04\
    \0\0\0:1.1\0\0\0\0\xde\x01\0\0\0\0\0\0\x0f\0\0\0sleeper.service\0\x0f\0\0\0sleeper.service\0\
    \x06\0\0\0loaded\0\0\x06\0\0\0active\0\0\x07\0\0\0running\0\0\0\0\0\0\0\0\x000\0\0\0\
    /org/freedesktop/systemd1/unit/sleeper_2eservice\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0/\0\
    \0\0\x0d\0\0\0nowhere.mount\0\0\0\x0d\0\0\0nowhere.mount\0\0\0\x09\0\0\0not-found\0\0\0\x08\
    \0\0\0inactive\0\0\0\0\x04\0\0\0dead\0\0\0\0\0\0\0\0\0\0\0\0.\0\0\0\
    /org/freedesktop/systemd1/unit/nowhere_2emount\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0/\0\0\0\0\
    \0\0\0\x0b\0\0\0echo.socket\0\x0b\0\0\0echo.socket\0\x06\0\0\0loaded\0\0\x06\0\0\0active\0\0\
    \x09\0\0\0listening\0\0\0\0\0\0\0\0\0\0\0,\0\0\0/org/freedesktop/systemd1/unit/echo_2esocket\0\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0/\0";
const VERSION: &[u8] = b"l\x02\x01\x01\x19\0\0\0\x06\x1a\x08\0-\0\0\0\x05\x01u\0\x03\0\0\0\x06\x01\
    s\0\x06\0\0\0:1.100\0\0\x08\x01g\0\x01v\0\0\x07\x01s\0\x04\0\0\0:1.1\0\0\0\0\x01s\0\0\x10\0\0\
    \x00252.38-1~deb12u1\0";
const LAST_TRIGGER: &[u8] = b"l\x02\x01\x01\x10\0\0\0\x07\x1a\x08\0-\0\0\0\x05\x01u\0\x04\0\0\0\
    \x06\x01s\0\x06\0\0\0:1.100\0\0\x08\x01g\0\x01v\0\0\x07\x01s\0\x04\0\0\0:1.1\0\0\0\0\x01t\0\0\
    \0\0\0\0i\x1f\xe2\xe1Ua\x06\0";
/// The same from a machine that writes big endian.
const LAST_TRIGGER_BIG: &[u8] = b"B\x02\x01\x01\0\0\0\x10\0\x08\x1a\x07\0\0\0\x0f\x05\x01u\0\0\0\0\
    \x04\x08\x01g\0\x01v\0\0\x01t\0\0\0\0\0\0\0\x06aU\xe1\xe2\x1fi";
const ACCEPTED: &[u8] = b"l\x02\x01\x01\x08\0\0\0\x08\x1a\x08\0-\0\0\0\x05\x01u\0\x05\0\0\0\x06\x01\
    s\0\x06\0\0\0:1.100\0\0\x08\x01g\0\x01v\0\0\x07\x01s\0\x04\0\0\0:1.1\0\0\0\0\x01u\0\0\x02\0\0\0";
const UNKNOWN: &[u8] = b"l\x03\x01\x01L\0\0\0\x09\x1a\x08\0e\0\0\0\x05\x01u\0\x06\0\0\0\x06\x01s\0\
    \x06\0\0\0:1.100\0\0\x04\x01s\0*\0\0\0org.freedesktop.DBus.Error.UnknownProperty\0\0\0\0\0\0\
    \x08\x01g\0\x01s\0\0\x07\x01s\0\x04\0\0\0:1.1\0\0\0\0G\0\0\0Unknown interface \
    org.freedesktop.systemd1.Manager or property Nothing.\0";
const SIGNAL: &[u8] = b"l\x04\x01\x01\x0b\0\0\0\x02\0\0\0\x8d\0\0\0\x01\x01o\0\x15\0\0\0\
    /org/freedesktop/DBus\0\0\0\x02\x01s\0\x14\0\0\0org.freedesktop.DBus\0\0\0\0\x03\x01s\0\x0c\0\0\
    \0NameAcquired\0\0\0\0\x06\x01s\0\x06\0\0\0:1.100\0\0\x08\x01g\0\x01s\0\0\x07\x01s\0\x14\0\0\0\
    org.freedesktop.DBus\0\0\0\0\x06\0\0\0:1.100\0";
const HELLO: &[u8] = b"l\x02\x01\x01\x0b\0\0\0\x01\0\0\0=\0\0\0\x06\x01s\0\x06\0\0\0:1.100\0\0\x05\
    \x01u\0\x01\0\0\0\x08\x01g\0\x01s\0\0\x07\x01s\0\x14\0\0\0org.freedesktop.DBus\0\0\0\0\x06\0\0\
    \0:1.100\0";

/// What dbus-daemon took for the third call of a connection.
const GET_VERSION: &[u8] = b"l\x01\x02\x014\0\0\0\x03\0\0\0\x90\0\0\0\x01\x01o\0\x19\0\0\0\
    /org/freedesktop/systemd1\0\0\0\0\0\0\0\x02\x01s\0\x1f\0\0\0org.freedesktop.DBus.Properties\0\
    \x03\x01s\0\x03\0\0\0Get\0\0\0\0\0\x06\x01s\0\x18\0\0\0org.freedesktop.systemd1\0\0\0\0\0\0\0\0\
    \x08\x01g\0\x02ss\0 \0\0\0org.freedesktop.systemd1.Manager\0\0\0\0\x07\0\0\0Version\0";

const GET: Call<'_> = Call {
    destination: "org.freedesktop.systemd1",
    path: "/org/freedesktop/systemd1",
    interface: "org.freedesktop.DBus.Properties",
    member: "Get",
    arguments: &["org.freedesktop.systemd1.Manager", "Version"],
};

/// What a message says in reply to a call.
pub(crate) fn reply(message: &[u8]) -> Option<std::result::Result<Reply<'_>, Refusal<'_>>> {
    assert_eq!(wire::length(message).ok()?, Some(message.len()));
    wire::parse(message).map(|message| message.reply())
}

fn property(message: &[u8]) -> Option<Value<'_>> {
    reply(message)?.ok()?.property()
}

#[test]
fn calls_are_written_as_a_bus_takes_them() {
    let mut out = b"before".to_vec();
    wire::write_call(&mut out, 3, &GET);
    assert_eq!(out.strip_prefix(b"before"), Some(GET_VERSION));
}

#[test]
fn properties_are_read_in_either_endian() {
    for (message, serial, expected) in [
        (VERSION, 3, Some(Value::Text("252.38-1~deb12u1"))),
        (LAST_TRIGGER, 4, Some(Value::Number(1_795_871_350_071_145))),
        (LAST_TRIGGER_BIG, 4, Some(Value::Number(1_795_871_350_071_145))),
        (ACCEPTED, 5, Some(Value::Number(2))),
        (UNITS, 2, None),
        (UNKNOWN, 6, None),
    ] {
        assert_eq!(property(message), expected, "{serial}");
        assert_eq!(wire::parse(message).unwrap().reply_to(), Some(serial));
    }
    assert_eq!(wire::parse(SIGNAL).unwrap().reply_to(), None);
    let refusal = reply(UNKNOWN).unwrap().unwrap_err();
    assert_eq!(refusal.name, "org.freedesktop.DBus.Error.UnknownProperty");
    let error = refusal.to_error("Get").to_string();
    assert!(
        error.ends_with(
            "UnknownProperty: Unknown interface org.freedesktop.systemd1.Manager \
        or property Nothing."
        ),
        "{error}"
    );
}

#[test]
fn damaged_messages_are_errors() {
    for message in [UNITS, VERSION, LAST_TRIGGER_BIG, UNKNOWN, SIGNAL] {
        for end in 0..message.len() {
            assert!(wire::parse(&message[..end]).is_none(), "{end}");
        }
        // Whatever a byte becomes, nothing panics and nothing is longer than the message.
        for at in 0..message.len() {
            for byte in [0, 1, 0x7f, 0x80, 0xff, message[at] ^ 1] {
                let mut damaged = message.to_vec();
                damaged[at] = byte;
                let _ = wire::length(&damaged);
                if let Some(message) = wire::parse(&damaged) {
                    let _ = (message.reply_to(), message.reply().map(|reply| reply.property()));
                }
            }
        }
    }
    let changed = |at: usize, byte: u8| {
        let mut message = VERSION.to_vec();
        message[at] = byte;
        message
    };
    // Neither little nor big endian; another version; a length that is too large; half a head.
    assert!(wire::length(&changed(0, b'x')).is_err() && wire::length(&changed(3, 2)).is_err());
    assert!(wire::length(&changed(7, 1)).is_err() && wire::length(&changed(15, 0xff)).is_err());
    assert_eq!(wire::length(&VERSION[..15]).unwrap(), None);
    // The text is not UTF-8; it does not end with a zero.
    assert_eq!(property(&changed(VERSION.len() - 2, 0xff)), None);
    assert_eq!(property(&changed(VERSION.len() - 1, b'x')), None);
}

/// A program that lets one user in and then does as `script` says.
fn program(script: impl FnOnce(UnixStream) + Send + 'static) -> (tempfile::TempDir, Address) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bus");
    let listener = UnixListener::bind(&path).unwrap();
    let script = move || script(listener.accept().unwrap().0);
    thread::Builder::new().name("program".to_owned()).spawn(script).unwrap();
    (folder, Address::Path(path))
}

/// Reads until something ends so.
fn expect(socket: &mut UnixStream, end: &[u8]) {
    let mut read = Vec::new();
    while !read.ends_with(end) {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        read.extend(byte);
    }
}

fn let_in(socket: &mut UnixStream) {
    expect(socket, b"\r\n");
    socket.write_all(b"OK 0903aeaa525e4d7eae").unwrap();
    socket.write_all(b"59718f712e7f5d\r\n").unwrap();
    expect(socket, b"BEGIN\r\n");
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

#[test]
fn replies_match_their_calls_in_any_order() {
    let (_folder, address) = program(|mut socket| {
        let_in(&mut socket);
        expect(&mut socket, b"Hello\0\0\0\x06\x01s\0\x14\0\0\0org.freedesktop.DBus\0\0\0\0");
        socket.write_all(&[HELLO, SIGNAL].concat()).unwrap();
        // The calls with numbers 2 to 4; that to 5 is one that was never sent.
        for _ in 0..3 {
            expect(&mut socket, b"Version\0");
        }
        for byte in [LAST_TRIGGER, ACCEPTED, UNITS, SIGNAL, UNITS, VERSION].concat() {
            socket.write_all(&[byte]).unwrap();
        }
        expect(&mut socket, b"Version\0");
        socket.write_all(ACCEPTED).unwrap();
    });
    let mut bus = Bus::connect(&address, soon()).unwrap();
    (0..3).for_each(|_| bus.queue(&GET));
    let mut replies = Vec::new();
    bus.replies(soon(), |call, reply| {
        let value = reply.unwrap().property().map(|value| format!("{value:?}"));
        replies.push((call, value.unwrap_or_default()));
    })
    .unwrap();
    let text = "Text(\"252.38-1~deb12u1\")".to_owned();
    let expected = [(2, "Number(1795871350071145)".to_owned()), (0, String::new()), (1, text)];
    assert_eq!(replies, expected);
    bus.queue(&GET);
    let mut value = None;
    bus.replies(soon(), |_, reply| value = Some(reply.unwrap().property() == property(ACCEPTED)))
        .unwrap();
    assert_eq!(value, Some(true));
}

#[test]
fn a_bus_that_fails_is_an_error_in_time() {
    let ask = |script: fn(&mut UnixStream), wait: Duration| {
        let (_folder, address) = program(move |mut socket| {
            script(&mut socket);
            // It stays open until the other side has closed it.
            let _ = socket.read_to_end(&mut Vec::new());
        });
        let deadline = Instant::now() + wait;
        let mut bus = match Bus::connect_directly(&address, deadline) {
            Ok(bus) => bus,
            Err(error) => return error.kind(),
        };
        bus.queue(&GET);
        let error = bus.replies(deadline, |_, _| ()).unwrap_err();
        assert!(bus.input.len() <= 2 * MIN_BUFFER_BYTES);
        error.kind()
    };
    let (long, short) = (Duration::from_secs(10), Duration::from_millis(100));
    let rejected: fn(&mut UnixStream) = |socket| {
        expect(socket, b"\r\n");
        socket.write_all(b"REJECTED EXTERNAL\r\n").unwrap();
    };
    assert_eq!(ask(rejected, long), ErrorKind::PermissionDenied);
    let talkative: fn(&mut UnixStream) = |socket| socket.write_all(&[b'O'; 8192]).unwrap();
    assert_eq!(ask(talkative, long), ErrorKind::InvalidData);
    let large: fn(&mut UnixStream) = |socket| {
        let_in(socket);
        socket.write_all(b"l\x02\x01\x01\0\0\0\x02\x01\0\0\0\0\0\0\0").unwrap();
    };
    assert_eq!(ask(large, long), ErrorKind::InvalidData);
    let closes: fn(&mut UnixStream) = |socket| {
        let_in(socket);
        expect(socket, b"Version\0");
        socket.write_all(&VERSION[..40]).unwrap();
        socket.shutdown(std::net::Shutdown::Write).unwrap();
    };
    assert_eq!(ask(closes, long), ErrorKind::UnexpectedEof);
    assert_eq!(ask(|_| (), short), ErrorKind::TimedOut);
    assert_eq!(ask(let_in, short), ErrorKind::TimedOut);
    let busy: fn(&mut UnixStream) = |socket| {
        let_in(socket);
        while socket.write_all(SIGNAL).is_ok() {}
    };
    assert_eq!(ask(busy, short), ErrorKind::TimedOut);
    let gone = Address::Path("/nonexistent/bus".into());
    assert_eq!(Bus::connect(&gone, soon()).err().unwrap().kind(), ErrorKind::NotFound);
}
