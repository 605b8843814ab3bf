//! Why a scrape of Redis failed. Errors are named by what the server said, not by the command that
//! it answered: a server without room for clients says so to the first one, whatever that is.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::address::Address;

/// The most of a server's words that are shown.
const MAX_TEXT_BYTES: usize = 240;

/// Why Redis could not be asked, or not everything.
#[derive(Debug)]
pub(crate) enum RedisError {
    PasswordFile(PathBuf, io::Error),
    /// A file of `--redis.tls-*` cannot be used.
    #[cfg(feature = "tls")]
    TlsFile(PathBuf, String),
    /// TLS could not be started.
    #[cfg(feature = "tls")]
    Tls(Address, io::Error),
    /// No connection could be opened, or its name not be looked up.
    Connect(Address, io::Error),
    /// No answer within this time. `scrape` is whether the scrape allowed no more.
    Timeout {
        address: Address,
        phase: Phase,
        after: Duration,
        scrape: bool,
    },
    /// The connection broke, or the reply is not that of a Redis.
    Lost(Address, io::Error),
    /// The server replied with an error.
    Refused(Refusal),
}

/// What did not end in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    LookUp,
    #[cfg(feature = "tls")]
    TlsHandshake,
    /// Connecting, or a reply.
    Redis,
}

/// An error reply of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The command that it answered.
    pub(crate) command: &'static str,
    pub(crate) reason: Reason,
    /// The words of the server.
    pub(crate) text: String,
}

/// What an error reply means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The password is wrong or missing, or the user does not exist.
    Auth,
    /// The server has no password, or does not know users.
    NoSuchLogin,
    MaxClients,
    ProtectedMode,
    Loading,
    MasterDown,
    /// A script or module blocks the server.
    Busy,
    /// The user may not run the command.
    NoPermission,
    /// The server does not have the command, or it has another name.
    UnknownCommand,
    Other,
}

impl Refusal {
    /// The server's reply `text` to a command, without `password` in it.
    pub(crate) fn new(command: &'static str, text: &str, password: &str) -> Self {
        // The arguments of an unknown command may be a password.
        let text = &text[..text.find(", with args beginning with").unwrap_or(text.len())];
        let mut reason = Reason::of(text);
        if command == "AUTH" && reason.is_of_command() {
            // Proxies and other servers refuse logins in words of their own.
            let is_unknown = reason == Reason::UnknownCommand;
            reason = if is_unknown { Reason::NoSuchLogin } else { Reason::Auth };
        }
        // Before it is cut: half a password would not be found.
        let shown = match password {
            "" => text.to_owned(),
            password => text.replace(password, "…"),
        };
        Self { command, reason, text: first_words(&shown) }
    }

    /// A reply of another kind than the command has.
    pub(crate) fn unexpected(command: &'static str) -> Self {
        let text = "a reply of an unexpected kind".to_owned();
        Self { command, reason: Reason::Other, text }
    }
}

/// The beginning of a long text, up to the end of a sentence where there is one: that of the
/// protected mode is a page of advice.
fn first_words(text: &str) -> String {
    let end = text.floor_char_boundary(MAX_TEXT_BYTES);
    if end == text.len() {
        return text.to_owned();
    }
    let end = text[..end].rfind(". ").map_or(end, |dot| dot + 1);
    format!("{} …", &text[..end])
}

impl Reason {
    /// Whether no command is answered before another login.
    pub(crate) fn is_of_login(self) -> bool {
        matches!(self, Self::Auth | Self::NoSuchLogin)
    }

    fn of(text: &str) -> Self {
        let code = text.split(' ').next().unwrap_or_default();
        let says = |words: &str| text.to_ascii_lowercase().contains(words);
        match code {
            "NOAUTH" | "WRONGPASS" => Self::Auth,
            "NOPERM" => Self::NoPermission,
            "DENIED" => Self::ProtectedMode,
            "LOADING" => Self::Loading,
            "MASTERDOWN" => Self::MasterDown,
            "BUSY" => Self::Busy,
            "ERR" if says("max number of clients") => Self::MaxClients,
            "ERR" if says("invalid password") => Self::Auth,
            "ERR" if says("but no password is set") || says("without any password") => {
                Self::NoSuchLogin
            }
            "ERR" if says("wrong number of arguments for 'auth'") => Self::NoSuchLogin,
            "ERR" if says("unknown command") || says("unknown subcommand") => Self::UnknownCommand,
            // Redis 5 and older said this to Redis 6 commands.
            "ERR" if says("syntax error") => Self::UnknownCommand,
            _ => Self::Other,
        }
    }

