//! The collectors, one file each, and their flags.

mod client;
mod status;

use exporter_kit::{AnyFlag, CollectorDef, Flag};

const URL: Flag<String> = Flag::text(
    "@subject@.url",
    "URL",
    "http://127.0.0.1:8080/status",
    "Address of the status page.",
);

/// The exporter's flags, in addition to those of exporter-kit.
pub(crate) const FLAGS: &[&dyn AnyFlag] = &[&URL];

/// All collectors. To add one, add a file and a line here.
pub(crate) const ALL: &[CollectorDef] = &[status::DEF];

/// The Chinese names of labels, which BlueKing shows as dimensions.
pub(crate) const LABELS: &[(&str, &str)] = &[("state", "状态")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collectors_follow_the_conventions() {
        assert_eq!(exporter_kit::lint(ALL, LABELS), []);
    }
}
