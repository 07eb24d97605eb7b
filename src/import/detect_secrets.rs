//! The baseline of detect-secrets: findings by the SHA-1 of their values, and what its filters leave out.

use serde_json::Value as Json;

use super::gitleaks::{is_stop_word, stop_word};
use super::{Entry, Haul, Value, from_hex, json, path_of, shown};

/// Reads a baseline.
pub fn read(text: &str) -> Result<Haul, String> {
    let values = json(text)?;
    let [baseline] = values.as_slice() else {
        return Err("this is no baseline of detect-secrets, which is one JSON object".to_owned());
    };
    let Some(results) = baseline.get("results").and_then(Json::as_object) else {
        return Err("this is no baseline of detect-secrets: it has no `results`".to_owned());
    };
    let mut haul = Haul::new("baseline");
    haul.is_digests = true;
    for (file, secrets) in results {
        for (number, secret) in (1..).zip(secrets.as_array().into_iter().flatten()) {
            entry(file, number, secret, &mut haul);
        }
    }
    let filters = baseline.get("filters_used").and_then(Json::as_array);
    for filter in filters.into_iter().flatten() {
        filtered(filter, &mut haul);
    }
    // how older versions kept them
    if let Some(exclude) = baseline.get("exclude") {
        let text = |key: &str| {
            exclude
                .get(key)
                .and_then(Json::as_str)
                .filter(|text| !text.is_empty())
        };
        if let Some(files) = text("files") {
            haul.exclude(&[files.to_owned()], "left out by detect-secrets");
        }
        if let Some(lines) = text("lines") {
            lines_left(lines, &mut haul);
        }
    }
    if let Some(list) = baseline.pointer("/word_list/file").and_then(Json::as_str) {
        haul.leave(
            format!("the word list {}", shown(list)),
            "name its words under stop_words",
        );
    }
    Ok(haul)
}

fn entry(file: &str, number: usize, secret: &Json, haul: &mut Haul) {
    let text = |key: &str| secret.get(key).and_then(Json::as_str);
    let line = secret
        .get("line_number")
        .and_then(Json::as_u64)
        .filter(|line| *line > 0);
    let kind = text("type").unwrap_or("?");
    let label = format!("{}:{}: {}", shown(file), line.unwrap_or(0), shown(kind));
    let Some(digest) = text("hashed_secret").and_then(from_hex::<20>) else {
        haul.leave(
            format!("secret {number} of {}", shown(file)),
            "its `hashed_secret` is no SHA-1 in hexadecimal digits",
        );
        return;
    };
    let is_real = secret.get("is_secret") == Some(&Json::Bool(true))
        || secret.get("is_verified") == Some(&Json::Bool(true));
    haul.entries.push(Entry {
        label,
        rule: kind.to_owned(),
        path: path_of(text("filename").unwrap_or(file)),
        lines: line.map(|line| (line, line)),
        commit: None,
        value: Value::Sha1(digest),
        warning: is_real.then_some("it was audited as a real secret: revoke it"),
    });
}

fn filtered(filter: &Json, haul: &mut Haul) {
    let Some(path) = filter.get("path").and_then(Json::as_str) else {
        return;
    };
    let patterns = || -> Vec<String> {
        let list = filter.get("pattern");
        let list = list.and_then(Json::as_array).map_or_else(
            || list.into_iter().collect(),
            |list| list.iter().collect::<Vec<_>>(),
        );
        list.into_iter()
            .filter_map(Json::as_str)
            .map(str::to_owned)
            .collect()
    };
    match path.rsplit('.').next().unwrap_or(path) {
        "should_exclude_file" => haul.exclude(&patterns(), "left out by detect-secrets"),
        "should_exclude_line" => patterns()
            .iter()
            .for_each(|pattern| lines_left(pattern, haul)),
        "should_exclude_secret" if path.contains("regex") => {
            for pattern in patterns() {
                let is_word = pattern
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_ /".contains(&byte));
                if is_word && is_stop_word(&pattern) {
                    stop_word(&pattern, haul);
                } else {
                    haul.leave(
                        format!("the values {} that it left out", shown(&pattern)),
                        "waxseal lets values pass by words (stop_words) or one by one (the baseline)",
                    );
                }
            }
        }
        // what it does by itself, and what waxseal does in its own way
        _ if path.starts_with("detect_secrets.") => {}
        _ => haul.leave(
            format!("the filter {}", shown(path)),
            "it is a program of its own",
        ),
    }
}

fn lines_left(pattern: &str, haul: &mut Haul) {
    haul.leave(
        format!("the lines {} that it left out", shown(pattern)),
        "waxseal lets no lines pass by what else stands on them; a comment on each does: waxseal:allow RULE reason",
    );
}
