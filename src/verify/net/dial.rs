//! The one place where connections begin: a name is looked up once, every address that it leads to is checked, and one of those
//! that were checked is connected to. What a name leads to later plays no part.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rustls::ClientConfig;

use super::address::Reach;
use super::patience::in_time;
use super::{Names, NetError, Secured, Timed, tls};
use crate::verify::{Proxy, Settings, Stop, Trouble};

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
    stop: Stop,
    /// Addresses of hosts that were looked up before, checked.
    known: Mutex<HashMap<String, Vec<IpAddr>>>,
}

impl Dialer {
    /// One that obeys `settings` and looks names up with `names`.
    pub fn new(settings: &Settings, names: Arc<dyn Names>) -> Result<Self, NetError> {
        Self::stoppable(settings, names, Stop::default())
    }

    /// The same; what it does ends when `stop` is set.
    pub fn stoppable(
        settings: &Settings,
        names: Arc<dyn Names>,
        stop: Stop,
    ) -> Result<Self, NetError> {
        let mail = settings.smtp_hosts.iter().map(|it| &it.host);
        let hosts = settings.endpoints.iter().map(|entry| &entry.host);
        let pins = settings.endpoints.iter();
        let pins = pins.filter_map(|entry| Some((entry.host.clone(), entry.address?)));
        Ok(Self {
            names,
            named: hosts.chain(mail).cloned().collect(),
            pinned: pins.collect(),
            allow_loopback: settings.allow_loopback,
            proxy: settings.proxy.clone(),
            tls: tls::config(settings.ca.as_deref())?,
            stop,
            known: Mutex::default(),
        })
    }

    /// Connects to `host`, in the clear as yet. Behind a proxy it is the proxy that looks the name up, so there the caller's list
    /// of hosts is all that holds.
    pub fn connect(&self, host: &str, port: u16, deadline: Instant) -> Result<TcpStream, Trouble> {
        let proxy = self.proxy.as_ref();
        let Some(proxy) = proxy.filter(|proxy| proxy.serves(host, port)) else {
            return self.straight(host, port, self.reach(host), deadline);
        };
        // the operator named it, and a proxy on this machine is what many have
        let reach = Reach::Operator { loopback: true };
        let stream = self
            .straight(&proxy.host, proxy.port, reach, deadline)
            .map_err(|trouble| match trouble {
                Trouble::Stopped => trouble,
                _ => Trouble::NoProxy,
            })?;
        proxy.tunnel(self.timed(stream, deadline), (host, port))
    }

    /// Bounds `stream` by `deadline`, and by the end of the run.
    pub fn timed(&self, stream: TcpStream, deadline: Instant) -> Timed {
        Timed::new(stream, deadline).stopped_by(self.stop.clone())
    }

    /// Fails where it is known without a look at any name that `host` is not connected to.
    pub(super) fn check_literal(&self, host: &str) -> Result<(), Trouble> {
        let address = self.pinned.get(host).copied();
        match address.or_else(|| host.parse().ok()) {
            Some(address) if !self.reach(host).allows(address) => Err(Trouble::AddressNotAllowed {
                host: host.to_owned(),
            }),
            _ => Ok(()),
        }
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
            let place = SocketAddr::new(*address, port);
            let begun = in_time("connect", deadline, &self.stop, move || {
                TcpStream::connect_timeout(&place, share)
            });
            match begun? {
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
            let (names, host) = (self.names.clone(), host.to_owned());
            // the machine's resolver takes its time, and can't be told a deadline
            in_time("names", deadline, &self.stop, move || {
                names.addresses(&host)
            })?
            .map_err(|_| Trouble::NoSuchHost)?
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
    let inner = error.get_ref();
    if let Some(trouble) = inner.and_then(|it| it.downcast_ref::<Trouble>()) {
        return trouble.clone();
    }
    let from_tls = inner.and_then(|it| it.downcast_ref::<rustls::Error>());
    match error.kind() {
        _ if from_tls.is_some() => Trouble::Tls,
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Trouble::Timeout,
        _ => Trouble::Connection,
    }
}
