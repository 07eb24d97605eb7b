//! Rows of tables in SQL: a name in one column with its value in the next, columns that are named before their values, and a value
//! that is set where a column has a name.

use super::Lang;
use super::call::argument_end;
use super::key::Key;
use super::lexeme::{
    before, byte, is_word, line_end, run, run_back, skip_space, skip_space_back, starts_any_case,
    word_before,
};
use super::value::{self, Value};

/// Bytes in which the list of columns stands, and each of the values.
const LIST: usize = 1024;

/// Most columns that are counted.
const COLUMNS: usize = 64;

/// Where the string begins that stands in a row behind another one: `(12, 'smtp_password', '…')`. Between a constant's name and its
/// value a number may stand.
/// What follows the key's comma begins at `value`.
pub(super) fn pair(text: &[u8], key: &Key, value: usize) -> Option<usize> {
    let open = before(text, skip_space_back(text, key.outer_start()));
    if key.quotes.is_none_or(|quotes| quotes.quote != b'\'') || !matches!(open, b',' | b'(') {
        return None;
    }
    let first = skip_space(text, value);
    let number = run(text, first, 6, |b| b.is_ascii_digit());
    let constant = !text[key.start..key.end].iter().any(u8::is_ascii_lowercase);
    let start = if constant && number > first && byte(text, number) == b',' {
        skip_space(text, number + 1)
    } else {
        first
    };
    (byte(text, start) == b'\'').then_some(start)
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
    let before_it = memchr::memchr_iter(b',', &text[open..key.start]).count();
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

/// The value that is set where a column is `key`: `UPDATE settings SET value = '…' WHERE name = 'smtp_password'`.
pub(super) fn updated(text: &[u8], key: &Key) -> Option<Value> {
    const SET: &[u8] = b"set";
    if key.quotes.is_none_or(|quotes| quotes.quote != b'\'') {
        return None;
    }
    let sign = skip_space_back(text, key.outer_start());
    if before(text, sign) != b'=' {
        return None;
    }
    let column = column_before(text, sign - 1);
    if !text[word_before(text, skip_space_back(text, column))].eq_ignore_ascii_case(b"where") {
        return None;
    }
    let floor = key.start.saturating_sub(LIST);
    let statement = memchr::memrchr(b';', &text[floor..column]).map_or(floor, |at| floor + at + 1);
    let set = (statement..column).find(|&at| {
        starts_any_case(text, at, SET)
            && before(text, at).is_ascii_whitespace()
            && byte(text, at + SET.len()).is_ascii_whitespace()
    })?;
    let sign = run(text, set + SET.len(), 128, |b| b != b'=' && b != b'\'');
    let start = skip_space(text, sign + 1);
    if byte(text, sign) != b'=' || byte(text, start) != b'\'' {
        return None;
    }
    value::quoted(text, start, Lang::Sql).filter(|value| value.after <= column)
}

/// The value of the column `key` in the first row of `COPY t (…) FROM stdin;`, as the dumps of `PostgreSQL` have it: fields with tabs between
/// them.
pub(super) fn copied(text: &[u8], key: &Key) -> Option<Value> {
    let named = |b: u8| b != b'(' && b != b')' && b != b'\'' && b != b';';
    let open = run_back(text, key.start, LIST, named);
    let close = run(text, key.end, LIST, named);
    let from = skip_space(text, close + 1);
    if before(text, open) != b'('
        || byte(text, close) != b')'
        || !starts_any_case(text, from, b"from stdin")
    {
        return None;
    }
    let place = memchr::memchr_iter(b',', &text[open..key.start]).count();
    let row = line_end(text, from, LIST) + 1;
    let end = line_end(text, row, LIST);
    let field = text
        .get(row..end)?
        .split(|b| *b == b'\t')
        .nth(place)
        .filter(|field| !field.is_empty() && *field != b"\\N")?;
    let before_it: usize = text[row..end]
        .split(|b| *b == b'\t')
        .take(place)
        .map(|field| field.len() + 1)
        .sum();
    let start = row + before_it;
    Some(Value::bare(text, start..start + field.len(), Lang::Sql))
}

/// The start of the column's name that ends before `end`, with its quotes and its table.
fn column_before(text: &[u8], end: usize) -> usize {
    run_back(text, skip_space_back(text, end), 96, |b| {
        is_word(b) || b"`\"[].".contains(&b)
    })
}
