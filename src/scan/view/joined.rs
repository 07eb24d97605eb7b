//! String literals that a program joins, read as one.
//!
//! The stretch is the row of literals around the anchor, joined by an operator, by standing side by side,
//! or as the items of a call that joins its arguments. It ends where an operand is no literal. The view
//! keeps one pair of quotes, so that what bounds a key in source bounds it here as well. Where no
//! literal is joined, lines that go on after a break are ([`super::folded`]).

use std::collections::VecDeque;
use std::ops::Range;

use super::literal::{Literal, prefix_before};
use super::{View, folded, window};
use crate::model::{Encoding, Span};

/// Joins what the literal or line around `at` is a piece of; `None` if it stands alone.
pub(super) fn open(text: &[u8], at: &Range<usize>) -> Option<View> {
    let window = window(text, at);
    literals(text, at, &window).or_else(|| folded::open(text, at, &window))
}

/// Joins the literals around `at`.
fn literals(text: &[u8], at: &Range<usize>, window: &Range<usize>) -> Option<View> {
    let middle = Literal::around(text, at, window)?;
    let items = gather(text, middle, window, true);
    if is_joined(&items) && is_joining_call(text, &items, window) {
        return view(text, &items);
    }
    let operands = gather(text, middle, window, false);
    is_joined(&operands).then(|| view(text, &operands))?
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

fn view(text: &[u8], pieces: &VecDeque<Literal>) -> Option<View> {
    let (first, last) = (pieces.front()?, pieces.back()?);
    let mut view = View::new(Encoding::Joined);
    view.source = Span::new(first.open, last.close + 1);
    view.copy(text, first.open..first.open + 1);
    for piece in pieces {
        view.copy(text, piece.content());
    }
    view.atom(&(last.close..last.close + 1), &[text[first.open]]);
    Some(view)
}

/// Whether the items, separated by commas, are joined without anything between them by what stands
/// around them: `[…].join("")`, `"".join([…])`, `implode('', […])`, `concat(…)`.
fn is_joining_call(text: &[u8], items: &VecDeque<Literal>, window: &Range<usize>) -> bool {
    let (Some(&first), Some(&last)) = (items.front(), items.back()) else {
        return false;
    };
    if let Some(second) = items.get(1)
        && memchr::memmem::find(&text[first.close..second.open], b".concat(").is_some()
    {
        return true;
    }
    let start = first.open - prefix_before(text, first.open, window.start);
    let before = text[window.start..start].trim_ascii_end();
    if let Some(outside) = before.strip_suffix(b"[") {
        let after = text[last.close + 1..window.end].trim_ascii_start();
        let after = after.strip_prefix(b",").unwrap_or(after).trim_ascii_start();
        return after.strip_prefix(b"]").is_some_and(is_join_method) || is_join_opening(outside);
    }
    let Some(callee) = before.strip_suffix(b"(") else {
        return false;
    };
    if ends_with(callee, b"concat") {
        return true;
    }
    if first.content().is_empty() {
        return ends_with(callee, b"join") || ends_with(callee, b"implode");
    }
    is_join_opening(callee)
        || (ends_with(callee, b"array") && is_join_opening(&callee[..callee.len() - 5]))
}

/// Whether `after`, which follows a list, joins it with nothing between: `.join("")`, Ruby's `.join`.
fn is_join_method(after: &[u8]) -> bool {
    let Some(arguments) = after.trim_ascii_start().strip_prefix(b".join") else {
        return false;
    };
    match arguments.strip_prefix(b"(") {
        Some(arguments) => {
            let glue = arguments.trim_ascii_start();
            glue.starts_with(b"\"\"") || glue.starts_with(b"''") || glue.starts_with(b"``")
        }
        None => !arguments.first().is_some_and(u8::is_ascii_alphanumeric),
    }
}

/// Whether `before`, which ends where a list begins, joins it: `"".join(`, `implode('',`.
fn is_join_opening(before: &[u8]) -> bool {
    let is_empty = |text: &[u8]| text.ends_with(b"\"\"") || text.ends_with(b"''");
    let before = before.trim_ascii_end();
    if let Some(callee) = before.strip_suffix(b"(") {
        return callee.strip_suffix(b".join").is_some_and(is_empty);
    }
    let Some(glue) = before.strip_suffix(b",").map(<[u8]>::trim_ascii_end) else {
        return false;
    };
    let callee = glue[..glue.len().saturating_sub(2)].trim_ascii_end();
    is_empty(glue)
        && callee
            .strip_suffix(b"(")
            .is_some_and(|callee| ends_with(callee, b"join") || ends_with(callee, b"implode"))
}

/// Whether `text` ends with `word`, in any case.
fn ends_with(text: &[u8], word: &[u8]) -> bool {
    text.len() >= word.len() && text[text.len() - word.len()..].eq_ignore_ascii_case(word)
}
