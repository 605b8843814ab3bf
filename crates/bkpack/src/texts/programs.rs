//! Programs and files: what failed to start, end, open or write.

blueking_package::texts! {
    cannot_start(command: &str) =
        "cannot start `{command}`",
        "无法启动 `{command}`";
    cannot_wait_for(command: &str) =
        "cannot wait for `{command}`",
        "无法等待 `{command}` 结束";
    failed(command: &str, status: &str) =
        "`{command}` failed ({status})",
        "`{command}` 执行失败（{status}）";
    too_slow(command: &str, seconds: u64) =
        "`{command}` did not finish within {seconds} s",
        "`{command}` 在 {seconds} 秒内没有结束";
    end_of_log(log: &str, lines: &str) =
        "the end of {log}:\n  {lines}",
        "{log} 的末尾：\n  {lines}";
    exited(command: &str, status: &str, output: &str) =
        "`{command}` exited ({status}): {output}",
        "`{command}` 已退出（{status}）：{output}";
    not_within(command: &str, seconds: u64, error: &str, output: &str) =
        "`{command}` in {seconds} s: {error}\n{output}",
        "`{command}`，等待 {seconds} 秒后：{error}\n{output}";
    cannot_terminate(command: &str) =
        "cannot terminate `{command}`",
        "无法终止 `{command}`";
    still_runs(command: &str, seconds: u64) =
        "`{command}` still runs after {seconds} s",
        "`{command}` 过了 {seconds} 秒仍在运行";
    survives_kill(pid: u32) =
        "process {pid} still runs 10 s after kill -9",
        "kill -9 之后 10 秒，进程 {pid} 仍在运行";

    cannot_create(path: &str) =
        "cannot create {path}",
        "无法创建 {path}";
    cannot_open(path: &str) =
        "cannot open {path}",
        "无法打开 {path}";
    cannot_read(path: &str) =
        "cannot read {path}",
        "无法读取 {path}";
    cannot_write(path: &str) =
        "cannot write {path}",
        "无法写入 {path}";
    cannot_remove(path: &str) =
        "cannot remove {path}",
        "无法删除 {path}";
    cannot_rename(path: &str) =
        "cannot rename {path}",
        "无法重命名 {path}";
    cannot_set_mode(path: &str) =
        "cannot set the mode of {path}",
        "无法修改 {path} 的权限";
    no_such_file() = "there is no such file", "文件不存在";
    no_permission() = "permission denied", "没有权限";
    is_a_folder() = "it is a folder", "这是文件夹";
    disk_full() = "the disk is full", "磁盘已满";
    not_utf8() = "it is not UTF-8", "不是 UTF-8 编码";
    interrupted() = "interrupted", "已中断";
    no_standard_output() =
        "cannot write to the standard output",
        "无法写入标准输出";
    no_scratch_folder() =
        "cannot create a scratch folder",
        "无法创建临时文件夹";
    no_free_port() =
        "cannot find a free port",
        "找不到空闲端口";
}
