//! Fuzz target: `bodies/import.rs`, which `cargo test` replays on the stored inputs.
#![no_main]

#[path = "../bodies/import.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
