//! Which Windows runs, on what machine, and under what name.
#![cfg_attr(windows, allow(unsafe_code, reason = "Win32 calls that std has no wrapper for"))]

/// The version of Windows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) major: u32,
    pub(crate) minor: u32,
    pub(crate) build: u32,
    /// The number of the last update, `UBR` of the registry; 0 on systems older than Windows 10.
    pub(crate) revision: u64,
    /// Such as "Windows Server 2019 Datacenter"; empty if the registry does not tell.
    pub(crate) product: String,
    /// When it was installed, in seconds since 1970.
    pub(crate) installed: Option<u64>,
    /// Such as "AMD64".
    pub(crate) machine: &'static str,
    /// "workstation", "domain_controller" or "server".
    pub(crate) kind: &'static str,
}

/// The names of the computer; empty where it has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ComputerNames {
    pub(crate) host: String,
    pub(crate) domain: String,
    pub(crate) full: String,
}

/// Asks `RtlGetVersion`, which tells the truth to every program, and the registry.
#[cfg(windows)]
pub(crate) fn version() -> Version {
    use windows_sys::Wdk::System::SystemServices::RtlGetVersion;
    use windows_sys::Win32::System::SystemInformation::OSVERSIONINFOEXW;

    use super::registry;

    const KEY: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
    let size = size_of::<OSVERSIONINFOEXW>() as u32;
    let mut info = OSVERSIONINFOEXW { dwOSVersionInfoSize: size, ..OSVERSIONINFOEXW::default() };
    // SAFETY: the struct is live and states its size; it begins as the one of the signature.
    unsafe { RtlGetVersion((&raw mut info).cast()) };
    let product = registry::string(KEY, "ProductName").unwrap_or_default();
    Version {
        major: info.dwMajorVersion,
        minor: info.dwMinorVersion,
        build: info.dwBuildNumber,
        revision: registry::number(KEY, "UBR").unwrap_or_default(),
        product: product_name(product.trim(), info.dwBuildNumber),
        installed: registry::number(KEY, "InstallDate").filter(|time| *time > 0),
        machine: machine(),
        kind: kind(info.wProductType),
    }
}

/// The native processor architecture, as `PROCESSOR_ARCHITECTURE` names it.
#[cfg(windows)]
pub(crate) fn machine() -> &'static str {
    use windows_sys::Win32::System::SystemInformation::{
        GetNativeSystemInfo, PROCESSOR_ARCHITECTURE_AMD64, PROCESSOR_ARCHITECTURE_ARM64,
        SYSTEM_INFO,
    };
    let mut info = SYSTEM_INFO::default();
    // SAFETY: the struct is live, and every variant of the union has the architecture first.
    let architecture = unsafe {
        GetNativeSystemInfo(&raw mut info);
        info.Anonymous.Anonymous.wProcessorArchitecture
    };
    match architecture {
        PROCESSOR_ARCHITECTURE_AMD64 => "AMD64",
        PROCESSOR_ARCHITECTURE_ARM64 => "ARM64",
        _ => "",
    }
}

/// The identifier and the name of the first processor, from the registry; empty if absent.
#[cfg(windows)]
pub(crate) fn processor() -> [String; 2] {
    const KEY: &str = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0";
    ["Identifier", "ProcessorNameString"].map(|value| {
        let text = super::registry::string(KEY, value).unwrap_or_default();
        text.trim().to_owned()
    })
}

/// Calls `GetComputerNameExW`.
#[cfg(windows)]
pub(crate) fn computer_names() -> ComputerNames {
    use windows_sys::Win32::System::SystemInformation::{
        ComputerNameDnsDomain, ComputerNameDnsFullyQualified, ComputerNameDnsHostname,
        GetComputerNameExW,
    };
    let name = |format| {
        // A full name has at most 255 characters.
        let (mut units, mut length) = ([0_u16; 512], 512);
        // SAFETY: the buffer has `length` units.
        let done = unsafe { GetComputerNameExW(format, units.as_mut_ptr(), &raw mut length) };
        if done == 0 { String::new() } else { super::text(&units) }
    };
    ComputerNames {
        host: name(ComputerNameDnsHostname),
        domain: name(ComputerNameDnsDomain),
        full: name(ComputerNameDnsFullyQualified),
    }
}

/// The registry calls Windows 11 by the name of Windows 10.
fn product_name(registry: &str, build: u32) -> String {
    const WINDOWS_11: u32 = 22_000;
    match registry.strip_prefix("Windows 10 ") {
        Some(edition) if build >= WINDOWS_11 => format!("Windows 11 {edition}"),
        _ => registry.to_owned(),
    }
}

/// What `wProductType` stands for.
fn kind(product_type: u8) -> &'static str {
    match product_type {
        1 => "workstation",
        2 => "domain_controller",
        3 => "server",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_11_has_its_own_name() {
        for (registry, build, expected) in [
            ("Windows 10 Pro", 22_631, "Windows 11 Pro"),
            ("Windows 10 Pro", 19_045, "Windows 10 Pro"),
            ("Windows Server 2025 Datacenter", 26_100, "Windows Server 2025 Datacenter"),
            ("", 26_100, ""),
        ] {
            assert_eq!(product_name(registry, build), expected);
        }
        assert_eq!([1, 2, 3, 4].map(kind), ["workstation", "domain_controller", "server", ""]);
    }
}
