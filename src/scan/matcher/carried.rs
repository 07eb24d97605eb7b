//! A token in base64 behind a key that names its provider, as the `data` of a Kubernetes Secret holds it.
//!
//! Tokens without a literal of their own are found by the name of their provider, so their encoded forms have nothing that could be
//! searched for. What is decoded here is only a value on the line of such a name, and only where all of it is the token.

use std::ops::Range;

use crate::model::{Encoding, Secret, Span};
use crate::rules::Token;
use crate::scan::candidate::{Candidate, Decisions};
use crate::scan::filter::{self, About};
use crate::scan::view::{self, Opening};

use super::{Compiled, Slot, Text, part_name};

/// Fewest digits that a token makes.
const FEWEST: usize = 24;

/// Judges the value in base64 on the line of the name at `at`, if there is one.
pub(super) fn judge(
    compiled: &Compiled,
    token: &Token,
    text: &Text<'_>,
    at: &Range<usize>,
    out: &mut Decisions,
) {
    let window = text.around(at.clone(), token.near, token.near);
    let Some((key, digits)) = value_of(text.slice(at.start..window.end)) else {
        return;
    };
    let place = Span::new(at.start + digits.start, at.start + digits.end);
    let Some(plain) = decoded(text.slice(place.range())) else {
        return;
    };
    let lead = text.slice(window.start..at.start);
    let name = lead.iter().rev().take_while(|b| is_of_key(**b)).count();
    let mut line = text.slice(at.start - name..at.start + key).to_vec();
    line.extend_from_slice(b": ");
    let start = line.len();
    line.extend_from_slice(&plain);
    let Some(regex) = compiled.regex(Slot::Main) else {
        return;
    };
    let is_whole = regex.captures_iter(&line).any(|found| {
        let secret = regex
            .capture_names()
            .flatten()
            .filter(|name| part_name(name) == "secret")
            .find_map(|name| found.name(name))
            .or_else(|| found.get(0));
        secret.is_some_and(|secret| secret.range() == (start..line.len()))
    });
    let is_ruled_out = compiled
        .regex(Slot::Not)
        .is_some_and(|regex| regex.is_match(&line));
    if !is_whole || is_ruled_out {
        return;
    }
    let about = About {
        kind: token.value,
        key: b"",
        min_entropy: token.min_entropy,
    };
    match filter::judge(&plain, about) {
        Some(reason) => out.drop(compiled.ix, reason),
        None => out.candidates.push(Candidate {
            encodings: vec![Encoding::Base64],
            ..compiled.candidate(place, Secret::new(&plain, token.visible))
        }),
    }
}

fn is_of_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.-".contains(&byte)
}

/// Where the key ends in `text`, which begins within it, and where its value in base64 stands.
fn value_of(text: &[u8]) -> Option<(usize, Range<usize>)> {
    let key = text.iter().take_while(|b| is_of_key(**b)).count();
    let lead = text[key..]
        .iter()
        .take_while(|b| b"\"': \t".contains(b))
        .count();
    let start = key + lead;
    let is_digit = |b: &u8| b.is_ascii_alphanumeric() || b"+/=".contains(b);
    let size = text[start..].iter().take_while(|b| is_digit(b)).count();
    let gives = text[key..start].contains(&b':');
    let ends = text
        .get(start + size)
        .is_none_or(|b| b"\"'\r\n \t,}#".contains(b));
    (gives && ends && size >= FEWEST && size.is_multiple_of(4))
        .then_some((key, start..start + size))
}

/// What all of `digits` say, without the newline that `echo` leaves, if that could be a token.
fn decoded(digits: &[u8]) -> Option<Vec<u8>> {
    let opening = Opening {
        encoding: Encoding::Base64,
        phase: 0,
    };
    let view = view::open(digits, 0..digits.len().min(4), opening)?;
    let plain = view.bytes.trim_ascii_end();
    (view.source.len() == digits.len() && plain.iter().all(u8::is_ascii_graphic))
        .then(|| plain.to_vec())
}
