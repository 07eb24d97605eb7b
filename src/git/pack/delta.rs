//! Delta instructions: an object as copies from another one and bytes of its own.
//!
//! All numbers in a delta come from a file that may be crafted: every one is checked, and nothing is allocated for a size
//! that the instructions do not add up to.

use super::{Damage, LARGEST};

/// One instruction of a delta, with the place of its bytes in the object that it makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Op {
    /// Where in the base the bytes begin, for a copy; where in the delta itself, for an insertion.
    pub from: u32,
    /// Where in the new object they begin. Operations tile it in order.
    pub at: u32,
    /// How many bytes; never 0.
    pub len: u32,
    /// Whether they are copied from the base.
    pub copy: bool,
}

impl Op {
    /// Offset in the new object one past the last byte.
    pub fn end(&self) -> u32 {
        self.at + self.len
    }
}

/// Most instructions that a delta may have: crafted ones of two bytes each would take eight times the memory of the delta
/// itself. Git copies at least 16 bytes at a time, so that a real delta of so many makes an object of some 256 MiB.
pub const MOST_OPS: usize = 1 << 24;

/// Reads the instructions of `delta` for a base of `base` bytes into `ops`. Gives the size of the object that they make.
pub fn read(delta: &[u8], base: usize, ops: &mut Vec<Op>) -> Result<usize, Damage> {
    ops.clear();
    let mut at = 0;
    if size(delta, &mut at)? != base as u64 {
        return Err(Damage::Delta);
    }
    let claimed = size(delta, &mut at)?;
    if claimed > LARGEST {
        return Err(Damage::TooLarge);
    }
    let mut made: u64 = 0;
    while let Some(&code) = delta.get(at) {
        at += 1;
        let (from, len, copy) = if code & 0x80 != 0 {
            let (from, len) = copy(code, delta, &mut at)?;
            if from + len > base as u64 {
                return Err(Damage::Delta);
            }
            (from, len, true)
        } else {
            let (from, len) = (at as u64, u64::from(code));
            at += usize::from(code);
            // zero is reserved
            if len == 0 || at > delta.len() {
                return Err(Damage::Delta);
            }
            (from, len, false)
        };
        if made + len > claimed {
            return Err(Damage::Delta);
        }
        if ops.len() == MOST_OPS {
            return Err(Damage::TooLarge);
        }
        ops.push(Op {
            from: small(from),
            at: small(made),
            len: small(len),
            copy,
        });
        made += len;
    }
    if made != claimed {
        return Err(Damage::Delta);
    }
    Ok(small(claimed) as usize)
}

/// Writes the object that `ops` of `delta` make of `base` into the front of `out`, which grows as needed.
pub fn apply(ops: &[Op], delta: &[u8], base: &[u8], size: usize, out: &mut Vec<u8>) {
    if out.len() < size {
        out.resize(size, 0);
    }
    for op in ops {
        let source = if op.copy { base } else { delta };
        let from = op.from as usize..(op.from + op.len) as usize;
        out[op.at as usize..op.end() as usize].copy_from_slice(&source[from]);
    }
}

/// Whether each copy begins behind the end of the one before it, in the base as in the new object. Then the one can be made into the
/// other where it stands.
pub fn is_ordered(ops: &[Op]) -> bool {
    let mut end = 0;
    ops.iter().filter(|op| op.copy).all(|op| {
        let is_behind = op.from >= end;
        end = op.from + op.len;
        is_behind
    })
}

/// Whether all that is copied stays where it is.
pub fn is_in_place(ops: &[Op]) -> bool {
    ops.iter().all(|op| !op.copy || op.from == op.at)
}

