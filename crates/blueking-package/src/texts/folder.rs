//! The findings that only an unpacked package has.

crate::texts! {
    link() =
        "the file is a link",
        "该文件是链接";
    link_advice() =
        "copy the target file to its place",
        "换成目标文件本身";
    special() =
        "the file is a device, a pipe or a socket",
        "该文件是设备、管道或套接字";
    special_advice() =
        "remove it",
        "请删除";
}
