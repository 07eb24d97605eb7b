//! Which trees lead to given blobs, and by which entries.
//!
//! One pass over all trees keeps, for each, its folders and those of its entries that are asked for; what does not lead anywhere is
//! then thrown away. Commits and paths are not known here.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use foldhash::{HashMap, HashMapExt as _};

use crate::git::pack::{Damage, Delta, Kind, NodeIx, Visit};
use crate::model::ObjectId;

use super::bits::BitSet;
use super::objects::{ObjectIx, Objects};
use super::tally::Tally;
use super::tree::{self, Entry, Piece, Starts, Target};
use super::visit;

/// Position in the list of names.
pub type NameIx = u32;

/// Longest name that is followed; no system can write a longer one. What bears it is scanned as what no tree names. Bytes.
const LONGEST_NAME: usize = 4096;

/// One entry of a tree that leads to what is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lead {
    /// Its name.
    pub name: NameIx,
    /// What it leads to: an object, or beyond all objects the number of a missing one.
    pub child: ObjectIx,
}

/// All trees that lead to what is asked for.
#[derive(Default)]
pub struct Leads {
    names: Vec<Box<[u8]>>,
    /// Where the leads of each tree lie in `entries`, by the number of the tree; empty for those that have none.
    trees: Vec<(u32, u32)>,
    entries: Vec<Lead>,
}

impl Leads {
    /// What `tree` leads to; nothing for most, and for what is no tree.
    pub fn of(&self, tree: ObjectIx) -> &[Lead] {
        let (start, end) = self.trees.get(tree as usize).copied().unwrap_or_default();
        &self.entries[start as usize..end as usize]
    }

    /// Whether no tree leads to anything.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All trees that lead to anything, in the order of their numbers.
    pub fn trees(&self) -> impl Iterator<Item = ObjectIx> + '_ {
        let leading = (0..)
            .zip(&self.trees)
            .filter(|(_, (start, end))| start < end);
        leading.map(|(tree, _)| tree)
    }

    /// What is missing and can be reached from the trees `tops`. There are `count` objects.
    fn reached(&self, tops: &[ObjectIx], count: usize) -> BTreeSet<ObjectIx> {
        let mut found = BTreeSet::new();
        let mut seen = BitSet::new(count);
        let mut open = tops.to_vec();
        while let Some(tree) = open.pop() {
            if tree as usize >= count {
                found.insert(tree);
            } else if seen.insert(tree) {
                open.extend(self.of(tree).iter().map(|lead| lead.child));
            }
        }
        found
    }

    /// A name.
    pub fn name(&self, name: NameIx) -> &[u8] {
        &self.names[name as usize]
    }
}

/// Finds the trees that lead to `targets`, which are blobs, and which of `missing`, objects that are not there, the trees `tops` lead to:
/// their positions in the list. Those may be as many as all blobs, so no paths are made for them.
pub fn find(
    objects: &Objects,
    targets: &[ObjectIx],
    missing: &[ObjectId],
    tops: &[ObjectIx],
    tally: &Tally<'_>,
) -> (Leads, BTreeSet<usize>) {
    let mut wanted = BitSet::new(objects.count());
    for target in targets {
        wanted.insert(*target);
    }
    let mut starts = BitSet::new(1 << 16);
    let ids = targets
        .iter()
        .map(|ix| objects.id(*ix))
        .chain(missing.iter().copied());
    for id in ids {
        starts.insert(start(id.as_bytes()));
    }
    let search = Search {
        objects,
        wanted,
        starts,
        missing: missing
            .iter()
            .copied()
            .zip(small(objects.count())..)
            .collect(),
        names: Mutex::default(),
    };
    let visitors = (0..tally.threads())
        .map(|_| Visitor::new(&search, tally))
        .collect();
    let visitors = visit::all(objects, Kind::Tree, visitors);
    let parts: Vec<Kept> = visitors.into_iter().map(|visitor| visitor.kept).collect();
    let mut reached = BTreeSet::new();
    if !missing.is_empty() {
        let first = small(objects.count());
        let all = search.follow(&parts, true).reached(tops, objects.count());
        reached.extend(all.into_iter().map(|ix| (ix - first) as usize));
    }
    let leads = search.follow(&parts, false);
    let names = search
        .names
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let leads = Leads {
        names: names.list,
        ..leads
    };
    (leads, reached)
}

