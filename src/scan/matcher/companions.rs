//! What stands beside a password: the host, the port and the user of its login.
//!
//! Three places are looked at: the siblings in its block and the blocks around that, calls near it whose arguments are known by
//! their places, and at last settings near it whose values say by themselves what they are. Of several candidates for a role the
//! best is taken. Whether all of that makes a login of mail is for [`super::mail`].

use std::cmp::Reverse;
use std::ops::Range;

use crate::model::Span;
use crate::rules::Call;
use crate::scan::assignment::{self, Arg, Assignment, Form, Lang};

use super::Text;
use super::mail::{NEAR, is_mail_name, is_submission_port, looks_like_mail_host};
use super::role::{self, Address, Role};

/// A value with a role.
#[derive(Clone, Copy, Debug)]
pub struct Companion {
    /// What it is.
    pub role: Role,
    /// Where it stands.
    pub span: Span,
    /// Whether it is a sibling of the password, rather than an argument or a setting somewhere near.
    pub sibling: bool,
}

/// How many blocks around the first one are looked at: a host may stand outside of an anonymous class within a call.
const BLOCKS: usize = 5;

/// The values gathered so far, the best of each role.
struct Found {
    best: Vec<(Companion, Fit)>,
    /// Where the password's key or call stands.
    at: usize,
}

/// How well a candidate fits its role, what weighs most first: whether its key speaks of mail where the password's does, whether
/// that key is one for this role and no other, whether it is a sibling of the password, whether the value is typical of the role,
/// and how near it is.
type Fit = ([bool; 4], Reverse<usize>);

impl Found {
    fn offer(&mut self, companion: Companion, named: (bool, bool), typical: bool) {
        let (related, named) = named;
        let distance = (companion.span.start as usize).abs_diff(self.at);
        let fit = (
            [related, named, companion.sibling, typical],
            Reverse(distance),
        );
        match self
            .best
            .iter_mut()
            .find(|(best, _)| best.role == companion.role)
        {
            Some(best) if fit > best.1 => *best = (companion, fit),
            Some(_) => {}
            None => self.best.push((companion, fit)),
        }
    }

    fn has(&self, role: Role) -> bool {
        self.best.iter().any(|(best, _)| best.role == role)
    }

    /// Offers a host, which may be written with scheme, user and port: `ssl://smtp.harbor.io:465`.
    fn offer_host(&mut self, text: &Text<'_>, span: Span, sibling: bool, named: (bool, bool)) {
        let address = Address::of(text.slice(span.range()));
        let start = span.range().start;
        let companion = |role, range: Range<usize>| Companion {
            role,
            span: Span::new(start + range.start, start + range.end),
            sibling,
        };
        let host = companion(Role::Host, address.host);
        let value = text.slice(host.span.range());
        if !Role::Host.fits(value) {
            return;
        }
        self.offer(host, named, looks_like_mail_host(value));
        for (role, range) in [(Role::Port, address.port), (Role::User, address.user)] {
            if let Some(range) = range {
                self.offer(companion(role, range), named, true);
            }
        }
    }
}

/// The companions of the password that `a` gives, in the order of their places. Of a `typed` password (`SMTP_PASSWORD`) siblings
/// that speak of mail as well come first. `calls` are those whose arguments the rule knows.
pub fn of(text: &Text<'_>, calls: &[Call], a: &Assignment, typed: bool) -> Vec<Companion> {
    let mut found = Found {
        best: Vec::new(),
        at: a.key.start as usize,
    };
    siblings(text, a, typed, &mut found);
    let at = a.key.range();
    let near = at.start.saturating_sub(NEAR)..(at.end + NEAR).min(text.bytes.len());
    arguments(text, calls, near.clone(), &mut found);
    if !found.has(Role::Host) || !found.has(Role::Port) {
        settings(text, a, near, &mut found);
    }
    let is_secret = |span: Span| span.overlaps(a.value);
    let mut companions: Vec<Companion> = found
        .best
        .into_iter()
        .map(|(companion, _)| companion)
        .filter(|companion| !is_secret(companion.span))
        .collect();
    companions.sort_by_key(|companion| companion.span.start);
    companions
}

