//! Printing to the standard output.

use std::io::{self, Write};

use anyhow::{Context, Result};

use crate::texts::programs as texts;

/// Prints a text as it is. A closed pipe, such as `head` leaves behind, is not an error.
pub fn print(text: &str) -> Result<()> {
    print_to(&mut io::stdout(), text)
}

/// A text of another program without characters that control the terminal.
pub(crate) fn plain(text: &str) -> String {
    text.replace('\t', " ").replace(|c: char| c.is_control() && c != '\n', "\u{fffd}")
}

fn print_to(out: &mut impl Write, text: &str) -> Result<()> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.with_context(texts::no_standard_output),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A writer that fails with this error.
    struct Broken(io::ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn closed_pipe_is_ignored_and_full_disk_is_not() {
        print_to(&mut Broken(io::ErrorKind::BrokenPipe), "text").unwrap();
        print_to(&mut Broken(io::ErrorKind::StorageFull), "text").unwrap_err();
    }
}
