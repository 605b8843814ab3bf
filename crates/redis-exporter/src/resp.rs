//! RESP2, the Redis protocol: encodes commands and reads replies, with bounds on size and depth
//! because the server is not trusted. No connections here.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, BufRead, ErrorKind, Read};

/// The longest text in a reply. `INFO all` of a server that knows every command has some 60 KiB.
const MAX_BULK_BYTES: usize = 4 * 1024 * 1024;

/// The longest line: a number, a status or an error.
const MAX_LINE_BYTES: u64 = 64 * 1024;

/// The most values in a reply, counted over all its arrays.
const MAX_VALUES: usize = 200_000;

/// The maximum nesting of arrays. `LATENCY HISTOGRAM` nests three deep.
const MAX_DEPTH: usize = 8;

/// A reply, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A status such as `OK`.
    Status(String),
    /// An error reply, such as `NOAUTH Authentication required.`
    Error(String),
    Integer(i64),
    /// A bulk string, which may hold any bytes.
    Bulk(Vec<u8>),
    Nil,
    Array(Vec<Value>),
}

impl Value {
    /// A bulk string or status as text.
    pub(crate) fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Bulk(bytes) => Some(String::from_utf8_lossy(bytes)),
            Self::Status(text) => Some(Cow::Borrowed(text)),
            _ => None,
        }
    }

    /// The texts of an array of names and values; empty for other replies.
    pub(crate) fn pairs(&self) -> BTreeMap<Cow<'_, str>, Cow<'_, str>> {
        let Self::Array(values) = self else { return BTreeMap::new() };
        let pairs = values.chunks_exact(2);
        pairs.filter_map(|pair| Some((pair[0].text()?, pair[1].text()?))).collect()
    }
}

/// Encodes a command as an array of bulk strings.
pub(crate) fn command(words: &[&str]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
    }
    bytes
}

/// Reads one reply.
///
/// # Errors
/// [`ErrorKind::InvalidData`] for a malformed reply or one beyond the bounds;
/// [`ErrorKind::UnexpectedEof`] for a truncated reply; and any error of the reader.
pub(crate) fn read(from: &mut impl BufRead) -> io::Result<Value> {
    let mut left = MAX_VALUES;
    read_value(from, 0, &mut left)
}

fn read_value(from: &mut impl BufRead, depth: usize, left: &mut usize) -> io::Result<Value> {
    *left = left.checked_sub(1).ok_or_else(|| invalid("too many values in a reply"))?;
    let line = read_line(from)?;
    let (kind, rest) = line.split_at_checked(1).unwrap_or_default();
    match kind {
        "+" => Ok(Value::Status(rest.to_owned())),
        "-" => Ok(Value::Error(rest.to_owned())),
        ":" => rest.parse().map(Value::Integer).map_err(|_| invalid("an invalid integer")),
        "$" => match length(rest, MAX_BULK_BYTES)? {
            Some(length) => read_bulk(from, length).map(Value::Bulk),
            None => Ok(Value::Nil),
        },
        "*" => match length(rest, MAX_VALUES)? {
            Some(_) if depth >= MAX_DEPTH => Err(invalid("a reply that is nested too deeply")),
            // Not reserved: the announced length is not trusted.
            Some(length) => {
                { (0..length).map(|_| read_value(from, depth + 1, left)).collect::<Result<_, _>>() }
                    .map(Value::Array)
            }
            None => Ok(Value::Nil),
        },
        _ => Err(invalid("a reply that is not RESP")),
    }
}

/// A length; `None` is the protocol's -1, for no value.
fn length(text: &str, most: usize) -> io::Result<Option<usize>> {
    if text == "-1" {
        return Ok(None);
    }
    match text.parse::<usize>() {
        Ok(length) if length <= most => Ok(Some(length)),
        Ok(_) => Err(invalid("a reply that is too long")),
        Err(_) => Err(invalid("an invalid length")),
    }
}

