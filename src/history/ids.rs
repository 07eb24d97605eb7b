//! From the id of an object to its number: a sorted list that is made once and then asked millions of times.
//!
//! The indexes of packs can be searched as well; that takes five times as long, because each step waits for memory. Here the ids are cut
//! into as many even pieces as there are objects, so that only the few of one piece have to be looked at. Ids that are crafted to lie
//! in one piece make the search one by halves, and no slower.

use rayon::prelude::*;

use super::objects::ObjectIx;

/// Bytes of an id that tell objects apart: nobody can make two that share so many.
const TELLING: usize = 16;

/// One object.
#[derive(Clone, Copy)]
struct Slot {
    key: [u8; TELLING],
    ix: ObjectIx,
}

/// The list.
pub struct Ids {
    /// Sorted by their keys, none twice.
    slots: Vec<Slot>,
    /// The first slot that is not before each piece, and after the last one the number of slots.
    firsts: Vec<u32>,
    /// How far the first eight bytes of a key are shifted to give its piece. Bits.
    shift: u32,
}

impl Ids {
    /// A list of `ids`, each with its number; where an id comes twice, the one that comes first stays. Ids that come sorted are put in
    /// order faster.
    pub fn new<'i>(ids: impl IndexedParallelIterator<Item = (&'i [u8], ObjectIx)>) -> Self {
        let mut slots: Vec<Slot> = Vec::with_capacity(ids.len());
        ids.map(|(id, ix)| Slot { key: key(id), ix })
            .collect_into_vec(&mut slots);
        if !slots.is_sorted_by_key(|slot| slot.key) {
            slots.par_sort_by_key(|slot| slot.key);
        }
        slots.dedup_by_key(|slot| slot.key);
        let bits = usize::BITS - slots.len().leading_zeros();
        let shift = u64::BITS - bits.max(1);
        let mut firsts = Vec::with_capacity((1 << bits) + 2);
        for (at, slot) in (0..).zip(&slots) {
            let piece = piece(slot.key, shift);
            while firsts.len() <= piece {
                firsts.push(at);
            }
        }
        let end = u32::try_from(slots.len()).expect("objects are numbered in 32 bits");
        firsts.resize((1 << bits.max(1)) + 1, end);
        Self {
            slots,
            firsts,
            shift,
        }
    }

    /// The number of the object called `id`.
    pub fn find(&self, id: &[u8]) -> Option<ObjectIx> {
        let key = key(id);
        let piece = piece(key, self.shift);
        let range = self.firsts[piece] as usize..self.firsts[piece + 1] as usize;
        let near = &self.slots[range];
        let found = near.binary_search_by_key(&key, |slot| slot.key).ok()?;
        Some(near[found].ix)
    }

    /// Touches the places where `ids` are to be looked for. The list is larger than any cache; loads that do not depend on each
    /// other wait for memory together.
    pub fn fetch<'i>(&self, ids: impl Iterator<Item = &'i [u8]>) {
        let touched = ids.map(|id| {
            let first = self.firsts[piece(key(id), self.shift)] as usize;
            self.slots.get(first).map_or(0, |slot| slot.key[0])
        });
        std::hint::black_box(touched.fold(0, |all, byte| all ^ byte));
    }
}

/// The piece that a key lies in.
fn piece(key: [u8; TELLING], shift: u32) -> usize {
    let first = key.first_chunk().expect("it has sixteen bytes");
    usize::try_from(u64::from_be_bytes(*first) >> shift).expect("there are as many as objects")
}

fn key(id: &[u8]) -> [u8; TELLING] {
    id[..TELLING].try_into().expect("ids have 20 or 32 bytes")
}
