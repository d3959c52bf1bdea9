//! See `c2c::doors::account_record`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &[u8]| c2c::doors::account_record(text));
