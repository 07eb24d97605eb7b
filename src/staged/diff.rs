//! Where the index and the tree of `HEAD` differ.
//!
//! Both are in the same order and are walked side by side. A folder that the index's cache tree knows to be the one in `HEAD` is passed
//! over without reading anything, so that one staged file among 100,000 costs the trees on the way to it. Only ids are compared: a
//! change of mode adds nothing, and a rename is a file that is gone and one that is new, whose secrets cancel out later. What can't be
//! read of `HEAD` counts as empty, so that too much is scanned and never too little.

use std::cmp::Ordering;
use std::ops::Range;

use crate::git::pack::Kind;
use crate::git::tree::{self, Target};
use crate::git::{EntryKind, Finder, NodeIx, Staging, Store};
use crate::model::{Coverage, ObjectId, Skip, SkipReason};

use super::{entries, object};

/// A version of a file under a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    /// From the top of the work tree.
    pub(super) path: Vec<u8>,
    /// The blob.
    pub(super) id: ObjectId,
}

/// What differs.
#[derive(Debug, Default)]
pub(super) struct Differences {
    /// What the index holds.
    pub(super) new: Vec<Version>,
    /// What `HEAD` holds instead, or under paths that are gone.
    pub(super) old: Vec<Version>,
    /// Folders that are gone as a whole. Their paths end with a slash.
    pub(super) gone: Vec<Version>,
}

/// Most entries of trees that are looked at: crafted trees may stand for endless paths.
const MOST_ENTRIES: usize = 50_000_000;

/// Longest path. Bytes; no system takes one that long.
const LONGEST: usize = 64 << 10;

/// Two folders that are to be compared.
struct Pair {
    /// Their path, with a slash at the end; empty for the top.
    path: Vec<u8>,
    new: New,
    old: Option<ObjectId>,
}

/// A folder in the index.
enum New {
    /// These entries, and the node of the cache tree that stands for them.
    Entries(Range<usize>, Option<NodeIx>),
    /// A tree, where a sparse index holds no entries.
    Tree(ObjectId),
    /// Nothing: all of `HEAD`'s is gone.
    Nothing,
}

/// Compares, and reads trees as needed.
pub(super) struct Walk<'a> {
    index: &'a Staging,
    finder: Finder,
    hash: gix_hash::Kind,
    todo: Vec<Pair>,
    found: Differences,
    skips: Vec<Skip>,
    /// Entries of trees that may still be looked at.
    left: usize,
}

/// Entries of a tree, with ids of their own.
type Tree = Vec<(Target, Vec<u8>, ObjectId)>;

impl<'a> Walk<'a> {
    pub(super) fn new(index: &'a Staging, finder: Finder, store: &Store) -> Self {
        Self {
            index,
            finder,
            hash: store.hash,
            todo: Vec::new(),
            found: Differences::default(),
            skips: Vec::new(),
            left: MOST_ENTRIES,
        }
    }

    /// Compares the whole index with the tree at `root`, or with nothing.
    pub(super) fn compare(&mut self, root: Option<ObjectId>) {
        let node = self.index.cache_tree().root();
        self.run(Pair {
            path: Vec::new(),
            new: New::Entries(0..self.index.len(), node),
            old: root,
        });
    }

    /// What was found; what could not be read is added to `coverage`.
    pub(super) fn finish(self, coverage: &mut Coverage) -> Differences {
        for skip in self.skips {
            coverage.skip(skip);
        }
        self.found
    }

    fn run(&mut self, first: Pair) {
        self.todo.push(first);
        while let Some(pair) = self.todo.pop() {
            if pair.path.len() > LONGEST {
                self.skip_tree(
                    &pair.path,
                    SkipReason::TooLarge,
                    "is too deep to be followed",
                );
                continue;
            }
            match pair.new {
                New::Entries(range, node) => self.entries(&pair.path, range, node, pair.old),
                New::Tree(new) => self.trees(&pair.path, Some(new), pair.old),
                New::Nothing => self.trees(&pair.path, None, pair.old),
            }
        }
    }

