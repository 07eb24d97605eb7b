//! Asks providers whether what was found still works.
//!
//! The only layer that touches a network. A [`Verifier`] knows one kind of credential: what to ask, and what the answers mean.
//! It never opens a connection: it hands a [`HttpRequest`] or a [`SmtpLogin`] to a [`Wire`], which is where hosts are allowed,
//! addresses are checked, time and size are bounded and requests are counted, the same for all.

mod credential;
#[cfg(feature = "verify")]
pub mod net;
mod smtp;
mod twilio;
mod wire;

pub use credential::Credential;
pub use smtp::MailLogins;
pub use twilio::Twilio;
pub use wire::{
    Body, Header, HttpReply, HttpRequest, Method, Security, SmtpLogin, SmtpReply, Trouble, Wire,
};

use crate::model::{Finding, Secret, Verified};

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

/// Knows how to ask about one kind of credential. Implemented for the built-in providers, and for the recipes of rule files.
pub trait Verifier: Send + Sync {
    /// Whether it can ask about this credential. Several may: all are asked, until one finds it live.
    fn handles(&self, credential: &Credential<'_>) -> bool;

    /// Every host that it could ever contact.
    fn endpoints(&self) -> Vec<Endpoint>;

    /// Asks over `wire`, and judges the answers. Trouble on the way becomes [`crate::model::Verdict::Unknown`] with its reason.
    fn verify(&self, credential: &Credential<'_>, wire: &mut dyn Wire) -> Verified;

    /// Whether the companion `part` belongs to the question. Findings that differ in others only are one credential, and are
    /// asked about once.
    fn matters(&self, rule: &str, part: &str) -> bool {
        let _ = (rule, part);
        true
    }

    /// The account id that `finding` holds, to be tried with secrets found elsewhere: [`Credential::others`].
    fn account<'f>(&self, finding: &'f Finding) -> Option<&'f Secret> {
        let _ = finding;
        None
    }
}
