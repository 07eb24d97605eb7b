//! Go's regular expressions (RE2) in the syntax of the regex crate.
//!
//! Both match the same way, leftmost first and in linear time, and most patterns mean the same in both. What does not is
//! written out by the reader. What Go refuses is refused here. No matching.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::reader::Reader;

/// Most states that a pattern may take once its repetitions are written out. Go stops at about the same.
const MOST_STATES: u64 = 100_000;

/// Groups within groups, at most.
const DEEPEST: u32 = 100;

/// A pattern that was written for Go, in our syntax. It compiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
}

/// Why a pattern can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// What is wrong, as a clause.
    pub problem: String,
    /// Where.
    pub mark: Mark,
}

/// A place in a pattern, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The pattern, or the part of it around the place.
    pub text: String,
    /// Characters of the text that stand before the place.
    pub column: usize,
}

impl Mark {
    /// Byte `at` of `pattern`.
    fn of(pattern: &str, at: usize) -> Self {
        /// Characters that are shown before the place, and from it on.
        const AROUND: usize = 60;
        let before = pattern.get(..at).unwrap_or(pattern);
        let cut = before.chars().count().saturating_sub(AROUND);
        let (dots, column) = if cut > 0 {
            ("...", AROUND + 3)
        } else {
            ("", before.chars().count())
        };
        let around = pattern.chars().skip(cut);
        let more = if around.clone().nth(2 * AROUND).is_some() {
            "..."
        } else {
            ""
        };
        let around: String = around
            .take(2 * AROUND)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        Self {
            text: format!("{dots}{around}{more}"),
            column,
        }
    }

    /// Two lines: the text, and a caret below the place.
    pub fn lines(&self) -> [String; 2] {
        [self.text.clone(), format!("{}^", " ".repeat(self.column))]
    }
}

impl Pattern {
    /// Reads a pattern of Go.
    pub fn of_go(go: &str) -> Result<Self, Unfit> {
        Self::read(go, true)
    }

    /// Reads a pattern of Go that lets something pass. Bytes that belong to no character are none here, as those that do could be taken
    /// for several: it would let more pass.
    pub fn of_go_to_pass(go: &str) -> Result<Self, Unfit> {
        Self::read(go, false)
    }

