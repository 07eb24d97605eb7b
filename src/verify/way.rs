//! The way of a question: where it goes by what the operator said, and how that is shown.
//!
//! The one source of that for the line that asks, for a dry run, for the list of endpoints and for the summary. Looks nothing up.

use super::{HttpRequest, Proxy, Redirected, Scheme, Security, Settings, SmtpLogin, Trouble};

/// Port of every question over HTTP, unless the operator has it elsewhere.
pub(super) const HTTPS: u16 = 443;

/// Where a question goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way<'w> {
    /// The host that is connected to, perhaps through a proxy.
    pub host: &'w str,
    /// Its port.
    pub port: u16,
    /// How it is spoken to.
    pub scheme: Scheme,
    /// The host that was meant, if the operator has it elsewhere.
    pub in_place_of: Option<&'w str>,
    /// The proxy on the way.
    pub proxy: Option<&'w Proxy>,
}

/// Tells the ways of questions, as far as they may be put.
pub trait Ways: Sync {
    /// That of a question over HTTPS.
    fn http<'w>(&'w self, request: &HttpRequest<'w>) -> Result<Way<'w>, Trouble>;

    /// That of a login.
    fn smtp<'w>(&'w self, login: &SmtpLogin<'w>) -> Result<Way<'w>, Trouble>;
}

impl<'w> Way<'w> {
    /// The way to `host` of `provider` by `settings`.
    pub fn of(
        settings: &'w Settings,
        provider: &str,
        (host, port): (&'w str, u16),
        scheme: Scheme,
    ) -> Self {
        let entry = settings.redirected(provider, host, scheme != Scheme::Https);
        let (to, port, scheme) = match entry {
            Some(Redirected {
                host, port, scheme, ..
            }) => (host.as_str(), *port, *scheme),
            None => (host, port, scheme),
        };
        let proxy = settings.proxy.as_ref();
        Self {
            host: to,
            port,
            scheme,
            in_place_of: entry.map(|_| host),
            proxy: proxy.filter(|proxy| proxy.serves(to, port)),
        }
    }

    /// That of a question over HTTPS.
    pub fn of_http(settings: &'w Settings, request: &HttpRequest<'w>) -> Self {
        let place = (request.host, HTTPS);
        Self::of(settings, request.provider, place, Scheme::Https)
    }

    /// That of a login.
    pub fn of_login(settings: &'w Settings, login: &SmtpLogin<'w>) -> Self {
        let scheme = match login.security {
            Security::Implicit => Scheme::Smtps,
            Security::StartTls => Scheme::Smtp,
        };
        Self::of(settings, login.provider, (login.host, login.port), scheme)
    }

    /// Host and port.
    pub fn place(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The host, with its port where that is not the usual one, and the one that was meant.
    pub fn shown(&self) -> String {
        match self.in_place_of {
            Some(meant) => format!("{} in place of {meant}", self.place()),
            None if (self.scheme, self.port) == (Scheme::Https, HTTPS) => self.host.to_owned(),
            None => self.place(),
        }
    }

    /// The same, with the proxy.
    pub fn in_full(&self) -> String {
        self.with_proxy(self.shown())
    }

    /// `place` with the proxy that it is reached through.
    pub fn with_proxy(&self, place: String) -> String {
        match self.proxy {
            Some(proxy) => format!("{place} through the proxy {proxy}"),
            None => place,
        }
    }
}
