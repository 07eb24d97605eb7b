//! What blobs are called: for each the classes of its names, from all trees of the store.
//!
//! Some decisions hang on a file's name, so names come before contents. Trees that are deltas are read as far as they are new; folders
//! are not followed, for the last part of a path says all that has to be known here ([`crate::scan::PathClass`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use foldhash::{HashMap, HashMapExt as _};

use crate::git::pack::{Damage, Delta, Kind, NodeIx, Visit};
use crate::model::ObjectId;
use crate::scan::{Named, PathClass, Scanner};

use super::bits::BitSet;
use super::objects::{ObjectIx, Objects};
use super::tally::{Lane, Tally};
use super::trail::{Child, LONGEST_NAME, LocalName, NO_NAME, Noted, Trail};
use super::tree::{self, Piece, Starts, Target};
use super::visit;

/// Position in the list of classes.
type ClassIx = u32;

/// Position in the list of sets of classes.
pub type SetIx = u32;

/// The set of what no tree names.
const UNNAMED: SetIx = 0;

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
    /// Blobs and trees that trees name and that are not there, sorted, and one of the trees that name each.
    pub missing: Vec<((ObjectId, Kind), ObjectIx)>,
    /// What is remembered of the trees, and for each object that one of the trails misses its position in `missing`.
    pub trails: Vec<(Trail, Vec<u32>)>,
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
    /// Bytes of all trails.
    noted: AtomicUsize,
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
            noted: AtomicUsize::new(0),
        }
    }

    /// Reads all trees and gives what they say. What can't be read is handed to `tally`.
    pub fn run(self, tally: &Tally<'_>) -> Names {
        let visitors = (0..tally.threads())
            .map(|_| Visitor::new(&self, tally))
            .collect();
        let visitors = visit::all(self.objects, Kind::Tree, visitors).into_iter();
        let found = visitors.map(|mut visitor: Visitor<'_>| {
            visitor.settle();
            visitor.found
        });
        let found: Vec<Found> = found.collect();
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
        let mut missing = BTreeMap::new();
        let mut trails = Vec::new();
        for part in found {
            for (blob, class) in part.further {
                members.entry(blob).or_default().insert(class);
            }
            for blob in part.named {
                named.insert(blob);
            }
            submodules.extend(part.submodules);
            for (object, tree) in &part.missing {
                missing.entry(*object).or_insert(*tree);
            }
            trails.push((part.trail, part.missing));
        }
        let missing: Vec<((ObjectId, Kind), ObjectIx)> = missing.into_iter().collect();
        let place = |object: &(ObjectId, Kind)| {
            let place = missing.binary_search_by_key(object, |(object, _)| *object);
            small(place.expect("all were put into the list"))
        };
        let trails = trails
            .into_iter()
            .map(|(trail, missed): (Trail, Vec<_>)| {
                let places = missed.iter().map(|(object, _)| place(object)).collect();
                (trail, places)
            })
            .collect();
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
            missing,
            trails,
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
    /// What is not there, each once, and one of the trees that name it.
    missing: Vec<((ObjectId, Kind), ObjectIx)>,
    missing_ix: HashMap<(ObjectId, Kind), u32>,
    trail: Trail,
}

/// Reads trees for one thread.
struct Visitor<'p> {
    pass: &'p Pass<'p>,
    lane: Lane<'p>,
    known: HashMap<Box<[u8]>, Name>,
    /// Entries that wait for others, to be looked up together.
    waiting: Vec<Waiting>,
    /// How many of them are for the trail.
    to_note: usize,
    /// Numbers of what they lead to.
    ixs: Vec<Option<ObjectIx>>,
    found: Found,
}

/// A new entry of a tree.
struct Waiting {
    id: ObjectId,
    tree: ObjectIx,
    /// Its number in the tree.
    number: u32,
    target: Target,
    name: Name,
    /// Whether the trail has room for it.
    is_noted: bool,
}

/// What is known of a name.
#[derive(Clone, Copy)]
struct Name {
    /// Its class as that of a file, and whether a rule about files may name it. None as long as no file bears it.
    class: Option<(ClassIx, bool)>,
    /// Its number in the trail; none for one that is too long.
    number: Option<LocalName>,
}

/// Entries that are looked up together. Each lookup waits for memory more than once; many of them wait together.
const BATCH: usize = 128;

impl<'p> Visitor<'p> {
    fn new(pass: &'p Pass<'p>, tally: &'p Tally<'p>) -> Self {
        Self {
            pass,
            lane: tally.lane(),
            known: HashMap::new(),
            waiting: Vec::with_capacity(BATCH),
            to_note: 0,
            ixs: Vec::with_capacity(BATCH),
            found: Found::default(),
        }
    }

