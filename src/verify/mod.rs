//! Asks providers whether what was found still works.
//!
//! The only layer that touches a network. A [`Verifier`] knows one kind of credential: what to ask, and what the answers mean.
//! It never opens a connection: it hands a [`HttpRequest`] or a [`SmtpLogin`] to a [`Wire`], which is where hosts are allowed,
//! addresses are checked, time and size are bounded and requests are counted, the same for all. [`run`] asks about every
//! distinct credential once. What can open a socket lies in [`net`], and is there with the feature `verify` alone.

#[cfg(feature = "verify")]
mod cache;
mod credential;
mod dry;
mod identity;
#[cfg(feature = "verify")]
pub mod net;
mod pace;
mod proxy;
mod recipe;
pub mod revoke;
mod run;
mod sendgrid;
mod settings;
mod smtp;
mod stop;
mod twilio;
mod way;
mod weigh;
mod wire;

#[cfg(feature = "verify")]
pub use cache::{Cache, CacheError};
pub use credential::Credential;
pub use dry::{DryRun, Question};
pub use identity::{Identity, Kept};
pub use proxy::Proxy;
pub use recipe::Recipes;
pub use run::{Job, Summary, run};
pub use sendgrid::SendGrid;
pub use settings::{Limits, Redirected, Scheme, Settings};
pub use smtp::{MAIL_PORTS, MailHost, MailLogins};
pub use stop::Stop;
pub use twilio::Twilio;
pub use way::{Way, Ways};
pub use wire::{
    Body, Header, HttpReply, HttpRequest, Line, Method, Security, SmtpLogin, SmtpReply, Trouble,
    Wire,
};

use crate::model::{Finding, Secret, Verdict, Verified, VerifiedDetail};

/// A host that may be contacted, and what for. `--list-endpoints` shows all of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    /// Whose it is: `sendgrid`, `twilio` … The name by which an operator points it elsewhere.
    pub provider: String,
    /// Host name, lower case. A `*` stands for one label that is checked against a fixed list or shape before use.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// What is asked there, as a noun phrase.
    pub purpose: String,
}

impl Endpoint {
    /// Whether `host` with `port` is this one.
    pub fn covers(&self, host: &str, port: u16) -> bool {
        let same = match self.host.split_once('*') {
            None => self.host == host,
            Some((before, after)) => host
                .strip_prefix(before)
                .and_then(|rest| rest.strip_suffix(after))
                .is_some_and(|label| {
                    !label.is_empty()
                        && label
                            .bytes()
                            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
                }),
        };
        same && self.port == port
    }
}

impl From<&Trouble> for Verified {
    /// Nothing is known, and why. What was not meant to be asked is not open; all other trouble may be gone the next time.
    fn from(trouble: &Trouble) -> Self {
        let reason = trouble.to_string();
        match trouble {
            Trouble::NotAsked | Trouble::HostNotAllowed { .. } => {
                Self::new(Verdict::Unknown, reason)
            }
            _ => Self::no_answer(reason),
        }
    }
}

/// Knows how to ask about one kind of credential. Implemented for the built-in providers, and for the recipes of rule files.
///
/// A verifier is pure: it sees a credential and a [`Wire`], and what it returns depends on the answers alone. So it is tested
/// with scripted answers, and can't reach what the wire does not let it reach. To add one to a run, hand it to [`run`] among the
/// others; its [`endpoints`](Self::endpoints) are then hosts that may be contacted.
///
/// A rule file can do the same without a line of Rust: see [`crate::rules::Recipe`].
///
/// ```
/// use waxseal::model::{Verdict, Verified};
/// use waxseal::verify::{Credential, Endpoint, Header, HttpRequest, Method, Verifier, Wire};
///
/// /// Asks whether a key of Acme's still works.
/// struct Acme;
///
/// impl Verifier for Acme {
///     fn handles(&self, credential: &Credential<'_>) -> bool {
///         credential.rule == "acme-api-key"
///     }
///
///     fn endpoints(&self) -> Vec<Endpoint> {
///         vec![Endpoint {
///             provider: "acme".to_owned(),
///             host: "api.acme.example".to_owned(),
///             port: 443,
///             purpose: "what a key may do".to_owned(),
///         }]
///     }
///
///     fn verify(&self, credential: &Credential<'_>, wire: &mut dyn Wire) -> Verified {
///         let answer = wire.http(&HttpRequest {
///             provider: "acme",
///             host: "api.acme.example",
///             method: Method::Get,
///             path: "/v1/key".to_owned(),
///             headers: vec![("X-Key", Header::Secret(credential.secret.clone()))],
///             body: None,
///         });
///         match answer {
///             Ok(reply) if reply.status == 200 && reply.body.as_str().contains("\"scopes\"") => {
///                 Verified::new(Verdict::Live, "Acme tells its scopes")
///             }
///             Ok(reply) if reply.status == 401 && reply.body.as_str().contains("no such key") => {
///                 Verified::new(Verdict::Dead, "Acme knows no such key")
///             }
///             Ok(_) => Verified::no_answer("an answer that is not known of Acme"),
///             Err(trouble) => Verified::from(&trouble),
///         }
///     }
/// }
/// ```
pub trait Verifier: Send + Sync {
    /// Whether it can ask about this credential. Several may: all are asked, until one finds it live.
    fn handles(&self, credential: &Credential<'_>) -> bool;

    /// Every host that it could ever contact.
    fn endpoints(&self) -> Vec<Endpoint>;

    /// Asks over `wire`, and judges the answers. Trouble on the way becomes [`crate::model::Verdict::Unknown`] with its reason, and
    /// so does an answer that can't be the provider's, or is none that it is known for: [`Verified::no_answer`].
    fn verify(&self, credential: &Credential<'_>, wire: &mut dyn Wire) -> Verified;

    /// The account that a few wrong secrets would lock, if there is one. A run asks about a few secrets of it and no more.
    fn locks(&self, credential: &Credential<'_>) -> Option<Secret> {
        let _ = credential;
        None
    }

    /// Whether the companion `part` belongs to the question. Findings that differ in others only are one credential, and are
    /// asked about once.
    fn matters(&self, rule: &str, part: &str) -> bool {
        let _ = (rule, part);
        true
    }

    /// What is asked about the credential, and where, as far as that is not the same for all of its rule: a recipe, a server. An answer
    /// that was kept counts as long as it is the same. Holds no secret.
    fn asks(&self, credential: &Credential<'_>) -> String {
        let _ = credential;
        String::new()
    }

    /// The account id that `finding` holds, to be tried with secrets found elsewhere: [`Credential::others`].
    fn account<'f>(&self, finding: &'f Finding) -> Option<&'f Secret> {
        let _ = finding;
        None
    }

    /// What the credential tells without asking, such as the id by which its owner deletes it. Added to every answer that finds
    /// it live, and not cached.
    fn tells(&self, credential: &Credential<'_>) -> Vec<VerifiedDetail> {
        let _ = credential;
        Vec::new()
    }
}
