//! A file system of user space that says how large it is, and nothing else.

use std::ffi::CString;
use std::fs::File;
use std::io::{Read as _, Write as _, stdin};
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::path::Path;
use std::process::{Child, Stdio};

use rustix::mount::{MountFlags, mount};
use rustix::process::{Pid, Signal, kill_process};

use super::machine::{Cannot, Role};

const BLOCK: u32 = 4096;
const BLOCKS: u64 = 32_768;
/// How large it is.
pub(super) const BYTES: f64 = BLOCKS as f64 * BLOCK as f64;

/// The process that answers for it; killed when dropped.
pub(super) struct Daemon(Child);

impl Daemon {
    /// Mounts it at `point`.
    pub(super) fn start(point: &Path) -> Result<Self, Cannot> {
        let mut options = File::options();
        let device = options.read(true).write(true).open("/dev/fuse");
        let device = device.map_err(|error| Cannot(format!("/dev/fuse: {error}")))?;
        let data =
            format!("fd={},rootmode=40000,user_id=0,group_id=0,allow_other", device.as_raw_fd());
        let data = CString::new(data).unwrap();
        mount("churn", point, "fuse.churn", MountFlags::empty(), &*data)
            .map_err(|error| Cannot(format!("FUSE cannot be mounted: {error}")))?;
        // The kernel's questions wait until it reads them.
        let mut command = Role::FileSystem.command();
        command.stdin(Stdio::from(device)).stdout(Stdio::null());
        Ok(Self(command.spawn().unwrap()))
    }

    pub(super) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Answers the kernel, which asks over the standard input, until it is unmounted.
pub(super) fn serve() {
    let mut device = File::from(stdin().as_fd().try_clone_to_owned().unwrap());
    let mut buffer = vec![0; 1 << 20];
    while let Ok(length) = device.read(&mut buffer) {
        let Some((answer, error)) = answer(&buffer[..length]) else { continue };
        let length = u32::try_from(16 + answer.len()).unwrap();
        let mut reply = length.to_ne_bytes().to_vec();
        reply.extend(error.to_ne_bytes());
        reply.extend(&buffer[8..16]);
        reply.extend(answer);
        // What was interrupted wants no answer any more.
        let _ = device.write(&reply);
    }
}

/// The answer to a request, or an error; `None` for what wants none. In the words of `linux/fuse.h`.
fn answer(request: &[u8]) -> Option<(Vec<u8>, i32)> {
    const FORGET: u32 = 2;
    const GETATTR: u32 = 3;
    const STATFS: u32 = 17;
    const INIT: u32 = 26;
    const INTERRUPT: u32 = 36;
    const BATCH_FORGET: u32 = 42;
    const NOT_IMPLEMENTED: i32 = -38;
    let words =
        |words: &[u32]| words.iter().flat_map(|word| word.to_ne_bytes()).collect::<Vec<_>>();
    let longs =
        |longs: &[u64]| longs.iter().flat_map(|long| long.to_ne_bytes()).collect::<Vec<_>>();
    let padded = |mut bytes: Vec<u8>, length: usize| {
        bytes.resize(length, 0);
        bytes
    };
    let operation = request.get(4..8)?.try_into().map(u32::from_ne_bytes).ok()?;
    let answer = match operation {
        // Version 7.31, and how much is written at once.
        INIT => padded(words(&[7, 31, 65_536, 0, 0x000c_0010, 65_536, 1]), 64),
        GETATTR => {
            // A folder, valid for no time.
            let attributes = [longs(&[0, 0, 1, 0, 0, 0, 0, 0]), words(&[0, 0, 0, 0o40_755, 2])];
            padded(attributes.concat(), 104)
        }
        STATFS => {
            let counts = longs(&[BLOCKS, BLOCKS / 2, BLOCKS / 2, 1000, 990]);
            padded([counts, words(&[BLOCK, 255, BLOCK])].concat(), 80)
        }
        FORGET | INTERRUPT | BATCH_FORGET => return None,
        _ => return Some((Vec::new(), NOT_IMPLEMENTED)),
    };
    Some((answer, 0))
}
