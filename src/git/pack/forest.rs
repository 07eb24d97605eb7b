//! The delta forest of a pack: which object is stored as a delta of which other one.
//!
//! Made from the index and the header of each entry alone; nothing is inflated. Every number is checked against the file, and a chain
//! that has no end, or leads out of the pack, is marked as such.

use std::ops::Range;

use gix_pack::data::entry::Header;
use rayon::prelude::*;

use super::{Damage, LARGEST, PackIndex};

/// Position of an object in the order of a pack.
pub type NodeIx = u32;

const NONE: NodeIx = NodeIx::MAX;

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A version of a file.
    Blob,
    /// A folder: names and ids.
    Tree,
    /// A commit.
    Commit,
    /// An annotated tag.
    Tag,
}

/// One object of a pack.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where its entry begins in the pack.
    pub offset: u64,
    /// Its position in the index.
    pub index: u32,
    /// CRC-32 of its entry; none in indexes of version 1.
    pub crc32: Option<u32>,
    /// Bytes that its stream must inflate to: the object, or the delta that makes it.
    pub size: u32,
    /// Length of the entry's header. Bytes.
    header: u8,
    base: NodeIx,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A delta whose kind is not known yet.
    Delta,
    Known(Kind),
    Damaged(Damage),
}

impl State {
    /// What that makes of a delta of such an object.
    fn below(self) -> Self {
        match self {
            Self::Damaged(_) => Self::Damaged(Damage::Base),
            state => state,
        }
    }
}

/// All objects of a pack in the order of their offsets.
pub struct Forest {
    nodes: Vec<Node>,
    // what is asked for of many objects in no order lies apart: a list of nodes is larger than any cache
    states: Vec<State>,
    /// Inflated bytes of each object's stream and of all that hang on it, in KiB: what a walk from there costs.
    weights: Vec<u32>,
    /// The deltas of each object, side by side, in the order of the objects.
    children: Vec<NodeIx>,
    /// Where those of each object begin, and after the last one where they end.
    starts: Vec<u32>,
    roots: Vec<NodeIx>,
    end: u64,
}

/// Longest header of an entry: ten bytes of size and an id of 32 bytes. A little more than that is read.
const HEADER: u64 = 64;

impl Forest {
    /// Reads the header of every entry that `index` names. Uses the threads of the current pool.
    pub fn new(data: &gix_pack::data::File, index: &PackIndex) -> Self {
        let mut order: Vec<(u64, u32)> = (0..index.len())
            .into_par_iter()
            .map(|ix| (index.offset(ix), ix))
            .collect();
        order.par_sort_unstable();
        let places = Places::new(&order);
        let mut nodes = vec![Node::UNREAD; order.len()];
        let mut states = vec![State::Delta; order.len()];
        let blocks = nodes
            .par_chunks_mut(BLOCK)
            .zip(states.par_chunks_mut(BLOCK));
        blocks.enumerate().for_each(|(block, (nodes, states))| {
            let first = block * BLOCK;
            fetch(data, &order[first..first + nodes.len()]);
            for (place, (node, state)) in (first..).zip(nodes.iter_mut().zip(states)) {
                (*node, *state) = Node::read(data, index, &places, place);
            }
        });
        let mut forest = Self {
            weights: nodes
                .iter()
                .map(|node| node.size.div_ceil(1024).max(1))
                .collect(),
            children: Vec::new(),
            starts: vec![0; nodes.len() + 1],
            roots: Vec::new(),
            end: data.pack_end() as u64,
            nodes,
            states,
        };
        forest.link();
        forest
    }

