//! SendGrid: whether an API key or an account's password still works, and what the key may do.
//!
//! `GET /v3/scopes` changes nothing and lists what a key may do. Its answers are judged by status and message together: the
//! same status stands for a dead key, for one that is used up, and for one that is live behind a list of addresses.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::{
    Body, Credential, Endpoint, Header, HttpReply, HttpRequest, Method, Trouble, Verifier, Wire,
};
use crate::model::{Secret, Verdict, Verified, VerifiedDetail};

const PROVIDER: &str = "sendgrid";

/// Where most accounts are.
const GLOBAL: &str = "api.sendgrid.com";

/// Where subusers of the EU are. A key does not tell which it belongs to.
const EU: &str = "api.eu.sendgrid.com";

/// Hosts to which logins of SendGrid are sent over HTTP.
pub(super) const HOSTS: [&str; 3] = [GLOBAL, EU, "sendgrid.com"];

/// Characters of the id in a key, behind `SG.`.
const ID: usize = 22;

/// What tells of the account in a list of scopes, and gives no power.
const MARKERS: [&str; 3] = [
    "2fa_required",
    "sender_verification_eligible",
    "sender_verification_legacy",
];

/// What somebody who found a key would use it for, by the scopes that allow it: whole ones, or all that begin so if a dot ends it.
const POWERS: [(&str, &[&str]); 8] = [
    ("send mail", &["mail.send"]),
    (
        "make API keys, and so give itself more scopes",
        &["api_keys.create", "api_keys.update"],
    ),
    ("delete API keys", &["api_keys.delete"]),
    (
        "read or change contacts",
        &["marketing.", "marketing_campaigns.", "newsletter."],
    ),
    ("see or change billing", &["billing."]),
    (
        "see or change teammates and subusers",
        &["teammates.", "subusers."],
    ),
    (
        "read who was sent what",
        &["messages.", "email_activity.", "suppression."],
    ),
    (
        "change how the account is reached",
        &["user.", "access_settings.", "sso.", "whitelabel."],
    ),
];

/// Asks SendGrid.
#[derive(Clone, Copy, Debug, Default)]
pub struct SendGrid;

/// What a finding holds.
enum Kind {
    /// A key, as it stands in a header.
    Key(Zeroizing<String>),
    /// User and password of an account, as they stand in a header.
    Login(Zeroizing<String>),
}

impl Kind {
    fn of(credential: &Credential<'_>) -> Option<Self> {
        let secret = credential.secret_text()?;
        let header = |text: String| Zeroizing::new(text);
        match credential.rule {
            "sendgrid-api-key" => Some(Self::Key(header(format!("Bearer {secret}")))),
            "mailer-dsn-key" => {
                let is_ours = credential.text("mailer")?.eq_ignore_ascii_case(PROVIDER);
                // Symfony's word for the provider's own
                let host = credential.text("host").filter(|host| *host != "default");
                let here = host.is_none_or(|host| HOSTS.contains(&&*host.to_ascii_lowercase()));
                let whole = is_ours && here && secret.starts_with("SG.");
                whole.then(|| Self::Key(header(format!("Bearer {secret}"))))
            }
            "sendgrid-key-in-two-parts" | "sendgrid-key-by-format" => {
                let id = credential.text("id")?;
                Some(Self::Key(header(format!("Bearer SG.{id}.{secret}"))))
            }
            // the other two find logins by what they are sent to
            "sendgrid-basic-auth" | "mail-api-basic-auth" | "mail-command-login" => {
                let host = credential.text("host").unwrap_or_default();
                let elsewhere = !HOSTS.contains(&host.to_ascii_lowercase().as_str());
                if elsewhere && credential.rule != "sendgrid-basic-auth" {
                    return None;
                }
                let user = credential.text("user")?;
                if user.contains(':') {
                    return None;
                }
                let login = Zeroizing::new(format!("{user}:{secret}"));
                Some(Self::Login(header(format!(
                    "Basic {}",
                    STANDARD.encode(login.as_bytes())
                ))))
            }
            _ => None,
        }
    }

    fn header(&self) -> Header {
        let (Self::Key(text) | Self::Login(text)) = self;
        Header::Secret(Secret::new(text.as_bytes(), 0))
    }
}

impl Verifier for SendGrid {
    fn handles(&self, credential: &Credential<'_>) -> bool {
        Kind::of(credential).is_some()
    }

