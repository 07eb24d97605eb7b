//! The literals by which the encoded forms of an anchor can be found.
//!
//! Each is what every text that holds the anchor in that encoding must contain, cut to a few bytes: a
//! multi-literal search gains nothing from longer ones, and loses from many. Short ones are lengthened
//! where a neighbouring digit has few possible values.

use super::Opening;
use crate::model::Encoding;

/// Longest literal, in bytes.
const LONGEST: usize = 6;

/// Shortest literal that is cheap to search for, in bytes.
const SHORTEST: usize = 4;

/// Most literals that one alignment of one anchor may be enumerated into.
const MOST_VARIANTS: usize = 64;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Named references for the punctuation that ends anchors.
const NAMED: [(u8, &[u8]); 9] = [
    (b'.', b"&period;"),
    (b':', b"&colon;"),
    (b'@', b"&commat;"),
    (b'_', b"&lowbar;"),
    (b'-', b"&hyphen;"),
    (b'/', b"&sol;"),
    (b'=', b"&equals;"),
    (b'"', b"&quot;"),
    (b'&', b"&amp;"),
];

/// The literals to search for where `anchor` may stand in `encoding`, each with the way to open the
/// stretch around it. At most six bytes each, without duplicates; few have less than four. Joined
/// literals cannot be told from the anchor itself, so that is what they are found by.
pub fn encoded_anchors(anchor: &[u8], encoding: Encoding) -> Vec<(Vec<u8>, Opening)> {
    let mut literals = Literals {
        encoding,
        list: Vec::new(),
    };
    if anchor.is_empty() {
        return literals.list;
    }
    match encoding {
        Encoding::Base64 => (0..3).for_each(|unknown| base64(anchor, unknown, &mut literals)),
        Encoding::Hex => hex(anchor, &mut literals),
        Encoding::Utf16 => utf16(anchor, &mut literals),
        Encoding::Joined => literals.add(anchor, 0),
        Encoding::Percent => percent(anchor, &mut literals),
        Encoding::Escape => escape(anchor, &mut literals),
        Encoding::Html => html(anchor, &mut literals),
    }
    literals.list
}

/// The literals for `anchor` in Base64 inside Base64, where the inner text starts with the anchor. The
/// view that they open holds the literals of [`encoded_anchors`].
pub fn nested_base64_anchors(anchor: &[u8]) -> Vec<(Vec<u8>, Opening)> {
    let mut nested: Vec<(Vec<u8>, Opening)> = Vec::new();
    for (inner, opening) in encoded_anchors(anchor, Encoding::Base64) {
        if opening.phase != 0 {
            continue;
        }
        for literal in encoded_anchors(&inner, Encoding::Base64) {
            if !nested.contains(&literal) {
                nested.push(literal);
            }
        }
    }
    nested
}

/// Collects literals of one encoding.
struct Literals {
    encoding: Encoding,
    list: Vec<(Vec<u8>, Opening)>,
}

impl Literals {
    fn add(&mut self, literal: &[u8], phase: usize) {
        let literal = &literal[..literal.len().min(LONGEST)];
        let opening = Opening {
            encoding: self.encoding,
            phase: u8::try_from(phase % 4).unwrap_or(0),
        };
        if !self
            .list
            .iter()
            .any(|(known, how)| known == literal && *how == opening)
        {
            self.list.push((literal.to_vec(), opening));
        }
    }
}

/// What the anchor says of the 24-bit groups it lies in, when `unknown` bytes stand before it.
struct Bits<'a> {
    anchor: &'a [u8],
    unknown: usize,
}

impl Bits<'_> {
    /// Which bits of digit `index` the anchor says, and what they are.
    fn said(&self, index: usize) -> (u8, u8) {
        let (mut known, mut value) = (0_u8, 0_u8);
        for bit in index * 6..index * 6 + 6 {
            let byte = (bit / 8)
                .checked_sub(self.unknown)
                .and_then(|byte| self.anchor.get(byte));
            known = known << 1 | u8::from(byte.is_some());
            value = value << 1 | byte.map_or(0, |byte| byte >> (7 - bit % 8) & 1);
        }
        (known, value)
    }

    /// How many values digit `index` may have; 64 where the anchor says nothing.
    fn count(&self, index: usize) -> usize {
        64 >> self.said(index).0.count_ones()
    }

    /// Those values, in order. All of this runs at every start, so that nothing is tried that can be known.
    fn values(&self, index: usize) -> Vec<u8> {
        let (known, value) = self.said(index);
        let free = !known & 0x3f;
        let mut values = Vec::with_capacity(64 >> known.count_ones());
        let mut bits = 0_u8;
        loop {
            values.push(value | bits);
            // the next number that is made of free bits only
            bits = bits.wrapping_sub(free) & free;
            if bits == 0 {
                return values;
            }
        }
    }
}

