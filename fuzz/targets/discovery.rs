//! See `c2c::doors::discovery`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| c2c::doors::discovery(text));
