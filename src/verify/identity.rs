//! When two credentials are the same question. A keyed digest, so that it may be stored.

use hmac::{Hmac, KeyInit as _, Mac};
use sha2::Sha256;

use super::{Credential, Settings, Verifier};
use crate::model::{Secret, Verified};

/// Names a question: the credential as it is rendered, and where it goes.
pub type Identity = [u8; 32];

/// Earlier answers.
pub trait Kept: Sync {
    /// The key that identities are made with, so that nobody can test guesses against what is stored.
    fn key(&self) -> &[u8];

    /// The answer to a question, if there is one that is young enough.
    fn get(&self, identity: &Identity) -> Option<Verified>;

    /// Keeps an answer. Never called with one that tells nothing.
    fn put(&self, identity: &Identity, answer: &Verified);
}

/// The identity of `credential` for `verifiers`, under `key`.
pub(super) fn of(
    key: &[u8],
    credential: &Credential<'_>,
    others: &[Secret],
    verifiers: &[&dyn Verifier],
    settings: &Settings,
) -> Identity {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    let mut add = |bytes: &[u8]| {
        mac.update(&bytes.len().to_be_bytes());
        mac.update(bytes);
    };
    add(credential.rule.as_bytes());
    add(credential.secret_bytes());
    let matters = |name: &str| {
        verifiers
            .iter()
            .any(|verifier| verifier.matters(credential.rule, name))
    };
    let mut parts: Vec<(&str, &[u8])> = credential
        .parts
        .iter()
        .filter(|part| matters(&part.name))
        .map(|part| (&*part.name, super::credential::bytes(&part.value)))
        .collect();
    parts.sort_unstable();
    parts.dedup();
    for (name, value) in parts {
        add(name.as_bytes());
        add(value);
    }
    add(b"others");
    for other in others {
        add(super::credential::bytes(other));
    }
    // an answer of a gateway is no answer of the provider
    add(b"endpoints");
    for entry in &settings.endpoints {
        add(entry.name.as_bytes());
        add(entry.shown().as_bytes());
    }
    mac.finalize().into_bytes().into()
}
