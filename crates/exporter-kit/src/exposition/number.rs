//! Formats numbers: sample values, and bounds as values of `le` and `quantile`.

use std::ops::Range;

use super::text::Room;

/// An upper limit for the length of a formatted number.
pub(crate) const MAX_NUMBER_BYTES: usize = 32;

/// Writes a finite value so that parsing returns exactly the same value.
#[inline]
pub(crate) fn write_value(out: &mut Room<'_>, value: f64) {
    // Integers are written without a fraction; up to 2^53 the conversion is exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let whole = value as i64;
    if whole as f64 == value && value.abs() <= EXACT {
        out.append(itoa::Buffer::new().format(whole).as_bytes());
    } else if !write_six_decimals(out, value) {
        write_within(out, value, -5..16);
    }
}

/// Writes a value of at most six decimals, such as CPU seconds, loads and temperatures. Returns
/// whether it did. This takes half the time of the general algorithm for the shortest digits.
#[inline(always)]
fn write_six_decimals(out: &mut Room<'_>, value: f64) -> bool {
    const SCALE: u64 = 1_000_000;
    let size = value.abs();
    // With at most 15 digits, different numbers are different values, so none is shorter.
    if !(1e-5..1e9).contains(&size) {
        return false;
    }
    let scaled = (size * SCALE as f64 + 0.5) as u64;
    // Both operands are exact and the quotient is correctly rounded, as the result of parsing is.
    if scaled as f64 / SCALE as f64 != size {
        return false;
    }
    if value < 0.0 {
        out.push(b'-');
    }
    out.append(itoa::Buffer::new().format(scaled / SCALE).as_bytes());
    out.push(b'.');
    let mut rest = (scaled % SCALE) as u32;
    let mut decimals = [b'0'; 6];
    for decimal in decimals.iter_mut().rev() {
        *decimal += (rest % 10) as u8;
        rest /= 10;
    }
    let zeros = decimals.iter().rev().take_while(|&&decimal| decimal == b'0').count();
    out.append(&decimals[..decimals.len() - zeros]);
    true
}

/// Writes a bound, which must be finite, as Go's OpenMetrics encoder does: the shortest digits, an
/// exponent below 0.0001 and from a million on, and never without a point or an exponent.
///
/// Both formats have this form, because Prometheus 3 stores it whichever one it scrapes. In
/// another form an upgrade or a change of format would start new series.
pub(crate) fn write_bound(out: &mut Room<'_>, bound: f64) {
    // Adding 0 turns -0 into 0.
    write_within(out, bound + 0.0, -4..6);
    if bound.fract() == 0.0 && bound.abs() < 1e6 {
        out.append(b".0");
    }
}

/// Writes the shortest digits that parse back to `value`, without an exponent if the decimal
/// exponent is within `plain`.
#[inline(always)]
fn write_within(out: &mut Room<'_>, value: f64, plain: Range<i32>) {
    // dragonbox writes the digits at fixed positions and moves none: `memmove` in musl takes longer
    // than the conversion.
    let mut buffer = dragonbox::Buffer::new();
    let text = buffer.format_finite(value).as_bytes();
    let text = match text.split_first() {
        Some((b'-', rest)) => {
            out.push(b'-');
            rest
        }
        _ => text,
    };
    let (mantissa, exponent) = split_exponent(text);
    let (first, rest) = mantissa.split_at(mantissa.len().min(1));
    let rest = rest.strip_prefix(b".").unwrap_or_default();
    if !plain.contains(&exponent) {
        write_scientific(out, first, rest, exponent);
    } else if let Ok(whole) = usize::try_from(exponent) {
        out.append(first);
        let (whole_digits, fraction) = rest.split_at(whole.min(rest.len()));
        out.append(whole_digits);
        (whole_digits.len()..whole).for_each(|_| out.push(b'0'));
        if !fraction.is_empty() {
            out.push(b'.');
            out.append(fraction);
        }
    } else {
        out.append(b"0.");
        (exponent + 1..0).for_each(|_| out.push(b'0'));
        out.append(first);
        out.append(rest);
    }
}

