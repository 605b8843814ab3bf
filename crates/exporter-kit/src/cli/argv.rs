//! Brings arguments into the one form that the parser takes, `--name=value`, and reads them.
//!
//! Go's flag package, which the flags' users know, takes `--k=v`, `--k v`, `-k=v`, `-k v`, and
//! booleans with and without a value; BlueKing's two generations pass `--k=v` and `--k v`. The one
//! file that touches gumdrop, whose parser reads the normalised form.

use gumdrop::{Opt, Parser, ParsingStyle};

use super::flags::{Flag, nearest};

/// Reads `args` as flags with their values, in the order in which they were typed, and what is
/// wrong with the others: those that are no flag, an unknown one, or one whose value is missing,
/// one line each, saying what to do.
pub(crate) fn read(args: &[String], flags: &[Flag]) -> (Vec<(Flag, String)>, Vec<String>) {
    let (args, errors) = normalise(args, flags);
    let mut typed = Vec::new();
    let mut parser = Parser::new(&args, ParsingStyle::AllOptions);
    while let Some(option) = parser.next_opt() {
        if let Opt::LongWithArg(name, value) = option
            && let Some(flag) = flags.iter().find(|flag| flag.name == name)
        {
            typed.push((*flag, value.to_owned()));
        }
    }
    (typed, errors)
}

/// Normalises `args` against the flags that exist: each becomes `--name=value`.
fn normalise(args: &[String], flags: &[Flag]) -> (Vec<String>, Vec<String>) {
    let mut normal = Vec::new();
    let mut errors = Vec::new();
    let mut args = args.iter().peekable();
    while let Some(arg) = args.next() {
        let Some(body) = arg.strip_prefix("--").or_else(|| arg.strip_prefix('-')) else {
            errors.push(format!(
                "unexpected argument {arg:?}: every argument is a flag (see --help)"
            ));
            continue;
        };
        let (name, value) = match body.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (body, None),
        };
        let Some(flag) = flags.iter().find(|flag| flag.is_called(name)) else {
            errors.push(match nearest(name, flags) {
                Some(near) => format!("unknown flag {arg:?}; did you mean --{}?", near.name),
                None => format!("unknown flag {arg:?}; --help lists the flags"),
            });
            continue;
        };
        let name = flag.name;
        let value = if flag.is_switch() {
            let mut next = || args.next_if(|next| matches!(next.as_str(), "true" | "false"));
            value.or_else(|| next().map(String::as_str)).or(Some("true"))
        } else {
            // As in Go, the next argument is the value whatever it looks like.
            value.or_else(|| args.next().map(String::as_str))
        };
        match value {
            Some(value) => normal.push(format!("--{name}={value}")),
            None => errors.push(format!("--{name} needs a value: {}", flag.usage())),
        }
    }
    (normal, errors)
}

#[cfg(test)]
mod tests {
    use super::super::flags::KIT_FLAGS;
    use super::*;

    fn run(args: &[&str]) -> Result<Vec<String>, Vec<String>> {
        let args: Vec<_> = args.iter().map(|&arg| arg.to_owned()).collect();
        let (typed, errors) = read(&args, KIT_FLAGS);
        let typed = typed.iter().map(|(flag, value)| format!("{}={value}", flag.name)).collect();
        if errors.is_empty() { Ok(typed) } else { Err(errors) }
    }

    #[test]
    fn every_form_becomes_the_same() {
        let address = "web.listen-address=:1";
        let cases: [(&[&str], &[&str]); 21] = [
            (&[], &[]),
            (&["--web.listen-address=:1"], &[address]),
            (&["--web.listen-address", ":1"], &[address]),
            (&["-web.listen-address=:1"], &[address]),
            (&["-web.listen-address", ":1"], &[address]),
            (&["--web.listen-address", "--x"], &["web.listen-address=--x"]),
            (&["--web.listen-address", ""], &["web.listen-address="]),
            (&["--web.listen-address="], &["web.listen-address="]),
            (&["--web.telemetry-path=/a=b"], &["web.telemetry-path=/a=b"]),
            (&["--web.telemetry-path", "/指标"], &["web.telemetry-path=/指标"]),
            (&["--version"], &["version=true"]),
            (&["-version"], &["version=true"]),
            (&["--version=true"], &["version=true"]),
            (&["-version=false"], &["version=false"]),
            (&["--version=1"], &["version=1"]),
            (&["--version", "false"], &["version=false"]),
            (&["-version", "true", "-help"], &["version=true", "help=true"]),
            (&["-h"], &["help=true"]),
            (&["--help=F"], &["help=F"]),
            (&["--version", "--web.listen-address", ":1"], &["version=true", address]),
            (
                &["-web.listen-address", ":1", "--web.listen-address=:2"],
                &[address, "web.listen-address=:2"],
            ),
        ];
        for (args, expected) in cases {
            let expected: Vec<_> = expected.iter().map(|&arg| arg.to_owned()).collect();
            assert_eq!(run(args), Ok(expected), "{args:?}");
        }
    }

    #[test]
    fn wrong_use_says_what_to_do() {
        let cases: [(&[&str], &str); 7] = [
            (&["metrics"], "unexpected argument \"metrics\""),
            (&[""], "unexpected argument \"\""),
            (&["--web.listen-adress=:1"], "did you mean --web.listen-address?"),
            (&["--nonsense"], "--help lists the flags"),
            (&["-"], "--help lists the flags"),
            (&["--"], "--help lists the flags"),
            (&["--web.listen-address"], "--web.listen-address needs a value"),
        ];
        for (args, expected) in cases {
            let errors = run(args).unwrap_err();
            assert_eq!(errors.len(), 1, "{errors:?}");
            assert!(errors[0].contains(expected), "{args:?}: {errors:?}");
        }
    }

    #[test]
    fn all_errors_are_told_together() {
        assert_eq!(run(&["x", "--nonsense", "--web.max-requests"]).unwrap_err().len(), 3);
    }
}
