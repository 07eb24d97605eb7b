//! GitLab's secret detection report, version 15.2.1 of its schema.
//!
//! The one format that holds times, because GitLab asks for them. What GitLab calls the raw extract of the source is the
//! masked line here: nothing in a report of ours is raw.

use std::io::{self, Write};

use serde::Serialize;

use super::wording::{date_time, explain};
use super::{Meta, issue, json, term};
use crate::model::{Finding, Report, Severity, Skip};
use crate::rules::Rule;

/// Version of the schema.
const VERSION: &str = "15.2.1";

/// The commit of a finding that was made in a file and not in a history. GitLab's own analyzer writes the same.
const NO_COMMIT: &str = "0000000";

/// Longest title of a vulnerability that GitLab takes. Characters.
const LONGEST_NAME: usize = 255;

/// Longest solution that GitLab takes. Characters.
const LONGEST_SOLUTION: usize = 7000;

/// Where a weakness is explained, before its number.
const WEAKNESSES: &str = "https://cwe.mitre.org/data/definitions/";

/// Writes the report, indented.
pub(super) fn render(report: &Report, meta: &Meta<'_>, out: &mut dyn Write) -> io::Result<()> {
    let in_history = report.coverage.objects.is_some();
    let started = meta
        .now
        .saturating_sub(i64::try_from(report.elapsed.as_secs()).unwrap_or(0));
    let document = Document {
        version: VERSION,
        scan: Scan {
            analyzer: Tool::new(meta),
            scanner: Tool::new(meta),
            kind: "secret_detection",
            start_time: time(started),
            end_time: time(meta.now),
            status: if report.coverage.is_complete() {
                "success"
            } else {
                "failure"
            },
            messages: report
                .coverage
                .named
                .iter()
                .filter(|skip| skip.reason.is_failure())
                .map(|skip| Message::new(skip, in_history))
                .collect(),
        },
        vulnerabilities: report
            .findings
            .iter()
            .map(|finding| Vulnerability::new(finding, meta))
            .collect(),
    };
    json::write_pretty(&document, out)
}

/// UTC without a zone, as the schema asks for; the beginning of time where a clock shows what no calendar holds.
fn time(seconds: i64) -> String {
    let time = date_time(seconds).unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned());
    time.trim_end_matches('Z').to_owned()
}

#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    scan: Scan<'a>,
    vulnerabilities: Vec<Vulnerability<'a>>,
}

#[derive(Serialize)]
struct Scan<'a> {
    analyzer: Tool<'a>,
    scanner: Tool<'a>,
    #[serde(rename = "type")]
    kind: &'static str,
    start_time: String,
    end_time: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    messages: Vec<Message>,
}

#[derive(Serialize)]
struct Tool<'a> {
    id: &'static str,
    name: &'static str,
    version: &'a str,
    vendor: Vendor,
}

impl<'a> Tool<'a> {
    fn new(meta: &Meta<'a>) -> Self {
        Self {
            id: "waxseal",
            name: "waxseal",
            version: meta.version,
            vendor: Vendor { name: "waxseal" },
        }
    }
}

#[derive(Serialize)]
struct Vendor {
    name: &'static str,
}

#[derive(Serialize)]
struct Message {
    level: &'static str,
    value: String,
}

impl Message {
    fn new(skip: &Skip, in_history: bool) -> Self {
        let problem = explain(skip, in_history);
        Self {
            level: "fatal",
            value: format!("{}: {problem}", term::path(&skip.path)),
        }
    }
}

#[derive(Serialize)]
struct Vulnerability<'a> {
    id: String,
    name: String,
    description: String,
    severity: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    solution: String,
    location: Location,
    #[serde(skip_serializing_if = "str::is_empty")]
    raw_source_code_extract: &'a str,
    identifiers: Vec<Identifier>,
    details: Details,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link<'a>>,
}

/// What GitLab shows beside a vulnerability.
#[derive(Serialize)]
struct Details {
    fingerprint: Detail,
}

#[derive(Serialize)]
struct Detail {
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    value: String,
}

impl Details {
    fn new(finding: &Finding) -> Self {
        Self {
            fingerprint: Detail {
                name: "Fingerprint",
                kind: "text",
                value: finding.fingerprint.to_string(),
            },
        }
    }
}

impl<'a> Vulnerability<'a> {
    fn new(finding: &'a Finding, meta: &Meta<'a>) -> Self {
        let rule = meta.rule(&finding.rule);
        let location = Location::new(finding);
        let place = finding.place;
        let id = issue::stable_name(&[
            &finding.rule,
            &finding.fingerprint.to_string(),
            &issue::headline(finding),
            &format!("{}..{}", place.start, place.end),
        ]);
        let steps = rule.map_or(&[][..], |rule| &rule.remedy);
        let solution: Vec<String> = steps
            .iter()
            .zip(1..)
            .map(|(step, number)| format!("{number}. {step}"))
            .collect();
        let why = rule.map_or("", |rule| &rule.why);
        let mut description = issue::told(finding, meta);
        if !why.is_empty() {
            description.push_str("\n\n");
            description.push_str(why);
        }
        let references = rule.map_or(&[][..], |rule| &rule.references);
        Self {
            id: issue::uuid(id),
            name: first_of(issue::title(finding, meta), LONGEST_NAME),
            description,
            severity: severity(finding.severity),
            solution: first_of(&solution.join("\n"), LONGEST_SOLUTION),
            location,
            raw_source_code_extract: &finding.excerpt.0,
            identifiers: identifiers(&finding.rule, rule),
            details: Details::new(finding),
            links: references
                .iter()
                .map(AsRef::as_ref)
                .filter(|reference: &&str| reference.starts_with("https://"))
                .map(|url| Link { url })
                .collect(),
        }
    }
}

/// The first `count` characters.
fn first_of(text: &str, count: usize) -> String {
    text.chars().take(count).collect()
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
        Severity::Info => "Info",
    }
}

#[derive(Serialize)]
struct Location {
    file: String,
    start_line: u64,
    end_line: u64,
    commit: Commit,
}

impl Location {
    fn new(finding: &Finding) -> Self {
        let first = finding.history.as_ref().and_then(|history| history.first);
        Self {
            file: issue::file(finding),
            start_line: finding.place.line,
            end_line: finding.place.end_line,
            commit: Commit {
                sha: first.map_or_else(|| NO_COMMIT.to_owned(), |first| first.id.to_string()),
            },
        }
    }
}

/// Who wrote it and when is left out: a report need not tell that of anybody.
#[derive(Serialize)]
struct Commit {
    sha: String,
}

/// The rule first, by which GitLab tells kinds of findings apart, then the weaknesses that it stands for.
fn identifiers(id: &str, rule: Option<&Rule>) -> Vec<Identifier> {
    let mut identifiers = vec![Identifier {
        kind: "waxseal_rule",
        name: format!("waxseal {id}"),
        value: id.to_owned(),
        url: None,
    }];
    let controls = rule.map_or(&[][..], |rule| &rule.controls);
    for control in controls {
        if let Some(number) = control.strip_prefix("CWE-") {
            identifiers.push(Identifier {
                kind: "cwe",
                name: control.to_string(),
                value: number.to_owned(),
                url: Some(format!("{WEAKNESSES}{number}.html")),
            });
        }
    }
    identifiers
}

#[derive(Serialize)]
struct Identifier {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize)]
struct Link<'a> {
    url: &'a str,
}
