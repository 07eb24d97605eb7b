//! The one place where connections begin: a name is looked up once, every address that it leads to is checked, and one of those
//! that were checked is connected to. What a name leads to later plays no part.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rustls::ClientConfig;

use super::address::Reach;
use super::proxy::Proxy;
use super::{Names, NetError, Secured, Timed, names, tls};
use crate::verify::{Settings, Trouble};

/// Most addresses of a host that are tried.
const TRIED: usize = 4;

/// Opens connections. Which hosts may be asked for is decided by the caller; where they may lead, here.
pub struct Dialer {
    names: Arc<dyn Names>,
    /// Hosts that the operator named.
    named: BTreeSet<String>,
    /// Hosts that are not looked up.
    pinned: HashMap<String, IpAddr>,
    allow_loopback: bool,
    proxy: Option<Proxy>,
    tls: Arc<ClientConfig>,
    /// Addresses of hosts that were looked up before, checked.
    known: Mutex<HashMap<String, Vec<IpAddr>>>,
}

impl Dialer {
    /// One that obeys `settings` and looks names up with `names`.
    pub fn new(settings: &Settings, names: Arc<dyn Names>) -> Result<Self, NetError> {
        let hosts = settings.endpoints.iter().map(|entry| &entry.host);
        let pins = settings.endpoints.iter();
        let pins = pins.filter_map(|entry| Some((entry.host.clone(), entry.address?)));
        Ok(Self {
            names,
            named: hosts.chain(&settings.smtp_hosts).cloned().collect(),
            pinned: pins.collect(),
            allow_loopback: settings.allow_loopback,
            proxy: settings.proxy.as_deref().map(Proxy::parse).transpose()?,
            tls: tls::config(settings.ca.as_deref())?,
            known: Mutex::default(),
        })
    }

    /// Connects to `host`, in the clear as yet. Behind a proxy it is the proxy that looks the name up, so there the caller's list
    /// of hosts is all that holds.
    pub fn connect(&self, host: &str, port: u16, deadline: Instant) -> Result<TcpStream, Trouble> {
        let Some(proxy) = &self.proxy else {
            return self.straight(host, port, self.reach(host), deadline);
        };
        // the operator named it, and a proxy on this machine is what many have
        let reach = Reach::Operator { loopback: true };
        let stream = self.straight(&proxy.host, proxy.port, reach, deadline)?;
        proxy.tunnel(stream, (host, port), deadline)
    }

    /// Makes `stream` safe. The certificate must be valid, trusted, and for `host`.
    pub fn secure(&self, host: &str, stream: Timed) -> Result<Secured, Trouble> {
        tls::secured(self.tls_config(), host, stream)
    }

    /// What connections are secured with.
    pub fn tls_config(&self) -> Arc<ClientConfig> {
        self.tls.clone()
    }

    fn reach(&self, host: &str) -> Reach {
        if self.named.contains(host) {
            Reach::Operator {
                loopback: self.allow_loopback,
            }
        } else {
            Reach::Public
        }
    }

    fn straight(
        &self,
        host: &str,
        port: u16,
        reach: Reach,
        deadline: Instant,
    ) -> Result<TcpStream, Trouble> {
        let addresses = self.addresses(host, reach, deadline)?;
        let mut trouble = Trouble::NoSuchHost;
        for (tried, address) in addresses.iter().take(TRIED).enumerate() {
            let left = deadline.saturating_duration_since(Instant::now());
            // what is left is shared out, so that one that is silent leaves time for the next
            let tries = addresses.len().min(TRIED) - tried;
            let share = left / u32::try_from(tries).unwrap_or(1);
            if share.is_zero() {
                return Err(Trouble::Timeout);
            }
            match TcpStream::connect_timeout(&SocketAddr::new(*address, port), share) {
                Ok(stream) => {
                    stream.set_nodelay(true).map_err(|error| broken(&error))?;
                    return Ok(stream);
                }
                Err(error) => trouble = broken(&error),
            }
        }
        Err(trouble)
    }

    /// Addresses of `host`, each of them checked: one that may not be reached refuses the host as a whole.
    fn addresses(
        &self,
        host: &str,
        reach: Reach,
        deadline: Instant,
    ) -> Result<Vec<IpAddr>, Trouble> {
        let known = |dialer: &Self| {
            let known = dialer.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.get(host).cloned()
        };
        if let Some(addresses) = known(self) {
            return Ok(addresses);
        }
        let addresses = if let Some(address) = self.pinned.get(host) {
            vec![*address]
        } else if let Ok(address) = host.parse() {
            vec![address]
        } else {
            names::in_time(&self.names, host, deadline).map_err(|error| {
                if error.kind() == io::ErrorKind::TimedOut {
                    Trouble::Timeout
                } else {
                    Trouble::NoSuchHost
                }
            })?
        };
        if addresses.is_empty() {
            return Err(Trouble::NoSuchHost);
        }
        if !addresses.iter().all(|address| reach.allows(*address)) {
            return Err(Trouble::AddressNotAllowed {
                host: host.to_owned(),
            });
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(host.to_owned(), addresses.clone());
        Ok(addresses)
    }
}

/// What an error of a stream means. TLS wraps its own in them.
pub(super) fn broken(error: &io::Error) -> Trouble {
    let inner = error.get_ref().and_then(|it| it.downcast_ref());
    let from_tls = inner.is_some_and(|_: &rustls::Error| true);
    match error.kind() {
        _ if from_tls => Trouble::Tls,
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Trouble::Timeout,
        _ => Trouble::Connection,
    }
}
