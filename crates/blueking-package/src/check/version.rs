//! `VERSION`: two numbers, the first for the executable and its parameters, the second for metrics
//! and texts.

use super::contents::Member;
use super::finding::{Consumer, Findings, Objection};
use super::layout::{self, Plugin};
use super::rule::rules;
use crate::plugin::Version;
use crate::texts::{check as shared, check_layout as texts};

rules! {
    /// The file exists for each system. The old importer needs only one of them, and otherwise
    /// assumes 1.1.
    VERSION_MISSING = "version-missing": Error, Import [V2], SilentlyDropped [V1]
        => texts::version_is_missing_advice;
    /// The file is `x.y`, two numbers of at most 999999. The old importer accepts larger numbers,
    /// ignores a third part, and assumes 1.1 if it cannot parse the file.
    VERSION_FORMAT = "version-format": Error, Import [V2], SilentlyDropped [V1]
        => texts::version_is_invalid_advice;
    /// The version is the same for each system.
    VERSION_DIFFERS = "version-differs": Error, SilentlyDropped [V1, V2]
        => texts::version_differs_advice;
    /// No other file name ends in VERSION: the old importer reads the first such file.
    VERSION_LOOKALIKE = "version-lookalike": Error, SilentlyDropped [V1]
        => texts::rename_or_remove_it;
}

pub(super) fn check(plugin: &Plugin<'_>, findings: &mut Findings) {
    let missing = plugin.missing("VERSION");
    let is_nowhere = missing.len() == plugin.folders.len();
    for path in missing {
        let applies = |objection: &Objection| objection.consumer == Consumer::V2 || is_nowhere;
        findings.add_to(&VERSION_MISSING, applies, &path, "", shared::file_is_missing());
    }
    let found = plugin.distinct("VERSION");
    for (path, bytes) in &found {
        let text = String::from_utf8_lossy(bytes);
        let message = texts::version_is_invalid(text.trim());
        if read(&text).is_none() {
            let applies =
                |objection: &Objection| objection.consumer == Consumer::V2 || is_lost(&text);
            findings.add_to(&VERSION_FORMAT, applies, path, "", message);
        } else if !text.is_ascii() {
            findings.add_or_warn(&VERSION_FORMAT, |_| false, path, "", message);
        }
    }
    if let [(first, _), (second, bytes), ..] = &*found {
        let text = String::from_utf8_lossy(bytes);
        findings.add(&VERSION_DIFFERS, second, "", texts::version_differs(text.trim(), first));
    }
    let own = plugin.folders.iter().find_map(|folder| plugin.contents.get(&folder.file("VERSION")));
    let wanted = own.map_or((1, 1), read_leniently);
    // The old importer reads the first file of the archive whose path ends in VERSION.
    let mut is_first = true;
    for member in &plugin.contents.members {
        let is_own = plugin.folders.iter().any(|folder| member.path == folder.file("VERSION"));
        // An ignored OS folder is reported by another rule.
        let is_foreign = member.path.split('/').next().is_some_and(layout::looks_like_os);
        let is_own = is_own || is_foreign && member.base_name() == "VERSION";
        if member.path.ends_with("VERSION") && !is_own {
            let message = texts::file_looks_like_version();
            let is_taken = is_first && read_leniently(member) != wanted;
            let applies = |_: &Objection| is_taken;
            findings.add_or_warn(&VERSION_LOOKALIKE, applies, &member.path, "", message);
        }
        is_first &= !member.path.ends_with("VERSION");
    }
}

/// The version that the old importer derives from a file; 1.1 if it cannot.
fn read_leniently(member: &Member) -> (u64, u64) {
    let text = String::from_utf8_lossy(member.bytes.as_deref().unwrap_or_default());
    let mut parts = text.split('.').map(|part| ascii(part.trim()).parse().ok());
    match (parts.next().flatten(), parts.next().flatten()) {
        (Some(major), Some(minor)) => (major, minor),
        _ => (1, 1),
    }
}

/// The version in a file, which may have digits of other scripts.
pub(super) fn read(text: &str) -> Option<Version> {
    ascii(text.trim()).parse().ok()
}

/// Whether the old importer derives a different version from the text.
fn is_lost(text: &str) -> bool {
    let parts = text.split('.').map(|part| ascii(part.trim()).parse::<u64>());
    let parts: Vec<_> = parts.collect();
    !matches!(&*parts, [Ok(_), Ok(_)])
}

/// A text with the decimal digits of other scripts, which Python reads as numbers, in ASCII.
pub(super) fn ascii(text: &str) -> String {
    // The zeros of scripts that are in use; nine digits follow each.
    const ZEROS: [char; 21] = [
        '\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}',
        '\u{be6}', '\u{c66}', '\u{ce6}', '\u{d66}', '\u{e50}', '\u{ed0}', '\u{f20}', '\u{1040}',
        '\u{17e0}', '\u{1810}', '\u{a8d0}', '\u{a9d0}', '\u{ff10}',
    ];
    let digit = |c: char| {
        let mut values = ZEROS.iter().map(|zero| u32::from(c).wrapping_sub(u32::from(*zero)));
        let value = values.find(|value| *value < 10)?;
        char::from_digit(value, 10)
    };
    text.chars().map(|c| digit(c).unwrap_or(c)).collect()
}
