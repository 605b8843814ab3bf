//! The command line, one file per command. Checks only syntax; the help texts are in the catalogue.
//! No other module uses gumdrop.

mod build;
mod check;
mod init;
mod rehearse;

use std::ffi::OsString;

use blueking_package::Language;
use gumdrop::{Options, ParsingStyle};

pub(crate) use self::build::Build;
pub(crate) use self::check::Check;
pub(crate) use self::init::Init;
pub(crate) use self::rehearse::Rehearse;
use crate::texts::help as texts;

/// The parsed command line.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// A command to run.
    Run(Command),
    /// A help text or version to print.
    Help(String),
}

#[derive(Debug, Options)]
struct Bkpack {
    #[options(no_short)]
    help: bool,
    #[options(no_short)]
    version: bool,
    #[options(no_short, meta = "zh|en")]
    // Only checked here: `language` has read it.
    lang: Option<Language>,
    #[options(command)]
    command: Option<Command>,
}

/// The commands.
#[derive(Debug, Options)]
pub(crate) enum Command {
    /// Drafts a package.
    Init(Init),
    /// Packs a draft.
    Build(Build),
    /// Checks packages.
    Check(Check),
    /// Runs a package.
    Rehearse(Rehearse),
}

/// The language of `--lang`, before or after the command: needed before parsing, whose errors are
/// texts, too. `None` without a valid one.
pub(crate) fn language(arguments: &[OsString]) -> Option<Language> {
    let mut words = arguments.iter().map(|argument| argument.to_str().unwrap_or_default());
    let mut found = None;
    while let Some(word) = words.next() {
        match word {
            "--" => break,
            "--lang" => found = words.next().and_then(|name| name.parse().ok()),
            // The exporter may have a flag of that name.
            "--param" | "--args" | "--env" => drop(words.next()),
            _ => {
                if let Some(name) = word.strip_prefix("--lang=") {
                    found = name.parse().ok();
                }
            }
        }
    }
    found
}

