//! The result of a run, as every renderer gets it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use super::{Allows, Baselined, Confidence, Coverage, Finding, Severity, Verdict, Verification};

/// What the exit status says. `Failed` outranks `Found`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Everything was scanned, nothing at or above the threshold was found: exit status 0.
    Clean,
    /// Everything was scanned, something was found: exit status 1.
    Found,
    /// Something that was to be scanned was not: exit status 2.
    Failed,
}

/// Which findings make a run `Found`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailOn {
    /// Those of this severity or a worse one.
    Severity(Severity),
    /// Those that a provider accepts.
    Live,
}

impl FailOn {
    /// Whether `finding` counts.
    pub fn counts(self, finding: &Finding) -> bool {
        match self {
            Self::Severity(least) => finding.severity >= least,
            Self::Live => finding.verdict().is_live(),
        }
    }

    /// The name used in options and reports.
    pub fn id(self) -> &'static str {
        match self {
            Self::Severity(least) => least.id(),
            Self::Live => "live",
        }
    }
}

impl From<Severity> for FailOn {
    fn from(least: Severity) -> Self {
        Self::Severity(least)
    }
}

/// A finished run. Sorted by path, offset and rule before any renderer sees it.
#[derive(Debug, Default)]
pub struct Report {
    /// What was found.
    pub findings: Vec<Finding>,
    /// What comments in the files let pass. It counts for nothing.
    pub allows: Allows,
    /// What the baseline let pass, if there is one. It counts for nothing.
    pub baseline: Option<Box<Baselined>>,
    /// Whether what lets nothing pass any more, comments and entries of the baseline, fails the run.
    pub fail_on_unused: bool,
    /// What was looked at and what was not.
    pub coverage: Coverage,
    /// How many candidates were dropped, by rule id and reason id.
    pub drops: BTreeMap<(Cow<'static, str>, &'static str), u64>,
    /// How many findings were left out because they are committed already, if what is staged was scanned.
    pub held: Option<u64>,
    /// How many findings were left out because they are less sure than was asked for, if that was asked.
    pub hidden: Option<u64>,
    /// What asking providers took, if they were asked.
    pub verification: Option<Box<Verification>>,
    /// Wall time; only the text summary shows it, so that machine formats stay reproducible.
    pub elapsed: Duration,
}

impl Report {
    /// Brings everything into the order of reports, and takes what is allowed out of the findings.
    pub fn sort(&mut self) {
        let allowed = self.findings.extract_if(.., |it| it.allowed.is_some());
        self.allows.findings.extend(allowed);
        self.allows.findings.sort_by(Finding::report_order);
        self.allows.warnings.sort();
        self.allows.warnings.dedup();
        self.allows.unused.sort();
        self.allows.unused.dedup();
        self.findings.sort_by(Finding::report_order);
        self.coverage.named.sort();
    }

    /// Takes out the findings that are less sure than `least`, and counts them. The mildest hides nothing.
    pub fn hide_below(&mut self, least: Confidence) {
        if least == Confidence::Low {
            return;
        }
        let before = self.findings.len();
        self.findings.retain(|finding| finding.confidence >= least);
        let gone = (before - self.findings.len()) as u64;
        self.hidden = Some(self.hidden.unwrap_or(0) + gone);
    }

    /// How many comments and entries of the baseline let nothing pass any more, as far as that is known.
    pub fn unused(&self) -> u64 {
        let baseline = self.baseline.as_deref();
        let entries = baseline.and_then(|baseline| baseline.unused.as_ref());
        (self.allows.unused.len() + entries.map_or(0, Vec::len)) as u64
    }

    /// Takes out the findings whose verdict is none of `only`, and counts them.
    pub fn keep_verdicts(&mut self, only: &[Verdict]) {
        let Some(verification) = self.verification.as_mut().filter(|_| !only.is_empty()) else {
            return;
        };
        let hidden = verification.hidden.get_or_insert_default();
        for finding in self
            .findings
            .extract_if(.., |it| !only.contains(&it.verdict()))
        {
            *hidden.entry(finding.verdict()).or_default() += 1;
            verification.hidden_unanswered += u64::from(finding.is_unanswered());
        }
    }

    /// How many findings nobody answered about because something went wrong: they may be live, hidden ones too.
    pub fn unanswered(&self) -> u64 {
        let shown = self.findings.iter().filter(|it| it.is_unanswered());
        let hidden = self.verification.as_ref();
        shown.count() as u64 + hidden.map_or(0, |it| it.hidden_unanswered)
    }

    /// The outcome by `fail_on`. What was to be scanned and was not, and what was asked and was not answered, makes it `Failed`.
    pub fn outcome(&self, fail_on: FailOn) -> Outcome {
        if !self.coverage.is_complete() || self.unanswered() > 0 {
            Outcome::Failed
        } else if self.findings.iter().any(|finding| fail_on.counts(finding))
            || self.fail_on_unused && self.unused() > 0
        {
            Outcome::Found
        } else {
            Outcome::Clean
        }
    }
}
