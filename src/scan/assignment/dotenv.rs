//! The dotenv reader: which values a `.env` file gives to which keys, in the union of the dialects that its many readers take.
//!
//! Node's, Python's, Ruby's and PHP's libraries, compose, docker, direnv and systemd agree on `KEY=value` and on little else.
//! Where they differ, what is read here is what a secret would be: quotes are taken off, a value in quotes goes on over line ends,
//! a bare one ends at a blank and a `#`, and a backslash at the end of a line joins the next one. Lines that are commented out
//! count as well.
//!
//! Each line is judged by itself: one that gives a value to a key always does, so an open quote on a line before it was a slip
//! and swallows nothing. That makes what is read depend on few bytes around a key, and never on where reading began. What a
//! value holds (a template, a default) is for `template`; nothing here judges.

use std::ops::Range;

use super::key::BOM;
use super::lexeme::{
    before, byte, is_quote, is_word, line_end, line_start, run, skip_blank, starts,
};
use super::value::{Value, next_line};
use super::{Assignment, Form, Lang, Quoting, Syntax, template};
use crate::model::Span;

/// How far from the start of its key a value may end, in bytes: a private key of 4096 bits in PEM fits. With what is read of the
/// line behind it this stays within [`super::REACH`].
const LONGEST: usize = 3456;

/// How far from the start of its line a key may end, in bytes.
const DEEPEST: usize = 320;

/// Longest key, in bytes.
const KEY_MAX: usize = 128;

/// The assignment whose key holds the byte at `at`, if the line of that byte gives it a value.
pub(super) fn at(text: &[u8], at: usize) -> Option<Assignment> {
    if !is_key_byte(byte(text, at)) {
        return None;
    }
    let line = line_start(text, at, DEEPEST);
    if line > 0 && !matches!(text[line - 1], b'\n' | b'\r') {
        return None;
    }
    Line::new(text, line)
        .take_while(|found| found.key.start as usize <= at)
        .find(|found| found.key.range().contains(&at))
}

/// All assignments whose key starts in `range`, in their order.
pub(super) fn all(text: &[u8], range: Range<usize>) -> impl Iterator<Item = Assignment> + '_ {
    let end = range.end.min(text.len());
    let floor = range.start;
    let mut line = Line::new(text, line_start(text, floor, DEEPEST));
    std::iter::from_fn(move || {
        loop {
            match line.next() {
                Some(found) if (found.key.start as usize) < floor => {}
                Some(found) if found.key.start as usize >= end => return None,
                Some(found) => return Some(found),
                None => {
                    let next = next_line(text, line_end(text, line.at, usize::MAX));
                    if next >= end {
                        return None;
                    }
                    line = Line::new(text, next);
                }
            }
        }
    })
}

/// The assignments of one line, in their order.
struct Line<'t> {
    text: &'t [u8],
    start: usize,
    /// Where reading goes on. Behind a value over several lines that is a later line.
    at: usize,
    next: Next,
}

/// What may come next on a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Its beginning.
    Head,
    /// Further words of an `export`.
    Words,
    /// A comment.
    Comment,
    /// Nothing of interest.
    Nothing,
}

impl Iterator for Line<'_> {
    type Item = Assignment;

    fn next(&mut self) -> Option<Assignment> {
        let found = match self.next {
            Next::Head => self.head().or_else(|| self.next()),
            Next::Words => self.word().or_else(|| self.next()),
            Next::Comment => self.remark(),
            Next::Nothing => None,
        };
        found.filter(|found| found.key.end as usize - self.start <= DEEPEST)
    }
}

impl<'t> Line<'t> {
    fn new(text: &'t [u8], start: usize) -> Self {
        Self {
            text,
            start,
            at: start,
            next: Next::Head,
        }
    }

    /// The assignment that the line begins with, commented out or not.
    fn head(&mut self) -> Option<Assignment> {
        let text = self.text;
        let mut i = self.start;
        if starts(text, i, BOM) {
            i += BOM.len();
        }
        i = skip_blank(text, i);
        let unmarked = marks_end(text, i);
        let remark = unmarked > i;
        i = skip_blank(text, unmarked);
        let (begin, exports) = declared(text, i);
        self.at = i;
        self.next = if remark { Next::Comment } else { Next::Nothing };
        let key = Key::at(text, begin)?;
        let sign = Sign::after(text, &key, remark)?;
        let manner = match (remark, exports) {
            (false, false) => Manner::Setting,
            (_, true) => Manner::Export,
            (true, false) => Manner::Remark,
        };
        let value = read(text, &key, sign.value, manner);
        self.pass(&key, &value, exports);
        Some(assignment(&key, sign.syntax, value))
    }

