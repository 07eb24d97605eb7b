//! Values: where they start and end, with and without quotes.
//!
//! The sign before the value and the language decide what a value without quotes is: text up to the
//! end of the line, one word, or an expression. What the text of a value is (literal, template, lookup)
//! is for `template`, what an expression is for `expression`.

use std::ops::Range;

use super::key::Key;
use super::lexeme::{
    Delimiter, before, byte, from, is_one_of, is_quote, is_word, line_end, line_start, run,
    skip_blank, skip_blank_back, skip_space, starts, trimmed, word_after,
};
use super::{Form, Lang, Quoting, Syntax, VALUE_MAX, expression, operator, template};

/// A value in the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) quoting: Quoting,
    pub(super) form: Form,
    /// Offset of the first byte after the closing delimiter.
    pub(super) after: usize,
}

impl Value {
    /// No value at `i`.
    pub(super) fn empty(i: usize) -> Self {
        Self {
            start: i,
            end: i,
            quoting: Quoting::Bare,
            form: Form::Empty,
            after: i,
        }
    }

    /// The text `range`, without quotes, judged by what it holds.
    pub(super) fn bare(text: &[u8], range: Range<usize>, lang: Lang) -> Self {
        let range = trimmed(text, range);
        let after = range.end;
        let word = &text[range.clone()];
        if word.is_empty() || is_one_of(word, &[b"null", b"nil", b"none", b"undefined", b"~"]) {
            return Self {
                end: after,
                after,
                ..Self::empty(range.start)
            };
        }
        let (form, range) = template::classify(text, range, lang, None);
        Self {
            start: range.start,
            end: range.end,
            quoting: Quoting::Bare,
            form,
            after,
        }
    }

    fn expression(start: usize, end: usize) -> Self {
        Self {
            form: Form::Expression,
            end,
            after: end,
            ..Self::empty(start)
        }
    }
}

/// What a value without quotes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bare {
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

/// Where a value stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    lang: Lang,
    syntax: Syntax,
    bare: Bare,
    /// First byte of the key.
    key: usize,
}

impl Place {
    /// The place of the value of `key`.
    pub(super) fn new(text: &[u8], key: &Key, syntax: Syntax, lang: Lang) -> Self {
        let bare = match (syntax, lang) {
            (Syntax::Setter | Syntax::Pair | Syntax::Arrow, _) if lang != Lang::Properties => {
                Bare::Expression
            }
            (Syntax::Flag, _) => Bare::Token,
            (Syntax::Equals, _) if operator::is_embedded(text, key, key.end + 1) => Bare::Embedded,
            (_, Lang::Env | Lang::Properties | Lang::Netrc) => Bare::Line,
            (Syntax::Equals, Lang::Yaml) if !starts_item(text, key) => Bare::ShellWord,
            (_, Lang::Yaml) => Bare::Yaml,
            (Syntax::Equals, Lang::Shell | Lang::Docker) => Bare::ShellWord,
            (Syntax::Equals, Lang::Batch) => Bare::Line,
            (_, Lang::Text | Lang::Unknown) if has_settings_look(text, key, syntax) => Bare::Token,
            _ => Bare::Expression,
        };
        Self {
            lang,
            syntax,
            bare,
            key: key.outer_start(),
        }
    }
}

/// Whether nothing but indent and a list mark stands before the key.
fn starts_item(text: &[u8], key: &Key) -> bool {
    let start = line_start(text, key.outer_start(), 256);
    text[start..key.outer_start()]
        .iter()
        .all(|b| matches!(b, b' ' | b'\t' | b'-' | b'#'))
}

/// Whether a key in prose is that of a settings file: `KEY=`, `spring.mail.password=`, `SMTP_PASS:`.
fn has_settings_look(text: &[u8], key: &Key, syntax: Syntax) -> bool {
    let name = &text[key.start..key.end];
    let upper = name
        .iter()
        .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_')
        && name.iter().any(u8::is_ascii_uppercase);
    let joined = name.iter().any(|b| matches!(b, b'_' | b'.'));
    match syntax {
        Syntax::Equals => upper || joined,
        Syntax::Colon => joined && key.quotes.is_none(),
        _ => false,
    }
}

