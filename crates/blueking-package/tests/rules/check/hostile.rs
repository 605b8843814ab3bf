//! Hostile and damaged archives: each is an error, and none is expensive.

use std::io::{Cursor, Write};

use blueking_package::check::Finding;
use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::table::{Case, E, W, broken, broken_rules, check};
use crate::support::package::{LINUX, Package, append, gzip};
use crate::support::zips::{self, CENTRAL, CENTRAL_NAME, LOCAL, LOCAL_NAME, positions, zip_of};

/// A valid package with one more member.
fn with_member(path: impl AsRef<[u8]>, kind: EntryType, bytes: &[u8]) -> Vec<u8> {
    with_members(|builder| append(builder, path, 0o644, kind, bytes))
}

fn with_members(add: impl FnOnce(&mut Builder<Vec<u8>>)) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for file in Package::valid().files {
        append(&mut builder, &file.path, file.mode, EntryType::Regular, &file.bytes);
    }
    add(&mut builder);
    gzip(&builder.into_inner().unwrap())
}

/// A valid package with a link.
fn link(kind: EntryType, target: &str) -> Vec<u8> {
    with_members(|builder| {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        header.set_mode(0o777);
        builder.append_link(&mut header, format!("{LINUX}/etc/passwd"), target).unwrap();
    })
}

/// A member whose header declares a wrong size.
fn declaring(size: u64) -> Vec<u8> {
    let mut header = Header::new_gnu();
    header.set_path("big").unwrap();
    header.set_mode(0o644);
    header.set_size(size);
    header.set_cksum();
    gzip(&[header.as_bytes(), &[0; 4096][..]].concat())
}

/// An extended header with this content before a small member.
fn extended(kind: EntryType, content: &[u8]) -> Vec<u8> {
    with_members(|builder| {
        append(builder, "PaxHeader", 0o644, kind, content);
        append(builder, "plain", 0o644, EntryType::Regular, b"1");
    })
}

/// A gzip-compressed tar of zeros, which compresses to almost nothing.
fn bomb(size: u64) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let zeros = vec![0; 1 << 20];
    for part in 0..2 {
        let mut header = Header::new_gnu();
        header.set_path(format!("{part}")).unwrap();
        header.set_mode(0o644);
        header.set_size(size / 2);
        header.set_cksum();
        encoder.write_all(header.as_bytes()).unwrap();
        for _ in 0..size / 2 / zeros.len() as u64 {
            encoder.write_all(&zeros).unwrap();
        }
    }
    encoder.write_all(&[0; 1024]).unwrap();
    encoder.finish().unwrap()
}

/// A complete tar followed by excessive zero padding.
fn endless_padding() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&Package::valid().tar()).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..300 {
        encoder.write_all(&zeros).unwrap();
    }
    encoder.finish().unwrap()
}

/// The valid zip with this size declared for its first entry.
fn zip_declaring(size: u32) -> Vec<u8> {
    zips::declaring(super::zip51::valid(), size)
}

/// The valid zip with the first byte of the last entry's name changed.
fn zip_renamed(letter: u8, both: bool) -> Vec<u8> {
    let mut bytes = zip_with("info.jsoo", b"x");
    let central = *positions(&bytes, CENTRAL).last().unwrap() + CENTRAL_NAME;
    bytes[central] = letter;
    if both {
        let local = *positions(&bytes, LOCAL).last().unwrap() + LOCAL_NAME;
        bytes[local] = letter;
    }
    bytes
}

