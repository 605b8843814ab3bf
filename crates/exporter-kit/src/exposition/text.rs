//! Text on its way to the page, copied and compared without a call where it is short.
//!
//! A page is thousands of short texts put together, and to begin a `memcpy` or `memcmp` of musl's
//! takes longer than to copy or compare any of them.

use std::cmp::Ordering;
use std::mem;

/// Buffers of this size are kept whatever was last in them.
const KEPT_BYTES: usize = 64 * 1024;

/// Bytes with room behind them. All of the room is made ready once, so that appending only copies.
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

    pub(crate) fn append(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        if end > self.bytes.len() {
            self.grow(end);
        }
        copy(&mut self.bytes[self.length..end], bytes);
        self.length = end;
    }

    pub(crate) fn push(&mut self, byte: u8) {
        self.append(&[byte]);
    }

    /// Appends `text` with backslash and line feed escaped, and double quotes if `quotes` says so.
    pub(crate) fn append_escaped(&mut self, text: &[u8], quotes: bool) {
        // Most labels have nothing to escape, and words tell so sooner than bytes.
        let (words, rest) = text.as_chunks::<8>();
        let is_clean = words.iter().all(|word| !has_special(*word, quotes))
            && rest.iter().all(|byte| !is_special(*byte, quotes));
        if is_clean {
            return self.append(text);
        }
        for run in text.split_inclusive(|byte| is_special(*byte, quotes)) {
            match run.split_last() {
                Some((b'\n', clean)) => {
                    self.append(clean);
                    self.append(b"\\n");
                }
                Some((special, clean)) if is_special(*special, quotes) => {
                    self.append(clean);
                    self.append(&[b'\\', *special]);
                }
                _ => self.append(run),
            }
        }
    }

    /// How much memory it holds, in bytes.
    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Forgets what comes after the first `length` bytes.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Forgets the text and keeps the memory, unless that is far more than the text needed.
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

/// Gives memory back where far more is held than is needed: one huge scrape must not be paid for
/// for ever.
pub(crate) fn trim<T>(buffer: &mut Vec<T>) {
    let kept = KEPT_BYTES / size_of::<T>();
    if buffer.capacity() > kept && buffer.capacity() / 4 > buffer.len() {
        buffer.shrink_to((buffer.len() * 2).max(kept));
    }
}

/// Orders texts as slices are ordered, eight bytes at a time.
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

/// Whether a byte of the word is special. Says yes now and then where there is none.
fn has_special(word: [u8; 8], quotes: bool) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const TOPS: u64 = u64::from_ne_bytes([0x80; 8]);
    let word = u64::from_ne_bytes(word);
    // Taking one from each byte sets the top bit of those that were 0, and of few others.
    let has = |byte: u8| {
        let zeros = word ^ (ONES * u64::from(byte));
        zeros.wrapping_sub(ONES) & !zeros & TOPS
    };
    has(b'\\') | has(b'\n') | if quotes { has(b'"') } else { 0 } != 0
}

/// Copies between slices of one length.
fn copy(to: &mut [u8], from: &[u8]) {
    match from.len() {
        0 => {}
        1 => copy_ends::<1>(to, from),
        2..=4 => copy_ends::<2>(to, from),
        5..=8 => copy_ends::<4>(to, from),
        9..=16 => copy_ends::<8>(to, from),
        17..=32 => copy_ends::<16>(to, from),
        33..=64 => copy_ends::<32>(to, from),
        65..=128 => copy_ends::<64>(to, from),
        _ => to.copy_from_slice(from),
    }
}

/// Copies the first `N` bytes and the last, which overlap or meet. As `N` is known to the
/// compiler, these are moves between registers and memory.
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
    fn a_buffer_is_appended_to() {
        let mut text = Text::from(b"before".to_vec());
        text.append(b" and after");
        assert_eq!(Vec::from(text), b"before and after");
    }

    #[test]
    fn quotes_are_escaped_where_they_end_the_text() {
        for (quotes, expected) in [(true, r#"a\\b\n\"c\""#), (false, r#"a\\b\n"c""#)] {
            let mut text = Text::default();
            text.append_escaped(b"a\\b\n\"c\"", quotes);
            assert_eq!(text.as_slice(), expected.as_bytes());
        }
    }

    #[test]
    fn texts_are_ordered_as_slices_are() {
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