    fn endpoints(&self) -> Vec<Endpoint> {
        let endpoint = |host: &str, purpose: &str| Endpoint {
            provider: PROVIDER.to_owned(),
            host: host.to_owned(),
            port: 443,
            purpose: purpose.to_owned(),
        };
        vec![
            endpoint(GLOBAL, "the scopes of an API key"),
            endpoint(EU, "the same, for keys that the global host does not know"),
        ]
    }

    fn verify(&self, credential: &Credential<'_>, wire: &mut dyn Wire) -> Verified {
        match Kind::of(credential) {
            Some(kind @ Kind::Key(_)) => key(&kind, wire),
            Some(kind @ Kind::Login(_)) => login(&kind, wire),
            None => Verified::new(Verdict::Unknown, "not asked: it is not all of a credential"),
        }
    }

    fn locks(&self, credential: &Credential<'_>) -> Option<Secret> {
        match Kind::of(credential)? {
            Kind::Key(_) => None,
            Kind::Login(_) => credential.part("user").cloned(),
        }
    }

    fn matters(&self, rule: &str, part: &str) -> bool {
        match rule {
            "sendgrid-basic-auth" => part == "user",
            "mailer-dsn-key" => matches!(part, "mailer" | "host"),
            "mail-api-basic-auth" | "mail-command-login" => matches!(part, "user" | "host"),
            "sendgrid-api-key" => false,
            _ => part == "id",
        }
    }

    /// The id by which a key is deleted. It is the middle of the key, and no secret by itself.
    fn tells(&self, credential: &Credential<'_>) -> Vec<VerifiedDetail> {
        let id = match credential.rule {
            "sendgrid-api-key" | "mailer-dsn-key" => credential
                .secret_text()
                .and_then(|key| key.strip_prefix("SG."))
                .and_then(|rest| rest.get(..ID)),
            "sendgrid-key-in-two-parts" | "sendgrid-key-by-format" => credential.text("id"),
            _ => None,
        };
        let detail = |id: &str| VerifiedDetail {
            name: "key-id".into(),
            values: vec![id.to_owned()],
        };
        id.map(detail).into_iter().collect()
    }
}

fn ask(host: &str, kind: &Kind, wire: &mut dyn Wire) -> Result<HttpReply, Trouble> {
    wire.http(&HttpRequest {
        provider: PROVIDER,
        host,
        method: Method::Get,
        path: "/v3/scopes".to_owned(),
        headers: vec![("Authorization", kind.header())],
        body: None,
    })
}

fn key(kind: &Kind, wire: &mut dyn Wire) -> Verified {
    let global = match ask(GLOBAL, kind, wire) {
        Ok(reply) => reply,
        Err(trouble) => return Verified::from(&trouble),
    };
    let first = judged(&global);
    if first.verdict.is_live() {
        return first.with("region", vec!["global".to_owned()]);
    }
    if first.verdict != Verdict::Dead && global.status != 451 {
        return first;
    }
    let eu = match ask(EU, kind, wire) {
        Ok(reply) => judged(&reply),
        Err(trouble) => Verified::from(&trouble),
    };
    match (first.verdict, eu.verdict) {
        (Verdict::Dead, Verdict::Dead) => Verified::new(
            Verdict::Dead,
            "SendGrid knows no such key, worldwide or in the EU; it may have been live before",
        ),
        (_, Verdict::Dead) => Verified::no_answer(
            "the global host may not answer for where it is stored, and the EU does not know it",
        ),
        (_, Verdict::Live | Verdict::LiveRestricted) => eu.with("region", vec!["eu".to_owned()]),
        (Verdict::Dead, _) => Verified {
            reason: format!(
                "the global host does not know it, and the EU did not tell: {}",
                eu.reason
            )
            .into(),
            ..eu
        },
        _ => eu,
    }
}

/// A password proves itself only by being taken: a refusal comes before it is looked at.
fn login(kind: &Kind, wire: &mut dyn Wire) -> Verified {
    let reply = match ask(GLOBAL, kind, wire) {
        Ok(reply) => reply,
        Err(trouble) => return Verified::from(&trouble),
    };
    let message = message(&reply.body);
    let why = match reply.status {
        401 | 403 if message.contains("invalid authentication method") => {
            "SendGrid takes no passwords for this account any more, so whether this one is right can't be told; it may still open the console"
        }
        401 | 403 if !message.is_empty() => {
            "SendGrid turns passwords away whether they are right or not; it may still open the console"
        }
        _ => return judged(&reply),
    };
    Verified::new(Verdict::Unknown, why)
}

