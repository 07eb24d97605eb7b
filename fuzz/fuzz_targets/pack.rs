//! Fuzz target: `bodies/pack.rs`, which `cargo test` replays on the stored inputs.
#![no_main]

#[path = "../bodies/pack.rs"]
mod body;
#[allow(dead_code, reason = "tests use more of it")]
#[path = "../../tests/it/support/craft.rs"]
mod craft;
#[allow(dead_code, reason = "the target of its own uses more of it")]
#[path = "../bodies/delta.rs"]
mod delta;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
