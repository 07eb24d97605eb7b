//! Walks one tree: a plain directory, or a work tree or part of one.
//!
//! In a work tree that is every tracked file, ignored or not, and every untracked file that is not
//! ignored. The walk meets what is not ignored and marks in the index what it met; what is left in the
//! index afterwards is listed by name. Repositories inside are handed back or skipped, never walked as a
//! part of this tree.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};

use super::listed::Listed;
use super::names;
use super::repository::{Ground, Repository};
use super::rules::Place;
use super::worker::{Target, Worker, Workers};
use crate::git::{self, Entry, GitError, Kind, WorkTree};
use crate::model::{GitState, Sinks, SkipReason};

/// What is said of a bare repository, or of the inside of one that is not.
pub(super) const PACKED: &str = "the inside of a repository: its files are scanned as they are, \
                                 its packed objects are not unpacked";

/// One tree to be walked.
pub(super) struct Tree {
    /// Absolute, without symbolic links.
    pub(super) dir: PathBuf,
    /// What precedes names below `dir` in reports.
    pub(super) prefix: Vec<u8>,
    pub(super) ground: Ground,
    /// Whether ignore rules apply. Without them, what they exclude is read and marked as such.
    pub(super) rules: bool,
}

/// What a walk leaves for later.
#[derive(Default)]
pub(super) struct Rest {
    /// Tracked files that were not met.
    pub(super) listed: Vec<Listed>,
    /// Repositories to be walked as trees of their own.
    pub(super) inner: Vec<Inner>,
}

/// A repository found inside a tree.
pub(super) struct Inner {
    pub(super) tree: WorkTree,
    pub(super) prefix: Vec<u8>,
}

/// How to walk.
#[derive(Clone, Copy)]
pub(super) struct How {
    /// Threads, at least 1.
    pub(super) jobs: usize,
    /// Whether repositories inside a work tree are to be walked too.
    pub(super) submodules: bool,
}

impl Tree {
    /// Reads every file of the tree that a walk meets.
    pub(super) fn walk<S: Sinks>(&self, how: How, workers: &Workers<'_, S>) -> Rest {
        let mut builder = WalkBuilder::new(&self.dir);
        builder
            .standard_filters(false)
            .follow_links(false)
            .current_dir(&self.dir)
            .threads(if is_small(&self.dir) { 1 } else { how.jobs });
        let dir = names::bytes(&self.dir);
        let walk = Walk {
            tree: self,
            cut: dir.len() + usize::from(!dir.ends_with(b"/")),
            below: self.below(),
            how,
            workers,
            inner: Mutex::new(Vec::new()),
        };
        builder.build_parallel().visit(&mut Visitors(&walk));
        let mut rest = Rest::default();
        walk.list_unmet(&mut rest.listed);
        rest.inner = walk
            .inner
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        rest
    }

    /// The way from the top of the work tree to `dir`, with a slash at its end; empty at the top, and where there is
    /// no work tree.
    fn below(&self) -> Vec<u8> {
        let way = self
            .ground
            .top()
            .and_then(|top| self.dir.strip_prefix(top).ok());
        let mut below = way.map_or_else(Vec::new, |way| names::bytes(way).into_owned());
        if !below.is_empty() {
            below.push(b'/');
        }
        below
    }
}

/// Whether a tree has so few entries that a second thread would cost more than it saves: an idle thread of
/// the walker sleeps a millisecond before it looks whether the walk is over, which is as long as the scan
/// of such a tree takes. Looks at no more entries than that, whatever the size of the tree.
fn is_small(dir: &Path) -> bool {
    const FEW: usize = 64;
    let mut dirs = vec![dir.to_owned()];
    let mut seen = 0;
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            seen += 1;
            if seen > FEW {
                return false;
            }
            if entry.file_name() != ".git" && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                dirs.push(entry.path());
            }
        }
    }
    true
}

