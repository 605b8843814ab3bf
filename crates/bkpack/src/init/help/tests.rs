//! Tests on made-up help texts in the forms that the flag libraries print.

mod damage;
mod forms;
mod roles;
mod versions;

use super::{Help, HelpFlag, parse};

/// A flag on one line: `--name <value> =default $ENV {choices} no rep req | help`.
fn shown(flag: &HelpFlag) -> String {
    let mut out = flag.name.clone();
    if let Some(value) = &flag.value {
        out.push_str(&format!(" <{value}>"));
    }
    if let Some(default) = &flag.default {
        out.push_str(&format!(" ={default}"));
    }
    if let Some(env) = &flag.env {
        out.push_str(&format!(" ${env}"));
    }
    if !flag.choices.is_empty() {
        out.push_str(&format!(" {{{}}}", flag.choices.join(",")));
    }
    for (is, word) in [(flag.negatable, "no"), (flag.repeated, "rep"), (flag.required, "req")] {
        if is {
            out.push(' ');
            out.push_str(word);
        }
    }
    format!("{out} | {}", flag.help)
}

/// Compares all flags of a text with lines as [`shown`] makes them.
#[track_caller]
fn assert_flags(text: &str, expected: &[&str]) -> Help {
    let help = parse(text);
    let flags: Vec<String> = help.flags.iter().map(shown).collect();
    assert_eq!(flags.join("\n"), expected.join("\n"));
    help
}
