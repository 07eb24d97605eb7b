//! What a file is, told by what stands in it: so that one that was given for that of another scanner is named for what it is.

use serde_json::Value as Json;

use super::{Peer, ends, json, yaml};

/// What a file seems to be: the scanners that read it, and a noun for it.
type Told = (&'static [Peer], &'static str);

/// gitleaks and betterleaks read the same files.
const LEAKS: &[Peer] = &[Peer::Gitleaks, Peer::Betterleaks];

/// Why a file called `name` is none of `peer`, if it is plainly something else.
pub fn mistaken(peer: Peer, name: &str, text: &str) -> Option<String> {
    let file = if name.is_empty() { "FILE" } else { name };
    match of(name, text)? {
        Kind::Of((peers, _)) if peers.contains(&peer) => None,
        Kind::Of((peers, what)) => {
            let other = peers.first()?.id();
            Some(format!(
                "this looks like {what} of {other}; `waxseal import {other} {file}` reads it"
            ))
        }
        Kind::Ours(what) => Some(format!(
            "this is {what} of waxseal itself; there is nothing to take over"
        )),
        Kind::Sarif => Some(format!(
            "this is a report in SARIF, which names no values; let {} write one in JSON",
            peer.id()
        )),
    }
}

enum Kind {
    Of(Told),
    Ours(&'static str),
    Sarif,
}

fn of(name: &str, text: &str) -> Option<Kind> {
    let start = text.trim_start();
    if start.starts_with("{\"waxseal-baseline\"") || ends(name, &[".waxseal-baseline.jsonl"]) {
        return Some(Kind::Ours("the baseline"));
    }
    if ends(name, &[".waxseal.toml"]) {
        return Some(Kind::Ours("the configuration"));
    }
    if start.starts_with(['{', '[']) && !ends(name, &[".toml"]) {
        return of_json(&json(text).ok()?);
    }
    if ends(name, &[".toml"]) {
        let table: toml::Table = toml::from_str(text).ok()?;
        let keys = ["rules", "allowlist", "allowlists", "extend"];
        let is_rules = table
            .keys()
            .any(|key| keys.contains(&key.to_lowercase().as_str()));
        return is_rules.then_some(Kind::Of((LEAKS, "a rule file")));
    }
    if ends(name, &[".yaml", ".yml"]) || name.starts_with(".secretlintrc") {
        return of_table(&yaml::read(text).ok()?);
    }
    if ends(name, &[".secretlintignore"]) {
        return Some(Kind::Of((&[Peer::Secretlint], "an ignore file")));
    }
    let is_fingerprint = |line: &str| {
        let mut parts = line.rsplit(':');
        let number = parts
            .next()
            .is_some_and(|number| number.parse::<u64>().is_ok());
        number && parts.count() >= 2
    };
    let mut lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .peekable();
    let all = lines.peek().is_some() && lines.all(is_fingerprint);
    (all || ends(name, &[".gitleaksignore", ".betterleaksignore"]))
        .then_some(Kind::Of((LEAKS, "a list of fingerprints")))
}

/// Of the values of a JSON text, one or one on each line.
fn of_json(values: &[Json]) -> Option<Kind> {
    let has = |value: &Json, keys: &[&str]| keys.iter().all(|key| value.get(key).is_some());
    // trufflehog writes its log between the findings
    if values
        .iter()
        .take(100)
        .any(|value| has(value, &["SourceMetadata", "DetectorName"]))
    {
        return Some(Kind::Of((&[Peer::Trufflehog], "a report")));
    }
    let first = values.first()?;
    if has(first, &["runs", "version"]) {
        return Some(Kind::Sarif);
    }
    let item = first
        .as_array()
        .map_or(Some(first), |items| items.first())?;
    if has(item, &["RuleID"]) {
        return Some(Kind::Of((LEAKS, "a report")));
    }
    if has(item, &["filePath", "messages"]) {
        return Some(Kind::Of((&[Peer::Secretlint], "a report")));
    }
    of_table(first)
}

/// Of a table in JSON or YAML.
fn of_table(table: &Json) -> Option<Kind> {
    let list = |key: &str| table.get(key).and_then(Json::as_array);
    let first = |key: &str| list(key).and_then(|items| items.first());
    if table.get("results").is_some_and(Json::is_object)
        && (table.get("plugins_used").is_some() || table.get("generated_at").is_some())
    {
        return Some(Kind::Of((&[Peer::DetectSecrets], "a baseline")));
    }
    if first("rules")
        .and_then(|rule| rule.get("id"))
        .and_then(Json::as_str)
        .is_some_and(|id| id.contains("secretlint"))
    {
        return Some(Kind::Of((&[Peer::Secretlint], "a configuration")));
    }
    if table.get("ExactFindings").is_some()
        || first("repositories").is_some_and(|it| it.get("findings").is_some())
    {
        return Some(Kind::Of((&[Peer::Kingfisher], "a baseline")));
    }
    if first("findings").is_some_and(|it| it.get("rule").is_some() && it.get("finding").is_some()) {
        return Some(Kind::Of((&[Peer::Kingfisher], "a report")));
    }
    if first("detectors").is_some_and(|it| it.get("keywords").is_some()) {
        return Some(Kind::Of((&[Peer::Trufflehog], "a configuration")));
    }
    None
}
