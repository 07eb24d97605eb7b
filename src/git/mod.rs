//! What waxseal asks of git: where a work tree is, what its index holds, which ignore files apply.
//!
//! Everything here reads and nothing writes; no git process is started and nothing a repository's
//! configuration names is ever run. Knows nothing of secrets and prints nothing.

mod index;
mod repo;

pub use index::{Entry, Index, Kind};
pub use repo::{GitError, Ground, IgnoreFiles, WorkTree, is_git_dir, is_git_link};
