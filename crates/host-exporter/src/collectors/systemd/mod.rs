//! Services and other units, as systemd says over D-Bus.

mod metrics;
mod units;

use std::io::{Error, ErrorKind};
use std::path::Path;
use std::time::{Duration, Instant};

use exporter_kit::{
    CollectError, Collector, CollectorDef, Flag, Pattern, Samples, ScheduledCollector,
    SettingError, Settings,
};

use self::metrics::{
    ALL, Group, Meaning, PROPERTIES, Property, RUNNING, UNIT_STATE, UNITS, VERSION, VIRTUALIZATION,
};
use self::units::{Kind, SIGNATURE, STATES, Unit, Units};
use crate::dbus::{Address, Bus, Call, MAX_CALLS, Refusal, Reply, Value};
use crate::host::Host;
use crate::wanted::Wanted;

const INCLUDE: Flag<Pattern> =
    Flag::pattern("collector.systemd.unit-include", ".+", "Units to expose, by name.")
        .whole()
        .with_exclude();
const EXCLUDE: Flag<Pattern> = Flag::pattern(
    "collector.systemd.unit-exclude",
    r".+\.(automount|device|mount|scope|slice)",
    "Units to leave out, by name; it wins over unit-include.",
)
.whole();
const TASKS: Flag<bool> = Flag::switch(
    "collector.systemd.enable-task-metrics",
    "Expose how many tasks services have and may have.",
);
const RESTARTS: Flag<bool> = Flag::switch(
    "collector.systemd.enable-restarts-metrics",
    "Expose how often services were restarted by systemd.",
);
const START_TIMES: Flag<bool> =
    Flag::switch("collector.systemd.enable-start-time-metrics", "Expose when units became active.");
const PRIVATE: Flag<bool> = Flag::switch(
    "collector.systemd.private",
    "Ask systemd directly instead of over the bus; only root may.",
);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "systemd",
    "systemd单元",
    "Services and other units of systemd.",
    ALL,
    |settings| Ok(ScheduledCollector::on_scrape(Systemd::new(settings)?)),
)
.off_by_default()
.flags(&[&INCLUDE, &EXCLUDE, &TASKS, &RESTARTS, &START_TIMES, &PRIVATE])
.source("D-Bus: org.freedesktop.systemd1");

/// How long all may take: systemd answers nothing while it loads its units again.
const TIMEOUT: Duration = Duration::from_secs(8);

const SYSTEMD: &str = "org.freedesktop.systemd1";
const MANAGER_PATH: &str = "/org/freedesktop/systemd1";
const MANAGER: &str = "org.freedesktop.systemd1.Manager";

struct Systemd {
    addresses: Vec<Address>,
    is_private: bool,
    groups: Vec<Group>,
    /// Kept while it works.
    bus: Option<Bus>,
    units: Units,
    manager: Manager,
    /// The properties that are asked for: unit and property.
    questions: Vec<(Unit, &'static Property)>,
}

/// What systemd says of itself.
#[derive(Debug, Default)]
struct Manager {
    version: String,
    virtualization: String,
    state: String,
}

impl Systemd {
    fn new(settings: &Settings) -> Result<Self, SettingError> {
        let filter = settings.filter(&INCLUDE, &EXCLUDE);
        let host = Host::new(settings);
        let is_private = settings.get(&PRIVATE);
        let switches = [
            (&TASKS, Group::Tasks),
            (&RESTARTS, Group::Restarts),
            (&START_TIMES, Group::StartTimes),
        ];
        let switched = switches.into_iter().filter(|(flag, _)| settings.get(flag));
        Ok(Self {
            addresses: addresses(&host, is_private),
            is_private,
            groups: switched.map(|(_, group)| group).chain([Group::Always]).collect(),
            bus: None,
            units: Units::new(Wanted::new(filter)),
            manager: Manager::default(),
            questions: Vec::new(),
        })
    }

