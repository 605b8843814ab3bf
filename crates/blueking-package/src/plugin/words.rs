//! Splits arguments like the start script that a site generates: an `eval` in double quotes, then
//! word splitting and globbing without regard to quotes.

use crate::texts::sources_plugin as texts;

/// The result of splitting an argument string on a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// The arguments, as far as they can be determined without executing anything.
    pub words: Vec<String>,
    /// Changes that the script makes to the text, without duplicates.
    pub rewritings: Vec<Rewriting>,
}

/// A change that a site's start script makes to an argument string, besides splitting it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rewriting {
    /// `$` or a backtick: command or variable substitution.
    Executed,
    /// ` #`: the rest is truncated.
    Cut,
    /// `_=` becomes `+=`.
    Plus,
    /// Two backslashes become one.
    Backslash,
    /// `*`, `?` or `[`: a word expands to file names.
    Globbed,
}

impl Rewriting {
    /// The effect, as half a sentence.
    pub fn effect(self) -> String {
        match self {
            Self::Executed => texts::rewriting_executed(),
            Self::Cut => texts::rewriting_cut(),
            Self::Plus => texts::rewriting_plus(),
            Self::Backslash => texts::rewriting_backslash(),
            Self::Globbed => texts::rewriting_globbed(),
        }
    }
}

/// Splits the result of [`command_line`](super::command_line()) like a Linux host with the scripts
/// of a site. `files` are the paths in the plugin folder. Nothing is executed: substitutions are
/// left unchanged and reported.
///
/// ```
/// use blueking_package::plugin::{Rewriting, split_words};
///
/// let split = split_words("--name=a b_=c * ", &["VERSION", "start.sh"]);
/// assert_eq!(split.words, ["--name=a", "b+=c", "VERSION", "start.sh"]);
/// assert_eq!(split.rewritings, [Rewriting::Plus, Rewriting::Globbed]);
/// ```
pub fn split_words(text: &str, files: &[&str]) -> Words {
    let (text, mut rewritings) = rewrite(text);
    let mut words = Vec::new();
    for word in text.split_ascii_whitespace() {
        let mut names = matching(word, files);
        if names.is_empty() {
            words.push(word.to_owned());
        } else {
            rewritings.push(Rewriting::Globbed);
            words.append(&mut names);
        }
    }
    rewritings.sort();
    rewritings.dedup();
    Words { words, rewritings }
}

/// Applies the changes of a Linux host to a value of `env.yaml`, without splitting and globbing.
///
/// ```
/// use blueking_package::plugin::{Rewriting, rewrite};
///
/// assert_eq!(rewrite("a_=b"), ("a+=b".to_owned(), vec![Rewriting::Plus]));
/// ```
pub fn rewrite(text: &str) -> (String, Vec<Rewriting>) {
    let mut rewritings = Vec::new();
    let mut text = text.trim_end().to_owned();
    // If a quote follows, the script treats it as part of a string.
    if let Some((before, after)) = text.split_once(" #")
        && !after.contains(['"', '\''])
    {
        rewritings.push(Rewriting::Cut);
        text = before.trim_end().to_owned();
    }
    for (rewriting, from, to) in
        [(Rewriting::Plus, "_=", "+="), (Rewriting::Backslash, r"\\", r"\")]
    {
        if text.contains(from) {
            rewritings.push(rewriting);
            text = text.replace(from, to);
        }
    }
    if text.contains(['$', '`']) {
        rewritings.push(Rewriting::Executed);
    }
    (text, rewritings)
}

/// The file names that a shell expands a word to, sorted; empty if none match.
fn matching(word: &str, files: &[&str]) -> Vec<String> {
    if !word.contains(['*', '?', '[']) {
        return Vec::new();
    }
    let depth = word.split('/').count();
    let cut = |file: &&str| file.split('/').take(depth).collect::<Vec<_>>().join("/");
    let fits = |path: &String| {
        path.split('/').count() == depth
            && word.split('/').zip(path.split('/')).all(|(pattern, name)| {
                let hidden = name.starts_with('.') && !pattern.starts_with('.');
                !hidden && is_match(pattern, name)
            })
    };
    let mut names: Vec<_> = files.iter().map(cut).filter(fits).collect();
    names.sort();
    names.dedup();
    names
}

/// Whether a shell pattern without `/` matches a name.
fn is_match(pattern: &str, name: &str) -> bool {
    let Some(first) = pattern.chars().next() else { return name.is_empty() };
    let rest = &pattern[first.len_utf8()..];
    let mut after = name.chars();
    let next = after.next();
    match first {
        '*' => is_match(rest, name) || (next.is_some() && is_match(pattern, after.as_str())),
        '?' => next.is_some() && is_match(rest, after.as_str()),
        '[' => match (rest.split_once(']'), next) {
            (Some((set, rest)), Some(c)) => is_in(set, c) && is_match(rest, after.as_str()),
            (Some(_), None) => false,
            (None, _) => next == Some('[') && is_match(rest, after.as_str()),
        },
        c => next == Some(c) && is_match(rest, after.as_str()),
    }
}

/// Whether `[set]` contains a character; supports ranges such as `a-z` and a leading `!` for
/// negation.
fn is_in(set: &str, c: char) -> bool {
    let (set, wanted) = match set.strip_prefix('!') {
        Some(set) => (set, false),
        None => (set, true),
    };
    let chars: Vec<_> = set.chars().collect();
    let in_range =
        chars.windows(3).any(|range| range[1] == '-' && (range[0]..=range[2]).contains(&c));
    (in_range || chars.contains(&c)) == wanted
}

#[cfg(test)]
mod tests {
    use super::Rewriting::{Backslash, Cut, Executed, Globbed, Plus};
    use super::*;

    const FILES: [&str; 5] = ["VERSION", "etc/env.yaml", "etc/a.yaml.tpl", ".hidden", "start.sh"];

    #[test]
    fn arguments_are_split() {
        for (text, words, rewritings) in [
            ("", "", &[][..]),
            ("--a 1 --b  x\ty ", "--a|1|--b|x|y", &[]),
            ("--a \"x y\"", "--a|\"x|y\"", &[]),
            ("--a 1\r", "--a|1", &[]),
            ("--a x #1 --b", "--a|x", &[Cut]),
            ("--a x #1 \"b\"", "--a|x|#1|\"b\"", &[]),
            ("--a x#1", "--a|x#1", &[]),
            ("k_=v", "k+=v", &[Plus]),
            (r"C:\\a\b", r"C:\a\b", &[Backslash]),
            ("$(touch x) `y` ${HOME}", "$(touch|x)|`y`|${HOME}", &[Executed]),
            ("*", "VERSION|etc|start.sh", &[Globbed]),
            ("etc/*.yaml", "etc/env.yaml", &[Globbed]),
            ("[A-Z]* no* ?tart.sh", "VERSION|no*|start.sh", &[Globbed]),
            ("[!A-Z]*.sh", "start.sh", &[Globbed]),
            ("[::1]:9601", "[::1]:9601", &[]),
        ] {
            let split = split_words(text, &FILES);
            assert_eq!(
                (&*split.words.join("|"), &*split.rewritings),
                (words, rewritings),
                "{text}"
            );
        }
    }
}
