//! Packs any exporter for BlueKing (蓝鲸) monitoring, checks packages and rehearses them.

fn main() {}
