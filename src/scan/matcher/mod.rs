//! Rules at work: from an anchor to a candidate.
//!
//! One file for each kind of rule. A decision at an anchor depends on bytes within the rule's reach and on the
//! file's language, on nothing else: windows of large files and delta-encoded blobs rely on it.

pub mod assignment;
mod carried;
mod command;
pub mod companions;
mod composed;
mod encoded;
pub mod login;
pub mod mail;
mod manifest;
mod other;
pub mod pair;
mod parts;
mod pieces;
mod role;
mod scope;
mod stored;
mod table;
pub mod token;

use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::Regex;

use crate::model::{Secret, Span};
use crate::rules::{Command, Encoded, Kind, Rule};

use super::assignment::Lang;
use super::candidate::{Candidate, Decisions, RuleIx};

/// A text as matchers see it: a file, a window of one, or a decoded view.
#[derive(Clone, Copy)]
pub struct Text<'t> {
    /// The bytes.
    pub bytes: &'t [u8],
    /// What an unquoted right-hand side means here.
    pub lang: Lang,
    /// Offsets at which a word of mail stands (`smtp`, `mail`), sorted.
    pub mail: &'t [u32],
    /// Whether the file is named after mail: `.msmtprc`, `mailer.php`.
    pub mail_file: bool,
    /// Whether the path says that texts for people are translated here, where `password:` is a label.
    pub translations: bool,
    /// Whether the path is that of a dotenv sample, where placeholders are the rule.
    pub sample: bool,
}

impl<'t> Text<'t> {
    /// `range` cut to the text.
    pub fn slice(&self, range: Range<usize>) -> &'t [u8] {
        let end = range.end.min(self.bytes.len());
        &self.bytes[range.start.min(end)..end]
    }

    /// The bytes from `before` ahead of `at` to `after` beyond it, as a range.
    pub fn around(&self, at: Range<usize>, before: u32, after: u32) -> Range<usize> {
        at.start.saturating_sub(before as usize)..(at.end + after as usize).min(self.bytes.len())
    }
}

/// Lets a rule judge the anchor `at`. In a `binary` file only typed tokens are looked for: words in one are not configuration.
pub fn judge(
    compiled: &Compiled,
    text: &Text<'_>,
    at: Range<usize>,
    binary: bool,
    out: &mut Decisions,
) {
    match &compiled.rule.kind {
        Kind::Token(kind) => token::judge(compiled, kind, text, at, out),
        _ if binary => {}
        Kind::Pair(kind) => pair::judge(compiled, kind, text, at, out),
        Kind::Assignment(kind) => assignment::judge(compiled, kind, text, at, out),
        Kind::Encoded(kind) => encoded::judge(compiled, kind, text, at, out),
        Kind::Command(kind) => command::judge(compiled, kind, text, at, out),
        // foreign rules are tried on whole texts
        Kind::File(_) | Kind::Login | Kind::Foreign(_) => {}
    }
}

/// A rule with its regexes, each compiled when it is first needed.
pub struct Compiled {
    /// The rule.
    pub rule: Rule,
    /// Its index.
    pub ix: RuleIx,
    patterns: [Pattern; SLOTS],
}

/// Which regex of a rule: each kind uses the slots in its own way.
#[derive(Clone, Copy)]
pub enum Slot {
    /// The token, the pair's identifier, the keys of an assignment, or the host of a login.
    Main = 0,
    /// The pair's secret, or the shape of an assignment's value.
    Value = 1,
    /// Names that fit a pair's secret, or parents of an assignment.
    Names = 2,
    /// Names that rule a value out, or what must not stand near a token.
    Not = 3,
    /// What stands beside a pair and belongs to it.
    Beside = 4,
    /// Hosts of a login.
    Hosts = 5,
    /// Users of a login.
    Users = 6,
    /// Keys of a login.
    Keys = 7,
    /// Users that rule a login out.
    NotUsers = 8,
    /// The shape of a login's password.
    Form = 9,
}

/// How many slots there are.
const SLOTS: usize = 10;

#[derive(Default)]
struct Pattern {
    source: String,
    cell: OnceLock<Regex>,
}

impl Compiled {
    /// Prepares a rule; nothing is compiled yet.
    pub fn new(rule: Rule, ix: RuleIx) -> Self {
        let anchored = |pattern: &str| format!("^(?:{pattern})");
        let insensitive = |pattern: &str| {
            if pattern.is_empty() {
                String::new()
            } else {
                format!("(?i){pattern}")
            }
        };
        let whole = |pattern: &str| {
            if pattern.is_empty() {
                String::new()
            } else {
                format!("^(?:{pattern})$")
            }
        };
        let own: [String; 5] = match &rule.kind {
            Kind::Token(token) => [
                token.pattern.to_string(),
                String::new(),
                String::new(),
                insensitive(&token.not_near),
                String::new(),
            ],
            Kind::Pair(pair) => [
                anchored(&pair.id),
                pair.secret.to_string(),
                format!("(?i){}", pair.names),
                format!("(?i){}", pair.other_names),
                insensitive(&pair.beside),
            ],
            Kind::Assignment(rule) => [
                insensitive(&rule.keys),
                whole(&rule.shape),
                insensitive(&rule.parents),
                insensitive(&rule.not_keys),
                String::new(),
            ],
            Kind::Encoded(Encoded { host, .. }) | Kind::Command(Command { host, .. }) => [
                host.to_string(),
                String::new(),
                String::new(),
                String::new(),
                String::new(),
            ],
            Kind::File(_) | Kind::Login | Kind::Foreign(_) => Default::default(),
        };
        let login: [String; 5] = rule.login.as_ref().map_or_else(Default::default, |login| {
            [
                insensitive(&login.hosts),
                insensitive(&login.users),
                insensitive(&login.keys),
                insensitive(&login.not_users),
                whole(&login.shape),
            ]
        });
        let mut sources = own.into_iter().chain(login);
        let patterns = std::array::from_fn(|_| Pattern {
            source: sources.next().unwrap_or_default(),
            cell: OnceLock::new(),
        });
        Self { rule, ix, patterns }
    }

    /// A candidate at `secret` with what the rule says of all of its candidates, and nothing else yet.
    pub fn candidate(&self, secret: Span, value: Secret) -> Candidate {
        Candidate {
            rule: self.ix,
            secret,
            value,
            parts: Vec::new(),
            severity: self.rule.severity,
            confidence: self.rule.confidence,
            rank: 0,
            mask: secret,
            encodings: Vec::new(),
            notes: Vec::new(),
            key: None,
        }
    }

    /// The regex in `slot`; none where the rule leaves it empty.
    ///
    /// # Panics
    /// Never for rules that came through the parser, which compiles every pattern once.
    pub fn regex(&self, slot: Slot) -> Option<&Regex> {
        let pattern = &self.patterns[slot as usize];
        (!pattern.source.is_empty()).then(|| {
            pattern.cell.get_or_init(|| {
                crate::rules::regex(&pattern.source)
                    .expect("the parser has compiled every pattern of every rule")
            })
        })
    }
}

/// What a named group of a regex is called as a part: without the number that tells it from others of the same name.
fn part_name(group: &str) -> &str {
    group.trim_end_matches(|c: char| c.is_ascii_digit())
}
