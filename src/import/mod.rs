//! What other scanners let pass, read from their files: configuration, ignore files, baselines and reports.
//!
//! Bytes in, a [`Haul`] out: what can be carried over into our files, and what can't, each with its reason. Knows no files, no git and
//! no scan; which present findings an entry is about is settled by `app`. Everything that is read was written by others and may be
//! anything: an error says what was expected and quotes no value.

mod alike;
mod detect_secrets;
mod gitleaks;
mod globs;
mod kingfisher;
mod report;
mod secretlint;
mod told;
mod trufflehog;
mod yaml;

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::model::Secret;
use crate::rules::AllowList;
use crate::rules::gitleaks::Mark;

pub use alike::is_alike;
pub use globs::globs_of;

/// Largest file that is read. Bytes. Read as JSON, it takes about ten times the memory.
pub const LARGEST: u64 = 64 << 20;

/// A scanner that is moved away from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// gitleaks.
    Gitleaks,
    /// betterleaks, which reads the files of gitleaks too.
    Betterleaks,
    /// detect-secrets.
    DetectSecrets,
    /// trufflehog.
    Trufflehog,
    /// kingfisher.
    Kingfisher,
    /// secretlint.
    Secretlint,
}

impl Peer {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Gitleaks,
        Self::Betterleaks,
        Self::DetectSecrets,
        Self::Trufflehog,
        Self::Kingfisher,
        Self::Secretlint,
    ];

    /// Its name.
    pub fn id(self) -> &'static str {
        match self {
            Self::Gitleaks => "gitleaks",
            Self::Betterleaks => "betterleaks",
            Self::DetectSecrets => "detect-secrets",
            Self::Trufflehog => "trufflehog",
            Self::Kingfisher => "kingfisher",
            Self::Secretlint => "secretlint",
        }
    }
}

/// What a file gave.
#[derive(Debug, Default)]
pub struct Haul {
    /// What kind of file it is, as a noun.
    pub what: &'static str,
    /// Findings that are let pass.
    pub entries: Vec<Entry>,
    /// What goes into our configuration file.
    pub settings: Vec<Setting>,
    /// What lets findings pass by their value or line: held against present findings.
    pub lists: Vec<Listed>,
    /// What can't be carried over.
    pub left: Vec<Left>,
    /// What can't be carried over where gitleaks' own rules are not there.
    pub left_without_base: Vec<Left>,
    /// Whether the file's rules can be run as they are.
    pub runs: bool,
    /// Whether the file builds on gitleaks' own rules, so that it can be run where those are.
    pub wants_base: bool,
    /// Whether the file itself is full of digests, which look like secrets.
    pub is_digests: bool,
    /// What is said besides, a sentence each.
    pub notes: Vec<String>,
}

/// A finding that is let pass.
#[derive(Debug)]
pub struct Entry {
    /// What it is called in the file it is from; holds no value.
    pub label: String,
    /// The rule of the other scanner; empty where that is not said.
    pub rule: String,
    /// Path of the file that it is in, from where the scanner was run.
    pub path: String,
    /// First and last line, where they are known.
    pub lines: Option<(u64, u64)>,
    /// The commit that it is in, if it is in one.
    pub commit: Option<String>,
    /// What is known of the value.
    pub value: Value,
    /// Something to look at.
    pub warning: Option<&'static str>,
}

/// What is known of the value that is let pass.
#[derive(Debug)]
pub enum Value {
    /// Nothing, or it was cut out.
    Unknown,
    /// The value.
    Raw(Secret),
    /// Its SHA-1.
    Sha1([u8; 20]),
    /// Its SHA-256.
    Sha256([u8; 32]),
}

impl Value {
    /// Whether it is that of `secret`; none if that can't be told.
    pub fn is(&self, secret: &Secret) -> Option<bool> {
        match self {
            Self::Unknown => None,
            Self::Raw(value) => Some(value.same_value(secret)),
            Self::Sha1(digest) => Some(secret.has_sha1(digest)),
            Self::Sha256(digest) => Some(secret.has_sha256(digest)),
        }
    }

    /// Whether one of it and `secret` is a part of the other.
    pub fn overlaps(&self, secret: &Secret) -> bool {
        match self {
            Self::Raw(value) => value.holds(secret) || secret.holds(value),
            Self::Unknown | Self::Sha1(_) | Self::Sha256(_) => false,
        }
    }
}

/// A part of our configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Globs of files that no rule is used in, and why.
    Exclude(Vec<String>, String),
    /// A word that makes a value none.
    StopWord(String),
    /// A rule that is left out.
    SkipRule(String),
}

/// An allow list that is held against present findings.
#[derive(Debug)]
pub struct Listed {
    /// The list.
    pub list: Arc<AllowList>,
    /// Why it lets findings pass, as it says itself.
    pub reason: String,
}

/// Something that can't be carried over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// What.
    pub what: String,
    /// Why not, and what to do.
    pub why: String,
    /// Where in a pattern.
    pub mark: Option<Mark>,
}