/// A walk under way.
struct Walk<'a, 's, S: Sinks> {
    tree: &'a Tree,
    /// Bytes before the name below `tree.dir` in a path that the walker yields.
    cut: usize,
    /// See [`Tree::below`].
    below: Vec<u8>,
    how: How,
    workers: &'a Workers<'s, S>,
    inner: Mutex<Vec<Inner>>,
}

impl<'s, S: Sinks> Walk<'_, 's, S> {
    fn repository(&self) -> Option<&Repository> {
        match &self.tree.ground {
            Ground::WorkTree(repository) => Some(repository),
            Ground::Outside | Ground::Store | Ground::Unreadable(_) => None,
        }
    }

    fn entry(
        &self,
        entry: &DirEntry,
        worker: &mut Worker<'s, S>,
        here: &mut (PathBuf, Place),
    ) -> WalkState {
        let Some(kind) = entry.file_type() else {
            return WalkState::Continue;
        };
        if entry.depth() == 0 {
            return WalkState::Continue;
        }
        if entry.file_name() == ".git" && git::is_git_link(entry.path()) {
            return WalkState::Skip;
        }
        let path = names::bytes(entry.path());
        let below = &path[self.cut..];
        // Scratch is taken out while the worker is used, and put back: no file allocates a name.
        let mut name = std::mem::take(&mut worker.name);
        let mut key = std::mem::take(&mut worker.key);
        join(&mut name, &self.tree.prefix, below);
        let key_bytes = if self.below.is_empty() {
            below
        } else {
            join(&mut key, &self.below, below);
            &key
        };
        if entry.file_name() == "HEAD" && entry.depth() + usize::from(!self.in_store()) > 1 {
            name_bare(entry.path(), &name, worker);
        }
        let tracked = self.repository().and_then(|git| git.index.get(key_bytes));
        let submodule = tracked.filter(|entry| kind.is_dir() && entry.kind == Kind::Submodule);
        // What is tracked is not asked about: it is read whatever the rules say.
        let ignored = (submodule.is_none() && (kind.is_dir() || tracked.is_none()))
            && self.ignores(entry.path(), kind.is_dir(), here);
        let state = if ignored && self.tree.rules {
            WalkState::Skip
        } else if kind.is_dir() {
            self.dir(entry.path(), &name, submodule, worker)
        } else {
            if !tracked.is_some_and(Entry::meet) {
                if kind.is_symlink() {
                    worker.skip(&name, SkipReason::Symlink, "");
                } else if kind.is_file() {
                    let state = self.state(tracked.is_some(), ignored);
                    let gone = match state {
                        GitState::Tracked => SkipReason::Absent,
                        _ => SkipReason::Vanished,
                    };
                    worker.read(Target {
                        path: entry.path(),
                        name: &name,
                        within: key_bytes,
                        state,
                        gone,
                    });
                } else {
                    worker.skip(&name, SkipReason::Special, "");
                }
            }
            WalkState::Continue
        };
        worker.name = name;
        worker.key = key;
        state
    }

    /// Whether the tree is, or lies in, a repository's own directory; that it is one was said.
    fn in_store(&self) -> bool {
        matches!(self.tree.ground, Ground::Store)
    }

    /// What git says of a file.
    fn state(&self, tracked: bool, ignored: bool) -> GitState {
        match self.repository() {
            None => GitState::Outside,
            Some(_) if tracked => GitState::Tracked,
            Some(_) if ignored => GitState::Ignored,
            Some(_) => GitState::Untracked,
        }
    }

    /// Whether ignore rules exclude an entry. `here` is the directory asked about last and what holds
    /// there: a thread mostly goes on where it is.
    fn ignores(&self, path: &Path, is_dir: bool, here: &mut (PathBuf, Place)) -> bool {
        let (Some(git), Some(dir)) = (self.repository(), path.parent()) else {
            return false;
        };
        let rules = git.rules();
        if here.0 != dir {
            *here = (dir.to_owned(), rules.place(dir));
        }
        rules.ignores_at(&here.1, path, is_dir)
    }

    /// Whether to walk into a directory: into a repository, never.
    fn dir(
        &self,
        path: &Path,
        name: &[u8],
        submodule: Option<&Entry>,
        worker: &mut Worker<'s, S>,
    ) -> WalkState {
        match (submodule, inner(path, name, worker)) {
            (None, None) => return WalkState::Continue,
            (Some(entry), _) if entry.meet() => {}
            (Some(_), inner) => self.submodule(inner, name, worker),
            (None, Some(inner)) if self.enters_repositories() => self.keep(inner, name),
            (None, Some(_)) => worker.skip(
                name,
                SkipReason::NestedRepository,
                "a repository of its own; `--submodules` scans it",
            ),
        }
        WalkState::Skip
    }

    fn submodule(&self, inner: Option<WorkTree>, name: &[u8], worker: &mut Worker<'s, S>) {
        match inner {
            Some(inner) if self.enters_repositories() => self.keep(inner, name),
            Some(_) => worker.skip(name, SkipReason::Submodule, "`--submodules` scans it"),
            None => worker.skip(name, SkipReason::Submodule, "it is not checked out"),
        }
    }

    fn enters_repositories(&self) -> bool {
        self.how.submodules || matches!(self.tree.ground, Ground::Outside)
    }

    fn keep(&self, tree: WorkTree, name: &[u8]) {
        let mut prefix = name.to_vec();
        prefix.push(b'/');
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.push(Inner { tree, prefix });
    }

    /// Notes what could not be listed.
    fn failed(&self, err: &ignore::Error, worker: &mut Worker<'s, S>) {
        let mut path = None;
        let Some(io) = io_error(err, &mut path) else {
            return;
        };
        let path = names::bytes(path.unwrap_or(&self.tree.dir));
        let mut name = Vec::new();
        join(
            &mut name,
            &self.tree.prefix,
            path.get(self.cut..).unwrap_or_default(),
        );
        while name.len() > 1 && name.ends_with(b"/") {
            name.pop();
        }
        if name.is_empty() {
            name.push(b'.');
        }
        worker.skip_failed(&name, SkipReason::Vanished, io);
    }

    /// Lists the tracked files under this tree that the walk did not meet.
    fn list_unmet(&self, listed: &mut Vec<Listed>) {
        let Some(git) = self.repository() else {
            return;
        };
        let unmet = git
            .index
            .unmet(self.below.strip_suffix(b"/").unwrap_or_default());
        if unmet.is_empty() {
            return;
        }
        let root = git.tree.root();
        let mut worker = self.workers.take();
        let mut real = RealDirs::new(root);
        for (key, entry) in unmet {
            entry.meet();
            let mut name = Vec::new();
            join(&mut name, &self.tree.prefix, &key[self.below.len()..]);
            let path = root.join(names::path(key));
            let gone = if entry.left_out {
                SkipReason::Absent
            } else {
                SkipReason::Deleted
            };
            if !real.holds(key) {
                worker.skip(&name, gone, "");
            } else if entry.kind == Kind::Collapsed {
                // What lies there all the same the walk took for untracked.
            } else if entry.kind != Kind::Submodule {
                listed.push(Listed {
                    path,
                    name,
                    within: key.to_vec(),
                    state: GitState::Tracked,
                    gone,
                });
            } else if path.is_dir() {
                let inner = inner(&path, &name, &mut worker);
                self.submodule(inner, &name, &mut worker);
            } else {
                worker.skip(&name, SkipReason::Absent, "");
            }
        }
        self.workers.put(worker);
    }
}

