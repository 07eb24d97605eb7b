//! Backslash escapes of string literals and properties files.
//!
//! The stretch is the literal around the anchor with its quotes, or the line where no quote stands
//! before it. The union of the common languages is read: no two of them disagree on a form that could
//! spell a key. An unknown escape stays as written.

use std::ops::Range;

use super::{View, hex_number, window};
use crate::model::{Encoding, Span};

/// What an escape stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Byte(u8),
    CodePoint(u32),
    /// A line break that the backslash takes away.
    Nothing,
}

/// Opens the literal or line around `at`; `None` if nothing in it is escaped.
pub(super) fn open(text: &[u8], at: &Range<usize>) -> Option<View> {
    let window = window(text, at);
    let (start, quote) = literal_start(text, at.start, window.start);
    let mut view = View::new(Encoding::Escape);
    let mut found = false;
    let mut plain = start;
    let mut p = start + usize::from(quote.is_some());
    while p < window.end {
        let byte = text[p];
        if byte == b'\\' {
            let Some((meaning, len)) = escape(&text[p..window.end]) else {
                // The next byte is not looked at by itself, or `\\"` would end the literal.
                p += 2;
                continue;
            };
            view.copy(text, plain..p);
            plain = p + len;
            found = true;
            match meaning {
                Meaning::Byte(byte) => view.atom(&(p..plain), &[byte]),
                Meaning::CodePoint(code) => view.code_point(&(p..plain), code),
                Meaning::Nothing => {}
            }
            p = plain;
        } else if Some(byte) == quote {
            p += 1;
            break;
        } else if matches!(byte, b'\n' | b'\r') {
            break;
        } else {
            p += 1;
        }
    }
    let end = p.min(window.end).max(plain);
    view.copy(text, plain..end);
    view.source = Span::new(start, end);
    found.then_some(view)
}

/// Where the literal or line that holds `from` starts, not before `low`, and the quote that stands there.
fn literal_start(text: &[u8], from: usize, low: usize) -> (usize, Option<u8>) {
    let mut p = from;
    while p > low {
        let byte = text[p - 1];
        if matches!(byte, b'"' | b'\'' | b'`') && !is_escaped(text, p - 1, low) {
            return (p - 1, Some(byte));
        }
        if matches!(byte, b'\n' | b'\r') {
            let mut line_end = p - 1;
            if byte == b'\n' && line_end > low && text[line_end - 1] == b'\r' {
                line_end -= 1;
            }
            if !is_escaped(text, line_end, low) {
                return (p, None);
            }
            p = line_end;
            continue;
        }
        p -= 1;
    }
    (p, None)
}

/// Whether an odd number of backslashes stands right before `at`, none counted before `low`.
pub(super) fn is_escaped(text: &[u8], at: usize, low: usize) -> bool {
    let backslashes = text[low..at]
        .iter()
        .rev()
        .take_while(|&&byte| byte == b'\\')
        .count();
    backslashes % 2 == 1
}

/// What the escape at the start of `text`, which is its backslash, means and how long it is.
fn escape(text: &[u8]) -> Option<(Meaning, usize)> {
    let byte = |value| Some((Meaning::Byte(value), 2));
    let rest = text.get(2..)?;
    match *text.get(1)? {
        b'u' => unicode(rest),
        b'U' => hex_number(rest, 8, 8).map(|(code, _)| (Meaning::CodePoint(code), 10)),
        b'x' if rest.first() == Some(&b'{') => braced(rest),
        b'x' => hex_number(rest, 2, 2)
            .map(|(value, _)| (Meaning::Byte(u8::try_from(value).unwrap_or(b'?')), 4)),
        b'0'..=b'7' => Some(octal(&text[1..])),
        b'\n' => Some((Meaning::Nothing, 2)),
        b'\r' if rest.first() == Some(&b'\n') => Some((Meaning::Nothing, 3)),
        b'n' => byte(b'\n'),
        b't' => byte(b'\t'),
        b'r' => byte(b'\r'),
        b'a' => byte(0x07),
        b'b' => byte(0x08),
        b'v' => byte(0x0b),
        b'f' => byte(0x0c),
        b'e' => byte(0x1b),
        mark @ (b'"' | b'\'' | b'`' | b'/' | b'\\') => byte(mark),
        _ => None,
    }
}

/// `\u` and its digits, braces or surrogate pair; `rest` follows the `u`.
fn unicode(rest: &[u8]) -> Option<(Meaning, usize)> {
    if rest.first() == Some(&b'{') {
        return braced(rest);
    }
    let (code, _) = hex_number(rest, 4, 4)?;
    if (0xd800..0xdc00).contains(&code)
        && let Some(next) = rest.get(4..).and_then(|next| next.strip_prefix(b"\\u"))
        && let Some((low @ 0xdc00..=0xdfff, _)) = hex_number(next, 4, 4)
    {
        let pair = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        return Some((Meaning::CodePoint(pair), 12));
    }
    Some((Meaning::CodePoint(code), 6))
}

/// `{…}` with one to six hexadecimal digits, behind `\u` or `\x`.
fn braced(rest: &[u8]) -> Option<(Meaning, usize)> {
    let (code, len) = hex_number(rest.get(1..)?, 1, 6)?;
    (rest.get(1 + len) == Some(&b'}')).then_some((Meaning::CodePoint(code), 4 + len))
}

/// One to three octal digits at the start of `digits`, at most `377`; the length counts the backslash.
fn octal(digits: &[u8]) -> (Meaning, usize) {
    let most = if digits.first().is_some_and(|&first| first > b'3') {
        2
    } else {
        3
    };
    let mut value = 0;
    let mut len = 0;
    for &digit in digits.iter().take(most) {
        if !(b'0'..=b'7').contains(&digit) {
            break;
        }
        value = value << 3 | (digit - b'0');
        len += 1;
    }
    (Meaning::Byte(value), 1 + len)
}