/// A zip of one file whose central directory has the maximum number of entries for it.
fn zip_of_one_file_many_times() -> Vec<u8> {
    let zip = zip_of(&[("000000", b"x")]);
    let (central, end) = (positions(&zip, CENTRAL)[0], positions(&zip, b"PK\x05\x06")[0]);
    let mut bytes = zip[..central].to_vec();
    for n in 0..u16::MAX {
        let start = bytes.len();
        bytes.extend(&zip[central..end]);
        bytes[start + CENTRAL_NAME..][..6].copy_from_slice(format!("{n:06}").as_bytes());
    }
    let size = u32::try_from(bytes.len() - central).unwrap();
    let at = bytes.len();
    bytes.extend(&zip[end..]);
    bytes[at + 8..at + 10].fill(0xff);
    bytes[at + 10..at + 12].fill(0xff);
    bytes[at + 12..at + 16].copy_from_slice(&size.to_le_bytes());
    bytes
}

/// The valid 5.1 zip with one more entry.
fn zip_with(name: &str, content: &[u8]) -> Vec<u8> {
    let entries = super::zip51::entries();
    let mut files: Vec<(&str, &[u8])> =
        entries.iter().map(|(name, bytes)| (&**name, &**bytes)).collect();
    files.push((name, content));
    zip_of(&files)
}

/// The valid 5.1 zip with a duplicate path.
fn zip_twice() -> Vec<u8> {
    let mut bytes = zip_with("info.jsoo", b"{\"name\": \"pool\"}");
    for (signature, offset) in [(CENTRAL, CENTRAL_NAME), (LOCAL, LOCAL_NAME)] {
        let at = *positions(&bytes, signature).last().unwrap() + offset;
        bytes[at..at + 9].copy_from_slice(b"info.json");
    }
    bytes
}

/// The valid 5.1 zip with a link.
fn zip_link() -> Vec<u8> {
    let valid = Cursor::new(super::zip51::valid());
    let mut archive = ZipWriter::new_append(valid).unwrap();
    archive.add_symlink("a", "/etc/passwd", SimpleFileOptions::DEFAULT).unwrap();
    archive.finish().unwrap().into_inner()
}

/// The valid 5.1 zip whose last entry is marked as encrypted.
fn zip_encrypted() -> Vec<u8> {
    let mut bytes = zip_with("LICENSE", b"x");
    for (signature, offset) in [(CENTRAL, 8), (LOCAL, 6)] {
        let at = *positions(&bytes, signature).last().unwrap() + offset;
        bytes[at] |= 1;
    }
    bytes
}

fn cut(bytes: &[u8], number: usize) -> Vec<u8> {
    bytes[..bytes.len() - number].to_vec()
}

