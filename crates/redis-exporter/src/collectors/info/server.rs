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

const START_TIME: Gauge =
    Gauge::new("redis_start_time_seconds", "When Redis was started, in seconds since 1970.")
        .unit(Unit::Seconds)
        .zh("启动时间")
        .compatible_with(NAMES_OF);

pub(super) const METRICS: &[&dyn Metric] = &[&INSTANCE, &START_TIME];

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
    gauge("process_id", "redis_process_id", "进程号", "Process ID of Redis."),
    gauge(
        "io_threads_active",
        "redis_io_threads_active",
        "IO线程是否启用",
        "Whether threads read and write for clients (1) or not (0).",
    ),
    gauge(
        "clients_in_timeout_table",
        "redis_clients_in_timeout_table",
        "有超时的阻塞客户端数",
        "Blocked clients whose wait ends at some time.",
    ),
    gauge(
        "tracking_clients",
        "redis_tracking_clients",
        "启用键跟踪的客户端数",
        "Clients that are told when keys change that they have cached.",
    ),
    gauge(
        "cluster_connections",
        "redis_cluster_connections",
        "集群总线连接数",
        "Sockets that the cluster bus uses, about.",
    ),
    gauge(
        "client_longest_output_list",
        "redis_client_longest_output_list",
        "最长输出列表",
        "Longest output list of the connected clients; Redis 4 and earlier.",
    ),
    gauge(
        "client_biggest_input_buf",
        "redis_client_biggest_input_buf",
        "最大输入缓冲",
        "Largest input buffer of the connected clients; Redis 4 and earlier.",
    )
    .unit(Unit::Bytes),
    counter(
        "used_cpu_sys_main_thread",
        "redis_cpu_sys_main_thread_seconds_total",
        "主线程内核态CPU时间",
        "CPU time of the main thread in the kernel.",
    )
    .unit(Unit::Seconds),
    counter(
        "used_cpu_user_main_thread",
        "redis_cpu_user_main_thread_seconds_total",
        "主线程用户态CPU时间",
        "CPU time of the main thread in user space.",
    )
    .unit(Unit::Seconds),
    gauge(
        "server_threads",
        "redis_server_threads_total",
        "服务线程数",
        "Threads that serve clients; KeyDB.",
    ),
    gauge(
        "long_lock_waits",
        "redis_long_lock_waits_total",
        "长时间等锁次数",
        "Waits of a thread for the global lock that took long; KeyDB.",
    ),
    gauge(
        "current_client_thread",
        "redis_current_client_thread",
        "当前客户端的线程",
        "Thread that serves the exporter itself; KeyDB.",
    ),
    gauge(
        "pubsub_clients",
        "redis_pubsub_clients",
        "订阅的客户端数",
        "Clients that are subscribed to something; Redis 7.4 and later.",
    ),
    gauge(
        "watching_clients",
        "redis_watching_clients",
        "WATCH的客户端数",
        "Clients that watch keys for a transaction; Redis 7.4 and later.",
    ),
    gauge(
        "total_watched_keys",
        "redis_total_watched_keys",
        "被WATCH的键数",
        "Keys that clients watch; Redis 7.4 and later.",
    ),
    gauge(
        "total_blocking_keys",
        "redis_total_blocking_keys",
        "阻塞客户端的键数",
        "Keys that blocked clients wait for; Redis 7.2 and later.",
    ),
    gauge(
        "total_blocking_keys_on_nokey",
        "redis_total_blocking_keys_on_nokey",
        "等待删除的键数",
        "Keys whose removal blocked clients wait for; Redis 7.2 and later.",
    ),
];

pub(super) fn set(info: &Info<'_>, out: &mut Samples) {
    if info.text("redis_version").is_some() {
        let labels = INSTANCE_KEYS.map(|key| info.text(key).unwrap_or_default());
        out.set(&INSTANCE, labels, 1.0);
    }
    // Both are of one moment, and the uptime is in whole seconds.
    let now = info.number("server_time_usec").map(|microseconds| (microseconds / 1e6).floor());
    if let (Some(now), Some(uptime)) = (now, info.number("uptime_in_seconds"))
        && now >= uptime
    {
        out.set(&START_TIME, [], now - uptime);
    }
}
