//! Invalid folders, executables, definitions and texts of 6.x/7.x packages.

use super::table::{Case, E, W, broken, check};
use crate::support::package::{ARM, LINUX, Package, WINDOWS};
use crate::support::{elf, pe, png};

/// The dynamic section of a file that requires one library.
const NEEDS_ONE: &[u8] = &[
    1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

fn meta(from: &'static str, to: &str) -> Vec<u8> {
    broken(|package| package.replace("info/meta.yaml", from, to))
}

fn project(from: &'static str, to: &str) -> Vec<u8> {
    broken(|package| package.replace("project.yaml", from, to))
}

fn named(name: &str) -> Vec<u8> {
    meta("连接池 x - y", name)
}

fn extra(path: &str, bytes: &[u8]) -> Vec<u8> {
    broken(|package| package.add(&format!("{LINUX}/{path}"), 0o644, bytes))
}

/// A file before all others.
fn first(path: &str, bytes: &[u8]) -> Vec<u8> {
    broken(|package| {
        package.add(path, 0o644, bytes);
        let last = package.files.pop().unwrap();
        package.files.insert(0, last);
    })
}

fn moved(from: &str, to: &str) -> Vec<u8> {
    broken(|package| {
        for file in &mut package.files {
            file.path = file.path.replace(from, to);
        }
    })
}

fn linux_executable(bytes: Vec<u8>) -> Vec<u8> {
    broken(|package| package.file(&format!("{LINUX}/pool_exporter")).bytes = bytes)
}

fn windows_executable(bytes: Vec<u8>) -> Vec<u8> {
    broken(|package| package.file(&format!("{WINDOWS}/pool_exporter.exe")).bytes = bytes)
}

fn wrapped(folder: &str) -> Vec<u8> {
    broken(|package| {
        for file in &mut package.files {
            file.path = format!("{folder}/{}", file.path);
        }
    })
}

pub(crate) const CASES: &[Case] = &[
    // Folders and ids.
    ("no OS folder", "layout-no-os-folder", E, || moved("external_plugins_", "plugins/")),
    ("only misspelt OS folders", "layout-no-os-folder", E, || {
        moved("external_plugins", "external_plugin")
    }),
    ("an empty archive", "layout-no-os-folder", E, || broken(|package| package.files.clear())),
    ("a folder around it", "layout-wrapped", E, || wrapped("pool-1.0")),
    ("an unknown system", "layout-unknown-os", E, || moved("linux_aarch64", "linux_arm64")),
    ("32-bit Linux", "layout-unknown-os", E, || moved("linux_aarch64", "linux_x86")),
    ("OS folders without external_", "layout-no-os-folder", E, || moved("external_", "")),
    ("the documentation's spelling", "layout-misspelt-os", W, || {
        moved("external_plugins_windows_x86_64", "extarnal_plugin_windows_x86_64")
    }),
    ("without external_", "layout-misspelt-os", W, || {
        moved("external_plugins_linux_aarch64", "plugins_linux_aarch64")
    }),
    ("AIX", "layout-aix", W, || {
        broken(|package| {
            package.replace("project.yaml", "control:", "controls:");
            let files = package.files.clone();
            for mut file in files.into_iter().filter(|file| file.path.starts_with(LINUX)) {
                file.path = file.path.replace("linux_x86_64", "aix_powerpc").replace(".sh", ".ksh");
                package.files.push(file);
            }
        })
    }),
    ("two plugins in one folder", "layout-several-plugins", E, || {
        broken(|package| package.add("external_plugins_linux_x86_64/other/README", 0o644, ""))
    }),
    ("a folder that ends in info", "layout-info-lookalike", E, || {
        extra("extrainfo/config.json", b"[]")
    }),
    ("a folder in info that ends in info", "layout-info-lookalike", E, || {
        extra("info/myinfo/a", b"")
    }),
    ("a file that is a folder", "layout-file-and-folder", E, || {
        extra("etc/env.yaml.tpl/x.tpl", b"")
    }),
    ("a bundled library", "layout-extra-file", W, || extra("lib/libz.so", b"\xff")),
    ("a configuration in etc", "layout-extra-file", W, || extra("etc/a.yaml", b"a: 1")),
    ("another file in info", "layout-extra-file", W, || extra("info/NOTES.md", b"x")),
    ("a script of the wrong system", "layout-extra-file", W, || extra("start.bat", b"x")),
    ("a file at the top", "layout-extra-file", W, || broken(|p| p.add("README.md", 0o644, "x"))),
    ("a folder at the top", "layout-extra-file", W, || {
        broken(|p| p.add("docs/a/b/c.md", 0o644, "x"))
    }),
    ("an id with a dash", "plugin-id-pattern", E, || broken(|p| p.rename("pool-exporter"))),
    ("an id that begins with a digit", "plugin-id-pattern", E, || broken(|p| p.rename("3pool"))),
    ("an id of 31 characters", "plugin-id-length", E, || broken(|p| p.rename(&"a".repeat(31)))),
    ("an id of 65 characters", "plugin-id-length", E, || broken(|p| p.rename(&"a".repeat(65)))),
    ("an official id", "plugin-id-official", E, || broken(|p| p.rename("bkplugin_pool"))),
    ("an id in upper case", "plugin-id-case", W, || broken(|p| p.rename("Pool"))),
    ("another id on Windows", "layout-ids-differ", E, || {
        // Only the folder name changes, not the ids in the other files.
        broken(|package| {
            for file in &mut package.files {
                file.path =
                    file.path.replace("windows_x86_64/pool_exporter/", "windows_x86_64/pool/");
            }
        })
    }),
    // meta.yaml.
    ("no meta.yaml", "meta-missing", E, || broken(|p| p.remove_each("info/meta.yaml"))),
    ("meta.yaml with a broken line", "meta-yaml", E, || meta("tag: db", "tag: [db")),
    ("meta.yaml as a list", "meta-yaml", E, || broken(|p| p.set("info/meta.yaml", "- a\n"))),
    ("the documentation's key type", "meta-type", E, || meta("plugin_type:", "type:")),
    ("plugin_type in lower case", "meta-type", E, || meta("Exporter", "exporter")),
    ("plugin_type Script", "meta-no-exporter", E, || meta("Exporter", "Script")),
    ("meta.yaml with an impossible date", "meta-yaml", E, || {
        meta("tag: db", "tag: db\nbuilt: 2024-02-30")
    }),
    ("meta.yaml with a Python tag", "meta-yaml", E, || meta("tag: db", "tag: !!python/name:x db")),
    ("meta.yaml with a control character", "meta-yaml", E, || meta("tag: db", "tag: db # \u{7}")),
    ("meta.yaml as UTF-16", "info-utf8", E, || {
        broken(|package| {
            let text =
                String::from_utf8_lossy(&package.file(&format!("{LINUX}/info/meta.yaml")).bytes);
            let units = format!("\u{feff}{text}");
            let bytes: Vec<u8> = units.encode_utf16().flat_map(u16::to_le_bytes).collect();
            package.set("info/meta.yaml", bytes);
        })
    }),
    ("a plugin_id that is null", "meta-id", E, || meta("plugin_id: pool_exporter", "plugin_id:")),
    ("a label that is yes", "meta-label", E, || meta("label: component", "label: yes")),
    ("a tag that is yes", "meta-text", E, || meta("tag: db", "tag: yes")),
    ("a display name that is a date", "meta-text", E, || named("2024-01-01")),
    ("a display name that is a list", "meta-text", E, || named("[a, b]")),
    ("a display name of 256 characters", "meta-name-length", E, || named(&"a".repeat(256))),
    ("a display name with a line separator", "meta-name-yaml", E, || named("\"a\\u2028b\"")),
    ("a display name with a control character", "meta-name-yaml", E, || named("\"a\\ab\"")),
    ("a display name that reads as null", "meta-name-cut", W, || named("'null'")),
    ("another plugin_id", "meta-id", E, || meta("plugin_id: pool_exporter", "plugin_id: pool")),
    ("no label", "meta-label", E, || meta("label: component\n", "")),
    ("an empty label", "meta-label", E, || meta("label: component", "label: ''")),
    ("an unknown label", "meta-label-unknown", W, || meta("label: component", "label: database")),
    ("a display name of 65 characters", "meta-name-length", E, || named(&"池".repeat(65))),
    ("a display name with a colon", "meta-name-yaml", E, || named("'A: b'")),
    ("a display name that ends in a colon", "meta-name-yaml", E, || named("'A:'")),
    ("a display name that begins with &", "meta-name-yaml", E, || named("'&a'")),
    ("a display name that begins with [", "meta-name-yaml", E, || named("'[a]'")),
    ("a display name that begins with a dash", "meta-name-yaml", E, || named("'- a'")),
    ("a display name with a tab", "meta-name-yaml", E, || named("\"a\\tb\"")),
    ("a display name that is one sign", "meta-name-yaml", E, || named("'='")),
    ("a display name with a comment", "meta-name-cut", W, || named("'A #1'")),
    ("a display name with quotes", "meta-name-escaped", W, || named("A \"b\"")),
    ("a tag of 65 characters", "meta-tag-length", E, || {
        meta("tag: db", &format!("tag: {}", "a".repeat(65)))
    }),
    ("a tag with a colon", "meta-tag", W, || meta("tag: db", "tag: 'a: b'")),
    ("remote collection", "meta-remote", W, || meta("remote: False", "remote: yes")),
    // VERSION.
    ("no VERSION", "version-missing", E, || broken(|p| p.remove(&format!("{ARM}/VERSION")))),
    ("no VERSION at all", "version-missing", E, || broken(|p| p.remove_each("VERSION"))),
    ("a VERSION of three parts", "version-format", E, || broken(|p| p.set("VERSION", "1.2.0"))),
    ("a VERSION with a letter", "version-format", E, || broken(|p| p.set("VERSION", "v1.2"))),
    ("an empty VERSION", "version-format", E, || broken(|p| p.set("VERSION", ""))),
    ("a VERSION above 999999", "version-format", E, || broken(|p| p.set("VERSION", "1.1000000"))),
    ("a VERSION of two lines", "version-format", E, || broken(|p| p.set("VERSION", "1.2\n3.4\n"))),
    ("another VERSION on Windows", "version-differs", E, || {
        broken(|package| {
            package.file(&format!("{WINDOWS}/VERSION")).bytes = b"1.3".to_vec();
            let project = package.file(&format!("{WINDOWS}/project.yaml"));
            project.bytes = String::from_utf8_lossy(&project.bytes).replace("1.2", "1.3").into();
        })
    }),
    ("a file that ends in VERSION", "version-lookalike", W, || extra("etc/MYVERSION", b"9.9")),
    ("another VERSION in front", "version-lookalike", E, || {
        broken(|package| {
            package.add(&format!("{LINUX}/bin/VERSION"), 0o644, "9.9");
            let last = package.files.pop().unwrap();
            package.files.insert(1, last);
        })
    }),
    ("a VERSION in full-width digits", "version-format", W, || {
        broken(|package| {
            package.set("VERSION", "１.２");
            package.replace("project.yaml", "\"1.2\"", "\"１.２\"");
        })
    }),
    ("a VERSION at the top", "version-lookalike", W, || {
        broken(|package| {
            package.add("external_plugins_linux_x86_64/pool_exporter/info/VERSION", 0o644, "1")
        })
    }),
    // The executable.
    ("no executable", "executable-missing", E, || {
        broken(|p| p.remove(&format!("{ARM}/pool_exporter")))
    }),
    ("no executable at all", "executable-missing", E, || {
        broken(|package| {
            package.files.retain(|file| {
                !file.path.ends_with("/pool_exporter") && !file.path.ends_with("/pool_exporter.exe")
            });
        })
    }),
    ("an exe without .exe", "executable-missing", E, || {
        broken(|package| {
            let file = package.file(&format!("{WINDOWS}/pool_exporter.exe"));
            file.path = format!("{WINDOWS}/pool_exporter");
        })
    }),
    ("an empty executable", "executable-empty", E, || linux_executable(Vec::new())),
    ("a script as executable", "executable-text", E, || linux_executable(b"#!/bin/sh\n".to_vec())),
    ("an exe in the Linux folder", "executable-machine", E, || linux_executable(pe(0x8664, &[]))),
    ("an aarch64 executable for x86-64", "executable-machine", E, || {
        linux_executable(elf(183, &[]))
    }),
    ("a 32-bit executable", "executable-machine", E, || {
        let mut bytes = elf(62, &[]);
        bytes[4] = 1;
        linux_executable(bytes)
    }),
    ("an object file", "executable-machine", E, || {
        let mut bytes = elf(62, &[]);
        bytes[16] = 1;
        linux_executable(bytes)
    }),
    ("an ELF in the Windows folder", "executable-machine", E, || windows_executable(elf(62, &[]))),
    ("an exe for ARM", "executable-machine", E, || windows_executable(pe(0xaa64, &[]))),
    ("a DLL", "executable-machine", E, || {
        let mut bytes = pe(0x8664, &[]);
        bytes[0x97] = 0x20;
        windows_executable(bytes)
    }),
    ("an executable that is cut off", "executable-truncated", E, || {
        let bytes = elf(62, &[(1, &[0xff; 5000])]);
        linux_executable(bytes[..4000].to_vec())
    }),
    ("an executable cut off in its headers", "executable-truncated", E, || {
        linux_executable(elf(62, &[(1, b"x")])[..70].to_vec())
    }),
    ("an exe that is cut off", "executable-truncated", E, || {
        windows_executable(pe(0x8664, &[])[..0x600].to_vec())
    }),
    ("a script with Windows line ends", "script-text", E, || {
        broken(|package| {
            package.file(&format!("{LINUX}/start.sh")).bytes = b"#!/bin/sh\r\nexit\r\n".to_vec();
        })
    }),
    ("an empty file in front", "executable-shadowed", E, || {
        first(&format!("{LINUX}/pool_exporter.conf"), b"")
    }),
    ("a backup in front", "executable-shadowed", E, || {
        first(&format!("{LINUX}/bak/{LINUX}/pool_exporter"), b"\xff")
    }),
    ("a folder that begins with the id behind", "executable-sibling", W, || {
        extra("pool_exporter.d/x", b"x")
    }),
    ("a backup of the exe", "executable-sibling", W, || {
        broken(|package| package.add(&format!("{WINDOWS}/pool_exporter.exe.bak"), 0o644, "x"))
    }),
    ("VERSION in front of the executable", "executable-order", W, || {
        broken(|package| {
            let at =
                package.files.iter().position(|f| f.path == format!("{LINUX}/VERSION")).unwrap();
            package.files.swap(0, at);
        })
    }),
    ("a loader", "executable-dynamic", W, || {
        linux_executable(elf(62, &[(3, b"/lib64/ld-linux-x86-64.so.2\0"), (1, b"\0GLIBC_2.34\0")]))
    }),
    ("a shared library", "executable-dynamic", W, || linux_executable(elf(62, &[(2, NEEDS_ONE)]))),
    ("a DLL of mingw", "executable-dlls", W, || {
        windows_executable(pe(0x8664, &["kernel32.dll", "libgcc_s_seh-1.dll"]))
    }),
    ("an executable of 51 MiB", "executable-size", W, || {
        let mut bytes = elf(62, &[]);
        bytes.resize(51 << 20, 0);
        linux_executable(bytes)
    }),
    ("an executable without permission", "executable-mode", W, || {
        broken(|package| package.file(&format!("{LINUX}/pool_exporter")).mode = 0o644)
    }),
    ("a script without permission", "executable-mode", W, || {
        broken(|package| package.file(&format!("{ARM}/start.sh")).mode = 0o600)
    }),
    // info.
    ("another description on Windows", "info-differs", E, || {
        broken(|package| {
            package.file(&format!("{WINDOWS}/info/description.md")).bytes = b"x".to_vec()
        })
    }),
    ("another logo on Windows", "info-differs", E, || {
        broken(|package| package.file(&format!("{WINDOWS}/info/logo.png")).bytes = png(1, 1))
    }),
    ("release.md for one system only", "info-missing-here", E, || {
        broken(|package| package.remove(&format!("{WINDOWS}/info/release.md")))
    }),
    ("config.json for two systems", "info-missing-here", E, || {
        broken(|package| package.remove(&format!("{LINUX}/info/config.json")))
    }),
    ("meta.yaml for two systems", "info-missing-here", E, || {
        broken(|package| package.remove(&format!("{ARM}/info/meta.yaml")))
    }),
    ("a description in GBK", "info-utf8", E, || {
        broken(|p| p.set("info/description.md", b"\xd6\xf7"))
    }),
    ("metrics.json in GBK", "metrics-json", E, || {
        broken(|p| p.set("info/metrics.json", b"[\"\xd6\xf7\"]"))
    }),
    ("meta.yaml in GBK", "info-utf8", E, || broken(|p| p.set("info/meta.yaml", b"a: \xd6\xf7"))),
    ("release.md of 101 characters", "info-release", E, || {
        broken(|p| p.set("info/release.md", "新".repeat(101)))
    }),
    ("a JPEG as logo", "info-logo", E, || broken(|p| p.set("info/logo.png", b"\xff\xd8\xff\xe0"))),
    ("a logo above 2 MiB", "info-logo-size", E, || {
        broken(|package| {
            // Slightly too large for the importer, and not retained completely.
            let mut logo = png(155, 65);
            logo.resize((2 << 20) + 1, 0);
            package.set("info/logo.png", &logo);
        })
    }),
    ("a description with NUL", "info-nul", E, || broken(|p| p.set("info/description.md", b"a\0b"))),
    ("a signature that is null", "info-signature-form", E, || {
        broken(|p| p.set("info/signature.yaml", "default:\n"))
    }),
    ("a signature that is a list", "info-signature-form", E, || {
        broken(|p| p.set("info/signature.yaml", "default: [linux]\n"))
    }),
    ("a logo beside the executable", "info-logo-place", W, || moved("/info/logo.png", "/logo.png")),
    ("a signature", "info-signature", W, || {
        broken(|p| p.set("info/signature.yaml", "default:\n  linux: abc\n"))
    }),
    // project.yaml.
    ("no project.yaml", "project-missing", E, || {
        broken(|p| p.remove(&format!("{LINUX}/project.yaml")))
    }),
    ("project.yaml with a broken line", "project-yaml", E, || {
        project("description: 连接池", "description: a: b")
    }),
    ("project.yaml in GBK", "project-yaml", E, || {
        broken(|p| p.set("project.yaml", b"name: \xd6\xf7"))
    }),
    ("project.yaml as a list", "project-yaml", E, || broken(|p| p.set("project.yaml", "- a"))),
    ("project.yaml without name", "project-keys", E, || {
        project("name: pool_exporter", "nam: pool_exporter")
    }),
    ("project.yaml without version", "project-keys", E, || project("version: \"1.2\"\n", "")),
    ("project.yaml without category", "project-keys", E, || project("category: external\n", "")),
    ("control as a text", "project-keys", E, || {
        project("control:\n  start", "control: a\nx:\n  start")
    }),
    ("another name", "project-name", W, || project("name: pool_exporter", "name: pool")),
    ("another version", "project-version", W, || project("\"1.2\"", "\"1.1\"")),
    ("an unknown category", "project-category", E, || project("external", "internal")),
    ("an unknown auto_type", "project-auto-type", E, || project("auto_type: 1", "auto_type: 3")),
    ("a port above 65535", "project-port-range", E, || project("9700,", "99999,")),
    ("a port without quotes", "project-port-range", E, || project("9700,10000-65535", "9700")),
    ("a project.yaml with an impossible date", "project-yaml", E, || {
        project("auto_type: 1", "auto_type: 1\nbuilt: 2024-02-30")
    }),
    ("variables as a text", "project-templates", E, || {
        project("    format: yaml\n", "    format: yaml\n    variables: abc\n")
    }),
    ("variables of an unknown type", "project-templates", E, || {
        project("    format: yaml\n", "    format: yaml\n    variables: {type: foo}\n")
    }),
    ("templates as a mapping", "project-templates", E, || {
        project("config_templates:\n  -", "config_templates:\n   ")
    }),
    ("a template without format", "project-templates", E, || project("    format: yaml\n", "")),
    ("a missing template", "project-template-file", E, || {
        project("etc/env.yaml.tpl", "etc/other.tpl")
    }),
    ("an empty is_main_config", "project-main-config", W, || {
        project("    format: yaml\n", "    format: yaml\n    is_main_config: \"\"\n")
    }),
    ("a template outside of etc", "project-template-place", W, || {
        project("source_path: etc/env.yaml.tpl", "source_path: VERSION")
    }),
    ("a missing script", "project-script", W, || project("./stop.", "./halt.")),
];

#[test]
fn mutations_change_the_package() {
    // Without a change, a case could pass for the wrong reason.
    assert_ne!(meta("tag: db", "tag: x"), Package::valid().tgz());
    assert_ne!(named("池"), Package::valid().tgz());
}

#[test]
fn order_advice_is_a_safe_command() {
    let advice = |id: &str| {
        let mut package = Package::valid();
        package.files.swap(0, 3);
        for file in &mut package.files {
            file.path = file.path.replace("pool_exporter", id);
        }
        let report = check(package.tgz());
        let finding =
            report.findings.iter().find(|finding| finding.rule == "executable-order").unwrap();
        assert!(finding.message.starts_with(&format!("{} comes", package.files[0].path)));
        finding.advice.clone()
    };
    assert!(advice("pool_exporter").ends_with(" | tar -czf pool_exporter.tgz -T -"));
    let hostile = advice("a'$(id)'");
    assert!(hostile.contains("'*/ID/ID*'") && !hostile.contains("$(id)"), "{hostile}");
}
