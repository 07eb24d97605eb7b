//! Scans the PATHs a user gave.
//!
//! Finds out what each PATH is and which work tree it belongs to, walks the trees, then the repositories
//! found inside them. What a user names is scanned, ignored or not; what lies below it follows the rules
//! of its work tree.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::listed::{self, Listed};
use super::names;
use super::repository::{Ground, Repository};
use super::tree::{How, Inner, PACKED, Tree};
use super::window::Windows;
use super::worker::Workers;
use crate::git::{self, GitError, WorkTree};
use crate::model::{GitState, Sinks, SkipReason};

/// How PATHs are scanned.
#[derive(Clone, Debug, Default)]
pub struct FileOptions {
    /// Threads; 0 for as many as the machine runs at once.
    pub jobs: usize,
    /// Reads what ignore rules exclude as well.
    pub no_ignore: bool,
    /// How large files are cut.
    pub windows: Windows,
    /// Scans submodules and other repositories inside a work tree.
    pub submodules: bool,
    /// Largest file that is scanned, bytes; none for any.
    pub most: Option<u64>,
}

/// Scans `paths`, files or directories, and all that lies below them. Every failure is a skip.
///
/// # Panics
/// When a sink panics outside [`Sink::blob`](crate::model::Sink::blob); a panic there is a skip.
pub fn scan_paths<S: Sinks>(paths: &[PathBuf], options: &FileOptions, sinks: &S) {
    let jobs = match options.jobs {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        jobs => jobs,
    };
    let mut scan = Scan {
        options,
        how: How {
            jobs,
            submodules: options.submodules,
        },
        workers: Workers::new(sinks, options.windows, options.most),
        grounds: HashMap::new(),
        repositories: HashMap::new(),
        taken: HashSet::new(),
        trees: Vec::new(),
        listed: Vec::new(),
    };
    for path in paths {
        scan.add(path);
    }
    scan.drop_covered();
    scan.run();
}

/// The state of one run.
struct Scan<'s, S: Sinks> {
    options: &'s FileOptions,
    how: How,
    workers: Workers<'s, S>,
    /// What each directory that a PATH names, or that holds a file it names, belongs to.
    grounds: HashMap<PathBuf, Ground>,
    /// Each work tree that a PATH lies in, by its top.
    repositories: HashMap<PathBuf, Ground>,
    /// Where each tree and single file lies that is, or was, to be read.
    taken: HashSet<PathBuf>,
    trees: Vec<Tree>,
    listed: Vec<(Listed, Ground)>,
}

