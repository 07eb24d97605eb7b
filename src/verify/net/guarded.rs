//! The line that really asks: hosts that are listed and no others, over connections of the dialer.

use std::sync::Arc;
use std::time::Instant;

use super::http::Http;
use super::smtp::{self, Connection};
use super::{Dialer, Names, NetError};
use crate::verify::{
    Endpoint, HttpReply, HttpRequest, Line, Scheme, Security, Settings, SmtpLogin, SmtpReply,
    Trouble, Wire,
};

/// Port of every question over HTTP, unless the operator has it elsewhere.
const HTTPS: u16 = 443;

/// Asks what is allowed. A host is allowed if a verifier lists it or, for mail, if the operator named it.
pub struct Guarded {
    settings: Settings,
    endpoints: Vec<Endpoint>,
    dialer: Arc<Dialer>,
    http: Http,
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
        let dialer = Arc::new(Dialer::new(settings, names)?);
        Ok(Self {
            settings: settings.clone(),
            endpoints,
            http: Http::new(settings, dialer.clone())?,
            dialer,
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
        guarded.check(request.provider, request.host, HTTPS)?;
        let entry = guarded
            .settings
            .redirected(request.provider, request.host, false);
        let (host, port) = entry.map_or((request.host, HTTPS), |to| (&to.host, to.port));
        guarded.http.ask(request, host, port, guarded.deadline())
    }

    fn smtp(&mut self, login: &SmtpLogin<'_>) -> Result<SmtpReply, Trouble> {
        let guarded = self.0;
        if !guarded
            .settings
            .smtp_hosts
            .iter()
            .any(|host| host == login.host)
        {
            guarded.check(login.provider, login.host, login.port)?;
        }
        let mut login = login.clone();
        if let Some(to) = guarded
            .settings
            .redirected(login.provider, login.host, true)
        {
            (login.host, login.port) = (&to.host, to.port);
            login.security = match to.scheme {
                Scheme::Smtp => Security::StartTls,
                Scheme::Smtps | Scheme::Https => Security::Implicit,
            };
        }
        let deadline = guarded.deadline();
        let socket = guarded.dialer.connect(login.host, login.port, deadline)?;
        let config = guarded.dialer.tls_config();
        smtp::log_in(
            Connection::new(socket, login.host, config, deadline),
            &login,
        )
    }
}