    /// The next `KEY=value` of an `export`.
    fn word(&mut self) -> Option<Assignment> {
        let text = self.text;
        let start = skip_blank(text, self.at);
        self.next = self.behind(self.at);
        if start == self.at {
            return None;
        }
        let key = Key::at(text, start)?;
        (key.quote.is_none() && byte(text, key.end) == b'=').then_some(())?;
        let value = read(text, &key, key.end + 1, Manner::Export);
        self.pass(&key, &value, true);
        Some(assignment(&key, Syntax::Equals, value))
    }

    /// The next `KEY=value` within a comment: no blanks around the sign, and one word for a value.
    fn remark(&mut self) -> Option<Assignment> {
        let text = self.text;
        let end = line_end(text, self.at, DEEPEST);
        while let Some(step) = memchr::memchr(b'=', &text[self.at.min(end)..end]) {
            let sign = self.at + step;
            let low = self.at.max(sign.saturating_sub(KEY_MAX));
            let start = low
                + text[low..sign]
                    .iter()
                    .rposition(|&b| !is_key_byte(b))
                    .map_or(0, |at| at + 1);
            let lead = before(text, start);
            let stands = start > self.start
                && (lead.is_ascii_whitespace() || is_quote(lead) || b"#(,;:/".contains(&lead))
                && lead != b'/';
            self.at = sign + 1;
            let key = Key::at(text, start).filter(|key| stands && key.end == sign);
            if let Some(key) = key {
                let value = read(text, &key, sign + 1, Manner::Mention);
                self.at = value.after.max(sign + 1);
                return Some(assignment(&key, Syntax::Equals, value));
            }
        }
        self.next = Next::Nothing;
        None
    }

    /// Goes on behind `value`. What follows a value over several lines stands on another line than this one, where nobody would look
    /// for it.
    fn pass(&mut self, key: &Key, value: &Value, exports: bool) {
        self.at = value.after;
        let spans = memchr::memchr2(b'\n', b'\r', &self.text[key.end..value.after]).is_some();
        self.next = match (spans, exports) {
            (true, _) => Next::Nothing,
            (false, true) => Next::Words,
            (false, false) => self.behind(value.after),
        };
    }

    /// What may come behind a value that ends at `after`.
    fn behind(&self, after: usize) -> Next {
        let text = self.text;
        let next = run(text, after, 256, |b| {
            matches!(b, b' ' | b'\t' | b';' | b',')
        });
        if byte(text, next) == b'#' {
            Next::Comment
        } else {
            Next::Nothing
        }
    }
}

fn assignment(key: &Key, syntax: Syntax, value: Value) -> Assignment {
    Assignment {
        key: Span::new(key.start, key.end),
        value: Span::new(value.start, value.end),
        quoting: value.quoting,
        form: value.form,
        syntax,
        end: value.after,
    }
}

/// Behind the signs that comment a line out: `#`, `##`, `;`, `//`.
fn marks_end(text: &[u8], i: usize) -> usize {
    if starts(text, i, b"//") {
        return i + 2;
    }
    run(text, i, 64, |b| matches!(b, b'#' | b';' | b' ' | b'\t'))
}

/// Behind a word that declares what follows it, and whether more than one may follow.
fn declared(text: &[u8], i: usize) -> (usize, bool) {
    for (word, exports) in [
        (b"export".as_slice(), true),
        (b"declare -x", true),
        (b"set", false),
        (b"SET", false),
    ] {
        let end = i + word.len();
        let next = skip_blank(text, end);
        // `set = x` gives a value to `set`
        if starts(text, i, word) && next > end && byte(text, next) != b'=' {
            return (next, exports);
        }
    }
    if starts(text, i, b"$env:") {
        return (i + b"$env:".len(), false);
    }
    (i, false)
}

/// Whether `b` may be part of a key.
fn is_key_byte(b: u8) -> bool {
    is_word(b) || matches!(b, b'.' | b'-')
}

/// A key and the quote around it.
struct Key {
    start: usize,
    end: usize,
    quote: Option<u8>,
}

