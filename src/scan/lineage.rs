//! Versions of a text: where the anchors of a new version stand, given those of the one it was made from.
//!
//! Bytes that were copied are not searched again. What is searched is what was inserted, and what may have come together where two
//! pieces meet. Knows nothing of git, and nothing of what an anchor means.

use super::prefilter::{Hit, Prefilter};

/// A stretch of a new version that was copied from the old one. Stretches are given in the order of `at`; what lies between
/// them is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Where it begins in the old version.
    pub from: u32,
    /// Where it begins in the new one.
    pub at: u32,
    /// Bytes; more than 0.
    pub len: u32,
}

/// Most bytes of a new stretch, with its neighbours, that are looked at two by two before they are searched.
const FEW: usize = 16;

/// Scratch memory for [`Lineage::inherit`].
#[derive(Default)]
pub struct Lineage {
    /// Stretches of the new version that have to be searched: where they begin there, and in `gathered`.
    dirty: Vec<Dirty>,
    /// Their bytes, one after the other, with a byte between them that no literal holds.
    gathered: Vec<u8>,
    found: Vec<Hit>,
}

#[derive(Clone, Copy)]
struct Dirty {
    start: u32,
    end: u32,
    gathered: u32,
}

impl Lineage {
    /// Appends to `hits` all hits in `text`, which was made from an old version with the hits `old` by `copied`. Gives up soon after there
    /// are more than `most`, and says whether it did not.
    pub fn inherit(
        &mut self,
        prefilter: &Prefilter,
        old: &[Hit],
        copied: &[Copied],
        text: &[u8],
        (most, hits): (usize, &mut Vec<Hit>),
    ) -> bool {
        self.mark(prefilter, copied, text);
        if !self.search(prefilter, text, most) {
            return false;
        }
        let mut found = self.found.iter().copied().peekable();
        let mut next = 0;
        for copy in runs(copied) {
            if old.is_empty() {
                break;
            }
            // stretches mostly come in the order of the old version, so the last place is a good start
            let end = copy.from + copy.len;
            while next > 0 && old[next - 1].at >= copy.from {
                next -= 1;
            }
            while next < old.len() && old[next].at < copy.from {
                next += 1;
            }
            // a stretch may be copied any number of times
            if hits.len() > most {
                return false;
            }
            while let Some(hit) = old.get(next).filter(|hit| hit.at < end) {
                next += 1;
                // one that reaches beyond the stretch was searched for
                if hit.at + prefilter.len_of(hit.literal) > end {
                    continue;
                }
                let hit = Hit {
                    at: hit.at - copy.from + copy.at,
                    ..*hit
                };
                while let Some(before) = found.next_if(|found| *found < hit) {
                    hits.push(before);
                }
                found.next_if_eq(&hit);
                hits.push(hit);
            }
        }
        hits.extend(found);
        hits.len() <= most
    }

    /// Appends to `fresh`, for each of `hits` in a text of `len.1` bytes that was made by `copied` from one of `len.0` bytes, whether any
    /// byte within `reach` of it may differ from what stood there in the old version.
    pub fn fresh(
        copied: &[Copied],
        len: (usize, usize),
        hits: &[Hit],
        reach: impl Fn(Hit) -> u32,
        fresh: &mut Vec<bool>,
    ) {
        let small = |len: usize| u32::try_from(len).expect("texts are far below 4 GiB");
        let (old_len, new_len) = (small(len.0), small(len.1));
        let mut copied = runs(copied);
        let mut run = Copied {
            from: 0,
            at: 0,
            len: 0,
        };
        for &hit in hits {
            while run.at + run.len <= hit.at
                && let Some(next) = copied.next()
            {
                run = next;
            }
            let reach = reach(hit);
            let end = run.at + run.len;
            let before = match hit.at.checked_sub(reach) {
                Some(first) => run.at <= first,
                None => run.at == 0 && run.from == 0,
            };
            let after = hit.at.saturating_add(reach);
            let behind = if after <= new_len {
                after <= end
            } else {
                end == new_len && run.from + run.len == old_len
            };
            fresh.push(!(run.at <= hit.at && before && behind));
        }
    }

