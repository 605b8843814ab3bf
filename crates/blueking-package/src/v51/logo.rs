//! The picture that BlueKing displays for the component.

use crate::problem::Violation;
use crate::texts::sources_v51 as texts;

/// Width and height in pixels that BlueKing 5.1 requires.
const SIZE: (u32, u32) = (155, 65);

/// Signature of a PNG file.
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Checks the signature and the size in the header chunk; the picture itself is not decoded. The
/// error is that of a [`Problem`](crate::Problem).
pub(crate) fn check(bytes: &[u8]) -> Result<(), Violation> {
    let Some((width, height)) = size(bytes) else {
        return Err(Violation::new(texts::logo_is_not_png(), texts::logo_is_not_png_advice()));
    };
    if (width, height) == SIZE {
        return Ok(());
    }
    Err(Violation::new(texts::logo_size(width, height, SIZE.0, SIZE.1), texts::logo_size_advice()))
}

/// Width and height from the IHDR chunk, which always comes first.
fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    let chunk = bytes.strip_prefix(SIGNATURE)?;
    let body = chunk.strip_prefix(b"\0\0\0\x0dIHDR")?;
    // Thirteen bytes of header and a checksum follow.
    let (width, rest) = body.get(..17)?.split_first_chunk()?;
    let height = rest.first_chunk()?;
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend(b"\0\0\0\x0dIHDR");
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend([8, 6, 0, 0, 0, 0, 0, 0, 0]);
        bytes
    }

    #[test]
    fn only_png_of_the_right_size_passes() {
        assert_eq!(check(&png(155, 65)), Ok(()));
        assert!(check(&png(65, 155)).unwrap_err().message.contains("65x155"));
        for length in 0..png(155, 65).len() {
            assert!(check(&png(155, 65)[..length]).is_err(), "{length}");
        }
        assert!(check(b"\xff\xd8\xff\xe0JFIF").unwrap_err().message.contains("not a PNG"));
    }
}
