//! `blueking.toml` of a draft: names, address, parameters and omitted metrics. Drafted once; later
//! only new parameters and omitted metrics are added.

use std::collections::{BTreeMap, BTreeSet};

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, Value, value};

use super::help::Input;
use super::metrics_file::Changes;
use super::names::{self, Names};
use super::parameters::{Form, LeftOut, Row, Target};
use super::trial::Listen;
use crate::texts::{init as texts, labelled, list};

/// What a first draft states.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) names: &'a Names,
    pub(super) version: &'a str,
    /// Supported systems, for people.
    pub(super) systems: &'a str,
    pub(super) listen: &'a Listen,
    pub(super) path_flag: &'a str,
    /// Whether switches take a value.
    pub(super) takes_value: bool,
    pub(super) form: &'a Form,
    /// Metrics to omit, with the reason.
    pub(super) omit: &'a BTreeMap<String, String>,
    /// Samples that BlueKing loses, by reason.
    pub(super) lost: &'a BTreeMap<String, Vec<String>>,
    /// The exporter's version when the file was drafted.
    pub(super) old_version: &'a str,
    /// All flags of the exporter, without dashes, and those when the file was drafted.
    pub(super) flags: &'a [String],
    pub(super) old_flags: &'a [String],
}

/// Brings the file up to date, or drafts it if `old` is empty.
///
/// # Errors
/// The TOML error of the old text.
pub(super) fn merge(
    old: &str,
    draft: &Draft<'_>,
) -> Result<(String, Changes), toml_edit::TomlError> {
    let is_first = old.trim().is_empty();
    let text = if is_first { skeleton(draft) } else { old.to_owned() };
    let mut document: DocumentMut = text.parse()?;
    let mut changes = add_rows(&mut document, &draft.form.rows, draft.old_flags);
    if is_first {
        changes = Changes::default();
    } else {
        update_address(&mut document, draft, &mut changes);
    }
    add_omitted(&mut document, draft.omit);
    if let Some(old) = document.get("release").and_then(Item::as_str) {
        let release = names::with_version(old, draft.names, draft.old_version, draft.version);
        // A new value would lose the comment beside the old one.
        if release != old {
            document["release"] = value(release);
        }
    }
    let mut text = document.to_string();
    if is_first {
        text += &left_out(&draft.form.left_out);
        let lost: Vec<String> =
            draft.lost.iter().map(|(reason, names)| labelled(list(names), reason)).collect();
        text += &comment(&texts::lost_samples(), lost.iter().map(String::as_str));
    }
    Ok((text, changes))
}

/// The keys before the lists, with comments for the person who completes them.
fn skeleton(draft: &Draft<'_>) -> String {
    let Draft { names, version, systems, listen, path_flag, .. } = draft;
    let port = listen.port.unwrap_or(9601);
    let quoted = |text: &str| Value::from(text).to_string();
    let entries = [
        (texts::comment_plugin_id(), "plugin_id", quoted(&names.plugin_id)),
        (texts::comment_component(), "component_name", quoted(&names.component)),
        (texts::comment_display_name(), "display_name", quoted(&names.display_name())),
        (texts::comment_label(), "label", quoted(names.label)),
        (texts::comment_tag(), "tag", quoted("")),
        (texts::comment_version(), "plugin_version", quoted("1.1")),
        (
            texts::comment_release(),
            "release",
            quoted(format!("采集程序 {} {version}", names.plugin_id).trim_end()),
        ),
        (texts::comment_supported(), "supported_version", quoted(systems)),
        (texts::comment_listen(), "listen", quoted(&format!("127.0.0.1:{port}"))),
        (texts::comment_listen_flag(), "listen_flag", quoted(&listen.flag)),
        (String::new(), "listen_env", quoted(&listen.env)),
        (String::new(), "listen_value", quoted(&listen.value)),
        (texts::comment_path_flag(), "path_flag", quoted(path_flag)),
        (texts::comment_switch(), "switch_takes_value", draft.takes_value.to_string()),
        (texts::comment_omit(), "omit", "[]".to_owned()),
    ];
    let mut text = texts::blueking_head();
    for (comment, key, value) in entries {
        if !comment.is_empty() {
            text += "\n";
            text.extend(comment.lines().map(|line| format!("# {line}\n")));
        }
        text += &format!("{key} = {}\n", value.trim());
    }
    text
}

fn add_rows(document: &mut DocumentMut, rows: &[Row], old_flags: &[String]) -> Changes {
    let list =
        document.entry("parameter").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    let Some(list) = list.as_array_of_tables_mut() else { return Changes::default() };
    let name_of = |table: &Table| {
        let keys = ["flag", "env", "argument"];
        keys.iter().find_map(|key| Some(table.get(key)?.as_str()?.to_owned()))
    };
    let known: Vec<String> = list.iter().filter_map(name_of).collect();
    let mut changes = Changes::default();
    for row in rows {
        let at = list.iter().position(|table| name_of(table).as_deref() == Some(row.name()));
        match at.and_then(|at| list.get_mut(at)) {
            Some(table) => update(table, row, &mut changes),
            None => {
                changes.new.push(row.name().to_owned());
                list.push(table(row));
            }
        }
    }
    let is_gone = |name: &String| {
        let bare = name.trim_start_matches('-');
        let was_known = old_flags.iter().any(|flag| flag == bare || bare == format!("no-{flag}"));
        was_known && !rows.iter().any(|row| row.name() == name)
    };
    changes.gone = known.into_iter().filter(is_gone).collect();
    changes
}

