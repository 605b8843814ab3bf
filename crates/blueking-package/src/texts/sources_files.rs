//! The errors of files and archives, and what a file is instead of an executable.

use crate::definitions::SCHEMA;

crate::texts! {
    // File operations; the cause follows.
    cannot_open(path: &str) =
        "cannot open {path}",
        "无法打开 {path}";
    cannot_create(path: &str) =
        "cannot create {path}",
        "无法创建 {path}";
    cannot_read(path: &str) =
        "cannot read {path}",
        "无法读取 {path}";
    cannot_write(path: &str) =
        "cannot write {path}",
        "无法写入 {path}";
    cannot_flush(path: &str) =
        "cannot flush {path}",
        "无法将 {path} 写入磁盘";
    cannot_remove_stale(path: &str) =
        "cannot remove the stale {path}",
        "无法删除残留的 {path}";
    cannot_rename_to(path: &str) =
        "cannot rename the finished file to {path}",
        "无法将写好的文件改名为 {path}";

    // Archives.
    is_not_a_package(path: &str) =
        "{path} is not a readable package",
        "{path} 不是可读取的插件包";
    member_is_invalid(path: &str, name: &str, reason: &str) =
        "{path} contains the invalid member {name:?}: {reason}",
        "{path} 中的 {name:?} 无效：{reason}";
    member_is_not_utf8() =
        "its name is not UTF-8",
        "名称不是 UTF-8";
    member_is_special() =
        "it is a link or a device",
        "它是链接或设备文件";
    member_leads_out() =
        "its path leads out of the package",
        "路径指向包外";
    member_is_repeated() =
        "its path occurs twice",
        "路径重复";
    entry_is_repeated(path: &str, name: &str) =
        "{path} has two entries named {name}: BlueKing ignores folders, so every base name must be unique",
        "{path} 里有两个 {name}：蓝鲸不区分文件夹，文件名不能重复";
    entries_share_a_path() =
        "two entries have the same path",
        "有两个文件的路径相同";
    entry_has_other_size(path: &str, name: &str, declared: u64, found: u64) =
        "{path}: the archive declares {declared} bytes for {name}, but the entry has {found}",
        "{path}：{name} 声明为 {declared} 字节，实际为 {found} 字节";
    entry_is_missing(name: &str) =
        "the archive has no {name}",
        "包里没有 {name}";
    more_bytes(path: &str, limit: u64) =
        "{path} contains more than {limit} bytes",
        "{path} 的内容超过 {limit} 字节";
    more_files(path: &str, limit: u64) =
        "{path} contains more than {limit} files",
        "{path} 的文件超过 {limit} 个";

    // Definitions.
    schema_is_other(file: &str, found: &str) =
        "{file}: the schema is {found}, but this tool reads {SCHEMA}; build the exporter and the tool from the same version, or use a newer tool",
        "{file}：schema 是 {found}，本工具支持的是 {SCHEMA}；请用同一版本构建 exporter 和工具，或使用更新的工具";
    schema_is_missing(file: &str) =
        "{file}: the schema is missing, but this tool reads {SCHEMA}; build the exporter and the tool from the same version, or use a newer tool",
        "{file}：缺少 schema，本工具支持的是 {SCHEMA}；请用同一版本构建 exporter 和工具，或使用更新的工具";

    // Executables.
    file_is_empty() =
        "the file is empty",
        "文件为空";
    is_not_elf(start: &str) =
        "the file is not an ELF executable (it starts with \"{start}\")",
        "文件不是 ELF 可执行文件（开头是 \"{start}\"）";
    is_not_windows(start: &str) =
        "the file is not a Windows executable (it starts with \"{start}\")",
        "文件不是 Windows 可执行文件（开头是 \"{start}\"）";
    elf_is_not_64_bit() =
        "the file is an ELF file, but not 64-bit little-endian",
        "文件是 ELF，但不是 64 位小端";
    elf_is_not_executable(kind: &str) =
        "the ELF file is not an executable (type {kind})",
        "该 ELF 文件不是可执行文件（类型 {kind}）";
    elf_of_other_machine(found: &str, machine: &str) =
        "the ELF file is for machine {found}, not {machine}",
        "该 ELF 文件的架构是 {found}，不是 {machine}";
    pe_without_header() =
        "the file has a DOS header but no PE header",
        "文件有 DOS 头，但没有 PE 头";
    pe_of_other_machine(found: &str) =
        "the PE file is for machine {found}, not x86-64",
        "该 PE 文件的架构是 {found}，不是 x86-64";
    pe_is_not_executable() =
        "the PE file is a library or is not linked",
        "该 PE 文件是动态库，或者没有链接";
    pe_is_not_plus(magic: &str) =
        "the PE file is not PE32+ (magic {magic})",
        "该 PE 文件不是 PE32+（magic {magic}）";
    number_is_unknown() =
        "unknown",
        "未知";
}