/// Reads the value that follows a sign ending at `start`.
pub(super) fn read(text: &[u8], start: usize, place: &Place) -> Option<Value> {
    let lang = place.lang;
    let mut i = skip_blank(text, start);
    if matches!(byte(text, i), 0 | b'\n' | b'\r') {
        let next = skip_space(text, i);
        let quote = prefix_end(text, next, lang);
        let goes_on = place.bare == Bare::Expression && is_quote(byte(text, quote));
        if !goes_on || is_key(text, next) {
            return Some(Value::empty(i));
        }
        i = next;
    }
    if place.bare == Bare::Yaml {
        i = skip_yaml_properties(text, i);
        if let Some(value) = yaml_block(text, i, place.key) {
            return Some(value);
        }
    }
    if place.bare == Bare::Expression {
        // One pair of parentheses around a literal changes nothing.
        let inner = if byte(text, i) == b'(' {
            skip_space(text, i + 1)
        } else {
            i
        };
        if is_literal_start(text, inner, lang) {
            let value = quoted(text, inner, lang)
                .map(|value| expression::with_tail(text, value, lang, inner > i));
            return Some(value.unwrap_or_else(|| Value::expression(i, i)));
        }
        return Some(expression::read(text, i, lang));
    }
    if is_literal_start(text, i, lang)
        && let Some(value) = quoted(text, i, lang)
    {
        return Some(value);
    }
    bare(text, i, place)
}

fn is_literal_start(text: &[u8], i: usize, lang: Lang) -> bool {
    Delimiter::at(text, prefix_end(text, i, lang)).is_some()
}

/// Whether a string at `i` is a key of its own, so that the one before it has no value.
fn is_key(text: &[u8], i: usize) -> bool {
    let end = run(text, i + 1, 128, |b| is_word(b) || matches!(b, b'-' | b'.'));
    is_quote(byte(text, end)) && matches!(byte(text, skip_blank(text, end + 1)), b':' | b'=')
}

/// Reads a value without quotes that is text.
fn bare(text: &[u8], i: usize, place: &Place) -> Option<Value> {
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
            cut(end)
        }
        Bare::Expression => None,
    }
}

