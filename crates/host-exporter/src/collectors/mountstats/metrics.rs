//! What is counted for a mount, in the order of the kernel's columns.

use exporter_kit::{Counter, Gauge, Metric, Unit};

use super::super::node::{counter, gauge};

pub(super) const AGE: Counter<3> = of_mount(
    "node_mountstats_nfs_age_seconds_total",
    "挂载时长",
    "How long ago the export was mounted.",
)
.unit(Unit::Seconds);

pub(super) const INFO: Gauge<4> = gauge(
    "node_mountstats_nfs_mountpoint_info",
    "NFS挂载点信息",
    "Constant 1, with a mount point of the export.",
)
.labels(["export", "protocol", "mountaddr", "mountpoint"]);

pub(super) const IDLE_TIME: Gauge<4> = gauge(
    "node_mountstats_nfs_transport_idle_time_seconds",
    "传输空闲时间",
    "How long the connection has not been used.",
)
.unit(Unit::Seconds)
.labels(CONNECTION);

pub(super) const MAX_SLOTS: Gauge<4> = gauge(
    "node_mountstats_nfs_transport_maximum_rpc_slots",
    "最大RPC槽位数",
    "The most requests that were under way at once.",
)
.labels(CONNECTION);

const CONNECTION: [&str; 4] = ["export", "protocol", "mountaddr", "transport"];

/// The line `bytes:`.
pub(super) static BYTES: [Counter<3>; 8] = [
    of_mount(
        "node_mountstats_nfs_read_bytes_total",
        "应用读字节数",
        "Bytes that programs have read, without direct I/O.",
    )
    .unit(Unit::Bytes),
    of_mount(
        "node_mountstats_nfs_write_bytes_total",
        "应用写字节数",
        "Bytes that programs have written, without direct I/O.",
    )
    .unit(Unit::Bytes),
    of_mount(
        "node_mountstats_nfs_direct_read_bytes_total",
        "直接读字节数",
        "Bytes that programs have read by direct I/O.",
    )
    .unit(Unit::Bytes),
    of_mount(
        "node_mountstats_nfs_direct_write_bytes_total",
        "直接写字节数",
        "Bytes that programs have written by direct I/O.",
    )
    .unit(Unit::Bytes),
    of_mount(
        "node_mountstats_nfs_total_read_bytes_total",
        "服务器读字节数",
        "Bytes that the server has sent as answers to reads.",
    )
    .unit(Unit::Bytes),
    of_mount(
        "node_mountstats_nfs_total_write_bytes_total",
        "服务器写字节数",
        "Bytes that were sent to the server to be written.",
    )
    .unit(Unit::Bytes),
    of_mount(
        "node_mountstats_nfs_read_pages_total",
        "映射读页数",
        "Pages that were read, those of mapped files too.",
    ),
    of_mount(
        "node_mountstats_nfs_write_pages_total",
        "映射写页数",
        "Pages that were written, those of mapped files too.",
    ),
];

/// The line `events:`, but for one column.
pub(super) static EVENTS: [Counter<3>; 26] = [
    of_mount(
        "node_mountstats_nfs_event_inode_revalidate_total",
        "inode重新验证数",
        "Attributes of files that were checked for being current.",
    ),
    of_mount(
        "node_mountstats_nfs_event_dnode_revalidate_total",
        "目录项重新验证数",
        "Directory entries that were checked for being current.",
    ),
    of_mount(
        "node_mountstats_nfs_event_data_invalidate_total",
        "数据缓存失效数",
        "Files whose cached data was thrown away.",
    ),
    of_mount(
        "node_mountstats_nfs_event_attribute_invalidate_total",
        "属性缓存失效数",
        "Files whose cached attributes were thrown away.",
    ),
    of_mount(
        "node_mountstats_nfs_event_vfs_open_total",
        "打开次数",
        "Files and directories opened.",
    ),
    of_mount(
        "node_mountstats_nfs_event_vfs_lookup_total",
        "查找次数",
        "Names looked up in directories.",
    ),
    of_mount("node_mountstats_nfs_event_vfs_access_total", "权限检查次数", "Permissions checked."),
    of_mount(
        "node_mountstats_nfs_event_vfs_update_page_total",
        "页更新次数",
        "Writes to a page, or to part of one.",
    ),
    of_mount(
        "node_mountstats_nfs_event_vfs_read_page_total",
        "单页读次数",
        "Reads of a single page.",
    ),
    of_mount(
        "node_mountstats_nfs_event_vfs_read_pages_total",
        "批量读次数",
        "Reads of several pages at once.",
    ),
    of_mount(
        "node_mountstats_nfs_event_vfs_write_page_total",
        "单页写次数",
        "Writes of a single page.",
    ),
    of_mount(
        "node_mountstats_nfs_event_vfs_write_pages_total",
        "批量写次数",
        "Writes of several pages at once.",
    ),
    of_mount(
        "node_mountstats_nfs_event_vfs_getdents_total",
        "目录读取次数",
        "Reads of directories.",
    ),
    of_mount(
        "node_mountstats_nfs_event_vfs_setattr_total",
        "属性设置次数",
        "Changes of attributes.",
    ),
    of_mount(
        "node_mountstats_nfs_event_vfs_flush_total",
        "刷新次数",
        "Flushes of what was written, mostly when a file is closed.",
    ),
    of_mount(
        "node_mountstats_nfs_event_vfs_fsync_total",
        "同步次数",
        "Calls of fsync for files and directories.",
    ),
    of_mount("node_mountstats_nfs_event_vfs_lock_total", "加锁次数", "Locks that were asked for."),
    of_mount(
        "node_mountstats_nfs_event_vfs_file_release_total",
        "文件释放次数",
        "Files closed for the last time.",
    ),
    of_mount(
        "node_mountstats_nfs_event_truncation_total",
        "截断次数",
        "Files that were made shorter.",
    ),
    of_mount(
        "node_mountstats_nfs_event_write_extension_total",
        "写扩展次数",
        "Files that were made longer by writing past their end.",
    ),
    of_mount(
        "node_mountstats_nfs_event_silly_rename_total",
        "延迟删除次数",
        "Files that were removed while a program had them open.",
    ),
    of_mount(
        "node_mountstats_nfs_event_short_read_total",
        "短读次数",
        "Reads that the server answered with less than was asked for.",
    ),
    of_mount(
        "node_mountstats_nfs_event_short_write_total",
        "短写次数",
        "Writes of which the server took less than was sent.",
    ),
    of_mount(
        "node_mountstats_nfs_event_jukebox_delay_total",
        "服务器推迟次数",
        "Requests that the server put off, as it had to fetch the data first.",
    ),
    of_mount(
        "node_mountstats_nfs_event_pnfs_read_total",
        "pNFS读次数",
        "Reads that went to data servers, past the one that is mounted.",
    ),
    of_mount(
        "node_mountstats_nfs_event_pnfs_write_total",
        "pNFS写次数",
        "Writes that went to data servers, past the one that is mounted.",
    ),
];

