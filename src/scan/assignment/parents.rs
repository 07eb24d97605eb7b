//! The names of what encloses an assignment, innermost first.

use super::block::header;
use super::bracket::{self, BLOCK_REACH};
use super::lexeme::{
    before, byte, is_one_of, is_quote, is_word, line_end, line_start, run, run_back, skip_blank,
    skip_space_back, trimmed, word_before,
};
use super::value::indent;
use super::{Assignment, Lang};
use crate::model::Span;

/// Longest path before a key, in bytes.
const PATH_MAX: usize = 384;

/// The names of up to [`Parents::MAX`] parents, innermost first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parents {
    names: [Span; Self::MAX],
    len: usize,
}

impl Parents {
    /// Most parents that are named.
    pub const MAX: usize = 6;

    /// The names, innermost first.
    pub fn names(&self) -> &[Span] {
        &self.names[..self.len]
    }

    fn is_full(&self) -> bool {
        self.len == Self::MAX
    }

    fn push(&mut self, start: usize, end: usize) {
        if start < end
            && let Some(slot) = self.names.get_mut(self.len)
        {
            *slot = Span::new(start, end);
            self.len += 1;
        }
    }
}

/// The names of the parents of `a`: the path its key is a member of, then objects, calls, sections,
/// elements and mappings around it. Names farther than 2048 bytes away are not found.
pub fn parents(text: &[u8], a: &Assignment, lang: Lang) -> Parents {
    let (at, mut found) = prefix(text, a.key.start as usize);
    match lang {
        Lang::Xml => {
            let floor = at.saturating_sub(BLOCK_REACH);
            let mut at = at;
            while !found.is_full()
                && let Some(open) = bracket::open_element(text, at, at - floor)
            {
                let name = bracket::tag_name(text, open);
                // The tag around an attribute is open at its key as well.
                found.push(name.start, name.end);
                at = open;
            }
            if found.len == 0 || a.syntax == super::Syntax::Equals {
                own_tag(text, a.key.start as usize, &mut found);
            }
        }
        Lang::Yaml => {
            bracketed(text, at, &mut found, line_start(text, at, 512));
            mappings(text, at, &mut found);
        }
        Lang::Toml | Lang::Properties => {
            let floor = header(text, at);
            bracketed(text, at, &mut found, floor.unwrap_or(0));
            if let Some(line) = floor {
                let start = run(text, line, 256, |b| matches!(b, b' ' | b'\t' | b'['));
                let end = run(text, start, 128, |b| !matches!(b, b']' | b'\n' | b'\r'));
                let name = trimmed(text, start..end);
                found.push(name.start, name.end);
            }
        }
        _ => bracketed(text, at, &mut found, 0),
    }
    found
}

/// The tag in which the attribute at `i` stands.
fn own_tag(text: &[u8], i: usize, found: &mut Parents) {
    let floor = i.saturating_sub(512);
    if let Some(p) = memchr::memrchr2(b'<', b'>', &text[floor..i])
        && text[floor + p] == b'<'
        && !found.is_full()
    {
        let name = bracket::tag_name(text, floor + p);
        let shifted = found.names;
        found.names[1..].copy_from_slice(&shifted[..Parents::MAX - 1]);
        found.names[0] = Span::new(name.start, name.end);
        found.len += 1;
    }
}

/// The path before a key, as in `$cfg['smtp']['key']`, `mail->smtp.key`: where it starts, and its names.
pub(super) fn prefix(text: &[u8], key: usize) -> (usize, Parents) {
    let mut found = Parents::default();
    let quote = |b: u8| is_quote(b) || b == b'\\';
    let mut at = run_back(text, key, 4, quote);
    // `settings[:key]` in Ruby
    if before(text, at) == b':' && before(text, at - 1) == b'[' {
        at -= 1;
    }
    // Every step takes at least one byte; a longer path than this names nothing new.
    for _ in 0..2 * Parents::MAX {
        let b = before(text, at);
        let joint = match b {
            b'[' if is_word(before(text, at - 1))
                || matches!(before(text, at - 1), b']' | b')') =>
            {
                1
            }
            b'.' => 1 + usize::from(before(text, at - 1) == b'?'),
            b'>' if before(text, at - 1) == b'-' => 2,
            b':' if before(text, at - 1) == b':' => 2,
            b'$' | b'@' => {
                at -= 1;
                continue;
            }
            _ => break,
        };
        let end = at - joint;
        if key - end > PATH_MAX {
            break;
        }
        if before(text, end) == b']' {
            let inner_end = run_back(text, end - 1, 4, quote);
            let start = run_back(text, inner_end, 64, |b| {
                is_word(b) || matches!(b, b'.' | b'-' | b':')
            });
            let open = run_back(text, start, 4, quote);
            if before(text, open) != b'[' {
                break;
            }
            found.push(start, inner_end);
            at = open;
        } else {
            let word = word_before(text, end);
            if word.is_empty() {
                break;
            }
            found.push(word.start, word.end);
            at = word.start;
        }
    }
    (at, found)
}

