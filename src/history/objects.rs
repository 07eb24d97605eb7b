//! All objects of a store, packed and loose, under one numbering.
//!
//! An object may lie in several packs and be loose as well; one place counts, the others are used where it can't be read. Opening
//! and reading only: what the objects mean is not known here.

use std::path::PathBuf;

use foldhash::HashMap;
use gix_hash::oid;
use rayon::prelude::*;

use crate::git::Store;
use crate::git::loose;
use crate::git::pack::{Damage, Inflater, Kind, NodeIx, Pack, delta};
use crate::model::ObjectId;

use super::ids::Ids;

/// Number of a place at which an object lies.
pub type ObjectIx = u32;

/// A loose object.
pub struct Loose {
    /// Its id.
    pub id: ObjectId,
    /// Its file.
    pub path: PathBuf,
    /// Kind and size in bytes, as its header claims.
    pub header: Result<(Kind, u64), Damage>,
}

/// All objects of a store.
pub struct Objects {
    /// The packs that could be opened.
    pub packs: Vec<Pack>,
    /// The loose objects, sorted by id, none twice.
    pub loose: Vec<Loose>,
    /// Number of the first object of each pack, then of the first loose one.
    starts: Vec<ObjectIx>,
    ids: Ids,
    id_len: usize,
    /// Places that do not even say what lies there.
    without_kind: Vec<(ObjectIx, Damage)>,
    /// Files that can't be used as a whole, in words.
    pub problems: Vec<(PathBuf, String)>,
}

/// What it takes to read single objects.
#[derive(Default)]
pub struct Reader {
    inflater: Inflater,
    delta: Vec<u8>,
    ops: Vec<delta::Op>,
    base: Vec<u8>,
    /// Objects that were read, for those that are deltas of them; none where nothing is to be remembered.
    memory: Option<Memory>,
}

/// Objects that were read, by pack and number.
#[derive(Default)]
struct Memory {
    objects: HashMap<(usize, NodeIx), Box<[u8]>>,
    bytes: usize,
}

/// Bytes that a reader remembers before it forgets all.
const MEMORY: usize = 64 << 20;

impl Objects {
    /// Opens everything in `store`. What can't be listed is added to `problems`.
    pub fn open(store: &Store, problems: &mut Vec<String>) -> Self {
        let (mut packs, mut broken) = (Vec::new(), Vec::new());
        for path in store.packs(problems) {
            match Pack::open(&path, store.hash) {
                Ok(pack) => packs.push(pack),
                Err(problem) => broken.push((path, problem)),
            }
        }
        let mut loose: Vec<Loose> = store
            .loose(problems)
            .map(|(id, path)| Loose {
                id,
                header: loose::header(&path),
                path,
            })
            .collect();
        // one that can be read goes before one of the same id that can't
        loose.sort_by_key(|object| (object.id, object.header.is_err()));
        loose.dedup_by_key(|object| object.id);
        let mut starts = Vec::with_capacity(packs.len() + 1);
        let mut next: ObjectIx = 0;
        for pack in &packs {
            starts.push(next);
            next = next.saturating_add(pack.forest.len());
        }
        starts.push(next);
        let count = next + small(loose.len());
        // in the order of the indexes, which are sorted
        let order: Vec<Vec<NodeIx>> = packs.iter().map(|pack| pack.forest.by_index()).collect();
        let place = |at: ObjectIx| {
            let pack = starts.partition_point(|start| *start <= at) - 1;
            let within = (at - starts[pack]) as usize;
            match packs.get(pack) {
                Some(opened) => {
                    let name = opened.index.id(small(within)).as_bytes();
                    (name, starts[pack] + order[pack][within])
                }
                None => (loose[within].id.as_bytes(), at),
            }
        };
        let ids = Ids::new((0..count).into_par_iter().map(place));
        let mut objects = Self {
            packs,
            loose,
            starts,
            ids,
            id_len: store.id_len(),
            without_kind: Vec::new(),
            problems: broken,
        };
        // asked for by every pass
        let damage = |ix| Some((ix, objects.kind(ix).err()?));
        objects.without_kind = (0..count).into_par_iter().filter_map(damage).collect();
        objects
    }

    /// Bytes of an id.
    pub fn id_len(&self) -> usize {
        self.id_len
    }

    /// How many places there are.
    pub fn count(&self) -> usize {
        self.first_loose() as usize + self.loose.len()
    }

