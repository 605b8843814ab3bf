//! Notes in brackets that flag libraries add to a help text: `(default "x")`, `[env: X=]`,
//! `[possible values: a, b]`, `($X)`, `[required]`.

use super::style::Style;
use super::synopsis::{quoted_end, unquote};
use super::words::is_env_name;
use super::{HelpFlag, prose};

/// Fills the fields of `flag` that its help text names, and sets its help without those notes.
pub(super) fn take(flag: &mut HelpFlag, help: String, style: Style) {
    let mut kept = String::with_capacity(help.len());
    let mut rest = help.as_str();
    while let Some(open) = rest.find(['[', '(']) {
        let (before, bracket) = rest.split_at(open);
        kept.push_str(before);
        let end = end_of_note(&bracket[..bracket.floor_char_boundary(MAX_NOTE)]);
        let taken = end.is_some_and(|end| {
            let inner = &bracket[1..end - 1];
            note(flag, inner, bracket.len() == end)
        });
        if taken {
            kept.truncate(kept.trim_end().len());
            rest = &bracket[end.unwrap_or(1)..];
        } else {
            kept.push_str(&bracket[..1]);
            rest = &bracket[1..];
        }
    }
    kept.push_str(rest);
    flag.help = kept.trim().to_owned();
    prose::take(flag);
    if flag.value.is_none() {
        as_switch(flag, style);
    } else if style == Style::Pflag && flag.repeated {
        as_list(flag);
    } else if style == Style::Urfave
        && let Some(default) = &flag.default
        && default.contains("\", \"")
    {
        flag.repeated = true;
        flag.default = Some(default.trim_matches('"').replace("\", \"", ","));
    }
    // A list that lacks the default is not the list of the flag's values.
    if let Some(default) = &flag.default
        && !flag.choices.contains(default)
    {
        flag.choices.clear();
    }
}

/// Bytes of a note at most. Without a bound, a text of opening brackets takes quadratic time.
const MAX_NOTE: usize = 2 << 10;

/// Beginnings of notes, in lower case.
const KEYS: &[&str] = &[
    "default",
    "env",
    "environment",
    "$",
    "possible values",
    "choices",
    "required",
    "alias",
    "aliases",
    "short aliases",
];

/// Bytes of a note with its brackets, if this is one.
fn end_of_note(bracket: &str) -> Option<usize> {
    let inner = bracket[1..].trim_start();
    let head: String = inner.chars().take(16).collect::<String>().to_lowercase();
    if !KEYS.iter().any(|key| head.starts_with(key)) {
        return None;
    }
    let close = if bracket.starts_with('[') { ']' } else { ')' };
    let open = &bracket[..1];
    // A quoted default ends with its quote, whatever brackets it has.
    if head.starts_with("default")
        && let Some(quote) = bracket.find('"').filter(|quote| *quote < 14)
        && let Some(length) = quoted_end(&bracket[quote..])
        && let after = quote + length
        && bracket[after..].starts_with(close)
    {
        return Some(after + 1);
    }
    let mut depth = 0_usize;
    for (at, c) in bracket.char_indices() {
        if open.starts_with(c) {
            depth += 1;
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                return Some(at + 1);
            }
        }
    }
    // An unbalanced regular expression at the end.
    bracket.ends_with(close).then_some(bracket.len())
}

/// Takes the text of one note. `last` says that nothing follows it.
fn note(flag: &mut HelpFlag, inner: &str, last: bool) -> bool {
    // click puts several into one bracket, and go-arg does.
    let several = ["; ", ", "]
        .into_iter()
        .find(|separator| inner.contains(separator) && inner.split(separator).all(is_key));
    let parts: Vec<&str> = match several {
        Some(separator) if !inner.starts_with('$') => inner.split(separator).collect(),
        _ => vec![inner],
    };
    let mut taken = false;
    for part in parts {
        taken |= part_of_note(flag, part.trim(), last);
    }
    taken
}

fn is_key(part: &str) -> bool {
    let part = part.trim().to_lowercase();
    KEYS.iter().any(|key| part.starts_with(key))
}

