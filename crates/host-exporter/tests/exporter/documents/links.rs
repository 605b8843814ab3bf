//! Links between Markdown files: to files that exist, and to headings in them.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// What is wrong with the relative links of a document.
pub(super) fn broken(document: &Path) -> Vec<String> {
    let text = fs::read_to_string(document).unwrap();
    let mut broken = Vec::new();
    for target in relative_links(&text) {
        let (path, fragment) = target.split_once('#').unwrap_or((target, ""));
        let linked = match path {
            "" => document.to_owned(),
            path => document.with_file_name(path),
        };
        let problem = if !linked.exists() {
            "leads to no file"
        } else if !fragment.is_empty()
            && !slugs(&fs::read_to_string(&linked).unwrap_or_default()).contains(fragment)
        {
            "leads to no heading"
        } else {
            continue;
        };
        broken.push(format!("{}: {target} {problem}", document.display()));
    }
    broken
}

/// The lines that are not in a fenced block of code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// The targets of inline links and images; a link in a code span is text.
fn relative_links(text: &str) -> Vec<&str> {
    let mut links = Vec::new();
    for line in prose(text) {
        let is_in_code = |at: usize| line[..at].matches('`').count() % 2 == 1;
        for (at, opening) in line.match_indices("](") {
            let rest = &line[at + opening.len()..];
            let end = rest.find([')', ' ']).unwrap_or(rest.len());
            let target = &rest[..end];
            let is_absolute = target.contains("://") || target.starts_with("mailto:");
            if !is_absolute && !is_in_code(at) {
                links.push(target);
            }
        }
    }
    links
}

/// The fragments by which GitHub links to the headings of a document.
fn slugs(text: &str) -> HashSet<String> {
    let mut slugs = HashSet::new();
    for line in prose(text) {
        let heading = line.trim_start_matches('#');
        if heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let slug = slug(heading);
        let numbered = (1..).map(|number| format!("{slug}-{number}"));
        let free = std::iter::once(slug.clone()).chain(numbered).find(|it| !slugs.contains(it));
        slugs.extend(free);
    }
    slugs
}

/// Lower case, without punctuation, with hyphens for blanks. Letters of all scripts stay.
fn slug(heading: &str) -> String {
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    let lower = heading.trim().chars().flat_map(char::to_lowercase);
    lower.filter(kept).map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

#[test]
fn documents_have_slugs_as_github_makes_them() {
    let text = "# One\n## `cargo xtask`: bird's-eye view, 5.1\n## TLS 和基本认证\n## 一、参数（全部）\n\
                ## One\n### host_exporter: arp\n```sh\n# no heading\n```\n#no-heading\n";
    let expected = [
        "one",
        "cargo-xtask-birds-eye-view-51",
        "tls-和基本认证",
        "一参数全部",
        "one-1",
        "host_exporter-arp",
    ];
    assert_eq!(slugs(text), expected.map(str::to_owned).into());
}

#[test]
fn documents_have_relative_links_outside_of_code() {
    let text = "[a](b.md#c) and [`d`](#e), `[no](link.md)`, [web](https://example.com/)\n\
                ```\n[no](link.md)\n```\n![f](g.png \"title\")\n";
    assert_eq!(relative_links(text), ["b.md#c", "#e", "g.png"]);
}
