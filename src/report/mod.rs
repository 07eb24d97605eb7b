//! Renderers: a finished report in, bytes out.
//!
//! One module a format. They decide how things look and nothing else: what is in the report, its order
//! and its outcome are settled before, the writer is the caller's, and no format can change the exit
//! status. Secrets are only ever shown through [`crate::model::Secret::masked`], and text that came from
//! a scanned file or its name never reaches a terminal unescaped.

mod allowed;
mod baselined;
mod blocked;
mod codequality;
mod dialect;
mod github;
mod gitlab;
mod history;
mod issue;
mod json;
mod junit;
mod listed;
mod rejection;
mod sarif;
mod shell;
mod summary;
mod term;
mod text;
mod verdict;
mod verification;
mod wording;

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

pub use baselined::said;
pub use blocked::{Here, Stopped, render_blocked};
pub use listed::{Listed, ListedError, ListedSource, listed};
pub use rejection::render_rejection;
pub use shell::{ignore_pattern, pathspec, word};
pub use summary::{render_notes, render_summary};
pub use term::escape;
pub use text::place;
pub(crate) use wording::explain;

use crate::model::{Confidence, FailOn, Finding, Report, Severity};
use crate::rules::Rule;

/// What the findings are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For people, one short block a finding. The summary is written apart, by [`render_summary`].
    Text,
    /// One versioned JSON document.
    Json,
    /// One JSON object a line: the findings, then the summary.
    Jsonl,
    /// SARIF 2.1.0, for code scanning services.
    Sarif,
    /// Workflow commands, of which GitHub Actions makes annotations.
    Github,
    /// GitLab's secret detection report.
    Gitlab,
    /// GitLab's code quality report.
    Codequality,
    /// A test report in JUnit's XML.
    Junit,
}

impl Format {
    /// Every format, in the order of the help text.
    pub const ALL: [Format; 8] = [
        Self::Text,
        Self::Json,
        Self::Jsonl,
        Self::Sarif,
        Self::Github,
        Self::Gitlab,
        Self::Codequality,
        Self::Junit,
    ];

    /// The name used on the command line.
    pub fn id(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Codequality => "codequality",
            Self::Junit => "junit",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// A format name that is none.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format {name:?}; the formats are {}", Format::ALL.map(Format::id).join(", "))]
pub struct UnknownFormat {
    /// What was given.
    pub name: String,
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|format| format.id() == name)
            .ok_or_else(|| UnknownFormat {
                name: name.to_owned(),
            })
    }
}

/// How much is told to people; machine formats always hold everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Findings and failures only.
    Quiet,
    /// A summary as well.
    #[default]
    Normal,
    /// Reasons, every step of the remedy and the fingerprint as well.
    Verbose,
    /// What was dropped and why as well.
    Debug,
}

/// The configuration file of a run, and how it made the run look for less: whoever reads a clean result must be able to see
/// that a scanned repository had a say in it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The file, as it may be shown.
    pub file: String,
    /// Ids of the rules that would have been used without it.
    pub left_out: Vec<String>,
    /// The mildest severity that counts, where the file decided that.
    pub fail_on: Option<Severity>,
    /// The least confidence of what is shown, where the file decided that.
    pub min_confidence: Option<Confidence>,
    /// How many times it says of files that rules are not used there.
    pub excludes: usize,
    /// How many words make a value none.
    pub stop_words: usize,
    /// Ids of the rules that it judges otherwise.
    pub overrides: Vec<String>,
    /// The largest file that is scanned, bytes, where it decided that.
    pub most: Option<u64>,
}

/// What a renderer needs beside the report.
#[derive(Clone, Copy, Debug)]
pub struct Meta<'a> {
    /// Version of the program.
    pub version: &'a str,
    /// The rules of the run, in the order in which they are to be listed. A finding's rule is looked up
    /// here by its id.
    pub rules: &'a [&'a Rule],
    /// Which findings make the outcome `Found`.
    pub fail_on: FailOn,
    /// The configuration file, if there was one.
    pub settings: Option<&'a Settings>,
    /// How much is told to people.
    pub verbosity: Verbosity,
    /// Whether to colour. Standard output and standard error may differ, so each call gets its own.
    pub color: bool,
    /// The time at the end of the run, in seconds since 1970 UTC. The text for people tells ages by it, and GitLab's report
    /// holds it because GitLab asks for it; all other formats stay reproducible.
    pub now: i64,
}

impl<'a> Meta<'a> {
    /// The rule called `id`, if the run had it.
    fn rule(&self, id: &str) -> Option<&'a Rule> {
        self.rules.iter().copied().find(|rule| rule.id == id)
    }
}

/// Writes `report` to `out` as `format`, ending with a newline unless nothing is written. Writes in small
/// pieces: hand over a buffered writer, and flush it.
pub fn render(
    format: Format,
    report: &Report,
    meta: &Meta<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Text => text::render(report, meta, out),
        Format::Json => json::render(report, meta, out),
        Format::Jsonl => json::render_lines(report, meta, out),
        Format::Sarif => sarif::render(report, meta, out),
        Format::Github => github::render(report, meta, out),
        Format::Gitlab => gitlab::render(report, meta, out),
        Format::Codequality => codequality::render(report, meta, out),
        Format::Junit => junit::render(report, meta, out),
    }
}

/// The secret as it may be shown, or `None` where the finding is about the file as a whole.
fn masked(finding: &Finding) -> Option<String> {
    let whole_file = finding.place.start == finding.place.end;
    (!whole_file).then(|| finding.secret.masked())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_id_and_nothing_else_is() {
        for format in Format::ALL {
            assert_eq!(format.id().parse(), Ok(format));
        }
        let error = "xml".parse::<Format>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown format \"xml\"; the formats are text, json, jsonl, sarif, github, gitlab, codequality, junit"
        );
    }
}