/// Names the directory that holds `head` if it is a bare repository. Its files are scanned all the same:
/// git would add them.
fn name_bare<S: Sinks>(head: &Path, name: &[u8], worker: &mut Worker<'_, S>) {
    if head.parent().is_some_and(git::is_git_dir) {
        let dir = name.strip_suffix(b"/HEAD").unwrap_or(b".");
        worker.skip(dir, SkipReason::NestedRepository, PACKED);
    }
}

/// The repository whose top is `path`, if it is one. A `.git` file that leads nowhere makes none: git adds the
/// files beside it, too. One that cannot be looked into is a failure, and is walked as if it were none.
fn inner<S: Sinks>(path: &Path, name: &[u8], worker: &mut Worker<'_, S>) -> Option<WorkTree> {
    WorkTree::at(path).unwrap_or_else(|err| {
        if matches!(err, GitError::Access { .. }) {
            worker.skip(name, SkipReason::Unreadable, err.to_string());
        }
        None
    })
}

/// Tells whether a tracked path lies in real directories. Where one was replaced by a symbolic link, git
/// takes the path for deleted, and what the link leads to is not part of the tree.
struct RealDirs<'a> {
    root: &'a Path,
    /// The directory asked about last; paths come sorted, so that most share it.
    last: Vec<u8>,
    real: bool,
}

