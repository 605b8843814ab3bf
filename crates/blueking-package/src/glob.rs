//! The patterns by which a description selects metrics: names in which `*` matches any sequence of
//! characters, including none.

/// Whether `pattern` matches all of `name`.
pub fn matches(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut name) = name.strip_prefix(head) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let tail = parts.pop().unwrap_or_default();
    // The earliest match is sufficient for each middle part: it leaves the most for the others.
    for part in parts {
        match name.find(part) {
            Some(at) => name = &name[at + part.len()..],
            None => return false,
        }
    }
    name.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn star_matches_any_sequence() {
        let table = [
            ("sys_mem_usage", "sys_mem_usage", true),
            ("sys_mem_usage", "sys_mem_usage_total", false),
            ("sys_*", "sys_mem_usage", true),
            ("sys_*", "sys_", true),
            ("sys_*", "node_sys_", false),
            ("*", "anything", true),
            ("*", "", true),
            ("*_total", "node_cpu_seconds_total", true),
            ("*_total", "node_total_bytes", false),
            ("node_*_bytes", "node_memory_free_bytes", true),
            ("node_*_bytes", "node_bytes", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("ab*ba", "aba", false),
            ("**", "x", true),
            ("", "", true),
            ("", "x", false),
        ];
        for (pattern, name, expected) in table {
            assert_eq!(matches(pattern, name), expected, "{pattern} on {name}");
        }
    }
}
