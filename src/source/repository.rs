//! What a tree belongs to, and the ignore rules that hold there.
//!
//! Brings the index, which the git layer reads, together with the matcher of the walker, so that a walk and
//! a question about a single path get the same answer.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ignore::{IncrementalIgnore, WalkBuilder};

use crate::git::{Index, WorkTree};

/// A work tree whose index was read.
pub(super) struct Repository {
    pub(super) tree: WorkTree,
    pub(super) index: Index,
    /// Answers for single paths; built when first asked.
    matcher: OnceLock<Option<Mutex<IncrementalIgnore>>>,
}

impl Repository {
    pub(super) fn new(tree: WorkTree, index: Index) -> Self {
        Self {
            tree,
            index,
            matcher: OnceLock::new(),
        }
    }

    /// Whether ignore rules exclude `path`, relative to the top, or a directory it lies in.
    pub(super) fn ignores(&self, path: &Path, is_dir: bool) -> bool {
        let matcher = self.matcher.get_or_init(|| {
            let mut builder = walk_builder(self.tree.root());
            self.add_rules(&mut builder);
            builder.build_matchers().pop().map(Mutex::new)
        });
        matcher.as_ref().is_some_and(|matcher| {
            let mut matcher = matcher.lock().unwrap_or_else(PoisonError::into_inner);
            matcher.matched(path, is_dir).is_ignore()
        })
    }

    /// Switches on the rules of `.gitignore` files from the top down, `info/exclude` and
    /// `core.excludesFile`, and nothing else. The walker's own reading of the last two does not know
    /// the configuration of the repository, nor where a submodule keeps its excludes.
    pub(super) fn add_rules(&self, builder: &mut WalkBuilder) {
        let rules = self.tree.ignore_files();
        builder
            .git_ignore(true)
            .parents(true)
            .require_git(true)
            .ignore_case_insensitive(rules.ignore_case);
        for file in rules.files {
            // Most repositories have neither file, and a pattern that cannot be read excludes nothing.
            let _ = builder.add_ignore(file);
        }
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

/// A walker that yields everything but `.git`.
pub(super) fn walk_builder(dir: &Path) -> WalkBuilder {
    let mut builder = WalkBuilder::new(dir);
    builder
        .standard_filters(false)
        .follow_links(false)
        .current_dir(dir)
        .filter_entry(|entry| entry.file_name() != ".git");
    builder
}
