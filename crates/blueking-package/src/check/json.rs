//! Reads JSON like Python: `NaN`, `Infinity` and half of a surrogate pair are accepted, and a byte
//! order mark or UTF-16 where the importer passes bytes.

use serde_json::Value;

/// A document and what strict JSON would reject.
pub(super) struct Document {
    pub(super) value: Result<Value, String>,
    /// `NaN` or `Infinity`, read as a fraction here.
    pub(super) has_nan: bool,
    /// An escape for half of a surrogate pair, read as U+FFFD here.
    pub(super) has_surrogate: bool,
}

/// Decodes UTF-16; `unit` reads a pair of bytes.
pub(super) fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text: Result<String, _> =
        char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect();
    text.ok().filter(|_| rest.is_empty())
}

/// Decodes a document as Python guesses the encoding: UTF-8, or UTF-16 by its zero bytes.
pub(super) fn decode(bytes: &[u8]) -> Option<String> {
    match bytes {
        [0xff, 0xfe, ..] => decode_utf16(bytes, u16::from_le_bytes),
        [0xfe, 0xff, ..] => decode_utf16(bytes, u16::from_be_bytes),
        [first, 0, ..] if *first != 0 => decode_utf16(bytes, u16::from_le_bytes),
        [0, second, ..] if *second != 0 => decode_utf16(bytes, u16::from_be_bytes),
        _ => str::from_utf8(bytes).ok().map(str::to_owned),
    }
}

/// Parses a document.
pub(super) fn read(text: &str) -> Document {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut strict = String::with_capacity(text.len());
    let mut rest = text;
    let (mut has_nan, mut has_surrogate, mut is_string) = (false, false, false);
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        if is_string && c == '\\' {
            let escape = escape(rest);
            length = escape.length;
            has_surrogate |= escape.is_half;
            strict.push_str(if escape.is_half { "\u{fffd}" } else { &rest[..length] });
        } else if let Some(name) =
            ["NaN", "Infinity"].iter().find(|name| !is_string && rest.starts_with(**name))
        {
            // The type is right, and no rule accepts the value.
            has_nan = true;
            length = name.len();
            strict.push_str("0.5");
        } else {
            is_string ^= c == '"';
            strict.push(c);
        }
        rest = &rest[length..];
    }
    let value = serde_json::from_str(&strict).map_err(|error| error.to_string());
    Document { value, has_nan, has_surrogate }
}

/// An escape at the start of a text.
struct Escape {
    length: usize,
    is_half: bool,
}

fn escape(text: &str) -> Escape {
    let unit = |text: &str| {
        let digits = text.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let second = text.chars().nth(1).map_or(0, char::len_utf8);
    match (unit(text), text.get(6..).and_then(unit)) {
        (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => Escape { length: 12, is_half: false },
        (Some(0xd800..=0xdfff), _) => Escape { length: 6, is_half: true },
        (Some(_), _) => Escape { length: 6, is_half: false },
        (None, _) => Escape { length: 1 + second, is_half: false },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn python_extensions_are_read() {
        let document = read(r#"["NaN \" NaN", NaN, -Infinity, "\ud83d\ude00"]"#);
        assert_eq!(document.value, Ok(json!(["NaN \" NaN", 0.5, -0.5, "😀"])));
        assert!(document.has_nan && !document.has_surrogate);
        let document = read(r#"["\ud800", "\\ud800"]"#);
        assert_eq!(document.value, Ok(json!(["\u{fffd}", "\\ud800"])));
        assert!(document.has_surrogate && !document.has_nan);
        assert!(read("[1,]").value.is_err() && read("\"\\").value.is_err());
    }

    #[test]
    fn encodings_are_guessed_like_python() {
        assert_eq!(decode(b"[\0]\0").as_deref(), Some("[]"));
        assert_eq!(decode(b"\0[\0]").as_deref(), Some("[]"));
        assert_eq!(decode("\u{feff}[]".as_bytes()).as_deref(), Some("\u{feff}[]"));
        assert_eq!(decode(b"[\xff]"), None);
    }
}
