//! Mail logins: who is asked, and what the answer means.
//!
//! A login's host comes out of a scanned file, and asking it means to hand it the password. So only [`servers`] of providers are
//! asked, and those that the operator names. The dialogue itself is the wire's.

mod answers;
mod named;
mod place;
mod servers;

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use zeroize::Zeroizing;

use super::credential::bytes;
use super::{Credential, Endpoint, SmtpLogin, Trouble, Verifier, Wire, sendgrid};
use crate::model::{Secret, Verdict, Verified};
use crate::rules::BUILTIN;
use place::{BREVO, Place, belonging, text_part};
use servers::{Dialect, Server};

pub use named::{MailHost, PORTS as MAIL_PORTS};

/// Whose endpoint a server is that the operator named.
const OPERATOR: &str = "operator";

/// Rules whose findings are mail logins and nothing else.
const LOGINS: [&str; 17] = [
    "amazon-ses-smtp",
    "azure-communication-smtp",
    "brevo-smtp-key",
    "exim-login",
    "gmail-app-password",
    "mail-command-login",
    "mailbox-app-password",
    "mailersend-smtp-login",
    "mailtrap-sandbox-login",
    "nullmailer-login",
    "postfix-login",
    "postfix-static-login",
    "qmail-login",
    "sendmail-login",
    "smtp-login",
    "smtp-transcript-login",
    "smtp-url",
];

/// Rules whose findings may be mail logins: a password for SMTP looks like a key there, or a key is a password for SMTP as well. They
/// are, if a mail server of the provider stands beside.
const MAYBE_LOGINS: [&str; 4] = [
    "elastic-email-key",
    "mailgun-api-key",
    "mailtrap-api-token",
    "zeptomail-send-token",
];

/// Whose mail server stands beside `credential`, if it is one of a known provider.
pub(super) fn provider_beside(credential: &Credential<'_>) -> Option<&'static str> {
    let host = text_part(credential, "host")?.to_ascii_lowercase();
    servers::named(&host).map(|server| server.provider)
}

/// Asks mail servers.
#[derive(Debug, Default)]
pub struct MailLogins {
    hosts: Vec<MailHost>,
    mailboxes: bool,
    tried: Tried,
}

impl MailLogins {
    /// Asks the providers' servers and those called `hosts`. With `mailboxes` also those that lock an account after a few wrong
    /// passwords: mailboxes of people.
    pub fn new(hosts: &[MailHost], mailboxes: bool) -> Self {
        Self {
            hosts: hosts.to_vec(),
            mailboxes,
            tried: Tried::default(),
        }
    }

    /// Whether the operator named `host`.
    fn names(&self, host: &str) -> bool {
        self.hosts.iter().any(|it| it.host == host)
    }

    /// Where `credential` belongs.
    fn place<'c>(&self, credential: &Credential<'c>) -> Result<Place<'c>, Cow<'static, str>> {
        let named = text_part(credential, "host").map(|host| {
            let host = host.trim().trim_start_matches('[').trim_end_matches(']');
            let host = host.strip_suffix('.').unwrap_or(host);
            host.to_ascii_lowercase()
        });
        // a keyword of the mailer's, and a wildcard of exim's
        let named = named.filter(|host| !matches!(host.as_str(), "" | "default" | "*"));
        let port = text_part(credential, "port").and_then(|port| servers::port(&port));
        let belongs = || belonging(credential);
        let (host, server) = match named {
            Some(host) => {
                let known = servers::named(&host);
                let by_operator = named::port(&self.hosts, &host, port);
                if let (None, Some(port)) = (known, by_operator) {
                    let port = port.map_err(wrong_port)?;
                    return Ok(Place {
                        provider: OPERATOR,
                        host,
                        port,
                        security: servers::security(port),
                        dialect: Dialect::Standard,
                        user: None,
                        credential: *credential,
                    });
                }
                match known {
                    Some(server) => (host, server),
                    None if credential.rule == BREVO => {
                        belongs().ok_or("no mail server stands beside it")?
                    }
                    None => return Err(not_allowed(host)),
                }
            }
            None => belongs().ok_or(if credential.rule == "amazon-ses-smtp" {
                "the region, which such a login is bound to, is not known"
            } else {
                "no mail server stands beside it"
            })?,
        };
        if server.mailbox && !self.mailboxes && !self.names(&host) {
            return Err(
                "a mailbox: wrong passwords may lock its owner out, so it is asked on request only"
                    .into(),
            );
        }
        let (port, security) = server.place(port);
        Ok(Place {
            provider: server.provider,
            host,
            port,
            security,
            dialect: server.dialect,
            user: server.user,
            credential: *credential,
        })
    }

    /// What comes of a login at `place`.
    fn at(
        &self,
        place: &Place<'_>,
        user: &Secret,
        password: &Secret,
        wire: &mut dyn Wire,
    ) -> Verified {
        self.tried.once((&place.host, user, password), || {
            let reply = wire.smtp(&SmtpLogin {
                provider: place.provider,
                host: &place.host,
                port: place.port,
                security: place.security,
                user,
                password,
            });
            match reply {
                Ok(reply) => answers::judge(place.question(user), &reply),
                Err(trouble) => Verified::from(&trouble),
            }
        })
    }
}

impl Verifier for MailLogins {
    fn handles(&self, credential: &Credential<'_>) -> bool {
        let host = text_part(credential, "host");
        let host_is = |what: fn(&str) -> bool| {
            host.as_ref()
                .is_some_and(|host| what(&host.to_ascii_lowercase()))
        };
        match credential.rule {
            // one of an API over HTTP is no mail login
            "mail-command-login" => !host_is(is_api),
            rule if MAYBE_LOGINS.contains(&rule) => host_is(|host| servers::named(host).is_some()),
            rule => LOGINS.contains(&rule),
        }
    }

