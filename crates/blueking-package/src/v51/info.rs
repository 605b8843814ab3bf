//! The rules of `info.json`.

use serde_json::Value;

use super::INFO;
use super::origin::Origin;
use super::rules::{self, ANY_LENGTH, Need};
use crate::names::component_name_rules;
use crate::problem::{Location, Problems};

/// Longest display name, in characters: the width of the database column.
const DISPLAY_NAME_LIMIT: usize = 128;

/// Checks the parsed document.
pub(super) fn check(info: &Value, origin: Origin<'_>, problems: &mut Problems) {
    let Some(info) = rules::object(info, Location::whole(INFO), problems) else {
        return;
    };
    let location = || origin.info("name");
    let name = rules::text(info, "name", Need::Filled, ANY_LENGTH, location(), problems);
    for rule in name
        .filter(|name| !name.trim().is_empty())
        .iter()
        .flat_map(|name| component_name_rules(name))
    {
        problems.add(location(), rule);
    }
    for (key, limit) in [("display_name", DISPLAY_NAME_LIMIT), ("supported_version", ANY_LENGTH)] {
        rules::text(info, key, Need::Optional, limit, origin.info(key), problems);
    }
}
