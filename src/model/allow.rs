//! What comments in scanned files let pass, and what is wrong with such comments.

use super::Finding;

/// The comment that lets a finding pass, by the program that it was written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Marker {
    /// `waxseal:allow`, which names rules and gives a reason.
    Waxseal,
    /// `gitleaks:allow`.
    Gitleaks,
    /// `betterleaks:allow`.
    Betterleaks,
    /// `trufflehog:ignore`.
    Trufflehog,
    /// `pragma: allowlist secret` and its kin.
    DetectSecrets,
    /// `ggignore`.
    Ggshield,
    /// `kingfisher:ignore`.
    Kingfisher,
    /// `secretlint-disable-line` and `secretlint-disable-next-line`.
    Secretlint,
}

impl Marker {
    /// Every marker, our own first.
    pub const ALL: [Marker; 8] = [
        Self::Waxseal,
        Self::Gitleaks,
        Self::Betterleaks,
        Self::Trufflehog,
        Self::DetectSecrets,
        Self::Ggshield,
        Self::Kingfisher,
        Self::Secretlint,
    ];

    /// The stable name used in machine formats: the words of the comment, in their plainest form.
    pub fn id(self) -> &'static str {
        match self {
            Self::Waxseal => "waxseal:allow",
            Self::Gitleaks => "gitleaks:allow",
            Self::Betterleaks => "betterleaks:allow",
            Self::Trufflehog => "trufflehog:ignore",
            Self::DetectSecrets => "pragma: allowlist secret",
            Self::Ggshield => "ggignore",
            Self::Kingfisher => "kingfisher:ignore",
            Self::Secretlint => "secretlint-disable-line",
        }
    }
}

/// Why a finding is let pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// Which kind of comment says so.
    pub marker: Marker,
    /// Line of the comment in the stored file, from 1.
    pub line: u64,
    /// The reason that the comment gives, printable, at most [`Allowed::MOST`] characters, with everything in it hidden that
    /// may be a secret. Comments for other programs give none.
    pub reason: Option<String>,
}

impl Allowed {
    /// Longest reason, in characters.
    pub const MOST: usize = 200;

    /// Note of a finding whose secret also stands where it is allowed.
    pub const ELSEWHERE: &str =
        "comments allow it at other places; those are not counted here, not even one in HEAD";
}

/// What is wrong with a `waxseal:allow` comment. What stands in the comment is not repeated: it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AllowFault {
    /// It names no rule.
    NoRule,
    /// It asks for all rules at once.
    AllRules,
    /// It names a rule that there is none of; with the nearest one that there is.
    UnknownRule {
        /// Id of that one.
        nearest: String,
    },
    /// It gives no reason. It works all the same, unless reasons are required.
    NoReason {
        /// Whether they are.
        required: bool,
    },
}

impl AllowFault {
    /// The stable name used in machine formats.
    pub fn id(&self) -> &'static str {
        match self {
            Self::NoRule => "no-rule",
            Self::AllRules => "all-rules",
            Self::UnknownRule { .. } => "unknown-rule",
            Self::NoReason { .. } => "no-reason",
        }
    }
}

/// A `waxseal:allow` comment beside a finding that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AllowWarning {
    /// The file, as in [`super::Origin::path`].
    pub path: Vec<u8>,
    /// Line of the comment, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub fault: AllowFault,
}

/// What comments let pass in a run, and what there is to say of them.
#[derive(Debug, Default)]
pub struct Allows {
    /// Findings that count for nothing, each with the [`Allowed`] that says why.
    pub findings: Vec<Finding>,
    /// Comments that are not as they should be. Only comments beside findings are read, and none of a history, where
    /// nothing can be mended.
    pub warnings: Vec<AllowWarning>,
    /// Path and line of the `waxseal:allow` comments beside findings that let none of them pass, though nothing is wrong with
    /// them; where it was asked for, of all comments that let nothing pass.
    pub unused: Vec<(Vec<u8>, u64)>,
}

impl Allows {
    /// Adds what another thread came to know.
    pub fn merge(&mut self, other: Allows) {
        self.findings.extend(other.findings);
        self.warnings.extend(other.warnings);
        self.unused.extend(other.unused);
    }
}
