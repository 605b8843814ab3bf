//! `VERSION`: two numbers, the first for the executable and its parameters, the second for metrics
//! and texts.

use super::finding::{Consumer, Findings, Objection};
use super::layout::{self, Plugin};
use super::rule::rules;
use crate::texts::{check as shared, check_layout as texts};

rules! {
    /// The file exists for each system. The old importer needs only one of them, and otherwise
    /// assumes 1.1.
    VERSION_MISSING = "version-missing": Error, Import [V2], SilentlyDropped [V1];
    /// The file is `x.y`, two numbers of at most 999999. The old importer accepts larger numbers,
    /// ignores a third part, and assumes 1.1 if it cannot parse the file.
    VERSION_FORMAT = "version-format": Error, Import [V2], SilentlyDropped [V1];
    /// The version is the same for each system.
    VERSION_DIFFERS = "version-differs": Error, SilentlyDropped [V1, V2];
    /// No other file name ends in VERSION: the old importer reads the first such file.
    VERSION_LOOKALIKE = "version-lookalike": Error, SilentlyDropped [V1];
}

pub(super) fn check(plugin: &Plugin<'_>, findings: &mut Findings) {
    let missing = plugin.missing("VERSION");
    let is_nowhere = missing.len() == plugin.folders.len();
    for path in missing {
        let (message, advice) = (shared::file_is_missing(), texts::version_is_missing_advice());
        let applies = |objection: &Objection| objection.consumer == Consumer::V2 || is_nowhere;
        findings.add_to(&VERSION_MISSING, applies, &path, "", message, advice);
    }
    let found = plugin.distinct("VERSION");
    for (path, bytes) in &found {
        let text = String::from_utf8_lossy(bytes);
        if read(&text).is_none() {
            let message = texts::version_is_invalid(text.trim());
            let advice = texts::version_is_invalid_advice();
            let applies =
                |objection: &Objection| objection.consumer == Consumer::V2 || is_lost(&text);
            findings.add_to(&VERSION_FORMAT, applies, path, "", message, advice);
        }
    }
    if let [(first, _), (second, bytes), ..] = &*found {
        let text = String::from_utf8_lossy(bytes);
        let message = texts::version_differs(text.trim(), first);
        findings.add(&VERSION_DIFFERS, second, "", message, texts::version_differs_advice());
    }
    for member in &plugin.contents.members {
        let is_own = plugin.folders.iter().any(|folder| member.path == folder.file("VERSION"));
        // An ignored OS folder is reported by another rule.
        let is_foreign = member.path.split('/').next().is_some_and(layout::looks_like_os);
        let is_own = is_own || is_foreign && member.base_name() == "VERSION";
        if member.path.ends_with("VERSION") && !is_own {
            let (message, advice) =
                (texts::file_looks_like_version(), texts::rename_or_remove_it());
            findings.add(&VERSION_LOOKALIKE, &member.path, "", message, advice);
        }
    }
}

/// The two numbers of a version.
pub(super) fn read(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.trim().split_once('.')?;
    Some((number(major)?, number(minor)?))
}

/// Whether the old importer derives a different version from the text.
fn is_lost(text: &str) -> bool {
    let parts: Vec<_> = text.split('.').map(|part| part.trim().parse::<u64>()).collect();
    !matches!(&*parts, [Ok(_), Ok(_)])
}

fn number(text: &str) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_number && *number <= 999_999)
}
