//! The rules of `info.json`.

use serde_json::Value;

use super::INFO;
use super::origin::Origin;
use super::rules::{self, ANY_LENGTH, Keys, Need};
use crate::names::component_name_rules;
use crate::problem::{Location, Problems};

/// Longest display name, in characters: the width of the database column.
const DISPLAY_NAME_LIMIT: usize = 128;

/// Checks the parsed document.
pub(super) fn check(info: &Value, origin: Origin<'_>, problems: &mut Problems) {
    let Some(info) = rules::object(info, Location::whole(INFO), problems) else {
        return;
    };
    let mut keys = Keys { object: info, location: |key: &str| origin.info(key), problems };
    let name = keys.text("name", Need::Filled, ANY_LENGTH).unwrap_or_default();
    if !name.trim().is_empty() {
        component_name_rules(name).into_iter().for_each(|rule| keys.report("name", rule));
    }
    keys.text("display_name", Need::Optional, DISPLAY_NAME_LIMIT);
    keys.text("supported_version", Need::Optional, ANY_LENGTH);
}
