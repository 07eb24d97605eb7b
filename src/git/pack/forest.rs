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
    state: State,
    base: NodeIx,
    first_child: NodeIx,
    next_sibling: NodeIx,
    /// Inflated bytes of this object's stream and of all that hang on it, in KiB: what a walk from here costs.
    weight: u32,
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
        let mut nodes = Vec::with_capacity(order.len());
        let places: Vec<usize> = (0..order.len()).step_by(BLOCK).collect();
        nodes.par_extend(places.into_par_iter().flat_map_iter(|first| {
            let block = first..order.len().min(first + BLOCK);
            fetch(data, &order[block.clone()]);
            block.map(|place| Node::read(data, index, &order, place))
        }));
        let mut forest = Self {
            nodes,
            roots: Vec::new(),
            end: data.pack_end() as u64,
        };
        forest.link();
        forest
    }

    /// Hangs every delta on its base, and gives each the kind and every base the weight of what hangs on it. In the order of
    /// offsets, for the forest is larger than any cache.
    fn link(&mut self) {
        let count = small(self.nodes.len());
        for ix in (0..count).rev() {
            let Node { weight, base, .. } = self.nodes[ix as usize];
            if base == NONE {
                continue;
            }
            let above = &mut self.nodes[base as usize];
            // that of a base behind its delta is final already; weights only say what goes first
            above.weight = above.weight.saturating_add(weight);
            let sibling = std::mem::replace(&mut above.first_child, ix);
            self.nodes[ix as usize].next_sibling = sibling;
        }
        let mut left = false;
        for ix in 0..count {
            let Node { state, base, .. } = self.nodes[ix as usize];
            if state != State::Delta {
                self.roots.push(ix);
                continue;
            }
            let above = self.nodes[base as usize].state.below();
            self.nodes[ix as usize].state = above;
            left |= above == State::Delta;
        }
        if left {
            self.settle();
        }
    }

    /// Gives those a kind whose base comes behind them in the pack, which only a base that is named by its id can.
    fn settle(&mut self) {
        let is_settled = |node: &Node| node.state != State::Delta;
        let mut open: Vec<NodeIx> = (0..small(self.nodes.len()))
            .filter(|ix| is_settled(&self.nodes[*ix as usize]))
            .collect();
        while let Some(ix) = open.pop() {
            let below = self.nodes[ix as usize].state.below();
            let mut child = self.nodes[ix as usize].first_child;
            while child != NONE {
                let node = &mut self.nodes[child as usize];
                if !is_settled(node) {
                    node.state = below;
                    open.push(child);
                }
                child = node.next_sibling;
            }
        }
        // what no root leads to hangs on itself
        for node in self
            .nodes
            .iter_mut()
            .filter(|node| node.state == State::Delta)
        {
            node.state = State::Damaged(Damage::NoBase);
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
        match self.nodes[ix as usize].state {
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
    pub fn children(&self, ix: NodeIx) -> impl Iterator<Item = NodeIx> + '_ {
        let mut next = self.nodes[ix as usize].first_child;
        std::iter::from_fn(move || {
            let child = (next != NONE).then_some(next)?;
            next = self.nodes[child as usize].next_sibling;
            Some(child)
        })
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

    /// What it costs to walk an object and all that hang on it, in KiB.
    pub fn weight(&self, ix: NodeIx) -> u32 {
        self.nodes[ix as usize].weight
    }

    /// Where the entry of an object lies in the pack.
    pub fn entry(&self, ix: NodeIx) -> Range<u64> {
        let start = self.nodes[ix as usize].offset;
        let next = self.nodes.get(ix as usize + 1);
        start..next.map_or(self.end, |next| next.offset.min(self.end))
    }
}

impl Node {
    /// Length of the entry's header. Bytes.
    pub fn header(&self) -> usize {
        usize::from(self.header)
    }

    /// What the header of the entry at `place` in `order`, the sorted offsets of all entries, says.
    fn read(
        data: &gix_pack::data::File,
        index: &PackIndex,
        order: &[(u64, u32)],
        place: usize,
    ) -> Self {
        let (offset, ix) = order[place];
        let mut node = Self {
            offset,
            index: ix,
            crc32: index.crc32(ix),
            size: 0,
            header: 0,
            state: State::Damaged(Damage::Header),
            base: NONE,
            first_child: NONE,
            next_sibling: NONE,
            weight: 1,
        };
        let end = data.pack_end() as u64;
        let twice = place > 0 && order[place - 1].0 == offset;
        if offset >= end || twice {
            return node;
        }
        let entry = data
            .entry_slice(offset..end.min(offset + HEADER))
            .and_then(|bytes| {
                gix_pack::data::Entry::from_bytes(bytes, offset, data.object_hash()).ok()
            });
        let Some(entry) = entry else {
            return node;
        };
        if entry.decompressed_size > LARGEST {
            node.state = State::Damaged(Damage::TooLarge);
            return node;
        }
        node.size = u32::try_from(entry.decompressed_size).expect("LARGEST fits");
        node.weight = node.size.div_ceil(1024).max(1);
        node.header = u8::try_from(entry.header_size()).expect("HEADER bytes were read");
        let position = |offset: u64| {
            order
                .binary_search_by_key(&offset, |(offset, _)| *offset)
                .ok()
        };
        let base = match entry.header {
            Header::Blob => Err(Kind::Blob),
            Header::Tree => Err(Kind::Tree),
            Header::Commit => Err(Kind::Commit),
            Header::Tag => Err(Kind::Tag),
            Header::OfsDelta { base_distance } => Ok(offset
                .checked_sub(base_distance)
                .filter(|base| *base < offset)
                .and_then(|base| place_of(base, order, place))),
            Header::RefDelta { base_id } => Ok(index
                .position(&base_id)
                .map(|ix| index.offset(ix))
                .and_then(position)),
        };
        match base {
            Err(kind) => node.state = State::Known(kind),
            Ok(Some(base)) => {
                node.state = State::Delta;
                node.base = small(base);
            }
            Ok(None) => node.state = State::Damaged(Damage::NoBase),
        }
        node
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

/// The place of `offset` in `order`, searched for backwards from `before`: a base mostly lies close ahead of what is made of it.
fn place_of(offset: u64, order: &[(u64, u32)], before: usize) -> Option<usize> {
    let mut high = before;
    let mut step = 1;
    let mut low = before.saturating_sub(step);
    while low > 0 && order[low].0 > offset {
        high = low;
        step *= 4;
        low = low.saturating_sub(step);
    }
    let found = order[low..high].binary_search_by_key(&offset, |(offset, _)| *offset);
    found.ok().map(|place| low + place)
}

fn small(ix: usize) -> NodeIx {
    NodeIx::try_from(ix).expect("an index counts its objects in 32 bits")
}
