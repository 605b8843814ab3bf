//! The flags, and the collector.

mod availability;
mod cluster;
mod config;
mod info;
mod latency;
mod redis;
mod replies;
mod sentinel;
mod slowlog;
mod targets;

use std::path::{Path, PathBuf};
use std::time::Duration;

use exporter_kit::{AnyFlag, CollectorDef, Flag, Pattern, SettingError, Settings};

use crate::address::Endpoint;
#[cfg(feature = "tls")]
use crate::client::TlsFiles;
use crate::client::{Password, Target};

const DEFAULT_ADDRESS: &str = "127.0.0.1:6379";
const ADDRESS: Flag<String> = Flag::text(
    "redis.address",
    "ADDRESS",
    DEFAULT_ADDRESS,
    "HOST:PORT or [IPV6]:PORT of Redis, redis://HOST:PORT, or unix:///PATH.",
)
.once();
const USERNAME: Flag<String> =
    Flag::text("redis.username", "NAME", "", "User of Redis; without it the default user.").once();
const PASSWORD: Flag<String> =
    Flag::text("redis.password", "PASSWORD", "", "Password of Redis.").secret();
const PASSWORD_FILE: Flag<Path> =
    Flag::path("redis.password-file", "", "File with the password, read at each connection.")
        .once();
#[cfg(feature = "tls")]
const TLS_CA_FILE: Flag<Path> = Flag::path(
    "redis.tls-ca-file",
    "",
    "PEM file with the authorities for the certificate of Redis; rediss:// needs it.",
);
#[cfg(feature = "tls")]
const TLS_CERT_FILE: Flag<Path> = Flag::path(
    "redis.tls-cert-file",
    "",
    "PEM file with the exporter's own certificate, where Redis asks for one.",
);
#[cfg(feature = "tls")]
const TLS_KEY_FILE: Flag<Path> =
    Flag::path("redis.tls-key-file", "", "PEM file with the key of --redis.tls-cert-file.");
const TIMEOUT: Flag<Duration> = Flag::duration(
    "redis.timeout",
    "3s",
    "How long Redis may take for everything in a scrape; a scrape that ends earlier shortens it.",
)
.positive();
const INTERVAL: Flag<Duration> = Flag::duration(
    "redis.interval",
    "0s",
    "How long replies are kept, PING excepted; 0 asks for all of them at each scrape.",
);

const TARGETS: Flag<Pattern> = Flag::pattern(
    "redis.targets",
    "",
    "Addresses that /scrape?target=ADDRESS may ask, as HOST:PORT, and as rediss://HOST:PORT with TLS; \
     none without it.",
)
.whole();

/// The exporter's own flags, in addition to those of the kit.
pub(crate) const FLAGS: &[&dyn AnyFlag] = &[
    &ADDRESS,
    &USERNAME,
    &PASSWORD,
    &PASSWORD_FILE,
    #[cfg(feature = "tls")]
    &TLS_CA_FILE,
    #[cfg(feature = "tls")]
    &TLS_CERT_FILE,
    #[cfg(feature = "tls")]
    &TLS_KEY_FILE,
    &TIMEOUT,
    &INTERVAL,
    &TARGETS,
];

/// Every collector.
pub(crate) const ALL: &[CollectorDef] = &[redis::DEF];

/// Chinese names of labels.
pub(crate) const LABELS: &[(&str, &str)] = &[
    ("class", "类别"),
    ("cmd", "命令"),
    ("db", "数据库"),
    ("err", "错误类型"),
    ("event_name", "延迟事件"),
    ("limit", "限制类型"),
    ("master_address", "主节点地址"),
    ("master_host", "主节点地址"),
    ("master_name", "主节点名称"),
    ("master_port", "主节点端口"),
    ("master_replid", "复制ID"),
    ("master_status", "主节点状态"),
    ("maxmemory_policy", "内存淘汰策略"),
    ("message", "说明"),
    ("os", "操作系统"),
    ("process_id", "进程号"),
    ("read_only", "是否只读"),
    ("redis_build_id", "Redis构建号"),
    ("redis_mode", "运行模式"),
    ("redis_version", "Redis版本"),
    ("role", "角色"),
    ("run_id", "运行ID"),
    ("slave_ip", "副本地址"),
    ("slave_port", "副本端口"),
    ("slave_state", "副本状态"),
    ("tcp_port", "Redis端口"),
];

