//! Memory from sysinfo; on Windows that is `GlobalMemoryStatusEx`.

use exporter_kit::{CollectError, Settings};
use sysinfo::{MemoryRefreshKind, System};

use super::Facts;

/// Asks sysinfo.
pub(super) struct Reader {
    system: Option<System>,
}

impl Reader {
    pub(super) fn new(_: &Settings) -> Self {
        Self { system: None }
    }

    pub(super) fn read(&mut self) -> Result<Facts, CollectError> {
        let system = match &mut self.system {
            Some(system) => system,
            None => self.system.insert(System::new()?),
        };
        system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
        let (total, available) = (system.total_memory(), system.available_memory());
        Ok(Facts { total, available, swap: None })
    }
}
