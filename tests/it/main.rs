//! The integration tests: one binary, a file for each behaviour.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cli;
mod determinism;
mod architecture;
mod docs;
mod formats;
mod generated;
mod index;
mod replay;
mod positions;
mod quiet;
mod scale;
mod secrecy;
mod support;
mod walk;
mod windows;
mod within;