fn part_of_note(flag: &mut HelpFlag, part: &str, last: bool) -> bool {
    if part.eq_ignore_ascii_case("required") {
        flag.required = true;
        return true;
    }
    if let Some(names) = part.strip_prefix('$') {
        // urfave lists several; kingpin's own note is one name.
        let name = names.split([',', ' ']).next().unwrap_or_default();
        return set_env(flag, name);
    }
    if let Some(rest) = after_key(part, &["env var", "environment variable", "env"]) {
        let rest = rest.trim_start_matches([':', ' ']);
        let end = rest.find(|c: char| c == '=' || c == ',' || c.is_whitespace());
        return set_env(flag, &rest[..end.unwrap_or(rest.len())]);
    }
    if let Some(rest) = after_key(part, &["possible values", "choices"]) {
        if flag.choices.is_empty() {
            flag.choices = rest.split([',', '|']).map(|item| item.trim().to_owned()).collect();
        }
        return true;
    }
    if after_key(part, &["short aliases", "aliases", "alias"]).is_some() {
        return true;
    }
    let Some(rest) = after_key(part, &["defaults to", "default is", "default value", "default"])
    else {
        return false;
    };
    let exact = part.contains(':') || rest.starts_with(['"', '\'']);
    if !exact && !last && rest.contains(' ') {
        return false;
    }
    set_default(flag, rest);
    true
}

/// What follows one of `keys` and a colon, a space or `=`.
fn after_key<'a>(part: &'a str, keys: &[&str]) -> Option<&'a str> {
    keys.iter().find_map(|key| {
        let head = part.get(..key.len())?;
        let rest = &part[key.len()..];
        let bounded = rest.is_empty() || rest.starts_with([':', ' ', '=']);
        (head.eq_ignore_ascii_case(key) && bounded)
            .then(|| rest.strip_prefix([':', '=']).unwrap_or(rest).trim())
    })
}

fn set_env(flag: &mut HelpFlag, name: &str) -> bool {
    let name = name.trim_matches(|c: char| "$\"'`.".contains(c));
    if is_env_name(name) {
        flag.env.get_or_insert_with(|| name.to_owned());
    }
    is_env_name(name)
}

/// Sets the default unless the left column already gave one.
pub(super) fn set_default(flag: &mut HelpFlag, raw: &str) {
    const NONE: &[&str] = &["", "None", "none", "<none>", "null", "nil", "<nil>", "\"\"", "''"];
    if flag.default.is_some() || NONE.contains(&raw) {
        return;
    }
    let value = if raw.starts_with('"') && quoted_end(raw) == Some(raw.len()) {
        unquote(raw)
    } else {
        let single = raw.strip_prefix('\'').and_then(|raw| raw.strip_suffix('\''));
        let back = raw.strip_prefix('`').and_then(|raw| raw.strip_suffix('`'));
        single.or(back).unwrap_or(raw).to_owned()
    };
    flag.default = Some(value).filter(|value| !value.is_empty());
}

/// Takes the brackets of pflag's lists away: `[a,b]` is given as `a,b`.
fn as_list(flag: &mut HelpFlag) {
    let Some(default) = &flag.default else { return };
    let Some(inner) = default.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        return;
    };
    // The items of an array are given one by one.
    let one_value = flag.value.as_deref() != Some("stringArray") || !inner.contains(',');
    flag.default = (one_value && !inner.is_empty()).then(|| inner.to_owned());
}

/// Brings a switch's default to `true` or `false`. A "switch" with another default takes a value
/// in texts that no library makes.
fn as_switch(flag: &mut HelpFlag, style: Style) {
    let Some(default) = flag.default.take() else { return };
    // argparse prints the default of what the switch changes: `True` for one that turns it off.
    if style == Style::Argparse && flag.name.starts_with("--no-") {
        return;
    }
    // click names the side that is on: `--raw / --no-raw  [default: no-raw]`.
    let bare = flag.name.trim_start_matches('-');
    let default = match default.strip_prefix("no-").unwrap_or(&default) {
        name if name != bare => default,
        _ if default == bare => "true".to_owned(),
        _ => "false".to_owned(),
    };
    match default.to_lowercase().as_str() {
        "true" | "on" | "enabled" | "yes" => flag.default = Some("true".to_owned()),
        "false" | "off" | "disabled" | "no" => flag.default = Some("false".to_owned()),
        _ if style == Style::Unknown => {
            flag.value = Some(String::new());
            flag.default = Some(default);
        }
        _ => {}
    }
}
