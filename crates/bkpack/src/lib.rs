//! The tool that packs any exporter for BlueKing (蓝鲸) monitoring.

pub mod init;
