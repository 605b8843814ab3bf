//! Byte buffers for pages. Short texts are copied and compared inline.
//!
//! A page consists of thousands of short texts, for which the overhead of calling `memcpy` or
//! `memcmp` in musl exceeds the work itself.

use std::cmp::Ordering;
use std::mem;

/// Buffers up to this size are never shrunk.
const KEPT_BYTES: usize = 64 * 1024;

/// A byte buffer whose spare capacity is initialised once, so that appending only copies.
#[derive(Debug, Default)]
pub(crate) struct Text {
    bytes: Vec<u8>,
    length: usize,
}

impl Text {
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }

    #[inline]
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        self.append_with(bytes.len(), |room| room.append(bytes));
    }

    #[inline]
    pub(crate) fn push(&mut self, byte: u8) {
        self.append_with(1, |room| room.push(byte));
    }

    /// Appends what `write` writes, which must be at most `max_bytes`.
    #[inline(always)]
    pub(crate) fn append_with(&mut self, max_bytes: usize, write: impl FnOnce(&mut Room<'_>)) {
        let end = self.length + max_bytes;
        if end > self.bytes.len() {
            self.grow(end);
        }
        let mut room = Room { bytes: &mut self.bytes[self.length..end], length: 0 };
        write(&mut room);
        self.length += room.length;
    }

    /// Appends `text` with backslashes and line feeds escaped, and also double quotes if `quotes`.
    pub(crate) fn append_escaped(&mut self, text: &[u8], quotes: bool) {
        self.append_with(text.len() * 2, |room| room.append_escaped(text, quotes));
    }

    /// The allocated memory in bytes.
    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Truncates the text to `length` bytes.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Clears the text. The memory is kept unless it is far larger than the text was.
    pub(crate) fn clear(&mut self) {
        self.bytes.truncate(self.length);
        trim(&mut self.bytes);
        *self = Self::from(mem::take(&mut self.bytes));
        self.length = 0;
    }

    #[cold]
    fn grow(&mut self, end: usize) {
        self.bytes.resize(end + (end / 2).max(1024), 0);
        self.bytes.resize(self.bytes.capacity(), 0);
    }
}

/// Reserved space at the end of a text. Writes beyond it are dropped.
pub(crate) struct Room<'a> {
    bytes: &'a mut [u8],
    length: usize,
}

impl Room<'_> {
    #[inline(always)]
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        if let Some(to) = self.bytes[self.length..].get_mut(..bytes.len()) {
            copy(to, bytes);
            self.length += bytes.len();
        }
    }

    #[inline(always)]
    pub(crate) fn push(&mut self, byte: u8) {
        if let Some(to) = self.bytes.get_mut(self.length) {
            *to = byte;
            self.length += 1;
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Like [`Text::append_escaped`]. Needs room for twice the length of the text.
    #[inline(always)]
    pub(crate) fn append_escaped(&mut self, text: &[u8], quotes: bool) {
        if is_clean(text, quotes) {
            self.append(text);
        } else {
            self.append_unclean(text, quotes);
        }
    }

    #[cold]
    fn append_unclean(&mut self, text: &[u8], quotes: bool) {
        for byte in text {
            if is_special(*byte, quotes) {
                self.push(b'\\');
            }
            self.push(if *byte == b'\n' { b'n' } else { *byte });
        }
    }
}

impl From<Vec<u8>> for Text {
    fn from(mut bytes: Vec<u8>) -> Self {
        let length = bytes.len();
        bytes.resize(bytes.capacity(), 0);
        Self { bytes, length }
    }
}

impl From<Text> for Vec<u8> {
    fn from(text: Text) -> Self {
        let mut bytes = text.bytes;
        bytes.truncate(text.length);
        bytes
    }
}

/// Shrinks a buffer that is far larger than its content, so that one huge scrape does not occupy
/// memory for ever.
pub(crate) fn trim<T>(buffer: &mut Vec<T>) {
    let kept = KEPT_BYTES / size_of::<T>();
    if buffer.capacity() > kept && buffer.capacity() / 4 > buffer.len() {
        buffer.shrink_to((buffer.len() * 2).max(kept));
    }
}

/// Compares texts like slices, but eight bytes at a time.
pub(crate) fn compare(a: &[u8], b: &[u8]) -> Ordering {
    let (a_words, b_words) = (a.as_chunks::<8>().0, b.as_chunks::<8>().0);
    for (a, b) in a_words.iter().zip(b_words) {
        let order = u64::from_be_bytes(*a).cmp(&u64::from_be_bytes(*b));
        if order.is_ne() {
            return order;
        }
    }
    let words = a_words.len().min(b_words.len()) * 8;
    a[words..].iter().cmp(&b[words..])
}

fn is_special(byte: u8, quotes: bool) -> bool {
    byte == b'\\' || byte == b'\n' || (quotes && byte == b'"')
}

/// Whether nothing has to be escaped, which is the usual case. Checks eight bytes at a time.
#[inline(always)]
fn is_clean(text: &[u8], quotes: bool) -> bool {
    let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) else {
        return !has_special(short_word(text), quotes);
    };
    // The last word overlaps the one before it.
    let is_clean = !has_special(*first, quotes) && !has_special(*last, quotes);
    is_clean
        && (text.len() <= 16
            || text.as_chunks::<8>().0.iter().all(|word| !has_special(*word, quotes)))
}

