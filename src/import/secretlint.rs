//! Files of secretlint: its configuration, its ignore file, reports.

use serde_json::Value as Json;

use super::gitleaks::{is_stop_word, stop_word};
use super::{Entry, Haul, Setting, Value, ends, json, path_of, shown, yaml};

/// Its rules, and ours that look for the same.
const ALIKE: [(&str, &[&str]); 1] = [(
    "@secretlint/secretlint-rule-sendgrid",
    &[
        "sendgrid-api-key",
        "sendgrid-key-in-two-parts",
        "sendgrid-key-by-format",
    ],
)];

/// Rules in presets in presets, at most.
const DEEPEST: usize = 8;

/// Reads a file called `name`.
pub fn read(name: &str, text: &str) -> Result<Haul, String> {
    if ends(name, &[".js", ".cjs", ".mjs"]) {
        return Err("a configuration that is a program is not run; print what it gives as JSON, and import that".to_owned());
    }
    if ends(name, &["ignore"]) {
        return Ok(ignored(text));
    }
    let value = if text.trim_start().starts_with(['{', '[']) {
        let values = json(text)?;
        values.into_iter().next().unwrap_or(Json::Null)
    } else {
        yaml::read(text)?
    };
    if let Some(rules) = value.get("rules").and_then(Json::as_array) {
        let mut haul = Haul::new("configuration");
        for rule in rules {
            configured(rule, 0, &mut haul);
        }
        return Ok(haul);
    }
    match value.as_array() {
        Some(files) => Ok(report(files)),
        None => Err(
            "this is no configuration of secretlint, which has `rules`, and no report of it"
                .to_owned(),
        ),
    }
}

fn configured(rule: &Json, depth: usize, haul: &mut Haul) {
    let id = rule.get("id").and_then(Json::as_str).unwrap_or("?");
    let is_off = rule.get("disabled") == Some(&Json::Bool(true))
        || rule.get("disabled").and_then(Json::as_str) == Some("true");
    if is_off {
        let ours = ALIKE.iter().find(|(theirs, _)| *theirs == id);
        match ours {
            Some((_, ours)) => haul
                .settings
                .extend(ours.iter().map(|id| Setting::SkipRule((*id).to_owned()))),
            None => haul.notes.push(format!(
                "{} is switched off: no rule of ours looks for the same; nothing to switch off",
                shown(id)
            )),
        }
    }
    let allows = rule.pointer("/options/allows").and_then(Json::as_array);
    for allowed in allows.into_iter().flatten().filter_map(Json::as_str) {
        let pattern = allowed
            .strip_prefix('/')
            .and_then(|rest| rest.rsplit_once('/'));
        match pattern {
            // `/regex/flags`, of which a plain word is a special case
            Some((pattern, flags)) if flags.bytes().all(|flag| b"dgimsuvy".contains(&flag)) => {
                if pattern
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
                    && is_stop_word(pattern)
                {
                    stop_word(pattern, haul);
                } else {
                    haul.leave(
                        format!("{}: allows {}", shown(id), shown(allowed)),
                        "waxseal lets values pass by words (stop_words) or one by one (the baseline)",
                    );
                }
            }
            _ => stop_word(allowed, haul),
        }
    }
    let messages = rule.get("allowMessageIds").and_then(Json::as_array);
    for message in messages.into_iter().flatten().filter_map(Json::as_str) {
        haul.leave(
            format!("{}: allowMessageIds {}", shown(id), shown(message)),
            "the kinds of findings are others here; leave out a rule of ours with skip_rules",
        );
    }
    let inner = rule.get("rules").and_then(Json::as_array);
    for rule in inner.into_iter().flatten().filter(|_| depth < DEEPEST) {
        configured(rule, depth + 1, haul);
    }
    let options = rule.get("options").and_then(Json::as_object);
    for key in options
        .into_iter()
        .flat_map(|options| options.keys())
        .filter(|key| *key != "allows")
    {
        haul.leave(
            format!("{}: option {}", shown(id), shown(key)),
            "waxseal has no such option",
        );
    }
}

/// An ignore file in git's syntax.
fn ignored(text: &str) -> Haul {
    let mut haul = Haul::new("ignore file");
    let mut globs = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_end();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(taken_back) = line.strip_prefix('!') {
            haul.leave(
                format!("line {number}: `!` {}", shown(taken_back)),
                "an [[exclude]] can't take back what another one leaves out",
            );
            continue;
        }
        globs.extend(git_globs(line));
    }
    globs.sort();
    globs.dedup();
    if !globs.is_empty() {
        haul.settings
            .push(Setting::Exclude(globs, "left out by secretlint".to_owned()));
    }
    haul
}

/// A line of an ignore file as globs on whole paths.
fn git_globs(line: &str) -> Vec<String> {
    let is_folder = line.ends_with('/');
    let bare = line.trim_end_matches('/');
    let anchored = bare.contains('/') && !bare.starts_with("**/");
    let bare = bare.trim_start_matches('/').trim_start_matches("**/");
    let bare = if anchored {
        bare.to_owned()
    } else {
        format!("**/{bare}")
    };
    if bare.ends_with("/**") || bare == "**" {
        return vec![bare];
    }
    let below = format!("{bare}/**");
    if is_folder {
        vec![below]
    } else {
        vec![bare, below]
    }
}

fn report(files: &[Json]) -> Haul {
    let mut haul = Haul::new("report");
    for file in files {
        let path = file
            .get("filePath")
            .and_then(Json::as_str)
            .unwrap_or_default();
        for message in file
            .get("messages")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
        {
            let rule = message.get("ruleId").and_then(Json::as_str).unwrap_or("?");
            let line = |end: &str| {
                message
                    .pointer(&format!("/loc/{end}/line"))
                    .and_then(Json::as_u64)
            };
            let Some(first) = line("start").filter(|_| !path.is_empty()) else {
                haul.leave(
                    format!("a message of {}", shown(rule)),
                    "it names no file, or no line",
                );
                continue;
            };
            haul.entries.push(Entry {
                label: format!("{}:{}:{first}", shown(path), shown(rule)),
                rule: rule.to_owned(),
                path: path_of(path),
                lines: Some((first, line("end").unwrap_or(first).max(first))),
                commit: None,
                value: Value::Unknown,
                warning: None,
            });
        }
    }
    haul
}
