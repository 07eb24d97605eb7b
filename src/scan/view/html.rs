//! HTML and XML character references.
//!
//! The stretch is the line around the anchor. Only the named references that can stand in or beside a
//! credential are known; any other stays as written. `&nbsp;` becomes a plain space, because it is
//! written to be read as one.

use std::ops::Range;

use super::{View, hex_number, run, window};
use crate::model::{Encoding, Span};

/// Named references without `&` and with `;`.
const NAMED: [(&[u8], u8); 28] = [
    (b"amp;", b'&'),
    (b"lt;", b'<'),
    (b"gt;", b'>'),
    (b"quot;", b'"'),
    (b"apos;", b'\''),
    (b"nbsp;", b' '),
    (b"period;", b'.'),
    (b"colon;", b':'),
    (b"semi;", b';'),
    (b"comma;", b','),
    (b"commat;", b'@'),
    (b"lowbar;", b'_'),
    (b"UnderBar;", b'_'),
    (b"hyphen;", b'-'),
    (b"dash;", b'-'),
    (b"sol;", b'/'),
    (b"bsol;", b'\\'),
    (b"equals;", b'='),
    (b"plus;", b'+'),
    (b"excl;", b'!'),
    (b"quest;", b'?'),
    (b"num;", b'#'),
    (b"dollar;", b'$'),
    (b"percnt;", b'%'),
    (b"ast;", b'*'),
    (b"Tab;", b'\t'),
    (b"NewLine;", b'\n'),
    (b"grave;", b'`'),
];

/// Most decimal digits of a reference: leading zeros are legal and used to hide text.
const DECIMAL_DIGITS: usize = 7;

/// Opens the line around `at`; `None` if it holds no reference.
pub(super) fn open(text: &[u8], at: &Range<usize>) -> Option<View> {
    let stretch = run(text, at, &window(text, at), |byte| {
        byte != b'\n' && byte != b'\r'
    });
    let mut view = View::new(Encoding::Html);
    view.source = Span::new(stretch.start, stretch.end);
    let mut plain = stretch.start;
    for mark in memchr::memchr_iter(b'&', &text[stretch.clone()]) {
        let mark = stretch.start + mark;
        if let Some((code, len)) = reference(&text[mark + 1..stretch.end]) {
            view.copy(text, plain..mark);
            plain = mark + 1 + len;
            view.code_point(&(mark..plain), code);
        }
    }
    if plain == stretch.start {
        return None;
    }
    view.copy(text, plain..stretch.end);
    Some(view)
}

/// The code point of the reference whose `&` stands right before `rest`, and its length without `&`.
fn reference(rest: &[u8]) -> Option<(u32, usize)> {
    let Some(number) = rest.strip_prefix(b"#") else {
        return NAMED
            .iter()
            .find(|(name, _)| rest.starts_with(name))
            .map(|&(name, byte)| (u32::from(byte), name.len()));
    };
    let (code, digits, lead) = if let [b'x' | b'X', digits @ ..] = number {
        let (code, len) = hex_number(digits, 1, 8)?;
        (code, len, 2)
    } else {
        let (code, len) = decimal(number)?;
        (code, len, 1)
    };
    // Browsers accept a reference without its semicolon, so it is no way to hide a key either.
    let semicolon = usize::from(rest.get(lead + digits) == Some(&b';'));
    Some((code, lead + digits + semicolon))
}

/// The decimal number at the start of `text` and how many digits it has.
fn decimal(text: &[u8]) -> Option<(u32, usize)> {
    let len = text
        .iter()
        .take(DECIMAL_DIGITS)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let number = text[..len]
        .iter()
        .fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
    (len > 0).then_some((number, len))
}
