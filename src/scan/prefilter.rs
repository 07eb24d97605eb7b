//! The prefilter: where in a text does any anchor stand?
//!
//! A few Teddy searchers (the SIMD half of Aho-Corasick) over all literals of four bytes and more, and one
//! `memmem` pass for each of the few shorter ones. Knows literals by dense index, nothing of rules. Finding
//! nothing allocates nothing.
//!
//! Why not one `AhoCorasick` automaton: over 119 MB of source (two cores of 2026, one used) its DFA ran at
//! 0.6 GB/s, Teddy with 70 literals of four bytes at 3.0 GB/s, and Teddy with six literals of three bytes
//! among them at 1.0 GB/s, because three bytes of mask let too many candidates through. A `memmem` pass for
//! `SG.` alone runs at 25 GB/s, so short literals are cheaper beside Teddy than in it.

use aho_corasick::packed::{Config, MatchKind, Searcher};
use memchr::memmem::Finder;

/// Index of a literal in the list that the prefilter was built from.
pub type LiteralIx = u16;

/// One occurrence of one literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// Offset of the literal's first byte.
    pub at: u32,
    /// Which literal.
    pub literal: LiteralIx,
}

/// Literals shorter than this are searched one by one.
const TEDDY_MIN: usize = 4;

/// Texts are searched in chunks that stay in the second-level cache, because the text is passed over once
/// for Teddy and once for each short literal. Bytes.
const CHUNK: usize = 128 * 1024;

/// Most literals in one Teddy: with more of them the packed searcher becomes another one, at half the speed.
const TEDDY_MAX: usize = 64;

/// One Teddy with the literal index of each of its patterns.
struct Teddy {
    searcher: Searcher,
    literals: Vec<LiteralIx>,
}

/// Finds all occurrences of a fixed set of literals.
pub struct Prefilter {
    teddies: Vec<Teddy>,
    /// Without SIMD, one automaton over what the Teddies would have searched.
    automaton: Option<(aho_corasick::AhoCorasick, Vec<LiteralIx>)>,
    short: Vec<(Finder<'static>, LiteralIx)>,
    /// Length of each literal. Bytes.
    lengths: Vec<u8>,
    /// Every two bytes that stand beside each other in a literal, a bit each.
    pairs: Box<[u64; 1024]>,
}

impl Prefilter {
    /// A byte that stands in no literal.
    pub const SEPARATOR: u8 = 0xff;

    /// Builds the searchers. No literal of [`TEDDY_MIN`] bytes or more may be a prefix of another one: at
    /// each offset at most one of them is reported ([`reduce`] makes a set so).
    ///
    /// # Panics
    /// With more than 65,536 literals.
    pub fn new(literals: &[Vec<u8>]) -> Self {
        let mut long = Vec::new();
        let mut short = Vec::new();
        for (ix, literal) in literals.iter().enumerate() {
            let ix = LiteralIx::try_from(ix).expect("far fewer than 65,536 literals");
            if literal.len() < TEDDY_MIN {
                short.push((Finder::new(literal).into_owned(), ix));
            } else {
                long.push(ix);
            }
        }
        let bytes = |ix: &LiteralIx| literals[usize::from(*ix)].as_slice();
        // neighbours in order share their first bytes and so their place in Teddy's masks
        long.sort_by_key(bytes);
        let groups = long.len().div_ceil(TEDDY_MAX).max(1);
        let teddies: Option<Vec<Teddy>> = long
            .chunks(long.len().div_ceil(groups).max(1))
            .map(|group| {
                let searcher = Config::new()
                    .match_kind(MatchKind::LeftmostFirst)
                    .builder()
                    .extend(group.iter().map(bytes))
                    .build()?;
                Some(Teddy {
                    searcher,
                    literals: group.to_vec(),
                })
            })
            .collect();
        let automaton = teddies.is_none().then(|| {
            let automaton = aho_corasick::AhoCorasick::new(long.iter().map(bytes));
            (
                automaton.expect("a few hundred short literals always fit"),
                long,
            )
        });
        let length = |literal: &Vec<u8>| {
            assert!(
                !literal.contains(&Self::SEPARATOR),
                "no literal holds the separator"
            );
            u8::try_from(literal.len()).expect("literals are cut far below 256 bytes")
        };
        Self {
            teddies: teddies.unwrap_or_default(),
            automaton,
            short,
            lengths: literals.iter().map(length).collect(),
            pairs: pairs(literals),
        }
    }