/// Splits `1.5E-7` at the `E`.
fn split_exponent(text: &[u8]) -> (&[u8], i32) {
    let Some(at) = text.iter().rposition(|&byte| byte == b'E') else { return (text, 0) };
    let exponent = text[at + 1..].iter().fold(0, |exponent, &byte| match byte {
        b'-' => exponent,
        digit => exponent * 10 + i32::from(digit - b'0'),
    });
    (&text[..at], if text.get(at + 1) == Some(&b'-') { -exponent } else { exponent })
}

fn write_scientific(out: &mut Room<'_>, first: &[u8], rest: &[u8], exponent: i32) {
    out.append(first);
    if !rest.is_empty() {
        out.push(b'.');
        out.append(rest);
    }
    out.append(if exponent < 0 { b"e-" } else { b"e+" });
    if exponent.abs() < 10 {
        out.push(b'0');
    }
    out.append(itoa::Buffer::new().format(exponent.unsigned_abs()).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposition::text::Text;

    fn text(write: impl FnOnce(&mut Room<'_>)) -> String {
        let mut out = Text::default();
        out.append_with(MAX_NUMBER_BYTES, write);
        String::from_utf8(out.into()).unwrap()
    }

    #[test]
    fn values_are_shortest_and_parse_back() {
        let cases = [
            (0.0, "0"),
            (-0.0, "0"),
            (-3.0, "-3"),
            (0.1, "0.1"),
            (0.000_012_5, "0.0000125"),
            (1.25e-6, "1.25e-06"),
            (-12.034, "-12.034"),
            (0.000_01, "0.00001"),
            (0.000_012, "0.000012"),
            (1e-6, "1e-06"),
            (-999_999_999.999_999, "-999999999.999999"),
            (1_000_000_000.000_001, "1000000000.000001"),
            (0.999_999_9, "0.9999999"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1_234_567_890.5, "1234567890.5"),
            (9_007_199_254_740_994.0, "9007199254740994"),
            (1e16, "1e+16"),
            (1e-20, "1e-20"),
            (9_007_199_254_740_992.0, "9007199254740992"),
            (1e300, "1e+300"),
            (f64::MAX, "1.7976931348623157e+308"),
            (5e-324, "5e-324"),
        ];
        for (value, expected) in cases {
            assert_eq!(text(|out| write_value(out, value)), expected);
            assert_eq!(expected.parse::<f64>().unwrap(), value);
        }
    }

    #[test]
    fn six_decimals_are_the_shortest_digits() {
        let mut written = 0;
        for number in 1..20_000_u32 {
            for scale in [1e1, 1e2, 1e4, 1e6, 3.0, 1024.0] {
                let value = f64::from(number) * 4999.0 / scale;
                let mut out = Text::default();
                let mut is_written = false;
                out.append_with(MAX_NUMBER_BYTES, |out| {
                    is_written = write_six_decimals(out, value)
                });
                if is_written && value.fract() != 0.0 {
                    written += 1;
                    let shortest = text(|out| write_within(out, value, -5..16));
                    assert_eq!(String::from_utf8_lossy(out.as_slice()), shortest);
                }
            }
        }
        assert!(written > 50_000, "{written}");
    }

    #[test]
    fn bounds_are_canonical_floats() {
        // As strconv.FormatFloat(bound, 'g', -1, 64) writes them, with `.0` after whole numbers.
        let cases = [
            (0.0, "0.0"),
            (-0.0, "0.0"),
            (1.0, "1.0"),
            (-1.0, "-1.0"),
            (0.5, "0.5"),
            (2.5, "2.5"),
            (-2.5, "-2.5"),
            (10.0, "10.0"),
            (0.005, "0.005"),
            (0.0001, "0.0001"),
            (0.00012, "0.00012"),
            (0.00001, "1e-05"),
            (0.0000125, "1.25e-05"),
            (100_000.0, "100000.0"),
            (123_456.5, "123456.5"),
            (999_999.0, "999999.0"),
            (1e6, "1e+06"),
            (1_048_576.0, "1.048576e+06"),
            (-2e6, "-2e+06"),
            (1e21, "1e+21"),
            (1e100, "1e+100"),
            (1.5e-300, "1.5e-300"),
            (0.1 + 0.2, "0.30000000000000004"),
            (f64::MAX, "1.7976931348623157e+308"),
            (5e-324, "5e-324"),
        ];
        for (bound, expected) in cases {
            assert_eq!(text(|out| write_bound(out, bound)), expected);
            assert_eq!(expected.parse::<f64>().unwrap(), bound);
        }
    }
}
