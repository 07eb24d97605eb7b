//! Which part of a history is asked for: the commits of a range, a branch or a time, and the blobs that those brought in.
//!
//! Trees are read one by one, newest first, and none twice, so that a small range costs little whatever the size of the rest.

use std::collections::HashMap;

use crate::git::Refs;
use crate::git::pack::Kind;
use crate::model::ObjectId;

use super::bits::BitSet;
use super::graph::{CommitIx, Graph};
use super::objects::{Objects, Reader};
use super::revision::{RevisionError, Revisions};
use super::tips::{self, Tips};
use super::tree::{self, Piece, Target};

/// What part is asked for. Nothing given means every object of the store.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// `A..B`.
    pub range: Option<String>,
    /// Names of branches.
    pub branches: Vec<String>,
    /// Committed then or later. Seconds since 1970 UTC.
    pub since: Option<i64>,
    /// What any ref reaches.
    pub reachable: bool,
}

/// The part that is asked for.
pub struct Chosen {
    /// Its commits.
    pub commits: BitSet,
    /// The blobs that they brought in.
    pub blobs: BitSet,
    /// Whether what refs lead to without a commit belongs to it, and annotated tags.
    pub tags: bool,
}

impl Scope {
    /// Whether every object is asked for.
    pub fn is_all(&self) -> bool {
        self.range.is_none() && self.branches.is_empty() && self.since.is_none() && !self.reachable
    }

    /// The commits that are asked for.
    pub fn commits(
        &self,
        refs: &Refs,
        tags: &HashMap<ObjectId, ObjectId>,
        graph: &Graph,
        tips: &Tips,
    ) -> Result<BitSet, RevisionError> {
        let peeled = tags.keys().map(|id| (*id, tips::peeled(tags, *id)));
        let revisions = Revisions {
            refs,
            peeled: &peeled.collect(),
            graph,
        };
        let mut commits = if let Some(range) = &self.range {
            let range = revisions.range(range)?;
            graph.range(&[range.without], &[range.tip])
        } else if self.branches.is_empty() {
            tips.reached.clone()
        } else {
            let branches = self.branches.iter().map(|name| revisions.branch(name));
            graph.reachable(&branches.collect::<Result<Vec<_>, _>>()?)
        };
        if let Some(since) = self.since {
            let mut recent = BitSet::new(graph.count());
            for commit in commits
                .iter()
                .filter(|commit| graph.commit_time(*commit) >= since)
            {
                recent.insert(commit);
            }
            commits = recent;
        }
        Ok(commits)
    }

    /// The blobs that `commits` brought in: those of their trees that no parent outside of them has.
    pub fn chosen(&self, commits: BitSet, objects: &Objects, graph: &Graph, tips: &Tips) -> Chosen {
        let mut search = Search {
            objects,
            seen: BitSet::new(objects.count()),
            blobs: BitSet::new(objects.count()),
            reader: Reader::remembering(),
        };
        // clocks go wrong: a commit that comes after one that is asked for hides nothing of it
        let mut after = BitSet::new(graph.count());
        for &commit in graph.order() {
            let mut parents = graph.parents(commit).iter();
            if parents.any(|parent| commits.contains(*parent) || after.contains(*parent)) {
                after.insert(commit);
            }
        }
        let is_boundary = |commit: &CommitIx| {
            let mut children = graph.children(*commit).iter();
            !commits.contains(*commit)
                && !after.contains(*commit)
                && children.any(|child| commits.contains(*child))
        };
        for commit in graph.all().filter(is_boundary) {
            search.follow(&graph.tree(commit), false);
        }
        for &commit in graph
            .order()
            .iter()
            .rev()
            .filter(|commit| commits.contains(**commit))
        {
            search.follow(&graph.tree(commit), true);
        }
        let tags = self.range.is_none() && self.branches.is_empty() && self.since.is_none();
        if tags {
            for id in tips.others.keys() {
                match objects.find(id.as_bytes()).map(|ix| (ix, objects.kind(ix))) {
                    Some((_, Ok(Kind::Tree))) => search.follow(id, true),
                    Some((ix, Ok(Kind::Blob))) => _ = search.blobs.insert(ix),
                    _ => {}
                }
            }
        }
        Chosen {
            commits,
            blobs: search.blobs,
            tags,
        }
    }
}

/// Follows trees to blobs.
struct Search<'o> {
    objects: &'o Objects,
    /// Objects that were met.
    seen: BitSet,
    blobs: BitSet,
    reader: Reader,
}

impl Search<'_> {
    /// Notes all blobs in `tree` that were not met, as wanted or not. Not by recursion: folders may be deep.
    fn follow(&mut self, tree: &ObjectId, wanted: bool) {
        let mut open: Vec<ObjectId> = Vec::new();
        if self.is_new(tree.as_bytes()) {
            open.push(*tree);
        }
        let (objects, id_len) = (self.objects, self.objects.id_len());
        let mut content = Vec::new();
        while let Some(tree) = open.pop() {
            // what can't be read was noted when names were read
            let Some(Ok((Kind::Tree, len))) = objects.read(&tree, &mut self.reader, &mut content)
            else {
                continue;
            };
            let _ = tree::read(&content[..len], id_len, |piece| {
                let Piece::New(_, entry) = piece else {
                    return;
                };
                if entry.target == Target::Commit || !self.is_new(entry.id) {
                    return;
                }
                let id = ObjectId::new(entry.id);
                if entry.target == Target::Tree {
                    open.push(id);
                } else if let Some(blob) = objects.find(id.as_bytes()).filter(|_| wanted) {
                    self.blobs.insert(blob);
                }
            });
        }
    }

    fn is_new(&mut self, id: &[u8]) -> bool {
        let known = self.objects.find(id);
        known.is_some_and(|ix| self.seen.insert(ix))
    }
}
