//! What a tree belongs to: its index and its ignore rules, each read once.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::rules::Rules;
use crate::git::{Index, WorkTree};

/// A work tree whose index was read.
pub(super) struct Repository {
    pub(super) tree: WorkTree,
    pub(super) index: Index,
    /// Read when first asked for: a tracked file that is named needs none.
    rules: OnceLock<Rules>,
}

impl Repository {
    pub(super) fn new(tree: WorkTree, index: Index) -> Self {
        Self {
            tree,
            index,
            rules: OnceLock::new(),
        }
    }

    /// The ignore rules.
    pub(super) fn rules(&self) -> &Rules {
        self.rules.get_or_init(|| Rules::of(&self.tree))
    }
}

/// What a tree is.
#[derive(Clone)]
pub(super) enum Ground {
    /// Not in any repository; each one below is a tree of its own.
    Outside,
    /// The inside of a repository's own directory.
    Store,
    /// In a work tree.
    WorkTree(Arc<Repository>),
    /// In a work tree whose repository cannot be read; this is its top.
    Unreadable(PathBuf),
}

impl Ground {
    /// The top of the work tree.
    pub(super) fn top(&self) -> Option<&Path> {
        match self {
            Self::Outside | Self::Store => None,
            Self::WorkTree(repository) => Some(repository.tree.root()),
            Self::Unreadable(top) => Some(top),
        }
    }
}
