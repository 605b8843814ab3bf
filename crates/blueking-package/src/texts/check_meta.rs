//! The findings on `meta.yaml` and `project.yaml`.

crate::texts! {
    // meta.yaml.
    meta_is_missing_advice() =
        "add the file, with plugin_id, plugin_display_name, plugin_type and label",
        "请补上，写明 plugin_id、plugin_display_name、plugin_type 和 label";
    id_is_not_of_folder(id: &str, folder: &str) =
        "the plugin id is {id} here, but the folder is {folder:?}",
        "这里的插件 ID 是 {id}，文件夹却是 {folder:?}";
    id_is_not_of_folder_advice() =
        "use the same id for both",
        "请改成一致";
    label_is_not_everywhere(label: &str) =
        "not every site has the label {label:?}",
        "不是每个平台都有分类 {label:?}";
    label_is_invalid() =
        "the label is missing, empty or longer than 64 characters",
        "分类 label 缺失、为空，或者超过 64 个字符";
    label_is_invalid_advice() =
        "use \"component\" for a service, \"os\" for a host",
        "服务请用 \"component\"，主机请用 \"os\"";
    quote_it() =
        "put the text in quotes",
        "请给文本加上引号";
    tag_is_invalid(tag: &str) =
        "the tag {tag:?} is too long, or does not survive an export by the server",
        "tag {tag:?} 过长，或者经平台导出后会失效";
    tag_is_invalid_advice() =
        "use a word of at most 64 characters, or an empty tag",
        "请用不超过 64 个字符的单词，或留空";
    remote_is_unsupported() =
        "an exporter does not support remote collection",
        "exporter 不支持远程采集";
    remote_is_unsupported_advice() =
        "use False",
        "请改为 False";
    type_is_not_exporter(kind: &str) =
        "the plugin type is {kind:?}, but this check supports only exporters",
        "插件类型是 {kind:?}，而本检查只支持 Exporter";
    type_is_not_exporter_advice() =
        "use Exporter",
        "请用 Exporter";
    type_is_in_other_case(kind: &str) =
        "the old importer (v1) does not support the plugin type {kind}",
        "旧版导入程序（v1）不支持插件类型 {kind}";
    type_is_unknown(kind: &str) =
        "no server supports the plugin type {kind}",
        "没有平台支持插件类型 {kind}";
    type_is_called_type() =
        "plugin_type is missing; the documented key \"type\" has no effect",
        "缺少 plugin_type，文档里写的 \"type\" 不起作用";
    type_is_missing() =
        "plugin_type is missing",
        "缺少 plugin_type";
    type_advice() =
        "use plugin_type: Exporter, with a capital E",
        "请写成 plugin_type: Exporter，E 要大写";
    name_is_too_long(length: usize, limit: usize) =
        "the name has {length} characters, but the limit is {limit}",
        "名称有 {length} 个字符，上限是 {limit}";
    name_breaks_yaml(name: &str) =
        "the name {name:?} makes the project.yaml of the server invalid",
        "名称 {name:?} 会使平台生成的 project.yaml 无效";
    name_breaks_yaml_advice() =
        "use letters, digits, Chinese and single '-'; start with a letter and avoid \": \"",
        "请用字母、数字、汉字和单个 '-'，以字母开头，不要含 \": \"";
    name_is_cut(name: &str) =
        "YAML reads the name {name:?} as another value, for example without the text from \" #\" on",
        "YAML 会把名称 {name:?} 读成别的值，例如从 \" #\" 起会被截掉";
    name_is_cut_advice() =
        "use words, without ' #'",
        "请用普通词语，不要含 ' #'";
    name_is_escaped(name: &str) =
        "the name {name:?} is displayed with HTML escapes",
        "名称 {name:?} 会显示成 HTML 转义字符";
    name_is_escaped_advice() =
        "remove & < > ' \"",
        "请去掉 & < > ' \"";

    // project.yaml.
    project_is_missing_advice() =
        "add it, or import the package only on the monitoring page",
        "请补上，或只在监控平台的页面上导入";
    control_is_not_a_mapping() =
        "control is not a mapping",
        "control 不是键值对";
    control_is_not_a_mapping_advice() =
        "list start, stop, restart, reload, version and debug below it",
        "请在其下写 start、stop、restart、reload、version 和 debug";
    name_is_not_the_id(name: &str, id: &str) =
        "the name is {name}, but the plugin is {id:?}",
        "name 是 {name}，插件却是 {id:?}";
    version_is_not_of_file(version: &str, wanted: &str) =
        "the version is {version:?}, but VERSION contains {wanted:?}",
        "版本号是 {version:?}，VERSION 里却是 {wanted:?}";
    version_is_not_of_file_advice() =
        "use the same version for both, with quotes: otherwise 1.10 becomes 1.1",
        "请改成一致并加引号，否则 1.10 会变成 1.1";
    category_is(category: &str) =
        "the category is {category}",
        "category 是 {category}";
    category_advice() =
        "use external",
        "请用 external";
    auto_type_is(value: &str) =
        "auto_type is {value}",
        "auto_type 是 {value}";
    auto_type_advice() =
        "use 1, which keeps the process alive, or remove the key",
        "请用 1（进程退出后会拉起），或去掉该键";
    port_range_is(range: &str) =
        "port_range is {range}",
        "port_range 是 {range}";
    port_range_advice() =
        "use a string such as \"9601,10000-65535\"; quote a single port",
        "请用 \"9601,10000-65535\" 这样的字符串，只有一个端口也要加引号";
    templates_are_not_a_list() =
        "config_templates is not a list",
        "config_templates 不是列表";
    templates_are_not_a_list_advice() =
        "use a list, with - before each template",
        "请写成列表，每个模板前加 -";
    variables_advice() =
        "use a mapping with type: object, or remove the key",
        "请写成含 type: object 的键值对，或去掉该键";
    template_is_not_packed(path: &str) =
        "the template {path:?} is not in the package",
        "包里没有模板 {path:?}";
    template_is_not_packed_advice() =
        "add the file or remove the entry",
        "请补上文件，或删除这一项";
    script_is_not_packed(command: &str) =
        "the script is {command}, which is not in the package",
        "脚本是 {command}，包里没有";
    script_is_not_packed_advice() =
        "add the script",
        "请补上脚本";
    main_config_is(value: &str) =
        "the value of is_main_config is {value}",
        "is_main_config 的值是 {value}";
    main_config_advice() =
        "write true or false",
        "请写 true 或 false";
    template_is_elsewhere(path: &str) =
        "the template {path} is not etc/NAME.tpl",
        "模板 {path} 不是 etc/名称.tpl";
    template_is_elsewhere_advice() =
        "move it into etc and give it the suffix .tpl",
        "请移到 etc 下，后缀为 .tpl";
}
