//! What a commit's tree has that none of its parents' trees has.
//!
//! Only sub-trees that differ from all of those at their place are read. A tree may be crafted to stand for more paths than there are
//! atoms: what is followed has a bound, and what lies behind it is told.

use std::collections::HashMap;

use crate::git::pack::{Damage, Kind};
use crate::git::tree::{self, Target};
use crate::model::ObjectId;

use super::objects::{Loss, Reader, Source};

/// Most trees that are compared for one range.
const MOST_TREES: u64 = 1 << 26;

/// Longest path that is followed. Bytes; git itself takes 4096.
const LONGEST_PATH: usize = 1 << 16;

/// One entry of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry<'t> {
    target: Target,
    name: &'t [u8],
    id: ObjectId,
}

/// What is new in a commit.
pub enum New<'a> {
    /// A version of a file, and what stood at its path in the parents.
    Blob(ObjectId, &'a [ObjectId]),
    /// A submodule.
    Submodule,
}

/// Compares trees, and counts them over all commits of a range.
#[derive(Default)]
pub struct Differ {
    compared: u64,
    /// Whether something was left out because there was too much.
    pub is_cut: bool,
}

/// A tree and those that stand at its path in the parents.
struct Open {
    path: Vec<u8>,
    tree: ObjectId,
    before: Vec<ObjectId>,
}

impl Differ {
    /// Gives everything in `tree` that stands at the same path in none of `parents` to `take`, with its path. Trees that can't be
    /// read are noted by `reader`; what can't be compared counts as new.
    pub fn diff<S: Source>(
        &mut self,
        reader: &mut Reader<S>,
        tree: ObjectId,
        parents: &[ObjectId],
        mut take: impl FnMut(&[u8], &New<'_>),
    ) {
        let mut open = Vec::new();
        if !parents.contains(&tree) {
            open.push(Open {
                path: Vec::new(),
                tree,
                before: once(parents.to_vec()),
            });
        }
        // not by recursion: folders may be deep
        while let Some(Open { path, tree, before }) = open.pop() {
            if self.compared >= MOST_TREES || path.len() > LONGEST_PATH {
                self.is_cut = true;
                continue;
            }
            self.compared += 1;
            let Some(content) = read(reader, &tree) else {
                continue;
            };
            let before: Vec<_> = before.iter().filter_map(|id| read(reader, id)).collect();
            let id_len = tree.as_bytes().len();
            let mut sides: Vec<Side<'_>> = before
                .iter()
                .map(|content| Side::new(content, id_len))
                .collect();
            let mut entries = Entries::new(&content, id_len);
            for entry in &mut entries {
                let old: Vec<Entry<'_>> = sides
                    .iter_mut()
                    .filter_map(|side| side.find(entry.name))
                    .collect();
                let is_known = |old: &Entry<'_>| old.id == entry.id && old.target == entry.target;
                if old.iter().any(is_known) {
                    continue;
                }
                let mut full = path.clone();
                if !full.is_empty() {
                    full.push(b'/');
                }
                full.extend_from_slice(entry.name);
                let at_place = old
                    .iter()
                    .filter(|old| old.target == entry.target)
                    .map(|old| old.id);
                let at_place = once(at_place.collect());
                match entry.target {
                    Target::Tree => open.push(Open {
                        path: full,
                        tree: entry.id,
                        before: at_place,
                    }),
                    Target::Blob => {
                        take(&full, &New::Blob(entry.id, &at_place));
                    }
                    Target::Commit => take(&full, &New::Submodule),
                }
            }
            if entries.is_malformed {
                let damage = Loss::Damaged(Damage::Content);
                reader.lost.note(tree, Some(Kind::Tree), damage);
            }
        }
    }
}

/// Each of `ids` once: a commit may name a parent as often as it likes.
fn once(mut ids: Vec<ObjectId>) -> Vec<ObjectId> {
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn read<S: Source>(reader: &mut Reader<S>, tree: &ObjectId) -> Option<std::sync::Arc<[u8]>> {
    match reader.shared(tree, Kind::Tree) {
        Ok(content) => Some(content),
        Err(loss) => {
            reader.lost.note(*tree, Some(Kind::Tree), loss);
            None
        }
    }
}

/// The blob at `path` in `tree`; none where there is none, or it can't be told.
pub fn at_path<S: Source>(reader: &mut Reader<S>, tree: ObjectId, path: &[u8]) -> Option<ObjectId> {
    let mut names = path.split(|byte| *byte == b'/').peekable();
    let mut tree = tree;
    while let Some(name) = names.next() {
        let content = reader.shared(&tree, Kind::Tree).ok()?;
        let found =
            Entries::new(&content, tree.as_bytes().len()).find(|entry| entry.name == name)?;
        match (found.target, names.peek()) {
            (Target::Blob, None) => return Some(found.id),
            (Target::Tree, Some(_)) => tree = found.id,
            _ => return None,
        }
    }
    None
}

/// The entries of a tree in their order, as far as it makes sense.
struct Entries<'t> {
    rest: &'t [u8],
    id_len: usize,
    is_malformed: bool,
}

impl<'t> Entries<'t> {
    fn new(tree: &'t [u8], id_len: usize) -> Self {
        Self {
            rest: tree,
            id_len,
            is_malformed: false,
        }
    }
}

impl<'t> Iterator for Entries<'t> {
    type Item = Entry<'t>;

    fn next(&mut self) -> Option<Entry<'t>> {
        if self.rest.is_empty() {
            return None;
        }
        let Some((entry, rest)) = parse(self.rest, self.id_len) else {
            self.is_malformed = true;
            self.rest = &[];
            return None;
        };
        self.rest = rest;
        Some(entry)
    }
}

/// The first entry of `tree`, and what follows.
fn parse(tree: &[u8], id_len: usize) -> Option<(Entry<'_>, &[u8])> {
    let (entry, end) = tree::parse(tree, 0, id_len)?;
    let entry = Entry {
        target: entry.target,
        name: entry.name,
        id: ObjectId::new(entry.id),
    };
    Some((entry, &tree[end..]))
}

/// A parent's tree, in which names are looked up. Mostly the next one that is asked for is the next one that is there.
struct Side<'t> {
    entries: Vec<Entry<'t>>,
    next: usize,
    by_name: Option<HashMap<&'t [u8], usize>>,
}

impl<'t> Side<'t> {
    fn new(tree: &'t [u8], id_len: usize) -> Self {
        Self {
            entries: Entries::new(tree, id_len).collect(),
            next: 0,
            by_name: None,
        }
    }

    fn find(&mut self, name: &[u8]) -> Option<Entry<'t>> {
        let is_next = self
            .entries
            .get(self.next)
            .is_some_and(|next| next.name == name);
        if !is_next {
            let entries = &self.entries;
            let by_name = self.by_name.get_or_insert_with(|| {
                let places = entries.iter().enumerate();
                places.map(|(at, entry)| (entry.name, at)).collect()
            });
            self.next = *by_name.get(name)?;
        }
        let found = self.entries[self.next];
        self.next += 1;
        Some(found)
    }
}
