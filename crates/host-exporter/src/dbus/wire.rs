//! Messages as bytes: calls are written in little endian, replies are read in both.

use std::io::Result;

use super::{Refusal, damaged};

const METHOD_CALL: u8 = 1;
const METHOD_RETURN: u8 = 2;
const ERROR: u8 = 3;

/// The program that is called is not to be started.
const NO_AUTO_START: u8 = 2;
const VERSION: u8 = 1;

const PATH: u8 = 1;
const INTERFACE: u8 = 2;
const MEMBER: u8 = 3;
const ERROR_NAME: u8 = 4;
const REPLY_SERIAL: u8 = 5;
const DESTINATION: u8 = 6;
const SIGNATURE: u8 = 8;

/// What every message begins with, up to its fields.
const HEAD_BYTES: usize = 16;

/// Room for the units of a host with tens of thousands of them.
const MAX_MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// A call of a method whose arguments are strings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) destination: &'a str,
    pub(crate) path: &'a str,
    pub(crate) interface: &'a str,
    pub(crate) member: &'a str,
    pub(crate) arguments: &'a [&'a str],
}

/// Appends a call.
pub(super) fn write_call(out: &mut Vec<u8>, serial: u32, call: &Call<'_>) {
    let start = out.len();
    out.extend([b'l', METHOD_CALL, NO_AUTO_START, VERSION]);
    // The length of the body, known at the end.
    out.extend([0; 4]);
    out.extend(serial.to_le_bytes());
    out.extend([0; 4]);
    for (field, kind, value) in [
        (PATH, b'o', call.path),
        (INTERFACE, b's', call.interface),
        (MEMBER, b's', call.member),
        (DESTINATION, b's', call.destination),
    ] {
        pad(out, start, 8);
        out.extend([field, 1, kind, 0]);
        write_string(out, value);
    }
    if !call.arguments.is_empty() {
        pad(out, start, 8);
        out.extend([SIGNATURE, 1, b'g', 0, call.arguments.len() as u8]);
        out.extend(call.arguments.iter().map(|_| b's'));
        out.push(0);
    }
    let fields = out.len() - start - HEAD_BYTES;
    pad(out, start, 8);
    let body = out.len();
    for argument in call.arguments {
        pad(out, start, 4);
        write_string(out, argument);
    }
    let body = out.len() - body;
    out[start + 4..start + 8].copy_from_slice(&(body as u32).to_le_bytes());
    out[start + 12..start + HEAD_BYTES].copy_from_slice(&(fields as u32).to_le_bytes());
}

fn pad(out: &mut Vec<u8>, start: usize, to: usize) {
    out.resize(start + (out.len() - start).next_multiple_of(to), 0);
}

fn write_string(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.as_bytes());
    out.push(0);
}

/// How long the message is that begins here; `None` while its head is not there yet.
pub(super) fn length(bytes: &[u8]) -> Result<Option<usize>> {
    let Some(head) = bytes.first_chunk::<HEAD_BYTES>() else { return Ok(None) };
    let lengths = || {
        let mut reader = Reader::new(head)?;
        reader.at = 4;
        let body = reader.number()? as usize;
        reader.at = 12;
        let fields = (reader.number()? as usize).checked_next_multiple_of(8)?;
        HEAD_BYTES.checked_add(fields)?.checked_add(body)
    };
    let length = lengths().filter(|length| *length <= MAX_MESSAGE_BYTES);
    length.map(Some).ok_or_else(damaged)
}

/// A message that has come.
pub(super) struct Message<'a> {
    kind: u8,
    reply_to: Option<u32>,
    error: &'a str,
    reply: Reply<'a>,
}

/// What a method returns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reply<'a> {
    signature: &'a str,
    body: Reader<'a>,
}

/// A value that says what type it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    Number(u64),
}

