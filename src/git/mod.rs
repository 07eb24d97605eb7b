//! What waxseal asks of git: where a work tree is, what its index holds, which ignore files apply, where objects and refs lie.
//!
//! Everything here reads and nothing writes; no git process is started and nothing a repository's
//! configuration names is ever run. Knows nothing of secrets and prints nothing.

mod alternates;
mod environment;
mod finder;
mod format;
mod head;
mod hooks;
mod index;
pub mod loose;
mod message;
pub mod pack;
mod refs;
mod reftable;
mod repo;
mod settings;
mod short;
mod staging;
mod store;
mod tracking;
pub mod tree;

pub use environment::Environment;
pub use finder::{FindError, Finder};
pub use format::RefStorage;
pub use head::{HeadError, head, merge_heads};
pub use hooks::{GlobalConfig, HookSite, HooksPath, SetIn};
pub use index::{Entry, Index, Kind};
pub use message::Cleanup;
pub use refs::Refs;
pub use repo::{GitError, Ground, IgnoreFiles, WorkTree, is_git_dir, is_git_link};
pub use short::starting_with;
pub use staging::{CacheTree, EntryKind, NodeIx, StagedEntry, Staging, StagingError};
pub use store::{Store, StoreError};
pub use tracking::tracking;
