//! The problems of the documents of BlueKing 5.1.

use crate::description::LISTEN_FLAG;
use crate::v51::EXPORTER_URL;

crate::texts! {
    // Values of JSON documents.
    key_is_missing(key: &str) =
        "the key {key:?} is missing",
        "缺少键 {key:?}";
    key_may_be_empty() =
        "add it, its value may be \"\"",
        "请补上，值可以是 \"\"";
    value_is_not_a_string(value: &str) =
        "the value {value} is not a string",
        "值 {value} 不是字符串";
    value_is_not_a_string_advice() =
        "use quotes",
        "请加引号";
    value_is_unknown(value: &str) =
        "the value {value} is unknown",
        "未知的值 {value}";
    use_one_of(names: &str) =
        "use one of {names}",
        "请使用 {names} 之一";
    value_is_not_a_boolean(value: &str) =
        "the value {value} is not true or false",
        "值 {value} 不是 true 或 false";
    value_is_not_a_boolean_advice() =
        "use one of them",
        "请改为其中之一";
    value_is_not_an_object() =
        "the value is not a JSON object",
        "值不是 JSON 对象";
    value_is_not_an_object_advice() =
        "write it as {{\"key\": …}}",
        "请写成 {{\"key\": …}}";
    value_is_not_a_list() =
        "the value is not a JSON list",
        "值不是 JSON 列表";
    value_is_not_a_list_advice() =
        "write it as [ … ]",
        "请写成 [ … ]";
    list_is_empty() =
        "the list is empty",
        "列表为空";
    list_is_empty_advice() =
        "it needs at least one element",
        "至少要有一个元素";

    // Tables.
    table_name_is_taken(name: &str, first: &str) =
        "the table name {name:?} is already used as {first:?}, ignoring upper and lower case",
        "表名 {name:?} 与 {first:?} 重复（不区分大小写）";
    table_name_is_taken_advice() =
        "choose another name",
        "请换一个名称";
    table_without_fields() =
        "the key \"fields\" is missing or not a list",
        "缺少键 \"fields\"，或者它不是列表";
    table_without_fields_advice() =
        "list the metrics of the table there",
        "请在其中列出该表的指标";
    table_without_metric() =
        "the table has no metric",
        "表里没有指标";
    table_without_metric_advice() =
        "add one, or remove the table",
        "请添加指标，或删除该表";
    dimension_is_listed_twice(table: &str) =
        "the table {table:?} lists the dimension twice",
        "该维度在表 {table:?} 里出现了两次";
    metric_is_a_string() =
        "the type of a metric is \"string\", but BlueKing stores only numbers",
        "指标的类型是 \"string\"，而蓝鲸只存储数值";
    metric_is_a_string_advice() =
        "use double or long",
        "请使用 double 或 long";
    metric_is_listed_often(count: usize, tables: &str) =
        "the metric is listed {count} times (tables {tables})",
        "指标出现了 {count} 次（表 {tables}）";

    // Start parameters.
    parameter_is_listed_twice(name: &str) =
        "the parameter {name:?} is listed twice",
        "启动参数 {name:?} 出现了两次";
    argument_is_not_first(number: usize) =
        "the name is empty, which denotes a positional argument, but only the first parameter can be one (this is number {number})",
        "名称为空表示位置参数，而位置参数只能是第一个参数（这是第 {number} 个）";
    argument_is_not_first_advice() =
        "name it or move it up",
        "请填写名称，或移到最前面";
    second_argument() =
        "BlueKing 5.1 supports one positional argument, and this is another",
        "蓝鲸 5.1 只支持一个位置参数，这里多了一个";
    second_argument_advice() =
        "use a flag or a variable",
        "请改用命令行参数或环境变量";
    url_of_other_mode(mode: &str) =
        "the mode of {EXPORTER_URL} is {mode:?}",
        "{EXPORTER_URL} 的 mode 是 {mode:?}";
    url_of_other_mode_advice() =
        "it must be \"collector\"",
        "必须是 \"collector\"";
    mode_is_only_for_url() =
        "the mode \"collector\" is only for {EXPORTER_URL}",
        "mode \"collector\" 只用于 {EXPORTER_URL}";
    mode_is_only_for_url_advice() =
        "use \"cmd\" or \"env\"",
        "请使用 \"cmd\" 或 \"env\"";
    url_is_missing() =
        "the parameter {EXPORTER_URL} is missing, and BlueKing cannot scrape metrics without it",
        "缺少启动参数 {EXPORTER_URL}，蓝鲸无法采集";
    listen_is_missing() =
        "the parameter {LISTEN_FLAG} is missing, and the exporter may listen on a different port than {EXPORTER_URL} specifies",
        "缺少启动参数 {LISTEN_FLAG}，exporter 监听的端口可能与 {EXPORTER_URL} 不一致";

    // The metrics URL.
    url_is_not_complete(url: &str) =
        "the metrics URL {url:?} is not complete",
        "采集地址 {url:?} 不完整";
    url_is_not_complete_advice() =
        "use a form like http://127.0.0.1:9601/metrics",
        "请写成 http://127.0.0.1:9601/metrics 的形式";
    host_is_not_loopback(host: &str) =
        "the host {host:?} is not allowed: BlueKing scrapes only 127.0.0.1 or localhost",
        "不能使用主机 {host:?}：蓝鲸只采集 127.0.0.1 或 localhost";
    host_is_not_loopback_advice() =
        "use one of them",
        "请使用其中之一";
    make_them_equal() =
        "make them equal",
        "请改成一致";
    path_without_slash(path: &str) =
        "the path {path:?} does not start with '/'",
        "路径 {path:?} 没有以 '/' 开头";
    path_differs(path: &str, other: &str) =
        "the path {path:?} differs from {other:?} in {EXPORTER_URL}",
        "路径 {path:?} 与 {EXPORTER_URL} 里的 {other:?} 不一致";
    port_differs(port: u16, other: u16) =
        "the port {port} differs from port {other} in {EXPORTER_URL}",
        "端口 {port} 与 {EXPORTER_URL} 里的端口 {other} 不一致";
    listens_elsewhere(host: &str, other: &str) =
        "the exporter would listen only on {host:?}, but {EXPORTER_URL} specifies {other:?}",
        "exporter 只会监听 {host:?}，而 {EXPORTER_URL} 里是 {other:?}";

    // The other files.
    description_is_not_utf8(byte: usize) =
        "the text is not UTF-8 from byte {byte} on",
        "文本从第 {byte} 字节起不是 UTF-8";
    description_is_not_utf8_advice() =
        "save it as UTF-8",
        "请存为 UTF-8";
    description_is_empty_advice() =
        "describe the component for operators",
        "请写上给运维人员看的组件说明";
    logo_is_not_png() =
        "the file is not a PNG picture",
        "文件不是 PNG 图片";
    logo_is_not_png_advice() =
        "save it as one",
        "请另存为 PNG";
    logo_size(width: u32, height: u32, wanted_width: u32, wanted_height: u32) =
        "the picture has {width}x{height} pixels, but BlueKing 5.1 requires {wanted_width}x{wanted_height}",
        "图片为 {width}x{height} 像素，蓝鲸 5.1 要求 {wanted_width}x{wanted_height}";
    logo_size_advice() =
        "resize it",
        "请调整尺寸";
}