/// Parses the arguments, without the program's name; `program` is named in messages.
///
/// # Errors
/// A usage error, as a message that names the help command.
pub(crate) fn parse(program: &str, arguments: &[OsString]) -> Result<Parsed, String> {
    let command = command(arguments);
    let see = texts::see_help(
        &command.map_or_else(|| program.to_owned(), |command| format!("{program} {command}")),
    );
    let arguments = arguments
        .iter()
        .map(|argument| {
            argument.to_str().ok_or_else(|| texts::not_utf8(&format!("{argument:?}"), &see))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let parsed = Bkpack::parse_args(&arguments, ParsingStyle::AllOptions)
        .map_err(|error| texts::wrong_flags(&wrong_flag(&error.to_string(), command), &see))?;
    if parsed.help_requested() {
        return Ok(Parsed::Help(match parsed.command {
            Some(Command::Init(_)) => texts::init(program),
            Some(Command::Build(_)) => texts::build(program),
            Some(Command::Check(_)) => texts::check(program),
            Some(Command::Rehearse(_)) => texts::rehearse(program),
            None => texts::overview(program),
        }));
    }
    if parsed.version {
        return Ok(Parsed::Help(concat!("bkpack ", env!("CARGO_PKG_VERSION")).to_owned()));
    }
    match parsed.command {
        Some(
            Command::Init(Init { folder: None, .. }) | Command::Build(Build { folder: None, .. }),
        ) => Err(texts::which_folder(&see)),
        Some(Command::Check(Check { files, .. })) if files.is_empty() => {
            Err(texts::which_packages(&see))
        }
        Some(Command::Rehearse(Rehearse { file: None, .. })) => Err(texts::which_package(&see)),
        Some(command) => Ok(Parsed::Run(command)),
        None => Err(texts::which_command(&texts::overview(program))),
    }
}

/// An error of the parser in the current language; `command` is the one that is called.
fn wrong_flag(error: &str, command: Option<&str>) -> String {
    let quoted = error.split_once('`').and_then(|(start, rest)| {
        let (name, rest) = rest.split_once('`')?;
        Some((start.trim_end(), name, rest.trim_start_matches(": ").trim()))
    });
    match quoted {
        Some(("unrecognized option", name, "")) => {
            let usage = command.and_then(Bkpack::command_usage).unwrap_or_else(Bkpack::usage);
            let options = first_words(usage).filter(|word| word.starts_with("--"));
            with_nearest(texts::unknown_flag(name), name, options)
        }
        Some(("unrecognized command", name, "")) => {
            let commands = first_words(Bkpack::command_list().unwrap_or_default());
            with_nearest(texts::unknown_command(name), name, commands)
        }
        Some(("unexpected free argument", word, "")) => texts::unexpected_word(word),
        Some(("missing argument to option", name, "")) => texts::no_value(name),
        Some(("invalid argument to option", name, why)) => texts::wrong_value(name, why),
        Some(("option", name, "does not accept an argument")) => texts::no_value_allowed(name),
        _ => error.to_owned(),
    }
}

/// The command that the arguments name, if any.
fn command(arguments: &[OsString]) -> Option<&str> {
    let mut words = arguments.iter().filter_map(|argument| argument.to_str());
    words.find(|word| Bkpack::command_usage(word).is_some())
}

/// The first word of each line, such as the options in a list that the parser makes.
fn first_words(lines: &str) -> impl Iterator<Item = &str> {
    lines.lines().filter_map(|line| line.split_whitespace().next())
}

/// An error that names an unknown word, with the known word that is most similar to it, if any is.
fn with_nearest<'a>(error: String, word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let letters = word.trim_start_matches('-');
    // One letter in three may differ.
    let max_distance = letters.len() / 3;
    let distance =
        |known: &str| strsim::damerau_levenshtein(known.trim_start_matches('-'), letters);
    let nearest = known.map(|known| (distance(known), known)).min();
    match nearest.filter(|(distance, _)| *distance <= max_distance) {
        Some((_, nearest)) => texts::did_you_mean(&error, nearest),
        None => error,
    }
}

/// Parses a command line that is not a request for help.
#[cfg(test)]
fn parsed(words: &[&str]) -> Result<Command, String> {
    let words: Vec<_> = words.iter().map(OsString::from).collect();
    match parse("bkpack", &words)? {
        Parsed::Run(command) => Ok(command),
        Parsed::Help(text) => panic!("{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_or_unknown_words_are_reported() {
        for (words, expected) in [
            (&[][..], "Commands:"),
            (&["publish"], "unknown command publish; see `bkpack --help`"),
            (&["rehearze"], "unknown command rehearze (did you mean rehearse?); see"),
            (&["--jsn"], "unknown option --jsn; see `bkpack --help`"),
            (&["check", "--jsn"], "unknown option --jsn (did you mean --json?); see `bkpack check"),
            (&["build", "--linux", "a"], "unknown option --linux; see `bkpack build --help`"),
            (&["--lang", "de", "check", "a"], "\"de\" is not one of zh, en; see"),
            (&["check", "--json"], "which packages?"),
            (&["--lang", "en", "check"], "which packages? see `bkpack check --help`"),
            (&["rehearse"], "which package?"),
            (&["init", "--linux", "a"], "which folder? see `bkpack init --help`"),
            (&["build"], "which folder? see `bkpack build --help`"),
            (&["rehearse", "--os", "aix", "p.tgz"], "; see `bkpack rehearse --help`"),
        ] {
            let error = parsed(words).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn errors_of_the_parser_are_translated() {
        for words in [
            &["--jsn"][..],
            &["release"],
            &["build", "a", "b"],
            &["check", "--html"],
            &["rehearse", "--os", "aix", "p.tgz"],
            &["check", "--json=1", "a"],
        ] {
            let error = Bkpack::parse_args(words, ParsingStyle::AllOptions).unwrap_err();
            assert_ne!(wrong_flag(&error.to_string(), None), error.to_string(), "{words:?}");
        }
    }

    #[test]
    fn help_is_not_a_command() {
        for (words, expected) in [
            (&["--help"][..], "\nCommands:\n"),
            (&["check", "--help"], "\nUsage: cargo xtask check [FLAGS] FILE|DIR…\n"),
            (&["check", "--help"], "\nExit code: 0 without errors; 1"),
            (&["rehearse", "--help"], "\nUsage: cargo xtask rehearse [FLAGS] FILE|DIR\n"),
            (&["--version"], concat!("bkpack ", env!("CARGO_PKG_VERSION"))),
        ] {
            let words: Vec<_> = words.iter().map(OsString::from).collect();
            match parse("cargo xtask", &words).unwrap() {
                Parsed::Help(text) => assert!(text.contains(expected), "{text}"),
                parsed => panic!("{parsed:?}"),
            }
        }
    }

    #[test]
    fn help_names_every_flag_in_both_languages() {
        for (name, usage) in [
            ("overview", Bkpack::usage()),
            ("init", Init::usage()),
            ("build", Build::usage()),
            ("check", Check::usage()),
            ("rehearse", Rehearse::usage()),
        ] {
            let flags: Vec<_> = first_words(usage).filter(|word| word.starts_with("--")).collect();
            assert!(flags.contains(&"--help") && flags.contains(&"--lang"), "{usage}");
            let text = texts::TEXTS.iter().find(|(known, ..)| *known == name).unwrap();
            for (flag, help) in flags.iter().flat_map(|flag| [(flag, text.1), (flag, text.2)]) {
                assert!(help.contains(&format!("\n  {flag} ")), "{flag} is not in {help}");
            }
        }
        let commands = Bkpack::command_list().unwrap();
        let (_, english, chinese) = texts::TEXTS.iter().find(|text| text.0 == "overview").unwrap();
        for command in first_words(commands) {
            let line = format!("\n  {command} ");
            assert!(english.contains(&line) && chinese.contains(&line), "{command}");
        }
    }

    #[test]
    fn language_is_found_around_the_command() {
        for (words, expected) in [
            (&["check", "a"][..], None),
            (&["--lang", "zh", "check", "a"], Some(Language::Chinese)),
            (&["check", "a", "--lang=zh"], Some(Language::Chinese)),
            (&["--lang=zh", "check", "--lang", "en"], Some(Language::English)),
            (&["check", "--lang"], None),
            (&["rehearse", "--param", "--lang=zh", "p"], None),
            (&["init", "--args", "--lang=zh", "d"], None),
            (&["check", "--", "--lang=zh"], None),
        ] {
            let words: Vec<_> = words.iter().map(OsString::from).collect();
            assert_eq!(language(&words), expected, "{words:?}");
        }
    }
}
