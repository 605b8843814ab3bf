//! Parses the text of kernel files: bytes in, no allocation; damaged text is an error or left out.

use exporter_kit::CollectError;

/// The complete lines of a file. The kernel ends each with a line feed; text after the last one is
/// truncated and may be half a number.
pub(crate) fn lines(text: &[u8]) -> impl Iterator<Item = &str> {
    let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let text = &text[..whole];
    // Nearly always all of it is UTF-8, and one check is faster than one per line.
    let sound = match str::from_utf8(text) {
        Ok(_) => whole,
        Err(error) => {
            let sound = &text[..error.valid_up_to()];
            sound.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1)
        }
    };
    let (sound, others) = text.split_at(sound);
    let others = others.split(|&byte| byte == b'\n').filter_map(|line| str::from_utf8(line).ok());
    let sound = str::from_utf8(sound).unwrap_or_default().split('\n');
    sound.chain(others).filter(|line| !line.is_empty())
}

/// The fields of a line, separated by blanks.
pub(crate) fn fields(line: &str) -> Fields<'_> {
    Fields(line.split_ascii_whitespace())
}

/// See [`fields`].
#[derive(Clone, Debug)]
pub(crate) struct Fields<'a>(std::str::SplitAsciiWhitespace<'a>);

impl<'a> Fields<'a> {
    /// The next field as a number.
    ///
    /// # Errors
    ///
    /// The field is missing or not a number.
    pub(crate) fn number(&mut self) -> Result<f64, CollectError> {
        let field = self.next().ok_or("a field is missing")?;
        number(field).ok_or_else(|| format!("{field:?} is not a number").into())
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        self.0.next()
    }
}

/// A number as the kernel writes it: digits, perhaps with a sign and decimals.
pub(crate) fn number(text: &str) -> Option<f64> {
    // Below 2^53 every whole number is exact.
    if (1..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let digits = text.bytes().map(|byte| u64::from(byte - b'0'));
        return Some(digits.fold(0, |number, digit| number * 10 + digit) as f64);
    }
    // Rust also parses `inf`, `nan` and `1e5`.
    let plain = |byte: u8| byte.is_ascii_digit() || byte == b'.' || byte == b'-';
    if !text.bytes().all(plain) {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// The numbers of a list such as `0-3,8`.
pub(crate) fn ranges(text: &[u8]) -> impl Iterator<Item = u32> {
    let list = lines(text).next().unwrap_or_default().split(',');
    list.filter_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(first.parse::<u32>().ok()?..=last.parse::<u32>().ok()?.min(MAX_CPU))
    })
    .flatten()
}

/// Far above the number of CPUs that any kernel supports.
const MAX_CPU: u32 = 65_535;

/// Calls `use_it` with the number as text.
pub(crate) fn with_text(number: impl Into<u64>, use_it: impl FnOnce(&str)) {
    use std::io::Write as _;
    let mut buffer = [0; 20];
    let length = {
        let mut rest = &mut buffer[..];
        let _ = write!(rest, "{}", number.into());
        20 - rest.len()
    };
    use_it(str::from_utf8(&buffer[..length]).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_count() {
        let all = |text: &'static [u8]| lines(text).collect::<Vec<_>>();
        assert_eq!(all(b"a 1\n\nb 2\n"), ["a 1", "b 2"]);
        assert_eq!(all(b"a 1\nb 2"), ["a 1"]);
        assert_eq!(all(b"a\xff\nb\n"), ["b"]);
        assert_eq!(all(b"a\nb\xff\nc\nd\n"), ["a", "c", "d"]);
        assert!(all(b"").is_empty() && all(b"a").is_empty());
    }

    #[test]
    fn numbers_are_the_kernels() {
        let cases = [
            ("0", Some(0.0)),
            ("-3", Some(-3.0)),
            ("0.20", Some(0.2)),
            ("999999999999999", Some(999_999_999_999_999.0)),
            ("9007199254740995", Some(9_007_199_254_740_996.0)),
            ("18446744073709551615", Some(18_446_744_073_709_551_615.0)),
            ("", None),
            ("-", None),
            ("1-2", None),
            ("inf", None),
            ("1e5", None),
            ("0x10", None),
        ];
        for (text, expected) in cases {
            assert_eq!(number(text), expected, "{text}");
        }
        assert!(fields("").number().is_err() && fields("x").number().is_err());
        with_text(u64::MAX, |text| assert_eq!(text, "18446744073709551615"));
        with_text(0_u32, |text| assert_eq!(text, "0"));
    }

    #[test]
    fn lists_of_cpus_are_read() {
        let all = |text: &[u8]| ranges(text).collect::<Vec<_>>();
        assert_eq!(all(b"0-2,5,8-9\n"), [0, 1, 2, 5, 8, 9]);
        assert!(all(b"\n").is_empty() && all(b"x,-,3-\n").is_empty() && all(b"").is_empty());
        assert_eq!(all(b"65535-4294967295\n"), [65_535]);
    }
}
