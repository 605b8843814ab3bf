//! What `build` reports.

blueking_package::texts! {
    no_draft(folder: &str) =
        "{folder} has no blueking.toml; draft a package there with `bkpack init {folder} --linux FILE`",
        "{folder} 中没有 blueking.toml；请先用 `bkpack init {folder} --linux FILE` 生成草稿";
    not_utf8(file: &str) =
        "{file} is not UTF-8; save it in that encoding", "{file} 不是 UTF-8 编码，请转换后再试";
    rejected(problems: &str) =
        "nothing is written; correct this first:\n{problems}",
        "没有生成任何文件，请先改正：\n{problems}";
    differs(archive: &str) =
        "{archive} was removed: it differs when it is read back; is the disk full or faulty?",
        "{archive} 已删除：读回的内容与写入的不同，请检查磁盘";
    removed(archive: &str, findings: &str) =
        "{archive} was removed; correct this first:{findings}",
        "{archive} 已删除，请先改正：{findings}";
    without_51() =
        "no package for BlueKing 5.1: it runs on x86-64 alone",
        "没有生成蓝鲸 5.1 的包：5.1 只支持 x86-64";
    unnamed(count: usize, names: &str) =
        "warning: {count} metrics and labels have no Chinese name, so HELP or the name itself stands in: {names}",
        "警告：{count} 个指标和维度没有中文名，暂用英文说明或名称代替：{names}";
    several(folder: &str) =
        "{folder} has several files; keep the executable alone",
        "{folder} 中有多个文件，请只保留可执行文件";
    no_executable(folder: &str) =
        "{folder} has no executable in linux, linux-aarch64 or windows; add one",
        "{folder} 的 linux、linux-aarch64、windows 中都没有可执行文件，请添加";
    next_rehearse(file: &str) =
        "Next: bkpack rehearse {file}", "下一步：bkpack rehearse {file}";
}
