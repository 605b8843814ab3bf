//! Resolves YAML scalars like PyYAML, which implements YAML 1.1: `yes`, `0o9`, `1:30` and dates have
//! other meanings than in YAML 1.2.

use serde_json::{Value, json};

/// Key of the object that stands for a date or time, for which JSON has no type.
const TIMESTAMP: &str = "!!timestamp";

/// The value of a plain scalar; `None` if PyYAML raises an error for it.
pub(super) fn plain(text: &str) -> Option<Value> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Value::Null),
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Some(Value::Bool(true));
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Some(Value::Bool(false));
        }
        // PyYAML resolves both, but constructs neither.
        "=" | "<<" => return None,
        _ => {}
    }
    if looks_like_timestamp(text) {
        return timestamp(text);
    }
    integer(text).or_else(|| float(text)).unwrap_or_else(|| Some(Value::String(text.to_owned())))
}

/// The value of a scalar with one of the standard tags, such as `int`; `None` if PyYAML raises an
/// error.
pub(super) fn tagged(kind: &str, text: &str) -> Option<Value> {
    match kind {
        "str" => Some(Value::String(text.to_owned())),
        "null" => Some(Value::Null),
        "bool" => match &*text.to_lowercase() {
            "yes" | "true" | "on" => Some(Value::Bool(true)),
            "no" | "false" | "off" => Some(Value::Bool(false)),
            _ => None,
        },
        "int" => integer(text).flatten(),
        "float" => {
            let number = text.replace('_', "").parse::<f64>().ok().map(Value::from);
            float(text).flatten().or(number)
        }
        "timestamp" => timestamp(text),
        "binary" => {
            // The importers expect text, so the decoded bytes are as wrong as any other type.
            let is_ascii = text.is_ascii();
            is_ascii.then(|| json!({ "!!binary": text }))
        }
        _ => None,
    }
}

/// An integer; the outer `None` if the text has another form, the inner one for an error.
fn integer(text: &str) -> Option<Option<Value>> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let is = |digits: &str, allowed: fn(u8) -> bool| {
        !digits.is_empty() && digits.bytes().all(|byte| byte == b'_' || allowed(byte))
    };
    let number = |digits: &str, base| {
        let digits = digits.replace('_', "");
        let number =
            i64::from_str_radix(&digits, base).ok().map(|number| Value::from(sign * number));
        // Larger integers have no limit in Python; their value does not matter here.
        Some(number.or_else(|| (!digits.is_empty()).then(|| Value::from(f64::MAX))))
    };
    if let Some(rest) = digits.strip_prefix("0b").filter(|rest| is(rest, |b| b < b'2')) {
        return number(rest, 2);
    }
    if let Some(rest) = digits.strip_prefix("0x").filter(|rest| is(rest, |b| b.is_ascii_hexdigit()))
    {
        return number(rest, 16);
    }
    if digits == "0" {
        return number(digits, 10);
    }
    if let Some(rest) = digits.strip_prefix('0') {
        return is(rest, |b| b.is_ascii_digit() && b < b'8').then(|| number(digits, 8)).flatten();
    }
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    match digits.split_once(':') {
        None if is(digits, |b| b.is_ascii_digit()) => number(digits, 10),
        Some((first, rest))
            if is(first, |b| b.is_ascii_digit()) && rest.split(':').all(is_sexagesimal) =>
        {
            let digit = |part: &str| part.replace('_', "").parse::<i64>().unwrap_or_default();
            let total = digits
                .split(':')
                .fold(0_i64, |sum, part| sum.saturating_mul(60).saturating_add(digit(part)));
            Some(Some(Value::from(total.saturating_mul(sign))))
        }
        _ => None,
    }
}

fn is_sexagesimal(part: &str) -> bool {
    matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9'])
}

/// A float, with the same two levels as [`integer`].
fn float(text: &str) -> Option<Option<Value>> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(Some(json!({ "!!float": text })));
    }
    let is_digits = |text: &str| text.bytes().all(|byte| byte == b'_' || byte.is_ascii_digit());
    let (whole, fraction) = unsigned.split_once('.')?;
    if let Some((first, rest)) = whole.split_once(':') {
        let is_time = first.starts_with(|c: char| c.is_ascii_digit())
            && is_digits(first)
            && rest.split(':').all(is_sexagesimal)
            && is_digits(fraction);
        return is_time.then(|| Some(json!({ "!!float": text })));
    }
    let (fraction, exponent) = match fraction.find(['e', 'E']) {
        Some(at) => (&fraction[..at], Some(&fraction[at + 1..])),
        None => (fraction, None),
    };
    // An exponent needs its sign; without digits before the point, a sign is not allowed.
    let is_exponent = exponent.is_none_or(|exponent| {
        exponent.strip_prefix(['-', '+']).is_some_and(|digits| {
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        })
    });
    let starts_with_digit = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let is_number = if whole.is_empty() {
        unsigned == text && starts_with_digit(fraction)
    } else {
        starts_with_digit(whole)
    };
    if !is_number || !is_exponent || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    Some(text.replace('_', "").parse::<f64>().ok().map(Value::from))
}

