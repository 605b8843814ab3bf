#![no_main]

use exporter_kit::fuzzing::request_head;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| request_head(bytes));
