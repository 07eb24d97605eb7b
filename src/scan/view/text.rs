//! The encoding of a whole text, and UTF-16 texts as UTF-8.
//!
//! Git calls UTF-16 files binary and most scanners skip them; here they are texts. Without a byte order
//! mark the decision rests on where NULs stand and on whether the code units read as characters, so that
//! neither a binary file nor a NUL-separated list passes for UTF-16.

use super::{Unit, View};
use crate::model::{Encoding, Span};

/// How many bytes of a blob decide on its encoding.
pub const HEAD: usize = 8 * 1024;

/// Fewest code units by which a text without byte order mark is taken for UTF-16.
const FEWEST_UNITS: u32 = 4;

/// Fewest code units when most of them are not ASCII: more than half of all numbers are letters of some
/// script, so a few say nothing.
const FEWEST_FOREIGN_UNITS: u32 = 10;

/// The order of the two bytes of a UTF-16 code unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// Low byte first.
    Little,
    /// High byte first.
    Big,
}

/// What a blob is, judged by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextEncoding {
    /// UTF-8 or any other superset of ASCII: read as it stands.
    Utf8,
    /// UTF-16, with or without byte order mark.
    Utf16(ByteOrder),
    /// Not a text: holds a NUL and is not UTF-16.
    Binary,
}

/// The encoding of the blob that starts with `head`, and the length of its byte order mark in bytes.
/// Reads at most [`HEAD`] bytes; columns count from behind the mark.
pub fn detect(head: &[u8]) -> (TextEncoding, usize) {
    let head = &head[..head.len().min(HEAD)];
    if head.starts_with(b"\xef\xbb\xbf") {
        let body = &head[3..];
        return match memchr::memchr(0, body) {
            Some(_) => (TextEncoding::Binary, 3),
            None => (TextEncoding::Utf8, 3),
        };
    }
    for (mark, order) in [
        (b"\xff\xfe", ByteOrder::Little),
        (b"\xfe\xff", ByteOrder::Big),
    ] {
        if let Some(body) = head.strip_prefix(mark) {
            let census = Census::take(body, order);
            // Some audio frames start with the same two bytes.
            if census.odd * 16 <= census.units {
                return (TextEncoding::Utf16(order), 2);
            }
        }
    }
    if memchr::memchr(0, head).is_none() {
        return (TextEncoding::Utf8, 0);
    }
    let utf8 = is_utf8(head);
    let best = [ByteOrder::Little, ByteOrder::Big]
        .map(|order| (order, Census::take(head, order)))
        .into_iter()
        .filter(|(_, census)| census.reads_as_text(utf8))
        .max_by_key(|(_, census)| census.ascii * 2 + census.letters);
    match best {
        Some((order, _)) => (TextEncoding::Utf16(order), 0),
        None => (TextEncoding::Binary, 0),
    }
}

/// Whether `head` is UTF-8 up to a character that its end cuts off.
fn is_utf8(head: &[u8]) -> bool {
    match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    }
}

/// What the code units of a text are under one byte order.
#[derive(Default)]
struct Census {
    units: u32,
    /// Printable ASCII and white space.
    ascii: u32,
    /// Characters of scripts in wide use.
    letters: u32,
    /// Control characters, unpaired surrogates, private use, non-characters: hardly in a text.
    odd: u32,
    /// Units of two printable ASCII bytes: far more likely two characters of an 8-bit text.
    packed: u32,
}

