//! The real connection: one deadline for everything, and TLS over it.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;

use super::Transport;
use crate::verify::net::{Secured, Timed, tls};
use crate::verify::{Stop, Trouble};

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
            socket: Timed::new(socket, deadline),
            host,
            config,
        }
    }

    /// Has it end as well when `stop` is set.
    #[must_use]
    pub fn stopped_by(self, stop: Stop) -> Self {
        Self {
            socket: self.socket.stopped_by(stop),
            ..self
        }
    }
}

impl Transport for Connection<'_> {
    type Safe = Secured;

    fn secure(self) -> Result<Secured, Trouble> {
        tls::secured(self.config, self.host, self.socket)
    }

    fn hurry(safe: &mut Secured) {
        safe.sock.hurry(Instant::now() + FAREWELL);
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
