use super::*;

/// Two mounts of one export, and one over UDP with the numbers of an old kernel.
const STATS: &str = "\
device rootfs mounted on / with fstype rootfs
no device mounted on /none with fstype tmpfs
device nas:/a mounted on /mnt/a with fstype nfs4 statvers=1.1
\topts:\trw,vers=4.2,proto=tcp
\tage:\t13968
\tevents:\t1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 
\tbytes:\t1 2 3 4 5 6 7 18446744073709551615 
\tRPC iostats version: 1.1  p/v: 100003/4 (nfs)
\txprt:\ttcp 912 2 3 5 17 100 99 4 30 45 65 1204 3302
\txprt:\ttcp 913 1 1 5 -1 10 x 0 0 0 2 0 0
\txprt:\ttcp 914 7 1 5 -1 10 9 0 0 0 2 0 0
\tper-op statistics
\t        READ: 100 101 1 2000 3000 18446744073709551615 1001 1500 9
\t       WRITE: 5 x 1 2000 3000 7 1001 1500 9

device nas:/a mounted on /mnt/a\\040b with fstype nfs4 statvers=1.1
\tage:\t99999
\txprt:\ttcp 1 1 1 1 1 1 1 1 1 1 1 1 1
\tper-op statistics
\t      ACCESS: 1 1 1 1 1 1 1 1

device old:/u mounted on /mnt/u with fstype nfs statvers=1.0
\tage:\tx
\tevents:\t1 2 3
\txprt:\tudp 700 1 50 49 2 60 7
damaged
\tper-op statistics
\t      ACCESS: 8 1 1 1 1 1 1 1

device last:/x mounted on /mnt/x with fstype nfs statvers=1.1
\tage:\t5
";

const TABLE: &str = "\
20 1 0:1 / / rw - rootfs rootfs rw
84 30 0:48 / /mnt/a rw,relatime shared:48 master:1 - nfs4 nas:/a rw,mountaddr=9.9.9.9,addr=192.0.2.50
85 30 0:48 / /mnt/a\\040b rw - nfs4 nas:/a rw,addr=192.0.2.50,local_lock=none
86 30 0:49 / /mnt/u rw - ext4 old:/u rw,addr=192.0.2.51
87 30
";

fn collected(stats: &[u8], table: &str) -> Samples {
    let mut out = Samples::default();
    to_samples(stats, table.as_bytes(), &mut out).unwrap();
    assert_eq!(out.check(&DEF), Ok(()));
    assert_eq!(out.discarded().total(), 0);
    out
}

const A: [&str; 3] = ["nas:/a", "tcp", "192.0.2.50"];
const U: [&str; 3] = ["old:/u", "udp", ""];

#[test]
fn mounts_of_one_export_are_counted_once() {
    let out = collected(STATS.as_bytes(), TABLE);
    assert_eq!(out.value(&AGE, A), Some(13_968.0));
    for point in ["/mnt/a", "/mnt/a b"] {
        assert_eq!(out.value(&INFO, [A[0], A[1], A[2], point]), Some(1.0), "{point}");
    }
    assert_eq!(out.value(&OPERATIONS[0], [A[0], A[1], A[2], "ACCESS"]), None);
    // Age, 8 bytes, 26 events, two lines of 10 and 9, one operation, two mount points; of the old
    // one 3 events, 5 of the connection and 8 of an operation.
    assert_eq!(out.len(), 1 + 8 + 26 + 10 + 9 + 8 + 2 + 3 + 5 + 8 + 1);
    let many: String = (0..500)
        .map(|at| format!("device nas:/a mounted on /m{at} with fstype nfs statvers=1.1\n\txprt: tcp 1 1\n\tage: 1\n\n"))
        .collect();
    assert_eq!(collected(many.as_bytes(), "").len(), 500 + 1 + 1);
}

