//! Services: their states by `EnumServicesStatusExW`, their configuration by `QueryServiceConfigW`.
//! Both wait for the service control manager, which may take its time.
#![cfg_attr(windows, allow(unsafe_code, reason = "Win32 calls that std has no wrapper for"))]

use super::{Bytes, Error};

/// A service and its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) display_name: String,
    /// `dwCurrentState`, from 1 for stopped to 7 for paused.
    pub(crate) state: u32,
    /// 0 for a service that does not run.
    pub(crate) process: u32,
}

/// How a service is set up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Config {
    /// `dwStartType`, from 0 for boot to 4 for disabled.
    pub(crate) start_type: u32,
    /// The command line.
    pub(crate) path: String,
    /// The user that it runs as.
    pub(crate) account: String,
}

/// The array of `ENUM_SERVICE_STATUS_PROCESSW` that was written to `address`.
fn parse_services(answer: Bytes<'_>, address: u64, count: usize) -> Result<Vec<Service>, Error> {
    const SIZE: usize = 56;
    let read = |at: usize| {
        Some(Service {
            name: answer.pointed_text(at, address)?,
            display_name: answer.pointed_text(at + 8, address)?,
            state: answer.u32(at + 20)?,
            process: answer.u32(at + 44)?,
        })
    };
    let services = (0..count).map(|number| read(number * SIZE)).collect::<Option<_>>();
    services.ok_or(Error::Short("EnumServicesStatusEx", answer.0.len()))
}

/// The `QUERY_SERVICE_CONFIGW` that was written to `address`.
fn parse_config(answer: Bytes<'_>, address: u64) -> Result<Config, Error> {
    let read = || {
        Some(Config {
            start_type: answer.u32(4)?,
            path: answer.pointed_text(16, address)?,
            account: answer.pointed_text(48, address)?,
        })
    };
    read().ok_or(Error::Short("QueryServiceConfig", answer.0.len()))
}

#[cfg(windows)]
pub(crate) use self::calls::{Manager, process_start};

#[cfg(windows)]
mod calls;

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: u64 = 0x10_0000;

    /// Appends the text, and returns its address.
    fn add(bytes: &mut Vec<u8>, text: &str) -> u64 {
        let at = ADDRESS + bytes.len() as u64;
        bytes.extend(text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
        at
    }

    #[test]
    fn services_and_their_states_are_read() {
        let mut bytes = vec![0; 2 * 56];
        for (number, (name, display)) in
            [("Dhcp", "DHCP Client"), ("W32Time", "Windows 时间")].iter().enumerate()
        {
            let pointers = [add(&mut bytes, name), add(&mut bytes, display)];
            let at = number * 56;
            bytes[at..at + 16].copy_from_slice(&pointers.map(u64::to_le_bytes).concat());
            bytes[at + 20] = 4;
            bytes[at + 44] = 10 + number as u8;
        }
        let services = parse_services(Bytes(&bytes), ADDRESS, 2).unwrap();
        let expected = Service {
            name: "W32Time".to_owned(),
            display_name: "Windows 时间".to_owned(),
            state: 4,
            process: 11,
        };
        assert_eq!((services.len(), &services[1]), (2, &expected));
        assert!(parse_services(Bytes(&bytes[..100]), ADDRESS, 2).is_err());
        assert!(parse_services(Bytes(&bytes), ADDRESS + 0x1000, 2).is_err());
        assert_eq!(parse_services(Bytes(&[]), ADDRESS, 0), Ok(Vec::new()));
    }

    #[test]
    fn configurations_are_read() {
        let mut bytes = vec![0; 64];
        bytes[4] = 2;
        let path = add(&mut bytes, r"C:\a.exe -k");
        bytes[16..24].copy_from_slice(&path.to_le_bytes());
        let config = parse_config(Bytes(&bytes), ADDRESS).unwrap();
        assert_eq!((config.start_type, &*config.path), (2, r"C:\a.exe -k"));
        // The account is a null pointer.
        assert_eq!(config.account, "");
        assert!(parse_config(Bytes(&bytes[..55]), ADDRESS).is_err());
    }
}