impl Key {
    /// The key that starts at `i`, with its quotes if it has some.
    fn at(text: &[u8], i: usize) -> Option<Self> {
        let quote = Some(byte(text, i)).filter(|b| matches!(b, b'"' | b'\''));
        let start = i + usize::from(quote.is_some());
        let end = run(text, start, KEY_MAX, is_key_byte);
        let whole = !is_key_byte(byte(text, end)) && is_word(byte(text, start));
        let closed = quote.is_none_or(|quote| byte(text, end) == quote);
        (end > start && whole && closed && is_word(before(text, end))).then_some(Self {
            start,
            end,
            quote,
        })
    }

    fn outer_end(&self) -> usize {
        self.end + usize::from(self.quote.is_some())
    }

    /// Whether it is written as variables of the environment are.
    fn shouts(&self, text: &[u8]) -> bool {
        !text[self.start..self.end]
            .iter()
            .any(u8::is_ascii_lowercase)
    }
}

/// The sign behind a key.
struct Sign {
    syntax: Syntax,
    /// Offset of the first byte behind it.
    value: usize,
}

impl Sign {
    /// The sign that gives `key` a value. In a comment, words with a colon are prose.
    fn after(text: &[u8], key: &Key, remark: bool) -> Option<Self> {
        let end = key.outer_end();
        let blank = skip_blank(text, end);
        let equals = |value| {
            Some(Self {
                syntax: Syntax::Equals,
                value,
            })
        };
        match (byte(text, blank), byte(text, blank + 1)) {
            // a value may begin with any sign, but a comparison has blanks around it
            (b'=', b'=' | b'~' | b'>') if blank > end => None,
            (b'=', _) if blank == end || !remark || key.shouts(text) => equals(blank + 1),
            (b':' | b'?' | b'+', b'=') => equals(blank + 2),
            (b':', b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'\'' | 0)
                if blank == end && (!remark || key.shouts(text)) =>
            {
                Some(Self {
                    syntax: Syntax::Colon,
                    value: blank + 1,
                })
            }
            _ => None,
        }
    }
}

/// How a value is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// On a line of its own; may go on over line ends.
    Setting,
    /// Of an `export`: the same, and another `KEY=` may follow.
    Export,
    /// On a line of its own that is commented out.
    Remark,
    /// One word within a comment.
    Mention,
}

fn read(text: &[u8], key: &Key, start: usize, manner: Manner) -> Value {
    let limit = text.len().min(key.start + LONGEST);
    let i = if manner == Manner::Mention {
        start
    } else {
        skip_blank(text, start)
    };
    let end = line_end(text, i, limit.saturating_sub(i));
    if i >= end || (text[i] == b'#' && i > start) {
        return Value::empty(i);
    }
    if is_quote(text[i])
        && let Some(value) = quoted(text, i..end, limit, manner)
    {
        return value;
    }
    let line = &text[i..end];
    let stop = match manner {
        Manner::Mention => mention(line),
        Manner::Export => comment(line).min(next_word(text, i, end)),
        Manner::Setting | Manner::Remark => comment(line),
    };
    let mut stop = i + line[..stop].trim_ascii_end().len();
    if manner == Manner::Setting && stop == i + line.trim_ascii_end().len() {
        stop = continued(text, i..stop, limit);
    }
    if manner == Manner::Export && text[i..stop].ends_with(b";") {
        stop -= 1;
    }
    Value::bare(text, i..stop, Lang::Env)
}

/// Length of what stands before a comment.
fn comment(line: &[u8]) -> usize {
    line.windows(2)
        .position(|pair| matches!(pair[0], b' ' | b'\t') && pair[1] == b'#')
        .unwrap_or(line.len())
}

/// Length of a word that a comment quotes, without what ends a clause.
fn mention(line: &[u8]) -> usize {
    let end = line
        .iter()
        .position(|b| b.is_ascii_whitespace() || is_quote(*b))
        .unwrap_or(line.len());
    line[..end]
        .iter()
        .rposition(|b| !b".,;)".contains(b))
        .map_or(0, |last| last + 1)
}

/// Bytes from `i` to the blank before the next `KEY=`, if there is one before `end`.
fn next_word(text: &[u8], i: usize, end: usize) -> usize {
    let mut at = i;
    while let Some(step) = memchr::memchr2(b' ', b'\t', &text[at..end]) {
        let blank = at + step;
        let next = skip_blank(text, blank).min(end);
        if Key::at(text, next).is_some_and(|key| byte(text, key.outer_end()) == b'=') {
            return blank - i;
        }
        at = next.max(blank + 1);
    }
    end - i
}