    fn read(go: &str, strays: bool) -> Result<Self, Unfit> {
        let mut reader = Reader {
            strays,
            rest: go,
            out: String::with_capacity(go.len() + 16),
            steps: Vec::new(),
            length: go.len(),
        };
        let unfit = |problem: String, at: usize| Unfit {
            problem,
            mark: Mark::of(go, at),
        };
        if let Err(problem) = reader.translate() {
            // what was being read when it went wrong, such as a group
            let at = reader.steps.last().map_or(0, |(_, at)| *at);
            return Err(unfit(problem, at));
        }
        let Reader {
            out: text, steps, ..
        } = reader;
        let pattern = Self { text };
        let hir = pattern.parse().map_err(|error| {
            let (problem, at) = match &error {
                regex_syntax::Error::Parse(error) => {
                    (error.kind().to_string(), error.span().start.offset)
                }
                regex_syntax::Error::Translate(error) => {
                    (error.kind().to_string(), error.span().start.offset)
                }
                _ => ("it can't be read".to_owned(), 0),
            };
            let step = steps.partition_point(|(out, _)| *out <= at).checked_sub(1);
            unfit(
                problem,
                step.and_then(|step| steps.get(step))
                    .map_or(0, |(_, at)| *at),
            )
        })?;
        if states(&hir) > MOST_STATES {
            return Err(unfit(
                "it is too large: its repetitions multiply to more than 100,000 states".to_owned(),
                0,
            ));
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
            .unicode(false)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn built(pattern: &Pattern) -> Result<regex::bytes::Regex, regex::Error> {
        regex::bytes::RegexBuilder::new(&pattern.text)
            .unicode(false)
            .build()
    }

    fn regex(go: &str) -> regex::bytes::Regex {
        let pattern = Pattern::of_go(go).unwrap_or_else(|error| panic!("{go}: {error:?}"));
        built(&pattern).unwrap()
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
            (r"(?P<key>a)(?<other>b)(?P<1>c)", &["abc"], &["a"]),
            (r"(?i:a(?-i)b)(?i-s:c)", &["Abc", "AbC"], &["aBc"]),
            (
                r"(?i)stop|key",
                &["STOP", "Key"],
                &["\u{17f}top", "\u{212a}ey"],
            ),
            (r"a$", &["a"], &["a\n"]),
            (r"(?m)^a$\n", &["a\n"], &["a\r\n"]),
            (r"\Aa{2}\z", &["aa"], &["aaa"]),
            (r"[[:word:][:^ascii:]]+", &["a_é"], &["-"]),
            (r"[^[:space:]]{2}", &["aé"], &["a ", "a"]),
            (r"\PL\P{^L}", &["1é"], &["é1"]),
            (r"(?i)[é]", &["É", "é"], &["e"]),
            (r"[\x{0}-\x{10FFFF}]*", &["aé\n"], &[]),
            (r"[\pL\PL]*[^\pL]", &["aé1"], &["é\n2a"]),
            (r"[\D]{3}", &["aéz"], &["aé1", "ab"]),
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
    fn characters_are_counted_and_bytes_that_belong_to_none_are_one_each() {
        for (go, yes, no) in [
            (
                r#"^"[^"]{2}"$"#,
                &[&b"\"\xff\xfe\""[..], "\"\u{e9}\u{4e2d}\"".as_bytes()][..],
                &[&b"\"\xff\""[..]][..],
            ),
            (
                "^key.{0,4}=x$",
                &[
                    "key\u{4e2d}\u{4e2d}\u{4e2d}\u{4e2d}=x".as_bytes(),
                    b"key\xff=x",
                ],
                &[b"key12345=x"],
            ),
            (
                "^a.b$",
                &["a\u{e9}b".as_bytes(), b"a\x80b"],
                &[b"ab", b"a\nb"],
            ),
            (r"^\S{3}$", &["a\u{e9}b".as_bytes(), b"a\xe9b"], &[b"a b"]),
            (
                r"^[\s\S]{2}$",
                &["\u{1f600}\n".as_bytes(), b"\xf0\n"],
                &[b"a"],
            ),
            (r"^.*$", &["\u{1f600}".as_bytes(), b"\xf0"], &[b"\n"]),
        ] {
            let regex = regex(go);
            assert!(yes.iter().all(|text| regex.is_match(text)), "{go}");
            assert!(!no.iter().any(|text| regex.is_match(text)), "{go}");
        }
    }

    #[test]
    fn what_lets_something_pass_takes_no_byte_for_a_character() {
        let pattern = Pattern::of_go_to_pass("^.{3}[^x]$").unwrap();
        let regex = built(&pattern).unwrap();
        assert!(regex.is_match("\u{e9}abc".as_bytes()));
        assert!(!regex.is_match("\u{e9}ab".as_bytes()) && !regex.is_match(b"\xe9abc"));
    }

    #[test]
    fn an_error_points_to_the_place() {
        let long = format!("{}(?=b)", "a".repeat(500));
        for (go, from) in [
            ("ab(?=c)", "(?=c)"),
            (r"é[z-a]x", "[z-a]x"),
            ("a(b", "(b"),
            (r"x\yz", r"\yz"),
            ("ab*", ""),
            (&long, "(?=b)"),
            ("{1}", ""),
        ] {
            let Err(error) = Pattern::of_go(go) else {
                assert_eq!((go, from), ("ab*", ""));
                continue;
            };
            let [line, caret] = error.mark.lines();
            let at = caret.chars().count() - 1;
            let rest: String = line.chars().skip(at).collect();
            assert!(from.is_empty() || rest == from, "{go}: {line} {at}");
            assert!(line.chars().count() < 200);
        }
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
            (r"\C", "means nothing"),
            (r"[\Qa\E]", "means nothing"),
            (r"[\b]", "means nothing"),
            (r"a**", "repeated itself"),
            (r"a++", "repeated itself"),
            (r"a{2}{3}", "repeated itself"),
            (r"a*?*", "repeated itself"),
            (r"(?P<>a)", "the name of a group"),
            (r"(?P=a)", "unknown flag"),
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
            (r"**/a", "repetition operator missing"),
            (r"(?i)*a", "repetition operator missing"),
            (r"a|+b", "repetition operator missing"),
            (r"(?:(?:[a-z]{1000}){1000}){1000}", "too large"),
        ] {
            let error = Pattern::of_go(go).expect_err(go);
            assert!(
                error.problem.to_lowercase().contains(word),
                "{go}: {error:?}"
            );
        }
        let deep = format!("{}a{}", "(".repeat(5000), ")".repeat(5000));
        assert!(Pattern::of_go(&deep).is_err());
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]
        #[test]
        fn nothing_crashes_and_what_is_taken_compiles(go in r"[a-c0-9(){}\[\]|?*+.^$\\:,\-PpQE<>&~_é]{0,24}") {
            if let Ok(pattern) = Pattern::of_go(&go) {
                proptest::prop_assert!(built(&pattern).is_ok(), "{}", pattern.text);
            }
        }
    }
}