/// Makes the object in `buffer` into the one of `size` bytes that ordered `ops` of `delta` make of it: only what moves and what is new is
/// written. The buffer grows as needed.
pub fn apply_in_place(ops: &[Op], delta: &[u8], size: usize, buffer: &mut Vec<u8>) {
    if buffer.len() < size {
        buffer.resize(size, 0);
    }
    let mut shift = |op: &Op| {
        let from = op.from as usize..(op.from + op.len) as usize;
        buffer.copy_within(from, op.at as usize);
    };
    // What moves towards the front goes first, the first one first, what moves towards the end after it, the last one first: none is
    // written over before it was moved.
    let copies = || ops.iter().filter(|op| op.copy);
    copies().filter(|op| op.at < op.from).for_each(&mut shift);
    let to_end = copies().rev().filter(|op| op.at > op.from);
    to_end.for_each(&mut shift);
    for op in ops.iter().filter(|op| !op.copy) {
        let from = op.from as usize..(op.from + op.len) as usize;
        buffer[op.at as usize..op.end() as usize].copy_from_slice(&delta[from]);
    }
}

/// Keeps in `kept` what inserted `ops` will write over in an object of `base` bytes that is changed in place, for [`restore`].
pub fn save(ops: &[Op], base: &[u8], kept: &mut Vec<u8>) {
    kept.clear();
    for range in overwritten(ops, base.len()) {
        kept.extend_from_slice(&base[range]);
    }
}

/// Puts back into `buffer`, which held an object of `base` bytes, what was kept by [`save`].
pub fn restore(ops: &[Op], base: usize, kept: &[u8], buffer: &mut [u8]) {
    let mut kept = kept;
    for range in overwritten(ops, base) {
        let (these, rest) = kept.split_at(range.len());
        buffer[range].copy_from_slice(these);
        kept = rest;
    }
}

/// Stretches of an object of `base` bytes that insertions write over.
fn overwritten(ops: &[Op], base: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    ops.iter().filter(|op| !op.copy).map(move |op| {
        let start = (op.at as usize).min(base);
        start..(op.end() as usize).min(base)
    })
}

/// Offset and length of a copy whose instruction byte `code` was read.
fn copy(code: u8, delta: &[u8], at: &mut usize) -> Result<(u64, u64), Damage> {
    let mut number = |first: u32, count: u32| {
        let mut value: u64 = 0;
        for bit in 0..count {
            if code & 1 << (first + bit) != 0 {
                let byte = delta.get(*at).ok_or(Damage::Delta)?;
                *at += 1;
                value |= u64::from(*byte) << (8 * bit);
            }
        }
        Ok(value)
    };
    let from = number(0, 4)?;
    let len = number(4, 3)?;
    Ok((from, if len == 0 { 0x1_0000 } else { len }))
}

/// A size: seven bits a byte, the lowest first.
fn size(delta: &[u8], at: &mut usize) -> Result<u64, Damage> {
    let mut value: u64 = 0;
    for shift in (0..63).step_by(7) {
        let byte = *delta.get(*at).ok_or(Damage::Delta)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Damage::Delta)
}

