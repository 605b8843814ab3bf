//! The paths of cgroups, outer ones first: the slices come before what is in them.

use crate::files::Folder;

/// More cgroups than a host has. Paths beyond are left out.
const MAX_PATHS: usize = 65_536;

/// A walk through the cgroups. Its memory stays from scrape to scrape.
#[derive(Default)]
pub(super) struct Tree {
    paths: String,
    places: Vec<Place>,
    next: usize,
}

/// Where a path is among [`Tree::paths`].
#[derive(Clone, Copy)]
struct Place {
    start: usize,
    end: usize,
    level: u64,
}

impl Tree {
    /// Begins at the root.
    pub(super) fn begin(&mut self) {
        self.paths.clear();
        self.paths.push('/');
        self.places.clear();
        self.places.push(Place { start: 0, end: 1, level: 0 });
        self.next = 0;
    }

    /// The path of the next cgroup, and how deep it is.
    pub(super) fn next(&mut self) -> Option<(&str, u64)> {
        let place = *self.places.get(self.next)?;
        self.next += 1;
        Some((&self.paths[place.start..place.end], place.level))
    }

    /// Adds what is in the folder of the last cgroup; whether there was room for all.
    pub(super) fn add_children(&mut self, folder: &Folder) -> bool {
        let parent = self.places[self.next - 1];
        let mut has_room = true;
        folder.folders(|name| {
            if self.places.len() >= MAX_PATHS {
                has_room = false;
                return;
            }
            let start = self.paths.len();
            if parent.level > 0 {
                self.paths.extend_from_within(parent.start..parent.end);
            }
            self.paths.push('/');
            self.paths.push_str(name);
            self.places.push(Place { start, end: self.paths.len(), level: parent.level + 1 });
        });
        has_room
    }

    /// The path from the root's folder to a cgroup.
    pub(super) fn below_root(path: &str) -> &str {
        match &path[1..] {
            "" => ".",
            below => below,
        }
    }
}
