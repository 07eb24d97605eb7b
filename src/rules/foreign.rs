//! Rules that were written for gitleaks, as data. What they mean lives in `scan`.

use std::sync::Arc;

use super::List;
use super::Str;
use super::gitleaks::Pattern;

/// A rule of a gitleaks file: a pattern that is tried on a whole text in which one of its keywords stands, or a path, or both.
#[derive(Clone, Debug, PartialEq)]
pub struct Foreign {
    /// What to look for; none for a rule about paths alone.
    pub pattern: Option<Pattern>,
    /// What the path of the file must match, if anything.
    pub path: Option<Pattern>,
    /// Words of which one must stand in the text, in lower case; none for a rule that is always tried.
    pub keywords: List<Str>,
    /// Shannon entropy that the secret must exceed, bits a byte; 0 for none.
    pub entropy: f64,
    /// The group that is the secret; 0 for the first one that matched something, or the match.
    pub group: usize,
    /// What lets a match pass: any of them.
    pub allow: Vec<Arc<AllowList>>,
    /// Rules that must match nearby as well.
    pub required: Vec<Required>,
    /// Whether the rule only serves others that require it.
    pub silent: bool,
}

/// A rule that must match near another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Required {
    /// Its id.
    pub rule: String,
    /// Lines that the two matches may begin apart.
    pub lines: Option<u64>,
    /// Columns that the two matches may begin apart.
    pub columns: Option<u64>,
}

/// What lets matches pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowList {
    /// Whether all kinds of conditions that it has must hold; any of them otherwise.
    pub all: bool,
    /// Commits whose findings pass, in lower case.
    pub commits: Vec<String>,
    /// Patterns for the path, of which one must match.
    pub paths: Vec<Pattern>,
    /// Patterns for the text, of which one must match.
    pub patterns: Vec<Pattern>,
    /// What those are held against.
    pub target: Target,
    /// Words of which one must stand in the secret, in lower case.
    pub words: Vec<String>,
}

/// What the patterns of an allow list are held against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// The secret.
    #[default]
    Secret,
    /// All that the rule's pattern matched.
    Match,
    /// The lines on which that stands.
    Line,
}