impl<S: Sinks> Scan<'_, S> {
    /// Takes in one PATH.
    fn add(&mut self, path: &Path) {
        let mut name = names::shown(path);
        let prefix = names::prefix(path);
        if name.is_empty() {
            name.push(b'.');
        }
        let found = path
            .canonicalize()
            .and_then(|real| Ok((fs::metadata(&real)?, real)));
        let (meta, real) = match found {
            Ok(found) => found,
            Err(err) if matches!(err.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                let detail = if path.is_symlink() {
                    "the target of this symbolic link does not exist"
                } else {
                    "no such file or directory; check the spelling and the current directory"
                };
                return self.skip(&name, SkipReason::NotFound, detail);
            }
            Err(err) => {
                let mut worker = self.workers.take();
                worker.skip_failed(&name, SkipReason::NotFound, &err);
                self.workers.put(worker);
                return;
            }
        };
        if !meta.is_dir() && !meta.is_file() {
            // Not `Special`: what a user names was to be scanned, so that it was not is a failure.
            let detail = "neither a file nor a directory; `-` scans standard input";
            return self.skip(&name, SkipReason::Unreadable, detail);
        }
        if !self.taken.insert(real.clone()) {
            return;
        }
        let dir = if meta.is_dir() {
            Some(&*real)
        } else {
            real.parent()
        };
        let ground = dir.map_or(Ground::Outside, |dir| self.ground_of(dir, &name));
        if meta.is_dir() {
            self.add_tree(real, prefix, ground);
        } else {
            self.add_file(real, name, ground);
        }
    }

    fn add_tree(&mut self, dir: PathBuf, prefix: Vec<u8>, ground: Ground) {
        // Whoever names an ignored directory wants it scanned.
        let rules = !self.options.no_ignore && !is_ignored(&ground, &dir, true);
        self.trees.push(Tree {
            dir,
            prefix,
            ground,
            rules,
        });
    }

    fn add_file(&mut self, path: PathBuf, name: Vec<u8>, ground: Ground) {
        let mut gone = SkipReason::Vanished;
        let state = match &ground {
            Ground::Outside | Ground::Store | Ground::Unreadable(_) => GitState::Outside,
            Ground::WorkTree(git) if tracked(git, &path) => {
                gone = SkipReason::Absent;
                GitState::Tracked
            }
            Ground::WorkTree(_) if is_ignored(&ground, &path, false) => GitState::Ignored,
            Ground::WorkTree(_) => GitState::Untracked,
        };
        // A file that is named by itself, outside of any work tree, is all there is of its tree.
        // It has the name it was given then, even if that is a link's.
        let way = ground.top().and_then(|top| path.strip_prefix(top).ok());
        let within = match way {
            Some(way) => names::bytes(way).into_owned(),
            None => name[memchr::memrchr(b'/', &name).map_or(0, |slash| slash + 1)..].to_vec(),
        };
        let file = Listed {
            path,
            name,
            within,
            state,
            gone,
        };
        self.listed.push((file, ground));
    }

    /// Drops each PATH that the walk of another one meets anyway, so that nothing is read twice.
    fn drop_covered(&mut self) {
        let trees = std::mem::take(&mut self.trees);
        let covers = |tree: &Tree, path: &Path, ground: &Ground, is_dir: bool| {
            tree.dir != path
                && path.starts_with(&tree.dir)
                && !is_left_out(tree, path)
                && match (&tree.ground, ground) {
                    (Ground::Outside, Ground::Outside) => true,
                    (Ground::WorkTree(outer), Ground::WorkTree(inner)) => {
                        Arc::ptr_eq(outer, inner)
                            && (!tree.rules || !is_ignored(ground, path, is_dir))
                    }
                    (Ground::Unreadable(outer), Ground::Unreadable(inner)) => outer == inner,
                    _ => false,
                }
        };
        self.listed.retain(|(file, ground)| {
            !trees
                .iter()
                .any(|tree| covers(tree, &file.path, ground, false))
        });
        let covered: Vec<bool> = trees
            .iter()
            .map(|one| {
                trees
                    .iter()
                    .any(|tree| covers(tree, &one.dir, &one.ground, true))
            })
            .collect();
        let kept = trees
            .into_iter()
            .zip(covered)
            .filter(|(_, covered)| !covered);
        self.trees = kept.map(|(tree, _)| tree).collect();
    }

    /// Reads what was taken in, and the repositories found on the way.
    fn run(mut self) {
        let files: Vec<Listed> = std::mem::take(&mut self.listed)
            .into_iter()
            .map(|(file, ground)| {
                if let Ground::WorkTree(git) = &ground {
                    mark_met(git, &file.path);
                }
                file
            })
            .collect();
        listed::read(&files, self.how.jobs, &self.workers);
        self.grounds.clear();
        self.repositories.clear();
        while let Some(tree) = self.trees.pop() {
            let rest = tree.walk(self.how, &self.workers);
            listed::read(&rest.listed, self.how.jobs, &self.workers);
            for Inner { tree, prefix } in rest.inner {
                if self.taken.insert(tree.root().to_owned()) {
                    let dir = tree.root().to_owned();
                    let ground = self.open(tree, prefix.strip_suffix(b"/").unwrap_or(&prefix));
                    let rules = !self.options.no_ignore;
                    self.trees.push(Tree {
                        dir,
                        prefix,
                        ground,
                        rules,
                    });
                }
            }
        }
    }

    /// What `dir` belongs to. `name` is the PATH that led there.
    fn ground_of(&mut self, dir: &Path, name: &[u8]) -> Ground {
        if let Some(ground) = self.grounds.get(dir) {
            return ground.clone();
        }
        let ground = match git::Ground::of(dir) {
            Ok(git::Ground::Outside) => Ground::Outside,
            Ok(git::Ground::Store(top)) => {
                if top == dir {
                    self.skip(name, SkipReason::NestedRepository, PACKED);
                }
                Ground::Store
            }
            Ok(git::Ground::WorkTree(tree)) => match self.repositories.get(tree.root()) {
                Some(ground) => ground.clone(),
                None => self.open(tree, name),
            },
            Err(err) => {
                let (GitError::BrokenLink(top)
                | GitError::Access { root: top, .. }
                | GitError::Index { root: top, .. }) = &err;
                self.unreadable(top.clone(), &err, name)
            }
        };
        if let Ground::WorkTree(git) = &ground {
            let top = git.tree.root().to_owned();
            self.repositories.insert(top, ground.clone());
        }
        self.grounds.insert(dir.to_owned(), ground.clone());
        ground
    }

    /// Reads the index of a work tree. The tree keeps it no longer than its walk takes, so that a
    /// directory of many repositories needs the memory of one.
    fn open(&mut self, tree: WorkTree, name: &[u8]) -> Ground {
        let top = tree.root().to_owned();
        match tree.index() {
            Ok(index) => Ground::WorkTree(Arc::new(Repository::new(tree, index))),
            Err(err) => self.unreadable(top, &err, name),
        }
    }

    /// A repository that cannot be read is one failure; the files are scanned as if there were none.
    fn unreadable(&mut self, top: PathBuf, err: &GitError, name: &[u8]) -> Ground {
        let ground = Ground::Unreadable(top.clone());
        if self.repositories.insert(top, ground.clone()).is_none() {
            let detail = format!(
                "{err}; all its files are scanned, ignored or not, as if they were not in a repository"
            );
            self.skip(name, SkipReason::Unreadable, &detail);
        }
        ground
    }

    fn skip(&self, name: &[u8], reason: SkipReason, detail: &str) {
        let mut worker = self.workers.take();
        worker.skip(name, reason, detail);
        self.workers.put(worker);
    }
}

/// Whether the walk of `tree` does not come to `path` because it leaves out the repository's own files.
fn is_left_out(tree: &Tree, path: &Path) -> bool {
    path.ancestors()
        .take_while(|path| *path != tree.dir)
        .any(|path| path.file_name().is_some_and(|name| name == ".git") && git::is_git_link(path))
}

/// The way from the top of the work tree to `path`.
fn below<'p>(git: &Repository, path: &'p Path) -> Option<&'p Path> {
    path.strip_prefix(git.tree.root()).ok()
}

fn tracked(git: &Repository, path: &Path) -> bool {
    below(git, path).is_some_and(|path| git.index.get(&names::bytes(path)).is_some())
}

fn mark_met(git: &Repository, path: &Path) {
    if let Some(path) = below(git, path)
        && let Some(entry) = git.index.get(&names::bytes(path))
    {
        entry.meet();
    }
}

/// Whether ignore rules exclude `path` or a directory it lies in.
fn is_ignored(ground: &Ground, path: &Path, is_dir: bool) -> bool {
    let Ground::WorkTree(git) = ground else {
        return false;
    };
    // The top cannot be ignored; asking would read ignore files for nothing.
    below(git, path).is_some_and(|below| !below.as_os_str().is_empty())
        && git.rules().ignores(path, is_dir)
}
