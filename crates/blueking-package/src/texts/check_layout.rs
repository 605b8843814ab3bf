//! The findings on the folders of a 6.x/7.x package, on `info`, `VERSION` and the executables, and
//! those against an earlier package.

crate::texts! {
    // Folders.
    no_os_folder() =
        "the archive has no OS folder that contains a plugin",
        "压缩包里没有带插件的操作系统文件夹";
    no_os_folder_but(found: &str) =
        "the archive has no OS folder that contains a plugin (found {found})",
        "压缩包里没有带插件的操作系统文件夹（只有 {found}）";
    name_folders(names: &str) =
        "name the folders {names}",
        "文件夹名应为 {names}";
    os_folders_are_wrapped(folder: &str) =
        "the OS folders are inside {folder:?}",
        "操作系统文件夹放在了 {folder:?} 里面";
    os_folders_are_wrapped_advice() =
        "pack from within that folder, so that they are at the top level",
        "请在该文件夹里打包，使操作系统文件夹位于最外层";
    os_is_unknown(folder: &str) =
        "no importer recognises the system of {folder:?}",
        "导入程序都不识别 {folder:?} 对应的操作系统";
    os_folder_is_misspelt(folder: &str) =
        "{folder:?} is silently ignored; the documentation misspells the name",
        "{folder:?} 会被忽略且不提示，文档里的名称有拼写错误";
    name_folder_one_of(names: &str) =
        "name the folder one of {names}",
        "文件夹名应为 {names} 之一";
    aix_is_ignored() =
        "the folder is ignored unless AIX is enabled for the site",
        "平台没有开启 AIX 时，该文件夹会被忽略";
    aix_is_ignored_advice() =
        "ask the site administrator to set OS_GLOBAL_SWITCH, or remove the AIX folder",
        "请平台管理员设置 OS_GLOBAL_SWITCH，或删除 AIX 文件夹";
    several_plugins(count: usize, names: &str) =
        "the folder contains {count} plugins: {names}",
        "文件夹里有 {count} 个插件：{names}";
    several_plugins_advice() =
        "keep one; a package is one plugin",
        "只保留一个，一个包对应一个插件";
    ids_differ(here: &str, id: &str, folder: &str) =
        "the plugin is {here:?} here but {id:?} in {folder}",
        "插件在这里叫 {here:?}，在 {folder} 里叫 {id:?}";
    file_is_not_read() =
        "no consumer reads this file",
        "没有程序会读取该文件";
    file_is_dropped() =
        "the import drops the file",
        "导入时会丢弃该文件";
    file_is_dropped_advice() =
        "embed it in the executable, or use a parameter of type file",
        "请嵌入可执行文件，或改用 file 类型的参数";
    folder_looks_like_info(folder: &str) =
        "the importer reads the files of {folder:?} as if they were in info",
        "导入程序会把 {folder:?} 里的文件当作 info 里的文件";
    folder_looks_like_info_advice() =
        "rename the folder so that it does not end in \"info\"",
        "请给文件夹改名，不要以 \"info\" 结尾";

    // info.
    missing_here() =
        "the file is missing here, but another OS folder has it",
        "这里缺少该文件，其他操作系统文件夹里有";
    missing_here_advice() =
        "copy it",
        "请复制过来";
    file_differs(first: &str) =
        "the file differs from {first}",
        "文件与 {first} 不同";
    file_differs_advice() =
        "make them identical",
        "请改成一致";
    release_is_too_long(length: usize, limit: usize) =
        "the text has {length} characters, but the limit is {limit}",
        "版本日志有 {length} 个字符，上限是 {limit}";
    release_is_too_long_advice() =
        "keep only the latest change",
        "请只保留最近一次的改动";
    signature_is_not_empty() =
        "the signature is not empty",
        "签名不为空";
    signature_is_not_empty_advice() =
        "empty the file; the server signs the package on save",
        "请清空该文件，保存时平台会签名";
    signature_is_not_a_mapping() =
        "the signature is not a mapping of systems to texts",
        "签名不是“操作系统: 文本”形式的键值对";
    text_has_nul() =
        "the text contains a NUL byte",
        "文本里有 NUL 字节";
    text_has_nul_advice() =
        "save it as plain text",
        "请存为纯文本";
    file_is_a_folder() =
        "the path is a file and also a folder",
        "该路径既是文件，又是文件夹";
    logo_is_elsewhere() =
        "the old importer (v1) does not read a logo here",
        "旧版导入程序（v1）不读这里的图标";
    logo_is_elsewhere_advice() =
        "move it to info/logo.png",
        "请移到 info/logo.png";
    logo_is_not_png() =
        "the file is not a PNG picture",
        "文件不是 PNG 图片";
    logo_is_not_png_advice() =
        "save it as PNG",
        "请另存为 PNG";
    logo_is_too_large(size: u64) =
        "the picture has {size} bytes",
        "图片有 {size} 字节";

    // VERSION.
    version_is_missing_advice() =
        "add it, with a line such as 1.1",
        "请补上，内容如 1.1";
    version_is_invalid(version: &str) =
        "{version:?} is not a valid version",
        "{version:?} 不是有效的版本号";
    version_is_invalid_advice() =
        "use two numbers of at most 999999, such as 1.1",
        "请用两个不超过 999999 的数字，例如 1.1";
    version_differs(version: &str, first: &str) =
        "the version is {version:?} here but differs in {first}",
        "这里的版本号是 {version:?}，与 {first} 不同";
    version_differs_advice() =
        "use the same version",
        "请使用同一个版本号";
    file_looks_like_version() =
        "the importer may read this file as the plugin's VERSION",
        "导入程序可能把该文件当作插件的 VERSION";
    rename_or_remove_it() =
        "rename or remove it",
        "请改名或删除";

    // The earlier package.
    id_changed(id: &str, earlier: &str) =
        "the plugin is {id:?}, but was {earlier:?}",
        "插件 ID 是 {id:?}，之前是 {earlier:?}";
    id_changed_advice(earlier: &str) =
        "keep the id {earlier:?}, or compare with a package of this plugin",
        "请沿用 {earlier:?}，或与该插件自己的包比较";
    type_changed(kind: &str, earlier: &str) =
        "the type is {kind:?}, but was {earlier:?}",
        "插件类型是 {kind:?}，之前是 {earlier:?}";
    type_changed_advice() =
        "keep the type; a plugin of another type needs a new id",
        "请沿用原来的类型，换类型需要用新的插件 ID";
    remote_changed(is_remote: bool, earlier: bool) =
        "remote collection is {is_remote}, but was {earlier}",
        "远程采集是 {is_remote}，之前是 {earlier}";
    remote_changed_advice(value: &str) =
        "use {value}",
        "请改为 {value}";
    version_of_same_content(version: &str, earlier: &str) =
        "the version is {version}, the earlier one is {earlier}, and nothing else changed",
        "版本号是 {version}，之前是 {earlier}，其他内容没有变化";
    version_of_same_content_advice() =
        "keep the deployed package, or raise the version",
        "请沿用已部署的包，或提高版本号";
    version_not_raised(version: &str, earlier: &str, changes: &str) =
        "the version is {version}, the earlier one is {earlier}, and {changes} changed",
        "版本号是 {version}，之前是 {earlier}，而 {changes} 有变化";
    version_not_raised_advice(next: &str) =
        "use at least {next}, also in project.yaml",
        "至少用 {next}，project.yaml 里也要改";
    config_version_not_raised(changes: &str, number: u32) =
        "{changes} changed, but the first number is still {number}",
        "{changes} 有变化，版本号的第一个数字仍是 {number}";
    config_version_not_raised_advice(next: &str) =
        "use {next}, also in project.yaml",
        "请用 {next}，project.yaml 里也要改";
}
