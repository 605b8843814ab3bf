//! The table at the end of `dist`. Pure.

use super::inspect::LARGE;

/// A file that ships.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) file: String,
    pub(crate) target: String,
    pub(crate) size: usize,
    pub(crate) linkage: String,
    pub(crate) sha256: String,
    /// What of the system the file asks for.
    pub(crate) imports: Vec<String>,
    /// Whether it is an executable, which should stay small.
    pub(crate) is_executable: bool,
}

/// The table, with a note below it for each executable that asks for something.
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
        if row.is_executable && row.size > LARGE {
            let limit = LARGE as f64 / f64::from(1 << 20);
            text += &format!("warning: {} is larger than {limit:.1} MiB\n", row.file);
        }
        if !row.imports.is_empty() {
            text += &format!("{} asks for {}\n", row.file, row.imports.join(", "));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(file: &str, size: usize, imports: &[&str]) -> Row {
        Row {
            file: file.to_owned(),
            target: "x86_64".to_owned(),
            size,
            linkage: "static".to_owned(),
            sha256: "0".repeat(64),
            imports: imports.iter().map(ToString::to_string).collect(),
            is_executable: !file.ends_with(".zip"),
        }
    }

    #[test]
    fn columns_line_up_and_large_files_are_named() {
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
             exporter-linux        x86_64  1.50 MiB  static   {zeros}\n\
             exporter-windows.exe  x86_64  1.50 MiB  static   {zeros}\n\
             warning: exporter-linux is larger than 1.5 MiB\n\
             exporter-windows.exe asks for kernel32.dll, ntdll.dll\n"
        );
        assert_eq!(text, expected);
    }
}
