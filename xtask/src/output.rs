//! What a task has to say, on its standard output.

use std::io::{self, Write};

use anyhow::{Context, Result};

/// Prints a text as it is. A reader such as `head` that has seen enough is no failure.
pub(crate) fn print(text: &str) -> Result<()> {
    print_to(&mut io::stdout(), text)
}

fn print_to(out: &mut impl Write, text: &str) -> Result<()> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to the standard output"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somebody who reads no more, for this reason.
    struct Gone(io::ErrorKind);

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_has_seen_enough_is_no_failure_and_a_full_disk_is() {
        print_to(&mut Gone(io::ErrorKind::BrokenPipe), "text").unwrap();
        print_to(&mut Gone(io::ErrorKind::StorageFull), "text").unwrap_err();
    }
}
