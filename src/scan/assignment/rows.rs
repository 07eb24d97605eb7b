//! Rows of tables in SQL: a name in one column with its value in the next, and columns that are named before their values.

use super::call::argument_end;
use super::key::Key;
use super::lexeme::{before, byte, run, skip_space, skip_space_back, starts_any_case};

/// Bytes in which the list of columns stands, and each of the values.
const LIST: usize = 1024;

/// Most columns that are counted.
const COLUMNS: usize = 64;

/// Whether a string stands in a row before another one: `(12, 'smtp_password', '…')`. The value comes from `value` on.
pub(super) fn is_pair(text: &[u8], key: &Key, value: usize) -> bool {
    let open = before(text, skip_space_back(text, key.outer_start()));
    key.quotes.is_some_and(|quotes| quotes.quote == b'\'')
        && matches!(open, b',' | b'(')
        && byte(text, skip_space(text, value)) == b'\''
}

/// Where the value of a column begins: `(host, password) VALUES ('…', '…')`.
pub(super) fn column(text: &[u8], key: &Key) -> Option<usize> {
    let named = |b: u8| b != b'(' && b != b')' && b != b'\'' && b != b';';
    let open = (0..LIST.min(key.start)).find_map(|back| {
        let at = key.start - 1 - back;
        (!named(text[at])).then_some(at)
    })?;
    let close = run(text, key.end, LIST, named);
    if byte(text, open) != b'(' || byte(text, close) != b')' {
        return None;
    }
    let before_it = text[open..key.start].iter().filter(|b| **b == b',').count();
    let values = skip_space(text, close + 1);
    let row = skip_space(text, values + b"values".len());
    if !starts_any_case(text, values, b"values") || byte(text, row) != b'(' || before_it > COLUMNS {
        return None;
    }
    let mut at = row + 1;
    let end = text.len().min(at + LIST);
    for _ in 0..before_it {
        at = argument_end(text, at, end.saturating_sub(at));
        if byte(text, at) != b',' {
            return None;
        }
        at += 1;
    }
    Some(at)
}
