//! Which brackets, and which elements, enclose a place.
//!
//! Strings on one line are skipped whole, so that a bracket in a password opens nothing. A quote
//! without a partner on its line (an apostrophe in a comment) is skipped alone.

use std::ops::Range;

use super::lexeme::{before, byte, is_one_of, is_quote, is_word, run, string_end, word_after};

/// How far the structure around an assignment is looked for, in bytes to either side.
pub(super) const BLOCK_REACH: usize = 2048;

/// Elements that have no end tag.
const VOID: [&[u8]; 6] = [b"br", b"input", b"meta", b"link", b"img", b"hr"];

/// The offset of the bracket that opens the innermost group around `i`.
pub(super) fn opener(text: &[u8], i: usize, limit: usize) -> Option<usize> {
    let i = i.min(text.len());
    let floor = i.saturating_sub(limit);
    let mut depth = 0_usize;
    // Where a search for the partner of a quote failed, the rest of that line has none.
    let mut barren = [usize::MAX; 3];
    let mut at = i;
    while at > floor {
        at -= 1;
        match text[at] {
            b')' | b']' | b'}' => depth += 1,
            b'(' | b'[' | b'{' => {
                if depth == 0 {
                    return Some(at);
                }
                depth -= 1;
            }
            b if is_quote(b) => {
                let kind = usize::from(b == b'\'') + 2 * usize::from(b == b'`');
                if barren[kind] == usize::MAX {
                    match memchr::memrchr2(b, b'\n', &text[floor..at]) {
                        Some(p) if text[floor + p] == b => at = floor + p,
                        _ => barren[kind] = at,
                    }
                }
            }
            b'\n' => barren = [usize::MAX; 3],
            _ => {}
        }
    }
    None
}

/// The inside of the group that opens at `open`; it ends at most `limit` bytes after `from`.
pub(super) fn group(text: &[u8], open: usize, from: usize, limit: usize) -> Range<usize> {
    let end = text.len().min(from.saturating_add(limit)).max(open + 1);
    let mut depth = 0_usize;
    let mut at = open + 1;
    let mut barren = [0_usize; 3];
    while at < end {
        match text[at] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                if depth == 0 {
                    return open + 1..at;
                }
                depth -= 1;
            }
            b if is_quote(b) => {
                let kind = usize::from(b == b'\'') + 2 * usize::from(b == b'`');
                if barren[kind] <= at {
                    match string_end(text, at, end) {
                        Some(close) => at = close,
                        None => {
                            barren[kind] =
                                memchr::memchr(b'\n', &text[at..end]).map_or(end, |p| at + p);
                        }
                    }
                }
            }
            _ => {}
        }
        at += 1;
    }
    open + 1..end.min(text.len())
}

/// The offset of the `<` of the innermost element that is open at `i`.
pub(super) fn open_element(text: &[u8], i: usize, limit: usize) -> Option<usize> {
    let i = i.min(text.len());
    let floor = i.saturating_sub(limit);
    let mut depth = 0_usize;
    let mut end = i;
    // Where the tag that was looked at last begins: a tag must end before the next one does.
    let mut next = i;
    while let Some(p) = memchr::memrchr(b'<', &text[floor..end]) {
        let at = floor + p;
        end = at;
        let ceiling = std::mem::replace(&mut next, at);
        match tag(text, at, ceiling) {
            Tag::Close => depth += 1,
            Tag::Open if depth == 0 => return Some(at),
            Tag::Open => depth -= 1,
            Tag::Other => {}
        }
    }
    None
}

/// The inside of the element that opens at `open`; it ends at most `limit` bytes after `from`.
pub(super) fn element(text: &[u8], open: usize, from: usize, limit: usize) -> Range<usize> {
    let end = text.len().min(from.saturating_add(limit));
    let start = memchr::memchr(b'>', &text[open..end.max(open)]).map_or(end, |p| open + p + 1);
    let mut depth = 0_usize;
    let mut at = start;
    while at < end
        && let Some(p) = memchr::memchr(b'<', &text[at..end])
    {
        at += p;
        let ceiling = memchr::memchr(b'<', &text[at + 1..end]).map_or(end, |p| at + 1 + p);
        match tag(text, at, ceiling) {
            Tag::Close if depth == 0 => return start..at,
            Tag::Close => depth -= 1,
            Tag::Open => depth += 1,
            Tag::Other => {}
        }
        at += 1;
    }
    start.min(end)..end
}

/// The name in the tag at `open`.
pub(super) fn tag_name(text: &[u8], open: usize) -> Range<usize> {
    open + 1..run(text, open + 1, 128, |b| {
        is_word(b) || matches!(b, b'-' | b'.' | b':')
    })
}

enum Tag {
    Open,
    Close,
    /// Complete in itself, or no tag at all.
    Other,
}

/// The kind of the tag at `at`, which has to end before `ceiling`.
fn tag(text: &[u8], at: usize, ceiling: usize) -> Tag {
    if byte(text, at + 1) == b'/' {
        return Tag::Close;
    }
    let name = word_after(text, at + 1);
    if name.is_empty() || is_one_of(&text[name], &VOID) {
        return Tag::Other;
    }
    match memchr::memchr(b'>', &text[at..ceiling.max(at)]) {
        Some(p) if before(text, at + p) == b'/' => Tag::Other,
        Some(_) => Tag::Open,
        None => Tag::Other,
    }
}
