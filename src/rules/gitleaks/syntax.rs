//! Go's regular expressions (RE2) in the syntax of the regex crate.
//!
//! Both match the same way, leftmost first and in linear time, and most patterns mean the same in both. What does not is
//! written out: classes in ASCII, octal and quoted characters, braces that are no repetition, and signs that only one of the
//! two reads as operators. What Go refuses is refused here. No matching.

use std::fmt::Write as _;

use regex_syntax::hir::{Class, Hir, HirKind};

/// Most that a repetition may count, as in Go.
const MOST_REPEATS: u32 = 1000;

/// Most states that a pattern may take once its repetitions are written out. Go stops at about the same.
const MOST_STATES: u64 = 100_000;

/// Groups within groups, at most.
const DEEPEST: u32 = 100;

/// A pattern that was written for Go, in our syntax. It compiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    /// Whether it speaks of characters beyond ASCII. If not, it is matched byte by byte, so that it matches in any encoding.
    unicode: bool,
}

impl Pattern {
    /// Reads a pattern of Go. An error says in a clause what is wrong with it.
    pub fn of_go(go: &str) -> Result<Self, String> {
        let mut reader = Reader {
            rest: go,
            out: String::with_capacity(go.len() + 16),
            unicode: false,
        };
        reader.translate()?;
        let pattern = Self {
            text: reader.out,
            unicode: reader.unicode,
        };
        let hir = pattern.parse().map_err(|error| match error {
            regex_syntax::Error::Parse(error) => error.kind().to_string(),
            regex_syntax::Error::Translate(error) => error.kind().to_string(),
            _ => "it can't be read".to_owned(),
        })?;
        if states(&hir) > MOST_STATES {
            return Err(
                "it is too large: its repetitions multiply to more than 100,000 states".to_owned(),
            );
        }
        Ok(pattern)
    }

    /// Any of `patterns`; none if there are none.
    pub fn any(patterns: &[Self]) -> Option<Self> {
        let texts: Vec<String> = patterns
            .iter()
            .map(|pattern| format!("(?:{})", pattern.text))
            .collect();
        (!texts.is_empty()).then(|| Self {
            text: texts.join("|"),
            unicode: patterns.iter().any(|pattern| pattern.unicode),
        })
    }

    /// What the pattern says, taken apart.
    ///
    /// # Panics
    /// Never: it was parsed when it was read.
    pub fn hir(&self) -> Hir {
        self.parse().expect("it was parsed when it was read")
    }

    /// How many groups capture.
    pub fn groups(&self) -> usize {
        self.hir().properties().explicit_captures_len()
    }

    #[expect(
        clippy::result_large_err,
        reason = "seen by one caller, once for each pattern"
    )]
    fn parse(&self) -> Result<Hir, regex_syntax::Error> {
        regex_syntax::ParserBuilder::new()
            .unicode(self.unicode)
            .utf8(false)
            .nest_limit(DEEPEST)
            .build()
            .parse(&self.text)
    }
}

/// About how many states an automaton for `hir` has. Not deeper than [`DEEPEST`], like the pattern.
fn states(hir: &Hir) -> u64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Class(Class::Bytes(_)) => 1,
        HirKind::Literal(literal) => literal.0.len() as u64,
        HirKind::Class(Class::Unicode(class)) => 4 * class.ranges().len() as u64,
        HirKind::Capture(capture) => states(&capture.sub).saturating_add(2),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(states).fold(1, u64::saturating_add)
        }
        HirKind::Repetition(repetition) => {
            let times = repetition
                .max
                .unwrap_or(repetition.min.saturating_add(1))
                .max(1);
            states(&repetition.sub)
                .saturating_add(1)
                .saturating_mul(times.into())
        }
    }
}

/// What stands for the classes that have a letter, without brackets.
const DIGIT: &str = "0-9";
const WORD: &str = "0-9A-Za-z_";
/// Without the vertical tab, unlike everywhere else.
const SPACE: &str = r"\t\n\x0C\r\x20";

