//! Expressions that put a value together out of strings and of names for strings: `part + 'xyz'`, `` `${a}${b}` ``, `a . b`.
//!
//! A name is looked up among the constants above, by its last part, and only where it was given a string. One piece whose
//! text is not known ends it: nobody knows what comes out then.

use std::ops::Range;

use crate::scan::assignment::Lang;

use super::Text;

/// Bytes before an expression in which its constants stand.
const ABOVE: usize = 1536;

/// Bytes of an expression.
const LONGEST: usize = 512;

/// Most pieces of a value.
const MOST: usize = 8;

/// What the expression at `from` comes out as, and where it stands: two pieces or more, one of them named.
pub(super) fn read(text: &Text<'_>, from: usize) -> Option<(Range<usize>, Vec<u8>)> {
    let bytes = text.slice(from..from + LONGEST);
    let mut value = Vec::new();
    let mut pieces = Pieces::default();
    let mut at = 0;
    let start = skip(bytes, at);
    for _ in 0..MOST {
        at = skip(bytes, at);
        at = if is_quote(*bytes.get(at)?) {
            string(text, from, bytes, at, &mut value, &mut pieces)?
        } else {
            let end = name_end(bytes, at);
            value.extend_from_slice(constant(text, from, &bytes[at..end])?);
            pieces.named += 1;
            end
        };
        let Some(next) = operator(bytes, at) else {
            break;
        };
        at = next;
    }
    // what follows is a call, an index or a member of the last name
    let whole = !matches!(bytes.get(at), Some(b'(' | b'[' | b'.'));
    (whole && pieces.named > 0 && pieces.named + pieces.literal > 1)
        .then_some((from + start..from + at, value))
}

/// How many pieces there are of each sort.
#[derive(Default)]
struct Pieces {
    named: usize,
    literal: usize,
}

fn skip(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest
        .iter()
        .take_while(|b| b.is_ascii_whitespace() || **b == b'(')
        .count()
}

/// The end of the name at `at`, members included: `this.prefix`, `Keys::PREFIX`, `$prefix`.
fn name_end(bytes: &[u8], at: usize) -> usize {
    let part = |b: u8| b.is_ascii_alphanumeric() || b"_$@".contains(&b);
    let mut end = at;
    loop {
        end += bytes[end..].iter().take_while(|b| part(**b)).count();
        let joint = [b".".as_slice(), b"::", b"->"]
            .into_iter()
            .find(|joint| bytes[end..].starts_with(joint));
        match joint {
            Some(joint)
                if bytes
                    .get(end + joint.len())
                    .is_some_and(u8::is_ascii_alphabetic) =>
            {
                end += joint.len();
            }
            _ => return end,
        }
    }
}

/// Where the next operand begins, behind the sign at `at` that joins it to the one before.
fn operator(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let blank = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
    let rest = &rest[blank..];
    let sign = match rest {
        [b'+', b'+' | b'=', ..] => return None,
        [b'.', b'.', ..] | [b'|', b'|', ..] | [b'<', b'>', ..] => 2,
        [b'+' | b'&' | b'.' | b'~', ..] => 1,
        _ => return None,
    };
    Some(at + blank + sign)
}

/// Reads the string at `at` into `value`, with the names in it; the offset behind it.
fn string(
    text: &Text<'_>,
    from: usize,
    bytes: &[u8],
    at: usize,
    value: &mut Vec<u8>,
    pieces: &mut Pieces,
) -> Option<usize> {
    let quote = bytes[at];
    let replaces = quote == b'`' || (quote == b'"' && text.lang != Lang::JavaScript);
    let mut at = at + 1;
    let mut any = false;
    loop {
        match *bytes.get(at)? {
            b'\\' | b'\n' => return None,
            byte if byte == quote => break,
            b'$' | b'#' if replaces && bytes.get(at + 1) == Some(&b'{') => {
                let end = name_end(bytes, at + 2);
                if bytes.get(end) != Some(&b'}') {
                    return None;
                }
                value.extend_from_slice(constant(text, from, &bytes[at + 2..end])?);
                pieces.named += 1;
                at = end + 1;
            }
            byte => {
                value.push(byte);
                any = true;
                at += 1;
            }
        }
    }
    pieces.literal += usize::from(any);
    Some(at + 1)
}

/// The string that `name` was given above `from`, the nearest one.
fn constant<'t>(text: &Text<'t>, from: usize, name: &[u8]) -> Option<&'t [u8]> {
    let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let last = name.rsplit(|b| !word(b)).next()?;
    if last.is_empty() || last[0].is_ascii_digit() {
        return None;
    }
    let above = text.slice(from.saturating_sub(ABOVE)..from);
    let mut end = above.len();
    while let Some(at) = memchr::memmem::rfind(&above[..end], last) {
        let free = !at.checked_sub(1).is_some_and(|front| word(&above[front]));
        if free && let Some(found) = given(&above[at + last.len()..]) {
            return Some(found);
        }
        end = at;
    }
    None
}

/// The string that follows a name and a sign: ` = "x"`, `: string = "x"`, ` := "x"`, `=> 'x'`, ` "x"` behind `#define`.
fn given(rest: &[u8]) -> Option<&[u8]> {
    const TYPE: usize = 24;
    let blank = rest
        .iter()
        .take_while(|b| **b == b' ' || **b == b'\t')
        .count();
    let mut sign = &rest[blank..];
    if let [b':', b' ', typed @ ..] = sign {
        let name = typed
            .iter()
            .take(TYPE)
            .take_while(|b| b.is_ascii_alphanumeric() || b"&'<> ".contains(b))
            .count();
        if typed.get(name) == Some(&b'=') {
            sign = &typed[name..];
        }
    }
    let value = [b":=".as_slice(), b"=>", b"=", b":", b""]
        .iter()
        .find_map(|lead| sign.strip_prefix(*lead))?
        .trim_ascii_start();
    let quote = *value.first().filter(|b| is_quote(**b))?;
    let length = memchr::memchr3(quote, b'\n', b'\\', &value[1..])?;
    let inner = &value[1..=length];
    (value[1 + length] == quote && !inner.is_empty() && !inner.contains(&b'{')).then_some(inner)
}

fn is_quote(byte: u8) -> bool {
    b"\"'`".contains(&byte)
}
