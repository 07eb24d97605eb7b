//! What several test files share: scratch repositories made by git itself, packs made byte by byte, a sink that remembers, and the built program.

pub(crate) mod craft;
pub(crate) mod edits;
pub(crate) mod gate;
pub(crate) mod history;
#[cfg(feature = "verify")]
pub(crate) mod mail_server;
#[cfg(feature = "verify")]
pub(crate) mod peer;
pub(crate) mod program;
#[cfg(feature = "verify")]
pub(crate) mod providers;
pub(crate) mod random;
pub(crate) mod reading;
pub(crate) mod record;
pub(crate) mod repo;
pub(crate) mod script;
pub(crate) mod staged;
#[cfg(feature = "verify")]
pub(crate) mod tls;
