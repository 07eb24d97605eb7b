//! Pairs: a public identifier and the secret that belongs to it.
//!
//! The identifier is the anchor, because its shape is the rarer one. Secrets near it are ranked by the name they are given,
//! by whether they follow as the next argument, and by distance; one is taken, never a product of all with all. Measured on
//! 35 pairs in public code: the identifier came first in all, the secret 3 to 75 bytes behind it.

use std::ops::Range;

use crate::model::{Confidence, Secret, Span};
use crate::rules::{Pair, ValueKind};
use crate::scan::candidate::{Candidate, CandidatePart, Decisions};
use crate::scan::filter::{self, About, Drop};

use super::{Compiled, Slot, Text, part_name};

/// Longest text between identifier and secret for the secret to count as the next argument: quotes, comma, line break,
/// indentation. Bytes.
const NEXT_ARGUMENT: usize = 48;

/// A secret under a name that says nothing is taken within this distance only, bytes; the largest measured is 75.
const UNNAMED: usize = 120;

/// Bytes before a value in which its name is looked for.
const NAME: usize = 96;

/// How well a value fits as the secret, in rising order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// Near, under a name that says nothing.
    Near,
    /// Right behind the identifier, as the next argument or line.
    Next,
    /// Under a name that fits.
    Named,
}

/// Bytes beyond an identifier on which a decision about it may depend: the secret, its name, and what follows it.
pub fn reach(pair: &Pair) -> u32 {
    const BESIDE: u32 = 256;
    2 * pair.distance + BESIDE
}

/// Judges the anchor `at`, which may begin an identifier.
pub fn judge(
    compiled: &Compiled,
    pair: &Pair,
    text: &Text<'_>,
    at: Range<usize>,
    out: &mut Decisions,
) {
    let Some(id) = identifier(compiled, text, at.start) else {
        return;
    };
    let id_bytes = text.slice(id.range());
    // the letters before the digits say nothing about whether the digits were made up
    let digits = id_bytes.get(2..).unwrap_or(id_bytes);
    if filter::judge(
        digits,
        About {
            kind: ValueKind::Opaque,
            key: b"",
            min_entropy: 2.5,
        },
    )
    .is_some()
    {
        out.drop(compiled.ix, Drop::Placeholder);
        return;
    }
    let Some((fit, secret)) = best_secret(compiled, pair, text, id, out) else {
        out.drop(compiled.ix, Drop::Unpaired);
        return;
    };
    let distance = gap(id, secret);
    let rank = i32::from(fit == Fit::Named) * 10_000 + i32::from(fit == Fit::Next) * 5_000
        - i32::try_from(distance).expect("both lie within the reach of an anchor");
    let mut parts = vec![CandidatePart {
        name: pair.id_name.clone(),
        span: id,
        value: Secret::new(id_bytes, 2),
    }];
    parts.extend(beside(compiled, pair, text, id));
    out.candidates.push(Candidate {
        parts,
        confidence: if fit == Fit::Near {
            Confidence::Medium
        } else {
            compiled.rule.confidence
        },
        rank,
        ..compiled.candidate(secret, Secret::new(text.slice(secret.range()), 0))
    });
}

/// What stands around `id` and belongs to the pair, the nearest of each name.
fn beside(compiled: &Compiled, pair: &Pair, text: &Text<'_>, id: Span) -> Vec<CandidatePart> {
    let mut parts: Vec<CandidatePart> = Vec::new();
    let Some(regex) = compiled.regex(Slot::Beside) else {
        return parts;
    };
    let window = text.around(id.range(), pair.distance, pair.distance);
    for found in regex.captures_iter(text.slice(window.clone())) {
        for name in regex.capture_names().flatten() {
            let Some(group) = found.name(name) else {
                continue;
            };
            let span = Span::new(window.start + group.start(), window.start + group.end());
            let part = CandidatePart {
                name: part_name(name).replace('_', "-").into(),
                span,
                value: Secret::new(group.as_bytes(), 0),
            };
            match parts.iter_mut().find(|other| other.name == part.name) {
                Some(other) if gap(id, span) < gap(id, other.span) => *other = part,
                Some(_) => {}
                None => parts.push(part),
            }
        }
    }
    parts
}

/// The identifier that begins at `at`, if one does and no word character touches it.
fn identifier(compiled: &Compiled, text: &Text<'_>, at: usize) -> Option<Span> {
    let regex = compiled.regex(Slot::Main)?;
    let found = regex.find(text.slice(at..at + compiled.rule.reach.after as usize))?;
    let span = Span::new(at, at + found.end());
    is_bounded(text, span).then_some(span)
}

fn is_bounded(text: &Text<'_>, span: Span) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric();
    let before = span
        .range()
        .start
        .checked_sub(1)
        .and_then(|at| text.bytes.get(at));
    !before.is_some_and(is_word) && !text.bytes.get(span.range().end).is_some_and(is_word)
}

