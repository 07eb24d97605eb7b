//! The JSON document and the JSON lines, version 1.
//!
//! The structs here are the published format, described in `docs/json-v1.md`; they are filled from the
//! report and are never the report itself, so that a change of the model cannot change the format by
//! accident. Adding a key keeps the version, renaming or removing one does not. Nothing that differs
//! between two runs over the same input (times, thread counts) may be added.

mod allowed;
mod baselined;
mod coverage;
mod history;
mod verification;

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use super::{Meta, masked, term};
use crate::model::{self, GitState, Outcome, Report, Severity, Store};

use allowed::Allowed;
pub(super) use coverage::Coverage;
use history::History;
pub(super) use verification::{Verification, Verified};

/// Names the format and its version.
pub(super) const SCHEMA: &str = "waxseal.report/1";

/// Writes one document, indented.
pub(super) fn render(report: &Report, meta: &Meta<'_>, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        summary: Summary::new(report, meta),
        findings: findings(&report.findings, meta).collect(),
        allowed: findings(&report.allows.findings, meta).collect(),
        baselined: report
            .baseline
            .as_ref()
            .map(|_| baselined(report, meta).collect()),
    };
    write_pretty(&document, out)
}

/// Writes each finding on a line, then each that is allowed, then each that the baseline lets pass, then the summary on the last.
pub(super) fn render_lines(
    report: &Report,
    meta: &Meta<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for finding in findings(&report.findings, meta) {
        write_line(&Line::Finding(finding), out)?;
    }
    for finding in findings(&report.allows.findings, meta) {
        write_line(&Line::Allowed(finding), out)?;
    }
    for finding in baselined(report, meta) {
        write_line(&Line::Baselined(finding), out)?;
    }
    write_line(&Line::Summary(Summary::new(report, meta)), out)
}

/// Writes `value` as indented JSON that is safe on a terminal.
pub(super) fn write_pretty(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let json = serde_json::to_string_pretty(value)?;
    writeln!(out, "{}", term::escape_json(&json))
}

fn write_line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let json = serde_json::to_string(value)?;
    writeln!(out, "{}", term::escape_json(&json))
}

fn findings<'a>(
    findings: &'a [model::Finding],
    meta: &Meta<'a>,
) -> impl Iterator<Item = Finding<'a>> {
    let meta = *meta;
    findings
        .iter()
        .map(move |finding| Finding::new(finding, &meta))
}

/// What the baseline lets pass.
fn baselined<'a>(report: &'a Report, meta: &Meta<'a>) -> impl Iterator<Item = Finding<'a>> {
    let meta = *meta;
    let baseline = report.baseline.as_deref();
    let passed = baseline.map_or(&[][..], |baseline| &baseline.findings);
    passed.iter().map(move |(finding, entry)| Finding {
        baseline: Some(baselined::Entry::new(entry)),
        ..Finding::new(finding, &meta)
    })
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    summary: Summary<'a>,
    findings: Vec<Finding<'a>>,
    allowed: Vec<Finding<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baselined: Option<Vec<Finding<'a>>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'a> {
    Finding(Finding<'a>),
    Allowed(Finding<'a>),
    Baselined(Finding<'a>),
    Summary(Summary<'a>),
}

#[derive(Serialize)]
struct Summary<'a> {
    schema: &'static str,
    tool: Tool<'a>,
    outcome: &'static str,
    fail_on: &'static str,
    counts: Counts,
    /// Findings that `HEAD` holds already and that are not among these.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<u64>,
    /// Findings that are less sure than was asked for, and that are not among these.
    #[serde(skip_serializing_if = "Option::is_none")]
    hidden: Option<u64>,
    /// What asking providers took.
    #[serde(skip_serializing_if = "Option::is_none")]
    verification: Option<Verification<'a>>,
    coverage: Coverage<'a>,
    drops: Vec<Drop<'a>>,
    allows: allowed::Summary<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<baselined::Summary<'a>>,
}

impl<'a> Summary<'a> {
    fn new(report: &'a Report, meta: &Meta<'a>) -> Self {
        Self {
            schema: SCHEMA,
            tool: Tool {
                name: "waxseal",
                version: meta.version,
            },
            outcome: match report.outcome(meta.fail_on) {
                Outcome::Clean => "clean",
                Outcome::Found => "found",
                Outcome::Failed => "failed",
            },
            fail_on: meta.fail_on.id(),
            counts: Counts::new(report),
            held: report.held,
            hidden: report.hidden,
            verification: Verification::of(report),
            coverage: Coverage::new(&report.coverage),
            drops: report
                .drops
                .iter()
                .map(|((rule, reason), &count)| Drop {
                    rule,
                    reason,
                    count,
                })
                .collect(),
            allows: allowed::Summary::new(&report.allows),
            baseline: report.baseline.as_deref().map(baselined::Summary::new),
        }
    }
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'static str,
    version: &'a str,
}

#[derive(Default, Serialize)]
struct Counts {
    critical: u64,
    high: u64,
    medium: u64,
    low: u64,
    info: u64,
}

impl Counts {
    fn new(report: &Report) -> Self {
        let mut counts = Self::default();
        for finding in &report.findings {
            *match finding.severity {
                Severity::Critical => &mut counts.critical,
                Severity::High => &mut counts.high,
                Severity::Medium => &mut counts.medium,
                Severity::Low => &mut counts.low,
                Severity::Info => &mut counts.info,
            } += 1;
        }
        counts
    }
}

#[derive(Serialize)]
struct Drop<'a> {
    rule: &'a str,
    reason: &'static str,
    count: u64,
}

/// A path that need not be text. Exact in `path` if it is UTF-8, else readable there and exact in
/// `path_base64`.
#[derive(Serialize)]
struct Path<'a> {
    path: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_base64: Option<String>,
}

impl<'a> Path<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self {
                path: Cow::Borrowed(text),
                path_base64: None,
            },
            Err(_) => Self {
                path: Cow::Owned(term::path(bytes)),
                path_base64: Some(base64(bytes)),
            },
        }
    }
}

