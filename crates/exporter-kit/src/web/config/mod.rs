//! `--web.config.file`: who may read, and whether over TLS. The file is that of Prometheus'
//! exporter-toolkit, and is read again when it or a file that it names has changed.

mod auth;
pub(super) mod file;
mod rate_limit;
mod watch;
mod yaml;

use std::fs::File;
use std::io::{self, Read as _};
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

/// The files are looked at no more often than this.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A configuration or a certificate chain is far smaller; a device is not.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// The web configuration as it is now.
pub(crate) struct WebConfig {
    path: PathBuf,
    pub(super) look_every: Duration,
    guard: Guard,
    current: Mutex<Arc<Policy>>,
    watch: Mutex<Watch>,
    /// Of the rate limit that holds now, or of an earlier one.
    bucket: Mutex<Option<Bucket>>,
}

struct Watch {
    files: Files,
    looked: Instant,
    /// What was wrong when the files were read last, so that it is told once.
    trouble: Option<String>,
}

/// What one version of the files says.
#[derive(Default)]
pub(crate) struct Policy {
    #[cfg(feature = "tls")]
    tls: Option<Arc<ServerConfig>>,
    users: Vec<User>,
    headers: Arc<[(&'static str, String)]>,
    rate_limit: Option<RateLimit>,
    /// Not wrong, but not wise.
    warnings: Vec<String>,
}

impl WebConfig {
    /// Reads the file and all that it names.
    ///
    /// # Errors
    ///
    /// All that is wrong with them, one line each.
    pub(crate) fn open(path: &Path) -> Result<Self, Vec<String>> {
        let mut files = Files::default();
        let policy = Policy::read(path, &mut files)?;
        policy.warn(path);
        let guard = Guard::new().map_err(|error| vec![error])?;
        let watch = Watch { files, looked: Instant::now(), trouble: None };
        Ok(Self {
            path: path.to_owned(),
            look_every: LOOK_EVERY,
            guard,
            current: Mutex::new(Arc::new(policy)),
            watch: Mutex::new(watch),
            bucket: Mutex::default(),
        })
    }

    /// What is wrong with the file or with one that it names, one line each.
    pub(crate) fn check(path: &Path) -> Vec<String> {
        Policy::read(path, &mut Files::default()).err().unwrap_or_default()
    }

    /// What holds now. It neither waits nor looks at a file.
    fn current(&self) -> Arc<Policy> {
        Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether it is time to look at the files again.
    pub(crate) fn needs_refresh(&self) -> bool {
        // While another thread looks, which may take long, it is not.
        match self.watch.try_lock() {
            Ok(watch) => watch.looked.elapsed() >= self.look_every,
            Err(TryLockError::Poisoned(_)) => true,
            Err(TryLockError::WouldBlock) => false,
        }
    }

    /// Reads the files again if they have changed. They may be on a file system that hangs.
    pub(crate) fn refresh(&self) {
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        self.look(&mut watch);
        watch.looked = Instant::now();
    }

    /// Reads the files again if they have changed. A version that cannot be used changes nothing.
    fn look(&self, watch: &mut Watch) {
        if watch.files.are_as_seen() {
            return;
        }
        let seen = std::mem::take(&mut watch.files);
        let read = Policy::read(&self.path, &mut watch.files);
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        match read.and_then(|policy| policy.succeed(&current, &self.path)) {
            Ok(policy) => {
                if seen.differ(&watch.files) {
                    log::info!(
                        "{} has changed: listening {}",
                        self.path.display(),
                        policy.summary()
                    );
                    policy.warn(&self.path);
                }
                *current = Arc::new(policy);
                watch.trouble = None;
            }
            Err(faults) => {
                let trouble = faults.join("; ");
                if watch.trouble.as_ref() != Some(&trouble) {
                    log::error!("{trouble}; what was read before stays in force");
                    watch.trouble = Some(trouble);
                }
            }
        }
    }

    /// A summary for the log: ` with TLS`, for example.
    pub(crate) fn summary(&self) -> &'static str {
        self.current().summary()
    }

    /// How connections are encrypted from now on, if they are.
    #[cfg(feature = "tls")]
    pub(crate) fn tls(&self) -> Option<Arc<ServerConfig>> {
        self.current().tls.clone()
    }

    /// The result for a request with this `Authorization` header, where no password has to be
    /// checked for it.
    pub(crate) fn cached(&self, authorization: Option<&str>) -> Option<AuthResult> {
        self.guard.cached(&self.current().users, authorization)
    }

    /// Authenticates a request with this `Authorization` header, which takes long.
    pub(crate) fn authenticate(&self, authorization: Option<&str>) -> AuthResult {
        self.guard.authenticate(&self.current().users, authorization)
    }

    /// Headers of every response.
    pub(crate) fn headers(&self) -> Arc<[(&'static str, String)]> {
        Arc::clone(&self.current().headers)
    }

    /// Whether the rate limit has room for a request now.
    pub(crate) fn allows(&self, now: Instant) -> bool {
        let Some(limit) = self.current().rate_limit else { return true };
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        // A limit that has not changed is not forgiven when the files are read again.
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
        let text = read_file(path)
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
            policy.warnings.push("it asks for neither TLS nor basic auth".to_owned());
        }
        Ok(policy)
    }

    /// Whether this may take the place of `old`: it must not open what was closed. A file that is
    /// being written may be empty for a moment.
    fn succeed(self, old: &Self, path: &Path) -> Result<Self, Vec<String>> {
        let gone = if old.is_encrypted() && !self.is_encrypted() {
            "tls_server_config"
        } else if !old.users.is_empty() && self.users.is_empty() {
            "basic_auth_users"
        } else {
            return Ok(self);
        };
        Err(vec![format!("{}: {gone} is gone, which takes a restart", path.display())])
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

pub(crate) fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(io::Error::other("the file is larger than 1 MiB"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
