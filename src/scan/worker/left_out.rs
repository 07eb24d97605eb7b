//! What the configuration leaves out of a file: rules that are not used there, and values that are none.

use std::collections::BTreeSet;

use crate::model::{
    Blob, Confidence, Excerpt, Finding, Fingerprint, Place, Secret, Severity, Span,
};
use crate::rules::POLICY_TOO_WIDE;
use crate::scan::class::Dotenv;
use crate::scan::exclude::LeftOut;
use crate::scan::filter::Drop;

use super::Worker;

impl Worker<'_> {
    /// Drops the candidates that are left out of the file at `path`. They do not stand in the way of other rules' then, as if their
    /// rules were off.
    pub(super) fn leave_out(&mut self, path: &[u8], own: &dyn Fn(Span) -> bool) {
        let exclusions = &self.scanner.exclusions;
        let words = exclusions.words();
        let left_out = if self.everywhere {
            LeftOut::default()
        } else {
            exclusions.of(path)
        };
        let is_silenced =
            self.state.dotenv == Dotenv::Live && left_out.silences(&self.scanner.dotenv).is_some();
        // a value that several rules see is one
        let mut seen = BTreeSet::new();
        let mut candidates = std::mem::take(&mut self.decisions.candidates);
        candidates.retain(|candidate| {
            let reason = if left_out.has(candidate.rule) {
                Drop::Excluded
            } else if candidate.value.holds_any(words) {
                Drop::StopWord
            } else {
                return true;
            };
            let is_own = own(candidate.secret);
            self.decisions.uncounted = !is_own || !seen.insert(candidate.secret);
            self.decisions.drop(candidate.rule, reason);
            let is_whole = reason == Drop::Excluded && is_silenced;
            self.state.left_out += u64::from(is_own && is_whole);
            false
        });
        self.decisions.candidates = candidates;
    }

    /// The finding that a dotenv file is left out as a whole, by what is called `entries`, though there is something in it.
    pub(super) fn silenced(&self, blob: &Blob<'_>, entries: &str) -> Option<Finding> {
        let origin = &blob.origin;
        if self.scanner.options.silent_excludes {
            return None;
        }
        let leave = if entries.contains(" and ") {
            "leave"
        } else {
            "leaves"
        };
        Some(Finding {
            rule: POLICY_TOO_WIDE.into(),
            severity: Severity::High,
            confidence: Confidence::High,
            secret: Secret::new(&[], 0),
            parts: Vec::new(),
            origin: origin.to_owned(),
            place: Place::TOP,
            excerpt: Excerpt(String::new()),
            encodings: Vec::new(),
            // as for every finding about a file as a whole, its path is the value
            fingerprint: Fingerprint::new(
                self.scanner.options.fingerprint_key.as_bytes(),
                POLICY_TOO_WIDE,
                &Secret::new(&origin.within, 0),
            ),
            notes: vec![
                format!("{entries} {leave} out this dotenv file as a whole, and values in it look like secrets").into(),
            ],
            history: None,
            allowed: None,
            verified: None,
        })
    }
}
