//! Parses the command line. Go's flag package, which users of exporters know, accepts `--k=v`, `--k
//! v`, `-k=v`, `-k v`, and booleans with and without a value; kingpin accepts `--no-k`; the two
//! generations of BlueKing pass `--k=v` and `--k v`. Only this file uses gumdrop, which parses GNU
//! forms; the other forms are rewritten first.

use gumdrop::{Opt, Parser, ParsingStyle};

use super::flag::{FlagSpec, nearest};

/// A flag and its value on the command line.
pub(crate) type Typed = (FlagSpec, String);

/// Parses `args` into flags with their values, in order. Returns these, and one line for each error
/// with what to do.
pub(crate) fn read(args: &[String], flags: &[FlagSpec]) -> (Vec<Typed>, Vec<String>) {
    let args = rewrite(args, flags);
    let mut parser = Parser::new(&args, ParsingStyle::AllOptions);
    let (mut typed, mut errors) = (Vec::new(), Vec::new());
    while let Some(option) = parser.next_opt() {
        let (name, value) = match option {
            Opt::Long(name) => (name, None),
            Opt::LongWithArg(name, value) => (name, Some(value)),
            Opt::Short('h') => ("help", None),
            Opt::Short(letter) => {
                errors.push(unknown(&format!("-{letter}"), &letter.to_string(), flags));
                continue;
            }
            Opt::Free(text) => {
                errors.push(format!(
                    "unexpected argument {text:?}: every argument is a flag (see --help)"
                ));
                continue;
            }
        };
        let Some((flag, negated)) = find(name, flags) else {
            errors.push(unknown(&format!("--{name}"), name, flags));
            continue;
        };
        let value = match (flag.is_switch(), value) {
            (true, None) => Some(if negated { "false" } else { "true" }),
            (true, Some(value)) if negated => {
                errors.push(format!("--{name} takes no value; write --{}={value}", flag.name));
                continue;
            }
            // As in Go, the next argument is always the value, even if it looks like a flag.
            (false, None) => parser.next_arg(),
            (_, value) => value,
        };
        match value {
            Some(value) => typed.push((*flag, value.to_owned())),
            None => errors.push(format!("--{} needs a value: {}", flag.name, flag.usage())),
        }
    }
    (typed, errors)
}

/// Rewrites the forms that gumdrop does not support: a single dash before a long name, and a
/// boolean in a separate argument.
fn rewrite(args: &[String], flags: &[FlagSpec]) -> Vec<String> {
    let mut rewritten = Vec::with_capacity(args.len());
    let mut args = args.iter().peekable();
    while let Some(arg) = args.next() {
        let long = match arg.strip_prefix('-') {
            Some(body) if !body.starts_with('-') && body.chars().count() > 1 => format!("--{body}"),
            _ => arg.clone(),
        };
        if long == "--" {
            // Everything after `--` is not a flag.
            rewritten.push(long);
            rewritten.extend(args.cloned());
            break;
        }
        let flag = long.strip_prefix("--").and_then(|name| find(name, flags));
        match flag {
            Some((flag, false)) if flag.is_switch() => {
                match args.next_if(|next| matches!(next.as_str(), "true" | "false")) {
                    Some(value) => rewritten.push(format!("{long}={value}")),
                    None => rewritten.push(long),
                }
            }
            Some((flag, _)) if !flag.is_switch() => {
                rewritten.push(long);
                rewritten.extend(args.next().cloned());
            }
            _ => rewritten.push(long),
        }
    }
    rewritten
}

/// Finds a flag by name. Returns it, and whether the name was negated with `no-`.
fn find<'a>(name: &str, flags: &'a [FlagSpec]) -> Option<(&'a FlagSpec, bool)> {
    let named = |name: &str| flags.iter().find(|flag| flag.name == name);
    let negated = || {
        let flag = named(name.strip_prefix("no-")?)?;
        (flag.is_switch() && !flag.action).then_some((flag, true))
    };
    named(name).map(|flag| (flag, false)).or_else(negated)
}

fn unknown(arg: &str, name: &str, flags: &[FlagSpec]) -> String {
    match nearest(name, flags) {
        Some(near) => format!("unknown flag {arg:?}; did you mean --{}?", near.name),
        None => format!("unknown flag {arg:?}; --help lists the flags"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::flag::{AnyFlag, Flag};
    use super::super::kit::KIT_FLAGS;
    use super::*;

    const CPU: Flag<bool> = Flag::switch("collector.cpu", "CPU.").on();

    fn run(args: &[&str]) -> Result<Vec<String>, Vec<String>> {
        let args: Vec<_> = args.iter().map(|&arg| arg.to_owned()).collect();
        let flags: Vec<_> =
            KIT_FLAGS.iter().copied().chain([&CPU as _]).map(AnyFlag::spec).collect();
        let (typed, errors) = read(&args, &flags);
        let typed = typed.iter().map(|(flag, value)| format!("{}={value}", flag.name)).collect();
        if errors.is_empty() { Ok(typed) } else { Err(errors) }
    }

    #[test]
    fn all_forms_are_equivalent() {
        let address = "web.listen-address=:1";
        let cases: [(&[&str], &[&str]); 29] = [
            (&[], &[]),
            (&["--web.listen-address=:1"], &[address]),
            (&["--web.listen-address", ":1"], &[address]),
            (&["-web.listen-address=:1"], &[address]),
            (&["-web.listen-address", ":1"], &[address]),
            (&["--web.listen-address", "--x"], &["web.listen-address=--x"]),
            (&["-web.listen-address", "-x"], &["web.listen-address=-x"]),
            (&["--web.listen-address", "--"], &["web.listen-address=--"]),
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
            (&["--collector.cpu"], &["collector.cpu=true"]),
            (&["--no-collector.cpu"], &["collector.cpu=false"]),
            (&["-no-collector.cpu"], &["collector.cpu=false"]),
            (&["--collector.cpu=false"], &["collector.cpu=false"]),
            (&["--collector.cpu", "false", "--version"], &["collector.cpu=false", "version=true"]),
            (&["--version", "--"], &["version=true"]),
        ];
        for (args, expected) in cases {
            let expected: Vec<_> = expected.iter().map(|&arg| arg.to_owned()).collect();
            assert_eq!(run(args), Ok(expected), "{args:?}");
        }
    }

    #[test]
    fn usage_errors_say_what_to_do() {
        let cases: [(&[&str], &str); 12] = [
            (&["metrics"], "unexpected argument \"metrics\""),
            (&[""], "unexpected argument \"\""),
            (&["-"], "unexpected argument \"-\""),
            (&["--", "--version"], "unexpected argument \"--version\""),
            (&["--web.listen-adress=:1"], "did you mean --web.listen-address?"),
            (&["-web.listen-adress=:1"], "unknown flag \"--web.listen-adress\""),
            (&["--nonsense"], "--help lists the flags"),
            (&["-x"], "unknown flag \"-x\""),
            (&["--no-nonsense"], "unknown flag \"--no-nonsense\""),
            (&["--no-help"], "unknown flag \"--no-help\""),
            (&["--no-collector.cpu=true"], "write --collector.cpu=true"),
            (&["--web.listen-address"], "--web.listen-address needs a value"),
        ];
        for (args, expected) in cases {
            let errors = run(args).unwrap_err();
            assert_eq!(errors.len(), 1, "{errors:?}");
            assert!(errors[0].contains(expected), "{args:?}: {errors:?}");
        }
    }

    #[test]
    fn all_errors_are_reported_together() {
        assert_eq!(run(&["x", "--nonsense", "--web.max-requests"]).unwrap_err().len(), 3);
    }
}
