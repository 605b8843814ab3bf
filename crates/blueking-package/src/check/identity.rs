//! What a 6.x/7.x package goes by: the plugin's id, the name of the file, the kind of archive.

use super::container::Container;
use super::finding::{Findings, Objection, Reader};
use super::rule::rules;

rules! {
    /// The plugin id is a letter, then letters, digits and `_`.
    PLUGIN_ID_PATTERN = "plugin-id-pattern": Error,
        Save [V1 #3310022 says "插件ID格式错误: 插件ID只允许包含字母、数字、下划线，且必须以字母开头"];
    /// The plugin id has at most 30 characters. The new importer takes 64.
    PLUGIN_ID_LENGTH = "plugin-id-length": Error,
        Import [V2], Save [V1 #3310022 says "插件ID格式错误: 插件ID长度不能超过30"];
    /// The prefix `bkplugin_` marks BlueKing's own plugins, which other rules hold for.
    PLUGIN_ID_OFFICIAL = "plugin-id-official": Error, Import [V1];
    /// The plugin id is lower case: the database lowers it, and not everywhere.
    PLUGIN_ID_CASE = "plugin-id-case": Warning, Save [V1];
    /// The name of the file has not exactly two `__`, which the new importer takes for
    /// `<id>__<type>__<version>`.
    FILE_NAME = "file-name": Warning, Import [V2];
    /// A 6.x/7.x package is a tar; its importers do not open a zip.
    ZIP_FOR_TGZ = "archive-zip-for-tgz": Error, Import [V1, V2, Nodeman];
}

/// Longest plugin id, in characters, for the old importer and for the new one.
const LIMIT: usize = 30;
const NEW_LIMIT: usize = 64;

/// Whether the servers take a plugin of this id for one of BlueKing's own.
pub(super) fn is_official(id: &str) -> bool {
    id.starts_with("bkplugin_")
}

/// What is wrong with the archive around the folders, and with its name.
pub(crate) fn check_container(container: Container, name: Option<&str>, findings: &mut Findings) {
    if container == Container::Zip {
        let message = "the archive is a zip, and holds the folders of a 6.x/7.x package";
        findings.add(&ZIP_FOR_TGZ, "", "", message, "pack the folders as a .tgz");
    }
    if let Some([_, kind, _]) = name.map(|name| name.split("__").collect::<Vec<_>>()).as_deref()
        && !kind.eq_ignore_ascii_case("exporter")
    {
        let message = format!("the new importer takes {kind:?} in the file's name for the type");
        findings.add(&FILE_NAME, "", "", message, "rename the file, without exactly two \"__\"");
    }
}

/// Checks the plugin id; `place` is the folder that it is the name of.
pub(super) fn check_id(id: &str, place: &str, findings: &mut Findings) {
    let is_sound = id.starts_with(|c: char| c.is_ascii_alphabetic())
        && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_sound {
        let message = format!("the plugin id {id:?} does not match ^[a-zA-Z][a-zA-Z0-9_]*$");
        let advice = "start it with a letter and use only letters, digits and '_'";
        findings.add(&PLUGIN_ID_PATTERN, place, "", message, advice);
    }
    let length = id.chars().count();
    if length > LIMIT {
        let message = format!("the plugin id has {length} characters, and {LIMIT} are the most");
        let applies = |one: &Objection| one.reader == Reader::V1 || length > NEW_LIMIT;
        findings.add_to(&PLUGIN_ID_LENGTH, applies, place, "", message, "shorten it");
    }
    if is_official(id) {
        let message = "the plugin id starts with \"bkplugin_\", which marks BlueKing's own plugins";
        findings.add(&PLUGIN_ID_OFFICIAL, place, "", message, "choose another prefix");
    }
    if id.chars().any(char::is_uppercase) {
        let message = format!("the plugin id {id:?} has upper case letters");
        let advice = "write it in lower case, in the folders, the executable and meta.yaml";
        findings.add(&PLUGIN_ID_CASE, place, "", message, advice);
    }
}