/// Warns of variables of another redis_exporter, which containers are often started with.
fn unread_variables(settings: &Settings) -> Vec<String> {
    let variables = [
        ("REDIS_ADDR", "REDIS_EXPORTER_REDIS_ADDRESS", settings.get(&ADDRESS) == DEFAULT_ADDRESS),
        ("REDIS_USER", "REDIS_EXPORTER_REDIS_USERNAME", settings.get(&USERNAME).is_empty()),
        ("REDIS_PASSWORD", "REDIS_EXPORTER_REDIS_PASSWORD", settings.get(&PASSWORD).is_empty()),
    ];
    let unread = variables.iter().filter(|it| it.2 && std::env::var_os(it.0).is_some());
    unread.map(|(theirs, ours, _)| format!("{theirs} is not read; set {ours}")).collect()
}

fn target(settings: &Settings) -> Result<Target, SettingError> {
    let endpoint =
        settings.get(&ADDRESS).parse().map_err(|error| settings.error(&ADDRESS, error))?;
    target_at(endpoint, settings)
}

/// A target at another address than that of the settings, with their credentials.
fn target_at(endpoint: Endpoint, settings: &Settings) -> Result<Target, SettingError> {
    let (text, file) = (settings.get(&PASSWORD), settings.get(&PASSWORD_FILE));
    let password = match (text, file.as_os_str().is_empty()) {
        ("", true) => Password::None,
        (text, true) => Password::Text(text.to_owned()),
        ("", false) => Password::File(PathBuf::from(file)),
        _ => {
            let what = "a password is already set; give only one of the two";
            return Err(settings.error(&PASSWORD_FILE, what));
        }
    };
    let username = settings.get(&USERNAME).to_owned();
    if !username.is_empty() && matches!(password, Password::None) {
        let what = "a user needs a password, from the environment or --redis.password-file";
        return Err(settings.error(&USERNAME, what));
    }
    let timeout = settings.get(&TIMEOUT);
    #[cfg(not(feature = "tls"))]
    return Ok(Target::new(endpoint.address, username, password, timeout));
    #[cfg(feature = "tls")]
    Ok(Target::new(endpoint.address, username, password, timeout)
        .with_tls(tls_files(endpoint.tls, settings)?))
}

/// The files of a connection with TLS; `None` for one without.
#[cfg(feature = "tls")]
fn tls_files(tls: bool, settings: &Settings) -> Result<Option<TlsFiles>, SettingError> {
    let file = |flag: &Flag<Path>| {
        let path = settings.get(flag);
        (!path.as_os_str().is_empty()).then(|| PathBuf::from(path))
    };
    let client = match (file(&TLS_CERT_FILE), file(&TLS_KEY_FILE)) {
        (None, None) => None,
        (Some(cert), Some(key)) => Some((cert, key)),
        (Some(_), None) => return Err(settings.error(&TLS_KEY_FILE, "the certificate has a key")),
        (None, Some(_)) => return Err(settings.error(&TLS_CERT_FILE, "the key has a certificate")),
    };
    match file(&TLS_CA_FILE) {
        _ if !tls => Ok(None),
        Some(ca) => Ok(Some(TlsFiles { ca, client })),
        None => {
            let what = "rediss:// needs the authorities for the certificate of Redis";
            Err(settings.error(&TLS_CA_FILE, what))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_collectors_follow_the_conventions() {
        assert_eq!(exporter_kit::lint(ALL, LABELS), []);
    }
}
