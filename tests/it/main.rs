//! The integration tests: one binary, a file for each behaviour.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod architecture;
mod cli;
mod determinism;
mod docs;
mod formats;
mod generated;
mod index;
mod positions;
mod quiet;
mod replay;
mod scale;
mod secrecy;
mod support;
mod walk;
mod windows;
mod within;
