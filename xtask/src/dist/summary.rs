//! The final output of `dist`: the shipped files and the next steps. Pure.

use super::plan::Plan;
use super::target::Target;
use crate::workspace::Workspace;
use bkpack::build::Output;

/// A shipped file.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) file: String,
    pub(crate) target: String,
    pub(crate) size: usize,
    pub(crate) linkage: String,
    pub(crate) sha256: String,
    /// System libraries that the file imports.
    pub(crate) imports: Vec<String>,
    /// The oldest Windows that has all of them.
    pub(crate) oldest_windows: Option<&'static str>,
    /// The size in bytes above which an executable gets a warning.
    pub(crate) limit: Option<usize>,
}

/// Formats the table, followed by warnings and the imports of each executable.
pub(crate) fn table(rows: &[Row]) -> String {
    let head = ["file", "target", "size", "linkage", "sha256"].map(str::to_owned);
    let cells = rows.iter().map(|row| {
        let size = format!("{:.2} MiB", row.size as f64 / f64::from(1 << 20));
        [row.file.clone(), row.target.clone(), size, row.linkage.clone(), row.sha256.clone()]
    });
    let lines: Vec<_> = [head].into_iter().chain(cells).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].len()).max().unwrap_or(0);
    let widths = [0, 1, 2, 3, 4].map(width);
    let mut text = String::new();
    for line in &lines {
        let cells: Vec<_> =
            line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text += cells.join("  ").trim_end();
        text.push('\n');
    }
    for row in rows {
        if let Some(limit) = row.limit.filter(|limit| row.size > *limit) {
            let limit = limit as f64 / f64::from(1 << 20);
            text += &format!("warning: {} is larger than {limit:.1} MiB\n", row.file);
        }
        if !row.imports.is_empty() {
            text += &format!("{} imports {}{}\n", row.file, row.imports.join(", "), since(row));
        }
    }
    text
}

/// States which Windows versions have the imported functions.
fn since(row: &Row) -> String {
    let Some(oldest) = row.oldest_windows else { return String::new() };
    let older = if Target::Windows7.oldest_windows() == Some(oldest) {
        String::new()
    } else {
        format!("; for older versions build {} (--targets)", Target::Windows7.name())
    };
    format!(": available in {oldest} and later{older}")
}

