//! A valid 6.x/7.x package that tests modify.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tar::{Builder, EntryType, Header};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::samples::{elf, pe, png};

pub(crate) const LINUX: &str = "external_plugins_linux_x86_64/pool_exporter";
pub(crate) const ARM: &str = "external_plugins_linux_aarch64/pool_exporter";
pub(crate) const WINDOWS: &str = "external_plugins_windows_x86_64/pool_exporter";

const META: &str = "plugin_id: pool_exporter\nplugin_display_name: 连接池 x - y\nplugin_type: \
                    Exporter\ntag: db\nis_support_remote: False\nlabel: component\n";

const CONFIG: &str = r#"[
  {"default":"127.0.0.1","mode":"collector","type":"text","name":"host","description":"监听IP","visible":false},
  {"default":"9700","mode":"collector","type":"text","name":"port","description":"监听端口","visible":false},
  {"default":"${host}:${port}","mode":"opt_cmd","type":"text","name":"--web.listen-address","description":"监听地址"},
  {"default":"/metrics","mode":"opt_cmd","type":"text","name":"--web.telemetry-path","description":"路径"},
  {"default":"false","mode":"opt_cmd","type":"switch","name":"--verbose","description":""},
  {"default":null,"mode":"env","type":"password","name":"POOL_PASSWORD","description":"密码","required":false}
]"#;

const METRICS: &str = r#"[
  {"table_name":"pool","table_desc":"连接池","rule_list":["^pool_"],"fields":[
    {"name":"pool_size","monitor_type":"metric","type":"double","description":"连接数","unit":"short","is_active":true},
    {"name":"pool_wait_seconds_bucket","monitor_type":"metric","type":"double","description":"等待","unit":"none"},
    {"name":"le","monitor_type":"dimension","type":"string","description":"上限"},
    {"name":"db_name","monitor_type":"dimension","type":"string","description":"库","unit":""}]},
  {"table_name":"group_default","table_desc":"默认分组","fields":[]}
]"#;

const PROJECT: &str = "name: pool_exporter\nversion: \"1.2\"\ndescription: 连接池\ncategory: external\n\
    auto_launch: false\nauto_type: 1\nport_range: 9700,10000-65535\nupstream: [bkmonitorbeat]\n\
    control:\n  start: ./start.sh\n  stop: ./stop.sh\n  version: cat VERSION\nconfig_templates:\n\
    \x20 - plugin_version: \"*\"\n    name: env.yaml\n    version: 1\n    file_path: etc\n    \
    format: yaml\n    source_path: etc/env.yaml.tpl\nneed_delegate: True\n";

/// A file of a package.
#[derive(Clone)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) mode: u32,
    pub(crate) bytes: Vec<u8>,
}

/// The files of a package in archive order.
#[derive(Clone)]
pub(crate) struct Package {
    pub(crate) files: Vec<File>,
}

impl Package {
    /// A package without findings.
    pub(crate) fn valid() -> Self {
        let mut package = Self { files: Vec::new() };
        package.add_os(LINUX, "pool_exporter", "sh", elf(62, &[]));
        package.add_os(ARM, "pool_exporter", "sh", elf(183, &[]));
        package.add_os(WINDOWS, "pool_exporter.exe", "bat", pe(0x8664, &["KERNEL32.dll"]));
        package
    }

    fn add_os(&mut self, folder: &str, executable: &str, script: &str, bytes: Vec<u8>) {
        let project = PROJECT.replace(".sh", &format!(".{script}"));
        self.add(&format!("{folder}/{executable}"), 0o755, bytes);
        for script in ["start", "stop"].map(|name| format!("{name}.{script}")) {
            self.add(&format!("{folder}/{script}"), 0o755, b"# script\n".to_vec());
        }
        for (name, text) in [
            ("VERSION", "1.2\n"),
            ("project.yaml", &*project),
            ("etc/env.yaml.tpl", "BK_CMD_ARGS: {{ cmd_args }}\n"),
            ("info/meta.yaml", META),
            ("info/config.json", CONFIG),
            ("info/metrics.json", METRICS),
            ("info/description.md", "# 连接池\n"),
            ("info/release.md", "第一版\n"),
            ("info/signature.yaml", ""),
        ] {
            self.add(&format!("{folder}/{name}"), 0o644, text.as_bytes().to_vec());
        }
        self.add(&format!("{folder}/info/logo.png"), 0o644, png(155, 65));
    }

