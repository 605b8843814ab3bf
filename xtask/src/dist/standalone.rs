//! Standalone executables, also for container images: the same exporters, with TLS.

use anyhow::Result;
use bkpack::stage;
use blueking_package::plugin::Member;

use super::execute::{self, Compiler};
use super::plan::Plan;
use super::summary::Row;
use crate::progress::Progress;
use crate::workspace::Workspace;

/// Builds the executables of a [`Plan::standalone`] of the distro route, whose zig compiles the C
/// code of TLS. They are written once all of them are valid.
pub(super) fn run(
    workspace: &Workspace,
    plan: &Plan,
    compiler: &Compiler,
    progress: &mut Progress,
) -> Result<Vec<Row>> {
    let executables = execute::executables(workspace, plan, compiler, progress)?;
    let rows: Vec<_> = executables.iter().map(|executable| executable.row(plan)).collect();
    let folder = plan.sums.parent().unwrap_or(&plan.dist);
    let contents = executables.into_iter().map(|executable| executable.bytes);
    stage::write(&files(contents, &rows), folder)?;
    Ok(rows)
}

/// Formats the plan, with paths relative to the workspace.
pub(super) fn describe(workspace: &Workspace, plan: &Plan) -> String {
    let files = plan.binaries().flat_map(|binary| &binary.staged);
    let lines = files.map(|path| format!("  write  {}\n", workspace.shown(path)));
    let sums = workspace.shown(&plan.sums);
    format!(
        "executables with TLS, {} route\n{}write  {sums}",
        plan.route.name(),
        lines.collect::<String>()
    )
}

/// The executables, and their sums in the format of `sha256sum --check`.
fn files(contents: impl IntoIterator<Item = Vec<u8>>, rows: &[Row]) -> Vec<Member> {
    let name = |row: &Row| row.file.rsplit('/').next().unwrap_or_default().to_owned();
    let member = |path, mode, bytes| Member { path, mode, bytes };
    let executables = contents.into_iter().zip(rows);
    let executables = executables.map(|(bytes, row)| member(name(row), 0o755, bytes));
    let mut lines: Vec<_> =
        rows.iter().map(|row| format!("{}  {}\n", row.sha256, name(row))).collect();
    lines.sort();
    let sums = member("SHA256SUMS".to_owned(), 0o644, lines.concat().into_bytes());
    executables.chain([sums]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_written_next_to_the_executables() {
        let row = |name: &str, sum: &str| Row {
            file: format!("standalone/{name}"),
            target: String::new(),
            size: 3,
            linkage: String::new(),
            sha256: sum.to_owned(),
            imports: Vec::new(),
            oldest_windows: None,
            limit: None,
        };
        let rows = [row("a", "22"), row("b", "11")];
        let files = files([b"abc", b"def"].map(|bytes| bytes.to_vec()), &rows);
        let modes: Vec<_> = files.iter().map(|file| (&*file.path, file.mode)).collect();
        assert_eq!(modes, [("a", 0o755), ("b", 0o755), ("SHA256SUMS", 0o644)]);
        assert_eq!(files[0].bytes, b"abc");
        assert_eq!(files[2].bytes, b"11  b\n22  a\n");
    }
}
