//! The assignment reader: how values are given to keys, in every syntax and language the rules care for.
//!
//! It reads one assignment around one byte ([`read_at`]) or all in a range ([`read_all`]), and for an
//! assignment its siblings' range ([`block`], [`outer`]), its parents' names ([`parents`]) and the
//! arguments of a call ([`call_args`]). It says what is written, never whether it matters: which keys
//! hold secrets and which values are placeholders is for rules and filter.
//!
//! Everything is a pure function over bytes that need not be UTF-8, panics on no input, and looks at most
//! [`REACH`] bytes to either side of the byte or assignment it is asked about, so the text may be a window of a larger file.

mod bare;
mod block;
mod bracket;
mod call;
mod dotenv;
mod expression;
mod key;
mod lang;
mod lexeme;
mod lookup;
mod markup;
mod operator;
mod parents;
mod rows;
mod template;
mod value;
mod words;

// Tables read better one row a line.
#[cfg(test)]
#[rustfmt::skip]
mod tests;

use std::ops::Range;

use crate::model::Span;

pub use block::{block, outer};
pub use call::{Arg, call_args};
pub use lang::Lang;
pub use parents::{Parents, parents};

use key::Key;
use lexeme::{is_word, run};
use operator::Operator;
use value::Value;

/// Bytes on either side of the byte asked about that any function here may look at.
pub const REACH: usize = 4096;

/// Longest value that is read, in bytes. A longer one is cut (bare) or no literal (quoted).
const VALUE_MAX: usize = 2048;

/// What delimits a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quoting {
    /// Nothing but its surroundings.
    Bare,
    /// `'…'`.
    Single,
    /// `"…"`.
    Double,
    /// `` `…` ``.
    Backtick,
    /// `"""…"""` or `'''…'''`.
    Triple,
    /// Quotes with backslashes before them: a string within a string.
    Escaped,
    /// The first lines of a YAML block scalar or a here-document.
    Block,
    /// The text of an element.
    Element,
}

/// What a value is in the language of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// It stands for itself.
    Literal,
    /// The literal that a lookup falls back to: `env('K', 'v')`, `${K:-v}`, `cfg.k || "v"`.
    LookupDefault,
    /// A lookup in an environment, a configuration or a vault, without a literal default.
    Lookup,
    /// Any other expression: a name, a call, a concatenation, a type.
    Expression,
    /// Wholly or partly a template: `${K}`, `{{ k }}`, `<%= k %>`.
    Template,
    /// Nothing, or the language's word for nothing.
    Empty,
    /// The start of a nested structure, which holds assignments of its own.
    Block,
}

/// How a value was tied to its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// `key = value` and its variants: `:=`, `||=`, `<-`.
    Equals,
    /// `key: value`.
    Colon,
    /// `key => value`.
    Arrow,
    /// `.setKey(value)`.
    Setter,
    /// `define('key', value)`.
    Pair,
    /// `<key>value</key>`.
    Element,
    /// Two siblings, `name: key` and `value: value`, in any notation.
    NameValue,
    /// `--key value` and `--key=value`.
    Flag,
    /// `key value`: netrc, `ENV key value`, `#define key "value"`.
    Words,
    /// A lookup named by the key, with a default: `env('key', 'value')`, `${key:-value}`.
    Lookup,
}

/// One value given to one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The key without quotes and sigils. In flat files the whole dotted key, in code the last member.
    pub key: Span,
    /// The value without its quotes; for [`Form::LookupDefault`] the default. Escapes are left alone.
    pub value: Span,
    /// What delimits the value.
    pub quoting: Quoting,
    /// What the value is.
    pub form: Form,
    /// How it is tied to the key.
    pub syntax: Syntax,
    /// Offset of the first byte after the value and its closing delimiter.
    pub end: usize,
}

impl Assignment {
    fn new(key: &Key, syntax: Syntax, value: Value) -> Self {
        Self {
            key: Span::new(key.start, key.end),
            value: Span::new(value.start, value.end),
            quoting: value.quoting,
            form: value.form,
            syntax,
            end: value.after,
        }
    }

