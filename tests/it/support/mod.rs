//! What several test files share: scratch repositories made by git itself, a sink that remembers, and the built program.

pub(crate) mod program;
pub(crate) mod random;
pub(crate) mod record;
pub(crate) mod repo;
