//! Values: where they start and end, with and without quotes.
//!
//! The sign before the value and the language decide what a value without quotes is: text up to the
//! end of the line, one word, or an expression. What the text of a value is (literal, template, lookup)
//! is for `template`, what an expression is for `expression`, and text without quotes for `bare`.

use std::ops::Range;

use super::bare::{self, Bare};
use super::key::Key;
use super::lexeme::{
    Delimiter, before, byte, from, is_one_of, is_quote, is_word, line_start, run, skip_blank,
    skip_blank_back, skip_space, starts, trimmed, word_after,
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

    pub(super) fn expression(start: usize, end: usize) -> Self {
        Self {
            form: Form::Expression,
            end,
            after: end,
            ..Self::empty(start)
        }
    }
}

/// Where a value stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) lang: Lang,
    pub(super) syntax: Syntax,
    pub(super) bare: Bare,
    /// First byte of the key.
    pub(super) key: usize,
}

impl Place {
    /// The place of the value of `key`, which follows a sign of kind `syntax` that ends at `sign`.
    pub(super) fn new(text: &[u8], key: &Key, (syntax, sign): (Syntax, usize), lang: Lang) -> Self {
        let bare = match (syntax, lang) {
            (Syntax::Setter | Syntax::Pair | Syntax::Arrow, _) if lang != Lang::Properties => {
                Bare::Expression
            }
            (Syntax::Flag, _) => Bare::Token,
            (Syntax::Colon, Lang::Json) if operator::is_spelled_out(text, key) => Bare::Embedded,
            (Syntax::Equals, _) if operator::is_embedded(text, key, sign) => Bare::Embedded,
            (_, Lang::Properties | Lang::Netrc) | (Syntax::Equals, Lang::Batch) => Bare::Line,
            (Syntax::Equals, Lang::Yaml) if !starts_item(text, key) => Bare::ShellWord,
            (_, Lang::Yaml) => Bare::Yaml,
            (Syntax::Equals, Lang::Shell | Lang::Docker) => Bare::ShellWord,
            // a here-document of settings: what is Terraform's own has blanks around its sign
            (Syntax::Equals, Lang::Hcl)
                if sign == key.end + 1
                    && key.quotes.is_none()
                    && has_settings_look(text, key, syntax) =>
            {
                Bare::ShellWord
            }
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
        // In prose a backtick opens a block of code.
        let goes_on = place.bare == Bare::Expression
            && lang != Lang::Text
            && is_quote(byte(text, quote))
            && !(lang == Lang::Unknown && byte(text, quote) == b'`');
        if !goes_on || is_key(text, next) {
            return Some(Value::empty(i));
        }
        i = next;
    }
    if place.bare == Bare::Yaml {
        i = bare::skip_yaml_properties(text, i);
        if let Some(value) = bare::yaml_block(text, i, place.key) {
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
    bare::read(text, i, place)
}

fn is_literal_start(text: &[u8], i: usize, lang: Lang) -> bool {
    Delimiter::at(text, prefix_end(text, i, lang)).is_some()
}

/// Whether a string at `i` is a key of its own, so that the one before it has no value.
fn is_key(text: &[u8], i: usize) -> bool {
    let end = run(text, i + 1, 128, |b| is_word(b) || matches!(b, b'-' | b'.'));
    is_quote(byte(text, end)) && matches!(byte(text, skip_blank(text, end + 1)), b':' | b'=')
}

/// The start of a nested structure at `i`.
pub(super) fn nested(i: usize) -> Value {
    Value {
        form: Form::Block,
        ..Value::expression(i, i + 1)
    }
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
    // what stands between backticks in a shell is a command
    let form = if quoting == Quoting::Backtick && lang == Lang::Shell {
        Form::Lookup
    } else {
        form
    };
    Some(Value {
        start: inner.start,
        end: inner.end,
        quoting,
        form,
        after,
    })
}

/// The offset of the delimiter that closes the string whose content starts at `start`.
pub(super) fn close(text: &[u8], start: usize, delimiter: Delimiter, lang: Lang) -> Option<usize> {
    let limit = text.len().min(start.saturating_add(VALUE_MAX));
    let Delimiter { quote, escapes } = delimiter;
    let mut i = start;
    while i < limit {
        let b = text[i];
        if b == b'\\' && escapes == 0 && lang.escapes(quote) {
            i += 1;
        } else if b == b'\\' && escapes > 0 {
            let end = run(text, i, limit - i, |b| b == b'\\');
            if byte(text, end) == quote && end - i <= escapes {
                return (end - i == escapes).then_some(i);
            }
            i = end;
        } else if b == quote {
            if escapes > 0 {
                return None;
            }
            if lang == Lang::Shell && quote == b'\'' && starts(text, i, br"'\''") {
                // how a shell has a quote in quotes: it ends them, escapes one, and begins them anew
                i += 3;
            } else if lang.doubles(quote) && byte(text, i + 1) == quote {
                i += 1;
            } else {
                return Some(i);
            }
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
