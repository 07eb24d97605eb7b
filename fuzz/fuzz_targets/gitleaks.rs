//! Fuzz target: `bodies/gitleaks.rs`, which `cargo test` replays on the stored inputs.
#![no_main]

#[path = "../bodies/gitleaks.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
