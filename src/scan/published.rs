//! Keys that providers print in their own documentation and tests, from where they are copied into thousands of files.
//!
//! They have the form of keys and open nothing. Only digests of them stand here, so that this file holds no key.

use crate::model::{Fingerprint, Secret, Span};

use super::candidate::Decisions;
use super::filter::Drop;
use super::matcher::Compiled;

/// What keys the digests, so that they are no fingerprints of findings.
const KEY: &[u8] = b"waxseal published samples";

/// The first eight bytes of the digest of rule and value: Mailgun's documentation, the tests of Resend's library, the key that
/// Microsoft's storage emulators come with.
const SAMPLES: [u64; 5] = [
    0xbbcc_f76d_1f87_38f7,
    0xa8b8_1915_85cc_7138,
    0x08e5_833d_2f5b_52c0,
    0x37aa_03eb_6634_5b10,
    0xe746_c0c5_60ce_6792,
];

/// Drops the candidates whose values are such keys. They are counted if their value is `own`.
pub fn drop_samples(rules: &[Compiled], decisions: &mut Decisions, own: &dyn Fn(Span) -> bool) {
    let candidates = std::mem::take(&mut decisions.candidates);
    for candidate in candidates {
        let rule = &rules[usize::from(candidate.rule)].rule;
        if is_sample(&rule.id, &candidate.value) {
            decisions.uncounted = !own(candidate.secret);
            decisions.drop(candidate.rule, Drop::Placeholder);
        } else {
            decisions.candidates.push(candidate);
        }
    }
}

/// Whether `secret`, found by `rule`, is one of them.
fn is_sample(rule: &str, secret: &Secret) -> bool {
    SAMPLES.contains(&Fingerprint::new(KEY, rule, secret).head())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_the_documentation_is_known_whole_and_under_its_rule() {
        let key = ["key-3ax6xnjp29jd6fds", "4gc373sgvjxteol0"].concat();
        let secret = Secret::new(key.as_bytes(), 0);
        assert!(is_sample("mailgun-api-key", &secret));
        assert!(!is_sample("smtp-login", &secret));
        assert!(!is_sample(
            "mailgun-api-key",
            &Secret::new(&key.as_bytes()[1..], 0)
        ));
    }
}
