//! See `c2c::doors::key_file`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &[u8]| c2c::doors::key_file(text));
