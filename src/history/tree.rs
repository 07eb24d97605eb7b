//! Tree objects: what is new in one that is stored as a delta of another.
//!
//! A tree is a list of entries without an index. Those that were copied whole are known from the other tree; only the rest
//! is parsed. Knows nothing of what an entry is looked at for.

use crate::git::pack::Delta;
use crate::git::pack::delta::Op;
use crate::git::tree::parse;

pub use crate::git::tree::{Entry, Malformed, Target};

/// What stands next in a tree.
pub enum Piece<'t> {
    /// An entry that was parsed, and the offset at which it begins.
    New(u32, Entry<'t>),
    /// Entries that begin in this range of the other tree, moved by this many bytes.
    Copied(std::ops::Range<u32>, i64),
}

/// Offsets at which the entries of a tree begin, and at which the last one ends.
pub type Starts = Vec<u32>;

/// Reads a tree that is stored whole: gives each entry to `take`.
pub fn read<'t>(
    tree: &'t [u8],
    id_len: usize,
    take: impl FnMut(Piece<'t>),
) -> Result<Starts, Malformed> {
    // all of it is new
    let whole = Op {
        from: 0,
        at: 0,
        len: small(tree.len()),
        copy: false,
    };
    let whole = Delta {
        base_len: 0,
        state: &Starts::new(),
        ops: &[whole],
        is_base: true,
    };
    read_delta(tree, id_len, &whole, &[], take)
}

/// Reads a tree that `delta` makes of another one, whose entries begin at `known`. Where nobody is going to ask, none of its starts are
/// given.
pub fn read_delta<'t, S>(
    tree: &'t [u8],
    id_len: usize,
    delta: &Delta<'_, S>,
    known: &[u32],
    mut take: impl FnMut(Piece<'t>),
) -> Result<Starts, Malformed> {
    let ops = delta.ops;
    let mut starts = if delta.is_base {
        Vec::with_capacity(known.len().max(tree.len() / 40) + 8)
    } else {
        Vec::new()
    };
    let mut at = 0;
    let mut ops = ops.iter().peekable();
    while at < tree.len() {
        while ops.next_if(|op| op.end() as usize <= at).is_some() {}
        let op = ops.peek().ok_or(Malformed)?;
        if op.copy {
            let from = op.from + (small(at) - op.at);
            let copied = whole_entries(known, from, op.from + op.len);
            // the last entry may end behind what was copied: where it ends is where the next one begins
            if let [first, .., last] = *copied
                && first == from
            {
                let shift = i64::from(small(at)) - i64::from(from);
                let moved = small(at).wrapping_sub(from);
                let before = &copied[..copied.len() - 1];
                if delta.is_base {
                    starts.extend(before.iter().map(|start| start.wrapping_add(moved)));
                }
                take(Piece::Copied(first..last, shift));
                at += (last - first) as usize;
                continue;
            }
        }
        let (entry, end) = parse(tree, at, id_len).ok_or(Malformed)?;
        if delta.is_base {
            starts.push(small(at));
        }
        take(Piece::New(small(at), entry));
        at = end;
    }
    starts.push(small(at));
    Ok(starts)
}

/// The offsets in `known` from `from` up to `end`.
fn whole_entries(known: &[u32], from: u32, end: u32) -> &[u32] {
    let first = known.partition_point(|start| *start < from);
    let count = known[first..].partition_point(|start| *start <= end);
    &known[first..first + count]
}

fn small(offset: usize) -> u32 {
    u32::try_from(offset).expect("objects are at most LARGEST, which fits")
}
