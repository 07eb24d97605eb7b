//! Looking names up: the machine's way, or another one under test control.

use std::io;
use std::net::{IpAddr, ToSocketAddrs as _};

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
