//! Stretches of a line that may hold a secret which no rule has claimed: its rule is off, or there is none for it.
//!
//! An excerpt hides them beside the secrets that were found. Errs on the side of hiding: string literals go unless they
//! are keys, hosts, addresses or names of variables; outside of literals, what is given to a key that sounds secret, the
//! password of a URL, words that mix letters, digits and signs, and long runs that look machine-made. Finds nothing and judges nothing.

use std::ops::Range;

/// Words in a key that make its value a suspect, lower case.
const SECRET_KEYS: [&[u8]; 9] = [
    b"pass", b"pwd", b"secret", b"token", b"key", b"auth", b"cred", b"_pw", b"sid",
];

/// Literals up to this many bytes hide nothing: separators, `id`, `r+`.
const SHORT: usize = 3;

/// Runs of at least this many characters of one opaque alphabet are hidden whatever they are; 20 is the shortest
/// provider key in the catalogue.
const OPAQUE_RUN: usize = 20;

/// Bytes on each side of the shown stretch in which a key may stand whose value is shown, or a run go on.
const AROUND: usize = 128;

/// Bytes of the line on each side of the shown stretch that tell where literals begin and end.
const CONTEXT: usize = 2048;

/// Ranges of `text` that overlap `shown`, a stretch of `line`, and may hold a secret; sorted and disjoint. A literal that
/// holds part of `claimed`, which is hidden anyway, is looked into instead of being taken whole.
pub fn suspects(
    text: &[u8],
    line: &Range<usize>,
    shown: &Range<usize>,
    claimed: &Range<usize>,
) -> Vec<Range<usize>> {
    let within = |reach: usize| {
        line.start.max(shown.start.saturating_sub(reach))
            ..line.end.min(shown.end + reach).max(shown.end)
    };
    let (line, near) = (within(CONTEXT), within(AROUND));
    let mut found = Found {
        text,
        near,
        ranges: Vec::new(),
        expects: Expects::Nothing,
    };
    let mut at = line.start;
    let mut plain = at;
    while at < line.end {
        let Some(close) = literal_end(text, at, &line) else {
            at += 1;
            continue;
        };
        found.unquoted(plain..at);
        let inside = at + 1..close;
        if inside.end < found.near.start {
            at = close + 1;
            plain = at;
            continue;
        }
        let holds_claimed = inside.start < claimed.end && claimed.start < inside.end;
        let key = is_key(text, &inside, &line);
        let value = found.expects == Expects::Value;
        found.expects = if key && is_secret_key(&text[inside.clone()]) {
            Expects::Separator
        } else {
            Expects::Nothing
        };
        if holds_claimed {
            found.unquoted(inside);
            found.expects = Expects::Nothing;
        } else if !key && (value || !is_harmless(&text[inside.clone()])) {
            found.ranges.push(inside);
        }
        at = close + 1;
        plain = at;
    }
    found.unquoted(plain..line.end);
    found.opaque_runs();
    found
        .ranges
        .retain(|range| range.start < shown.end && range.end > shown.start);
    merged(found.ranges)
}

/// Sorts `ranges` and joins those that overlap.
fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| range.start);
    let mut out: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match out.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}

/// The closing quote of the literal that opens at `at`, if one does and ends within `line`. An apostrophe inside a word
/// opens none.
fn literal_end(text: &[u8], at: usize, line: &Range<usize>) -> Option<usize> {
    let quote = text[at];
    if !b"\"'`".contains(&quote) {
        return None;
    }
    let before = text[line.start..at].last();
    if before.is_some_and(|b| !b.is_ascii_whitespace() && !b"([{,=:+<>&|.\\".contains(b)) {
        return None;
    }
    // a literal inside a literal ends at the next quote of its kind, escaped like the first
    let escaped = before == Some(&b'\\');
    let mut end = at + 1;
    while end < line.end && text[end] != quote {
        end += 1 + usize::from(!escaped && text[end] == b'\\');
    }
    (end < line.end).then_some(end)
}

/// Whether the literal with this content is a key: `"x":`, `'x' =>`, `y['x']`.
fn is_key(text: &[u8], inside: &Range<usize>, line: &Range<usize>) -> bool {
    let name = |b: &u8| b.is_ascii_alphanumeric() || b"_.-$ /".contains(b);
    let content = &text[inside.clone()];
    if !content
        .strip_suffix(b"\\")
        .unwrap_or(content)
        .iter()
        .all(name)
    {
        return false;
    }
    let after = &text[inside.end + 1..line.end];
    let before = &text[line.start..inside.start - 1];
    let indexes = before.ends_with(b"[")
        && before
            .get(before.len().wrapping_sub(2))
            .is_some_and(|b| b.is_ascii_alphanumeric() || b")]_".contains(b));
    after.starts_with(b":")
        || after.trim_ascii_start().starts_with(b"=>")
        || (indexes && after.starts_with(b"]"))
}