/// The start of a nested structure at `i`.
pub(super) fn nested(i: usize) -> Value {
    Value {
        form: Form::Block,
        ..Value::expression(i, i + 1)
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
fn skip_yaml_properties(text: &[u8], mut i: usize) -> usize {
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
fn yaml_block(text: &[u8], i: usize, key: usize) -> Option<Value> {
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

/// Blanks at the start of the line that starts at `line`.
pub(super) fn indent(text: &[u8], line: usize) -> usize {
    skip_blank(text, line) - line
}

/// The offset after the line end at `eol`; always beyond `eol`.
pub(super) fn next_line(text: &[u8], eol: usize) -> usize {
    if starts(text, eol, b"\r\n") {
        eol + 2
    } else {
        eol + 1
    }
}

/// The offset of the quote behind the prefix of a string literal at `i` (`rb"`, `@"`, `r#"`), or `i`.
pub(super) fn prefix_end(text: &[u8], i: usize, lang: Lang) -> usize {
    let first = byte(text, i);
    if is_quote(first) || !(first.is_ascii_alphabetic() || matches!(first, b'@' | b'$' | b'#')) {
        return i;
    }
    if !lang.is_code() && lang != Lang::Unknown && !(first == b'$' && lang == Lang::Shell) {
        return i;
    }
    let part = |b: u8| {
        matches!(
            b,
            b'r' | b'R'
                | b'b'
                | b'B'
                | b'u'
                | b'U'
                | b'f'
                | b'F'
                | b'L'
                | b'N'
                | b'c'
                | b'8'
                | b'@'
                | b'$'
                | b'#'
        )
    };
    let end = run(text, i, 4, part);
    if matches!(byte(text, end), b'"' | b'\'') {
        end
    } else {
        i
    }
}

/// Reads the string literal at `i`, prefix included. `None` when it does not end within [`VALUE_MAX`]
/// bytes, or not on its line where it has to.
pub(super) fn quoted(text: &[u8], i: usize, lang: Lang) -> Option<Value> {
    let open = prefix_end(text, i, lang);
    let interpolated = text[i..open]
        .iter()
        .any(|b| matches!(b, b'f' | b'F' | b'$'))
        && lang != Lang::Shell;
    let delimiter = Delimiter::at(text, open)?;
    let start = open + delimiter.len();
    let triple = [delimiter.quote; 3];
    let (inner, after, quoting) = if delimiter.escapes == 0
        && starts(text, open, &triple)
        && !lang.doubles(delimiter.quote)
    {
        let start = open + 3;
        let rest = from(text, start);
        let rest = &rest[..rest.len().min(VALUE_MAX)];
        let end = start + memchr::memmem::find(rest, &triple)?;
        (trimmed(text, start..end), end + 3, Quoting::Triple)
    } else {
        let end = close(text, start, delimiter, lang)?;
        let quoting = match (delimiter.escapes, delimiter.quote) {
            (0, b'"') => Quoting::Double,
            (0, b'\'') => Quoting::Single,
            (0, _) => Quoting::Backtick,
            _ => Quoting::Escaped,
        };
        (start..end, end + delimiter.len(), quoting)
    };
    if inner.is_empty() {
        return Some(Value {
            quoting,
            after,
            ..Value::empty(inner.start)
        });
    }
    let quote = if interpolated { b'{' } else { delimiter.quote };
    let (form, inner) = template::classify(text, inner, lang, Some(quote));
    Some(Value {
        start: inner.start,
        end: inner.end,
        quoting,
        form,
        after,
    })
}

/// The offset of the delimiter that closes the string whose content starts at `start`.
fn close(text: &[u8], start: usize, delimiter: Delimiter, lang: Lang) -> Option<usize> {
    let limit = text.len().min(start.saturating_add(VALUE_MAX));
    let Delimiter { quote, escapes } = delimiter;
    let mut i = start;
    while i < limit {
        let b = text[i];
        if b == b'\\' && escapes == 0 && lang.escapes(quote) {
            i += 1;
        } else if b == b'\\' && escapes > 0 {
            let end = run(text, i, 2 * VALUE_MAX, |b| b == b'\\');
            if byte(text, end) == quote && end - i <= escapes {
                return (end - i == escapes).then_some(i);
            }
            i = end;
        } else if b == quote {
            if escapes > 0 {
                return None;
            }
            if !(lang.doubles(quote) && byte(text, i + 1) == quote) {
                return Some(i);
            }
            i += 1;
        } else if b == b'\n'
            && (escapes > 0 || !lang.spans_lines(quote) || starts_assignment(text, i + 1))
        {
            return None;
        }
        i += 1;
    }
    None
}

/// Whether a line starts like an assignment: then an open quote on the line before was a slip, and
/// going on would swallow the lines after it.
fn starts_assignment(text: &[u8], line: usize) -> bool {
    let start = skip_blank(text, line);
    let mut word = word_after(text, start);
    if &text[word.clone()] == b"export" {
        word = word_after(text, skip_blank(text, word.end));
    }
    !word.is_empty() && matches!(byte(text, skip_blank(text, word.end)), b'=' | b':')
}

/// The value that stands alone from `i` to the next blank, with or without quotes.
pub(super) fn word(text: &[u8], i: usize, lang: Lang) -> Option<Value> {
    if is_quote(byte(text, i)) {
        return quoted(text, i, lang);
    }
    let end = run(text, i, VALUE_MAX, |b| {
        !b.is_ascii_whitespace() && !is_quote(b)
    });
    (end > i).then(|| Value::bare(text, i..end, lang))
}

/// Whether nothing but blanks and a list or comment mark stands before `i` on its line.
pub(super) fn leads_line(text: &[u8], i: usize) -> bool {
    let end = skip_blank_back(text, i);
    matches!(before(text, end), 0 | b'\n' | b'\r' | b'#' | b';' | b'-')
}
