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
    use super::*;

    const BASE: &[u8] = b"the quick brown fox";

    fn made(delta: &[u8]) -> Result<Vec<u8>, Damage> {
        let (mut ops, mut out) = (Vec::new(), Vec::new());
        let size = read(delta, BASE.len(), &mut ops)?;
        apply(&ops, delta, BASE, size, &mut out);
        out.truncate(size);
        Ok(out)
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
