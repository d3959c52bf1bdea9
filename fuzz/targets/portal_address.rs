//! See `c2c::doors::portal_address`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| c2c::doors::portal_address(text));
