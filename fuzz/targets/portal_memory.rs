//! See `c2c::doors::portal_memory`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &[u8]| c2c::doors::portal_memory(text));
