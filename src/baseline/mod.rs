//! The file in which a repository keeps what was looked at and is let pass: one entry a line, sorted, keyed by fingerprints.
//!
//! Text in, entries out, and back. Knows no files, no git and no scan. What is read was written by others: every line is checked,
//! an error names the line and never quotes what may be no baseline at all. The order of lines and lines that stand there twice
//! mean nothing, because git makes both when it merges two branches by `merge=union`.

mod entry;
mod header;
mod sheet;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use crate::model::{Accepted, Day, Fingerprint};

pub use header::{Also, Covers, Header, KeyPlace, SALT};
pub use sheet::Sheet;

/// Name of the file, at the top of a work tree.
pub const FILE_NAME: &str = ".waxseal-baseline.jsonl";

/// Largest file that is read. Bytes. Half a million entries need less.
pub const LARGEST: u64 = 64 << 20;

/// Longest reason and longest owner. Characters.
pub const LONGEST_TEXT: usize = 500;

/// Fewest digits that a fingerprint may be shortened to.
pub const SHORTEST: usize = 8;

/// Why a text is no baseline.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    /// A line can't be used.
    #[error("line {line}: {problem}")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What is wrong and what to do.
        problem: Fault,
    },
    /// There is nothing in it.
    #[error(
        "this file is empty and no baseline; remove it, and `waxseal baseline create` makes one"
    )]
    Empty,
    /// There is too much in it.
    #[error("this file is larger than {} MiB, which no baseline is", LARGEST >> 20)]
    TooLarge,
}

/// What is wrong with a line.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// The first line does not say that this is a baseline.
    NoHeader,
    /// It was written by a later version of the program.
    Version(u64),
    /// It is a header and lacks something.
    Header(&'static str),
    /// It is a header whose key is not the one that it says.
    OtherSalt,
    /// It is a second header with another key than the first.
    OtherKey,
    /// It is a mark that git leaves where two branches can't be merged.
    Conflict,
    /// It is no entry.
    Entry(&'static str),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHeader => f.write_str(
                "this is not the header of a baseline, which is {\"waxseal_baseline\":1,…}; `waxseal baseline create` makes one",
            ),
            Self::Version(version) => write!(
                f,
                "this baseline is of version {version}, and this waxseal reads version 1; use a later one"
            ),
            Self::Header(problem) => write!(f, "the header {problem}"),
            Self::OtherSalt => f.write_str(
                "the `salt` of the header is not the one that its `key_id` tells of, so that no entry could match: the line was changed. \
                 Take it from an earlier version of this file",
            ),
            Self::OtherKey => f.write_str(
                "this header has another key than the first line: two baselines were made and then merged. Keep the file of one branch, \
                 and `waxseal baseline add --all` adds what it lacks",
            ),
            Self::Conflict => write!(
                f,
                "this is the mark of a merge that was not finished; keep the lines of both sides and remove the marks. \
                 With a line `{FILE_NAME} merge=union` in .gitattributes, git does that itself"
            ),
            Self::Entry(problem) => write!(f, "{problem}"),
        }
    }
}

/// An entry in the text, as far as it is looked at before anything was found.
#[derive(Clone, Copy, Debug)]
struct Line {
    fingerprint: Fingerprint,
    expires: Option<Day>,
    start: u32,
    end: u32,
}

/// A baseline that was read.
#[derive(Debug)]
pub struct Baseline {
    text: String,
    header: Header,
    /// Sorted by fingerprint, each once.
    lines: Vec<Line>,
    doubled: Vec<Fingerprint>,
}

