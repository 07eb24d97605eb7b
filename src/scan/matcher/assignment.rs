//! Assignments: a value given to a key that says what it is, or passed to a call that does.

use std::borrow::Cow;
use std::ops::Range;

use crate::model::{Confidence, Encoding, Secret, Severity, Span};
use crate::rules::{Assignment as Rule, Call, Context};
use crate::scan::assignment::{self, Assignment, Form, Lang, Quoting, Syntax};
use crate::scan::candidate::{Candidate, CandidatePart, Decisions};
use crate::scan::filter::{self, About, Drop, HostSays};

use super::companions::{self, Places};
use super::{Compiled, Slot, Text, composed, mail, manifest, other, parts, stored, table};

/// Judges the anchor `at`: the key it stands in, or the call it names.
pub fn judge(
    compiled: &Compiled,
    rule: &Rule,
    text: &Text<'_>,
    at: Range<usize>,
    out: &mut Decisions,
) {
    if let Some(call) = rule
        .calls
        .iter()
        .find(|call| text.bytes[at.start..].starts_with(call.name.as_bytes()))
    {
        let name = at.start..at.start + call.name.len();
        judge_call(compiled, rule, call, text, name, out);
    }
    if rule.keys.is_empty() {
        return;
    }
    match assignment::read_at(text.bytes, at.start, text.lang) {
        Some(found)
            if found.form != Form::Expression || composed::value(text, &found).is_some() =>
        {
            judge_assignment(compiled, rule, text, &found, out);
        }
        _ if gives_value(text, at.start)
            && (matches!(text.lang, Lang::Text | Lang::Unknown) || in_comment(text, at.start)) =>
        {
            judge_note(compiled, rule, text, at.start, out);
        }
        _ => {}
    }
}

/// Bytes that may stand on a line before a key that begins it: indentation, bullets, comment signs.
const LONGEST_MARGIN: usize = 64;

/// Words before `password` that only say whose it is: `SMTP password: …`.
const NAMES_OF_MAIL: [&[u8]; 5] = [b"smtp", b"e-mail", b"email", b"mail", b"mailbox"];

/// Whether a sign follows the word at `at` that a value may follow. Asked first: most words in prose and comments have none.
fn gives_value(text: &Text<'_>, at: usize) -> bool {
    const LONGEST: usize = 96;
    let rest = text.slice(at..at + LONGEST);
    let word = rest
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || b"_-. \t*`\"'".contains(b) || **b >= 0x80)
        .count();
    rest.get(word).is_some_and(|b| b":=|".contains(b))
}

/// Whether nothing but a comment stands on the line of `at`, as far as its sign tells: what it says is text in every language.
fn in_comment(text: &Text<'_>, at: usize) -> bool {
    const SIGNS: [&[u8]; 6] = [b"#", b"//", b"* ", b"--", b";", b"<!--"];
    let lead = text.slice(at.saturating_sub(LONGEST_MARGIN)..at);
    let line = memchr::memrchr(b'\n', lead).map_or(lead, |at| &lead[at + 1..]);
    let line = line.trim_ascii_start();
    SIGNS.iter().any(|sign| line.starts_with(sign))
}

/// Judges `Password: value` in plain text, in comments and in fenced blocks of a document, where it may as well be prose: it counts when it
/// stands on a line of its own beside a mail host or an address.
fn judge_note(compiled: &Compiled, rule: &Rule, text: &Text<'_>, at: usize, out: &mut Decisions) {
    if rule.context != Context::Mail
        || !(mail::is_near(text, at..at) || mail::names_host(text, at..at))
    {
        return;
    }
    if let Some(found) = table::row(text.bytes, at) {
        return judge_assignment(compiled, rule, text, &found, out);
    }
    let notes = Text {
        lang: Lang::Yaml,
        ..*text
    };
    let Some(found) = assignment::read_at(text.bytes, at, Lang::Yaml) else {
        return;
    };
    let key = found.key.range();
    let value = text.slice(found.value.range());
    let low = key.start.saturating_sub(LONGEST_MARGIN);
    let line = memchr::memrchr(b'\n', &text.bytes[low..key.start]).map_or(low, |at| low + at + 1);
    let margin = text.slice(line..key.start).trim_ascii_end();
    let margin = NAMES_OF_MAIL
        .iter()
        .find(|name| {
            margin.len() >= name.len()
                && margin[margin.len() - name.len()..].eq_ignore_ascii_case(name)
        })
        .map_or(margin, |name| &margin[..margin.len() - name.len()]);
    let alone = (line > low || low == 0)
        && margin
            .iter()
            .all(|b| !b.is_ascii_alphanumeric() || b.is_ascii_whitespace())
        && !value.iter().any(u8::is_ascii_whitespace)
        && (!value.iter().all(u8::is_ascii_alphabetic) || is_app_password(value));
    if alone
        && found.form == Form::Literal
        && mail::login(&notes, &rule.calls, &found).is_ok_and(|login| login.names_account(&notes))
    {
        judge_assignment(compiled, rule, &notes, &found, out);
    }
}

