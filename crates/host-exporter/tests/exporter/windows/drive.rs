//! A drive letter for a folder, as `subst` makes them.
#![allow(unsafe_code, reason = "Win32 calls that std has no wrapper for")]

use std::env;
use std::io;
use std::mem;
use std::path::Path;
use std::process::Command;
use std::ptr;

use windows_sys::Win32::Storage::FileSystem::{DDD_REMOVE_DEFINITION, DefineDosDeviceW};

/// A drive, which goes when this is dropped.
pub(crate) struct Drive {
    /// Such as `Q:`.
    name: &'static str,
    /// Under Wine, the link that makes the drive.
    link: Option<String>,
}

impl Drive {
    /// Gives the folder a letter.
    ///
    /// # Errors
    ///
    /// The system refuses it.
    pub(crate) fn new(name: &'static str, folder: &Path) -> io::Result<Self> {
        let (wide_name, path) = (wide(name), wide(&folder.display().to_string()));
        // SAFETY: both texts end in NUL.
        if unsafe { DefineDosDeviceW(0, wide_name.as_ptr(), path.as_ptr()) } == 0 {
            return Err(io::Error::last_os_error());
        }
        let mut drive = Self { name, link: None };
        // Wine then lists the drive, but finds its folder by a link in the prefix alone.
        if let Ok(prefix) = env::var("WINEPREFIX") {
            let link = format!("{prefix}/dosdevices/{}", name.to_lowercase());
            unix("ln", &["-sfn", &unix_path(&prefix, folder)?, &link])?;
            drive.link = Some(link);
        }
        Ok(drive)
    }
}

impl Drop for Drive {
    fn drop(&mut self) {
        if let Some(link) = &self.link {
            let _ = unix("rm", &[link]);
        }
        let name = wide(self.name);
        // SAFETY: the name ends in NUL, and null stands for any folder.
        unsafe { DefineDosDeviceW(DDD_REMOVE_DEFINITION, name.as_ptr(), ptr::null()) };
    }
}

/// Starts a program of the system that Wine runs on. Its end cannot be awaited from here.
fn unix(program: &str, args: &[&str]) -> io::Result<()> {
    let started = Command::new(format!("Z:\\bin\\{program}")).args(args).spawn();
    // Wine gives no handle of it that could be closed.
    started.map(mem::forget)
}

/// The path of a folder on the system that Wine runs on.
fn unix_path(prefix: &str, folder: &Path) -> io::Result<String> {
    let folder = folder.display().to_string().replace('\\', "/");
    match folder.split_once(':') {
        Some(("C" | "c", path)) => Ok(format!("{prefix}/drive_c{path}")),
        Some(("Z" | "z", path)) => Ok(path.to_owned()),
        _ => Err(io::Error::other(folder)),
    }
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}
