//! Parses YAML like the servers (PyYAML's safe loader) into a JSON value. No other file uses the
//! YAML parser.

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};
use serde_json::{Map, Value};

use crate::texts::check as texts;

/// Maximum document size, in bytes: the parser uses a multiple of it in memory. A plugin definition
/// has about two thousand.
const MAX_TEXT: usize = 128 << 10;

/// Maximum nesting depth; plugin definitions are flatter.
const MAX_DEPTH: usize = 16;

/// Maximum number of nodes of a document, as a limit on memory use.
const MAX_NODES: usize = 20_000;

/// Parses a single document; an empty text is null.
///
/// # Errors
/// The text is not YAML, or uses unsupported features: several documents, aliases, keys that are
/// not scalars. The message contains the line.
pub(crate) fn read(text: &str) -> Result<Value, String> {
    if text.len() > MAX_TEXT {
        return Err(texts::yaml_has_too_many_bytes(MAX_TEXT));
    }
    let mut reader = Reader { events: Parser::new_from_str(text), nodes: 0 };
    let mut root = Value::Null;
    let mut documents = 0;
    loop {
        let (event, line) = reader.next()?;
        match event {
            Event::StreamEnd => return Ok(root),
            Event::DocumentStart(_) if documents == 1 => {
                return Err(texts::yaml_has_second_document(line));
            }
            Event::DocumentStart(_) => {
                documents += 1;
                let (event, line) = reader.next()?;
                root = reader.value(event, line, 0)?;
            }
            _ => {}
        }
    }
}

struct Reader<'t> {
    events: Parser<'t, StrInput<'t>>,
    nodes: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, usize), String> {
        let end = (Event::StreamEnd, Span::default());
        match self.events.next().unwrap_or(Ok(end)) {
            Ok((event, span)) => Ok((event, span.start.line())),
            Err(error) => Err(texts::yaml_cannot_be_parsed(error.marker().line(), error.info())),
        }
    }

    fn value(&mut self, event: Event<'t>, line: usize, depth: usize) -> Result<Value, String> {
        self.nodes += 1;
        if self.nodes > MAX_NODES || depth > MAX_DEPTH {
            return Err(texts::yaml_is_too_large(line));
        }
        match event {
            Event::Scalar(text, ScalarStyle::Plain, _, None) => Ok(plain(&text)),
            Event::Scalar(text, ..) => Ok(Value::String(text.into_owned())),
            Event::Alias(_) => Err(texts::yaml_has_alias(line)),
            Event::MappingStart(..) => self.mapping(depth),
            Event::SequenceStart(..) => self.sequence(depth),
            other => Err(texts::yaml_has_other_event(line, &format!("{other:?}"))),
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, String> {
        let mut map = Map::new();
        loop {
            let (event, line) = self.next()?;
            let key = match event {
                Event::MappingEnd => return Ok(Value::Object(map)),
                Event::Scalar(key, ..) => key.into_owned(),
                _ => return Err(texts::yaml_key_is_not_plain(line)),
            };
            let (event, line) = self.next()?;
            let value = self.value(event, line, depth + 1)?;
            map.insert(key, value);
        }
    }

    fn sequence(&mut self, depth: usize) -> Result<Value, String> {
        let mut list = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::Array(list)),
                (event, line) => list.push(self.value(event, line, depth + 1)?),
            }
        }
    }
}

/// Resolves a plain scalar according to YAML 1.1, the version that PyYAML implements.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Value::Bool(true);
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Value::Bool(false);
        }
        _ => {}
    }
    let numeric = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-._eE".contains(&byte))
        && text.bytes().any(|byte| byte.is_ascii_digit());
    if numeric {
        if let Ok(number) = text.parse::<i64>() {
            return number.into();
        }
        if let Some(number) =
            text.parse().ok().filter(|_| text.contains('.')).and_then(serde_json::Number::from_f64)
        {
            return Value::Number(number);
        }
    }
    Value::String(text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scalars_resolve_like_pyyaml() {
        let text = "a: 1\nb: 1.1\nc: '1.1'\nd: yes\ne: \ng: 10000-65535\nh: \"*\"\ni: 主机\nj: a:b\n\
                    k: a#b\nl: 2024-01-01\nm: -\nn: .\n";
        let expected = json!({
            "a": 1, "b": 1.1, "c": "1.1", "d": true, "e": null, "g": "10000-65535", "h": "*",
            "i": "主机", "j": "a:b", "k": "a#b", "l": "2024-01-01", "m": "-", "n": "."
        });
        // A lone dash starts a list and is invalid here.
        let text = text.replace("m: -\n", "m: '-'\n");
        assert_eq!(read(&text), Ok(expected));
        assert_eq!(read("- a\n- b: [1, {c: d}]\n"), Ok(json!(["a", {"b": [1, {"c": "d"}]}])));
        assert_eq!(read(""), Ok(Value::Null));
        assert!(read("A: b: c").is_err());
    }

    #[test]
    fn oversized_documents_are_rejected() {
        let deep = "[".repeat(100) + &"]".repeat(100);
        assert!(read(&deep).unwrap_err().contains("too deep"));
        assert!(read(&"a: 1\n".repeat(MAX_TEXT / 5 + 1)).unwrap_err().contains("more than"));
        let wide = format!("[{}]", "1,".repeat(MAX_NODES + 1));
        assert!(read(&wide).unwrap_err().contains("too large"));
        assert!(read("a: &x 1\nb: *x\n").unwrap_err().contains("line 2"));
        assert!(read("a: 1\n---\nb: 2\n").unwrap_err().contains("second document"));
        assert!(read("? [a]\n: 1\n").unwrap_err().contains("plain text"));
    }
}
