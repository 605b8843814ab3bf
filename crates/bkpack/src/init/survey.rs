//! What can be learned about an exporter: from its help, its version and its page, by running it
//! or from what the user gives in place of that.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use anyhow::{Context, Result};
use blueking_package::Definitions;
use blueking_package::agent::Trouble;

use super::executables::Executables;
use super::given::{self, Given};
use super::help::{self, Help, HelpFlag, ListenForm, Role};
use super::names::Names;
use super::page::{Families, Family};
use super::parameters::{Form, Target};
use super::refusal::Refusal;
use super::trial::{Listen, START_LIMIT, Scraped, Trial};
use crate::rehearse::scrape::scrape;
use crate::rehearse::signals;
use crate::texts::{init as texts, os_error, programs};
use crate::{UsageError, flags};

/// Largest page or help text from a file, in bytes.
const MAX_PAGE: u64 = 64 << 20;

/// Largest text that is read from a file of the user, in bytes.
const MAX_TEXT: u64 = 1 << 20;

/// Time limit for the first answer to a second form of the address.
const OTHER_FORM_LIMIT: Duration = Duration::from_secs(5);

/// Metrics about something else than the exporter, fewer than which a page is about itself.
const FEW: usize = 10;

/// What was learned.
#[derive(Debug)]
pub(super) struct Survey {
    pub(super) help: Help,
    /// Empty if the exporter does not say.
    pub(super) version: String,
    pub(super) listen: Listen,
    /// The flag that sets the path of the page; may be empty.
    pub(super) path_flag: String,
    pub(super) families: Families,
    pub(super) given: Vec<Given>,
    pub(super) variables: Vec<(String, String)>,
    /// Switches without which the page has samples that BlueKing cannot take.
    pub(super) switches: Vec<String>,
    /// The JSON of `--describe`, for exporters that have it.
    pub(super) definitions: Option<String>,
    /// The families in it.
    pub(super) defined: Option<Vec<Family>>,
    /// Whether the page is of a run that saw the service.
    pub(super) was_run: bool,
}

/// Learns about the exporter.
///
/// # Errors
/// A [`Refusal`], a usage error, or a file that cannot be read.
pub(super) fn survey(
    flags: &flags::Init,
    executables: &Executables,
    names: &Names,
) -> Result<Survey> {
    let words = given::split(flags.args.as_deref().unwrap_or_default())
        .map_err(|quote| UsageError(texts::open_quote(quote)))?;
    let variables = flags.env.iter().map(|text| variable(text)).collect::<Result<Vec<_>>>()?;
    let words: Vec<String> = words.iter().map(|word| with_absolute_path(word)).collect();
    let scratch = tempfile::Builder::new().prefix("bkpack-").tempdir();
    let scratch = scratch.with_context(programs::no_scratch_folder)?;
    signals::clean_up_on_signal(scratch.path())?;
    let trial = executables.native().map(|(system, executable)| {
        let file = system.executable(&names.plugin_id);
        Trial::new(&executable.bytes, &file, scratch.path(), &variables)
    });
    let mut trial = trial.transpose()?;
    if trial.is_none() && flags.page.is_none() {
        return Err(Refusal::NothingRuns.into());
    }
    let help_text = match (&flags.help_text, &trial) {
        (Some(file), _) => read_file(file)?,
        (None, Some(trial)) => help_of(trial)?,
        (None, None) => String::new(),
    };
    let help = help::parse(&help_text);
    let given = Given::parse(&words, &help);
    refuse_own_address(&help, &given, &variables)?;
    if let Some(trial) = &mut trial {
        trial.arguments = Given::words(&given, &help);
    }
    let path_flag = role_of(&help, |role| role == Role::Path).map(|flag| flag.name.clone());
    let path_flag = path_flag.unwrap_or_default();
    let listens = listens(&help, &help_text);
    let first = listens.first().cloned().ok_or(Refusal::NoListen)?;
    let version = trial.as_ref().map(|trial| version_of(trial, &help)).transpose()?.flatten();
    let mut survey = Survey {
        version: version.unwrap_or_default(),
        listen: first,
        path_flag,
        families: Families::default(),
        given,
        variables: variables.clone(),
        switches: Vec::new(),
        definitions: None,
        defined: None,
        was_run: false,
        help,
    };
    if let Some(page) = &flags.page {
        survey.families = Families::read(&[read_page(page, scratch.path())?]);
    } else {
        let trial = trial.as_ref().ok_or(Refusal::NothingRuns)?;
        if let Some((text, definitions)) = describe(trial, &survey.help)? {
            survey.definitions = Some(text);
            survey.defined = Some(definitions.metrics.iter().map(Family::defined).collect());
        }
        // Without its configuration it would not even start.
        run(trial, listens, &mut survey).map_err(|error| match names.target_path() {
            Some(path) => Refusal::MultiTarget(path).into(),
            None => error,
        })?;
    }
    let unreadable = |trouble: &&Trouble| **trouble == Trouble::Unreadable;
    let noise = survey.families.troubles.values().filter(unreadable).count();
    if survey.families.samples == 0 || (flags.page.is_some() && noise > survey.families.samples) {
        return Err(match &flags.page {
            Some(page) => Refusal::NotAPage(page.clone()),
            None => Refusal::NoSamples,
        }
        .into());
    }
    Ok(survey)
}

