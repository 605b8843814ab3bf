//! Drafts the rows of the form from an exporter's help. Their texts are for BlueKing's pages and
//! therefore Chinese. Pure but for the content of files that the user named.

use blueking_package::plugin::is_changed_by_shells;
use blueking_package::{abbreviated, first_sentence};

use super::given::Given;
use super::help::{self, Help, HelpFlag, Input, Role};
use super::secrets::{is_secret, is_secret_name, without_secrets};

/// Rows offered at most: operators do not read a form of hundreds.
const MAX_ROWS: usize = 30;

/// Longest name and longest description of a row in BlueKing 5.1, in characters.
const TEXT_LIMIT: usize = 50;

/// How a value reaches the exporter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Flag(String),
    Env(String),
    Argument(String),
}

/// A row of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) target: Target,
    pub(super) input: Input,
    pub(super) default: String,
    /// Content of a file.
    pub(super) content: String,
    pub(super) description: String,
}

/// Why a flag has no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeftOut {
    /// Beyond the number of rows.
    TooMany,
    /// Its name is longer than BlueKing 5.1 stores.
    TooLong,
    /// A switch that is on and cannot be turned off by a word of its own.
    OnlyOff,
    /// A file, whose content only a person knows.
    File,
}

/// The rows, and what became of the other flags.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) rows: Vec<Row>,
    pub(super) left_out: Vec<(String, LeftOut)>,
    /// Required flags without a value.
    pub(super) required: Vec<String>,
    /// Names with given values that cannot be defaults, because shells of a site change them.
    pub(super) unsuitable: Vec<String>,
    /// Given arguments that no row passes.
    pub(super) not_passed: Vec<String>,
    /// File flags whose content has lost its secrets.
    pub(super) cleared: Vec<String>,
    /// The secrets that were given.
    pub(super) secrets: Vec<String>,
}

/// What the user and the trial add to the help.
#[derive(Debug, Default)]
pub(super) struct Additions<'a> {
    /// The arguments of `--args`.
    pub(super) given: &'a [Given],
    /// The variables of `--env`.
    pub(super) variables: &'a [(String, String)],
    /// Switches that the trial needed, such as `--no-collector.x`.
    pub(super) switches: &'a [String],
}

