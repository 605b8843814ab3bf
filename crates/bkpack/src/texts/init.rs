//! What `init` finds, refuses and asks for.

blueking_package::texts! {
    not_executable(file: &str, reason: &str) =
        "{file} cannot be packed: {reason}; BlueKing starts a compiled executable on every host",
        "{file} 无法打包：{reason}；蓝鲸在每台主机上启动的必须是编译好的可执行文件";
    wrong_machine(file: &str, flag: &str, found: &str) =
        "{file} was given with {flag}, but is an executable for {found}; give it with the flag of that system",
        "{file} 由 {flag} 指定，但它是 {found} 的可执行文件；请改用对应系统的参数";
    needs_libraries(file: &str, libraries: &str) =
        "{file} needs libraries that a package cannot ship: {libraries}; use a static build",
        "{file} 依赖插件包无法携带的动态库：{libraries}；请使用静态编译的版本";
    multi_target(path: &str) =
        "this exporter asks for a target at {path} and has only metrics about itself at /metrics; BlueKing scrapes /metrics without parameters, so there is nothing to collect",
        "该 exporter 要在 {path} 上指定采集目标，/metrics 只有它自身的指标；蓝鲸只采集不带参数的 /metrics，采不到数据";
    authentication(status: u16) =
        "the page answers {status}; BlueKing scrapes without a password: start the exporter without authentication (see --args), it listens on 127.0.0.1 only",
        "指标页返回 {status}；蓝鲸采集时不带密码：请用 --args 关闭认证，exporter 只监听 127.0.0.1";
    tls() =
        "the page is served by TLS; BlueKing scrapes plain HTTP: start the exporter without TLS (see --args), it listens on 127.0.0.1 only",
        "指标页启用了 TLS；蓝鲸只用 HTTP 采集：请用 --args 关闭 TLS，exporter 只监听 127.0.0.1";
    other_path(links: &str) =
        "there is no page at /metrics, the only path that BlueKing 6 and 7 scrape, and no flag changes it; the exporter links: {links}",
        "/metrics 没有指标页，而蓝鲸 6、7 只采集该路径，exporter 也没有修改路径的参数；它链接的路径：{links}";
    not_a_page(page: &str) =
        "{page} is not a page of metrics in the Prometheus or OpenMetrics text format; save the answer of the exporter's /metrics",
        "{page} 不是 Prometheus 或 OpenMetrics 文本格式的指标页；请保存 exporter 的 /metrics 返回的内容";
    page_silent(page: &str) =
        "--page {page}: nothing answers there; is the exporter running?",
        "--page {page}：没有应答；exporter 是否在运行？";
    page_scheme(page: &str) =
        "--page {page}: only a file or an http:// address; save the page into a file",
        "--page {page}：只能是文件或 http:// 地址；请把指标页保存为文件";
    unreadable(flag: &str, file: &str, why: &str) =
        "{flag} {file} cannot be read: {why}", "{flag} {file} 无法读取：{why}";
    not_a_file(flag: &str, file: &str) =
        "{flag} {file}: it is not a regular file", "{flag} {file}：不是普通文件";
    too_large(flag: &str, file: &str, limit: u64) =
        "{flag} {file}: it has more than {limit} MiB", "{flag} {file}：超过 {limit} MiB";
    printed_nothing() = "(nothing)", "（没有任何输出）";
    no_links() = "no other path", "没有其他路径";
    daemon() =
        "the exporter leaves the foreground; BlueKing watches the process that it starts: add the flag that keeps it in the foreground to --args",
        "exporter 启动后转入后台；蓝鲸监视的是它启动的进程：请在 --args 中加上前台运行的参数";
    needs_file(printed: &str) =
        "the exporter needs a file that a package does not have; give the arguments and variables that replace it with --args and --env, or name one that is on every host. It printed:\n  {printed}",
        "exporter 依赖插件包里没有的文件；请用 --args、--env 给出代替它的参数或环境变量，或指定每台主机上都有的文件。程序输出：\n  {printed}";
    exits(printed: &str) =
        "the exporter exits; give the arguments and variables that it needs with --args and --env. It printed:\n  {printed}",
        "exporter 启动后退出；请用 --args、--env 给出所需的参数和环境变量。程序输出：\n  {printed}";
    does_not_answer(printed: &str) =
        "the exporter does not answer at /metrics within 30 s. It printed:\n  {printed}",
        "exporter 在 30 秒内没有在 /metrics 上应答。程序输出：\n  {printed}";
    listens_elsewhere(ports: &str, printed: &str) =
        "the exporter listens on port {ports} instead of the one that it was given; if something in --args or --env sets its address, leave that out. It printed:\n  {printed}",
        "exporter 监听的是端口 {ports}，而不是指定的端口；如果 --args 或 --env 中设置了监听地址，请去掉。程序输出：\n  {printed}";
    own_address(option: &str, name: &str) =
        "{option} sets {name}; leave it out: BlueKing sets the address and path of the page",
        "{option} 设置了 {name}，请去掉：监听地址和指标路径由蓝鲸设置";
    no_listen() =
        "no flag and no variable of the exporter sets its listen address, so BlueKing could not give it a port; if there is one, add it to the text of --help-text",
        "exporter 没有设置监听地址的参数或环境变量，蓝鲸无法为它分配端口；如果有，请写进 --help-text 的文本";
    no_samples() =
        "the page has no samples; does what the exporter monitors answer? give its address with --args or --env",
        "指标页没有任何指标；被监控的服务是否应答？请用 --args 或 --env 指定其地址";
    nothing_runs() =
        "none of the executables runs on this machine; give its page with --page and its help with --help-text, taken where it runs",
        "这些可执行文件都不能在本机运行；请在能运行的机器上取得指标页和帮助，用 --page、--help-text 指定";
    metrics_head() =
        "# The metrics of the exporter, one a line. `bkpack init` brings kind, labels and help up to date;\n# zh (the Chinese name; BlueKing 5.1 shows 15 characters), group and unit are yours.\n# An empty zh is filled with help when the package is built.\n\n",
        "# exporter 的指标，每行一个。再次运行 `bkpack init` 会更新 kind、labels、help；\n# zh（中文名，蓝鲸 5.1 只显示 15 个字）、group、unit 由你维护。\n# zh 为空时，打包时用 help 代替。\n\n";
    blueking_head() =
        "# The package description of an exporter for BlueKing, drafted by `bkpack init`.\n# Texts are shown to operators. What is marked with CHECK only you can know.\n",
        "# exporter 的蓝鲸插件包描述，由 `bkpack init` 生成草稿。\n# 文字会显示给运维人员；标有「请确认」的内容只有你知道。\n";
    comment_plugin_id() =
        "CHECK: the id of the plugin on a site: a letter, then letters, digits and '_'; at most 30. It can never\nchange, and must not be that of another plugin.",
        "请确认：插件 ID，字母开头，只含字母、数字、下划线，最多 30 个字符；以后不能再改，\n也不能与平台上其他插件重复。";
    comment_component() =
        "The name of the component in BlueKing 5.1: letters and digits, at most 15.",
        "蓝鲸 5.1 的组件名：只含字母和数字，最多 15 个字符。";
    comment_display_name() =
        "CHECK: the displayed name; it starts with a letter or a Chinese character and has none of : # & < > ' \".",
        "请确认：显示名称；以字母或汉字开头，不能含 : # & < > ' \"。";
    comment_label() =
        "CHECK: the kind of monitored object: os, component, service_module, host_process, …",
        "请确认：监控对象：os、component、service_module、host_process 等。";
    comment_tag() =
        "A search tag; may be empty.",
        "搜索标签，可以为空。";
    comment_version() =
        "The version of the plugin, x.y: raise x if the executable or a parameter changes, y if only texts or\nmetrics do. A site ignores a package whose version is not raised.",
        "插件版本 x.y：程序或参数变化时升 x，只有文字或指标变化时升 y；不升版本，平台会忽略新包。";
    comment_release() =
        "What is new in this version (版本日志), at most 100 characters.",
        "版本日志，最多 100 个字。";
    comment_supported() =
        "The supported versions, shown by BlueKing 5.1.",
        "适用版本，显示在蓝鲸 5.1 的配置页上。";
    comment_listen() =
        "The address that BlueKing scrapes. 6 and 7 try this port first and then look for a free one.",
        "蓝鲸采集的地址。6、7 先用这个端口，被占用时另找空闲端口。";
    comment_listen_flag() =
        "How the exporter takes it: by a flag or by a variable, in this form.",
        "exporter 接收监听地址的方式：参数或环境变量，以及取值的写法。";
    comment_path_flag() =
        "The flag that sets the path of the page to /metrics; empty if there is none.",
        "把指标路径设为 /metrics 的参数；没有则为空。";
    comment_switch() =
        "Whether a switch also takes a value (--x true), which BlueKing 5.1 needs; otherwise its form has no switches.",
        "开关是否也能带值（--x true）：蓝鲸 5.1 需要；不能带值时，5.1 的表单不含开关。";
    comment_omit() =
        "Metrics that the package leaves out, by name or pattern ('*').",
        "插件包不收录的指标，可写名称或通配符 '*'。";
    left_out_files() =
        "Flags that read a file. To let BlueKing deliver one, add for each:\n  [[parameter]]\n  flag = \"--x\"\n  type = \"file\"\n  default = \"x.yml\"       # its name on the host\n  content = \"...\"         # its default content\n  description = \"...\"",
        "读取文件的参数。需要由蓝鲸下发文件时，为每个参数加上：\n  [[parameter]]\n  flag = \"--x\"\n  type = \"file\"\n  default = \"x.yml\"       # 主机上的文件名\n  content = \"...\"         # 默认内容\n  description = \"...\"";
    left_out_switches() =
        "Switches that are on and that no word of their own turns off; BlueKing cannot pass them:",
        "默认打开、又没有对应关闭参数的开关，蓝鲸无法传递：";
    left_out_long() =
        "Flags with more than 50 characters, which BlueKing 5.1 cannot store:",
        "名称超过 50 个字符的参数，蓝鲸 5.1 无法保存：";
    left_out_many() =
        "Flags beyond the first 30, which a form would hardly show; add [[parameter]] for those that you need:",
        "超出 30 个、未放进表单的参数；需要的请自行添加 [[parameter]]：";
    no_executable() =
        "which executable? give at least one of --linux, --linux-aarch64 and --windows",
        "没有可执行文件，请至少给出 --linux、--linux-aarch64、--windows 之一";
    open_quote(quote: char) =
        "--args has an open {quote}; close it", "--args 中的 {quote} 没有闭合";
    not_a_variable(text: &str) =
        "--env {text:?} is not NAME=VALUE", "--env {text:?} 不是 NAME=VALUE 的形式";
    omit_overwritten(label: &str) =
        "BlueKing overwrites the label {label}", "蓝鲸会覆盖维度 {label}";
    omit_name(name: &str) =
        "BlueKing cannot store the name {name}: it is not a letter with letters, digits and '_'",
        "蓝鲸无法存储名称 {name}：只能以字母开头，含字母、数字和下划线";
    omit_long_label(label: &str, limit: usize) =
        "the label {label} has more than {limit} characters, which BlueKing 5.1 cannot store",
        "维度 {label} 超过 {limit} 个字符，蓝鲸 5.1 无法保存";
    omit_beyond(limit: usize) =
        "beyond the {limit} metrics that BlueKing takes; to have it, omit another",
        "超出蓝鲸的 {limit} 个指标上限；如需保留，请改为去掉别的指标";
    omit_clash() =
        "a label of another metric has the same name", "与其他指标的维度重名";
    found_metrics(families: usize, samples: usize) =
        "metrics: {families}; samples a scrape: {samples}", "{families} 个指标，每次采集 {samples} 个样本";
    found_parameters(rows: usize, left_out: usize) =
        "parameters: {rows}; flags without one, listed in blueking.toml: {left_out}",
        "{rows} 个参数；另有 {left_out} 个未收录的参数列在 blueking.toml 中";
    found_all_parameters(rows: usize) = "parameters: {rows}", "{rows} 个参数";
    found_down(name: &str) =
        "WARNING: {name} is 0: the monitored service does not answer, so its metrics are missing here; give its address and password with --args or --env and run init again",
        "警告：{name} 为 0，被监控的服务没有应答，草稿中缺少它的指标；请用 --args 或 --env 给出地址和密码，再运行一次 init";
    found_itself() =
        "WARNING: all metrics are about the exporter itself; give what it monitors with --args or --env and run init again",
        "警告：指标都是 exporter 自身的；请用 --args 或 --env 指定被监控的对象，再运行一次 init";
    found_switches(switches: &str) =
        "turned off, because BlueKing cannot take their samples: {switches}",
        "已关闭蓝鲸无法接收的指标：{switches}";
    found_omitted(count: usize, names: &str) =
        "left out ({count}; the reasons are beside omit in blueking.toml): {names}",
        "未收录 {count} 个指标（原因见 blueking.toml 的 omit）：{names}";
    found_unsuitable(names: &str) =
        "WARNING: these values are left out, because shells of a site would change them; the exporter runs without them there: {names}",
        "警告：下列取值会被站点上的 shell 改动，没有写进草稿，在蓝鲸上 exporter 运行时没有它们：{names}";
    found_not_passed(names: &str) =
        "WARNING: BlueKing cannot pass these arguments; the exporter runs without them there: {names}",
        "警告：蓝鲸无法传递下列参数，在蓝鲸上 exporter 运行时没有它们：{names}";
    found_cleared(names: &str) =
        "secrets are removed from the content of: {names}; operators fill them in",
        "已去掉下列文件内容里的密码，由运维人员填写：{names}";
    found_kept(names: &str) =
        "defaults in the draft that differ from what was given now (kept): {names}",
        "草稿中与这次给出的值不同的默认值（已保留）：{names}";
    changed_keys() =
        "changed in blueking.toml: ", "blueking.toml 中更新的内容：";
    found_clashes(names: &str) =
        "WARNING: a site cannot debug a plugin on whose page a metric and a label have one name; find an option of the exporter that removes: {names}",
        "警告：指标页上有指标与维度重名，平台上调试会失败；请查找能去掉它们的参数：{names}";
    found_reserved(count: usize, names: &str) =
        "with reserved words ({count}): imported, but a site's pages cannot save the plugin, so do not edit it there: {names}",
        "{count} 个名称含保留字：可以导入，但在平台页面上无法保存，请勿在页面上编辑该插件：{names}";
    found_too_long(count: usize, names: &str) =
        "too long for BlueKing 5.1, whose package is without them ({count}): {names}",
        "{count} 个名称太长，蓝鲸 5.1 无法保存，其插件包不含这些指标：{names}";
    found_lost(names: &str, reason: &str) =
        "WARNING: BlueKing loses samples of {names}: {reason}",
        "警告：蓝鲸会丢失 {names} 的样本：{reason}";
    lost_samples() =
        "Samples that BlueKing loses as the exporter exposes them. To omit the metrics does not help: find\nan option of the exporter that changes the page:",
        "按 exporter 现在的输出，蓝鲸会丢失下列样本。用 omit 去掉没有用，请查找能改变指标页的参数：";
    new_metrics() = "new metrics: ", "新增的指标：";
    gone_metrics() = "metrics that are no longer on the page (kept): ", "指标页上已没有的指标（已保留）：";
    new_rows() = "new parameters: ", "新增的参数：";
    gone_rows() = "parameters that the help no longer names (remove them if they are gone): ", "帮助中已没有的参数（如已取消请删除）：";
    no_version() =
        "plugin_version in blueking.toml is not x.y; correct it",
        "blueking.toml 中的 plugin_version 不是 x.y，请改正";
    raise_version(old: &str, new: &str) =
        "plugin_version is {old}; if a site has that version already, write {new}",
        "plugin_version 为 {old}；如果平台上已有该版本，请改为 {new}";
    same_version(version: &str) =
        "nothing has changed since plugin_version {version}",
        "与 plugin_version {version} 相比没有变化";
    and_more(names: &str, count: usize) = "{names} and {count} more", "{names} 等，另有 {count} 个";
    ask_heading() = "Only you can know:", "请确认：";
    ask_names(id: &str, file: &str) =
        "names and kind in {file} (look for CHECK); the id {id} can never change",
        "{file} 中的名称和监控对象（标有「请确认」）；插件 ID {id} 以后不能再改";
    ask_version() =
        "the exporter's version: write it into metrics.toml, description.md and release",
        "exporter 的版本：请写入 metrics.toml、description.md 和 release";
    ask_required(flags: &str) =
        "required flags without a value: {flags}", "必填但没有值的参数：{flags}";
    ask_chinese(count: usize, names: &str) =
        "Chinese names in metrics.toml, for which the help text stands in ({count}): {names}",
        "metrics.toml 中缺少 {count} 个中文名（暂用英文说明代替）：{names}";
    ask_groups(names: &str) =
        "Chinese names of groups in metrics.toml: {names}",
        "metrics.toml 中没有中文名的分组：{names}";
    ask_run() =
        "whether the page that you gave is complete: the exporter was not run",
        "给出的指标页是否完整：exporter 没有运行过";
    next_build(folder: &str) =
        "Next: bkpack build {folder}", "下一步：bkpack build {folder}";
}
