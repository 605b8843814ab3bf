//! Replaces the web configuration in builds without it.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Has no values, since this build cannot have a web configuration.
pub(crate) enum WebConfig {}

#[allow(dead_code, reason = "every request is allowed")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthResult {
    Allowed,
    Denied,
    Busy,
}

impl WebConfig {
    pub(crate) fn open(path: &Path) -> Result<Self, Vec<String>> {
        Err(vec![format!("{}: this build has no web configuration", path.display())])
    }

    pub(crate) fn summary(&self) -> &'static str {
        match *self {}
    }

    pub(crate) fn headers(&self) -> Arc<[(&'static str, String)]> {
        match *self {}
    }

    pub(crate) fn allows(&self, _: Instant) -> bool {
        match *self {}
    }

    pub(crate) fn needs_refresh(&self) -> bool {
        match *self {}
    }

    pub(crate) fn refresh(&self) {
        match *self {}
    }

    pub(crate) fn reload(&self) {
        match *self {}
    }

    pub(crate) fn cached(&self, _: Option<&str>) -> Option<AuthResult> {
        match *self {}
    }

    pub(crate) fn authenticate(&self, _: Option<&str>) -> AuthResult {
        match *self {}
    }
}
