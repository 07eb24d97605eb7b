//! Right-hand sides of code that are no string literal: numbers, names, calls, lookups, and what
//! follows a literal.

use super::lexeme::{
    before, byte, closing, is_one_of, is_quote, is_word, run, skip_blank, skip_space, starts,
    starts_any_case,
};
use super::value::{self, Value, nested};
use super::{Form, Lang, Quoting, lookup};

/// Calls that change nothing about the text they are given, in lower case.
const WRAPPERS: [&[u8]; 21] = [
    b"from",
    b"string",
    b"some",
    b"secretstring",
    b"secret",
    b"str",
    b"securestring",
    b"just",
    b"unquote",
    b"trim",
    b"ref",
    b"strdup",
    b"f",
    b"to_string",
    b"new",
    b"secretstr",
    b"utf8",
    b"b",
    b"of",
    b"literal",
    b"plaintext",
];

/// Methods that change nothing about the text they are called on, in lower case.
const METHODS: [&[u8]; 20] = [
    b"to_string",
    b"to_owned",
    b"into",
    b"to_s",
    b"freeze",
    b"encode",
    b"tochararray",
    b"getbytes",
    b"trim",
    b"strip",
    b"as_bytes",
    b"as_str",
    b"tostring",
    b"to_sym",
    b"html_safe",
    b"utf8",
    b"decode",
    b"strip_heredoc",
    b"chomp",
    b"to_vec",
];

/// Reads the expression at `i`.
pub(super) fn read(text: &[u8], i: usize, lang: Lang) -> Value {
    let first = byte(text, i);
    if matches!(first, b'{' | b'[') {
        return nested(i);
    }
    if let Some(scalar) = scalar(text, i, lang) {
        return scalar;
    }
    let mut start = i;
    for word in [&b"new "[..], b"await ", b"return ", b"const ", b"(string)"] {
        if starts(text, start, word) {
            start = skip_blank(text, start + word.len());
        }
    }
    if let Some(value) = secure_string(text, start, lang) {
        return value;
    }
    let path = lookup::path_after(text, start);
    let name = &text[path.clone()];
    let expression = |end: usize| Value {
        form: Form::Expression,
        end,
        after: end,
        ..Value::empty(i)
    };
    if name.is_empty() {
        return expression(run(text, i, 1, |b| !b.is_ascii_whitespace()));
    }
    let open = skip_generics(text, path.end);
    let (form, default, end) = match byte(text, open) {
        b'(' | b'[' => {
            let indexed = byte(text, open) == b'[';
            let hit = if indexed {
                lookup::is_table(name)
            } else {
                lookup::is_lookup_call(name)
            };
            if !hit {
                // The arguments of an unknown call are no defaults, but what follows it is.
                let fallback = || {
                    let close = closing(text, open, 512)?;
                    lookup::fallback(text, close + 1, lang)
                };
                let declared =
                    || (byte(text, open) == b'(').then(|| lookup::declared(text, open, lang))?;
                return wrapped(text, open, name, lang)
                    .or_else(|| field_default(text, open, name, lang))
                    .or_else(fallback)
                    .or_else(declared)
                    .unwrap_or_else(|| expression(open + 1));
            }
            let (default, end) = lookup::call(text, open, lang);
            (Form::Lookup, default, end)
        }
        _ => {
            let form = if lookup::is_table(name) && name.iter().any(|b| matches!(b, b'.' | b':')) {
                Form::Lookup
            } else {
                Form::Expression
            };
            (form, lookup::fallback(text, open, lang), open)
        }
    };
    default.unwrap_or(Value {
        form,
        ..expression(end)
    })
}

/// The offset of the bracket behind the type arguments at `i`: `get<string>(`; else `i`.
fn skip_generics(text: &[u8], i: usize) -> usize {
    if byte(text, i) != b'<' {
        return i;
    }
    let end = run(text, i + 1, 48, |b| {
        is_word(b) || matches!(b, b'.' | b'|' | b' ' | b'[' | b']' | b'?')
    });
    if starts(text, end, b">(") { end + 1 } else { i }
}

/// A number or a word of the language: `587`, `true`, `None`.
fn scalar(text: &[u8], i: usize, lang: Lang) -> Option<Value> {
    let start = if byte(text, i) == b'-' { i + 1 } else { i };
    let end = run(text, start, 64, |b| is_word(b) || b == b'.');
    let word = &text[start..end];
    let number = word.first().is_some_and(u8::is_ascii_digit);
    let truth = is_one_of(word, &[b"true", b"false"]);
    let nothing = is_one_of(word, &[b"null", b"nil", b"none", b"undefined", b"nothing"]);
    if !(number || truth || nothing) || matches!(byte(text, end), b'(' | b'[' | b':') && !number {
        return None;
    }
    // `null ?? "v"` is nobody's; `587 + x` is an expression.
    let next = skip_blank(text, end);
    if number
        && matches!(byte(text, next), b'+' | b'*' | b'-' | b'/')
        && !starts(text, next, b"//")
        && lang.is_code()
    {
        return None;
    }
    Some(Value {
        start: i,
        end,
        quoting: Quoting::Bare,
        form: if nothing { Form::Empty } else { Form::Literal },
        after: end,
    })
}

