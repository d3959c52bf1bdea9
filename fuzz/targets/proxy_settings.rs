//! See `c2c::doors::proxy_settings`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| c2c::doors::proxy_settings(text));
