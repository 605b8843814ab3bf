use std::fs;
use std::path::Path;

use super::*;

/// A cgroup with these controllers, as the kernel would make it.
fn cgroup(path: &Path, controllers: &str) {
    fs::create_dir_all(path).unwrap();
    let write = |name: &str, text: &str| fs::write(path.join(name), text).unwrap();
    write("cgroup.controllers", controllers);
    write("cgroup.events", "populated 1\nfrozen 0\n");
    write("cpu.stat", "usage_usec 1500000\nuser_usec 1000000\nsystem_usec 500000\n");
    if controllers.contains("pids") {
        write("pids.current", "3\n");
        write("pids.max", "max\n");
    }
}

fn collect(cgroups: &mut Cgroups) -> Vec<String> {
    let mut out = Samples::default();
    cgroups.collect(&mut out).unwrap();
    assert_eq!(out.check(&DEF), Ok(()));
    let page = out.page();
    page.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// The cgroups of a page, and whether the limit was reached.
fn paths(page: &[String]) -> (Vec<&str>, bool) {
    let paths = page.iter().filter_map(|line| line.strip_prefix("cgroup_cpu_usage_seconds_total"));
    let mut paths: Vec<_> = paths.map(|line| line.split('"').nth(1).unwrap()).collect();
    paths.sort_unstable();
    (paths, page.contains(&"cgroup_limit_reached 1".to_owned()))
}

fn host(root: &Path, below: &str) -> (Host, std::path::PathBuf) {
    let tree = root.join(below);
    cgroup(&tree, "cpu memory pids\n");
    for path in ["system.slice", "system.slice/ssh.service", "system.slice/ssh.service/child"] {
        cgroup(&tree.join(path), "pids\n");
    }
    cgroup(&tree.join("user.slice"), "\n");
    (Host::at(root), tree)
}

#[test]
fn cgroups_are_read_down_to_a_level() {
    let root = tempfile::tempdir().unwrap();
    let (host, _) = host(root.path(), "sys/fs/cgroup");
    let all = ["/", "/system.slice", "/system.slice/ssh.service", "/user.slice"];
    for (level, max, include, expected) in [
        (0, 9, "", (&all[..1], false)),
        (1, 9, "", (&["/", "/system.slice", "/user.slice"][..], false)),
        (2, 4, "", (&all[..], false)),
        // Outer ones first.
        (2, 3, "", (&["/", "/system.slice", "/user.slice"][..], true)),
        // What is in one that is not wanted may be; and it does not count.
        (2, 1, "ssh", (&all[2..3], false)),
        (9, 9, "^/system.slice/.*/child$", (&["/system.slice/ssh.service/child"][..], false)),
        (2, 9, "nothing", (&[][..], false)),
    ] {
        let include = (!include.is_empty()).then(|| Pattern::new(include).unwrap());
        let mut cgroups = Cgroups::of(host.clone(), level, Filter::new(include, None), max);
        for _ in 0..3 {
            let page = collect(&mut cgroups);
            assert_eq!(paths(&page), (expected.0.to_vec(), expected.1), "{level} {max}");
        }
    }
}

#[test]
fn files_and_controllers_come_and_go() {
    let root = tempfile::tempdir().unwrap();
    let (host, tree) = host(root.path(), "sys/fs/cgroup/unified");
    let mut cgroups = Cgroups::of(host, 2, Filter::default(), 9);
    let ssh = tree.join("system.slice/ssh.service");
    let current =
        |value: u32| format!("cgroup_pids_current{{cgroup=\"/system.slice/ssh.service\"}} {value}");
    assert!(collect(&mut cgroups).contains(&current(3)));
    // One that is switched off, and on again.
    fs::write(ssh.join("cgroup.controllers"), "\n").unwrap();
    assert!(!collect(&mut cgroups).contains(&current(3)));
    fs::write(ssh.join("cgroup.controllers"), "pids\n").unwrap();
    assert!(collect(&mut cgroups).contains(&current(3)));
    // A file that comes without its controller: not at once.
    let pressure = "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n";
    fs::write(ssh.join("cpu.pressure"), pressure).unwrap();
    let has_pressure = |page: Vec<String>| page.iter().any(|line| line.contains("_pressure_cpu_"));
    let scrapes = (1..).find(|_| has_pressure(collect(&mut cgroups))).unwrap();
    assert!((2..=64).contains(&scrapes), "{scrapes}");
    fs::remove_dir_all(&ssh).unwrap();
    assert_eq!(paths(&collect(&mut cgroups)).0, ["/", "/system.slice", "/user.slice"]);
    cgroup(&ssh, "pids\n");
    assert!(collect(&mut cgroups).contains(&current(3)));
}

#[test]
fn without_cgroup_v2_there_is_no_data() {
    let root = tempfile::tempdir().unwrap();
    let (host, tree) = host(root.path(), "rootfs/mnt/cg");
    fs::create_dir_all(root.path().join("sys/fs/cgroup/cpu")).unwrap();
    fs::create_dir_all(root.path().join("proc/1")).unwrap();
    let mounted = |table: &str| {
        let table = format!("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n{table}");
        fs::write(root.path().join("proc/1/mountinfo"), table).unwrap();
        let mut out = Samples::default();
        let mut cgroups = Cgroups::of(host.clone(), 2, Filter::default(), 9);
        cgroups.collect(&mut out).map(|()| out.len())
    };
    let v1 = "24 1 0:23 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n";
    assert!(matches!(mounted(v1), Err(CollectError::NoData)));
    // Elsewhere than usual.
    let v2 = "25 1 0:27 / /mnt/cg rw - cgroup2 cgroup2 rw\n";
    assert!(mounted(v2).unwrap() > 10);
    // A tree of which nothing can be read is a failure.
    fs::remove_dir_all(&tree).unwrap();
    fs::create_dir(&tree).unwrap();
    fs::write(tree.join("cgroup.controllers"), "\n").unwrap();
    assert!(matches!(mounted(v2), Err(CollectError::Failed(_))));
}