    /// Hangs every delta on its base, and gives each the kind and every base the weight of what hangs on it. In the order of
    /// offsets, for the forest is larger than any cache.
    fn link(&mut self) {
        for (ix, node) in self.nodes.iter().enumerate().rev() {
            if node.base != NONE {
                let base = node.base as usize;
                // that of a base behind its delta is final already; weights only say what goes first
                self.weights[base] = self.weights[base].saturating_add(self.weights[ix]);
                self.starts[base] += 1;
            }
        }
        let mut end = 0;
        for start in &mut self.starts {
            end += *start;
            *start = end;
        }
        self.children = vec![NONE; end as usize];
        for (ix, node) in (0..self.len()).zip(&self.nodes).rev() {
            if node.base != NONE {
                let start = &mut self.starts[node.base as usize];
                *start -= 1;
                self.children[*start as usize] = ix;
            }
        }
        let mut left = false;
        for (ix, node) in (0..).zip(&self.nodes) {
            if self.states[ix as usize] != State::Delta {
                self.roots.push(ix);
                continue;
            }
            let above = self.states[node.base as usize].below();
            self.states[ix as usize] = above;
            left |= above == State::Delta;
        }
        if left {
            self.settle();
        }
    }

    /// Gives those a kind whose base comes behind them in the pack, which only a base that is named by its id can.
    fn settle(&mut self) {
        let mut open: Vec<NodeIx> = (0..self.len())
            .filter(|ix| self.states[*ix as usize] != State::Delta)
            .collect();
        while let Some(ix) = open.pop() {
            let below = self.states[ix as usize].below();
            let range = self.starts[ix as usize] as usize..self.starts[ix as usize + 1] as usize;
            for &child in &self.children[range] {
                let state = &mut self.states[child as usize];
                if *state == State::Delta {
                    *state = below;
                    open.push(child);
                }
            }
        }
        // what no root leads to hangs on itself
        for state in &mut self.states {
            if *state == State::Delta {
                *state = State::Damaged(Damage::NoBase);
            }
        }
    }

    /// How many objects there are.
    pub fn len(&self) -> u32 {
        small(self.nodes.len())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// An object.
    pub fn node(&self, ix: NodeIx) -> &Node {
        &self.nodes[ix as usize]
    }

    /// The kind of an object; that of an unreadable delta is not known.
    pub fn kind(&self, ix: NodeIx) -> Result<Kind, Damage> {
        match self.states[ix as usize] {
            State::Known(kind) => Ok(kind),
            State::Damaged(damage) => Err(damage),
            State::Delta => Err(Damage::NoBase),
        }
    }

    /// Objects that are stored whole, those that can't be read among them.
    pub fn roots(&self) -> &[NodeIx] {
        &self.roots
    }

    /// The objects that are stored as deltas of `ix`.
    pub fn children(&self, ix: NodeIx) -> &[NodeIx] {
        let range = self.starts[ix as usize] as usize..self.starts[ix as usize + 1] as usize;
        &self.children[range]
    }

    /// The object that `ix` is stored as a delta of.
    pub fn base(&self, ix: NodeIx) -> Option<NodeIx> {
        Some(self.nodes[ix as usize].base).filter(|base| *base != NONE)
    }

    /// The object whose entry begins at `offset`.
    pub fn at(&self, offset: u64) -> Option<NodeIx> {
        let found = self.nodes.binary_search_by_key(&offset, |node| node.offset);
        found.ok().map(small)
    }

    /// The objects in the order of the index.
    pub fn by_index(&self) -> Vec<NodeIx> {
        let mut order = vec![NONE; self.nodes.len()];
        for (ix, node) in (0..).zip(&self.nodes) {
            order[node.index as usize] = ix;
        }
        order
    }

    /// What it costs to walk an object and all that hang on it, in KiB.
    pub fn weight(&self, ix: NodeIx) -> u32 {
        self.weights[ix as usize]
    }

    /// Where the entry of an object lies in the pack.
    pub fn entry(&self, ix: NodeIx) -> Range<u64> {
        let start = self.nodes[ix as usize].offset;
        let next = self.nodes.get(ix as usize + 1);
        start..next.map_or(self.end, |next| next.offset.min(self.end))
    }
}

impl Node {
    const UNREAD: Self = Self {
        offset: 0,
        index: 0,
        crc32: None,
        size: 0,
        header: 0,
        base: NONE,
    };

    /// Length of the entry's header. Bytes.
    pub fn header(&self) -> usize {
        usize::from(self.header)
    }