impl Survey {
    /// The names of all flags, without dashes, for the definitions.
    pub(super) fn flag_names(&self, form: &Form) -> Vec<String> {
        let of_help = self.help.flags.iter().map(|flag| &*flag.name);
        let of_rows = form.rows.iter().filter_map(|row| match &row.target {
            Target::Flag(name) => Some(&**name),
            Target::Env(_) | Target::Argument(_) => None,
        });
        let standard = [&*self.listen.flag, &*self.path_flag];
        let mut names = Vec::new();
        for name in of_help.chain(of_rows).chain(standard) {
            let name = name.trim_start_matches('-').to_owned();
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Names of the positional arguments that were given.
    pub(super) fn argument_names(&self) -> Vec<String> {
        let count = self.given.iter().filter(|given| matches!(given, Given::Argument(_))).count();
        let name = |at: usize| {
            let argument = self.help.arguments.get(at);
            argument.map_or_else(|| "argument".to_owned(), |argument| argument.name.clone())
        };
        (0..count.min(1)).map(name).collect()
    }
}

/// Scrapes the exporter, and finds the switches that keep the page free of what BlueKing cannot
/// take.
fn run(trial: &Trial<'_>, listens: Vec<Listen>, survey: &mut Survey) -> Result<()> {
    let is_about_itself = |pages: &[Vec<u8>]| has_few_others(&Families::read(pages));
    let mut failure = None;
    let mut scraped: Option<Scraped> = None;
    let mut limit = START_LIMIT;
    for listen in listens {
        let found = trial.scrape(&listen, &survey.path_flag, &[], limit, &is_about_itself);
        // Another form of the address makes no difference to what it waits for.
        limit = OTHER_FORM_LIMIT;
        match found {
            Ok(found) => {
                survey.listen = listen;
                scraped = Some(found);
                break;
            }
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    let Some(scraped) = scraped else {
        return Err(failure.unwrap_or_else(|| Refusal::NoListen.into()));
    };
    survey.was_run = true;
    survey.families = Families::read(&scraped.pages);
    if let Some(path) = scraped.target_path {
        return Err(Refusal::MultiTarget(path).into());
    }
    for name in switches(&survey.help, &survey.families) {
        let more: Vec<String> = survey.switches.iter().cloned().chain([name.clone()]).collect();
        let scraped =
            trial.scrape(&survey.listen, &survey.path_flag, &more, START_LIMIT, &|_| false);
        let Ok(scraped) = scraped else { continue };
        let families = Families::read(&scraped.pages);
        if families.troubles.len() < survey.families.troubles.len() {
            survey.families = families;
            survey.switches = more;
        }
    }
    Ok(())
}

/// Refuses an address or a path of the page from the user: BlueKing sets them.
fn refuse_own_address(
    help: &Help,
    given: &[Given],
    variables: &[(String, String)],
) -> Result<(), UsageError> {
    for (flag, role) in help.flags.iter().zip(help.roles()) {
        if !matches!(role, Role::Listen(_) | Role::Path) {
            continue;
        }
        let bare = flag.name.trim_start_matches('-');
        let is_given = given.iter().any(|given| match given {
            Given::Flag(name, _) => name.trim_start_matches('-') == bare,
            Given::Argument(_) => false,
        });
        let variable = variables.iter().find(|(name, _)| flag.env.as_ref() == Some(name));
        if is_given {
            return Err(UsageError(texts::own_address("--args", &flag.name)));
        }
        if let Some((name, _)) = variable {
            return Err(UsageError(texts::own_address("--env", name)));
        }
    }
    Ok(())
}

/// Whether a page has hardly anything but metrics about the exporter.
fn has_few_others(families: &Families) -> bool {
    let names = families.names();
    others(families) < FEW && !names.iter().any(|name| *name == "up" || name.ends_with("_up"))
}

/// Number of metrics that are not about the exporter itself.
pub(super) fn others(families: &Families) -> usize {
    let own = ["go_", "process_", "promhttp_", "python_"];
    let names = families.names();
    let others = names.iter().filter(|name| {
        !own.iter().any(|prefix| name.starts_with(prefix))
            && !name.contains("exporter_")
            && !name.ends_with("_build_info")
    });
    others.count()
}

/// Switches that may keep samples off the page that BlueKing cannot take: those of collectors whose
/// names occur in the names of these samples.
fn switches(help: &Help, families: &Families) -> Vec<String> {
    let is_lost = |trouble: &Trouble| {
        matches!(trouble, Trouble::NotFinite | Trouble::OverwrittenLabel | Trouble::Repeated)
    };
    let names: Vec<&String> = families
        .troubles
        .iter()
        .filter(|(_, trouble)| is_lost(trouble))
        .map(|(name, _)| name)
        .collect();
    let flags = help.flags.iter().filter(|flag| flag.negatable);
    let collector = |flag: &HelpFlag| {
        let bare = flag.name.trim_start_matches('-').to_owned();
        let (_, collector) =
            bare.split_once("collector.").or_else(|| bare.split_once("collect."))?;
        let is_meant = names.iter().any(|name| name.contains(collector));
        (is_meant && !collector.contains('.')).then(|| format!("--no-{bare}"))
    };
    flags.filter_map(collector).collect()
}

/// The ways to set the listen address, the likeliest first.
fn listens(help: &Help, help_text: &str) -> Vec<Listen> {
    let listen = |flag: &str, env: &str, value: &str, port| Listen {
        flag: flag.to_owned(),
        env: env.to_owned(),
        value: value.to_owned(),
        port,
    };
    for (flag, role) in help.flags.iter().zip(help.roles()) {
        if let Role::Listen(found) = role {
            let values: &[&str] = match found.form {
                ListenForm::HostPort => &["${host}:${port}"],
                ListenForm::ColonPort => &["${host}:${port}", ":${port}"],
                ListenForm::Port => &["${port}"],
            };
            let name = &*flag.name;
            return values.iter().map(|value| listen(name, "", value, found.port)).collect();
        }
    }
    let values = ["${host}:${port}", ":${port}", "${port}"];
    let variables = listen_variables(help_text);
    let all = variables
        .iter()
        .flat_map(|name| values.map(|value| listen("", name, value, port_beside(help_text, name))));
    all.collect()
}

/// The port after the word `default` in the line of a variable.
fn port_beside(text: &str, name: &str) -> Option<u16> {
    let line = text.lines().find(|line| line.contains(name))?;
    let (_, rest) = line.split_once("default")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit());
    digits.filter_map(|digits| digits.parse().ok()).find(|port| *port > 255)
}

/// Environment variables in a help text that may set the listen address.
fn listen_variables(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
    let is_listen = |word: &&str| {
        word.contains("LISTEN")
            || ["BIND_ADDRESS", "WEB_ADDRESS", "METRICS_PORT"].contains(word)
            || word.ends_with("EXPORTER_PORT")
            || *word == "PORT"
    };
    let mut names: Vec<&str> = words.filter(is_listen).take(20).collect();
    names.dedup();
    names.truncate(3);
    names
}

fn role_of(help: &Help, is_wanted: impl Fn(Role) -> bool) -> Option<&HelpFlag> {
    let roles = help.roles();
    help.flags.iter().zip(roles).find(|(_, role)| is_wanted(*role)).map(|(flag, _)| flag)
}

/// The help, by the first spelling that gives one.
fn help_of(trial: &Trial<'_>) -> Result<String> {
    let mut longest = String::new();
    for word in ["--help", "-h", "help"] {
        let text = trial.ask(&[word])?;
        if !help::parse(&text).flags.is_empty() {
            return Ok(text);
        }
        if text.len() > longest.len() {
            longest = text;
        }
    }
    Ok(longest)
}

fn version_of(trial: &Trial<'_>, help: &Help) -> Result<Option<String>> {
    let flag = role_of(help, |role| role == Role::Version).map(|flag| flag.name.clone());
    let words = flag.into_iter().chain(["--version", "-version", "version"].map(str::to_owned));
    for word in words {
        if let Some(version) = help::version(&trial.ask(&[&word])?) {
            return Ok(Some(version));
        }
    }
    Ok(None)
}

/// The definitions of an exporter that describes itself.
fn describe(trial: &Trial<'_>, help: &Help) -> Result<Option<(String, Definitions)>> {
    if !help.flags.iter().any(|flag| flag.name == "--describe") {
        return Ok(None);
    }
    let text = trial.ask(&["--describe"])?;
    Ok(Definitions::parse("--describe", &text).ok().map(|definitions| (text, definitions)))
}

fn read_page(page: &str, scratch: &Path) -> Result<Vec<u8>> {
    if page.starts_with("http://") {
        let answer = scrape(page, &scratch.join("page"));
        return Ok(answer.map_err(|_| UsageError(texts::page_silent(page)))?.body);
    }
    if page.contains("://") {
        return Err(UsageError(texts::page_scheme(page)).into());
    }
    given_file("--page", page, MAX_PAGE)
}

/// The bytes of a file that the user named.
///
/// # Errors
/// A [`UsageError`]: it cannot be read, is no file or is too large.
pub(super) fn given_file(flag: &str, file: &str, limit: u64) -> Result<Vec<u8>> {
    let failed = |error: io::Error| UsageError(texts::unreadable(flag, file, &os_error(&error)));
    let found = fs::metadata(file).map_err(failed)?;
    if !found.is_file() {
        return Err(UsageError(texts::not_a_file(flag, file)).into());
    }
    if found.len() > limit {
        return Err(UsageError(texts::too_large(flag, file, limit >> 20)).into());
    }
    Ok(fs::read(file).map_err(failed)?)
}

fn read_file(file: &str) -> Result<String> {
    Ok(String::from_utf8_lossy(&given_file("--help-text", file, MAX_PAGE)?).into_owned())
}

/// The text of a small file; `None` if it is not one.
pub(super) fn read_text(path: &str) -> Option<String> {
    let size = fs::metadata(path).ok()?.len();
    let text = (size <= MAX_TEXT).then(|| fs::read_to_string(path).ok()).flatten();
    text.filter(|text| !text.is_empty())
}

fn variable(text: &str) -> Result<(String, String)> {
    let is_name = |name: &str| {
        let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_';
        name.starts_with(is_letter) && name.chars().all(|c| is_letter(c) || c.is_ascii_digit())
    };
    let pair = text.split_once('=').filter(|(name, _)| is_name(name));
    let (name, value) = pair.ok_or_else(|| UsageError(texts::not_a_variable(text)))?;
    Ok((name.to_owned(), value.to_owned()))
}

/// The word with the path of an existing file made absolute: the exporter runs in another folder.
fn with_absolute_path(word: &str) -> String {
    let (name, value) = match word.split_once('=') {
        Some((name, value)) if word.starts_with('-') => (Some(name), value),
        _ => (None, word),
    };
    let path = PathBuf::from(value);
    let is_relative = !value.is_empty() && path.is_relative() && path.is_file();
    let absolute = is_relative.then(|| path.canonicalize().ok()).flatten();
    match (absolute, name) {
        (None, _) => word.to_owned(),
        (Some(path), Some(name)) => format!("{name}={}", path.display()),
        (Some(path), None) => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_set_by_flag_or_variable() {
        for (text, expected) in [
            (
                "Usage of x:\n  -addr string\n    \tWhere to listen. (default \":9121\")\n",
                "-addr ${host}:${port}|-addr :${port}",
            ),
            (
                "LISTEN_ADDRESS  where to listen\nDB_PORT of the database\n",
                "$LISTEN_ADDRESS ${host}:${port}|$LISTEN_ADDRESS :${port}|$LISTEN_ADDRESS ${port}",
            ),
            ("nothing", ""),
        ] {
            let found = listens(&help::parse(text), text);
            let line = |listen: &Listen| match &*listen.flag {
                "" => format!("${} {}", listen.env, listen.value),
                flag => format!("{flag} {}", listen.value),
            };
            assert_eq!(found.iter().map(line).collect::<Vec<_>>().join("|"), expected, "{text}");
        }
    }

    #[test]
    fn port_of_a_variable_is_found() {
        let text = "  HOST  where\n  LISTEN_PORT  port to listen on (default \"127.0.0.1:9777\")\n";
        assert_eq!(port_beside(text, "LISTEN_PORT"), Some(9777));
        assert_eq!(port_beside(text, "HOST"), None);
    }

    #[test]
    fn address_is_not_for_the_user() {
        let help = help::parse(
            "usage: x [<flags>]\n\nFlags:\n      --web.listen-address=\":1\" ($X_LISTEN)  Where to \
             listen.\n      --db.address=\"\"  Database.\n",
        );
        let refused = |args: &str, env: &str| {
            let given = Given::parse(&given::split(args).unwrap(), &help);
            let variables = [(env.to_owned(), ":2".to_owned())];
            refuse_own_address(&help, &given, &variables).err().map(|error| error.0)
        };
        let own = "--web.listen-address";
        assert_eq!(refused("-web.listen-address=:2", ""), Some(texts::own_address("--args", own)));
        assert_eq!(refused("", "X_LISTEN"), Some(texts::own_address("--env", "X_LISTEN")));
        assert_eq!(refused("--db.address=:2", "X"), None);
    }

    #[test]
    fn page_of_the_exporter_alone_is_recognised() {
        let families = |text: &str| Families::read(&[text.as_bytes().to_vec()]);
        assert!(has_few_others(&families("go_info 1\nx_exporter_build_info 1\nx_modules 3\n")));
        assert!(!has_few_others(&families("go_info 1\nx_up 0\n")));
        let many: String = (0..FEW).map(|n| format!("x_{n} 1\n")).collect();
        assert!(!has_few_others(&families(&many)));
    }

    #[test]
    fn collectors_are_found_by_their_samples() {
        let help = help::parse(
            "usage: x [<flags>]\n\nFlags:\n      --[no-]collector.udp_queues  Queues.\n      \
             --[no-]collector.cpu  CPU.\n      --[no-]collector.udp_queues.all  All.\n",
        );
        let families = Families::read(&[b"node_udp_queues{ip=\"v4\"} 1\nnode_cpu 1\n".to_vec()]);
        assert_eq!(switches(&help, &families), ["--no-collector.udp_queues"]);
    }
}
