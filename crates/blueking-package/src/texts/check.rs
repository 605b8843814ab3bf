//! The findings of a check.

crate::texts! {
    zip_duplicate_name(first: &str) =
        "the file has the same name as {first}",
        "文件与 {first} 重名";
    zip_duplicate_name_advice() =
        "keep one: BlueKing 5.1 ignores folders",
        "只保留一个：蓝鲸 5.1 不区分文件夹";
}
