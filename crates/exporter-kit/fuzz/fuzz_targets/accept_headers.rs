#![no_main]

use exporter_kit::fuzzing::accept_headers;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| accept_headers(bytes));