/// What the threads of a search share.
struct Search<'o> {
    objects: &'o Objects,
    wanted: BitSet,
    /// The first two bytes of the ids of all that is wanted or missing, a bit each: most blobs are neither.
    starts: BitSet,
    /// Numbers of what is not there.
    missing: HashMap<ObjectId, ObjectIx>,
    names: Mutex<NameTable>,
}

#[derive(Default)]
struct NameTable {
    list: Vec<Box<[u8]>>,
    known: HashMap<Box<[u8]>, NameIx>,
}

/// The entries that one thread keeps.
#[derive(Default)]
struct Kept {
    /// Trees, each with its range in `leads`.
    trees: Vec<(ObjectIx, u32, u32)>,
    leads: Vec<Lead>,
}

/// Reads trees for one thread.
struct Visitor<'s> {
    search: &'s Search<'s>,
    tally: &'s Tally<'s>,
    names: HashMap<Box<[u8]>, NameIx>,
    kept: Kept,
}

/// A tree as its deltas have to know it.
struct Seen {
    starts: Starts,
    /// Where each entry that is kept begins.
    kept: Vec<(u32, Lead)>,
}

impl<'s> Visitor<'s> {
    fn new(search: &'s Search<'s>, tally: &'s Tally<'s>) -> Self {
        Self {
            search,
            tally,
            names: HashMap::new(),
            kept: Kept::default(),
        }
    }

    /// The entry as it is kept, if it is.
    fn lead(&mut self, entry: Entry<'_>) -> Option<Lead> {
        if entry.name.len() > LONGEST_NAME {
            return None;
        }
        if entry.target != Target::Tree && !self.search.starts.contains(start(entry.id)) {
            return None;
        }
        let child = match self.search.objects.find(entry.id) {
            Some(ix) if entry.target == Target::Tree || self.search.wanted.contains(ix) => ix,
            Some(_) => return None,
            None => *self.search.missing.get(&ObjectId::new(entry.id))?,
        };
        Some(Lead {
            name: self.name(entry.name),
            child,
        })
    }

    fn name(&mut self, name: &[u8]) -> NameIx {
        if let Some(known) = self.names.get(name) {
            return *known;
        }
        let mut table = self
            .search
            .names
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let next = NameIx::try_from(table.list.len()).expect("names are numbered in 32 bits");
        let ix = *table.known.entry(name.into()).or_insert(next);
        if ix == next {
            table.list.push(name.into());
        }
        self.names.insert(name.into(), ix);
        ix
    }

    fn keep(&mut self, ix: ObjectIx, starts: Starts, kept: Vec<(u32, Lead)>) -> Seen {
        if self.search.objects.counts(ix) && !kept.is_empty() {
            let start = small(self.kept.leads.len());
            self.kept.leads.extend(kept.iter().map(|(_, lead)| *lead));
            self.kept
                .trees
                .push((ix, start, small(self.kept.leads.len())));
        }
        Seen { starts, kept }
    }
}

