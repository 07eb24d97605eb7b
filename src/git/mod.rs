//! What waxseal asks of git: where a work tree is, what its index holds, which ignore files apply, where objects and refs lie.
//!
//! Everything here reads and nothing writes; no git process is started and nothing a repository's
//! configuration names is ever run. Knows nothing of secrets and prints nothing.

mod alternates;
mod environment;
mod finder;
mod format;
mod head;
mod index;
pub mod loose;
pub mod pack;
mod staging;
pub mod tree;
mod refs;
mod reftable;
mod repo;
mod settings;
mod store;

pub use environment::Environment;
pub use finder::{FindError, Finder};
pub use format::RefStorage;
pub use head::{HeadError, head, merge_heads};
pub use index::{Entry, Index, Kind};
pub use refs::Refs;
pub use repo::{GitError, Ground, IgnoreFiles, WorkTree, is_git_dir, is_git_link};
pub use staging::{CacheTree, EntryKind, NodeIx, StagedEntry, Staging, StagingError};
pub use store::{Store, StoreError};
