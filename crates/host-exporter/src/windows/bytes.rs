//! Reads the fields of structures from bytes, little-endian as on every Windows.

/// The bytes of a structure. A field beyond their end is `None`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl<'a> Bytes<'a> {
    /// The 16-bit number at this offset.
    pub(crate) fn u16(self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_le_bytes)
    }

    /// The 32-bit number at this offset.
    pub(crate) fn u32(self, at: usize) -> Option<u32> {
        self.array(at).map(u32::from_le_bytes)
    }

    /// The 64-bit number at this offset.
    pub(crate) fn u64(self, at: usize) -> Option<u64> {
        self.array(at).map(u64::from_le_bytes)
    }

    /// The UTF-16 text at this offset, of a length in bytes.
    pub(crate) fn text(self, at: usize, length: usize) -> Option<String> {
        let bytes = self.0.get(at..at.checked_add(length)?)?;
        let units = bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
        Some(super::text(&units.collect::<Vec<_>>()))
    }

    fn array<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        self.0.get(at..)?.first_chunk().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_beyond_the_end_are_absent() {
        let bytes = Bytes(&[1, 0, 0, 0, 2, 0, 0, 0, 0x43, 0]);
        assert_eq!(bytes.u32(4), Some(2));
        assert_eq!(bytes.u64(0), Some(0x2_0000_0001));
        assert_eq!((bytes.u16(8), bytes.u16(9)), (Some(0x43), None));
        assert_eq!((bytes.u32(7), bytes.u64(3), bytes.u32(usize::MAX)), (None, None, None));
        assert_eq!(bytes.text(8, 2).as_deref(), Some("C"));
        assert_eq!((bytes.text(8, 4), bytes.text(8, usize::MAX)), (None, None));
    }
}