    /// Whether the reply is about the connection, which the server then closes or ignores.
    pub(crate) fn ends_connection(self) -> bool {
        matches!(self, Self::Auth | Self::NoSuchLogin | Self::MaxClients | Self::ProtectedMode)
    }

    /// Whether the reply is about the command, and the others are answered.
    pub(crate) fn is_of_command(self) -> bool {
        matches!(self, Self::NoPermission | Self::UnknownCommand | Self::Other)
    }

    /// Whether the server would refuse the command again until it restarts.
    pub(crate) fn is_lasting(self) -> bool {
        matches!(self, Self::NoPermission | Self::UnknownCommand)
    }

    fn label(self) -> &'static str {
        match self {
            Self::Auth | Self::NoSuchLogin => "auth",
            Self::MaxClients => "max_clients",
            Self::Loading => "loading",
            Self::MasterDown => "master_down",
            Self::ProtectedMode
            | Self::Busy
            | Self::NoPermission
            | Self::UnknownCommand
            | Self::Other => "refused",
        }
    }

    /// What an operator can do, as a clause; empty if there is nothing to say.
    fn advice(self) -> &'static str {
        match self {
            Self::Auth => {
                "; check --redis.username and the password, from REDIS_EXPORTER_REDIS_PASSWORD or \
                 --redis.password-file"
            }
            Self::NoSuchLogin => {
                "; this server has no password or no users: leave out --redis.username, or the \
                 password too"
            }
            Self::MaxClients => "; raise maxclients of Redis, or find out who holds connections",
            Self::ProtectedMode => {
                "; set a password for Redis or protected-mode no, or connect from its own host"
            }
            Self::Loading => "; it will answer when its data is loaded",
            Self::MasterDown => "; the replica has lost its master and serves no old data",
            Self::Busy => "; a script has been running too long: SCRIPT KILL ends it",
            Self::NoPermission => {
                "; give the user the commands of the line ACL SETUSER in the documentation, and \
                 restart the exporter"
            }
            Self::UnknownCommand => "; is the command renamed or disabled, or is this not Redis?",
            Self::Other => "",
        }
    }
}

impl RedisError {
    /// The value of the label `err`.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::PasswordFile(..) => "password_file",
            #[cfg(feature = "tls")]
            Self::TlsFile(..) | Self::Tls(..) => "tls",
            Self::Connect(..) => "connect",
            Self::Timeout { .. } => "timeout",
            Self::Lost(..) => "lost",
            Self::Refused(refusal) => refusal.reason.label(),
        }
    }

    /// Whether other commands may be answered.
    pub(crate) fn leaves_others(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.reason.is_of_command())
    }

    /// Whether nothing more can be asked on the connection.
    pub(crate) fn ends_connection(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.reason.ends_connection(),
            _ => true,
        }
    }
}

impl fmt::Display for RedisError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PasswordFile(path, error) => {
                write!(f, "--redis.password-file: cannot read {}: {error}", path.display())
            }
            #[cfg(feature = "tls")]
            Self::TlsFile(path, why) => {
                write!(f, "--redis.tls-*: cannot use {}: {why}", path.display())
            }
            #[cfg(feature = "tls")]
            Self::Tls(address, error) => write!(
                f,
                "cannot start TLS with {address}: {error}; does Redis speak TLS there, and is its \
                 certificate for this name and of --redis.tls-ca-file? If Redis asks for a \
                 certificate, give --redis.tls-cert-file"
            ),
            Self::Connect(address, error) => write!(
                f,
                "cannot connect to {address}: {error}; is Redis running there? See --redis.address"
            ),
            Self::Timeout { address, phase, after, scrape } => {
                match phase {
                    Phase::LookUp => write!(f, "no name server answered for {address}")?,
                    #[cfg(feature = "tls")]
                    Phase::TlsHandshake => write!(
                        f,
                        "{address} did not answer in TLS; does Redis speak it on this port? No answer"
                    )?,
                    Phase::Redis => write!(f, "{address} did not answer")?,
                }
                write!(f, " within {after:?}")?;
                f.write_str(match scrape {
                    false => "; see --redis.timeout if it is slow",
                    true => {
                        ", when the scrape had to end; see the scraper's timeout or \
                         --scrape.timeout if it is slow"
                    }
                })
            }
            Self::Lost(address, error) => write!(f, "lost the connection to {address}: {error}"),
            Self::Refused(Refusal { command, reason, text }) => {
                write!(f, "Redis refused {command}: {text:?}{}", reason.advice())
            }
        }
    }
}

