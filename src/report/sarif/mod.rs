//! SARIF 2.1.0 as code scanning services read it.
//!
//! Only the part of the standard that is written here has a struct. Columns are code points and ends are
//! exclusive, in SARIF as in the model, so places are copied and never computed. A run that did not see
//! everything says so in its invocation; the coverage is that of the JSON format.

mod descriptor;

use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serialize;

use descriptor::Descriptor;

use super::{Meta, json, masked, term, wording};
use crate::model::{Finding, Place, Report, Severity, Skip};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What [`crate::model::Secret::masked`] puts in the place of a secret.
const MASK: &str = "********";

/// Writes one log with one run, indented.
pub(super) fn render(report: &Report, meta: &Meta<'_>, out: &mut dyn Write) -> io::Result<()> {
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
                .map(Notification::new)
                .collect(),
        }],
        column_kind: "unicodeCodePoints",
        redaction_tokens: [MASK],
        results: report
            .findings
            .iter()
            .map(|finding| ResultObject::new(finding, meta))
            .collect(),
        properties: RunProperties {
            coverage: json::Coverage::new(&report.coverage),
        },
    };
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [run],
    };
    json::write_pretty(&log, out)
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
    column_kind: &'static str,
    redaction_tokens: [&'static str; 1],
    results: Vec<ResultObject<'a>>,
    properties: RunProperties<'a>,
}

#[derive(Serialize)]
struct RunProperties<'a> {
    coverage: json::Coverage<'a>,
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
    fn new(skip: &Skip) -> Self {
        Self {
            level: "error",
            descriptor: Reference {
                id: skip.reason.id(),
            },
            message: Message::new(format!(
                "{}: {}",
                term::path(&skip.path),
                wording::explain(skip)
            )),
            locations: [Location {
                id: None,
                message: None,
                physical: PhysicalLocation {
                    artifact_location: ArtifactLocation::new(&skip.path),
                    region: None,
                    context_region: None,
                },
            }],
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
    properties: ResultProperties<'a>,
}

impl<'a> ResultObject<'a> {
    fn new(finding: &'a Finding, meta: &Meta<'a>) -> Self {
        let rule_index = meta.rules.iter().position(|rule| rule.id == finding.rule);
        Self {
            rule_id: &finding.rule,
            rule_index,
            level: level(finding.severity),
            message: Message::new(sentence(finding, meta)),
            locations: [Location {
                id: None,
                message: None,
                physical: PhysicalLocation::of_finding(finding),
            }],
            related_locations: finding
                .parts
                .iter()
                .zip(1..)
                .map(|(part, id)| Location {
                    id: Some(id),
                    message: Some(Message::new(part.name.to_string())),
                    physical: PhysicalLocation {
                        artifact_location: ArtifactLocation::new(&finding.origin.path),
                        region: Some(Region::new(part.place, Some(part.value.masked()))),
                        context_region: None,
                    },
                })
                .collect(),
            partial_fingerprints: PartialFingerprints {
                waxseal: finding.fingerprint.to_string(),
            },
            properties: ResultProperties {
                severity: finding.severity.id(),
                confidence: finding.confidence.id(),
                git: json::git_state(finding.origin.store),
                encodings: finding.encodings.iter().map(|layer| layer.id()).collect(),
                notes: finding.notes.iter().map(AsRef::as_ref).collect(),
            },
        }
    }
}

/// `Title: SG.********. First step of the remedy.`: services show the first sentence where room is short.
fn sentence(finding: &Finding, meta: &Meta<'_>) -> String {
    let rule = meta.rule(&finding.rule);
    let mut text = rule.map_or(&finding.rule, |rule| &rule.title).to_string();
    if let Some(secret) = masked(finding) {
        text.push_str(": ");
        text.push_str(&secret);
    }
    text.push('.');
    if let Some(step) = rule.and_then(|rule| rule.remedy.first()) {
        text.push(' ');
        text.push_str(step);
        if !step.ends_with('.') {
            text.push('.');
        }
    }
    text
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
}

#[derive(Serialize)]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
    #[serde(rename = "physicalLocation")]
    physical: PhysicalLocation,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
    /// The whole lines around the region, where the masked excerpt belongs.
    #[serde(skip_serializing_if = "Option::is_none")]
    context_region: Option<ContextRegion>,
}

impl PhysicalLocation {
    fn of_finding(finding: &Finding) -> Self {
        let excerpt = &finding.excerpt.0;
        Self {
            artifact_location: ArtifactLocation::new(&finding.origin.path),
            region: Some(Region::new(finding.place, masked(finding))),
            context_region: (!excerpt.is_empty()).then(|| ContextRegion {
                start_line: finding.place.line,
                end_line: finding.place.end_line,
                snippet: Message::new(excerpt.clone()),
            }),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

impl ArtifactLocation {
    fn new(path: &[u8]) -> Self {
        if path.starts_with(b"/") {
            return Self {
                uri: format!("file://{}", percent_encoded(path)),
                uri_base_id: None,
            };
        }
        // Services compare URIs as text, and the repository knows no `./`.
        let path = path.strip_prefix(b"./").unwrap_or(path);
        Self {
            uri: percent_encoded(path),
            uri_base_id: Some("%SRCROOT%"),
        }
    }
}

/// Path bytes as a URI path: everything but `/` and the unreserved characters of RFC 3986 is escaped,
/// also `:`, which in a first segment would read as a scheme.
fn percent_encoded(path: &[u8]) -> String {
    let mut uri = String::with_capacity(path.len());
    for &byte in path {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u64,
    start_column: u64,
    end_line: u64,
    end_column: u64,
    byte_offset: u64,
    byte_length: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    snippet: Option<Snippet>,
}

impl Region {
    fn new(place: Place, snippet: Option<String>) -> Self {
        Self {
            start_line: place.line,
            start_column: place.column,
            end_line: place.end_line,
            end_column: place.end_column,
            byte_offset: place.start,
            byte_length: place.end.saturating_sub(place.start),
            snippet: snippet.map(Message::new),
        }
    }
}

/// The standard's `artifactContent`, which has the same key as its message.
type Snippet = Message;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ContextRegion {
    start_line: u64,
    end_line: u64,
    snippet: Snippet,
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        let uri = |path: &[u8]| {
            let location = ArtifactLocation::new(path);
            (location.uri, location.uri_base_id.is_some())
        };
        assert_eq!(uri(b"src/a.py"), ("src/a.py".to_owned(), true));
        assert_eq!(uri(b"./src/a.py"), ("src/a.py".to_owned(), true));
        assert_eq!(uri(b"c:x/50% \xff"), ("c%3Ax/50%25%20%FF".to_owned(), true));
        assert_eq!(uri(b"/etc/a b"), ("file:///etc/a%20b".to_owned(), false));
    }
}
