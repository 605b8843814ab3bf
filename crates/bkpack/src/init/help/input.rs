//! Which kind of field of a form a flag needs.

use super::HelpFlag;
use super::words::{any, contains, only, prose_words, words};

/// Kind of field for a flag's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// On or off; the flag takes no value.
    Switch,
    /// A secret, which a form does not show.
    Password,
    /// A file that the exporter reads and that has to be delivered to the host.
    File,
    /// Anything else: text, numbers, durations, choices.
    Text,
}

/// The kind of field for `flag`.
pub fn input(flag: &HelpFlag) -> Input {
    if flag.value.is_none() {
        return Input::Switch;
    }
    let name = words(flag.name.trim_start_matches('-'));
    if is_secret(&name) || is_secret_by_help(flag, &name) {
        return Input::Password;
    }
    if is_file(flag, &name) {
        return Input::File;
    }
    // A name such as `--auth` says less than its variable.
    let env = flag.env.as_deref().map(words).unwrap_or_default();
    if is_secret(&env) && !any(&name, NOT_SECRET) { Input::Password } else { Input::Text }
}

const SECRETS: &str = "\
    password passwd pass pwd passphrase token secret credential credentials apikey authtoken";
/// Words of names that tell about a secret without being one.
const NOT_SECRET: &str = "\
    file filename path dir directory map ttl timeout interval expiry url uri endpoint name \
    namespace count length env command cmd type policy refresh location header field \
    audience scope";

fn is_secret(words: &[String]) -> bool {
    let api_key = words.windows(2).any(|pair| pair[0] == "api" && pair[1] == "key");
    (any(words, SECRETS) || api_key) && !any(words, NOT_SECRET)
}

/// Whether a short name such as `-p` or `-qp` is explained as a secret.
fn is_secret_by_help(flag: &HelpFlag, name: &[String]) -> bool {
    let help = prose_words(&flag.help);
    name.iter().all(|word| word.len() <= 2)
        && any(&help[..help.len().min(4)], "password token secret")
        && !any(&help, "file path timeout interval")
}

/// Words of names of files that the exporter writes, that are no files, or that belong to the
/// host.
const NOT_READ: &str = "\
    log logs logfile pid pidfile lock lockfile socket sock output out write dump dir dirs \
    directory directories folder procfs sysfs rootfs udev persistence state cache binary bin \
    executable command cmd limit max min regex regexp pattern timeout interval size age mode \
    extension prefix suffix url uri include exclude version fields metrics telemetry \
    telemetrypath filter";
/// Where files are on every host, or are made by the programs that run there.
const ON_HOST: &[&str] = &[
    "/proc",
    "/sys",
    "/dev",
    "/run",
    "/var",
    "/usr",
    "/bin",
    "/sbin",
    "/tmp",
    "/etc/default/",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/hosts",
    "/etc/machine-id",
    "/etc/localtime",
];
const FILE_WORDS: &str = "\
    files filename filepath cnf pem keytab \
    kubeconfig truststore keystore";
const CONFIG_WORDS: &str = "config configuration conf cfg";
/// Words that "path to" or "name of" is followed by if a file is meant.
const CONTENTS: &str = "\
    file files script certificate certificates cert key configuration config pem ca queries \
    yaml yml json toml bundle keytab";
const ENDINGS: &[&str] =
    &[".yml", ".yaml", ".toml", ".json", ".conf", ".cnf", ".ini", ".pem", ".crt", ".cer", ".key"];

fn is_file(flag: &HelpFlag, name: &[String]) -> bool {
    let default = flag.default.as_deref().unwrap_or_default();
    let help = flag.help.to_lowercase();
    let help_words = prose_words(&help);
    let placeholder = words(flag.value.as_deref().unwrap_or_default());
    if on_host(default)
        || default.contains("://")
        || default.ends_with('/')
        || any(&help_words, "directory directories folder executable binary pid")
    {
        return false;
    }
    let tail = &name[name.len().saturating_sub(2)..];
    let says_file = any(tail, FILE_WORDS)
        || tail.iter().any(|word| word.ends_with("file") && word != "profile");
    let default_is_file = ENDINGS.iter().any(|ending| default.ends_with(ending));
    // `--metrics-file` is read, `--metrics-path` is not a file.
    if any(name, NOT_READ) && !((says_file || default_is_file) && any(name, "metrics telemetry")) {
        return false;
    }
    if !flag.choices.is_empty() || is_number(default) || takes_pair(flag) {
        return false;
    }
    let path_words = any(name, "path location");
    let ends_in_config = name.last().is_some_and(|word| contains(CONFIG_WORDS, word))
        && any(&help_words, "file path yaml toml json");
    let config = any(name, CONFIG_WORDS) && (path_words || only(name, CONFIG_WORDS));
    let names_path = any(&placeholder, "path file filename filepath");
    says_file
        || config
        || ends_in_config
        || any(&placeholder, "file filename filepath")
        || (names_path && any(&help_words, "file pem yaml toml json"))
        || (help_leads_to_file(&help, &help_words))
        || (default_is_file && any(&help_words, CONTENTS))
}

/// Whether a help text begins like "Path to the CA certificate" or "YAML file with".
fn help_leads_to_file(help: &str, words: &[String]) -> bool {
    let head: Vec<&str> = help.split_whitespace().take(12).collect();
    let leads = |first: &[&str], second: &str| {
        head.windows(2)
            .take(3)
            .any(|pair| first.contains(&pair[0].trim_matches(['[', ']', '('])) && pair[1] == second)
    };
    let path_to = (leads(&["path", "location", "filename"], "to")
        || leads(&["path", "name", "location"], "of"))
        && words.iter().take(9).any(|word| contains(CONTENTS, word))
        && !words.iter().take(9).any(|word| word == "socket");
    let file_with = words.windows(2).take(4).any(|pair| {
        pair[0] == "file"
            && ["with", "containing", "that", "to", "for", "path"].contains(&&*pair[1])
    });
    path_to || file_with
}

/// Whether every host has the file or folder.
fn on_host(default: &str) -> bool {
    default == "/" || ON_HOST.iter().any(|path| default.starts_with(path))
}

/// Whether the value is a setting such as `KEY=VALUE`.
pub(super) fn takes_pair(flag: &HelpFlag) -> bool {
    flag.value.as_deref().is_some_and(|value| value.contains('='))
}

fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok()
}
