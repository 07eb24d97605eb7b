//! Twilio: pairs of account id and auth token, and of key id and secret.
//!
//! Two calls are asked that any key may make, and that hold no secret: a list of messages, and one of Verify services. The account
//! itself is never read: its answer holds the auth token. A refusal (20003) says little, because another region, another kind of
//! key, another account and a suspended one are refused alike; [`pair`] and [`key`] rule these out one by one.

mod answers;
mod key;
mod pair;
mod regions;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::credential::bytes;
use super::weigh::weightiest;
use super::{Credential, Endpoint, Header, HttpRequest, Method, Trouble, Verifier, Wire};
use crate::model::{Finding, Secret, Verdict, Verified};
use answers::Said;
use regions::{Plan, Region};

/// Whose endpoints these are.
const PROVIDER: &str = "twilio";

/// Most account ids, or key ids, of elsewhere in the scan that a secret is tried with.
const OTHERS: usize = 2;

/// Asks Twilio.
#[derive(Clone, Copy, Debug, Default)]
pub struct Twilio;

impl Verifier for Twilio {
    fn handles(&self, credential: &Credential<'_>) -> bool {
        matches!(
            credential.rule,
            "twilio-auth-token"
                | "twilio-auth-token-alone"
                | "twilio-auth-token-in-code"
                | "twilio-api-key-secret"
                | "twilio-api-secret-alone"
                | "twilio-oauth-client"
        )
    }

    fn endpoints(&self) -> Vec<Endpoint> {
        let products = [
            ("api", "list of messages, list of keys"),
            ("verify", "list of Verify services"),
        ];
        let hosts = regions::ALL.iter().flat_map(|region| {
            products.map(|(product, purpose)| Endpoint {
                provider: PROVIDER.to_owned(),
                host: region.host(product),
                port: 443,
                purpose: purpose.to_owned(),
            })
        });
        hosts.collect()
    }

    fn verify(&self, credential: &Credential<'_>, wire: &mut dyn Wire) -> Verified {
        let mut inquiry = Inquiry { wire };
        match credential.rule {
            "twilio-oauth-client" => Verified::new(
                Verdict::Unknown,
                "asking would mint an access token, which is more than a question: not asked",
            ),
            "twilio-api-key-secret" | "twilio-api-secret-alone" => {
                key::verify(credential, &mut inquiry)
            }
            _ => pair::verify(credential, &mut inquiry),
        }
    }

    fn account<'f>(&self, finding: &'f Finding) -> Option<&'f Secret> {
        let part = |name: &str| {
            let part = finding.parts.iter().find(|part| part.name == name)?;
            Some(&part.value)
        };
        match &*finding.rule {
            "twilio-auth-token" => part("sid"),
            "twilio-api-key-secret" => part("account-sid"),
            "twilio-account-sid" => Some(&finding.secret),
            _ => None,
        }
    }
}

/// The host of the API in each region.
pub(super) fn region_hosts() -> impl Iterator<Item = String> {
    regions::ALL.iter().map(|region| region.host("api"))
}

/// The names of all regions.
pub(super) fn region_names() -> impl Iterator<Item = &'static str> {
    regions::ALL.iter().map(|region| region.id)
}

/// Regions in which `credential` may be valid, likeliest first, with the host of the API in each; and who says that it is the first
/// of them, if anybody does. `told` is what the operator says, which counts where the file says nothing.
pub(super) fn places(
    credential: &Credential<'_>,
    told: Option<&str>,
) -> (Option<&'static str>, Vec<(&'static str, String)>) {
    let named = regions::named(credential).map(|region| (region, "the file"));
    let told = || {
        let told = told.and_then(regions::called)?;
        Some((told, "TWILIO_REGION"))
    };
    let hint = named.or_else(told);
    let Plan { likely, rest } = regions::plan(credential);
    let first = hint.map(|(region, _)| region);
    let others = likely.into_iter().chain(rest);
    let others = others.filter(|region| Some(*region) != first);
    let places = first.into_iter().chain(others);
    let places = places.map(|region| (region.id, region.host("api")));
    (hint.map(|(_, who)| who), places.collect())
}

/// One call, and what its answer is known by.
#[derive(Clone, Copy, Debug)]
enum Call<'c> {
    /// The newest message of an account. For keys of every kind, if they may read messages at all.
    Messages(&'c str),
    /// The first key of an account. Standard keys may not.
    Keys(&'c str),
    /// The first Verify service of the account that the key belongs to, which need not be known.
    Services,
}

impl Call<'_> {
    fn product(self) -> &'static str {
        match self {
            Self::Messages(_) | Self::Keys(_) => "api",
            Self::Services => "verify",
        }
    }

    fn path(self) -> String {
        match self {
            Self::Messages(account) => {
                format!("/2010-04-01/Accounts/{account}/Messages.json?PageSize=1")
            }
            Self::Keys(account) => format!("/2010-04-01/Accounts/{account}/Keys.json?PageSize=1"),
            Self::Services => "/v2/Services?PageSize=1".to_owned(),
        }
    }
}

/// Who asks: an account or a key, with its secret.
#[derive(Clone, Copy, Debug)]
struct Login<'c> {
    sid: &'c str,
    secret: &'c Secret,
}