    /// Whether it is a column that is named in a list, with its value in another list behind it.
    fn is_column(&self, text: &[u8]) -> bool {
        text.get(self.key.end as usize..self.value.start as usize)
            .is_some_and(|between| between.contains(&b')'))
    }

    /// Where the search for the next assignment goes on: behind a value that holds none. What follows
    /// `name:` may itself be the key of a pair.
    fn resume(&self, text: &[u8]) -> usize {
        match self.form {
            _ if markup::is_name(&text[self.key.range()]) => self.key.end as usize,
            // `-e KEY=v`, `config:set app KEY=v`, and what systemd gives to a service
            Form::Literal
                if text[self.value.range()].contains(&b'=')
                    && (matches!(self.syntax, Syntax::Flag | Syntax::Words)
                        || &text[self.key.range()] == b"Environment") =>
            {
                self.key.end as usize
            }
            // the other columns stand between this one and its value
            _ if self.syntax == Syntax::Pair && self.is_column(text) => self.key.end as usize,
            // `env:"KEY" envDefault:"v"` in the tags of a field
            _ if text[self.key.range()] == *b"env" => self.key.end as usize,
            // a tag has attributes, and what it encloses may be code; a call has arguments
            _ if matches!(self.syntax, Syntax::Element | Syntax::Setter) => self.key.end as usize,
            Form::Literal | Form::LookupDefault | Form::Lookup | Form::Template => {
                self.end.max(self.key.end as usize)
            }
            Form::Empty | Form::Expression | Form::Block => self.key.end as usize,
        }
    }
}

/// Reads the assignment whose key contains the byte at `at`. `None` when that byte is not part of a key
/// to which a value is given.
pub fn read_at(text: &[u8], at: usize, lang: Lang) -> Option<Assignment> {
    if lang == Lang::Env {
        // what stands within a value of a dotenv file may be of any language
        return dotenv::at(text, at).or_else(|| read_at(text, at, Lang::Unknown));
    }
    let key = key::at(text, at, lang)?;
    if let Some(Operator { syntax, value }) = operator::after(text, &key, lang) {
        let value = value::read(
            text,
            value,
            &value::Place::new(text, &key, (syntax, value), lang),
        )?;
        if let Some(value) = markup::inner(text, &key, &value, lang) {
            return Some(Assignment::new(&key, Syntax::NameValue, value));
        }
        return Some(Assignment::new(&key, syntax, value));
    }
    let updated = || {
        let value = (lang == Lang::Sql)
            .then(|| rows::updated(text, &key).or_else(|| rows::copied(text, &key)))??;
        Some((Syntax::Pair, value))
    };
    let (syntax, value) = lookup::default_of(text, &key, lang)
        .or_else(updated)
        .or_else(|| markup::read(text, &key, lang))
        .or_else(|| words::read(text, &key, lang))?;
    Some(Assignment::new(&key, syntax, value))
}

/// All assignments whose key starts in `range`, in the order of their keys. What a literal value holds
/// is not read, nor what a value of a dotenv file holds.
pub fn read_all(
    text: &[u8],
    range: Range<usize>,
    lang: Lang,
) -> impl Iterator<Item = Assignment> + '_ {
    let end = range.end.min(text.len());
    let floor = range.start;
    let mut at = range.start;
    let mut taken = 0;
    let mut settings = (lang == Lang::Env).then(|| dotenv::all(text, range));
    std::iter::from_fn(move || {
        if let Some(settings) = &mut settings {
            return settings.next();
        }
        while at < end {
            let Some(skip) = text[at..end].iter().position(|&b| is_word(b)) else {
                at = end;
                return None;
            };
            let word = at + skip;
            let word = if lexeme::starts(text, word, key::BOM) {
                word + key::BOM.len()
            } else {
                word
            };
            at = run(text, word, text.len(), is_word);
            let Some(found) = read_at(text, word, lang) else {
                continue;
            };
            let start = found.key.start as usize;
            if start < floor || start < taken || start >= end {
                continue;
            }
            at = found.resume(text).max(at);
            taken = found.key.end as usize;
            return Some(found);
        }
        None
    })
}