/// Takes over what was given now, where the row still has what a draft has; a secret is one for
/// good.
fn update(table: &mut Table, row: &Row, changes: &mut Changes) {
    let name = row.name().to_owned();
    let text = |table: &Table, key: &str| {
        table.get(key).and_then(Item::as_str).unwrap_or_default().to_owned()
    };
    let kind = text(table, "type");
    if row.input == Input::Password && ["", "text"].contains(&&*kind) {
        table["type"] = value("password");
        table["default"] = value("");
        changes.changed.push(name);
        return;
    }
    let old = text(table, "default");
    if ["", "false"].contains(&&*row.default) || row.default == old || kind == "password" {
        return;
    }
    if ["", "false"].contains(&&*old) {
        table["default"] = value(&row.default);
        if !row.content.is_empty() {
            table["content"] = value(&row.content);
        }
        changes.changed.push(name);
    } else {
        changes.kept.push(name);
    }
}

/// Brings the keys for address and path up to date if the exporter has no such flag any more.
fn update_address(document: &mut DocumentMut, draft: &Draft<'_>, changes: &mut Changes) {
    let has = |flag: &str| {
        let bare = flag.trim_start_matches('-');
        draft.flags.iter().any(|known| known == bare)
    };
    let text = |document: &DocumentMut, key: &str| {
        document.get(key).and_then(Item::as_str).unwrap_or_default().to_owned()
    };
    let Draft { listen, path_flag, .. } = draft;
    let (old_listen, old_path) = (text(document, "listen_flag"), text(document, "path_flag"));
    if old_listen != listen.flag && (old_listen.is_empty() || !has(&old_listen)) {
        let keys = [
            ("listen_flag", &listen.flag),
            ("listen_env", &listen.env),
            ("listen_value", &listen.value),
        ];
        for (key, new) in keys {
            document[key] = value(new);
            changes.changed.push(key.to_owned());
        }
    }
    if old_path != *path_flag && (old_path.is_empty() || !has(&old_path)) {
        document["path_flag"] = value(*path_flag);
        changes.changed.push("path_flag".to_owned());
    }
}

fn table(row: &Row) -> Table {
    let mut table = Table::new();
    let (key, name) = match &row.target {
        Target::Flag(name) => ("flag", name),
        Target::Env(name) => ("env", name),
        Target::Argument(name) => ("argument", name),
    };
    table[key] = value(name);
    let input = match row.input {
        Input::Switch => "switch",
        Input::Password => "password",
        Input::File => "file",
        Input::Text => "text",
    };
    if row.input != Input::Text {
        table["type"] = value(input);
    }
    table["default"] = value(&row.default);
    if !row.content.is_empty() {
        table["content"] = value(&row.content);
    }
    table["description"] = value(&row.description);
    table
}

fn add_omitted(document: &mut DocumentMut, omit: &BTreeMap<String, String>) {
    let list = document.entry("omit").or_insert_with(|| Item::Value(Array::new().into()));
    let Some(list) = list.as_array_mut() else { return };
    // A draft may omit thousands of names.
    let known: BTreeSet<String> =
        list.iter().filter_map(|item| Some(item.as_str()?.to_owned())).collect();
    for (name, reason) in omit.iter().filter(|(name, _)| !known.contains(*name)) {
        let mut element = Value::from(name);
        element.decor_mut().set_prefix(format!("\n    # {reason}\n    "));
        list.push_formatted(element);
        list.set_trailing_comma(true);
        list.set_trailing("\n");
    }
}

/// The flags without a row, as a comment at the end.
fn left_out(flags: &[(String, LeftOut)]) -> String {
    let mut text = String::new();
    for (why, heading) in [
        (LeftOut::File, texts::left_out_files()),
        (LeftOut::OnlyOff, texts::left_out_switches()),
        (LeftOut::TooLong, texts::left_out_long()),
        (LeftOut::TooMany, texts::left_out_many()),
    ] {
        let names: Vec<_> =
            flags.iter().filter(|(_, found)| *found == why).map(|(name, _)| &**name).collect();
        text += &comment(&heading, names.into_iter());
    }
    text
}

/// A list under a heading, as a comment; nothing for an empty one.
fn comment<'a>(heading: &str, items: impl ExactSizeIterator<Item = &'a str>) -> String {
    if items.len() == 0 {
        return String::new();
    }
    let heading: String = heading.lines().map(|line| format!("# {line}\n")).collect();
    let items: String = items.map(|item| format!("#   {item}\n")).collect();
    format!("\n{heading}{items}")
}

