//! Tests how the plugin's Windows scripts find the processes of their exporter: with `wmic`,
//! PowerShell or `tasklist`. Wine has none of the three as in Windows, so each is replaced by a
//! stand-in that prints recorded output of the real program, byte for byte.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use bkpack::process;
use bkpack::rehearse::{Deployment, Machine};
use blueking_package::plugin::System;

use crate::package::Package;
use crate::windows;

const STAND_IN: &str = include_str!("replay.c");

/// Prints the processes that the script found.
const SHOW: &str =
    "@call \"%~dp0parse_yaml.bat\" processes\r\n@echo found:%pids% by_name:%by_name%\r\n";

const PROGRAMS: [&str; 3] = ["wmic", "powershell", "tasklist"];

/// One answer of a program: the exit code, the part of the arguments that selects the answer, and
/// the output.
type Answer = (u8, &'static str, &'static str);

/// One kind of Windows: the answers of its programs, and the expected result of the script.
struct Case {
    name: &'static str,
    wmic: &'static [Answer],
    powershell: &'static [Answer],
    tasklist: &'static [Answer],
    found: &'static str,
    /// The last program called, and how its last call ends; later programs are not called.
    last_call: (&'static str, &'static str),
}

/// No such program; cmd reports it with this code.
const ABSENT: &[Answer] = &[(1, "", "")];

/// Every line of wmic, even an empty one, ends with an extra CR.
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
        last_call: ("wmic", "get ProcessId /value"),
    },
    Case {
        name: "wmic lists none",
        wmic: &[(0, "get ExecutablePath", "\r\r\n"), (0, "/value", "\r\r\n\r\r\n")],
        powershell: ABSENT,
        tasklist: ABSENT,
        found: "found: by_name:",
        last_call: ("wmic", "get ProcessId /value"),
    },
    Case {
        name: "PowerShell lists two",
        wmic: ABSENT,
        powershell: &[(42, "exit 42", ""), (0, "Get-Process", "1234\r\n77\r\n")],
        tasklist: ABSENT,
        found: "found: 1234 77 by_name:",
        last_call: ("powershell", "ForEach-Object { $_.Id }\""),
    },
    Case {
        name: "PowerShell lists none",
        wmic: ABSENT,
        powershell: &[(42, "exit 42", ""), (0, "Get-Process", "")],
        tasklist: ABSENT,
        found: "found: by_name:",
        last_call: ("powershell", "ForEach-Object { $_.Id }\""),
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
        last_call: ("tasklist", "\"IMAGENAME eq host_exporter.exe\" /NH"),
    },
    Case {
        name: "tasklist lists none",
        wmic: ABSENT,
        powershell: ABSENT,
        tasklist: &[(0, "", "INFO: No tasks are running which match the specified criteria.\r\n")],
        found: "found: by_name:1",
        last_call: ("tasklist", "\"IMAGENAME eq host_exporter.exe\" /NH"),
    },
];

#[test]
fn scripts_find_the_processes_of_their_exporter() -> Result<()> {
    let package = Package::open("windows processes")?;
    let Some(machine) = windows::wine(&package.scratch)? else { return windows::skip() };
    let target = package.plugin_for(System::WindowsX86_64)?;
    let copy = package.deploy(&target, &machine)?;
    fs::write(copy.folder.join("show.bat"), SHOW).context("cannot write show.bat")?;
    let stand_in = package.scratch.join("replay.exe");
    machine.compile(STAND_IN, &stand_in)?.context("the machine does not run Windows programs")?;
    for case in &CASES {
        run_case(case, &copy, &machine, &stand_in).context(case.name)?;
    }
    Ok(())
}

fn run_case(case: &Case, copy: &Deployment<'_>, machine: &Machine, stand_in: &Path) -> Result<()> {
    let folder = stand_in.with_file_name(case.name);
    fs::create_dir_all(&folder).context("cannot create a folder for the programs")?;
    for (name, answers) in PROGRAMS.iter().zip([case.wmic, case.powershell, case.tasklist]) {
        fs::copy(stand_in, folder.join(format!("{name}.exe"))).context("cannot copy a program")?;
        let mut lines = String::new();
        for (number, (code, part, text)) in answers.iter().enumerate() {
            let file = format!("{name}.{number}");
            fs::write(folder.join(&file), text).context("cannot write an answer")?;
            lines += &format!("{code}|{part}|{file}\n");
        }
        fs::write(folder.join(format!("{name}.answers")), lines)
            .context("cannot write the answers")?;
    }
    let log = folder.join("show.log");
    let mut show = machine.script(&copy.folder, "show");
    // WINEPATH precedes the PATH of Wine's Windows.
    show.env("WINEPATH", machine.exporter_path(&folder));
    process::run_within(&mut show, &log, machine.limit())?;
    let output = fs::read_to_string(&log).context("cannot read the script's output")?;
    ensure!(output.contains(&format!("\n{}", case.found)), "{output}");

    let (last, end) = case.last_call;
    let calls = |name: &str| fs::read_to_string(folder.join(format!("{name}.calls")));
    let called = calls(last).with_context(|| format!("{last} was not called"))?;
    ensure!(called.trim_end().ends_with(end), "{last} was called with {called}");
    if last == "wmic" {
        let path = copy.folder.join("host_exporter.exe").display().to_string().replace('/', "\\\\");
        ensure!(
            called.contains(&format!("ExecutablePath='Z:{path}'")),
            "wmic was called with {called}"
        );
    }
    for name in PROGRAMS.iter().skip_while(|name| **name != last).skip(1) {
        ensure!(calls(name).is_err(), "{name} was called although {last} answered");
    }
    Ok(())
}
