//! Readable views: stretches of a text with one layer of encoding taken off.
//!
//! A scan searches for the encoded forms of its anchors ([`encoded_anchors`]); where one stands, [`open`]
//! decodes the stretch around it and keeps a [`Map`] back to the bytes as stored. What comes out is read
//! like a small file of its own, so layers nest. Whole texts in UTF-16 are turned by [`utf16`].
//! Everything is a pure function of at most [`STRETCH`] bytes on each side of the anchor, takes time
//! linear in them and panics on no input. No rule, no judgement of what a view holds belongs here.

mod alphabet;
mod anchors;
mod digits;
mod escape;
mod folded;
mod html;
mod joined;
mod lines;
mod literal;
mod map;
mod percent;
mod text;
mod wide;

#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;

pub use anchors::{encoded_anchors, nested_base64_anchors};
pub use map::{Map, Unit};
pub use text::{ByteOrder, HEAD, TextEncoding, detect, utf16};

use crate::model::{Encoding, Span};

/// Bytes before the first and after the last byte of an anchor that a view may draw on. Long enough for
/// a mail part or a wrapped `.env`, short enough that a changed byte elsewhere never changes a decision.
pub const STRETCH: usize = 16 * 1024;

/// Bytes on each side of an anchor that a view of `encoding` may draw on: [`STRETCH`], and less where a row of literals is
/// searched, which is dearer.
pub fn stretch(encoding: Encoding) -> usize {
    if encoding == Encoding::Joined {
        joined::PIECES
    } else {
        STRETCH
    }
}

/// How a stretch is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Opening {
    /// The layer to take off.
    pub encoding: Encoding,
    /// Base64: position of the anchor's first digit in its group of four, 0 to 3. Hex: in its pair.
    /// Other encodings: 0.
    pub phase: u8,
}

/// A decoded stretch.
#[derive(Clone)]
pub struct View {
    /// The decoded bytes.
    pub bytes: Vec<u8>,
    /// From offsets in `bytes` to offsets in the text that was opened.
    pub map: Map,
    /// The layer that was taken off.
    pub encoding: Encoding,
    /// The stretch of that text which `bytes` stands for. An anchor of the same opening inside it would
    /// give the same view again, so it need not be opened.
    pub source: Span,
}

impl View {
    /// A view without content.
    pub fn new(encoding: Encoding) -> Self {
        Self {
            bytes: Vec::new(),
            map: Map::new(),
            encoding,
            source: Span::default(),
        }
    }

    /// Takes over `range` of `text` as it stands.
    fn copy(&mut self, text: &[u8], range: Range<usize>) {
        if let Some(bytes) = text.get(range.clone()) {
            self.bytes.extend_from_slice(bytes);
            self.map.push(range.start, Unit::BYTE, bytes.len());
        }
    }

    /// Appends `decoded`, which all of `range` stands for. Nothing decoded means the range is left out.
    fn atom(&mut self, range: &Range<usize>, decoded: &[u8]) {
        self.bytes.extend_from_slice(decoded);
        let size = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        let unit = Unit {
            decoded: size(decoded.len()),
            source: size(range.len()),
        };
        self.map.push(range.start, unit, 1);
    }

    /// Appends a code point that all of `range` stands for; what is none becomes U+FFFD.
    fn code_point(&mut self, range: &Range<usize>, code: u32) {
        let mut buffer = [0; 4];
        let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        self.atom(range, c.encode_utf8(&mut buffer).as_bytes());
    }
}

impl fmt::Debug for View {
    /// Without the bytes: they may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View")
            .field("bytes", &self.bytes.len())
            .field("encoding", &self.encoding)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

/// Decodes the stretch of `text` that contains the anchor `at`. `None` where nothing is encoded there
/// after all, or the anchor is not a range of `text`.
pub fn open(text: &[u8], at: Range<usize>, opening: Opening) -> Option<View> {
    if at.start > at.end || at.end > text.len() || text.len() > u32::MAX as usize {
        return None;
    }
    let phase = usize::from(opening.phase);
    let view = match opening.encoding {
        Encoding::Utf16 => wide::open(text, at),
        Encoding::Base64 => digits::open_base64(text, &at, phase),
        Encoding::Hex => digits::open_hex(text, &at, phase),
        Encoding::Percent => percent::open(text, &at),
        Encoding::Escape => escape::open(text, &at),
        Encoding::Html => html::open(text, &at),
        Encoding::Joined => joined::open(text, &at),
    };
    view.filter(|view| !view.bytes.is_empty())
}

/// The part of `text` that a view of the anchor `at` may draw on.
fn window(text: &[u8], at: &Range<usize>) -> Range<usize> {
    at.start.saturating_sub(STRETCH)..at.end.saturating_add(STRETCH).min(text.len())
}

/// The widest range around `at` within `window` whose bytes outside `at` all satisfy `inside`.
fn run(
    text: &[u8],
    at: &Range<usize>,
    window: &Range<usize>,
    inside: impl Fn(u8) -> bool,
) -> Range<usize> {
    let before = text[window.start..at.start]
        .iter()
        .rev()
        .take_while(|&&byte| inside(byte))
        .count();
    let after = text[at.end..window.end]
        .iter()
        .take_while(|&&byte| inside(byte))
        .count();
    at.start - before..at.end + after
}

/// The value of a hexadecimal digit.
fn hex_value(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// The number that `min` to `max` hexadecimal digits at the start of `text` spell, and how many there
/// are. At most 8 digits are read.
fn hex_number(text: &[u8], min: usize, max: usize) -> Option<(u32, usize)> {
    let mut number = 0;
    let mut len = 0;
    while let Some(value) = text.get(len).copied().and_then(hex_value)
        && len < max.min(8)
    {
        number = number << 4 | u32::from(value);
        len += 1;
    }
    (len >= min).then_some((number, len))
}
