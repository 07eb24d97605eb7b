//! What comments in the files let pass, as the JSON formats hold it.

use serde::Serialize;

use super::Path;
use crate::model::{self, Allows};
use crate::report::wording;

/// Why a finding is let pass.
#[derive(Serialize)]
pub(super) struct Allowed<'a> {
    marker: &'static str,
    line: u64,
    reason: Option<&'a str>,
}

impl<'a> Allowed<'a> {
    /// The comment that lets `finding` pass, if one does.
    pub(super) fn of(finding: &'a model::Finding) -> Option<Self> {
        let allowed = finding.allowed.as_deref()?;
        Some(Self {
            marker: allowed.marker.id(),
            line: allowed.line,
            reason: allowed.reason.as_deref(),
        })
    }
}

/// How much is let pass, and what is wrong with comments.
#[derive(Serialize)]
pub(super) struct Summary<'a> {
    findings: u64,
    unused: u64,
    warnings: Vec<Warning<'a>>,
}

impl<'a> Summary<'a> {
    pub(super) fn new(allows: &'a Allows) -> Self {
        Self {
            findings: allows.findings.len() as u64,
            unused: allows.unused.len() as u64,
            warnings: allows.warnings.iter().map(Warning::new).collect(),
        }
    }
}

#[derive(Serialize)]
struct Warning<'a> {
    #[serde(flatten)]
    path: Path<'a>,
    line: u64,
    fault: &'static str,
    detail: String,
}

impl<'a> Warning<'a> {
    fn new(warning: &'a model::AllowWarning) -> Self {
        Self {
            path: Path::new(&warning.path),
            line: warning.line,
            fault: warning.fault.id(),
            detail: wording::fault(&warning.fault),
        }
    }
}
