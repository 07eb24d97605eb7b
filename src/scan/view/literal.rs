//! String literals and what may stand between two that are joined.
//!
//! No language is known here, only what most share: a literal ends at its quote unless a backslash
//! stands before it and does not cross a line; operators, comments, parentheses and line breaks stand
//! between operands. A wrong guess costs a view, not a finding, since the text itself is read as well.

use std::ops::Range;

use super::escape::is_escaped;

/// A literal on one line: the places of its two quotes, which are the same byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Literal {
    pub(super) open: usize,
    pub(super) close: usize,
}

impl Literal {
    /// What stands between the quotes.
    pub(super) fn content(self) -> Range<usize> {
        self.open + 1..self.close
    }

    /// The literal that opens at `open`.
    pub(super) fn opening_at(text: &[u8], open: usize, end: usize) -> Option<Self> {
        let quote = *text.get(open)?;
        let mut p = open + 1;
        while p < end {
            match text[p] {
                b'\\' => p += 1,
                b'\n' | b'\r' => return None,
                byte if byte == quote => return Some(Self { open, close: p }),
                _ => {}
            }
            p += 1;
        }
        None
    }

    /// The literal that closes at `close`: no unescaped quote of its kind stands inside.
    fn closing_at(text: &[u8], close: usize, low: usize) -> Option<Self> {
        let quote = text[close];
        let mut p = close;
        while p > low && !matches!(text[p - 1], b'\n' | b'\r') {
            p -= 1;
            if text[p] == quote && !is_escaped(text, p, low) {
                return Some(Self { open: p, close });
            }
        }
        None
    }

    /// The literal that holds `at`.
    pub(super) fn around(text: &[u8], at: &Range<usize>, window: &Range<usize>) -> Option<Self> {
        let line = line_start(text, at.start, window.start);
        let mut p = line;
        while p < at.start {
            if text[p] == b'\\' {
                // Skipped in pairs as inside a literal, or each `\"` would be tried as the start of one.
                p += 2;
                continue;
            }
            if is_quote(text[p])
                && let Some(literal) = Self::opening_at(text, p, window.end)
            {
                if literal.close >= at.end {
                    return Some(literal);
                }
                p = literal.close;
            }
            p += 1;
        }
        // An apostrophe before it may have turned inside and outside around.
        let open = (line..at.start)
            .rev()
            .find(|&p| is_quote(text[p]) && !is_escaped(text, p, window.start))?;
        Self::opening_at(text, open, window.end).filter(|literal| literal.close >= at.end)
    }

    /// The operand after this literal.
    pub(super) fn next(self, text: &[u8], end: usize, commas: bool) -> Option<Self> {
        let open = gap(text, self.close + 1, end, commas)?;
        Self::opening_at(text, open, end)
    }

    /// The operand before this literal.
    pub(super) fn previous(self, text: &[u8], low: usize, commas: bool) -> Option<Self> {
        let mut p = self.open - prefix_before(text, self.open, low);
        while p > low {
            let byte = text[p - 1];
            if is_quote(byte) {
                let fits = gap(text, p, self.open + 1, commas) == Some(self.open);
                return Self::closing_at(text, p - 1, low).filter(|_| fits);
            }
            p = match byte {
                b'\n' => {
                    let line = line_start(text, p - 1, low);
                    comment_start(&text[line..p - 1]).map_or(p - 1, |mark| line + mark)
                }
                b'/' if text[low..p].ends_with(b"*/") => {
                    memchr::memmem::rfind(&text[low..p - 2], b"/*").map(|mark| low + mark)?
                }
                b' ' | b'\t' | b'\r' | b'\\' | b'+' | b'.' | b'&' | b'<' | b'>' | b'~' | b'('
                | b')' | b'_' | b';' => p - 1,
                b',' if commas => p - 1,
                b'=' => p - assigned_before(&text[low..p])?,
                _ => p - called_before(&text[low..p])?,
            };
        }
        None
    }
}

/// Whether a byte opens a literal.
fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

/// Where the line that holds `at` starts, not before `low`.
pub(super) fn line_start(text: &[u8], at: usize, low: usize) -> usize {
    memchr::memrchr2(b'\n', b'\r', &text[low..at]).map_or(low, |newline| low + newline + 1)
}

/// Where the comment of a line starts, if it has one.
fn comment_start(line: &[u8]) -> Option<usize> {
    let mut p = 0;
    while p < line.len() {
        match &line[p..] {
            [b'#', ..] | [b'/', b'/', ..] | [b'-', b'-', ..] => return Some(p),
            [quote, ..] if is_quote(*quote) => {
                p = Literal::opening_at(line, p, line.len()).map_or(p, |literal| literal.close);
            }
            [b'\\', ..] => p += 1,
            _ => {}
        }
        p += 1;
    }
    None
}

