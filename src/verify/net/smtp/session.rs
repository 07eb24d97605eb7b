//! The login of a session that is safe: which mechanism, and what is sent. Not to be had without TLS.

use std::io::{Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::dialogue::{Dialogue, Reply};
use crate::model::Secret;
use crate::verify::credential::bytes;
use crate::verify::{SmtpReply, Trouble};

/// Longest command with its line end (RFC 5321, 4.5.3.1.4). A longer first response is sent in a line of its own.
const COMMAND: usize = 512;

/// A session inside TLS.
pub(super) struct Session<S>(Dialogue<S>);

impl<S: Read + Write> Session<S> {
    /// Begins one over a stream that is safe.
    pub fn over(safe: S) -> Self {
        Self(Dialogue::over(safe))
    }

    /// Waits for the greeting, which there is only where TLS came first.
    pub fn greeted(&mut self) -> Result<(), Trouble> {
        self.0.greeted()
    }

    /// Sends the credential once, and gives what the server says to it. The mechanism is one that it offers inside TLS.
    pub fn log_in(&mut self, user: &Secret, password: &Secret) -> Result<SmtpReply, Trouble> {
        let offered = self.0.hello()?;
        // fields of this mechanism end with a NUL
        let has_plain = offered.takes("PLAIN") && !holds_nul(user) && !holds_nul(password);
        let has_login = offered.takes("LOGIN");
        let reply = if has_plain {
            let reply = self.plain(user, password)?;
            // not looked at, because it knows no such mechanism after all
            if reply.code == 504 && has_login {
                self.login(user, password)?
            } else {
                reply
            }
        } else if has_login {
            self.login(user, password)?
        } else {
            return Err(Trouble::NoSafeLogin);
        };
        Ok(SmtpReply {
            code: reply.code,
            text: reply.text,
        })
    }

    /// Says goodbye. Nothing depends on it.
    pub fn quit(&mut self) {
        let _ = self.0.command(b"QUIT");
    }

    /// The stream.
    pub fn stream(&mut self) -> &mut S {
        self.0.stream()
    }

    /// RFC 4616.
    fn plain(&mut self, user: &Secret, password: &Secret) -> Result<Reply, Trouble> {
        const NAME: &[u8] = b"AUTH PLAIN";
        let (user, password) = (bytes(user), bytes(password));
        let mut message = Zeroizing::new(Vec::with_capacity(user.len() + password.len() + 2));
        for field in [user, password] {
            message.push(0);
            message.extend_from_slice(field);
        }
        let message = encoded(&message);
        let mut line = Zeroizing::new(Vec::with_capacity(NAME.len() + 1 + message.len()));
        line.extend_from_slice(NAME);
        line.push(b' ');
        line.extend_from_slice(message.as_bytes());
        let reply = if line.len() + 2 <= COMMAND {
            self.0.command(&line)?
        } else {
            self.challenged(NAME)?
        };
        // asked to go on: by a server that the response was held back from, or one that takes none in the first line
        let reply = match reply.code {
            334 => self.0.command(message.as_bytes())?,
            _ => reply,
        };
        said(reply)
    }

    /// Two questions, two answers; what it asks for is in no standard, but always this.
    fn login(&mut self, user: &Secret, password: &Secret) -> Result<Reply, Trouble> {
        let reply = self.challenged(b"AUTH LOGIN")?;
        if reply.code != 334 {
            return said(reply);
        }
        let reply = self.0.command(encoded(bytes(user)).as_bytes())?;
        match reply.code {
            334 => said(self.0.command(encoded(bytes(password)).as_bytes())?),
            // accepted, without a word of the password
            200..400 => Err(Trouble::Protocol),
            _ => Ok(reply),
        }
    }

    /// Begins a login with its name alone, to which only a question or a refusal of the mechanism can be the answer. Some servers say
    /// for the latter what others say for a wrong password, so none of it is taken for a word on the credential.
    fn challenged(&mut self, words: &[u8]) -> Result<Reply, Trouble> {
        let reply = self.0.command(words)?;
        match reply.code {
            334 | 504 => Ok(reply),
            code @ 400.. => Err(Trouble::TurnedAway { code }),
            _ => Err(Trouble::Protocol),
        }
    }
}

/// A reply that ends the login.
fn said(reply: Reply) -> Result<Reply, Trouble> {
    match reply.code {
        235 | 400.. => Ok(reply),
        _ => Err(Trouble::Protocol),
    }
}

fn holds_nul(secret: &Secret) -> bool {
    memchr::memchr(0, bytes(secret)).is_some()
}

fn encoded(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(STANDARD.encode(bytes))
}
