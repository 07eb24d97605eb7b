//! Files of trufflehog: patterns of paths that are left out, its configuration, reports.

use serde_json::Value as Json;

use super::{Haul, ends, json, report, shown, yaml};

/// Reads a file called `name`.
pub fn read(name: &str, text: &str) -> Result<Haul, String> {
    if text.trim_start().starts_with('{') {
        return Ok(report::trufflehog(&json(text)?));
    }
    if ends(name, &[".yaml", ".yml"]) {
        return Ok(config(&yaml::read(text)?));
    }
    let mut haul = Haul::new("list of paths");
    let patterns = text
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    let patterns: Vec<String> = patterns.map(str::to_owned).collect();
    haul.exclude(&patterns, "left out by trufflehog");
    Ok(haul)
}

fn config(config: &Json) -> Haul {
    let mut haul = Haul::new("configuration");
    for detector in config
        .get("detectors")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
    {
        let name = detector.get("name").and_then(Json::as_str).unwrap_or("?");
        haul.leave(
            format!("the detector {}", shown(name)),
            "trufflehog finds it by several patterns at once and asks a server of yours; write it as a [[rule]]",
        );
    }
    for (key, value) in config.as_object().into_iter().flatten() {
        let count = value.as_array().map_or(1, Vec::len);
        if key != "detectors" {
            haul.leave(
                format!("{} ({count})", shown(key)),
                "waxseal scans what it is pointed at, and has nothing of the kind",
            );
        }
    }
    haul
}