    /// Notes what is new, and as much on either side as a literal may reach over. Where no literal holds the two bytes that meet,
    /// none reaches over.
    fn mark(&mut self, prefilter: &Prefilter, copied: &[Copied], text: &[u8]) {
        let margin = prefilter.longest().saturating_sub(1);
        let len = u32::try_from(text.len()).expect("texts are far below 4 GiB");
        self.dirty.clear();
        self.gathered.clear();
        let last = Copied {
            from: u32::MAX,
            at: len,
            len: 0,
        };
        let mut new = 0;
        for copy in copied.iter().chain(std::iter::once(&last)) {
            let (start, end) = (new, copy.at);
            new = copy.at + copy.len;
            // the bytes that are new with one on either side; where two copied stretches meet, those two alone
            let around =
                &text[start.saturating_sub(1) as usize..(end as usize + 1).min(text.len())];
            if around.len() <= FEW && !prefilter.may_hold(around) {
                continue;
            }
            let meets = |at: u32| {
                let pair = (at as usize)
                    .checked_sub(1)
                    .and_then(|before| text.get(before..before + 2));
                pair.is_some_and(|pair| prefilter.may_hold(pair))
            };
            let low = if meets(start) {
                start.saturating_sub(margin)
            } else {
                start
            };
            let high = if meets(end) {
                (end + margin).min(len)
            } else {
                end
            };
            if low < high {
                self.add(low, high, text);
            }
        }
    }

    fn add(&mut self, start: u32, end: u32, text: &[u8]) {
        let mut start = start;
        match self.dirty.last_mut() {
            Some(last) if start <= last.end => {
                start = last.end;
                last.end = end.max(last.end);
            }
            _ => {
                self.gathered.push(Prefilter::SEPARATOR);
                self.dirty.push(Dirty {
                    start,
                    end,
                    gathered: u32::try_from(self.gathered.len())
                        .expect("at most a few times the text"),
                });
            }
        }
        if start < end {
            self.gathered
                .extend_from_slice(&text[start as usize..end as usize]);
        }
    }

    /// Searches what was marked, in one pass, which ends soon after `most` hits. Whether it came to the end.
    fn search(&mut self, prefilter: &Prefilter, text: &[u8], most: usize) -> bool {
        self.found.clear();
        if let [only] = self.dirty.as_slice()
            && (only.end - only.start) as usize == text.len()
        {
            return prefilter.find_up_to(most, text, &mut self.found);
        }
        if !prefilter.find_up_to(most, &self.gathered, &mut self.found) {
            return false;
        }
        let mut dirty = self.dirty.iter().peekable();
        let mut current = dirty.next();
        for hit in &mut self.found {
            while let Some(next) = dirty.next_if(|next| next.gathered <= hit.at) {
                current = Some(next);
            }
            let stretch = current.expect("hits stand in stretches");
            hit.at = hit.at - stretch.gathered + stretch.start;
        }
        true
    }
}

/// The stretches in `copied`, those that go on where the one before ended taken as one: what lies across such a joint was in the
/// old version too. Git cuts what it copies every 64 KiB.
fn runs(copied: &[Copied]) -> impl Iterator<Item = Copied> {
    let mut copied = copied.iter().copied().peekable();
    std::iter::from_fn(move || {
        let mut run = copied.next()?;
        while let Some(more) =
            copied.next_if(|more| more.at == run.at + run.len && more.from == run.from + run.len)
        {
            run.len += more.len;
        }
        Some(run)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn inherited_hits_are_those_of_a_search(
            base in "[ab.]{0,60}",
            pieces in prop::collection::vec((0..60_usize, 0..20_usize, 0..20_usize, "[ab.]{0,6}"), 0..8),
        ) {
            let literals: Vec<Vec<u8>> = ["ab", "a.b", "bbab", "aaaa."].map(|s| s.as_bytes().to_vec()).into();
            let prefilter = Prefilter::new(&literals);
            let (mut text, mut copied) = (Vec::new(), Vec::new());
            for (from, len, cut, insert) in &pieces {
                let from = (*from).min(base.len());
                let len = (*len).min(base.len() - from);
                // one stretch may be copied in two goes
                let cut = (*cut).min(len);
                for (from, at, len) in [(from, text.len(), cut), (from + cut, text.len() + cut, len - cut)] {
                    if len > 0 {
                        let small = |number: usize| u32::try_from(number).unwrap();
                        copied.push(Copied { from: small(from), at: small(at), len: small(len) });
                    }
                }
                text.extend_from_slice(&base.as_bytes()[from..from + len]);
                text.extend_from_slice(insert.as_bytes());
            }
            let (mut old, mut hits, mut expected) = (Vec::new(), Vec::new(), Vec::new());
            prefilter.find(base.as_bytes(), &mut old);
            let all = (usize::MAX, &mut hits);
            prop_assert!(Lineage::default().inherit(&prefilter, &old, &copied, &text, all));
            prefilter.find(&text, &mut expected);
            prop_assert_eq!(&hits, &expected);
            // fewer are allowed than there are, or not
            let mut some = Vec::new();
            let complete = Lineage::default().inherit(&prefilter, &old, &copied, &text, (3, &mut some));
            prop_assert_eq!(complete, hits.len() <= 3);
        }
    }
}
