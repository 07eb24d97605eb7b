//! Tokens: strings with a shape of their own.

use std::borrow::Cow;
use std::ops::Range;

use regex::bytes::{Captures, Regex};

use crate::model::{Confidence, Secret, Span};
use crate::rules::{Check, Token};
use crate::scan::candidate::{Candidate, CandidatePart, Decisions};
use crate::scan::filter::{self, About, Drop, HostSays};

use super::{Compiled, Slot, Text};

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
    let window = text.around(
        at.clone(),
        compiled.rule.reach.before,
        compiled.rule.reach.after,
    );
    let Some(found) = across(
        regex,
        text.slice(window.clone()),
        &(at.start - window.start..at.end - window.start),
    ) else {
        return;
    };
    let span_of =
        |m: regex::bytes::Match<'_>| Span::new(window.start + m.start(), window.start + m.end());
    let whole = span_of(found.get(0).expect("group 0 is the match"));
    let secret = found.name("secret").map_or(whole, span_of);
    let value = text.slice(secret.range());
    let mut confidence = compiled.rule.confidence;
    let genuine = match token.check {
        Some(Check::SendgridKey) => filter::is_sendgrid_key_structure(value),
        None => false,
    };
    if !genuine {
        if stands_beside(text, whole, &token.not_before, &token.not_after) {
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
    if let Some(reason) = filter::judge(value, about) {
        out.drop(compiled.ix, reason);
        return;
    }
    let parts: Vec<CandidatePart> = regex
        .capture_names()
        .flatten()
        .filter(|&name| name != "secret")
        .filter_map(|name| {
            found
                .name(name)
                .filter(|m| !m.is_empty())
                .map(|m| part(name, span_of(m), text))
        })
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
        ..compiled.candidate(secret, Secret::new(value, token.visible))
    });
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

/// Whether a byte of the rule's classes stands right before or after the match.
fn stands_beside(text: &Text<'_>, whole: Span, not_before: &str, not_after: &str) -> bool {
    let before = whole
        .range()
        .start
        .checked_sub(1)
        .and_then(|at| text.bytes.get(at));
    let after = text.bytes.get(whole.range().end);
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
