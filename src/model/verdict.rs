//! What asking a provider about a credential brought to light.
//!
//! The words only. Who is asked, and how an answer becomes a verdict, is for `verify`.

use std::borrow::Cow;

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