impl Visit for Visitor<'_> {
    type State = Seen;
    // they were when names were read
    const CHECKED: bool = false;

    fn whole(&mut self, ix: NodeIx, content: &[u8]) -> Seen {
        let mut kept = Vec::new();
        let id_len = self.search.objects.id_len();
        let starts = tree::read(content, id_len, |piece| {
            if let Piece::New(at, entry) = piece {
                kept.extend(self.lead(entry).map(|lead| (at, lead)));
            }
        });
        self.keep(ix, starts.unwrap_or_default(), kept)
    }

    fn delta(&mut self, ix: NodeIx, delta: &Delta<'_, Seen>, content: &[u8]) -> Seen {
        let mut kept = Vec::with_capacity(delta.state.kept.len() + 1);
        let id_len = self.search.objects.id_len();
        let old = &delta.state.kept;
        let take = |piece: Piece<'_>| match piece {
            Piece::New(at, entry) => kept.extend(self.lead(entry).map(|lead| (at, lead))),
            Piece::Copied(range, shift) => {
                let first = old.partition_point(|(at, _)| *at < range.start);
                let copied = old[first..].iter().take_while(|(at, _)| *at < range.end);
                let moved =
                    |at: u32| u32::try_from(i64::from(at) + shift).expect("it lies in the tree");
                kept.extend(copied.map(|(at, lead)| (moved(*at), *lead)));
            }
        };
        let starts = tree::read_delta(content, id_len, delta, &delta.state.starts, take);
        self.keep(ix, starts.unwrap_or_default(), kept)
    }

    fn damaged(&mut self, ix: NodeIx, damage: Damage) {
        // mostly noted when names were read; a file may have gone since
        self.tally.damaged(ix, damage);
    }
}

impl Search<'_> {
    /// Keeps the trees that lead to what is asked for, `with_missing` or not, and of their entries those that do.
    fn follow(&self, parts: &[Kept], with_missing: bool) -> Leads {
        let count = self.objects.count();
        // for each tree the part that has it, and where
        let mut lists: Vec<(u32, u32, u32)> = vec![(0, 0, 0); count];
        for (part, kept) in (0..).zip(parts) {
            for &(tree, start, end) in &kept.trees {
                lists[tree as usize] = (part, start, end);
            }
        }
        let entries = |tree: ObjectIx| {
            let (part, start, end) = lists[tree as usize];
            let leads = parts.get(part as usize).map_or(&[][..], |part| &part.leads);
            &leads[start as usize..end as usize]
        };
        let is_missing = |ix: ObjectIx| ix as usize >= count;
        let is_target = |ix: ObjectIx| {
            if is_missing(ix) {
                with_missing
            } else {
                self.wanted.contains(ix)
            }
        };
        // children before their parents, without recursion; a circle, which only forged ids can make, leads nowhere
        let mut done = BitSet::new(count);
        let mut leading = BitSet::new(count);
        let mut open = Vec::new();
        let trees = parts
            .iter()
            .flat_map(|part| part.trees.iter().map(|(tree, ..)| *tree));
        for tree in trees {
            if done.insert(tree) {
                open.push((tree, 0));
            }
            while let Some((tree, next)) = open.last_mut() {
                if let Some(lead) = entries(*tree).get(*next) {
                    *next += 1;
                    if is_target(lead.child) {
                        leading.insert(*tree);
                    } else if !is_missing(lead.child) && done.insert(lead.child) {
                        open.push((lead.child, 0));
                    }
                    continue;
                }
                let leads = entries(*tree)
                    .iter()
                    .any(|lead| !is_missing(lead.child) && leading.contains(lead.child));
                if leads {
                    leading.insert(*tree);
                }
                open.pop();
            }
        }
        let mut all = Leads {
            trees: vec![(0, 0); count],
            ..Leads::default()
        };
        for tree in leading.iter() {
            let start = small(all.entries.len());
            let found = entries(tree).iter().filter(|lead| {
                is_target(lead.child) || (!is_missing(lead.child) && leading.contains(lead.child))
            });
            all.entries.extend(found);
            all.trees[tree as usize] = (start, small(all.entries.len()));
        }
        all
    }
}

/// The first two bytes of an id.
fn start(id: &[u8]) -> u32 {
    u32::from(u16::from_be_bytes([id[0], id[1]]))
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("entries are numbered in 32 bits")
}
