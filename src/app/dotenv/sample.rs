//! A sample made from a `.env` file: its keys and comments, and of its values those alone that can't be secret.
//!
//! What is not understood is left out. A value stays if it is one of a few known words, a number under a key that counts something, or
//! the name of another variable. Comments lose every word that looks made up. In the end the sample is scanned, and a line in which
//! something is found goes.

use std::ops::Range;

use crate::model::{Encoding, GitState, Origin, Store, display_path};
use crate::rules::BUILTIN;
use crate::scan::assignment::{Assignment, Form, Lang, Syntax, read_all};
use crate::scan::view::{self, TextEncoding, View};
use crate::scan::{Options, Scanner};

/// What stands in the place of a word that was taken out of a comment.
const GONE: &str = "***";

/// Values that say nothing of anybody.
const WORDS: [&str; 64] = [
    "true",
    "false",
    "on",
    "off",
    "yes",
    "no",
    "enabled",
    "disabled",
    "null",
    "none",
    "0",
    "1",
    "development",
    "dev",
    "production",
    "prod",
    "staging",
    "test",
    "testing",
    "local",
    "debug",
    "info",
    "notice",
    "warn",
    "warning",
    "error",
    "trace",
    "smtp",
    "smtps",
    "sendmail",
    "log",
    "redis",
    "file",
    "sync",
    "database",
    "array",
    "memory",
    "cookie",
    "mysql",
    "mariadb",
    "pgsql",
    "postgres",
    "postgresql",
    "sqlite",
    "mongodb",
    "memcached",
    "s3",
    "utf8",
    "utf8mb4",
    "utf-8",
    "tls",
    "ssl",
    "starttls",
    "localhost",
    "127.0.0.1",
    "0.0.0.0",
    "::1",
    "stack",
    "single",
    "daily",
    "json",
    "text",
    "http",
    "https",
];

/// Words in a key under which a number counts or names something.
const COUNTS: [&str; 18] = [
    "port",
    "timeout",
    "ttl",
    "limit",
    "size",
    "count",
    "max",
    "min",
    "workers",
    "threads",
    "retries",
    "interval",
    "seconds",
    "minutes",
    "hours",
    "days",
    "lifetime",
    "concurrency",
];

/// Words in a key under which no value stays, whatever it is.
const SECRET: [&str; 16] = [
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "credential",
    "private",
    "auth",
    "salt",
    "pin",
    "otp",
    "code",
    "sid",
    "pw",
    "hash",
    "signature",
];

/// Words of a comment behind which a secret may stand.
const ANNOUNCE: [&str; 16] = [
    "password",
    "passwd",
    "pass",
    "pwd",
    "passphrase",
    "secret",
    "token",
    "key",
    "apikey",
    "login",
    "credentials",
    "pin",
    "code",
    "user",
    "username",
    "account",
];

/// Longest number that stays, in digits.
const LONGEST_NUMBER: usize = 6;

/// A sample.
pub(super) struct Sample {
    /// Its text.
    pub(super) text: String,
    /// The keys of the file that it was made from, in their order.
    pub(super) keys: Vec<String>,
}

impl Sample {
    /// The sample of a `.env` file with these bytes.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let text = readable(bytes);
        let found: Vec<Assignment> = read_all(text.as_bytes(), 0..text.len(), Lang::Env).collect();
        let mut out = Maker {
            text: &text,
            values: found
                .iter()
                .map(|found| &text[found.value.range()])
                .filter(|value| value.len() > 3 && !is_word(value))
                .collect(),
            lines: Vec::new(),
            keys: Vec::new(),
        };
        out.make(&found);
        let (lines, mut keys) = (out.lines, out.keys);
        let mut seen = std::collections::HashSet::new();
        keys.retain(|key| seen.insert(key.clone()));
        Self {
            text: cleared(lines),
            keys,
        }
    }

    /// The keys that the sample whose bytes are `there` does not give.
    pub(super) fn lacking_in(&self, there: &[u8]) -> Vec<String> {
        let text = readable(there);
        let given: Vec<&str> = read_all(text.as_bytes(), 0..text.len(), Lang::Env)
            .map(|found| &text[found.key.range()])
            .collect();
        let lacking = self
            .keys
            .iter()
            .filter(|key| !given.contains(&key.as_str()));
        lacking.cloned().collect()
    }
}