impl std::error::Error for RedisError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_named_by_their_words() {
        for (text, reason, label, advice) in [
            ("NOAUTH Authentication required.", Reason::Auth, "auth", "--redis.password-file"),
            (
                "WRONGPASS invalid username-password pair or user is disabled.",
                Reason::Auth,
                "auth",
                "--redis.username",
            ),
            ("ERR invalid password", Reason::Auth, "auth", "the password"),
            (
                "ERR Client sent AUTH, but no password is set",
                Reason::NoSuchLogin,
                "auth",
                "no password",
            ),
            (
                "ERR AUTH <password> called without any password configured for the default user. \
                 Are you sure your configuration is correct?",
                Reason::NoSuchLogin,
                "auth",
                "no password",
            ),
            (
                "ERR wrong number of arguments for 'auth' command",
                Reason::NoSuchLogin,
                "auth",
                "leave out --redis.username",
            ),
            ("ERR max number of clients reached", Reason::MaxClients, "max_clients", "maxclients"),
            (
                "ERR max number of clients + cluster connections reached",
                Reason::MaxClients,
                "max_clients",
                "maxclients",
            ),
            (
                "DENIED Redis is running in protected mode because protected mode is enabled",
                Reason::ProtectedMode,
                "refused",
                "set a password for Redis",
            ),
            ("LOADING Redis is loading the dataset", Reason::Loading, "loading", "is loaded"),
            ("MASTERDOWN Link with MASTER is down", Reason::MasterDown, "master_down", "master"),
            ("BUSY Redis is busy running a script.", Reason::Busy, "refused", "SCRIPT KILL"),
            (
                "NOPERM this user has no permissions to run the 'info' command",
                Reason::NoPermission,
                "refused",
                "give the user the commands",
            ),
            ("ERR unknown command `INFO`", Reason::UnknownCommand, "refused", "renamed"),
            (
                "ERR Unknown subcommand or wrong number",
                Reason::UnknownCommand,
                "refused",
                "renamed",
            ),
            ("MISCONF Redis is configured to save", Reason::Other, "refused", ""),
            ("", Reason::Other, "refused", ""),
        ] {
            let refusal = Refusal::new("INFO", text, "");
            assert_eq!(refusal.reason, reason, "{text}");
            let error = RedisError::Refused(refusal);
            assert_eq!(error.label(), label, "{text}");
            assert!(error.to_string().contains(advice), "{text}: {error}");
        }
    }

    #[test]
    fn arguments_of_unknown_commands_are_dropped() {
        let text = "ERR unknown command `AUTH`, with args beginning with: `secret`, ";
        let refusal = Refusal::new("AUTH", text, "");
        assert_eq!(refusal.text, "ERR unknown command `AUTH`");
        assert_eq!(refusal.reason, Reason::NoSuchLogin);
    }

    #[test]
    fn what_did_not_answer_is_named() {
        let address = Address::Name { host: "db".to_owned(), port: 6379 };
        let said = |phase, scrape| {
            let after = Duration::from_secs(3);
            RedisError::Timeout { address: address.clone(), phase, after, scrape }.to_string()
        };
        assert!(said(Phase::LookUp, false).starts_with("no name server answered for db:6379"));
        assert!(said(Phase::Redis, false).starts_with("db:6379 did not answer within 3s; see"));
        assert!(said(Phase::Redis, true).ends_with("--scrape.timeout if it is slow"));
        #[cfg(feature = "tls")]
        assert!(said(Phase::TlsHandshake, false).contains("does Redis speak it on this port?"));
    }

    #[test]
    fn any_refused_login_is_one() {
        for (text, reason) in [
            ("ERR the backend knows no such tenant", Reason::Auth),
            ("NOPERM no", Reason::Auth),
            ("ERR unknown command `AUTH`", Reason::NoSuchLogin),
            ("ERR max number of clients reached", Reason::MaxClients),
            ("BUSY a script", Reason::Busy),
        ] {
            assert_eq!(Refusal::new("AUTH", text, "").reason, reason, "{text}");
        }
    }

    #[test]
    fn passwords_are_replaced_before_texts_are_cut() {
        for before in [226, 232, 240] {
            let text = format!("ERR {} topsecret1 no", "a".repeat(before - 4));
            let shown = Refusal::new("PING", &text, "topsecret1").text;
            assert!(!shown.contains("top") && shown.contains('…'), "{shown}");
        }
    }

    #[test]
    fn long_texts_end_with_a_sentence() {
        for (text, length, end) in [
            (format!("DENIED {}. {}", "a".repeat(100), "b".repeat(900)), 112, "a. …"),
            ("错".repeat(300), 244, "错 …"),
            ("a".repeat(240), 240, "aa"),
        ] {
            let shown = Refusal::new("PING", &text, "").text;
            assert_eq!(shown.len(), length, "{shown}");
            assert!(shown.ends_with(end), "{shown}");
        }
    }
}
