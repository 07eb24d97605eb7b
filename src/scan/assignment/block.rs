//! The block an assignment stands in: the range that its siblings share.
//!
//! Brackets in code and JSON, indent in YAML, the section in ini and TOML, the parent element in XML;
//! in flat files, and for statements in code, the lines around it up to two blank ones in a row.

use std::ops::Range;

use super::bracket::{self, BLOCK_REACH};
use super::lexeme::{before, byte, is_word, line_end, line_start, run, skip_blank};
use super::parents::prefix;
use super::value::{self, indent, next_line};
use super::{Assignment, Lang, Syntax};

/// How far a block around a block is looked for, in bytes beyond either end.
const OUTER_REACH: usize = 1024;

/// Lines of a flat block to either side.
const FLAT_LINES: usize = 30;

/// The range that the siblings of `a` share. It holds the key of `a`, and reaches at most 2048 bytes to
/// either side of it.
pub fn block(text: &[u8], a: &Assignment, lang: Lang) -> Range<usize> {
    let (start, _) = prefix(text, a.key.start as usize);
    let at = start.min(text.len());
    let range = match lang {
        Lang::Xml => in_markup(text, a, at),
        Lang::Yaml => in_yaml(text, a, at),
        Lang::Toml | Lang::Properties => match section(text, at) {
            Some(range) => range,
            None => bracketed(text, a, at, lang),
        },
        Lang::Netrc => account(text, flat(text, at), at),
        Lang::Env | Lang::Shell | Lang::Docker | Lang::Batch | Lang::SaslPasswd => flat(text, at),
        _ => bracketed(text, a, at, lang),
    };
    // Whatever the structure, an assignment is part of its own block.
    let key = a.key.range();
    range.start.min(key.start)..range.end.max(key.end).min(text.len())
}

/// The block around the block `inner`: where the host stands when user and password form a group of
/// their own. Reaches at most 1024 bytes beyond `inner`; `None` when nothing larger is found there.
pub fn outer(text: &[u8], inner: &Range<usize>, lang: Lang) -> Option<Range<usize>> {
    let start = inner.start.min(text.len());
    let floor = start.saturating_sub(OUTER_REACH);
    let ceiling = text
        .len()
        .min(inner.end.saturating_add(OUTER_REACH))
        .max(start);
    let found = match lang {
        Lang::Xml => {
            let own = byte(text, start) == b'<'
                && !text[start..inner.end.min(text.len())].contains(&b'>');
            let tag = if own {
                start
            } else {
                floor + memchr::memrchr(b'<', &text[floor..start])?
            };
            let open = bracket::open_element(text, tag, tag - floor)?;
            bracket::element(text, open, start, ceiling - start)
        }
        Lang::Yaml if !matches!(before(text, start), b'{' | b'[') => {
            let column = column_of(text, start);
            let mut line = start;
            loop {
                if line <= floor {
                    return None;
                }
                line = line_start(text, line - 1, line - floor);
                if !is_skipped(text, line) && indent(text, line) < column {
                    break;
                }
            }
            indented(text, line, indent(text, line), floor..ceiling)
        }
        _ => {
            let at = if matches!(before(text, start), b'{' | b'[' | b'(') {
                start - 1
            } else {
                start
            };
            let open = bracket::opener(text, at, at - floor.min(at))?;
            bracket::group(text, open, start, ceiling - start)
        }
    };
    (found.start < inner.start || found.end > inner.end).then_some(found)
}

fn bracketed(text: &[u8], a: &Assignment, at: usize, lang: Lang) -> Range<usize> {
    // The key of `define('K', …)` stands within brackets that hold nothing else.
    let at = match a.syntax {
        Syntax::Pair | Syntax::Lookup => bracket::opener(text, at, 128).unwrap_or(at),
        // `add_argument("--key", default="v")`
        Syntax::Flag => bracket::opener(text, at, 128)
            .filter(|&open| text[open] == b'(')
            .unwrap_or(at),
        _ => at,
    };
    let statement = matches!(
        a.syntax,
        Syntax::Equals
            | Syntax::Setter
            | Syntax::Pair
            | Syntax::Words
            | Syntax::Flag
            | Syntax::Lookup
    );
    let Some(open) = bracket::opener(text, at, BLOCK_REACH) else {
        return flat(text, at);
    };
    let group = bracket::group(text, open, at, BLOCK_REACH);
    if !statement
        || text[open] != b'{'
        || matches!(lang, Lang::Hcl | Lang::Properties | Lang::Toml | Lang::Json)
    {
        return group;
    }
    let lines = flat(text, at);
    lines.start.max(group.start)..lines.end.min(group.end)
}

fn in_markup(text: &[u8], a: &Assignment, at: usize) -> Range<usize> {
    let floor = at.saturating_sub(BLOCK_REACH);
    let tag = memchr::memrchr(b'<', &text[floor..at]).map(|p| floor + p);
    let Some(tag) = tag else {
        return flat(text, at);
    };
    if matches!(a.syntax, Syntax::Equals | Syntax::Colon) && !text[tag..at].contains(&b'>') {
        let end = text.len().min(at + BLOCK_REACH);
        let end = memchr::memchr(b'>', &text[at..end]).map_or(end, |p| at + p);
        return tag..end;
    }
    match bracket::open_element(text, tag, BLOCK_REACH) {
        Some(open) => bracket::element(text, open, at, BLOCK_REACH),
        None => flat(text, at),
    }
}

