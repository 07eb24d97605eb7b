//! What an answer means by the table of a recipe. What is asked is not decided here.

use crate::model::{Verdict, Verified};
use crate::rules::{Reply, Scalar};
use crate::verify::{Body, HttpReply};

/// What an answer means, and whether another question may know better. It is the provider's if the recipe lists it, and knows it by
/// more than its status wherever that leaves the credential unknown: whoever stands before the provider says 403 as well.
pub(super) fn judged(replies: &[Reply], reply: &HttpReply) -> (Verified, bool) {
    let unknown = |why: String| (Verified::no_answer(why), false);
    if is_page(reply) {
        return unknown("a web page answered, not the provider's API".to_owned());
    }
    let json = serde_json::from_str(reply.body.as_str()).ok();
    match replies
        .iter()
        .find(|known| fits(known, reply, json.as_ref()))
    {
        Some(known) if known.verdict == Verdict::Unknown && !known.names_a_body() => {
            (Verified::no_answer(known.reason.to_string()), known.next)
        }
        Some(known) => (
            Verified::new(known.verdict, known.reason.to_string()),
            known.next,
        ),
        None => unknown(match reply.status {
            429 => "throttled by the provider".to_owned(),
            status => format!("an answer that is not known to mean anything: status {status}"),
        }),
    }
}

/// Whether a firewall or a login page answered, whatever its status says.
fn is_page(reply: &HttpReply) -> bool {
    reply.media_type.ends_with("html") && !reply.body.as_str().trim().is_empty()
        || reply.body.as_str().trim_start().starts_with('<')
}

fn fits(known: &Reply, reply: &HttpReply, json: Option<&serde_json::Value>) -> bool {
    let at = |pointer: &str| json.and_then(|json| json.pointer(pointer));
    let same = |value: &serde_json::Value, scalar: &Scalar| match scalar {
        Scalar::Bool(wanted) => value.as_bool() == Some(*wanted),
        Scalar::Number(wanted) => value.as_i64() == Some(*wanted),
        Scalar::Text(wanted) => value.as_str() == Some(wanted),
    };
    known.status.contains(&reply.status)
        && text_fits(&reply.body, &known.text)
        && known
            .json
            .iter()
            .all(|(pointer, scalar)| at(pointer).is_some_and(|value| same(value, scalar)))
        && known.has.iter().all(|pointer| at(pointer).is_some())
}

fn text_fits(body: &Body, text: &str) -> bool {
    body.as_str().contains(text)
}
