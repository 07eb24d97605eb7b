//! GitLab's code quality report: a list of issues, which merge requests show beside the changed lines.
//!
//! GitLab compares the report of a branch with that of its target by `fingerprint`, so that this holds rule, value, file and
//! a number among equal ones, and no line: an issue that moves is not a new one. The format has no place for what could not
//! be scanned, which therefore is an issue as well.

use std::collections::HashMap;
use std::io::{self, Write};

use serde::Serialize;

use super::wording::explain;
use super::{Meta, issue, json, term};
use crate::model::{Finding, Report, Severity, Skip};

/// `check_name` of what could not be scanned.
const NOT_SCANNED: &str = "not-scanned";

/// Writes the list, indented; it may be empty.
pub(super) fn render(report: &Report, meta: &Meta<'_>, out: &mut dyn Write) -> io::Result<()> {
    let in_history = report.coverage.objects.is_some();
    let mut seen = HashMap::new();
    let failures = report.coverage.named.iter();
    let failures = failures.filter(|skip| skip.reason.is_failure());
    let mut issues: Vec<Issue<'_>> = failures
        .map(|skip| Issue::of_skip(skip, in_history, &mut seen))
        .collect();
    issues.extend(
        report
            .findings
            .iter()
            .map(|finding| Issue::of_finding(finding, meta, &mut seen)),
    );
    json::write_pretty(&issues, out)
}

/// How many issues with the same name there were so far.
type Seen = HashMap<[u8; 16], u64>;

#[derive(Serialize)]
struct Issue<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    categories: [&'static str; 1],
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

impl<'a> Issue<'a> {
    fn of_finding(finding: &'a Finding, meta: &Meta<'_>, seen: &mut Seen) -> Self {
        let path = issue::file(finding);
        let fingerprint = finding.fingerprint.to_string();
        let place = finding.place;
        Self {
            description: term::escape(&issue::told(finding, meta)),
            check_name: &finding.rule,
            fingerprint: numbered(&[&finding.rule, &fingerprint, &path], seen),
            severity: severity(finding.severity),
            ..Self::at(path, place.line, place.end_line)
        }
    }

    fn of_skip(skip: &Skip, in_history: bool, seen: &mut Seen) -> Self {
        let path = issue::skipped_file(skip);
        let problem = term::escape(&explain(skip, in_history));
        Self {
            description: format!("{}: {problem}", term::path(&skip.path)),
            check_name: NOT_SCANNED,
            fingerprint: numbered(&[NOT_SCANNED, skip.reason.id(), &path], seen),
            severity: "blocker",
            ..Self::at(path, 1, 1)
        }
    }

    fn at(path: String, begin: u64, end: u64) -> Self {
        Self {
            kind: "issue",
            categories: ["Security"],
            description: String::new(),
            check_name: "",
            fingerprint: String::new(),
            severity: "",
            location: Location {
                path,
                lines: Lines { begin, end },
            },
        }
    }
}

/// A name that no other issue of the report has.
fn numbered(parts: &[&str], seen: &mut Seen) -> String {
    let count = seen.entry(issue::stable_name(parts)).or_default();
    *count += 1;
    let number = count.to_string();
    let parts: Vec<&str> = parts.iter().copied().chain([number.as_str()]).collect();
    issue::hex(issue::stable_name(&parts))
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Info => "info",
    }
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u64,
    end: u64,
}
