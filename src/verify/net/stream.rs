//! Streams with one deadline for everything that is read and written, so that a peer that sends a byte now and then gets no
//! more time than one that is silent.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::GLANCE;
use crate::verify::{Stop, Trouble};

/// A connection that ends at its deadline, or when the run is stopped, whatever the peer does.
#[derive(Debug)]
pub struct Timed {
    stream: TcpStream,
    deadline: Instant,
    stop: Stop,
}

/// The same under TLS.
pub type Secured = rustls::StreamOwned<rustls::ClientConnection, Timed>;

impl Timed {
    /// Bounds `stream` by `deadline`.
    pub fn new(stream: TcpStream, deadline: Instant) -> Self {
        Self {
            stream,
            deadline,
            stop: Stop::default(),
        }
    }

    /// Has it end as well when `stop` is set.
    #[must_use]
    pub fn stopped_by(self, stop: Stop) -> Self {
        Self { stop, ..self }
    }

    /// Gives it another deadline, for another question.
    pub fn until(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    /// Brings its deadline forward to `deadline`, if that is earlier.
    pub fn hurry(&mut self, deadline: Instant) {
        self.deadline = self.deadline.min(deadline);
    }

    /// The connection itself.
    pub fn get_ref(&self) -> &TcpStream {
        &self.stream
    }

    /// The connection, without its deadline.
    pub fn into_inner(self) -> TcpStream {
        self.stream
    }

    /// How long the socket may wait now; then it is looked whether there is a reason to wait on.
    fn glance(&self) -> io::Result<Duration> {
        if self.stop.is_set() {
            return Err(io::Error::other(Trouble::Stopped));
        }
        self.deadline
            .checked_duration_since(Instant::now())
            .filter(|left| !left.is_zero())
            .map(|left| left.min(GLANCE))
            .ok_or_else(|| io::ErrorKind::TimedOut.into())
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            self.stream.set_read_timeout(Some(self.glance()?))?;
            match self.stream.read(buffer) {
                Err(error) if is_late(&error) => {}
                done => return done,
            }
        }
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            self.stream.set_write_timeout(Some(self.glance()?))?;
            match self.stream.write(bytes) {
                Err(error) if is_late(&error) => {}
                done => return done,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// A timeout of the socket is told in two ways, depending on the system.
fn is_late(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}
