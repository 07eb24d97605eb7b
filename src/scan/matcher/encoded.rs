//! Logins that go over the wire in base64: HTTP's basic authentication, and SASL in transcripts of mail sessions.
//!
//! A transcript is read by lines: what the server asks, what the client answers, whatever the program that wrote it down puts
//! before them. Judges nothing by itself; commands that are typed are `command`'s.

use std::borrow::Cow;
use std::ops::Range;

use regex::bytes::Captures;

use crate::model::{Encoding, Secret, Span};
use crate::rules::{Encoded, EncodedForm, ValueKind};
use crate::scan::candidate::{Candidate, CandidatePart, Decisions};
use crate::scan::filter::{self, About, Drop, HostSays};
use crate::scan::view::{self, Map, Opening, View};

use super::{Compiled, Slot, Text};

/// Longest base64 of a login, bytes.
const LONGEST: usize = 512;

/// Lines of a transcript in which the answers follow.
const LINES: usize = 16;

/// A value in base64 that was read: what it says, and where its bytes stand in the text.
struct Decoded {
    /// Where the digits stand, with their padding.
    digits: Range<usize>,
    view: View,
}

impl Decoded {
    /// What stands at `range` as it is, not encoded yet.
    fn written(bytes: &[u8], range: Range<usize>) -> Self {
        let mut view = View::new(Encoding::Base64);
        view.bytes.extend_from_slice(&bytes[range.clone()]);
        view.map = Map::identity();
        Self {
            digits: range,
            view,
        }
    }

    /// Decodes the digits at `digits`; `None` where they are none.
    fn read(bytes: &[u8], digits: Range<usize>) -> Option<Self> {
        let word = bytes.get(digits.clone())?;
        let whole = word.len().is_multiple_of(4) || !word.contains(&b'=');
        if word.len() > LONGEST || !whole || word.len() % 4 == 1 {
            return None;
        }
        let opening = Opening {
            encoding: Encoding::Base64,
            phase: 0,
        };
        let view = view::open(word, 0..word.len().min(4), opening)?;
        Some(Self { digits, view })
    }

    /// Where `part` of what was decoded stands.
    fn span(&self, part: Range<usize>) -> Span {
        self.view
            .map
            .span(Span::new(part.start, part.end))
            .shifted(self.digits.start)
    }

    /// All of it, if it is a word that a person could have typed, without the line break that `echo` adds.
    fn word(&self) -> Option<Range<usize>> {
        let bytes = self.view.bytes.trim_ascii_end();
        is_word(bytes).then_some(0..bytes.len())
    }

    fn bytes(&self, part: Range<usize>) -> &[u8] {
        &self.view.bytes[part]
    }
}

/// Whether `bytes` may be a user or a password: text without control characters.
fn is_word(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && !bytes.iter().any(u8::is_ascii_control)
        && std::str::from_utf8(bytes).is_ok()
}

/// User and password, each in what it was read from.
struct Login {
    user: (Decoded, Range<usize>),
    /// `None` where both were packed together.
    apart: Option<Decoded>,
    password: Range<usize>,
    /// Whether it stands there as it is: a program encodes it before it is sent.
    written: bool,
}

impl Login {
    /// What the password was read from.
    fn source(&self) -> &Decoded {
        self.apart.as_ref().unwrap_or(&self.user.0)
    }
}

