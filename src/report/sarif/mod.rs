//! SARIF 2.1.0 as code scanning services read it.
//!
//! Only the part of the standard that is written here has a struct. Columns are code points and ends are
//! exclusive, in SARIF as in the model, so places are copied and never computed. A run that did not see
//! everything says so in its invocation; the coverage is that of the JSON format.

mod descriptor;
mod location;
mod suppression;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use descriptor::Descriptor;
use location::{ArtifactLocation, Location, OBJECTS};
use suppression::Suppression;

use super::{Meta, issue, json, term, wording};
use crate::model::{Finding, Report, Severity, Skip, Verdict};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What [`crate::model::Secret::masked`] puts in the place of a secret.
const MASK: &str = "********";

/// Writes one log with one run, indented.
pub(super) fn render(report: &Report, meta: &Meta<'_>, out: &mut dyn Write) -> io::Result<()> {
    let in_history = report.coverage.objects.is_some();
    let run = Run {
        tool: Tool {
            driver: Driver {
                name: "waxseal",
                version: meta.version,
                semantic_version: meta.version,
                rules: meta
                    .rules
                    .iter()
                    .map(|rule| Descriptor::new(rule))
                    .collect(),
            },
        },
        invocations: [Invocation {
            execution_successful: report.coverage.is_complete(),
            tool_execution_notifications: report
                .coverage
                .named
                .iter()
                .filter(|skip| skip.reason.is_failure())
                .map(|skip| Notification::new(skip, in_history))
                .collect(),
        }],
        original_uri_base_ids: in_history
            .then(|| (OBJECTS, ArtifactLocation::objects()))
            .into_iter()
            .collect(),
        column_kind: "unicodeCodePoints",
        redaction_tokens: [MASK],
        results: results(report, meta),
        properties: RunProperties {
            coverage: json::Coverage::new(&report.coverage),
            verification: json::Verification::of(report),
        },
    };
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [run],
    };
    json::write_pretty(&log, out)
}

/// The findings, then those that are allowed, then those that the baseline lets pass. Either all of them tell what suppresses
/// them or none does, as the standard has it.
fn results<'a>(report: &'a Report, meta: &Meta<'a>) -> Vec<ResultObject<'a>> {
    let baseline = report.baseline.as_deref();
    let passed = baseline.map_or(&[][..], |baseline| &baseline.findings);
    let any = !report.allows.findings.is_empty() || !passed.is_empty();
    let all = report.findings.iter().chain(&report.allows.findings);
    all.map(|finding| (finding, None))
        .chain(passed.iter().map(|(finding, entry)| (finding, Some(entry))))
        .map(|(finding, entry)| ResultObject {
            suppressions: any.then(|| Suppression::of(finding, entry)),
            ..ResultObject::new(finding, meta)
        })
        .collect()
}

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    invocations: [Invocation; 1],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    original_uri_base_ids: BTreeMap<&'static str, ArtifactLocation>,
    column_kind: &'static str,
    redaction_tokens: [&'static str; 1],
    results: Vec<ResultObject<'a>>,
    properties: RunProperties<'a>,
}

#[derive(Serialize)]
struct RunProperties<'a> {
    coverage: json::Coverage<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification: Option<json::Verification<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'static str,
    version: &'a str,
    semantic_version: &'a str,
    rules: Vec<Descriptor<'a>>,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

impl Message {
    fn new(text: String) -> Self {
        Self { text }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

/// One thing that was to be scanned and was not.
#[derive(Serialize)]
struct Notification {
    level: &'static str,
    descriptor: Reference,
    message: Message,
    locations: [Location; 1],
}

impl Notification {
    fn new(skip: &Skip, in_history: bool) -> Self {
        Self {
            level: "error",
            descriptor: Reference {
                id: skip.reason.id(),
            },
            message: Message::new(format!(
                "{}: {}",
                term::path(&skip.path),
                wording::explain(skip, in_history)
            )),
            locations: [Location::of_skip(skip, in_history)],
        }
    }
}

#[derive(Serialize)]
struct Reference {
    id: &'static str,
}

/// A finding; the standard calls it a result.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultObject<'a> {
    rule_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: PartialFingerprints,
    /// From 0 to 100; only where its provider was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    rank: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<Vec<Suppression<'a>>>,
    properties: ResultProperties<'a>,
}

impl<'a> ResultObject<'a> {
    fn new(finding: &'a Finding, meta: &Meta<'a>) -> Self {
        let rule_index = meta.rules.iter().position(|rule| rule.id == finding.rule);
        Self {
            rule_id: &finding.rule,
            rule_index,
            level: level(finding.severity),
            message: Message::new(issue::sentence(finding, meta)),
            locations: [Location::of_finding(finding)],
            related_locations: related(finding),
            partial_fingerprints: PartialFingerprints {
                waxseal: finding.fingerprint.to_string(),
            },
            rank: finding.verified.as_ref().map(|it| rank(it.verdict)),
            suppressions: None,
            properties: ResultProperties {
                severity: finding.severity.id(),
                confidence: finding.confidence.id(),
                git: json::git_state(finding.origin.store),
                encodings: finding.encodings.iter().map(|layer| layer.id()).collect(),
                notes: finding.notes.iter().map(AsRef::as_ref).collect(),
                history: HistoryProperties::of(finding),
                verification: finding.verified.as_deref().map(json::Verified::new),
            },
        }
    }
}

/// The parts of the secret, then the other places in the history at which it stands. Those are no further `locations`:
/// the standard keeps these for what has to be changed everywhere at once, and code scanning reads the first one only.
fn related(finding: &Finding) -> Vec<Location> {
    let parts = finding
        .parts
        .iter()
        .map(|part| Location::of_part(finding, part));
    let history = finding.history.as_deref();
    let others = history.map_or(&[][..], |history| history.locations.get(1..).unwrap_or(&[]));
    parts
        .chain(others.iter().map(Location::in_history))
        .zip(1..)
        .map(|(location, id)| location.with_id(id))
        .collect()
}

#[derive(Serialize)]
struct PartialFingerprints {
    #[serde(rename = "waxseal/v1")]
    waxseal: String,
}

#[derive(Serialize)]
struct ResultProperties<'a> {
    severity: &'static str,
    confidence: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    git: Option<&'static str>,
    encodings: Vec<&'static str>,
    notes: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<HistoryProperties>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification: Option<json::Verified<'a>>,
}

/// What of a history no location can hold. Nothing here tells who wrote a commit, nor when.
#[derive(Serialize)]
struct HistoryProperties {
    object: String,
    object_kind: &'static str,
    commit: Option<String>,
    in_head: bool,
    reachable: bool,
    location_count: u64,
}

impl HistoryProperties {
    fn of(finding: &Finding) -> Option<Self> {
        let (history, kind, object) = issue::in_store(finding)?;
        Some(Self {
            object: object.to_string(),
            object_kind: kind.id(),
            commit: history.first.map(|first| first.id.to_string()),
            in_head: history.in_head,
            reachable: history.ref_count > 0,
            location_count: history.location_count,
        })
    }
}

/// How urgent a verdict makes it: what works first, what may work next.
fn rank(verdict: Verdict) -> f64 {
    match verdict {
        Verdict::Live => 100.0,
        Verdict::LiveRestricted => 90.0,
        Verdict::Unknown => 60.0,
        Verdict::Rejected => 40.0,
        Verdict::Test => 20.0,
        Verdict::Dead => 10.0,
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}
