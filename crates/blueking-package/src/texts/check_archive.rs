//! The findings on archives: format, members, file name and plugin id.

crate::texts! {
    // The format.
    pack_as_tgz_or_zip() =
        "pack the files as a .tgz (6.x, 7.x) or a .zip (5.1)",
        "请打成 .tgz（6.x、7.x）或 .zip（5.1）";
    tar_is_not_compressed() =
        "the tar is not compressed, and the new importer opens only gzip",
        "tar 没有压缩，而新版导入程序只认 gzip";
    tar_is_not_compressed_advice() =
        "compress it with gzip and name it .tgz",
        "请用 gzip 压缩，扩展名用 .tgz";
    compression_is_unsupported(compression: &str) =
        "the archive is compressed with {compression}, which no importer supports",
        "压缩包用的是 {compression}，导入程序都不支持";
    compression_is_unknown_here(compression: &str) =
        "the archive is compressed with {compression}, which neither the new importer nor this check can open",
        "压缩包用的是 {compression}，新版导入程序和本检查都打不开";
    compression_is_unknown_here_advice() =
        "compress the tar with gzip",
        "请用 gzip 压缩 tar";
    archive_is_empty() =
        "the file is empty",
        "文件为空";
    file_is_not_an_archive(start: &str) =
        "the file is not an archive (it starts with \"{start}\")",
        "文件不是压缩包（开头是 \"{start}\"）";
    zip_of_plugin() =
        "the archive is a zip, but contains the folders of a 6.x/7.x package",
        "压缩包是 zip，里面却是 6.x/7.x 插件包的文件夹";
    zip_of_plugin_advice() =
        "pack the folders as a .tgz",
        "请把这些文件夹打成 .tgz";
    archive_is_truncated() =
        "the archive is truncated",
        "压缩包不完整";
    archive_is_truncated_advice() =
        "copy or download it again in binary mode",
        "请用二进制方式重新复制或下载";
    archive_is_damaged(reason: &str) =
        "the archive is damaged: {reason}",
        "压缩包已损坏：{reason}";
    archive_is_damaged_advice() =
        "copy or pack it again",
        "请重新复制或打包";
    size_differs(path: &str, found: u64, declared: u64) =
        "{path} has {found} bytes, but {declared} are declared",
        "{path} 有 {found} 字节，声明的是 {declared} 字节";
    data_follows() =
        "data follows the end of the tar, which no consumer reads",
        "tar 结尾之后还有数据，没有程序会读取";
    data_follows_advice() =
        "pack a single tar instead of several concatenated ones",
        "请只打一个 tar，不要拼接";
    data_follows_the_gzip() =
        "bytes that are not gzip follow the compressed data; importers ignore them",
        "压缩数据后面还有不属于 gzip 的内容，导入程序会忽略";
    data_follows_the_gzip_advice() =
        "copy or pack the file again, unless something appended them on purpose",
        "除非是有意追加的，请重新复制或打包";

    // Limits.
    unpacks_to_too_much(limit: u64) =
        "the archive unpacks to more than {limit} bytes",
        "解压后超过 {limit} 字节";
    unpacks_to_too_much_advice() =
        "do not upload it; pack only what the exporter needs",
        "请不要上传，只打包 exporter 需要的文件";
    too_many_members(limit: usize) =
        "the archive has more than {limit} members",
        "压缩包里的文件超过 {limit} 个";
    too_many_members_advice() =
        "pack only what the exporter needs",
        "请只打包 exporter 需要的文件";
    member_is_too_large(size: u64, limit: u64) =
        "the member declares {size} bytes, but the limit is {limit}",
        "该文件声明有 {size} 字节，上限是 {limit}";
    do_not_trust() =
        "do not trust this archive; pack it again",
        "该压缩包不可信，请重新打包";
    document_is_too_large(size: u64) =
        "the document has {size} bytes",
        "该文件有 {size} 字节";
    reduce_to_2_mib() =
        "reduce it to at most 2 MiB",
        "请缩减到 2 MiB 以内";

    // Members.
    name_is_not_utf8() =
        "the name is not UTF-8",
        "文件名不是 UTF-8";
    name_is_not_utf8_advice() =
        "rename the file to ASCII, or pack on a system with UTF-8 file names",
        "文件名请改用 ASCII 字符，或在文件名为 UTF-8 的系统上打包";
    name_is_unprintable() =
        "the name contains control characters or is too long",
        "文件名含有控制字符，或者过长";
    rename_the_file() =
        "rename the file",
        "请给文件改名";
    path_leads_outside() =
        "the path is absolute, or contains \"..\" or a backslash",
        "路径是绝对路径，或者含有 \"..\" 或反斜杠";
    path_leads_outside_advice() =
        "pack from within the folder of the files, with relative paths",
        "请在文件所在的文件夹里用相对路径打包";
    path_is_repeated() =
        "the path occurs twice",
        "路径出现了两次";
    entries_share_a_path() =
        "two entries have the same path",
        "有两个文件路径相同";
    pack_once() =
        "pack each file once",
        "每个文件只打包一次";
    file_is_an_archive(kind: &str) =
        "the file is itself an archive ({kind}), which no consumer unpacks",
        "该文件本身是压缩包（{kind}），没有程序会解压";
    file_is_an_archive_advice() =
        "pack its files directly, or check and import it separately",
        "请直接打包其中的文件，或单独检查和导入";
    extended_header_is_large(size: u64) =
        "the extended header has {size} bytes",
        "扩展头有 {size} 字节";
    extended_header_differs(size: u64, other: u64) =
        "the header declares {size} bytes, the extended header {other}",
        "文件头声明 {size} 字节，扩展头声明 {other} 字节";
    member_is_a_link(target: &str) =
        "the member is a link to {target:?}",
        "该文件是指向 {target:?} 的链接";
    entry_is_a_link() =
        "the entry is a link",
        "该文件是链接";
    link_advice() =
        "pack the target file instead",
        "请打包目标文件本身";
    member_is_special() =
        "the member is not a regular file, but a device, a pipe or a sparse file",
        "不是普通文件，而是设备、管道或稀疏文件";
    entry_is_special() =
        "the entry is not a regular file",
        "不是普通文件";
    entry_cannot_be_unpacked(reason: &str) =
        "the entry cannot be unpacked: {reason}",
        "该文件无法解压：{reason}";
    entry_cannot_be_unpacked_advice() =
        "pack it with deflate and without a password",
        "请用 deflate 压缩，不要设密码";

    // The file name and the plugin id.
    file_name_has_type(kind: &str) =
        "the new importer parses {kind:?} in the file name as the type",
        "新版导入程序会把文件名里的 {kind:?} 当作插件类型";
    file_name_has_type_advice() =
        "rename the file so that it does not contain exactly two \"__\"",
        "请给文件改名，不要正好含有两个 \"__\"";
    id_pattern(id: &str) =
        "the plugin id {id:?} does not match ^[a-zA-Z][a-zA-Z0-9_]*$",
        "插件 ID {id:?} 不符合 ^[a-zA-Z][a-zA-Z0-9_]*$";
    id_is_too_long(length: usize, limit: usize) =
        "the plugin id has {length} characters, but the limit is {limit}",
        "插件 ID 有 {length} 个字符，上限是 {limit}";
    id_is_official() =
        "the plugin id starts with \"bkplugin_\", which marks BlueKing's own plugins",
        "插件 ID 以 \"bkplugin_\" 开头，这是蓝鲸官方插件的前缀";
    id_is_not_lower_case(id: &str) =
        "the plugin id {id:?} contains upper-case letters",
        "插件 ID {id:?} 含有大写字母";
    id_is_not_lower_case_advice() =
        "use lower case in the folders, the executable and meta.yaml",
        "文件夹、可执行文件和 meta.yaml 里请统一用小写";
}