/// Takes a whole message apart; `None` where it is damaged.
pub(super) fn parse(bytes: &[u8]) -> Option<Message<'_>> {
    let mut reader = Reader::new(bytes)?;
    let kind = *bytes.get(1)?;
    reader.at = 4;
    let body = reader.number()? as usize;
    reader.at = 12;
    let mut fields = reader.array(8)?;
    let (mut reply_to, mut error, mut signature) = (None, "", "");
    while !fields.is_at_end() {
        fields.align(8)?;
        let field = fields.byte()?;
        match (field, fields.signature()?) {
            (ERROR_NAME, "s") => error = fields.string()?,
            (REPLY_SERIAL, "u") => reply_to = Some(fields.number()?),
            (SIGNATURE, "g") => signature = fields.signature()?,
            (_, "g") => drop(fields.signature()?),
            (_, "s" | "o") => drop(fields.string()?),
            (_, "u") => drop(fields.number()?),
            // No field has any other type.
            _ => return None,
        }
    }
    fields.bytes = bytes;
    fields.align(8)?;
    let body = bytes.get(fields.at..).filter(|rest| rest.len() == body)?;
    let body = Reader { bytes: body, at: 0, ..fields };
    Some(Message { kind, reply_to, error, reply: Reply { signature, body } })
}

impl<'a> Message<'a> {
    /// The number of the call that it answers; `None` for what is not a reply.
    pub(super) fn reply_to(&self) -> Option<u32> {
        self.reply_to.filter(|_| matches!(self.kind, METHOD_RETURN | ERROR))
    }

    pub(super) fn reply(&self) -> std::result::Result<Reply<'a>, Refusal<'a>> {
        if self.kind == METHOD_RETURN {
            return Ok(self.reply);
        }
        let Reply { signature, mut body } = self.reply;
        let message = signature.starts_with('s').then(|| body.string()).flatten();
        Err(Refusal { name: self.error, message: message.unwrap_or_default() })
    }
}

impl<'a> Reply<'a> {
    /// The body, where it has this signature.
    pub(crate) fn body(&self, signature: &str) -> Option<Reader<'a>> {
        (self.signature == signature).then_some(self.body)
    }

    /// A property: a string or a number that is not negative.
    pub(crate) fn property(&self) -> Option<Value<'a>> {
        let mut body = self.body("v")?;
        match body.signature()? {
            "s" => body.string().map(Value::Text),
            "u" => body.number().map(u64::from).map(Value::Number),
            "t" => body.long().map(Value::Number),
            _ => None,
        }
    }
}

/// Reads values one after another; `None` at the end, and for a damaged one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    /// Begins where every type is aligned.
    bytes: &'a [u8],
    at: usize,
    is_big_endian: bool,
}

impl<'a> Reader<'a> {
    /// Reads a message.
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let is_big_endian = match (bytes.first()?, bytes.get(3)?) {
            (b'l', &VERSION) => false,
            (b'B', &VERSION) => true,
            _ => return None,
        };
        Some(Self { bytes, at: 0, is_big_endian })
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Skips what is between values, as before the structs of an array.
    pub(crate) fn align(&mut self, to: usize) -> Option<()> {
        let at = self.at.next_multiple_of(to);
        (at <= self.bytes.len()).then(|| self.at = at)
    }

    /// The elements of an array, which are aligned to `to` bytes.
    pub(crate) fn array(&mut self, to: usize) -> Option<Self> {
        let length = self.number()? as usize;
        self.align(to)?;
        let end = self.at.checked_add(length)?;
        let elements = Self { bytes: self.bytes.get(..end)?, ..*self };
        self.at = end;
        Some(elements)
    }

    pub(crate) fn number(&mut self) -> Option<u32> {
        self.align(4)?;
        let bytes = self.take(4)?.first_chunk().copied()?;
        let read = if self.is_big_endian { u32::from_be_bytes } else { u32::from_le_bytes };
        Some(read(bytes))
    }

    pub(crate) fn long(&mut self) -> Option<u64> {
        self.align(8)?;
        let bytes = self.take(8)?.first_chunk().copied()?;
        let read = if self.is_big_endian { u64::from_be_bytes } else { u64::from_le_bytes };
        Some(read(bytes))
    }

    /// A string or the path of an object.
    pub(crate) fn string(&mut self) -> Option<&'a str> {
        let length = self.number()? as usize;
        self.text(length)
    }

    fn signature(&mut self) -> Option<&'a str> {
        let length = self.byte()?;
        self.text(length.into())
    }

    fn text(&mut self, length: usize) -> Option<&'a str> {
        let text = self.take(length)?;
        (self.byte()? == 0).then(|| str::from_utf8(text).ok()).flatten()
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(length)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }
}