    /// Whether any two bytes that stand beside each other in `text` do so in a literal: if not, none lies in it, wholly or with more
    /// than one byte.
    pub fn may_hold(&self, text: &[u8]) -> bool {
        text.windows(2).any(|pair| {
            let pair = usize::from(u16::from_le_bytes([pair[0], pair[1]]));
            self.pairs[pair / 64] & 1 << (pair % 64) != 0
        })
    }

    /// Length of a literal. Bytes.
    pub fn len_of(&self, literal: LiteralIx) -> u32 {
        u32::from(self.lengths[usize::from(literal)])
    }

    /// Length of the longest literal. Bytes.
    pub fn longest(&self) -> u32 {
        self.lengths.iter().copied().max().unwrap_or(0).into()
    }

    /// Appends every occurrence of every literal in `text` to `hits`, sorted by offset.
    pub fn find(&self, text: &[u8], hits: &mut Vec<Hit>) {
        self.find_up_to(usize::MAX, text, hits);
    }

    /// [`find`](Self::find) that ends soon after `most` occurrences were found. Whether it came to the end of the text.
    pub fn find_up_to(&self, most: usize, text: &[u8], hits: &mut Vec<Hit>) -> bool {
        let before = hits.len();
        let mut start = 0;
        while start < text.len() {
            if hits.len() - before > most {
                return false;
            }
            let end = (start + CHUNK).min(text.len());
            // a literal that begins in this chunk may end in the next
            let reach = (end + self.longest().saturating_sub(1) as usize).min(text.len());
            self.find_chunk(&text[..reach], start, end, hits);
            start = end;
        }
        let found = &mut hits[before..];
        if !found.is_sorted() {
            found.sort_unstable();
        }
        hits.len() - before <= most
    }

