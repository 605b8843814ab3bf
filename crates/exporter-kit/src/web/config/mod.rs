//! `--web.config.file`: TLS, users, headers and the rate limit. The format is that of Prometheus'
//! exporter-toolkit. The file is read again when it or a file that it names has changed.

mod auth;
pub(super) mod file;
mod rate_limit;
mod watch;
pub(crate) mod yaml;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};

#[cfg(feature = "tls")]
use rustls::ServerConfig;

pub(crate) use auth::AuthResult;
use auth::Guard;
use file::User;
#[cfg(feature = "tls")]
pub(crate) use file::refused;
use rate_limit::{Bucket, RateLimit};
use watch::Files;
pub(crate) use yaml::Fault;
#[cfg(all(test, feature = "tls"))]
pub(crate) use yaml::read as parse;
#[cfg(feature = "tls")]
pub(crate) use yaml::{Entry, Value};

use crate::setting_file::read_bytes;

/// How often the files are checked for changes, at most.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The web configuration, kept up to date.
pub(crate) struct WebConfig {
    path: PathBuf,
    pub(super) check_interval: Duration,
    guard: Guard,
    current: Mutex<Arc<Policy>>,
    watch: Mutex<Watch>,
    /// The state of the current rate limit, or of an earlier one.
    bucket: Mutex<Option<Bucket>>,
}

struct Watch {
    files: Files,
    checked: Instant,
    /// The error of the last reload, so that it is logged only once.
    last_error: Option<String>,
}

