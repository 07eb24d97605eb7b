//! Reports of other scanners: findings as JSON, with positions and, unless they were cut out, values.

use serde_json::Value as Json;

use super::{Entry, Haul, Value, path_of, shown};
use crate::model::Secret;

/// Reads what gitleaks and betterleaks write: a list of findings, or one on each line.
pub fn gitleaks(values: Vec<Json>) -> Haul {
    let mut haul = Haul::new("report");
    let findings = values.into_iter().flat_map(|value| match value {
        Json::Array(findings) => findings,
        Json::Null => Vec::new(),
        Json::Object(mut table) if table.contains_key("findings") => match table.remove("findings")
        {
            Some(Json::Array(findings)) => findings,
            _ => Vec::new(),
        },
        one => vec![one],
    });
    for (number, finding) in (1..).zip(findings) {
        match gitleaks_finding(&finding) {
            Some(entry) => haul.entries.push(entry),
            None => haul.leave(format!("finding {number}"), "it names no file, or no line"),
        }
    }
    haul
}

fn gitleaks_finding(finding: &Json) -> Option<Entry> {
    let attributes = any(finding, &["Attributes", "attributes"]);
    let text = |keys: &[&str]| {
        any(finding, keys)
            .and_then(Json::as_str)
            .filter(|text| !text.is_empty())
    };
    let attribute = |keys: &[&str]| {
        attributes
            .and_then(|table| any(table, keys))
            .and_then(Json::as_str)
            .filter(|text| !text.is_empty())
    };
    let file = text(&["File", "file", "path"]).or_else(|| attribute(&["path", "file.path"]))?;
    let first =
        any(finding, &["StartLine", "start_line", "startLine", "line"]).and_then(Json::as_u64)?;
    let last = any(finding, &["EndLine", "end_line", "endLine"])
        .and_then(Json::as_u64)
        .unwrap_or(first);
    let rule = text(&["RuleID", "rule_id", "ruleId", "rule"]).unwrap_or("?");
    let commit = text(&["Commit", "commit"]).or_else(|| attribute(&["git.sha", "commit"]));
    let secret = text(&["Secret", "secret", "value"]);
    Some(Entry {
        label: format!("{}:{}:{first}", shown(file), shown(rule)),
        rule: rule.to_owned(),
        path: path_of(file),
        lines: Some((first, last.max(first))),
        commit: commit.map(str::to_owned),
        value: secret
            .filter(|secret| !is_cut(secret))
            .map_or(Value::Unknown, |secret| {
                Value::Raw(Secret::new(secret.as_bytes(), 0))
            }),
        warning: None,
    })
}

/// Whether a value was cut out, or cut off.
fn is_cut(secret: &str) -> bool {
    secret == "REDACTED" || secret.ends_with("...") || secret.bytes().all(|byte| byte == b'*')
}

/// Reads what trufflehog writes: a finding on each line.
pub fn trufflehog(values: &[Json]) -> Haul {
    let mut haul = Haul::new("report");
    for (number, value) in (1..).zip(values) {
        let data = value
            .pointer("/SourceMetadata/Data")
            .and_then(Json::as_object);
        // what its own log says stands among the findings
        if value.get("DetectorName").is_none() && data.is_none() {
            continue;
        }
        let source = data.and_then(|data| data.values().next());
        let file = source
            .and_then(|source| source.get("file"))
            .and_then(Json::as_str);
        let (Some(source), Some(file)) = (source, file.filter(|file| !file.is_empty())) else {
            haul.leave(format!("finding {number}"), "it is in no file");
            continue;
        };
        let line = source
            .get("line")
            .and_then(Json::as_u64)
            .filter(|line| *line > 0);
        let detector = value
            .get("DetectorName")
            .and_then(Json::as_str)
            .unwrap_or("?");
        let raw = value
            .get("Raw")
            .and_then(Json::as_str)
            .filter(|raw| !raw.is_empty() && !is_cut(raw));
        haul.entries.push(Entry {
            label: format!("{}:{}:{}", shown(file), shown(detector), line.unwrap_or(0)),
            rule: detector.to_owned(),
            path: path_of(file),
            lines: line.map(|line| (line, line)),
            commit: source
                .get("commit")
                .and_then(Json::as_str)
                .filter(|commit| !commit.is_empty())
                .map(str::to_owned),
            value: raw.map_or(Value::Unknown, |raw| {
                Value::Raw(Secret::new(raw.as_bytes(), 0))
            }),
            warning: (value.get("Verified") == Some(&Json::Bool(true)))
                .then_some("trufflehog found it to be in use"),
        });
    }
    haul
}

/// Reads what kingfisher writes: a table with findings, or a finding on each line.
pub fn kingfisher(values: &[Json]) -> Haul {
    let mut haul = Haul::new("report");
    let findings =
        values.iter().flat_map(
            |value| match value.get("findings").and_then(Json::as_array) {
                Some(findings) => findings.iter().collect(),
                None => vec![value],
            },
        );
    for (number, value) in (1..).zip(findings) {
        let finding = value.get("finding").unwrap_or(value);
        let rule = value
            .pointer("/rule/id")
            .or_else(|| finding.get("rule_id"))
            .and_then(Json::as_str)
            .unwrap_or("?");
        let path = finding
            .get("path")
            .and_then(Json::as_str)
            .filter(|path| !path.is_empty());
        let line = finding.get("line").and_then(Json::as_u64);
        let (Some(path), Some(line)) = (path, line) else {
            haul.leave(format!("finding {number}"), "it names no file, or no line");
            continue;
        };
        let raw = finding
            .get("snippet")
            .and_then(Json::as_str)
            .filter(|raw| !raw.is_empty() && !is_cut(raw));
        let commit = finding
            .pointer("/git_metadata/commit/id")
            .and_then(Json::as_str);
        haul.entries.push(Entry {
            label: format!("{}:{}:{line}", shown(path), shown(rule)),
            rule: rule.to_owned(),
            path: path_of(path),
            lines: Some((line, line)),
            commit: commit.map(str::to_owned),
            value: raw.map_or(Value::Unknown, |raw| {
                Value::Raw(Secret::new(raw.as_bytes(), 0))
            }),
            warning: None,
        });
    }
    haul
}

/// The first of `keys` that stands in `table`.
fn any<'j>(table: &'j Json, keys: &[&str]) -> Option<&'j Json> {
    keys.iter().find_map(|key| table.get(*key))
}
