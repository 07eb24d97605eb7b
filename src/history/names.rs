//! What blobs are called: for each the classes of its names, from all trees of the store.
//!
//! Some decisions hang on a file's name, so names come before contents. Trees that are deltas are read as far as they are new; folders
//! are not followed, for the last part of a path says all that has to be known here ([`crate::scan::PathClass`]).

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use foldhash::{HashMap, HashMapExt as _};

use crate::git::pack::{Damage, Delta, Kind, NodeIx, Visit};
use crate::model::ObjectId;
use crate::scan::{Named, PathClass, Scanner};

use super::bits::BitSet;
use super::objects::{ObjectIx, Objects};
use super::tally::{Lane, Tally};
use super::tree::{self, Entry, Piece, Starts, Target};
use super::visit;

/// Position in the list of classes.
type ClassIx = u32;

/// Position in the list of sets of classes.
pub type SetIx = u32;

/// The set of what no tree names.
const UNNAMED: SetIx = 0;

/// Longest name that is remembered. Bytes.
const LONGEST_NAME: usize = 4096;

/// What names say of all blobs.
pub struct Names {
    /// The set of each object; that of blobs without a name for everything else.
    set_of: Vec<AtomicU32>,
    /// Sets of classes; the first one is that of blobs without a name.
    sets: Vec<Vec<Named>>,
    /// Blobs that a rule about files may name.
    pub named: BitSet,
    /// Names of submodules, each once.
    pub submodules: Vec<Vec<u8>>,
    /// Blobs and trees that trees name and that are not there, sorted.
    pub missing: Vec<(ObjectId, Kind)>,
}

impl Names {
    /// The set of classes of a blob, by the place of it that counts.
    pub fn set_of(&self, blob: ObjectIx) -> SetIx {
        self.set_of[blob as usize].load(Ordering::Relaxed)
    }

    /// The classes in a set.
    pub fn classes(&self, set: SetIx) -> &[Named] {
        &self.sets[set as usize]
    }

    /// Whether all classes of `set` are in `other`.
    pub fn is_within(&self, set: SetIx, other: SetIx) -> bool {
        let is_in = |named: &Named| {
            self.classes(other)
                .iter()
                .any(|other| other.class == named.class)
        };
        set == other || self.classes(set).iter().all(is_in)
    }
}

/// What the threads of the pass share.
pub struct Pass<'s> {
    scanner: &'s Scanner,
    objects: &'s Objects,
    set_of: Vec<AtomicU32>,
    classes: Mutex<Classes>,
}

#[derive(Default)]
struct Classes {
    list: Vec<Named>,
    by_class: HashMap<PathClass, ClassIx>,
}

impl<'s> Pass<'s> {
    /// A pass over the trees of `objects`.
    pub fn new(scanner: &'s Scanner, objects: &'s Objects) -> Self {
        let mut set_of = Vec::new();
        set_of.resize_with(objects.count(), || AtomicU32::new(UNNAMED));
        Self {
            scanner,
            objects,
            set_of,
            classes: Mutex::default(),
        }
    }

    /// Reads all trees and gives what they say. What can't be read is handed to `tally`.
    pub fn run(self, tally: &Tally<'_>) -> Names {
        let visitors = (0..tally.threads())
            .map(|_| Visitor::new(&self, tally))
            .collect();
        let visitors = visit::all(self.objects, Kind::Tree, visitors);
        let found: Vec<Found> = visitors.into_iter().map(|visitor| visitor.found).collect();
        self.finish(found)
    }

    /// The number of the class of a file called `name`.
    fn class_of(&self, name: &[u8]) -> ClassIx {
        let class = PathClass::of(name);
        let mut classes = self.classes.lock().unwrap_or_else(PoisonError::into_inner);
        let next = ClassIx::try_from(classes.list.len()).expect("there are a few hundred classes");
        let ix = *classes.by_class.entry(class).or_insert(next);
        if ix == next {
            classes.list.push(Named {
                class,
                name: name.into(),
            });
        }
        ix
    }

    fn finish(self, found: Vec<Found>) -> Names {
        let classes = self
            .classes
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let unnamed = Named {
            class: PathClass::of(b""),
            name: Box::default(),
        };
        let mut sets: Vec<Vec<Named>> = vec![vec![unnamed]];
        sets.extend(classes.list.iter().map(|class| vec![class.clone()]));
        let mut members: HashMap<ObjectIx, BTreeSet<ClassIx>> = HashMap::new();
        let mut named = BitSet::new(self.objects.count());
        let mut submodules = BTreeSet::new();
        let mut missing = BTreeSet::new();
        for part in found {
            for (blob, class) in part.further {
                members.entry(blob).or_default().insert(class);
            }
            for blob in part.named {
                named.insert(blob);
            }
            submodules.extend(part.submodules);
            missing.extend(part.missing);
        }
        let mut by_members: HashMap<BTreeSet<ClassIx>, SetIx> = HashMap::new();
        for (blob, mut members) in members {
            let set = &self.set_of[blob as usize];
            members.insert(set.load(Ordering::Relaxed) - 1);
            let next = SetIx::try_from(sets.len()).expect("there are far fewer sets than blobs");
            let ix = *by_members.entry(members).or_insert_with_key(|members| {
                let list = members.iter().map(|class| &classes.list[*class as usize]);
                sets.push(list.cloned().collect());
                next
            });
            set.store(ix, Ordering::Relaxed);
        }
        Names {
            set_of: self.set_of,
            sets,
            named,
            submodules: submodules.into_iter().collect(),
            missing: missing.into_iter().collect(),
        }
    }
}

