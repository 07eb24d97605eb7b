//! Percent escapes, as in URLs and form bodies.
//!
//! The stretch is the run of bytes that may stand in a URL around the anchor. `+` stays `+`: whether it
//! means a space depends on where the text is used, and keys hold none. An undecodable `%` stays.

use std::ops::Range;

use super::{View, hex_number, run, window};
use crate::model::{Encoding, Span};

/// Opens the URL-like run around `at`; `None` if nothing in it is escaped.
pub(super) fn open(text: &[u8], at: &Range<usize>) -> Option<View> {
    let stretch = run(text, at, &window(text, at), |byte| {
        byte > b' ' && byte != 0x7f && !matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>')
    });
    let mut view = View::new(Encoding::Percent);
    view.source = Span::new(stretch.start, stretch.end);
    let mut plain = stretch.start;
    let mut found = false;
    for percent in memchr::memchr_iter(b'%', &text[stretch.clone()]) {
        let percent = stretch.start + percent;
        let digits = &text[percent + 1..stretch.end];
        if percent < plain {
            continue;
        }
        if let Some((value, _)) = hex_number(digits, 2, 2) {
            view.copy(text, plain..percent);
            plain = percent + 3;
            view.atom(&(percent..plain), &[u8::try_from(value).unwrap_or(b'?')]);
            found = true;
        }
    }
    view.copy(text, plain..stretch.end);
    found.then_some(view)
}