/// Length of the letters that mark the kind of a literal (`r"`, `u8"`, `@"`) right before `open`.
pub(super) fn prefix_before(text: &[u8], open: usize, low: usize) -> usize {
    let letters = text[low..open]
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'@' | b'$' | b'_'))
        .count();
    if (1..=2).contains(&letters) && prefix(&text[open - letters..]) == Some(letters) {
        letters
    } else {
        0
    }
}

/// Length of the kind letters at the start of `text`, if a quote follows them.
fn prefix(text: &[u8]) -> Option<usize> {
    let letters = text
        .iter()
        .take(2)
        .take_while(|byte| b"rRbBfFuULN8@$".contains(byte))
        .count();
    text.get(letters)
        .is_some_and(|&byte| is_quote(byte))
        .then_some(letters)
}

/// The place of the next literal's quote, if nothing but a join stands between `from` and it.
fn gap(text: &[u8], from: usize, end: usize, commas: bool) -> Option<usize> {
    let mut p = from;
    let mut operator = false;
    while p < end {
        let rest = &text[p..end];
        if let Some(letters) = prefix(rest) {
            return Some(p + letters);
        }
        p += match rest {
            [b' ' | b'\t' | b'\n' | b'\r' | b'(' | b')', ..]
            | [b'\\' | b'_', b'\n' | b'\r', ..] => 1,
            [b'#', ..] | [b'/', b'/', ..] | [b'-', b'-', ..] => {
                memchr::memchr2(b'\n', b'\r', rest)?
            }
            [b'/', b'*', body @ ..] => memchr::memmem::find(body, b"*/")? + 4,
            _ if operator => return None,
            [b',', ..] if commas => {
                operator = true;
                1
            }
            _ => {
                operator = true;
                operator_len(rest).or_else(|| appended(rest))?
            }
        };
    }
    None
}

/// Longest name of a variable that something is appended to, in bytes.
const VARIABLE: usize = 48;

/// Calls that put their argument behind what was there.
const APPENDING: [&[u8]; 4] = [b".append", b".Append", b".concat", b".push_str"];

/// Signs that put what follows behind what was there.
const APPEND_SIGNS: [&[u8]; 6] = [b"+=", b".=", b"&=", b"~=", b"..=", b"<<"];

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'@')
}

/// Length of the statement at the start of `text` that appends the literal behind it to a variable: `; key += `, `key.append(`.
fn appended(text: &[u8]) -> Option<usize> {
    let space = |from: usize| {
        text[from..]
            .iter()
            .take_while(|b| b.is_ascii_whitespace())
            .count()
    };
    let start = usize::from(text.first() == Some(&b';'));
    let start = start + space(start);
    let name = text[start..]
        .iter()
        .take(VARIABLE)
        .take_while(|b| is_of_name(**b))
        .count();
    let end = start + name;
    if name == 0 {
        return None;
    }
    if let Some(call) = APPENDING.iter().find(|call| text[end..].starts_with(call)) {
        return (text.get(end + call.len()) == Some(&b'(')).then_some(end + call.len() + 1);
    }
    let sign = end + space(end);
    APPEND_SIGNS
        .iter()
        .find(|wanted| text[sign..].starts_with(wanted))
        .map(|wanted| sign + wanted.len())
}

/// Length of the variable and sign at the end of `text`, which ends in `=`, where the sign appends.
fn assigned_before(text: &[u8]) -> Option<usize> {
    let sign = APPEND_SIGNS.iter().find(|sign| text.ends_with(sign))?;
    let rest = text[..text.len() - sign.len()].trim_ascii_end();
    let name = name_before(rest);
    (name > 0).then_some(text.len() - rest.len() + name)
}

/// Length of the method at the end of `text` that appends, with the variable that it is called on, if there is one.
fn called_before(text: &[u8]) -> Option<usize> {
    let call = APPENDING.iter().find(|call| text.ends_with(call))?;
    Some(call.len() + name_before(&text[..text.len() - call.len()]))
}

fn name_before(text: &[u8]) -> usize {
    text.iter()
        .rev()
        .take(VARIABLE)
        .take_while(|b| is_of_name(**b))
        .count()
}

/// Length of the operator that joins strings at the start of `text`.
fn operator_len(text: &[u8]) -> Option<usize> {
    const OPERATORS: [&[u8]; 10] = [
        b".concat(",
        b".append(",
        b".Append(",
        b"..",
        b"<>",
        b"++",
        b"+",
        b".",
        b"&",
        b"~",
    ];
    OPERATORS
        .iter()
        .find(|operator| text.starts_with(operator))
        .map(|operator| operator.len())
}