/// What one thread finds.
#[derive(Default)]
struct Found {
    /// Blobs with more than one class.
    further: Vec<(ObjectIx, ClassIx)>,
    named: Vec<ObjectIx>,
    submodules: BTreeSet<Vec<u8>>,
    missing: BTreeSet<(ObjectId, Kind)>,
}

/// Reads trees for one thread.
struct Visitor<'p> {
    pass: &'p Pass<'p>,
    lane: Lane<'p>,
    /// Class of each name, and whether a rule about files may name it.
    known: HashMap<Box<[u8]>, (ClassIx, bool)>,
    /// Numbers of what the entries of one tree lead to.
    ixs: Vec<Option<ObjectIx>>,
    found: Found,
}

impl<'p> Visitor<'p> {
    fn new(pass: &'p Pass<'p>, tally: &'p Tally<'p>) -> Self {
        Self {
            pass,
            lane: tally.lane(),
            known: HashMap::new(),
            ixs: Vec::new(),
            found: Found::default(),
        }
    }

    /// Takes over the new entries of a tree.
    fn entries(&mut self, entries: &[Entry<'_>]) {
        self.ixs.clear();
        let ids = entries.iter().map(|entry| entry.id);
        self.pass.objects.find_all(ids, &mut self.ixs);
        for (at, entry) in entries.iter().enumerate() {
            let ix = self.ixs[at];
            match (entry.target, ix) {
                (Target::Blob, Some(blob)) => self.blob(entry, blob),
                (Target::Tree, Some(_)) => {}
                (Target::Blob, None) => self.missing(entry, Kind::Blob),
                (Target::Tree, None) => self.missing(entry, Kind::Tree),
                (Target::Commit, _) => {
                    if !self.found.submodules.contains(entry.name) {
                        self.found.submodules.insert(entry.name.to_vec());
                    }
                }
            }
        }
    }

    fn missing(&mut self, entry: &Entry<'_>, kind: Kind) {
        self.found.missing.insert((ObjectId::new(entry.id), kind));
    }

    fn blob(&mut self, entry: &Entry<'_>, blob: ObjectIx) {
        let (class, is_named) = if let Some(known) = self.known.get(entry.name) {
            *known
        } else {
            let scanner = self.pass.scanner;
            let known = (
                self.pass.class_of(entry.name),
                scanner.names_files(entry.name),
            );
            // a name that no system can write is not worth remembering, and may be made new in every tree
            if entry.name.len() <= LONGEST_NAME {
                self.known.insert(entry.name.into(), known);
            }
            known
        };
        if is_named {
            self.found.named.push(blob);
        }
        let set = &self.pass.set_of[blob as usize];
        // a set with a class of its own is one more than the class, for the first set is that of no name
        let own = class + 1;
        if set.load(Ordering::Relaxed) == own {
            return;
        }
        let first = set.compare_exchange(UNNAMED, own, Ordering::Relaxed, Ordering::Relaxed);
        if first.is_err_and(|set| set != own) {
            self.found.further.push((blob, class));
        }
    }

    /// Notes a tree that is no tree.
    fn starts(&mut self, tree: ObjectIx, read: Result<Starts, tree::Malformed>) -> Starts {
        read.unwrap_or_else(|tree::Malformed| {
            self.lane.damaged(tree, Damage::Content);
            Starts::new()
        })
    }
}

impl Visit for Visitor<'_> {
    type State = Starts;

    fn whole(&mut self, tree: NodeIx, content: &[u8]) -> Starts {
        self.lane.read(Kind::Tree, tree, content.len());
        let mut new = Vec::new();
        let read = tree::read(content, self.pass.objects.id_len(), |piece| {
            if let Piece::New(_, entry) = piece {
                new.push(entry);
            }
        });
        self.entries(&new);
        self.starts(tree, read)
    }

    fn delta(&mut self, tree: NodeIx, delta: &Delta<'_, Starts>, content: &[u8]) -> Starts {
        self.lane.read(Kind::Tree, tree, content.len());
        let mut new = Vec::new();
        let id_len = self.pass.objects.id_len();
        let read = tree::read_delta(content, id_len, delta.state, delta.ops, |piece| {
            if let Piece::New(_, entry) = piece {
                new.push(entry);
            }
        });
        self.entries(&new);
        self.starts(tree, read)
    }

    fn damaged(&mut self, node: NodeIx, damage: Damage) {
        self.lane.damaged(node, damage);
    }
}
