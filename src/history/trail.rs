//! What the pass over all trees remembers of them: the entries that were parsed, and which ones a tree has of the one that it is a delta of.
//!
//! From that it can be told later which trees hold an object, without reading any of them again. One trail for each thread; nothing
//! is looked for here.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::objects::ObjectIx;
use super::tree::Run;

/// Longest name that is followed; no system can write a longer one. What bears it is scanned as what no tree names. Bytes.
pub const LONGEST_NAME: usize = 4096;

/// Stands for a name that is longer: what bears it can be reached, and has no path.
pub const NO_NAME: LocalName = LocalName::MAX;

/// What all threads together note, in bytes; one tree more is always noted. Histories of a million objects take some 60 MB. A few crafted
/// deltas can make trees with more entries than there is memory for.
const MOST: usize = 1 << 29;

/// Position in the list of names of one thread.
pub type LocalName = u32;

/// What an entry leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Child {
    /// An object.
    Object(ObjectIx),
    /// One that is not there, by its number among those that this thread has missed.
    Missing(u32),
    /// Nothing that is followed: a commit of another repository.
    Nothing,
}

/// An entry that was parsed.
#[derive(Clone, Copy)]
pub struct Noted {
    /// Its number in the tree; the highest bit says that it is a folder's.
    number: u32,
    name: LocalName,
    child: u32,
}

/// The highest bit of a number: no tree has so many entries, and no store so many objects.
const MARK: u32 = 1 << 31;

impl Noted {
    /// An entry.
    pub fn new(number: u32, is_folder: bool, name: LocalName, child: Child) -> Self {
        Self {
            number: number & !MARK | if is_folder { MARK } else { 0 },
            name,
            child: match child {
                Child::Object(ix) => ix & !MARK,
                Child::Missing(at) => at | MARK,
                Child::Nothing => u32::MAX,
            },
        }
    }

    /// Its number in the tree, from 0.
    pub fn number(&self) -> u32 {
        self.number & !MARK
    }

    /// Whether it is that of a folder.
    pub fn is_folder(&self) -> bool {
        self.number & MARK != 0
    }

    /// Its name.
    pub fn name(&self) -> LocalName {
        self.name
    }

    /// What it leads to.
    pub fn child(&self) -> Child {
        match self.child {
            u32::MAX => Child::Nothing,
            child if child & MARK != 0 => Child::Missing(child & !MARK),
            child => Child::Object(child),
        }
    }
}

/// A tree that was read.
#[derive(Clone, Copy)]
struct Read {
    tree: ObjectIx,
    /// Where its entries begin, and its runs.
    entries: u32,
    runs: u32,
}

/// What one thread remembers.
#[derive(Default)]
pub struct Trail {
    trees: Vec<Read>,
    entries: Vec<Noted>,
    runs: Vec<Run>,
    names: Vec<Box<[u8]>>,
    name_bytes: usize,
    /// How much of all this was told to the other threads. Bytes.
    told: usize,
    /// Whether there was more than can be remembered.
    pub is_cut: bool,
}

impl Trail {
    /// Begins a tree. What is noted from now on belongs to it; `waiting` entries of the trees before it are still to come.
    pub fn tree(&mut self, tree: ObjectIx, waiting: usize) {
        self.trees.push(Read {
            tree,
            entries: small(self.entries.len() + waiting),
            runs: small(self.runs.len()),
        });
    }

    /// Notes an entry. They come in the order of the trees.
    pub fn entry(&mut self, entry: Noted) {
        self.entries.push(entry);
    }

    /// Notes what the tree has of the other one.
    pub fn run(&mut self, run: Run) {
        self.runs.push(run);
    }

    /// Whether there is room for another tree beside what all threads have `noted` in bytes, to which this one adds what is new; if
    /// not, that is noted.
    pub fn has_room(&mut self, waiting: usize, noted: &AtomicUsize) -> bool {
        let held = (self.entries.len() + waiting) * size_of::<Noted>()
            + self.runs.len() * size_of::<Run>()
            + self.trees.len() * size_of::<Read>()
            + self.name_bytes;
        let new = held.saturating_sub(self.told);
        self.told += new;
        let is_full = noted.fetch_add(new, Ordering::Relaxed) + new > MOST;
        self.is_cut |= is_full;
        !is_full
    }

    /// Takes note of a name that it does not have, and gives its number.
    pub fn add_name(&mut self, name: &[u8]) -> LocalName {
        let ix = small(self.names.len());
        self.name_bytes += name.len() + size_of::<Box<[u8]>>();
        self.names.push(name.into());
        ix
    }

    /// A name.
    pub fn name(&self, name: LocalName) -> &[u8] {
        &self.names[name as usize]
    }

    /// How many trees were read.
    pub fn len(&self) -> u32 {
        small(self.trees.len())
    }

    /// All entries.
    pub fn entries(&self) -> &[Noted] {
        &self.entries
    }

    /// The tree at `at`, with the entries of it that were parsed and the runs that it has of another one.
    pub fn read(&self, at: u32) -> (ObjectIx, &[Noted], &[Run]) {
        let read = self.trees[at as usize];
        let next = self.trees.get(at as usize + 1);
        let entries = next.map_or(self.entries.len(), |next| next.entries as usize);
        let runs = next.map_or(self.runs.len(), |next| next.runs as usize);
        // a panic of ours, which is told as damage, may have left entries out
        let noted = self.entries.get(read.entries as usize..entries);
        let runs = self.runs.get(read.runs as usize..runs);
        (
            read.tree,
            noted.unwrap_or_default(),
            runs.unwrap_or_default(),
        )
    }

    /// The tree that the entry at `at` belongs to, by its place here.
    pub fn tree_of(&self, at: u32) -> u32 {
        // a tree without entries begins where the next one does
        small(self.trees.partition_point(|read| read.entries <= at)) - 1
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("each takes bytes, of which there are MOST and those of a tree")
}