/// Base64 with `unknown` bytes before the anchor, modulo 3, in both alphabets.
fn base64(anchor: &[u8], unknown: usize, out: &mut Literals) {
    let bits = Bits { anchor, unknown };
    let mut first = (unknown * 8).div_ceil(6);
    let mut end = ((unknown + anchor.len()) * 8 / 6).min(first + LONGEST);
    if end <= first {
        return;
    }
    let mut variants = 1;
    while end - first < SHORTEST {
        let before = first.checked_sub(1).map_or(64, |index| bits.count(index));
        let after = bits.count(end);
        if before.min(after) * variants > MOST_VARIANTS || before.min(after) == 64 {
            break;
        }
        variants *= before.min(after);
        if before <= after {
            first -= 1;
        } else {
            end += 1;
        }
    }
    let mut literals = vec![Vec::new()];
    for index in first..end {
        let values = bits.values(index);
        if let [value] = *values {
            for literal in &mut literals {
                literal.push(DIGITS[usize::from(value)]);
            }
            continue;
        }
        literals = literals
            .iter()
            .flat_map(|literal| {
                values.iter().map(move |&value| {
                    let mut longer: Vec<u8> = literal.clone();
                    longer.push(DIGITS[usize::from(value)]);
                    longer
                })
            })
            .collect();
    }
    for mut literal in literals {
        out.add(&literal, first);
        for digit in &mut literal {
            match digit {
                b'+' => *digit = b'-',
                b'/' => *digit = b'_',
                _ => {}
            }
        }
        out.add(&literal, first);
    }
}

fn hex(anchor: &[u8], out: &mut Literals) {
    let digits = spell(&anchor[..anchor.len().min(3)], |byte| format!("{byte:02x}"));
    out.add(&digits, 0);
    out.add(&digits.to_ascii_uppercase(), 0);
}

/// Both byte orders: the NUL before the first and the one after the last character are left out.
fn utf16(anchor: &[u8], out: &mut Literals) {
    let mut wide: Vec<u8> = anchor.iter().take(3).flat_map(|&byte| [byte, 0]).collect();
    wide.pop();
    out.add(&wide, 0);
}

/// Writes each of `bytes` by `form`.
fn spell(bytes: &[u8], form: impl Fn(u8) -> String) -> Vec<u8> {
    bytes
        .iter()
        .flat_map(|&byte| form(byte).into_bytes())
        .collect()
}

/// The bytes before the punctuation that ends the anchor, at most `most`, and the first byte of that
/// punctuation: what an encoder that spares letters and digits makes different.
fn punctuated(anchor: &[u8], most: usize) -> Option<(&[u8], u8)> {
    let letters = anchor
        .iter()
        .rposition(u8::is_ascii_alphanumeric)
        .map_or(0, |last| last + 1);
    let mark = *anchor.get(letters)?;
    Some((&anchor[letters.saturating_sub(most)..letters], mark))
}

fn percent(anchor: &[u8], out: &mut Literals) {
    let forms: [fn(u8) -> String; 2] =
        [|byte| format!("%{byte:02X}"), |byte| format!("%{byte:02x}")];
    for form in forms {
        out.add(&spell(&anchor[..anchor.len().min(2)], form), 0);
        if let Some((before, mark)) = punctuated(anchor, 3) {
            out.add(&[before, form(mark).as_bytes()].concat(), 0);
        }
    }
}

fn escape(anchor: &[u8], out: &mut Literals) {
    let forms: [fn(u8) -> String; 9] = [
        |byte| format!("\\u{byte:04x}"),
        |byte| format!("\\u{byte:04X}"),
        |byte| format!("\\u{{{byte:x}}}"),
        |byte| format!("\\u{{{byte:X}}}"),
        |byte| format!("\\U{byte:08x}"),
        |byte| format!("\\x{byte:02x}"),
        |byte| format!("\\x{byte:02X}"),
        |byte| format!("\\x{{{byte:x}}}"),
        |byte| format!("\\{byte:03o}"),
    ];
    for form in forms {
        out.add(&spell(&anchor[..anchor.len().min(2)], form), 0);
        if let Some((before, mark)) = punctuated(anchor, 2) {
            out.add(&[before, form(mark).as_bytes()].concat(), 0);
        }
    }
}

fn html(anchor: &[u8], out: &mut Literals) {
    let forms: [fn(u8) -> String; 5] = [
        |byte| format!("&#{byte};"),
        |byte| format!("&#x{byte:x};"),
        |byte| format!("&#x{byte:X};"),
        |byte| format!("&#X{byte:x};"),
        |byte| format!("&#X{byte:X};"),
    ];
    let mark = punctuated(anchor, 2);
    for form in forms {
        out.add(&spell(&anchor[..1], form), 0);
        if let Some((before, mark)) = mark {
            out.add(&[before, form(mark).as_bytes()].concat(), 0);
        }
    }
    for (punctuation, name) in NAMED {
        if let Some((before, mark)) = mark
            && mark == punctuation
        {
            out.add(&[before, name].concat(), 0);
        }
    }
}