/// Offers the siblings of `a`, and those of the blocks around it until one holds a host.
fn siblings(text: &Text<'_>, a: &Assignment, typed: bool, found: &mut Found) {
    let mut block = assignment::block(text.bytes, a, text.lang);
    for _ in 0..BLOCKS {
        for sibling in assignment::read_all(text.bytes, block.clone(), text.lang) {
            let name = text.slice(sibling.key.range());
            let Some((role, strength)) =
                role::of(name).filter(|_| is_value(&sibling) && sibling.key != a.key)
            else {
                continue;
            };
            if is_of_other_call(text, sibling.key.range().start, a.key.range().start) {
                continue;
            }
            let related = !typed || is_mail_name(name) || !is_mail_name(text.slice(a.key.range()));
            let named = (related, strength > 0);
            let value = text.slice(sibling.value.range());
            if role == Role::Host {
                found.offer_host(text, sibling.value, true, named);
            } else if role.fits(value) {
                let companion = Companion {
                    role,
                    span: sibling.value,
                    sibling: true,
                };
                found.offer(companion, named, role == Role::Port && is_mail_port(value));
            }
        }
        if found.has(Role::Host) {
            break;
        }
        match assignment::outer(text.bytes, &block, text.lang) {
            Some(wider) if wider != block && wider.len() <= 2 * NEAR => block = wider,
            _ => break,
        }
    }
}

/// Whether the setting at `key` is an argument of a call that ends before the password at `at`: `connect(host="db", …)`.
fn is_of_other_call(text: &Text<'_>, key: usize, at: usize) -> bool {
    if text.lang != Lang::Python || key >= at {
        return false;
    }
    let mut depth = 0_i32;
    text.slice(key..at).iter().any(|byte| {
        depth += match byte {
            b'(' => 1,
            b')' => -1,
            _ => 0,
        };
        depth < 0
    })
}

fn is_value(a: &Assignment) -> bool {
    matches!(a.form, Form::Literal | Form::LookupDefault) && !a.value.is_empty()
}

/// Offers the arguments of calls in `near`: those that the rule knows, and such as connect to a host.
fn arguments(text: &Text<'_>, calls: &[Call], near: Range<usize>, found: &mut Found) {
    let offer = |found: &mut Found, role, span: Span| {
        found.offer(
            Companion {
                role,
                span,
                sibling: false,
            },
            (true, true),
            true,
        );
    };
    let opens = memchr::memchr_iter(b'(', &text.bytes[near.clone()]);
    for open in opens.map(|gap| near.start + gap) {
        let callee = callee(&text.bytes[..open]);
        if let Some(call) = calls
            .iter()
            .find(|call| is_call_of(&text.bytes[..open], call))
        {
            let args = positional(text, open + 1);
            let places = Places::of(text, call, &args);
            if let Some(host) = places.host {
                found.offer_host(text, host, false, (true, true));
            }
            if let Some(port) = places.port {
                offer(found, Role::Port, port);
            }
            if let Some(user) = places.user {
                offer(found, Role::User, user);
            }
        } else if connects(callee) {
            let args = positional(text, open + 1);
            let port = args
                .get(1)
                .and_then(literal)
                .filter(|port| is_number(text.slice(port.range())));
            let Some(host) = args.first().and_then(literal) else {
                if let Some(port) = port.filter(|port| is_mail_port(text.slice(port.range()))) {
                    offer(found, Role::Port, port);
                }
                continue;
            };
            let address = Address::of(text.slice(host.range()));
            let name = &text.slice(host.range())[address.host];
            if is_domain(name)
                && (looks_like_mail_host(name) || port.is_some() || address.port.is_some())
            {
                found.offer_host(text, host, false, (true, true));
                if let Some(port) = port {
                    offer(found, Role::Port, port);
                }
            }
        }
    }
    if text.lang == Lang::PowerShell
        && let Some(user) = credential_user(text, near)
    {
        offer(found, Role::User, user);
    }
}

/// Where the parts of a login stand among the arguments of a known call, as far as they are literals.
pub struct Places {
    /// The password.
    pub password: Option<Span>,
    host: Option<Span>,
    port: Option<Span>,
    user: Option<Span>,
}

impl Places {
    /// The places in `args`, which are those given by position. Where the call has a form with a port behind the host, all that
    /// follows is one place further: `connect(host, user, password)`, `connect(host, port, user, password)`.
    pub fn of(text: &Text<'_>, call: &Call, args: &[Arg]) -> Self {
        let at = |place: u8| args.get(usize::from(place)).and_then(literal);
        let extra = call
            .host
            .filter(|_| call.port.is_none())
            .map(|host| host + 1)
            .filter(|&port| at(port).is_some_and(|span| is_number(text.slice(span.range()))));
        let shifted = |place: u8| at(place + u8::from(extra.is_some_and(|port| place >= port)));
        // a mechanism or an encoding may come first: `login(AUTH_LOGIN, user, password)`
        let first = args.first().is_some_and(|arg| arg.form == Form::Expression);
        let pair = (call.user, call.password) == (Some(0), 1);
        if pair && first && args.len() == 3 && at(2).is_some() {
            return Self {
                password: at(2),
                host: None,
                port: None,
                user: at(1),
            };
        }
        Self {
            password: shifted(call.password),
            host: call.host.and_then(at),
            port: call.port.or(extra).and_then(at),
            user: call.user.and_then(shifted),
        }
    }