    /// What the header of the entry at `place` says.
    fn read(
        data: &gix_pack::data::File,
        index: &PackIndex,
        places: &Places<'_>,
        place: usize,
    ) -> (Self, State) {
        let (offset, ix) = places.order[place];
        let mut node = Self {
            offset,
            index: ix,
            crc32: index.crc32(ix),
            ..Self::UNREAD
        };
        let end = data.pack_end() as u64;
        let twice = place > 0 && places.order[place - 1].0 == offset;
        if offset >= end || twice {
            return (node, State::Damaged(Damage::Header));
        }
        let entry = data
            .entry_slice(offset..end.min(offset + HEADER))
            .and_then(|bytes| {
                gix_pack::data::Entry::from_bytes(bytes, offset, data.object_hash()).ok()
            });
        let Some(entry) = entry else {
            return (node, State::Damaged(Damage::Header));
        };
        if entry.decompressed_size > LARGEST {
            return (node, State::Damaged(Damage::TooLarge));
        }
        node.size = u32::try_from(entry.decompressed_size).expect("LARGEST fits");
        node.header = u8::try_from(entry.header_size()).expect("HEADER bytes were read");
        let base = match entry.header {
            Header::Blob => Err(Kind::Blob),
            Header::Tree => Err(Kind::Tree),
            Header::Commit => Err(Kind::Commit),
            Header::Tag => Err(Kind::Tag),
            Header::OfsDelta { base_distance } => Ok(offset
                .checked_sub(base_distance)
                .filter(|base| *base < offset)
                .and_then(|base| places.of(base))),
            Header::RefDelta { base_id } => Ok(index
                .position(&base_id)
                .map(|ix| index.offset(ix))
                .and_then(|base| places.of(base))),
        };
        let state = match base {
            Err(kind) => State::Known(kind),
            Ok(Some(base)) => {
                node.base = small(base);
                State::Delta
            }
            Ok(None) => State::Damaged(Damage::NoBase),
        };
        (node, state)
    }
}

/// Entries whose headers are read together.
const BLOCK: usize = 512;

/// Touches the first byte of each entry. Headers lie far apart, so that reading one waits for memory; loads that do not depend
/// on each other wait together, which makes reading headers twice as fast.
fn fetch(data: &gix_pack::data::File, entries: &[(u64, u32)]) {
    let first = |&(offset, _): &(u64, u32)| {
        data.entry_slice(offset..offset.checked_add(1)?)?
            .first()
            .copied()
    };
    std::hint::black_box(
        entries
            .iter()
            .filter_map(first)
            .fold(0, |sum, byte| sum ^ byte),
    );
}

/// Finds places by their offsets. A search by halves waits for memory at each step; here the range of offsets is cut into as many
/// even pieces as there are entries, so that only the few of one piece have to be looked at.
struct Places<'o> {
    order: &'o [(u64, u32)],
    /// The first place that is not before each piece, and after the last one the number of places.
    firsts: Vec<u32>,
    /// Bytes of a piece, as a power of two.
    shift: u32,
}

impl<'o> Places<'o> {
    /// `order` holds the offsets of all entries, sorted, and how many bytes there are at most.
    fn new(order: &'o [(u64, u32)]) -> Self {
        let end = order.last().map_or(0, |(offset, _)| *offset);
        let even = end / (order.len() as u64).max(1);
        let shift = u64::BITS - even.leading_zeros();
        let mut firsts = Vec::with_capacity(order.len() + 2);
        for (place, (offset, _)) in order.iter().enumerate() {
            let piece = usize::try_from(offset >> shift).expect("there are as many as entries");
            while firsts.len() <= piece {
                firsts.push(small(place));
            }
        }
        firsts.push(small(order.len()));
        Self {
            order,
            firsts,
            shift,
        }
    }

    /// The place of the entry at `offset`.
    fn of(&self, offset: u64) -> Option<usize> {
        let piece = usize::try_from(offset >> self.shift).ok()?;
        let (first, end) = (
            *self.firsts.get(piece)?,
            *self.firsts.get(piece.checked_add(1)?)?,
        );
        let near = &self.order[first as usize..end as usize];
        let found = near.binary_search_by_key(&offset, |(offset, _)| *offset);
        found.ok().map(|place| first as usize + place)
    }
}

fn small(ix: usize) -> NodeIx {
    NodeIx::try_from(ix).expect("an index counts its objects in 32 bits")
}
