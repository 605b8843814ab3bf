//! What authors write into a help text themselves: "defaults to :9100", "can be set with X",
//! "one of a, b or c", "may be repeated".

use super::words::is_env_name;
use super::{HelpFlag, notes};

/// Fills the fields of `flag` that its notes left empty.
pub(super) fn take(flag: &mut HelpFlag) {
    let help = std::mem::take(&mut flag.help);
    if flag.env.is_none() {
        // The help of `--password-file` names the variable that holds the password itself.
        let of_file = |name: &String| ["FILE", "PATH", "CONF"].iter().any(|end| name.contains(end));
        flag.env = env(&help).filter(|name| !flag.name.ends_with("file") || of_file(name));
    }
    if flag.default.is_none()
        && flag.value.is_some()
        && let Some(value) = default(&help)
    {
        notes::set_default(flag, value);
    }
    let (help, described) = cut_described_choices(help);
    if flag.choices.is_empty() && flag.value.is_some() {
        let default = flag.default.as_deref();
        flag.choices = described.or_else(|| choices(&help, default)).unwrap_or_default();
    }
    let lower = help.to_lowercase();
    const REPEATED: &[&str] = &[
        "multiple times",
        "several times",
        "more than once",
        "be repeated",
        "repeatable",
        "can be specified multiple",
        "use multiple",
    ];
    flag.repeated |= REPEATED.iter().any(|hint| lower.contains(hint));
    flag.help = help;
}

/// Words before and after a variable's name that make it the one which sets the flag. A variable
/// that the text merely mentions does not count.
fn env(help: &str) -> Option<String> {
    let words: Vec<&str> = help.split_whitespace().map(bare).collect();
    let is = |at: Option<usize>, wanted: &[&str]| {
        at.and_then(|at| words.get(at))
            .is_some_and(|word| wanted.iter().any(|wanted| word.eq_ignore_ascii_case(wanted)))
    };
    const BY: &[&str] = &["by", "with", "from", "via", "using", "through", "in", "or", "env"];
    const KIND: &[&str] = &["env", "environment", "variable", "var", "envvar", "env-var"];
    words.iter().enumerate().filter(|(_, word)| is_env_name(word)).find_map(|(at, name)| {
        let before = |steps: usize| at.checked_sub(steps);
        // "by the NAME environment variable", "by NAME variable".
        let named_first = is(Some(at + 1), KIND)
            && (is(before(1), BY) || (is(before(1), &["the"]) && is(before(2), BY)));
        // "from environment variable NAME", "(env NAME)", "env: NAME".
        let kind_first = is(before(1), KIND) && {
            let start = (1..=4).take_while(|steps| is(before(*steps), KIND)).count();
            let preposition = start + 1;
            is(before(preposition), BY)
                || (is(before(preposition), &["the", "an"]) && is(before(preposition + 1), BY))
                || is(before(1), &["env"])
        };
        // "can be set with NAME".
        let set_with = name.contains('_')
            && is(before(1), BY)
            && is(before(2), &["set", "overridden", "overwritten", "configured", "given"]);
        (named_first || kind_first || set_with).then(|| (*name).to_owned())
    })
}

/// A word without the punctuation and quotes around it.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_')
}

/// The value after "defaults to" or "default:". Only what looks like a value counts: "defaults to
/// the path of --other" is not a default.
fn default(help: &str) -> Option<&str> {
    const LEADS: &[&str] =
        &["defaults to ", "default is ", "default: ", "default value: ", "default "];
    let lower = help.to_ascii_lowercase();
    let start = LEADS.iter().find_map(|lead| lower.find(lead).map(|at| at + lead.len()))?;
    let rest = help.get(start..)?;
    if let Some(quote) = rest.chars().next().filter(|c| "\"'`".contains(*c)) {
        return Some(&rest[..rest[1..].find(quote)? + 2]);
    }
    let raw = rest.split_whitespace().next()?;
    let word = raw.trim_end_matches(['.', ',', ';', ')', ']']);
    // In "default is 5 minutes" the flag takes another form.
    if word.len() == raw.len() && raw.len() < rest.trim_end().len() {
        return None;
    }
    let looks = word.starts_with(|c: char| c.is_ascii_digit() || ":/".contains(c));
    (looks && !word.starts_with("//") && word != ":" && word != "/.").then_some(word)
}

/// Cuts clap's list of described values, `Possible values: - a: text - b: text`, off a help text.
fn cut_described_choices(mut help: String) -> (String, Option<Vec<String>>) {
    const LEAD: &str = "Possible values: - ";
    let Some(start) = help.find(LEAD) else { return (help, None) };
    let names =
        help[start + LEAD.len()..].split(" - ").filter_map(|item| item.split([':', ' ']).next());
    let names: Vec<String> = names.map(str::to_owned).collect();
    help.truncate(help[..start].trim_end().len());
    let plain = names.iter().all(|name| is_plain(name));
    (help, plain.then_some(names))
}

/// The items of "one of: a, b" or "valid levels are a, b and c". Without such words, a list after a
/// colon counts if the default is in it.
fn choices(help: &str, default: Option<&str>) -> Option<Vec<String>> {
    let lower = help.to_ascii_lowercase();
    // Several may be given at once.
    if lower.contains("comma") || lower.contains("list of") {
        return None;
    }
    let after = |lead: &str| lower.find(lead).map(|at| at + lead.len());
    let valid_are = || {
        let at = after("valid ")?;
        let list = at + lower[at..].find(" are ")? + " are ".len();
        // "valid levels are", with one word between.
        (!lower[at..list - " are ".len()].contains(' ')).then_some(list)
    };
    let leads = [
        "one of:",
        "one of ",
        "valid values:",
        "valid options:",
        "possible values:",
        "choose from",
    ];
    let found = leads.iter().find_map(|lead| after(lead)).or_else(valid_are);
    if let Some(start) = found {
        return list(help.get(start..)?);
    }
    let default = default?;
    let (_, rest) = help.split_once(": ")?;
    list(rest).filter(|items| items.iter().any(|item| item == default))
}

/// Items up to the end of the sentence, if they are single words.
fn list(text: &str) -> Option<Vec<String>> {
    let text = text.trim_start_matches([' ', '[', '(', '{', ':']);
    let end = text
        .char_indices()
        .find(|(at, c)| {
            "])};".contains(*c) || (*c == '.' && text[at + 1..].starts_with([' ', ')']))
        })
        .map_or(text.len(), |(at, _)| at);
    let text = text[..end].trim_end_matches('.').replace(" and ", ", ").replace(" or ", ", ");
    let items: Vec<String> = text
        .split([',', '|'])
        .map(|item| item.trim().trim_matches(['\'', '"', '`']).to_owned())
        .filter(|item| !item.is_empty())
        .collect();
    (items.len() > 1 && items.iter().all(|item| is_plain(item))).then_some(items)
}

/// Whether an item of a list is one word.
fn is_plain(item: &str) -> bool {
    !item.is_empty() && item.chars().all(|c| c.is_alphanumeric() || "._-+".contains(c))
}
