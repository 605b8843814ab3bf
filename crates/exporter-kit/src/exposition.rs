//! Writes samples as a page in the Prometheus text format 0.0.4: families sorted by name, one HELP
//! and one TYPE each, every series once, line feeds only, no timestamps.

use crate::samples::{Block, Family, Samples};

/// The `Content-Type` of the page. Prometheus 3 refuses a scrape that does not name its format.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Appends the page made of arranged `parts` to `out`.
///
/// Where two parts have a family of the same name the first part's HELP and TYPE head it, and of
/// equal series the first part's stays.
pub(crate) fn encode<'a>(parts: impl IntoIterator<Item = &'a Samples>, out: &mut Vec<u8>) {
    let mut blocks: Vec<Block<'a>> = parts.into_iter().flat_map(Samples::blocks).collect();
    // Stable, so that blocks of one family stay in the order of their parts.
    blocks.sort_by_key(|block| block.family.name);
    for family in blocks.chunk_by(|a, b| a.family.name == b.family.name) {
        write_head(out, family[0].family);
        match family {
            [only] => only.series().for_each(|(series, value)| write_sample(out, series, value)),
            several => write_merged(out, several),
        }
    }
}

fn write_merged(out: &mut Vec<u8>, blocks: &[Block<'_>]) {
    let kind = blocks[0].family.kind;
    let same_kind = blocks.iter().filter(|block| block.family.kind == kind);
    let mut samples: Vec<_> = same_kind.flat_map(|block| block.series()).collect();
    samples.sort_by_key(|(series, _)| *series);
    samples.dedup_by_key(|(series, _)| *series);
    for (series, value) in samples {
        write_sample(out, series, value);
    }
}

fn write_head(out: &mut Vec<u8>, family: Family) {
    out.extend_from_slice(b"# HELP ");
    out.extend_from_slice(family.name.as_bytes());
    out.push(b' ');
    for byte in family.help.bytes() {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            _ => out.push(byte),
        }
    }
    out.extend_from_slice(b"\n# TYPE ");
    out.extend_from_slice(family.name.as_bytes());
    out.push(b' ');
    out.extend_from_slice(family.kind.as_str().as_bytes());
    out.push(b'\n');
}

fn write_sample(out: &mut Vec<u8>, series: &[u8], value: f64) {
    out.extend_from_slice(series);
    out.push(b' ');
    // Whole numbers read better without a fraction; up to 2^53 the conversion is exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        out.extend_from_slice(itoa::Buffer::new().format(value as i64).as_bytes());
    } else {
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    }
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::{Counter, Gauge};

    const B: Gauge<1> = Gauge::new("b", "Line\nbreak and \\.").labels(["l"]);
    const A: Counter = Counter::new("a_total", "First.");

    fn page(parts: &mut [Samples]) -> String {
        parts.iter_mut().for_each(Samples::arrange);
        let mut out = Vec::new();
        encode(parts.iter(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn families_of_all_parts_are_sorted_by_name() {
        let mut parts = [Samples::default(), Samples::default()];
        parts[0].set(&B, ["x"], 1.5);
        parts[1].set(&A, [], 2.0);
        let expected = "# HELP a_total First.\n# TYPE a_total counter\na_total 2\n\
                        # HELP b Line\\nbreak and \\\\.\n# TYPE b gauge\nb{l=\"x\"} 1.5\n";
        assert_eq!(page(&mut parts), expected);
    }

    #[test]
    fn a_family_of_two_parts_is_one_block_without_duplicates() {
        let mut parts = [Samples::default(), Samples::default()];
        parts[0].set(&B, ["y"], 1.0);
        parts[1].set(&B, ["x"], 2.0);
        parts[1].set(&B, ["y"], 3.0);
        let page = page(&mut parts);
        assert_eq!(page.matches("# TYPE").count(), 1);
        assert!(page.ends_with("b{l=\"x\"} 2\nb{l=\"y\"} 1\n"), "{page}");
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
        for (value, text) in cases {
            let mut out = Vec::new();
            write_sample(&mut out, b"x", value);
            assert_eq!(String::from_utf8(out).unwrap(), format!("x {text}\n"));
            assert_eq!(text.parse::<f64>().unwrap(), value);
        }
    }

    #[test]
    fn nothing_to_say_is_an_empty_page() {
        assert_eq!(page(&mut [Samples::default()]), "");
    }
}
