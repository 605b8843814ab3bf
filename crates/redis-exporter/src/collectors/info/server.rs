//! The sections `Server`, `Clients`, `CPU` and `Cluster`.

use exporter_kit::{Field, Gauge, Metric, Samples, Unit};

use super::field::{NAMES_OF, counter, gauge};
use crate::info::Info;

/// The instance as described by `INFO`; the labels are named after the keys.
const INSTANCE_KEYS: [&str; 10] = [
    "role",
    "redis_version",
    "redis_build_id",
    "redis_mode",
    "os",
    "maxmemory_policy",
    "tcp_port",
    "run_id",
    "process_id",
    "master_replid",
];

const INSTANCE: Gauge<10> =
    Gauge::new("redis_instance_info", "Constant 1, labelled with what runs.")
        .labels(INSTANCE_KEYS)
        .zh("实例信息")
        .compatible_with(NAMES_OF);

pub(super) const METRICS: &[&dyn Metric] = &[&INSTANCE];

pub(super) const FIELDS: &[Field] = &[
    gauge(
        "uptime_in_seconds",
        "redis_uptime_in_seconds",
        "运行时间",
        "How long Redis has been running.",
    )
    .unit(Unit::Seconds),
    gauge(
        "connected_clients",
        "redis_connected_clients",
        "客户端连接数",
        "Connections of clients, without those of replicas.",
    ),
    gauge(
        "blocked_clients",
        "redis_blocked_clients",
        "阻塞的客户端数",
        "Clients that wait in a blocking command.",
    ),
    gauge(
        "maxclients",
        "redis_max_clients",
        "最大客户端数",
        "How many clients may be connected at once.",
    ),
    gauge(
        "client_recent_max_input_buffer",
        "redis_client_recent_max_input_buffer_bytes",
        "客户端输入缓冲峰值",
        "Largest input buffer of the connected clients of late.",
    )
    .unit(Unit::Bytes),
    gauge(
        "client_recent_max_output_buffer",
        "redis_client_recent_max_output_buffer_bytes",
        "客户端输出缓冲峰值",
        "Largest output buffer of the connected clients of late.",
    )
    .unit(Unit::Bytes),
    counter(
        "used_cpu_sys",
        "redis_cpu_sys_seconds_total",
        "内核态CPU时间",
        "CPU time in the kernel, of all threads.",
    )
    .unit(Unit::Seconds),
    counter(
        "used_cpu_user",
        "redis_cpu_user_seconds_total",
        "用户态CPU时间",
        "CPU time in user space, of all threads.",
    )
    .unit(Unit::Seconds),
    counter(
        "used_cpu_sys_children",
        "redis_cpu_sys_children_seconds_total",
        "子进程内核态CPU时间",
        "CPU time of ended child processes in the kernel.",
    )
    .unit(Unit::Seconds),
    counter(
        "used_cpu_user_children",
        "redis_cpu_user_children_seconds_total",
        "子进程用户态CPU时间",
        "CPU time of ended child processes in user space.",
    )
    .unit(Unit::Seconds),
    gauge(
        "cluster_enabled",
        "redis_cluster_enabled",
        "是否集群模式",
        "Whether Redis is part of a cluster (1) or not (0).",
    ),
];

pub(super) fn set(info: &Info<'_>, out: &mut Samples) {
    if info.text("redis_version").is_some() {
        let labels = INSTANCE_KEYS.map(|key| info.text(key).unwrap_or_default());
        out.set(&INSTANCE, labels, 1.0);
    }
}