    pub(crate) fn add(&mut self, path: &str, mode: u32, bytes: impl Into<Vec<u8>>) {
        self.files.push(File { path: path.to_owned(), mode, bytes: bytes.into() });
    }

    pub(crate) fn file(&mut self, path: &str) -> &mut File {
        let file = self.files.iter_mut().find(|file| file.path == path);
        file.unwrap_or_else(|| panic!("{path} is missing"))
    }

    /// Sets the content of the file with this name in each OS folder.
    pub(crate) fn set(&mut self, name: &str, bytes: impl AsRef<[u8]>) {
        self.each(name, |file| file.bytes = bytes.as_ref().to_vec());
    }

    /// Replaces a text, which must occur, in the file with this name in each OS folder.
    pub(crate) fn replace(&mut self, name: &str, from: &str, to: &str) {
        self.each(name, |file| {
            let text = String::from_utf8(file.bytes.clone()).unwrap();
            assert!(text.contains(from), "{name} has no {from:?}");
            file.bytes = text.replace(from, to).into_bytes();
        });
    }

    /// Changes the JSON document with this name in each OS folder: sets the value at the pointer,
    /// or removes it if the value is the string `remove`.
    pub(crate) fn json(&mut self, name: &str, pointer: &str, value: &Value) {
        self.each(name, |file| {
            let mut document: Value = serde_json::from_slice(&file.bytes).unwrap();
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            match document.pointer_mut(parent).unwrap() {
                Value::Object(object) if value == "remove" => {
                    object.remove(key).expect("the key exists");
                }
                Value::Object(object) => {
                    object.insert(key.to_owned(), value.clone());
                }
                Value::Array(list) if value == "remove" => {
                    list.remove(key.parse().unwrap());
                }
                Value::Array(list) if key == "-" => list.push(value.clone()),
                list => list[key.parse::<usize>().unwrap()] = value.clone(),
            }
            file.bytes = serde_json::to_vec(&document).unwrap();
        });
    }

    pub(crate) fn remove(&mut self, path: &str) {
        let before = self.files.len();
        self.files.retain(|file| file.path != path && !file.path.starts_with(&format!("{path}/")));
        assert!(self.files.len() < before, "{path} is missing");
    }

    /// Removes the file with this name from each OS folder.
    pub(crate) fn remove_each(&mut self, name: &str) {
        for folder in [LINUX, ARM, WINDOWS] {
            self.remove(&format!("{folder}/{name}"));
        }
    }

    /// Replaces the plugin id everywhere.
    pub(crate) fn rename(&mut self, id: &str) {
        for file in &mut self.files {
            file.path = file.path.replace("pool_exporter", id);
            if file.path.ends_with(".yaml") {
                let text = String::from_utf8(file.bytes.clone()).unwrap();
                file.bytes = text.replace("pool_exporter", id).into_bytes();
            }
        }
    }

    fn each(&mut self, name: &str, change: impl Fn(&mut File)) {
        for folder in [LINUX, ARM, WINDOWS] {
            change(self.file(&format!("{folder}/{name}")));
        }
    }

    pub(crate) fn tar(&self) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for file in &self.files {
            append(&mut builder, &file.path, file.mode, EntryType::Regular, &file.bytes);
        }
        builder.into_inner().unwrap()
    }

    pub(crate) fn tgz(&self) -> Vec<u8> {
        gzip(&self.tar())
    }

    pub(crate) fn zip(&self) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for file in &self.files {
            let options = SimpleFileOptions::DEFAULT.unix_permissions(file.mode);
            archive.start_file(&*file.path, options).unwrap();
            archive.write_all(&file.bytes).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }
}

/// Adds a member with an unchecked name, like an attacker.
pub(crate) fn append(
    builder: &mut Builder<Vec<u8>>,
    path: impl AsRef<[u8]>,
    mode: u32,
    kind: EntryType,
    bytes: &[u8],
) {
    let mut header = Header::new_gnu();
    let mut name = path.as_ref();
    if name.len() > 100 {
        append(builder, "././@LongLink", 0o644, EntryType::GNULongName, name);
        name = &name[..100];
    }
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_mode(mode);
    header.set_entry_type(kind);
    header.set_size(bytes.len() as u64);
    header.set_cksum();
    builder.append(&header, bytes).unwrap();
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
