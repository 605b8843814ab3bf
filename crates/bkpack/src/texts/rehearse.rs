//! The steps of a rehearsal as people see them, its report and its usage errors. The names of steps
//! and states in JSON stay English.

blueking_package::texts! {
    step_import() =
        "import",
        "导入";
    step_unpack() =
        "unpack",
        "解包";
    step_port() =
        "port",
        "端口";
    step_arguments() =
        "arguments",
        "启动参数";
    step_environment() =
        "env.yaml",
        "生成 env.yaml";
    step_debug() =
        "debug",
        "调试";
    step_start() =
        "start",
        "启动";
    step_alive() =
        "alive after 2 s",
        "2 秒后仍在运行";
    step_scrape() =
        "scrape",
        "抓取";
    step_metrics() =
        "metrics.json",
        "比对 metrics.json";
    step_preview() =
        "debug preview",
        "调试结果预览";
    step_kill() =
        "kill -9",
        "强杀（kill -9）";
    step_restart() =
        "restart on the same port",
        "原端口重启";
    step_taken() =
        "port taken",
        "端口被占用";
    step_two_copies() =
        "two copies side by side",
        "同机运行两份";
    step_stop() =
        "stop",
        "停止";

    passed() =
        "ok",
        "通过";
    warned() =
        "warning",
        "警告";
    failed() =
        "failed",
        "失败";
    skipped() =
        "skipped",
        "跳过";
    error() =
        "error",
        "错误";
    warning() =
        "warning",
        "警告";
    fact() =
        "fact",
        "说明";
    counts(passed: usize, warned: usize, failed: usize, skipped: usize) =
        "{passed} passed, {warned} with warnings, {failed} failed, {skipped} skipped",
        "{passed} 步通过，{warned} 步有警告，{failed} 步失败，{skipped} 步跳过";
    seconds(seconds: f64) =
        "{seconds:.1} s",
        "{seconds:.1} 秒";

    debug_preview() =
        "debug preview:",
        "调试结果预览：";
    more(count: usize) =
        "and {count} more; --json and --html have all",
        "另有 {count} 条，全部内容见 --json 或 --html";
    more_of_kind(count: usize) =
        "and {count} more of this kind; --json and --html have all",
        "同类的另有 {count} 条，全部内容见 --json 或 --html";
    more_of_kind_named(count: usize, names: &str) =
        "and {count} more of this kind: {names}; --json and --html have all",
        "同类的另有 {count} 条：{names}；全部内容见 --json 或 --html";
    names_and_more(names: &str, count: usize) =
        "{names} and {count} more; --json and --html have all",
        "{names} 等，另有 {count} 个，全部内容见 --json 或 --html";
    would_not_work(file: &str) =
        "{file} would not work on BlueKing; the failed steps are above",
        "{file} 在蓝鲸上无法正常工作，失败的步骤见上文";
    would_not_work_with(file: &str, parameters: &str) =
        "{file} would not work on BlueKing with these parameters ({parameters}); the failed steps are above",
        "{file} 用这些参数（{parameters}）在蓝鲸上无法正常工作，失败的步骤见上文";
    not_reached() =
        "not reached",
        "前面的步骤失败，未执行";

    cannot_write_report(path: &str, reason: &str) =
        "--html: cannot write {path:?}: {reason}; nothing was started; give a file in an existing folder",
        "--html：无法写入 {path:?}：{reason}；演练未开始，请指定已有文件夹里的文件";
    report_not_written(path: &str) =
        "--html: cannot write {path}",
        "--html：无法写入 {path}";
    report_is_package() =
        "it is the package",
        "它就是插件包";
    row_without_value(typed: &str) =
        "--param {typed:?} is not name=value; add the value",
        "--param {typed:?} 不是 name=value 形式，请补上值";
    unknown_row(name: &str, rows: &str) =
        "the form has no row {name:?}; its rows are {rows}",
        "采集配置里没有 {name:?}，只有 {rows}";
    not_a_port(value: &str) =
        "--param port={value:?} is not a port; give a number from 1 to 65535",
        "--param port={value:?} 不是端口，请填 1 到 65535 的数字";
    not_a_file(name: &str, value: &str) =
        "the row {name:?} takes a file, but {value} is not one; give its path",
        "{name:?} 要填文件，但 {value} 不是文件，请给出文件路径";
    wrong_system(wanted: &str, available: &str) =
        "the package is not for {wanted}, but for {available}",
        "插件包不支持 {wanted}，只支持 {available}";
    no_system(wanted: &str) =
        "the package is not for {wanted}, but for none",
        "插件包不支持 {wanted}，也不支持其他系统";
    component_port_taken(port: u16, why: &str) =
        "port {port} is taken on this machine ({why}), and BlueKing would not try another one, so nothing was started; stop the program that listens there, or choose another port with --param: in _exporter_url_ and in the row with the listen address",
        "本机端口 {port} 不可用（{why}），蓝鲸也不会换端口，因此演练未开始；请停掉占用它的程序，或用 --param 改端口：_exporter_url_ 和监听地址都要改";
    plugin_port_taken(port: u16, why: &str) =
        "port {port} is taken on this machine ({why}), and BlueKing would not try another one, so nothing was started; stop the program that listens there, or choose another port with --param: port=NUMBER, or none to allocate a free one",
        "本机端口 {port} 不可用（{why}），蓝鲸也不会换端口，因此演练未开始；请停掉占用它的程序，或用 --param port=端口号 换一个，不指定则自动分配";
    port_in_use() =
        "used",
        "已被占用";
    port_of_another_rehearsal() =
        "another rehearsal's",
        "另一个演练在用";
    no_free_port() =
        "every port from 10000 on is used; stop a program",
        "10000 以上的端口全部被占用，请停掉一些程序";

    needs_linux() =
        "a rehearsal needs Linux: it finds processes in /proc",
        "演练只能在 Linux 上进行：进程信息取自 /proc";
    needs_x86_64() =
        "programs for x86-64 do not run on this machine; use an x86-64 machine",
        "x86-64 程序无法在本机运行，请换一台 x86-64 机器";
    needs_qemu() =
        "qemu-aarch64-static is not installed; install qemu-user-static",
        "没有 qemu-aarch64-static，请安装 qemu-user-static";
    needs_wine() =
        "wine64 is not installed; install wine64",
        "没有 wine64，请安装 wine64";
    needs_mingw() =
        "mingw-w64 is not installed; install gcc-mingw-w64-x86-64",
        "没有 mingw-w64，请安装 gcc-mingw-w64-x86-64";
    this_machine() =
        "this machine",
        "本机";
}
