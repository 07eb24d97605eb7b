//! Commands out, replies in, both bounded. Knows the form of a reply (RFC 5321, 4.2) and of `EHLO`'s (4.1.1.1), and no login.
//!
//! Nothing that the peer says ahead of its turn is ever used: it may have been put there by somebody else.

use std::io::{ErrorKind, Read, Write};

use zeroize::Zeroizing;

use crate::verify::net::dial::broken;
use crate::verify::{Body, Trouble};

/// Longest line that is read. RFC 5321 allows 512 bytes; some servers say more.
const LINE: usize = 2 << 10;

/// What a client calls itself that has no name to give: the form of RFC 5321, 4.1.3, and nothing of this machine.
const HELLO: &[u8] = b"EHLO [127.0.0.1]";

/// A conversation over `stream`.
pub(super) struct Dialogue<S> {
    stream: S,
    /// Bytes that were read and not yet used. Replies may quote what was sent, hence wiped.
    unread: Zeroizing<Vec<u8>>,
}

/// A reply with all its lines.
pub(super) struct Reply {
    /// The code, the same in each line.
    pub code: u16,
    /// The lines without it, each ended by a line feed.
    pub text: Body,
}

/// What a server can do, as it says itself.
pub(super) struct Extensions(Body);

impl<S: Read + Write> Dialogue<S> {
    /// Begins one; nothing has been said yet.
    pub fn over(stream: S) -> Self {
        Self {
            stream,
            unread: Zeroizing::new(Vec::with_capacity(2 * LINE)),
        }
    }

    /// Waits for the greeting.
    pub fn greeted(&mut self) -> Result<(), Trouble> {
        self.reply()?.expect(220).map(|_| ())
    }

    /// Says hello, and hears what the server can do.
    pub fn hello(&mut self) -> Result<Extensions, Trouble> {
        let reply = self.command(HELLO)?.expect(250)?;
        Ok(Extensions(reply.text))
    }

    /// Sends a command and waits for the reply.
    pub fn command(&mut self, words: &[u8]) -> Result<Reply, Trouble> {
        self.send(words)?;
        self.reply()
    }

    /// Sends a command, unless the peer has already said something that nobody asked for.
    pub fn send(&mut self, words: &[u8]) -> Result<(), Trouble> {
        if !self.unread.is_empty() {
            return Err(Trouble::Protocol);
        }
        let mut line = Zeroizing::new(Vec::with_capacity(words.len() + 2));
        line.extend_from_slice(words);
        line.extend_from_slice(b"\r\n");
        self.stream.write_all(&line).map_err(|e| broken(&e))?;
        self.stream.flush().map_err(|e| broken(&e))
    }

    /// The stream, for TLS to begin on it. What was read ahead would seem to have been said inside TLS, and is refused.
    pub fn into_stream(self) -> Result<S, Trouble> {
        if self.unread.is_empty() {
            Ok(self.stream)
        } else {
            Err(Trouble::Protocol)
        }
    }

    /// The stream.
    pub fn stream(&mut self) -> &mut S {
        &mut self.stream
    }

    fn reply(&mut self) -> Result<Reply, Trouble> {
        let mut text = Zeroizing::new(String::with_capacity(256));
        let mut first = None;
        loop {
            let line = self.line()?;
            let (code, rest, more) = parsed(&line).ok_or(Trouble::Protocol)?;
            if *first.get_or_insert(code) != code || text.len() + rest.len() >= Body::MAX {
                return Err(Trouble::Protocol);
            }
            text.push_str(&Zeroizing::new(String::from_utf8_lossy(rest).into_owned()));
            text.push('\n');
            if !more {
                return Ok(Reply {
                    code,
                    text: Body::new(std::mem::take(&mut *text)),
                });
            }
        }
    }

    /// The next line without its end.
    fn line(&mut self) -> Result<Zeroizing<Vec<u8>>, Trouble> {
        loop {
            let end = memchr::memchr(b'\n', &self.unread);
            if end.unwrap_or(self.unread.len()) > LINE {
                return Err(Trouble::Protocol);
            }
            if let Some(end) = end {
                let mut line = Zeroizing::new(self.unread.drain(..=end).collect::<Vec<u8>>());
                line.pop();
                line.pop_if(|last| *last == b'\r');
                return Ok(line);
            }
            let mut chunk = Zeroizing::new([0; 1024]);
            let count = loop {
                match self.stream.read(chunk.as_mut_slice()) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(broken(&error)),
                    Ok(0) => return Err(Trouble::Connection),
                    Ok(count) => break count,
                }
            };
            self.unread.extend_from_slice(&chunk[..count]);
        }
    }
}

impl Reply {
    /// The reply, if it has the code that the session goes on with.
    fn expect(self, code: u16) -> Result<Self, Trouble> {
        match self.code {
            got if got == code => Ok(self),
            code @ 400.. => Err(Trouble::TurnedAway { code }),
            _ => Err(Trouble::Protocol),
        }
    }
}

impl Extensions {
    /// Whether it has the extension `name`.
    pub fn offers(&self, name: &str) -> bool {
        self.lines().any(|line| line.eq_ignore_ascii_case(name))
    }

    /// Whether one can log in by `mechanism`.
    pub fn takes(&self, mechanism: &str) -> bool {
        self.lines()
            .filter_map(|line| {
                let (name, list) = line.split_at_checked(4)?;
                // with the sign before RFC 2554, which some servers still say for old clients
                let list = list.strip_prefix([' ', '='])?;
                name.eq_ignore_ascii_case("AUTH").then_some(list)
            })
            .flat_map(str::split_ascii_whitespace)
            .any(|one| one.eq_ignore_ascii_case(mechanism))
    }

    /// The lines behind the first, which names the server.
    fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.as_str().lines().skip(1).map(str::trim_ascii_end)
    }
}

/// Code and text of a line of a reply, and whether more lines follow.
fn parsed(line: &[u8]) -> Option<(u16, &[u8], bool)> {
    let (digits, rest) = line.split_first_chunk::<3>()?;
    if !(matches!(digits[0], b'2'..=b'5') && digits.iter().all(u8::is_ascii_digit)) {
        return None;
    }
    let code = digits
        .iter()
        .fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    match rest {
        [] => Some((code, rest, false)),
        [b' ', text @ ..] => Some((code, text, false)),
        [b'-', text @ ..] => Some((code, text, true)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_replies_are_parsed_or_refused() {
        assert_eq!(parsed(b"250"), Some((250, b"".as_slice(), false)));
        assert_eq!(parsed(b"250 ok"), Some((250, b"ok".as_slice(), false)));
        assert_eq!(parsed(b"250-ok"), Some((250, b"ok".as_slice(), true)));
        for line in [
            "", "2", "25", "2500", "150 x", "650 x", "+50 x", "25x y", " 250 ok",
        ] {
            assert_eq!(parsed(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn extensions_are_those_behind_the_first_line() {
        let extensions = |text: &str| Extensions(Body::new(text.to_owned()));
        let old = extensions("AUTH LOGIN\nstarttls \nauth=plain\nAUTH CRAM-MD5  login\n");
        assert!(old.offers("STARTTLS"));
        assert!(old.takes("PLAIN") && old.takes("LOGIN") && old.takes("cram-md5"));
        let few = extensions("STARTTLS\nAUTHPLAIN\nAUTH\nXAUTH PLAIN\nAUTH PLAINER\nauté PLAIN\n");
        assert!(!few.offers("STARTTLS") && !few.takes("PLAIN") && !few.takes(""));
    }
}
