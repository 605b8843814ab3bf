//! The help of the commands, and the errors of the command line.

blueking_package::texts! {
    overview(program: &str) =
"Packs any exporter for BlueKing (蓝鲸) monitoring, checks packages, and runs them as BlueKing does.

Usage: {program} COMMAND [FLAGS]

Commands:
  init       draft a package of any exporter from its executables
  build      pack a draft for BlueKing 5.1, 6 and 7, and check the packages
  check      check packages, from any source, against BlueKing's rules before an upload
  rehearse   run a package on this machine as BlueKing does

Flags:
  --lang zh|en   language of all texts (default: the user's locale)
  --version      print the version
  --help         print this help; `{program} COMMAND --help` prints that of a command",
"把任意 exporter 打成蓝鲸监控的插件包，检查插件包，并像蓝鲸那样在本机运行。

用法：{program} COMMAND [FLAGS]

命令：
  init       根据可执行文件生成任意 exporter 的插件包草稿
  build      把草稿打成蓝鲸 5.1、6、7 的插件包并检查
  check      上传之前，按蓝鲸的规则检查插件包，不限来源
  rehearse   在本机演练：像蓝鲸那样运行插件包

参数：
  --lang zh|en   输出的语言（默认随系统区域设置）
  --version      打印版本
  --help         打印本帮助；各命令的帮助见 `{program} COMMAND --help`";

    init(program: &str) =
"Drafts a package of any exporter in the folder DIR: looks at the executables, starts the one for
this machine on a free loopback port, reads its help, version and metrics, and writes
blueking.toml, metrics.toml, description.md and logo.png for you to complete. Run it again with a
new executable: what you wrote stays.

Usage: {program} init [FLAGS] DIR

Flags:
  --linux FILE           the executable for x86-64 Linux
  --linux-aarch64 FILE   the executable for aarch64 Linux
  --windows FILE.exe     the executable for x86-64 Windows
  --args ARGUMENTS       arguments that the exporter needs, in quotes; they become defaults
  --env NAME=VALUE       a variable that it needs; secrets are not written down; repeatable
  --page FILE|URL        a metrics page, in place of that of the exporter started here
  --help-text FILE       its help, in place of what it prints here
  --lang zh|en           language of all texts (default: the user's locale)
  --help                 print this help

Exit code: 1 if the exporter cannot be packed, with the reason; 2 for a usage error.",
"在文件夹 DIR 中生成任意 exporter 的插件包草稿：检查可执行文件，在本机空闲端口上启动适用于本机的那个，
读取帮助、版本和指标，写出 blueking.toml、metrics.toml、description.md 和 logo.png，由你补充。
换新程序后可再次运行，你写的内容会保留。

用法：{program} init [FLAGS] DIR

参数：
  --linux FILE           x86-64 Linux 的可执行文件
  --linux-aarch64 FILE   aarch64 Linux 的可执行文件
  --windows FILE.exe     x86-64 Windows 的可执行文件
  --args ARGUMENTS       exporter 所需的启动参数，整体加引号；会成为采集配置的默认值
  --env NAME=VALUE       所需的环境变量，密码不会写入文件；可重复
  --page FILE|URL        用给出的指标页，不在本机启动 exporter
  --help-text FILE       用给出的帮助文本，不在本机获取
  --lang zh|en           输出的语言（默认随系统区域设置）
  --help                 打印本帮助

退出码：exporter 无法打包为 1，并说明原因；用法不对为 2。";

    build(program: &str) =
"Packs the folder DIR that `{program} init` drafted: a .zip for BlueKing 5.1, a .tgz for 6.x and
7.x, the same bytes each time; and checks both.

Usage: {program} build [FLAGS] DIR

Flags:
  --for VERSIONS   versions of BlueKing, such as 6,7 (default: 5.1,6,7)
  --out DIR        where to write the packages (default: DIR/dist)
  --lang zh|en     language of all texts (default: the user's locale)
  --help           print this help

Exit code: 1 if the folder or a package has errors, 2 for a usage error.",
"把 `{program} init` 生成的文件夹 DIR 打成插件包：蓝鲸 5.1 的 .zip，6.x 和 7.x 的 .tgz，内容可重现；
打包后自动检查。

用法：{program} build [FLAGS] DIR

参数：
  --for VERSIONS   蓝鲸的版本，例如 6,7（默认 5.1,6,7）
  --out DIR        插件包写到哪个文件夹（默认 DIR/dist）
  --lang zh|en     输出的语言（默认随系统区域设置）
  --help           打印本帮助

退出码：文件夹或插件包有错误为 1，用法不对为 2。";

    check(program: &str) =
"Checks packages against BlueKing's rules before an upload: what an import rejects, what fails
only later, and what is dropped silently.

Usage: {program} check [FLAGS] FILE|DIR…

FILE is a package: .zip of BlueKing 5.1, .tgz of 6.x and 7.x. DIR is an unpacked one.

Flags:
  --earlier FILE   the plugin's .tgz on the site, to check that the version is raised correctly
  --json           print the findings as JSON
  --lang zh|en     language of all texts (default: the user's locale)
  --help           print this help

Exit code: 0 without errors; 1 if a package has errors or an existing file cannot be read;
otherwise 2 for a usage error, such as a missing file. The other files are checked anyway.",
"上传之前，按蓝鲸的规则检查插件包：哪些内容导入时会被拒绝，哪些之后才出错，哪些会被悄悄丢弃。

用法：{program} check [FLAGS] FILE|DIR…

FILE 是插件包：蓝鲸 5.1 的 .zip，6.x 和 7.x 的 .tgz；DIR 是解开后的插件包。

参数：
  --earlier FILE   平台上现有插件的 .tgz，用来检查版本号该怎么升
  --json           以 JSON 输出检查结果
  --lang zh|en     输出的语言（默认随系统区域设置）
  --help           打印本帮助

退出码：没有错误为 0；插件包有错误，或文件存在但读不了，为 1；用法不对（例如文件不存在）为 2。
一个文件出问题不影响检查其他文件。";

    rehearse(program: &str) =
"Runs a package on this machine as BlueKing does: unpacks, configures, debugs, starts, scrapes,
kills and stops the exporter, and reports what would fail. Needs Linux.

Usage: {program} rehearse [FLAGS] FILE|DIR

FILE is a package: .zip of BlueKing 5.1, .tgz of 6.x and 7.x. DIR is an unpacked one.

Flags:
  --param NAME=VALUE   fill in a row of the form, such as port=9700; repeatable
  --os SYSTEM          linux (the default), linux-aarch64 (under qemu) or windows (under Wine)
  --html FILE          also write the report as an HTML page
  --json               print the report as JSON; progress then goes to stderr
  --lang zh|en         language of all texts (default: the user's locale)
  --help               print this help

Exit code: 1 if a step failed, 2 for a usage error.",
"在本机演练插件包：像蓝鲸那样解包、生成配置、调试、启动、抓取、杀进程、停止，指出哪一步会失败。
只能在 Linux 上运行。

用法：{program} rehearse [FLAGS] FILE|DIR

FILE 是插件包：蓝鲸 5.1 的 .zip，6.x 和 7.x 的 .tgz；DIR 是解开后的插件包。

参数：
  --param NAME=VALUE   填写采集配置里的一项，例如 port=9700；可重复
  --os SYSTEM          linux（默认）、linux-aarch64（借助 qemu）或 windows（借助 Wine）
  --html FILE          另外把报告写成 HTML 页面
  --json               以 JSON 输出报告，此时进度写到 stderr
  --lang zh|en         输出的语言（默认随系统区域设置）
  --help               打印本帮助

退出码：有步骤失败为 1，用法不对为 2。";

    see_help(command: &str) =
        "see `{command} --help`",
        "用法见 `{command} --help`";

    unknown_flag(name: &str) =
        "unknown option {name}",
        "未知参数 {name}";
    unknown_command(name: &str) =
        "unknown command {name}",
        "未知命令 {name}";
    did_you_mean(unknown: &str, nearest: &str) =
        "{unknown} (did you mean {nearest}?)",
        "{unknown}（是否指 {nearest}？）";
    unexpected_word(word: &str) =
        "{word} is one argument too many",
        "多余的参数 {word}";
    no_value(name: &str) =
        "{name} needs a value",
        "{name} 需要一个值";
    wrong_value(name: &str, why: &str) =
        "{name}: {why}",
        "{name} 的值有误：{why}";
    no_value_allowed(name: &str) =
        "{name} takes no value",
        "{name} 不带值";

    wrong_flags(error: &str, see: &str) =
        "{error}; {see}",
        "命令行有误：{error}；{see}";

    not_utf8(word: &str, see: &str) =
        "{word} is not UTF-8; {see}",
        "{word} 不是 UTF-8；{see}";

    which_folder(see: &str) =
        "which folder? {see}",
        "要用哪个文件夹？{see}";

    which_packages(see: &str) =
        "which packages? {see}",
        "要检查哪些插件包？{see}";

    which_package(see: &str) =
        "which package? {see}",
        "要演练哪个插件包？{see}";

    which_command(help: &str) =
        "which command?\n\n{help}",
        "要执行哪个命令？\n\n{help}";

    not_one_of(value: &str, choices: &str) =
        "{value:?} is not one of {choices}",
        "{value:?} 不在可选值里：{choices}";
}
