//! The problems of names, descriptions and definitions, whatever the package format.

use crate::definitions::Unit;
use crate::names::GROUP_TEXT_LIMIT;

use super::list;

crate::texts! {
    // Corrections of several problems.
    add_it() =
        "add it",
        "请补上";
    add_one() =
        "add one",
        "请填写";
    add_one_up_to(limit: usize) =
        "add one of at most {limit} characters",
        "请填写，不超过 {limit} 个字符";
    correct_it() =
        "correct it",
        "请修正";
    correct_or_remove_it() =
        "correct or remove it",
        "请修正或删除";
    list_it_once() =
        "list it once",
        "只保留一个";
    remove_it() =
        "remove it",
        "请删除";
    rename_one() =
        "rename one",
        "请给其中一个改名";
    rename_the_label() =
        "rename the label",
        "请给标签改名";

    /// The place of a problem in what an exporter says about itself.
    definitions_of(exporter: &str) =
        "definitions of {exporter}",
        "{exporter} 的指标定义";

    // Texts.
    text_is_empty() =
        "the text is empty",
        "文本为空";
    displayed_text_is_empty() =
        "the text is empty, and BlueKing displays it",
        "文本为空，而蓝鲸页面要显示它";
    text_is_too_long(text: &str, length: usize, limit: usize) =
        "{text:?} has {length} characters, and BlueKing accepts at most {limit}",
        "{text:?} 有 {length} 个字符，蓝鲸最多允许 {limit} 个";
    text_is_too_long_advice() =
        "shorten it",
        "请缩短";

    // Names.
    name_has_colon(name: &str) =
        "the name {name:?} contains ':', which Prometheus reserves for recording rules and BlueKing cannot store",
        "名称 {name:?} 含有冒号，Prometheus 保留给记录规则，蓝鲸无法存储";
    name_has_colon_advice() =
        "rename it",
        "请改名";
    name_pattern(name: &str) =
        "the name {name:?} does not match ^[a-zA-Z][a-zA-Z0-9_]*$",
        "名称 {name:?} 不符合 ^[a-zA-Z][a-zA-Z0-9_]*$";
    name_pattern_advice() =
        "start it with a letter and use only letters, digits and '_'",
        "须以字母开头，只能使用字母、数字和下划线";
    variable_pattern(name: &str) =
        "the variable {name:?} does not match ^[A-Za-z_][A-Za-z0-9_]*$",
        "环境变量 {name:?} 不符合 ^[A-Za-z_][A-Za-z0-9_]*$";
    variable_pattern_advice() =
        "use only letters, digits and '_'",
        "只能使用字母、数字和下划线";
    plugin_id_is_official(id: &str, prefix: &str) =
        "the plugin id {id:?} starts with {prefix:?}, which marks BlueKing's own plugins",
        "插件 ID {id:?} 以 {prefix:?} 开头，这是蓝鲸官方插件的前缀";
    plugin_id_is_official_advice() =
        "choose another prefix",
        "请换一个前缀";
    component_name_pattern(name: &str) =
        "the component name {name:?} does not match ^[A-Za-z0-9]+$",
        "组件名 {name:?} 不符合 ^[A-Za-z0-9]+$";
    component_name_pattern_advice() =
        "use only letters and digits",
        "只能使用字母和数字";
    name_is_empty() =
        "the name is empty, and BlueKing displays it",
        "名称为空，而蓝鲸页面要显示它";
    name_is_metric_and_dimension(name: &str) =
        "the name {name:?} is both a metric and a dimension",
        "名称 {name:?} 既是指标又是维度";
    dimension_is_reserved(label: &str) =
        "BlueKing sets the dimension {label:?} itself and overwrites the exporter's values",
        "维度 {label:?} 由蓝鲸写入，会覆盖 exporter 的值";

    // Addresses.
    address_without_port(address: &str) =
        "the address {address:?} has no port",
        "地址 {address:?} 没有端口";
    address_without_port_advice() =
        "write it as host:port, for example 127.0.0.1:9601",
        "请写成 host:port，例如 127.0.0.1:9601";
    port_out_of_range(port: &str) =
        "the port {port:?} is not a number from 1 to 65535",
        "端口 {port:?} 不是 1 到 65535 之间的数字";

    // Definitions.
    metric_is_defined_twice() =
        "the metric is defined more than once",
        "指标重复定义";
    metric_is_defined_twice_advice() =
        "remove the duplicate",
        "请删除多余的定义";
    metric_without_group() =
        "the metric names no group",
        "指标没有指定分组";
    metric_of_unknown_group(group: &str) =
        "the metric names the group {group:?}, which the exporter does not define",
        "指标所在的分组 {group:?} 没有定义";
    metric_without_group_advice(file: &str) =
        "correct the exporter, add the metric to a [[group]] of {file}, or omit it with `omit`",
        "请修正 exporter，或在 {file} 的 [[group]] 里列出该指标，或用 `omit` 排除";
    unit_is_unknown(unit: &str) =
        "the unit {unit:?} is unknown",
        "未知单位 {unit:?}";
    label_without_name(label: &str) =
        "the label {label:?} has no Chinese name",
        "标签 {label:?} 没有中文名";
    label_without_name_advice(exporter: &str) =
        "add one of at most {GROUP_TEXT_LIMIT} characters to the label dictionary of {exporter}, or to [dimensions] here",
        "请在 {exporter} 的标签字典或本文件的 [dimensions] 里填写，不超过 {GROUP_TEXT_LIMIT} 个字符";

    // Groups.
    group_without_metrics() =
        "the list is empty",
        "列表为空";
    group_without_metrics_advice() =
        "list metrics, or remove the group",
        "请列出指标，或删除该分组";
    pattern_without_metric(pattern: &str) =
        "{pattern:?} matches no metric",
        "{pattern:?} 没有匹配到指标";
    pattern_without_offered_metric(pattern: &str, exporter: &str) =
        "{pattern:?} matches no metric of {exporter} that is not omitted",
        "{exporter} 中没有匹配 {pattern:?} 且未被 omit 排除的指标";
    metric_in_two_groups(metric: &str, group: &str) =
        "{metric} is already selected by the group {group:?}",
        "{metric} 已属于分组 {group:?}";
    metric_in_two_groups_advice() =
        "a metric belongs to one group",
        "一个指标只能属于一个分组";
    labels_differ(metric: &str, labels: &[&str], first: &str, expected: &[&str]) =
        "{metric} has the labels {labels:?} but {first} has {expected:?}, and every dimension of a table applies to every metric",
        "{metric} 的标签是 {labels:?}，{first} 的标签是 {expected:?}，而同一张表里的指标共用全部维度";
    labels_differ_advice() =
        "put them into separate groups",
        "请放到不同的分组";

    // Descriptions.
    collector_is_unknown(exporter: &str, name: &str) =
        "{exporter} has no collector {name:?}",
        "{exporter} 没有采集项 {name:?}";
    collectors_without_flag() =
        "the list does not affect the running exporter",
        "该列表对运行的 exporter 不起作用";
    collectors_without_flag_advice(flag: &str) =
        "add a [[parameter]] with flag = \"{flag}\"",
        "请添加 flag = \"{flag}\" 的 [[parameter]]";
    label_is_unused(exporter: &str, label: &str) =
        "no metric of {exporter} has the label {label:?}",
        "{exporter} 的指标都没有标签 {label:?}";
    label_is_unused_advice() =
        "remove the line",
        "请删除这一行";
    listen_flag_or_variable() =
        "the listen address is set either by a flag or by a variable",
        "监听地址由命令行参数或环境变量指定，二者取一";
    listen_flag_or_variable_advice() =
        "fill in one of listen_flag and listen_env, and leave the other empty",
        "listen_flag 和 listen_env 只填一个，另一个留空";
    listen_value_without_port() =
        "the value has no ${{port}}, so every copy would listen on the same port",
        "值里没有 ${{port}}，同一主机上的多个实例会监听同一端口";

    // Parameters.
    parameter_of_two_kinds() =
        "a parameter is either a flag, a variable or an argument",
        "一个参数只能是命令行参数、环境变量、位置参数中的一种";
    parameter_of_two_kinds_advice() =
        "keep one of them",
        "只保留其中一种";
    argument_is_not_taken(exporter: &str) =
        "{exporter} takes no positional arguments",
        "{exporter} 不接受位置参数";
    argument_is_not_taken_advice() =
        "add one to the exporter, or use a flag",
        "请让 exporter 支持，或改用命令行参数";
    argument_without_name() =
        "the argument has no display name",
        "位置参数没有显示名称";
    switch_default(default: &str) =
        "the default of a switch is {default:?}",
        "开关的默认值是 {default:?}";
    switch_default_advice() =
        "write \"true\" or \"false\"",
        "请写 \"true\" 或 \"false\"";
    switch_is_not_a_flag() =
        "only a flag can be a switch",
        "只有命令行参数可以是开关";
    switch_is_not_a_flag_advice() =
        "use another type",
        "请换一种类型";
    file_default(default: &str) =
        "the default of a file is {default:?}",
        "文件的默认值是 {default:?}";
    file_default_advice() =
        "use its name on the host: letters, digits, '.', '_' and '-'",
        "请填主机上的文件名，只能使用字母、数字、'.'、'_' 和 '-'";
    file_without_content() =
        "the file is empty, and BlueKing rejects an empty file",
        "文件为空，蓝鲸不接受空文件";
    file_without_content_advice() =
        "add default content",
        "请填写默认内容";
    content_without_file() =
        "only a parameter of type file has content",
        "只有 file 类型的参数才有 content";
    flag_is_generated() =
        "the flag is already generated from `listen` or `telemetry_path`",
        "该参数已由 `listen` 或 `telemetry_path` 生成";
    flag_is_generated_advice() =
        "remove it here",
        "请在此处删除";
    flag_without_dash(flag: &str) =
        "the flag {flag:?} does not start with \"-\"",
        "命令行参数 {flag:?} 没有以 \"-\" 开头";
    flag_without_dash_advice() =
        "add the prefix",
        "请加上前缀";
    flag_is_unknown(exporter: &str, flag: &str) =
        "{exporter} has no flag {flag:?}",
        "{exporter} 没有命令行参数 {flag:?}";
    flag_is_unknown_advice() =
        "correct the name, or add the flag to the exporter",
        "请修正名称，或在 exporter 中增加该参数";

    one_of_or_none(names: &str) =
        "use one of {names}, or none",
        "请使用 {names} 之一，或留空";
}

/// The correction of an unknown unit.
pub(crate) fn unit_is_unknown_advice() -> String {
    one_of_or_none(&list(&Unit::names()))
}