struct Reader<'p> {
    rest: &'p str,
    out: String,
    unicode: bool,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }

    fn takes(&mut self, sign: &str) -> bool {
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn translate(&mut self) -> Result<(), String> {
        while let Some(next) = self.next() {
            match next {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.group()?,
                '{' => self.brace()?,
                '.' | '^' | '$' | '*' | '+' | '?' | '|' | ')' => self.out.push(next),
                _ => self.literal(next),
            }
        }
        Ok(())
    }

    /// Writes a character that stands for itself.
    fn literal(&mut self, c: char) {
        if c.is_ascii_alphanumeric() {
            self.out.push(c);
        } else {
            self.unicode |= !c.is_ascii();
            let _ = write!(self.out, r"\x{{{:X}}}", u32::from(c));
        }
    }

    /// What follows a `(`.
    fn group(&mut self) -> Result<(), String> {
        self.out.push('(');
        if !self.takes("?") {
            return Ok(());
        }
        if ["=", "!", "<=", "<!"]
            .iter()
            .any(|look| self.rest.starts_with(look))
        {
            return Err("look-around is no part of Go's regular expressions either; gitleaks refuses it too".to_owned());
        }
        self.out.push('?');
        if self.takes("P<") || self.takes("<") {
            let (name, rest) = self
                .rest
                .split_once('>')
                .ok_or("the name of a group is not closed")?;
            let _ = write!(self.out, "P<{name}>");
            self.rest = rest;
            return Ok(());
        }
        loop {
            match self.next() {
                Some(flag @ ('i' | 'm' | 's' | 'U' | '-')) => self.out.push(flag),
                Some(end @ (':' | ')')) => {
                    self.out.push(end);
                    return Ok(());
                }
                Some(other) => {
                    return Err(format!(
                        "unknown flag `{}` in a group",
                        other.escape_default()
                    ));
                }
                None => return Err("a group is not closed".to_owned()),
            }
        }
    }

    /// What follows a `{`: it only counts as an operator in front of numbers.
    fn brace(&mut self) -> Result<(), String> {
        let counts = self.rest.split_once('}').and_then(|(counts, rest)| {
            let (least, most) = counts.split_once(',').unwrap_or((counts, counts));
            let is_number =
                |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            (is_number(least) && (is_number(most) || most.is_empty()))
                .then_some((counts, least, most, rest))
        });
        let Some((counts, least, most, rest)) = counts else {
            self.literal('{');
            return Ok(());
        };
        for count in [least, most].into_iter().filter(|count| !count.is_empty()) {
            if count
                .parse::<u32>()
                .map_or(true, |count| count > MOST_REPEATS)
            {
                return Err(format!(
                    "it repeats something more than {MOST_REPEATS} times"
                ));
            }
        }
        let _ = write!(self.out, "{{{counts}}}");
        self.rest = rest;
        Ok(())
    }

    /// What follows a backslash outside of brackets.
    fn escape(&mut self) -> Result<(), String> {
        let class = self.rest.chars().next().and_then(letter_class);
        if let Some((members, negated)) = class {
            self.next();
            let not = if negated { "^" } else { "" };
            let _ = write!(self.out, "[{not}{members}]");
            return Ok(());
        }
        for (sign, same) in [
            ("b", r"(?-u:\b)"),
            ("B", r"(?-u:\B)"),
            ("A", r"\A"),
            ("z", r"\z"),
        ] {
            if self.takes(sign) {
                self.out.push_str(same);
                return Ok(());
            }
        }
        if self.takes("Q") {
            let (quoted, rest) = self.rest.split_once(r"\E").unwrap_or((self.rest, ""));
            quoted.chars().for_each(|c| self.literal(c));
            self.rest = rest;
            return Ok(());
        }
        if self.property()? {
            return Ok(());
        }
        let c = self.character()?;
        self.literal(c);
        Ok(())
    }

    /// `pN`, `p{Greek}`, `P{^Greek}` behind a backslash, if it stands there.
    fn property(&mut self) -> Result<bool, String> {
        let mut negated = match self.rest.chars().next() {
            Some('p') => false,
            Some('P') => true,
            _ => return Ok(false),
        };
        self.next();
        let rest = self.rest;
        let name = if self.takes("{") {
            let (name, rest) = self
                .rest
                .split_once('}')
                .ok_or("a `{` behind \\p is not closed")?;
            self.rest = rest;
            name
        } else {
            self.next().map_or("", |c| &rest[..c.len_utf8()])
        };
        let name = name
            .strip_prefix('^')
            .inspect(|_| negated = !negated)
            .unwrap_or(name);
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err("\\p names no class of characters".to_owned());
        }
        self.unicode = true;
        let p = if negated { 'P' } else { 'p' };
        let _ = write!(self.out, r"\{p}{{{name}}}");
        Ok(true)
    }

    /// The one character that is written behind a backslash.
    fn character(&mut self) -> Result<char, String> {
        let Some(c) = self.next() else {
            return Err("it ends in a backslash".to_owned());
        };
        let code = match c {
            'a' => 0x07,
            'f' => 0x0c,
            't' => 0x09,
            'n' => 0x0a,
            'r' => 0x0d,
            'v' => 0x0b,
            'x' => self.hexadecimal()?,
            '0'..='7' => {
                let digits = self
                    .rest
                    .bytes()
                    .take_while(|b| (b'0'..=b'7').contains(b))
                    .take(2)
                    .count();
                if c != '0' && digits == 0 {
                    return Err("back-references are no part of Go's regular expressions either; gitleaks refuses them too".to_owned());
                }
                let (digits, rest) = self.rest.split_at(digits);
                self.rest = rest;
                let octal = format!("{c}{digits}");
                u32::from_str_radix(&octal, 8).map_err(|error| error.to_string())?
            }
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => u32::from(c),
            c => {
                return Err(format!(
                    r"`\{}` means nothing in Go's regular expressions",
                    c.escape_default()
                ));
            }
        };
        char::from_u32(code).ok_or_else(|| "an escape names no character".to_owned())
    }

    fn hexadecimal(&mut self) -> Result<u32, String> {
        let digits = if self.takes("{") {
            let (digits, rest) = self
                .rest
                .split_once('}')
                .ok_or("a `{` behind \\x is not closed")?;
            self.rest = rest;
            digits
        } else {
            let (digits, rest) = self
                .rest
                .split_at_checked(2)
                .ok_or("\\x lacks its two digits")?;
            self.rest = rest;
            digits
        };
        let is_hex = digits.len() <= 8 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        let code = is_hex
            .then(|| u32::from_str_radix(digits, 16).ok())
            .flatten();
        code.ok_or_else(|| "\\x is followed by something other than hexadecimal digits".to_owned())
    }

    /// What follows a `[`.
    fn class(&mut self) -> Result<(), String> {
        self.out.push('[');
        if self.takes("^") {
            self.out.push('^');
        }
        let mut is_first = true;
        loop {
            if !is_first && self.takes("]") {
                self.out.push(']');
                return Ok(());
            }
            is_first = false;
            if let Some(inner) = self.rest.strip_prefix("[:")
                && let Some((name, rest)) = inner.split_once(":]")
            {
                let bare = name.strip_prefix('^').unwrap_or(name);
                if !POSIX.contains(&bare) {
                    return Err(format!(
                        "`[:{}:]` is no class of characters",
                        name.escape_default()
                    ));
                }
                let _ = write!(self.out, "[:{name}:]");
                self.rest = rest;
                continue;
            }
            if let Some(behind) = self.rest.strip_prefix('\\') {
                if let Some((members, negated)) = behind.chars().next().and_then(letter_class) {
                    let not = if negated { "^" } else { "" };
                    let _ = write!(self.out, "[{not}{members}]");
                    self.rest = &behind[1..];
                    continue;
                }
                self.rest = behind;
                if self.property()? {
                    continue;
                }
                let low = self.character()?;
                self.range(low)?;
                continue;
            }
            let low = self.next().ok_or("a `[` is not closed")?;
            self.range(low)?;
        }
    }

    /// A character of a class, or the range that begins with it.
    fn range(&mut self, low: char) -> Result<(), String> {
        let high = match self.rest.strip_prefix('-') {
            Some(behind) if !behind.is_empty() && !behind.starts_with(']') => {
                self.rest = behind;
                if self.takes("\\") {
                    self.character()?
                } else {
                    self.next().ok_or("a `[` is not closed")?
                }
            }
            _ => low,
        };
        if high < low {
            return Err(format!(
                "the range {}-{} runs backwards",
                low.escape_default(),
                high.escape_default()
            ));
        }
        self.literal(low);
        if high != low {
            self.out.push('-');
            self.literal(high);
        }
        Ok(())
    }
}

