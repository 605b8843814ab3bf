#![no_main]

use exporter_kit::fuzzing::argv;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| argv(bytes));
