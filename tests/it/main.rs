//! The integration tests: one binary, a file for each behaviour.

mod formats;
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;
mod walk;
