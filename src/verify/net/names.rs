//! Looking names up: the machine's way, or another one under test control.

use std::io;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

/// Tells the addresses of a host. What they are worth is checked by who asks.
pub trait Names: Send + Sync {
    /// All addresses of `host`; an error or none if it has no name.
    fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The resolver of the machine.
#[derive(Clone, Copy, Debug)]
pub struct SystemNames;

impl Names for SystemNames {
    fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok((host, 0).to_socket_addrs()?.map(|at| at.ip()).collect())
    }
}

/// Asks `names` in a thread of its own, because the machine's resolver takes its time and can't be told a deadline. A thread
/// that is late is left behind.
pub(super) fn in_time(
    names: &std::sync::Arc<dyn Names>,
    host: &str,
    deadline: Instant,
) -> io::Result<Vec<IpAddr>> {
    let (answer, answered) = mpsc::sync_channel(1);
    let (names, host) = (names.clone(), host.to_owned());
    thread::Builder::new()
        .name("names".to_owned())
        .spawn(move || {
            // nobody listens any more if it took too long
            let _ = answer.send(names.addresses(&host));
        })?;
    answered
        .recv_timeout(deadline.saturating_duration_since(Instant::now()))
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
