//! Verdicts, and what asking for them took, as the JSON formats and the SARIF log hold them.

use serde::{Serialize, Serializer};

use crate::model::{self, Report, Verdict};
use crate::report::verification;

/// What a provider says of a finding.
#[derive(Serialize)]
pub(in crate::report) struct Verified<'a> {
    verdict: &'static str,
    reason: &'a str,
    details: Vec<Detail<'a>>,
    asked: &'a [String],
    cached: bool,
    unanswered: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity_before: Option<&'static str>,
}

impl<'a> Verified<'a> {
    /// The published form of `verified`.
    pub(in crate::report) fn new(verified: &'a model::Verified) -> Self {
        Self {
            verdict: verified.verdict.id(),
            reason: &verified.reason,
            details: verified
                .details
                .iter()
                .map(|detail| Detail {
                    name: &detail.name,
                    values: &detail.values,
                })
                .collect(),
            asked: &verified.asked,
            cached: verified.cached,
            unanswered: verified.unanswered,
            severity_before: verified.severity_before.map(model::Severity::id),
        }
    }
}

#[derive(Serialize)]
struct Detail<'a> {
    name: &'a str,
    values: &'a [String],
}

/// What asking took.
#[derive(Serialize)]
pub(in crate::report) struct Verification<'a> {
    dry_run: bool,
    credentials: u64,
    cached: u64,
    requests: u64,
    hosts: Vec<Host<'a>>,
    /// What would be asked first; only in a dry run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    planned: Vec<Planned<'a>>,
    changes: &'a [String],
    /// Findings by verdict, also with 0.
    #[serde(serialize_with = "as_object")]
    verdicts: Vec<(&'static str, u64)>,
    /// Findings that nobody could be asked about and those that nobody was asked about.
    not_asked: u64,
    /// Findings that `--only` left out, by verdict; only where it was given.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_option")]
    hidden: Option<Vec<(&'static str, u64)>>,
    /// Findings that nobody answered about, those that are hidden too.
    unanswered: u64,
    /// Whether it was ended from outside before all was asked; only then.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stopped: bool,
}

impl<'a> Verification<'a> {
    /// What was asked for `report`, if anything was to be.
    pub(in crate::report) fn of(report: &'a Report) -> Option<Self> {
        let asked = report.verification.as_deref()?;
        let every = |counts: &std::collections::BTreeMap<Verdict, u64>| {
            let count = |verdict| counts.get(&verdict).copied().unwrap_or(0);
            Verdict::ALL
                .map(|verdict| (verdict.id(), count(verdict)))
                .into()
        };
        let without = report.findings.iter().filter(|it| it.verified.is_none());
        Some(Self {
            dry_run: asked.dry_run,
            credentials: asked.credentials,
            cached: asked.cached,
            requests: asked.requests(),
            hosts: asked
                .hosts
                .iter()
                .map(|it| Host {
                    host: &it.host,
                    requests: it.requests,
                })
                .collect(),
            planned: asked
                .planned
                .iter()
                .map(|it| Planned {
                    provider: &it.provider,
                    host: &it.host,
                    what: &it.what,
                    credentials: it.credentials,
                })
                .collect(),
            changes: &asked.changes,
            verdicts: every(&verification::by_verdict(report)),
            not_asked: without.count() as u64,
            hidden: asked.hidden.as_ref().map(every),
            unanswered: report.unanswered(),
            stopped: asked.stopped,
        })
    }
}

#[derive(Serialize)]
struct Host<'a> {
    host: &'a str,
    requests: u64,
}

#[derive(Serialize)]
struct Planned<'a> {
    provider: &'a str,
    host: &'a str,
    what: &'a str,
    credentials: u64,
}

fn as_object<S: Serializer>(pairs: &[(&str, u64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().copied())
}

#[expect(clippy::ref_option, reason = "serde hands a reference to the field")]
fn as_option<S: Serializer>(
    pairs: &Option<Vec<(&'static str, u64)>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    as_object(pairs.as_deref().unwrap_or_default(), serializer)
}
