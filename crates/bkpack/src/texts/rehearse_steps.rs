//! The summaries and notes of a rehearsal's steps, except those on the page.

use std::fmt::Display;

blueking_package::texts! {
    ended_before_answer(printed: &str) =
        "the exporter ended without an answer; its output: {printed}",
        "exporter 没有应答就退出了，程序输出：{printed}";
    finding(finding: impl Display, rule: &str, objectors: &str) =
        "{finding}\n[{rule}, {objectors}]",
        "{finding}\n[规则 {rule}，{objectors}]";
    answered_finding(finding: impl Display, rule: &str, objectors: &str, answer: &str) =
        "{finding}\n[{rule}, {objectors}; server: {answer}]",
        "{finding}\n[规则 {rule}，{objectors}；服务端返回：{answer}]";
    findings(errors: usize, warnings: usize) =
        "errors: {errors}, warnings: {warnings}",
        "错误 {errors} 个，警告 {warnings} 个";
    findings_left_out(errors: usize, warnings: usize, left_out: usize) =
        "errors: {errors}, warnings: {warnings}, not listed: {left_out}",
        "错误 {errors} 个，警告 {warnings} 个，未列出 {left_out} 个";

    unpacked_file(id: &str, system: &str, machine: &str) =
        "{id} for {system}, 1 file, on {machine}",
        "{id}（{system}），1 个文件，运行环境：{machine}";
    unpacked_files(id: &str, system: &str, files: usize, machine: &str) =
        "{id} for {system}, {files} files, on {machine}",
        "{id}（{system}），{files} 个文件，运行环境：{machine}";
    scripts_replaced(lacking: &str) =
        "the package is without {lacking}; BlueKing monitoring puts its own scripts and templates in place of the package's, and equivalent ones are used here; node management (节点管理), which also accepts uploads, could not start this one",
        "插件包缺少 {lacking}；监控平台导入时会换成自己的脚本和模板，这里用的是等效的一套；如果直接上传到节点管理，这个包无法启动";
    no_plugin_folder(folder: &str) =
        "{folder} contains no plugin",
        "{folder} 下没有插件";
    no_executable() =
        "no executable",
        "没有可执行文件";

    ports_skipped(ports: &str) =
        "skipped: {ports}",
        "已跳过：{ports}";
    port_in_form(port: u16) =
        "{port}, in the form",
        "{port}，取自采集配置";
    port_typed(port: u16) =
        "{port}, from --param",
        "{port}，取自 --param";
    port_allocated(port: u16) =
        "{port}, allocated",
        "{port}，自动分配";
    no_port_row() =
        "the form has no row \"port\"",
        "采集配置里没有 \"port\"";
    no_row(name: &str) =
        "the form has no row {name}",
        "采集配置里没有 {name}";
    no_port(name: &str, value: &str) =
        "{name} {value:?} has no port from 1 to 65535",
        "{name} {value:?} 里没有 1 到 65535 的端口";
    not_http(name: &str, url: &str) =
        "{name} {url:?} is not an http:// URL",
        "{name} {url:?} 不是 http:// 地址";

    the_arguments() =
        "the arguments",
        "启动参数";
    script_changes(subject: &str, effect: impl Display) =
        "BlueKing's start script changes {subject}: {effect}; use a value without them",
        "蓝鲸的启动脚本会改动 {subject}：{effect}；请换成不含这些字符的值";
    none_in_component() =
        "BlueKing 5.1 has none",
        "蓝鲸 5.1 没有这一步";
    rendered(path: &str, names: &str) =
        "{path}, rendered from its template with {names}",
        "{path}，由模板生成，包含 {names}";

    no_debug_script() =
        "the package has no debug script or no template for it; BlueKing monitoring adds its own",
        "插件包没有调试脚本或它的模板，监控平台会加上自己的";
    stand_in_needs_mingw() =
        "mingw-w64, which builds the stand-in for the collector, is not installed; install it",
        "没有 mingw-w64，无法编译采集器的替身程序，请安装";
    no_metric_url(template: &str, url: &str) =
        "the rendered {template} does not contain {url}, so the collector would scrape nothing; write {{{{ metric_url }}}} in its hosts",
        "由 {template} 生成的配置里没有 {url}，采集器抓不到任何指标；请在 hosts 里写 {{{{ metric_url }}}}";
    silent_while_debugged() =
        "the exporter does not answer while it is debugged",
        "调试期间 exporter 没有应答";
    debugged(arguments: &str, url: &str) =
        "bkmonitorbeat {arguments} scrapes {url}",
        "bkmonitorbeat {arguments} 抓取 {url}";
    collector_not_called() =
        "the collector was not called",
        "采集器没有被调用";
    debug_starts_nothing(collector: &str) =
        "the plugin's debug does not start the exporter and then {collector} of the agent",
        "调试脚本没有先启动 exporter、再启动 Agent 的 {collector}";
    no_pid_files(folder: &str) =
        "no pid file was written to {folder}",
        "{folder} 里没有 pid 文件";
    too_few_pid_files(count: usize) =
        "of exporter and collector, {count} wrote a pid file",
        "exporter 和采集器中，只有 {count} 个写了 pid 文件";
    left_by_debug(pids: &[u32]) =
        "after debugging, processes {pids:?} of the plugin keep running, because they have no pid file in its folder \"pid\"; do not let the exporter start other processes",
        "调试结束后，插件的进程 {pids:?} 仍在运行，因为插件的 \"pid\" 目录里没有它们的 pid 文件；不要让 exporter 启动其他进程";

    process(pid: u32) =
        "process {pid}",
        "进程 {pid}";
    wine_process() =
        "as a process of Wine",
        "Wine 的进程";
    started_nothing(output: &str) =
        "the start script succeeded, but nothing runs 2 s later; let the exporter run in the foreground, and exit with an error if it cannot: {output}",
        "启动脚本返回成功，但 2 秒后没有进程；exporter 应在前台运行，启动不了时以非零退出码退出：{output}";
    nothing_runs() =
        "nothing runs",
        "没有进程在运行";
    wrong_pid(pid: u32, running: &[u32]) =
        "the pid file names process {pid}, but {running:?} are running; let the script write the pid of the exporter, which must not fork",
        "pid 文件里是 {pid}，实际运行的是 {running:?}；脚本应写入 exporter 的进程号，exporter 不能 fork";
    no_pid_file(path: &str) =
        "the pid file {path} is missing; let the start script write BK_PLUGIN_PID_PATH",
        "没有 pid 文件 {path}；启动脚本应写入 BK_PLUGIN_PID_PATH";
    bad_pid_file(text: &str) =
        "the pid file contains {text:?}",
        "pid 文件的内容是 {text:?}";
    two_seconds_not_passed() =
        "2 s have not passed",
        "还不到 2 秒";
    process_without_name() =
        "the process has no name",
        "进程没有名字";
    other_arguments(given: &[String], expected: &[String]) =
        "it was started with {given:?}; BlueKing's own script would pass {expected:?}",
        "实际启动参数是 {given:?}，蓝鲸自己的脚本会传 {expected:?}";
    other_name(name: &str, own: &str) =
        "it runs as {name:?}, but the site's stop script looks for {own:?}; do not change the process name",
        "进程名是 {name:?}，而平台的停止脚本按 {own:?} 查找；不要修改进程名";
    still_running(pids: &[u32]) =
        "processes {pids:?} still run",
        "进程 {pids:?} 仍在运行";

    restarted(seconds: f64) =
        "it answers after {seconds:.1} s",
        "{seconds:.1} 秒后应答";
    starts_on_taken_port(port: u16) =
        "a second copy starts on port {port}, which is taken, and the site would scrape the first copy; let the exporter exit with an error instead",
        "端口 {port} 已被占用，第二份仍然启动成功，平台抓到的会是第一份；此时 exporter 应以非零退出码退出";
    first_copy_silent() =
        "the first copy no longer answers",
        "第一份不再应答";
    exits_silently() =
        "the second copy exits silently; print the reason on stderr",
        "第二份退出时没有输出；请把原因打印到 stderr";
    exits(last_line: &str) =
        "it exits: {last_line}",
        "已退出：{last_line}";
    one_copy_in_component() =
        "BlueKing 5.1 runs one copy on a host",
        "蓝鲸 5.1 在一台主机上只运行一份";
    two_copies(first: u16, second: u16) =
        "on ports {first} and {second}",
        "端口 {first} 和 {second}";
    stop_ended_other() =
        "stop of one copy ended the other",
        "停止其中一份时，另一份也停了";
    stop_failed_when_stopped() =
        "stop must succeed when nothing runs",
        "没有进程时，停止脚本也应返回成功";
    nothing_remains() =
        "nothing remains",
        "没有残留";
    stop_leaves(remains: &str) =
        "stop leaves {remains}; let the script end every process that it started, and the exporter start none",
        "停止后残留 {remains}；脚本应结束它启动的所有进程，exporter 不要启动其他进程";
    left_processes(pids: &[u32]) =
        "processes {pids:?}",
        "进程 {pids:?}";
    left_listener(port: u16) =
        "a listener on port {port}",
        "端口 {port} 上的监听";
    left_pid_file() =
        "the pid file",
        "pid 文件";
}
