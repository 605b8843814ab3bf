//! Brings arguments into the one form that the parser takes, `--name=value`.
//!
//! Go's flag package, which the flags' users know, takes `--k=v`, `--k v`, `-k=v`, `-k v`, and
//! booleans with and without a value; BlueKing's two generations pass `--k=v` and `--k v`.

use super::flags::Flag;

/// Normalises `args` against the flags that exist: each becomes `--name=value`.
///
/// # Errors
///
/// Every argument that is no flag, an unknown one, or one whose value is missing or no boolean:
/// one line each, saying what to do.
pub(crate) fn normalise(args: &[String], flags: &[Flag]) -> Result<Vec<String>, Vec<String>> {
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
            errors.push(unknown(arg, name, flags));
            continue;
        };
        let name = flag.name;
        let value = if flag.value.is_some() {
            // As in Go, the next argument is the value whatever it looks like.
            value.or_else(|| args.next().map(String::as_str))
        } else {
            let mut next = || args.next_if(|next| matches!(next.as_str(), "true" | "false"));
            let value = value.or_else(|| next().map(String::as_str));
            match value.map_or(Some(true), boolean) {
                Some(true) => Some("true"),
                Some(false) => Some("false"),
                None => {
                    let value = value.unwrap_or_default();
                    errors.push(format!("--{name} is true or false, not {value:?}"));
                    continue;
                }
            }
        };
        match value {
            Some(value) => normal.push(format!("--{name}={value}")),
            None => errors.push(format!("--{name} needs a value: --{name}={}", flag.placeholder())),
        }
    }
    if errors.is_empty() { Ok(normal) } else { Err(errors) }
}

/// The words that Go takes for a boolean.
fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn unknown(arg: &str, name: &str, flags: &[Flag]) -> String {
    let distance = |flag: &&Flag| strsim::damerau_levenshtein(flag.name, name);
    match flags.iter().min_by_key(distance).filter(|flag| distance(flag) <= 3) {
        Some(near) => format!("unknown flag {arg:?}; did you mean --{}?", near.name),
        None => format!("unknown flag {arg:?}; --help lists the flags"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::flags::KIT_FLAGS;
    use super::*;

    fn run(args: &[&str]) -> Result<Vec<String>, Vec<String>> {
        normalise(&args.iter().map(|&arg| arg.to_owned()).collect::<Vec<_>>(), KIT_FLAGS)
    }

    #[test]
    fn every_form_becomes_the_same() {
        let address = "--web.listen-address=:1";
        let cases: [(&[&str], &[&str]); 21] = [
            (&[], &[]),
            (&["--web.listen-address=:1"], &[address]),
            (&["--web.listen-address", ":1"], &[address]),
            (&["-web.listen-address=:1"], &[address]),
            (&["-web.listen-address", ":1"], &[address]),
            (&["--web.listen-address", "--x"], &["--web.listen-address=--x"]),
            (&["--web.listen-address", ""], &["--web.listen-address="]),
            (&["--web.listen-address="], &["--web.listen-address="]),
            (&["--web.telemetry-path=/a=b"], &["--web.telemetry-path=/a=b"]),
            (&["--web.telemetry-path", "/指标"], &["--web.telemetry-path=/指标"]),
            (&["--version"], &["--version=true"]),
            (&["-version"], &["--version=true"]),
            (&["--version=true"], &["--version=true"]),
            (&["-version=false"], &["--version=false"]),
            (&["--version=1"], &["--version=true"]),
            (&["--version", "false"], &["--version=false"]),
            (&["-version", "true", "-help"], &["--version=true", "--help=true"]),
            (&["-h"], &["--help=true"]),
            (&["--help=F"], &["--help=false"]),
            (&["--version", "--web.listen-address", ":1"], &["--version=true", address]),
            (
                &["-web.listen-address", ":1", "--web.listen-address=:2"],
                &[address, "--web.listen-address=:2"],
            ),
        ];
        for (args, expected) in cases {
            let expected: Vec<_> = expected.iter().map(|&arg| arg.to_owned()).collect();
            assert_eq!(run(args), Ok(expected), "{args:?}");
        }
    }

    #[test]
    fn wrong_use_says_what_to_do() {
        let cases: [(&[&str], &str); 8] = [
            (&["metrics"], "unexpected argument \"metrics\""),
            (&[""], "unexpected argument \"\""),
            (&["--web.listen-adress=:1"], "did you mean --web.listen-address?"),
            (&["--nonsense"], "--help lists the flags"),
            (&["-"], "--help lists the flags"),
            (&["--"], "--help lists the flags"),
            (&["--web.listen-address"], "--web.listen-address needs a value"),
            (&["--version=maybe"], "--version is true or false, not \"maybe\""),
        ];
        for (args, expected) in cases {
            let errors = run(args).unwrap_err();
            assert_eq!(errors.len(), 1, "{errors:?}");
            assert!(errors[0].contains(expected), "{args:?}: {errors:?}");
        }
    }

    #[test]
    fn all_errors_are_told_together() {
        assert_eq!(run(&["x", "--nonsense", "--version=2"]).unwrap_err().len(), 3);
    }
}
