//! Tokens: strings with a shape of their own.

use std::borrow::Cow;
use std::ops::Range;

use regex::bytes::{Captures, Regex};

use crate::model::{Confidence, Encoding, Secret, Span};
use crate::rules::{Check, Token};
use crate::scan::candidate::{Candidate, CandidatePart, Decisions};
use crate::scan::filter::{self, About, Drop, HostSays};
use crate::scan::view::{self, Opening};

use super::{Compiled, Slot, Text, carried, part_name};

/// Judges the anchor `at`.
pub fn judge(
    compiled: &Compiled,
    token: &Token,
    text: &Text<'_>,
    at: Range<usize>,
    out: &mut Decisions,
) {
    let Some(regex) = compiled.regex(Slot::Main) else {
        return;
    };
    if token.near == 0 {
        let reach = compiled.rule.reach;
        let window = text.around(at.clone(), reach.before, reach.after);
        let anchor = at.start - window.start..at.end - window.start;
        if let Some(found) = across(regex, text.slice(window.clone()), &anchor) {
            judge_match(compiled, token, text, window.start, &found, out);
        }
        return;
    }
    carried::judge(compiled, token, text, &at, out);
    let window = text.around(at, token.near, token.near);
    let bytes = text.slice(window.clone());
    let mut start = 0;
    while let Some(found) = regex.find_at(bytes, start) {
        if let Some(groups) = regex.captures_at(bytes, found.start()) {
            judge_match(compiled, token, text, window.start, &groups, out);
        }
        start = found.end().max(start + 1);
    }
}

/// Judges a line of a file of which every line is tried; nothing but signs of a comment may stand before the match.
pub fn judge_line(
    compiled: &Compiled,
    token: &Token,
    text: &Text<'_>,
    line: Range<usize>,
    out: &mut Decisions,
) {
    let bytes = text.slice(line.clone());
    let Some(regex) = compiled.regex(Slot::Main) else {
        return;
    };
    let Some(found) = regex.captures(bytes) else {
        return;
    };
    let lead = found.get(0).map_or(0, |whole| whole.start());
    if bytes[..lead].iter().all(|b| b"# \t".contains(b)) {
        judge_match(compiled, token, text, line.start, &found, out);
    }
}

/// The secret in what `regex` found, in a window that starts at `base`, and the encoding that its group names.
fn secret_in(regex: &Regex, found: &Captures<'_>, base: usize) -> (Span, Option<Encoding>) {
    let span_of = |m: regex::bytes::Match<'_>| Span::new(base + m.start(), base + m.end());
    let named = regex.capture_names().flatten().find_map(|name| {
        let encoding = match part_name(name) {
            "secret" => None,
            "encoded" => Some(Encoding::Base64),
            "percent" => Some(Encoding::Percent),
            _ => return None,
        };
        found.name(name).map(|m| (span_of(m), encoding))
    });
    named.unwrap_or_else(|| {
        let whole = found.get(0).expect("group 0 is the match");
        (span_of(whole), None)
    })
}

/// What a value written in `encoding` stands for; `None` where nothing is written so.
fn decoded(value: &[u8], encoding: Encoding) -> Option<Vec<u8>> {
    let opening = Opening { encoding, phase: 0 };
    let first = if encoding == Encoding::Base64 { 4 } else { 0 };
    let view = view::open(value, 0..value.len().min(first), opening)?;
    let is_text =
        std::str::from_utf8(&view.bytes).is_ok_and(|text| !text.contains(char::is_control));
    (is_text && view.source.len() == value.len()).then_some(view.bytes)
}

