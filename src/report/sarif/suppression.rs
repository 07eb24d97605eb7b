//! What suppresses a result: the comment in the file that allows it, or the entry of a baseline that lets it pass.

use serde::Serialize;

use crate::model::{Accepted, Finding};

#[derive(Serialize)]
pub(super) struct Suppression<'a> {
    kind: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<&'a str>,
    properties: Properties<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Properties<'a> {
    Comment {
        marker: &'static str,
        line: u64,
    },
    Entry {
        #[serde(skip_serializing_if = "Option::is_none")]
        owner: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        expires: Option<String>,
    },
}

impl<'a> Suppression<'a> {
    /// What suppresses `finding`, which a baseline may let pass by `entry`; nothing, for most.
    pub(super) fn of(finding: &'a Finding, entry: Option<&'a Accepted>) -> Vec<Self> {
        let comment = finding.allowed.as_deref().map(|allowed| Self {
            kind: "inSource",
            status: "accepted",
            justification: allowed.reason.as_deref(),
            properties: Properties::Comment {
                marker: allowed.marker.id(),
                line: allowed.line,
            },
        });
        let entry = entry.map(|entry| Self {
            kind: "external",
            status: "accepted",
            justification: entry.reason.as_deref(),
            properties: Properties::Entry {
                owner: entry.owner.as_deref(),
                expires: entry.expires.map(|day| day.to_string()),
            },
        });
        comment.into_iter().chain(entry).collect()
    }
}
