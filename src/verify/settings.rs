//! What an operator decides about asking: where to, how fast, how long. Parsed here, obeyed elsewhere.

use core::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::{MailHost, Proxy};

/// How a run may ask. The default asks the providers' own hosts, slowly.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Providers or hosts that lie elsewhere.
    pub endpoints: Vec<Redirected>,
    /// Certificates to trust, in PEM, in place of those that the machine trusts.
    pub ca: Option<PathBuf>,
    /// Whether a host that the operator named may be this machine.
    pub allow_loopback: bool,
    /// Mail servers that may be contacted beside the providers' own.
    pub smtp_hosts: Vec<MailHost>,
    /// The proxy for all connections. The environment is not asked for one here.
    pub proxy: Option<Proxy>,
    /// How requests introduce themselves.
    pub user_agent: String,
    /// How fast, how long, how much.
    pub limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            endpoints: Vec::new(),
            ca: None,
            allow_loopback: false,
            smtp_hosts: Vec::new(),
            proxy: None,
            user_agent: concat!("waxseal/", env!("CARGO_PKG_VERSION")).to_owned(),
            limits: Limits::default(),
        }
    }
}

impl Settings {
    /// Where `host` of `provider` lies instead, if the operator said so. An entry for the host goes before one for the provider.
    pub fn redirected(&self, provider: &str, host: &str, mail: bool) -> Option<&Redirected> {
        let fits = |name: &str| {
            self.endpoints
                .iter()
                .find(|entry| entry.name == name && (entry.scheme != Scheme::Https) == mail)
        };
        fits(host).or_else(|| fits(provider))
    }
}

/// How fast, how long, how much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Questions to one host at a time.
    pub per_host: usize,
    /// Questions a second, to all hosts together.
    pub rate: f64,
    /// Time for one question with its answer.
    pub request: Duration,
    /// Time for all of them.
    pub total: Duration,
    /// Most questions.
    pub requests: u64,
    /// How often a question is put again after no answer, or one that asks to wait.
    pub retries: u32,
    /// Wait before the first repetition; it doubles with each.
    pub back_off: Duration,
}

impl Default for Limits {
    /// Slow enough not to be noticed by a provider: SendGrid takes 600 requests a minute from a user.
    fn default() -> Self {
        Self {
            per_host: 2,
            rate: 5.0,
            request: Duration::from_secs(15),
            total: Duration::from_secs(600),
            requests: 2_000,
            retries: 2,
            back_off: Duration::from_secs(1),
        }
    }
}

/// A provider, or one of its hosts, that lies elsewhere: a gateway, or a server of tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirected {
    /// Name of the provider, or of the host.
    pub name: String,
    /// How it is spoken to.
    pub scheme: Scheme,
    /// Host, which is also the name that the certificate must have.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Address to connect to, if the host is not to be looked up.
    pub address: Option<IpAddr>,
}

/// How an endpoint is spoken to. There is none without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// HTTP over TLS.
    Https,
    /// SMTP with TLS from the first byte.
    Smtps,
    /// SMTP with `STARTTLS`.
    Smtp,
}

impl Redirected {
    /// Reads `NAME=https://HOST[:PORT][,ADDRESS]`, likewise with `smtps` and `smtp`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let form = "expected NAME=https://HOST[:PORT][,ADDRESS], such as sendgrid=https://127.0.0.1:8443; for mail servers smtps:// or smtp://";
        let (name, url) = text.split_once('=').ok_or(form)?;
        let (scheme, rest) = url.split_once("://").ok_or(form)?;
        let (scheme, port) = match scheme {
            "https" => (Scheme::Https, 443),
            "smtps" => (Scheme::Smtps, 465),
            "smtp" => (Scheme::Smtp, 587),
            "http" => {
                return Err("credentials are never sent without TLS: use https://".to_owned());
            }
            _ => return Err(form.to_owned()),
        };
        let (place, address) = match rest.split_once(',') {
            Some((place, address)) => {
                let address = address
                    .parse()
                    .map_err(|_| format!("`{address}` is no IP address"))?;
                (place, Some(address))
            }
            None => (rest, None),
        };
        let (host, port) = split_port(place.trim_end_matches('/'), port)?;
        if name.is_empty() || !is_host(&host) {
            return Err(form.to_owned());
        }
        Ok(Self {
            name: name.to_ascii_lowercase(),
            scheme,
            host,
            port,
            address,
        })
    }

    /// How it is shown.
    pub fn shown(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// Host and port of `place`; an IPv6 address stands in brackets, which are taken off.
pub(super) fn split_port(place: &str, default: u16) -> Result<(String, u16), String> {
    let (host, port) = match place
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        Some((host, "")) => (host, None),
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    let port = match port {
        None => default,
        Some(port) => port
            .parse()
            .ok()
            .filter(|port| *port != 0)
            .ok_or_else(|| format!("`{port}` is no port"))?,
    };
    Ok((host.to_ascii_lowercase(), port))
}

/// Whether `host` is a host name or an IP address, and nothing else.
pub(super) fn is_host(host: &str) -> bool {
    let name = |host: &str| {
        !host.is_empty()
            && host.len() <= 253
            && host.split('.').all(|label| {
                !label.is_empty()
                    && label
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            })
    };
    name(host) || host.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_read() {
        let entry = Redirected::parse("sendgrid=https://127.0.0.1:8443").unwrap();
        assert_eq!(entry.shown(), "127.0.0.1:8443");
        assert_eq!(entry.scheme, Scheme::Https);
        let entry =
            Redirected::parse("API.eu.sendgrid.com=https://Gate.example,192.0.2.7").unwrap();
        assert_eq!(
            (&*entry.name, &*entry.host, entry.port),
            ("api.eu.sendgrid.com", "gate.example", 443)
        );
        assert_eq!(entry.address, "192.0.2.7".parse().ok());
        let entry = Redirected::parse("operator=smtp://[::1]:2525").unwrap();
        assert_eq!(
            (entry.scheme, entry.shown()),
            (Scheme::Smtp, "[::1]:2525".to_owned())
        );
    }

    #[test]
    fn what_is_no_endpoint_is_refused() {
        for text in [
            "sendgrid",
            "sendgrid=127.0.0.1:8443",
            "sendgrid=http://127.0.0.1",
            "sendgrid=https://",
            "=https://gate.example",
            "sendgrid=https://gate.example:0",
            "sendgrid=https://gate.example:99999",
            "sendgrid=https://gate.example/path",
            "sendgrid=https://user@gate.example",
            "sendgrid=https://gate.example,nowhere",
            "sendgrid=ftp://gate.example",
        ] {
            assert!(Redirected::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_host_goes_before_its_provider() {
        let mut settings = Settings::default();
        for text in [
            "sendgrid=https://all.example",
            "api.eu.sendgrid.com=https://eu.example",
            "sendgrid=smtps://mail.example",
        ] {
            settings.endpoints.push(Redirected::parse(text).unwrap());
        }
        let host = |host, mail| {
            settings
                .redirected("sendgrid", host, mail)
                .map(|entry| entry.host.as_str())
        };
        assert_eq!(host("api.sendgrid.com", false), Some("all.example"));
        assert_eq!(host("api.eu.sendgrid.com", false), Some("eu.example"));
        assert_eq!(host("smtp.sendgrid.net", true), Some("mail.example"));
        assert_eq!(settings.redirected("twilio", "api.twilio.com", false), None);
    }
}
