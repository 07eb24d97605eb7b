//! Rows of tables in documents, whose first cell names a setting and whose second one holds its value.
//!
//! Most of what such tables hold are descriptions, so a value must look like a password. Whether it belongs to a login is for others.

use std::ops::Range;

use crate::model::Span;
use crate::scan::assignment::{Assignment, Form, Quoting, Syntax};

/// Longest part of a line that is read, bytes on each side.
const LINE: usize = 256;

/// Signs that set a cell off in Markdown.
const MARKS: &[u8] = b" \t`*\"'_";

/// The assignment of a row whose first cell holds `at` and whose second one looks like a password.
pub(super) fn row(text: &[u8], at: usize) -> Option<Assignment> {
    let low = at.saturating_sub(LINE);
    let start = memchr::memrchr(b'\n', &text[low..at]).map_or(low, |gap| low + gap + 1);
    let high = text.len().min(at + LINE);
    let end = memchr::memchr(b'\n', &text[at..high]).map_or(high, |gap| at + gap);
    if text.get(start) != Some(&b'|') {
        return None;
    }
    let key = cell(text, start + 1, end)?;
    let value = cell(text, key.end + 1, end)?;
    if !key.contains(&at) {
        return None;
    }
    let after = value.end;
    let (key, value) = (bare(text, key), bare(text, value));
    looks_like_password(&text[value.clone()]).then(|| Assignment {
        key: Span::new(key.start, key.end),
        value: Span::new(value.start, value.end),
        quoting: Quoting::Bare,
        form: Form::Literal,
        syntax: Syntax::Colon,
        end: after,
    })
}

/// The cell that begins at `start`.
fn cell(text: &[u8], start: usize, end: usize) -> Option<Range<usize>> {
    let bar = memchr::memchr(b'|', text.get(start..end)?)?;
    Some(start..start + bar)
}

/// A cell without blanks and the signs that set it off.
fn bare(text: &[u8], cell: Range<usize>) -> Range<usize> {
    let is_mark = |b: &&u8| MARKS.contains(b);
    let head = text[cell.clone()].iter().take_while(is_mark).count();
    let rest = cell.start + head..cell.end;
    let tail = text[rest.clone()].iter().rev().take_while(is_mark).count();
    rest.start..rest.end - tail
}

/// Whether a cell is no description, no type and no version: one word with letters, and with digits, or with signs and both cases.
fn looks_like_password(value: &[u8]) -> bool {
    let has = |test: fn(&u8) -> bool| value.iter().any(test);
    let mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    value.len() >= 6
        && !has(u8::is_ascii_whitespace)
        && has(u8::is_ascii_alphabetic)
        && (has(u8::is_ascii_digit) || (mixed && has(u8::is_ascii_punctuation)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(&str, &str)> {
        let at = text.find("assword").expect("a password is spoken of");
        let found = row(text.as_bytes(), at)?;
        Some((&text[found.key.range()], &text[found.value.range()]))
    }

    #[test]
    fn a_row_gives_a_value_to_its_first_cell() {
        assert_eq!(
            read("| a | b |\n| SMTP password | `Harbor77!` | x |\n"),
            Some(("SMTP password", "Harbor77!"))
        );
        assert_eq!(
            read("|**Password**|harbor1987|"),
            Some(("Password", "harbor1987"))
        );
    }

    #[test]
    fn descriptions_are_none() {
        for text in [
            "| smtp.password | string | the password |",
            "| Password | the password of 2 people |",
            "| `smtp_password` | 1.2.0 |",
            "| Password | |",
            "| Password",
            "Password | harbor1987 |",
            "| x | Password | harbor1987 |",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
