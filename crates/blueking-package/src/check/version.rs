//! `VERSION`: two numbers, the first for the executable and its parameters, the second for metrics
//! and texts.

use super::finding::{Findings, Objection, Reader};
use super::layout::{self, Plugin};
use super::rule::rules;

rules! {
    /// The file is there for each system. The old importer needs one of them, or says 1.1.
    VERSION_MISSING = "version-missing": Error, Import [V2], Lost [V1];
    /// The file is `x.y`, two numbers of at most 999999. The old importer takes larger ones, passes
    /// over a third part, and says 1.1 of anything that it cannot read.
    VERSION_FORMAT = "version-format": Error, Import [V2], Lost [V1];
    /// The version is the same for each system.
    VERSION_DIFFERS = "version-differs": Error, Lost [V1, V2];
    /// No other file's name ends in VERSION: the old importer reads the first that does.
    VERSION_LOOKALIKE = "version-lookalike": Error, Lost [V1];
}

pub(super) fn check(plugin: &Plugin<'_>, findings: &mut Findings) {
    let missing = plugin.missing("VERSION");
    let is_nowhere = missing.len() == plugin.folders.len();
    for path in missing {
        let advice = "add it, with a line such as 1.1";
        let applies = |one: &Objection| one.reader == Reader::V2 || is_nowhere;
        findings.add_to(&VERSION_MISSING, applies, &path, "", "the file is missing", advice);
    }
    let found = plugin.distinct("VERSION");
    for (path, bytes) in &found {
        let text = String::from_utf8_lossy(bytes);
        if read(&text).is_none() {
            let message = format!("{:?} is no version", text.trim());
            let advice = "write two numbers of at most 999999, such as 1.1";
            let applies = |one: &Objection| one.reader == Reader::V2 || is_lost(&text);
            findings.add_to(&VERSION_FORMAT, applies, path, "", message, advice);
        }
    }
    if let [(first, _), (second, bytes), ..] = &*found {
        let text = String::from_utf8_lossy(bytes);
        let message = format!("the version is {:?} here and another in {first}", text.trim());
        findings.add(&VERSION_DIFFERS, second, "", message, "make them the same");
    }
    for member in &plugin.contents.members {
        let is_own = plugin.folders.iter().any(|folder| member.path == folder.file("VERSION"));
        // A whole OS folder that is passed over is one finding, and not this one.
        let is_foreign = member.path.split('/').next().is_some_and(layout::looks_like_os);
        let is_own = is_own || is_foreign && member.base_name() == "VERSION";
        if member.path.ends_with("VERSION") && !is_own {
            let message = "the importer can take this file for the plugin's VERSION";
            findings.add(
                &VERSION_LOOKALIKE,
                &member.path,
                "",
                message,
                "rename it or leave it out",
            );
        }
    }
}

/// The two numbers of a version.
pub(super) fn read(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.trim().split_once('.')?;
    Some((number(major)?, number(minor)?))
}

/// Whether the old importer makes another version of a text than it says.
fn is_lost(text: &str) -> bool {
    let parts: Vec<_> = text.split('.').map(|part| part.trim().parse::<u64>()).collect();
    !matches!(&*parts, [Ok(_), Ok(_)])
}

fn number(text: &str) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_number && *number <= 999_999)
}
