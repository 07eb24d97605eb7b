//! An API key: its secret with its id, or with ids found elsewhere; and which of three kinds it is.

use super::answers::Said;
use super::regions::Plan;
use super::{Call, Inquiry, Login, OTHERS, Outcome, Question, others, regions, sid};
use crate::model::{Verdict, Verified};
use crate::verify::Credential;

/// Asks about the key. Dead is only what every region refuses: by the call that needs no account, and by one with the account
/// that stands beside it. Where there is no host for the first, as not every region has Verify, the second decides.
pub(super) fn verify(credential: &Credential<'_>, inquiry: &mut Inquiry<'_>) -> Verified {
    let own = credential.part("key-sid").and_then(|id| sid(id, "SK"));
    let keys: Vec<&str> = match own {
        Some(own) => vec![own],
        None => others(credential, "SK", None)
            .into_iter()
            .take(OTHERS)
            .collect(),
    };
    if keys.is_empty() {
        return Verified::new(
            Verdict::Unknown,
            "no id of the key stands beside it or anywhere in the scan: not asked",
        );
    }
    let account = credential.part("account-sid").and_then(|id| sid(id, "AC"));
    let Plan { likely, rest } = regions::plan(credential);
    let likely = if own.is_some() {
        &likely[..]
    } else {
        &likely[..1]
    };
    let mut questions = Vec::new();
    for key in &keys {
        let login = Login {
            sid: key,
            secret: credential.secret,
        };
        let mut ask = |region, call| {
            questions.push(Question {
                region,
                login,
                call,
            });
        };
        for region in likely {
            if let Some(account) = account {
                ask(*region, Call::Messages(account));
            }
            // whatever account it belongs to
            ask(*region, Call::Services);
        }
        if own.is_some() {
            for region in &rest {
                if let Some(account) = account {
                    ask(*region, Call::Messages(account));
                }
                ask(*region, Call::Services);
            }
        }
    }

    let absent = match inquiry.go_through(questions) {
        Err(unknown) => return unknown,
        Ok(Outcome::Settled(mut verified, said, question)) => {
            if said == Said::Accepted {
                verified = of_a_kind(verified, credential, inquiry, question);
            }
            return match own {
                Some(_) => verified,
                // the id has the form of one: see `sid`
                None => verified.with("key-sid", vec![question.login.sid.to_owned()]),
            };
        }
        Ok(Outcome::Refused(absent)) => absent,
    };
    let rejected = |with: &str, why: &str| {
        let reason = format!("not accepted{with} (20003); not proven dead: {why}");
        Verified::new(Verdict::Rejected, reason)
    };
    if own.is_none() {
        return rejected(
            &format!(" with {} of the key ids of the scan", keys.len()),
            "its own id is not known",
        );
    }
    let unasked: Vec<&str> = absent.iter().map(|region| region.id).collect();
    if unasked.is_empty() || account.is_some() {
        return Verified::new(
            Verdict::Dead,
            "no region of Twilio accepts the key (20003); those of a suspended or closed account are refused alike",
        );
    }
    rejected(
        "",
        &format!(
            "without its account it can't be asked about in {}",
            unasked.join(", ")
        ),
    )
}

/// Adds to the verdict on a key that was accepted which kind it is. Only a main key may list keys; a restricted one is told that it
/// lacks the permission; a standard one is refused as if it were dead. That says something only where the account is the key's own.
fn of_a_kind(
    verified: Verified,
    credential: &Credential<'_>,
    inquiry: &mut Inquiry<'_>,
    question: Question<'_>,
) -> Verified {
    let own = match question.call {
        Call::Messages(account) => Some(account),
        // the account beside it was refused, and others are tried for the kind alone
        Call::Services | Call::Keys(_) => {
            let mut accounts = others(credential, "AC", None).into_iter().take(OTHERS);
            accounts.find(|account| {
                let call = Call::Messages(account);
                let said = inquiry.ask(Question { call, ..question });
                said.is_ok_and(|said| said == Said::Accepted)
            })
        }
    };
    let Some(own) = own else {
        return verified;
    };
    let kind = |verified: Verified, kind: &str| verified.with("key-type", vec![kind.to_owned()]);
    let call = Call::Keys(own);
    match inquiry.ask(Question { call, ..question }) {
        Ok(Said::Accepted) => kind(
            Verified {
                reason: "Twilio accepts it: a main key, as powerful as the auth token".into(),
                ..verified
            },
            "main",
        ),
        Ok(Said::NoPermission) => kind(
            Verified {
                verdict: Verdict::LiveRestricted,
                reason: "Twilio accepts it: a restricted key, with some permissions only".into(),
                ..verified
            },
            "restricted",
        ),
        Ok(Said::Refused) => kind(
            Verified {
                reason: "Twilio accepts it: a standard key, for everything but accounts and keys"
                    .into(),
                ..verified
            },
            "standard",
        ),
        _ => verified,
    }
}