impl Census {
    fn take(bytes: &[u8], order: ByteOrder) -> Self {
        let mut census = Self::default();
        let mut units = bytes
            .chunks_exact(2)
            .map(|pair| unit(pair, order))
            .peekable();
        while let Some(unit) = units.next() {
            census.units += 1;
            let [high, low] = unit.to_be_bytes();
            let printable = |byte: u8| (b' '..=b'~').contains(&byte);
            census.packed += u32::from(printable(high) && printable(low));
            match unit {
                0x20..=0x7e | 0x09 | 0x0a | 0x0c | 0x0d => census.ascii += 1,
                0xd800..=0xdbff => {
                    if units
                        .next_if(|next| (0xdc00..=0xdfff).contains(next))
                        .is_some()
                    {
                        census.units += 1;
                    } else if units.peek().is_some() {
                        census.odd += 1;
                    }
                }
                0x00..=0x1f | 0x7f..=0x9f | 0xdc00..=0xf8ff | 0xfdd0..=0xfdef | 0xfffe.. => {
                    census.odd += 1;
                }
                0xa0..=0x06ff
                | 0x0900..=0x0dff
                | 0x0e00..=0x0e7f
                | 0x10a0..=0x10ff
                | 0x1e00..=0x1fff
                | 0x2010..=0x2027
                | 0x2030..=0x205e
                | 0x20a0..=0x20bf
                | 0x2190..=0x21ff
                | 0x2500..=0x257f
                | 0x3000..=0x30ff
                | 0x4e00..=0x9fff
                | 0xac00..=0xd7a3
                | 0xfeff
                | 0xff01..=0xff9f => census.letters += 1,
                _ => {}
            }
        }
        census
    }

    /// Whether these are the code units of a text. `utf8`: the same bytes are UTF-8 as well.
    fn reads_as_text(&self, utf8: bool) -> bool {
        let &Self {
            units,
            ascii,
            letters,
            odd,
            packed,
        } = self;
        if units < FEWEST_UNITS || ascii == 0 || odd * 64 > units {
            return false;
        }
        if (utf8 && packed * 4 > units) || packed * 8 > units * 7 {
            return false;
        }
        let western = ascii * 2 >= units;
        western || (units >= FEWEST_FOREIGN_UNITS && (ascii + letters) * 20 >= units * 19)
    }
}

/// The code unit in the two bytes of `pair`.
fn unit(pair: &[u8], order: ByteOrder) -> u16 {
    match (pair, order) {
        (&[a, b], ByteOrder::Little) => u16::from_le_bytes([a, b]),
        (&[a, b], ByteOrder::Big) => u16::from_be_bytes([a, b]),
        _ => 0xfffd,
    }
}

/// Turns `text[from..]`, which is UTF-16, into UTF-8. `from` is the length of the byte order mark and is
/// even. `out` is overwritten and keeps its buffers; its map gives offsets in `text`. A lone surrogate
/// and a last odd byte become U+FFFD, so nothing is lost without trace.
pub fn utf16(text: &[u8], from: usize, order: ByteOrder, out: &mut View) {
    let from = from.min(text.len());
    out.bytes.clear();
    out.map.clear();
    out.encoding = Encoding::Utf16;
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    out.source = Span {
        start: offset(from),
        end: offset(text.len()),
    };
    out.bytes.reserve(text.len() / 2);
    let mut at = from;
    while at < text.len() {
        let ascii = ascii_run(&text[at..], order, &mut out.bytes);
        if ascii > 0 {
            let each = Unit {
                decoded: 1,
                source: 2,
            };
            out.map.push(at, each, ascii);
            at += 2 * ascii;
            continue;
        }
        let pair = &text[at..text.len().min(at + 2)];
        let first = unit(pair, order);
        let mut code = u32::from(first);
        let mut end = at + pair.len();
        if (0xd800..=0xdbff).contains(&first)
            && let Some(next) = text.get(end..end + 2)
            && let low @ 0xdc00..=0xdfff = unit(next, order)
        {
            code = 0x1_0000 + ((code - 0xd800) << 10) + (u32::from(low) - 0xdc00);
            end += 2;
        }
        out.code_point(&(at..end), code);
        at = end;
    }
}