/// Drafts the rows. `read` returns the content of a file that `--args` names.
pub(super) fn form(
    help: &Help,
    additions: &Additions<'_>,
    read: &dyn Fn(&str) -> Option<String>,
) -> Form {
    let mut form = Form::default();
    // Rank, then row: what was given and what is needed comes first.
    let mut ranked: Vec<(usize, Row)> = Vec::new();
    let value_of = |name: &str| {
        additions.given.iter().find_map(|given| match given {
            Given::Flag(flag, value) if same(flag, name) => Some(value.clone()),
            _ => None,
        })
    };
    for (flag, role) in help.flags.iter().zip(help.roles()) {
        let given = value_of(&flag.name);
        if let Some(Some(value)) = &given
            && help::input(flag) == Input::Password
        {
            form.secrets.push(value.clone());
        }
        let negated = format!("--no-{}", flag.name.trim_start_matches('-'));
        if additions.switches.contains(&negated) {
            continue;
        }
        match role {
            Role::Listen(_) | Role::Path | Role::WebConfig | Role::Version | Role::Help => continue,
            _ if ends_exporter(flag) => continue,
            Role::ListenHost => {
                let row = row(flag, Input::Text, "127.0.0.1", role);
                ranked.push((0, row));
                continue;
            }
            _ => {}
        }
        let is_given = given.is_some();
        match draft(flag, role, given, read, &mut form.cleared) {
            Ok(row) => {
                let rank = rank(flag, &row, is_given);
                let of_unused = 2 * usize::from(rank >= 3 && is_of_unused(flag, help));
                ranked.push((rank + of_unused, row));
            }
            Err(why) => form.left_out.push((flag.name.clone(), why)),
        }
        let is_set = is_given
            || flag
                .env
                .as_ref()
                .is_some_and(|env| additions.variables.iter().any(|(name, _)| name == env));
        if flag.required && !is_set && flag.default.is_none() {
            form.required.push(flag.name.clone());
        }
    }
    // Rows that the help does not have.
    for name in additions.switches {
        ranked.push((
            0,
            extra(Target::Flag(name.clone()), Input::Switch, "true", "关闭蓝鲸无法接收的指标"),
        ));
    }
    for given in additions.given {
        match given {
            Given::Flag(name, value) if !help.flags.iter().any(|flag| same(&flag.name, name)) => {
                let input = if value.is_some() { Input::Text } else { Input::Switch };
                let default = value.as_deref().unwrap_or("true");
                ranked.push((0, extra(Target::Flag(name.clone()), input, default, name)));
            }
            Given::Argument(value) => {
                let name = help.arguments.first().map_or("argument", |argument| &argument.name);
                let target = Target::Argument(name.to_owned());
                ranked.push((0, extra(target, Input::Text, value, name)));
            }
            Given::Flag(..) => {}
        }
    }
    for (name, value) in additions.variables {
        let known = ranked.iter_mut().find(|(_, row)| row.target == Target::Env(name.clone()));
        let input = if is_secret_name(name) { Input::Password } else { Input::Text };
        match known {
            Some((rank, row)) => {
                *rank = 0;
                row.default.clone_from(value);
            }
            None => ranked.push((0, extra(Target::Env(name.clone()), input, value, name))),
        }
    }
    for (_, row) in &mut ranked {
        // A secret stays with the operator.
        let is_text = row.input == Input::Text;
        if row.input == Input::Password || is_text && is_secret(row.name(), &row.default) {
            form.secrets.extend((!row.default.is_empty()).then(|| row.default.clone()));
            row.input = Input::Password;
            row.default.clear();
        }
        let is_variable = matches!(row.target, Target::Env(_));
        if is_text && is_changed_by_shells(&row.default, is_variable) {
            form.unsuitable.push(format!("{} {}", row.name(), row.default));
            row.default.clear();
        }
    }
    // A variable that holds a secret takes the place of the flag for it.
    let is_by_variable = |row: &Row| {
        row.input == Input::Password
            && matches!(row.target, Target::Flag(_))
            && additions.variables.iter().any(|(name, _)| *name == variable_of(row.name()))
    };
    ranked.retain(|(_, row)| !is_by_variable(row));
    ranked.sort_by_key(|(rank, _)| *rank);
    form.rows = ranked.into_iter().map(|(_, row)| row).collect();
    let is_passed = |given: &&Given| match given {
        Given::Argument(_) => true,
        Given::Flag(name, value) => form.rows.iter().any(|row| {
            let is_off = row.input == Input::Switch && value.as_deref() == Some("false");
            (same(row.name(), name) && !is_off) || row.name() == variable_of(name)
        }),
    };
    let lost = additions.given.iter().filter(|given| !is_passed(given));
    form.not_passed = lost.map(Given::to_string).collect();
    let rest = form.rows.split_off(form.rows.len().min(MAX_ROWS));
    form.left_out.extend(rest.iter().map(|row| (row.name().to_owned(), LeftOut::TooMany)));
    form
}

impl Row {
    /// The flag, the variable or the name of the argument.
    pub(super) fn name(&self) -> &str {
        match &self.target {
            Target::Flag(name) | Target::Env(name) | Target::Argument(name) => name,
        }
    }
}