/// Classes that are named in brackets.
const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

/// The class that a letter behind a backslash stands for, and whether it is all but that.
fn letter_class(letter: char) -> Option<(&'static str, bool)> {
    Some(match letter {
        'd' => (DIGIT, false),
        'D' => (DIGIT, true),
        's' => (SPACE, false),
        'S' => (SPACE, true),
        'w' => (WORD, false),
        'W' => (WORD, true),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regex(go: &str) -> regex::bytes::Regex {
        let pattern = Pattern::of_go(go).unwrap_or_else(|error| panic!("{go}: {error}"));
        regex::bytes::RegexBuilder::new(&pattern.text)
            .unicode(pattern.unicode)
            .build()
            .unwrap()
    }

    #[test]
    fn what_go_reads_differently_is_written_out() {
        // pattern, what it matches as a whole, what it does not
        let table: &[(&str, &[&str], &[&str])] = &[
            (r"a{,3}", &["a{,3}"], &["a", "aaa"]),
            (r"^\${(?:[A-Z_]+|[a-z_]+)}$", &["${HOME}"], &["$HOME"]),
            (r"x{a}{", &["x{a}{"], &["x"]),
            (r"\Qa.b*\E+c", &["a.b**c", "a.b*c"], &["axbc"]),
            (r"\Qa.b\E", &["a.b"], &["axb"]),
            (r"\<a\>", &["<a>"], &["a"]),
            (r"\_\-\@\ \/\#\&\~", &["_-@ /#&~"], &[""]),
            (r"[[]", &["["], &["]"]),
            (r"[[:]", &["[", ":"], &["]"]),
            (r"[]a]+", &["]a"], &["[a"]),
            (r"[^]a]", &["["], &["]", "a"]),
            (r"[a&&b]+", &["a&b"], &["c"]),
            (r"[a~~b-]+", &["a~b-"], &["c"]),
            (r"[\w.-]+", &["a_Z9.-"], &["a b", "é"]),
            (r"[\w-.]+", &["a-."], &["a+"]),
            (r"[+--]+", &["+,-"], &["."]),
            (r"[\s\S-]+", &["a -\n"], &[]),
            (r"\s", &[" ", "\n", "\x0c"], &["\x0b", "\u{a0}"]),
            (r"[[:space:]]", &["\x0b"], &["x"]),
            (r"[[:^alpha:]x]+", &["12x"], &["y"]),
            (r"\d+", &["12"], &["\u{661}"]),
            (r"\pN+", &["1\u{661}"], &["a"]),
            (r"\p{^Greek}", &["a"], &["α"]),
            (r"[\P{Lu}\pN]", &["a", "7"], &["A"]),
            (r"\101\x41\x{42}\07", &["AAB\x07"], &["A"]),
            (r"(?P<key>a)(?<other>b)", &["ab"], &["a"]),
            (r"(?i)abc(?-i:D)(?i:e)", &["aBcDE"], &["abcde"]),
            (r"(?s).(?m)^b$", &["\nb"], &["ab"]),
            (r"(?U)a+?", &["aa"], &[]),
            (r"[^\w-]|\z", &["+", ""], &["a"]),
            (r"a||b", &["a", "", "b"], &["c"]),
            ("é[à-ü]", &["éé"], &["ée"]),
        ];
        for (go, yes, no) in table {
            let whole = regex(&format!("^(?:{go})$"));
            for text in *yes {
                assert!(
                    whole.is_match(text.as_bytes()),
                    "{go} does not match {text:?}"
                );
            }
            for text in *no {
                assert!(!whole.is_match(text.as_bytes()), "{go} matches {text:?}");
            }
        }
    }

    #[test]
    fn a_quotation_that_is_not_closed_goes_to_the_end() {
        let quoted = regex(r"\Qa.b*");
        assert!(quoted.is_match(b"xa.b*") && !quoted.is_match(b"axb"));
    }

    #[test]
    fn word_boundaries_are_those_of_ascii_whatever_else_is_asked_for() {
        for go in [r"\bkey", r"\bkey\pL*"] {
            assert!(regex(go).is_match("ékey".as_bytes()), "{go}");
            assert!(!regex(go).is_match(b"akey"), "{go}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_matched_by_patterns_in_ascii() {
        assert!(regex(r#"^"[^"]{2}"$"#).is_match(b"\"\xff\xfe\""));
    }

    #[test]
    fn what_go_refuses_is_refused_with_a_reason() {
        for (go, word) in [
            (r"(?=a)", "look-around"),
            (r"(?<!a)b", "look-around"),
            (r"(a)\1", "back-references"),
            (r"a\Z", "means nothing"),
            (r"\y", "means nothing"),
            (r"a{1001}", "more than 1000"),
            (r"a{0,99999999999}", "more than 1000"),
            (r"(?x)a", "unknown flag"),
            (r"(?", "not closed"),
            (r"(a", "unclosed group"),
            (r"a)", "unopened group"),
            (r"[a", "not closed"),
            (r"[", "not closed"),
            (r"[z-a]", "backwards"),
            (r"[[:nope:]]", "no class"),
            (r"\p{Nope}", "property"),
            (r"\p", "no class"),
            (r"\x", "two digits"),
            (r"\xéé", "hexadecimal"),
            (r"\x{110000}", "no character"),
            (r"\", "backslash"),
            (r"*a", "repetition operator missing"),
            (r"(?:(?:[a-z]{1000}){1000}){1000}", "too large"),
        ] {
            let error = Pattern::of_go(go).expect_err(go);
            assert!(error.to_lowercase().contains(word), "{go}: {error}");
        }
        let deep = format!("{}a{}", "(".repeat(5000), ")".repeat(5000));
        assert!(Pattern::of_go(&deep).is_err());
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]
        #[test]
        fn nothing_crashes_and_what_is_taken_compiles(go in r"[a-c0-9(){}\[\]|?*+.^$\\:,\-PpQE<>&~_é]{0,24}") {
            if let Ok(pattern) = Pattern::of_go(&go) {
                let regex = regex::bytes::RegexBuilder::new(&pattern.text).unicode(pattern.unicode).build();
                proptest::prop_assert!(regex.is_ok(), "{}", pattern.text);
            }
        }
    }
}
