//! Numbers as text: sample values, and bounds as the values of `le` and `quantile`.

use super::text::Text;

/// Writes a value so that it reads back exactly; it is finite.
pub(crate) fn write_value(out: &mut Text, value: f64) {
    // Whole numbers read better without a fraction; up to 2^53 the conversion is exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        out.append(itoa::Buffer::new().format(value as i64).as_bytes());
    } else {
        out.append(zmij::Buffer::new().format_finite(value).as_bytes());
    }
}

/// Writes a bound as Go does, which all of the field's tools and dashboards agree on: the
/// shortest digits, and an exponent below 0.0001 and from a million on. It is finite.
pub(super) fn write_bound(out: &mut Text, bound: f64) {
    let mut buffer = zmij::Buffer::new();
    let shortest = buffer.format_finite(bound);
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((shortest, "0"));
    let whole = mantissa.split_once('.').map_or(mantissa, |(whole, _)| whole);
    let mut digits = mantissa.bytes().filter(u8::is_ascii_digit).skip_while(|&digit| digit == b'0');
    let all = mantissa.bytes().filter(u8::is_ascii_digit).count();
    let mut kept = [b'0'; 32];
    let mut length = 0;
    let mut significant = 0;
    for (place, digit) in kept.iter_mut().zip(&mut digits) {
        *place = digit;
        significant += 1;
        if digit != b'0' {
            length = significant;
        }
    }
    let digits = &kept[..length.max(1)];
    // Where the decimal point stands, counted from before the first digit that is not 0.
    let leading_zeros = all - significant;
    let whole = whole.trim_start_matches('-').len();
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let point = if length == 0 { 1 } else { whole as i32 - leading_zeros as i32 + exponent };
    if bound < 0.0 {
        out.push(b'-');
    }
    if (-3..=6).contains(&point) {
        write_plain(out, digits, point);
    } else {
        write_scientific(out, digits, point - 1);
    }
}

/// Writes a bound as OpenMetrics wants it, which is never without a point or an exponent.
pub(super) fn write_float_bound(out: &mut Text, bound: f64) {
    let start = out.len();
    write_bound(out, bound);
    if !out.as_slice()[start..].iter().any(|byte| matches!(byte, b'.' | b'e')) {
        out.append(b".0");
    }
}

fn write_plain(out: &mut Text, digits: &[u8], point: i32) {
    let whole = usize::try_from(point).unwrap_or(0);
    if whole == 0 {
        out.append(b"0.");
        (point..0).for_each(|_| out.push(b'0'));
        out.append(digits);
    } else if whole >= digits.len() {
        out.append(digits);
        (digits.len()..whole).for_each(|_| out.push(b'0'));
    } else {
        out.append(&digits[..whole]);
        out.push(b'.');
        out.append(&digits[whole..]);
    }
}

fn write_scientific(out: &mut Text, digits: &[u8], exponent: i32) {
    out.push(digits[0]);
    if digits.len() > 1 {
        out.push(b'.');
        out.append(&digits[1..]);
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

    fn text(write: impl FnOnce(&mut Text)) -> String {
        let mut out = Text::default();
        write(&mut out);
        String::from_utf8(out.into()).unwrap()
    }

    #[test]
    fn values_are_written_shortest_and_parse_back() {
        let cases = [
            (0.0, "0"),
            (-0.0, "0"),
            (-3.0, "-3"),
            (0.1, "0.1"),
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
    fn bounds_have_the_fields_form() {
        // As strconv.FormatFloat(bound, 'g', -1, 64) writes them.
        let cases = [
            (0.0, "0", "0.0"),
            (-0.0, "0", "0.0"),
            (1.0, "1", "1.0"),
            (-1.0, "-1", "-1.0"),
            (0.5, "0.5", "0.5"),
            (2.5, "2.5", "2.5"),
            (-2.5, "-2.5", "-2.5"),
            (10.0, "10", "10.0"),
            (0.005, "0.005", "0.005"),
            (0.0001, "0.0001", "0.0001"),
            (0.00012, "0.00012", "0.00012"),
            (0.00001, "1e-05", "1e-05"),
            (0.0000125, "1.25e-05", "1.25e-05"),
            (100_000.0, "100000", "100000.0"),
            (123_456.5, "123456.5", "123456.5"),
            (999_999.0, "999999", "999999.0"),
            (1e6, "1e+06", "1e+06"),
            (1_048_576.0, "1.048576e+06", "1.048576e+06"),
            (-2e6, "-2e+06", "-2e+06"),
            (1e21, "1e+21", "1e+21"),
            (1e100, "1e+100", "1e+100"),
            (1.5e-300, "1.5e-300", "1.5e-300"),
            (0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"),
            (f64::MAX, "1.7976931348623157e+308", "1.7976931348623157e+308"),
            (5e-324, "5e-324", "5e-324"),
        ];
        for (bound, plain, float) in cases {
            assert_eq!(text(|out| write_bound(out, bound)), plain);
            assert_eq!(text(|out| write_float_bound(out, bound)), float);
            assert_eq!(plain.parse::<f64>().unwrap(), bound);
        }
    }
}
