//! The smallest steps over bytes: words, blanks, lines, quotes.
//!
//! Nothing here knows a language. Every function is total: an offset past the end reads as NUL, which no
//! syntax uses, and every search stops at a limit given in bytes.

use std::ops::Range;

/// Whether `b` can stand in a word: letters, digits, `_` and every byte of a non-ASCII character.
pub(super) const fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80
}

/// Whether `b` opens and closes a string in some language.
pub(super) const fn is_quote(b: u8) -> bool {
    matches!(b, b'"' | b'\'' | b'`')
}

/// The byte at `i`, NUL past the end.
pub(super) fn byte(text: &[u8], i: usize) -> u8 {
    text.get(i).copied().unwrap_or(0)
}

/// The byte before `i`, NUL at the start.
pub(super) fn before(text: &[u8], i: usize) -> u8 {
    i.checked_sub(1).map_or(0, |i| byte(text, i))
}

/// The rest of the text from `i`, empty past the end.
pub(super) fn from(text: &[u8], i: usize) -> &[u8] {
    text.get(i..).unwrap_or_default()
}

/// End of the run of bytes from `i` that pass, at most `limit` bytes on.
pub(super) fn run(
    text: &[u8],
    i: usize,
    limit: usize,
    mut passes: impl FnMut(u8) -> bool,
) -> usize {
    let rest = from(text, i);
    let rest = &rest[..rest.len().min(limit)];
    i + rest.iter().position(|&b| !passes(b)).unwrap_or(rest.len())
}

/// Start of the run of bytes before `i` that satisfy `passes`, at most `limit` bytes back.
pub(super) fn run_back(text: &[u8], i: usize, limit: usize, passes: impl Fn(u8) -> bool) -> usize {
    let i = i.min(text.len());
    let floor = i.saturating_sub(limit);
    text[floor..i]
        .iter()
        .rposition(|&b| !passes(b))
        .map_or(floor, |p| floor + p + 1)
}

/// The offset of the first byte from `i` that is not a space or tab.
pub(super) fn skip_blank(text: &[u8], i: usize) -> usize {
    run(text, i, 256, |b| matches!(b, b' ' | b'\t'))
}

/// The offset of the first byte from `i` that is no white space, line ends included.
pub(super) fn skip_space(text: &[u8], i: usize) -> usize {
    run(text, i, 256, |b| b.is_ascii_whitespace())
}

/// The offset after the last byte before `i` that is not a space or tab.
pub(super) fn skip_blank_back(text: &[u8], i: usize) -> usize {
    run_back(text, i, 256, |b| matches!(b, b' ' | b'\t'))
}

/// The offset after the last byte before `i` that is no white space, line ends included.
pub(super) fn skip_space_back(text: &[u8], i: usize) -> usize {
    run_back(text, i, 256, |b| b.is_ascii_whitespace())
}

/// The word that ends at `i`, at most 128 bytes; empty when there is none.
pub(super) fn word_before(text: &[u8], i: usize) -> Range<usize> {
    run_back(text, i, 128, is_word)..i
}

/// The word that starts at `i`, at most 128 bytes; empty when there is none.
pub(super) fn word_after(text: &[u8], i: usize) -> Range<usize> {
    i..run(text, i, 128, is_word)
}

/// Start of the line that holds `i`, or `limit` bytes back when it starts farther away.
pub(super) fn line_start(text: &[u8], i: usize, limit: usize) -> usize {
    let i = i.min(text.len());
    let floor = i.saturating_sub(limit);
    memchr::memrchr2(b'\n', b'\r', &text[floor..i]).map_or(floor, |p| floor + p + 1)
}

/// End of the line that holds `i`, without its line end, or `limit` bytes on when it ends farther away.
pub(super) fn line_end(text: &[u8], i: usize, limit: usize) -> usize {
    let rest = from(text, i);
    let rest = &rest[..rest.len().min(limit)];
    i + memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len())
}

/// Whether the text from `i` starts with `what`.
pub(super) fn starts(text: &[u8], i: usize, what: &[u8]) -> bool {
    from(text, i).starts_with(what)
}

