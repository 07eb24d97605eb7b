//! Takes a leaked key away at its provider: which keys that is possible for, what is asked, and what the answers mean.
//!
//! A SendGrid key is deleted by the id in its first half, a Twilio API key by its SID: the leaked secret itself is not sent. It takes
//! another credential, of somebody who may delete keys. Opens no connection: a [`Wire`] does.

use std::time::Duration;

use base64::Engine as _;

use super::{Credential, Endpoint, Header, HttpRequest, Method, Trouble, Wire, twilio};
use crate::model::Secret;

/// Where SendGrid keeps keys, in the order in which it is asked.
const SENDGRID: [(&str, &str); 2] = [
    ("global", "api.sendgrid.com"),
    ("eu", "api.eu.sendgrid.com"),
];

/// Characters of the id of a SendGrid key, and of its secret half.
const SENDGRID_HALVES: [usize; 2] = [22, 43];

/// What was found of Twilio's keys, and lacks its account.
const TWILIO_RULE: &str = "twilio-api-key-secret";

/// What is known of a key beside its finding: the operator says it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told<'t> {
    /// The account of a Twilio key.
    pub account: Option<&'t Secret>,
    /// The region of a Twilio key: [`is_region`].
    pub region: Option<&'t str>,
}

/// A region in which a key may be, and who is asked there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Name of the region.
    pub region: &'static str,
    /// Host of its API.
    pub host: String,
}

/// How a leaked key is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// Whose key it is: the name that endpoints have.
    pub provider: &'static str,
    /// What it is, for people.
    pub kind: &'static str,
    /// Its name at the provider, which is no secret.
    pub key: String,
    /// Where it may be. They are asked in this order, until one knows the credential it is asked with.
    pub places: Vec<Place>,
    /// Who says that it is in the first of them; none if nobody does.
    pub hint: Option<&'static str>,
    /// What is deleted there.
    pub path: String,
    /// The variable that holds who deletes it, unless another one is named.
    pub variable: &'static str,
    /// What that variable has to hold.
    pub takes: &'static str,
}

/// Every host at which something could be deleted.
pub fn endpoints() -> Vec<Endpoint> {
    let hosts = SENDGRID.map(|(_, host)| ("sendgrid", host.to_owned()));
    let twilios = twilio::region_hosts().map(|host| ("twilio", host));
    let endpoint = |(provider, host): (&str, String)| Endpoint {
        provider: provider.to_owned(),
        host,
        port: 443,
        purpose: "revoke --yes, and nothing else: deletes an API key".to_owned(),
    };
    hosts.into_iter().chain(twilios).map(endpoint).collect()
}

/// What the provider said to a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// It did it.
    Done,
    /// It has no such key: gone before, or another account's.
    Unknown,
    /// It does not know who asks.
    Unauthorized,
    /// Who asks may not delete keys.
    Forbidden,
    /// It wants to be asked later.
    Throttled(Option<Duration>),
    /// Something else.
    Other(u16),
}

impl Deletion {
    /// How `credential` is deleted; none for what can't be, or for what is not known well enough.
    pub fn of(credential: &Credential<'_>, told: Told<'_>) -> Option<Self> {
        sendgrid(credential).or_else(|| twilio(credential, told))
    }

    /// Asks to delete it, as `admin`. Gives the answer, and who gave it.
    pub fn ask(
        &self,
        admin: &Secret,
        wire: &mut dyn Wire,
    ) -> Result<(Deleted, Option<&Place>), Trouble> {
        let mut last = (Deleted::Unauthorized, None);
        for place in &self.places {
            let reply = wire.http(&HttpRequest {
                provider: self.provider,
                host: &place.host,
                method: Method::Delete,
                path: self.path.clone(),
                headers: vec![("authorization", self.authorization(admin))],
                body: None,
            })?;
            let deleted = match reply.status {
                // both have nothing to say then; a page with 200 is somebody else's
                204 => Deleted::Done,
                401 => Deleted::Unauthorized,
                403 => Deleted::Forbidden,
                404 => Deleted::Unknown,
                429 => Deleted::Throttled(reply.wait),
                status => Deleted::Other(status),
            };
            last = (deleted, Some(place));
            // who asks is known in one region only; SendGrid says 451 to a key of the other
            if !matches!(deleted, Deleted::Unauthorized | Deleted::Other(451)) {
                break;
            }
        }
        Ok(last)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a request holds the credential of who asks"
    )]
    fn authorization(&self, admin: &Secret) -> Header {
        let bytes = if self.provider == "sendgrid" {
            [b"Bearer ", admin.expose()].concat()
        } else {
            let mut text = "Basic ".to_owned();
            base64::engine::general_purpose::STANDARD.encode_string(admin.expose(), &mut text);
            text.into_bytes()
        };
        Header::Secret(Secret::new(&zeroize::Zeroizing::new(bytes), 0))
    }
}