/// Judges one match in a window that begins at `base`.
fn judge_match(
    compiled: &Compiled,
    token: &Token,
    text: &Text<'_>,
    base: usize,
    found: &Captures<'_>,
    out: &mut Decisions,
) {
    let Some(regex) = compiled.regex(Slot::Main) else {
        return;
    };
    let span_of = |m: regex::bytes::Match<'_>| Span::new(base + m.start(), base + m.end());
    let whole = span_of(found.get(0).expect("group 0 is the match"));
    let (secret, encoding) = secret_in(regex, found, base);
    let stored = text.slice(secret.range());
    let plain = encoding.and_then(|encoding| decoded(stored, encoding));
    let value = plain.as_deref().unwrap_or(stored);
    let mut confidence = compiled.rule.confidence;
    let genuine = match token.check {
        Some(Check::SendgridKey) => filter::is_sendgrid_key_structure(value),
        None => false,
    };
    if !genuine {
        if stands_beside(text, secret, &token.not_before, &token.not_after) {
            out.drop(compiled.ix, Drop::Boundary);
            return;
        }
        if token.check.is_some() {
            confidence = confidence.min(Confidence::Medium);
        }
    }
    let about = About {
        kind: token.value,
        key: b"",
        min_entropy: token.min_entropy,
    };
    // what is made up behind a prefix that all have is seen without it: `mlsn.abc123abc123`
    let own = value.get(usize::from(token.visible)..).unwrap_or_default();
    let freely = About {
        min_entropy: 0.0,
        ..about
    };
    if let Some(reason) = filter::judge(value, about).or_else(|| filter::judge(own, freely)) {
        out.drop(compiled.ix, reason);
        return;
    }
    if is_ruled_out(compiled, text, whole, base) {
        out.drop(compiled.ix, Drop::NoContext);
        return;
    }
    let parts: Vec<CandidatePart> = regex
        .capture_names()
        .flatten()
        .filter(|name| !["secret", "encoded", "percent"].contains(&part_name(name)))
        .filter_map(|name| {
            found
                .name(name)
                .filter(|m| !m.is_empty())
                .map(|m| part(&part_name(name).replace('_', "-"), span_of(m), text))
        })
        // Symfony's word for whatever host the provider has
        .filter(|part| part.name != "host" || text.slice(part.span.range()) != b"default")
        .collect();
    match around_it(text, &parts, value) {
        HostSays::Nothing => {}
        HostSays::Doubtful => confidence = Confidence::Low,
        HostSays::Harmless(reason) => {
            out.drop(compiled.ix, reason);
            return;
        }
    }
    out.candidates.push(Candidate {
        parts,
        confidence,
        encodings: plain.as_ref().and(encoding).into_iter().collect(),
        ..compiled.candidate(secret, Secret::new(value, token.visible))
    });
}

/// Bytes before a match in which what rules it out is looked for.
const BESIDE: usize = 120;

/// Whether what must not stand near a match does. Not before `base`, where the window begins, so that it stays in reach.
fn is_ruled_out(compiled: &Compiled, text: &Text<'_>, whole: Span, base: usize) -> bool {
    compiled.regex(Slot::Not).is_some_and(|regex| {
        let start = whole.range().start.saturating_sub(BESIDE).max(base);
        regex.is_match(text.slice(start..whole.range().end))
    })
}

/// The first match of `regex` in `window` that shares a byte with `anchor`.
fn across<'w>(regex: &Regex, window: &'w [u8], anchor: &Range<usize>) -> Option<Captures<'w>> {
    let mut start = 0;
    loop {
        let found = regex.find_at(window, start)?;
        if found.start() >= anchor.end {
            return None;
        }
        if found.end() > anchor.start {
            return regex.captures_at(window, found.start());
        }
        start = found.end().max(start + 1);
    }
}

/// Whether a byte of the rule's classes stands right before or after the secret.
fn stands_beside(text: &Text<'_>, secret: Span, not_before: &str, not_after: &str) -> bool {
    let before = secret
        .range()
        .start
        .checked_sub(1)
        .and_then(|at| text.bytes.get(at));
    let after = text.bytes.get(secret.range().end);
    before.is_some_and(|&byte| in_class(not_before, byte))
        || after.is_some_and(|&byte| in_class(not_after, byte))
}

/// Whether `byte` is in a class body such as `A-Za-z0-9_-`: ranges and single characters, a hyphen last.
fn in_class(class: &str, byte: u8) -> bool {
    let class = class.as_bytes();
    let mut at = 0;
    while at < class.len() {
        if at + 2 < class.len() && class[at + 1] == b'-' {
            if (class[at]..=class[at + 2]).contains(&byte) {
                return true;
            }
            at += 3;
        } else {
            if class[at] == byte {
                return true;
            }
            at += 1;
        }
    }
    false
}

fn part(name: &str, span: Span, text: &Text<'_>) -> CandidatePart {
    CandidatePart {
        name: Cow::Owned(name.to_owned()),
        span,
        value: Secret::new(text.slice(span.range()), 0),
    }
}

/// What the user and the host that a URL names say of its password.
fn around_it(text: &Text<'_>, parts: &[CandidatePart], value: &[u8]) -> HostSays {
    let bytes_of = |name: &str| {
        parts
            .iter()
            .find(|part| part.name == name)
            .map(|part| text.slice(part.span.range()))
    };
    if bytes_of("user").is_some_and(|user| filter::same_word(value, user)) {
        return HostSays::Harmless(Drop::Echo);
    }
    bytes_of("host").map_or(HostSays::Nothing, |host| filter::host_says(host, value))
}
