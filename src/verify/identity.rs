//! When two credentials are the same question. A keyed digest, so that it may be stored.

use std::fs::File;
use std::io::Read as _;

use hmac::{Hmac, KeyInit as _, Mac};
use sha2::{Digest as _, Sha256};

use super::{Credential, Settings, Verifier};
use crate::model::{Secret, Verified};

/// Names a question: the credential as it is rendered, what is asked about it, and where that goes.
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

/// Most bytes of a file with certificates that tell it from others.
const LARGEST: u64 = 4 << 20;

/// What an answer hangs on beside the credential: an answer that was got by other means is none to this question.
pub(super) struct Circumstances(Vec<u8>);

impl Circumstances {
    /// Those of a run by `settings`.
    pub(super) fn of(settings: &Settings) -> Self {
        let mut texts = vec![
            // what answers mean is this program's
            env!("CARGO_PKG_VERSION").to_owned(),
            settings.user_agent.clone(),
            format!("loopback {}", settings.allow_loopback),
        ];
        for it in &settings.endpoints {
            let (scheme, place, address) = (it.scheme, it.shown(), it.address);
            texts.push(format!("{} {scheme:?} {place} {address:?}", it.name));
        }
        if let Some(file) = &settings.ca {
            // another authority may come to stand under the same name
            let mut text = Vec::new();
            let read = File::open(file).and_then(|it| it.take(LARGEST).read_to_end(&mut text));
            texts.push(match read {
                Ok(_) => format!("ca {:x?}", Sha256::digest(&text)),
                Err(_) => format!("ca at {}", file.display()),
            });
        }
        if let Some(proxy) = &settings.proxy {
            texts.push(format!("{proxy:?}"));
        }
        let mut digest = Sha256::new();
        for text in texts {
            digest.update(text.len().to_be_bytes());
            digest.update(text);
        }
        Self(digest.finalize().to_vec())
    }
}

/// The identity of `credential` for `verifiers`, under `key`.
pub(super) fn of(
    key: &[u8],
    credential: &Credential<'_>,
    others: &[Secret],
    verifiers: &[&dyn Verifier],
    circumstances: &Circumstances,
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
    add(b"asked");
    for verifier in verifiers {
        add(verifier.asks(credential).as_bytes());
    }
    add(b"circumstances");
    add(&circumstances.0);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::{MailHost, Proxy, Redirected};

    #[test]
    fn whatever_changes_the_way_of_a_question_makes_it_another() {
        let folder = tempfile::tempdir().unwrap();
        let ca = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            Some(path)
        };
        let endpoint = |text| Settings {
            endpoints: vec![Redirected::parse(text).unwrap()],
            ..Settings::default()
        };
        let proxy = |text| Settings {
            proxy: Some(Proxy::parse(text).unwrap()),
            ..Settings::default()
        };
        let all = [
            Settings::default(),
            endpoint("sendgrid=https://gate.example"),
            endpoint("sendgrid=https://gate.example:8443"),
            endpoint("sendgrid=https://gate.example,192.0.2.7"),
            endpoint("sendgrid=https://gate.example,192.0.2.8"),
            endpoint("sendgrid=smtps://gate.example:443"),
            endpoint("sendgrid=smtp://gate.example:443"),
            endpoint("twilio=https://gate.example"),
            Settings {
                ca: ca("a.pem", "one"),
                ..Settings::default()
            },
            Settings {
                ca: ca("b.pem", "two"),
                ..Settings::default()
            },
            Settings {
                allow_loopback: true,
                ..Settings::default()
            },
            proxy("http://p.example:1"),
            proxy("http://p.example:2"),
            Settings {
                user_agent: "another".to_owned(),
                ..Settings::default()
            },
        ];
        let digests: Vec<_> = all.iter().map(|it| Circumstances::of(it).0).collect();
        for (at, one) in digests.iter().enumerate() {
            for other in &digests[..at] {
                assert_ne!(one, other, "{:?}", all[at]);
            }
        }
        // the same authority in another file, and how fast is asked, change nothing
        let copy = Settings {
            ca: ca("c.pem", "one"),
            ..Settings::default()
        };
        assert_eq!(Circumstances::of(&copy).0, digests[8]);
        let mut hasty = Settings {
            smtp_hosts: vec![MailHost::parse("mail.example").unwrap()],
            ..Settings::default()
        };
        hasty.limits.rate = 100.0;
        assert_eq!(Circumstances::of(&hasty).0, digests[0]);
        // until another one takes its name
        std::fs::write(folder.path().join("a.pem"), "three").unwrap();
        assert_ne!(Circumstances::of(&all[8]).0, digests[8]);
    }
}
