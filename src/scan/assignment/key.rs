//! From one byte to the key it belongs to: the word, what joins it to others, and its quotes.
//!
//! This runs on every anchor, so it gives up as early as it can: most occurrences of a word in source
//! code are followed by something that no key is followed by.

use super::Lang;
use super::lexeme::{
    Delimiter, before, byte, is_one_of, is_quote, is_word, run, run_back, skip_blank_back, starts,
    word_before,
};

/// Longest key, in bytes to either side of the byte asked about.
const KEY_MAX: usize = 96;

/// The byte order mark in UTF-8.
pub(super) const BOM: &[u8] = b"\xef\xbb\xbf";

/// A key in the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    /// First byte of the name.
    pub(super) start: usize,
    /// One past the last byte of the name.
    pub(super) end: usize,
    /// The quotes around it.
    pub(super) quotes: Option<Delimiter>,
    /// Whether it is the name of a command-line option.
    pub(super) flag: bool,
}

impl Key {
    /// First byte of the key with its quotes.
    pub(super) fn outer_start(&self) -> usize {
        self.start - self.quotes.map_or(0, Delimiter::len)
    }

    /// One past the last byte of the key with its quotes.
    pub(super) fn outer_end(&self) -> usize {
        self.end + self.quotes.map_or(0, Delimiter::len)
    }
}

/// The key that contains `at`, judged by the bytes of the name and its quotes alone.
pub(super) fn at(text: &[u8], at: usize, lang: Lang) -> Option<Key> {
    if !is_word(byte(text, at)) {
        return None;
    }
    let mut start = run_back(text, at, KEY_MAX, is_word);
    let mut end = run(text, at, KEY_MAX, is_word);
    // the same for every byte of a word: all of it is in reach of each, or it is no key
    let is_cut = is_word(before(text, start)) || is_word(byte(text, end));
    if is_cut || end - start > KEY_MAX {
        return None;
    }
    // A byte order mark is no letter.
    if starts(text, start, BOM) {
        start += BOM.len();
        if at < start {
            return None;
        }
    }
    // `\nSMTP_PASS=…` in a string: the first letter belongs to the escape.
    if before(text, start) == b'\\'
        && matches!(text[start], b'n' | b't' | b'r')
        && start < at
        && !is_quote(byte(text, end))
    {
        start += 1;
    }
    let (left, right) = (before(text, start), byte(text, end));
    if (is_quote(right)
        || right == b'\\'
        || is_quote(left)
        || matches!(left, b'-' | b'.' | b'/' | b':' | b' ')
        || matches!(right, b'-' | b'.' | b'/' | b':' | b' '))
        && let Some(key) = quoted(text, start, end)
    {
        return Some(key);
    }
    let mut flag = false;
    if matches!(left, b'-' | b'.') || matches!(right, b'-' | b'.') {
        let part = |b: u8| is_word(b) || matches!(b, b'-' | b'.');
        let first = run_back(text, start, KEY_MAX, part);
        let last = run(text, end, KEY_MAX, part);
        let last = run_back(text, last, KEY_MAX, |b| matches!(b, b'-' | b'.'));
        let name = run(text, first, 3, |b| b == b'-');
        let option = is_word(byte(text, name))
            && match name - first {
                // `<!--` opens a comment.
                2 => before(text, first) != b'!',
                1 => matches!(before(text, first), b' ' | b'\t' | b'"' | b'\''),
                _ => false,
            };
        if option && last - first <= KEY_MAX && name <= at && at < last {
            (start, end) = (name, last);
            flag = true;
        }
    }
    // `${mail.password:v}` names a setting in whatever language.
    if left == b'.' || right == b'.' {
        let part = |b: u8| is_word(b) || matches!(b, b'.' | b'-');
        let first = run_back(text, start, KEY_MAX, part);
        let last = run(text, end, KEY_MAX, part);
        if byte(text, last) == b':'
            && text[..first].ends_with(b"${")
            && is_word(text[first])
            && is_word(before(text, last))
            && last - first <= KEY_MAX
        {
            return Some(Key {
                start: first,
                end: last,
                quotes: None,
                flag: false,
            });
        }
    }
    if !flag {
        while lang.joins(before(text, start)) && start >= 2 && is_word(text[start - 2]) {
            start = run_back(text, start - 1, KEY_MAX, is_word);
            // a segment that is cut at the limit would begin elsewhere for another byte of the key
            if end - start > 2 * KEY_MAX || is_word(before(text, start)) {
                return None;
            }
        }
        while lang.joins(byte(text, end)) && is_word(byte(text, end + 1)) {
            end = run(text, end + 1, KEY_MAX, is_word);
            if end - start > 2 * KEY_MAX || is_word(byte(text, end)) {
                return None;
            }
        }
    }
    // a mark may also stand where a joined key begins
    if starts(text, start, BOM) {
        start += BOM.len();
    }
    (start <= at && start < end).then_some(Key {
        start,
        end,
        quotes: None,
        flag,
    })
}

/// Whether the string whose quote stands at `quote` is what a shell writes as a line: `echo "password v" >> /etc/msmtprc`.
pub(super) fn is_echoed(text: &[u8], quote: usize) -> bool {
    let lead = skip_blank_back(text, quote);
    is_quote(byte(text, quote))
        && lead < quote
        && is_one_of(&text[word_before(text, lead)], &[b"echo", b"e", b"printf"])
}

/// The quoted key that holds the word `start..end`.
fn quoted(text: &[u8], start: usize, end: usize) -> Option<Key> {
    let part = |b: u8| is_word(b) || matches!(b, b'-' | b'.' | b'/' | b':' | b' ');
    let end = run(text, end, KEY_MAX, part);
    let close = Delimiter::at(text, end)?;
    let start = run_back(text, start, KEY_MAX, part);
    let open = Delimiter::ending(text, start)?;
    let mark = if starts(text, start, BOM) {
        BOM.len()
    } else {
        0
    };
    let start = start + mark;
    // A quote that belongs to a deeper level is not the one that closes this one.
    // both ends must be in reach of every byte between them, or the answer would depend on which one was asked about
    let in_reach = end - start <= KEY_MAX;
    // a line that a shell writes has a key and its value in the quotes
    let is_line = text[start..end].contains(&b' ') && is_echoed(text, start - mark - open.len());
    (in_reach
        && !is_line
        && open == close
        && is_word(byte(text, start))
        && is_word(before(text, end)))
    .then_some(Key {
        start,
        end,
        quotes: Some(close),
        flag: false,
    })
}