/// Sixteen lower-case letters, as mailboxes hand them out to programs.
fn is_app_password(value: &[u8]) -> bool {
    value.len() == 16 && value.iter().all(u8::is_ascii_lowercase)
}

/// Judges one assignment that has been read.
pub fn judge_assignment(
    compiled: &Compiled,
    rule: &Rule,
    text: &Text<'_>,
    found: &Assignment,
    out: &mut Decisions,
) {
    let key = text.slice(found.key.range());
    let names = |slot, key: &[u8]| {
        compiled
            .regex(slot)
            .is_some_and(|regex| regex.is_match(key))
    };
    if !names(Slot::Main, key) || names(Slot::Not, whole_word(text, found.key)) {
        return;
    }
    let parents_fit = compiled.regex(Slot::Names).is_none_or(|regex| {
        regex.is_match(key)
            || assignment::parents(text.bytes, found, text.lang)
                .names()
                .iter()
                .any(|parent| regex.is_match(text.slice(parent.range())))
    });
    if !parents_fit {
        return;
    }
    // a part of a value may be literal although another one is looked up
    let has_part = rule.userinfo || parts::names_secret(rule);
    let composed = composed::value(text, found).filter(|_| !has_part);
    match found.form {
        _ if composed.is_some() => {}
        Form::Literal | Form::LookupDefault => {}
        Form::Template if has_part => {}
        Form::Template => return out.drop(compiled.ix, Drop::Template),
        Form::Lookup => return out.drop(compiled.ix, Drop::Reference),
        Form::Empty => return out.drop(compiled.ix, Drop::Empty),
        Form::Expression | Form::Block => return,
    }
    if rule.context == Context::Mail && stored::is_of_others(text, found) {
        return out.drop(compiled.ix, Drop::NoContext);
    }
    if text.translations && is_label(text.slice(found.value.range())) {
        return out.drop(compiled.ix, Drop::Prose);
    }
    if found.syntax == Syntax::Flag && goes_on_as_prose(text, found) {
        return out.drop(compiled.ix, Drop::Prose);
    }
    if is_called_example(text, found) {
        return out.drop(compiled.ix, Drop::Example);
    }
    let mut secret = composed.as_ref().map_or(found.value, |it| it.span);
    let mut parts = Vec::new();
    if parts::names_secret(rule) {
        let Some(split) = parts::named(compiled, text, secret) else {
            return out.drop(compiled.ix, Drop::Shape);
        };
        (secret, parts) = split;
    } else if rule.userinfo {
        let Some((user, password)) = userinfo(text, secret) else {
            return;
        };
        if filter::same_word(text.slice(password.range()), text.slice(user.range())) {
            return out.drop(compiled.ix, Drop::Echo);
        }
        secret = password;
    }
    let stored = text.slice(secret.range());
    let plain = manifest::value(text, found);
    let is_manifest = plain.is_some();
    let decoded = plain
        .or_else(|| stored::value(text, found))
        .filter(|_| !has_part && composed.is_none());
    let put_together = composed.as_ref().map(|it| it.value.as_slice());
    let value = put_together.or(decoded.as_deref()).unwrap_or(stored);
    if let Some(reason) = refuse(compiled, rule, value, key) {
        return out.drop(compiled.ix, reason);
    }
    if found.syntax == Syntax::Element && filter::is_block_cipher(value) {
        return out.drop(compiled.ix, Drop::Encrypted);
    }
    let mut confidence = compiled.rule.confidence;
    match parts::login_says(&parts, text, value) {
        HostSays::Nothing => {}
        HostSays::Doubtful => confidence = Confidence::Low,
        HostSays::Harmless(reason) => return out.drop(compiled.ix, reason),
    }
    let mut severity = compiled.rule.severity;
    if rule.context == Context::Mail {
        let login = if is_manifest {
            manifest::login(text, &rule.calls, found)
        } else {
            mail::login(text, &rule.calls, found)
        };
        match login {
            Ok(login) => {
                confidence = confidence.min(login.confidence);
                parts = login.parts;
                if login.sandbox {
                    severity = Severity::Low;
                }
            }
            Err(reason) => return out.drop(compiled.ix, reason),
        }
    }
    if text.sample {
        if filter::speaks_of_secrets(value) {
            return out.drop(compiled.ix, Drop::Placeholder);
        }
        confidence = Confidence::Low;
    }
    if rule.context == Context::Dotenv && parts::repeats_name(text, found, value) {
        return out.drop(compiled.ix, Drop::Echo);
    }
    let mut candidate = candidate(compiled, secret, value, confidence, parts);
    candidate.severity = severity;
    candidate.key = Some(found.key);
    if rule.context == Context::Dotenv && found.quoting == Quoting::Bare && value.contains(&b'#') {
        candidate.notes.push(Cow::Borrowed(
            "some readers of dotenv files end a value without quotes at its `#`",
        ));
    }
    candidate
        .encodings
        .extend(composed.as_ref().map(|it| it.encoding));
    if decoded.is_some() {
        candidate.encodings.push(Encoding::Base64);
    }
    if found.form == Form::LookupDefault {
        candidate.notes.push(Cow::Borrowed(
            "the default of a lookup is used wherever the variable is not set",
        ));
    }
    out.candidates.push(candidate);
}

