//! See `c2c::doors::refusal`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| c2c::doors::refusal(text));