/// A line of an operation.
pub(super) static OPERATIONS: [Counter<4>; 9] = [
    of_operation(
        "node_mountstats_nfs_operations_requests_total",
        "操作请求数",
        "Requests of the operation.",
    ),
    of_operation(
        "node_mountstats_nfs_operations_transmissions_total",
        "操作发送次数",
        "Requests sent, each time that one was sent again too.",
    ),
    of_operation(
        "node_mountstats_nfs_operations_major_timeouts_total",
        "操作超时次数",
        "Requests that took longer than the major timeout of the mount.",
    ),
    of_operation(
        "node_mountstats_nfs_operations_sent_bytes_total",
        "操作发送字节数",
        "Bytes sent, with the headers of the calls.",
    )
    .unit(Unit::Bytes),
    of_operation(
        "node_mountstats_nfs_operations_received_bytes_total",
        "操作接收字节数",
        "Bytes received, with the headers of the calls.",
    )
    .unit(Unit::Bytes),
    of_operation(
        "node_mountstats_nfs_operations_queue_time_seconds_total",
        "操作排队时间",
        "Time that requests have waited before they were sent.",
    )
    .unit(Unit::Seconds),
    of_operation(
        "node_mountstats_nfs_operations_response_time_seconds_total",
        "操作响应时间",
        "Time from sending requests to their answers.",
    )
    .unit(Unit::Seconds),
    of_operation(
        "node_mountstats_nfs_operations_request_time_seconds_total",
        "操作总时间",
        "Time that requests have taken as a whole, from queueing to the end.",
    )
    .unit(Unit::Seconds),
    of_operation(
        "node_mountstats_nfs_operations_errors_total",
        "操作错误数",
        "Requests that ended with an error; counted since Linux 5.3.",
    ),
];

/// What a line `xprt:` has of counters.
pub(super) static TRANSPORT: [Counter<4>; 8] = [
    of_transport(
        "node_mountstats_nfs_transport_bind_total",
        "传输绑定次数",
        "How often the client looked up the server's port.",
    ),
    of_transport(
        "node_mountstats_nfs_transport_connect_total",
        "传输连接次数",
        "Connections made to the server.",
    ),
    of_transport(
        "node_mountstats_nfs_transport_sends_total",
        "传输发送请求数",
        "Requests sent to the server.",
    ),
    of_transport(
        "node_mountstats_nfs_transport_receives_total",
        "传输接收应答数",
        "Answers received from the server.",
    ),
    of_transport(
        "node_mountstats_nfs_transport_bad_transaction_ids_total",
        "未知事务ID数",
        "Answers to requests that the client does not know.",
    ),
    of_transport(
        "node_mountstats_nfs_transport_backlog_queue_total",
        "积压队列累计长度",
        "Length of the queue for a free slot, added up at each request.",
    ),
    of_transport(
        "node_mountstats_nfs_transport_sending_queue_total",
        "发送队列累计长度",
        "Length of the sending queue, added up at each request.",
    ),
    of_transport(
        "node_mountstats_nfs_transport_pending_queue_total",
        "等待队列累计长度",
        "Requests waiting for their answers, added up at each request.",
    ),
];

/// The metrics of all lines.
pub(super) const METRICS: &[&[&dyn Metric]] =
    &[&each(&BYTES), &each(&EVENTS), &each(&OPERATIONS), &each(&TRANSPORT)];

const fn each<const N: usize, const M: usize>(
    table: &'static [Counter<N>; M],
) -> [&'static dyn Metric; M] {
    let mut metrics: [&dyn Metric; M] = [&table[0]; M];
    let mut at = 0;
    while at < M {
        metrics[at] = &table[at];
        at += 1;
    }
    metrics
}

const fn of_mount(name: &'static str, zh: &'static str, help: &'static str) -> Counter<3> {
    counter(name, zh, help).labels(["export", "protocol", "mountaddr"])
}

const fn of_operation(name: &'static str, zh: &'static str, help: &'static str) -> Counter<4> {
    counter(name, zh, help).labels(["export", "protocol", "mountaddr", "operation"])
}

const fn of_transport(name: &'static str, zh: &'static str, help: &'static str) -> Counter<4> {
    counter(name, zh, help).labels(CONNECTION)
}
