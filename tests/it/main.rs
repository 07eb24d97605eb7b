//! The integration tests: one binary, a file for each behaviour.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cli;
mod architecture;
mod docs;
mod formats;
mod generated;
mod index;
mod replay;
mod secrecy;
mod support;
mod walk;