/// The text of a file, whatever it is stored as.
fn readable(bytes: &[u8]) -> String {
    let (encoding, start) = view::detect(bytes);
    match encoding {
        TextEncoding::Utf16(order) => {
            let mut view = View::new(Encoding::Utf16);
            view::utf16(bytes, start, order, &mut view);
            String::from_utf8_lossy(&view.bytes).into_owned()
        }
        // what looks like keys in it are none
        TextEncoding::Binary => String::new(),
        TextEncoding::Utf8 => String::from_utf8_lossy(&bytes[start..]).into_owned(),
    }
}

/// Puts a sample together, line by line.
struct Maker<'t> {
    text: &'t str,
    /// The values of the file that may be secret.
    values: Vec<&'t str>,
    lines: Vec<String>,
    keys: Vec<String>,
}

impl Maker<'_> {
    fn make(&mut self, found: &[Assignment]) {
        let mut rest = found;
        let mut at = 0;
        while at < self.text.len() {
            let end = line_end(self.text, at);
            let here = rest.partition_point(|found| (found.key.start as usize) < end);
            let (on_line, after) = rest.split_at(here);
            rest = after;
            let next = match on_line.first() {
                Some(first) if let Some(lead) = lead(&self.text[at..first.key.range().start]) => {
                    self.settings(&lead, on_line)
                }
                _ => {
                    self.plain(at..end);
                    end
                }
            };
            // behind a value over several lines
            at = line_end(self.text, next.max(end)) + 1;
            while rest
                .first()
                .is_some_and(|found| (found.key.start as usize) < at)
            {
                rest = &rest[1..];
            }
        }
    }

    /// A line that gives values to keys: the offset behind the last of them.
    fn settings(&mut self, lead: &str, found: &[Assignment]) -> usize {
        let is_remark = lead.contains(['#', ';', '/']);
        let mut line = lead.to_owned();
        let mut end = 0;
        for (ix, found) in found.iter().enumerate() {
            let key = &self.text[found.key.range()];
            // what a comment behind the value mentions
            let between = &self.text[end.min(found.key.range().start)..found.key.range().start];
            if ix > 0 && between.contains('#') {
                break;
            }
            if ix > 0 {
                line.push(' ');
            }
            let sign = if found.syntax == Syntax::Colon {
                ": "
            } else {
                "="
            };
            line.push_str(key);
            line.push_str(sign);
            let value = &self.text[found.value.range()];
            if may_stay(key, value, found.form) {
                line.push_str(value);
            }
            if !is_remark {
                self.keys.push(key.to_owned());
            }
            end = found.end.max(found.key.range().end);
        }
        let behind = &self.text[end..line_end(self.text, end)];
        if let Some(mark) = behind.find('#')
            && let Some(remark) = self.remark(&behind[mark..])
        {
            line.push(' ');
            line.push_str(&remark);
        }
        self.lines.push(line.trim_end().to_owned());
        end
    }

    /// A line that gives no value: a comment or nothing stays.
    fn plain(&mut self, range: Range<usize>) {
        let line = self.text[range].trim_end();
        if line.is_empty() {
            self.lines.push(String::new());
        } else if line.trim_start().starts_with('#') {
            self.lines.extend(self.remark(line));
        }
    }

    /// A comment without the words that may be secret; none if it quotes a value.
    fn remark(&self, line: &str) -> Option<String> {
        if line.chars().any(|c| c.is_control() && c != '\t')
            || self.values.iter().any(|value| line.contains(value))
        {
            return None;
        }
        let mut words: Vec<String> = Vec::new();
        let mut announced = false;
        for word in line.trim_end().split(' ') {
            let shown = if announced && !word.is_empty() {
                GONE.to_owned()
            } else {
                shown(word)
            };
            let bare = word
                .trim_matches(|c: char| !c.is_alphanumeric())
                .to_lowercase();
            let speaks = ANNOUNCE.contains(&bare.as_str());
            let last = words.last().map(|last| {
                last.trim_matches(|c: char| !c.is_alphanumeric())
                    .to_lowercase()
            });
            announced = announced && word.is_empty()
                || (speaks && word.ends_with([':', '=']))
                || (matches!(bare.as_str(), "is" | "was")
                    || matches!(word, "=" | "-" | "->" | "/"))
                    && last.is_some_and(|last| ANNOUNCE.contains(&last.as_str()));
            words.push(shown);
        }
        Some(words.join(" "))
    }
}

