//! The text of `--help`, and the flags as `--describe` shows them.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::flag::FlagSpec;
use crate::collector::CollectorDef;

/// The text of `--help`: general flags, the exporter's own, and those of each collector.
pub(crate) fn help(
    name: &str,
    about: &str,
    flags: &[FlagSpec],
    collectors: &[CollectorDef],
) -> String {
    let mut text = String::new();
    if !about.is_empty() {
        let _ = writeln!(text, "{about}\n");
    }
    let _ = writeln!(text, "Usage: {name} [--FLAG=VALUE]...\n\nFlags:");
    let general = flags.iter().filter(|flag| flag.collector.is_empty());
    general.for_each(|flag| write_flag(&mut text, flag));
    if !collectors.is_empty() {
        text.push_str("\nCollectors:\n");
    }
    for collector in collectors {
        let its = flags.iter().filter(|flag| flag.collector == collector.name);
        its.for_each(|flag| write_flag(&mut text, flag));
    }
    let example = flags.first().map_or(String::new(), |flag| flag.variable(name));
    let _ = write!(
        text,
        "\nA flag may be given as --flag=value, --flag value, -flag=value or -flag value, a switch \
         also as\n--flag and --no-flag; else by the environment ({example} for\nthe first), else \
         in the file of --config.file. A DURATION is 500ms, 10s, 1m 30s and the\nlike; a number \
         alone is seconds. A REGEX matches anywhere unless it has ^ and $.\n"
    );
    text
}

fn write_flag(text: &mut String, flag: &FlagSpec) {
    let usage = flag.usage();
    let _ = match usage.chars().count() {
        ..=31 => write!(text, "  {usage:<31} {}", flag.help),
        _ => write!(text, "  {usage}\n  {:<31} {}", "", flag.help),
    };
    if flag.secret {
        let _ = write!(text, " From the environment or the file alone.");
    }
    let _ = match (flag.enables, flag.default) {
        (true, "true") => writeln!(text, " [default: on]"),
        (true, _) => writeln!(text, " [default: off]"),
        (_, "" | "false") => writeln!(text),
        (_, default) => writeln!(text, " [default: {default}]"),
    };
}

/// The flags as `--describe` shows them; `value` is null for a switch.
pub(crate) fn describe_flags(flags: &[FlagSpec]) -> Value {
    let describe = |flag: &FlagSpec| {
        let collector = Some(flag.collector).filter(|name| !name.is_empty());
        json!({
            "name": flag.name,
            "type": flag.value_type.as_str(),
            "value": (!flag.is_switch()).then_some(flag.placeholder),
            "default": flag.default,
            "help": flag.help,
            "repeatable": flag.is_list(),
            "secret": flag.secret,
            "action": flag.action,
            "collector": collector,
        })
    };
    // Those of collectors that other systems have say nothing of this one.
    flags.iter().filter(|flag| !flag.help.is_empty()).map(describe).collect()
}
