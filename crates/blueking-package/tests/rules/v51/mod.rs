//! The 5.1 package: each rule on its own, on the sources and on the archive.

mod archive_rules;
mod groups;
mod hostile_zips;
mod round_trip;
mod source_rules;
