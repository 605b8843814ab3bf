use exporter_kit::Filter;

use super::*;
use crate::dbus::tests::{UNITS as LIST, reply};

fn units(exclude: &str) -> Units {
    let mut units = Units::new(Wanted::new(Filter::new(None, Pattern::new(exclude).ok())));
    list(&mut units, reply(LIST).unwrap()).unwrap();
    units
}

fn systemd(units: Units, groups: &[Group]) -> Systemd {
    Systemd {
        addresses: Vec::new(),
        is_private: false,
        groups: groups.into(),
        bus: None,
        units,
        manager: Manager::default(),
        questions: Vec::new(),
    }
}

fn samples(out: &mut Samples) -> Vec<String> {
    assert_eq!(out.check(&DEF), Ok(()));
    let page = out.page();
    page.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn loaded_units_are_exposed_and_all_counted() {
    let units = units("^$");
    let wanted: Vec<_> = units.wanted().iter().map(|&unit| units.name(unit)).collect();
    assert_eq!(wanted, ["sleeper.service", "echo.socket"]);
    let path = units.path(units.wanted()[1]);
    assert_eq!(path, "/org/freedesktop/systemd1/unit/echo_2esocket");
    let counts: Vec<_> = units.counts().collect();
    let expected =
        [("active", 2), ("activating", 0), ("deactivating", 0), ("inactive", 1), ("failed", 0)];
    assert_eq!(counts, expected);
    assert_eq!(self::units("socket$").wanted().len(), 1);
}

#[test]
fn newer_states_are_counted_if_in_use() {
    let mut newer = LIST.to_vec();
    let at = newer.windows(6).position(|bytes| bytes == b"active").unwrap();
    newer[at..at + 6].copy_from_slice(b"asleep");
    let mut units = units("^$");
    list(&mut units, reply(&newer).unwrap()).unwrap();
    assert_eq!(units.counts().last(), Some(("asleep", 1)));
    let mut out = Samples::default();
    set_states(units.wanted()[0], "sleeper.service", "", &mut out);
    assert!(samples(&mut out).iter().all(|line| line.ends_with(" 0")));
    list(&mut units, reply(LIST).unwrap()).unwrap();
    assert_eq!(units.counts().count(), STATES.len());
}

#[test]
fn a_damaged_or_refused_list_is_an_error() {
    let refusal = Refusal { name: "org.freedesktop.DBus.Error.AccessDenied", message: "No." };
    let mut units = units("^$");
    let error = list(&mut units, Err(refusal)).unwrap_err().to_string();
    assert_eq!(error, "ListUnits: org.freedesktop.DBus.Error.AccessDenied: No.");
    // Whatever a byte becomes, the list is read or an error.
    for at in 16..LIST.len() {
        for byte in [0, 0x7f, 0xff] {
            let mut damaged = LIST.to_vec();
            damaged[at] = byte;
            if let Some(reply) = reply(&damaged) {
                let _ = list(&mut units, reply);
            }
        }
    }
    let mut cut = LIST.to_vec();
    let length = cut.windows(4).position(|bytes| bytes == [0xde, 1, 0, 0]).unwrap();
    cut[length] = 0xdd;
    assert!(list(&mut units, reply(&cut).unwrap()).is_err());
}

#[test]
fn units_are_asked_for_what_their_kind_has() {
    let all = [Group::Always, Group::Tasks, Group::Restarts, Group::StartTimes];
    for (groups, expected) in [
        (&all[..1], &["Type", "NAccepted", "NConnections", "NRefused"][..]),
        (
            &all,
            &[
                "Type",
                "NRestarts",
                "TasksCurrent",
                "TasksMax",
                "ActiveEnterTimestamp",
                "NAccepted",
                "NConnections",
                "NRefused",
                "ActiveEnterTimestamp",
            ],
        ),
    ] {
        let mut systemd = systemd(units("^$"), groups);
        let mut out = Samples::default();
        systemd.plan(&mut out);
        let asked: Vec<_> = systemd.questions.iter().map(|(_, property)| property.name).collect();
        assert_eq!(asked, expected);
        // The states of a service wait for its type.
        assert_eq!(out.value(&UNIT_STATE, ["echo.socket", "active", ""]), Some(1.0));
        assert_eq!(out.len(), STATES.len());
    }
}

#[test]
fn properties_become_samples() {
    let units = units("^$");
    let unit = units.wanted()[0];
    let mut out = Samples::default();
    for (name, value) in [
        ("Type", Some(Value::Text("notify"))),
        ("NRestarts", Some(Value::Number(3))),
        ("TasksCurrent", Some(Value::Number(u64::MAX))),
        ("TasksMax", Some(Value::Number(50))),
        ("LastTriggerUSec", Some(Value::Number(1_795_871_350_071_145))),
        ("ActiveEnterTimestamp", None),
        ("NRefused", Some(Value::Text("3"))),
    ] {
        let property = PROPERTIES.iter().find(|property| property.name == name).unwrap();
        set_property(unit, "a.service", property, value, &mut out);
    }
    let expected = [
        "node_systemd_service_restart_total{name=\"a.service\"} 3",
        "node_systemd_timer_last_trigger_seconds{name=\"a.service\"} 1795871350.071145",
        "node_systemd_unit_state{name=\"a.service\",state=\"activating\",type=\"notify\"} 0",
        "node_systemd_unit_state{name=\"a.service\",state=\"active\",type=\"notify\"} 1",
        "node_systemd_unit_state{name=\"a.service\",state=\"deactivating\",type=\"notify\"} 0",
        "node_systemd_unit_state{name=\"a.service\",state=\"failed\",type=\"notify\"} 0",
        "node_systemd_unit_state{name=\"a.service\",state=\"inactive\",type=\"notify\"} 0",
        "node_systemd_unit_tasks_max{name=\"a.service\"} 50",
    ];
    assert_eq!(samples(&mut out), expected);
}

#[test]
fn manager_reports_version_and_state() {
    let mut systemd = systemd(units("^$"), &[]);
    let summary = |systemd: &Systemd| {
        let mut out = Samples::default();
        systemd.set_summary(&mut out);
        samples(&mut out).into_iter().filter(|line| !line.contains("_units{")).collect::<Vec<_>>()
    };
    let manager = |version: &str, virtualization: &str, state: &str| Manager {
        version: version.to_owned(),
        virtualization: virtualization.to_owned(),
        state: state.to_owned(),
    };
    systemd.manager = manager("252.38-1~deb12u1", "", "running");
    let expected = [
        "node_systemd_system_running 1",
        "node_systemd_version{version=\"252.38-1~deb12u1\"} 252.38",
        "node_systemd_virtualization_info{virtualization_type=\"none\"} 1",
    ];
    assert_eq!(summary(&systemd), expected);
    systemd.manager = manager("", "kvm", "degraded");
    let expected = [
        "node_systemd_system_running 0",
        "node_systemd_virtualization_info{virtualization_type=\"kvm\"} 1",
    ];
    assert_eq!(summary(&systemd), expected);
}

#[test]
fn versions_have_a_number_of_three_digits() {
    for (version, expected) in [
        ("252.38-1~deb12u1", Some(252.38)),
        ("219", Some(219.0)),
        ("systemd 12.5 v255-rc1", Some(255.0)),
        ("257.", Some(257.0)),
        ("44", None),
        ("", None),
    ] {
        assert_eq!(version_number(version), expected, "{version}");
    }
}