    fn connect(&self, deadline: Instant) -> Result<Bus, CollectError> {
        let mut result =
            Err(CollectError::from("DBUS_SYSTEM_BUS_ADDRESS has no socket of this host"));
        for address in &self.addresses {
            let bus = match self.is_private {
                true => Bus::connect_directly(address, deadline),
                false => Bus::connect(address, deadline),
            };
            match bus {
                Ok(bus) => return Ok(bus),
                Err(error) => {
                    result = Err(CollectError::context(format!("connect to {address}"), error));
                }
            }
        }
        result
    }

    /// Asks for the units, and for what systemd says of itself.
    fn ask(&mut self, bus: &mut Bus, deadline: Instant) -> Result<(), Error> {
        bus.queue(&Call {
            destination: SYSTEMD,
            path: MANAGER_PATH,
            interface: MANAGER,
            member: "ListUnits",
            arguments: &[],
        });
        for property in ["Version", "Virtualization", "SystemState"] {
            queue_get(bus, MANAGER_PATH, MANAGER, property);
        }
        let Manager { version, virtualization, state } = &mut self.manager;
        let mut listed = Ok(());
        bus.replies(deadline, |call, reply| match call {
            0 => listed = list(&mut self.units, reply),
            1 => set_text(version, reply, ""),
            2 => set_text(virtualization, reply, "unknown"),
            _ => set_text(state, reply, ""),
        })?;
        listed
    }

    fn set_summary(&self, out: &mut Samples) {
        for (state, count) in self.units.counts() {
            out.set(&UNITS, [state], count.into());
        }
        let Manager { version, virtualization, state } = &self.manager;
        if let Some(number) = version_number(version) {
            out.set(&VERSION, [version], number);
        }
        // It is empty on bare metal.
        let virtualization = if virtualization.is_empty() { "none" } else { virtualization };
        out.set(&VIRTUALIZATION, [virtualization], 1.0);
        if !state.is_empty() {
            out.set(&RUNNING, [], f64::from(state == "running"));
        }
    }

    /// Sets what is known already, and finds out what is to be asked.
    fn plan(&mut self, out: &mut Samples) {
        self.questions.clear();
        for &unit in self.units.wanted() {
            if !matches!(unit.kind, Kind::Service | Kind::Mount) {
                set_states(unit, self.units.name(unit), "", out);
            }
            let asked = PROPERTIES.iter().filter(|property| {
                self.groups.contains(&property.group)
                    && property.kind.is_none_or(|kind| kind == unit.kind)
            });
            for property in asked {
                match property.meaning {
                    Meaning::Time(time) if property.kind.is_none() && !unit.is_active() => {
                        out.set(time, [self.units.name(unit)], 0.0);
                    }
                    _ => self.questions.push((unit, property)),
                }
            }
        }
    }

    fn ask_units(&self, bus: &mut Bus, deadline: Instant, out: &mut Samples) -> Result<(), Error> {
        for questions in self.questions.chunks(MAX_CALLS) {
            for &(unit, Property { interface, name, .. }) in questions {
                queue_get(bus, self.units.path(unit), interface, name);
            }
            bus.replies(deadline, |call, reply| {
                let (unit, property) = questions[call];
                // A unit can go meanwhile, and older versions do not have all properties.
                let value = reply.ok().and_then(|reply| reply.property());
                set_property(unit, self.units.name(unit), property, value, out);
            })?;
        }
        Ok(())
    }
}

impl Collector for Systemd {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let deadline = Instant::now() + TIMEOUT;
        let context = |error: Error| CollectError::context("ask systemd", error);
        let kept = match self.bus.take().map(|mut bus| (self.ask(&mut bus, deadline), bus)) {
            Some((Ok(()), bus)) => Some(bus),
            Some((Err(error), _)) if error.kind() == ErrorKind::TimedOut => {
                return Err(context(error));
            }
            // The first time, or the other side has closed it, as at a restart.
            Some((Err(_), _)) | None => None,
        };
        let mut bus = match kept {
            Some(bus) => bus,
            None => {
                let mut bus = self.connect(deadline)?;
                self.ask(&mut bus, deadline).map_err(context)?;
                bus
            }
        };
        self.set_summary(out);
        self.plan(out);
        self.ask_units(&mut bus, deadline, out).map_err(context)?;
        // A private connection also gets signals, which would pile up in systemd between scrapes.
        self.bus = (!self.is_private).then_some(bus);
        Ok(())
    }
}

