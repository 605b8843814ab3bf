//! Numbers formatted for people.

use crate::texts::numbers as texts;

const KIB: f64 = 1024.0;

/// A count with separators between thousands: `12,345`.
pub(crate) fn count(number: usize) -> String {
    grouped(&number.to_string())
}

/// A size in bytes: `999 bytes`, `1.5 KiB`.
pub(crate) fn size(bytes: usize) -> String {
    binary(bytes as f64)
}

/// The value of a metric whose unit is the id or sign that a package declares. A unit that is
/// unknown here follows the plain number.
pub(crate) fn value(number: f64, unit: &str) -> String {
    match unit {
        "" | "none" | "short" => plain(number),
        "bytes" | "B" => binary(number),
        "s" => duration(number),
        "percent" | "%" => format!("{}%", plain(number)),
        "percentunit" => format!("{}%", plain(number * 100.0)),
        "celsius" => format!("{} °C", plain(number)),
        "hertz" => format!("{} Hz", plain(number)),
        unit => format!("{} {unit}", plain(number)),
    }
}

fn binary(bytes: f64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut rest = bytes;
    let mut found = None;
    for unit in units {
        if rest.abs() < KIB {
            break;
        }
        rest /= KIB;
        found = Some(unit);
    }
    match found {
        // Below, a fraction would be an artefact of the format.
        None => texts::bytes(&plain(bytes)),
        Some(unit) => format!("{rest:.1} {unit}"),
    }
}

/// From a minute on, the two largest units. A point in time stays a number of seconds.
fn duration(seconds: f64) -> String {
    const MINUTE: f64 = 60.0;
    const HOUR: f64 = 60.0 * MINUTE;
    const DAY: f64 = 24.0 * HOUR;
    let whole = seconds.round();
    let (unit, next, text): (f64, f64, fn(&str, &str) -> String) = match whole {
        _ if !(MINUTE..10_000.0 * DAY).contains(&whole) => return texts::seconds(&plain(seconds)),
        _ if whole < HOUR => (MINUTE, 1.0, texts::minutes),
        _ if whole < DAY => (HOUR, MINUTE, texts::hours),
        _ => (DAY, HOUR, texts::days),
    };
    text(&plain((whole / unit).floor()), &plain((whole % unit / next).floor()))
}

/// At most six significant digits after the point, and none that say nothing.
fn plain(number: f64) -> String {
    if !number.is_finite() || (number != 0.0 && !(1e-6..1e15).contains(&number.abs())) {
        return format!("{number:e}");
    }
    let decimals = match number.abs() {
        size if size >= 1000.0 => 1,
        size if size >= 1.0 => 3,
        _ => 6,
    };
    let text = format!("{number:.decimals$}");
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    grouped(text)
}

/// Separates the thousands of a decimal number.
fn grouped(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("-", digits));
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut text = sign.to_owned();
    for (position, digit) in whole.char_indices() {
        if position > 0 && (whole.len() - position) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text + fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        for (number, expected) in
            [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")]
        {
            assert_eq!(count(number), expected);
        }
    }

    #[test]
    fn values_follow_their_unit() {
        for (number, unit, expected) in [
            (-1234.5, "", "-1,234.5"),
            (0.1 + 0.2, "none", "0.3"),
            (1e20, "", "1e20"),
            (1e-9, "short", "1e-9"),
            (f64::NAN, "", "NaN"),
            (512.0, "bytes", "512 bytes"),
            (1536.0, "B", "1.5 KiB"),
            (8.0 * 1024.0 * 1024.0 * 1024.0, "bytes", "8.0 GiB"),
            (0.25, "s", "0.25 s"),
            (59.6, "s", "1 min 0 s"),
            (3661.0, "s", "1 h 1 min"),
            (200_000.0, "s", "2 d 7 h"),
            (1_800_000_000.0, "s", "1,800,000,000 s"),
            (0.125, "percentunit", "12.5%"),
            (3.0, "KBs", "3 KBs"),
        ] {
            assert_eq!(value(number, unit), expected, "{number} {unit}");
        }
    }
}