impl Left {
    /// That `what` can't be carried over.
    pub fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: why.into(),
            mark: None,
        }
    }
}

impl Haul {
    fn new(what: &'static str) -> Self {
        Self {
            what,
            ..Self::default()
        }
    }

    /// Leaves out what the lists of a rule file let pass of our findings. Those of gitleaks' own file are about what its own rules take for
    /// secrets, and nobody here wrote them.
    pub fn rules_alone(&mut self) {
        self.settings.clear();
        self.lists.clear();
        self.left.retain(|left| left.what.starts_with("the rule "));
        self.notes = vec!["its allow lists are gitleaks' own, and count for its rules".to_owned()];
    }

    fn leave(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.left.push(Left::new(what, why));
    }

    /// Carries patterns for paths over as globs, as far as globs can say the same.
    fn exclude(&mut self, patterns: &[String], reason: &str) {
        let mut globs = Vec::new();
        for pattern in patterns {
            match globs_of(pattern) {
                Ok(some) => globs.extend(some),
                Err(why) => self.leave(
                    format!("the path {}", shown(pattern)),
                    format!("{why}; write an [[exclude]] yourself"),
                ),
            }
        }
        globs.sort();
        globs.dedup();
        if !globs.is_empty() {
            self.settings
                .push(Setting::Exclude(globs, reason.to_owned()));
        }
    }
}

/// Reads a file of `peer` that is called `name`.
pub fn read(peer: Peer, name: &str, bytes: &[u8]) -> Result<Haul, String> {
    let text = text(bytes)?;
    if let Some(line) = conflict(&text) {
        return Err(format!(
            "line {line}: a merge left its marks here; resolve it first"
        ));
    }
    if let Some(problem) = told::mistaken(peer, name, &text) {
        return Err(problem);
    }
    match peer {
        Peer::Gitleaks | Peer::Betterleaks => gitleaks::read(peer, name, &text),
        Peer::DetectSecrets => detect_secrets::read(&text),
        Peer::Trufflehog => trufflehog::read(name, &text),
        Peer::Kingfisher => kingfisher::read(&text),
        Peer::Secretlint => secretlint::read(name, &text),
    }
}

/// The text that `bytes` are: in UTF-8, or in UTF-16 as `>` writes it in some shells.
fn text(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    let wide = match bytes {
        [0xff, 0xfe, rest @ ..] => Some((rest, u16::from_le_bytes as fn([u8; 2]) -> u16)),
        [0xfe, 0xff, rest @ ..] => Some((rest, u16::from_be_bytes as fn([u8; 2]) -> u16)),
        _ => None,
    };
    if let Some((rest, unit)) = wide {
        let units = rest.chunks(2).map(|pair| match pair {
            [one, two] => unit([*one, *two]),
            // half a character at the end is none
            _ => 0xd800,
        });
        let text: Result<String, _> = char::decode_utf16(units).collect();
        return text
            .map(Cow::Owned)
            .map_err(|_| "it begins like UTF-16 and is none".to_owned());
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = memchr::memchr_iter(b'\n', &bytes[..error.valid_up_to()]).count() + 1;
        format!("line {line} is neither UTF-8 nor UTF-16; save the file in UTF-8")
    })?;
    Ok(Cow::Borrowed(text.strip_prefix('\u{feff}').unwrap_or(text)))
}

/// The line on which a merge that was not resolved begins, if there is one.
fn conflict(text: &str) -> Option<usize> {
    let begins = |line: &str, sign: &str| line.starts_with(sign);
    let mut lines = (1..).zip(text.lines());
    let (number, _) = lines.find(|(_, line)| begins(line, "<<<<<<< "))?;
    lines
        .any(|(_, line)| begins(line, ">>>>>>> "))
        .then_some(number)
}

/// A pattern or a name for a message: cut where it gets long, without control characters.
fn shown(text: &str) -> String {
    const LONGEST: usize = 120;
    let mut shown: String = text
        .chars()
        .take(LONGEST)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().count() > LONGEST {
        shown.push('…');
    }
    format!("`{shown}`")
}

/// Whether `name`, perhaps with folders before it, has the ending `ending`, in any case.
fn ends(name: &str, endings: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    endings.iter().any(|ending| name.ends_with(ending))
}

/// A JSON text, or one with a value on each line. An error names the line and quotes nothing.
fn json(text: &str) -> Result<Vec<Json>, String> {
    let values = serde_json::Deserializer::from_str(text).into_iter::<Json>();
    let values: Result<Vec<Json>, _> = values.collect();
    values.map_err(|error| {
        format!(
            "line {}, column {}: this is not JSON",
            error.line(),
            error.column()
        )
    })
}

/// The bytes that hexadecimal digits stand for.
fn from_hex<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let digits = digits.as_bytes();
    let mut bytes = [0; N];
    if digits.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        *byte = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()?;
    }
    Some(bytes)
}

/// A path as we write paths.
fn path_of(path: &str) -> String {
    let path = path.replace('\\', "/");
    let path = path.trim_start_matches("./");
    path.to_owned()
}

#[cfg(test)]
mod tests;
