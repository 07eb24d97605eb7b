//! The index of a work tree as a set of tracked paths.
//!
//! Nothing here looks at the work tree. The index is opened by itself, without its repository: that needs
//! neither a reference backend nor an object format that libgit2 knows, and passes no ownership check,
//! which guards against running what a foreign configuration names. Reading runs nothing.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a tracked path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file, executable or not.
    File,
    /// A symbolic link.
    Symlink,
    /// A submodule: a commit of another repository.
    Submodule,
}

/// One tracked path.
#[derive(Debug)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Set once the path was met in the work tree.
    met: AtomicBool,
}

impl Entry {
    /// Notes that the path was met, and tells whether it had been before.
    pub fn meet(&self) -> bool {
        self.met.swap(true, Ordering::Relaxed)
    }

    /// Whether the path was met.
    pub fn is_met(&self) -> bool {
        self.met.load(Ordering::Relaxed)
    }
}

/// Every tracked path, `/`-separated and relative to the top of the work tree. A path in conflict stands
/// here once.
#[derive(Debug, Default)]
pub struct Index {
    entries: HashMap<Vec<u8>, Entry>,
}

impl Index {
    /// Reads the index file at `path`; one that does not exist is an empty index, as in a new repository.
    pub(super) fn read(path: &Path) -> Result<Self, git2::Error> {
        if !path.try_exists().unwrap_or(true) {
            return Ok(Self::default());
        }
        let index = git2::Index::open(path)?;
        let mut entries = HashMap::with_capacity(index.len());
        for entry in index.iter() {
            let kind = match entry.mode & 0o170_000 {
                0o160_000 => Kind::Submodule,
                0o120_000 => Kind::Symlink,
                _ => Kind::File,
            };
            entries.insert(
                entry.path,
                Entry {
                    kind,
                    met: AtomicBool::new(false),
                },
            );
        }
        Ok(Self { entries })
    }

    /// The entry of `path`.
    pub fn get(&self, path: &[u8]) -> Option<&Entry> {
        self.entries.get(path)
    }

    /// The entries whose path is `below` or begins with it and a slash, and that were not met yet; sorted.
    /// An empty `below` is the top of the work tree.
    pub fn unmet(&self, below: &[u8]) -> Vec<(&[u8], &Entry)> {
        let mut unmet: Vec<_> = self
            .entries
            .iter()
            .filter(|(path, entry)| !entry.is_met() && lies_below(path, below))
            .map(|(path, entry)| (path.as_slice(), entry))
            .collect();
        unmet.sort_unstable_by_key(|&(path, _)| path);
        unmet
    }
}

fn lies_below(path: &[u8], below: &[u8]) -> bool {
    below.is_empty()
        || path
            .strip_prefix(below)
            .is_some_and(|rest| rest.first() == Some(&b'/'))
}