pub(crate) const CASES: &[Case] = &[
    ("an empty file", "archive-format", E, Vec::new),
    ("a text", "archive-format", E, || b"#!/bin/sh\n".to_vec()),
    ("bzip2", "archive-compression", E, || b"BZh91AY&SY".to_vec()),
    ("xz", "archive-compression", E, || b"\xfd7zXZ\0\0\x04".to_vec()),
    ("zstd", "archive-format", E, || b"\x28\xb5\x2f\xfd\x04".to_vec()),
    ("a tar without compression", "archive-compression", E, || Package::valid().tar()),
    ("a tgz without its end", "archive-truncated", E, || cut(&Package::valid().tgz(), 100)),
    ("a tgz without its checksum", "archive-truncated", E, || cut(&Package::valid().tgz(), 8)),
    ("a tar without its last blocks", "archive-truncated", E, || {
        gzip(&cut(&Package::valid().tar(), 1024))
    }),
    ("a member cut short", "archive-truncated", E, || {
        let tar = Package::valid().tar();
        gzip(&tar[..512 + 20])
    }),
    ("a zip without its end", "archive-truncated", E, || cut(&super::zip51::valid(), 30)),
    ("a header with another checksum", "archive-damaged", E, || {
        let mut tar = Package::valid().tar();
        tar[0] = b'f';
        gzip(&tar)
    }),
    ("a wrong checksum of the compression", "archive-damaged", W, || {
        let mut bytes = Package::valid().tgz();
        let at = bytes.len() - 8;
        bytes[at] ^= 1;
        bytes
    }),
    ("gzip of nothing", "archive-truncated", E, || gzip(b"")),
    ("gzip of a text", "archive-truncated", E, || gzip(b"hello")),
    ("a zip that declares too little", "archive-damaged", E, || zip_declaring(3)),
    ("a zip with a different local name", "archive-damaged", E, || zip_renamed(b'j', false)),
    ("a second tar at the end", "archive-trailing", W, || {
        gzip(&[Package::valid().tar(), Package::valid().tar()].concat())
    }),
    ("a text after the gzip", "archive-trailing", W, || {
        [Package::valid().tgz(), b"\0\0text".to_vec()].concat()
    }),
    ("300 MiB of zeros", "archive-bomb", E, || bomb(300 << 20)),
    ("300 MiB of padding", "archive-bomb", E, endless_padding),
    ("10 GB declared", "archive-declared-size", E, || declaring(10_000_000_000)),
    ("4 GB declared in a zip", "archive-declared-size", E, || zip_declaring(u32::MAX - 1)),
    ("5000 members", "archive-members", E, || {
        with_members(|builder| {
            for n in 0..5000 {
                append(builder, format!("{n}"), 0o644, EntryType::Regular, b"");
            }
        })
    }),
    ("5000 entries of a zip", "archive-members", E, || {
        let names: Vec<_> = (0..5000).map(|n| n.to_string()).collect();
        let files: Vec<(&str, &[u8])> = names.iter().map(|name| (&**name, &b""[..])).collect();
        zip_of(&files)
    }),
    ("65535 entries of one file", "archive-members", E, zip_of_one_file_many_times),
    ("a path that climbs", "archive-path", E, || {
        with_member("../../etc/cron.d/x", EntryType::Regular, b"x")
    }),
    ("a path that climbs in the middle", "archive-path", E, || {
        with_member(format!("{LINUX}/../../../x"), EntryType::Regular, b"x")
    }),
    ("a path that climbs and comes back", "archive-path", E, || {
        with_member(format!("{LINUX}/../x"), EntryType::Regular, b"x")
    }),
    ("an absolute path", "archive-path", E, || {
        with_member("/etc/cron.d/x", EntryType::Regular, b"x")
    }),
    ("a path with backslashes", "archive-path", E, || {
        with_member("..\\..\\x", EntryType::Regular, b"x")
    }),
    ("a path with a drive", "archive-path", E, || with_member("C:/x", EntryType::Regular, b"x")),
    ("a folder that climbs", "archive-path", E, || with_member("../x/", EntryType::Directory, b"")),
    ("a long name that climbs", "archive-path", E, || {
        extended(EntryType::GNULongName, format!("{}x\0", "../".repeat(60)).as_bytes())
    }),
    ("an extended name that climbs", "archive-path", E, || {
        extended(EntryType::XHeader, b"14 path=../xx\n")
    }),
    ("a path that climbs in a zip", "archive-path", E, || zip_with("../../x", b"x")),
    ("a symbolic link", "archive-link", E, || link(EntryType::Symlink, "/etc/passwd")),
    ("a symbolic link that climbs", "archive-link", E, || {
        link(EntryType::Symlink, "../../../../etc/passwd")
    }),
    ("a link to a sibling file", "archive-link", W, || link(EntryType::Symlink, "../VERSION")),
    ("a hard link", "archive-link", E, || link(EntryType::Link, "../etc/passwd")),
    ("a hard link to another member", "archive-link", W, || {
        link(EntryType::Link, &format!("{LINUX}/VERSION"))
    }),
    ("a link in a zip", "archive-link", E, zip_link),
    ("a device", "archive-special", W, || with_member("null", EntryType::Char, b"")),
    ("a pipe", "archive-special", W, || with_member("pipe", EntryType::Fifo, b"")),
    ("a sparse file", "archive-special", W, || {
        extended(EntryType::XHeader, b"22 GNU.sparse.major=1\n")
    }),
    ("a file twice", "archive-duplicate", E, || {
        with_member(format!("{LINUX}/VERSION"), EntryType::Regular, b"9.9")
    }),
    ("a file twice, once with ./", "archive-duplicate", E, || {
        with_member(format!("./{LINUX}//VERSION"), EntryType::Regular, b"9.9")
    }),
    ("a file twice with one content", "archive-duplicate", W, || {
        with_member(format!("{LINUX}/VERSION"), EntryType::Regular, b"1.2\n")
    }),
    ("an entry of a zip twice", "archive-duplicate", E, zip_twice),
    ("a name in GBK", "archive-name", E, || with_member(b"\xd6\xf7", EntryType::Regular, b"x")),
    ("a name with an escape code", "archive-name", E, || {
        with_member("a\x1b[2Jb", EntryType::Regular, b"x")
    }),
    ("a name in GBK in a zip", "archive-name", E, || zip_renamed(0xd6, true)),
    ("a huge extended header", "archive-header", E, || {
        extended(EntryType::GNULongName, &vec![b'a'; 100_000])
    }),
    ("two sizes", "archive-header", E, || extended(EntryType::XHeader, b"18 size=987654321\n")),
    ("a zip in a tgz", "archive-nested", E, || {
        with_member(format!("{LINUX}/etc/a.tpl"), EntryType::Regular, b"PK\x03\x04rest")
    }),
    ("a tgz in a tgz", "archive-nested", E, || {
        with_member(format!("{LINUX}/etc/a.tpl"), EntryType::Regular, &gzip(b"x"))
    }),
    ("a tgz in a zip", "archive-nested", E, || zip_with("package.tgz", &Package::valid().tgz())),
    ("an encrypted entry", "archive-method", E, zip_encrypted),
    ("a document above 2 MiB", "document-size", E, || {
        broken(|package| package.set("info/description.md", vec![b'a'; (2 << 20) + 1]))
    }),
    ("a 6.x package as a zip", "archive-zip-for-tgz", E, || Package::valid().zip()),
];