    /// Number of the first loose object.
    fn first_loose(&self) -> ObjectIx {
        *self.starts.last().expect("the loose ones have a start")
    }

    /// The number of a packed object.
    pub fn packed(&self, pack: usize, node: NodeIx) -> ObjectIx {
        self.starts[pack] + node
    }

    /// The objects of the same pack that are stored as deltas of the one at `ix`.
    pub fn deltas_of(&self, ix: ObjectIx) -> impl Iterator<Item = ObjectIx> + '_ {
        let (nodes, first) = match self.place(ix) {
            Place::Packed(pack, node) => {
                (self.packs[pack].forest.children(node), self.starts[pack])
            }
            Place::Loose(_) => (&[][..], 0),
        };
        nodes.iter().map(move |node| first + node)
    }

    /// The number of a loose object.
    pub fn loose_ix(&self, at: usize) -> ObjectIx {
        self.first_loose() + small(at)
    }

    /// Every place at which the object called `id` lies, the one that counts first.
    fn places<'a>(&'a self, id: &'a ObjectId) -> impl Iterator<Item = ObjectIx> + 'a {
        let name = oid::try_from_bytes(id.as_bytes()).ok();
        let packed = self.packs.iter().enumerate().filter_map(move |(at, pack)| {
            let position = pack.index.position(name?)?;
            Some(self.packed(at, pack.forest.at(pack.index.offset(position))?))
        });
        let loose = self.loose.binary_search_by(|object| object.id.cmp(id)).ok();
        packed.chain(loose.map(|at| self.loose_ix(at)))
    }

    /// The place of the object called `id` that counts.
    pub fn find(&self, id: &[u8]) -> Option<ObjectIx> {
        self.ids.find(id)
    }

    /// [`find`](Self::find) for each of `ids`, appended to `out`: faster than one by one.
    pub fn find_all<'i>(
        &self,
        ids: impl Iterator<Item = &'i [u8]> + Clone,
        out: &mut Vec<Option<ObjectIx>>,
    ) {
        self.ids.fetch(ids.clone());
        out.extend(ids.map(|id| self.ids.find(id)));
    }

    /// [`find`](Self::find) for each of many `ids`, which lie side by side. Uses the threads of the current pool.
    pub fn find_each(&self, ids: &[u8]) -> Vec<Option<ObjectIx>> {
        /// Ids that are looked up together.
        const BATCH: usize = 256;
        let batches = ids.par_chunks(BATCH * self.id_len);
        let found = batches.flat_map_iter(|ids| {
            let mut found = Vec::with_capacity(BATCH);
            self.find_all(ids.chunks_exact(self.id_len), &mut found);
            found
        });
        found.collect()
    }

    /// The place that counts of the object at `ix`.
    pub fn counting(&self, ix: ObjectIx) -> ObjectIx {
        // the first pack goes before all others, and the loose objects where there is none
        if ix < self.starts.get(1).copied().unwrap_or(ObjectIx::MAX) {
            return ix;
        }
        self.find(self.id(ix).as_bytes()).unwrap_or(ix)
    }

    /// Whether this place of an object is the one that counts.
    pub fn counts(&self, ix: ObjectIx) -> bool {
        self.counting(ix) == ix
    }

    /// All places at which an object of `kind` lies.
    pub fn of_kind(&self, kind: Kind) -> Vec<ObjectIx> {
        (0..small(self.count()))
            .filter(|ix| self.kind(*ix) == Ok(kind))
            .collect()
    }

    /// All places of packed objects that can't be read whatever they are, and those of loose ones.
    pub fn without_kind(&self) -> &[(ObjectIx, Damage)] {
        &self.without_kind
    }

    /// The id of an object.
    pub fn id(&self, ix: ObjectIx) -> ObjectId {
        match self.place(ix) {
            Place::Packed(pack, node) => ObjectId::new(self.packs[pack].id(node).as_bytes()),
            Place::Loose(at) => self.loose[at].id,
        }
    }

    /// The kind of an object.
    pub fn kind(&self, ix: ObjectIx) -> Result<Kind, Damage> {
        match self.place(ix) {
            Place::Packed(pack, node) => self.packs[pack].forest.kind(node),
            Place::Loose(at) => self.loose[at].header.map(|(kind, _)| kind),
        }
    }

    /// Whether an object that can't be read at `ix` can't be read anywhere else either.
    pub fn is_lost(&self, ix: ObjectIx) -> bool {
        self.read_elsewhere(ix, &mut Reader::default(), &mut Vec::new())
            .is_none()
    }

    /// Reads the object at `ix` from another place than that one.
    pub fn read_elsewhere(
        &self,
        ix: ObjectIx,
        reader: &mut Reader,
        out: &mut Vec<u8>,
    ) -> Option<(Kind, usize)> {
        let id = self.id(ix);
        let others = self.places(&id).filter(|other| *other != ix);
        let mut others = others;
        others.find_map(|other| self.read_at(other, reader, out).ok())
    }

    fn place(&self, ix: ObjectIx) -> Place {
        if ix >= self.first_loose() {
            return Place::Loose((ix - self.first_loose()) as usize);
        }
        let pack = self.starts.partition_point(|start| *start <= ix) - 1;
        Place::Packed(pack, ix - self.starts[pack])
    }

    /// Reads an object into the front of `out`, which grows as needed. Gives its kind and length in bytes. Where one place of it
    /// can't be read, the others are tried.
    pub fn read(
        &self,
        id: &ObjectId,
        reader: &mut Reader,
        out: &mut Vec<u8>,
    ) -> Option<Result<(Kind, usize), Damage>> {
        let mut first = None;
        for ix in self.places(id) {
            match self.read_at(ix, reader, out) {
                Ok(read) => return Some(Ok(read)),
                Err(damage) => _ = first.get_or_insert(damage),
            }
        }
        first.map(Err)
    }

    fn read_at(
        &self,
        ix: ObjectIx,
        reader: &mut Reader,
        out: &mut Vec<u8>,
    ) -> Result<(Kind, usize), Damage> {
        match self.place(ix) {
            Place::Loose(at) => loose::read(&self.loose[at].path, &mut reader.inflater, out),
            Place::Packed(pack, node) => reader.packed(pack, &self.packs[pack], node, out),
        }
    }
}

