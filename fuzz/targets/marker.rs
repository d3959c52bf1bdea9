//! See `c2c::doors::marker`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &[u8]| c2c::doors::marker(text));