/// Standard alphabet, padded.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk
            .iter()
            .chain(&[0; 2])
            .take(3)
            .fold(0_usize, |group, &byte| group << 8 | usize::from(byte));
        for place in 0..4 {
            // n bytes fill n + 1 digits; padding takes the places of the rest.
            out.push(if place <= chunk.len() {
                char::from(ALPHABET[group >> (18 - 6 * place) & 63])
            } else {
                '='
            });
        }
    }
    out
}

#[derive(Serialize)]
struct Finding<'a> {
    rule: &'a str,
    title: &'a str,
    severity: &'static str,
    confidence: &'static str,
    #[serde(flatten)]
    path: Path<'a>,
    store: &'static str,
    git: Option<&'static str>,
    /// The blob that is staged.
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<String>,
    place: Place,
    secret: Option<String>,
    excerpt: &'a str,
    encodings: Vec<&'static str>,
    parts: Vec<Part<'a>>,
    fingerprint: String,
    notes: &'a [Cow<'static, str>],
    why: &'a str,
    remedy: &'a [Cow<'static, str>],
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Box<History<'a>>>,
    /// What its provider says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    verification: Option<Verified<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<Allowed<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<baselined::Entry<'a>>,
}

impl<'a> Finding<'a> {
    fn new(finding: &'a model::Finding, meta: &Meta<'a>) -> Self {
        let rule = meta.rule(&finding.rule);
        Self {
            rule: &finding.rule,
            title: rule.map_or(&finding.rule, |rule| &rule.title),
            severity: finding.severity.id(),
            confidence: finding.confidence.id(),
            path: Path::new(&finding.origin.path),
            store: match finding.origin.store {
                Store::File(_) => "file",
                Store::Stdin => "stdin",
                Store::Index(_) => "index",
                Store::Object(kind, _) => kind.id(),
            },
            git: git_state(finding.origin.store),
            object: match finding.origin.store {
                Store::Index(id) => Some(id.to_string()),
                Store::File(_) | Store::Stdin | Store::Object(..) => None,
            },
            place: Place::new(finding.place),
            secret: masked(finding),
            excerpt: &finding.excerpt.0,
            encodings: finding.encodings.iter().map(|layer| layer.id()).collect(),
            parts: finding.parts.iter().map(Part::new).collect(),
            fingerprint: finding.fingerprint.to_string(),
            notes: &finding.notes,
            why: rule.map_or("", |rule| &rule.why),
            remedy: rule.map_or(&[], |rule| &rule.remedy),
            history: History::of(finding).map(Box::new),
            verification: finding.verified.as_deref().map(Verified::new),
            allowed: Allowed::of(finding),
            baseline: None,
        }
    }
}

/// What git says of the file; `None` for what is no file.
pub(super) fn git_state(store: Store) -> Option<&'static str> {
    match store {
        Store::File(GitState::Outside) => Some("outside"),
        Store::File(GitState::Tracked) => Some("tracked"),
        Store::File(GitState::Untracked) => Some("untracked"),
        Store::File(GitState::Ignored) => Some("ignored"),
        Store::Index(_) => Some("staged"),
        Store::Stdin | Store::Object(..) => None,
    }
}

#[derive(Serialize)]
struct Place {
    line: u64,
    column: u64,
    end_line: u64,
    end_column: u64,
    start: u64,
    end: u64,
}

impl Place {
    fn new(place: model::Place) -> Self {
        Self {
            line: place.line,
            column: place.column,
            end_line: place.end_line,
            end_column: place.end_column,
            start: place.start,
            end: place.end,
        }
    }
}

#[derive(Serialize)]
struct Part<'a> {
    name: &'a str,
    place: Place,
    value: String,
}

impl<'a> Part<'a> {
    fn new(part: &'a model::FindingPart) -> Self {
        Self {
            name: &part.name,
            place: Place::new(part.place),
            value: part.value.masked(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_pads_every_length() {
        for (bytes, text) in [
            (&b""[..], ""),
            (b"f", "Zg=="),
            (b"fo", "Zm8="),
            (b"foo", "Zm9v"),
            (b"foob\xff\xfb", "Zm9vYv/7"),
        ] {
            assert_eq!(base64(bytes), text);
        }
    }
}
