//! Logins that are typed as options of a program: `curl --user a:b smtps://…`, `swaks -au a -ap b`.
//!
//! From the anchor the command is read that it stands in; which options mean what, the rule says.

use std::borrow::Cow;
use std::ops::Range;

use crate::model::{Confidence, Secret, Span};
use crate::rules::{Command, Program, Str, ValueKind};
use crate::scan::candidate::{Candidate, CandidatePart, Decisions};
use crate::scan::command;
use crate::scan::filter::{self, About, Drop, HostSays};

use super::{Compiled, Slot, Text, encoded};

/// Judges the anchor `at`.
pub fn judge(
    compiled: &Compiled,
    rule: &Command,
    text: &Text<'_>,
    at: Range<usize>,
    out: &mut Decisions,
) {
    let reach = compiled.rule.reach;
    let window = text.around(at.clone(), reach.before, reach.after);
    let names = rule.programs.iter().map(|program| program.name.as_bytes());
    let Some(found) = command::around(text.bytes, at.start, &window, names) else {
        return;
    };
    let program = &rule.programs[found.program];
    let Some((user, password)) = login(text, program, &found.words) else {
        return;
    };
    let mut host = server(text, program, &found.words);
    if host.is_empty()
        && let Some(regex) = compiled.regex(Slot::Main)
        && let Some(named) = regex.captures(text.slice(found.range.clone()))
    {
        host.extend(encoded::named(&named, found.range.start));
    }
    if program.needs_host && host.is_empty() {
        return;
    }
    let bytes = |span: Span| text.slice(span.range());
    let value = bytes(password);
    let about = About {
        kind: ValueKind::Password,
        key: user.map_or(b"".as_slice(), bytes),
        min_entropy: 0.0,
    };
    if let Some(reason) = filter::judge(value, about) {
        return out.drop(compiled.ix, reason);
    }
    if encoded::is_example(about.key, value, !host.is_empty()) {
        return out.drop(compiled.ix, Drop::Example);
    }
    let mut confidence = compiled.rule.confidence;
    if let Some((_, host)) = host.iter().find(|(name, _)| *name == "host") {
        match filter::host_says(bytes(*host), value) {
            HostSays::Nothing => {}
            HostSays::Doubtful => confidence = Confidence::Low,
            HostSays::Harmless(reason) => return out.drop(compiled.ix, reason),
        }
    }
    let user = user.map(|user| ("user", user));
    let parts = host
        .into_iter()
        .chain(user)
        .map(|(name, span)| CandidatePart {
            name: Cow::Borrowed(name),
            span,
            value: Secret::new(bytes(span), 0),
        });
    out.candidates.push(Candidate {
        parts: parts.collect(),
        confidence,
        ..compiled.candidate(password, Secret::new(value, 0))
    });
}

/// User and password among the words behind the program's name.
fn login(text: &Text<'_>, program: &Program, words: &[Span]) -> Option<(Option<Span>, Span)> {
    let mut user = None;
    let mut password = None;
    for (ix, &word) in words.iter().enumerate() {
        let next = words.get(ix + 1).copied();
        if let Some(value) = value_of(text, &program.login, word, next) {
            let bytes = text.slice(value.range());
            if let Some(colon) = memchr::memchr(b':', bytes) {
                let start = value.range().start;
                user = Some(Span::new(start, start + colon));
                password = Some(Span::new(start + colon + 1, value.range().end));
            }
        }
        user = user.or_else(|| value_of(text, &program.user, word, next));
        password = password.or_else(|| value_of(text, &program.password, word, next));
    }
    let user = user.filter(|user| !user.is_empty());
    password
        .filter(|password| !password.is_empty())
        .map(|password| (user, password))
}

/// Host and port among the words behind the program's name.
fn server(text: &Text<'_>, program: &Program, words: &[Span]) -> Vec<(&'static str, Span)> {
    let given = |options: &[Str]| {
        words
            .iter()
            .enumerate()
            .find_map(|(ix, &word)| value_of(text, options, word, words.get(ix + 1).copied()))
    };
    let is_port = |span: Span| {
        let bytes = text.slice(span.range());
        (2..=5).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_digit)
    };
    let mut server = Vec::new();
    let mut port = given(&program.port);
    if let Some(host) = given(&program.host).filter(|host| !host.is_empty()) {
        let range = host.range();
        let colon = memchr::memrchr(b':', text.slice(range.clone()));
        let behind = colon.map(|colon| Span::new(range.start + colon + 1, range.end));
        let end = match behind.filter(|span| is_port(*span)) {
            Some(span) => {
                port = port.or(Some(span));
                span.range().start - 1
            }
            None => range.end,
        };
        server.push(("host", Span::new(range.start, end)));
    }
    server.extend(
        port.filter(|port| is_port(*port))
            .map(|port| ("port", port)),
    );
    server
}

/// The value that `word`, if it is one of `options`, gives: behind `=`, glued to a short one, or the next word.
fn value_of(text: &Text<'_>, options: &[Str], word: Span, next: Option<Span>) -> Option<Span> {
    let bytes = text.slice(word.range());
    for option in options {
        let Some(rest) = bytes.strip_prefix(option.as_bytes()) else {
            continue;
        };
        let end = word.range().end;
        let glued = option.len() == 2 && option.starts_with('-');
        match rest.first() {
            None => return next,
            Some(b'=') => return Some(unquoted(text, Span::new(end - rest.len() + 1, end))),
            Some(_) if glued => return Some(unquoted(text, Span::new(end - rest.len(), end))),
            Some(_) => {}
        }
    }
    None
}

/// `span` without the quotes around it.
fn unquoted(text: &Text<'_>, span: Span) -> Span {
    match text.slice(span.range()) {
        [b'"', .., b'"'] | [b'\'', .., b'\''] => {
            Span::new(span.range().start + 1, span.range().end - 1)
        }
        _ => span,
    }
}