impl Baseline {
    /// Reads `text`, whose lines all have to be what they should be.
    pub fn parse(text: Vec<u8>) -> Result<Self, BaselineError> {
        if text.len() as u64 > LARGEST {
            return Err(BaselineError::TooLarge);
        }
        let text = String::from_utf8(text).map_err(|error| {
            let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            BaselineError::Line {
                line: memchr::memchr_iter(b'\n', before).count() + 1,
                problem: Fault::Entry("this is not UTF-8"),
            }
        })?;
        let bytes = text.as_bytes();
        let mut header: Option<Header> = None;
        let mut lines = Vec::with_capacity(bytes.len() / 96);
        // some editors put a mark before the first byte
        let mut start = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let mut number = 0;
        while start < bytes.len() {
            number += 1;
            let next =
                memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at + 1);
            let line = bytes[start..next].trim_ascii();
            let at = start + bytes[start..next].len() - bytes[start..next].trim_ascii_start().len();
            start = next;
            if line.is_empty() {
                continue;
            }
            let failed = |problem| BaselineError::Line {
                line: number,
                problem,
            };
            if is_conflict(line) {
                return Err(failed(Fault::Conflict));
            }
            match &mut header {
                None => header = Some(Header::parse(line).map_err(failed)?),
                Some(first) if Header::is_one(line) => {
                    first
                        .merge(&Header::parse(line).map_err(failed)?)
                        .map_err(failed)?;
                }
                Some(_) => {
                    let (fingerprint, expires) =
                        entry::scan(line).map_err(|problem| failed(Fault::Entry(problem)))?;
                    lines.push(Line {
                        fingerprint,
                        expires,
                        start: position(at),
                        end: position(at + line.len()),
                    });
                }
            }
        }
        let header = header.ok_or(BaselineError::Empty)?;
        let mut doubled = Vec::new();
        let is_before = |a: &Line, b: &Line| a.fingerprint < b.fingerprint;
        if !lines.is_sorted_by(is_before) {
            let said = |line: &Line| &bytes[line.start as usize..line.end as usize];
            // of several that do not say the same, the one that ends first counts, then the one that sorts first as text: which
            // is the same on whatever side of a merge it stood
            let end = |line: &Line| (line.expires.is_none(), line.expires);
            lines.sort_by(|a, b| {
                (a.fingerprint, end(a), said(a)).cmp(&(b.fingerprint, end(b), said(b)))
            });
            lines.dedup_by(|later, kept| {
                let is_same = later.fingerprint == kept.fingerprint;
                if is_same && said(later) != said(kept) {
                    doubled.push(kept.fingerprint);
                }
                is_same
            });
            doubled.dedup();
        }
        Ok(Self {
            text,
            header,
            lines,
            doubled,
        })
    }

    /// What the first line of `text` says, whatever stands below it.
    pub fn head(text: &[u8]) -> Result<Header, BaselineError> {
        let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        let mut lines = (1..).zip(text.split(|byte| *byte == b'\n'));
        let (number, line) = lines
            .find(|(_, line)| !line.trim_ascii().is_empty())
            .ok_or(BaselineError::Empty)?;
        Header::parse(line.trim_ascii()).map_err(|problem| BaselineError::Line {
            line: number,
            problem,
        })
    }

    /// What the first line says.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether it has no entry.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The place among the entries of the one that names `fingerprint`.
    pub fn find(&self, fingerprint: &Fingerprint) -> Option<usize> {
        let found = self
            .lines
            .binary_search_by_key(fingerprint, |line| line.fingerprint);
        found.ok()
    }

    /// The last day of the entry at `place`.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn expires(&self, place: usize) -> Option<Day> {
        self.lines[place].expires
    }

    /// The entry at `place`.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn entry(&self, place: usize) -> Accepted {
        let line = &self.lines[place];
        let text = &self.text.as_bytes()[line.start as usize..line.end as usize];
        entry::parse(text).expect("it was checked when the text was read")
    }

    /// The rules that entries name.
    pub fn rules(&self) -> BTreeSet<Cow<'_, str>> {
        let text = |line: &Line| &self.text[line.start as usize..line.end as usize];
        self.lines
            .iter()
            .filter_map(|line| entry::rule(text(line)))
            .collect()
    }

    /// Every entry, in their order.
    pub fn entries(&self) -> impl Iterator<Item = Accepted> {
        (0..self.lines.len()).map(|place| self.entry(place))
    }

    /// Fingerprints that several lines name which do not say the same.
    pub fn doubled(&self) -> &[Fingerprint] {
        &self.doubled
    }
}

/// An offset; texts are far shorter than what it can hold.
fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Whether `line` is one that git puts around what it can't merge.
fn is_conflict(line: &[u8]) -> bool {
    [b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||"]
        .iter()
        .any(|mark| line.starts_with(*mark))
}

/// What fingerprint is meant by `digits`, which may be shortened, among those that are `known`.
pub fn resolve(
    digits: &str,
    known: impl Iterator<Item = Fingerprint>,
) -> Result<Option<Fingerprint>, Ambiguous> {
    let mut found: Vec<Fingerprint> = known
        .filter(|fingerprint| fingerprint.to_string().starts_with(digits))
        .collect();
    found.sort();
    found.dedup();
    if found.len() > 1 {
        return Err(Ambiguous(found));
    }
    Ok(found.pop())
}

/// Whether `text` is written as a fingerprint, whole or shortened.
pub fn is_fingerprint(text: &str) -> bool {
    (SHORTEST..=32).contains(&text.len())
        && text
            .bytes()
            .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

/// Fingerprints of which one was meant, and it can't be said which.
#[derive(Debug, PartialEq, Eq)]
pub struct Ambiguous(pub Vec<Fingerprint>);

#[cfg(test)]
mod tests;
