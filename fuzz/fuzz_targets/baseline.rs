//! Fuzz target: `bodies/baseline.rs`, which `cargo test` replays on the stored inputs.
#![no_main]

#[path = "../bodies/baseline.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
