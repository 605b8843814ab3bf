//! Packages of both BlueKing generations with the test exporter.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::Path;

use blueking_package::plugin::{self, Member, System};
use blueking_package::{Definitions, PackageDescription, v51};
use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, Header};

use crate::samples::png;

const DEFINITIONS: &str = r#"{
  "schema": 1,
  "name": "pool_exporter",
  "version": "0.1.0",
  "flags": [{"name": "web.listen-address"}, {"name": "web.telemetry-path"}, {"name": "pool.mode"}, {"name": "pool.file"}],
  "arguments": ["target"],
  "groups": [{"name": "pool", "zh": "连接池", "enabled": true}],
  "metrics": [
    {"name": "pool_size", "kind": "gauge", "zh": "连接数", "group": "pool"},
    {"name": "pool_free", "kind": "gauge", "zh": "空闲数", "group": "pool"}
  ]
}"#;

fn description() -> PackageDescription {
    // A free port. If it gets taken, the rehearsal allocates another one.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let text = format!(
        "plugin_id = 'pool_exporter'\ncomponent_name = 'pool'\ndisplay_name = '连接池'\n\
         plugin_version = '1.1'\nlabel = 'component'\nlisten = '127.0.0.1:{port}'\n\
         [[parameter]]\nflag = '--pool.mode'\ndefault = 'sound'\ndescription = '模式'\n\
         [[parameter]]\nflag = '--pool.file'\ntype = 'file'\ndefault = 'pool.conf'\n\
         content = 'shards = 1'\ndescription = '配置文件'\n\
         [[parameter]]\nargument = 'target'\ndefault = 'main'\ndescription = '对象'\n"
    );
    PackageDescription::parse("blueking.toml", &text).unwrap()
}

fn definitions() -> Definitions {
    Definitions::parse("pool_exporter --describe", DEFINITIONS).unwrap()
}

fn exporter() -> Vec<u8> {
    fs::read(env!("CARGO_BIN_EXE_fake_exporter")).unwrap()
}

/// Writes a package of BlueKing 6 and 7, with the files in `instead` replaced.
pub(crate) fn write_plugin(path: &Path, instead: &[(&str, &str)]) {
    write_plugin_of(path, instead, |_| true);
}

/// Like [`write_plugin`], with only the members whose path satisfies `is_in`.
pub(crate) fn write_plugin_of(path: &Path, instead: &[(&str, &str)], is_in: fn(&str) -> bool) {
    let package = plugin::Package {
        documents: plugin::generate(&description(), &definitions()).unwrap(),
        description: "# 连接池\n".to_owned(),
        release: "新版本".to_owned(),
        logo: png(155, 65),
        executables: BTreeMap::from([(System::LinuxX86_64, exporter())]),
    };
    let file = GzEncoder::new(File::create(path).unwrap(), Compression::fast());
    let mut archive = Builder::new(file);
    let members = package.members().into_iter().filter(|member| is_in(&member.path));
    for Member { path, mode, bytes } in members {
        let other = instead.iter().find(|(name, _)| path.ends_with(name));
        let bytes = other.map_or(bytes, |(_, text)| text.as_bytes().to_vec());
        let mut header = Header::new_ustar();
        header.set_mode(mode);
        header.set_size(bytes.len() as u64);
        archive.append_data(&mut header, path, &*bytes).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap();
}

/// Writes a package of BlueKing 5.1, and returns the port in its form.
pub(crate) fn write_component(path: &Path) -> u16 {
    let description = description();
    let package = v51::Package {
        documents: v51::generate(&description, &definitions()).unwrap(),
        description: "# 连接池\n".to_owned(),
        logo: png(155, 65),
        linux: Some(exporter()),
        windows: None,
    };
    v51::write(path, &package).unwrap();
    let url = package.documents.config_schema.iter().find(|row| row.name == v51::EXPORTER_URL);
    let address = url.unwrap().default.split('/').nth(2).unwrap();
    address.rsplit_once(':').unwrap().1.parse().unwrap()
}
