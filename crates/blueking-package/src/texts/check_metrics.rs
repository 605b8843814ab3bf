//! The findings on `metrics.json`.

crate::texts! {
    metrics_are_missing_advice() =
        "add it; use [] to discover the metrics",
        "请补上；要自动发现指标可以写 []";
    file_is_dropped(message: &str) =
        "{message}, and the old importer (v1) drops the whole file, so that the plugin has no metrics",
        "{message}，旧版导入程序（v1）会丢弃整个文件，插件就没有指标";

    // Groups.
    group_is_not_an_object() =
        "the group is not an object",
        "分组不是对象";
    group_is_not_an_object_advice() =
        "write it as {{\"table_name\": …, \"fields\": […]}}",
        "请写成 {{\"table_name\": …, \"fields\": […]}}";
    table_desc_advice() =
        "use the display name of the group, such as 默认分组",
        "请填写分组的显示名，例如 默认分组";
    rules_are_not_strings(value: &str) =
        "the value {value} is not a list of strings",
        "值 {value} 不是字符串的列表";
    rule_is_unusable(rule: &str) =
        "the rule {rule:?} is no regular expression, or matches no field of the group",
        "规则 {rule:?} 不是正则表达式，或者匹配不到组里的字段";
    rule_is_unusable_advice() =
        "correct the rule, or set is_manual of the fields to true",
        "请改正规则，或把字段的 is_manual 设为 true";
    text_has_nul(text: &str) =
        "the text {text:?} contains a NUL character",
        "文本 {text:?} 里有 NUL 字符";
    rules_are_not_strings_advice() =
        "use a list of regular expressions, or remove the key",
        "请用正则表达式的列表，或去掉该键";
    fields_are_not_a_list() =
        "the key \"fields\" is missing or not a list",
        "缺少键 \"fields\"，或者它不是列表";
    fields_are_not_a_list_advice() =
        "list the metrics and dimensions of the group there",
        "请在其中列出该分组的指标和维度";
    group_is_empty() =
        "the group has no fields",
        "分组里没有字段";
    group_is_empty_advice() =
        "add its metrics, or remove the group",
        "请加上指标，或删除该分组";
    table_name_is_reserved(name: &str) =
        "the name {name:?} is a reserved word of the storage",
        "名称 {name:?} 是存储的保留字";
    table_name_is_repeated(name: &str) =
        "two groups are named {name:?}, ignoring case",
        "有两个分组都叫 {name:?}（不区分大小写）";
    table_name_is_repeated_advice() =
        "rename one or merge them",
        "请给其中一个改名，或合并";

    // Fields.
    field_is_not_an_object() =
        "the field is not an object",
        "字段不是对象";
    dimension_is_listed_twice(name: &str) =
        "the group lists the dimension {name:?} twice",
        "分组里维度 {name:?} 出现了两次";
    le_is_missing() =
        "the label \"le\", which distinguishes the buckets of a histogram, is missing",
        "缺少维度 \"le\"，直方图靠它区分各个桶";
    le_is_missing_advice() =
        "add the dimension le to the group",
        "请给该分组加上维度 le";
    page_renames(name: &str) =
        "the page renames {name:?}, so it no longer matches the scraped name",
        "页面会给 {name:?} 改名，与采集到的名称对不上";
    label_is_overwritten(name: &str) =
        "the agent sets the label {name:?} and overwrites the exporter's value",
        "维度 {name:?} 由 Agent 写入，会覆盖 exporter 的值";
    label_is_overwritten_advice() =
        "rename the label",
        "请给维度改名";
    name_is_reserved(name: &str) =
        "the name {name:?} is or contains a reserved word of the storage",
        "名称 {name:?} 是存储的保留字，或者包含保留字";
    rename_it() =
        "rename it; where the exporter is not yours, update the plugin by import alone: its page cannot save this name",
        "请改名；改不了名的（第三方 exporter），请只用导入来更新插件，不要在页面上编辑";
    value_is_null() =
        "the value is null",
        "值是 null";
    value_is_null_advice() =
        "set a value or remove the key",
        "请填写值，或去掉该键";
    field_name_advice() =
        "use a name of 1 to 255 characters",
        "名称请用 1 到 255 个字符";
    monitor_type_advice() =
        "use metric or dimension",
        "请用 metric 或 dimension";
    metric_type_advice() =
        "use double: a metric is a number",
        "请用 double：指标是数值";
    dimension_type_advice() =
        "use string: a label is a string",
        "请用 string：维度是字符串";
    type_advice() =
        "use string, double or int; long and float are not supported",
        "请用 string、double 或 int，不支持 long 和 float";
    unit_type_advice() =
        "use the id of a unit, such as percent",
        "请用单位的 ID，例如 percent";
    unit_advice() =
        "use an id from the page, such as percent, bytes, s",
        "请用页面上有的单位 ID，例如 percent、bytes、s";
    filled_string_advice() =
        "use a non-empty string, or remove the key",
        "请用非空的字符串，或去掉该键";
    string_advice() =
        "use a string, or remove the key",
        "请用字符串，或去掉该键";
    list_advice() =
        "use a list, or remove the key",
        "请用列表，或去掉该键";

    // Names of all groups.
    too_many_metrics(count: usize) =
        "the file lists {count} metrics",
        "文件里有 {count} 个指标";
    too_many_metrics_advice() =
        "remove unused metrics: BlueKing accepts at most 2000",
        "请删去用不到的指标：蓝鲸最多允许 2000 个";
    metric_is_repeated(count: usize, groups: &str) =
        "the metric is listed {count} times, in {groups}",
        "指标出现了 {count} 次，在 {groups}";
    name_is_metric_and_dimension(name: &str) =
        "{name:?} is both a metric and a dimension",
        "{name:?} 既是指标又是维度";
    name_is_metric_and_dimension_advice() =
        "rename one of them",
        "请给其中一个改名";
}
