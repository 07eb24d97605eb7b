//! All words of all rules, looked for in one pass over a text, whatever their case.
//!
//! A table of states takes one step for each byte, and each step waits for the one before it. Four parts of the text are passed over
//! side by side, so that four of them wait together: that takes less than half as long. What a word means is not known here.

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::dfa::DFA;
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, MatchKind};

/// Total length of words up to which all go into one table. Bytes.
const TABLE: usize = 32 << 10;

/// Parts that are passed over side by side.
const LANES: usize = 4;

/// What is passed over before what was found is handed on. Bytes.
const CHUNK: usize = 32 << 10;

/// The search.
pub struct Words {
    automaton: Either,
    /// Length of the longest word. Bytes.
    longest: usize,
}

enum Either {
    /// The faster one, many times as large as the words.
    Table(DFA),
    Compact(NFA),
}

/// A place where a word was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// Its position in the list.
    pub ix: usize,
    /// Where it begins.
    pub start: usize,
}

/// What was found in a chunk, lane by lane. Keeps its memory.
#[derive(Default)]
pub struct Scratch([Vec<Word>; LANES]);

impl Words {
    /// A search for `words`, which are in lower case.
    pub fn new(words: &[Vec<u8>]) -> Self {
        let total: usize = words.iter().map(Vec::len).sum();
        let automaton = if total <= TABLE {
            let mut builder = DFA::builder();
            builder
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard);
            Either::Table(
                builder
                    .build(words)
                    .expect("as many words as fit into a rule file"),
            )
        } else {
            let mut builder = NFA::builder();
            builder
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard);
            Either::Compact(
                builder
                    .build(words)
                    .expect("as many words as fit into a rule file"),
            )
        };
        Self {
            automaton,
            longest: words.iter().map(Vec::len).max().unwrap_or(0),
        }
    }

    /// Hands each place of each word in `text` to `take`, in the order in which they end, until that says no.
    pub fn each(&self, text: &[u8], scratch: &mut Scratch, take: impl FnMut(Word) -> bool) {
        match &self.automaton {
            Either::Table(automaton) => each(automaton, self.longest, text, scratch, take),
            Either::Compact(automaton) => each(automaton, self.longest, text, scratch, take),
        }
    }
}

fn each<A: Automaton>(
    automaton: &A,
    longest: usize,
    text: &[u8],
    Scratch(found): &mut Scratch,
    mut take: impl FnMut(Word) -> bool,
) {
    let first = automaton
        .start_state(Anchored::No)
        .expect("it was built for searches from anywhere");
    let step = |state: &mut StateID, byte: u8, end: usize, found: &mut Vec<Word>| {
        *state = automaton.next_state(Anchored::No, *state, byte);
        if automaton.is_special(*state) && automaton.is_match(*state) {
            found.extend((0..automaton.match_len(*state)).map(|at| {
                let pattern = automaton.match_pattern(*state, at);
                Word {
                    ix: pattern.as_usize(),
                    start: end - automaton.pattern_len(pattern),
                }
            }));
        }
    };
    let mut state = first;
    let mut done = 0;
    for chunk in text.chunks(CHUNK) {
        found.iter_mut().for_each(Vec::clear);
        let lane = chunk.len() / LANES;
        let mut passed = 0;
        // what is shorter than a few words is not worth it
        if lane > 4 * longest {
            let begin = |number: usize| done + number * lane;
            // a word may end in a lane that begins before it; one that ends before the lane is found in the one before
            let warm = |number: usize| {
                let before = &text[begin(number).saturating_sub(longest)..begin(number)];
                before.iter().fold(first, |state, byte| {
                    automaton.next_state(Anchored::No, state, *byte)
                })
            };
            let mut states = [state, warm(1), warm(2), warm(3)];
            let part = |number: usize| &text[begin(number)..begin(number + 1)];
            let parts = part(0).iter().zip(part(1)).zip(part(2)).zip(part(3));
            for (at, (((&a, &b), &c), &d)) in (1..).zip(parts) {
                for (number, byte) in [a, b, c, d].into_iter().enumerate() {
                    step(
                        &mut states[number],
                        byte,
                        begin(number) + at,
                        &mut found[number],
                    );
                }
            }
            state = states[LANES - 1];
            passed = LANES * lane;
        }
        for (at, &byte) in (done + passed + 1..).zip(&chunk[passed..]) {
            step(&mut state, byte, at, &mut found[LANES - 1]);
        }
        done += chunk.len();
        if !found.iter().flatten().all(|word| take(*word)) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn lanes_find_what_one_search_finds(
            words in prop::collection::btree_set("[ab]{1,5}", 1..6),
            pieces in prop::collection::vec(("[abAB]{0,12}", 0..900_usize), 0..90),
            compact in any::<bool>(),
        ) {
            let mut words: Vec<Vec<u8>> = words.into_iter().map(String::into_bytes).collect();
            if compact {
                words.push(vec![b'z'; TABLE + 1]);
            }
            let text: Vec<u8> = pieces.iter().flat_map(|(piece, blank)| [piece.clone(), "-".repeat(*blank)].concat().into_bytes()).collect();
            let mut found = Vec::new();
            let longest = 5;
            let search = Words { longest, ..Words::new(&words) };
            search.each(&text, &mut Scratch::default(), |word| {
                found.push(word);
                true
            });
            let lower = text.to_ascii_lowercase();
            let mut expected: Vec<(usize, usize, usize)> = words.iter().enumerate().flat_map(|(ix, word)| {
                let starts = (0..lower.len()).filter(|at| lower[*at..].starts_with(word));
                starts.map(move |start| (start + word.len(), start, ix)).collect::<Vec<_>>()
            }).collect();
            expected.sort_unstable();
            let ends: Vec<usize> = found.iter().map(|word| word.start + words[word.ix].len()).collect();
            prop_assert!(ends.is_sorted());
            let mut found: Vec<_> = found.iter().map(|word| (word.start + words[word.ix].len(), word.start, word.ix)).collect();
            found.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn the_search_ends_where_it_is_told_to() {
        let mut count = 0;
        Words::new(&[b"a".to_vec()]).each(&[b'a'; 1000], &mut Scratch::default(), |_| {
            count += 1;
            count < 3
        });
        assert_eq!(count, 3);
    }
}
