//! String literals that a program joins, read as one.
//!
//! The stretch is the row of literals around the anchor, joined by an operator, by standing side by side,
//! or as the items of a call that joins its arguments. It ends where an operand is no literal. The view
//! keeps one pair of quotes, so that what bounds a key in source bounds it here as well. Where no
//! literal is joined, lines that go on after a break are ([`super::folded`]).

use std::collections::VecDeque;
use std::ops::Range;

use super::literal::{Literal, prefix_before};
use super::{View, folded};
use crate::model::{Encoding, Span};

/// Bytes before and after the anchor in which its pieces stand. Shorter than a stretch: a key in pieces takes a few
/// lines, and each anchor that is no key costs a look over all of them (5 MB of `SG. ` took minutes).
pub(super) const PIECES: usize = 1024;

/// Joins what the literal or line around `at` is a piece of; `None` if it stands alone.
pub(super) fn open(text: &[u8], at: &Range<usize>) -> Option<View> {
    let window = at.start.saturating_sub(PIECES)..at.end.saturating_add(PIECES).min(text.len());
    literals(text, at, &window).or_else(|| folded::open(text, at, &window))
}

/// Joins the literals around `at`.
fn literals(text: &[u8], at: &Range<usize>, window: &Range<usize>) -> Option<View> {
    let middle = Literal::around(text, at, window)?;
    let items = gather(text, middle, window, true);
    if is_joined(&items)
        && let Some(glue) = joining_call(text, &items, window)
    {
        return view(text, &items, glue);
    }
    let operands = gather(text, middle, window, false);
    is_joined(&operands).then(|| view(text, &operands, b""))?
}

/// The literals before and after `middle`, in order.
fn gather(text: &[u8], middle: Literal, window: &Range<usize>, commas: bool) -> VecDeque<Literal> {
    let mut pieces = VecDeque::from([middle]);
    let mut last = middle;
    while let Some(next) = last.next(text, window.end, commas) {
        pieces.push_back(next);
        last = next;
    }
    let mut first = middle;
    while let Some(previous) = first.previous(text, window.start, commas) {
        pieces.push_front(previous);
        first = previous;
    }
    pieces
}

/// Whether at least two of the pieces hold something: `"""x"""` looks like three literals.
fn is_joined(pieces: &VecDeque<Literal>) -> bool {
    pieces
        .iter()
        .filter(|piece| !piece.content().is_empty())
        .nth(1)
        .is_some()
}

fn view(text: &[u8], pieces: &VecDeque<Literal>, glue: &[u8]) -> Option<View> {
    let (first, last) = (pieces.front()?, pieces.back()?);
    let mut view = View::new(Encoding::Joined);
    view.source = Span::new(first.open, last.close + 1);
    view.copy(text, first.open..first.open + 1);
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 && !glue.is_empty() {
            view.atom(&(pieces[index - 1].close..piece.open), glue);
        }
        view.copy(text, piece.content());
    }
    view.atom(&(last.close..last.close + 1), &[text[first.open]]);
    Some(view)
}

/// What is put between the items, separated by commas, by the call around them that joins them: nothing in `[…].join("")`,
/// `"".join([…])`, `implode('', […])`, `concat(…)`, a dot in `[…].join(".")`. `None` where no call does.
fn joining_call<'t>(
    text: &'t [u8],
    items: &VecDeque<Literal>,
    window: &Range<usize>,
) -> Option<&'t [u8]> {
    let (&first, &last) = (items.front()?, items.back()?);
    if let Some(second) = items.get(1)
        && memchr::memmem::find(&text[first.close..second.open], b".concat(").is_some()
    {
        return Some(b"");
    }
    let start = first.open - prefix_before(text, first.open, window.start);
    let before = text[window.start..start].trim_ascii_end();
    if let Some(outside) = before.strip_suffix(b"[") {
        let after = text[last.close + 1..window.end].trim_ascii_start();
        let after = after.strip_prefix(b",").unwrap_or(after).trim_ascii_start();
        return after
            .strip_prefix(b"]")
            .and_then(join_method)
            .or_else(|| join_opening(outside));
    }
    let callee = before.strip_suffix(b"(")?;
    if ends_with(callee, b"concat") || ends_with(callee, b"concat!") {
        return Some(b"");
    }
    if first.content().is_empty() {
        let joins = ends_with(callee, b"join") || ends_with(callee, b"implode");
        return joins.then_some(b"");
    }
    join_opening(callee).or_else(|| {
        let array = ends_with(callee, b"array");
        array.then(|| join_opening(&callee[..callee.len() - 5]))?
    })
}

/// What `after`, which follows a list, puts between its items: `.join("-")`, Ruby's `.join`.
fn join_method(after: &[u8]) -> Option<&[u8]> {
    let arguments = after.trim_ascii_start().strip_prefix(b".join")?;
    match arguments.strip_prefix(b"(") {
        Some(arguments) => {
            let literal = arguments.trim_ascii_start();
            let quote = *literal.first().filter(|b| b"\"'`".contains(b))?;
            let length = literal[1..]
                .iter()
                .take(GLUE + 1)
                .position(|&b| b == quote)?;
            Some(&literal[1..=length])
        }
        None if arguments.first().is_some_and(u8::is_ascii_alphanumeric) => None,
        None => Some(b""),
    }
}

/// What `before`, which ends where a list begins, puts between its items: `"-".join(`, `implode('-',`.
fn join_opening(before: &[u8]) -> Option<&[u8]> {
    let before = before.trim_ascii_end();
    if let Some(callee) = before.strip_suffix(b"(") {
        return last_literal(callee.strip_suffix(b".join")?).map(|(glue, _)| glue);
    }
    let (glue, callee) = last_literal(before.strip_suffix(b",")?.trim_ascii_end())?;
    let callee = callee.trim_ascii_end().strip_suffix(b"(")?;
    (ends_with(callee, b"join") || ends_with(callee, b"implode")).then_some(glue)
}

/// Longest text put between joined items, in bytes.
const GLUE: usize = 4;

/// The short literal that `text` ends with, and what stands before it.
fn last_literal(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&quote, inner) = text.split_last().filter(|(b, _)| b"\"'".contains(b))?;
    let length = inner
        .iter()
        .rev()
        .take(GLUE + 1)
        .position(|&b| b == quote)?;
    let start = inner.len() - length;
    Some((&inner[start..], &inner[..start - 1]))
}

/// Whether `text` ends with `word`, in any case.
fn ends_with(text: &[u8], word: &[u8]) -> bool {
    text.len() >= word.len() && text[text.len() - word.len()..].eq_ignore_ascii_case(word)
}
