//! A login at a mail server: greeting, `EHLO`, TLS, `AUTH`, `QUIT`, and never a mail.
//!
//! Here is the course of a session, over anything that can be read, written and made safe; how lines are read and commands written is
//! in `dialogue`, the login in `session`, the real connection in `tls`. The peer is not trusted: what it says before TLS decides nothing
//! but whether TLS is begun, and nothing of that is kept.

mod dialogue;
mod session;
mod tls;

use std::io::{Read, Write};

pub use tls::Connection;

use dialogue::Dialogue;
use session::Session;

use crate::verify::{Security, SmtpLogin, SmtpReply, Trouble};

/// A connection that can become safe.
pub trait Transport: Read + Write {
    /// What it becomes.
    type Safe: Read + Write;

    /// Makes it safe: the peer has proved to be the host that is meant, and nobody in between reads or writes along.
    fn secure(self) -> Result<Self::Safe, Trouble>;

    /// Called when everything is known and only the farewell is left: a peer that is slow now is not waited for.
    fn hurry(safe: &mut Self::Safe);
}

/// Logs in over `transport` and out again. What comes back is the server's reply to the credential, said inside TLS.
pub fn log_in<T: Transport>(transport: T, login: &SmtpLogin<'_>) -> Result<SmtpReply, Trouble> {
    let mut session = match login.security {
        Security::Implicit => {
            let mut session = Session::over(transport.secure()?);
            session.greeted()?;
            session
        }
        Security::StartTls => Session::over(begun(transport)?.secure()?),
    };
    let reply = session.log_in(login.user, login.password)?;
    T::hurry(session.stream());
    session.quit();
    Ok(reply)
}

/// Asks for TLS on a connection that has none yet. Nothing is said on it but that.
fn begun<T: Transport>(transport: T) -> Result<T, Trouble> {
    let mut dialogue = Dialogue::over(transport);
    dialogue.greeted()?;
    if !dialogue.hello()?.offers("STARTTLS") {
        return Err(Trouble::NoSafeLogin);
    }
    let answer = dialogue.command(b"STARTTLS")?;
    if answer.code != 220 {
        return Err(Trouble::NoSafeLogin);
    }
    dialogue.into_stream()
}

#[cfg(test)]
mod tests;
