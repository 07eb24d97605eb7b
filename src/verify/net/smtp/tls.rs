//! The real connection: a socket with one deadline for everything, and TLS over it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::Transport;
use super::dialogue::trouble;
use crate::verify::Trouble;

/// How long the farewell may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// A connection to a mail server that is not safe yet.
pub struct Connection<'c> {
    socket: Timed,
    host: &'c str,
    config: Arc<ClientConfig>,
}

impl<'c> Connection<'c> {
    /// Takes over `socket`, which leads to `host`. The whole session has to be over at `deadline`.
    pub fn new(
        socket: TcpStream,
        host: &'c str,
        config: Arc<ClientConfig>,
        deadline: Instant,
    ) -> Self {
        Self {
            socket: Timed { socket, deadline },
            host,
            config,
        }
    }
}

impl Transport for Connection<'_> {
    type Safe = StreamOwned<ClientConnection, Timed>;

    fn secure(mut self) -> Result<Self::Safe, Trouble> {
        let name = ServerName::try_from(self.host.to_owned()).map_err(|_| Trouble::Tls)?;
        let mut tls = ClientConnection::new(self.config, name).map_err(|_| Trouble::Tls)?;
        while tls.is_handshaking() {
            tls.complete_io(&mut self.socket).map_err(|e| trouble(&e))?;
        }
        Ok(StreamOwned::new(tls, self.socket))
    }

    fn hurry(safe: &mut Self::Safe) {
        let deadline = &mut safe.sock.deadline;
        *deadline = (*deadline).min(Instant::now() + FAREWELL);
    }
}

impl Read for Connection<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.socket.read(into)
    }
}

impl Write for Connection<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}

/// A socket of which every call gets what is left of the time, so that a peer can't gain any by the drop.
#[derive(Debug)]
pub struct Timed {
    socket: TcpStream,
    deadline: Instant,
}

impl Timed {
    fn left(&self) -> io::Result<Duration> {
        self.deadline
            .checked_duration_since(Instant::now())
            .filter(|left| !left.is_zero())
            .ok_or_else(|| ErrorKind::TimedOut.into())
    }
}

impl Read for Timed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(Some(self.left()?))?;
        self.socket.read(into)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(Some(self.left()?))?;
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}
