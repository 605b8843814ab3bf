//! Reads the members of a gzip file one after the other, up to the first bytes that belong to none.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

/// The first byte of a member.
const MAGIC: u8 = 0x1f;

/// The decompressed content of a gzip file. Zeros after a member are padding, which tar on macOS
/// writes.
pub(crate) struct Gzip<R> {
    /// `None` at the end.
    member: Option<GzDecoder<BufReader<R>>>,
    has_other_data: bool,
}

impl<R: Read> Gzip<R> {
    pub(crate) fn new(reader: R) -> Self {
        let reader = BufReader::with_capacity(64 << 10, reader);
        Self { member: Some(GzDecoder::new(reader)), has_other_data: false }
    }

    /// Whether data that is neither a member nor padding follows the last member. Known at the end.
    pub(crate) fn has_other_data(&self) -> bool {
        self.has_other_data
    }

    /// The next member, if one follows.
    fn next(&mut self, mut reader: BufReader<R>) -> io::Result<()> {
        while let buffer = reader.fill_buf()?
            && let Some(&first) = buffer.first()
        {
            if first == MAGIC {
                self.member = Some(GzDecoder::new(reader));
                return Ok(());
            }
            if first != 0 {
                self.has_other_data = true;
                return Ok(());
            }
            let zeros = buffer.iter().take_while(|byte| **byte == 0).count();
            reader.consume(zeros);
        }
        Ok(())
    }
}

impl<R: Read> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let length = member.read(buffer)?;
            if length > 0 || buffer.is_empty() {
                return Ok(length);
            }
            if let Some(member) = self.member.take() {
                self.next(member.into_inner())?;
            }
        }
        Ok(0)
    }
}