#[test]
fn columns_have_their_metrics() {
    let out = collected(STATS.as_bytes(), TABLE);
    for (at, metric) in BYTES.iter().enumerate().take(7) {
        assert_eq!(out.value(metric, A), Some(at as f64 + 1.0), "{metric:?}");
    }
    let events = [("vfs_file_release", 18.0), ("truncation", 20.0), ("pnfs_write", 27.0)];
    for (event, value) in events {
        let name = format!("node_mountstats_nfs_event_{event}_total");
        let metric = EVENTS.iter().find(|metric| metric.name() == name).unwrap();
        assert_eq!(out.value(metric, A), Some(value), "{event}");
    }
    let of_read = [A[0], A[1], A[2], "READ"];
    let read: Vec<_> = OPERATIONS.iter().map(|metric| out.value(metric, of_read)).collect();
    let expected = [100.0, 101.0, 1.0, 2000.0, 3000.0, -1.0, 1.001, 1.5, 9.0];
    let expected = expected.map(|value| Some(value).filter(|it| *it >= 0.0));
    assert_eq!(read, expected);
}

#[test]
fn each_protocol_has_its_columns() {
    let transport = |out: &Samples, labels: [&str; 4]| -> Vec<Option<f64>> {
        let counters = TRANSPORT.iter().map(|metric| out.value(metric, labels));
        counters.chain([&IDLE_TIME, &MAX_SLOTS].map(|metric| out.value(metric, labels))).collect()
    };
    let all = |values: [f64; 10]| values.map(|value| Some(value).filter(|it| *it >= 0.0)).to_vec();
    let out = collected(STATS.as_bytes(), TABLE);
    let expected = [2.0, 3.0, 100.0, 99.0, 4.0, 45.0, 1204.0, 3302.0, 17.0, 65.0];
    assert_eq!(transport(&out, [A[0], A[1], A[2], "0"]), all(expected));
    assert_eq!(transport(&out, [A[0], A[1], A[2], "1"]), [None; 10]);
    assert_eq!(transport(&out, [A[0], A[1], A[2], "2"])[8], None);
    let expected = [1.0, -1.0, 50.0, 49.0, 2.0, 7.0, -1.0, -1.0, -1.0, -1.0];
    assert_eq!(transport(&out, [U[0], U[1], U[2], "0"]), all(expected));
    for (line, expected) in [
        ("udp 1 2 3 4 5 6 7 8 9 10", [2.0, -1.0, 3.0, 4.0, 5.0, 7.0, 9.0, 10.0, -1.0, 8.0]),
        (
            "rdma 0 1 2 3 4 5 6 7 8 9 50 60 70",
            [1.0, 2.0, 5.0, 6.0, 7.0, 9.0, -1.0, -1.0, 4.0, -1.0],
        ),
        ("pigeon 0 1 2 3 4 5 6 7 8 9 50 60 70", [-1.0; 10]),
    ] {
        let protocol = line.split(' ').next().unwrap();
        let stats =
            format!("device n:/ mounted on /n with fstype nfs statvers=1.1\n\txprt:\t{line}\n\n");
        let out = collected(stats.as_bytes(), "");
        assert_eq!(transport(&out, ["n:/", protocol, "", "0"]), all(expected), "{line}");
    }
}

#[test]
fn a_damaged_line_costs_no_other() {
    let out = collected(STATS.as_bytes(), TABLE);
    assert_eq!(out.value(&AGE, U), None);
    assert_eq!(out.value(&EVENTS[2], U), Some(3.0));
    assert_eq!(out.value(&OPERATIONS[0], [U[0], U[1], U[2], "ACCESS"]), Some(8.0));
    // A path of any bytes does not lend its numbers to the mount before.
    let stats = b"device n:/ mounted on /n with fstype nfs statvers=1.1\n\txprt:\ttcp 1\n\
        device \xff:/ mounted on /f with fstype nfs statvers=1.1\n\txprt:\ttcp 1\n\tage:\t7\n\n";
    let out = collected(stats, "");
    assert_eq!(out.value(&AGE, ["n:/", "tcp", ""]), None);
    assert_eq!(out.value(&AGE, ["\u{fffd}:/", "tcp", ""]), Some(7.0));
}

#[test]
fn a_machine_without_nfs_has_nothing_to_count() {
    assert!(collected(b"device rootfs mounted on / with fstype rootfs\n", "").is_empty());
    for text in ["", "x\n", "device rootfs mounted on / with fstype rootfs"] {
        assert!(to_samples(text.as_bytes(), b"", &mut Samples::default()).is_err(), "{text:?}");
    }
}
