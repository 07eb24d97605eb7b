//! Mail logins: who is asked, and what the answer means.
//!
//! A login's host comes out of a scanned file, and asking it means to hand it the password. So only [`servers`] of providers are
//! asked, and those that the operator names. The dialogue itself is the wire's.

mod answers;
mod named;
mod servers;

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use zeroize::Zeroizing;

use super::credential::bytes;
use super::{Credential, Endpoint, Security, SmtpLogin, Trouble, Verifier, Wire};
use crate::model::{Secret, Verdict, Verified};
use answers::Question;
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

/// Where the findings of a rule belong, if no host stands beside them.
const BELONGS: [(&str, &str); 5] = [
    ("azure-communication-smtp", "smtp.azurecomm.net"),
    (BREVO, "smtp-relay.brevo.com"),
    ("gmail-app-password", "smtp.gmail.com"),
    ("mailersend-smtp-login", "smtp.mailersend.net"),
    ("mailtrap-sandbox-login", "sandbox.smtp.mailtrap.io"),
];

/// A key that says itself whose it is.
const BREVO: &str = "brevo-smtp-key";

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
}

impl Verifier for MailLogins {
    fn handles(&self, credential: &Credential<'_>) -> bool {
        LOGINS.contains(&credential.rule)
            || (MAYBE_LOGINS.contains(&credential.rule)
                && text_part(credential, "host")
                    .is_some_and(|host| servers::named(&host.to_ascii_lowercase()).is_some()))
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

    fn matters(&self, _rule: &str, part: &str) -> bool {
        matches!(part, "host" | "user" | "region")
    }

    fn verify(&self, credential: &Credential<'_>, wire: &mut dyn Wire) -> Verified {
        let unknown = |reason| Verified::new(Verdict::Unknown, reason);
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
        self.tried.once((&place.host, &user, &password), || {
            let reply = wire.smtp(&SmtpLogin {
                provider: place.provider,
                host: &place.host,
                port: place.port,
                security: place.security,
                user: &user,
                password: &password,
            });
            match reply {
                Ok(reply) => {
                    let (verdict, reason) = answers::judge(place.question(), &reply);
                    Verified::new(verdict, reason)
                }
                Err(trouble) => unknown(trouble.to_string().into()),
            }
        })
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

/// Where a login is tried.
struct Place<'c> {
    provider: &'static str,
    host: String,
    port: u16,
    security: Security,
    dialect: Dialect,
    /// The user that every login there has.
    user: Option<&'static str>,
    credential: Credential<'c>,
}

impl Place<'_> {
    /// The user as it goes over the wire: in URLs it is percent-encoded.
    fn user(&self) -> Option<Secret> {
        let Some(user) = self.credential.part("user") else {
            return self.user.map(|user| Secret::new(user.as_bytes(), 0));
        };
        let user = bytes(user);
        let encoded_at = user.windows(3).any(|three| three == b"%40");
        if self.credential.rule == "smtp-url" || (encoded_at && !user.contains(&b'@')) {
            return Some(Secret::new(&percent_decoded(user), 0));
        }
        Some(Secret::new(user, 0))
    }

    /// The password as it goes over the wire. Google shows those for programs in four groups, and means no spaces by that.
    fn password(&self) -> Secret {
        let raw = bytes(self.credential.secret);
        let in_groups = self.dialect == Dialect::Google
            && raw.len() == 19
            && raw.iter().enumerate().all(|(at, byte)| match at % 5 {
                4 => *byte == b' ',
                _ => byte.is_ascii_alphabetic(),
            });
        if !in_groups {
            return self.credential.secret.clone();
        }
        let letters = raw.iter().copied().filter(|byte| *byte != b' ');
        Secret::new(&Zeroizing::new(letters.collect::<Vec<u8>>()), 0)
    }

    fn question(&self) -> Question {
        Question {
            dialect: self.dialect,
            made_for_programs: matches!(
                self.credential.rule,
                "gmail-app-password" | "mailbox-app-password"
            ),
        }
    }
}

/// The server for a login whose host is not known.
fn belonging(credential: &Credential<'_>) -> Option<(String, &'static Server)> {
    let host = match credential.rule {
        "amazon-ses-smtp" => {
            let region = text_part(credential, "region")?;
            format!("email-smtp.{}.amazonaws.com", region.to_ascii_lowercase())
        }
        "mailbox-app-password" => {
            let user = text_part(credential, "user")?;
            servers::of_user(&user)?.host.to_owned()
        }
        rule => {
            let (_, host) = BELONGS.iter().find(|(one, _)| *one == rule)?;
            (*host).to_owned()
        }
    };
    let server = servers::named(&host)?;
    Some((host, server))
}

/// A companion, if it is text.
fn text_part(credential: &Credential<'_>, name: &str) -> Option<Zeroizing<String>> {
    let text = std::str::from_utf8(bytes(credential.part(name)?)).ok()?;
    Some(Zeroizing::new(text.to_owned()))
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

/// `bytes` with its percent escapes read; what is none stays.
fn percent_decoded(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(bytes.len()));
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        let digit = |at: usize| char::from(*tail.get(at)?).to_digit(16);
        let escaped = (*first == b'%')
            .then(|| Some((digit(0)?, digit(1)?)))
            .flatten();
        if let Some(Ok(byte)) = escaped.map(|(high, low)| u8::try_from(high * 16 + low)) {
            out.push(byte);
            rest = &tail[2..];
        } else {
            out.push(*first);
            rest = tail;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read_once_and_others_stay() {
        for (raw, read) in [
            ("ops%40harbor.io", "ops@harbor.io"),
            ("a%2540b", "a%40b"),
            ("50%", "50%"),
            ("50%zz%4", "50%zz%4"),
            ("", ""),
        ] {
            assert_eq!(*percent_decoded(raw.as_bytes()), read.as_bytes());
        }
    }
}
