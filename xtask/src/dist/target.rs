//! The target systems of exporters and their names. Pure.

use blueking_package::plugin::System;
use blueking_package::v51;

/// A target system of exporters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    Linux,
    LinuxAarch64,
    Windows,
    /// Replaces [`Target::Windows`] on hosts older than Windows 10 and Server 2016.
    Windows7,
}

/// The targets of one `dist`, in build order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Targets(pub(crate) Vec<Target>);

impl Default for Targets {
    fn default() -> Self {
        Self(vec![Target::Linux, Target::LinuxAarch64, Target::Windows])
    }
}

impl Target {
    pub(crate) const ALL: [Self; 4] =
        [Self::Linux, Self::LinuxAarch64, Self::Windows, Self::Windows7];

    pub(crate) fn triple(self) -> &'static str {
        match self {
            Self::Linux => "x86_64-unknown-linux-musl",
            Self::LinuxAarch64 => "aarch64-unknown-linux-musl",
            Self::Windows => "x86_64-pc-windows-gnu",
            Self::Windows7 => "x86_64-win7-windows-gnu",
        }
    }

    /// Name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::LinuxAarch64 => "linux-aarch64",
            Self::Windows => "windows",
            Self::Windows7 => "windows7",
        }
    }

    /// System and machine, in names of files.
    pub(crate) fn platform(self) -> &'static str {
        match self {
            Self::Linux => "linux-x86_64",
            Self::LinuxAarch64 => "linux-aarch64",
            Self::Windows => "windows-x86_64",
            Self::Windows7 => "windows7-x86_64",
        }
    }

    /// Name in the package of BlueKing 5.1, which supports only x86-64.
    pub(crate) fn entry(self) -> Option<&'static str> {
        match self {
            Self::Linux => Some(v51::LINUX_EXPORTER),
            Self::LinuxAarch64 => None,
            Self::Windows | Self::Windows7 => Some(v51::WINDOWS_EXPORTER),
        }
    }

    /// The corresponding system of BlueKing 6 and 7 packages.
    pub(crate) fn system(self) -> System {
        match self {
            Self::Linux => System::LinuxX86_64,
            Self::LinuxAarch64 => System::LinuxAarch64,
            Self::Windows | Self::Windows7 => System::WindowsX86_64,
        }
    }

    pub(crate) fn is_windows(self) -> bool {
        matches!(self, Self::Windows | Self::Windows7)
    }

    /// The oldest Windows with all DLL functions that the executable imports.
    pub(crate) fn oldest_windows(self) -> Option<&'static str> {
        match self {
            Self::Linux | Self::LinuxAarch64 => None,
            Self::Windows => Some("Windows 10 and Server 2016"),
            Self::Windows7 => Some("Windows 7 and Server 2008 R2"),
        }
    }

    /// The file suffix of executables.
    pub(crate) fn suffix(self) -> &'static str {
        if self.is_windows() { ".exe" } else { "" }
    }

    /// Whether an executable for this target runs on the current system.
    pub(crate) fn runs_here(self) -> bool {
        match self {
            Self::Linux => cfg!(all(target_os = "linux", target_arch = "x86_64")),
            Self::LinuxAarch64 => cfg!(all(target_os = "linux", target_arch = "aarch64")),
            Self::Windows | Self::Windows7 => false,
        }
    }
}
