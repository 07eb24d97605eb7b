//! What opens sockets, and nothing else does: names, addresses, TLS, HTTP, SMTP.
//!
//! No verdicts here. Everything that leaves this machine passes the [`Dialer`], which looks a name up once, checks every
//! address that it leads to, and connects to one that was checked.

mod address;
mod dial;
mod guarded;
mod http;
mod names;
mod patience;
mod proxy;
pub mod smtp;
mod stream;
mod tls;

pub use dial::Dialer;
pub use guarded::Guarded;
pub use names::{Names, SystemNames};
pub use stream::{Secured, Timed};

use patience::GLANCE;

/// Why nothing can be asked at all: something the operator gave can't be used.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The file with certificates.
    #[error("{file}: {problem}")]
    Ca {
        /// The file as it was named.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The machine's own certificates.
    #[error("the certificates that this machine trusts can't be read ({0}); name a file with --ca")]
    Roots(String),
    /// How requests would introduce themselves.
    #[error("the user agent may hold visible ASCII and spaces only")]
    UserAgent,
}