/// The value near `id` that fits best, if any fits.
fn best_secret(
    compiled: &Compiled,
    pair: &Pair,
    text: &Text<'_>,
    id: Span,
    out: &mut Decisions,
) -> Option<(Fit, Span)> {
    let regex = compiled.regex(Slot::Value)?;
    let window = text.around(id.range(), pair.distance, pair.distance);
    let mut best: Option<(Fit, std::cmp::Reverse<usize>, Span)> = None;
    let mut start = window.start;
    while let Some(found) = regex.find_at(&text.bytes[..window.end], start) {
        let value = Span::new(found.start(), found.end());
        if !is_bounded(text, value) || value.overlaps(id) {
            // step over the rest of a longer run at once
            start = run_end(text.bytes, found.end(), window.end).max(start + 1);
            continue;
        }
        start = found.end().max(start + 1);
        let Some(fit) = fit(compiled, text, id, value) else {
            continue;
        };
        let about = About {
            kind: ValueKind::Opaque,
            key: b"",
            min_entropy: pair.min_entropy,
        };
        if let Some(reason) = filter::judge(text.slice(value.range()), about) {
            out.drop(compiled.ix, reason);
            continue;
        }
        // one that follows is preferred to one that precedes at the same distance
        let distance = gap(id, value) * 2 + usize::from(value.start < id.start) * 400;
        let scored = (fit, std::cmp::Reverse(distance), value);
        if best
            .as_ref()
            .is_none_or(|best| (scored.0, scored.1) > (best.0, best.1))
        {
            best = Some(scored);
        }
    }
    best.map(|(fit, _, value)| (fit, value))
}

fn run_end(bytes: &[u8], from: usize, limit: usize) -> usize {
    bytes[from..limit]
        .iter()
        .position(|b| !b.is_ascii_alphanumeric())
        .map_or(limit, |gap| from + gap)
}

fn gap(a: Span, b: Span) -> usize {
    if a.end <= b.start {
        (b.start - a.end) as usize
    } else {
        (a.start.saturating_sub(b.end)) as usize
    }
}

/// How `value` fits `id`, if it does.
fn fit(compiled: &Compiled, text: &Text<'_>, id: Span, value: Span) -> Option<Fit> {
    let name = name_of(text, id, value);
    let matches = |slot| {
        compiled
            .regex(slot)
            .is_some_and(|regex| regex.is_match(name))
    };
    // user and password, as commands and URLs take them
    let is_userinfo = text.slice(id.range().end..value.range().start) == b":";
    if is_userinfo || matches(Slot::Names) {
        return Some(Fit::Named);
    }
    if matches(Slot::Not) {
        return None;
    }
    let follows = value.start >= id.end;
    let between = if follows {
        text.slice(id.range().end..value.range().start)
    } else {
        b""
    };
    if follows
        && between.len() <= NEXT_ARGUMENT
        && between.iter().all(|b| !b.is_ascii_alphanumeric())
        // an empty column between them makes it another one
        && memchr::memchr_iter(b',', between).count() < 2
    {
        return Some(Fit::Next);
    }
    (gap(id, value) <= UNNAMED
        && is_given(name)
        && !is_hex_word(text.slice(value.range()), compiled))
    .then_some(Fit::Near)
}

/// Whether `name`, which ends where a value begins, gives it to something: an item of a row or a list that does not follow the
/// identifier is another column of it.
fn is_given(name: &[u8]) -> bool {
    name.iter()
        .rev()
        .find(|b| !b.is_ascii_whitespace() && !b"\"'`\\".contains(b))
        .is_some_and(|b| b"=:>".contains(b))
}

/// Whether a value of a rule that allows all letters is plain hexadecimal: then it is somebody else's (an auth token, a
/// digest), unless its name says otherwise.
fn is_hex_word(value: &[u8], compiled: &Compiled) -> bool {
    let wants_letters = compiled
        .regex(Slot::Value)
        .is_some_and(|regex| regex.is_match(&[b'Z'; 64]));
    wants_letters
        && value
            .iter()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b))
}

/// The text that names `value`: what stands before it on its line, and the line before where that one ends with the name
/// (`- name: X` above `value:`). Cut at the identifier, whose own name says nothing about the secret.
fn name_of<'t>(text: &Text<'t>, id: Span, value: Span) -> &'t [u8] {
    let end = value.range().start;
    let mut start = end.saturating_sub(NAME);
    if id.range().end <= end {
        start = start.max(id.range().end);
    }
    let stretch = text.slice(start..end);
    let line = memchr::memrchr(b'\n', stretch).map_or(stretch, |at| &stretch[at + 1..]);
    let is_value_line = memchr::memmem::find(line, b"value").is_some()
        || line.iter().all(|b| !b.is_ascii_alphabetic());
    if is_value_line { stretch } else { line }
}
