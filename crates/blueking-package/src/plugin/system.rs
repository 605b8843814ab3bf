//! The systems that a package can support, and their names in the archive.

/// A system of a plugin package. The order is the folder order of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum System {
    /// Linux on 64-bit ARM, such as Kunpeng.
    LinuxAarch64,
    /// Linux on x86-64.
    LinuxX86_64,
    /// Windows on x86-64.
    WindowsX86_64,
}

impl System {
    /// All systems.
    pub const ALL: [Self; 3] = [Self::LinuxAarch64, Self::LinuxX86_64, Self::WindowsX86_64];

    /// The top-level folder in the archive; no other name is recognised.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::LinuxAarch64 => "external_plugins_linux_aarch64",
            Self::LinuxX86_64 => "external_plugins_linux_x86_64",
            Self::WindowsX86_64 => "external_plugins_windows_x86_64",
        }
    }

    /// Name of the executable of a plugin.
    pub fn executable(self, plugin_id: &str) -> String {
        match self {
            Self::LinuxAarch64 | Self::LinuxX86_64 => plugin_id.to_owned(),
            Self::WindowsX86_64 => format!("{plugin_id}.exe"),
        }
    }

    /// The plugin folder in the archive, without a trailing slash.
    pub fn plugin_folder(self, plugin_id: &str) -> String {
        format!("{}/{plugin_id}", self.folder())
    }
}
