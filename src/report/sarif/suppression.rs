//! What suppresses a result: the comment in the file that allows it.

use serde::Serialize;

use crate::model::Finding;

#[derive(Serialize)]
pub(super) struct Suppression<'a> {
    kind: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<&'a str>,
    properties: Properties,
}

#[derive(Serialize)]
struct Properties {
    marker: &'static str,
    line: u64,
}

impl<'a> Suppression<'a> {
    /// What suppresses `finding`; nothing, for most.
    pub(super) fn of(finding: &'a Finding) -> Vec<Self> {
        let allowed = finding.allowed.as_deref();
        allowed
            .map(|allowed| Self {
                kind: "inSource",
                status: "accepted",
                justification: allowed.reason.as_deref(),
                properties: Properties {
                    marker: allowed.marker.id(),
                    line: allowed.line,
                },
            })
            .into_iter()
            .collect()
    }
}