/// Judges the anchor `at`.
pub fn judge(
    compiled: &Compiled,
    rule: &Encoded,
    text: &Text<'_>,
    at: Range<usize>,
    out: &mut Decisions,
) {
    let reach = compiled.rule.reach;
    let window = text.around(at.clone(), reach.before, reach.after);
    let login = match rule.form {
        EncodedForm::Sasl => sasl(text, &at, &window),
        EncodedForm::Basic => {
            basic(text, at.end, window.end).or_else(|| written(text, at.end, window.end))
        }
    };
    let Some(login) = login else {
        return;
    };
    let host = host(compiled, text, &at, &window);
    if rule.form == EncodedForm::Basic && host.is_none() {
        return out.drop(compiled.ix, Drop::NoContext);
    }
    let user = login.user.0.bytes(login.user.1.clone());
    let password = login.source().bytes(login.password.clone());
    let about = About {
        kind: ValueKind::Password,
        key: user,
        min_entropy: 0.0,
    };
    if let Some(reason) = filter::judge(password, about) {
        return out.drop(compiled.ix, reason);
    }
    let mut confidence = compiled.rule.confidence;
    let mut parts = Vec::new();
    for (name, span) in host.into_iter().flatten() {
        if name == "host" {
            match filter::host_says(text.slice(span.range()), password) {
                HostSays::Nothing => {}
                HostSays::Doubtful => confidence = crate::model::Confidence::Low,
                HostSays::Harmless(reason) => return out.drop(compiled.ix, reason),
            }
        }
        parts.push(part(name, span, text.slice(span.range())));
    }
    let known = parts.iter().any(|part| part.name == "host");
    if is_example(user, password, known) {
        return out.drop(compiled.ix, Drop::Example);
    }
    if !user.is_empty() {
        let span = login.user.0.span(login.user.1.clone());
        parts.push(part("user", span, user));
    }
    let source = login.source();
    let secret = source.span(login.password.clone());
    out.candidates.push(Candidate {
        parts,
        confidence,
        mask: Span::new(source.digits.start, source.digits.end),
        encodings: if login.written {
            Vec::new()
        } else {
            vec![Encoding::Base64]
        },
        ..compiled.candidate(secret, Secret::new(password, 0))
    });
}

/// Whether a login is one of documentation or of a test: a weak password of a user at a host that only examples have, or, where no
/// host is `known`, of one who is called a test.
pub(super) fn is_example(user: &[u8], password: &[u8], known: bool) -> bool {
    let at = memchr::memchr(b'@', user).map(|at| &user[at + 1..]);
    let elsewhere =
        at.is_some_and(|host| filter::is_example_host(host) || filter::is_local_host(host));
    let tests = user
        .get(..4)
        .is_some_and(|word| word.eq_ignore_ascii_case(b"test"));
    filter::is_weak(password) && (elsewhere || (tests && !known))
}

fn part(name: &'static str, span: Span, value: &[u8]) -> CandidatePart {
    CandidatePart {
        name: Cow::Borrowed(name),
        span,
        value: Secret::new(value, 0),
    }
}

/// Host and port that the rule's pattern finds nearest to the anchor, before it first.
fn host(
    compiled: &Compiled,
    text: &Text<'_>,
    at: &Range<usize>,
    window: &Range<usize>,
) -> Option<impl Iterator<Item = (&'static str, Span)>> {
    let regex = compiled.regex(Slot::Main)?;
    let before = regex.captures_iter(text.slice(window.start..at.start));
    let (from, found) = before
        .last()
        .map(|found| (window.start, found))
        .or_else(|| {
            let behind = regex.captures(text.slice(at.end..window.end));
            behind.map(|found| (at.end, found))
        })?;
    Some(named(&found, from))
}

/// The groups `host` and `port` of a match in a text that begins at `from`.
pub(super) fn named(
    found: &Captures<'_>,
    from: usize,
) -> impl Iterator<Item = (&'static str, Span)> + use<> {
    let span = |name| {
        let group = found.name(name)?;
        Some((name, Span::new(from + group.start(), from + group.end())))
    };
    [span("host"), span("port")].into_iter().flatten()
}

/// `user:password` behind `Basic `.
fn basic(text: &Text<'_>, from: usize, end: usize) -> Option<Login> {
    let digits = digits_at(text.bytes, from, end);
    let decoded = Decoded::read(text.bytes, digits)?;
    let word = decoded.word()?;
    let colon = memchr::memchr(b':', decoded.bytes(word.clone()))?;
    Some(Login {
        user: (decoded, 0..colon),
        apart: None,
        password: colon + 1..word.end,
        written: false,
    })
}

/// Longest stretch between `Basic ` and the text that is encoded for it, bytes.
const LONGEST_CALL: usize = 96;

