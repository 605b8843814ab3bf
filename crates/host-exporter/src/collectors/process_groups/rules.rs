//! Which group a process belongs to: the first rule all of whose conditions match names it.

use exporter_kit::Pattern;

/// `NAME=FIELD:REGEX and FIELD:REGEX`.
#[derive(Debug)]
pub(super) struct Rule {
    name: String,
    conditions: Vec<(Field, Pattern)>,
}

/// What is known of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Comm,
    Exe,
    Cmdline,
    User,
    Unit,
}

const FIELDS: [(&str, Field); 5] = [
    ("comm", Field::Comm),
    ("exe", Field::Exe),
    ("cmdline", Field::Cmdline),
    ("user", Field::User),
    ("unit", Field::Unit),
];

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        let (name, conditions) =
            text.split_once('=').ok_or("the group's name and = are missing")?;
        if name.is_empty() {
            return Err("the group's name is empty".into());
        }
        let mut rest = name;
        while let Some((_, after)) = rest.split_once('{') {
            let (field, after) = after.split_once('}').ok_or("a } is missing")?;
            field_named(field).ok_or_else(|| unknown(field))?;
            rest = after;
        }
        let mut rule = Self { name: name.to_owned(), conditions: Vec::new() };
        let mut rest = Some(conditions);
        while let Some(text) = rest {
            let (field, pattern) = text.split_once(':').ok_or("a condition is FIELD:REGEX")?;
            let field = field_named(field).ok_or_else(|| unknown(field))?;
            // An expression may hold the word too, but hardly with a condition behind it.
            let next = pattern.match_indices(AND).map(|(at, _)| at).find(|at| {
                let next = pattern[at + AND.len()..].split_once(':');
                next.is_some_and(|(field, _)| field_named(field).is_some())
            });
            let end = next.unwrap_or(pattern.len());
            rule.conditions.push((field, Pattern::new(&pattern[..end])?));
            rest = next.map(|at| &pattern[at + AND.len()..]);
        }
        Ok(rule)
    }

    /// The name of the group, if a process with these fields is one of its.
    pub(super) fn group<'a>(&self, field: impl Fn(Field) -> &'a str) -> Option<String> {
        if !self.conditions.iter().all(|(of, pattern)| pattern.is_match(field(*of))) {
            return None;
        }
        let (mut name, mut rest) = (String::new(), self.name.as_str());
        while let Some((before, after)) = rest.split_once('{') {
            name.push_str(before);
            let (of, after) = after.split_once('}').unwrap_or((after, ""));
            let text = field_named(of).map(|of| (of, field(of)));
            name.push_str(match text {
                Some((Field::Exe, path)) => path.rsplit('/').next().unwrap_or(path),
                Some((_, text)) => text,
                None => "",
            });
            rest = after;
        }
        name.push_str(rest);
        // A long command line makes a poor label.
        let end = (0..=MAX_NAME_BYTES.min(name.len())).rev().find(|&at| name.is_char_boundary(at));
        name.truncate(end.unwrap_or(0));
        Some(name).filter(|name| !name.is_empty())
    }

    /// Whether the rule asks for this field.
    pub(super) fn needs(&self, field: Field) -> bool {
        let named = FIELDS.iter().find(|(_, of)| *of == field).map_or("", |(name, _)| name);
        self.conditions.iter().any(|(of, _)| *of == field)
            || self.name.contains(&format!("{{{named}}}"))
    }
}

const AND: &str = " and ";
const MAX_NAME_BYTES: usize = 256;

fn field_named(name: &str) -> Option<Field> {
    FIELDS.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
}

fn unknown(field: &str) -> String {
    format!("{field:?} is not one of comm, exe, cmdline, user and unit")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nginx(field: Field) -> &'static str {
        match field {
            Field::Comm => "nginx",
            Field::Exe => "/usr/sbin/nginx",
            Field::Cmdline => "nginx: worker process",
            Field::User => "www-data",
            Field::Unit => "",
        }
    }

    #[test]
    fn rules_name_the_processes_that_they_match() {
        let cases = [
            ("{comm}=cmdline:.+", Some("nginx")),
            ("web=comm:^nginx$ and user:^www-", Some("web")),
            ("web=comm:^nginx$ and user:^root$", None),
            ("{user}/{exe}=exe:^/usr/", Some("www-data/nginx")),
            ("x=cmdline:worker and idle", None),
            ("x=cmdline:nginx: worker", Some("x")),
            ("{unit}=comm:.", None),
            ("é{comm}=comm:a|n", Some("énginx")),
        ];
        for (rule, expected) in cases {
            assert_eq!(Rule::new(rule).unwrap().group(nginx).as_deref(), expected, "{rule}");
        }
        let rule = Rule::new("{unit}=comm:a and user:b").unwrap();
        let needs = FIELDS.map(|(_, field)| rule.needs(field));
        assert_eq!(needs, [true, false, false, true, true]);
    }

    #[test]
    fn rules_that_make_no_sense_are_refused() {
        for rule in
            ["", "web", "web=", "=comm:a", "web=comm", "web=pid:1", "{x}=comm:a", "{x=comm:a"]
        {
            assert!(Rule::new(rule).is_err(), "{rule}");
        }
        assert!(Rule::new("a=comm:(").is_err() && Rule::new("a=comm:a and user:(").is_err());
    }
}
