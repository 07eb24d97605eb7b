//! The masked line that is shown with a finding.
//!
//! An excerpt is built when every candidate of the text is known, so that a second secret on the same line is cut
//! out as well. What no rule knows is not shown either: long runs that look machine-made are masked on sight.

use crate::model::{Excerpt, Span};

/// Bytes shown before the secret and after it.
const BEFORE: usize = 80;
const AFTER: usize = 40;

/// Runs of at least this many characters of one opaque alphabet are masked whatever they are; 20 is the shortest
/// provider key in the catalogue.
const OPAQUE_RUN: usize = 20;

/// The line around `secret` with every one of `masks` cut out. `line` is the range of the line in `text`; `masks` are sorted
/// by start. `shown` is what stands in place of the secret (its public prefix and stars).
pub fn excerpt(text: &[u8], line: std::ops::Range<usize>, secret: Span, shown: &str, masks: &[Span]) -> Excerpt {
    let secret = secret.range();
    let start = line.start.max(secret.start.saturating_sub(BEFORE)).min(secret.start);
    let end = line.end.min(secret.end + AFTER).max(start);
    let mut out = String::new();
    if start > line.start {
        out.push('\u{2026}');
    }
    out.push_str(&masked(text, start..secret.start.min(end), masks));
    let head = out.trim_start().len();
    let mut out = out.split_off(out.len() - head);
    out.push_str(shown);
    if secret.end < end {
        out.push_str(&masked(text, secret.end..end, masks));
    }
    if end < line.end || secret.end > line.end {
        out.push('\u{2026}');
    }
    Excerpt(out.trim_end().chars().take(Excerpt::MAX).collect())
}

/// `range` of `text` as printable text, with masks and opaque runs replaced by stars.
fn masked(text: &[u8], range: std::ops::Range<usize>, masks: &[Span]) -> String {
    let mut out = String::new();
    let mut at = range.start;
    for mask in masks.iter().map(|mask| mask.range()).filter(|mask| mask.start < range.end && mask.end > range.start) {
        if mask.start > at {
            push_readable(&mut out, &text[at..mask.start]);
        }
        if mask.end > at {
            out.push_str("********");
            at = mask.end;
        }
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
    let is_opaque = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '_' | '-' | '=' | '%' | '\\');
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let run = rest.find(|c| !is_opaque(c)).unwrap_or(rest.len());
        if run >= OPAQUE_RUN && looks_made(&rest[..run]) {
            out.push_str("********");
        } else {
            out.push_str(&rest[..run]);
        }
        rest = &rest[run..];
        let plain = rest.find(is_opaque).unwrap_or(rest.len());
        out.extend(rest[..plain].chars().map(|c| if c == '\t' { ' ' } else if c.is_control() { '\u{fffd}' } else { c }));
        rest = &rest[plain..];
    }
}

/// Digits among letters, or both cases without a joint: not a word, path or option.
fn looks_made(run: &str) -> bool {
    let has = |test: fn(&u8) -> bool| run.bytes().any(|b| test(&b));
    let digits = run.bytes().filter(u8::is_ascii_digit).count();
    (digits >= 3 && has(u8::is_ascii_alphabetic)) || (has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && !run.contains(['-', '_', '/']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, secret: &str, others: &[&str]) -> String {
        let span = |part: &str| {
            let at = text.find(part).unwrap();
            Span::new(at, at + part.len())
        };
        let mut masks: Vec<Span> = others.iter().map(|part| span(part)).chain([span(secret)]).collect();
        masks.sort();
        excerpt(text.as_bytes(), 0..text.len(), span(secret), "********", &masks).0
    }

    #[test]
    fn every_secret_of_the_line_is_cut_out() {
        let line = "  login('first-pass', 'second-pass') # x";
        assert_eq!(of(line, "second-pass", &["first-pass"]), "login('********', '********') # x");
    }

    #[test]
    fn an_unknown_key_is_not_shown() {
        let line = format!("a = '{}', p = 'hunter-x'", "Zx9".repeat(8));
        assert_eq!(of(&line, "hunter-x", &[]), "a = '********', p = '********'");
    }

    #[test]
    fn a_long_line_is_cut_around_the_secret() {
        let line = format!("{}pass: 'Quiet-7' {}", "word ".repeat(100), "tail ".repeat(100));
        let shown = of(&line, "Quiet-7", &[]);
        assert!(shown.starts_with('\u{2026}') && shown.ends_with('\u{2026}') && shown.contains("pass: '********'"), "{shown}");
        assert!(shown.chars().count() <= Excerpt::MAX);
    }
}
