//! The text report of `check`, and why a package cannot be read.

use std::fmt::Display;

blueking_package::texts! {
    kind_component() =
        "one-click package of BlueKing 5.1",
        "蓝鲸 5.1 一键导入包";
    kind_plugin() =
        "plugin package of BlueKing 6.x and 7.x",
        "蓝鲸 6.x/7.x 插件包";
    kind_unknown() =
        "not a readable package",
        "不是能读取的插件包";
    no_errors() =
        "no errors",
        "无错误";
    one_error() =
        "1 error",
        "1 个错误";
    errors(count: usize) =
        "{count} errors",
        "{count} 个错误";
    no_warnings() =
        "no warnings",
        "无警告";
    one_warning() =
        "1 warning",
        "1 个警告";
    warnings(count: usize) =
        "{count} warnings",
        "{count} 个警告";
    error() =
        "error",
        "错误";
    warning() =
        "warning",
        "警告";
    package_itself() =
        "the package itself",
        "插件包本身";
    same_for(fields: &str) =
        "the same for: {fields}",
        "同样的还有：{fields}";
    more_findings(count: usize) =
        "and {count} more findings",
        "另有 {count} 条未列出";
    own_rule() =
        "a rule of this check",
        "本检查自己的规则";
    own_rule_in_legend() =
        "a rule of this check: no consumer is known to object",
        "本检查自己的规则：没有已知的一方会拒绝";
    field_message(field: &str, message: &str) =
        "{field}: {message}",
        "字段 {field}：{message}";
    says(consumer: impl Display, answer: &str) =
        "{consumer} says: {answer}",
        "{consumer} 返回：{answer}";
    to_do(advice: &str) =
        "to do: {advice}",
        "建议：{advice}";

    component_has_no_version(file: &str) =
        "{file} is a package of 5.1, which has no version to raise; leave out --earlier",
        "{file} 是蓝鲸 5.1 的包，没有版本号；请去掉 --earlier";
    no_such_file(path: &str) =
        "cannot open {path}: there is no such file; give the path of a package",
        "打不开 {path}：文件不存在，请给出插件包的路径";
    unreadable(error: &str) =
        "{error}; make sure that this user can read it",
        "{error}；请确认当前用户有读权限";
    is_folder(path: &str) =
        "{path} is a folder, but not an unpacked package; give the packages in it, one by one",
        "{path} 是文件夹，但不是解开的插件包，请逐个指定其中的插件包";
    unusable(file: &str) =
        "BlueKing cannot use {file} as it is",
        "{file} 有错误，蓝鲸无法使用";
    several_unusable(files: &str, last: &str) =
        "BlueKing cannot use {files} and {last} as they are",
        "{files}、{last} 有错误，蓝鲸无法使用";
    earlier_is_no_plugin(file: &str) =
        "--earlier {file} is not a readable plugin package; give the .tgz on the site, as it was imported or exported",
        "--earlier {file} 不是能读取的插件包；请给出平台上现有的 .tgz，导入时用的或导出的都可以";
}