    /// Compares entries with a tree.
    fn entries(
        &mut self,
        path: &[u8],
        range: Range<usize>,
        node: Option<NodeIx>,
        old: Option<ObjectId>,
    ) {
        let cached = node.and_then(|node| self.index.cached(node));
        if cached.is_some_and(|(count, id)| count == range.len() && Some(id) == old) {
            return;
        }
        let old = old.map(|id| self.read(path, &id)).unwrap_or_default();
        let mut old = old.into_iter().peekable();
        let cached = node.map_or_else(Vec::new, |node| self.index.cached_below(node));
        let mut at = range.start;
        while at < range.end {
            let entry_path = self.index.path(at);
            let rest = &entry_path[path.len()..];
            let slash = memchr::memchr(b'/', rest);
            let name = &rest[..slash.unwrap_or(rest.len())];
            let key = (name, slash.is_some());
            while let Some(gone) = old.next_if(|old| order(key_of(old), key) == Ordering::Less) {
                self.gone(path, gone);
            }
            let same = old.next_if(|old| key_of(old) == key);
            let Some(slash) = slash else {
                let end = self.index.same_path(at..range.end);
                self.versions(at..end, same.as_ref());
                at = end;
                continue;
            };
            let below = &entry_path[..=path.len() + slash];
            let same = same.map(|(_, _, id)| id);
            let entry = self.index.entry(at);
            if entry.kind == EntryKind::Tree && entry.path == below {
                let new = New::Tree(entry.id);
                self.push(below.to_vec(), new, same);
                at += 1;
                continue;
            }
            let child = cached.binary_search_by_key(&name, |(name, _)| *name).ok();
            let child = child.map(|at| cached[at].1);
            let entries = self.folder(at..range.end, below, child);
            at = entries.end;
            self.push(below.to_vec(), New::Entries(entries, child), same);
        }
        for gone in old {
            self.gone(path, gone);
        }
    }

    /// The entries of the folder `below` with which `range` begins. The cache tree mostly knows how many there are.
    fn folder(&self, range: Range<usize>, below: &[u8], node: Option<NodeIx>) -> Range<usize> {
        let known = node.and_then(|node| self.index.cached(node));
        if let Some((count, _)) = known
            && count > 0
            && count <= range.len()
        {
            let is_in = |at: usize| self.index.path(at).starts_with(below);
            let end = range.start + count;
            if is_in(end - 1) && (end == range.end || !is_in(end)) {
                return range.start..end;
            }
        }
        self.index.below(range, below)
    }

    /// Takes the entries in `range`, all of one path, that are not what `HEAD` has there.
    fn versions(&mut self, range: Range<usize>, old: Option<&(Target, Vec<u8>, ObjectId)>) {
        let path = self.index.path(range.start);
        let old = old.filter(|(target, ..)| *target == Target::Blob);
        let old = old.map(|(.., id)| *id);
        let mut is_there = false;
        for entry in range.map(|at| self.index.entry(at)) {
            if entry.kind != EntryKind::Blob || entry.intent_to_add {
                continue;
            }
            is_there = true;
            if Some(entry.id) == old {
                continue;
            }
            self.found.new.push(Version {
                path: path.to_vec(),
                id: entry.id,
            });
            // for each stage of a conflict, as each holds what is old
            self.found.old.extend(old.map(|id| Version {
                path: path.to_vec(),
                id,
            }));
        }
        if !is_there {
            self.found.old.extend(old.map(|id| Version {
                path: path.to_vec(),
                id,
            }));
        }
    }

