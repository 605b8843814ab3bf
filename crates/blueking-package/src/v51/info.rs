//! The rules of `info.json`.

use serde_json::Value;

use super::INFO;
use super::origin::Origin;
use super::rules::{self, ANY_LENGTH, Need};
use crate::problem::{Place, Problems};

/// Longest component name, in characters: BlueKing's database column.
const NAME_LIMIT: usize = 15;

/// Longest name for display, in characters: BlueKing's database column.
const DISPLAY_NAME_LIMIT: usize = 128;

/// Checks the parsed document.
pub(super) fn check(info: &Value, origin: Origin<'_>, problems: &mut Problems) {
    let Some(info) = rules::object(info, Place::whole(INFO), problems) else {
        return;
    };
    let place = || origin.info("name");
    if let Some(name) = rules::text(info, "name", Need::Filled, NAME_LIMIT, place(), problems)
        && !name.chars().all(|c| c.is_ascii_alphanumeric())
    {
        let rule = format!(
            "The component name {name:?} does not match ^[A-Za-z0-9]+$; use only letters and \
             digits."
        );
        problems.add(place(), rule);
    }
    for (key, limit) in [("display_name", DISPLAY_NAME_LIMIT), ("supported_version", ANY_LENGTH)] {
        rules::text(info, key, Need::Nothing, limit, origin.info(key), problems);
    }
}
