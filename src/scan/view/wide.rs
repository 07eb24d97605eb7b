//! UTF-16 strings inside files that are not UTF-16 as a whole: resources, registry hives, databases.
//!
//! The stretch is the run of alternating characters and NULs around the anchor. Only ASCII and Latin-1
//! take part, since any other character cannot be told from data. Byte order makes no difference to what
//! is read, only to which NUL belongs to which character.

use std::ops::Range;

use super::{Unit, View, window};
use crate::model::{Encoding, Span};

/// Opens the run around `at`, which must start on a character.
pub(super) fn open(text: &[u8], at: Range<usize>) -> Option<View> {
    let window = window(text, &at);
    let bytes = &text[window.clone()];
    let anchor = at.start - window.start;
    if !bytes.get(anchor).copied().is_some_and(is_character) {
        return None;
    }
    let mut first = anchor;
    while first >= 2 && bytes[first - 1] == 0 && is_character(bytes[first - 2]) {
        first -= 2;
    }
    let mut last = anchor;
    while bytes.get(last + 1) == Some(&0) && bytes.get(last + 2).copied().is_some_and(is_character)
    {
        last += 2;
    }
    let nul_before = first > 0 && bytes[first - 1] == 0;
    let nul_behind = bytes.get(last + 1) == Some(&0);
    if !nul_before && !nul_behind && last > first && !bytes[last].is_ascii() {
        // In neither order is this a character of the run: its own NUL is missing.
        last -= 2;
    }
    if last == first {
        return None;
    }
    // Where NULs stand on both ends, little endian, the usual order, is as good as the other.
    let little = nul_behind || !nul_before;
    let back = usize::from(!little);
    let mut view = View::new(Encoding::Utf16);
    for at in (first..=last).step_by(2) {
        let start = window.start + at - back;
        let (unit, c) = (start..(start + 2).min(text.len()), bytes[at]);
        if c.is_ascii() {
            view.bytes.push(c);
            let source = u32::try_from(unit.len()).unwrap_or(2);
            view.map.push(start, Unit { decoded: 1, source }, 1);
        } else {
            view.code_point(&unit, u32::from(c));
        }
    }
    let start = window.start + first - back;
    let end = (window.start + last - back + 2).min(text.len());
    view.source = Span::new(start, end);
    Some(view)
}

/// Whether a byte is printable ASCII or Latin-1, or white space of a text.
fn is_character(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n' | 0xa0..)
}