enum Place {
    Packed(usize, NodeIx),
    Loose(usize),
}

impl Reader {
    /// A reader that remembers the last objects, for those that are deltas of them: trees of neighbouring commits are.
    pub fn remembering() -> Self {
        Self {
            memory: Some(Memory::default()),
            ..Self::default()
        }
    }

    /// Reads `node` of `pack`, the pack number `at`.
    fn packed(
        &mut self,
        at: usize,
        pack: &Pack,
        node: NodeIx,
        out: &mut Vec<u8>,
    ) -> Result<(Kind, usize), Damage> {
        let kind = pack.forest.kind(node)?;
        let known = |node: NodeIx| self.memory.as_ref()?.objects.get(&(at, node));
        let mut chain = Vec::new();
        let mut next = Some(node);
        let mut start = None;
        while let Some(node) = next.filter(|_| start.is_none()) {
            start = known(node);
            if start.is_none() {
                chain.push(node);
            }
            next = pack.forest.base(node);
        }
        let mut len = if let Some(start) = start {
            out.clear();
            out.extend_from_slice(start);
            out.len()
        } else {
            let root = chain.pop().expect("what is not remembered has a root");
            pack.inflate(root, &mut self.inflater, out)?;
            pack.forest.node(root).size as usize
        };
        for node in chain.into_iter().rev() {
            pack.inflate(node, &mut self.inflater, &mut self.delta)?;
            std::mem::swap(out, &mut self.base);
            let delta = &self.delta[..pack.forest.node(node).size as usize];
            let base = &self.base[..len];
            len = delta::read(delta, len, &mut self.ops)?;
            delta::apply(&self.ops, delta, base, len, out);
        }
        if let Some(memory) = &mut self.memory {
            memory.keep((at, node), &out[..len]);
        }
        Ok((kind, len))
    }
}

impl Memory {
    fn keep(&mut self, at: (usize, NodeIx), content: &[u8]) {
        if self.bytes + content.len() > MEMORY {
            self.objects.clear();
            self.bytes = 0;
        }
        if content.len() <= MEMORY && self.objects.insert(at, content.into()).is_none() {
            self.bytes += content.len();
        }
    }
}

fn small(number: usize) -> ObjectIx {
    ObjectIx::try_from(number).expect("far fewer than four thousand million objects")
}