    /// Compares two trees. Without a new one, all in the old one is gone.
    fn trees(&mut self, path: &[u8], new: Option<ObjectId>, old: Option<ObjectId>) {
        if new == old {
            return;
        }
        let mut read = |id: Option<ObjectId>| id.map(|id| self.read(path, &id)).unwrap_or_default();
        let (new, old) = (read(new), read(old));
        let mut old = old.into_iter().peekable();
        for entry in new {
            while let Some(gone) =
                old.next_if(|old| order(key_of(old), key_of(&entry)) == Ordering::Less)
            {
                self.gone(path, gone);
            }
            let same = old.next_if(|old| key_of(old) == key_of(&entry));
            let (target, name, id) = entry;
            let below = [path, &name].concat();
            match target {
                Target::Blob => {
                    let old = same.filter(|(target, ..)| *target == Target::Blob);
                    let old = old.map(|(.., id)| id);
                    if old != Some(id) {
                        self.found.old.extend(old.map(|id| Version {
                            path: below.clone(),
                            id,
                        }));
                        self.found.new.push(Version { path: below, id });
                    }
                }
                Target::Tree => {
                    let below = [&below, &b"/"[..]].concat();
                    self.push(below, New::Tree(id), same.map(|(.., id)| id));
                }
                // where it was a file before, that is gone
                Target::Commit => same.into_iter().for_each(|old| self.gone(path, old)),
            }
        }
        for gone in old {
            self.gone(path, gone);
        }
    }

    fn push(&mut self, path: Vec<u8>, new: New, old: Option<ObjectId>) {
        self.todo.push(Pair { path, new, old });
    }

    /// Takes note of what `HEAD` has in the folder at `path` and the index has not.
    fn gone(&mut self, path: &[u8], (target, name, id): (Target, Vec<u8>, ObjectId)) {
        let mut path = [path, &name].concat();
        match target {
            Target::Blob => self.found.old.push(Version { path, id }),
            Target::Tree => {
                path.push(b'/');
                self.found.gone.push(Version { path, id });
            }
            Target::Commit => {}
        }
    }

    /// The entries of a tree; none if it can't be read, which is noted.
    fn read(&mut self, path: &[u8], id: &ObjectId) -> Tree {
        // git knows this one without storing it
        if gix_hash::ObjectId::empty_tree(self.hash).as_bytes() == id.as_bytes() {
            return Tree::new();
        }
        let content = object(id, Kind::Tree, &mut self.finder);
        let tree = content.and_then(|content| {
            let entries = entries(&content, self.hash.len_in_bytes())?;
            let owned = |entry: &tree::Entry<'_>| {
                (entry.target, entry.name.to_vec(), ObjectId::new(entry.id))
            };
            Ok(entries.iter().map(owned).collect::<Tree>())
        });
        match tree {
            Ok(tree) if tree.len() <= self.left => {
                self.left -= tree.len();
                tree
            }
            Ok(_) => {
                self.left = 0;
                self.skip_tree(path, SkipReason::TooLarge, "holds too much to be followed");
                Tree::new()
            }
            Err((reason, why)) => {
                self.skip_tree(path, reason, &why);
                Tree::new()
            }
        }
    }

    fn skip_tree(&mut self, path: &[u8], reason: SkipReason, why: &str) {
        self.skips.push(Skip {
            path: if path.is_empty() { b"./" } else { path }.to_vec(),
            reason,
            detail: format!("the tree of this folder {why}"),
        });
    }
}

/// All files in folders that are gone. What can't be read is added to `coverage`.
pub(super) fn below(gone: &[Version], store: &Store, coverage: &mut Coverage) -> Vec<Version> {
    let empty = Staging::default();
    let mut walk = Walk::new(&empty, Finder::open(store), store);
    for folder in gone {
        walk.run(Pair {
            path: folder.path.clone(),
            new: New::Nothing,
            old: Some(folder.id),
        });
        while let Some(folder) = walk.found.gone.pop() {
            walk.run(Pair {
                path: folder.path,
                new: New::Nothing,
                old: Some(folder.id),
            });
        }
    }
    walk.finish(coverage).old
}

fn key_of((target, name, _): &(Target, Vec<u8>, ObjectId)) -> (&[u8], bool) {
    (name, *target == Target::Tree)
}

/// Git's order of names, in which a folder has a slash behind its name.
fn order(a: (&[u8], bool), b: (&[u8], bool)) -> Ordering {
    let end = |is_folder: bool| is_folder.then_some(&b'/');
    a.0.iter().chain(end(a.1)).cmp(b.0.iter().chain(end(b.1)))
}
