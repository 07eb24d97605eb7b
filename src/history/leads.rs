//! Which trees lead to given blobs, and by which entries.
//!
//! Told from what the pass over all trees remembers ([`Trail`]): from the entries that name what is asked for up to the trees above, and
//! from each tree to those that have the entry of it. No tree is read again. Commits and paths are not known here.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::Range;

use foldhash::{HashMap, HashMapExt as _};
use rayon::prelude::*;

use super::bits::BitSet;
use super::names::Names;
use super::objects::{ObjectIx, Objects};
use super::trail::{Child, NO_NAME, Noted};

/// Position in the list of names.
pub type NameIx = u32;

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

    /// A name.
    pub fn name(&self, name: NameIx) -> &[u8] {
        &self.names[name as usize]
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
}

/// Answers which trees lead where.
pub struct Search<'a> {
    objects: &'a Objects,
    names: &'a Names,
    /// For each object the trail that has it as a tree and its place there, one more than that; 0 for all others.
    places: Vec<(u32, u32)>,
    /// Number of the first entry of each trail among those of all.
    firsts: Vec<u32>,
    /// How much more may be looked at.
    work: Cell<u64>,
}

/// Most entries and runs of trees that are looked at, some seconds' work, and most entries that are found to lead anywhere, of 20 bytes
/// each. Real histories with thousands of findings take a hundredth of it; a few crafted trees can ask for more than there is time.
const MOST_WORK: u64 = 1 << 31;
const MOST_FACTS: usize = 1 << 24;

/// An entry of a tree that leads to what is asked for, wherever the tree has it from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Fact {
    tree: ObjectIx,
    /// Its number in the tree.
    number: u32,
    /// The trail that knows its name, and the name there.
    name: (u32, u32),
    child: ObjectIx,
}

impl<'a> Search<'a> {
    /// A search in what `names` remembers of the trees of `objects`.
    pub fn new(objects: &'a Objects, names: &'a Names) -> Self {
        let mut places = vec![(0, 0); objects.count()];
        let mut firsts = Vec::with_capacity(names.trails.len());
        let mut first = 0;
        for (part, (trail, _)) in (0..).zip(&names.trails) {
            firsts.push(small(first));
            first += trail.entries().len();
            for at in 0..trail.len() {
                let (tree, ..) = trail.read(at);
                places[tree as usize] = (part, at + 1);
            }
        }
        Self {
            objects,
            names,
            places,
            firsts,
            work: Cell::new(MOST_WORK),
        }
    }

    /// The trees that lead to `targets`, which are blobs, by names that a path may have.
    pub fn leads(&self, targets: &[ObjectIx]) -> Leads {
        self.find(targets.iter().copied(), true)
    }

    /// Whether there was more than can be looked at.
    pub fn is_cut(&self) -> bool {
        self.work.get() == 0
    }

    /// Which of the objects that are not there, given by their positions in the list of the names, the trees `tops` lead to.
    pub fn reached(&self, missing: &[usize], tops: &[ObjectIx]) -> BTreeSet<usize> {
        let count = self.objects.count();
        let numbers = missing.iter().map(|at| small(count + at));
        let reached = self.find(numbers, false).reached(tops, count);
        reached.into_iter().map(|ix| ix as usize - count).collect()
    }

    /// The trees that lead to `targets`: objects, or beyond all objects what is missing. If `named`, only where a name is short enough to be
    /// part of a path.
    fn find(&self, targets: impl Iterator<Item = ObjectIx>, named: bool) -> Leads {
        let mut wanted = BitSet::new(self.objects.count() + self.names.missing.len());
        let mut open: Vec<ObjectIx> = targets.filter(|target| wanted.insert(*target)).collect();
        let parents = Parents::new(self, &wanted);
        // a tree that leads to something is asked for itself; a circle, which only forged ids can make, ends where it began
        let mut facts = Vec::new();
        while let Some(child) = open.pop() {
            for &entry in parents.of(child) {
                let (part, at) = self.entry(entry);
                let trail = &self.names.trails[part].0;
                let noted = trail.entries()[at as usize];
                if named && noted.name() == NO_NAME {
                    continue;
                }
                let (tree, ..) = trail.read(trail.tree_of(at));
                let fact = Fact {
                    tree,
                    number: noted.number(),
                    name: (small(part), noted.name()),
                    child,
                };
                self.inherit(fact, |fact| {
                    if facts.len() == MOST_FACTS {
                        return self.work.set(0);
                    }
                    facts.push(fact);
                    if wanted.insert(fact.tree) {
                        open.push(fact.tree);
                    }
                });
            }
        }
        facts.par_sort_unstable();
        facts.dedup();
        self.gather(&facts)
    }

