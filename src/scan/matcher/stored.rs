//! What databases hold: values of PHP's serializer that a plugin has put into base64 first, as if that hid them, and columns of
//! tables that have nothing to do with mail servers.
//!
//! Reading serialized text and rows is the assignment reader's; here is only what they mean.

use crate::model::Encoding;
use crate::scan::assignment::{Assignment, Lang, Syntax};
use crate::scan::view::{self, Opening};

use super::Text;

/// Fewest digits that are taken for base64: by chance one value in 400 of them decodes to printable ASCII.
const FEWEST: usize = 8;

/// Bytes before a value in which its length stands: `s:16:\"`.
const LEAD: usize = 16;

/// What the serialized value of `found` says in base64, where all of that is printable.
pub fn value(text: &Text<'_>, found: &Assignment) -> Option<Vec<u8>> {
    let range = found.value.range();
    let lead = text.slice(range.start.saturating_sub(LEAD)..range.start);
    let length = lead.trim_ascii_end().strip_suffix(b"\"")?;
    let length = length.strip_suffix(b"\\").unwrap_or(length);
    let digits = length.strip_suffix(b":")?;
    let number = digits
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_digit())
        .count();
    if number == 0 || !digits[..digits.len() - number].ends_with(b"s:") {
        return None;
    }
    let stored = text.slice(range);
    if stored.len() < FEWEST || !stored.len().is_multiple_of(4) {
        return None;
    }
    let opening = Opening {
        encoding: Encoding::Base64,
        phase: 0,
    };
    let view = view::open(stored, 0..4, opening)?;
    let whole = view.source.range().len() == stored.len();
    (whole && view.bytes.iter().all(u8::is_ascii_graphic)).then_some(view.bytes)
}

/// Whether `found` is a column of a table that holds no mail servers: an `INSERT` of users beside the one of the mail settings.
pub fn is_of_others(text: &Text<'_>, found: &Assignment) -> bool {
    const STATEMENT: usize = 1024;
    const SIGNS: [&[u8]; 3] = [b"smtp", b"host", b"server"];
    let key = found.key.range();
    let between = text.slice(key.end..found.value.range().start);
    if text.lang != Lang::Sql || found.syntax != Syntax::Pair || !between.contains(&b')') {
        return false;
    }
    let low = key.start.saturating_sub(STATEMENT);
    let start = memchr::memrchr(b';', text.slice(low..key.start)).map_or(low, |at| low + at);
    let names = text.slice(start..key.end + between.len());
    !names.windows(4).enumerate().any(|(at, _)| {
        SIGNS.iter().any(|sign| {
            names[at..]
                .get(..sign.len())
                .is_some_and(|word| word.eq_ignore_ascii_case(sign))
        })
    })
}
