//! What is to be proved: a finding's value with its companions. Borrowed from findings, and never kept.

use crate::model::{Finding, FindingPart, Secret};

/// One credential to ask about.
#[derive(Clone, Copy, Debug)]
pub struct Credential<'f> {
    /// Id of the rule that found it.
    pub rule: &'f str,
    /// The secret half.
    pub secret: &'f Secret,
    /// Its companions: `sid`, `host`, `port`, `user`, `region` …
    pub parts: &'f [FindingPart],
    /// Account ids that were found elsewhere in the same scan, likeliest first, for a secret whose own one is missing or was
    /// guessed. A verifier tries a few of them at most.
    pub others: &'f [Secret],
}

impl<'f> Credential<'f> {
    /// That of `finding`.
    pub fn of(finding: &'f Finding, others: &'f [Secret]) -> Self {
        Self {
            rule: &finding.rule,
            secret: &finding.secret,
            parts: &finding.parts,
            others,
        }
    }

    /// The companion called `name`.
    pub fn part(&self, name: &str) -> Option<&'f Secret> {
        let part = self.parts.iter().find(|part| part.name == name)?;
        Some(&part.value)
    }
}
