//! The merged configuration as text: TOML that says the same, each line with where its value came from.

use std::fmt::Write as _;

use super::merge::Slot;
use super::policy::Sources;
use super::table::{Name, SETTINGS, Setting};
use super::value::{Value, quoted};
use crate::model::Secret;
use crate::report::escape;

/// Column from which on a line says where its value came from.
const COLUMN: usize = 40;

/// What `sources` come to.
pub fn show(sources: &Sources) -> String {
    let mut out = String::new();
    let mut table = "";
    for setting in &SETTINGS {
        let (of, key) = setting.key.rsplit_once('.').unwrap_or(("", setting.key));
        if of != table {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "\n[{of}]");
            table = of;
        }
        put(&mut out, key, setting, sources);
    }
    let Some(file) = &sources.file else {
        return out;
    };
    let name = &file.source.name;
    let place = |span| format!("{name}:{}", file.line(span));
    for exclude in &file.excludes {
        let list = |items: &[super::file::Item]| {
            let texts: Vec<String> = items.iter().map(|it| shown(&it.text)).collect();
            format!("[{}]", texts.join(", "))
        };
        out.push('\n');
        line(&mut out, "[[exclude]]", &place(&exclude.span));
        let _ = writeln!(out, "paths = {}", list(&exclude.paths));
        if !exclude.rules.is_empty() {
            let _ = writeln!(out, "rules = {}", list(&exclude.rules));
        }
        let _ = writeln!(out, "reason = {}", shown(&exclude.reason));
    }
    for overriding in &file.overrides {
        out.push('\n');
        let head = format!("[override.{}]", escape(&overriding.rule.text));
        line(&mut out, &head, &place(&overriding.rule.span));
        let severity = overriding
            .severity
            .map(|it| ("severity", it.id().to_owned()));
        let confidence = overriding
            .confidence
            .map(|it| ("confidence", it.id().to_owned()));
        let reason = overriding.reason.clone().map(|it| ("reason", it));
        for (key, value) in [severity, confidence, reason].into_iter().flatten() {
            let _ = writeln!(out, "{key} = {}", shown(&value));
        }
    }
    if let Some(span) = &file.rules_at {
        out.push('\n');
        let count = file.rules.len();
        let ids: Vec<&str> = file.rules.iter().map(|it| &*it.rule.id).collect();
        let noun = if count == 1 { "rule" } else { "rules" };
        let text = format!("# {count} {noun} of its own: {}", ids.join(", "));
        line(&mut out, &text, &place(span));
    }
    out
}

/// A setting: its value, and where each part of it came from.
fn put(out: &mut String, key: &str, setting: &Setting, sources: &Sources) {
    match sources.merged.slot(setting.name) {
        Slot::One(value, source) => {
            let value = match value {
                Value::Text(text) if setting.name == Name::VerifyProxy => {
                    quoted(&without_login(text))
                }
                value => value.to_string(),
            };
            let value = escape(&value);
            line(out, &format!("{key} = {value}"), &source.to_string());
        }
        Slot::Many(texts) => match texts.as_slice() {
            [] => line(out, &format!("{key} = []"), "default"),
            [(text, source)] => {
                line(
                    out,
                    &format!("{key} = [{}]", shown(text)),
                    &source.to_string(),
                );
            }
            several => {
                let _ = writeln!(out, "{key} = [");
                for (text, source) in several {
                    line(out, &format!("    {},", shown(text)), &source.to_string());
                }
                out.push_str("]\n");
            }
        },
    }
}

/// A proxy's URL as it may be shown: it may hold a password.
fn without_login(url: &str) -> String {
    let (scheme, rest) = url
        .split_once("://")
        .map_or(("", url), |(scheme, rest)| (scheme, rest));
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{}@{host}", Secret::MASK),
        None => url.to_owned(),
    }
}

fn shown(text: &str) -> String {
    escape(&quoted(text))
}

fn line(out: &mut String, text: &str, source: &str) {
    let _ = writeln!(out, "{text:COLUMN$}# {}", escape(source));
}