/// Literals that are shown: short ones, hosts and addresses, names of variables.
fn is_harmless(literal: &[u8]) -> bool {
    literal.len() <= SHORT || is_host(literal) || is_variable(literal)
}

/// `smtp.harbor.io`, `news@harbor.io`.
fn is_host(literal: &[u8]) -> bool {
    let host = literal
        .iter()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-+@".contains(b));
    let end = memchr::memrchr(b'.', literal).map(|dot| &literal[dot + 1..]);
    host && end.is_some_and(|end| end.len() >= 2 && end.iter().all(u8::is_ascii_lowercase))
}

/// `EMAIL_HOST_PASSWORD`.
fn is_variable(literal: &[u8]) -> bool {
    literal.contains(&b'_') && literal.iter().all(|b| b.is_ascii_uppercase() || *b == b'_')
}

fn is_secret_key(key: &[u8]) -> bool {
    SECRET_KEYS.iter().any(|word| {
        key.windows(word.len())
            .any(|window| window.eq_ignore_ascii_case(word))
    })
}

/// Where in `key = value` the unquoted text is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expects {
    Nothing,
    /// A key that sounds secret was read.
    Separator,
    /// And a separator after it.
    Value,
}

struct Found<'t> {
    text: &'t [u8],
    /// What is looked at.
    near: Range<usize>,
    ranges: Vec<Range<usize>>,
    expects: Expects,
}

impl Found<'_> {
    /// Looks through text outside of literals, or inside one that is shown.
    fn unquoted(&mut self, range: Range<usize>) {
        let text = self.text;
        let range = range.start.max(self.near.start)..range.end.min(self.near.end);
        let mut at = range.start;
        while at < range.end {
            let blank = text[at..range.end]
                .iter()
                .take_while(|b| b.is_ascii_whitespace())
                .count();
            at += blank;
            let len = text[at..range.end]
                .iter()
                .take_while(|b| !b.is_ascii_whitespace())
                .count();
            if len > 0 {
                self.word(at..at + len, range.end);
            }
            at += len;
        }
    }

    /// Looks at text without blanks; `end` is that of the stretch it is in.
    fn word(&mut self, word: Range<usize>, end: usize) {
        let bytes = &self.text[word.clone()];
        let separators = bytes.iter().take_while(|b| b"=:>".contains(b)).count();
        if self.expects == Expects::Separator {
            self.expects = if separators > 0 {
                Expects::Value
            } else {
                Expects::Nothing
            };
        }
        // a backslash alone belongs to the quote behind it
        if self.expects == Expects::Value
            && separators < bytes.len()
            && bytes[separators..] != *b"\\"
        {
            self.expects = Expects::Nothing;
            let start = word.start + separators;
            if is_code(&self.text[start..word.end]) {
                return;
            }
            // an unquoted value may have blanks in it
            let len = self.text[start..end]
                .iter()
                .take_while(|b| !b",;#".contains(b))
                .count();
            self.ranges
                .push(start..start + self.text[start..start + len].trim_ascii_end().len());
        }
        self.url_password(&word);
        let mut start = word.start;
        for piece in bytes.split(|b| b"\"'`,;()[]{}<>|&".contains(b)) {
            self.piece(start..start + piece.len(), &word);
            start += piece.len() + 1;
        }
    }

    fn opaque_runs(&mut self) {
        let is_opaque = |b: &u8| b.is_ascii_alphanumeric() || b"+/_-%\\".contains(b);
        let mut start = self.near.start;
        for run in self.text[self.near.clone()].split(|b| !is_opaque(b)) {
            if run.len() >= OPAQUE_RUN && looks_made(run) {
                self.ranges.push(start..start + run.len());
            }
            start += run.len() + 1;
        }
    }

    fn url_password(&mut self, word: &Range<usize>) {
        let bytes = &self.text[word.clone()];
        let Some(user) = memchr::memmem::find(bytes, b"://").map(|at| at + 3) else {
            return;
        };
        let colon = memchr::memchr(b':', &bytes[user..]).map(|gap| user + gap + 1);
        let sign = memchr::memrchr(b'@', bytes);
        if let (Some(colon), Some(sign)) = (colon, sign)
            && colon < sign
        {
            self.ranges.push(word.start + colon..word.start + sign);
        }
    }

    /// Looks at one piece of a word: `key=value`, `--key`, or a value by itself.
    fn piece(&mut self, piece: Range<usize>, word: &Range<usize>) {
        let bytes = &self.text[piece.clone()];
        if let Some(joint) = bytes.iter().position(|b| b"=:".contains(b))
            && is_secret_key(&bytes[..joint])
            && !bytes[joint..].starts_with(b"::")
        {
            let gap = bytes[joint..]
                .iter()
                .take_while(|b| b"=:".contains(b))
                .count();
            let value = piece.start + joint + gap;
            if value < word.end && bytes.len() > joint + gap {
                self.ranges.push(value..word.end);
            } else if value >= word.end {
                self.expects = Expects::Value;
            }
        } else if is_secret_key(bytes) && piece.end == word.end {
            self.expects = if bytes.starts_with(b"-") {
                Expects::Value
            } else {
                Expects::Separator
            };
        } else if looks_like_password(bytes) {
            self.ranges.push(piece);
        }
    }
}

