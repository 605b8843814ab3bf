//! Parses YAML like the servers (PyYAML's safe loader) into a JSON value. No other file uses the
//! YAML parser.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};
use serde_json::{Map, Value};

use super::finding::Findings;
use super::json::decode_utf16;
use super::rule::Rule;
use super::scalar;
use crate::texts::check as texts;

/// Maximum document size, in bytes: the parser uses a multiple of it in memory. A plugin definition
/// has about two thousand.
const MAX_TEXT: usize = 128 << 10;

/// Maximum nesting depth; plugin definitions are flatter.
const MAX_DEPTH: usize = 16;

/// Maximum number of nodes of a document, as a limit on memory use.
const MAX_NODES: usize = 20_000;

/// Decodes a document: UTF-16 with a byte order mark, otherwise UTF-8.
///
/// # Errors
/// The number of valid bytes.
pub(crate) fn decode(bytes: &[u8]) -> Result<String, usize> {
    match bytes {
        [0xff, 0xfe, ..] => decode_utf16(bytes, u16::from_le_bytes).ok_or(0),
        [0xfe, 0xff, ..] => decode_utf16(bytes, u16::from_be_bytes).ok_or(0),
        _ => str::from_utf8(bytes).map(str::to_owned).map_err(|error| error.valid_up_to()),
    }
}

/// Parses a document that must be a mapping. Otherwise reports a violation of `rule`.
pub(super) fn mapping(
    text: &str,
    path: &str,
    rule: &'static Rule,
    findings: &mut Findings,
) -> Option<Map<String, Value>> {
    let wording = match read(text) {
        Ok(Value::Object(mapping)) => return Some(mapping),
        Ok(_) => (texts::file_is_not_a_mapping(), texts::file_is_not_a_mapping_advice()),
        Err(reason) => (texts::file_is_not_yaml(&reason), texts::file_is_not_yaml_advice()),
    };
    findings.add(rule, path, "", wording);
    None
}

