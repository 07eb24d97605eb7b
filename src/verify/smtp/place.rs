//! Where a login belongs, and what is sent there. Whether it may be asked is decided elsewhere.

use zeroize::Zeroizing;

use super::answers::Question;
use super::servers::{self, Dialect, Server};
use crate::model::Secret;
use crate::verify::credential::bytes;
use crate::verify::{Credential, Security};

/// Where the findings of a rule belong, if no host stands beside them.
const BELONGS: [(&str, &str); 5] = [
    ("azure-communication-smtp", "smtp.azurecomm.net"),
    (BREVO, "smtp-relay.brevo.com"),
    ("gmail-app-password", "smtp.gmail.com"),
    ("mailersend-smtp-login", "smtp.mailersend.net"),
    ("mailtrap-sandbox-login", "sandbox.smtp.mailtrap.io"),
];

/// A key that says itself whose it is.
pub(super) const BREVO: &str = "brevo-smtp-key";

/// Where a login is tried.
pub(super) struct Place<'c> {
    pub provider: &'static str,
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub dialect: Dialect,
    /// The user that every login there has.
    pub user: Option<&'static str>,
    pub credential: Credential<'c>,
}

impl Place<'_> {
    /// The user as it goes over the wire: in URLs it is percent-encoded.
    pub fn user(&self) -> Option<Secret> {
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
    pub fn password(&self) -> Secret {
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

    /// What the answer is judged by.
    pub fn question(&self, user: &Secret) -> Question {
        let app_password = matches!(
            self.credential.rule,
            "gmail-app-password" | "mailbox-app-password"
        );
        Question {
            dialect: self.dialect,
            made_for_programs: app_password || self.is_shared(user),
        }
    }

    /// Whether `user` is the same for every account there, which then is told by the password alone.
    pub fn is_shared(&self, user: &Secret) -> bool {
        let shared = match self.dialect {
            Dialect::SendGrid => Some("apikey"),
            _ => self.user,
        };
        shared.is_some_and(|shared| bytes(user).eq_ignore_ascii_case(shared.as_bytes()))
    }
}

/// The server for a login whose host is not known.
pub(super) fn belonging(credential: &Credential<'_>) -> Option<(String, &'static Server)> {
    let host = match credential.rule {
        "amazon-ses-smtp" => {
            let region = text_part(credential, "region")?;
            format!("email-smtp.{}.amazonaws.com", region.to_ascii_lowercase())
        }
        "smtp-url" => {
            let mailer = text_part(credential, "mailer")?.to_ascii_lowercase();
            let region = text_part(credential, "region");
            let region = region.map(|region| region.to_ascii_lowercase());
            servers::of_mailer(&mailer, region.as_deref())?
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
pub(super) fn text_part(credential: &Credential<'_>, name: &str) -> Option<Zeroizing<String>> {
    let text = std::str::from_utf8(bytes(credential.part(name)?)).ok()?;
    Some(Zeroizing::new(text.to_owned()))
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
