#![no_main]

use exporter_kit::fuzzing::config_file;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| config_file(bytes));
