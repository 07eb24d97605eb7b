//! The ignore rules that hold in a work tree.
//!
//! Reads the ignore files and asks the pattern matcher of the walker, so that a walk and a question about a
//! single path get the same answer. The walker's own reading would follow links, wait for pipes, and look
//! above the work tree. An ignore file that cannot be read excludes nothing, as for git; the walk meets it
//! and says why. Nothing is listed here.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::git::WorkTree;
use crate::regular::{self, Links};

/// Bytes an ignore file may have; a longer one excludes nothing.
const LONGEST: u64 = 4 << 20;

/// The rules of one work tree.
#[derive(Debug)]
pub struct Rules {
    root: PathBuf,
    /// Whether patterns match whatever the case.
    ignore_case: bool,
    /// The ignore files that do not lie in the work tree, strongest first.
    outer: Vec<Gitignore>,
    /// What is known of directories, by their absolute path.
    dirs: RwLock<HashMap<PathBuf, Place>>,
}

/// What holds for the entries of one directory.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// Whether the directory is excluded, and so all that lies in it.
    ignored: bool,
    /// The nearest ignore file, in it or above.
    nearest: Option<Arc<Layer>>,
}

/// One ignore file of the work tree.
#[derive(Debug)]
struct Layer {
    own: Gitignore,
    above: Option<Arc<Layer>>,
}

impl Rules {
    /// The rules of `tree`: of its `.gitignore` files from the top down, of `info/exclude` and of
    /// `core.excludesFile`, and nothing else.
    pub fn of(tree: &WorkTree) -> Self {
        let files = tree.ignore_files();
        let root = tree.root();
        let case = files.ignore_case;
        // A user's own file may well be a link.
        let outer = files.files.iter().rev();
        Self {
            root: root.to_owned(),
            ignore_case: case,
            outer: outer
                .filter_map(|file| patterns(root, file, Links::Follow, case))
                .collect(),
            dirs: RwLock::default(),
        }
    }

    /// Whether `path`, absolute and not the top itself, or a directory it lies in, is excluded.
    pub fn ignores(&self, path: &Path, is_dir: bool) -> bool {
        path.parent()
            .is_some_and(|dir| self.ignores_at(&self.place(dir), path, is_dir))
    }

    /// The same, when the place of the directory that `path` lies in is known.
    pub(super) fn ignores_at(&self, place: &Place, path: &Path, is_dir: bool) -> bool {
        if place.ignored {
            return true;
        }
        let layers =
            std::iter::successors(place.nearest.as_deref(), |layer| layer.above.as_deref());
        let decided = layers
            .map(|layer| &layer.own)
            .chain(&self.outer)
            .map(|rules| rules.matched(path, is_dir))
            .find(|decided| !decided.is_none());
        decided.is_some_and(|decided: Match<_>| decided.is_ignore())
    }

    /// What holds for the entries of `dir`, the top or an absolute path below it.
    pub(super) fn place(&self, dir: &Path) -> Place {
        let known = self.dirs.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = known.get(dir) {
            return place.clone();
        }
        drop(known);
        // Two threads may come here for the same directory, and read the same.
        let place = self.read(dir);
        let mut known = self.dirs.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(dir.to_owned(), place.clone());
        place
    }

    fn read(&self, dir: &Path) -> Place {
        let mut place = Place::default();
        if dir != self.root
            && let Some(parent) = dir.parent()
        {
            place = self.place(parent);
            if place.ignored || self.ignores_at(&place, dir, true) {
                place.ignored = true;
                return place;
            }
        }
        // Git follows no link of this name since 2.32.
        let file = dir.join(".gitignore");
        if let Some(own) = patterns(dir, &file, Links::Refuse, self.ignore_case) {
            let above = place.nearest.take();
            place.nearest = Some(Arc::new(Layer { own, above }));
        }
        place
    }
}

/// The patterns of an ignore file, relative to `base`. One that cannot be understood excludes nothing.
fn patterns(base: &Path, file: &Path, links: Links, ignore_case: bool) -> Option<Gitignore> {
    let data = regular::read(file, links, LONGEST).ok()?;
    let mut builder = GitignoreBuilder::new(base);
    builder.case_insensitive(ignore_case).ok()?;
    let data = data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&data);
    for line in data.split(|&byte| byte == b'\n') {
        // A name that is not Unicode cannot be excluded here; to scan it is the safe side.
        if let Ok(line) = std::str::from_utf8(line) {
            let _ = builder.add_line(None, line.strip_suffix('\r').unwrap_or(line));
        }
    }
    builder.build().ok().filter(|rules| !rules.is_empty())
}