/// What would have to be told for `credential` to be deleted here, as a clause; none if telling does not help.
pub fn lacks(credential: &Credential<'_>, told: Told<'_>) -> Option<&'static str> {
    let lacks = credential.rule == TWILIO_RULE
        && told.account.is_none()
        && credential.part("account-sid").is_none();
    lacks.then_some("the account that this key belongs to")
}

/// Whether Twilio has a region called `name`.
pub fn is_region(name: &str) -> bool {
    twilio::region_names().any(|known| known.eq_ignore_ascii_case(name))
}

/// The names of Twilio's regions.
pub fn regions() -> impl Iterator<Item = &'static str> {
    twilio::region_names()
}

/// The id of a SendGrid key is its first half: in the key itself, or beside its other half.
fn sendgrid(credential: &Credential<'_>) -> Option<Deletion> {
    // only of our own rules: one of the scanned repository could name the key of somebody else
    let apart = ["sendgrid-key-in-two-parts", "sendgrid-key-by-format"];
    let beside = || {
        credential
            .part("id")
            .filter(|_| apart.contains(&credential.rule))
    };
    let id = first_half(credential.secret)
        .or_else(|| beside().and_then(text))
        .filter(|id| id.len() == SENDGRID_HALVES[0] && is_base64url(id))?;
    let places = SENDGRID.map(|(region, host)| Place {
        region,
        host: host.to_owned(),
    });
    Some(Deletion {
        provider: "sendgrid",
        kind: "SendGrid API key",
        path: format!("/v3/api_keys/{id}"),
        key: id,
        places: places.into(),
        hint: None,
        variable: "SENDGRID_ADMIN_API_KEY",
        takes: "a SendGrid API key of the same account, with the scope api_keys.delete",
    })
}

/// `SG.` and two halves of the right length, of which this is the first.
fn first_half(secret: &Secret) -> Option<String> {
    let key = zeroize::Zeroizing::new(text(secret)?);
    let (id, rest) = key.strip_prefix("SG.")?.split_once('.')?;
    let is_key =
        [id, rest].map(str::len) == SENDGRID_HALVES && is_base64url(id) && is_base64url(rest);
    is_key.then(|| id.to_owned())
}

fn twilio(credential: &Credential<'_>, told: Told<'_>) -> Option<Deletion> {
    if credential.rule != TWILIO_RULE {
        return None;
    }
    let key = text(credential.part("key-sid")?).filter(|sid| is_sid(sid, "SK"))?;
    let account = credential.part("account-sid").or(told.account);
    let account = text(account?).filter(|sid| is_sid(sid, "AC"))?;
    let (hint, places) = twilio::places(credential, told.region);
    let places = places
        .into_iter()
        .map(|(region, host)| Place { region, host });
    Some(Deletion {
        provider: "twilio",
        kind: "Twilio API key",
        path: format!("/2010-04-01/Accounts/{account}/Keys/{key}.json"),
        key,
        places: places.collect(),
        hint,
        variable: "TWILIO_ADMIN_KEY",
        takes: "SID:SECRET of a main API key of the same account and region, or the account's SID and auth token",
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "names that a request is about are checked for their shape"
)]
fn text(secret: &Secret) -> Option<String> {
    std::str::from_utf8(secret.expose()).ok().map(str::to_owned)
}

fn is_base64url(text: &str) -> bool {
    let is = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.bytes().all(is)
}

fn is_sid(text: &str, kind: &str) -> bool {
    text.strip_prefix(kind)
        .is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|it| it.is_ascii_hexdigit()))
}

/// Whether `admin` is of the form that `deletion` takes. Says nothing of whether it works.
pub fn is_well_formed(deletion: &Deletion, admin: &Secret) -> bool {
    let Some(text) = text(admin).map(zeroize::Zeroizing::new) else {
        return false;
    };
    let is_printable = text.bytes().all(|byte| byte.is_ascii_graphic());
    is_printable
        && match deletion.provider {
            "twilio" => text
                .split_once(':')
                .is_some_and(|(sid, _)| is_sid(sid, "SK") || is_sid(sid, "AC")),
            _ => !text.is_empty(),
        }
}

