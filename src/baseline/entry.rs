//! One entry as a line of JSON.
//!
//! A hook reads ten thousand of these before it has found anything. So what we wrote ourselves is checked by a scan of its bytes, without
//! an allocation; whatever is written in another way (other order, blanks, escapes) goes through the JSON parser, which takes
//! ten times as long.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

use super::LONGEST_TEXT;
use crate::model::{Accepted, Day, Fingerprint};

/// The fingerprint and the last day of the entry that `line` is; else what is wrong with it.
pub(super) fn scan(line: &[u8]) -> Result<(Fingerprint, Option<Day>), &'static str> {
    match canonical(line) {
        Some(found) => Ok(found),
        None => parse(line).map(|entry| (entry.fingerprint, entry.expires)),
    }
}

/// The same of a line as [`write`] writes it, and none for any other.
fn canonical(line: &[u8]) -> Option<(Fingerprint, Option<Day>)> {
    let rest = line.strip_prefix(b"{\"fingerprint\":\"")?;
    let (digits, rest) = rest.split_at_checked(32)?;
    let fingerprint = Fingerprint::parse(digits)?;
    let rest = plain(rest.strip_prefix(b"\",\"rule\":\"")?)?.1;
    let mut rest = rest;
    for key in [&b",\"reason\":\""[..], b",\"owner\":\""] {
        if let Some(value) = rest.strip_prefix(key) {
            let (text, behind) = plain(value)?;
            if text.len() > LONGEST_TEXT {
                return None;
            }
            rest = behind;
        }
    }
    let mut expires = None;
    if let Some(value) = rest.strip_prefix(b",\"expires\":\"") {
        let (day, behind) = plain(value)?;
        expires = Some(Day::parse(day)?);
        rest = behind;
    }
    (rest == b"}").then_some((fingerprint, expires))
}

/// The rule that the entry `line` names.
pub(super) fn rule(line: &str) -> Option<Cow<'_, str>> {
    let behind = line
        .strip_prefix("{\"fingerprint\":\"")
        .and_then(|rest| rest.get(32..)?.strip_prefix("\",\"rule\":\""));
    let plain = behind.and_then(|rest| rest.split_once('"'));
    match plain.filter(|(rule, _)| !rule.contains('\\')) {
        Some((rule, _)) => Some(rule.into()),
        None => parse(line.as_bytes()).ok().map(|entry| entry.rule.into()),
    }
}

/// The text up to the next quote, not empty, and what stands behind it; none where anything in it is escaped, or should be.
fn plain(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr2(b'"', b'\\', text)?;
    let (text, rest) = text.split_at(end);
    let rest = rest.strip_prefix(b"\"")?;
    let is_plain = !text.is_empty() && text.iter().all(|byte| *byte >= 0x20);
    is_plain.then_some((text, rest))
}

/// The entry that `line` is; else what is wrong with it.
pub(super) fn parse(line: &[u8]) -> Result<Accepted, &'static str> {
    let object: Map<String, Value> = serde_json::from_slice(line).map_err(|_| {
        "this is no entry, or one that is cut off: {\"fingerprint\":\"…\",\"rule\":\"…\",\"reason\":\"…\"}"
    })?;
    let known = ["fingerprint", "rule", "reason", "owner", "expires"];
    if object.keys().any(|key| !known.contains(&key.as_str())) {
        return Err(
            "this entry has a key that is none of fingerprint, rule, reason, owner and expires",
        );
    }
    let digits = object.get("fingerprint").and_then(Value::as_str);
    let fingerprint = digits
        .and_then(|digits| Fingerprint::parse(digits.as_bytes()))
        .ok_or("this entry needs a `fingerprint` of 32 hexadecimal digits in lower case")?;
    let rule = object.get("rule").and_then(Value::as_str);
    let rule = rule
        .filter(|rule| !rule.is_empty())
        .ok_or("this entry needs a `rule`, the id of the rule whose finding it lets pass")?;
    let text = |key: &str, problem: &'static str| match object.get(key) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() && text.chars().count() <= LONGEST_TEXT => {
            Ok(Some(text.clone()))
        }
        Some(_) => Err(problem),
    };
    let reason = text(
        "reason",
        "the `reason` of this entry is no text of 1 to 500 characters",
    )?;
    let owner = text(
        "owner",
        "the `owner` of this entry is no text of 1 to 500 characters",
    )?;
    let expires = match object.get("expires") {
        None => None,
        Some(day) => Some(
            day.as_str()
                .and_then(|day| Day::parse(day.as_bytes()))
                .ok_or("the `expires` of this entry is no day; write 2026-03-31")?,
        ),
    };
    Ok(Accepted {
        fingerprint,
        rule: rule.to_owned(),
        reason,
        owner,
        expires,
    })
}

#[derive(Serialize)]
struct Written<'a> {
    fingerprint: String,
    rule: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
}

/// Adds `entry` to `out`, as a line.
///
/// # Panics
/// Never: texts can always be written as JSON.
pub(super) fn write(entry: &Accepted, out: &mut String) {
    let written = Written {
        fingerprint: entry.fingerprint.to_string(),
        rule: &entry.rule,
        reason: entry.reason.as_deref(),
        owner: entry.owner.as_deref(),
        expires: entry.expires.map(|day| day.to_string()),
    };
    let line = serde_json::to_string(&written).expect("a struct of texts is JSON");
    out.push_str(&line);
    out.push('\n');
}