/// The names before the brackets around `at`, down to `floor`.
fn bracketed(text: &[u8], at: usize, found: &mut Parents, floor: usize) {
    let floor = floor.max(at.saturating_sub(BLOCK_REACH));
    let mut at = at;
    while !found.is_full() && at > floor {
        let Some(open) = bracket::opener(text, at, at - floor) else {
            return;
        };
        name_before(text, open, floor, found);
        at = open;
    }
}

/// The name of the group that opens at `open`: `smtp: {`, `"smtp" => [`, `smtp = {`, `class Smtp {`,
/// `smtp(`, `smtp = array(`.
fn name_before(text: &[u8], open: usize, floor: usize, found: &mut Parents) {
    let mut end = skip_space_back(text, open);
    let direct = end == open;
    // Parameters of a function or method stand between its name and its body.
    if before(text, end) == b')' && text[open] == b'{' {
        match bracket::opener(text, end - 1, end - 1 - floor.min(end - 1)) {
            Some(paren) => end = skip_space_back(text, paren),
            None => return,
        }
    }
    let mut named = end;
    if is_word(before(text, end)) || matches!(before(text, end), b'!' | b'?') {
        let word = word_before(text, run_back(text, end, 1, |b| matches!(b, b'!' | b'?')));
        let name = &text[word.clone()];
        let sign = skip_space_back(
            text,
            run_back(text, word.start, 64, |b| {
                is_word(b) || matches!(b, b'.' | b'&' | b'*')
            }),
        );
        let assigned = matches!(before(text, sign), b'=' | b':' | b'>') && sign < word.start;
        if !is_one_of(
            name,
            &[
                b"array", b"do", b"dict", b"new", b"map", b"else", b"try", b"return", b"if",
            ],
        ) {
            found.push(word.start, word.end);
        }
        if !assigned && (direct || text[open] == b'{') {
            // `resource "x" "smtp" {` and the like are named by their strings.
            return labels(text, word.start, found);
        }
        named = sign;
    } else if is_quote(before(text, end)) && text[open] == b'{' {
        return labels(text, end, found);
    }
    let signs = run_back(text, named, 3, |b| matches!(b, b'=' | b':' | b'>' | b'|'));
    if signs == named {
        return;
    }
    let end = skip_space_back(text, signs);
    let end = run_back(text, end, 4, |b| {
        is_quote(b) || matches!(b, b'\\' | b']' | b'?')
    });
    let start = run_back(text, end, 96, |b| is_word(b) || b == b'-');
    found.push(start, end);
    let (_, path) = prefix(text, start);
    for name in path.names() {
        found.push(name.start as usize, name.end as usize);
    }
}

/// The quoted labels and the word before a block: `resource "type" "name" {`.
fn labels(text: &[u8], end: usize, found: &mut Parents) {
    let line = line_start(text, end, 128);
    let mut end = end;
    for _ in 0..3 {
        let at = skip_space_back(text, end);
        if at <= line || !is_quote(before(text, at)) {
            return;
        }
        let start = run_back(text, at - 1, 64, |b| is_word(b) || matches!(b, b'-' | b'.'));
        found.push(start, at - 1);
        end = start.saturating_sub(1);
    }
}

/// The keys of the YAML mappings around `at`.
fn mappings(text: &[u8], at: usize, found: &mut Parents) {
    let floor = at.saturating_sub(BLOCK_REACH);
    let mut line = line_start(text, at, BLOCK_REACH);
    let first = run(text, line, 256, |b| matches!(b, b' ' | b'-' | b'#'));
    let mut column = first - line;
    while line > floor && column > 0 && !found.is_full() {
        line = line_start(text, line - 1, line - floor);
        let blank = skip_blank(text, line);
        if matches!(byte(text, blank), 0 | b'\n' | b'\r' | b'#') {
            continue;
        }
        let key = run(text, line, 256, |b| matches!(b, b' ' | b'-'));
        // A list may stand at the indent of its key, so a dash counts as the lesser column.
        if key - line >= column {
            if indent(text, line) < column && byte(text, blank) == b'-' {
                column = column.min(indent(text, line) + 1);
            }
            continue;
        }
        let eol = line_end(text, key, 256);
        let name = run(text, key, eol - key, |b| b != b':');
        if byte(text, name) == b':' {
            let quoted = usize::from(is_quote(byte(text, key)) && name > key + 1);
            found.push(key + quoted, name - quoted);
            column = key - line;
        }
    }
}