    /// Occurrences that begin in `start..end`; `text` reaches far enough beyond `end` to hold their ends.
    fn find_chunk(&self, text: &[u8], start: usize, end: usize, hits: &mut Vec<Hit>) {
        let mut push = |at: usize, literal| {
            hits.push(Hit {
                at: offset(at),
                literal,
            });
        };
        for Teddy { searcher, literals } in &self.teddies {
            let mut at = start;
            // not the iterator: that one skips the literals which overlap a match
            while at < end
                && let Some(found) = searcher.find_in(text, (at..text.len()).into())
                && found.start() < end
            {
                push(found.start(), literals[found.pattern().as_usize()]);
                at = found.start() + 1;
            }
        }
        if let Some((automaton, literals)) = &self.automaton {
            for found in automaton.find_overlapping_iter(&text[start..]) {
                if start + found.start() < end {
                    push(start + found.start(), literals[found.pattern().as_usize()]);
                }
            }
        }
        for (finder, literal) in &self.short {
            let mut at = start;
            let limit = (end + finder.needle().len() - 1).min(text.len());
            while at < limit
                && let Some(found) = finder.find(&text[at..limit])
            {
                push(at + found, *literal);
                at += found + 1;
            }
        }
    }
}

fn pairs(literals: &[Vec<u8>]) -> Box<[u64; 1024]> {
    let mut pairs = Box::new([0; 1024]);
    for pair in literals.iter().flat_map(|literal| literal.windows(2)) {
        let pair = usize::from(u16::from_le_bytes([pair[0], pair[1]]));
        pairs[pair / 64] |= 1 << (pair % 64);
    }
    pairs
}

/// Drops each literal that has a shorter one as its prefix, and doubles; gives, for each literal of the
/// input, the index in the reduced list of the literal that stands for it.
pub fn reduce(literals: &[Vec<u8>]) -> (Vec<Vec<u8>>, Vec<LiteralIx>) {
    let mut sorted: Vec<&Vec<u8>> = literals.iter().collect();
    sorted.sort_unstable();
    // what begins with a literal stands right behind it; a short one is searched apart, and stands for a longer one just as well
    let mut kept: Vec<&Vec<u8>> = Vec::with_capacity(sorted.len());
    for literal in sorted {
        if !kept.last().is_some_and(|last| literal.starts_with(last)) {
            kept.push(literal);
        }
    }
    let stands = literals
        .iter()
        .map(|literal| {
            let behind = kept.partition_point(|kept| *kept <= literal);
            let ix = behind
                .checked_sub(1)
                .expect("each literal or a prefix of it was kept");
            LiteralIx::try_from(ix).expect("far fewer than 65,536 literals")
        })
        .collect();
    (kept.into_iter().cloned().collect(), stands)
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).expect("texts are windows below 4 GiB")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn naive(literals: &[Vec<u8>], text: &[u8]) -> Vec<Hit> {
        let mut hits: Vec<Hit> = (0..text.len())
            .flat_map(|at| {
                literals
                    .iter()
                    .enumerate()
                    .filter(move |(_, literal)| text[at..].starts_with(literal))
                    .map(move |(ix, _)| Hit {
                        at: u32::try_from(at).unwrap(),
                        literal: u16::try_from(ix).unwrap(),
                    })
            })
            .collect();
        hits.sort_unstable();
        hits
    }

    #[test]
    fn a_longer_literal_is_represented_by_its_prefix() {
        let all = ["smtp", "smtp_pass", "SG.", "SG.x", "mail"].map(|s| s.as_bytes().to_vec());
        let (kept, stands) = reduce(&all);
        assert_eq!(kept, ["SG.", "mail", "smtp"].map(|s| s.as_bytes().to_vec()));
        assert_eq!(stands, [2, 2, 0, 0, 1]);
    }

    #[test]
    fn overlapping_literals_are_all_found() {
        let literals = ["abab", "baba"].map(|s| s.as_bytes().to_vec());
        let mut hits = Vec::new();
        Prefilter::new(&literals).find(b"xababab", &mut hits);
        assert_eq!(hits, naive(&literals, b"xababab"));
        assert_eq!(hits.len(), 3);
    }

    #[test]
    fn a_literal_across_a_chunk_border_is_found_once() {
        let literals = ["needle", "SG."].map(|s| s.as_bytes().to_vec());
        let prefilter = Prefilter::new(&literals);
        for shift in 0..8 {
            let mut text = vec![b'.'; 2 * CHUNK + 64];
            text[CHUNK - shift..CHUNK - shift + 6].copy_from_slice(b"needle");
            text[2 * CHUNK - shift.min(3)..2 * CHUNK - shift.min(3) + 3].copy_from_slice(b"SG.");
            let mut hits = Vec::new();
            prefilter.find(&text, &mut hits);
            assert_eq!(hits, naive(&literals, &text), "shift {shift}");
        }
    }

    proptest! {
        #[test]
        fn finds_what_a_naive_search_finds(
            literals in prop::collection::vec("[ab.]{2,6}", 1..12),
            text in "[ab.c]{0,200}",
        ) {
            let all: Vec<Vec<u8>> = literals.into_iter().map(String::into_bytes).collect();
            let (kept, _) = reduce(&all);
            let mut hits = Vec::new();
            Prefilter::new(&kept).find(text.as_bytes(), &mut hits);
            prop_assert_eq!(hits, naive(&kept, text.as_bytes()));
        }
    }
}