#[cfg(test)]
mod tests {
    use super::super::{Body, HttpReply, SmtpLogin, SmtpReply};
    use super::*;
    use crate::model::{FindingPart, Place};

    const PLACE: Place = Place {
        start: 0,
        end: 0,
        line: 1,
        column: 1,
        end_line: 1,
        end_column: 1,
    };

    fn part(name: &'static str, value: &str) -> FindingPart {
        FindingPart {
            name: name.into(),
            value: Secret::new(value.as_bytes(), 0),
            place: PLACE,
        }
    }

    fn of(rule: &str, secret: &str, parts: &[FindingPart]) -> Option<Deletion> {
        let secret = Secret::new(secret.as_bytes(), 0);
        let credential = Credential {
            rule,
            secret: &secret,
            parts,
            others: &[],
        };
        Deletion::of(&credential, Told::default())
    }

    fn sendgrid_key() -> String {
        format!("SG.{}.{}", "a".repeat(22), "b".repeat(43))
    }

    #[test]
    fn only_keys_with_a_name_can_be_deleted() {
        let deletion = of("sendgrid-api-key", &sendgrid_key(), &[]).unwrap();
        assert_eq!(deletion.path, format!("/v3/api_keys/{}", "a".repeat(22)));
        // a key that stands as the password of a login
        assert!(of("smtp-login", &sendgrid_key(), &[]).is_some());
        let id = "c".repeat(22);
        let deletion = of(
            "sendgrid-key-in-two-parts",
            &"b".repeat(43),
            &[part("id", &id)],
        );
        assert_eq!(deletion.unwrap().key, id);
        let hex = "0".repeat(32);
        let (sk, ac) = (format!("SK{hex}"), format!("AC{hex}"));
        let parts = [part("key-sid", &sk), part("account-sid", &ac)];
        let deletion = of("twilio-api-key-secret", "s", &parts).unwrap();
        assert_eq!(
            deletion.path,
            format!("/2010-04-01/Accounts/{ac}/Keys/{sk}.json")
        );
        assert_eq!(of("twilio-api-key-secret", "s", &parts[..1]), None);
        assert_eq!(of("twilio-auth-token", "s", &parts), None);
        assert_eq!(of("smtp-login", "hunter2", &[]), None);
    }

    #[test]
    fn what_is_in_a_file_can_not_choose_another_path() {
        let slash = format!("SG.{}.{}", "../user/account/../../", "b".repeat(43));
        assert_eq!(of("sendgrid-api-key", &slash, &[]), None);
        let id = part("id", "x?a=b&c=d/e%2Ffghijklm");
        assert_eq!(
            of("sendgrid-key-in-two-parts", &"b".repeat(43), &[id]),
            None
        );
        let hex = "0".repeat(30);
        let parts = [
            part("key-sid", &format!("SK{hex}/x")),
            part("account-sid", &format!("AC{hex}00")),
        ];
        assert_eq!(of("twilio-api-key-secret", "s", &parts), None);
    }

    /// Answers with one status after another.
    struct Script(Vec<u16>, Vec<String>);

    impl Wire for Script {
        fn http(&mut self, request: &HttpRequest<'_>) -> Result<HttpReply, Trouble> {
            assert_eq!(request.method, Method::Delete);
            assert!(matches!(
                &request.headers[..],
                [("authorization", Header::Secret(_))]
            ));
            self.1.push(request.host.to_owned());
            Ok(HttpReply {
                status: self.0.remove(0),
                media_type: String::new(),
                wait: None,
                body: Body::default(),
            })
        }

        fn smtp(&mut self, _: &SmtpLogin<'_>) -> Result<SmtpReply, Trouble> {
            Err(Trouble::NotAsked)
        }
    }