/// What stands before a key on its line, if that is nothing but what may begin a line, without a byte order mark and quotes.
fn lead(before: &str) -> Option<String> {
    let before = before
        .trim_start_matches('\u{feff}')
        .trim_end_matches(['"', '\'']);
    let marks: &[_] = &['#', ';', '/', ' ', '\t'];
    let words = before.trim_start_matches(marks).trim_end();
    matches!(
        words,
        "" | "export" | "set" | "SET" | "declare -x" | "$env:"
    )
    .then(|| before.to_owned())
}

/// The offset of the line end behind `at`.
fn line_end(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    memchr::memchr(b'\n', rest).map_or(text.len(), |gap| at + gap)
}

fn is_word(value: &str) -> bool {
    WORDS.contains(&value.to_ascii_lowercase().as_str())
}

/// Whether a value can be no secret.
fn may_stay(key: &str, value: &str, form: Form) -> bool {
    let key = key.to_ascii_lowercase();
    if SECRET.iter().any(|word| key.contains(word)) {
        return false;
    }
    let counts = || {
        key.split(['_', '-', '.'])
            .any(|part| COUNTS.contains(&part))
            && value.len() <= LONGEST_NUMBER
            && value.bytes().all(|b| b.is_ascii_digit())
    };
    let names_other = || {
        let name = value
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}'))
            .unwrap_or_default();
        form == Form::Template
            && !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    };
    is_word(value) || (!value.is_empty() && counts()) || names_other()
}

/// A word of a comment, or what is shown in its place if somebody may have made it up.
fn shown(word: &str) -> String {
    let core = word.trim_matches(|c: char| !c.is_alphanumeric());
    let digits = core.bytes().any(|b| b.is_ascii_digit());
    let letters = core.bytes().any(|b| b.is_ascii_alphabetic());
    let signs = core.contains(['!', '@', '$', '%', '^', '&', '*', '#', '~', '|', '\\']);
    let turns = core
        .as_bytes()
        .windows(2)
        .filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
        .count();
    if let Some((name, value)) = word.split_once('=')
        && !value.is_empty()
    {
        return format!("{name}={GONE}");
    }
    if core.contains("://") {
        let made_up = core
            .split(['/', '.', '-', '_', ':', ',', ')'])
            .any(|part| part.len() >= 12 && part.bytes().any(|b| b.is_ascii_digit()));
        return if made_up || core.contains(['@', '?']) {
            GONE.to_owned()
        } else {
            word.to_owned()
        };
    }
    let made_up = (core.len() >= 8 && digits && letters)
        || (core.len() >= 6 && signs)
        || (core.len() >= 12 && turns > 1)
        || (core.len() >= 6 && core.bytes().all(|b| b.is_ascii_digit()))
        || core.len() >= 32;
    if made_up {
        GONE.to_owned()
    } else {
        word.to_owned()
    }
}

/// The lines in which nothing is found, as a text.
fn cleared(mut lines: Vec<String>) -> String {
    let scanner = Scanner::new(
        BUILTIN.iter().filter(|rule| !rule.optional).cloned(),
        Options::default(),
    );
    // nothing that a terminal must not get
    let is_plain = |line: &String| {
        let line = line.replace('\t', " ");
        display_path(line.as_bytes()) == line
    };
    lines.retain(is_plain);
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    loop {
        let mut text = lines.join("\n");
        text.push('\n');
        let origin = Origin::new(b".env", Store::File(GitState::Outside));
        let found = scanner.scan_text(origin, text.as_bytes());
        let bad: Vec<Range<u64>> = found
            .iter()
            .filter(|finding| !finding.secret.is_empty())
            .map(|finding| finding.place.line..finding.place.end_line + 1)
            .collect();
        if bad.is_empty() {
            return text;
        }
        let mut number = 0;
        lines.retain(|_| {
            number += 1;
            !bad.iter().any(|lines| lines.contains(&number))
        });
    }
}