/// Where systemd or the bus listens, in the order in which they are tried.
fn addresses(host: &Host, is_private: bool) -> Vec<Address> {
    if !is_private && let Some(list) = std::env::var_os("DBUS_SYSTEM_BUS_ADDRESS") {
        return Address::list(list.as_encoded_bytes());
    }
    let path = if is_private { PRIVATE_SOCKET } else { BUS_SOCKET };
    // A container may have the socket in its place, or the host's root elsewhere.
    let mut paths = vec![host.root(Path::new(path)), path.into()];
    paths.dedup();
    paths.into_iter().map(Address::Path).collect()
}

const BUS_SOCKET: &str = "/run/dbus/system_bus_socket";
const PRIVATE_SOCKET: &str = "/run/systemd/private";

fn queue_get(bus: &mut Bus, path: &str, interface: &str, property: &str) {
    bus.queue(&Call {
        destination: SYSTEMD,
        path,
        interface: "org.freedesktop.DBus.Properties",
        member: "Get",
        arguments: &[interface, property],
    });
}

fn list(units: &mut Units, reply: Result<Reply<'_>, Refusal<'_>>) -> Result<(), Error> {
    let reply = reply.map_err(|refusal| refusal.to_error("ListUnits"))?;
    let read = reply.body(SIGNATURE).and_then(|list| units.read(list));
    read.ok_or_else(|| Error::new(ErrorKind::InvalidData, "the list of units is damaged"))
}

fn set_text(text: &mut String, reply: Result<Reply<'_>, Refusal<'_>>, otherwise: &str) {
    text.clear();
    match reply.ok().and_then(|reply| reply.property()) {
        Some(Value::Text(value)) => text.push_str(value),
        _ => text.push_str(otherwise),
    }
}

/// The first number of three digits or more: 252.38 of `252.38-1~deb12u1`.
fn version_number(version: &str) -> Option<f64> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut rest = version;
    loop {
        rest = &rest[rest.find(|character: char| character.is_ascii_digit())?..];
        let whole = digits(rest);
        if whole >= 3 {
            let decimals = rest[whole..].strip_prefix('.').map_or(0, digits);
            let end = if decimals > 0 { whole + 1 + decimals } else { whole };
            return rest[..end].parse().ok();
        }
        rest = &rest[whole..];
    }
}

fn set_states(unit: Unit, name: &str, unit_type: &str, out: &mut Samples) {
    for (place, state) in STATES.into_iter().enumerate() {
        out.set(&UNIT_STATE, [name, state, unit_type], f64::from(unit.is_in(place)));
    }
}

fn set_property(
    unit: Unit,
    name: &str,
    property: &Property,
    value: Option<Value<'_>>,
    out: &mut Samples,
) {
    match (&property.meaning, value) {
        (Meaning::Type, Some(Value::Text(unit_type))) => set_states(unit, name, unit_type, out),
        (Meaning::Type, _) => set_states(unit, name, "", out),
        // No limit, or not known.
        (_, None | Some(Value::Text(_) | Value::Number(u64::MAX))) => {}
        (Meaning::Number(set), Some(Value::Number(number))) => set(out, name, number as f64),
        (Meaning::Time(time), Some(Value::Number(time_us))) => {
            out.set(time, [name], time_us as f64 / 1e6);
        }
    }
}

#[cfg(test)]
mod tests;
