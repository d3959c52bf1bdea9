//! See `c2c::doors::signed_document`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| c2c::doors::signed_document(text));
