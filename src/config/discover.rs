//! Whose configuration counts: the folder at whose top `.waxseal.toml` is looked for.
//!
//! The root of a repository, and never a folder above it or below. Nothing is read here but where repositories begin.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::FILE_NAME;
use super::options::{HistoryOptions, Input, ScanOptions};
use super::policy::named;
use crate::baseline;
use crate::error::Error;
use crate::git::{Environment, Ground, Store, WorkTree};
use crate::model::display_path;

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

/// Fails where the PATHs of a scan lie in several repositories, and a file of one of them would be taken for one of all.
pub fn one_root(options: &ScanOptions) -> Result<(), Error> {
    let Input::Paths(paths) = &options.input else {
        return Ok(());
    };
    if paths.len() < 2 {
        return Ok(());
    }
    let (policy, choice) = (&options.policy, &options.baseline);
    let is_configured = named(policy).is_some() || policy.from.is_some();
    let files = [
        (FILE_NAME, !is_configured, "--config FILE"),
        (
            baseline::FILE_NAME,
            choice.file.is_none() && !choice.off,
            "--baseline FILE or --no-baseline",
        ),
    ];
    // many PATHs lie in few folders
    let mut roots: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    let mut first: Option<(&Path, PathBuf)> = None;
    for path in paths {
        let Some(folder) = folder_of(path) else {
            continue;
        };
        let root = roots.entry(folder).or_insert_with_key(|it| root_of(it));
        let (other, known) = &*first.get_or_insert_with(|| (path, root.clone()));
        if known == root {
            continue;
        }
        for (file, counts, advice) in files {
            let has = |root: &Path| root.join(file).symlink_metadata().is_ok();
            if counts && (has(known) || has(root)) {
                let shown = |path: &Path| display_path(path.as_os_str().as_encoded_bytes());
                return Err(Error::Usage(format!(
                    "{} and {} are not of one repository, and the {file} of one would count for the other: scan each by itself, or give \
                     {advice}, which counts for all",
                    shown(other),
                    shown(path)
                )));
            }
        }
    }
    Ok(())
}

/// The root of the repository that `path` is in, or its folder.
fn of_path(path: &Path) -> Option<PathBuf> {
    Some(root_of(&folder_of(path)?))
}

/// The folder that `path` is or lies in.
fn folder_of(path: &Path) -> Option<PathBuf> {
    if path.as_os_str() == "-" {
        return None;
    }
    // a PATH that leads nowhere fails the scan itself; the others are resolved, for the folder above `a/..` is not `a`
    let start = path.canonicalize().ok()?;
    if start.is_dir() {
        return Some(start);
    }
    start.parent().map(Path::to_owned)
}

/// The root of the repository that `folder` is in, or itself.
fn root_of(folder: &Path) -> PathBuf {
    let is_root = |folder: &&Path| folder.join(".git").symlink_metadata().is_ok();
    let root = folder.ancestors().find(is_root).unwrap_or(folder);
    root.to_owned()
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