/// The end of a bare value whose first line is `first`, with the lines that backslashes join to it.
fn continued(text: &[u8], first: Range<usize>, limit: usize) -> usize {
    let mut end = first.end;
    while before(text, end) == b'\\' && end > first.start {
        let line = next_line(text, line_end(text, end, 256));
        let stop = line_end(text, line, limit.saturating_sub(line));
        let words = text.get(line..stop).unwrap_or_default().trim_ascii();
        if words.is_empty() || words[0] == b'#' || gives_value(text, line) {
            break;
        }
        end = line + text[line..stop].trim_ascii_end().len();
    }
    end
}

/// Whether the line that starts at `line` gives a value to a key. The last line of something in base64 only looks so.
fn gives_value(text: &[u8], line: usize) -> bool {
    Line::new(text, line).next().is_some_and(|found| {
        let end = found.key.range().end;
        let rest = text[end..line_end(text, end, 8)].trim_ascii_end();
        !matches!(
            rest,
            b"=" | b"==" | b"=\"" | b"==\"" | b"='" | b"=='" | b"=`" | b"==`"
        )
    })
}

/// Reads the value whose opening quote `line` begins with. A closing quote has nothing behind it on its line but a comment:
/// `"a"b"` is one value. `None` if there is none where it must be.
fn quoted(text: &[u8], line: Range<usize>, limit: usize, manner: Manner) -> Option<Value> {
    let Range { start: i, end } = line;
    let quote = text[i];
    let triple = [quote; 3];
    if starts(text, i, &triple) {
        let inner = i + 3;
        let rest = text.get(inner..limit).unwrap_or_default();
        if let Some(length) = memchr::memmem::find(rest, &triple) {
            return Some(literal(
                text,
                inner..inner + length,
                3,
                Quoting::Triple,
                quote,
            ));
        }
    }
    let quoting = match quote {
        b'"' => Quoting::Double,
        b'\'' => Quoting::Single,
        _ => Quoting::Backtick,
    };
    let close = |from: usize, to: usize| closing(text, from..to, quote, manner);
    if let Some(close) = close(i + 1, end) {
        return Some(literal(text, i + 1..close, 1, quoting, quote));
    }
    // a quote that closes nothing, and a comment, say that the value was meant to end on this line
    let quotes = memchr::memchr_iter(quote, &text[i + 1..end]).map(|gap| i + 1 + gap);
    let may_go_on = matches!(manner, Manner::Setting | Manner::Export);
    if !may_go_on || quotes.clone().next().is_some() {
        // words behind it, or a path that ends in a backslash: `"C:\data\"`
        let mut last =
            quotes.filter(|at| matches!(byte(text, at + 1), b' ' | b'\t' | b'\n' | b'\r' | 0));
        return last
            .next()
            .map(|close| literal(text, i + 1..close, 1, quoting, quote));
    }
    let mut line = next_line(text, end);
    while line < limit && !gives_value(text, line) {
        let end = line_end(text, line, limit - line);
        if let Some(close) = close(line, end) {
            return Some(literal(text, i + 1..close, 1, quoting, quote));
        }
        line = next_line(text, end);
    }
    None
}

/// The first quote in `range`, which ends with its line, that closes a value.
fn closing(text: &[u8], range: Range<usize>, quote: u8, manner: Manner) -> Option<usize> {
    let mut i = range.start;
    while i < range.end {
        let b = text[i];
        if b == b'\\' && quote == b'"' {
            i += 1;
        } else if b == quote && closes(text, i + 1, range.end, manner) {
            return Some(i);
        }
        i += 1;
    }
    None
}

/// Whether what stands behind a quote, up to the end of the line, lets the quote close a value.
fn closes(text: &[u8], after: usize, end: usize, manner: Manner) -> bool {
    if manner == Manner::Mention {
        return !is_word(byte(text, after));
    }
    let rest = run(text, after, 64, |b| matches!(b, b' ' | b'\t' | b';' | b','));
    rest >= end
        || text[rest] == b'#'
        || (manner == Manner::Export
            && rest > after
            && Key::at(text, rest).is_some_and(|key| byte(text, key.outer_end()) == b'='))
}

/// The value `inner`, behind which stand `close` bytes of quotes.
fn literal(text: &[u8], inner: Range<usize>, close: usize, quoting: Quoting, quote: u8) -> Value {
    let after = inner.end + close;
    if inner.is_empty() {
        return Value {
            quoting,
            after,
            ..Value::empty(inner.start)
        };
    }
    let (form, inner): (Form, _) = template::classify(text, inner, Lang::Env, Some(quote));
    Value {
        start: inner.start,
        end: inner.end,
        quoting,
        form,
        after,
    }
}

#[cfg(test)]
mod tests;
