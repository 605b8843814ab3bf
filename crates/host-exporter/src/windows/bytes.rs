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

    /// The UTF-16 text at this offset, up to its NUL or the end.
    pub(crate) fn text_at(self, at: usize) -> Option<String> {
        let units = self.0.get(at..)?.chunks_exact(2);
        let units = units.map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
        Some(super::text(&units.take_while(|&unit| unit != 0).collect::<Vec<_>>()))
    }

    /// The text that a pointer at this offset leads to, in bytes that were written to `address`.
    /// Empty for null; `None` if it leads elsewhere.
    pub(crate) fn pointed_text(self, at: usize, address: u64) -> Option<String> {
        match self.u64(at)? {
            0 => Some(String::new()),
            pointer => self.text_at(usize::try_from(pointer.checked_sub(address)?).ok()?),
        }
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

    #[test]
    fn pointers_lead_into_the_same_bytes() {
        let pointer = |to: u64| {
            let mut bytes = to.to_le_bytes().to_vec();
            bytes.extend([0x41, 0, 0x42, 0, 0, 0, 0x43]);
            Bytes(&bytes).pointed_text(0, 0x1000)
        };
        assert_eq!(pointer(0x1008).as_deref(), Some("AB"));
        assert_eq!(pointer(0x100c).as_deref(), Some(""));
        assert_eq!(pointer(0).as_deref(), Some(""));
        assert_eq!((pointer(0xfff), pointer(0x1010), pointer(u64::MAX)), (None, None, None));
    }
}
