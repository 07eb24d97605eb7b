//! Where on a line a comment is, whatever the language.
//!
//! Whatever opens a comment in some language does, unless it stands inside a string literal or a secret. Where the name of a file tells
//! its language, only the signs of that one do: a line of a literal that goes on over several lines may look like a comment of
//! another. What is taken for code by mistake silences nothing, which is the safe side.

use std::ops::Range;

/// What opens comments in a file, as far as its name tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signs {
    /// Whatever opens one anywhere.
    #[default]
    Any,
    /// Prose: whatever opens one anywhere, for it may quote code; its own are those of HTML.
    Prose,
    /// These.
    Only(&'static [&'static [u8]]),
}

impl Signs {
    /// Those of the file at `path`.
    pub fn of(path: &[u8]) -> Self {
        const HASH: Signs = Signs::Only(&[b"#"]);
        const SLASHES: Signs = Signs::Only(&[b"//", b"/*", b"*"]);
        const SCRIPT: Signs = Signs::Only(&[b"//", b"/*", b"*", b"<!--"]);
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
        let Some(dot) = memchr::memrchr(b'.', name) else {
            return Self::Any;
        };
        match name[dot + 1..].to_ascii_lowercase().as_slice() {
            b"py" | b"pyw" | b"pyi" | b"rb" | b"rake" | b"sh" | b"bash" | b"zsh" => HASH,
            b"go" | b"rs" | b"java" | b"kt" | b"kts" | b"scala" | b"swift" | b"dart" | b"c"
            | b"h" | b"cc" | b"cpp" | b"hpp" | b"cs" => SLASHES,
            b"js" | b"jsx" | b"mjs" | b"cjs" | b"ts" | b"tsx" | b"mts" | b"cts" => SCRIPT,
            b"md" | b"markdown" | b"txt" | b"rst" | b"adoc" | b"log" => Self::Prose,
            _ => Self::Any,
        }
    }

    /// The comments that are the file's own, and not those of code that it quotes.
    pub fn own(self) -> Self {
        match self {
            Self::Prose => Self::Only(&[b"<!--"]),
            other => other,
        }
    }

    fn have(self, sign: &[u8]) -> bool {
        match self {
            Self::Any | Self::Prose => true,
            Self::Only(signs) => signs.contains(&sign),
        }
    }
}

/// One line, or as much of it as is looked at.
#[derive(Clone, Copy)]
pub struct Line<'t> {
    /// Its bytes, without the end of the line.
    pub bytes: &'t [u8],
    /// Whether the line begins where `bytes` do.
    pub is_start: bool,
    /// What opens comments in the file.
    pub signs: Signs,
}

/// A comment on a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// What it says, as offsets in the line: without what opens and closes it.
    pub inside: Range<usize>,
    /// Whether the line holds nothing else.
    pub alone: bool,
}

/// Comments that end with a mark of their own. A longer opening comes before those it begins with.
const BLOCKS: [(&[u8], &[u8]); 11] = [
    (b"<!--", b"-->"),
    (b"<%--", b"--%>"),
    (b"<%#", b"%>"),
    (b"{{!--", b"--}}"),
    (b"{{!", b"}}"),
    (b"{#", b"#}"),
    (b"{-", b"-}"),
    (b"<#", b"#>"),
    (b"/*", b"*/"),
    (b"(*", b"*)"),
    (b"@*", b"*@"),
];

/// What opens a comment at the start of a line only, followed by a blank.
const AT_START: [&[u8]; 7] = [b"*", b"::", b"REM", b"rem", b"Rem", b"dnl", b".."];

/// What may stand around a comment on a line that holds nothing else: an expression of JSX.
const AROUND: [&[u8]; 2] = [b"{", b"}"];

