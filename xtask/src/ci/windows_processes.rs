//! How the plugin's scripts for Windows find the processes of their exporter: by `wmic`, by PowerShell,
//! by `tasklist`. Wine has none of the three as Windows has it, so each is played: a program of that
//! name prints, byte for byte, what the real one prints.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use blueking_package::plugin::System;

use super::package::Package;
use super::plugin;
use super::report::{Done, Report};
use super::tools::{HINT, Tools};
use crate::process;
use crate::rehearse::{Deployment, Machine};

const STAND_IN: &str = include_str!("../../stand-in/replay.c");

/// Prints what the script has found.
const SHOW: &str =
    "@call \"%~dp0parse_yaml.bat\" processes\r\n@echo found:%pids% by_name:%by_name%\r\n";

const PLAYED: [&str; 3] = ["wmic", "powershell", "tasklist"];

/// What one program answers: its exit code, a part of the arguments that it answers so, and what it
/// prints.
type Answer = (u8, &'static str, &'static str);

/// A Windows: what its programs answer, and what a script has to find by that.
struct Case {
    name: &'static str,
    wmic: &'static [Answer],
    powershell: &'static [Answer],
    tasklist: &'static [Answer],
    found: &'static str,
    /// A program, and how its last call ends; programs after it are not called at all.
    asked: (&'static str, &'static str),
}

/// No such program; cmd says so with this code.
const ABSENT: &[Answer] = &[(1, "", "")];

/// Each line of wmic ends with a CR too many, empty ones as well.
const CASES: [Case; 6] = [
    Case {
        name: "wmic lists two",
        wmic: &[
            (0, "get ExecutablePath", "ExecutablePath\r\r\nC:\\host_exporter.exe\r\r\n\r\r\n"),
            (
                0,
                "/value",
                "\r\r\n\r\r\nProcessId=1234\r\r\n\r\r\n\r\r\nProcessId=77\r\r\n\r\r\n\r\r\n",
            ),
        ],
        powershell: ABSENT,
        tasklist: ABSENT,
        found: "found: 1234 77 by_name:",
        asked: ("wmic", "get ProcessId /value"),
    },
    Case {
        name: "wmic lists none",
        wmic: &[(0, "get ExecutablePath", "\r\r\n"), (0, "/value", "\r\r\n\r\r\n")],
        powershell: ABSENT,
        tasklist: ABSENT,
        found: "found: by_name:",
        asked: ("wmic", "get ProcessId /value"),
    },
    Case {
        name: "PowerShell lists two",
        wmic: ABSENT,
        powershell: &[(42, "exit 42", ""), (0, "Get-Process", "1234\r\n77\r\n")],
        tasklist: ABSENT,
        found: "found: 1234 77 by_name:",
        asked: ("powershell", "ForEach-Object { $_.Id }\""),
    },
    Case {
        name: "PowerShell lists none",
        wmic: ABSENT,
        powershell: &[(42, "exit 42", ""), (0, "Get-Process", "")],
        tasklist: ABSENT,
        found: "found: by_name:",
        asked: ("powershell", "ForEach-Object { $_.Id }\""),
    },
    Case {
        name: "tasklist lists two",
        wmic: ABSENT,
        powershell: ABSENT,
        tasklist: &[(
            0,
            "",
            "\r\nhost_exporter.exe             1234 Services                   0      5,120 K\r\n\
             host_exporter.exe               77 Console                    1      5,120 K\r\n",
        )],
        found: "found: 1234 77 by_name:1",
        asked: ("tasklist", "\"IMAGENAME eq host_exporter.exe\" /NH"),
    },
    Case {
        name: "tasklist says that there is none",
        wmic: ABSENT,
        powershell: ABSENT,
        tasklist: &[(0, "", "INFO: No tasks are running which match the specified criteria.\r\n")],
        found: "found: by_name:1",
        asked: ("tasklist", "\"IMAGENAME eq host_exporter.exe\" /NH"),
    },
];

pub(crate) fn check(package: &Package, tools: &Tools, report: &mut Report) {
    report.step("how the plugin's scripts find processes on a Windows, under Wine", || {
        if tools.wine().is_none() || tools.mingw().is_none() {
            return Ok(Done::Skipped(format!("wine64 or mingw-w64 is not installed; {HINT}")));
        }
        let scratch = package.scratch.join("windows processes");
        fs::create_dir_all(&scratch).context("make a scratch folder")?;
        let machine = Machine::new(System::WindowsX86_64, &scratch)?;
        let target = plugin::target(package, System::WindowsX86_64)?;
        let copy = plugin::copy(package, &target, &machine, "windows processes")?;
        fs::write(copy.folder.join("show.bat"), SHOW).context("write show.bat")?;
        let stand_in = scratch.join("replay.exe");
        machine.compile(STAND_IN, &stand_in)?.context("this is no Windows")?;
        for case in &CASES {
            play(case, &copy, &machine, &stand_in).context(case.name)?;
        }
        Ok(Done::Passed(CASES.len()))
    });
}

fn play(case: &Case, copy: &Deployment<'_>, machine: &Machine, stand_in: &Path) -> Result<()> {
    let folder = stand_in.with_file_name(case.name);
    fs::create_dir_all(&folder).context("make a folder for the programs")?;
    for (name, answers) in PLAYED.iter().zip([case.wmic, case.powershell, case.tasklist]) {
        fs::copy(stand_in, folder.join(format!("{name}.exe"))).context("copy a program")?;
        let mut lines = String::new();
        for (number, (code, part, text)) in answers.iter().enumerate() {
            let file = format!("{name}.{number}");
            fs::write(folder.join(&file), text).context("write an answer")?;
            lines += &format!("{code}|{part}|{file}\n");
        }
        fs::write(folder.join(format!("{name}.answers")), lines).context("write the answers")?;
    }
    let log = folder.join("show.log");
    let mut show = machine.script(&copy.folder, "show");
    // It stands before the PATH of that Windows.
    show.env("WINEPATH", machine.path_there(&folder));
    process::run_within(&mut show, &log, machine.limit())?;
    let shown = fs::read_to_string(&log).context("read what the script says")?;
    ensure!(shown.contains(&format!("\n{}", case.found)), "{shown}");

    let (last, end) = case.asked;
    let calls = |name: &str| fs::read_to_string(folder.join(format!("{name}.calls")));
    let asked = calls(last).with_context(|| format!("{last} is not asked"))?;
    ensure!(asked.trim_end().ends_with(end), "{last} is asked {asked}");
    if last == "wmic" {
        let path = copy.folder.join("host_exporter.exe").display().to_string().replace('/', "\\\\");
        ensure!(asked.contains(&format!("ExecutablePath='Z:{path}'")), "wmic is asked {asked}");
    }
    for name in PLAYED.iter().skip_while(|name| **name != last).skip(1) {
        ensure!(calls(name).is_err(), "{name} is asked, and {last} has answered");
    }
    Ok(())
}
