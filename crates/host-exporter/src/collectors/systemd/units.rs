//! The units of a host, as `ListUnits` returns them.

use crate::dbus::Reader;
use crate::wanted::Wanted;

/// What `ListUnits` returns: for each unit its name, description, whether it is loaded, its state,
/// its state in detail, the unit that it follows, its path, and its job with type and path.
pub(super) const SIGNATURE: &str = "a(ssssssouso)";

/// The states that every unit has a sample of, and all that systemd has had for years. Newer ones
/// such as `reloading` are only counted.
pub(super) const STATES: [&str; 5] = ["active", "activating", "deactivating", "inactive", "failed"];

/// More states than systemd will ever have.
const MAX_STATES: usize = 16;

/// The units that are wanted, and how many there are of all.
pub(super) struct Units {
    /// The names and paths, one after another.
    text: String,
    units: Vec<Unit>,
    /// State and units.
    counts: Vec<(String, u32)>,
    wanted: Wanted,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    name: usize,
    path: usize,
    end: usize,
    /// Its place in the counts.
    state: usize,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Service,
    Mount,
    Timer,
    Socket,
    Other,
}

impl Units {
    pub(super) fn new(wanted: Wanted) -> Self {
        let counts = STATES.map(|state| (state.to_owned(), 0)).into();
        Self { text: String::new(), units: Vec::new(), counts, wanted }
    }

    /// Reads the list; `None` where it is damaged.
    pub(super) fn read(&mut self, mut list: Reader<'_>) -> Option<()> {
        self.text.clear();
        self.units.clear();
        self.counts.iter_mut().for_each(|(_, count)| *count = 0);
        self.wanted.begin();
        let mut rows = list.array(8)?;
        while !rows.is_at_end() {
            rows.align(8)?;
            let name = rows.string()?;
            let _description = rows.string()?;
            let load_state = rows.string()?;
            let state = rows.string()?;
            let (_sub_state, _followed) = (rows.string()?, rows.string()?);
            let path = rows.string()?;
            let (_job, _job_type, _job_path) = (rows.number()?, rows.string()?, rows.string()?);
            let state = self.count(state);
            if load_state == "loaded" && self.wanted.wants(name) {
                let start = self.text.len();
                self.text.push_str(name);
                let middle = self.text.len();
                self.text.push_str(path);
                let (kind, end) = (Kind::of(name), self.text.len());
                self.units.push(Unit { name: start, path: middle, end, state, kind });
            }
        }
        Some(())
    }

    /// Counts one in this state, whose place is returned.
    fn count(&mut self, state: &str) -> usize {
        let found = self.counts.iter().position(|(known, _)| known == state);
        let place = found.unwrap_or(self.counts.len());
        if found.is_none() && place < MAX_STATES {
            self.counts.push((state.to_owned(), 0));
        }
        if let Some((_, count)) = self.counts.get_mut(place) {
            *count += 1;
        }
        place
    }

    pub(super) fn wanted(&self) -> &[Unit] {
        &self.units
    }

    pub(super) fn name(&self, unit: Unit) -> &str {
        &self.text[unit.name..unit.path]
    }

    pub(super) fn path(&self, unit: Unit) -> &str {
        &self.text[unit.path..unit.end]
    }

    /// States and how many units are in them: those of [`STATES`], and others that there are.
    pub(super) fn counts(&self) -> impl Iterator<Item = (&str, u32)> {
        let counts = self.counts.iter().enumerate();
        counts
            .filter(|(place, (_, count))| *place < STATES.len() || *count > 0)
            .map(|(_, (state, count))| (state.as_str(), *count))
    }
}

impl Unit {
    /// Whether it is in the state of this place in [`STATES`].
    pub(super) fn is_in(self, state: usize) -> bool {
        self.state == state
    }

    pub(super) fn is_active(self) -> bool {
        self.is_in(0)
    }
}

impl Kind {
    fn of(name: &str) -> Self {
        match name.rsplit_once('.') {
            Some((_, "service")) => Self::Service,
            Some((_, "mount")) => Self::Mount,
            Some((_, "timer")) => Self::Timer,
            Some((_, "socket")) => Self::Socket,
            _ => Self::Other,
        }
    }
}