#[cfg(test)]
mod tests {
    use blueking_package::PackageDescription;

    use super::*;

    fn row(name: &str, input: Input, default: &str) -> Row {
        Row {
            target: Target::Flag(name.to_owned()),
            input,
            default: default.to_owned(),
            content: String::new(),
            description: "什么".to_owned(),
        }
    }

    fn merged(old: &str, rows: Vec<Row>, omit: &[&str]) -> (String, Changes) {
        let listen = Listen {
            flag: "-addr".to_owned(),
            env: String::new(),
            value: "${host}:${port}".to_owned(),
            port: Some(9121),
        };
        let left_out = vec![("--config.file".to_owned(), LeftOut::File)];
        let form = Form { rows, left_out, ..Form::default() };
        let omit = omit.iter().map(|name| ((*name).to_owned(), "reason".to_owned())).collect();
        let draft = Draft {
            names: &Names::of_file("pool_exporter"),
            version: "1.2.3",
            systems: "Linux",
            listen: &listen,
            path_flag: "",
            takes_value: false,
            form: &form,
            omit: &omit,
            lost: &BTreeMap::from([("NaN".to_owned(), vec!["pool_age".to_owned()])]),
            old_version: "1.2.2",
            flags: &["addr".to_owned(), "c".to_owned()],
            old_flags: &["a".to_owned(), "addr".to_owned()],
        };
        merge(old, &draft).unwrap()
    }

    #[test]
    fn drafts_are_descriptions() {
        let rows = vec![row("-a", Input::Text, "1"), row("-b", Input::Switch, "false")];
        let (text, changes) = merged("", rows, &["pool_drops"]);
        assert_eq!(changes, Changes::default());
        let description = PackageDescription::parse("blueking.toml", &text).unwrap();
        assert_eq!(description.plugin_id, "pool_exporter");
        assert_eq!((&*description.listen, &*description.listen_flag), ("127.0.0.1:9121", "-addr"));
        assert_eq!(description.omit, ["pool_drops"]);
        assert_eq!(description.parameters.len(), 2);
        assert!(text.contains("\n    # reason\n    \"pool_drops\",\n"), "{text}");
        assert!(text.contains("\n#   --config.file\n"), "{text}");
        assert!(text.contains("\n#   pool_age: NaN\n"), "{text}");
    }

    #[test]
    fn later_drafts_take_over_what_is_given() {
        let rows = |a: &str, b: &str| vec![row("-a", Input::Text, a), row("-b", Input::Text, b)];
        let (text, _) = merged("", rows("", "1"), &[]);
        let text = text.replace("listen_flag = \"-addr\"", "listen_flag = \"-old\"");
        let text =
            text + "\n[[parameter]]\nflag = \"-mine\"\ndefault = \"x\"\ndescription = \"我的\"\n";
        let (text, changes) = merged(&text, rows("7", "2"), &[]);
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let expected = Changes {
            changed: names(&["-a", "listen_flag", "listen_env", "listen_value"]),
            kept: names(&["-b"]),
            ..Changes::default()
        };
        assert_eq!(changes, expected);
        let description = PackageDescription::parse("blueking.toml", &text).unwrap();
        let defaults: Vec<_> = description.parameters.iter().map(|row| &*row.default).collect();
        assert_eq!(defaults, ["7", "1", "x"]);
        assert_eq!(&*description.listen_flag, "-addr");

        let (text, changes) = merged(&text, vec![row("-b", Input::Password, "")], &[]);
        assert_eq!((changes.changed, changes.gone), (names(&["-b"]), names(&["-a"])));
        let description = PackageDescription::parse("blueking.toml", &text).unwrap();
        assert_eq!(description.parameters[1].default, "");
    }

    #[test]
    fn later_drafts_only_add() {
        let (text, _) = merged("", vec![row("-a", Input::Text, "1")], &["pool_drops"]);
        let edited =
            text.replace("Pool 指标采集", "连接池").replace("default = \"1\"", "default = \"2\"");
        let edited = edited.replace("pool_exporter 1.2.3\"", "pool_exporter 1.2.2\"");
        let edited = edited.replacen("[[parameter]]", "# mine\n[[parameter]]", 1);
        assert_ne!(text, edited);
        let rows = vec![row("-c", Input::Text, "")];
        let (text, changes) = merged(&edited, rows, &["pool_drops", "pool_grants"]);
        let expected = Changes {
            new: vec!["-c".to_owned()],
            gone: vec!["-a".to_owned()],
            ..Changes::default()
        };
        assert_eq!(changes, expected);
        let description = PackageDescription::parse("blueking.toml", &text).unwrap();
        assert_eq!(description.display_name, "连接池");
        assert!(text.contains("\"采集程序 pool_exporter 1.2.3\""), "{text}");
        assert_eq!(description.parameters[0].default, "2");
        assert_eq!(description.omit, ["pool_drops", "pool_grants"]);
        assert!(text.contains("# mine\n[[parameter]]"), "{text}");
    }
}
