//! A split index: a small file that says what is different in a large, shared one.

use crate::model::ObjectId;

use super::StagingError;
use super::decode::{Slot, number};

const DAMAGED: StagingError = StagingError::Damaged("it does not fit its shared index");

/// How two files make one index.
pub(super) struct Link {
    /// Checksum and name of the shared one.
    pub(super) shared: ObjectId,
    /// Positions in it of what is gone, sorted.
    deleted: Vec<usize>,
    /// Positions in it of what has changed, sorted.
    replaced: Vec<usize>,
}

impl Link {
    /// Reads the extension in `bytes`; none if it names no shared index.
    pub(super) fn decode(bytes: &[u8], id_len: usize) -> Result<Option<Self>, StagingError> {
        let (shared, mut rest) = bytes.split_at_checked(id_len).ok_or(DAMAGED)?;
        let shared = ObjectId::new(shared);
        if shared.is_null() {
            return Ok(None);
        }
        let mut bitmap = || match rest {
            [] => Ok(Vec::new()),
            _ => positions(&mut rest).ok_or(DAMAGED),
        };
        let deleted = bitmap()?;
        let replaced = bitmap()?;
        Ok(Some(Self {
            shared,
            deleted,
            replaced,
        }))
    }

    /// The entries of both files.
    pub(super) fn join(
        &self,
        bytes: &[u8],
        shared: Vec<Slot>,
        own: Vec<Slot>,
    ) -> Result<Vec<Slot>, StagingError> {
        let mut slots: Vec<Option<Slot>> = shared.into_iter().map(Some).collect();
        let mut own = own.into_iter();
        for &at in &self.replaced {
            let old = slots.get_mut(at).and_then(Option::as_mut).ok_or(DAMAGED)?;
            let new = own.next().filter(Slot::is_nameless).ok_or(DAMAGED)?;
            *old = new.at_path_of(old);
        }
        for &at in &self.deleted {
            *slots.get_mut(at).ok_or(DAMAGED)? = None;
        }
        // those of its own come last, and stay where both have the same path
        let mut slots: Vec<Slot> = slots.into_iter().flatten().chain(own).collect();
        let key = |slot: &Slot| (slot.path(bytes), slot.stage);
        slots.sort_by(|a, b| key(a).cmp(&key(b)));
        slots.dedup_by(|later, earlier| {
            let same = key(later) == key(earlier);
            if same {
                *earlier = *later;
            }
            same
        });
        Ok(slots)
    }
}

/// Most bits that are looked at: as many entries as the largest index has.
const MOST: usize = 1 << 26;

/// The positions of the bits that are set in the compressed bitmap with which `rest` begins.
fn positions(rest: &mut &[u8]) -> Option<Vec<usize>> {
    let (header, body) = rest.split_at_checked(8)?;
    let words = number(header, 4) as usize;
    let (words, body) = body.split_at_checked(words.checked_mul(8)?)?;
    // where the last of the words that count others is, which only a writer needs
    let (_, body) = body.split_at_checked(4)?;
    *rest = body;
    let mut words = words.chunks_exact(8).map(|word| {
        word.iter()
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    });
    let mut set = Vec::new();
    let mut at: usize = 0;
    while let Some(word) = words.next() {
        // one bit, how many words are full of it, and how many words follow that are as they are
        let (bit, run, literal) = (word & 1 == 1, word >> 1 & 0xffff_ffff, word >> 33);
        let end = at.checked_add(usize::try_from(run).ok()?.checked_mul(64)?)?;
        if bit {
            if end > MOST {
                return None;
            }
            set.extend(at..end);
        }
        at = end;
        for _ in 0..literal {
            let word = words.next()?;
            set.extend(
                (0..64)
                    .filter(|bit| word >> bit & 1 == 1)
                    .map(|bit| at.saturating_add(bit)),
            );
            at = at.checked_add(64)?;
        }
    }
    Some(set)
}