/// Drafts the row of a flag. A file flag whose content loses its secrets is added to `cleared`.
fn draft(
    flag: &HelpFlag,
    role: Role,
    given: Option<Option<String>>,
    read: &dyn Fn(&str) -> Option<String>,
    cleared: &mut Vec<String>,
) -> Result<Row, LeftOut> {
    let input = help::input(flag);
    if flag.name.chars().count() > TEXT_LIMIT {
        return Err(LeftOut::TooLong);
    }
    match input {
        Input::Switch => {
            let is_on = flag.default.as_deref() == Some("true");
            match (is_on, flag.negatable) {
                (true, true) => {
                    let name = format!("--no-{}", flag.name.trim_start_matches('-'));
                    let text = format!("关闭：{}", about(flag, role));
                    if name.chars().count() > TEXT_LIMIT {
                        return Err(LeftOut::TooLong);
                    }
                    Ok(extra(Target::Flag(name), Input::Switch, "false", &text))
                }
                (true, false) => Err(LeftOut::OnlyOff),
                (false, _) => {
                    let is_on = given.is_some_and(|value| value.as_deref() != Some("false"));
                    let default = if is_on { "true" } else { "false" };
                    Ok(row(flag, Input::Switch, default, role))
                }
            }
        }
        Input::File => {
            let path = given.flatten().ok_or(LeftOut::File)?;
            match read(&path) {
                Some(content) => {
                    let (content, had_any) = without_secrets(&content).ok_or(LeftOut::File)?;
                    if had_any {
                        cleared.push(flag.name.clone());
                    }
                    let name = path.rsplit(['/', '\\']).next().unwrap_or(&path).to_owned();
                    Ok(Row { content, ..row(flag, Input::File, &name, role) })
                }
                // A file that is on every host.
                None => Ok(row(flag, Input::Text, &path, role)),
            }
        }
        Input::Password => {
            let mut row = row(flag, Input::Password, "", role);
            // A variable is not in the list of processes.
            if let Some(env) = &flag.env {
                row.target = Target::Env(env.clone());
            }
            Ok(row)
        }
        Input::Text => Ok(row(flag, Input::Text, &given.flatten().unwrap_or_default(), role)),
    }
}

fn row(flag: &HelpFlag, input: Input, default: &str, role: Role) -> Row {
    let mut text = about(flag, role);
    let note = flag.default.as_deref().filter(|value| !value.is_empty() && input == Input::Text);
    if let Some(value) = note {
        // A cut text is better than a cut default.
        let room = TEXT_LIMIT.saturating_sub(with_default("", value).chars().count());
        if room >= 10 {
            text = with_default(&abbreviated(&text, room), value);
        }
    }
    extra(Target::Flag(flag.name.clone()), input, default, &text)
}

fn with_default(text: &str, value: &str) -> String {
    format!("{text}，默认 {value}")
}

fn extra(target: Target, input: Input, default: &str, text: &str) -> Row {
    Row {
        target,
        input,
        default: default.to_owned(),
        content: String::new(),
        description: abbreviated(&text.replace(char::is_control, " "), TEXT_LIMIT)
            .replace("：…，", "，"),
    }
}

/// Whether a switch makes the exporter print or check something and end.
fn ends_exporter(flag: &HelpFlag) -> bool {
    const NAMES: [&str; 12] = [
        "man",
        "test",
        "help-long",
        "help-man",
        "licence",
        "license",
        "dry-run",
        "check-config",
        "config-check",
        "list",
        "once",
        "daemon",
    ];
    let name = flag.name.trim_start_matches('-').to_lowercase().replace(['.', '_'], "-");
    let help = flag.help.to_lowercase();
    let says =
        ["and exit", "then exit", "and quit", "then quit"].iter().any(|end| help.contains(end));
    let is_known = NAMES.contains(&&*name) || name.starts_with("completion-script");
    flag.value.is_none() && (is_known || says)
}

/// Whether a flag belongs to a collector that is off: `--collector.x.y`.
fn is_of_unused(flag: &HelpFlag, help: &Help) -> bool {
    help.flags.iter().any(|other| {
        let of_other = flag.name.strip_prefix(&*other.name);
        let is_off = other.value.is_none() && other.default.as_deref() != Some("true");
        is_off
            && other.name.contains("collect")
            && of_other.is_some_and(|rest| rest.starts_with('.'))
    })
}

/// What a flag does, for operators: Chinese where its kind is clear, else its help.
fn about(flag: &HelpFlag, role: Role) -> String {
    let words: Vec<String> = flag
        .name
        .to_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .map(str::to_owned)
        .collect();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&&**word));
    match role {
        Role::ListenHost => return "监听IP".to_owned(),
        Role::LogLevel => return "日志级别".to_owned(),
        Role::LogFormat => return "日志格式".to_owned(),
        _ => {}
    }
    let sentence = first_sentence(&flag.help);
    match help::input(flag) {
        Input::Password => "密码".to_owned(),
        Input::Text if has(&["user", "username"]) => "用户名".to_owned(),
        Input::Text if has(&["timeout"]) => "超时时间".to_owned(),
        Input::Text if names_service(&words) && flag.value.is_some() && words.len() <= 4 => {
            format!("被监控服务的地址：{sentence}")
        }
        _ if sentence.is_empty() => flag.name.clone(),
        _ => sentence.to_owned(),
    }
}