/// Whether the comment that the assignment stands in calls it an example: `# Example: smtp_password = x`, or one on the line before
/// announces one: `# in quotes, e.g.:`.
fn is_called_example(text: &Text<'_>, found: &Assignment) -> bool {
    const LINES: usize = 240;
    let key = found.key.range().start;
    let lead = text.slice(key.saturating_sub(LINES)..key);
    let mut lines = lead.rsplit(|b| *b == b'\n');
    let comment = lines.next().unwrap_or_default().trim_ascii_start();
    let words = comment
        .iter()
        .position(u8::is_ascii_alphabetic)
        .map_or(comment, |at| &comment[at..]);
    let in_comment = comment.first().is_some_and(|b| b"#/;*".contains(b));
    let announced = lines.next().map(<[u8]>::trim_ascii).is_some_and(|line| {
        [b"e.g.:".as_slice(), b"e.g.", b"xample:"]
            .iter()
            .any(|end| line.ends_with(end))
    });
    (in_comment && announced)
        || (words.len() < comment.len()
            && words
                .get(..7)
                .is_some_and(|word| word.eq_ignore_ascii_case(b"example")))
}

/// Whether a value where texts are translated is one: words, without the digits of a password.
fn is_label(value: &[u8]) -> bool {
    value.iter().any(u8::is_ascii_whitespace) || !value.iter().any(u8::is_ascii_digit)
}

/// Whether a flag is spoken of in a sentence: `--smtp-pass always overrides these variables`. What is typed after a command has
/// another flag, an address or nothing behind a value, or the value is more than a word.
fn goes_on_as_prose(text: &Text<'_>, found: &Assignment) -> bool {
    const TWO_WORDS: usize = 2;
    let is_word = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_lowercase);
    let value = text.slice(found.value.range());
    let end = found.value.range().end;
    let line = text
        .slice(end..end + 64)
        .split(|byte| *byte == b'\n')
        .next();
    let mut words = line.unwrap_or_default().split(|byte| *byte == b' ').skip(1);
    matches!(text.lang, Lang::Text | Lang::Unknown)
        && found.quoting == Quoting::Bare
        && is_word(value)
        && words
            .by_ref()
            .take(TWO_WORDS)
            .filter(|word| is_word(word))
            .count()
            == TWO_WORDS
}

/// Judges a call whose name stands at `name`.
fn judge_call(
    compiled: &Compiled,
    rule: &Rule,
    call: &Call,
    text: &Text<'_>,
    name: Range<usize>,
    out: &mut Decisions,
) {
    let Some(open) = argument_list(text, name.end) else {
        return;
    };
    let args = companions::positional(text, open);
    let places = Places::of(text, call, &args);
    let literal = places.password.or_else(|| companions::secret(text, open));
    let composed = args
        .get(usize::from(call.password))
        .filter(|_| literal.is_none())
        .and_then(|arg| composed::argument(text, arg));
    let Some(password) = literal.or(composed.as_ref().map(|it| it.span)) else {
        return;
    };
    let stored = text.slice(password.range());
    let value = composed.as_ref().map_or(stored, |it| it.value.as_slice());
    let said =
        call.typed || mail::is_near(text, open..open) || mail::uses_library(text, open..open);
    // an account that is an address may be a mailbox; where people sign in to an application it says nothing
    let mailbox = !call.name.starts_with('.')
        && places
            .user()
            .is_some_and(|user| text.slice(user.range()).contains(&b'@'));
    if !said && !mailbox && !mail::names_host(text, name.clone()) {
        return out.drop(compiled.ix, Drop::NoContext);
    }
    if !call.typed && other::is_given_to_other(text, name.start) {
        return out.drop(compiled.ix, Drop::NoContext);
    }
    let user = places.user().map(|user| text.slice(user.range()));
    if let Some(reason) = refuse(compiled, rule, value, user.unwrap_or_default()) {
        return out.drop(compiled.ix, reason);
    }
    let given = Assignment {
        key: Span::new(name.start, name.end),
        value: password,
        quoting: Quoting::Double,
        form: Form::Literal,
        syntax: Syntax::Setter,
        end: password.range().end,
    };
    match mail::call_login(text, &rule.calls, &given) {
        Ok(login) if !said && !mailbox && !login.names_host(text) => {
            out.drop(compiled.ix, Drop::NoContext);
        }
        Ok(login) => {
            let confidence = if said || login.names_host(text) {
                compiled.rule.confidence.min(login.confidence)
            } else {
                Confidence::Low
            };
            let mut candidate = candidate(compiled, password, value, confidence, login.parts);
            candidate
                .encodings
                .extend(composed.as_ref().map(|it| it.encoding));
            if login.sandbox {
                candidate.severity = Severity::Low;
            }
            out.candidates.push(candidate);
        }
        Err(reason) => out.drop(compiled.ix, reason),
    }
}

