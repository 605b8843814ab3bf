//! The page files: `SystemPageFileInformation` (class 18).

use super::{Bytes, Error};

/// A page file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageFile {
    /// Its path, such as `C:\pagefile.sys`.
    pub(crate) path: String,
    /// Its size in pages.
    pub(crate) size: u32,
    /// The pages in use.
    pub(crate) used: u32,
}

/// All page files; none if the system has none.
///
/// # Errors
///
/// The kernel refuses the query or its answer is damaged.
#[cfg(windows)]
pub(crate) fn read(buffer: &mut super::nt::Buffer) -> Result<Vec<PageFile>, Error> {
    let length = buffer.query(18)?.0.len();
    let address = buffer.address();
    parse(buffer.answer(length), address)
}

/// The list of `SYSTEM_PAGEFILE_INFORMATION` that was written to `address`.
fn parse(answer: Bytes<'_>, address: u64) -> Result<Vec<PageFile>, Error> {
    let short = || Error::Short("SystemPageFileInformation", answer.0.len());
    let (mut files, mut at) = (Vec::new(), 0);
    while !answer.0.is_empty() {
        let read = || {
            let field = |offset: usize| answer.u32(at + offset);
            let path = answer.u64(at + 24)?.checked_sub(address)?;
            let path = answer.text(usize::try_from(path).ok()?, answer.u16(at + 16)?.into())?;
            let path = path.strip_prefix(r"\??\").unwrap_or(&path).to_owned();
            Some((field(0)?, PageFile { path, size: field(4)?, used: field(8)? }))
        };
        let (next, file) = read().ok_or_else(short)?;
        files.push(file);
        match next as usize {
            0 => break,
            next => at += next,
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two page files at the address 0x1000.
    fn answer() -> Vec<u8> {
        let mut answer = Vec::new();
        for (next, drive) in [(64_u32, 'C'), (0, 'D')] {
            let name: Vec<u8> =
                format!(r"\??\{drive}:\p.sys").encode_utf16().flat_map(u16::to_le_bytes).collect();
            let start = 0x1000 + answer.len() as u64 + 32;
            [next, 100, 40, 50].iter().for_each(|field| answer.extend(field.to_le_bytes()));
            [name.len() as u16, name.len() as u16 + 2, 0, 0]
                .iter()
                .for_each(|field| answer.extend(field.to_le_bytes()));
            answer.extend(start.to_le_bytes());
            answer.extend(name);
            answer.resize(answer.len().next_multiple_of(8) + 8, 0);
        }
        answer
    }

    #[test]
    fn page_files_follow_each_other() {
        let answer = answer();
        let files = parse(Bytes(&answer), 0x1000).unwrap();
        let expected = PageFile { path: r"D:\p.sys".to_owned(), size: 100, used: 40 };
        assert_eq!((files.len(), &files[1]), (2, &expected));
        assert_eq!(files[0].path, r"C:\p.sys");
        assert_eq!(parse(Bytes(&[]), 0x1000), Ok(Vec::new()));
    }

    #[test]
    fn damaged_answers_are_errors() {
        let answer = answer();
        for length in [1, 31, 40, 70, 100] {
            assert!(parse(Bytes(&answer[..length]), 0x1000).is_err(), "{length}");
        }
        // The name is elsewhere.
        assert!(parse(Bytes(&answer), 0x2000).is_err());
        assert!(parse(Bytes(&answer), 0).is_err());
    }
}