fn small(value: u64) -> u32 {
    u32::try_from(value).expect("sizes are at most LARGEST, which fits")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BASE: &[u8] = b"the quick brown fox";

    fn made(delta: &[u8]) -> Result<Vec<u8>, Damage> {
        let (mut ops, mut out) = (Vec::new(), Vec::new());
        let size = read(delta, BASE.len(), &mut ops)?;
        apply(&ops, delta, BASE, size, &mut out);
        out.truncate(size);
        Ok(out)
    }

    /// A base, and for each piece of a delta what is inserted and then where a copy begins and how long it is.
    type Pieces = Vec<(Vec<u8>, usize, usize)>;

    /// The instructions of `pieces` in a base of `base` bytes, and the delta that holds what they insert.
    fn instructions(base: usize, pieces: &Pieces) -> (Vec<Op>, Vec<u8>, usize) {
        let (mut ops, mut delta, mut at) = (Vec::new(), Vec::new(), 0);
        let mut add = |from: usize, len: usize, copy| {
            if len > 0 {
                let (from, len) = (small(from as u64), small(len as u64));
                ops.push(Op {
                    from,
                    at,
                    len,
                    copy,
                });
                at += len;
            }
        };
        for (insert, from, len) in pieces {
            add(delta.len(), insert.len(), false);
            delta.extend_from_slice(insert);
            let from = from % (base + 1);
            add(from, (*len).min(base - from), true);
        }
        (ops, delta, at as usize)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn in_place_makes_what_a_copy_makes(
            base in prop::collection::vec(any::<u8>(), 0..64),
            pieces in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..6), 0..64_usize, 0..24_usize), 0..6),
            in_order in prop::bool::weighted(0.9),
        ) {
            let mut pieces = pieces;
            if in_order {
                // each copy behind the one before it
                pieces.sort_by_key(|(_, from, _)| from % (base.len() + 1));
                for at in 1..pieces.len() {
                    let next = pieces[at].1 % (base.len() + 1);
                    let before = &mut pieces[at - 1];
                    before.2 = before.2.min(next - before.1 % (base.len() + 1));
                }
            }
            let (ops, delta, size) = instructions(base.len(), &pieces);
            prop_assert!(!in_order || is_ordered(&ops));
            let mut expected = Vec::new();
            apply(&ops, &delta, &base, size, &mut expected);
            if is_ordered(&ops) {
                let mut buffer = base.clone();
                apply_in_place(&ops, &delta, size, &mut buffer);
                prop_assert_eq!(&buffer[..size], &expected[..]);
            }
            // the same with nothing moved, and back again
            let stay: Vec<Op> = ops
                .iter()
                .filter(|op| !op.copy || op.end() as usize <= base.len())
                .map(|op| if op.copy { Op { from: op.at, ..*op } } else { *op })
                .collect();
            prop_assert!(is_in_place(&stay));
            if is_ordered(&stay) {
                let (mut buffer, mut kept) = (base.clone(), Vec::new());
                save(&stay, &base, &mut kept);
                apply_in_place(&stay, &delta, size, &mut buffer);
                restore(&stay, base.len(), &kept, &mut buffer);
                prop_assert_eq!(&buffer[..base.len()], &base[..]);
            }
        }
    }

    #[test]
    fn copies_and_insertions_tile_the_object() {
        let delta = [19, 12, 0x91, 4, 5, 2, b'-', b'-', 0x91, 14, 5];
        assert_eq!(
            made(&delta).unwrap(),
            b"quick--n fox".to_vec()[..12].to_vec()
        );
    }

    #[test]
    fn a_copy_without_a_length_is_of_64_kib() {
        let base = vec![7; 0x1_0000];
        let mut ops = Vec::new();
        let delta = [0x80, 0x80, 0x04, 0x80, 0x80, 0x04, 0x80];
        assert_eq!(read(&delta, base.len(), &mut ops), Ok(0x1_0000));
        assert_eq!(
            ops,
            [Op {
                from: 0,
                at: 0,
                len: 0x1_0000,
                copy: true
            }]
        );
    }

    #[test]
    fn what_does_not_add_up_is_damage() {
        for (what, delta) in [
            ("another base", &[18, 1, 1, b'x'][..]),
            ("a copy from behind the base", &[19, 5, 0x91, 15, 5]),
            ("too little", &[19, 3, 1, b'x']),
            ("too much", &[19, 1, 2, b'x', b'y']),
            ("a cut insertion", &[19, 4, 4, b'x']),
            ("a cut copy", &[19, 4, 0x91, 4]),
            ("the reserved instruction", &[19, 0, 0]),
            ("no size", &[19]),
            ("an endless size", &[0xff; 12]),
        ] {
            assert_eq!(made(delta), Err(Damage::Delta), "{what}");
        }
    }

    #[test]
    fn a_claim_of_gigabytes_is_refused_before_anything_is_allocated() {
        let delta = [19, 0x80, 0x80, 0x80, 0x80, 0x40, 1, b'x'];
        assert_eq!(made(&delta), Err(Damage::TooLarge));
    }
}
