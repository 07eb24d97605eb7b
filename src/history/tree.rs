//! Tree objects: what is new in one that is stored as a delta of another.
//!
//! A tree is a list of entries without an index. Those that were copied whole are known from the other tree; only the rest
//! is parsed. Knows nothing of what an entry is looked at for.

use std::sync::Arc;

use crate::git::pack::Delta;
use crate::git::pack::delta::{Op, is_in_place};
use crate::git::tree::parse;

pub use crate::git::tree::{Entry, Malformed, Target};

/// What stands next in a tree. Entries are counted from 0.
#[derive(Clone, Copy)]
pub enum Piece<'t> {
    /// An entry that was parsed, and its number.
    New(u32, Entry<'t>),
    /// Entries of the other tree.
    Copied(Run),
}

/// Entries that a tree has of another one, in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Number of the first in the other tree.
    pub from: u32,
    /// Its number in this one.
    pub at: u32,
    /// How many.
    pub count: u32,
}

/// Offsets at which the entries of a tree begin, and at which the last one ends. Trees that differ in ids only share them.
pub type Starts = Arc<Vec<u32>>;

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
        state: &(),
        ops: &[whole],
        is_base: true,
    };
    read_moved(tree, id_len, &whole, &[], take)
}

/// Reads a tree that `delta` makes of another one, whose entries begin at `known`.
pub fn read_delta<'t, S>(
    tree: &'t [u8],
    id_len: usize,
    delta: &Delta<'_, S>,
    known: &Starts,
    mut take: impl FnMut(Piece<'t>),
) -> Result<Starts, Malformed> {
    if !known.is_empty() && delta.base_len == tree.len() && is_in_place(delta.ops) {
        let mut changed = Vec::new();
        if same_entries(tree, id_len, delta.ops, known, &mut changed) {
            let mut next = 0;
            for (at, entry) in changed {
                take_between(next..at, &mut take);
                take(Piece::New(at, entry));
                next = at + 1;
            }
            take_between(next..small(known.len()).saturating_sub(1), &mut take);
            return Ok(Arc::clone(known));
        }
    }
    read_moved(tree, id_len, delta, known, take)
}

/// Hands on entries that have the same numbers in both trees.
fn take_between<'t>(range: std::ops::Range<u32>, take: &mut impl FnMut(Piece<'t>)) {
    if !range.is_empty() {
        take(Piece::Copied(Run {
            from: range.start,
            at: range.start,
            count: range.end - range.start,
        }));
    }
}

/// Whether the entries begin at `known` still, although what `ops` insert is new. Those that hold any of it are put into `changed`.
fn same_entries<'t>(
    tree: &'t [u8],
    id_len: usize,
    ops: &[Op],
    known: &[u32],
    changed: &mut Vec<(u32, Entry<'t>)>,
) -> bool {
    let mut next = 0;
    for op in ops.iter().filter(|op| !op.copy) {
        let first = known.partition_point(|start| *start <= op.at);
        let Some(first) = first.checked_sub(1) else {
            return false;
        };
        next = next.max(first);
        while known.get(next).is_some_and(|start| *start < op.end()) {
            let Some((entry, end)) = parse(tree, known[next] as usize, id_len) else {
                return false;
            };
            if known.get(next + 1) != Some(&small(end)) {
                return false;
            }
            changed.push((small(next), entry));
            next += 1;
        }
    }
    true
}

/// Reads a tree whose entries may have moved. Where nobody is going to ask, it is not told where they begin.
fn read_moved<'t, S>(
    tree: &'t [u8],
    id_len: usize,
    delta: &Delta<'_, S>,
    known: &[u32],
    mut take: impl FnMut(Piece<'t>),
) -> Result<Starts, Malformed> {
    let mut starts = if delta.is_base {
        Vec::with_capacity(known.len().max(tree.len() / 40) + 8)
    } else {
        Vec::new()
    };
    let (mut at, mut count) = (0, 0);
    let mut ops = delta.ops.iter().peekable();
    while at < tree.len() {
        while ops.next_if(|op| op.end() as usize <= at).is_some() {}
        let op = ops.peek().ok_or(Malformed)?;
        if op.copy {
            let from = op.from + (small(at) - op.at);
            let (number, copied) = whole_entries(known, from, op.from + op.len);
            // the last entry may end behind what was copied: where it ends is where the next one begins
            if let [first, .., last] = *copied
                && first == from
            {
                let moved = small(at).wrapping_sub(from);
                let before = &copied[..copied.len() - 1];
                if delta.is_base {
                    starts.extend(before.iter().map(|start| start.wrapping_add(moved)));
                }
                let run = Run {
                    from: number,
                    at: count,
                    count: small(before.len()),
                };
                count += run.count;
                take(Piece::Copied(run));
                at += (last - first) as usize;
                continue;
            }
        }
        let (entry, end) = parse(tree, at, id_len).ok_or(Malformed)?;
        if delta.is_base {
            starts.push(small(at));
        }
        take(Piece::New(count, entry));
        count += 1;
        at = end;
    }
    starts.push(small(at));
    Ok(Arc::new(starts))
}

/// The offsets in `known` from `from` up to `end`, and the number of the first one.
fn whole_entries(known: &[u32], from: u32, end: u32) -> (u32, &[u32]) {
    let first = known.partition_point(|start| *start < from);
    let count = known[first..].partition_point(|start| *start <= end);
    (small(first), &known[first..first + count])
}

fn small(offset: usize) -> u32 {
    u32::try_from(offset).expect("objects are at most LARGEST, which fits")
}
