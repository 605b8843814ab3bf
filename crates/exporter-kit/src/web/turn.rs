//! What a connection may use while the event loop drives it, and the jobs that it leaves to workers.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use super::completions::{Completion, Completions, ConnectionId};
use super::config::AuthResult;
use super::service::Service;
use crate::workers::{Job, Workers};

/// Number of requests that may wait for a password check. More would let password guessing occupy
/// connections that other clients need.
const MAX_PASSWORDS: usize = 8;

/// Everything that a connection may use during its turn.
pub(super) struct Turn<'a> {
    pub(super) service: &'a Arc<Service>,
    pub(super) scratch: &'a mut [u8],
    pub(super) now: Instant,
    pub(super) is_stopping: bool,
    pub(super) completions: &'a Arc<Completions>,
    pub(super) workers: &'a Workers,
    pub(super) auth: &'a mut AuthQueue,
}

/// Work in progress for the web configuration: at most one check of its files and one check of a
/// password at a time.
#[derive(Default)]
pub(super) struct AuthQueue {
    pub(super) is_refreshing: bool,
    pub(super) is_checking: bool,
    waiting: VecDeque<(ConnectionId, Option<String>)>,
}

impl Turn<'_> {
    /// Makes the next page wake the loop.
    pub(super) fn await_page(&self) {
        self.completions.await_next();
    }

    /// Lets a worker check the files of the web configuration if that is due. Returns whether the
    /// connection has to wait for it.
    pub(super) fn begin_refresh(&mut self, id: ConnectionId) -> bool {
        let is_due = self.service.web_config.as_ref().is_some_and(|config| config.needs_refresh());
        // Reading the files may hang. Until it is done, other connections use the old
        // configuration.
        if !is_due || self.auth.is_refreshing {
            return false;
        }
        self.auth.is_refreshing = true;
        let (service, completions) = (Arc::clone(self.service), Arc::clone(self.completions));
        self.submit(move || {
            if let Some(config) = &service.web_config {
                config.refresh();
            }
            completions.push(Completion::Refreshed(id), false);
        });
        true
    }

    /// Whether a request with this `Authorization` header is allowed. `None` if a worker has to
    /// check the password.
    pub(super) fn authenticate(
        &mut self,
        id: ConnectionId,
        authorization: Option<&str>,
    ) -> Option<AuthResult> {
        let Some(config) = &self.service.web_config else { return Some(AuthResult::Allowed) };
        if let Some(result) = config.cached(authorization) {
            return Some(result);
        }
        if self.auth.waiting.len() >= MAX_PASSWORDS {
            return Some(AuthResult::Busy);
        }
        self.auth.waiting.push_back((id, authorization.map(str::to_owned)));
        self.check_next_password();
        None
    }

    pub(super) fn check_next_password(&mut self) {
        if self.auth.is_checking {
            return;
        }
        let Some((id, authorization)) = self.auth.waiting.pop_front() else { return };
        self.auth.is_checking = true;
        let (service, completions) = (Arc::clone(self.service), Arc::clone(self.completions));
        self.submit(move || {
            let config = service.web_config.as_ref();
            let result = config.map(|config| config.authenticate(authorization.as_deref()));
            let result = result.unwrap_or(AuthResult::Allowed);
            completions.push(Completion::Authenticated(id, result), false);
        });
    }

    /// Lets a worker do a step of a handshake.
    #[cfg(feature = "tls")]
    pub(super) fn shake_hands(&self, id: ConnectionId, mut tls: super::tls::Handshake) {
        let completions = Arc::clone(self.completions);
        self.submit(move || {
            let result = tls.step();
            completions.push(Completion::HandshakeStep(id, tls, result), false);
        });
    }

    fn submit(&self, task: impl FnOnce() + Send + 'static) {
        self.workers.submit([Job::Task(Box::new(task))]);
    }
}
