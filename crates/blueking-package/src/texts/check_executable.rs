//! The findings on executables.

crate::texts! {
    executable_is_missing() =
        "the executable is missing",
        "缺少可执行文件";
    executable_is_missing_advice() =
        "add the executable, or remove the OS folder",
        "请补上，或删除该操作系统文件夹";
    executable_is_empty() =
        "the executable is empty",
        "可执行文件为空";
    executable_is_empty_advice() =
        "add the executable from the build",
        "请放入编译出的可执行文件";
    executable_is_text() =
        "the executable is a text file, such as a script",
        "可执行文件是文本文件，例如脚本";
    executable_is_text_advice() =
        "ship a compiled executable",
        "请使用编译好的可执行文件";
    other_machine_advice(machine: &str) =
        "ship a binary built for {machine}",
        "请使用为 {machine} 编译的文件";
    executable_is_truncated(size: u64, least: u64) =
        "the executable is cut off: it has {size} bytes, its headers require {least}",
        "可执行文件不完整：只有 {size} 字节，按文件头至少要 {least} 字节";
    executable_is_truncated_advice() =
        "copy it again from the build",
        "请从编译结果重新复制";
    executable_is_large(size: u64) =
        "the executable has {size} MiB",
        "可执行文件有 {size} MiB";
    executable_is_large_advice() =
        "strip debug information",
        "请去掉调试信息";
    mode_is(mode: u32) =
        "the mode is {mode:04o}",
        "文件权限是 {mode:04o}";
    mode_advice() =
        "chmod 0755 before packing",
        "请在打包前执行 chmod 0755";

    // Scripts.
    interpreter_after_mark(line: &str) =
        "a byte order mark is in front of the interpreter line \"{line}\", so Linux does not recognise it and does not start the script",
        "解释器行 \"{line}\" 前面有字节顺序标记（BOM），Linux 认不出这一行，无法启动脚本";
    interpreter_with_cr(line: &str) =
        "the interpreter line \"{line}\" ends with a carriage return, which Linux takes as part of the interpreter's name, so it does not start the script",
        "解释器行 \"{line}\" 以回车符（CR）结尾，Linux 会把它当成解释器名称的一部分，无法启动脚本";
    script_has_mark() =
        "the script begins with a byte order mark, which the shell takes as part of the first line",
        "脚本以字节顺序标记（BOM）开头，shell 会把它当成第一行的内容";
    script_has_windows_line_ends() =
        "the script has Windows line ends, and the shell takes each carriage return as part of the line",
        "脚本用了 Windows 换行，shell 会把回车符（CR）当成每行的内容";
    script_fault_advice() =
        "save it as UTF-8 without a byte order mark, with LF line ends",
        "请另存为不带 BOM 的 UTF-8，换行用 LF";

    // What a host must have.
    requires(requirement: &str) =
        "the executable requires {requirement}, which some hosts lack",
        "可执行文件依赖{requirement}，有的主机上没有";
    requires_with_glibc(requirement: &str, major: u32, minor: u32) =
        "the executable requires {requirement}, and needs glibc {major}.{minor} (CentOS 7 has 2.17), which some hosts lack",
        "可执行文件依赖{requirement}，还要求 glibc {major}.{minor}（CentOS 7 是 2.17），有的主机不满足";
    requires_advice() =
        "take a static build (musl target, CGO_ENABLED=0), or deploy it only to hosts that have this",
        "请使用静态编译的版本（musl 目标或 CGO_ENABLED=0），或者只下发到满足要求的主机";
    loader(loader: &str) =
        "the loader {loader}",
        "加载器 {loader}";
    one_library_of(loader: &str) =
        "a shared library loaded by {loader}",
        "由 {loader} 加载的 1 个动态库";
    libraries_of(count: usize, loader: &str) =
        "{count} shared libraries loaded by {loader}",
        "由 {loader} 加载的 {count} 个动态库";
    one_library() =
        "a shared library",
        " 1 个动态库";
    libraries(count: usize) =
        "{count} shared libraries",
        " {count} 个动态库";
    imports_foreign_dlls(names: &str) =
        "the executable imports {names}, which Windows does not provide",
        "可执行文件依赖 {names}，Windows 不自带";
    imports_foreign_dlls_advice() =
        "link them statically",
        "请静态链接";

    // The file that the importer takes for the executable.
    sibling_may_be_taken() =
        "the importer would use this file as the executable if it came first",
        "该文件如果排在前面，导入程序会把它当作可执行文件";
    shadow_is_taken() =
        "the importer uses this file as the executable",
        "导入程序会把该文件当作可执行文件";
    other_path_advice(path: &str) =
        "remove it, or use a path without {path:?}",
        "请删除，或改用不含 {path:?} 的路径";
    executable_is_not_first(first: &str, path: &str) =
        "{first} comes before the executable, and the importer takes the first file whose path contains {path:?}: a file with such a name, added later, could be taken instead",
        "{first} 排在可执行文件之前，而导入程序取路径含有 {path:?} 的第一个文件：以后加入这样命名的文件，可能被误当作可执行文件";
    executable_is_not_first_advice(id: &str) =
        "pack the executables before all other files; in the unpacked package: (find external_plugins_* -type f -path '*/{id}/{id}*'; find external_plugins_* -type f ! -path '*/{id}/{id}*') | tar -czf {id}.tgz -T -",
        "请先打包可执行文件，再打包其他文件；在解开的插件包里执行：(find external_plugins_* -type f -path '*/{id}/{id}*'; find external_plugins_* -type f ! -path '*/{id}/{id}*') | tar -czf {id}.tgz -T -";
}
