//! The left column of a flag: its names, and the placeholder or default of its value.

use super::style::Style;

/// Bytes of a synopsis at most, when a quoted default runs over several lines.
pub(super) const MAX_BYTES: usize = 8 << 10;

/// What the left column says, and the help that follows it.
#[derive(Debug, Default)]
pub(super) struct Synopsis {
    pub(super) names: Vec<String>,
    pub(super) negatable: bool,
    pub(super) value: Option<String>,
    pub(super) repeated: bool,
    pub(super) default: Option<String>,
    pub(super) choices: Vec<String>,
    pub(super) help: String,
}

/// Reads a flag from the start of a text. `column` is where the help is expected: a name that
/// fills the left column is followed by a single space.
pub(super) fn read(text: &str, style: Style, column: Option<usize>) -> Option<Synopsis> {
    // Past the end for a line that is shorter: kingpin's help is on the next one.
    let byte = |column| text.char_indices().nth(column).map_or(text.len(), |(at, _)| at);
    let column = column.map(byte);
    let mut reader = Reader { text, at: 0, column, style, found: Synopsis::default() };
    while reader.name() {
        reader.value();
        if !reader.next_name() {
            break;
        }
    }
    let mut found = reader.found;
    if found.names.is_empty() {
        return None;
    }
    found.help = text[reader.at..].trim_start().to_owned();
    Some(found)
}

/// Whether the text ends within the quotes of `--flag="...`.
pub(super) fn is_quote_open(text: &str) -> bool {
    let name_end = text.find([' ', '=']).unwrap_or(text.len());
    // `-f, --flag="` has its second name after a comma.
    let rest = match text[..name_end].ends_with(',') {
        true => text[name_end..].trim_start().split_once('=').map_or("", |(_, rest)| rest),
        false => text[name_end..].strip_prefix('=').unwrap_or_default(),
    };
    rest.starts_with('"') && quoted_end(rest).is_none()
}