/// `user:password` that is not encoded yet: right behind `Basic `, where somebody took the documentation at its word, or the text that
/// a call on the same line encodes: `"Basic " + btoa("user:password")`.
fn written(text: &Text<'_>, from: usize, end: usize) -> Option<Login> {
    let line = text.slice(from..end.min(from + LONGEST_CALL + LONGEST));
    let line = line.split(|b| *b == b'\n').next().unwrap_or_default();
    let word = line
        .iter()
        .take_while(|b| !b.is_ascii_whitespace() && !b"\"'`<>\\,;".contains(b))
        .count();
    let range = if line[..word].contains(&b':') && !line[..word].contains(&b'(') {
        0..word
    } else {
        encoded_text(line)?
    };
    let colon = memchr::memchr(b':', &line[range.clone()])?;
    let length = range.len();
    let whole = Decoded::written(text.bytes, from + range.start..from + range.end);
    whole.word()?;
    Some(Login {
        user: (whole, 0..colon),
        apart: None,
        password: colon + 1..length,
        written: true,
    })
}

/// Where the text stands that the first call on `line` encodes.
fn encoded_text(line: &[u8]) -> Option<Range<usize>> {
    const ENCODERS: [&[u8]; 4] = [b"64", b"btoa", b"Buffer", b"buffer"];
    let open = line
        .windows(2)
        .take(LONGEST_CALL)
        .position(|two| two[0] == b'(' && b"\"'`bu@$".contains(&two[1]))?;
    let quote = open + 1 + usize::from(!b"\"'`".contains(&line[open + 1]));
    let mark = *line.get(quote).filter(|b| b"\"'`".contains(b))?;
    let encodes = |word: &&[u8]| memchr::memmem::find(&line[..open], word).is_some();
    if !ENCODERS.iter().any(encodes) {
        return None;
    }
    let length = memchr::memchr(mark, line.get(quote + 1..)?)?;
    Some(quote + 1..quote + 1 + length)
}

/// The login that begins with the command `at`.
fn sasl(text: &Text<'_>, at: &Range<usize>, window: &Range<usize>) -> Option<Login> {
    // what a server offers: `250-AUTH PLAIN LOGIN`
    let command = text.slice(at.start.saturating_sub(4).max(window.start)..at.start);
    if command.windows(3).any(|reply| reply == b"250") {
        return None;
    }
    let plain = text
        .slice(at.clone())
        .to_ascii_lowercase()
        .ends_with(b"plain");
    let mut answers = Answers {
        bytes: &text.bytes[..window.end],
        at: at.end,
        lines: 0,
    };
    if plain {
        return packed(answers.next()?);
    }
    let user = answers.next()?;
    let password = answers.next()?;
    let name = user.word()?;
    let word = password.word()?;
    Some(Login {
        user: (user, name),
        apart: Some(password),
        password: word,
        written: false,
    })
}

/// What `AUTH PLAIN` sends: on whose behalf, who, the password, with a NUL between them.
fn packed(decoded: Decoded) -> Option<Login> {
    let bytes = decoded.view.bytes.trim_ascii_end();
    let user = memchr::memchr(0, bytes)? + 1;
    let password = user + memchr::memchr(0, &bytes[user..])? + 1;
    let (user, password) = (user..password - 1, password..bytes.len());
    if !is_word(&bytes[user.clone()]) || !is_word(&bytes[password.clone()]) {
        return None;
    }
    Some(Login {
        user: (decoded, user),
        apart: None,
        password,
        written: false,
    })
}

/// What a client sends after the command that begins a login, line by line.
struct Answers<'t> {
    bytes: &'t [u8],
    at: usize,
    lines: usize,
}

impl Iterator for Answers<'_> {
    type Item = Decoded;

    fn next(&mut self) -> Option<Decoded> {
        while self.lines < LINES && self.at < self.bytes.len() {
            let line = self.at..line_end(self.bytes, self.at);
            // the rest of the command's own line is the client's
            let first = self.lines == 0;
            self.lines += 1;
            self.at = after_break(self.bytes, line.end);
            let cut = line.end == self.bytes.len();
            let words = &self.bytes[line.clone()];
            if first {
                let digits = digits_at(self.bytes, line.start, line.end);
                if digits.is_empty() {
                    continue;
                }
                return Decoded::read(self.bytes, digits).filter(|_| !cut || self.at >= line.end);
            }
            if has_reply(
                words,
                &[b"235", b"535", b"534", b"454", b"501", b"504", b"221"],
            ) {
                return None;
            }
            if has_reply(words, &[b"334", b"250"]) {
                continue;
            }
            let answer = last_word(words)
                .map(|word| line.start + word.start..line.start + word.end)
                .and_then(|digits| Decoded::read(self.bytes, digits))
                .filter(|answer| answer.view.bytes.last() != Some(&b':'))
                .filter(|answer| std::str::from_utf8(&answer.view.bytes).is_ok());
            if answer.is_some() {
                return answer;
            }
        }
        None
    }
}

