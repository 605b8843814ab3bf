#![no_main]

use exporter_kit::fuzzing::web_config;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| web_config(bytes));