    /// Takes over what stands next in `tree`.
    fn piece(&mut self, tree: ObjectIx, is_noted: bool, piece: Piece<'_>) {
        let (number, entry) = match piece {
            Piece::New(number, entry) => (number, entry),
            Piece::Copied(run) => {
                if is_noted {
                    self.found.trail.run(run);
                }
                return;
            }
        };
        if entry.target == Target::Commit && !self.found.submodules.contains(entry.name) {
            self.found.submodules.insert(entry.name.to_vec());
        }
        let name = self.name(entry.name, entry.target == Target::Blob);
        self.to_note += usize::from(is_noted);
        self.waiting.push(Waiting {
            id: ObjectId::new(entry.id),
            tree,
            number,
            target: entry.target,
            name,
            is_noted,
        });
        if self.waiting.len() == BATCH {
            self.settle();
        }
    }

    /// Looks up all entries that wait.
    fn settle(&mut self) {
        let objects = self.pass.objects;
        let mut waiting = std::mem::take(&mut self.waiting);
        self.to_note = 0;
        self.ixs.clear();
        let ids = waiting.iter().map(|entry| entry.id.as_bytes());
        objects.find_all(ids, &mut self.ixs);
        let sets = self.ixs.iter().flatten();
        let touched = sets.map(|ix| self.pass.set_of[*ix as usize].load(Ordering::Relaxed));
        std::hint::black_box(touched.fold(0, |all, set| all ^ set));
        for (at, entry) in waiting.drain(..).enumerate() {
            let child = match (entry.target, self.ixs[at]) {
                (Target::Commit, _) => Child::Nothing,
                (target, Some(object)) => {
                    if let (Target::Blob, Some(class)) = (target, entry.name.class) {
                        self.blob(class, object);
                    }
                    Child::Object(object)
                }
                (target, None) => {
                    let kind = if target == Target::Tree {
                        Kind::Tree
                    } else {
                        Kind::Blob
                    };
                    self.miss((entry.id, kind), entry.tree)
                }
            };
            if !entry.is_noted {
                continue;
            }
            let is_folder = entry.target == Target::Tree;
            let name = entry.name.number.unwrap_or(NO_NAME);
            let noted = Noted::new(entry.number, is_folder, name, child);
            self.found.trail.entry(noted);
        }
        self.waiting = waiting;
    }

    /// Notes an object that is not there, and that `tree` names.
    fn miss(&mut self, object: (ObjectId, Kind), tree: ObjectIx) -> Child {
        let next = small(self.found.missing.len());
        let ix = *self.found.missing_ix.entry(object).or_insert(next);
        if ix == next {
            let tree = self.pass.objects.counting(tree);
            self.found.missing.push((object, tree));
        }
        Child::Missing(ix)
    }

    /// What is known of `name`, which a file may bear.
    fn name(&mut self, name: &[u8], is_file: bool) -> Name {
        let known = self.known.get(name).copied();
        if let Some(known) = known.filter(|known| !is_file || known.class.is_some()) {
            return known;
        }
        let class = is_file.then(|| {
            let is_named = self.pass.scanner.names_files(name);
            (self.pass.class_of(name), is_named)
        });
        // a name that no system can write is not worth remembering, and may be made new in every tree
        if name.len() > LONGEST_NAME {
            return Name {
                class,
                number: None,
            };
        }
        let number = match known {
            Some(known) => known.number,
            None => Some(self.found.trail.add_name(name)),
        };
        let known = Name { class, number };
        self.known.insert(name.into(), known);
        known
    }

    /// Begins a tree: whether there is room to note it.
    fn begin(&mut self, tree: ObjectIx) -> bool {
        let has_room = self.found.trail.has_room(self.to_note, &self.pass.noted);
        if has_room {
            self.found.trail.tree(tree, self.to_note);
        }
        has_room
    }

    fn blob(&mut self, (class, is_named): (ClassIx, bool), blob: ObjectIx) {
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
            Starts::default()
        })
    }
}

impl Visit for Visitor<'_> {
    type State = Starts;

    fn whole(&mut self, tree: NodeIx, content: &[u8]) -> Starts {
        self.lane.read(Kind::Tree, tree, content.len());
        let is_noted = self.begin(tree);
        let read = tree::read(content, self.pass.objects.id_len(), |piece| {
            self.piece(tree, is_noted, piece);
        });
        self.starts(tree, read)
    }

    fn delta(&mut self, tree: NodeIx, delta: &Delta<'_, Starts>, content: &[u8]) -> Starts {
        self.lane.read(Kind::Tree, tree, content.len());
        let is_noted = self.begin(tree);
        let id_len = self.pass.objects.id_len();
        let read = tree::read_delta(content, id_len, delta, delta.state, |piece| {
            self.piece(tree, is_noted, piece);
        });
        self.starts(tree, read)
    }

    fn damaged(&mut self, node: NodeIx, damage: Damage) {
        self.lane.damaged(node, damage);
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("each takes more than a byte of memory")
}
