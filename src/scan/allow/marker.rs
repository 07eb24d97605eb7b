//! The words that let a finding pass, and which lines and rules they speak of.

use std::ops::Range;

use aho_corasick::AhoCorasick;

use crate::model::Marker;

/// Of which lines a marker speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Of the one that it stands on.
    Line,
    /// Of the one below.
    Next,
    /// Of the one that it stands on, and of the one below if it stands alone.
    Both,
}

/// A marker in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub marker: Marker,
    /// Of which lines it speaks.
    pub scope: Scope,
    /// Where its words stand.
    pub at: Range<usize>,
}

/// The words to search for, and what they are. Those of detect-secrets come in many spellings: they are read from here on.
const WORDS: [(&str, Marker, Scope); 9] = [
    ("waxseal:allow", Marker::Waxseal, Scope::Both),
    ("gitleaks:allow", Marker::Gitleaks, Scope::Line),
    ("betterleaks:allow", Marker::Betterleaks, Scope::Line),
    ("trufflehog:ignore", Marker::Trufflehog, Scope::Line),
    ("kingfisher:ignore", Marker::Kingfisher, Scope::Both),
    ("ggignore", Marker::Ggshield, Scope::Line),
    ("secretlint-disable-line", Marker::Secretlint, Scope::Line),
    (
        "secretlint-disable-next-line",
        Marker::Secretlint,
        Scope::Next,
    ),
    ("pragma:", Marker::DetectSecrets, Scope::Line),
];

/// Finds markers.
pub struct Words(AhoCorasick);

impl Words {
    /// Prepares the search.
    ///
    /// # Panics
    /// Never: a handful of short words is no burden.
    pub fn new() -> Self {
        let words = WORDS.map(|(word, ..)| word);
        Self(AhoCorasick::new(words).expect("a handful of short words"))
    }

    /// All markers in `text`, in order; those of other programs only if `foreign`.
    pub fn find(&self, text: &[u8], foreign: bool) -> Vec<Found> {
        let found = self.0.find_iter(text).filter_map(|word| {
            let (_, marker, scope) = WORDS[word.pattern().as_usize()];
            let found = match marker {
                Marker::DetectSecrets => pragma(text, word.range())?,
                _ => Found {
                    marker,
                    scope,
                    at: word.range(),
                },
            };
            let is_wanted = foreign || marker == Marker::Waxseal;
            // `--` may stand before it
            let before = &text[..found.at.start];
            let before = before.strip_suffix(b"--").unwrap_or(before).last().copied();
            let after = text.get(found.at.end).copied();
            let is_whole = !before.is_some_and(is_word) && !after.is_some_and(is_word);
            (is_wanted && is_whole).then_some(found)
        });
        found.collect()
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// `pragma: allowlist secret`, `pragma:whitelist-secret`, `pragma: allowlist nextline secret` …, of which the first word stands
/// at `word`.
fn pragma(text: &[u8], word: Range<usize>) -> Option<Found> {
    let mut rest = &text[word.end..];
    rest = rest.strip_prefix(b" ").unwrap_or(rest);
    rest = rest
        .strip_prefix(b"allowlist")
        .or_else(|| rest.strip_prefix(b"whitelist"))?;
    rest = separated(rest)?;
    let next = rest.strip_prefix(b"nextline").and_then(separated);
    let scope = if next.is_some() {
        Scope::Next
    } else {
        Scope::Line
    };
    rest = next.unwrap_or(rest).strip_prefix(b"secret")?;
    Some(Found {
        marker: Marker::DetectSecrets,
        scope,
        at: word.start..text.len() - rest.len(),
    })
}

fn separated(rest: &[u8]) -> Option<&[u8]> {
    rest.strip_prefix(b" ").or_else(|| rest.strip_prefix(b"-"))
}

/// What follows `waxseal:allow` in a comment.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry<'t> {
    /// Rules, as they are named.
    pub rules: Vec<&'t [u8]>,
    /// Where in the text the reason stands; empty if there is none.
    pub reason: Range<usize>,
}

/// Rules that one comment can name; more is no comment that anybody wrote.
const MOST_RULES: usize = 16;

/// Closes comments in some language, besides blanks.
const CLOSERS: [&[u8]; 9] = [
    b"*/", b"-->", b"--%>", b"%>", b"#}", b"}}", b"*)", b"-}", b"#>",
];

/// Reads what follows the marker: `rule-id reason`, `rule-id,other-id: reason`.
pub fn entry(text: &[u8]) -> Entry<'_> {
    let mut end = text.trim_ascii_end().len();
    while let Some(closer) = CLOSERS.iter().find(|closer| text[..end].ends_with(closer)) {
        end = text[..end - closer.len()].trim_ascii_end().len();
    }
    let text = &text[..end];
    let skip = |mut at: usize, bytes: &[u8]| {
        while at < end && (text[at].is_ascii_whitespace() || bytes.contains(&text[at])) {
            at += 1;
        }
        at
    };
    let mut rules = Vec::new();
    let mut at = skip(0, b":=([");
    while rules.len() < MOST_RULES {
        let is_id = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.*/".contains(byte);
        let len = text[at..].iter().take_while(|byte| is_id(byte)).count();
        if len == 0 {
            break;
        }
        rules.push(&text[at..at + len]);
        at += len;
        let comma = skip(at, b"");
        if text.get(comma) != Some(&b',') {
            break;
        }
        at = skip(comma + 1, b"");
    }
    at = skip(at, b":,;)]-");
    for dash in ["\u{2013}", "\u{2014}"] {
        if text[at..].starts_with(dash.as_bytes()) {
            at = skip(at + dash.len(), b"");
        }
    }
    let says = |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 0x80;
    let reason = if text[at..].iter().any(says) {
        at..end
    } else {
        end..end
    };
    Entry { rules, reason }
}

