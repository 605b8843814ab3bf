//! The version in what an exporter prints for `--version`.

use super::text;

/// Lines read at most: version texts are short, logs of an exporter that started are not.
const MAX_LINES: usize = 20;

/// The version without a leading `v`, such as `1.5.0` or `2.42.0+ds`: the one after the word
/// "version" if there is one, else the first. Versions of Go or the platform, dates and addresses
/// do not count. `None` if the text is a help, an error, or names no version.
pub fn version(text: &str) -> Option<String> {
    let lines = text::lines(text);
    if lines.iter().any(|line| line.text.starts_with("Traceback")) {
        return None;
    }
    let end = lines.iter().position(|line| line.text.starts_with("-")).unwrap_or(lines.len());
    let tokens: Vec<&str> = lines[..end]
        .iter()
        .take(MAX_LINES)
        .filter(|line| !line.text.to_lowercase().contains("error"))
        .flat_map(|line| line.text.split(is_separator))
        .filter(|token| !token.is_empty())
        .collect();
    let candidates =
        || tokens.iter().enumerate().filter_map(|(at, token)| Some((at, numbered(token)?)));
    let before =
        |at: usize, steps: usize| at.checked_sub(steps).map(|at| tokens[at].to_lowercase());
    let of_other = |at: usize| {
        let is_version = before(at, 1).as_deref().is_some_and(is_version_word);
        before(at, if is_version { 2 } else { 1 }).is_some_and(|word| is_foreign(&word))
    };
    let named = candidates()
        .find(|(at, _)| before(*at, 1).as_deref().is_some_and(is_version_word) && !of_other(*at));
    let first = || {
        candidates()
            .find(|(at, version)| !of_other(*at) && !is_address(version) && !is_date(version))
    };
    named.or_else(first).map(|(_, version)| version.to_owned())
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || ",;()[]{}\"'`=|/@<>".contains(c)
}

fn is_version_word(word: &str) -> bool {
    ["version", "release", "tag"].contains(&word.trim_end_matches(':').trim_start_matches('-'))
}

/// Whether the version after this word is that of something else.
fn is_foreign(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "go",
        "golang",
        "go-version",
        "goversion",
        "rust",
        "rustc",
        "python",
        "linux",
        "darwin",
        "windows",
        "platform",
        "kernel",
        "gcc",
        "glibc",
        "openssl",
        "java",
        "jvm",
        "on",
        "os",
    ];
    WORDS.contains(&word.trim_end_matches(':'))
}

/// The version in a token such as `v1.2.3-rc1`, `Version:1.2` or `exporter-1.2.3`.
fn numbered(token: &str) -> Option<&str> {
    let token = token.trim_end_matches(['.', ':', '!']);
    let token = match token.rsplit_once(':') {
        Some((key, value)) if key.chars().all(|c| c.is_alphabetic()) => value,
        Some(_) => return None,
        None => token,
    };
    let bare = token.strip_prefix(['v', 'V']).unwrap_or(token);
    // `exporter-1.2.3`, `exporter_v1.2.3`, but not `go1.19` or `libvirt.so.0`.
    let bare = match bare.starts_with(|c: char| c.is_ascii_digit()) {
        true => bare,
        false => {
            let (name, rest) = bare.rsplit_once("exporter")?;
            let rest = rest.strip_prefix(['-', '_'])?;
            (!name.contains('.')).then_some(rest.strip_prefix('v').unwrap_or(rest))?
        }
    };
    let numbers = bare.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(bare.len());
    let (head, suffix) = bare.split_at(numbers);
    let parts: Vec<&str> = head.split('.').collect();
    let dotted = parts.len() >= 2 && parts.iter().all(|part| !part.is_empty() && part.len() <= 8);
    let plain = suffix.chars().all(|c| c.is_ascii_alphanumeric() || "-+~._".contains(c));
    (dotted && plain).then_some(bare)
}

/// Four numbers of up to 255: an address that the exporter listens on.
fn is_address(version: &str) -> bool {
    version.split('.').count() == 4 && version.split('.').all(|part| part.parse::<u8>().is_ok())
}

/// `2023.04.09` or `09.04.2023`; `2023.4.9` is a version by date.
fn is_date(version: &str) -> bool {
    let parts: Vec<&str> = version.split('.').collect();
    let day = |part: &str| part.len() == 2 && part.parse().is_ok_and(|day: u8| day <= 31);
    let year = |part: &str| part.len() == 4 && part.starts_with(['1', '2']);
    match parts[..] {
        [first, second, third] => {
            day(second) && (year(first) && day(third) || day(first) && year(third))
        }
        _ => false,
    }
}