    fn endpoints(&self) -> Vec<Endpoint> {
        let asked = |server: &&Server| self.mailboxes || !server.mailbox || self.names(server.host);
        let endpoint = |provider: &str, host: &str, port| Endpoint {
            provider: provider.to_owned(),
            host: host.to_owned(),
            port,
            purpose: "login over SMTP, without sending anything".to_owned(),
        };
        let known = servers::SERVERS.iter().filter(asked).flat_map(|server| {
            let ports = server.all_ports();
            ports.map(move |port| endpoint(server.provider, server.host, port))
        });
        let others = self
            .hosts
            .iter()
            .filter(|it| servers::named(&it.host).is_none());
        let named = others.flat_map(|it| {
            let ports = it.ports().into_iter();
            ports.map(move |port| endpoint(OPERATOR, &it.host, port))
        });
        known.chain(named).collect()
    }

    fn asks(&self, credential: &Credential<'_>) -> String {
        // one that the operator has asked at a port of its own; else the host says it all
        self.place(credential).map_or_else(
            |_| "nobody".to_owned(),
            |place| {
                let by_port = self
                    .hosts
                    .iter()
                    .find_map(|it| it.port.filter(|_| it.host == place.host));
                format!("{} {} {by_port:?}", place.provider, place.host)
            },
        )
    }

    fn matters(&self, rule: &str, part: &str) -> bool {
        matches!(part, "host" | "user" | "region") || (part == "mailer" && rule == "smtp-url")
    }

    fn locks(&self, credential: &Credential<'_>) -> Option<Secret> {
        let place = self.place(credential).ok()?;
        let user = place.user().filter(|user| !place.is_shared(user))?;
        let mut account = Zeroizing::new(place.host.into_bytes());
        account.push(b'\0');
        account.extend(bytes(&user).to_ascii_lowercase());
        Some(Secret::new(&account, 0))
    }

    fn verify(&self, credential: &Credential<'_>, wire: &mut dyn Wire) -> Verified {
        let unknown = |reason: Cow<'static, str>| Verified::new(Verdict::Unknown, reason);
        let place = match self.place(credential) {
            Ok(place) => place,
            Err(reason) => return unknown(reason),
        };
        let Some(user) = place.user() else {
            return unknown("no user stands beside it".into());
        };
        let password = place.password();
        if [&user, &password].into_iter().any(Secret::is_empty) {
            return unknown("the login has no password, or no user".into());
        }
        let here = self.at(&place, &user, &password, wire);
        let elsewhere = servers::elsewhere(&place.host).filter(|_| here.verdict == Verdict::Dead);
        let Some(host) = elsewhere else {
            return here;
        };
        let there = Place {
            host: host.to_owned(),
            ..place
        };
        // no region tells that a key belongs to another
        let there = self.at(&there, &user, &password, wire);
        match there.verdict {
            Verdict::Dead => Verified::new(
                Verdict::Dead,
                "SendGrid's mail servers refuse it, worldwide and in the EU (535)",
            ),
            Verdict::Unknown => Verified {
                reason: format!(
                    "refused at one host, and {host} did not tell: {}",
                    there.reason
                )
                .into(),
                ..there
            },
            _ => there,
        }
    }
}

/// Logins that were tried, with what came of it. The same one may be found by several rules, and is not tried again: accounts are
/// locked after a few failures. Holds no login, but digests under a key of this run.
#[derive(Debug, Default)]
struct Tried {
    state: RandomState,
    answers: Mutex<HashMap<u64, Arc<OnceLock<Verified>>>>,
}

impl Tried {
    /// The answer to a login, by `ask` if it is the first time. Whoever comes meanwhile waits for it.
    fn once(
        &self,
        (host, user, password): (&str, &Secret, &Secret),
        ask: impl FnOnce() -> Verified,
    ) -> Verified {
        let digest = self.state.hash_one((host, bytes(user), bytes(password)));
        let answer = {
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(answers.entry(digest).or_default())
        };
        answer.get_or_init(ask).clone()
    }
}

/// Whether `host` is one of a provider's API over HTTP.
fn is_api(host: &str) -> bool {
    let recipes = BUILTIN.iter().filter_map(|rule| rule.verify.as_ref());
    let asks = recipes.flat_map(|recipe| recipe.asks.iter());
    let mut hosts = asks.flat_map(|ask| ask.hosts.iter());
    sendgrid::HOSTS.contains(&host) || hosts.any(|one| one == host)
}

/// Why a host that the operator named is not asked at `port`, which a file names.
fn wrong_port(port: u16) -> Cow<'static, str> {
    let usual: Vec<String> = MAIL_PORTS.iter().map(u16::to_string).collect();
    format!(
        "the file names port {port}, at which mail is not handed in ({}): not contacted; --smtp-host HOST:{port} allows it",
        usual.join(", ")
    )
    .into()
}

/// Why `host` is not asked. It is named if it is a name, and not something else that stands in the place of one.
fn not_allowed(host: String) -> Cow<'static, str> {
    let is_name = host.len() <= 253
        && host.split('.').count() > 1
        && host.split('.').all(|label| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        })
        && host.ends_with(|last: char| last.is_ascii_lowercase());
    if is_name {
        Trouble::HostNotAllowed { host }.to_string().into()
    } else {
        "what stands in the place of the mail server is not known as one: not contacted".into()
    }
}