impl Login<'_> {
    fn header(&self) -> Secret {
        let secret = bytes(self.secret);
        let mut pair = Zeroizing::new(Vec::with_capacity(self.sid.len() + 1 + secret.len()));
        pair.extend_from_slice(self.sid.as_bytes());
        pair.push(b':');
        pair.extend_from_slice(secret);
        let encoded = Zeroizing::new(STANDARD.encode(&*pair));
        let mut header = Zeroizing::new(Vec::with_capacity("Basic ".len() + encoded.len()));
        header.extend_from_slice(b"Basic ");
        header.extend_from_slice(encoded.as_bytes());
        Secret::new(&header, 0)
    }
}

/// A call with a login in a region.
#[derive(Clone, Copy, Debug)]
struct Question<'c> {
    region: &'static Region,
    login: Login<'c>,
    call: Call<'c>,
}

impl Question<'_> {
    /// Whether it may be that there is nobody to ask: not every region is one for certain, and not every one has Verify.
    fn may_be_nowhere(&self) -> bool {
        let is_default = self.region == regions::default();
        !self.region.is_certain || (matches!(self.call, Call::Services) && !is_default)
    }
}

/// What came of some questions.
enum Outcome<'c> {
    /// One was answered with something that settles it.
    Settled(Verified, Said, Question<'c>),
    /// Refused by everybody there is, but for regions where nobody is asked by this way, because there is no such host.
    Refused(Vec<&'static Region>),
}

/// Questions about one credential.
struct Inquiry<'w> {
    wire: &'w mut dyn Wire,
}

impl Inquiry<'_> {
    /// Asks one after the other, until one settles it. An error is a verdict: somebody who may know the credential did not tell,
    /// and what the others say proves nothing then.
    fn go_through<'c>(&mut self, questions: Vec<Question<'c>>) -> Result<Outcome<'c>, Verified> {
        let mut open: Vec<Verified> = Vec::new();
        let (mut refused, mut absent) = (Vec::new(), Vec::new());
        for question in questions {
            let region = question.region;
            let said = match self.ask(question) {
                Ok(said) => said,
                Err(Trouble::NoSuchHost) if question.may_be_nowhere() => {
                    absent.push(region);
                    continue;
                }
                Err(trouble) => {
                    let ends = matches!(
                        trouble,
                        Trouble::NotAsked | Trouble::Spent | Trouble::Stopped
                    );
                    open.push(Verified::from(&trouble));
                    if ends {
                        break;
                    }
                    continue;
                }
            };
            if let Some(verified) = settled(&said, region) {
                return Ok(Outcome::Settled(verified, said, question));
            }
            match said {
                Said::NotFound if question.may_be_nowhere() => absent.push(region),
                Said::Nothing(reason) => open.push(Verified::no_answer(reason)),
                Said::NotFound => open.push(Verified::new(
                    Verdict::Unknown,
                    "Twilio knows no such account, or none there (404)",
                )),
                _ => refused.push(region),
            }
        }
        match weightiest(open) {
            Some(open) if refused.is_empty() => Err(open),
            Some(open) => Err(Verified {
                reason: format!(
                    "{}; refused by the others that were asked (20003)",
                    open.reason
                )
                .into(),
                ..open
            }),
            None if refused.is_empty() => Err(Verified::from(&Trouble::NoSuchHost)),
            None => {
                absent.retain(|region| !refused.contains(region));
                Ok(Outcome::Refused(absent))
            }
        }
    }

    fn ask(&mut self, question: Question<'_>) -> Result<Said, Trouble> {
        let Question {
            region,
            login,
            call,
        } = question;
        let host = region.host(call.product());
        let answer = self.wire.http(&HttpRequest {
            provider: PROVIDER,
            host: &host,
            method: Method::Get,
            path: call.path(),
            headers: vec![("Authorization", Header::Secret(login.header()))],
            body: None,
        });
        answer.map(|reply| answers::read(&reply, call))
    }
}

/// The verdict on what was said to a login in `region`; nothing if it is none that ends the inquiry.
fn settled(said: &Said, region: &Region) -> Option<Verified> {
    let verified = match said {
        Said::Accepted => Verified::new(Verdict::Live, "Twilio accepts it"),
        Said::NoPermission => Verified::new(
            Verdict::LiveRestricted,
            "Twilio knows the key, which lacks the permission for what was asked (70051)",
        )
        .with("key-type", vec!["restricted".to_owned()]),
        Said::Inactive => Verified::new(
            Verdict::LiveRestricted,
            "Twilio knows it, and the account is not active: out of funds, or never activated (20005)",
        )
        .with("account-status", vec!["inactive".to_owned()]),
        Said::TestCredentials => {
            return Some(Verified::new(
                Verdict::Test,
                "test credentials: they neither send nor read (20008)",
            ));
        }
        Said::Refused | Said::NotFound | Said::Nothing(_) => return None,
    };
    Some(verified.with("region", vec![region.id.to_owned()]))
}

/// The id in `secret`: `kind`, and 32 hexadecimal digits. What has another form gets into no path.
fn sid<'s>(secret: &'s Secret, kind: &str) -> Option<&'s str> {
    let text = std::str::from_utf8(bytes(secret)).ok()?;
    let digits = text.strip_prefix(kind)?;
    (digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit())).then_some(text)
}

/// The ids of `kind` from elsewhere in the scan, without those in `known`.
fn others<'c>(credential: &Credential<'c>, kind: &str, known: Option<&str>) -> Vec<&'c str> {
    let mut ids = Vec::new();
    for id in credential
        .others
        .iter()
        .filter_map(|other| sid(other, kind))
    {
        if known != Some(id) && !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}
