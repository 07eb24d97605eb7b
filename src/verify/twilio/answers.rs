//! What Twilio's API says, told by status and error code together. A page of somebody else's, such as a proxy's, says nothing.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Call;
use crate::verify::HttpReply;

/// What an answer says of the credential it was given to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// The list that was asked for.
    Accepted,
    /// 70051: a restricted key that may not do this.
    NoPermission,
    /// 20005: the account is not active.
    Inactive,
    /// 20008: credentials for tests.
    TestCredentials,
    /// 20003: not in this place.
    Refused,
    /// 20404: Twilio answers, and does not look at the credential.
    NotFound,
    /// Nothing that is known of Twilio, and why. Whoever answered did not look at the credential, or was not Twilio.
    Nothing(&'static str),
}

/// A list, of which only that it is there is read: its items may be messages, and are nobody's business.
#[derive(Deserialize)]
struct Page {
    messages: Option<IgnoredAny>,
    keys: Option<IgnoredAny>,
    services: Option<IgnoredAny>,
}

/// The error of every Twilio API.
#[derive(Deserialize)]
struct Problem {
    code: u32,
}

/// Reads the answer to `call`.
pub(super) fn read(reply: &HttpReply, call: Call<'_>) -> Said {
    let body = reply.body.as_str();
    if reply.status == 200 {
        let list = serde_json::from_str(body)
            .ok()
            .and_then(|page: Page| match call {
                Call::Messages(_) => page.messages,
                Call::Keys(_) => page.keys,
                Call::Services => page.services,
            });
        return if list.is_some() {
            Said::Accepted
        } else {
            Said::Nothing("the answer is not one of Twilio's")
        };
    }
    let code = serde_json::from_str(body).map(|Problem { code }| code).ok();
    match (reply.status, code) {
        (401 | 403, Some(70051)) => Said::NoPermission,
        (401 | 403, Some(20008)) => Said::TestCredentials,
        (400..=499, Some(20005)) => Said::Inactive,
        (401, Some(20003)) => Said::Refused,
        (404, Some(20404)) => Said::NotFound,
        (429, _) => Said::Nothing("throttled by Twilio (429)"),
        (500..=599, _) => Said::Nothing("Twilio has a failure of its own"),
        (401 | 403, _) => {
            Said::Nothing("refused, without one of the codes by which Twilio says why")
        }
        (300..=399, _) => Said::Nothing("Twilio does not redirect: somebody else answers"),
        _ => Said::Nothing("the answer is not one that is known of Twilio"),
    }
}
