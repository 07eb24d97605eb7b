//! The way through a proxy: `CONNECT`, with TLS to the other end, so that it sees host names and no secrets.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use zeroize::Zeroizing;

use super::Timed;
use super::dial::broken;
use crate::verify::{Proxy, Trouble};

/// Longest answer to `CONNECT`.
const LONGEST: usize = 8 << 10;

impl Proxy {
    /// Asks the proxy at the other end of `stream` for a connection to `host`.
    pub(super) fn tunnel(
        &self,
        mut timed: Timed,
        (host, port): (&str, u16),
    ) -> Result<TcpStream, Trouble> {
        let host = if host.contains(':') {
            format!("[{host}]")
        } else {
            host.to_owned()
        };
        let mut ask = Zeroizing::new(format!(
            "CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n"
        ));
        if let Some(login) = &self.login {
            ask.push_str("Proxy-Authorization: ");
            ask.push_str(login);
            ask.push_str("\r\n");
        }
        ask.push_str("\r\n");
        timed
            .write_all(ask.as_bytes())
            .map_err(|error| broken(&error))?;
        let mut answer = Vec::new();
        // byte by byte: what follows the empty line is no longer the proxy's
        while !answer.ends_with(b"\r\n\r\n") {
            if answer.len() == LONGEST {
                return Err(Trouble::Protocol);
            }
            let mut byte = [0];
            timed
                .read_exact(&mut byte)
                .map_err(|error| broken(&error))?;
            answer.push(byte[0]);
        }
        match status(&answer) {
            Some(200) => Ok(timed.into_inner()),
            Some(status) => Err(Trouble::ProxyRefused { status }),
            None => Err(Trouble::Protocol),
        }
    }
}

/// The status of an answer over HTTP.
fn status(answer: &[u8]) -> Option<u16> {
    let line = answer.strip_prefix(b"HTTP/1.")?.get(1..5)?;
    let digits = line.strip_prefix(b" ")?;
    let is_number = digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits)
        .ok()
        .filter(|_| is_number)?
        .parse()
        .ok()
}