    #[test]
    fn every_answer_is_told_apart_and_only_one_of_another_region_is_asked_again() {
        let admin = Secret::new(b"admin", 0);
        let deletion = of("sendgrid-api-key", &sendgrid_key(), &[]).unwrap();
        for (answers, expected) in [
            (vec![204], Deleted::Done),
            (vec![404], Deleted::Unknown),
            (vec![403], Deleted::Forbidden),
            (vec![429], Deleted::Throttled(None)),
            (vec![500], Deleted::Other(500)),
            (vec![302], Deleted::Other(302)),
            // a page of somebody else's is no deletion
            (vec![200], Deleted::Other(200)),
            (vec![401, 204], Deleted::Done),
            (vec![451, 404], Deleted::Unknown),
            (vec![401, 401], Deleted::Unauthorized),
        ] {
            let mut wire = Script(answers.clone(), Vec::new());
            let (deleted, place) = deletion.ask(&admin, &mut wire).unwrap();
            assert_eq!(deleted, expected);
            let hosts = SENDGRID.map(|(_, host)| host);
            assert_eq!(wire.1, hosts[..answers.len()], "{answers:?}");
            assert_eq!(place.unwrap().host, hosts[answers.len() - 1]);
        }
    }

    #[test]
    fn a_twilio_key_is_deleted_in_its_region() {
        let hex = "0".repeat(32);
        let (sk, ac) = (format!("SK{hex}"), format!("AC{hex}"));
        let own = [part("key-sid", &sk), part("account-sid", &ac)];
        let first = |more: &[(&'static str, &str)], region| {
            let mut parts = own.to_vec();
            parts.extend(more.iter().map(|(name, value)| part(name, value)));
            let secret = Secret::new(b"s", 0);
            let credential = Credential {
                rule: TWILIO_RULE,
                secret: &secret,
                parts: &parts,
                others: &[],
            };
            let told = Told {
                region,
                ..Told::default()
            };
            let deletion = Deletion::of(&credential, told).unwrap();
            // one region after the other, if who asks is not known in the first
            assert!(deletion.places.len() >= 4, "{deletion:?}");
            let place = deletion.places[0].clone();
            (place.region, place.host, deletion.hint)
        };
        let us1 = ("us1", "api.twilio.com".to_owned(), None);
        assert_eq!(first(&[], None), us1);
        let ie1 = |hint| ("ie1", "api.dublin.ie1.twilio.com".to_owned(), Some(hint));
        assert_eq!(first(&[("region", "ie1")], None), ie1("the file"));
        assert_eq!(first(&[("region", "IE1")], Some("au1")), ie1("the file"));
        assert_eq!(first(&[], Some("IE1")), ie1("TWILIO_REGION"));
        // an edge leaves the region as it is, and is only the second to be asked
        assert_eq!(first(&[("edge", "dublin")], None), us1);
        // a region that nobody has leads nowhere
        assert_eq!(first(&[("region", "evil.example/")], None), us1);
        assert!(is_region("jp1") && !is_region("mars"));
    }

    #[test]
    fn what_a_deletion_lacks_is_told() {
        let hex = "0".repeat(32);
        let lacking = |parts: &[FindingPart], rule, account: Option<&Secret>| {
            let secret = Secret::new(b"s", 0);
            let credential = Credential {
                rule,
                secret: &secret,
                parts,
                others: &[],
            };
            let told = Told {
                account,
                ..Told::default()
            };
            lacks(&credential, told).is_some()
        };
        let key = [part("key-sid", &format!("SK{hex}"))];
        let both = [key[0].clone(), part("account-sid", &format!("AC{hex}"))];
        let account = Secret::new(b"AC", 0);
        assert!(lacking(&key, TWILIO_RULE, None));
        assert!(!lacking(&key, TWILIO_RULE, Some(&account)));
        assert!(!lacking(&both, TWILIO_RULE, None));
        assert!(!lacking(&key, "twilio-auth-token", None));
    }

    #[test]
    fn an_admin_key_has_the_form_its_provider_takes() {
        let sendgrid = of("sendgrid-api-key", &sendgrid_key(), &[]).unwrap();
        let twilio = Deletion {
            provider: "twilio",
            ..sendgrid.clone()
        };
        let fits =
            |deletion, text: &str| is_well_formed(deletion, &Secret::new(text.as_bytes(), 0));
        assert!(fits(&sendgrid, "SG.x.y"));
        assert!(!fits(&sendgrid, ""));
        assert!(!fits(&sendgrid, "SG.x.y\r\nx: y"));
        assert!(fits(&twilio, &format!("SK{}:secret", "0".repeat(32))));
        assert!(fits(&twilio, &format!("AC{}:token", "0".repeat(32))));
        assert!(!fits(&twilio, &format!("SK{}", "0".repeat(32))));
    }
}
