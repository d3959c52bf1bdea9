//! See `c2c::doors::disks_health`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| c2c::doors::disks_health(text));
