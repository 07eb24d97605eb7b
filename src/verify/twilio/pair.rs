//! An auth token: with its account id, or with those found elsewhere.

use super::regions::{Plan, Region};
use super::{Call, Inquiry, Login, OTHERS, Outcome, Question, others, regions, sid};
use crate::model::{Verdict, Verified};
use crate::verify::Credential;

/// Asks about the pair, then about the token with other accounts: which id stands nearest to a token is a guess. Dead is only what
/// every region refuses, with its own account and with all others there are.
pub(super) fn verify(credential: &Credential<'_>, inquiry: &mut Inquiry<'_>) -> Verified {
    let own = credential.part("sid").and_then(|id| sid(id, "AC"));
    let others = others(credential, "AC", own);
    let tried = &others[..others.len().min(OTHERS)];
    if own.is_none() && tried.is_empty() {
        return Verified::new(
            Verdict::Unknown,
            "no account id stands beside it or anywhere in the scan: not asked",
        );
    }
    let Plan { likely, rest } = regions::plan(credential);
    let mut questions = Vec::new();
    let mut asks = |account, regions: &[&'static Region]| {
        questions.extend(regions.iter().map(|region| Question {
            region,
            login: Login {
                sid: account,
                secret: credential.secret,
            },
            call: Call::Messages(account),
        }));
    };
    if let Some(own) = own {
        asks(own, &likely);
    }
    for other in tried {
        asks(other, &likely[..1]);
    }
    if let Some(own) = own {
        asks(own, &rest);
    }

    match inquiry.go_through(questions) {
        Err(unknown) => return unknown,
        Ok(Outcome::Settled(verified, _, question)) if Some(question.login.sid) == own => {
            return verified;
        }
        Ok(Outcome::Settled(verified, _, question)) => {
            // the id has the form of one: see `sid`
            return verified.with("account-sid", vec![question.login.sid.to_owned()]);
        }
        // a region without a host has no credentials
        Ok(Outcome::Refused(_)) => {}
    }
    let with_others = match (own, tried.len()) {
        (Some(_), 0) => String::new(),
        (Some(_), 1) => ", nor with another account id of the scan".to_owned(),
        (Some(_), count) => format!(", nor with {count} other account ids of the scan"),
        (None, 1) => " with an account id of the scan".to_owned(),
        (None, count) => format!(" with {count} account ids of the scan"),
    };
    let rejected = |why: &str| {
        let reason = format!("not accepted{with_others} (20003); not proven dead: {why}");
        Verified::new(Verdict::Rejected, reason)
    };
    match own {
        None => rejected("its own account is not known"),
        Some(_) if others.len() > tried.len() => {
            rejected("it may belong to another account of the scan, of which no more are tried")
        }
        Some(_) => Verified::new(
            Verdict::Dead,
            format!(
                "no region of Twilio accepts the pair{with_others} (20003); those of a suspended or closed account are refused alike"
            ),
        ),
    }
}
