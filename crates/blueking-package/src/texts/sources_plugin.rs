//! The problems of the documents of BlueKing 6 and 7, and what their sites do to values.

use crate::plugin::METRICS_PATH;

crate::texts! {
    // Names and texts that a site writes to YAML without quotes.
    text_has_control_character(text: &str) =
        "the text {text:?} has a control character",
        "文本 {text:?} 含有控制字符";
    text_has_outer_spaces(text: &str) =
        "the text {text:?} has leading or trailing spaces, which get lost",
        "文本 {text:?} 首尾的空格会丢失";
    text_has_outer_spaces_advice() =
        "remove them",
        "请删除空格";
    text_breaks_yaml(text: &str) =
        "the text {text:?} contains \": \", \" #\" or a ':' at its end, which BlueKing cannot parse again",
        "文本 {text:?} 含有 \": \"、\" #\" 或以 ':' 结尾，蓝鲸无法再次解析";
    text_breaks_yaml_advice() =
        "use other characters, such as the full-width '：'",
        "请换用其他字符，例如全角冒号";
    text_is_escaped(text: &str) =
        "the text {text:?} contains one of & < > ' \", which BlueKing HTML-escapes",
        "文本 {text:?} 含有 & < > ' \" 之一，会被蓝鲸做 HTML 转义";
    text_is_escaped_advice() =
        "use other characters",
        "请换用其他字符";
    text_starts_with_special(text: &str) =
        "the text {text:?} starts with a character that may be special in YAML",
        "文本 {text:?} 开头的字符在 YAML 里有特殊含义";
    text_starts_with_special_advice() =
        "start with a letter",
        "请以字母或汉字开头";
    text_is_not_a_string(text: &str) =
        "the text {text:?} would be parsed as a number or a word such as \"true\"",
        "文本 {text:?} 会被解析成数字或 \"true\" 之类的值";
    text_is_not_a_string_advice() =
        "add a word",
        "请加上文字";
    version_format(version: &str) =
        "the version {version:?} is not two numbers of at most 999999",
        "版本号 {version:?} 不是两个不超过 999999 的数字";
    version_format_advice() =
        "use a form like \"1.1\"",
        "请写成 \"1.1\" 的形式";
    release_is_empty_advice() =
        "add the changes of this version, or remove the line to use the top of the change log",
        "请填写本版本的改动，或删除这一行，改用变更记录中最新的一节";

    // The form.
    other_metrics_path() =
        "BlueKing 6 and 7 scrape only {METRICS_PATH}",
        "蓝鲸 6 和 7 只采集 {METRICS_PATH}";
    other_metrics_path_advice() =
        "use {METRICS_PATH:?}",
        "请使用 {METRICS_PATH:?}";
    listens_elsewhere(host: &str) =
        "the exporter would listen on {host:?}, but BlueKing scrapes 127.0.0.1",
        "exporter 会监听 {host:?}，而蓝鲸采集的是 127.0.0.1";
    listens_elsewhere_advice() =
        "use that address",
        "请使用 127.0.0.1";
    shells_change_default(value: &str) =
        "the default {value:?} would be changed by the shells of a site",
        "默认值 {value:?} 会被站点上的 shell 改动";
    shells_change_variable_advice(special: &str) =
        "it must not contain any of {special} or \"_=\"",
        "不能含有 {special} 或 \"_=\"";
    shells_change_argument_advice(special: &str) =
        "it must not contain any of {special}, spaces or \"_=\"",
        "不能含有 {special}、空格或 \"_=\"";
    file_is_not_base64(name: &str, reason: &str) =
        "the file of {name:?} is not Base64 ({reason}); encode it",
        "{name:?} 的文件内容不是 Base64（{reason}），请先编码";

    // Groups of metrics.
    table_name_is_taken() =
        "the name is already used, ignoring upper and lower case",
        "名称重复（不区分大小写）";
    table_name_is_taken_advice() =
        "choose another",
        "请换一个";
    sample_name_is_taken(count: usize, name: &str) =
        "{count} metrics expose samples with the name {name:?}",
        "{count} 个指标都有名为 {name:?} 的样本";
    too_many_metrics(count: usize, limit: usize) =
        "the groups have {count} metrics in total, but BlueKing accepts at most {limit}",
        "各分组共有 {count} 个指标，蓝鲸最多允许 {limit} 个";
    too_many_metrics_advice() =
        "omit some with `omit`",
        "请用 `omit` 排除一部分";

    // Templates.
    template_is_not_closed() =
        "the template has an unclosed \"{{{{\"; close it",
        "模板里有未闭合的 \"{{{{\"，请补上 \"}}}}\"";
    template_name_without_value(name: &str) =
        "the template uses {name:?}, which has no value",
        "模板用到的 {name:?} 没有值";

    // What a site's start script does to the arguments, as a part of a sentence.
    rewriting_executed() =
        "a $ or a backtick is executed",
        "$ 和反引号会被执行";
    rewriting_cut() =
        "the rest after \" #\" is truncated",
        "\" #\" 之后的内容会被截掉";
    rewriting_plus() =
        "\"_=\" becomes \"+=\"",
        "\"_=\" 会变成 \"+=\"";
    rewriting_backslash() =
        "two backslashes become one",
        "两个反斜杠会变成一个";
    rewriting_globbed() =
        "a * ? or [ expands to file names",
        "*、?、[ 会展开成文件名";
}
