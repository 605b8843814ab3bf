//! Which collectors a request for metrics selects: `?collect[]=a&collect[]=b` or `?exclude[]=c`, as
//! in other exporters.

use crate::scrape::Selection;

/// Reads the selected collectors from the query of a request.
///
/// # Errors
///
/// Returns the reason for a response with status 400, which lists the names to choose from.
pub(super) fn selection(
    query: &str,
    names: &[&str],
    disabled: &[&str],
) -> Result<Selection, String> {
    let mut collect = Vec::new();
    let mut exclude = Vec::new();
    for pair in query.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let list = match decode(key).as_deref() {
            Some("collect[]") => &mut collect,
            Some("exclude[]") => &mut exclude,
            // Other parameters may belong to a proxy or cache.
            _ => continue,
        };
        let name = decode(value).unwrap_or_default();
        match names.iter().position(|known| *known == name) {
            Some(index) => list.push(index),
            None if disabled.contains(&&*name) => {
                return Err(format!("the collector {name} is off; start with --collector.{name}"));
            }
            None => {
                return Err(format!("no such collector; available: {}", names.join(", ")));
            }
        }
    }
    let mut selected: Vec<usize> = match (collect.is_empty(), exclude.is_empty()) {
        (true, true) => return Ok(Selection::All),
        (false, false) => {
            let names = names.join(", ");
            return Err(format!("collect[] and exclude[] cannot be combined; available: {names}"));
        }
        (false, true) => collect,
        (true, false) => (0..names.len()).filter(|index| !exclude.contains(index)).collect(),
    };
    selected.sort_unstable();
    selected.dedup();
    Ok(if selected.len() == names.len() { Selection::All } else { Selection::Some(selected) })
}

/// The value of a parameter; `None` if there is none.
///
/// # Errors
///
/// Returns the reason for a response with status 400: the parameter is repeated, or its value is not
/// text.
pub(super) fn parameter(query: &str, name: &str) -> Result<Option<String>, String> {
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let mut values = pairs.filter(|(key, _)| decode(key).as_deref() == Some(name));
    let Some((_, value)) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(format!("the parameter {name} is given twice; give it once"));
    }
    let not_text = || format!("the parameter {name} is not UTF-8 text in percent-encoding");
    decode(value).map(Some).ok_or_else(not_text)
}

/// Decodes percent-encoding and `+`; `None` if the result is not UTF-8 text.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let (digits, after) = after.split_at_checked(2)?;
                let digits = digits.iter().all(u8::is_ascii_hexdigit).then_some(digits)?;
                let digits = std::str::from_utf8(digits).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                rest = after;
            }
            byte => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = ["disk", "mem", "net work"];

    #[test]
    fn collectors_are_selected_or_excluded() {
        let some = |indices: &[usize]| Ok(Selection::Some(indices.to_vec()));
        let cases = [
            ("", Ok(Selection::All)),
            ("x=1&y", Ok(Selection::All)),
            ("collect[]=mem", some(&[1])),
            ("collect%5B%5D=mem&collect%5b%5d=disk&collect[]=mem", some(&[0, 1])),
            ("collect[]=net%20work&t=1", some(&[2])),
            ("collect[]=net+work", some(&[2])),
            ("exclude[]=mem", some(&[0, 2])),
            ("collect[]=disk&collect[]=mem&collect[]=net+work", Ok(Selection::All)),
            ("exclude[]=disk&exclude[]=mem&exclude[]=net+work", some(&[])),
        ];
        for (query, expected) in cases {
            assert_eq!(selection(query, &NAMES, &[]), expected, "{query}");
        }
    }

    #[test]
    fn parameters_are_text_and_given_once() {
        for (query, expected) in [
            ("target=db:6379", Some("db:6379")),
            ("a=1&target=redis%3A%2F%2Fdb%2F0&a=2", Some("redis://db/0")),
            ("target", Some("")),
            ("targets=x", None),
            ("", None),
        ] {
            assert_eq!(parameter(query, "target"), Ok(expected.map(str::to_owned)), "{query}");
        }
        for (query, expected) in [
            ("target=a&target=b", "the parameter target is given twice; give it once"),
            ("target=a&%74arget=a", "the parameter target is given twice; give it once"),
            ("target&target", "the parameter target is given twice; give it once"),
            ("target=%ff", "the parameter target is not UTF-8 text in percent-encoding"),
            ("target=%x", "the parameter target is not UTF-8 text in percent-encoding"),
        ] {
            assert_eq!(parameter(query, "target"), Err(expected.to_owned()), "{query}");
        }
    }

    #[test]
    fn errors_list_the_available_collectors() {
        let queries = [
            "collect[]=",
            "collect[]=cpu",
            "exclude[]=%",
            "collect[]=%ff",
            "collect[]=mem&exclude[]=disk",
        ];
        for query in queries {
            let error = selection(query, &NAMES, &["tcp"]).unwrap_err();
            assert!(error.contains("disk, mem, net work"), "{query}: {error}");
        }
        let error = selection("collect[]=tcp", &NAMES, &["tcp"]).unwrap_err();
        assert_eq!(error, "the collector tcp is off; start with --collector.tcp");
    }
}
