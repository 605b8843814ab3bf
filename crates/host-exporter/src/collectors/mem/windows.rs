//! Memory from `GlobalMemoryStatusEx`.

use exporter_kit::{CollectError, Settings};

use super::Facts;
use crate::windows::memory;

/// Asks the kernel.
pub(super) struct Reader;

impl Reader {
    pub(super) fn new(_: &Settings) -> Self {
        Self
    }

    pub(super) fn read(&mut self) -> Result<Facts, CollectError> {
        let memory = memory::physical()?;
        Ok(Facts { total: memory.total, available: memory.available, swap: None })
    }
}