/// Bytes of a text in double quotes, both quotes included.
pub(super) fn quoted_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Takes the quotes and escapes of Go's `%q` away.
pub(super) fn unquote(quoted: &str) -> String {
    let inner = quoted.strip_prefix('"').unwrap_or(quoted);
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some(kind @ ('x' | 'u' | 'U')) => {
                let digits = match kind {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let code: String = chars.by_ref().take(digits).collect();
                out.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    column: Option<usize>,
    style: Style,
    found: Synopsis,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Takes a name with its dashes.
    fn name(&mut self) -> bool {
        let rest = self.rest();
        let dashes = rest.len() - rest.trim_start_matches('-').len();
        if !(1..=2).contains(&dashes) {
            return false;
        }
        let mut after = &rest[dashes..];
        if let Some(stripped) = after.strip_prefix("[no-]") {
            self.found.negatable = true;
            after = stripped;
        }
        let end = after
            .find(|c: char| !c.is_alphanumeric() && !"._-:?".contains(c))
            .unwrap_or(after.len());
        let bare = after[..end].trim_end_matches([':', '.']);
        self.found.repeated |= after[..end].ends_with("...");
        if bare.is_empty() {
            return false;
        }
        self.at = self.text.len() - after.len() + end;
        let name = format!("{}{bare}", &rest[..dashes]);
        // `--flag / --no-flag`, `--flag, --no-flag`.
        if let Some(positive) = name.strip_prefix("--no-")
            && self.found.names.iter().any(|known| known.strip_prefix("--") == Some(positive))
        {
            self.found.negatable = true;
        } else {
            self.found.names.push(name);
        }
        true
    }

    /// Takes the separator before another name.
    fn next_name(&mut self) -> bool {
        for separator in [", ", " / ", " | ", ",", "/", " "] {
            let Some(after) = self.rest().strip_prefix(separator) else { continue };
            let name = after.trim_start();
            // `-h --help` with one space is a name only if it is not the help's beginning.
            if name.starts_with('-')
                && (separator != " " || name.starts_with("--") && after == name)
            {
                self.at = self.text.len() - name.len();
                return true;
            }
        }
        false
    }

    /// Takes `=VALUE`, `[=VALUE]` or ` VALUE`.
    fn value(&mut self) {
        let rest = self.rest();
        if let Some(after) = rest.strip_prefix('=') {
            self.at += 1;
            self.after_equals(after);
        } else if rest.starts_with("[=") || rest.starts_with("[<") {
            let end = rest.find(']').map_or(rest.len(), |end| end + 1);
            self.at += end;
            self.placeholder(rest[..end].trim_matches(['[', ']', '=']));
        } else if let Some(after) = rest.strip_prefix(' ')
            && !after.starts_with([' ', '-', '/', '|', '.'])
            && self.column != Some(self.at + 1)
        {
            let end = self.plain_end(after);
            // Help that a hand-written text sets one space after the name.
            let plain = after[..end].split('[').next().unwrap_or_default();
            if plain.split_whitespace().count() > 3 && !after.starts_with(['{', '<']) {
                return;
            }
            self.at += 1 + end;
            self.placeholder(&after[..end]);
        }
        if let Some(after) = self.rest().trim_start_matches(' ').strip_prefix("...")
            && (after.is_empty() || after.starts_with(' '))
        {
            self.found.repeated = true;
            self.at = self.text.len() - after.len();
        }
    }

    fn after_equals(&mut self, after: &str) {
        if after.starts_with('"') {
            let end = quoted_end(after).unwrap_or(after.len());
            self.at += end;
            self.found.value = Some(String::new());
            self.found.default = Some(unquote(&after[..end])).filter(|value| !value.is_empty());
            return;
        }
        let end = if self.style.shows_default_after_equals() {
            self.padded_end(after)
        } else {
            let word = after.find(' ').unwrap_or(after.len());
            after[..word].find(",-").unwrap_or(word)
        };
        let value = &after[..end];
        self.at += end;
        let once = value.strip_suffix(" ...").unwrap_or(value);
        // kong: `A,...`, `KEY=VALUE;...`.
        let bare = once.trim_end_matches("...").trim_end_matches([',', ';']).trim_end();
        self.found.repeated |= bare.len() < value.len();
        if self.style.shows_default_after_equals() && !is_placeholder(bare) {
            self.found.value = Some(String::new());
            // `a...` is the first of several defaults.
            self.found.default = (bare.len() == once.len()).then(|| bare.to_owned());
        } else {
            self.placeholder(bare);
        }
    }

    /// Where a default of kingpin ends, which may have gaps: at the padding before the help, or
    /// with the line if the help begins on the next one.
    fn padded_end(&self, text: &str) -> usize {
        let offset = self.text.len() - text.len();
        let Some(column) = self.column.and_then(|column| column.checked_sub(offset)) else {
            return if self.column.is_some() { text.len() } else { self.plain_end(text) };
        };
        match text.get(..column) {
            Some(left) if left.ends_with("  ") && !text[column..].starts_with(' ') => {
                left.trim_end().len()
            }
            _ => self.plain_end(text),
        }
    }

    /// Where a value without quotes ends: at a gap, the help's column, or another name.
    fn plain_end(&self, text: &str) -> usize {
        let offset = self.text.len() - text.len();
        let mut end = text.find("  ").unwrap_or(text.len());
        for separator in [", -", " | -", " / -"] {
            end = text[..end].find(separator).unwrap_or(end);
        }
        if let Some(column) = self.column.and_then(|column| column.checked_sub(offset))
            && column < end
            && text.is_char_boundary(column)
            && text[..column].ends_with(' ')
        {
            end = column - 1;
        }
        end
    }

    fn placeholder(&mut self, raw: &str) {
        let raw = raw.trim();
        let (mut value, mut tail) = (raw, "");
        // `value [ --flag value ]`, `string[="x"]`, `HOST [HOST ...]`.
        if let Some(open) = raw.find('[').filter(|open| *open > 0) {
            (value, tail) = (raw[..open].trim(), &raw[open..]);
        }
        if tail.starts_with("[ -") || value.ends_with("...") {
            self.found.repeated = true;
        }
        value = value.trim_end_matches("...").trim();
        let list =
            [('{', '}', ','), ('[', ']', '|')].into_iter().find_map(|(open, close, comma)| {
                let inner = value.strip_prefix(open)?.strip_suffix(close)?;
                Some(inner.split(comma).map(|item| item.trim().to_owned()).collect::<Vec<_>>())
            });
        if let Some(choices) = list.filter(|choices| choices.len() > 1) {
            self.found.choices = choices;
        }
        if self.style == Style::Pflag && value == "count" {
            self.found.repeated = true;
            return;
        }
        const LISTS: &[&str] = &["strings", "stringArray", "stringSlice", "stringToString", "ints"];
        if self.style == Style::Pflag && LISTS.contains(&value) {
            self.found.repeated = true;
        }
        // `[OPT]` may be left out.
        let bare = value.strip_prefix('[').and_then(|value| value.strip_suffix(']'));
        let value = bare.filter(|bare| !bare.contains('|')).unwrap_or(value);
        let value = value.trim_start_matches('<').trim_end_matches('>');
        self.found.value = Some(value.to_owned());
    }
}

/// Whether what kingpin or kong prints after `=` is a placeholder. An upper-case word could be a default
/// too; taking it for one would put a wrong value into a form.
fn is_placeholder(value: &str) -> bool {
    value.is_empty()
        || (value.starts_with('<') && value.ends_with('>'))
        || (value.starts_with(|c: char| c.is_ascii_uppercase())
            && value
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || "._-=".contains(c)))
}
