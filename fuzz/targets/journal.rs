//! See `c2c::doors::journal`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &[u8]| c2c::doors::journal(text));
