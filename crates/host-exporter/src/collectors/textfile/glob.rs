//! Folders by pattern: `*`, `?` and `[a-z]` within the names of a path, as shells have them.

use std::fs;
use std::path::{Component, Path, PathBuf};

/// More folders than anybody keeps metrics in.
const MAX_FOLDERS: usize = 1000;

/// The matching paths, sorted; the pattern itself if none match, so that reading it fails.
pub(super) fn folders(pattern: &str) -> Vec<PathBuf> {
    if !pattern.contains(['*', '?', '[']) {
        return vec![pattern.into()];
    }
    let mut found = vec![PathBuf::new()];
    for component in Path::new(pattern).components() {
        found = match component.as_os_str().to_str() {
            Some(part) if part.contains(['*', '?', '[']) => {
                found.iter().flat_map(|folder| matching(folder, part)).take(MAX_FOLDERS).collect()
            }
            _ => found.iter().map(|folder| folder.join(component)).collect(),
        };
        if !matches!(component, Component::RootDir | Component::Prefix(_)) {
            found.retain(|path| path.exists());
        }
    }
    if found.is_empty() { vec![pattern.into()] } else { found }
}

fn matching(folder: &Path, part: &str) -> Vec<PathBuf> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = fs::read_dir(here).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<_> = names.filter(|name| is_match(part, name)).collect();
    names.sort_unstable();
    names.iter().map(|name| folder.join(name)).collect()
}

fn is_match(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<_>, Vec<_>) = (pattern.chars().collect(), name.chars().collect());
    // Where the last `*` was, and the name from which on it has matched nothing yet.
    let mut star = None;
    let (mut at, mut here) = (0, 0);
    while here < name.len() {
        if pattern.get(at) == Some(&'*') {
            star = Some((at + 1, here));
            at += 1;
        } else if let Some(length) = one(&pattern[at..], name[here]) {
            at += length;
            here += 1;
        } else if let Some((after, from)) = star {
            star = Some((after, from + 1));
            (at, here) = (after, from + 1);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

/// How much of the pattern stands for one character, if it is this one.
fn one(pattern: &[char], character: char) -> Option<usize> {
    match pattern {
        ['?', ..] => Some(1),
        ['\\', escaped, ..] => (*escaped == character).then_some(2),
        ['[', class @ ..] => {
            let negated = matches!(class, ['^', ..]);
            let begin = usize::from(negated);
            let end = begin + class[begin..].iter().position(|c| *c == ']')?;
            let (mut at, mut found) = (begin, false);
            while at < end {
                let is_range = at + 2 < end && class[at + 1] == '-';
                let last = if is_range { class[at + 2] } else { class[at] };
                found |= (class[at]..=last).contains(&character);
                at += if is_range { 3 } else { 1 };
            }
            (found != negated).then_some(end + 2)
        }
        [plain, ..] => (*plain == character).then_some(1),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_as_in_a_shell() {
        for (pattern, name, expected) in [
            ("*", "a", true),
            ("a*b*c", "aXbbYc", true),
            ("a*b*c", "aXbbY", false),
            ("?b", "ab", true),
            ("?", "内", true),
            ("?", "", false),
            ("[a-c]x[^0-9]", "bxy", true),
            ("[a-c]x[^0-9]", "bx5", false),
            ("[a", "a", false),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("*a", "aab", false),
        ] {
            assert_eq!(is_match(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn folders_are_found_in_each_part_of_a_path() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().to_str().unwrap();
        for name in ["a1/metrics", "a2/metrics", "a3/other", "b1/metrics"] {
            fs::create_dir_all(temporary.path().join(name)).unwrap();
        }
        let find = |pattern: &str| {
            let found = folders(&format!("{root}/{pattern}"));
            let cut = |path: &PathBuf| path.to_str().unwrap()[root.len() + 1..].replace('\\', "/");
            found.iter().map(cut).collect::<Vec<_>>()
        };
        assert_eq!(find("a*/metrics"), ["a1/metrics", "a2/metrics"]);
        assert_eq!(find("a[13]/*"), ["a1/metrics", "a3/other"]);
        assert_eq!(find("c*"), ["c*"]);
        assert_eq!(find("plain"), ["plain"]);
    }
}
