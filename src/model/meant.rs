//! A value as it is meant, however it is written.
//!
//! One password is written with escapes in JSON, with doubled quotes in YAML, with entities in XML, as percent signs in a URL. It is to have one
//! name all the same. So escapes are undone whatever the language is, and what may be one and tells nothing, a backslash or the second
//! of two quotes, does not count. Two values that differ in nothing else have one name; nobody has two such secrets.

use std::borrow::Cow;

/// Named entities, each with what it stands for.
const ENTITIES: [(&[u8], u8); 6] = [
    (b"amp;", b'&'),
    (b"lt;", b'<'),
    (b"gt;", b'>'),
    (b"quot;", b'"'),
    (b"apos;", b'\''),
    (b"#39;", b'\''),
];

/// Most digits of a number in an entity.
const MOST_DIGITS: usize = 7;

/// `value` without what is there only because of where it stands.
pub(super) fn meant(value: &[u8]) -> Cow<'_, [u8]> {
    let is_special = |byte: &u8| matches!(byte, b'\\' | b'%' | b'&' | b'"' | b'\'');
    if !value.iter().any(is_special) {
        return Cow::Borrowed(value);
    }
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&first, behind)) = rest.split_first() {
        let escaped = match first {
            b'\\' => escape(behind),
            b'%' => number(behind, 2, 2, 16),
            b'&' => entity(behind),
            _ => None,
        };
        if let Some((char, len)) = escaped {
            match u8::try_from(char) {
                // a byte of a character, which the others follow
                Ok(byte) if first == b'%' && !byte.is_ascii() => out.push(byte),
                _ => put(char, &mut out),
            }
            rest = &behind[len..];
            continue;
        }
        if first.is_ascii() {
            put(u32::from(first), &mut out);
        } else {
            out.push(first);
        }
        rest = behind;
    }
    Cow::Owned(out)
}

/// Adds `char`, unless it is one that does not count.
fn put(char: u32, out: &mut Vec<u8>) {
    match u8::try_from(char) {
        Ok(b'\\') => {}
        Ok(quote @ (b'"' | b'\'')) if out.last() == Some(&quote) => {}
        Ok(byte) if byte.is_ascii() => out.push(byte),
        _ => {
            let char = char::from_u32(char).unwrap_or(char::REPLACEMENT_CHARACTER);
            out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

/// What a backslash before `text` makes of it, and how much of it that takes.
fn escape(text: &[u8]) -> Option<(u32, usize)> {
    let (kind, digits) = text.split_first()?;
    let (char, len) = match kind {
        b'x' => number(digits, 2, 2, 16)?,
        b'u' => number(digits, 4, 4, 16)?,
        _ => return None,
    };
    Some((char, len + 1))
}

/// What an ampersand before `text` makes of it.
fn entity(text: &[u8]) -> Option<(u32, usize)> {
    let named = ENTITIES.iter().find(|(name, _)| text.starts_with(name));
    if let Some((name, byte)) = named {
        return Some((u32::from(*byte), name.len()));
    }
    let digits = text.strip_prefix(b"#")?;
    let (char, len) = match digits.split_first()? {
        (b'x' | b'X', digits) => {
            let (char, len) = number(digits, 1, MOST_DIGITS, 16)?;
            (char, len + 1)
        }
        _ => number(digits, 1, MOST_DIGITS, 10)?,
    };
    (digits.get(len) == Some(&b';')).then_some((char, len + 2))
}

/// The number that `text` begins with, of at least and at most so many digits, and how many it has.
fn number(text: &[u8], least: usize, most: usize, radix: u32) -> Option<(u32, usize)> {
    let digit = |byte: &u8| char::from(*byte).to_digit(radix);
    let digits = text.iter().take(most).map_while(digit);
    let (value, len) = digits.fold((0, 0), |(value, len), digit| {
        (value * radix + digit, len + 1)
    });
    (len >= least).then_some((value, len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_it_is_written_it_is_the_same() {
        let value = b"a'b\"c\\d&e<f";
        let written: [&[u8]; 9] = [
            value,
            br#"a'b\"c\\d&e<f"#,
            br#"a\'b"c\\d&e<f"#,
            br#"a''b"c\d&e<f"#,
            br#"a'b""c\d&e<f"#,
            b"a&apos;b&quot;c\\d&amp;e&lt;f",
            b"a&#39;b&#x22;c&#92;d&#38;e&#60;f",
            b"a%27b%22c%5Cd%26e%3cf",
            br"a\u0027b\x22c\u005cd\u0026e\u003cf",
        ];
        for way in written {
            let shown = String::from_utf8_lossy(way);
            assert_eq!(&*meant(way), b"a'b\"cd&e<f", "{shown}");
        }
        assert!(matches!(meant(b"Harbor-47"), Cow::Borrowed(_)));
    }

    #[test]
    fn what_is_no_escape_stays() {
        for (value, is) in [
            (&b"100%"[..], &b"100%"[..]),
            (b"5%zz", b"5%zz"),
            (b"a&b;c", b"a&b;c"),
            (b"&#;&#x;", b"&#;&#x;"),
            (b"&#99999999;", b"&#99999999;"),
            (b"\\u12", b"u12"),
            (b"\\", b""),
            ("\u{fc}\\\u{e9}".as_bytes(), "\u{fc}\u{e9}".as_bytes()),
            (b"\\u00fc", "\u{fc}".as_bytes()),
            (b"\\ud800x", "\u{fffd}x".as_bytes()),
            (b"\xff%", b"\xff%"),
            (b"%c3%bc", "\u{fc}".as_bytes()),
        ] {
            assert_eq!(&*meant(value), is, "{value:?}");
        }
    }
}
