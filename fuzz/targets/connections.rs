//! See `c2c::doors::connections`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| c2c::doors::connections(text));