/// The settings from one version of the files.
#[derive(Default)]
pub(crate) struct Policy {
    #[cfg(feature = "tls")]
    tls: Option<Arc<ServerConfig>>,
    users: Vec<User>,
    headers: Arc<[(&'static str, String)]>,
    rate_limit: Option<RateLimit>,
    /// Valid but unwise settings.
    warnings: Vec<String>,
}

impl WebConfig {
    /// Reads the file and all files that it names.
    ///
    /// # Errors
    ///
    /// Returns every error, one line each.
    pub(crate) fn open(path: &Path) -> Result<Self, Vec<String>> {
        let mut files = Files::default();
        let policy = Policy::read(path, &mut files)?;
        policy.warn(path);
        let guard = Guard::new().map_err(|error| vec![error])?;
        let watch = Watch { files, checked: Instant::now(), last_error: None };
        Ok(Self {
            path: path.to_owned(),
            check_interval: CHECK_INTERVAL,
            guard,
            current: Mutex::new(Arc::new(policy)),
            watch: Mutex::new(watch),
            bucket: Mutex::default(),
        })
    }

    /// Returns the errors in the file and the files that it names, one line each.
    pub(crate) fn check(path: &Path) -> Vec<String> {
        Policy::read(path, &mut Files::default()).err().unwrap_or_default()
    }

    /// The settings in force. Never blocks and never reads a file.
    fn current(&self) -> Arc<Policy> {
        Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the files are due for a check.
    pub(crate) fn needs_refresh(&self) -> bool {
        // They are not while another thread is checking them, which may take long.
        match self.watch.try_lock() {
            Ok(watch) => watch.checked.elapsed() >= self.check_interval,
            Err(TryLockError::Poisoned(_)) => true,
            Err(TryLockError::WouldBlock) => false,
        }
    }

    /// Reads the files again if they have changed. May hang if their file system does.
    pub(crate) fn refresh(&self) {
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        self.reload_if_changed(&mut watch);
        watch.checked = Instant::now();
    }

    /// Reads the files again, and logs the result even if they have not changed.
    pub(crate) fn reload(&self) {
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.path.display();
        match self.read_again(&mut watch) {
            Ok(_) => {
                let summary = self.summary();
                log::info!(
                    "SIGHUP: read {path} again, listening {summary}; other settings need a restart"
                );
            }
            Err(error) => {
                log::error!("SIGHUP: {error}; the previous configuration stays in force");
                watch.last_error = Some(error);
            }
        }
        watch.checked = Instant::now();
    }

    fn reload_if_changed(&self, watch: &mut Watch) {
        if watch.files.are_unchanged() {
            return;
        }
        match self.read_again(watch) {
            Ok(true) => {
                let current = self.current();
                let summary = current.summary();
                log::info!("{} has changed: listening {summary}", self.path.display());
                current.warn(&self.path);
            }
            Ok(false) => {}
            Err(error) => {
                if watch.last_error.as_ref() != Some(&error) {
                    log::error!("{error}; the previous configuration stays in force");
                    watch.last_error = Some(error);
                }
            }
        }
    }

    /// Reads the files again, and returns whether they differ from before.
    ///
    /// # Errors
    ///
    /// The new version is invalid, and changes nothing.
    fn read_again(&self, watch: &mut Watch) -> Result<bool, String> {
        let seen = std::mem::take(&mut watch.files);
        let read = Policy::read(&self.path, &mut watch.files);
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let policy = read.and_then(|policy| policy.replace(&current, &self.path));
        *current = Arc::new(policy.map_err(|faults| faults.join("; "))?);
        watch.last_error = None;
        Ok(seen.differ(&watch.files))
    }

    /// A summary for the log, such as `with TLS`.
    pub(crate) fn summary(&self) -> &'static str {
        self.current().summary()
    }

    /// The TLS configuration for new connections; `None` for plain HTTP.
    #[cfg(feature = "tls")]
    pub(crate) fn tls(&self) -> Option<Arc<ServerConfig>> {
        self.current().tls.clone()
    }

    /// The result for a request with this `Authorization` header; `None` if its password has yet to
    /// be checked.
    pub(crate) fn cached(&self, authorization: Option<&str>) -> Option<AuthResult> {
        self.guard.cached(&self.current().users, authorization)
    }

    /// Authenticates a request with this `Authorization` header. Slow.
    pub(crate) fn authenticate(&self, authorization: Option<&str>) -> AuthResult {
        self.guard.authenticate(&self.current().users, authorization)
    }

    /// Headers for every response.
    pub(crate) fn headers(&self) -> Arc<[(&'static str, String)]> {
        Arc::clone(&self.current().headers)
    }

    /// Whether the rate limit allows a request now.
    pub(crate) fn allows(&self, now: Instant) -> bool {
        let Some(limit) = self.current().rate_limit else { return true };
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        // Reloading the files does not reset an unchanged limit.
        match &mut *bucket {
            Some(bucket) if bucket.limit == limit => bucket.allows(now),
            other => other.insert(Bucket::new(limit, now)).allows(now),
        }
    }
}

impl Policy {
    fn read(path: &Path, files: &mut Files) -> Result<Self, Vec<String>> {
        let shown = path.display();
        files.see(path);
        let text = read_bytes(path)
            .and_then(|bytes| String::from_utf8(bytes).map_err(io::Error::other))
            .map_err(|error| vec![format!("cannot read {shown}: {error}")])?;
        let located = |faults: Vec<Fault>| -> Vec<String> {
            faults.iter().map(|(line, what)| format!("{shown}:{line}: {what}")).collect()
        };
        let file = file::read(&text).map_err(located)?;
        let ineffective = file.ineffective.iter();
        let mut policy = Self {
            users: file.users,
            headers: file.headers.into(),
            rate_limit: file.rate_limit,
            warnings: ineffective.map(|(line, what)| format!("line {line}: {what}")).collect(),
            #[cfg(feature = "tls")]
            tls: None,
        };
        #[cfg(feature = "tls")]
        if let Some(settings) = file.tls {
            let settings = settings.below(path.parent().unwrap_or(Path::new("")));
            for path in settings.files() {
                files.see(path);
            }
            policy.warnings.extend(settings.warnings(path));
            policy.tls = Some(settings.server_config().map_err(located)?);
        }
        if !policy.is_encrypted() && policy.users.is_empty() {
            policy.warnings.push("neither TLS nor basic auth is configured".to_owned());
        }
        Ok(policy)
    }

    /// Checks that this policy may replace `old`: a reload must not remove TLS or basic auth, since
    /// a file that is being written may be empty for a moment.
    fn replace(self, old: &Self, path: &Path) -> Result<Self, Vec<String>> {
        let removed = if old.is_encrypted() && !self.is_encrypted() {
            "tls_server_config"
        } else if !old.users.is_empty() && self.users.is_empty() {
            "basic_auth_users"
        } else {
            return Ok(self);
        };
        Err(vec![format!("{}: {removed} was removed, which requires a restart", path.display())])
    }

    fn is_encrypted(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.tls.is_some();
        #[cfg(not(feature = "tls"))]
        return false;
    }

    fn summary(&self) -> &'static str {
        match (self.is_encrypted(), self.users.is_empty()) {
            (false, true) => "without TLS and basic auth",
            (false, false) => "with basic auth",
            (true, true) => "with TLS",
            (true, false) => "with TLS and basic auth",
        }
    }

    fn warn(&self, path: &Path) {
        for warning in &self.warnings {
            log::warn!("{}: {warning}", path.display());
        }
    }
}

#[cfg(test)]
mod tests;
