//! The observed host: the locations of its kernel files. A container mounts those of its node
//! elsewhere, and a test keeps them in a folder.

use std::path::Path;
#[cfg(target_os = "linux")]
use std::path::PathBuf;

use exporter_kit::{AnyFlag, Flag};
#[cfg(target_os = "linux")]
use exporter_kit::{CollectError, KeptFile, Samples, ScheduledCollector, SettingError, Settings};

use crate::names;
#[cfg(target_os = "linux")]
use crate::shared_file::SharedFile;

const PROCFS: Flag<Path> = Flag::path("path.procfs", "/proc", "Where procfs is mounted.");
const SYSFS: Flag<Path> = Flag::path("path.sysfs", "/sys", "Where sysfs is mounted.");
const ROOTFS: Flag<Path> = Flag::path("path.rootfs", "/", "Where the host's root is mounted.");
const UDEV_DATA: Flag<Path> =
    Flag::path("path.udev.data", "/run/udev/data", "Where udev keeps its data.");

/// Flags about the host. The paths have no effect on Windows, the names only there.
pub(crate) const FLAGS: &[&dyn AnyFlag] =
    &[&PROCFS, &SYSFS, &ROOTFS, &UDEV_DATA, names::FLAGS[0], names::FLAGS[1], names::FLAGS[2]];

/// The roots of the host's files.
#[cfg(target_os = "linux")]
#[derive(Clone, Debug)]
pub(crate) struct Host {
    procfs: PathBuf,
    sysfs: PathBuf,
    rootfs: PathBuf,
    udev_data: PathBuf,
}

#[cfg(target_os = "linux")]
impl Host {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            procfs: settings.get(&PROCFS).to_owned(),
            sysfs: settings.get(&SYSFS).to_owned(),
            rootfs: settings.get(&ROOTFS).to_owned(),
            udev_data: settings.get(&UDEV_DATA).to_owned(),
        }
    }

    /// A host whose roots are all in one folder.
    #[cfg(test)]
    pub(crate) fn at(folder: &Path) -> Self {
        let root = |name: &str| folder.join(name);
        let (procfs, sysfs) = (root("proc"), root("sys"));
        Self { procfs, sysfs, rootfs: root("rootfs"), udev_data: root("udev") }
    }

    /// A file or folder of procfs.
    pub(crate) fn proc(&self, path: &str) -> PathBuf {
        self.procfs.join(path)
    }

    /// A file or folder of sysfs.
    pub(crate) fn sys(&self, path: &str) -> PathBuf {
        self.sysfs.join(path)
    }

    /// A file of udev's data, such as `b8:0`.
    pub(crate) fn udev(&self, name: &str) -> PathBuf {
        self.udev_data.join(name)
    }

    /// The folder where the host's root is mounted, without a slash at its end: empty for `/`.
    pub(crate) fn root_prefix(&self) -> Vec<u8> {
        use std::os::unix::ffi::OsStrExt as _;
        let path = self.rootfs.as_os_str().as_bytes();
        let end = path.iter().rposition(|&byte| byte != b'/').map_or(0, |last| last + 1);
        path[..end].to_vec()
    }

    /// The location of a path of the host.
    pub(crate) fn root(&self, path: &Path) -> PathBuf {
        // Joining an absolute path would replace the root.
        self.rootfs.join(path.strip_prefix("/").unwrap_or(path))
    }
}

/// A collector that reads one file of procfs, whose lines are short, at every scrape.
#[cfg(target_os = "linux")]
pub(crate) fn proc_file(
    settings: &Settings,
    path: &str,
    to_samples: ToSamples,
) -> Result<ScheduledCollector, SettingError> {
    file(KeptFile::new(Host::new(settings).proc(path)).short_lines(), to_samples)
}

/// As [`proc_file`], for a file that another collector also reads.
#[cfg(target_os = "linux")]
pub(crate) fn shared_proc_file(
    settings: &Settings,
    path: &str,
    to_samples: ToSamples,
) -> Result<ScheduledCollector, SettingError> {
    let mut file = SharedFile::with_short_lines(Host::new(settings).proc(path));
    let collect = move |out: &mut Samples| file.with(|text| to_samples(text, out));
    Ok(ScheduledCollector::on_scrape(collect))
}

/// A collector that reads one file at every scrape.
#[cfg(target_os = "linux")]
pub(crate) fn file(
    mut file: KeptFile,
    to_samples: ToSamples,
) -> Result<ScheduledCollector, SettingError> {
    let collect = move |out: &mut Samples| to_samples(file.read_if_exists()?, out);
    Ok(ScheduledCollector::on_scrape(collect))
}

/// Turns the content of a file into samples.
#[cfg(target_os = "linux")]
type ToSamples = fn(&[u8], &mut Samples) -> Result<(), CollectError>;
