//! From the id of an object to its number: a hash table that is filled once and then asked millions of times.
//!
//! The indexes of packs can be searched as well; that takes five times as long, because each step waits for memory.

use std::hash::BuildHasher as _;

use foldhash::fast::RandomState;
use rayon::prelude::*;

use super::objects::ObjectIx;

/// Bytes of an id that tell objects apart: nobody can make two that share so many.
const TELLING: usize = 16;

/// One place of the table.
#[derive(Clone, Copy)]
struct Slot {
    key: [u8; TELLING],
    /// Number of the object; [`FREE`] for none.
    ix: ObjectIx,
}

const FREE: ObjectIx = ObjectIx::MAX;

/// The table. Open addressing within each of its parts, which are filled side by side.
pub struct Ids {
    slots: Vec<Slot>,
    /// Slots of a part: a power of two.
    part: usize,
    /// Keyed anew for each run: ids may be crafted to share places.
    hasher: RandomState,
}

/// Parts of the table.
const PARTS: usize = 4;

impl Ids {
    /// A table of `ids`, each with its number; the first number of an id stays.
    pub fn new<'i>(ids: impl IndexedParallelIterator<Item = (&'i [u8], ObjectIx)>) -> Self {
        let hasher = RandomState::default();
        let mut list: Vec<(usize, Slot)> = Vec::with_capacity(ids.len());
        ids.map(|(id, ix)| {
            let key = key(id);
            (hash(&hasher, key), Slot { key, ix })
        })
        .collect_into_vec(&mut list);
        let mut counts = [0_usize; PARTS];
        for (hash, _) in &list {
            counts[hash % PARTS] += 1;
        }
        let most = counts.iter().max().copied().unwrap_or(0);
        let part = (most * 5 / 4 + 1).next_power_of_two();
        let free = Slot {
            key: [0; TELLING],
            ix: FREE,
        };
        let mut slots = vec![free; part * PARTS];
        slots
            .par_chunks_mut(part)
            .enumerate()
            .for_each(|(number, slots)| {
                for (hash, slot) in list.iter().filter(|(hash, _)| hash % PARTS == number) {
                    let at = probe_in(slots, *hash, slot.key);
                    if slots[at].ix == FREE {
                        slots[at] = *slot;
                    }
                }
            });
        Self {
            slots,
            part,
            hasher,
        }
    }

    /// The number of the object called `id`.
    pub fn find(&self, id: &[u8]) -> Option<ObjectIx> {
        let key = key(id);
        let hash = hash(&self.hasher, key);
        let first = (hash % PARTS) * self.part;
        let slots = &self.slots[first..first + self.part];
        let slot = slots[probe_in(slots, hash, key)];
        (slot.ix != FREE).then_some(slot.ix)
    }

    /// Touches the places where `ids` are to be looked for. The table is larger than any cache; loads that do not depend on each
    /// other wait for memory together.
    pub fn fetch<'i>(&self, ids: impl Iterator<Item = &'i [u8]>) {
        let touched = ids.map(|id| {
            let hash = hash(&self.hasher, key(id));
            self.slots[(hash % PARTS) * self.part + ((hash / PARTS) & (self.part - 1))].ix
        });
        std::hint::black_box(touched.fold(0, |all, ix| all ^ ix));
    }
}

/// Where in `slots` the object is, or would be. There is always a free place.
fn probe_in(slots: &[Slot], hash: usize, key: [u8; TELLING]) -> usize {
    let mask = slots.len() - 1;
    let mut at = (hash / PARTS) & mask;
    while slots[at].ix != FREE && slots[at].key != key {
        at = (at + 1) & mask;
    }
    at
}

fn key(id: &[u8]) -> [u8; TELLING] {
    id[..TELLING].try_into().expect("ids have 20 or 32 bytes")
}

fn hash(hasher: &RandomState, key: [u8; TELLING]) -> usize {
    let hash = hasher.hash_one(u128::from_ne_bytes(key));
    usize::try_from(hash >> 8).expect("56 bits fit")
}
