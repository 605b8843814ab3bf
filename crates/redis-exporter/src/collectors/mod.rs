//! The collectors, and the flags that they go by. `up` asks at every scrape whether Redis answers;
//! `info` reads all the rest, at every scrape or in the background.

mod info;
mod up;

use std::path::PathBuf;
use std::time::Duration;

use exporter_kit::{Exporter, Flag, SettingError, Settings};

use crate::client::{Password, Target};

const ADDRESS: &str = "redis.address";
const USERNAME: &str = "redis.username";
const PASSWORD: &str = "redis.password";
const PASSWORD_FILE: &str = "redis.password-file";
const TIMEOUT: &str = "redis.timeout";
const INTERVAL: &str = "redis.interval";

/// The exporter's own flags, beside those that the kit gives to every exporter.
pub(crate) const FLAGS: &[Flag] = &[
    Flag::value(ADDRESS, "ADDRESS", "127.0.0.1:6379", "HOST:PORT or [IPV6]:PORT of Redis."),
    Flag::value(USERNAME, "NAME", "", "User of Redis; without it the default user."),
    Flag::value(PASSWORD, "PASSWORD", "", "Password of Redis.").secret(),
    Flag::value(PASSWORD_FILE, "PATH", "", "File with the password, read at each connection."),
    Flag::value(
        TIMEOUT,
        "DURATION",
        "3s",
        "How long Redis may take for all that one collector asks.",
    ),
    Flag::value(
        INTERVAL,
        "DURATION",
        "0s",
        "How often INFO is read in the background; 0 reads it at each scrape.",
    ),
];

/// Adds every collector to `exporter`.
pub(crate) fn add_all(exporter: Exporter, settings: &Settings) -> Result<Exporter, SettingError> {
    let target = target(settings)?;
    let interval = settings.duration(INTERVAL)?;
    let exporter = exporter.collector("up", up::Up::new(target.clone()));
    let info = info::Server::new(target);
    Ok(match interval {
        Duration::ZERO => exporter.collector("info", info),
        interval => exporter.background("info", info, interval),
    })
}

fn target(settings: &Settings) -> Result<Target, SettingError> {
    let address = settings.text(ADDRESS);
    let port = address.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    if port.is_none_or(|port| port == 0) || address.starts_with(':') {
        let what = format!("{address:?} is no HOST:PORT; give one such as 127.0.0.1:6379");
        return Err(settings.error(ADDRESS, what));
    }
    let timeout = settings.duration(TIMEOUT)?;
    if timeout.is_zero() {
        return Err(settings.error(TIMEOUT, "must be more than nothing"));
    }
    let password = match (settings.text(PASSWORD), settings.text(PASSWORD_FILE)) {
        ("", "") => Password::None,
        (text, "") => Password::Text(text.to_owned()),
        ("", path) => Password::File(PathBuf::from(path)),
        _ => {
            let what = "there is a password already; give one of the two";
            return Err(settings.error(PASSWORD_FILE, what));
        }
    };
    let username = settings.text(USERNAME).to_owned();
    if !username.is_empty() && matches!(password, Password::None) {
        let what = "a user needs a password, from the environment or --redis.password-file";
        return Err(settings.error(USERNAME, what));
    }
    Ok(Target { address: address.to_owned(), username, password, timeout })
}

#[cfg(test)]
mod tests {
    use exporter_kit::Collector as _;

    use super::*;

    #[test]
    fn all_metrics_follow_the_conventions() {
        let target = Target {
            address: String::new(),
            username: String::new(),
            password: Password::None,
            timeout: Duration::ZERO,
        };
        let (up, info) = (up::Up::new(target.clone()), info::Server::new(target));
        let metrics = up.metrics().iter().chain(info.metrics());
        assert_eq!(exporter_kit::lint_metrics(metrics.copied()), []);
    }
}