/// Digits among letters, or both cases without a joint: not a word, path or option.
fn looks_made(run: &[u8]) -> bool {
    let has = |test: fn(&u8) -> bool| run.iter().any(test);
    let digits = run.iter().filter(|b| b.is_ascii_digit()).count();
    let joint = run.iter().any(|b| b"-_/".contains(b));
    (digits >= 3 && has(u8::is_ascii_alphabetic))
        || (has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && !joint)
}

/// `process.env.X`, `$this->pass`, `os.Getenv(`: what an unquoted value of a program is.
fn is_code(word: &[u8]) -> bool {
    let name = |b: &u8| b.is_ascii_alphabetic() || b"_$.:->".contains(b);
    match memchr::memchr2(b'(', b'[', word) {
        Some(open) => word[..open].iter().all(name),
        None => word.iter().all(name) && word.iter().any(|b| b".:>".contains(b)),
    }
}

/// Letters, digits and a sign in one word that is no URL and no address: `Winter2024!`.
fn looks_like_password(word: &[u8]) -> bool {
    let has = |test: fn(&u8) -> bool| word.iter().any(test);
    let sign = word
        .iter()
        .zip(word.iter().skip(1).chain(b" "))
        .any(|(b, next)| b"!$%^@~#*".contains(b) && *next != b'=');
    word.len() >= 6
        && sign
        && has(u8::is_ascii_alphabetic)
        && has(u8::is_ascii_digit)
        && !is_host(word)
        && memchr::memmem::find(word, b"://").is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line with its suspects cut out; `SECRET` is claimed.
    fn shown(line: &str) -> String {
        let at = line.find("SECRET").unwrap();
        let mut out = String::new();
        let mut from = 0;
        for range in suspects(
            line.as_bytes(),
            &(0..line.len()),
            &(0..line.len()),
            &(at..at + 6),
        ) {
            out += &line[from..range.start];
            out += if range.start <= at && at < range.end {
                "SECRET"
            } else {
                "*"
            };
            from = range.end;
        }
        out + &line[from..]
    }

    #[test]
    fn what_may_be_a_secret_is_cut_out() {
        for (line, expected) in [
            ("login('tulip', 'SECRET')", "login('*', 'SECRET')"),
            // waxseal:allow smtp-login a word in place of a secret
            ("A_PASSWORD=tulip SECRET", "A_PASSWORD=* SECRET"),
            ("password: my tulip # SECRET", "password: * # SECRET"),
            ("run --password tulip, SECRET", "run --password *, SECRET"),
            (
                "postgres://u:tulip@db/x SECRET",
                "postgres://u:*@db/x SECRET",
            ),
            ("say Winter2024! SECRET", "say * SECRET"),
            (
                "{\"passwort\": \"tulip\", \"k\": \"SECRET\"}",
                "{\"passwort\": \"*\", \"k\": \"SECRET\"}",
            ),
            (
                "'smtp://u:SECRET@h.io', 'tulip'",
                "'smtp://u:SECRET@h.io', '*'",
            ),
            (
                r#"x = {\"passwort\": \"tulip\", \"k\": \"SECRET\"}"#,
                r#"x = {\"passwort\": \"*", \"k\": \"SECRET\"}"#,
            ),
            ("&token=tulip&k=SECRET", "&token=SECRET"),
        ] {
            assert_eq!(shown(line), expected);
        }
    }

    #[test]
    fn names_hosts_and_code_are_left() {
        for line in [
            "smtp.PlainAuth(\"\", \"news@harbor.io\", \"SECRET\", \"smtp.harbor.io\")",
            "pass: process.env.SMTP || 'SECRET'",
            "x = config('EMAIL_HOST_PASSWORD', default='SECRET')",
            "it's a line, isn't it: SECRET",
            "Credentials::new(\"SECRET\".to_string())",
            "define('A_B', 'SECRET');  // see it",
            "'pass' => 'SECRET',",
            "settings['smtp_password'] = \"SECRET\"",
        ] {
            assert_eq!(shown(line), line);
        }
    }
}
