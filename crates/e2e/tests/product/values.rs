//! The check that the plugin's scripts for Linux and Windows read the same values from `etc/env.yaml`,
//! whatever characters they have, and execute none of them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use bkpack::process;
use bkpack::rehearse::Machine;
use bkpack::stage::set_mode;
use blueking_package::plugin::{System, rendered_files};

const PLUGIN: &str = "values";

/// Prints the environment to `seen`, each variable with a NUL at its end.
const SHOW_SH: &str = "#!/bin/sh\ncd \"$(dirname \"$0\")\"\n. ./parse_yaml.sh\nexport_yaml etc/env.yaml\nenv -0 >seen\n";
const SHOW_BAT: &str = "@echo off\r\nsetlocal disabledelayedexpansion\r\n\
    call \"%~dp0parse_yaml.bat\"\r\n\"%~dp0printenv.exe\" >\"%~dp0seen\"\r\n";

/// The same for Windows. Wine may read a file as Latin-1, whatever `chcp` says: characters up to 255
/// are then its bytes.
const PRINT_ENVIRONMENT: &str = r"
#include <stdio.h>
#include <wchar.h>
#include <windows.h>
int main(void) {
    for (wchar_t *next = GetEnvironmentStringsW(); *next; next += wcslen(next) + 1) {
        for (wchar_t *c = next; *c; c++) {
            char text[8];
            int size = WideCharToMultiByte(CP_UTF8, 0, c, 1, text, sizeof text, NULL, NULL);
            if (*c < 256) putchar(*c); else fwrite(text, 1, size, stdout);
        }
        putchar(0);
    }
    return 0;
}
";

/// Deploys the scripts alone below `scratch` and compares what they read with [`lines()`].
pub(crate) fn check(system: System, machine: &Machine, scratch: &Path) -> Result<()> {
    let folder = scratch.join("plugin values");
    for file in rendered_files(system, &[], PLUGIN) {
        let path = folder.join(&file.path);
        fs::create_dir_all(path.parent().context("a file has a folder")?)?;
        fs::write(&path, &file.bytes)?;
    }
    let show =
        if system == System::WindowsX86_64 { ("show.bat", SHOW_BAT) } else { ("show.sh", SHOW_SH) };
    fs::write(folder.join(show.0), show.1)?;
    set_mode(&folder.join(show.0), 0o755)?;
    machine.compile(PRINT_ENVIRONMENT, &folder.join("printenv.exe"))?;

    let lines = lines();
    // Wine scans the file for each name, so a file has few.
    for lines in lines.chunks(200) {
        let text: String =
            lines.iter().enumerate().map(|(n, line)| format!("T_{n}:{}\n", line.0)).collect();
        fs::write(folder.join("etc/env.yaml"), REJECTED.to_owned() + &text)?;
        let mut show = machine.script(&folder, "show");
        process::run_within(&mut show, &scratch.join("show.log"), machine.limit())?;
        let seen = fs::read(folder.join("seen")).context("the script shows no environment")?;
        let seen = String::from_utf8_lossy(&seen);
        let value = |name: &str| seen.split('\0').find_map(|line| line.strip_prefix(name));
        for (n, (text, expected)) in lines.iter().enumerate() {
            let value = value(&format!("T_{n}=")).unwrap_or_default();
            ensure!(value == expected, "{text:?} is read as {value:?}, not {expected:?}");
        }
        let rejected = seen.split('\0').find(|line| line.starts_with("R"));
        let rejected = rejected.filter(|line| line.contains("rejected"));
        ensure!(rejected.is_none(), "the scripts set {rejected:?}");
        ensure!(!folder.join("injected").exists(), "a value was executed");
    }
    Ok(())
}

/// Lines that are not variables, as the second line of a value might be.
const REJECTED: &str = "R-1: rejected\n;R: rejected\n#R: rejected\nR1:rejected\n9R: rejected\n\
    R:2: rejected\nR2 : rejected\nR\"&echo>injected&\": rejected\n: rejected\n\n";

/// The rest of lines after the name and its colon, and the value that the exporter sees: every
/// printable character alone, inside, and next to quotes; a few that are long or known to be hard.
fn lines() -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for c in ' '..='~' {
        for value in [
            format!("a{c}b"),
            format!("{c}a"),
            format!("a{c}"),
            format!("\"{c}"),
            format!("{c}\""),
            format!("\"{c}\""),
        ] {
            lines.push((format!(" {value}"), value.trim_start().to_owned()));
        }
    }
    for value in [
        "x\"& echo>injected & rem \"",
        "x\" & echo>injected",
        "$(echo>injected) `echo>injected` \"; echo>injected; # *",
        "100%PATH%%%~dp0 !PATH! ^^!^ %T_1%",
        "a  b\tc",
        ":9601",
        "内存 \"监控&\" 密码",
        "--a=\"b c\" --d='e' (f) | g > h",
    ] {
        lines.push((format!(" \t {value}"), value.to_owned()));
        lines.push((format!(" {value}\r"), value.to_owned()));
    }
    lines.push((String::new(), String::new()));
    lines
}