fn in_yaml(text: &[u8], a: &Assignment, at: usize) -> Range<usize> {
    let line = line_start(text, at, BLOCK_REACH);
    let dash = indent(text, line);
    let listed = byte(text, line + dash) == b'-' && byte(text, line + dash + 1) == b' ';
    // `- {name: KEY, value: v}` is an item like `- name: KEY`
    if let Some(open) = bracket::opener(text, at, at - line)
        && !(listed && a.syntax == Syntax::NameValue && open == line + dash + 2)
    {
        return bracket::group(text, open, at, BLOCK_REACH);
    }
    // The siblings of `- KEY=v` and `- name: KEY` are the other items of the list.
    let column = match a.syntax {
        Syntax::Equals | Syntax::NameValue if listed => dash,
        _ => column_of(text, line),
    };
    let floor = at.saturating_sub(BLOCK_REACH);
    let ceiling = text.len().min(at.saturating_add(BLOCK_REACH));
    indented(text, line, column, floor..ceiling)
}

/// Column of the first key on a line, list marks skipped.
fn column_of(text: &[u8], line: usize) -> usize {
    run(text, line, 256, |b| {
        matches!(b, b' ' | b'\t' | b'-' | b'#' | b'?')
    }) - line
}

/// Whether a line says nothing about structure: blank, or a comment at its margin.
fn is_skipped(text: &[u8], line: usize) -> bool {
    let first = skip_blank(text, line);
    matches!(byte(text, first), 0 | b'\n' | b'\r' | b'#')
}

/// The lines around `line` whose keys stand at `column` or deeper, in the same list item, as far as they
/// lie `within` a range.
fn indented(text: &[u8], line: usize, column: usize, within: Range<usize>) -> Range<usize> {
    let Range {
        start: floor,
        end: ceiling,
    } = within;
    let begins_item =
        |line: usize| indent(text, line) < column && byte(text, line + indent(text, line)) == b'-';
    let mut start = line;
    while start > floor && start > 0 && !begins_item(start) {
        let above = line_start(text, start - 1, start - floor);
        if above < floor || (!is_skipped(text, above) && column_of(text, above) < column) {
            break;
        }
        start = above;
    }
    let mut end = line_end(text, line, ceiling - line.min(ceiling));
    while end < ceiling {
        let below = next_line(text, end).min(ceiling);
        if below < ceiling && !is_skipped(text, below) && (indent(text, below) < column) {
            break;
        }
        end = line_end(text, below, ceiling - below);
    }
    start..end.min(ceiling)
}

/// The section of `[name]` headers around `at`.
fn section(text: &[u8], at: usize) -> Option<Range<usize>> {
    let start = header(text, at)?;
    let ceiling = text.len().min(at.saturating_add(BLOCK_REACH));
    let mut line = next_line(text, line_end(text, at, ceiling - at.min(ceiling)));
    while line < ceiling {
        if is_header(text, line) {
            break;
        }
        line = next_line(text, line_end(text, line, ceiling - line));
    }
    Some(start..line.min(ceiling))
}

/// The offset of the line of the section header above `at`.
pub(super) fn header(text: &[u8], at: usize) -> Option<usize> {
    let floor = at.saturating_sub(BLOCK_REACH);
    let mut line = line_start(text, at, BLOCK_REACH);
    while line > floor {
        line = line_start(text, line - 1, line - floor);
        if line < floor {
            return None;
        }
        if is_header(text, line) {
            return Some(line);
        }
    }
    None
}

fn is_header(text: &[u8], line: usize) -> bool {
    let first = skip_blank(text, line);
    byte(text, first) == b'[' && {
        let name = run(text, first, 2, |b| b == b'[');
        let lead = byte(text, skip_blank(text, name));
        is_word(lead) || matches!(lead, b'"' | b'\'')
    }
}

/// Words that begin an account in files of words.
const ACCOUNTS: [&[u8]; 4] = [b"machine", b"account", b"identity", b"default"];

/// The account in `lines` that `at` belongs to: from the word that begins it to the next one that begins another. Within an entry
/// for a machine, `account` names no other one.
fn account(text: &[u8], lines: Range<usize>, at: usize) -> Range<usize> {
    let begins = |word: &Range<usize>| {
        let name = &text[word.clone()];
        name == b"machine" || (ACCOUNTS.contains(&name) && value::leads_line(text, word.start))
    };
    let mut range = lines.clone();
    let mut i = lines.start;
    while i < lines.end {
        let end = run(text, i, lines.end - i, is_word);
        if end > i && begins(&(i..end)) {
            if i > at {
                range.end = i;
                break;
            }
            range.start = i;
        }
        i = end.max(i + 1);
    }
    range
}

/// The lines around `at` up to two blank ones in a row.
fn flat(text: &[u8], at: usize) -> Range<usize> {
    let floor = at.saturating_sub(BLOCK_REACH);
    let ceiling = text.len().min(at.saturating_add(BLOCK_REACH));
    let blank = |range: Range<usize>| text[range].trim_ascii().is_empty();
    let mut start = line_start(text, at, BLOCK_REACH);
    let mut blanks = 0;
    for _ in 0..FLAT_LINES {
        if start <= floor {
            break;
        }
        let above = line_start(text, start - 1, start - floor);
        blanks = if blank(above..start) { blanks + 1 } else { 0 };
        if blanks > 1 {
            break;
        }
        start = above;
    }
    let mut end = line_end(text, at, ceiling - at.min(ceiling));
    blanks = 0;
    for _ in 0..FLAT_LINES {
        if end >= ceiling {
            break;
        }
        let below = next_line(text, end).min(ceiling);
        let next = line_end(text, below, ceiling - below);
        blanks = if blank(below..next) { blanks + 1 } else { 0 };
        if blanks > 1 {
            break;
        }
        end = next;
    }
    start.max(floor)..end.min(ceiling)
}