/// The variable that a flag is often set by: `REDIS_PASSWORD` for `-redis.password`.
fn variable_of(flag: &str) -> String {
    let name = flag.trim_start_matches('-').to_uppercase();
    name.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

/// Words of flags that name the monitored service.
const SERVICE: [&str; 9] =
    ["addr", "address", "uri", "url", "dsn", "host", "server", "endpoint", "hosts"];

/// Whether the last word of a flag names the service: `--es.uri`, not `--host_override`.
fn names_service(words: &[String]) -> bool {
    words.last().is_some_and(|word| SERVICE.contains(&&**word))
}

fn rank(flag: &HelpFlag, row: &Row, is_given: bool) -> usize {
    let name = flag.name.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    match row.input {
        _ if is_given => 0,
        _ if flag.required => 1,
        Input::Password => 2,
        _ if has(&["user", "timeout"]) || has(&SERVICE) => 3,
        Input::Text | Input::File => 4,
        Input::Switch => 5,
    }
}

fn same(a: &str, b: &str) -> bool {
    a.trim_start_matches('-') == b.trim_start_matches('-')
}

#[cfg(test)]
mod tests {
    use super::super::given;
    use super::*;

    const HELP: &str = "usage: x [<flags>]\n\nFlags:\n  -h, --[no-]help  Show help.\n      \
        --web.listen-address=\":9100\"  Where to listen.\n      --web.telemetry-path=\"/metrics\"  \
        Path of the page.\n      --db.address=\"tcp://localhost:1\" ($DB_ADDRESS)  Address of the \
        database.\n      --db.password=\"\" ($DB_PASSWORD)  Password.\n      --db.timeout=5s  \
        Timeout.\n      --config.file=\"\"  File with the configuration.\n      \
        --[no-]collector.cpu  Enable the cpu collector (default: enabled).\n      --[no-]deep  \
        Read all tables.\n      --version  Show version.\n";

    fn drafted(args: &str, variables: &[(&str, &str)], switches: &[&str]) -> Form {
        let help = help::parse(HELP);
        let given = Given::parse(&given::split(args).unwrap(), &help);
        let variables: Vec<_> =
            variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let switches: Vec<_> = switches.iter().map(ToString::to_string).collect();
        let additions = Additions { given: &given, variables: &variables, switches: &switches };
        let read =
            |path: &str| (path == "/a/db.yml").then(|| "a: 1\npassword: s3cret\n".to_owned());
        form(&help, &additions, &read)
    }

    /// `name input default` of each row.
    fn lines(form: &Form) -> Vec<String> {
        let line = |row: &Row| {
            let kind = match row.target {
                Target::Flag(_) => "",
                Target::Env(_) => "$",
                Target::Argument(_) => "@",
            };
            format!("{kind}{} {:?} {}", row.name(), row.input, row.default)
        };
        form.rows.iter().map(line).collect()
    }

    #[test]
    fn rows_follow_the_help() {
        let form = drafted("", &[], &[]);
        let expected = [
            "$DB_PASSWORD Password ",
            "--db.address Text ",
            "--db.timeout Text ",
            "--no-collector.cpu Switch false",
            "--deep Switch false",
        ];
        assert_eq!(lines(&form), expected);
        assert_eq!(form.left_out, [("--config.file".to_owned(), LeftOut::File)]);
        for row in &form.rows {
            assert!(row.description.chars().count() <= TEXT_LIMIT, "{row:?}");
        }
        assert!(form.rows[1].description.ends_with("tcp://localhost:1"), "{form:?}");
    }

    #[test]
    fn what_was_given_becomes_the_default() {
        let form = drafted(
            "--db.address=tcp://h:2 --deep --config.file /a/db.yml --new=1 main",
            &[("DB_PASSWORD", "s3cret"), ("TZ", "UTC")],
            &["--no-collector.cpu"],
        );
        let expected = [
            "--db.address Text tcp://h:2",
            "$DB_PASSWORD Password ",
            "--config.file File db.yml",
            "--deep Switch true",
            "--no-collector.cpu Switch true",
            "--new Text 1",
            "@argument Text main",
            "$TZ Text UTC",
            "--db.timeout Text ",
        ];
        assert_eq!(lines(&form), expected);
        assert_eq!(form.rows[2].content, "a: 1\npassword: \n");
        assert_eq!(
            (form.cleared.join(" "), form.secrets),
            ("--config.file".to_owned(), vec!["s3cret".to_owned()])
        );
        let local = drafted("--config.file=/etc/db.yml", &[], &[]);
        assert!(lines(&local).contains(&"--config.file Text /etc/db.yml".to_owned()));
    }

    #[test]
    fn secrets_in_variables_have_one_row() {
        let help = help::parse(
            "Usage of x:\n  -db.password string\n    \tPassword, e.g. of root. Not logged.\n",
        );
        let variables = [("DB_PASSWORD".to_owned(), "s3cret".to_owned())];
        let additions = Additions { variables: &variables, ..Additions::default() };
        let form = form(&help, &additions, &|_| None);
        assert_eq!(lines(&form), ["$DB_PASSWORD Password "]);
    }

    #[test]
    fn passwords_in_addresses_are_not_written_down() {
        let form = drafted(
            "--db.address=tcp://u:s3cret@h:2 --new=u:s3cret@(h)/",
            &[("OTHER_DSN", "postgres://u:s3cret@h/x"), ("PLAIN", "tcp://u@h:1")],
            &[],
        );
        assert!(!format!("{:?}", form.rows).contains("s3cret"), "{form:?}");
        let lines = lines(&form);
        for line in ["--db.address Password ", "--new Password ", "$OTHER_DSN Password "] {
            assert!(lines.contains(&line.to_owned()), "{line} is not in {lines:?}");
        }
        assert!(lines.contains(&"$PLAIN Text tcp://u@h:1".to_owned()), "{lines:?}");
    }

    #[test]
    fn what_cannot_be_passed_is_named() {
        let form = drafted("--db.address=http://h/?a --deep=false --no-deep=false", &[], &[]);
        assert_eq!(form.unsuitable, ["--db.address http://h/?a"]);
        assert_eq!(form.rows[0].default, "");
        assert_eq!(form.not_passed, ["--deep=false"]);
        assert!(lines(&form).contains(&"--deep Switch false".to_owned()), "{form:?}");
    }

    #[test]
    fn flags_that_end_the_exporter_have_no_row() {
        let help = help::parse(
            "Usage of x:\n  -deep\n    \tAll of it.\n  -man\n    \tThe manual.\n  -validate\n    \t\
             Read the configuration and exit.\n  -test string\n    \tName of the test.\n",
        );
        let form = form(&help, &Additions::default(), &|_| None);
        assert_eq!(lines(&form), ["-test Text ", "-deep Switch false"]);
    }

    #[test]
    fn options_of_unused_collectors_come_last() {
        let help = help::parse(
            "usage: x [<flags>]\n\nFlags:\n      --collector.a.depth=1  Depth.\n      \
             --collector.b.depth=1  Depth.\n      --[no-]collector.a  A (default: disabled).\n      \
             --[no-]collector.b  B (default: enabled).\n      --http.host_override=\"\"  Sent name.\n",
        );
        let form = form(&help, &Additions::default(), &|_| None);
        let names: Vec<_> = form.rows.iter().map(Row::name).collect();
        let at = |name: &str| names.iter().position(|found| *found == name).unwrap();
        assert!(at("--collector.b.depth") < at("--no-collector.b"), "{names:?}");
        assert!(at("--no-collector.b") < at("--collector.a.depth"), "{names:?}");
        let text = &form.rows[at("--http.host_override")].description;
        assert!(!text.contains("被监控服务"), "{text}");
    }

    #[test]
    fn long_forms_keep_what_matters() {
        let flags: String =
            (0..60).map(|n| format!("      --switch{n}=\"\"  Number {n}.\n")).collect();
        let help = help::parse(&format!(
            "usage: x [<flags>]\n\nFlags:\n{flags}      --db.password=\"\"  Secret.\n"
        ));
        let form = form(&help, &Additions::default(), &|_| None);
        assert_eq!(form.rows.len(), MAX_ROWS);
        assert_eq!(form.rows[0].name(), "--db.password");
        assert_eq!(form.left_out.len(), 61 - MAX_ROWS);
    }
}
