//! Values without quotes that are text, not expressions: how far they go.
//!
//! Up to the end of the line or a comment in flat files, to the next blank in shells and prose, to the
//! next separator in a string of pairs. YAML's block scalars are here too.

use std::ops::Range;

use super::lexeme::{
    before, byte, from, is_quote, is_word, line_end, line_start, run, skip_blank, starts, trimmed,
};
use super::value::{Place, Value, indent, nested, next_line};
use super::{Form, Lang, Quoting, Syntax, VALUE_MAX, template};

/// What a value without quotes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bare {
    /// Text up to the end of the line or a comment.
    Line,
    /// A YAML scalar.
    Yaml,
    /// One word of a shell.
    ShellWord,
    /// One word in prose.
    Token,
    /// Text up to the next sign that separates pairs in a string.
    Embedded,
    /// No text at all.
    Expression,
}

/// Reads a value without quotes that is text.
pub(super) fn read(text: &[u8], i: usize, place: &Place) -> Option<Value> {
    let lang = place.lang;
    let limit = line_end(text, i, VALUE_MAX);
    let line = &text[i..limit];
    let cut = |end: usize| Some(Value::bare(text, i..i + end, lang));
    match place.bare {
        Bare::Line => {
            if matches!(line.first(), Some(b'#' | b';')) && before(text, i) != b'=' {
                return Some(Value::empty(i));
            }
            let end = comment(line, lang).unwrap_or(line.len());
            let end = line[..end].trim_ascii_end().len();
            match lang {
                Lang::Properties if in_flow(text, place.key) => cut(flow_end(&line[..end])),
                Lang::Properties => cut(line[..end].strip_suffix(b";").map_or(end, <[u8]>::len)),
                Lang::Batch => cut(memchr::memchr(b'&', line).unwrap_or(end).min(end)),
                _ => cut(end),
            }
        }
        Bare::Yaml => {
            let end = match byte(text, i) {
                b'{' if byte(text, i + 1) != b'{' && byte(text, i + 1) != b'%' => {
                    return Some(nested(i));
                }
                b'[' => return Some(nested(i)),
                // An alias, or a tag that makes something else of the text.
                b'*' | b'!' => {
                    let end = i + line.len();
                    return Some(Value {
                        form: Form::Lookup,
                        ..Value::expression(i, end)
                    });
                }
                b'#' => return Some(Value::empty(i)),
                _ => comment(line, lang).unwrap_or(line.len()),
            };
            let flow = place.syntax == Syntax::Colon && in_flow(text, place.key);
            let end = if flow { flow_end(&line[..end]) } else { end };
            cut(end)
        }
        Bare::ShellWord => {
            let end = shell_word(line);
            // the pattern of a substitution
            if before(text, place.key) == b'^' {
                return Some(Value::expression(i, i + end));
            }
            let end = before_slash(text, place.key, &line[..end]);
            let value = Value::bare(text, i..i + end, lang);
            Some(value)
        }
        Bare::Token => {
            // Mail providers show application passwords as four groups of four letters.
            let end = grouped(line).unwrap_or_else(|| {
                let stop = |b: &u8| {
                    b.is_ascii_whitespace() || is_quote(*b) || matches!(b, b'<' | b'>' | b'|')
                };
                let end = if line.first() == Some(&b'<') {
                    line.iter().position(|&b| b == b'>').map(|end| end + 1)
                } else if starts(line, 0, b"${") || starts(line, 0, b"{{") || starts(line, 0, b"$(")
                {
                    line.iter()
                        .rposition(|b| matches!(b, b'}' | b')'))
                        .map(|end| end + 1)
                } else {
                    line.iter().position(stop)
                };
                let end = end.unwrap_or(line.len());
                line[..end]
                    .iter()
                    .rposition(|b| !matches!(b, b',' | b';' | b')' | b'\\'))
                    .map_or(0, |last| last + 1)
            });
            if place.syntax == Syntax::Colon && !line[end..].trim_ascii().is_empty() {
                return Some(Value::expression(i, i + end));
            }
            cut(end)
        }
        Bare::Embedded => {
            let end = line.iter().position(|&b| {
                is_quote(b) || matches!(b, b';' | b'&' | b'\\' | b'<') || b.is_ascii_whitespace()
            })?;
            // Without its closing sign this was no string but an expression.
            (line[end] != b' ' || lang != Lang::JavaScript).then_some(())?;
            cut(before_slash(text, place.key, &line[..end]))
        }
        Bare::Expression => None,
    }
}