/// The bytes of a text of less than eight bytes, some of them twice. Copies of a constant length
/// are moves between registers; a copy of a variable length would be a call.
#[inline(always)]
fn short_word(text: &[u8]) -> [u8; 8] {
    let mut word = [0; 8];
    if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        word[..4].copy_from_slice(first);
        word[4..].copy_from_slice(last);
    } else if let (Some(first), Some(last)) = (text.first_chunk::<2>(), text.last_chunk::<2>()) {
        word[..2].copy_from_slice(first);
        word[2..4].copy_from_slice(last);
    } else if let [byte] = text {
        word[0] = *byte;
    }
    word
}

/// Whether any byte of the word is special.
#[inline(always)]
fn has_special(word: [u8; 8], quotes: bool) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const TOPS: u64 = u64::from_ne_bytes([0x80; 8]);
    let word = u64::from_ne_bytes(word);
    // Subtracting 1 from each byte sets the top bit of the lowest byte that is 0. Other bits may
    // be set by its borrow, but never without it.
    let zeros = |byte: u8| {
        let word = word ^ (ONES * u64::from(byte));
        word.wrapping_sub(ONES) & !word & TOPS
    };
    let quote = if quotes { zeros(b'"') } else { 0 };
    (zeros(b'\\') | zeros(b'\n') | quote) != 0
}

/// Copies between slices of equal length.
#[inline(always)]
fn copy(to: &mut [u8], from: &[u8]) {
    match from.len() {
        8..=16 => copy_ends::<8>(to, from),
        17..=32 => copy_ends::<16>(to, from),
        4..=7 => copy_ends::<4>(to, from),
        2..=3 => copy_ends::<2>(to, from),
        1 => copy_ends::<1>(to, from),
        0 => {}
        _ => copy_long(to, from),
    }
}

#[inline(never)]
fn copy_long(to: &mut [u8], from: &[u8]) {
    match from.len() {
        ..=64 => copy_ends::<32>(to, from),
        65..=128 => copy_ends::<64>(to, from),
        _ => to.copy_from_slice(from),
    }
}

/// Copies the first and the last `N` bytes, which overlap or meet. Because `N` is constant, these
/// are moves between registers and memory.
#[inline(always)]
fn copy_ends<const N: usize>(to: &mut [u8], from: &[u8]) {
    if let (Some(to), Some(from)) = (to.first_chunk_mut::<N>(), from.first_chunk::<N>()) {
        *to = *from;
    }
    if let (Some(to), Some(from)) = (to.last_chunk_mut::<N>(), from.last_chunk::<N>()) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_length_are_appended() {
        let bytes: Vec<u8> = (0..=255).collect();
        let mut text = Text::default();
        let mut expected = Vec::new();
        for length in 0..bytes.len() {
            text.append(&bytes[..length]);
            expected.extend_from_slice(&bytes[..length]);
        }
        assert_eq!(text.as_slice(), expected);
        text.truncate(10);
        text.push(b'x');
        assert_eq!(Vec::from(text), [&expected[..10], b"x"].concat());
    }

    #[test]
    fn a_text_extends_an_existing_buffer() {
        let mut text = Text::from(b"before".to_vec());
        text.append(b" and after");
        assert_eq!(Vec::from(text), b"before and after");
    }

    #[test]
    fn special_bytes_are_found_at_every_position() {
        for length in 0..40 {
            let text = vec![b'x'; length];
            assert!(is_clean(&text, true), "{length}");
            for (at, special) in (0..length).flat_map(|at| b"\\\n\"".map(|byte| (at, byte))) {
                let mut text = text.clone();
                text[at] = special;
                assert!(!is_clean(&text, true), "{length} {at}");
                assert_eq!(is_clean(&text, false), special == b'"', "{length} {at}");
            }
        }
    }

    #[test]
    fn quotes_are_escaped_only_in_label_values() {
        for (quotes, expected) in [(true, r#"a\\b\n\"c\""#), (false, r#"a\\b\n"c""#)] {
            let mut text = Text::default();
            text.append_escaped(b"a\\b\n\"c\"", quotes);
            assert_eq!(text.as_slice(), expected.as_bytes());
        }
    }

    #[test]
    fn texts_compare_like_slices() {
        let texts: Vec<Vec<u8>> = (0..40)
            .flat_map(|length| {
                let text = vec![b'a'; length];
                let change = |at: usize, byte: u8| {
                    let mut text = text.clone();
                    text[at] = byte;
                    text
                };
                let mut all: Vec<_> = (0..length).map(|at| change(at, 200)).collect();
                all.extend((0..length).map(|at| change(at, 0)));
                all.push(text.clone());
                all
            })
            .step_by(7)
            .collect();
        for a in &texts {
            for b in &texts {
                assert_eq!(compare(a, b), a.cmp(b), "{a:?} {b:?}");
            }
        }
    }
}
