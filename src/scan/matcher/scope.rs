//! What belongs together in a structure of settings: the settings that stand beside a password and beside the objects around it, and
//! not those within their other members. `{"smtp": {…}, "queue": {"password": …}}` says nothing of mail about the queue.
//!
//! Only for structures, where things have a place; in the statements of a program nearness has to do (`mail`).

use std::ops::Range;

use crate::model::Span;
use crate::scan::assignment::{self, Assignment, Form, Lang, Parents, Syntax};

use super::{Text, mail, role};

/// The settings that belong to a password by their place.
pub struct Scope {
    /// Whether one of them, or the name of something around them, speaks of mail.
    pub speaks: bool,
    /// Their values.
    values: Vec<Span>,
}

impl Scope {
    /// Whether `span` lies in one of the values.
    pub fn holds(&self, span: Span) -> bool {
        self.values.iter().any(|value| value.overlaps(span))
    }
}

/// Most settings that are asked where they belong, which takes a look around each.
const SETTINGS: usize = 48;

/// How far from the password a setting may stand, in bytes.
const REACH: usize = 1024;

/// The scope of the password that `a` gives. `None` where it stands in no structure, or where the file as a whole is about mail.
pub fn of(text: &Text<'_>, a: &Assignment, parents: &Parents) -> Option<Scope> {
    if text.mail_file {
        return None;
    }
    let key = a.key.range();
    let around = key.start.saturating_sub(REACH)..(key.end + REACH).min(text.bytes.len());
    if text.lang == Lang::Elixir {
        let range = paragraph(text, a, around);
        return Some(Scope {
            speaks: mail::has_mail_word(text, range.clone()),
            values: vec![Span::new(range.start, range.end)],
        });
    }
    let data = matches!(
        text.lang,
        Lang::Json | Lang::Yaml | Lang::Toml | Lang::Properties | Lang::Xml
    );
    // what an object in code is passed to or assigned to has a name as well
    let least = if data { 1 } else { 2 };
    let own = parents.names();
    let listed = data || matches!(a.syntax, Syntax::Colon | Syntax::Arrow);
    if !listed || own.len() < least {
        return None;
    }
    let mut scope = Scope {
        speaks: own
            .iter()
            .any(|name| mail::has_mail_word(text, name.range())),
        values: Vec::new(),
    };
    let telling = |setting: &Assignment| {
        let range = setting.key.range().start..setting.value.range().end;
        let named = role::of(text.slice(setting.key.range())).is_some();
        let held = setting.form != Form::Block && !setting.value.is_empty();
        held && (named || mail::has_mail_word(text, range))
    };
    let settings = assignment::read_all(text.bytes, around, text.lang).filter(telling);
    for setting in settings.take(SETTINGS) {
        let theirs = assignment::parents(text.bytes, &setting, text.lang);
        let theirs = theirs.names();
        // every attribute has a tag of its own
        let tag = usize::from(text.lang == Lang::Xml && !theirs.is_empty());
        if !own.ends_with(theirs) && !own.ends_with(&theirs[tag..]) {
            continue;
        }
        let range = setting.key.range().start..setting.value.range().end;
        scope.speaks |= mail::has_mail_word(text, range);
        scope.values.push(setting.value);
    }
    Some(scope)
}

/// Whether `a` is an argument by keyword of a call that says nothing of mail: `connect(host="10.0.0.1", password="…")`.
pub fn is_argument_of_other(text: &Text<'_>, a: &Assignment) -> bool {
    const CALLEE: usize = 48;
    let block = assignment::block(text.bytes, a, text.lang);
    text.lang == Lang::Python
        && text.slice(0..block.start).ends_with(b"(")
        && !mail::has_mail_word(text, block.start.saturating_sub(CALLEE)..block.end)
}

/// The part of `range` around `a` without a blank line: a list of keywords has no brackets in Elixir.
pub fn paragraph(text: &Text<'_>, a: &Assignment, range: Range<usize>) -> Range<usize> {
    let key = a.key.range();
    let before = text.slice(range.start..key.start);
    let after = text.slice(key.end..range.end);
    let start = memchr::memmem::rfind(before, b"\n\n").map_or(range.start, |at| range.start + at);
    let end = memchr::memmem::find(after, b"\n\n").map_or(range.end, |at| key.end + at);
    start..end
}
