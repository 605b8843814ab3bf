//! The text of `--help`, and the flags in `--describe`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::flag::FlagSpec;
use crate::collector::CollectorDef;

/// The text of `--help`: general flags, flags of the exporter, flags of each collector.
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
        let own = flags.iter().filter(|flag| flag.collector == collector.name);
        own.for_each(|flag| write_flag(&mut text, flag));
    }
    let example = flags.first().map_or(String::new(), |flag| flag.variable(name));
    let _ = write!(
        text,
        "\nFlags are written as --flag=value, --flag value, -flag=value or -flag value, switches also \
         as\n--flag and --no-flag. Flags can also be set by environment variables, the first one by\n\
         {example}, or in the file of --config.file. A DURATION is a value such as\n500ms, 10s or \
         1m 30s; without a unit it is in seconds. A REGEX that matches anywhere can be anchored\n\
         with ^ and $.\n"
    );
    text
}

fn write_flag(text: &mut String, flag: &FlagSpec) {
    let (usage, help) = (flag.usage(), flag.full_help());
    let _ = match usage.chars().count() {
        ..=31 => write!(text, "  {usage:<31} {help}"),
        _ => write!(text, "  {usage}\n  {:<31} {help}", ""),
    };
    if flag.secret {
        let _ = write!(text, " Only from the environment or the file.");
    }
    let _ = match (flag.enables, flag.default) {
        (true, "true") => writeln!(text, " [default: on]"),
        (true, _) => writeln!(text, " [default: off]"),
        (_, "" | "false") => writeln!(text),
        (_, default) => writeln!(text, " [default: {default}]"),
    };
}

/// The flags in `--describe`; `value` is null for a switch.
pub(crate) fn describe_flags(flags: &[FlagSpec]) -> Value {
    let describe = |flag: &FlagSpec| {
        let collector = Some(flag.collector).filter(|name| !name.is_empty());
        json!({
            "name": flag.name,
            "type": flag.value_type.as_str(),
            "value": (!flag.is_switch()).then_some(flag.placeholder),
            "default": flag.default,
            "help": flag.full_help(),
            "repeatable": flag.is_list(),
            "secret": flag.secret,
            "action": flag.action,
            "collector": collector,
        })
    };
    // Placeholders for collectors of other systems have no help.
    flags.iter().filter(|flag| !flag.help.is_empty()).map(describe).collect()
}