/// The offset behind the parenthesis that opens the argument list of a call whose name ends at `end`, or where the arguments of a
/// command begin.
fn argument_list(text: &Text<'_>, end: usize) -> Option<usize> {
    let bytes = text.bytes;
    if bytes[..end].ends_with(b"(") || bytes[..end].ends_with(b"[") {
        return Some(end);
    }
    let blank = bytes[end..]
        .iter()
        .take(8)
        .take_while(|b| **b == b' ')
        .count();
    let first = end + blank;
    if bytes.get(first) == Some(&b'(') {
        return Some(first + 1);
    }
    (text.lang == Lang::PowerShell).then(|| after_flags(bytes, first))?
}

/// The offset of the first string behind the flags at `at`: `-AsPlainText -String "v"`.
fn after_flags(bytes: &[u8], at: usize) -> Option<usize> {
    const FLAGS: usize = 3;
    const LONGEST: usize = 16;
    let mut at = at;
    for _ in 0..FLAGS {
        if bytes.get(at) != Some(&b'-') {
            break;
        }
        let flag = bytes[at..].iter().take(LONGEST).position(|b| *b == b' ')?;
        at += flag + 1;
    }
    matches!(bytes.get(at), Some(b'"' | b'\'')).then_some(at)
}

fn refuse(compiled: &Compiled, rule: &Rule, value: &[u8], key: &[u8]) -> Option<Drop> {
    let about = About {
        kind: rule.value,
        key,
        min_entropy: rule.min_entropy,
    };
    filter::judge(value, about)
        .or_else(|| filter::is_identifier(value).then_some(Drop::Identifier))
        .or_else(|| {
            // a shape that names the secret has matched the value that it is a part of
            compiled
                .regex(Slot::Value)
                .is_some_and(|regex| !parts::names_secret(rule) && !regex.is_match(value))
                .then_some(Drop::Shape)
        })
}

fn candidate(
    compiled: &Compiled,
    secret: Span,
    value: &[u8],
    confidence: Confidence,
    parts: Vec<CandidatePart>,
) -> Candidate {
    Candidate {
        parts,
        confidence,
        ..compiled.candidate(secret, Secret::new(value, 0))
    }
}

/// The key with what is joined to its front by hyphens, which are no part of a key in most languages: `reset-password`.
fn whole_word<'t>(text: &Text<'t>, key: Span) -> &'t [u8] {
    const LONGEST: usize = 64;
    let front = text.slice(key.range().start.saturating_sub(LONGEST)..key.range().start);
    let joined = front
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_alphanumeric() || b"-_".contains(b))
        .count();
    text.slice(key.range().start - joined..key.range().end)
}

/// User and password in a URL that is a value: up to the last `@` before the path, parted by the first colon.
fn userinfo(text: &Text<'_>, value: Span) -> Option<(Span, Span)> {
    let bytes = text.slice(value.range());
    let user = memchr::memmem::find(bytes, b"://")? + 3;
    let end = bytes[user..]
        .iter()
        .position(|b| b"/?#".contains(b))
        .map_or(bytes.len(), |gap| user + gap);
    let at = user + memchr::memrchr(b'@', &bytes[user..end])?;
    let colon = user + memchr::memchr(b':', &bytes[user..at])?;
    let start = value.start as usize;
    Some((
        Span::new(start + user, start + colon),
        Span::new(start + colon + 1, start + at),
    ))
}