/// Parses a single document; an empty text is null.
///
/// # Errors
/// The text is not YAML, or PyYAML's safe loader raises an error for it: several documents, unknown
/// tags, impossible dates, control characters. The message contains the line.
pub(crate) fn read(text: &str) -> Result<Value, String> {
    if text.len() > MAX_TEXT {
        return Err(texts::yaml_has_too_many_bytes(MAX_TEXT));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    check_characters(text)?;
    check_directives(text)?;
    // YAML 1.1 knows more line breaks than the parser does.
    let text = text.replace(['\u{85}', '\u{2028}', '\u{2029}'], "\n");
    // The parser rejects a byte order mark within the text, which PyYAML keeps.
    let text = text.replace('\u{feff}', "\u{fffd}");
    let events = Parser::new_from_str(&text);
    let mut reader = Reader { events, nodes: 0, anchors: HashMap::new() };
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

/// PyYAML rejects control characters anywhere, comments included.
fn check_characters(text: &str) -> Result<(), String> {
    let is_allowed = |c: char| {
        matches!(c, '\t' | '\n' | '\r' | '\u{85}' | '\u{fffd}')
            || !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    let Some(at) = text.find(|c| !is_allowed(c)) else { return Ok(()) };
    let line = 1 + text[..at].matches('\n').count();
    let found = text[at..].chars().next().map_or(0, u32::from);
    Err(texts::yaml_has_control_character(line, &format!("U+{found:04X}")))
}

/// PyYAML rejects major versions other than 1.
fn check_directives(text: &str) -> Result<(), String> {
    for (index, line) in text.lines().enumerate() {
        if let Some(version) = line.strip_prefix("%YAML") {
            if !version.trim_start().starts_with("1.") {
                return Err(texts::yaml_has_other_version(index + 1, version.trim()));
            }
        } else if !line.is_empty() && !line.starts_with(['#', '%']) {
            break;
        }
    }
    Ok(())
}

struct Reader<'t> {
    events: Parser<'t, StrInput<'t>>,
    nodes: usize,
    anchors: HashMap<usize, Value>,
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
        self.count(1, depth, line)?;
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                (anchor, scalar_value(&text, style, tag.as_deref(), line)?)
            }
            Event::Alias(anchor) => {
                // An alias within its own anchor has no value in JSON.
                let value = self.anchors.get(&anchor).cloned();
                let value = value.ok_or_else(|| texts::yaml_has_alias(line))?;
                self.count(size(&value), depth, line)?;
                return Ok(value);
            }
            Event::MappingStart(anchor, tag) => {
                check_tag(tag.as_deref(), &["map", "set"], line)?;
                (anchor, self.mapping(depth)?)
            }
            Event::SequenceStart(anchor, tag) => {
                check_tag(tag.as_deref(), &["seq", "omap", "pairs"], line)?;
                (anchor, self.sequence(depth)?)
            }
            other => return Err(texts::yaml_has_other_event(line, &format!("{other:?}"))),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
        Ok(value)
    }

    /// Counts nodes, also those that an alias repeats.
    fn count(&mut self, nodes: usize, depth: usize, line: usize) -> Result<(), String> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES || depth > MAX_DEPTH {
            return Err(texts::yaml_is_too_large(line));
        }
        Ok(())
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, String> {
        let mut map = Map::new();
        let mut merged = Vec::new();
        loop {
            let (event, line) = self.next()?;
            let (key, is_merge) = match event {
                Event::MappingEnd => break,
                Event::Scalar(key, style, _, tag) => {
                    let is_plain = style == ScalarStyle::Plain && tag.is_none();
                    let is_special = is_plain && (key == "<<" || key == "=");
                    if !is_special {
                        scalar_value(&key, style, tag.as_deref(), line)?;
                    }
                    let is_merge = is_plain && key == "<<";
                    (key.into_owned(), is_merge)
                }
                _ => return Err(texts::yaml_key_is_not_plain(line)),
            };
            let (event, line) = self.next()?;
            let value = self.value(event, line, depth + 1)?;
            if !is_merge {
                map.insert(key, value);
                continue;
            }
            let sources = match value {
                Value::Array(list) => list,
                other => vec![other],
            };
            for source in sources {
                let Value::Object(source) = source else {
                    return Err(texts::yaml_merges_no_mapping(line));
                };
                merged.push(source);
            }
        }
        // The own keys win, then those of the first mapping.
        for source in merged {
            for (key, value) in source {
                map.entry(key).or_insert(value);
            }
        }
        Ok(Value::Object(map))
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

fn scalar_value(
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    line: usize,
) -> Result<Value, String> {
    let value = match tag {
        None if style == ScalarStyle::Plain => scalar::plain(text),
        None => Some(Value::String(text.to_owned())),
        Some(tag) if is_non_specific(tag) => Some(Value::String(text.to_owned())),
        Some(tag) => standard(tag).and_then(|kind| scalar::tagged(kind, text)),
    };
    value.ok_or_else(|| texts::yaml_value_is_impossible(line, &crate::problem::excerpt(text)))
}

fn check_tag(tag: Option<&Tag>, allowed: &[&str], line: usize) -> Result<(), String> {
    match tag {
        Some(tag)
            if !is_non_specific(tag)
                && !standard(tag).is_some_and(|kind| allowed.contains(&kind)) =>
        {
            Err(texts::yaml_tag_is_unknown(line, &format!("{}{}", tag.handle, tag.suffix)))
        }
        _ => Ok(()),
    }
}

/// The name of a standard tag, without its prefix.
fn standard(tag: &Tag) -> Option<&str> {
    (tag.handle == "tag:yaml.org,2002:").then_some(&*tag.suffix)
}

/// The tag `!` keeps a scalar a string.
fn is_non_specific(tag: &Tag) -> bool {
    tag.handle.is_empty() && tag.suffix == "!" || tag.handle == "!" && tag.suffix.is_empty()
}

/// The number of nodes of a value.
fn size(value: &Value) -> usize {
    match value {
        Value::Array(list) => 1 + list.iter().map(size).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(size).sum::<usize>(),
        _ => 1,
    }
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
            "i": "主机", "j": "a:b", "k": "a#b", "l": {"!!timestamp": "2024-01-01"}, "m": "-",
            "n": "."
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
        assert!(read("a: 1\n---\nb: 2\n").unwrap_err().contains("second document"));
        assert!(read("? [a]\n: 1\n").unwrap_err().contains("plain text"));
    }

    #[test]
    fn anchors_merge_and_stay_bounded() {
        let text = "d: &d {label: os, tag: a}\n<<: *d\ntag: b\n";
        let expected = json!({"d": {"label": "os", "tag": "a"}, "label": "os", "tag": "b"});
        assert_eq!(read(text), Ok(expected));
        assert!(read("a: *nope\n").is_err());
        assert!(read("<<: 5\n").is_err());
        let mut bomb = "a: &a0 [x, x, x, x, x, x, x, x]\n".to_owned();
        for n in 0..8 {
            bomb += &format!("b{n}: &a{} [{}]\n", n + 1, vec![format!("*a{n}"); 8].join(", "));
        }
        assert!(read(&bomb).unwrap_err().contains("too large"));
    }

    #[test]
    fn pyyaml_errors_are_errors() {
        for text in [
            "a: 2024-02-30",
            "a: !foo b",
            "a: !!python/object:os.system {}",
            "a: !!int abc",
            "# \u{7}",
            "a: b\u{7f}",
            "%YAML 2.0\n---\na: 1",
            "a: =",
            "a: b\u{2028}c",
        ] {
            assert!(read(text).is_err(), "{text:?}");
        }
        for text in [
            "a: !!str 5",
            "a: ! 5",
            "%YAML 1.2\n---\na: 5",
            "\u{feff}a: 5",
            "=: 5",
            "a: b\u{feff}c",
        ] {
            assert!(read(text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn utf16_needs_a_byte_order_mark() {
        assert_eq!(decode(b"\xff\xfea\0"), Ok("\u{feff}a".to_owned()));
        assert_eq!(decode(b"\xfe\xff\0a"), Ok("\u{feff}a".to_owned()));
        assert_eq!(decode(b"\xff\xfea"), Err(0));
        assert_eq!(decode(b"ab\xff"), Err(2));
    }
}
