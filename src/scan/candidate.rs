//! What matchers yield before positions are known: spans in one text, values already locked away.
//!
//! Also the bookkeeping of what was dropped and why. No rule logic.

use std::borrow::Cow;

use crate::model::{Confidence, Encoding, Secret, Severity, Span};

use super::filter::Drop;

/// Dense index of a rule in the scanner's list.
pub type RuleIx = u16;

/// A value that a rule takes for a secret.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The rule.
    pub rule: RuleIx,
    /// Where the value stands in the text it was found in; outer texts after [`Candidate::lift`].
    pub secret: Span,
    /// The value as read, decoded.
    pub value: Secret,
    /// Companions.
    pub parts: Vec<CandidatePart>,
    /// How bad; the rule's, unless the place makes it worse.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Among candidates for one value, the nearer or better named wins; higher is better.
    pub rank: i32,
    /// The stretch that an excerpt must hide: at least `secret`.
    pub mask: Span,
    /// Layers taken off, outermost first.
    pub encodings: Vec<Encoding>,
    /// Clauses for the reader.
    pub notes: Vec<Cow<'static, str>>,
    /// The key that the value is given to, in the text it was found in.
    pub key: Option<Span>,
}

/// A companion of a candidate's secret.
#[derive(Clone, Debug)]
pub struct CandidatePart {
    /// `sid`, `host`, `port`, `user` …
    pub name: Cow<'static, str>,
    /// Where it stands, in the same text as the secret.
    pub span: Span,
    /// The value.
    pub value: Secret,
}

impl Candidate {
    /// Carries the candidate from a decoded view to the text that the view was cut from.
    pub fn lift(&mut self, encoding: Encoding, source: Span, map: impl Fn(Span) -> Span) {
        self.secret = map(self.secret);
        for part in &mut self.parts {
            part.span = map(part.span);
        }
        self.mask = source;
        self.encodings.insert(0, encoding);
    }
}

/// Where matchers put what they decided. Cleared between blobs, never shrunk.
#[derive(Debug, Default)]
pub struct Decisions {
    /// What survived.
    pub candidates: Vec<Candidate>,
    /// How many each rule dropped for each reason, over all blobs of the worker.
    pub drops: Vec<(RuleIx, Drop, u64)>,
    /// Whether what is dropped now is counted in another window of the file.
    pub uncounted: bool,
}

impl Decisions {
    /// Counts a dropped candidate.
    pub fn drop(&mut self, rule: RuleIx, reason: Drop) {
        if self.uncounted {
            return;
        }
        match self
            .drops
            .iter_mut()
            .find(|(r, d, _)| (*r, *d) == (rule, reason))
        {
            Some((_, _, count)) => *count += 1,
            None => self.drops.push((rule, reason, 1)),
        }
    }
}