/// The commands to run on the packages.
pub(crate) fn next_steps(workspace: &Workspace, plan: &Plan) -> String {
    let zips: Vec<_> = plan.packages.iter().filter_map(|package| package.zip.as_ref()).collect();
    let plugins: Vec<_> = plan.packages.iter().map(|package| &package.plugin).collect();
    let paths = |outputs: &[&Output]| -> Vec<String> {
        outputs.iter().map(|output| workspace.shown(&output.archive)).collect()
    };
    let (zips, plugins) = (paths(&zips), paths(&plugins));
    let all = [&*plugins, &*zips].concat().join(" ");
    let mut text = String::new();
    if plan.revision.ends_with("-dirty") {
        text += &format!(
            "\nThe git tree has changes, so the executables say revision {}. Commit them, and pack \
             again, before others get these packages.\n",
            plan.revision
        );
    }
    text += &format!("\nNext:\n1. cargo xtask check {all}\n");
    for (index, plugin) in plugins.iter().enumerate() {
        let number = if index == 0 { "2." } else { "  " };
        text += &format!("{number} cargo xtask rehearse {plugin}\n");
    }
    text += "3. upload the .tgz to BlueKing 6 or 7 (插件, 导入)";
    if !zips.is_empty() {
        text += ", the .zip to BlueKing 5.1 (组件监控, 一键导入)";
    }
    text += "; docs/blueking.md has every step\n";
    let includes =
        |target: Target| plan.targets.iter().any(|held| held.system() == target.system());
    if ![Target::Linux, Target::LinuxAarch64, Target::Windows].into_iter().all(includes) {
        text += "These packages do not cover all systems, but their texts name all of them: check \
                 supported_version in blueking.toml, and description.md.\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::dist::inspect::LARGE;
    use crate::dist::plan::Names;
    use crate::dist::target::Targets;
    use crate::dist::toolchain::Route;
    use crate::workspace::Exporter;

    fn row(file: &str, size: usize, imports: &[&str]) -> Row {
        Row {
            file: file.to_owned(),
            target: "x86_64".to_owned(),
            size,
            linkage: "static".to_owned(),
            sha256: "0".repeat(64),
            imports: imports.iter().map(ToString::to_string).collect(),
            oldest_windows: (!imports.is_empty()).then_some("Windows 10 and Server 2016"),
            limit: (!file.ends_with(".zip")).then_some(LARGE),
        }
    }

    #[test]
    fn columns_are_aligned_and_large_files_warned_about() {
        let rows = [
            row("a.zip", 9 << 20, &[]),
            row("exporter-linux", LARGE + 1, &[]),
            row("exporter-windows.exe", LARGE, &["kernel32.dll", "ntdll.dll"]),
        ];
        let text = table(&rows);
        let zeros = "0".repeat(64);
        let expected = format!(
            "file                  target  size      linkage  sha256\n\
             a.zip                 x86_64  9.00 MiB  static   {zeros}\n\
             exporter-linux        x86_64  2.50 MiB  static   {zeros}\n\
             exporter-windows.exe  x86_64  2.50 MiB  static   {zeros}\n\
             warning: exporter-linux is larger than 2.5 MiB\n\
             exporter-windows.exe imports kernel32.dll, ntdll.dll: available in Windows 10 and Server \
             2016 and later; for older versions build windows7 (--targets)\n"
        );
        assert_eq!(text, expected);
        let row =
            Row { oldest_windows: Target::Windows7.oldest_windows(), ..row("a.exe", 1, &["b"]) };
        assert!(
            table(&[row])
                .ends_with("imports b: available in Windows 7 and Server 2008 R2 and later\n")
        );
    }

    #[test]
    fn next_steps_name_the_existing_packages() {
        let workspace = Workspace::open().unwrap();
        let plan = |targets: &[Target]| {
            let exporters = ["a", "b"].map(|name| {
                let names = Names { component: name.to_owned(), plugin_id: name.to_owned() };
                (Exporter { name: name.to_owned(), config: PathBuf::from("config") }, names)
            });
            let targets = Targets(targets.to_vec());
            Plan::new(&workspace, Route::Distro, &targets, &exporters, "0123".to_owned())
        };
        let steps = |targets: &[Target]| next_steps(&workspace, &plan(targets));
        let version = workspace.version();
        let expected = format!(
            "\nNext:\n1. cargo xtask check target/dist/a-{version}.tgz target/dist/b-{version}.tgz \
             target/dist/a-{version}.zip target/dist/b-{version}.zip\n\
             2. cargo xtask rehearse target/dist/a-{version}.tgz\n   cargo xtask rehearse \
             target/dist/b-{version}.tgz\n3. upload the .tgz to BlueKing 6 or 7 (插件, 导入), the \
             .zip to BlueKing 5.1 (组件监控, 一键导入); docs/blueking.md has every step\n"
        );
        let all = [Target::Linux, Target::LinuxAarch64, Target::Windows7];
        assert_eq!(steps(&all), expected);
        let linux = steps(&[Target::Linux]);
        assert!(
            linux.starts_with(&expected)
                && linux.contains("name all of them: check supported_version")
        );
        assert!(!steps(&[Target::LinuxAarch64]).contains(".zip"));
        let dirty = Plan { revision: "0123-dirty".to_owned(), ..plan(&all) };
        let text = next_steps(&workspace, &dirty);
        assert!(
            text.starts_with(
                "\nThe git tree has changes, so the executables say revision 0123-dirty"
            )
        );
    }
}
