//! YAML as a tree in which every entry has its line number, for error messages. The only file that
//! uses the YAML parser.

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};

/// Maximum nesting depth; no web configuration needs more.
const MAX_DEPTH: usize = 8;

/// The line of an error in a configuration, and its message.
pub(crate) type Fault = (usize, String);

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Text(String),
    /// Parsed only to be rejected: no supported setting is a list.
    List,
    Map(Vec<Entry>),
}

/// One `key: value` of a map.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) value: Value,
}

impl Entry {
    /// The entries of a section; an empty one has none.
    pub(crate) fn section(&self) -> Result<&[Entry], Fault> {
        match &self.value {
            Value::Map(entries) => Ok(entries),
            Value::Null => Ok(&[]),
            Value::Text(_) | Value::List => {
                Err((self.line, format!("{}: must be a section with keys of its own", self.key)))
            }
        }
    }
}

/// Parses a text whose root is a map; an empty text is an empty map.
///
/// # Errors
///
/// Returns an error if the text is not YAML or uses unsupported features: several documents,
/// aliases or duplicate keys.
pub(crate) fn read(text: &str) -> Result<Vec<Entry>, Fault> {
    // The parser counts the end of the text as a separate line.
    let last_line = text.split(['\n', '\r']).count();
    let mut reader = Reader { last_line, events: Parser::new_from_str(text) };
    let mut root = Value::Null;
    let mut documents = 0;
    loop {
        let (event, line) = reader.next()?;
        match event {
            Event::StreamEnd => break,
            Event::DocumentStart(_) if documents == 1 => {
                return Err((line, "there is a second document".to_owned()));
            }
            Event::DocumentStart(_) => {
                documents += 1;
                let (event, line) = reader.next()?;
                root = reader.value(event, line, 0)?;
            }
            _ => {}
        }
    }
    match root {
        Value::Map(entries) => Ok(entries),
        Value::Null => Ok(Vec::new()),
        Value::Text(_) | Value::List => Err((1, "must begin with a key, such as a:".to_owned())),
    }
}

struct Reader<'a> {
    last_line: usize,
    events: Parser<'a, saphyr_parser::StrInput<'a>>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, usize), Fault> {
        let last = self.last_line;
        let fault = |error: ScanError| (error.marker().line().min(last), error.info().to_owned());
        let end = (Event::StreamEnd, Span::default());
        let (event, span) = self.events.next().transpose().map_err(fault)?.unwrap_or(end);
        Ok((event, span.start.line().min(last)))
    }

    fn value(&mut self, event: Event<'a>, line: usize, depth: usize) -> Result<Value, Fault> {
        match event {
            Event::Scalar(text, ScalarStyle::Plain, ..) if is_null(&text) => Ok(Value::Null),
            Event::Scalar(text, ..) => Ok(Value::Text(text.into_owned())),
            Event::Alias(_) => Err((line, "aliases are not supported".to_owned())),
            _ if depth == MAX_DEPTH => Err((line, "too many levels".to_owned())),
            Event::MappingStart(..) => self.map(depth),
            Event::SequenceStart(..) => self.list(depth),
            other => Err((line, format!("unexpected {other:?}"))),
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (event, line) = self.next()?;
            let key = match event {
                Event::MappingEnd => return Ok(Value::Map(entries)),
                Event::Scalar(key, ..) => key.into_owned(),
                _ => return Err((line, "a key must be plain text".to_owned())),
            };
            if entries.iter().any(|entry| entry.key == key) {
                return Err((line, format!("{key} is given twice")));
            }
            let (event, value_line) = self.next()?;
            let value = self.value(event, value_line, depth + 1)?;
            entries.push(Entry { key, line, value });
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, Fault> {
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::List),
                (event, line) => self.value(event, line, depth + 1)?,
            };
        }
    }
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_their_line() {
        let text =
            "# comment\na:\n  b: 1\n  'c': \"x # y\"\nd: [1, {e: 2}]\nf:\n\"g\": ~\nh: '~'\n";
        let entry = |key: &str, line, value| Entry { key: key.to_owned(), line, value };
        let text_value = |text: &str| Value::Text(text.to_owned());
        let expected = vec![
            entry(
                "a",
                2,
                Value::Map(vec![
                    entry("b", 3, text_value("1")),
                    entry("c", 4, text_value("x # y")),
                ]),
            ),
            entry("d", 5, Value::List),
            entry("f", 6, Value::Null),
            entry("g", 7, Value::Null),
            entry("h", 8, text_value("~")),
        ];
        assert_eq!(read(text), Ok(expected));
        for empty in ["", "\n", "# nothing\n", "---\n", "{}", "~"] {
            assert_eq!(read(empty), Ok(Vec::new()), "{empty:?}");
        }
    }

    #[test]
    fn faults_have_their_line() {
        let deep = "[".repeat(MAX_DEPTH + 2);
        let cases = [
            ("a: 1\nb: 2\na: 3\n", 3, "a is given twice"),
            ("a: 1\n---\nb: 2\n", 2, "second document"),
            ("a: &x 1\nb: *x\n", 2, "aliases are not supported"),
            ("text", 1, "must begin with a key"),
            ("- a\n- b\n", 1, "must begin with a key"),
            ("a: 1\n{b: 1}: 2\n", 2, ""),
            ("a: 1\nb: 'x\n", 2, ""),
            ("a: 1\n b: 2\n", 2, ""),
            ("a: 1\n\tb: 2\n", 1, ""),
            ("a:\nb", 2, ""),
            (&deep, 1, ""),
        ];
        for (text, line, expected) in cases {
            let (at, what) = read(text).unwrap_err();
            assert!(what.contains(expected), "{text:?}: {what}");
            let last = text.split('\n').count();
            assert!((line..=last).contains(&at), "{text:?}: line {at}: {what}");
        }
    }

    #[test]
    fn damaged_text_never_panics() {
        let text =
            "tls_server_config:\n  cert_file: \"a\\u00e9\"\nbasic_auth_users: {a: 'b', c: |\n d}\n";
        for end in 0..text.len() {
            for junk in ["", "\0", "\t", "*", "&", "!", "%", "?", ": ", "{", "[", "\u{feff}", "é"]
            {
                let _ = read(&format!("{}{junk}{}", &text[..end], &text[end..]));
                let _ = read(&format!("{}{junk}", &text[..end]));
            }
        }
    }
}