fn read_line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    from.take(MAX_LINE_BYTES).read_until(b'\n', &mut line)?;
    if !line.ends_with(b"\n") {
        let is_long = line.len() as u64 == MAX_LINE_BYTES;
        return Err(if is_long { invalid("a line that is too long") } else { ended() });
    }
    let text =
        line.strip_suffix(b"\r\n").ok_or_else(|| invalid("a line that does not end in CRLF"))?;
    Ok(String::from_utf8_lossy(text).into_owned())
}

fn read_bulk(from: &mut impl BufRead, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(length as u64 + 2).read_to_end(&mut bytes)?;
    if bytes.len() < length + 2 {
        return Err(ended());
    }
    if !bytes.ends_with(b"\r\n") {
        return Err(invalid("a bulk string that does not end in CRLF"));
    }
    bytes.truncate(length);
    Ok(bytes)
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

fn ended() -> io::Error {
    io::Error::new(ErrorKind::UnexpectedEof, "the connection was closed in the middle of a reply")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_all(mut bytes: &[u8]) -> Result<Value, ErrorKind> {
        read(&mut bytes).map_err(|error| error.kind())
    }

    #[test]
    fn every_kind_of_reply_is_read() {
        let bulk = |text: &str| Value::Bulk(text.into());
        for (bytes, expected) in [
            ("+PONG\r\n", Value::Status("PONG".to_owned())),
            ("-ERR no\r\n", Value::Error("ERR no".to_owned())),
            (":-7\r\n", Value::Integer(-7)),
            ("$0\r\n\r\n", bulk("")),
            ("$4\r\na\r\nb\r\n", bulk("a\r\nb")),
            ("$-1\r\n", Value::Nil),
            ("*-1\r\n", Value::Nil),
            ("*0\r\n", Value::Array(Vec::new())),
            ("*2\r\n*1\r\n:1\r\n$1\r\nx\r\n", {
                Value::Array(vec![Value::Array(vec![Value::Integer(1)]), bulk("x")])
            }),
        ] {
            assert_eq!(read_all(bytes.as_bytes()), Ok(expected), "{bytes:?}");
        }
    }

    #[test]
    fn malformed_and_truncated_replies_differ() {
        for bytes in ["", "+PONG", "+PONG\r", "$5\r\nabc", "$3\r\nabc\r", "*2\r\n:1\r\n"] {
            assert_eq!(read_all(bytes.as_bytes()), Err(ErrorKind::UnexpectedEof), "{bytes:?}");
        }
        let deep = "*1\r\n".repeat(MAX_DEPTH + 1);
        let long = format!("+{}\r\n", "x".repeat(MAX_LINE_BYTES as usize));
        let many = format!("*{MAX_VALUES}\r\n{}", ":1\r\n".repeat(MAX_VALUES));
        let cases = [
            "HTTP/1.1 400 Bad Request\r\n",
            "\r\n",
            "+PONG\n",
            ":1x\r\n",
            "$-2\r\n",
            "$99999999999999999999\r\n",
            "$4194305\r\n",
            "*200001\r\n",
            "$1\r\nabc\r\n",
            &deep,
            &long,
            &many,
        ];
        for bytes in cases {
            let start = &bytes[..bytes.len().min(30)];
            assert_eq!(read_all(bytes.as_bytes()), Err(ErrorKind::InvalidData), "{start:?}");
        }
    }

    #[test]
    fn command_is_an_array_of_bulk_strings() {
        assert_eq!(command(&["AUTH", "密码"]), "*2\r\n$4\r\nAUTH\r\n$6\r\n密码\r\n".as_bytes());
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_reply_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
            let _ = read_all(&bytes);
        }

        #[test]
        fn reply_like_text_is_a_reply_or_an_error(text in "([*$:+-][0-9a-z-]{0,4}\r\n){0,20}") {
            let _ = read_all(text.as_bytes());
        }

        #[test]
        fn command_round_trips(words in proptest::collection::vec(".{0,20}", 1..5)) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let expected = words.iter().map(|word| Value::Bulk((*word).into())).collect();
            prop_assert_eq!(read_all(&command(&words)), Ok(Value::Array(expected)));
        }
    }
}