/// Whether `secretlint-disable-line` with `options` behind it speaks of `rule`: of all where it names none, else of those
/// that have its provider in their name. What follows `--` is a description.
pub fn secretlint_names(options: &[u8], rule: &str) -> bool {
    let options = String::from_utf8_lossy(options);
    let options = options.split("--").next().unwrap_or_default();
    let is_separator = |c: char| c.is_whitespace() || c == ',';
    let mut names = options
        .split(is_separator)
        .filter(|name| name.contains("secretlint-rule-"))
        .filter_map(|name| name.rsplit("secretlint-rule-").next())
        .peekable();
    names.peek().is_none() || names.any(|name| !name.is_empty() && rule.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Marker, Scope, &str)> {
        let found = Words::new().find(text.as_bytes(), true);
        found
            .into_iter()
            .map(|found| (found.marker, found.scope, &text[found.at]))
            .collect()
    }

    #[test]
    fn every_marker_is_found_as_a_word_of_its_own() {
        for (word, marker, scope) in WORDS {
            if marker != Marker::DetectSecrets {
                let text = format!("# ({word}) x{word} {word}s {word}-x");
                assert_eq!(found(&text), [(marker, scope, word)], "{text}");
            }
        }
        for marker in Marker::ALL {
            assert_eq!(found(marker.id())[0].0, marker);
        }
        let own = Words::new().find(b"gitleaks:allow waxseal:allow", false);
        assert_eq!(own.len(), 1);
    }

    #[test]
    fn detect_secrets_has_many_spellings() {
        for text in [
            "pragma: allowlist secret",
            "pragma:allowlist secret",
            "pragma: whitelist-secret",
        ] {
            assert_eq!(found(text), [(Marker::DetectSecrets, Scope::Line, text)]);
        }
        for text in [
            "pragma: allowlist nextline secret",
            "pragma: whitelist-nextline-secret",
        ] {
            assert_eq!(found(text), [(Marker::DetectSecrets, Scope::Next, text)]);
        }
        for text in [
            "pragma: no cover",
            "pragma: allowlist",
            "pragma: allowlist secrets",
            "pragma allowlist secret",
            "pragma:",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn an_entry_has_rules_and_a_reason() {
        for (text, rules, reason) in [
            (" a-b a reason", &["a-b"][..], "a reason"),
            (" a-b, c-d: two, three", &["a-b", "c-d"], "two, three"),
            (" a,b , c -- why", &["a", "b", "c"], "why"),
            (": a \u{2014} na\u{ef}ve */", &["a"], "na\u{ef}ve"),
            ("(a) why */}", &["a"], "why */}"),
            ("[a] why --}}", &["a"], "why --"),
            (" a", &["a"], ""),
            (" a ...  -->", &["a"], ""),
            (" *", &["*"], ""),
            (" ?", &[], ""),
            ("", &[], ""),
        ] {
            let entry = entry(text.as_bytes());
            let names: Vec<&[u8]> = rules.iter().map(|rule| rule.as_bytes()).collect();
            assert_eq!(entry.rules, names, "{text}");
            assert_eq!(&text[entry.reason], reason, "{text}");
        }
    }

    #[test]
    fn secretlint_may_name_rules() {
        for (options, is) in [
            ("", true),
            (" -- a test key", true),
            (" @secretlint/secretlint-rule-sendgrid -- why", true),
            (" @secretlint/secretlint-rule-slack", false),
            (" secretlint-rule-slack, secretlint-rule-sendgrid", true),
        ] {
            assert_eq!(
                secretlint_names(options.as_bytes(), "sendgrid-api-key"),
                is,
                "{options}"
            );
        }
    }
}