/// What an answer means. One that is not listed, by status and message together, is none: whoever gave it did not look at the
/// credential, or was not SendGrid.
fn judged(reply: &HttpReply) -> Verified {
    use Verdict::{Dead, Live, LiveRestricted};
    let message = message(&reply.body);
    let says = |text: &str| message.contains(text);
    match reply.status {
        200 => scopes(&reply.body).map_or_else(
            || Verified::no_answer("an answer without scopes, which is not SendGrid's"),
            told,
        ),
        401 | 403 if says("ip address is not whitelisted") => Verified::new(
            LiveRestricted,
            "SendGrid knows it, and takes it from listed addresses only",
        ),
        401 if says("authorization grant is invalid, expired, or revoked") => {
            Verified::new(Dead, "SendGrid knows no such key")
        }
        401 if says("maximum credits exceeded") => Verified::new(
            Live,
            "SendGrid knows it; the account has used up what its plan lets it send",
        ),
        401 if says("authenticated user is not authorized to send mail") => {
            Verified::new(Live, "SendGrid knows it; it may not send mail")
        }
        401 if says("authorization required") => {
            Verified::no_answer("SendGrid did not see the credential")
        }
        403 if says("access forbidden") => Verified::new(
            LiveRestricted,
            "SendGrid does not let it list its scopes, as happens to keys that it knows",
        ),
        403 => Verified::no_answer(
            "blocked before the credential was looked at: too many requests, or a firewall",
        ),
        406 => Verified::no_answer("SendGrid did not take the question"),
        429 => Verified::no_answer("throttled by SendGrid"),
        451 => Verified::no_answer("SendGrid may not answer for where it is stored"),
        status @ 500.. => Verified::no_answer(format!(
            "SendGrid is unwell: it answered with status {status}"
        )),
        status => Verified::no_answer(format!(
            "an answer that is not known to mean anything: status {status}"
        )),
    }
}

/// All messages of an answer of SendGrid's, in lower case; none if it is not one.
fn message(body: &Body) -> String {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(body.as_str()) else {
        return String::new();
    };
    let errors = value.get("errors").and_then(|errors| errors.as_array());
    let messages = errors.into_iter().flatten();
    messages
        .filter_map(|error| error.get("message")?.as_str())
        .map(str::to_ascii_lowercase)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The scopes of an answer, those that look like one.
fn scopes(body: &Body) -> Option<Vec<String>> {
    let value: serde_json::Value = serde_json::from_str(body.as_str()).ok()?;
    let is_scope = |scope: &&str| {
        (1..=80).contains(&scope.len())
            && scope
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
    };
    let mut scopes: Vec<String> = value
        .get("scopes")?
        .as_array()?
        .iter()
        .filter_map(|scope| scope.as_str().filter(is_scope))
        .map(str::to_owned)
        .collect();
    scopes.sort();
    scopes.dedup();
    Some(scopes)
}

fn told(scopes: Vec<String>) -> Verified {
    let fits = |scope: &str, known: &str| {
        scope == known || (known.ends_with('.') && scope.starts_with(known))
    };
    let has = |known: &&str| scopes.iter().any(|scope| fits(scope, known));
    let can: Vec<String> = POWERS
        .iter()
        .filter(|(_, known)| known.iter().any(has))
        .map(|(power, _)| (*power).to_owned())
        .collect();
    let beyond: Vec<String> = scopes
        .iter()
        .filter(|scope| *scope != "mail.send" && !MARKERS.contains(&scope.as_str()))
        .cloned()
        .collect();
    let reason = if scopes.iter().any(|scope| scope == "mail.send") {
        "SendGrid lists its scopes; it may send mail"
    } else {
        "SendGrid lists its scopes; it may not send mail"
    };
    let mut verified = Verified::new(Verdict::Live, reason);
    for (name, values) in [
        ("can", can),
        ("scopes", scopes),
        ("more-than-needed", beyond),
    ] {
        if !values.is_empty() {
            verified = verified.with(name, values);
        }
    }
    verified
}
