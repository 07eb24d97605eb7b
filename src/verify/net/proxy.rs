//! A proxy that the operator named: `CONNECT` through it, with TLS to the other end, so that it sees host names and no secrets.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::dial::broken;
use super::{NetError, Timed};
use crate::verify::Trouble;
use crate::verify::settings::{is_host, split_port};

/// Longest answer to `CONNECT`.
const LONGEST: usize = 8 << 10;

/// Where the proxy is, and what it wants to hear.
pub(super) struct Proxy {
    pub(super) host: String,
    pub(super) port: u16,
    /// Value of `Proxy-Authorization`.
    login: Option<Zeroizing<String>>,
}

impl Proxy {
    /// Reads `http://[user:password@]host:port`.
    pub(super) fn parse(text: &str) -> Result<Self, NetError> {
        let rest = text.strip_prefix("http://").ok_or(NetError::Proxy)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (login, place) = match rest.rsplit_once('@') {
            Some((login, place)) if login.contains(':') => {
                let login = STANDARD.encode(login);
                (Some(Zeroizing::new(format!("Basic {login}"))), place)
            }
            Some(_) => return Err(NetError::Proxy),
            None => (None, rest),
        };
        let (host, port) = split_port(place, 8080).map_err(|_| NetError::Proxy)?;
        if !is_host(&host) {
            return Err(NetError::Proxy);
        }
        Ok(Self { host, port, login })
    }

    /// Asks the proxy at the other end of `stream` for a connection to `host`.
    pub(super) fn tunnel(
        &self,
        stream: TcpStream,
        (host, port): (&str, u16),
        deadline: Instant,
    ) -> Result<TcpStream, Trouble> {
        let mut timed = Timed::new(stream, deadline);
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
        let accepted = answer.starts_with(b"HTTP/1.") && answer.get(8..12) == Some(b" 200");
        if !accepted {
            return Err(Trouble::Connection);
        }
        Ok(timed.into_inner())
    }
}
