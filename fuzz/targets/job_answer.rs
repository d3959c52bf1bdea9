//! See `c2c::doors::job_answer`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| c2c::doors::job_answer(text));
