//! What several test files share: scratch repositories made by git itself, packs made byte by byte, a sink that remembers, and the built program.

pub(crate) mod craft;
pub(crate) mod edits;
pub(crate) mod gate;
pub(crate) mod history;
pub(crate) mod program;
pub(crate) mod random;
pub(crate) mod reading;
pub(crate) mod record;
pub(crate) mod repo;
pub(crate) mod staged;
#[cfg(feature = "verify")]
pub(crate) mod tls;