/// Length of `value` without the slash that ends a substitution of sed, where its key stands behind one: `s/^K=.*/K=v/`.
fn before_slash(text: &[u8], key: usize, value: &[u8]) -> usize {
    let flags = value.iter().rev().take_while(|b| b"gI".contains(b)).count();
    let rest = &value[..value.len() - flags];
    match rest.strip_suffix(b"/") {
        Some(rest) if before(text, key) == b'/' => rest.len(),
        _ => value.len(),
    }
}

/// Offset in `line` of the blank before a comment.
fn comment(line: &[u8], lang: Lang) -> Option<usize> {
    let semicolon = lang == Lang::Properties;
    line.windows(2).position(|pair| {
        matches!(pair[0], b' ' | b'\t') && (pair[1] == b'#' || (semicolon && pair[1] == b';'))
    })
}

/// Length of the shell word that `line` starts with: quotes, `$(…)` and `${…}` hold blanks.
fn shell_word(line: &[u8]) -> usize {
    let mut i = 0;
    let mut depth = 0_usize;
    while i < line.len() {
        match line[i] {
            b'\\' => i += 1,
            b'$' if matches!(byte(line, i + 1), b'(' | b'{') => {
                depth += 1;
                i += 1;
            }
            b'{' if depth > 0 => depth += 1,
            b')' | b'}' if depth > 0 => depth -= 1,
            b'`' => i = memchr::memchr(b'`', from(line, i + 1)).map_or(line.len(), |p| i + 1 + p),
            b' ' | b'\t' | b';' | b'&' | b'|' | b')' | b'<' | b'>' | b'"' | b'\'' if depth == 0 => {
                return i;
            }
            _ => {}
        }
        i += 1;
    }
    line.len()
}

/// Length of `abcd efgh ijkl mnop` at the start of `line`.
fn grouped(line: &[u8]) -> Option<usize> {
    let head = line.get(..19)?;
    let fits = head.iter().enumerate().all(|(i, b)| {
        if i % 5 == 4 {
            *b == b' '
        } else {
            b.is_ascii_lowercase()
        }
    });
    (fits && line[19..].trim_ascii().is_empty()).then_some(19)
}

/// Whether a YAML key stands in `{ … }` on its line.
fn in_flow(text: &[u8], key: usize) -> bool {
    let mut depth = 0_i32;
    for &b in &text[line_start(text, key, 512)..key] {
        match b {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    depth > 0
}

/// End of a YAML scalar within `{ … }`.
fn flow_end(line: &[u8]) -> usize {
    if line.starts_with(b"{{") || line.starts_with(b"${") {
        return line.iter().position(|&b| b == b',').unwrap_or(line.len());
    }
    line.iter()
        .position(|b| matches!(b, b',' | b'}' | b']'))
        .unwrap_or(line.len())
}

/// Skips `!!str` and `&anchor` before a YAML value.
pub(super) fn skip_yaml_properties(text: &[u8], mut i: usize) -> usize {
    for _ in 0..2 {
        if starts(text, i, b"!!") || (byte(text, i) == b'&' && is_word(byte(text, i + 1))) {
            let end = run(text, i, 64, |b| !b.is_ascii_whitespace());
            if matches!(byte(text, end), b' ' | b'\t') {
                i = skip_blank(text, end);
            }
        }
    }
    i
}

/// The lines of `key: |` and `key: >` whose sign stands at `i`; the key starts at `key`.
pub(super) fn yaml_block(text: &[u8], i: usize, key: usize) -> Option<Value> {
    if !matches!(byte(text, i), b'|' | b'>') {
        return None;
    }
    let head = run(text, i + 1, 3, |b| matches!(b, b'-' | b'+' | b'0'..=b'9'));
    let eol = line_end(text, head, 128);
    let rest = &text[head..eol];
    if !rest.trim_ascii().is_empty() && !rest.trim_ascii_start().starts_with(b"#") {
        return None;
    }
    let parent = indent(text, line_start(text, key, 256));
    let limit = text.len().min(eol.saturating_add(VALUE_MAX));
    let mut inner: Option<Range<usize>> = None;
    let mut at = next_line(text, eol);
    while at < limit {
        let end = line_end(text, at, limit - at);
        if !text[at..end].trim_ascii().is_empty() {
            if indent(text, at) <= parent {
                break;
            }
            let start = inner.map_or_else(|| trimmed(text, at..end).start, |inner| inner.start);
            inner = Some(start..trimmed(text, at..end).end);
        }
        at = next_line(text, end);
    }
    let Some(inner) = inner else {
        return Some(Value::empty(eol));
    };
    let after = inner.end;
    let (form, inner) = template::classify(text, inner, Lang::Yaml, None);
    Some(Value {
        start: inner.start,
        end: inner.end,
        quoting: Quoting::Block,
        form,
        after,
    })
}
