//! Whose configuration counts: the folder at whose top `.waxseal.toml` is looked for.
//!
//! The root of a repository, and never a folder above it or below. Nothing is read here but where repositories begin.

use std::path::{Path, PathBuf};

use super::options::{HistoryOptions, Input};
use crate::git::{Environment, Ground, Store, WorkTree};

/// The root of the repository that the first PATH is in, or that folder itself where there is no repository; for a history the
/// root of the repository's work tree; for what is staged that of the repository that git would use here.
pub fn root(input: &Input) -> Option<PathBuf> {
    match input {
        Input::History(history) => work_tree(history),
        // where there is no repository, the scan itself says so
        Input::Staged(_) => {
            let store = Store::open_as_git(Path::new("."), &Environment::of_process());
            store.ok()?.root
        }
        Input::Handed { root } => root.clone(),
        Input::Paths(paths) => of_path(paths.first()?),
    }
}

/// The root of the repository that `path` is in, or its folder.
fn of_path(path: &Path) -> Option<PathBuf> {
    if path.as_os_str() == "-" {
        return None;
    }
    // a PATH that leads nowhere fails the scan itself; the others are resolved, for the folder above `a/..` is not `a`
    let start = path.canonicalize().ok()?;
    let folder = if start.is_dir() {
        start.as_path()
    } else {
        start.parent().unwrap_or(&start)
    };
    let is_root = |folder: &&Path| folder.join(".git").symlink_metadata().is_ok();
    let root = folder.ancestors().find(is_root).unwrap_or(folder);
    Some(root.to_owned())
}

/// Top of the work tree of the repository whose history is scanned; none if it is bare, and none if there is no
/// repository, which fails the scan itself. From the `.git` of a work tree it is that one; where several work trees share
/// one, it is the main one.
fn work_tree(history: &HistoryOptions) -> Option<PathBuf> {
    let start = history.git_dir.as_ref().unwrap_or(&history.repo);
    let start = start.canonicalize().ok()?;
    let tree = match Ground::of(&start).ok()? {
        Ground::WorkTree(tree) => tree,
        Ground::Store(store) if store.file_name().is_some_and(|name| name == ".git") => {
            WorkTree::at(store.parent()?).ok()??
        }
        Ground::Store(_) | Ground::Outside => return None,
    };
    Some(tree.root().to_owned())
}
