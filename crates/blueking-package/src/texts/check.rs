//! What findings of all subjects share: severities, consumers, stages, and texts on missing files
//! and keys.

crate::texts! {
    severity_error() =
        "error",
        "错误";
    severity_warning() =
        "warning",
        "警告";

    // Short names of consumers that have no version in their place.
    nodeman() =
        "nodeman",
        "节点管理";
    ui() =
        "UI",
        "编辑页面";
    host() =
        "host",
        "主机";

    // What the short names stand for.
    v51_name() =
        "the one-click import of BlueKing 5.1",
        "蓝鲸 5.1 的一键导入";
    v1_name() =
        "the importer of 6.x and 7.x",
        "6.x 和 7.x 的导入程序";
    v2_name() =
        "the newer, stricter importer",
        "更严格的新版导入程序";
    nodemgr_name() =
        "bk-nodemgr, the successor of node management (its source was read, not run)",
        "bk-nodemgr，节点管理的后继（规则读自源码，未实际运行）";
    nodeman_name() =
        "node management (节点管理)",
        "蓝鲸分发和启停插件的模块";
    ui_name() =
        "the plugin editing pages",
        "监控平台上编辑插件的页面";
    host_name() =
        "the host that runs the exporter and the agent",
        "运行 exporter 和 Agent 的主机";

    // Stages of an objection, before the consumers that object.
    stage_import() =
        "at import",
        "导入时";
    stage_save() =
        "at save",
        "保存时";
    stage_silently_dropped() =
        "silently dropped",
        "丢弃且不提示";
    stage_run() =
        "at run time",
        "运行时";

    // Files.
    file_is_missing() =
        "the file is missing",
        "缺少该文件";
    file_is_missing_everywhere() =
        "the file is missing for every system",
        "各操作系统的文件夹里都没有该文件";
    not_utf8(byte: usize) =
        "the text is not UTF-8 from byte {byte} on",
        "文本从第 {byte} 字节起不是 UTF-8";
    not_utf8_advice() =
        "save it as UTF-8",
        "请存为 UTF-8";

    // Lists of a JSON document.
    file_is_not_a_list() =
        "the file is not a JSON list",
        "文件不是 JSON 列表";
    file_is_not_plain_utf8() =
        "the file begins with a byte order mark or is UTF-16",
        "文件以 BOM 开头，或者是 UTF-16 编码";
    text_is_half_a_character() =
        "an escape such as \\ud800 is half of a character",
        "文本里有 \\ud800 这样的半个字符";
    number_is_nan() =
        "NaN and Infinity cannot be saved",
        "NaN 和 Infinity 无法保存";
    file_is_not_utf8(byte: usize) =
        "the file is not UTF-8 from byte {byte} on",
        "文件从第 {byte} 字节起不是 UTF-8";
    file_is_not_json(reason: &str) =
        "the file is not JSON: {reason}",
        "文件不是 JSON：{reason}";
    use_a_json_list() =
        "use a JSON list, [ … ], in UTF-8 without a byte order mark",
        "请写成 JSON 列表 [ … ]，存为不带 BOM 的 UTF-8";

    // Mappings of a YAML document.
    file_is_not_a_mapping() =
        "the file is not a mapping",
        "文件不是键值对";
    file_is_not_a_mapping_advice() =
        "use lines of \"key: value\"",
        "每行请写成 \"key: value\"";
    file_is_not_yaml(reason: &str) =
        "the file is not valid YAML: {reason}",
        "文件不是有效的 YAML：{reason}";
    file_is_not_yaml_advice() =
        "correct the line; quote the value",
        "请修正这一行，值要加引号";
    yaml_has_too_many_bytes(limit: usize) =
        "line 1: the file has more than {limit} bytes",
        "第 1 行：文件超过 {limit} 字节";
    yaml_has_second_document(line: usize) =
        "line {line}: the file contains a second document",
        "第 {line} 行：文件里有第二个文档";
    yaml_cannot_be_parsed(line: usize, reason: &str) =
        "line {line}: {reason}",
        "第 {line} 行：{reason}";
    yaml_is_too_large(line: usize) =
        "line {line}: the document is too large or too deep",
        "第 {line} 行：文档过大或嵌套过深";
    yaml_has_alias(line: usize) =
        "line {line}: an alias may not be inside its own anchor",
        "第 {line} 行：别名不能放在它自己的锚点里";
    yaml_has_control_character(line: usize, character: &str) =
        "line {line}: the control character {character} is not allowed",
        "第 {line} 行：不允许控制字符 {character}";
    yaml_has_other_version(line: usize, version: &str) =
        "line {line}: YAML {version} is not supported",
        "第 {line} 行：不支持 YAML {version}";
    yaml_value_is_impossible(line: usize, value: &str) =
        "line {line}: the value {value} does not fit its type or tag",
        "第 {line} 行：值 {value} 与类型或标签不符";
    yaml_tag_is_unknown(line: usize, tag: &str) =
        "line {line}: the tag {tag} is unknown",
        "第 {line} 行：未知标签 {tag}";
    yaml_merges_no_mapping(line: usize) =
        "line {line}: << must be followed by a mapping",
        "第 {line} 行：<< 后必须是键值对";
    yaml_has_other_event(line: usize, event: &str) =
        "line {line}: unexpected {event}",
        "第 {line} 行：此处不应出现 {event}";
    yaml_key_is_not_plain(line: usize) =
        "line {line}: a key must be plain text",
        "第 {line} 行：键必须是普通文本";

    // Values.
    key_is_missing(key: &str) =
        "the key {key:?} is missing",
        "缺少键 {key:?}";
    value_is(key: &str, value: &str) =
        "the value of {key:?} is {value}",
        "{key:?} 的值是 {value}";
    write_as_object() =
        "write it as {{\"name\": …}}",
        "请写成 {{\"name\": …}}";
    use_string() =
        "use a string; it may be empty",
        "请用字符串，可以为空";
    use_path() =
        "use the path of a file in the plugin folder",
        "请填插件文件夹里的文件路径";
    use_boolean() =
        "use true or false, or remove the key",
        "请用 true 或 false，或去掉该键";
    use_one_of(names: &str) =
        "use one of {names}",
        "请使用 {names} 之一";
    use_same_name() =
        "use the same name for both",
        "请改成一致";
    choose_another_name() =
        "choose another name",
        "请换一个名称";
}
