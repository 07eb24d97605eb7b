//! The line that really asks: hosts that are listed and no others, over connections of the dialer.

use std::sync::Arc;
use std::time::Instant;

use super::http::Http;
use super::smtp::{self, Connection};
use super::{Dialer, Names, NetError};
use crate::verify::way::HTTPS;
use crate::verify::{
    Endpoint, HttpReply, HttpRequest, Line, Scheme, Security, Settings, SmtpLogin, SmtpReply, Stop,
    Trouble, Way, Ways, Wire,
};

/// Asks what is allowed. A host is allowed at a port if a verifier lists both.
pub struct Guarded {
    settings: Settings,
    endpoints: Vec<Endpoint>,
    dialer: Arc<Dialer>,
    http: Http,
    stop: Stop,
    /// When the run as a whole has to be over.
    end: Instant,
}

impl Guarded {
    /// A line to `endpoints`. The time that a run may take begins now.
    pub fn new(
        settings: &Settings,
        endpoints: Vec<Endpoint>,
        names: Arc<dyn Names>,
    ) -> Result<Self, NetError> {
        Self::stoppable(settings, endpoints, names, Stop::default())
    }

    /// The same; nobody is waited for once `stop` is set.
    pub fn stoppable(
        settings: &Settings,
        endpoints: Vec<Endpoint>,
        names: Arc<dyn Names>,
        stop: Stop,
    ) -> Result<Self, NetError> {
        let dialer = Arc::new(Dialer::stoppable(settings, names, stop.clone())?);
        Ok(Self {
            settings: settings.clone(),
            endpoints,
            http: Http::new(settings, dialer.clone())?,
            dialer,
            stop,
            end: Instant::now() + settings.limits.total,
        })
    }

    fn deadline(&self) -> Instant {
        self.end.min(Instant::now() + self.settings.limits.request)
    }

    fn check(&self, provider: &str, host: &str, port: u16) -> Result<(), Trouble> {
        let listed = |entry: &Endpoint| entry.provider == provider && entry.covers(host, port);
        if self.endpoints.iter().any(listed) {
            Ok(())
        } else {
            Err(Trouble::HostNotAllowed { host: shown(host) })
        }
    }

    fn checked<'w>(&self, way: Way<'w>) -> Result<Way<'w>, Trouble> {
        // behind a proxy it is the proxy that goes there
        if way.proxy.is_none() {
            self.dialer.check_literal(way.host)?;
        }
        Ok(way)
    }
}

impl Ways for Guarded {
    fn http<'w>(&'w self, request: &HttpRequest<'w>) -> Result<Way<'w>, Trouble> {
        self.check(request.provider, request.host, HTTPS)?;
        self.checked(Way::of_http(&self.settings, request))
    }

    fn smtp<'w>(&'w self, login: &SmtpLogin<'w>) -> Result<Way<'w>, Trouble> {
        self.check(login.provider, login.host, login.port)?;
        self.checked(Way::of_login(&self.settings, login))
    }
}

/// A host that may come out of a scanned file, fit to be shown.
fn shown(host: &str) -> String {
    let plain = |c: &char| c.is_ascii_graphic();
    host.chars().filter(plain).take(253).collect()
}

impl Line for Guarded {
    fn wire(&self) -> Box<dyn Wire + '_> {
        Box::new(Asking(self))
    }
}

struct Asking<'g>(&'g Guarded);

impl Wire for Asking<'_> {
    fn http(&mut self, request: &HttpRequest<'_>) -> Result<HttpReply, Trouble> {
        let guarded = self.0;
        let way = Ways::http(guarded, request)?;
        let deadline = guarded.deadline();
        guarded.http.ask(request, way.host, way.port, deadline)
    }

    fn smtp(&mut self, login: &SmtpLogin<'_>) -> Result<SmtpReply, Trouble> {
        let guarded = self.0;
        let way = Ways::smtp(guarded, login)?;
        let login = SmtpLogin {
            host: way.host,
            port: way.port,
            security: match way.scheme {
                Scheme::Smtp => Security::StartTls,
                Scheme::Smtps | Scheme::Https => Security::Implicit,
            },
            ..login.clone()
        };
        let deadline = guarded.deadline();
        let socket = guarded.dialer.connect(login.host, login.port, deadline)?;
        let config = guarded.dialer.tls_config();
        let connection = Connection::new(socket, login.host, config, deadline);
        smtp::log_in(connection.stopped_by(guarded.stop.clone()), &login)
    }
}
