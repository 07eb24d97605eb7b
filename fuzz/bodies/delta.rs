//! Reads arbitrary bytes as a delta of a base and applies it: nothing panics, and what comes out is what an interpreter that knows
//! nothing of limits and buffers makes of it.

use waxseal::git::pack::delta::{apply, read};

/// The object that `delta` makes of `base`; none if it is not in order.
pub fn naive(delta: &[u8], base: &[u8]) -> Option<Vec<u8>> {
    let mut rest = delta.iter().copied();
    let mut sizes = [0_u128; 2];
    for size in &mut sizes {
        for place in 0.. {
            let byte = rest.next()?;
            // no size has ten digits
            *size |= u128::from(byte & 0x7f) << (7 * place.min(9));
            if place == 9 {
                return None;
            }
            if byte < 0x80 {
                break;
            }
        }
    }
    let made = instructions(rest, base)?;
    (sizes == [base.len() as u128, made.len() as u128]).then_some(made)
}

/// What the instructions behind the sizes make of `base`.
pub fn instructions(mut rest: impl Iterator<Item = u8>, base: &[u8]) -> Option<Vec<u8>> {
    let mut made = Vec::new();
    while let Some(code) = rest.next() {
        if code >= 0x80 {
            let mut numbers = [0; 7];
            for (bit, number) in numbers.iter_mut().enumerate() {
                if code >> bit & 1 == 1 {
                    *number = usize::from(rest.next()?);
                }
            }
            let value =
                |bytes: &[usize]| bytes.iter().rev().fold(0, |value, byte| value << 8 | byte);
            let (from, len) = (value(&numbers[..4]), value(&numbers[4..]));
            let len = if len == 0 { 0x1_0000 } else { len };
            made.extend(base.get(from..from + len)?);
        } else {
            for _ in 0..(code > 0).then_some(code)? {
                made.push(rest.next()?);
            }
        }
    }
    Some(made)
}

/// One input: a length, a base of so many bytes, a delta.
pub fn run(input: &[u8]) {
    let Some((&len, rest)) = input.split_first() else {
        return;
    };
    let (base, delta) = rest.split_at(rest.len().min(usize::from(len)));
    let (mut ops, mut made) = (Vec::new(), vec![7; 3]);
    let result = read(delta, base.len(), &mut ops).map(|size| {
        apply(&ops, delta, base, size, &mut made);
        made[..size].to_vec()
    });
    assert_eq!(result.ok(), naive(delta, base));
    let mut end = 0;
    for op in &ops {
        assert!(op.at == end && op.len > 0);
        end = op.end();
    }
}
