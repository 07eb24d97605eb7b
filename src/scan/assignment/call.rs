//! The arguments of a call, for callees whose parameters a rule knows by place or by name.

use super::lexeme::{
    Delimiter, before, byte, is_quote, is_word, line_end, run, skip_blank, skip_space, string_end,
    trimmed,
};
use super::value::{self, Value};
use super::{Form, Lang, Quoting, expression};
use crate::model::Span;

/// Most arguments that are read.
const ARGS_MAX: usize = 24;

/// Bytes after the opening bracket that are read.
const CALL_REACH: usize = 2048;

/// One argument of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arg {
    /// Its keyword, for an argument given by name.
    pub name: Option<Span>,
    /// Its value without quotes; the whole expression where it is no literal.
    pub value: Span,
    /// What delimits the value.
    pub quoting: Quoting,
    /// What the value is.
    pub form: Form,
}

/// The arguments of the call whose first one starts at `open`: the offset after `(`, or after the
/// callee where the call has no brackets. Stops at the closing bracket, or without one at the end of
/// the line; a call that goes on beyond 2048 bytes yields what was read so far.
pub fn call_args(text: &[u8], open: usize, lang: Lang) -> Vec<Arg> {
    let text = &text[..text.len().min(open.saturating_add(CALL_REACH))];
    let bracketed = matches!(before(text, open), b'(' | b'[' | b'{');
    let mut args = Vec::new();
    let mut at = open;
    while args.len() < ARGS_MAX {
        at = if bracketed || !args.is_empty() {
            skip_space(text, at)
        } else {
            skip_blank(text, at)
        };
        if matches!(
            byte(text, at),
            0 | b')' | b']' | b'}' | b';' | b'\n' | b'\r'
        ) {
            break;
        }
        let (name, start) = keyword(text, at, lang);
        let end = if bracketed {
            argument_end(text, start, CALL_REACH)
        } else {
            argument_end(text, start, line_end(text, start, CALL_REACH) - start)
        };
        args.push(argument(text, name, start..end, lang));
        if byte(text, end) != b',' {
            break;
        }
        at = end + 1;
    }
    args
}

/// The keyword at `i`, and the offset where the argument's value starts.
fn keyword(text: &[u8], i: usize, lang: Lang) -> (Option<Span>, usize) {
    let sigil = usize::from(byte(text, i) == b':' || is_quote(byte(text, i)));
    let quoted = is_quote(byte(text, i));
    let start = i + sigil;
    let end = run(text, start, 64, is_word);
    if end == start || (quoted && byte(text, end) != byte(text, i)) {
        return (None, i);
    }
    let sign = skip_blank(text, end + usize::from(quoted));
    let width = match (byte(text, sign), byte(text, sign + 1)) {
        (b'=', b'>') if lang != Lang::JavaScript && lang != Lang::CSharp => 2,
        (b'=', b'=' | b'>' | b'~') | (b':', b':') => return (None, i),
        (b'=' | b':', _) => 1,
        _ => return (None, i),
    };
    (Some(Span::new(start, end)), skip_space(text, sign + width))
}

/// The offset of the comma or bracket that ends the argument at `start`, or `limit` bytes on.
pub(super) fn argument_end(text: &[u8], start: usize, limit: usize) -> usize {
    let limit = text.len().min(start.saturating_add(limit));
    let mut depth = 0_usize;
    let mut at = start;
    while at < limit {
        match text[at] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' | b',' | b';' if depth == 0 => return at,
            b')' | b']' | b'}' => depth -= 1,
            b if is_quote(b) => at = string_end(text, at, limit).unwrap_or(at),
            // a string in a string: a cell of a notebook
            b'\\' => {
                if let Some(quotes) = Delimiter::at(text, at)
                    && let Some(close) =
                        value::close(&text[..limit], at + quotes.len(), quotes, Lang::Unknown)
                {
                    at = close + quotes.len() - 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    limit
}

fn argument(text: &[u8], name: Option<Span>, range: std::ops::Range<usize>, lang: Lang) -> Arg {
    let range = trimmed(text, range);
    let start = range.start;
    let literal = Delimiter::at(text, value::prefix_end(text, start, lang)).is_some();
    let value = if literal {
        value::quoted(text, start, lang).map(|value| expression::with_tail(text, value, lang, true))
    } else {
        Some(expression::read(text, start, lang))
    };
    let value = value.filter(|value| value.form != Form::Expression && value.form != Form::Block);
    let Value {
        start,
        end,
        quoting,
        form,
        ..
    } = value.unwrap_or(Value {
        form: Form::Expression,
        end: range.end,
        ..Value::empty(start)
    });
    Arg {
        name,
        value: Span::new(start, end),
        quoting,
        form,
    }
}