/// Where the line ends that goes on at `at`: at a break, or at one that is written out as in a string.
fn line_end(bytes: &[u8], at: usize) -> usize {
    let mut from = at;
    while let Some(gap) = memchr::memchr3(b'\n', b'\\', b'"', &bytes[from..]) {
        let found = from + gap;
        let written = matches!(bytes.get(found + 1), Some(b'r' | b'n' | b'\\'));
        // the next string of a list is a line of its own
        let listed = bytes[found] == b'"' && bytes.get(found + 1) == Some(&b',');
        if bytes[found] == b'\n' || listed || bytes[found] == b'\\' && written {
            return found;
        }
        from = found + 1;
    }
    bytes.len()
}

/// The start of the line behind the break at `at`.
fn after_break(bytes: &[u8], at: usize) -> usize {
    if bytes.get(at) != Some(&b'\\') {
        return (at + 1).min(bytes.len());
    }
    let slashes = bytes[at..].iter().take_while(|b| **b == b'\\').count();
    let letter = usize::from(matches!(bytes.get(at + slashes), Some(b'r' | b'n')));
    at + slashes + letter
}

fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// The run of digits with its padding behind blanks at `from`; empty where none is, or where it is glued to something.
fn digits_at(bytes: &[u8], from: usize, end: usize) -> Range<usize> {
    let rest = &bytes[from.min(end)..end];
    let blank = rest.iter().take_while(|b| **b == b' ').count();
    let digits = rest[blank..].iter().take_while(|b| is_digit(**b)).count();
    let padding = rest[blank + digits..]
        .iter()
        .take(2)
        .take_while(|b| **b == b'=')
        .count();
    let start = from + blank;
    let stop = start + digits + padding;
    if digits < 4 || bytes.get(stop).is_some_and(|b| !may_follow(*b)) {
        return start..start;
    }
    start..stop
}

/// Whether a byte may stand behind a value in base64.
fn may_follow(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b"\"'`\\<>,;)]}&|".contains(&byte)
}

/// The last word of a line that has the shape of base64, if nothing but marks follows it.
fn last_word(line: &[u8]) -> Option<Range<usize>> {
    let mut end = line.len();
    while end > 0 && !is_digit(line[end - 1]) && line[end - 1] != b'=' {
        end -= 1;
    }
    // a break in HTML ends the line
    let tag = line[..end]
        .strip_suffix(b"<br")
        .or_else(|| line[..end].strip_suffix(b"<br /"))
        .or_else(|| line[..end].strip_suffix(b"<br/"));
    if let Some(before) = tag {
        end = before.trim_ascii_end().len();
    }
    let padding = line[..end]
        .iter()
        .rev()
        .take(2)
        .take_while(|b| **b == b'=')
        .count();
    let digits = line[..end - padding]
        .iter()
        .rev()
        .take_while(|b| is_digit(**b))
        .count();
    let start = end - padding - digits;
    let free =
        start == 0 || line[start - 1].is_ascii_whitespace() || b"'\"`>:".contains(&line[start - 1]);
    (digits >= 2 && digits + padding >= 4 && free).then_some(start..end)
}

/// Whether one of `codes` stands in a line as a word of its own: a server's reply.
fn has_reply(line: &[u8], codes: &[&[u8]]) -> bool {
    let bounded =
        |at: Option<&u8>| at.is_none_or(|b| !b.is_ascii_alphanumeric() && !b"+/=.".contains(b));
    line.windows(3).enumerate().any(|(at, word)| {
        codes.contains(&word)
            && bounded(at.checked_sub(1).and_then(|at| line.get(at)))
            && line
                .get(at + 3)
                .is_none_or(|b| b.is_ascii_whitespace() || b"-)".contains(b))
    })
}