/// Appends the ASCII characters that `text` begins with, and gives their number. Nearly all of a configuration file is one
/// such run, so this is where the time goes.
fn ascii_run(text: &[u8], order: ByteOrder, out: &mut Vec<u8>) -> usize {
    let (low, high) = match order {
        ByteOrder::Little => (0, 1),
        ByteOrder::Big => (1, 0),
    };
    let before = out.len();
    let ascii = |pair: &&[u8]| pair[high] == 0 && pair[low] < 0x80;
    out.extend(text.chunks_exact(2).take_while(ascii).map(|pair| pair[low]));
    out.len() - before
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(text: &str, order: ByteOrder) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|unit| match order {
                ByteOrder::Little => unit.to_le_bytes(),
                ByteOrder::Big => unit.to_be_bytes(),
            })
            .collect()
    }

    #[test]
    fn marks_decide() {
        assert_eq!(detect(b""), (TextEncoding::Utf8, 0));
        assert_eq!(detect(b"\xef\xbb\xbfa"), (TextEncoding::Utf8, 3));
        let little = TextEncoding::Utf16(ByteOrder::Little);
        assert_eq!(detect(b"\xff\xfea\0"), (little, 2));
        assert_eq!(
            detect(b"\xfe\xff\0a"),
            (TextEncoding::Utf16(ByteOrder::Big), 2)
        );
        assert_eq!(detect(b"\xff\xfe\0\0a\0\0\0").0, TextEncoding::Binary);
    }

    #[test]
    fn texts_without_mark_are_recognised() {
        for order in [ByteOrder::Little, ByteOrder::Big] {
            for text in [
                "SG.abcdefg",
                "key=1\r\n",
                "pass\u{201c}\u{2026}\u{e9}\u{1f600} word, some more text",
                "\u{5bc6}\u{7801}: 42\n\u{90ae}\u{7bb1}\u{6388}\u{6743}\u{7801}\u{4e00}\n",
                "\u{30d1}\u{30b9}\u{30ef}\u{30fc}\u{30c9}\u{306f}\u{3053}\u{308c}\u{3067}\u{3059}\n",
                "\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}: \u{442}\u{430}\u{439}\u{43d}\u{430}\n",
            ] {
                let bytes = encode(text, order);
                assert_eq!(detect(&bytes), (TextEncoding::Utf16(order), 0), "{text}");
                let cut = [&bytes[..], b"k"].concat();
                assert_eq!(detect(&cut).0, TextEncoding::Utf16(order), "{text}");
            }
        }
    }

    #[test]
    fn binaries_and_lists_are_not_utf16() {
        let samples: [&[u8]; 8] = [
            b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0",
            b"A=1\0B=2\0C=3\0D=4\0",
            b"HOME=/root\0PATH=/bin\0LANG=C\0",
            b"plain text with a NUL at the end\0",
            "\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c} \u{43f}\u{43e}\u{447}\u{442}\u{430}\0"
                .as_bytes(),
            b"caf\xe9 and na\xefve text with one NUL.\0",
            b"\x01\0\x02\0\x03\0\x04\0\x05\0\x41\0\x42\0",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\0\0\0\x01\0\x08\x06\0\0\0",
        ];
        for sample in samples {
            assert_eq!(detect(sample), (TextEncoding::Binary, 0), "{sample:?}");
        }
    }

    #[test]
    fn utf16_keeps_positions_and_loses_nothing() {
        let mut text = vec![0xff, 0xfe];
        text.extend(encode("a\u{e9}\u{20ac}\u{1f600}b", ByteOrder::Little));
        text.extend([0x00, 0xd8, b'c', 0, 0x7a]);
        let mut view = View::new(Encoding::Utf16);
        utf16(&text, 2, ByteOrder::Little, &mut view);
        let read = String::from_utf8(view.bytes.clone()).unwrap();
        assert_eq!(read, "a\u{e9}\u{20ac}\u{1f600}b\u{fffd}c\u{fffd}");
        let place = |c: char| {
            let at = read.find(c).unwrap();
            view.map.span(Span::new(at, at + c.len_utf8())).range()
        };
        assert_eq!(place('a'), 2..4);
        assert_eq!(place('\u{e9}'), 4..6);
        assert_eq!(place('\u{1f600}'), 8..12);
        assert_eq!(place('b'), 12..14);
        assert_eq!(place('\u{fffd}'), 14..16);
        assert_eq!(place('c'), 16..18);
        let end = view.bytes.len();
        assert_eq!(view.map.span(Span::new(end - 3, end)).range(), 18..19);
    }
}
