//! Values that go on on the next line: behind a backslash, or in a folded YAML scalar.
//!
//! Line break and indentation are taken out and nothing is put in their place: YAML would put a space
//! there, but keys hold none, and a key broken over two lines is what is looked for.

use std::ops::Range;

use super::View;
use super::escape::is_escaped;
use super::literal::line_start;
use crate::model::{Encoding, Span};

/// Lines to either side that are joined at most. A key in its longest form fits into two lines of any width in use; without a
/// limit each anchor in a list of them would read the whole list.
const LINES: usize = 32;

/// Joins the lines around `at`; `None` if its line stands alone.
pub(super) fn open(text: &[u8], at: &Range<usize>, window: &Range<usize>) -> Option<View> {
    let line = line_at(text, at.start, window);
    let lines = continued(text, &line, window).or_else(|| folded(text, &line, window))?;
    let (first, last) = (lines.first()?.clone(), lines.last()?.clone());
    if lines.len() < 2 {
        return None;
    }
    let mut view = View::new(Encoding::Joined);
    view.source = Span::new(first.start, last.end);
    for line in lines {
        view.copy(text, line);
    }
    Some(view)
}

/// The line that holds `at`, without its line break.
fn line_at(text: &[u8], at: usize, window: &Range<usize>) -> Range<usize> {
    let start = line_start(text, at, window.start);
    let end =
        memchr::memchr2(b'\n', b'\r', &text[at..window.end]).map_or(window.end, |len| at + len);
    start..end
}

fn next_line(text: &[u8], line: &Range<usize>, window: &Range<usize>) -> Option<Range<usize>> {
    let carriage = text[line.end..window.end].starts_with(b"\r\n");
    let start = line.end + 1 + usize::from(carriage);
    (start < window.end).then(|| line_at(text, start, window))
}

fn previous_line(text: &[u8], line: &Range<usize>, window: &Range<usize>) -> Option<Range<usize>> {
    let before = &text[window.start..line.start];
    let end = before.strip_suffix(b"\n").or(before.strip_suffix(b"\r"))?;
    let end = end
        .strip_suffix(b"\r")
        .filter(|_| before.ends_with(b"\n"))
        .unwrap_or(end);
    let end = window.start + end.len();
    Some(line_start(text, end, window.start)..end)
}

/// How many spaces and tabs a line starts with.
fn indent(text: &[u8], line: &Range<usize>) -> usize {
    text[line.clone()]
        .iter()
        .take_while(|&&byte| matches!(byte, b' ' | b'\t'))
        .count()
}

/// The pieces of a logical line whose lines end in a backslash; `None` for a line of its own.
fn continued(text: &[u8], line: &Range<usize>, window: &Range<usize>) -> Option<Vec<Range<usize>>> {
    let goes_on = |line: &Range<usize>| is_escaped(text, line.end, line.start);
    let mut first = line.clone();
    for _ in 0..LINES {
        match previous_line(text, &first, window) {
            Some(previous) if goes_on(&previous) => first = previous,
            _ => break,
        }
    }
    let mut pieces = Vec::new();
    let mut line = first;
    loop {
        let skip = if pieces.is_empty() {
            0
        } else {
            indent(text, &line)
        };
        let more = goes_on(&line);
        pieces.push(line.start + skip..line.end - usize::from(more));
        match next_line(text, &line, window) {
            Some(next) if more && pieces.len() <= 2 * LINES => line = next,
            _ => break,
        }
    }
    (pieces.len() > 1).then_some(pieces)
}

/// The lines of a folded YAML scalar, without the line that announces it.
fn folded(text: &[u8], line: &Range<usize>, window: &Range<usize>) -> Option<Vec<Range<usize>>> {
    let depth = indent(text, line);
    let mut first = line.clone();
    let announced = (0..LINES).find_map(|_| {
        let previous = previous_line(text, &first, window)?;
        if indent(text, &previous) < depth {
            return Some(announces_folding(&text[previous]));
        }
        first = previous;
        None
    });
    if announced != Some(true) {
        return None;
    }
    let mut pieces = Vec::new();
    let mut line = Some(first);
    while let Some(current) = line
        && indent(text, &current) >= depth
        && pieces.len() <= 2 * LINES
    {
        let end = current.start + text[current.clone()].trim_ascii_end().len();
        pieces.push((current.start + indent(text, &current)).min(end)..end);
        line = next_line(text, &current, window);
    }
    Some(pieces)
}

/// Whether a line ends in `>`, `>-` or `>+`, perhaps with an indentation digit, behind a space.
fn announces_folding(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    let mark = line
        .iter()
        .rev()
        .take_while(|&&byte| b"-+123456789".contains(&byte))
        .count();
    let Some(before) = line[..line.len() - mark].strip_suffix(b">") else {
        return false;
    };
    mark <= 2 && before.ends_with(b" ") && memchr::memchr2(b':', b'-', before).is_some()
}
