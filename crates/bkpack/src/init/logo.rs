//! A drawn picture for a package: the first letters of what is monitored on a coloured ground.

use std::io::Cursor;

/// Size of a package's picture, in pixels.
const SIZE: (usize, usize) = (155, 65);

/// Edge of a dot of a letter, in pixels.
const DOT: usize = 6;

/// Rows of the letters A to Z and the digits 0 to 9: five dots each, the leftmost in bit 4.
const GLYPHS: [[u8; 7]; 36] = [
    [14, 17, 17, 31, 17, 17, 17],
    [30, 17, 17, 30, 17, 17, 30],
    [14, 17, 16, 16, 16, 17, 14],
    [30, 17, 17, 17, 17, 17, 30],
    [31, 16, 16, 30, 16, 16, 31],
    [31, 16, 16, 30, 16, 16, 16],
    [14, 17, 16, 23, 17, 17, 14],
    [17, 17, 17, 31, 17, 17, 17],
    [14, 4, 4, 4, 4, 4, 14],
    [7, 2, 2, 2, 2, 18, 12],
    [17, 18, 20, 24, 20, 18, 17],
    [16, 16, 16, 16, 16, 16, 31],
    [17, 27, 21, 21, 17, 17, 17],
    [17, 25, 21, 19, 17, 17, 17],
    [14, 17, 17, 17, 17, 17, 14],
    [30, 17, 17, 30, 16, 16, 16],
    [14, 17, 17, 17, 21, 18, 13],
    [30, 17, 17, 30, 20, 18, 17],
    [15, 16, 16, 14, 1, 1, 30],
    [31, 4, 4, 4, 4, 4, 4],
    [17, 17, 17, 17, 17, 17, 14],
    [17, 17, 17, 17, 17, 10, 4],
    [17, 17, 17, 21, 21, 27, 17],
    [17, 17, 10, 4, 10, 17, 17],
    [17, 17, 10, 4, 4, 4, 4],
    [31, 1, 2, 4, 8, 16, 31],
    [14, 17, 19, 21, 25, 17, 14],
    [4, 12, 4, 4, 4, 4, 14],
    [14, 17, 1, 6, 8, 16, 31],
    [30, 1, 1, 14, 1, 1, 30],
    [2, 6, 10, 18, 31, 2, 2],
    [31, 16, 30, 1, 1, 17, 14],
    [6, 8, 16, 30, 17, 17, 14],
    [31, 1, 2, 4, 8, 8, 8],
    [14, 17, 17, 14, 17, 17, 14],
    [14, 17, 17, 15, 1, 2, 12],
];

/// Grounds, chosen by the name: each dark enough for white letters.
const GROUNDS: [[u8; 3]; 6] =
    [[0, 94, 184], [0, 121, 107], [123, 31, 162], [191, 54, 12], [69, 90, 100], [46, 125, 50]];

/// Draws the picture as PNG.
pub(super) fn draw(name: &str) -> Vec<u8> {
    let letters: Vec<u8> = name
        .bytes()
        .filter(u8::is_ascii_alphanumeric)
        .map(|byte| byte.to_ascii_uppercase())
        .take(4)
        .collect();
    let sum = name.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31) + usize::from(byte));
    let ground = GROUNDS[sum % GROUNDS.len()];
    let mut pixels = ground.repeat(SIZE.0 * SIZE.1);
    // Five dots and a gap for each letter.
    let width = (letters.len() * 6).saturating_sub(1) * DOT;
    let (left, top) = ((SIZE.0 - width) / 2, (SIZE.1 - 7 * DOT) / 2);
    for (position, letter) in letters.iter().enumerate() {
        let index = if letter.is_ascii_digit() { letter - b'0' + 26 } else { letter - b'A' };
        for (row, dots) in GLYPHS[usize::from(index)].iter().enumerate() {
            for column in (0..5).filter(|column| dots & (16 >> column) != 0) {
                let (x, y) = (left + (position * 6 + column) * DOT, top + row * DOT);
                for line in y..y + DOT {
                    let start = (line * SIZE.0 + x) * 3;
                    pixels[start..start + DOT * 3].fill(255);
                }
            }
        }
    }
    encode(&pixels)
}

fn encode(pixels: &[u8]) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let (width, height) = SIZE;
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("the size is not zero");
    writer.write_image_data(pixels).expect("the picture has all of its pixels");
    writer.finish().expect("writing to memory never fails");
    bytes.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_valid_and_differ() {
        let entries = |name: &str| {
            let files = [(blueking_package::v51::LOGO.to_owned(), draw(name))];
            blueking_package::check::entries(&files.into())
        };
        for name in ["Redis", "MySQL", "主机", "", "x264", "a_very_long_name"] {
            let report = entries(name);
            let logo = report.findings.iter().find(|finding| finding.rule == "zip-logo");
            assert_eq!(logo, None, "{name}");
        }
        assert_ne!(draw("Redis"), draw("Kafka"));
        assert_eq!(draw("Redis"), draw("Redis"));
    }
}
