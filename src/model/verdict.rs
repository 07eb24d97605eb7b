//! What asking a provider about a credential brought to light.
//!
//! The words only. Who is asked, and how an answer becomes a verdict, is for `verify`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Severity;

/// Whether a credential works. Only an answer that is listed for its provider makes it live or dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It opens what it is meant to open.
    Live,
    /// The provider knows it, and lets it do less, or nothing from here.
    LiveRestricted,
    /// It works, for a test account: it can neither send nor read.
    Test,
    /// The provider does not know it, or no longer.
    Dead,
    /// Refused as it was presented. With another account or region it might be accepted.
    Rejected,
    /// Nothing is known: not asked, no answer, or none that tells.
    Unknown,
}

impl Verdict {
    /// Every verdict, the most urgent first.
    pub const ALL: [Verdict; 6] = [
        Self::Live,
        Self::LiveRestricted,
        Self::Test,
        Self::Dead,
        Self::Rejected,
        Self::Unknown,
    ];

    /// The name used in rules, options and reports.
    pub fn id(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::LiveRestricted => "live-restricted",
            Self::Test => "test",
            Self::Dead => "dead",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the provider accepted it as one of its own.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Live | Self::LiveRestricted)
    }

    /// How bad a finding of `severity` is once this is known. What works is tonight's work whatever it is. What is dead goes one
    /// step down and no further than low: it was known to whoever could read it, and may have been used. A note stays a note.
    pub fn rate(self, severity: Severity) -> Severity {
        match (self, severity) {
            (_, Severity::Info) => Severity::Info,
            (Self::Live, _) => Severity::Critical,
            (Self::LiveRestricted, _) => severity.max(Severity::High),
            (Self::Dead, Severity::Critical) => Severity::High,
            (Self::Dead, Severity::High) => Severity::Medium,
            (Self::Dead, Severity::Medium | Severity::Low) | (Self::Test, _) => Severity::Low,
            (Self::Rejected | Self::Unknown, _) => severity,
        }
    }
}

/// A verdict and what is known beside it. Nothing in it is a provider's own text: reasons are ours, and details hold names
/// that were checked against what such a name looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Whether it works.
    pub verdict: Verdict,
    /// Why that is believed, as a clause.
    pub reason: Cow<'static, str>,
    /// What else was learned: `scopes`, `more-than-needed`, `key-id`, `region`, `account-status` …
    pub details: Vec<VerifiedDetail>,
    /// Hosts that were asked, in the order of asking; empty if none was.
    pub asked: Vec<String>,
    /// Whether the answer is an earlier one that was kept.
    pub cached: bool,
    /// Whether nobody answered who can know: something went wrong on the way, or what came back can't be the provider's, so that
    /// asking again may bring an answer. Only what is unknown can be unanswered, and it may be live.
    pub unanswered: bool,
    /// How bad the finding was before this was known, if that made it worse or better.
    pub severity_before: Option<Severity>,
}

impl Verified {
    /// A verdict with its reason and nothing else.
    pub fn new(verdict: Verdict, reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            verdict,
            reason: reason.into(),
            details: Vec::new(),
            asked: Vec::new(),
            cached: false,
            unanswered: false,
            severity_before: None,
        }
    }

    /// Nothing is known, because nobody answered: no answer came, or none that can be the provider's.
    pub fn no_answer(reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            unanswered: true,
            ..Self::new(Verdict::Unknown, reason)
        }
    }

    /// The same with one more detail.
    #[must_use]
    pub fn with(mut self, name: &'static str, values: Vec<String>) -> Self {
        self.details.push(VerifiedDetail {
            name: name.into(),
            values,
        });
        self
    }
}

/// One thing that was learned about a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedDetail {
    /// What it is.
    pub name: Cow<'static, str>,
    /// Its values: one, or a list such as that of a key's scopes.
    pub values: Vec<String>,
}

/// What asking took, and where the questions went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// Whether it was only told what would be asked.
    pub dry_run: bool,
    /// Distinct credentials that were to be asked about.
    pub credentials: u64,
    /// For how many of them an answer of an earlier run was taken.
    pub cached: u64,
    /// Hosts that were contacted, by name.
    pub hosts: Vec<Contacted>,
    /// What would be asked first, in a dry run.
    pub planned: Vec<Planned>,
    /// What the operator changed in where questions go and what is trusted, a clause each.
    pub changes: Vec<String>,
    /// Why answers were neither used nor kept, though they were to be: a place, and what is wrong with it.
    pub no_cache: Option<String>,
    /// Whether it was ended from outside before all was asked.
    pub stopped: bool,
    /// Findings that are left out because their verdict is none of those asked for, if that was asked.
    pub hidden: Option<BTreeMap<Verdict, u64>>,
    /// How many of those got no answer because something went wrong: they may be live.
    pub hidden_unanswered: u64,
}

impl Verification {
    /// Requests that were made: one for each question over HTTPS, one for each login at a mail server.
    pub fn requests(&self) -> u64 {
        self.hosts.iter().map(|host| host.requests).sum()
    }
}

/// A host that was contacted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contacted {
    /// Its name, and its port where that is not the usual one.
    pub host: String,
    /// How often.
    pub requests: u64,
}

/// A question that a dry run did not put.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Planned {
    /// Whose host it is.
    pub provider: String,
    /// The host, with its port where that is not the usual one.
    pub host: String,
    /// What would be said there. Holds no secret, and of names only their beginnings.
    pub what: String,
    /// About how many credentials.
    pub credentials: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_moves_a_severity_as_stated() {
        use Severity::{Critical, High, Info, Low, Medium};
        for (verdict, rated) in [
            (
                Verdict::Live,
                [Info, Critical, Critical, Critical, Critical],
            ),
            (Verdict::LiveRestricted, [Info, High, High, High, Critical]),
            (Verdict::Test, [Info, Low, Low, Low, Low]),
            (Verdict::Dead, [Info, Low, Low, Medium, High]),
            (Verdict::Rejected, Severity::ALL),
            (Verdict::Unknown, Severity::ALL),
        ] {
            assert_eq!(
                Severity::ALL.map(|severity| verdict.rate(severity)),
                rated,
                "{verdict:?}"
            );
        }
    }
}
