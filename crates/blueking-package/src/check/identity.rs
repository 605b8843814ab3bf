//! Checks what identifies a 6.x/7.x package: the plugin id, the file name, the archive format.

use super::container::Container;
use super::finding::{Consumer, Findings, Objection};
use super::rule::rules;
use crate::names::{OFFICIAL_PREFIX, PLUGIN_ID_LIMIT, is_identifier};
use crate::texts::{check_archive as texts, sources};

rules! {
    /// The plugin id is a letter followed by letters, digits and `_`.
    PLUGIN_ID_PATTERN = "plugin-id-pattern": Error,
        Import [V1 #3310022 says "插件ID格式错误: 插件ID只允许包含字母、数字、下划线，且必须以字母开头"]
        => sources::name_pattern_advice;
    /// The plugin id has at most 30 characters. The new importer accepts 64.
    PLUGIN_ID_LENGTH = "plugin-id-length": Error,
        Import [V1 #3310022 says "插件ID格式错误: 插件ID长度不能超过30", V2] => sources::text_is_too_long_advice;
    /// The prefix `bkplugin_` marks BlueKing's own plugins, to which other rules apply. The first
    /// import succeeds; a later one must raise the version.
    PLUGIN_ID_OFFICIAL = "plugin-id-official": Error => sources::plugin_id_is_official_advice;
    /// The plugin id is lower case: the database converts it, but not consistently.
    PLUGIN_ID_CASE = "plugin-id-case": Warning => texts::id_is_not_lower_case_advice;
    /// The file name does not contain exactly two `__`, which the new importer parses as
    /// `<id>__<type>__<version>`.
    FILE_NAME = "file-name": Warning, Import [V2] => texts::file_name_has_type_advice;
    /// A 6.x/7.x package is a tar; its importers cannot open a zip.
    ZIP_FOR_TGZ = "archive-zip-for-tgz": Error, Import [V1, V2, Nodeman]
        => texts::zip_of_plugin_advice;
}

/// Longest plugin id in characters, for the old and the new importer.
const LIMIT: usize = PLUGIN_ID_LIMIT;
const NEW_LIMIT: usize = 64;

/// Whether the servers treat a plugin with this id as BlueKing's own.
pub(super) fn is_official(id: &str) -> bool {
    id.starts_with(OFFICIAL_PREFIX)
}

/// Checks the archive format and the file name.
pub(crate) fn check_container(container: Container, name: Option<&str>, findings: &mut Findings) {
    if container == Container::Zip {
        findings.add(&ZIP_FOR_TGZ, "", "", texts::zip_of_plugin());
    }
    if let Some([_, kind, _]) = name.map(|name| name.split("__").collect::<Vec<_>>()).as_deref()
        && !kind.eq_ignore_ascii_case("exporter")
    {
        findings.add(&FILE_NAME, "", "", texts::file_name_has_type(kind));
    }
}

/// Checks the plugin id; `place` is the folder named after it.
pub(super) fn check_id(id: &str, place: &str, findings: &mut Findings) {
    if !is_identifier(id) {
        // The old importer trims the id before it tests the pattern.
        let applies = |_: &Objection| !is_identifier(id.trim());
        findings.add_to(&PLUGIN_ID_PATTERN, applies, place, "", texts::id_pattern(id));
    }
    let length = id.chars().count();
    if length > LIMIT {
        let message = texts::id_is_too_long(length, LIMIT);
        let applies =
            |objection: &Objection| objection.consumer == Consumer::V1 || length > NEW_LIMIT;
        findings.add_to(&PLUGIN_ID_LENGTH, applies, place, "", message);
    }
    if is_official(id) {
        findings.add(&PLUGIN_ID_OFFICIAL, place, "", texts::id_is_official());
    }
    if id.chars().any(char::is_uppercase) {
        findings.add(&PLUGIN_ID_CASE, place, "", texts::id_is_not_lower_case(id));
    }
}
