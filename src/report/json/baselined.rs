//! What a baseline let pass, as the JSON formats hold it.

use serde::Serialize;

use crate::model::{self, Baselined, Fingerprint};

/// The entry that lets a finding pass.
#[derive(Serialize)]
pub(super) struct Entry<'a> {
    reason: Option<&'a str>,
    owner: Option<&'a str>,
    expires: Option<String>,
}

impl<'a> Entry<'a> {
    pub(super) fn new(entry: &'a model::Accepted) -> Self {
        Self {
            reason: entry.reason.as_deref(),
            owner: entry.owner.as_deref(),
            expires: entry.expires.map(|day| day.to_string()),
        }
    }
}

/// How much passed, and which entries somebody should look at.
#[derive(Serialize)]
pub(super) struct Summary<'a> {
    file: &'a str,
    entries: u64,
    findings: u64,
    expired: Vec<Named<'a>>,
    unused: Option<Vec<Named<'a>>>,
    doubled: Vec<String>,
}

impl<'a> Summary<'a> {
    pub(super) fn new(baseline: &'a Baselined) -> Self {
        let named = |entries: &'a Vec<model::Accepted>| entries.iter().map(Named::new).collect();
        Self {
            file: &baseline.file,
            entries: baseline.entries,
            findings: baseline.findings.len() as u64,
            expired: named(&baseline.expired),
            unused: baseline.unused.as_ref().map(named),
            doubled: baseline
                .doubled
                .iter()
                .map(Fingerprint::to_string)
                .collect(),
        }
    }
}

#[derive(Serialize)]
struct Named<'a> {
    fingerprint: String,
    rule: &'a str,
    owner: Option<&'a str>,
    expires: Option<String>,
}

impl<'a> Named<'a> {
    fn new(entry: &'a model::Accepted) -> Self {
        Self {
            fingerprint: entry.fingerprint.to_string(),
            rule: &entry.rule,
            owner: entry.owner.as_deref(),
            expires: entry.expires.map(|day| day.to_string()),
        }
    }
}