    /// Gives `fact`, and the same of all trees that have the entry from this one, as far as those places of them count.
    fn inherit(&self, fact: Fact, mut take: impl FnMut(Fact)) {
        let mut open = vec![(fact.tree, fact.number)];
        while let Some((tree, number)) = open.pop().filter(|_| self.work.get() > 0) {
            if self.objects.counts(tree) {
                take(Fact {
                    tree,
                    number,
                    ..fact
                });
            }
            for other in self.objects.deltas_of(tree) {
                let (part, place) = self.places[other as usize];
                let Some(at) = place.checked_sub(1) else {
                    continue;
                };
                let (_, _, runs) = self.names.trails[part as usize].0.read(at);
                let looked = 1 + runs.len() as u64;
                self.work.set(self.work.get().saturating_sub(looked));
                let has = runs
                    .iter()
                    .filter(|run| (run.from..run.from + run.count).contains(&number));
                open.extend(has.map(|run| (other, number - run.from + run.at)));
            }
        }
    }

    /// The trail of an entry, by its number among all, and its place there.
    fn entry(&self, entry: u32) -> (usize, u32) {
        let part = self.firsts.partition_point(|first| *first <= entry) - 1;
        (part, entry - self.firsts[part])
    }

    /// What an entry leads to, as targets are numbered.
    fn child(&self, part: usize, noted: &Noted) -> Option<ObjectIx> {
        match noted.child() {
            Child::Object(ix) => Some(ix),
            Child::Missing(at) => {
                let place = self.names.trails[part].1[at as usize];
                Some(small(self.objects.count()) + place)
            }
            Child::Nothing => None,
        }
    }

    /// Gives the number among all of each entry that leads to a folder or to what is `wanted`, and what that is.
    fn parents(&self, wanted: &BitSet, mut take: impl FnMut(u32, ObjectIx)) {
        let mut entry = 0;
        for (part, (trail, _)) in self.names.trails.iter().enumerate() {
            for noted in trail.entries() {
                let child = self.child(part, noted);
                let asked = |child: &ObjectIx| noted.is_folder() || wanted.contains(*child);
                if let Some(child) = child.filter(asked) {
                    take(entry, child);
                }
                entry += 1;
            }
        }
    }

    /// Puts sorted facts side by side, tree by tree.
    fn gather(&self, facts: &[Fact]) -> Leads {
        let mut leads = Leads {
            trees: vec![(0, 0); self.objects.count()],
            entries: Vec::with_capacity(facts.len()),
            ..Leads::default()
        };
        let mut known: HashMap<&[u8], NameIx> = HashMap::new();
        for fact in facts {
            let (part, name) = fact.name;
            let trail = &self.names.trails[part as usize].0;
            let name = if name == NO_NAME {
                b""
            } else {
                trail.name(name)
            };
            let next = small(leads.names.len());
            let name_ix = *known.entry(name).or_insert(next);
            if name_ix == next {
                leads.names.push(name.into());
            }
            let end = small(leads.entries.len());
            let range = &mut leads.trees[fact.tree as usize];
            if range.0 == range.1 {
                *range = (end, end);
            }
            range.1 += 1;
            leads.entries.push(Lead {
                name: name_ix,
                child: fact.child,
            });
        }
        leads
    }
}

/// The entries that lead to each folder, and to each of what is asked for, by their numbers among all.
struct Parents {
    /// Where those of each lie in `entries`.
    starts: Vec<u32>,
    entries: Vec<u32>,
}

impl Parents {
    fn new(search: &Search<'_>, wanted: &BitSet) -> Self {
        let count = search.objects.count() + search.names.missing.len();
        let mut starts = vec![0_u32; count + 1];
        search.parents(wanted, |_, child| starts[child as usize] += 1);
        let mut end = 0;
        for start in &mut starts {
            end += *start;
            *start = end;
        }
        let mut entries = vec![0_u32; end as usize];
        search.parents(wanted, |entry, child| {
            let start = &mut starts[child as usize];
            *start -= 1;
            entries[*start as usize] = entry;
        });
        Self { starts, entries }
    }

    fn of(&self, child: ObjectIx) -> &[u32] {
        let range: Range<usize> =
            self.starts[child as usize] as usize..self.starts[child as usize + 1] as usize;
        &self.entries[range]
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("entries and objects are numbered in 32 bits")
}
