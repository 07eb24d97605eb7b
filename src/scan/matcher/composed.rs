//! Values that a program puts together: strings that it joins, and base64 that it decodes.
//!
//! Only where all of an expression is known: with a variable in it, nobody knows what comes out. Reading the pieces is the
//! views' work, and that of `pieces`; what a value means is the caller's.

use crate::model::{Encoding, Span};
use crate::scan::assignment::{Arg, Assignment, Form, Lang};
use crate::scan::view::{self, Opening};

use super::{Text, pieces};

/// What an expression comes out as.
pub(super) struct Composed {
    /// Where its pieces stand, without the outer quotes.
    pub(super) span: Span,
    /// What it comes out as.
    pub(super) value: Vec<u8>,
    /// How it is written.
    pub(super) encoding: Encoding,
}

/// Bytes before the first string of an expression: parentheses, and the names of calls.
const LEAD: usize = 96;

/// Fewest digits that are taken for base64: by chance one value in 400 of them decodes to printable ASCII.
const FEWEST: usize = 8;

/// What the right-hand side of `found` comes out as, if it is put together out of literals.
pub(super) fn value(text: &Text<'_>, found: &Assignment) -> Option<Composed> {
    if !matches!(
        found.form,
        Form::Expression | Form::Block | Form::Lookup | Form::Template
    ) {
        return None;
    }
    let start = found.value.range().start;
    let opened = start
        .checked_sub(1)
        .and_then(|at| text.bytes.get(at))
        .is_some_and(|b| is_quote(*b));
    let from = start - usize::from(opened);
    let literal = (found.form != Form::Template).then(|| read(text, from));
    literal.flatten().or_else(|| pieced(text, from))
}

/// What the argument `arg` comes out as, likewise.
pub(super) fn argument(text: &Text<'_>, arg: &Arg) -> Option<Composed> {
    let from = arg.value.range().start;
    (arg.form == Form::Expression).then(|| read(text, from).or_else(|| pieced(text, from)))?
}

/// What the expression at `from` comes out as with the constants that it names.
fn pieced(text: &Text<'_>, from: usize) -> Option<Composed> {
    let is_code = text.lang.is_code() && text.lang != Lang::Xml;
    let (range, value) = is_code.then(|| pieces::read(text, from))??;
    Some(Composed {
        span: Span::new(range.start, range.end),
        value,
        encoding: Encoding::Joined,
    })
}

fn read(text: &Text<'_>, from: usize) -> Option<Composed> {
    let bytes = text.slice(from..from + LEAD);
    let quote = first_string(bytes)?;
    let lead = &bytes[..quote];
    if decodes(lead) {
        decoded(text, from + quote)
    } else if lead.iter().all(|b| may_lead(*b)) {
        joined(text, from, from + quote)
    } else {
        None
    }
}

/// The first quote in `bytes` that opens a string with something in it, on the statement that they begin.
fn first_string(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b';' | b'{' | b'}' => return None,
            quote if is_quote(quote) => {
                if bytes.get(at + 1) != Some(&quote) {
                    return Some(at);
                }
                at += 1;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// What may stand before the first piece: signs that open a list, names of the calls that join one, what goes between the pieces.
fn may_lead(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte.is_ascii_whitespace() || b"([,.:!\"'".contains(&byte)
}

/// Joins the strings of which the first opens at `quote`, in an expression that begins at `from`.
fn joined(text: &Text<'_>, from: usize, quote: usize) -> Option<Composed> {
    let opening = Opening {
        encoding: Encoding::Joined,
        phase: 0,
    };
    let view = view::open(text.bytes, quote + 1..quote + 2, opening)?;
    let source = view.source.range();
    let quoted = view.bytes.len() >= 2 && source.start >= from;
    let rest = text.slice(source.end..source.end + LEAD).trim_ascii_start();
    // what follows is a variable: the value is longer than its pieces
    let goes_on = match rest {
        [b'+' | b'&' | b'%' | b'|' | b'~' | b'<', ..] => true,
        // a method, not PHP's sign for joining
        [b'.', next, ..] => !next.is_ascii_alphabetic(),
        _ => false,
    };
    (quoted && !goes_on).then(|| Composed {
        span: Span::new(source.start + 1, source.end - 1),
        value: view.bytes[1..view.bytes.len() - 1].to_vec(),
        encoding: Encoding::Joined,
    })
}

/// Whether what stands before a string takes it for base64: `base64_decode(`, `atob(`, `Convert.FromBase64String(`, `Buffer.from(`.
fn decodes(lead: &[u8]) -> bool {
    const WORDS: [&[u8]; 4] = [b"64", b"atob(", b"Buffer.from(", b"decode("];
    let ends = lead.trim_ascii_end().last() == Some(&b'(');
    ends && WORDS
        .iter()
        .any(|word| memchr::memmem::find(lead, word).is_some())
}

/// Decodes the string that opens at `quote`, where all of it is base64 of printable text.
fn decoded(text: &Text<'_>, quote: usize) -> Option<Composed> {
    const LONGEST: usize = 512;
    let start = quote + 1;
    let length = memchr::memchr(text.bytes[quote], text.slice(start..start + LONGEST))?;
    let stored = text.slice(start..start + length);
    if length < FEWEST {
        return None;
    }
    let opening = Opening {
        encoding: Encoding::Base64,
        phase: 0,
    };
    let view = view::open(stored, 0..4, opening)?;
    let plain = view.bytes.trim_ascii_end();
    let whole = view.source.len() == length;
    (whole && plain.iter().all(|b| b.is_ascii_graphic() || *b == b' ')).then(|| Composed {
        span: Span::new(start, start + length),
        value: plain.to_vec(),
        encoding: Encoding::Base64,
    })
}

fn is_quote(byte: u8) -> bool {
    b"\"'`".contains(&byte)
}
