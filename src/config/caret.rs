//! Where in a file something is wrong, for people: line, column, the line itself and a caret below it.

use std::ops::Range;

use crate::report::escape;

/// Longest part of a line that is shown, in characters.
const LONGEST: usize = 100;

/// The line, counted from 1, on which byte `at` of `text` stands.
pub fn line(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    before.matches('\n').count() + 1
}

/// `problem` with the place in `text` that it is about, and the line that stands there.
pub fn pointed(text: &str, span: &Range<usize>, problem: &str) -> String {
    let start = floor(text, span.start.min(text.len()));
    let end = floor(text, span.end.clamp(start, text.len()));
    let number = line(text, start);
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let column = text[line_start..start].chars().count() + 1;
    // a long line is shown from a few characters before the place on
    let before: Vec<char> = text[line_start..start].chars().collect();
    let cut = before.len().saturating_sub(LONGEST / 2);
    let shown: String = before[cut..].iter().collect();
    let marked: String = text[start..end.min(line_end)]
        .chars()
        .take(LONGEST)
        .collect();
    let rest: String = text[start + marked.len()..line_end]
        .trim_end()
        .chars()
        .take(LONGEST)
        .collect();
    let dots = if cut > 0 { "..." } else { "" };
    let line = format!("{dots}{}", escape(&(shown.clone() + &marked + &rest)));
    let indent = dots.len() + escape(&shown).chars().count();
    let width = escape(&marked).chars().count().max(1);
    let gutter = " ".repeat(number.to_string().len());
    format!(
        "line {number}, column {column}: {problem}\n{gutter} |\n{number} | {line}\n{gutter} | {}{}",
        " ".repeat(indent),
        "^".repeat(width)
    )
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_below_the_place() {
        let text = "a = 1\nb = \"é\" # no\nc = 2\n";
        let at = text.find("# no").unwrap();
        assert_eq!(
            pointed(text, &(at..at + 4), "not so"),
            "line 2, column 9: not so\n  |\n2 | b = \"é\" # no\n  |         ^^^^"
        );
        // the end of a file, an empty file, a span that goes on behind its line
        assert!(pointed(text, &(text.len()..text.len()), "x").starts_with("line 4, column 1: x"));
        assert!(pointed("", &(0..9), "x").ends_with("1 | \n  | ^"));
        assert!(pointed("ab\ncd", &(1..5), "x").ends_with("1 | ab\n  |  ^"));
    }

    #[test]
    fn long_lines_and_control_characters_are_not_shown_as_they_are() {
        let text = format!("{}\u{1b}[31m{}", "x".repeat(5000), "y".repeat(5000));
        let shown = pointed(&text, &(5000..5001), "x");
        assert!(shown.len() < 600 && !shown.contains('\u{1b}'), "{shown}");
    }
}
