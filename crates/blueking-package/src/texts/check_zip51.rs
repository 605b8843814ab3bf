//! The findings on packages of BlueKing 5.1, besides those on their documents.

crate::texts! {
    duplicate_name(first: &str) =
        "the file has the same name as {first}",
        "文件与 {first} 重名";
    duplicate_name_advice() =
        "keep one: BlueKing 5.1 ignores folders",
        "只保留一个：蓝鲸 5.1 不区分文件夹";
    no_executable() =
        "the archive has no executable",
        "压缩包里没有可执行文件";
    no_executable_advice(linux: &str, windows: &str) =
        "add {linux}, {windows} or both",
        "请补上 {linux} 或 {windows}，也可以两个都有";
    executable_name(names: &str) =
        "BlueKing recognises only {names}",
        "蓝鲸只识别 {names}";
    not_json_advice() =
        "correct it; use UTF-8 without a byte order mark",
        "请修正，并存为不带 BOM 的 UTF-8";
    file_parameter() =
        "how the path of a file reaches the exporter is undocumented in BlueKing 5.1",
        "蓝鲸 5.1 没有说明文件的路径如何传给 exporter";
    file_parameter_advice() =
        "use type text, with the path of an existing file on the host",
        "类型请用 text，填写主机上已有文件的路径";
}
