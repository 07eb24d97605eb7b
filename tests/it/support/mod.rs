//! What several test files share: scratch repositories made by git itself, and a sink that remembers.

pub(crate) mod record;
pub(crate) mod repo;
