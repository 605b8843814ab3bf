//! Devices and mounts that come, go and hang while the exporter is scraped: their series follow, and
//! nothing else is lost. Each test runs in namespaces of its own, which take all that is left with
//! them. What cannot be made here is a test skipped, which `cargo xtask ci` counts.

mod fuse;
mod machine;

use std::path::Path;

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use rustix::process::Signal;

use self::fuse::Daemon;
use self::machine::{Cannot, Series, command, on_a_machine_of_its_own};

/// The series of a mount; the text after it is the error.
fn of_mount(metric: &str, device: &str, point: &Path, kind: &str, error: &str) -> String {
    let point = point.display();
    format!(
        "node_filesystem_{metric}{{device=\"{device}\",mountpoint=\"{point}\",fstype=\"{kind}\",device_error=\"{error}\"}}"
    )
}

/// Takes a mount away though it is in use.
fn detach(point: &Path) {
    unmount(point, UnmountFlags::DETACH).unwrap();
}

#[test]
fn network_devices_come_and_go() {
    on_a_machine_of_its_own("churn::network_devices_come_and_go", |machine| {
        for round in 0..5 {
            let names = [format!("churn{round}a"), format!("churn{round}b")];
            let [a, b] = &names;
            command("ip", &["link", "add", a, "type", "veth", "peer", "name", b])?;
            for name in &names {
                command("ip", &["link", "set", name, "up"])?;
            }
            machine.until(|page| {
                let has = |name: &str, metric: &str| {
                    page.get(&format!("node_network_{metric}{{device=\"{name}\"}}")).copied()
                };
                let is_there = |name: &String| {
                    has(name, "receive_bytes_total").is_some() && has(name, "up") == Some(1.0)
                };
                names.iter().all(is_there)
            });
            command("ip", &["link", "delete", a])?;
            machine.until_gone();
        }
        Ok(())
    });
}

#[test]
fn tmpfs_mounts_come_and_go() {
    on_a_machine_of_its_own("churn::tmpfs_mounts_come_and_go", |machine| {
        let point = machine.folder("tmpfs");
        for round in 1..=5 {
            let size = format!("size={round}m");
            let size = std::ffi::CString::new(size).unwrap();
            mount("churn", &point, "tmpfs", MountFlags::empty(), &*size)
                .map_err(|error| Cannot(format!("no tmpfs can be mounted: {error}")))?;
            let size = of_mount("size_bytes", "churn", &point, "tmpfs", "");
            let bytes = f64::from(round) * 1_048_576.0;
            machine.until(|page| page.get(&size) == Some(&bytes));
            detach(&point);
            machine.until_gone();
        }
        Ok(())
    });
}

#[test]
fn loop_devices_come_and_go() {
    on_a_machine_of_its_own("churn::loop_devices_come_and_go", |machine| {
        let (point, image) = (machine.folder("disk"), machine.folder("images").join("image"));
        let (point_text, image_text) = (point.to_str().unwrap(), image.to_str().unwrap());
        for _ in 0..3 {
            let file = std::fs::File::create(&image).unwrap();
            file.set_len(8 * 1024 * 1024).unwrap();
            command("mkfs.ext4", &["-q", "-F", image_text])?;
            // The device goes with its mount.
            command("mount", &["-o", "loop", image_text, point_text])?;
            let is_size = |series: &String| {
                series.starts_with("node_filesystem_size_bytes{device=\"/dev/loop")
                    && series.contains(point_text)
            };
            machine.until(|page| page.keys().any(is_size));
            detach(&point);
            machine.until_gone();
        }
        Ok(())
    });
}

#[test]
fn stopped_fuse_file_system_loses_only_its_series() {
    on_a_machine_of_its_own("churn::stopped_fuse_file_system_loses_only_its_series", |machine| {
        let point = machine.folder("fuse");
        let series =
            |metric: &str, error: &str| of_mount(metric, "churn", &point, "fuse.churn", error);
        let size = series("size_bytes", "");
        let answers = |page: &Series| {
            page.get(&size) == Some(&fuse::BYTES)
                && page.get(&series("device_error", "")) == Some(&0.0)
        };
        let fails = |page: &Series, error: &str| {
            page.get(&series("device_error", error)) == Some(&1.0) && !page.contains_key(&size)
        };
        let daemon = Daemon::start(&point)?;
        machine.until(answers);
        for _ in 0..2 {
            daemon.signal(Signal::STOP);
            machine.until(|page| fails(page, "mountpoint timeout"));
            for _ in 0..10 {
                assert!(fails(&machine.page(), "mountpoint timeout"));
            }
            daemon.signal(Signal::CONT);
            machine.until(answers);
        }
        // One that has ended is said to be so, and one that hangs can go.
        drop(daemon);
        machine.until(|page| fails(page, "transport endpoint is not connected"));
        detach(&point);
        machine.until_gone();
        let daemon = Daemon::start(&point)?;
        machine.until(answers);
        daemon.signal(Signal::STOP);
        machine.until(|page| fails(page, "mountpoint timeout"));
        detach(&point);
        machine.until_gone();
        Ok(())
    });
}
