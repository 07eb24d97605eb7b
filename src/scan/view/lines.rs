//! Line breaks inside wrapped digits: where one line of a wrapped value ends and the next begins.
//!
//! Around the break may stand what a host file puts there: indentation, comment or quote marks, the
//! quotes and operators of a literal per line, a backslash, or the break itself written as `\n`. Whether
//! two lines belong together is judged elsewhere; this is only about how they would be connected.

/// Bytes that may stand between the start of a line and its digits.
const LEAD: &[u8] = b" \t>#*/-\"'`";

/// A position in a text that only moves forward, up to `end`.
struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
    end: usize,
}

impl Cursor<'_> {
    fn rest(&self) -> &[u8] {
        &self.text[self.at.min(self.end)..self.end]
    }

    fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    fn eat(&mut self, set: &[u8]) -> Option<u8> {
        let byte = self.peek().filter(|byte| set.contains(byte))?;
        self.at += 1;
        Some(byte)
    }

    fn skip(&mut self, set: &[u8]) {
        while self.eat(set).is_some() {}
    }

    /// `\n` or `\r\n` written out, with any number of backslashes.
    fn eat_written_break(&mut self) -> bool {
        let start = self.at;
        self.skip(b"\\");
        if self.at > start && self.eat(b"r").is_some() {
            let r = self.at;
            self.skip(b"\\");
            if self.at == r || self.eat(b"n").is_none() {
                self.at = r;
            }
            return true;
        }
        if self.at > start && self.eat(b"n").is_some() {
            return true;
        }
        self.at = start;
        false
    }

    fn eat_newline(&mut self) -> bool {
        let carriage = self.eat(b"\r").is_some();
        self.eat(b"\n").is_some() || carriage
    }

    /// Indentation and the marks of comments and quoted mail.
    fn skip_lead(&mut self) {
        loop {
            self.skip(b" \t>#*");
            let mark = matches!(
                self.rest(),
                [b'/', b'/', b' ' | b'\t', ..] | [b'-', b'-', b' ', ..]
            );
            if !mark {
                return;
            }
            self.at += 2;
        }
    }
}

/// Where the digits of the next line begin, if `at`, one past the last digit of a line, is followed by a
/// line break and nothing else that says otherwise.
pub(super) fn after(text: &[u8], at: usize, end: usize) -> Option<usize> {
    let mut cursor = Cursor { text, at, end };
    let written = cursor.eat_written_break();
    let past_written = cursor.at;
    let closing = cursor.eat(b"\"'`");
    cursor.skip(b" \t");
    let operator = match closing {
        Some(_) => cursor.eat(b"+.&\\"),
        None => cursor.eat(b"\\"),
    };
    cursor.skip(b" \t");
    if !cursor.eat_newline() {
        return (written && closing.is_none() && operator.is_none()).then_some(past_written);
    }
    cursor.skip_lead();
    let opening = cursor.eat(b"\"'`");
    (opening.is_some() == closing.is_some()).then_some(cursor.at)
}

/// Where the digits of the line before end, if `at` is the first digit of a line: the inverse of
/// [`after`]. Nothing before `low` is read.
pub(super) fn before(text: &[u8], at: usize, low: usize) -> Option<usize> {
    let fits = |end: usize| {
        // The `n` of a written break would pass for the last digit, and a backslash is none.
        let escape = matches!(&text[low..end], [.., b'\\', b'n' | b'r'] | [.., b'\\']);
        !escape && after(text, end, text.len().min(at + 3)) == Some(at)
    };
    let back = |mut p: usize, set: &[u8]| {
        while p > low && set.contains(&text[p - 1]) {
            p -= 1;
        }
        p
    };
    let one = |p: usize, set: &[u8]| p - usize::from(p > low && set.contains(&text[p - 1]));
    let mut p = line_start(text, at, low).unwrap_or(at);
    if p < at {
        p = one(p, b"\n");
        p = one(p, b"\r");
        p = back(p, b" \t");
        if fits(p) {
            return Some(p);
        }
        p = back(one(p, b"+.&\\"), b" \t");
        if fits(p) {
            return Some(p);
        }
        p = one(p, b"\"'`");
        if fits(p) {
            return Some(p);
        }
    } else if p > low && matches!(text[p - 1], b'\n' | b'\r') {
        p = one(one(p, b"\n"), b"\r");
        p = back(p, b" \t");
        if fits(p) {
            return Some(p);
        }
        p = back(one(p, b"\\"), b" \t");
        if fits(p) {
            return Some(p);
        }
    }
    let mut found = None;
    for letter in [b"n", b"r"] {
        let written = one(p, letter);
        let start = back(written, b"\\");
        if written < p && start < written {
            p = start;
            found = Some(start);
        }
    }
    found.filter(|&end| fits(end))
}

/// The start of the line of `at`, if only what may lead a line of digits stands in between.
pub(super) fn line_start(text: &[u8], at: usize, low: usize) -> Option<usize> {
    let mut p = at;
    while p > low && LEAD.contains(&text[p - 1]) {
        p -= 1;
    }
    (p == 0 || (p > low && matches!(text[p - 1], b'\n' | b'\r'))).then_some(p)
}