impl Line<'_> {
    /// The comments on the line, in order. `values` are the ranges of secrets on it, sorted: what stands in them opens and
    /// closes nothing. A marker begins at each of `markers`, sorted: right behind some signs that open no comment otherwise.
    pub fn comments(self, values: &[Range<usize>], markers: &[usize]) -> Vec<Comment> {
        let line = self.bytes;
        let mut comments = Vec::new();
        let mut values = values.iter().peekable();
        let mut unclosed = Unclosed::default();
        let mut i = 0;
        while i < line.len() {
            while values.next_if(|value| value.end <= i).is_some() {}
            if let Some(value) = values.peek()
                && value.contains(&i)
            {
                i = value.end;
                continue;
            }
            if let Some(close) = unclosed.literal(line, i) {
                i = close + 1;
                continue;
            }
            let Some((start, closer)) = self.opening(i, markers) else {
                i += 1;
                continue;
            };
            let found = closer.and_then(|closer| {
                let end = start + memchr::memmem::find(&line[start..], closer)?;
                Some((end, end + closer.len()))
            });
            let (end, after) = found.unwrap_or((line.len(), line.len()));
            let is_blank = |part: &[u8]| {
                let part = part.trim_ascii();
                part.is_empty() || AROUND.contains(&part)
            };
            comments.push(Comment {
                inside: start..end,
                alone: self.is_start && is_blank(&line[..i]) && is_blank(&line[after..]),
            });
            i = after;
        }
        comments
    }

    /// Where the text of a comment that opens at `i` begins, and what closes it before the end of the line.
    fn opening(self, i: usize, markers: &[usize]) -> Option<(usize, Option<&'static [u8]>)> {
        let rest = &self.bytes[i..];
        let block = BLOCKS
            .iter()
            .find(|(open, _)| rest.starts_with(open) && self.signs.have(open));
        if let Some((open, close)) = block {
            return Some((i + open.len(), Some(close)));
        }
        let before = i.checked_sub(1).map(|before| self.bytes[before]);
        let behind_blank = before.map_or(self.is_start, |byte| byte.is_ascii_whitespace());
        let at_start = self.is_start && self.bytes[..i].trim_ascii().is_empty();
        let next = |len: usize| rest.get(len).copied();
        let then_blank = |len: usize| {
            next(len).is_none_or(|byte| byte.is_ascii_whitespace())
                || markers.binary_search(&(i + len)).is_ok()
        };
        let len = match rest.first()? {
            // not the one of `https://`
            b'/' if next(1) == Some(b'/') && before != Some(b':') => 2,
            b'#' if before.is_none_or(|b| !b.is_ascii_alphanumeric() && b != b'$' && b != b'&') => {
                1
            }
            // not an option of a command
            b'-' if rest.starts_with(b"--")
                && before != Some(b'-')
                && (then_blank(2) || rest.starts_with(b"--[")) =>
            {
                2
            }
            // an apostrophe is one in Visual Basic
            b';' | b'%' | b'\'' if behind_blank => 1,
            // Vim
            b'"' if at_start => 1,
            // Fortran
            b'!' if behind_blank && then_blank(1) => 1,
            _ if at_start => {
                let is_word = |word: &&&[u8]| rest.starts_with(word) && then_blank(word.len());
                AT_START.iter().find(is_word)?.len()
            }
            _ => return None,
        };
        self.signs.have(&rest[..len]).then_some((i + len, None))
    }

    /// The inside of the string literal that holds `value`, if one does. Comments count as code here: what a comment quotes
    /// is a literal too.
    pub fn literal_around(self, value: &Range<usize>) -> Option<Range<usize>> {
        let mut unclosed = Unclosed::default();
        let mut i = 0;
        while i < value.start {
            let Some(close) = unclosed.literal(self.bytes, i) else {
                i += 1;
                continue;
            };
            if value.start < close {
                return Some(i + 1..close.max(value.end));
            }
            i = close + 1;
        }
        None
    }
}

/// What is known of the literals of a line that is read from its start: quotes that nothing closes any more are not searched
/// for again, so that a line full of them costs no more than any other.
#[derive(Default)]
struct Unclosed([bool; 3]);

impl Unclosed {
    /// Where the literal ends that opens at `at`, if one does.
    fn literal(&mut self, line: &[u8], at: usize) -> Option<usize> {
        let kind = memchr::memchr(line[at], b"\"'`")?;
        if self.0[kind] || !is_quote(line, at) {
            return None;
        }
        let close = memchr::memchr_iter(line[at], &line[at + 1..])
            .map(|n| at + 1 + n)
            .find(|&close| is_quote(line, close));
        self.0[kind] = close.is_none();
        close
    }
}

