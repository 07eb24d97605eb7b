//! Does a password belong to a mail login, and to which host, port and user?
//!
//! The key says so, or its parents, or its siblings: rule 1 of reading SMTP configurations is that a finding needs the
//! password and something of mail in the same block. Only survivors of the cheap tests come here.

use std::borrow::Cow;
use std::ops::Range;

use crate::model::{Confidence, Secret, Span};
use crate::scan::assignment::{self, Assignment, Form};
use crate::scan::candidate::CandidatePart;
use crate::scan::filter::{self, Drop, HostSays};

use super::Text;
use super::role::{self, Address, Role};

/// How far from a password the word `smtp` still says that it is one of mail, where no sibling does. Bytes; nodemailer and
/// PHPMailer blocks with comments measure 300 to 500.
const NEAR: usize = 600;

/// What is known of the login that a password belongs to.
pub struct Login {
    /// How sure.
    pub confidence: Confidence,
    /// Host, port and user, as far as they are literals.
    pub parts: Vec<CandidatePart>,
    /// Whether the host delivers to nobody, so that the login is worth little.
    pub sandbox: bool,
}

impl Login {
    /// Whether host or user are such as only mail has.
    pub fn names_account(&self, text: &Text<'_>) -> bool {
        self.parts.iter().any(|part| {
            let value = text.slice(part.span.range());
            (part.name == "host" && looks_like_mail_host(value))
                || (part.name == "user" && value.contains(&b'@'))
        })
    }
}

/// The login that the assignment `a` belongs to, or why it is none.
pub fn login(text: &Text<'_>, a: &Assignment) -> Result<Login, Drop> {
    let key = text.slice(a.key.range());
    let parents = assignment::parents(text.bytes, a, text.lang);
    let typed = is_mail_name(key)
        || parents
            .names()
            .iter()
            .map(|parent| text.slice(parent.range()))
            .any(|parent| is_mail_name(parent) && !is_test_name(parent));
    let near = is_near(text, a.key.range());
    if !typed
        && !(is_plain_password(key) && (near || text.mail_file || names_host(text, a.key.range())))
    {
        return Err(Drop::NoContext);
    }
    let mut found = siblings(text, a, typed);
    let of = |role| {
        found
            .iter()
            .find(|(r, _)| *r == role)
            .map(|(_, span)| text.slice(span.range()))
    };
    let (host, port, user) = (of(Role::Host), of(Role::Port), of(Role::User));
    let speaks = typed
        || near
        || host.is_some_and(|host| {
            looks_like_mail_host(host) || port.is_some_and(is_submission_port) || text.mail_file
        });
    if !speaks {
        return Err(Drop::NoContext);
    }
    let value = text.slice(a.value.range());
    if user.is_some_and(|user| filter::same_word(value, user)) {
        return Err(Drop::Echo);
    }
    // what is sent with it is an address, by custom
    if user.is_some_and(|user| user.eq_ignore_ascii_case(b"anonymous")) {
        return Err(Drop::Example);
    }
    let is_example = |address: &[u8]| address.contains(&b'@') && filter::is_example_host(address);
    if host.is_none() && user.is_some_and(is_example) && filter::is_weak(value) {
        return Err(Drop::Example);
    }
    let mut confidence = if typed || host.is_some() || user.is_some() {
        Confidence::Medium
    } else {
        Confidence::Low
    };
    if let Some(host) = host {
        let fits = typed
            || looks_like_mail_host(host)
            || port.is_some_and(is_submission_port)
            || is_near_tightly(text, a);
        if !fits {
            return Err(Drop::NoContext);
        }
        match filter::host_says(host, value) {
            HostSays::Nothing => {}
            HostSays::Doubtful => confidence = Confidence::Low,
            HostSays::Harmless(reason) => return Err(reason),
        }
    }
    let sandbox = host.is_some_and(filter::is_sandbox_host);
    found.sort_by_key(|(_, span)| span.start);
    let parts = found
        .into_iter()
        .map(|(role, span)| part(text, role, span))
        .collect();
    Ok(Login {
        confidence,
        parts,
        sandbox,
    })
}

/// Whether a word for a host stands near. Cheap, and false for most passwords in code, which spares reading their siblings.
fn names_host(text: &Text<'_>, at: Range<usize>) -> bool {
    const WORDS: [&[u8]; 8] = [
        b"ost", b"erver", b"ddress", b"elay", b"OST", b"ERVER", b"ADDR", b"machine",
    ];
    let around = text.slice(at.start.saturating_sub(NEAR)..at.end + NEAR);
    WORDS
        .iter()
        .any(|word| memchr::memmem::find(around, word).is_some())
}

/// Whether a name is that of a test, which says what is tried and not what its values are for: `testUserWithoutEmail`.
fn is_test_name(name: &[u8]) -> bool {
    let rest = name.strip_prefix(b"test").and_then(|rest| rest.first());
    rest.is_some_and(|byte| byte.is_ascii_uppercase() || *byte == b'_')
}

/// The ports of mail submission: with TLS, with STARTTLS, and the one that providers add.
fn is_submission_port(port: &[u8]) -> bool {
    [b"465".as_slice(), b"587", b"2525", b"2465", b"2587"].contains(&port)
}

/// A part of a login at a known place.
fn part(text: &Text<'_>, role: Role, span: Span) -> CandidatePart {
    CandidatePart {
        name: Cow::Borrowed(role.name()),
        span,
        value: Secret::new(text.slice(span.range()), 0),
    }
}