/// Whether the text from `i` starts with `what`, ASCII case aside.
pub(super) fn starts_any_case(text: &[u8], i: usize, what: &[u8]) -> bool {
    from(text, i)
        .get(..what.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(what))
}

/// Whether `word` is one of `list`, ASCII case aside.
pub(super) fn is_one_of(word: &[u8], list: &[&[u8]]) -> bool {
    list.iter().any(|entry| entry.eq_ignore_ascii_case(word))
}

/// `range` without white space at either end.
pub(super) fn trimmed(text: &[u8], range: Range<usize>) -> Range<usize> {
    let inner = &text[range.clone()];
    let lead = inner.len() - inner.trim_ascii_start().len();
    let start = range.start + lead;
    start..start + inner.trim_ascii().len()
}

/// The quote that opens or closes a string, with the backslashes that stand before it where the string
/// lies inside another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Delimiter {
    pub(super) quote: u8,
    /// Backslashes before the quote, at most [`Delimiter::DEEPEST`].
    pub(super) escapes: usize,
}

impl Delimiter {
    /// Backslashes of a string in a string in a string: `\\\"`.
    const DEEPEST: usize = 3;

    /// The delimiter that starts at `i`.
    pub(super) fn at(text: &[u8], i: usize) -> Option<Self> {
        let first = byte(text, i);
        if is_quote(first) {
            return Some(Self {
                quote: first,
                escapes: 0,
            });
        }
        if first != b'\\' {
            return None;
        }
        let end = run(text, i, Self::DEEPEST, |b| b == b'\\');
        let quote = byte(text, end);
        is_quote(quote).then_some(Self {
            quote,
            escapes: end - i,
        })
    }

    /// The delimiter that ends at `i`.
    pub(super) fn ending(text: &[u8], i: usize) -> Option<Self> {
        let quote = before(text, i);
        if !is_quote(quote) {
            return None;
        }
        let start = run_back(text, i - 1, Self::DEEPEST, |b| b == b'\\');
        Some(Self {
            quote,
            escapes: i - 1 - start,
        })
    }

    /// Length in bytes.
    pub(super) fn len(self) -> usize {
        self.escapes + 1
    }
}

/// Whether `i` lies inside a string that opens on its own line, at most 512 bytes before. Returns the
/// quote.
pub(super) fn open_quote(text: &[u8], i: usize) -> Option<u8> {
    let mut open = None;
    let start = line_start(text, i, 512);
    // minified code without strings is searched at memory speed
    let mut at = start + memchr::memchr3(b'"', b'\'', b'`', &text[start..i])?;
    at -= text[start..at]
        .iter()
        .rev()
        .take_while(|&&b| b == b'\\')
        .count()
        % 2;
    while at < i {
        let b = text[at];
        match open {
            _ if b == b'\\' => at += 1,
            Some(quote) if b == quote => open = None,
            None if is_quote(b) => open = Some(b),
            _ => {}
        }
        at += 1;
    }
    open
}

/// The offset of the bracket that closes the one at `open`, strings on one line skipped, or `None` when
/// it lies more than `limit` bytes on.
pub(super) fn closing(text: &[u8], open: usize, limit: usize) -> Option<usize> {
    let end = text.len().min(open.saturating_add(limit));
    let mut depth = 0_usize;
    let mut i = open;
    while i < end {
        match text[i] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(i);
                }
            }
            b if is_quote(b) => i = string_end(text, i, end).unwrap_or(i),
            _ => {}
        }
        i += 1;
    }
    None
}

/// The offset of the quote that closes the one at `open` on the same line.
pub(super) fn string_end(text: &[u8], open: usize, end: usize) -> Option<usize> {
    let quote = text[open];
    let mut i = open + 1;
    while i < end {
        match text[i] {
            b'\n' => return None,
            b'\\' => i += 1,
            b if b == quote => return Some(i),
            _ => {}
        }
        i += 1;
    }
    None
}