/// Whether the quote at `at` opens or closes a literal: it is not escaped, and no apostrophe inside a word.
fn is_quote(line: &[u8], at: usize) -> bool {
    let before = &line[..at];
    let escapes = before.iter().rev().take_while(|b| **b == b'\\').count();
    if escapes % 2 == 1 {
        return false;
    }
    if line[at] != b'\'' {
        return true;
    }
    let is_word = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80);
    let word = before
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_alphanumeric())
        .count();
    // f'…', rb'…'
    let prefix = &before[at - word.min(3)..];
    let is_prefix = matches!(word, 1 | 2) && prefix.iter().all(|b| b"fFbBrRuU".contains(b));
    !(is_word(before.last()) && is_word(line.get(at + 1)) && !is_prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the `@` of a line is in a comment, and whether that is alone. `SG.x` is the secret.
    fn of(line: &str) -> Option<bool> {
        let at = line.find('@').unwrap();
        let value = line.find("SG.x").map(|at| at..at + 4);
        let values: Vec<_> = value.into_iter().collect();
        let line = Line {
            bytes: line.as_bytes(),
            is_start: true,
            signs: Signs::Any,
        };
        let comments = line.comments(&values, &[at]);
        let comment = comments.iter().find(|it| it.inside.contains(&at));
        comment.map(|comment| comment.alone)
    }

    #[test]
    fn comments_of_many_languages_are_seen() {
        for line in [
            "k = 'SG.x'  # @",
            "k = \"SG.x\" // it's @ for 'all'",
            "k = 'SG.x'; /* @ */",
            "/* @ */ k = 'SG.x';",
            "set k 'SG.x' -- @",
            "k SG.x ; @",
            "k = SG.x % @",
            "<a>SG.x</a> <!-- @ -->",
            "Const k = \"SG.x\" ' @ it's a test",
            "k: https://SG.x/ # @",
            "k = SG.x (* @ *)",
            "k = 'don\\'t SG.x' # @",
            "k = f'SG.x' # @ 'a'",
            "it's SG.x # @ isn't",
            "k = \"a\" + 'SG.x' --@",
            "say \"hi # @",
        ] {
            assert_eq!(of(line), Some(false), "{line}");
        }
        for line in [
            "# @",
            "\t// @",
            "/* @ */",
            "  * @",
            "<!-- @ -->",
            "{/* @ */}",
            "{# @ #}",
            "{{!-- @ --}}",
            "<%# @ %>",
            "REM @",
            ":: @",
            "dnl @",
            "\" @",
            "' @",
            "! @",
            "/* @",
            "% @",
            "--@",
            "# SG.x @",
        ] {
            assert_eq!(of(line), Some(true), "{line}");
        }
    }

    #[test]
    fn what_is_no_comment_is_none() {
        for line in [
            "k = 'SG.x' @",
            "k = 'SG.x # @'",
            "k = \"SG.x\", \"# @\"",
            "{\"k\": \"SG.x\", \"n\": \"http://x @\"}",
            "u = https://@",
            "run --flag @ SG.x",
            "a#@",
            "a;@",
            "/* x */ @",
            "f'# @'",
            "['# @',",
            "x != @",
        ] {
            assert_eq!(of(line), None, "{line}");
        }
        assert_eq!(of("/* x */ k = 1 // @"), Some(false));
        assert_eq!(of("/* @ */ k = 1"), Some(false));
    }

    #[test]
    fn a_file_has_the_signs_of_its_language() {
        for (path, line, is) in [
            ("a.py", "# @", true),
            ("a.py", "// @", false),
            ("a.py", "; @", false),
            ("a.rs", "// @", true),
            ("a.rs", "# @", false),
            ("src/A.GO", "\t# @", false),
            ("a.js", "-- @", false),
            ("a.js", "{/* @ */}", true),
            ("a.js", "  * @", true),
            ("a.vue", "<!-- @ -->", true),
            ("a.py.j2", "{# @ #}", true),
            ("a.md", "# @", true),
            ("Makefile", "# @", true),
        ] {
            let line_of = |signs| Line {
                bytes: line.as_bytes(),
                is_start: true,
                signs,
            };
            let at = line.find('@').unwrap();
            let signs = Signs::of(path.as_bytes());
            let found = line_of(signs).comments(&[], &[at]);
            assert_eq!(!found.is_empty(), is, "{path}: {line}");
        }
        assert_eq!(Signs::of(b"a.md").own(), Signs::Only(&[b"<!--"]));
    }

    #[test]
    fn the_literal_around_a_value_is_found_in_comments_too() {
        let of = |line: &str| {
            let at = line.find("SG.x").unwrap();
            let line = Line {
                bytes: line.as_bytes(),
                is_start: true,
                signs: Signs::Any,
            };
            line.literal_around(&(at..at + 4))
        };
        assert_eq!(of("k = 'a SG.x # b' # c"), Some(5..15));
        assert_eq!(of("# k = \"SG.x # b\" c"), Some(7..15));
        assert_eq!(of("\"k\": SG.x # the \"c\""), None);
        assert_eq!(of("it's SG.x and it's"), None);
    }

    #[test]
    fn a_line_full_of_quotes_is_read_in_one_pass() {
        for quote in ["\"", "'", "\\'", "a'"] {
            let line = quote.repeat(1 << 20) + "#";
            let started = std::time::Instant::now();
            let line = Line {
                bytes: line.as_bytes(),
                is_start: true,
                signs: Signs::Any,
            };
            let _ = line.comments(&[], &[]);
            assert!(started.elapsed().as_secs() < 10, "{quote}");
        }
    }
}