    /// The user.
    pub fn user(&self) -> Option<Span> {
        self.user
    }
}

/// The password among the arguments that are given by name to the call whose first one starts at `open`.
pub fn secret(text: &Text<'_>, open: usize) -> Option<Span> {
    let args = assignment::call_args(text.bytes, open, text.lang);
    let named = args.iter().find(|arg| {
        arg.name
            .is_some_and(|name| text.slice(name.range()) == b"secret")
    })?;
    literal(named)
}

/// The arguments by position of the call whose first one starts at `open`.
pub fn positional(text: &Text<'_>, open: usize) -> Vec<Arg> {
    let mut args = assignment::call_args(text.bytes, open, text.lang);
    args.retain(|arg| arg.name.is_none());
    args
}

fn literal(arg: &Arg) -> Option<Span> {
    (matches!(arg.form, Form::Literal | Form::LookupDefault) && !arg.value.is_empty())
        .then_some(arg.value)
}

/// The name of what is called, where `before` ends at the opening parenthesis.
fn callee(before: &[u8]) -> &[u8] {
    const LONGEST: usize = 64;
    let word = before
        .iter()
        .rev()
        .take(LONGEST)
        .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
        .count();
    &before[before.len() - word..]
}

fn is_call_of(before: &[u8], call: &Call) -> bool {
    let name = call.name.as_bytes();
    before.ends_with(name.strip_suffix(b"(").unwrap_or(name))
}

/// Whether what is called takes the host that is connected to as its first argument: `SMTP(`, `SmtpClient(`, `.Connect(`, `relay(`.
fn connects(callee: &[u8]) -> bool {
    const WORDS: [&[u8]; 8] = [
        b"smtp",
        b"connect",
        b"relay",
        b"client",
        b"transport",
        b"newinstance",
        b"send",
        b"dial",
    ];
    WORDS.iter().any(|word| {
        callee
            .windows(word.len())
            .any(|window| window.eq_ignore_ascii_case(word))
    })
}

/// The user of a PowerShell credential: `PSCredential ("user", $secure)`, `PSCredential -ArgumentList "user", $secure`.
fn credential_user(text: &Text<'_>, near: Range<usize>) -> Option<Span> {
    const NAME: &[u8] = b"PSCredential";
    let name = text.bytes[near.clone()]
        .windows(NAME.len())
        .position(|word| word.eq_ignore_ascii_case(NAME))?;
    let mut at = near.start + name + NAME.len();
    for lead in [
        b"]::new".as_slice(),
        b" ",
        b"-ArgumentList",
        b" ",
        b"@",
        b"(",
    ] {
        if text.bytes[at..].starts_with(lead) {
            at += lead.len();
        }
    }
    positional(text, at).first().and_then(literal)
}

/// Offers settings in `near` whose values cannot be anything else than the host and the port of a mail server.
fn settings(text: &Text<'_>, a: &Assignment, near: Range<usize>, found: &mut Found) {
    for other in assignment::read_all(text.bytes, near, text.lang) {
        let role = role::of(text.slice(other.key.range()));
        let Some((role, _)) = role.filter(|_| is_value(&other) && other.key != a.key) else {
            continue;
        };
        let value = text.slice(other.value.range());
        match role {
            Role::Host if looks_like_mail_host(value) && value.contains(&b'.') => {
                found.offer_host(text, other.value, false, (false, false));
            }
            Role::Port if is_mail_port(value) => found.offer(
                Companion {
                    role,
                    span: other.value,
                    sibling: false,
                },
                (false, false),
                true,
            ),
            _ => {}
        }
    }
}

fn is_number(value: &[u8]) -> bool {
    (1..=5).contains(&value.len()) && value.iter().all(u8::is_ascii_digit)
}

fn is_mail_port(value: &[u8]) -> bool {
    value == b"25" || is_submission_port(value)
}

/// Whether a value is a name of several labels or an address, and not that of a file.
fn is_domain(value: &[u8]) -> bool {
    const FILES: [&[u8]; 6] = [b"php", b"html", b"txt", b"json", b"sock", b"xml"];
    let last = value.rsplit(|b| *b == b'.').next().unwrap_or_default();
    value.contains(&b'.')
        && value
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"-.".contains(b))
        && !last.is_empty()
        && !FILES.contains(&last)
}
