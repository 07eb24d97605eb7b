//! The masked line that is shown with a finding.
//!
//! An excerpt is built when every candidate of the text is known, so that a second secret on the same line is cut
//! out as well. What no rule knows is not shown either: what `suspect` suspects is masked on sight.

use std::ops::Range;

use super::suspect;
use crate::model::{Excerpt, Span};

/// Bytes shown before the secret and after it.
const BEFORE: usize = 80;
const AFTER: usize = 40;

/// The line around `secret` with every one of `masks` cut out. `line` is the range of the line in `text`; `masks` are sorted
/// and disjoint. `shown` is what stands in place of the secret (its public prefix and stars).
pub fn excerpt(
    text: &[u8],
    line: Range<usize>,
    secret: Span,
    shown: &str,
    masks: &[Span],
) -> Excerpt {
    let secret = secret.range();
    let start = line
        .start
        .max(secret.start.saturating_sub(BEFORE))
        .min(secret.start);
    let end = line.end.min(secret.end + AFTER).max(start);
    let hidden = hidden(text, &line, start..end, &secret, masks);
    let mut out = String::new();
    if start > line.start {
        out.push('\u{2026}');
    }
    out.push_str(&masked(text, start..secret.start.min(end), &hidden));
    let head = out.trim_start().len();
    let mut out = out.split_off(out.len() - head);
    out.push_str(shown);
    if secret.end < end {
        out.push_str(&masked(text, secret.end..end, &hidden));
    }
    if end < line.end || secret.end > line.end {
        out.push('\u{2026}');
    }
    Excerpt(out.trim_end().chars().take(Excerpt::MAX).collect())
}

/// `range` of `text`, which is told apart from what surrounds it, with all that is `hidden` and every suspect cut out.
pub fn quote(text: &[u8], range: Range<usize>, mut hidden: Vec<Range<usize>>) -> String {
    let alone = &text[range.clone()];
    let all = 0..alone.len();
    let suspects = suspect::suspects(alone, &all, &all, &(0..0)).into_iter();
    hidden.extend(suspects.map(|it| range.start + it.start..range.start + it.end));
    hidden.sort_by_key(|range| range.start);
    masked(text, range, &hidden).trim().to_owned()
}

/// Those of `spans`, which are sorted and disjoint, that reach into `range`.
pub fn within(spans: &[Span], range: &Range<usize>) -> Vec<Range<usize>> {
    let first = spans.partition_point(|span| span.range().end <= range.start);
    spans[first..]
        .iter()
        .map(|span| span.range())
        .take_while(|span| span.start < range.end)
        .collect()
}

/// Sorts `masks` and joins those that overlap.
pub fn disjoint(mut masks: Vec<Span>) -> Vec<Span> {
    masks.sort();
    masks.dedup_by(|mask, last| {
        let joined = mask.start < last.end;
        if joined {
            last.end = last.end.max(mask.end);
        }
        joined
    });
    masks
}

/// What must not show of `shown`, a stretch of `line` around `secret`: masks, suspects, and a word that the stretch cuts.
fn hidden(
    text: &[u8],
    line: &Range<usize>,
    shown: Range<usize>,
    secret: &Range<usize>,
    masks: &[Span],
) -> Vec<Range<usize>> {
    let mut hidden = suspect::suspects(text, line, &shown, secret);
    hidden.extend(within(masks, &shown));
    hidden.sort_by_key(|range| range.start);
    hidden
}

/// `range` of `text` as printable text, with what is hidden and opaque runs replaced by stars.
fn masked(text: &[u8], range: Range<usize>, hidden: &[Range<usize>]) -> String {
    let mut out = String::new();
    let mut at = range.start;
    for mask in hidden
        .iter()
        .filter(|mask| mask.start < range.end && mask.end > range.start)
    {
        let mask = mask.start.max(at)..mask.end.min(range.end);
        if mask.is_empty() {
            continue;
        }
        push_readable(&mut out, &text[at..mask.start]);
        if text[mask.clone()].iter().any(|b| !b.is_ascii_whitespace()) && !out.ends_with("********")
        {
            out.push_str("********");
        }
        at = mask.end;
    }
    if at < range.end {
        push_readable(&mut out, &text[at..range.end]);
    }
    out
}

fn push_readable(out: &mut String, bytes: &[u8]) {
    // stored bytes that are not UTF-8 are most likely Latin-1, and as such they read well
    let text: String = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    };
    out.extend(text.chars().map(|c| {
        if c == '\t' {
            ' '
        } else if c.is_control() {
            '\u{fffd}'
        } else {
            c
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, secret: &str, others: &[&str]) -> String {
        let span = |part: &str| {
            let at = text.find(part).unwrap();
            Span::new(at, at + part.len())
        };
        let mut masks: Vec<Span> = others
            .iter()
            .map(|part| span(part))
            .chain([span(secret)])
            .collect();
        masks.sort();
        excerpt(
            text.as_bytes(),
            0..text.len(),
            span(secret),
            "********",
            &masks,
        )
        .0
    }

    #[test]
    fn every_secret_of_the_line_is_cut_out() {
        let line = "  login('first-pass', 'second-pass') # x";
        assert_eq!(
            of(line, "second-pass", &["first-pass"]),
            "login('********', '********') # x"
        );
    }

    #[test]
    fn an_unknown_key_is_not_shown() {
        let line = format!("a = '{}', p = 'hunter-x'", "Zx9".repeat(8));
        assert_eq!(of(&line, "hunter-x", &[]), "a = '********', p = '********'");
    }

    #[test]
    fn a_long_line_is_cut_around_the_secret() {
        let line = format!(
            "{}pass: 'Quiet-7' {}",
            "word ".repeat(100),
            "tail ".repeat(100)
        );
        let shown = of(&line, "Quiet-7", &[]);
        assert!(
            shown.starts_with('\u{2026}')
                && shown.ends_with('\u{2026}')
                && shown.contains("pass: '********'"),
            "{shown}"
        );
        assert!(shown.chars().count() <= Excerpt::MAX);
    }
}