impl<'a> RealDirs<'a> {
    fn new(root: &'a Path) -> Self {
        Self {
            root,
            last: Vec::new(),
            real: true,
        }
    }

    fn holds(&mut self, key: &[u8]) -> bool {
        let end = memchr::memrchr(b'/', key).unwrap_or(0);
        let dir = &key[..end];
        if dir != self.last {
            self.last = dir.to_vec();
            self.real = names::path(dir)
                .ancestors()
                .filter(|dir| !dir.as_os_str().is_empty())
                .all(|dir| {
                    let meta = self.root.join(dir).symlink_metadata();
                    // One that cannot be looked at is left to the opening of the file, which says why.
                    meta.map_or_else(
                        |err| err.kind() != io::ErrorKind::NotFound,
                        |meta| meta.is_dir(),
                    )
                });
        }
        self.real
    }
}

/// The I/O error in `err` and the path it is about, if it is one.
fn io_error<'e>(err: &'e ignore::Error, path: &mut Option<&'e Path>) -> Option<&'e io::Error> {
    match err {
        ignore::Error::WithPath { path: at, err } => {
            *path = Some(at);
            io_error(err, path)
        }
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            io_error(err, path)
        }
        ignore::Error::Io(err) => Some(err),
        _ => None,
    }
}

fn join(out: &mut Vec<u8>, front: &[u8], back: &[u8]) {
    out.clear();
    out.extend_from_slice(front);
    out.extend_from_slice(back);
}

struct Visitors<'w, 'a, 's, S: Sinks>(&'w Walk<'a, 's, S>);

impl<'w, S: Sinks> ParallelVisitorBuilder<'w> for Visitors<'w, '_, '_, S> {
    fn build(&mut self) -> Box<dyn ParallelVisitor + 'w> {
        Box::new(Visitor {
            walk: self.0,
            worker: None,
            here: Default::default(),
        })
    }
}

struct Visitor<'w, 'a, 's, S: Sinks> {
    walk: &'w Walk<'a, 's, S>,
    /// Taken at the first entry: the walker makes one visitor more than it has threads, and a small tree
    /// may not feed them all.
    worker: Option<Worker<'s, S>>,
    /// See [`Walk::ignores`].
    here: (PathBuf, Place),
}

impl<S: Sinks> ParallelVisitor for Visitor<'_, '_, '_, S> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        let worker = self.worker.get_or_insert_with(|| self.walk.workers.take());
        match entry {
            Ok(entry) => self.walk.entry(&entry, worker, &mut self.here),
            Err(err) => {
                self.walk.failed(&err, worker);
                WalkState::Continue
            }
        }
    }
}

impl<S: Sinks> Drop for Visitor<'_, '_, '_, S> {
    fn drop(&mut self) {
        if let Some(worker) = self.worker.take() {
            self.walk.workers.put(worker);
        }
    }
}
