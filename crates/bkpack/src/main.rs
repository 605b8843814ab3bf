//! Packs any exporter for BlueKing (蓝鲸) monitoring, checks packages and rehearses them.

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    bkpack::run("bkpack", &arguments)
}