/// `ConvertTo-SecureString "v" -AsPlainText`.
fn secure_string(text: &[u8], i: usize, lang: Lang) -> Option<Value> {
    let i = if byte(text, i) == b'(' {
        skip_blank(text, i + 1)
    } else {
        i
    };
    if lang != Lang::PowerShell || !starts_any_case(text, i, b"ConvertTo-SecureString") {
        return None;
    }
    let mut at = skip_blank(text, i + 22);
    if starts_any_case(text, at, b"-String") {
        at = skip_blank(text, at + 7);
    }
    is_quote(byte(text, at))
        .then(|| value::quoted(text, at, lang))
        .flatten()
}

/// The literal in a call that changes nothing about it: `String::from("v")`.
fn wrapped(text: &[u8], open: usize, callee: &[u8], lang: Lang) -> Option<Value> {
    let last = callee
        .rsplit(|&b| !is_word(b))
        .find(|name| !name.is_empty())?;
    if byte(text, open) != b'(' || !is_one_of(last, &WRAPPERS) {
        return None;
    }
    let start = skip_space(text, open + 1);
    if !is_quote(byte(text, value::prefix_end(text, start, lang))) {
        return None;
    }
    let value = with_tail(text, value::quoted(text, start, lang)?, lang, true);
    (value.form != Form::Expression && byte(text, skip_space(text, value.after)) == b')')
        .then_some(value)
}

/// The default that comes first in the declaration of a setting: `Field("v", alias="K")` of pydantic.
fn field_default(text: &[u8], open: usize, callee: &[u8], lang: Lang) -> Option<Value> {
    let declares = callee == b"Field" || callee.ends_with(b".Field");
    if lang != Lang::Python || !declares || byte(text, open) != b'(' {
        return None;
    }
    let start = skip_space(text, open + 1);
    is_quote(byte(text, value::prefix_end(text, start, lang))).then_some(())?;
    let value = value::quoted(text, start, lang).filter(|it| it.form == Form::Literal)?;
    Some(Value {
        form: Form::LookupDefault,
        ..value
    })
}

/// Judges a literal by what follows it: a part of a longer expression is no literal. `inside` says
/// that the literal stands in parentheses.
pub(super) fn with_tail(text: &[u8], value: Value, lang: Lang, inside: bool) -> Value {
    if value.quoting == Quoting::Escaped {
        return value;
    }
    let expression = Value {
        form: Form::Expression,
        ..value
    };
    let mut end = value.after;
    // The methods of a literal.
    for _ in 0..3 {
        if byte(text, end) != b'.' || matches!(lang, Lang::Php | Lang::Script) {
            break;
        }
        let name_end = run(text, end + 1, 32, is_word);
        if name_end == end + 1 {
            break;
        }
        if !is_one_of(&text[end + 1..name_end], &METHODS) {
            return expression;
        }
        end = name_end;
        if byte(text, end) == b'(' {
            let close = run(text, end + 1, 48, |b| b != b')' && b != b'\n');
            end = if byte(text, close) == b')' {
                close + 1
            } else {
                end
            };
        }
    }
    let same_line = skip_blank(text, end);
    let mut next = same_line;
    if matches!(byte(text, next), b'\\' | b'\n' | b'\r') {
        next = skip_space(text, next + usize::from(byte(text, next) == b'\\'));
    }
    let concatenated = match byte(text, next) {
        b'+' => {
            !starts(text, next, b"++") && !starts(text, next, b"+ \"")
                || lang.is_code()
                || lang == Lang::Unknown
        }
        b'.' => matches!(lang, Lang::Php | Lang::Script) && !byte(text, next + 1).is_ascii_digit(),
        b'%' => next == same_line && lang == Lang::Python,
        b'<' => {
            (starts(text, next, b"<>") || starts(text, next, b"<<"))
                && matches!(lang, Lang::Elixir | Lang::Ruby)
        }
        b'&' => next == same_line && lang == Lang::CSharp && byte(text, next + 1) == b' ',
        b'[' => next == end,
        b'=' => next == same_line && matches!(byte(text, next + 1), b'=' | b'~'),
        b'!' => next == same_line && byte(text, next + 1) == b'=',
        b'?' => next == same_line && byte(text, next + 1) == b' ',
        b'"' | b'\'' => {
            (next == same_line || inside)
                && !is_quote(before(text, next))
                && lang.is_code()
                && lang != Lang::Xml
                && lang != Lang::PowerShell
        }
        _ => false,
    };
    if concatenated { expression } else { value }
}
