//! Under which names a value may stand in a baseline.
//!
//! A fingerprint is of a rule and a value. The rule hangs on where the value stands: a password that moves from a dotenv file into the
//! settings of a mailer is the same, and another rule finds it. So an entry holds for its value whatever rule finds it, unless
//! that rule is worse than the one that was looked at.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::model::{Finding, Fingerprint, FingerprintKey};
use crate::rules::{Kind, POLICY_TOO_WIDE, Rule};

/// The rules of a run, as the ones that an entry may name.
pub(in crate::app) struct Kin<'r> {
    rules: Vec<&'r Rule>,
    key: &'r FingerprintKey,
}

impl<'r> Kin<'r> {
    /// Those of `rules`, with fingerprints made by `key`.
    pub(in crate::app) fn new(
        rules: impl IntoIterator<Item = &'r Rule>,
        key: &'r FingerprintKey,
    ) -> Self {
        // what is about a file as a whole has no value
        let has_value = |rule: &&Rule| !matches!(rule.kind, Kind::File(_));
        Self {
            rules: rules.into_iter().filter(has_value).collect(),
            key,
        }
    }

    /// The same with only those rules that are among `named`.
    pub(in crate::app) fn among(&self, named: &BTreeSet<Cow<'_, str>>) -> Self {
        let rules = self.rules.iter().copied();
        Self {
            rules: rules.filter(|rule| named.contains(&rule.id)).collect(),
            key: self.key,
        }
    }

    /// The names that let `finding` pass, each with its rule: first its own, then those of rules that are at least as bad.
    pub(in crate::app) fn names<'k>(
        &'k self,
        finding: &'k Finding,
    ) -> impl Iterator<Item = (&'k str, Fingerprint)> + 'k {
        // what lets too much pass is mended where it does
        let may_pass = finding.rule != POLICY_TOO_WIDE;
        let own = may_pass.then(|| (&*finding.rule, finding.fingerprint_by(self.key)));
        let others = self.rules.iter().filter(move |rule| {
            may_pass
                && !finding.secret.is_empty()
                && rule.id != finding.rule
                && rule.severity >= finding.severity
        });
        let others = others.map(|rule| {
            let name = Fingerprint::new(self.key.as_bytes(), &rule.id, &finding.secret);
            (&*rule.id, name)
        });
        own.into_iter().chain(others)
    }
}