/// Whether a text has the form of a date or time, possibly an impossible one.
fn looks_like_timestamp(text: &str) -> bool {
    parts(text).is_some()
}

/// A date or time; `None` for an impossible one such as 2024-02-30.
fn timestamp(text: &str) -> Option<Value> {
    let [year, month, day, hour, minute, second, offset] = parts(text)?;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    let is_possible = year > 0
        && (1..=days).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60
        && offset < 24;
    is_possible.then(|| json!({ TIMESTAMP: text }))
}

/// Year, month, day, hour, minute, second and the hours of the offset.
fn parts(text: &str) -> Option<[u32; 7]> {
    let number = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        let is_number = lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<u32>().ok().filter(|_| is_number)
    };
    let at = text.find(['T', 't', ' ', '\t']).unwrap_or(text.len());
    let (date, rest) = text.split_at(at);
    let lengths = if rest.is_empty() { 2..=2 } else { 1..=2 };
    let mut date = date.split('-');
    let year = number(date.next()?, 4..=4)?;
    let month = number(date.next()?, lengths.clone())?;
    let day = number(date.next()?, lengths)?;
    if date.next().is_some() {
        return None;
    }
    if rest.is_empty() {
        return Some([year, month, day, 0, 0, 0, 0]);
    }
    let rest = match rest.strip_prefix(['T', 't']) {
        Some(time) => time,
        None => rest.trim_start_matches([' ', '\t']),
    };
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(rest.len());
    let (time, rest) = rest.split_at(end);
    let mut time = time.split(':');
    let hour = number(time.next()?, 1..=2)?;
    let minute = number(time.next()?, 2..=2)?;
    let second = number(time.next()?, 2..=2)?;
    if time.next().is_some() {
        return None;
    }
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    let zone = rest.trim_start_matches([' ', '\t']);
    let offset = match zone {
        // Blanks at the end are not part of a plain scalar.
        "" | "Z" => 0,
        _ => {
            let zone = zone.strip_prefix(['-', '+'])?;
            let (hours, minutes) = zone.split_once(':').unwrap_or((zone, "00"));
            let (hours, minutes) = if hours.len() > 2 && minutes == "00" {
                hours.split_at_checked(hours.len() - 2)?
            } else {
                (hours, minutes)
            };
            number(minutes, 2..=2)?;
            number(hours, 1..=2)?
        }
    };
    Some([year, month, day, hour, minute, second, offset])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_follow_yaml_1_1() {
        for (text, value) in [
            ("yes", json!(true)),
            ("Off", json!(false)),
            ("y", json!("y")),
            ("~", json!(null)),
            ("0755", json!(493)),
            ("09", json!("09")),
            ("0o9", json!("0o9")),
            ("0x1F", json!(31)),
            ("9_601", json!(9601)),
            ("9:30", json!(570)),
            ("9:60", json!("9:60")),
            ("1.10", json!(1.1)),
            ("1e5", json!("1e5")),
            ("1.e+5", json!(1.0e5)),
            ("-.5", json!("-.5")),
            ("1.1.0", json!("1.1.0")),
            ("10000-65535", json!("10000-65535")),
            ("2024-1-1", json!("2024-1-1")),
        ] {
            assert_eq!(plain(text), Some(value), "{text}");
        }
        for text in ["2024-02-29", "2024-01-01 10:00:00", "2024-1-1T1:00:00.5 +08:00"] {
            assert_eq!(plain(text), Some(json!({ TIMESTAMP: text })), "{text}");
        }
        for text in ["2024-02-30", "2023-02-29", "2024-01-01 25:00:00", "=", "<<"] {
            assert_eq!(plain(text), None, "{text}");
        }
    }

    #[test]
    fn standard_tags_convert_or_fail() {
        assert_eq!(tagged("str", "5"), Some(json!("5")));
        assert_eq!(tagged("int", "5"), Some(json!(5)));
        assert_eq!(tagged("int", "abc"), None);
        assert_eq!(tagged("timestamp", "abc"), None);
        assert_eq!(tagged("bool", "maybe"), None);
    }
}
