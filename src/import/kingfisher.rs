//! Files of kingfisher: its baseline, of which there are two versions, and reports.

use serde_json::Value as Json;

use super::{Entry, Haul, Value, json, path_of, report, shown, yaml};

/// Reads a file.
pub fn read(text: &str) -> Result<Haul, String> {
    if text.trim_start().starts_with(['{', '[']) {
        return Ok(report::kingfisher(&json(text)?));
    }
    let baseline = yaml::read(text)?;
    let mut haul = Haul::new("baseline");
    let old = baseline
        .pointer("/ExactFindings/matches")
        .and_then(Json::as_array);
    let new = baseline.get("repositories").and_then(Json::as_array);
    if old.is_none() && new.is_none() {
        return Err(
            "this is no baseline of kingfisher: it has neither `repositories` nor `ExactFindings`"
                .to_owned(),
        );
    }
    for (number, finding) in (1..).zip(old.into_iter().flatten()) {
        entry(number, finding, "filepath", "linenum", &mut haul);
    }
    for repository in new.into_iter().flatten() {
        let findings = repository.get("findings").and_then(Json::as_array);
        for (number, finding) in (1..).zip(findings.into_iter().flatten()) {
            entry(number, finding, "path", "line", &mut haul);
        }
    }
    Ok(haul)
}

/// A finding of a baseline. What its fingerprint is made of is not known here, so it is told by its place.
fn entry(number: usize, finding: &Json, path: &str, line: &str, haul: &mut Haul) {
    let text = |key: &str| finding.get(key).and_then(Json::as_str);
    let at = text(line).and_then(|line| line.parse::<u64>().ok());
    let (Some(file), Some(at)) = (text(path).filter(|path| !path.is_empty()), at) else {
        haul.leave(format!("finding {number}"), "it names no file, so it is in the history alone; its fingerprint can't be told by others");
        return;
    };
    let rule = text("rule_id").unwrap_or("?");
    haul.entries.push(Entry {
        label: format!("{}:{}:{at}", shown(file), shown(rule)),
        rule: rule.to_owned(),
        path: path_of(file),
        lines: Some((at, at)),
        commit: None,
        value: Value::Unknown,
        warning: None,
    });
}