#[test]
fn folders_and_global_headers_are_accepted() {
    let bytes = with_members(|builder| {
        append(
            builder,
            "pax_global_header",
            0o644,
            EntryType::XGlobalHeader,
            b"18 comment=a hash\n",
        );
        append(builder, format!("./{LINUX}/"), 0o755, EntryType::Directory, b"");
    });
    assert_eq!(check(bytes).findings, []);
}

#[test]
fn zeros_after_gzip_members_are_accepted() {
    let tar = Package::valid().tar();
    let (start, end) = tar.split_at(700);
    let zeros = vec![0; 70_000];
    let bytes = [gzip(start), zeros.clone(), gzip(end), zeros].concat();
    assert_eq!(check(bytes).findings, []);
}

#[test]
fn multi_member_gzip_is_accepted() {
    let tar = Package::valid().tar();
    let (start, end) = tar.split_at(700);
    assert_eq!(check([gzip(start), gzip(end)].concat()).findings, []);
}

#[test]
fn declared_entry_counts_are_not_trusted() {
    let mut bytes = super::zip51::valid();
    let end = positions(&bytes, b"PK\x05\x06")[0];
    for number in [0_u16, 1, 7, 9, 4096, 4097, u16::MAX] {
        for offset in [8, 10] {
            bytes[end + offset..end + offset + 2].copy_from_slice(&number.to_le_bytes());
        }
        let rules = broken_rules(&check(bytes.clone()));
        assert!(number == 7 || !rules.is_empty(), "{number}");
    }
}

#[test]
fn backslashes_beside_wide_characters_are_reported() {
    for name in ["中\\x", "\\", "\\中", "a\\中", "中/..\\x", "/中", "\u{1f600}\\", "é:\\"] {
        for bytes in [with_member(name, EntryType::Regular, b"x"), zip_with(name, b"x")] {
            let report = check(bytes);
            let is_reported =
                |finding: &Finding| finding.rule == "archive-path" && finding.file == name;
            assert!(report.findings.iter().any(is_reported), "{name}: {:?}", report.findings);
        }
    }
}
