//! The metrics, and the properties of units that some of them come from.

use exporter_kit::{Counter, Gauge, Metric, Samples};

use super::super::node::{counter, gauge};
use super::units::Kind;

pub(super) const UNIT_STATE: Gauge<3> = gauge(
    "node_systemd_unit_state",
    "systemd单元状态",
    "Whether the unit is in this state; the type is that of a service or mount.",
)
.labels(["name", "state", "type"]);
pub(super) const UNITS: Gauge<1> =
    gauge("node_systemd_units", "各状态单元数", "Loaded units, by state.").labels(["state"]);
pub(super) const RUNNING: Gauge = gauge(
    "node_systemd_system_running",
    "系统正常运行",
    "1 when the system is up and no unit has failed.",
);
pub(super) const VERSION: Gauge<1> = gauge(
    "node_systemd_version",
    "systemd版本",
    "The number in the version of systemd, with the whole version as label.",
)
.labels(["version"]);
pub(super) const VIRTUALIZATION: Gauge<1> = gauge(
    "node_systemd_virtualization_info",
    "虚拟化信息",
    "Constant 1, with the virtualization that systemd detects as label.",
)
.labels(["virtualization_type"]);
const LAST_TRIGGER: Gauge<1> = gauge(
    "node_systemd_timer_last_trigger_seconds",
    "定时器上次触发时间",
    "Unix time at which the timer last elapsed, 0 for never.",
)
.labels(["name"]);
const ACCEPTED: Counter<1> = counter(
    "node_systemd_socket_accepted_connections_total",
    "套接字已接受连接数",
    "Connections that systemd has accepted for the socket unit.",
)
.labels(["name"]);
const CONNECTIONS: Gauge<1> = gauge(
    "node_systemd_socket_current_connections",
    "套接字当前连接数",
    "Connections of the socket unit that are open.",
)
.labels(["name"]);
/// node_exporter has it as a gauge too.
const REFUSED: Gauge<1> = gauge(
    "node_systemd_socket_refused_connections_total",
    "套接字已拒绝连接数",
    "Connections that systemd has refused for the socket unit, as it had too many.",
)
.labels(["name"]);
const RESTARTS: Counter<1> = counter(
    "node_systemd_service_restart_total",
    "服务自动重启次数",
    "Times that systemd has restarted the service by itself.",
)
.labels(["name"]);
const TASKS: Gauge<1> =
    gauge("node_systemd_unit_tasks_current", "服务当前任务数", "Tasks of the service.")
        .labels(["name"]);
const MAX_TASKS: Gauge<1> = gauge(
    "node_systemd_unit_tasks_max",
    "服务任务数上限",
    "Tasks that the service may have; absent without a limit.",
)
.labels(["name"]);
const START_TIME: Gauge<1> = gauge(
    "node_systemd_unit_start_time_seconds",
    "单元启动时间",
    "Unix time at which the unit became active, 0 for one that is not.",
)
.labels(["name"]);

pub(super) const ALL: &[&dyn Metric] = &[
    &UNIT_STATE,
    &UNITS,
    &RUNNING,
    &VERSION,
    &VIRTUALIZATION,
    &LAST_TRIGGER,
    &ACCEPTED,
    &CONNECTIONS,
    &REFUSED,
    &RESTARTS,
    &TASKS,
    &MAX_TASKS,
    &START_TIME,
];

/// A property of the units of one kind.
pub(super) struct Property {
    /// The units that are asked; `None` for all.
    pub(super) kind: Option<Kind>,
    pub(super) interface: &'static str,
    pub(super) name: &'static str,
    /// The flag that it needs.
    pub(super) group: Group,
    pub(super) meaning: Meaning,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    Always,
    Tasks,
    Restarts,
    StartTimes,
}

/// What becomes of the property.
pub(super) enum Meaning {
    /// The label of the unit's states.
    Type,
    Number(fn(&mut Samples, &str, f64)),
    /// Microseconds since 1970.
    Time(&'static Gauge<1>),
}

const SERVICE: &str = "org.freedesktop.systemd1.Service";
const SOCKET: &str = "org.freedesktop.systemd1.Socket";

/// systemd has had `NRestarts` since 235 and `NRefused` since 239.
pub(super) const PROPERTIES: &[Property] = &[
    property(Some(Kind::Service), SERVICE, "Type", Group::Always, Meaning::Type),
    property(
        Some(Kind::Mount),
        "org.freedesktop.systemd1.Mount",
        "Type",
        Group::Always,
        Meaning::Type,
    ),
    property(
        Some(Kind::Timer),
        "org.freedesktop.systemd1.Timer",
        "LastTriggerUSec",
        Group::Always,
        Meaning::Time(&LAST_TRIGGER),
    ),
    property(
        Some(Kind::Socket),
        SOCKET,
        "NAccepted",
        Group::Always,
        Meaning::Number(|out, unit, number| out.set(&ACCEPTED, [unit], number)),
    ),
    property(
        Some(Kind::Socket),
        SOCKET,
        "NConnections",
        Group::Always,
        Meaning::Number(|out, unit, number| out.set(&CONNECTIONS, [unit], number)),
    ),
    property(
        Some(Kind::Socket),
        SOCKET,
        "NRefused",
        Group::Always,
        Meaning::Number(|out, unit, number| out.set(&REFUSED, [unit], number)),
    ),
    property(
        Some(Kind::Service),
        SERVICE,
        "NRestarts",
        Group::Restarts,
        Meaning::Number(|out, unit, number| out.set(&RESTARTS, [unit], number)),
    ),
    property(
        Some(Kind::Service),
        SERVICE,
        "TasksCurrent",
        Group::Tasks,
        Meaning::Number(|out, unit, number| out.set(&TASKS, [unit], number)),
    ),
    property(
        Some(Kind::Service),
        SERVICE,
        "TasksMax",
        Group::Tasks,
        Meaning::Number(|out, unit, number| out.set(&MAX_TASKS, [unit], number)),
    ),
    property(
        None,
        "org.freedesktop.systemd1.Unit",
        "ActiveEnterTimestamp",
        Group::StartTimes,
        Meaning::Time(&START_TIME),
    ),
];

const fn property(
    kind: Option<Kind>,
    interface: &'static str,
    name: &'static str,
    group: Group,
    meaning: Meaning,
) -> Property {
    Property { kind, interface, name, group, meaning }
}
