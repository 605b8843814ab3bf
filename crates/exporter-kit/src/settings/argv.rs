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
    let (args, mut errors) = rewrite(args, flags);
    let mut parser = Parser::new(&args, ParsingStyle::AllOptions);
    let mut typed = Vec::new();
    while let Some(option) = parser.next_opt() {
        let (name, value) = match option {
            Opt::Long(name) => (name, None),
            Opt::LongWithArg(name, value) => (name, Some(value)),
            Opt::Short('h') => ("help", None),
            // Not part of what `rewrite` returns.
            Opt::Short(_) | Opt::Free(_) => continue,
        };
        let Some((flag, negated)) = find(name, flags) else { continue };
        let value = match (flag.is_switch(), value) {
            (true, None) => Some(if negated { "false" } else { "true" }),
            (true, Some(_)) if negated => {
                let name = flag.name;
                errors.push(format!("--no-{name} takes no value; write --{name}=true or =false"));
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
/// boolean in a separate argument. Returns the flags that are known, with their values, and one line
/// for every other argument. Any of these may be a password, after a flag that is misspelt or given
/// a value too many, so errors state their position.
fn rewrite(args: &[String], flags: &[FlagSpec]) -> (Vec<String>, Vec<String>) {
    let (mut rewritten, mut errors) = (Vec::with_capacity(args.len()), Vec::new());
    let mut args = (1..).zip(args).peekable();
    while let Some((position, arg)) = args.next() {
        let long = with_two_dashes(arg);
        if long == "--" {
            // Everything after `--` is not a flag.
            errors.extend(args.map(|(position, _)| stray(position, "", flags)));
            break;
        }
        let Some(body) = long.strip_prefix("--") else {
            match arg.strip_prefix('-') {
                Some("h") => rewritten.push(long),
                None | Some("") => errors.push(stray(position, arg, flags)),
                Some(_) => {
                    errors.push(unknown(position, arg, flags));
                    args.next_if(|(_, next)| !is_flag(next, flags));
                }
            }
            continue;
        };
        let Some((flag, negated)) = find(name_of(body), flags) else {
            errors.push(unknown(position, arg, flags));
            if !body.contains('=') {
                args.next_if(|(_, next)| !is_flag(next, flags));
            }
            continue;
        };
        let separate = match flag.is_switch() {
            _ if negated || body.contains('=') => None,
            true => args.next_if(|(_, next)| matches!(next.as_str(), "true" | "false")),
            false => args.next(),
        };
        match separate {
            Some((_, value)) if flag.is_switch() => rewritten.push(format!("{long}={value}")),
            Some((_, value)) => rewritten.extend([long, value.clone()]),
            None => rewritten.push(long),
        }
    }
    (rewritten, errors)
}

/// `-name` as `--name`; anything else as it is.
fn with_two_dashes(arg: &str) -> String {
    match arg.strip_prefix('-') {
        Some(body) if !body.starts_with('-') && body.chars().count() > 1 => format!("--{body}"),
        _ => arg.to_owned(),
    }
}

/// The part of an argument before its value.
fn name_of(body: &str) -> &str {
    body.split_once('=').map_or(body, |(name, _)| name)
}

/// Whether an argument after an unknown flag is a flag, not the value of that flag.
fn is_flag(arg: &str, flags: &[FlagSpec]) -> bool {
    let is_known = |body: &str| body == "h" || find(name_of(body), flags).is_some();
    arg.starts_with("--") || arg.strip_prefix('-').is_some_and(is_known)
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

/// The error about an argument that is neither a flag nor the value of one.
fn stray(position: usize, arg: &str, flags: &[FlagSpec]) -> String {
    match flags.iter().find(|flag| flag.action && flag.name == arg) {
        Some(action) => format!("unexpected argument {arg:?}; did you mean --{}?", action.name),
        None => format!(
            "argument {position} does not belong to a flag; values are written as --flag=value (see \
             --help)"
        ),
    }
}

/// The error about an argument that has the form of a flag. It is repeated only if it can be the
/// name of one: other programs take passwords as `-pPASSWORD`.
fn unknown(position: usize, arg: &str, flags: &[FlagSpec]) -> String {
    let name = name_of(arg.trim_start_matches('-'));
    let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_');
    let is_name = !name.is_empty() && name.bytes().all(is_plain);
    let is_long = arg.starts_with("--") || name.contains('.') || name.len() == 1;
    let what = match is_name && is_long {
        true => format!("unknown flag {:?}", name_of(arg)),
        false => format!("argument {position} is not a flag"),
    };
    match nearest(name, flags) {
        Some(near) => format!("{what}; did you mean --{}?", near.name),
        None => format!("{what}; --help lists the flags"),
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
        let stray = "argument 1 does not belong to a flag";
        let cases: [(&[&str], &str); 15] = [
            (&["metrics"], stray),
            (&[""], stray),
            (&["-"], stray),
            (&["version"], "unexpected argument \"version\"; did you mean --version?"),
            (&["--", "--version"], "argument 2 does not belong to a flag"),
            (&["--web.listen-adress=:1"], "did you mean --web.listen-address?"),
            (&["-web.listen-adress=:1"], "unknown flag \"-web.listen-adress\""),
            (&["--nonsense"], "--help lists the flags"),
            (&["-x"], "unknown flag \"-x\""),
            (&["--no-nonsense"], "unknown flag \"--no-nonsense\""),
            (&["--no-help"], "unknown flag \"--no-help\""),
            (&["--no-collector.cpu=true"], "write --collector.cpu=true"),
            (&["--web.listen-address"], "--web.listen-address needs a value"),
            (&["--web.listen-adress", "-:1"], "did you mean --web.listen-address?"),
            (&["--version", "--collector.cpu", "yes"], "argument 3 does not belong to a flag"),
        ];
        for (args, expected) in cases {
            let errors = run(args).unwrap_err();
            assert_eq!(errors.len(), 1, "{errors:?}");
            assert!(errors[0].contains(expected), "{args:?}: {errors:?}");
        }
    }

    #[test]
    fn all_errors_are_reported_together() {
        let several: [(&[&str], usize); 3] = [
            (&["x", "--nonsense", "--web.max-requests"], 3),
            (&["--nonsense", "x", "--nothing", "--collectors", "-web.max-requests"], 4),
            (&["-a", "x", "-web.max-requests=1", "x", "-b", "-h"], 3),
        ];
        for (args, count) in several {
            let errors = run(args).unwrap_err();
            assert_eq!(errors.len(), count, "{args:?}: {errors:?}");
        }
    }

    #[test]
    fn what_may_be_a_password_is_not_repeated() {
        let cases: [&[&str]; 12] = [
            &["--redis.pasword", "geheim"],
            &["--redis.pasword", "-geheim"],
            &["--redis.pasword=geheim"],
            &["-redis.pasword", "geheim"],
            &["-a", "geheim"],
            &["-pgeheim"],
            &["-p", "-geheim"],
            &["--redis.addr", "redis://:geheim@db"],
            &["--redis://:geheim@db"],
            &["--web.max-requests", "1", "geheim"],
            &["--collector.cpu", "geheim"],
            &["--", "geheim"],
        ];
        for args in cases {
            let errors = run(args).unwrap_err();
            assert_eq!(errors.len(), 1, "{args:?}: {errors:?}");
            assert!(!errors[0].contains("geheim"), "{args:?}: {errors:?}");
        }
    }
}
