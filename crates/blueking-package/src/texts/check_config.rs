//! The findings on `config.json` and on the values of its parameters.

crate::texts! {
    config_is_missing_advice() =
        "add it, with at least the parameters host and port",
        "请补上，至少要有参数 host 和 port";
    continues_without_parameters(message: &str) =
        "{message}, and the old importer (v1) continues without parameters",
        "{message}，旧版导入程序（v1）会当作没有参数，继续导入";
    parameter_is_not_an_object() =
        "the parameter is not an object",
        "参数不是对象";
    parameter_is_listed_twice(name: &str) =
        "the parameter {name:?} is listed twice",
        "参数 {name:?} 出现了两次";
    name_advice() =
        "use a string of 1 to 255 characters",
        "请用 1 到 255 个字符的字符串";
    mode_is_of_51() =
        "use opt_cmd (a flag and its value) or pos_cmd (a value); cmd belongs to BlueKing 5.1",
        "请用 opt_cmd（参数名加值）或 pos_cmd（只有值），cmd 是蓝鲸 5.1 的写法";
    add_default() =
        "add it; the value may be null",
        "请补上，值可以是 null";
    switch_default(value: &str) =
        "the default of a switch is {value}",
        "开关的默认值是 {value}";
    switch_default_advice() =
        "use \"true\" or \"false\", with quotes",
        "请用带引号的 \"true\" 或 \"false\"";
    parameter_without_file() =
        "the parameter contains no file",
        "参数里没有文件内容";
    parameter_without_file_advice() =
        "add the file as Base64, or use type text",
        "请把文件以 Base64 填入，或改用 text 类型";
    use_list_of_objects() =
        "use a list of objects, or remove the key",
        "请用对象的列表，或去掉该键";
    use_object() =
        "use an object, or remove the key",
        "请用对象，或去掉该键";
    collector_is_missing(name: &str) =
        "the parameter {name:?} of mode collector is missing",
        "缺少 mode 为 collector 的参数 {name:?}";
    collector_is_missing_advice(default: &str) =
        "add it, with mode collector, type text and default {default}",
        "请补上，mode 为 collector，type 为 text，默认值 {default}";
    variable_is_not_used(variable: &str, name: &str) =
        "no default contains {variable}, so the exporter does not receive its {name}",
        "各参数的默认值都不含 {variable}，exporter 得不到 {name}";
    variable_is_not_used_advice() =
        "set the default of the listen address to \"${{host}}:${{port}}\"",
        "请把监听地址的默认值设为 \"${{host}}:${{port}}\"";
    default_port_is(port: &str) =
        "the default port is {port}",
        "默认端口是 {port}";
    default_port_advice() =
        "use a number from 1 to 65535",
        "请用 1 到 65535 之间的数字";

    // What happens to a value on its way to the exporter.
    other_metrics_path(path: &str) =
        "the path is {path:?}, but the agent scrapes only /metrics",
        "路径是 {path:?}，而 Agent 只采集 /metrics";
    other_metrics_path_advice() =
        "use /metrics",
        "请使用 /metrics";
    value_is_executed(value: &str) =
        "the start script evaluates $ and backticks ({value:?})",
        "启动脚本会执行 $ 和反引号（{value:?}）";
    value_is_executed_advice() =
        "remove them; only ${{name}} of a parameter of mode collector is substituted first",
        "请去掉；只有引用 collector 参数的 ${{name}} 会先被替换";
    value_is_split(value: &str) =
        "the value is split into several arguments ({value:?})",
        "值会被拆成多个启动参数（{value:?}）";
    value_is_split_advice() =
        "use several parameters, or a parameter of type file",
        "请拆成多个参数，或改用 file 类型的参数";
    value_is_globbed(value: &str) =
        "the shell expands * ? [ to file names ({value:?})",
        "shell 会把 *、?、[ 展开成文件名（{value:?}）";
    value_is_globbed_advice() =
        "remove them; use a default inside the exporter",
        "请去掉，改用 exporter 内置的默认值";
    value_is_rewritten(value: &str) =
        "the start script replaces \"_=\" with \"+=\" and truncates at \" #\" ({value:?})",
        "启动脚本会把 \"_=\" 换成 \"+=\"，并截掉 \" #\" 之后的内容（{value:?}）";
    remove_from_value() =
        "remove them from the value",
        "请从值里去掉";
    quotes_are_passed(value: &str) =
        "quotes are passed literally, and two backslashes become one ({value:?})",
        "引号会原样传给 exporter，两个反斜杠会变成一个（{value:?}）";
    quotes_are_passed_advice() =
        "remove quotes; use '/' instead of backslashes",
        "请去掉引号，反斜杠改用 '/'";
    cmd_interprets_value(value: &str) =
        "cmd interprets ! % ^ & | < > on Windows ({value:?})",
        "Windows 的 cmd 会解释 ! % ^ & | < >（{value:?}）";

    // Environment variables.
    variable_pattern(name: &str) =
        "the name {name:?} is not a valid environment variable",
        "{name:?} 不是有效的环境变量名";
    variable_pattern_advice() =
        "use letters, digits and '_', and do not start with a digit",
        "只能用字母、数字和下划线，不能以数字开头";
    variable_is_reserved(name: &str) =
        "the start script uses {name} itself",
        "启动脚本自己要用 {name}";
    variable_is_not_a_string(value: &str) =
        "the default {value} is not a string and is ignored",
        "默认值 {value} 不是字符串，会被忽略";
    variable_is_not_a_string_advice() =
        "write it in quotes",
        "请加引号";
}