/// Whether a key says `password` and no more than whose: one that says of what (`SIGNING_PASSPHRASE`, `db_password`) means another
/// password than that of the mail settings beside it.
fn is_plain_password(key: &[u8]) -> bool {
    const WHOSE: [&[u8]; 23] = [
        b"set",
        b"with",
        b"author",
        b"send",
        b"emailsender",
        b"",
        b"auth",
        b"user",
        b"login",
        b"account",
        b"server",
        b"host",
        b"my",
        b"from",
        b"sender",
        b"app",
        b"service",
        b"client",
        b"relay",
        b"transport",
        b"basic",
        b"net",
        b"credential",
    ];
    let lower = key.to_ascii_lowercase();
    // the password itself, beside a command that prints one
    if lower.ends_with(b".auth.raw") {
        return true;
    }
    let word = [b"passw".as_slice(), b"pass", b"pwd"]
        .into_iter()
        .filter_map(|word| memchr::memmem::rfind(&lower, word))
        .min();
    let whose = &lower[..word.unwrap_or(lower.len())];
    let whose: Vec<u8> = whose
        .iter()
        .copied()
        .filter(u8::is_ascii_alphanumeric)
        .collect();
    WHOSE.contains(&whose.as_slice())
}

/// Whether `smtp` stands near enough to `at` in a text that has no better sign.
pub fn is_near(text: &Text<'_>, at: Range<usize>) -> bool {
    has_mail_word(text, at.start.saturating_sub(NEAR)..at.end + NEAR)
}

/// Whether it stands within a few lines.
fn is_near_tightly(text: &Text<'_>, a: &Assignment) -> bool {
    let at = a.key.range();
    has_mail_word(text, at.start.saturating_sub(NEAR / 3)..at.end + NEAR / 3)
}

fn has_mail_word(text: &Text<'_>, range: Range<usize>) -> bool {
    let first = text.mail.partition_point(|&at| (at as usize) < range.start);
    text.mail
        .get(first)
        .is_some_and(|&at| (at as usize) < range.end)
}

/// A sibling that has a role: which, where its value stands, and how it ranks among those of its role.
struct Found {
    role: Role,
    value: Span,
    /// Whether it is of the same prefix, how well its name says what it is, how near it stands.
    rank: (bool, u8, std::cmp::Reverse<usize>),
}

/// Host, port and user among the siblings of `a`, the best named and nearest of each; of a typed password (`SMTP_PASSWORD`) only
/// the siblings that share its prefix where any do.
fn siblings(text: &Text<'_>, a: &Assignment, typed: bool) -> Vec<(Role, Span)> {
    let mut found: Vec<Found> = Vec::new();
    let mut block = assignment::block(text.bytes, a, text.lang);
    for _ in 0..3 {
        for sibling in assignment::read_all(text.bytes, block.clone(), text.lang) {
            let name = text.slice(sibling.key.range());
            let is_value = matches!(sibling.form, Form::Literal | Form::LookupDefault)
                && !sibling.value.is_empty();
            let Some((role, named)) = role::of(name).filter(|_| is_value && sibling.key != a.key)
            else {
                continue;
            };
            if !role.fits(text.slice(sibling.value.range())) {
                continue;
            }
            let related = !typed || is_mail_name(name) || !is_mail_name(text.slice(a.key.range()));
            let distance = sibling.key.start.abs_diff(a.key.start) as usize;
            let new = Found {
                role,
                value: sibling.value,
                rank: (related, named, std::cmp::Reverse(distance)),
            };
            match found.iter_mut().find(|old| old.role == role) {
                Some(best) if new.rank > best.rank => *best = new,
                Some(_) => {}
                None => found.push(new),
            }
        }
        if found.iter().any(|found| found.role == Role::Host) {
            break;
        }
        match assignment::outer(text.bytes, &block, text.lang) {
            Some(wider) if wider != block && wider.len() <= 2 * NEAR => block = wider,
            _ => break,
        }
    }
    let mut parts: Vec<(Role, Span)> = found
        .iter()
        .map(|found| (found.role, found.value))
        .collect();
    split_host(text, &mut parts, |role| {
        found
            .iter()
            .any(|found| found.role == role && found.rank.1 > 0)
    });
    parts
}

/// Takes port and user out of the value of the host, where they stand there: `h:587`, `smtp://u@h`. What has `own` settings stays.
fn split_host(text: &Text<'_>, parts: &mut Vec<(Role, Span)>, own: impl Fn(Role) -> bool) {
    let Some((_, host)) = parts.iter_mut().find(|(role, _)| *role == Role::Host) else {
        return;
    };
    let start = host.start as usize;
    let address = Address::of(text.slice(host.range()));
    let span = |range: Range<usize>| Span::new(start + range.start, start + range.end);
    *host = span(address.host);
    for (role, range) in [(Role::Port, address.port), (Role::User, address.user)] {
        if let Some(range) = range
            && !own(role)
        {
            parts.retain(|(old, _)| *old != role);
            parts.push((role, span(range)));
        }
    }
}

/// Whether a key speaks of mail: `smtp` anywhere, or `mail` as a word of its own or at a joint.
pub fn is_mail_name(name: &[u8]) -> bool {
    contains(name, b"smtp") || (contains(name, b"mail") && !contains(name, b"mailchimp"))
}

fn contains(name: &[u8], word: &[u8]) -> bool {
    name.windows(word.len())
        .any(|window| window.eq_ignore_ascii_case(word))
}

/// Names of hosts that take mail: `smtp.`, `mail.`, `mx`, and the relays of providers.
fn looks_like_mail_host(host: &[u8]) -> bool {
    const SIGNS: [&[u8]; 14] = [
        b"smtp",
        b"mail",
        b"mx.",
        b"mx1",
        b"relay",
        b"sendgrid",
        b"postmark",
        b"mandrill",
        b"sparkpost",
        b"mailjet",
        b"brevo",
        b"office365",
        b"outlook",
        b"gmail",
    ];
    SIGNS.iter().any(|sign| contains(host, sign))
}
