//! Commands as they are typed: which program a place in a text belongs to, and its words.
//!
//! Shell lines with quotes and continuations, in scripts, documents, build files and strings of other languages, and the lists of
//! words that programs hand to one another. Knows no program and judges nothing.

use std::ops::Range;

use crate::model::Span;

/// Most words of a command that are read.
const WORDS: usize = 96;

/// A command that was found.
pub struct Found {
    /// Which of the names that were asked for.
    pub program: usize,
    /// From the name to the end of the last word.
    pub range: Range<usize>,
    /// What follows the name, without quotes around a whole word.
    pub words: Vec<Span>,
}

/// The command around `at`, within `window`, whose program has one of `names`.
pub fn around<'n>(
    bytes: &[u8],
    at: usize,
    window: &Range<usize>,
    names: impl Iterator<Item = &'n [u8]>,
) -> Option<Found> {
    let (program, name) = names
        .enumerate()
        .filter_map(|(ix, name)| Some((ix, last_name(bytes, at, window, name)?)))
        .max_by_key(|(_, name)| name.start)?;
    let words = match bytes.get(name.end) {
        Some(&quote @ (b'"' | b'\'')) => listed(bytes, name.end + 1, window.end, quote),
        _ => typed(bytes, &name, window),
    };
    let end = words.last().map_or(name.end, |word| word.range().end);
    (end >= at).then_some(Found {
        program,
        range: name.start..end,
        words,
    })
}

/// The last place where `name` stands as a word by itself, not behind `at`.
fn last_name(bytes: &[u8], at: usize, window: &Range<usize>, name: &[u8]) -> Option<Range<usize>> {
    let end = (at + name.len()).min(window.end);
    let inside =
        |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || b"_-.".contains(b));
    // `sendEmail.exe`, `sendEmail.pl`
    let stop = |start: usize| {
        let stop = start + name.len();
        [b".exe".as_slice(), b".pl"]
            .iter()
            .find(|ending| bytes[stop..].starts_with(ending))
            .map_or(stop, |ending| stop + ending.len())
    };
    let is_word = |start: &usize| {
        let front = start.checked_sub(1).filter(|front| *front >= window.start);
        !inside(front.and_then(|front| bytes.get(front))) && !inside(bytes.get(stop(*start)))
    };
    // searching forwards is many times faster than backwards, and mostly it is nowhere
    let found = memchr::memmem::find_iter(&bytes[window.start..end], name);
    let start = found.map(|at| window.start + at).filter(is_word).last()?;
    Some(start..stop(start))
}

/// The words of a list of strings that goes on at `from`, up to its bracket.
fn listed(bytes: &[u8], from: usize, end: usize, quote: u8) -> Vec<Span> {
    let mut words = Vec::new();
    let mut p = from;
    while p < end && words.len() < WORDS {
        match bytes[p] {
            byte if byte == quote => {
                let start = p + 1;
                let Some(close) = (start..end).find(|&p| {
                    bytes[p] == b'\n' || bytes[p] == quote && !is_escaped(bytes, p, start)
                }) else {
                    break;
                };
                words.push(Span::new(start, close));
                p = close + 1;
            }
            b']' | b'}' => break,
            // a separator, or an operand that is no literal
            _ => p += 1,
        }
    }
    words
}

/// The words of a command that is typed, behind its `name`.
fn typed(bytes: &[u8], name: &Range<usize>, window: &Range<usize>) -> Vec<Span> {
    let mut words = Vec::new();
    // a command in a string of another language ends with it
    let outer = name
        .start
        .checked_sub(1)
        .filter(|front| *front >= window.start)
        .map(|front| bytes[front])
        .filter(|byte| b"\"'`".contains(byte));
    let mut p = name.end;
    while words.len() < WORDS {
        let Some(start) = next_word(bytes, p, window.end) else {
            break;
        };
        let end = word_end(bytes, start, window.end, outer);
        if end == start {
            break;
        }
        words.push(inner(bytes, start..end));
        p = end;
    }
    words
}

/// Whether an odd number of backslashes stands right before `at`, none counted before `low`.
fn is_escaped(bytes: &[u8], at: usize, low: usize) -> bool {
    let slashes = bytes[low..at].iter().rev().take_while(|b| **b == b'\\');
    slashes.count() % 2 == 1
}

/// Where the next word of the same command begins.
fn next_word(bytes: &[u8], from: usize, end: usize) -> Option<usize> {
    let mut p = from;
    while p < end {
        p += match &bytes[p..end] {
            [b' ' | b'\t', ..] => 1,
            [b'\\' | b'^' | b'`', b'\n', ..] => 2,
            [b'\\' | b'^' | b'`', b'\r', b'\n', ..] => 3,
            // in a string: a continuation that is written out
            [b'\\', b'\\', b'\\', b'n', ..] => 4,
            [b'\\', b'\\', b'n', ..]
            | [b'\\', b'n', ..]
            | [b'\n' | b'\r' | b';' | b'|' | b'&' | b')' | b'>' | b'<', ..]
            | [] => return None,
            _ => return Some(p),
        };
    }
    None
}

/// Where the word that begins at `start` ends.
fn word_end(bytes: &[u8], start: usize, end: usize, outer: Option<u8>) -> usize {
    let mut p = start;
    while p < end {
        match bytes[p] {
            byte if Some(byte) == outer => return p,
            b' ' | b'\t' | b'\n' | b'\r' | b';' | b'|' => return p,
            b'\\' if matches!(bytes.get(p + 1), Some(b'"' | b'\'')) => {
                p = closing(bytes, p + 2, end, &bytes[p..p + 2]);
            }
            b'\\' => {
                // a break, written or not, ends a word like a blank
                if matches!(bytes.get(p + 1), Some(b'\n' | b'\r' | b'n')) {
                    return p;
                }
                p += 2;
            }
            quote @ (b'"' | b'\'') => p = closing(bytes, p + 1, end, &[quote]),
            _ => p += 1,
        }
    }
    end
}

/// Behind the next `mark` on the line from `from`.
fn closing(bytes: &[u8], from: usize, end: usize, mark: &[u8]) -> usize {
    let line = memchr::memchr(b'\n', &bytes[from.min(end)..end]).map_or(end, |gap| from + gap);
    let mut p = from;
    while p < line {
        if bytes[p..line].starts_with(mark) {
            return p + mark.len();
        }
        // within double quotes a backslash takes the next byte with it
        p += if bytes[p] == b'\\' && mark == b"\"" {
            2
        } else {
            1
        };
    }
    line
}

/// A word without the quotes around all of it.
fn inner(bytes: &[u8], word: Range<usize>) -> Span {
    let marks = match &bytes[word.clone()] {
        [b'"', .., b'"'] | [b'\'', .., b'\''] => 1,
        [b'\\', b'"', .., b'\\', b'"'] | [b'\\', b'\'', .., b'\\', b'\''] => 2,
        _ => 0,
    };
    if word.len() < 2 * marks {
        return Span::new(word.start, word.end);
    }
    Span::new(word.start + marks, word.end - marks)
}
