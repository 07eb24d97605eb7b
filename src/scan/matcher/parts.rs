//! A secret that is a part of a value, and what stands beside it: the rest of a URL or connection string, and the names in the same
//! dotenv file.

use std::borrow::Cow;

use crate::model::{Secret, Span};
use crate::rules::Assignment as Rule;
use crate::scan::assignment::{self, Assignment};
use crate::scan::candidate::CandidatePart;
use crate::scan::filter::{self, Drop, HostSays};

use super::{Compiled, Slot, Text};

/// Whether the shape of the rule's values says which part of them is the secret.
pub fn names_secret(rule: &Rule) -> bool {
    rule.shape.contains("(?P<secret>")
}

/// The secret in a value, and its companions, as the groups of the rule's shape name them.
pub fn named(
    compiled: &Compiled,
    text: &Text<'_>,
    value: Span,
) -> Option<(Span, Vec<CandidatePart>)> {
    let regex = compiled.regex(Slot::Value)?;
    let groups = regex.captures(text.slice(value.range()))?;
    let start = value.start as usize;
    let span =
        |found: regex::bytes::Match<'_>| Span::new(start + found.start(), start + found.end());
    let secret = span(groups.name("secret")?);
    let parts = regex.capture_names().flatten().filter_map(|name| {
        let found = groups
            .name(name)
            .filter(|found| name != "secret" && !found.is_empty())?;
        Some(CandidatePart {
            name: Cow::Owned(name.to_owned()),
            span: span(found),
            value: Secret::new(found.as_bytes(), 0),
        })
    });
    Some((secret, parts.collect()))
}

/// What user and host in `parts` say of the password `value`. A weak one for a host that has no domain is that of a container, one
/// that repeats its user that of a sample.
pub fn login_says(parts: &[CandidatePart], text: &Text<'_>, value: &[u8]) -> HostSays {
    let of = |name: &str| {
        let part = parts.iter().find(|part| part.name == name)?;
        Some(text.slice(part.span.range()))
    };
    if of("user").is_some_and(|user| filter::same_word(value, user)) {
        return HostSays::Harmless(Drop::Echo);
    }
    let Some(host) = of("host") else {
        return HostSays::Nothing;
    };
    let near = filter::is_local_host(host) || !host.contains(&b'.');
    match filter::host_says(host, value) {
        _ if near && filter::is_weak(value) => HostSays::Harmless(Drop::LocalHost),
        _ if filter::is_local_host(host) => HostSays::Doubtful,
        said => said,
    }
}

/// Whether `value` is that of a user, a database or a host beside it, or the first word of one: `POSTGRES_USER=shop`,
/// `POSTGRES_PASSWORD=shop`. Containers come with such logins.
pub fn repeats_name(text: &Text<'_>, found: &Assignment, value: &[u8]) -> bool {
    const NAMES: [&[u8]; 6] = [b"user", b"name", b"db", b"database", b"host", b"login"];
    let block = assignment::block(text.bytes, found, text.lang);
    assignment::read_all(text.bytes, block, text.lang).any(|other| {
        let key = text.slice(other.key.range()).to_ascii_lowercase();
        other.key != found.key
            && text.slice(other.value.range()).starts_with(value)
            && key
                .split(|b| *b == b'_')
                .any(|word| NAMES.iter().any(|name| word.ends_with(name)))
    })
}
