//! See `c2c::doors::form_body`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| c2c::doors::form_body(text));
