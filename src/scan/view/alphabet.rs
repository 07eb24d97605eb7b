//! The digits of Base64 and hexadecimal, and how they add up to bytes.
//!
//! A digit of the standard Base64 alphabet may be written by an escape of the host syntax; such a digit
//! is recognised from either side. Which digits belong together is decided elsewhere.

use super::hex_value;

/// The digits of an encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alphabet {
    Standard,
    Url,
    Hex,
}

/// Ways to write the two symbols of the standard alphabet where a host syntax escapes them.
const ESCAPED: [(&[u8], u8); 9] = [
    (b"\\/", b'/'),
    (b"\\u002b", b'+'),
    (b"\\u002B", b'+'),
    (b"\\u002f", b'/'),
    (b"\\u002F", b'/'),
    (b"%2b", b'+'),
    (b"%2B", b'+'),
    (b"%2f", b'/'),
    (b"%2F", b'/'),
];

impl Alphabet {
    /// Digits in a group.
    pub(super) fn group(self) -> usize {
        if self == Self::Hex { 2 } else { 4 }
    }

    /// Bits of a digit.
    fn bits(self) -> usize {
        if self == Self::Hex { 4 } else { 6 }
    }

    fn value(self, digit: u8) -> Option<u8> {
        match (self, digit) {
            (Self::Hex, _) => hex_value(digit),
            (_, b'A'..=b'Z') => Some(digit - b'A'),
            (_, b'a'..=b'z') => Some(digit - b'a' + 26),
            (_, b'0'..=b'9') => Some(digit - b'0' + 52),
            (Self::Standard, b'+') | (Self::Url, b'-') => Some(62),
            (Self::Standard, b'/') | (Self::Url, b'_') => Some(63),
            _ => None,
        }
    }

    /// The value of the digit that starts at `at` and where it ends.
    pub(super) fn at(self, text: &[u8], at: usize, end: usize) -> Option<(u8, usize)> {
        let rest = text.get(at..end)?;
        let first = *rest.first()?;
        if let Some(value) = self.value(first) {
            return Some((value, at + 1));
        }
        if self != Self::Standard || !matches!(first, b'\\' | b'%') {
            return None;
        }
        let (written, digit) = ESCAPED
            .iter()
            .find(|(written, _)| rest.starts_with(written))?;
        Some((self.value(*digit)?, at + written.len()))
    }

    /// Where the digit that ends at `at` starts. A letter behind a backslash is no digit but an escape.
    pub(super) fn before(self, text: &[u8], at: usize, low: usize) -> Option<usize> {
        let rest = text.get(low..at)?;
        let last = *rest.last()?;
        if self == Self::Standard && matches!(last, b'/' | b'b' | b'B' | b'f' | b'F') {
            let written = ESCAPED.iter().find(|(written, _)| rest.ends_with(written));
            if let Some((written, _)) = written {
                return Some(at - written.len());
            }
        }
        self.value(last)?;
        let escaped = rest.len() > 1 && rest[rest.len() - 2] == b'\\';
        (!escaped).then(|| at - 1)
    }
}

/// Turns digits into bytes.
pub(super) struct Bits {
    width: usize,
    held: u32,
    count: usize,
}

impl Bits {
    /// No digit yet.
    pub(super) fn new(alphabet: Alphabet) -> Self {
        Self {
            width: alphabet.bits(),
            held: 0,
            count: 0,
        }
    }

    /// Takes the value of a digit; gives a byte whenever eight bits are there.
    pub(super) fn push(&mut self, value: u8) -> Option<u8> {
        self.held = (self.held << self.width | u32::from(value)) & 0x3fff;
        self.count += self.width;
        if self.count < 8 {
            return None;
        }
        self.count -= 8;
        let [.., byte] = (self.held >> self.count).to_be_bytes();
        Some(byte)
    }
}
