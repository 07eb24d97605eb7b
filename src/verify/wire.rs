//! The words between verifiers and whatever carries their questions. No sockets here, and no verdicts.

use std::fmt;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::model::Secret;

/// Carries questions to providers. The real one guards what may be contacted; a dry run answers [`Trouble::NotAsked`]; tests
/// script the replies.
pub trait Wire {
    /// Asks over HTTPS.
    fn http(&mut self, request: &HttpRequest<'_>) -> Result<HttpReply, Trouble>;

    /// Logs in to a mail server over TLS, and out again. Never sends mail.
    fn smtp(&mut self, login: &SmtpLogin<'_>) -> Result<SmtpReply, Trouble>;
}

/// Where wires come from, one for each thread.
pub trait Line: Sync {
    /// A wire of its own.
    fn wire(&self) -> Box<dyn Wire + '_>;

    /// Whether anything is asked at all; if not, nothing is kept of the answers.
    fn asks(&self) -> bool {
        true
    }
}

/// What may be done over HTTP. Nothing else can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Reads, where a provider takes no GET: only for calls that are known to change nothing.
    Post,
    /// Deletes a key: for `revoke` alone.
    Delete,
}

/// One question over HTTPS. The host is a provider's own, never one from a scanned file.
#[derive(Clone, Debug)]
pub struct HttpRequest<'c> {
    /// Whose endpoint: [`super::Endpoint::provider`].
    pub provider: &'c str,
    /// Host name.
    pub host: &'c str,
    /// What is done.
    pub method: Method,
    /// Path and query, from the slash on. Never holds a secret; identifiers such as an account's are checked for their shape before.
    pub path: String,
    /// Headers beside those that every request has.
    pub headers: Vec<(&'c str, Header)>,
    /// Body, for the few probes that need one.
    pub body: Option<Secret>,
}

/// A header's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Header {
    /// One that anybody may see.
    Plain(String),
    /// One that holds a credential, as it goes over the wire.
    Secret(Secret),
}

/// An answer over HTTP, as far as a verdict needs it.
#[derive(Clone, Debug)]
pub struct HttpReply {
    /// Status code.
    pub status: u16,
    /// Media type without parameters, lower case.
    pub media_type: String,
    /// How long the provider asks to be left alone: `Retry-After`, or until `X-RateLimit-Reset`.
    pub wait: Option<Duration>,
    /// The body; empty if it was no text.
    pub body: Body,
}

/// How a connection to a mail server becomes safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Implicit,
    /// `STARTTLS`, without which nothing is said.
    StartTls,
}

/// One login at a mail server.
#[derive(Clone, Debug)]
pub struct SmtpLogin<'c> {
    /// Whose endpoint, or `operator` for a host that the operator named.
    pub provider: &'c str,
    /// Host name, lower case.
    pub host: &'c str,
    /// TCP port.
    pub port: u16,
    /// How it becomes safe.
    pub security: Security,
    /// User name.
    pub user: &'c Secret,
    /// Password.
    pub password: &'c Secret,
}

/// What the mail server said to the login.
#[derive(Clone, Debug)]
pub struct SmtpReply {
    /// Reply code.
    pub code: u16,
    /// The lines behind it.
    pub text: Body,
}

/// A provider's text. It may quote what it was sent, or hold other secrets, so it is wiped when dropped and never shown.
#[derive(Clone, Default)]
pub struct Body(Zeroizing<String>);

impl Body {
    /// Most bytes of a body that are read.
    pub const MAX: usize = 64 << 10;

    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text, to be judged and not to be shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.0.len())
    }
}

/// Why there is no answer. Texts are ours: neither URLs nor headers nor replies get into them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// It was only to be shown what would be asked.
    #[error("not asked: this is a dry run")]
    NotAsked,
    /// The host is no provider's, and the operator does not allow it.
    #[error("{host} is not a known mail provider and was not allowed: not contacted")]
    HostNotAllowed {
        /// The host, as it may be shown.
        host: String,
    },
    /// The name leads to an address that is not public.
    #[error("{host} resolves to an address that is not public: not contacted")]
    AddressNotAllowed {
        /// The host, as it may be shown.
        host: String,
    },
    /// The name does not resolve.
    #[error("the name of the host does not resolve")]
    NoSuchHost,
    /// No connection, or one that broke off.
    #[error("no connection, or it broke off")]
    Connection,
    /// The proxy is not there.
    #[error("the proxy can't be reached")]
    NoProxy,
    /// The proxy does not connect to the host.
    #[error("the proxy refused to connect, with status {status}")]
    ProxyRefused {
        /// Of its answer.
        status: u16,
    },
    /// No trust in the certificate, or no TLS.
    #[error("no trusted TLS connection")]
    Tls,
    /// It took too long.
    #[error("no answer in time")]
    Timeout,
    /// Something other than the protocol asks for, or more of it than an answer can be.
    #[error("the answer is not one of this protocol")]
    Protocol,
    /// The mail server offers no way to log in that is safe.
    #[error("the server offers no safe way to log in")]
    NoSafeLogin,
    /// The mail server takes no session, or none from here.
    #[error("the mail server turned the session away with code {code}")]
    TurnedAway {
        /// Its reply code.
        code: u16,
    },
    /// Asked to wait, longer than this run may take.
    #[error("throttled by the provider")]
    Throttled,
    /// The run has used up its time or its requests.
    #[error("not asked: the run had used up its time or its requests")]
    Spent,
    /// The run was stopped.
    #[error("the run was stopped before there was an answer")]
    Stopped,
}

impl Trouble {
    /// Whether the host was contacted, or at least tried.
    pub fn reached_out(&self) -> bool {
        match self {
            Self::NotAsked
            | Self::HostNotAllowed { .. }
            | Self::AddressNotAllowed { .. }
            | Self::NoSuchHost
            | Self::NoProxy
            | Self::Throttled
            | Self::Spent => false,
            // whether it was is not known, and nothing is to be left out
            Self::Stopped
            | Self::ProxyRefused { .. }
            | Self::Connection
            | Self::Tls
            | Self::Timeout
            | Self::Protocol
            | Self::NoSafeLogin
            | Self::TurnedAway { .. } => true,
        }
    }
}
