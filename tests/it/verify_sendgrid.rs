//! SendGrid's answers, row by row, over a script.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use waxseal::model::{Verdict, Verified};
use waxseal::verify::{HttpReply, SendGrid, Trouble, Verifier};

use crate::support::script::{Held, Script, authorization, json, reply};

const GLOBAL: &str = "api.sendgrid.com/v3/scopes";
const EU: &str = "api.eu.sendgrid.com/v3/scopes";

fn id() -> String {
    "Ab3dEf".repeat(4)[..22].to_owned()
}

fn key() -> Held {
    let (prefix, secret) = ("SG", "h7-Kq_".repeat(8));
    let key = format!("{prefix}.{}.{}", id(), &secret[..43]);
    Held::new("sendgrid-api-key", &key, &[("user", "apikey")])
}

fn login() -> Held {
    Held::new(
        "sendgrid-basic-auth",
        "Harbor-47-tzk",
        &[("user", "harbor_ops")],
    )
}

fn errors(status: u16, message: &str) -> HttpReply {
    let body = format!(r#"{{"errors":[{{"field":null,"message":"{message}"}}]}}"#);
    json(status, &body)
}

fn scopes(list: &str) -> HttpReply {
    json(200, &format!(r#"{{"scopes":[{list}]}}"#))
}

fn dead() -> HttpReply {
    errors(
        401,
        "The provided authorization grant is invalid, expired, or revoked",
    )
}

/// What comes of asking about `held`, and whom it took.
fn ask(
    held: &Held,
    mut answer: impl FnMut(&str) -> Result<HttpReply, Trouble>,
) -> (Verified, Vec<String>) {
    let mut wire = Script::http(|request| answer(&format!("{}{}", request.host, request.path)));
    let credential = held.lent();
    assert!(SendGrid.handles(&credential));
    let verified = SendGrid.verify(&credential, &mut wire);
    let endpoints = SendGrid.endpoints();
    for address in &wire.asked {
        let host = address.split('/').next().unwrap();
        assert!(
            endpoints.iter().any(|entry| entry.covers(host, 443)),
            "{host}"
        );
    }
    (verified, std::mem::take(&mut wire.asked))
}

/// The verdict if the global host answers so, and the EU knows nothing.
fn verdict(reply: &HttpReply) -> Verdict {
    let answer = |address: &str| {
        Ok(if address == GLOBAL {
            reply.clone()
        } else {
            dead()
        })
    };
    ask(&key(), answer).0.verdict
}

fn values<'v>(verified: &'v Verified, name: &str) -> Vec<&'v str> {
    let detail = verified.details.iter().find(|detail| detail.name == name);
    detail
        .into_iter()
        .flat_map(|detail| &detail.values)
        .map(String::as_str)
        .collect()
}

#[test]
fn row_200_with_scopes_is_live_and_tells_what_it_can_do() {
    let list = r#""mail.send","2fa_required","sender_verification_eligible","api_keys.create","marketing.read","billing.update","teammates.read","not a scope!","mail.send""#;
    let (verified, asked) = ask(&key(), |_| Ok(scopes(list)));
    assert_eq!(verified.verdict, Verdict::Live);
    assert_eq!(asked, [GLOBAL]);
    assert_eq!(
        values(&verified, "can"),
        [
            "send mail",
            "make API keys, and so give itself more scopes",
            "read or change contacts",
            "see or change billing",
            "see or change teammates and subusers",
        ]
    );
    assert_eq!(
        values(&verified, "more-than-needed"),
        [
            "api_keys.create",
            "billing.update",
            "marketing.read",
            "teammates.read"
        ]
    );
    assert_eq!(
        values(&verified, "scopes").len(),
        7,
        "each once, and no others"
    );
    assert_eq!(values(&verified, "region"), ["global"]);
    let (verified, _) = ask(&key(), |_| Ok(scopes(r#""mail.send","2fa_required""#)));
    assert!(
        values(&verified, "more-than-needed").is_empty(),
        "it needs that"
    );
}

#[test]
fn a_key_tells_the_id_by_which_it_is_deleted() {
    let held = key();
    let told = SendGrid.tells(&held.lent());
    assert_eq!((&*told[0].name, &told[0].values), ("key-id", &vec![id()]));
    assert!(SendGrid.tells(&login().lent()).is_empty());
}

#[test]
fn row_200_without_scopes_is_unknown() {
    for body in ["{}", "[]", "", "{\"scopes\":\"all\"}", "scopes"] {
        assert_eq!(verdict(&json(200, body)), Verdict::Unknown, "{body}");
    }
    let page = reply(200, "text/html", "<html>Welcome</html>");
    assert_eq!(verdict(&page), Verdict::Unknown, "HTML with 200");
}

#[test]
fn row_401_invalid_expired_or_revoked_is_dead_when_the_eu_says_so_too() {
    let (verified, asked) = ask(&key(), |_| Ok(dead()));
    assert_eq!(verified.verdict, Verdict::Dead);
    assert_eq!(asked, [GLOBAL, EU]);
}

#[test]
fn row_which_region_a_401_at_global_is_tried_at_the_eu_once() {
    let eu = |reply: Result<HttpReply, Trouble>| {
        let answer = |address: &str| {
            if address == GLOBAL {
                Ok(dead())
            } else {
                reply.clone()
            }
        };
        ask(&key(), answer).0
    };
    let verified = eu(Ok(scopes(r#""mail.send""#)));
    assert_eq!(verified.verdict, Verdict::Live);
    assert_eq!(values(&verified, "region"), ["eu"]);
    let verified = eu(Ok(errors(
        403,
        "The requestor's IP Address is not whitelisted",
    )));
    assert_eq!(verified.verdict, Verdict::LiveRestricted);
    for reply in [
        Err(Trouble::Timeout),
        Err(Trouble::Tls),
        Ok(errors(429, "too many requests")),
        Ok(errors(500, "oops")),
        Ok(reply(403, "text/html", "<html>blocked</html>")),
        Ok(errors(451, "not here")),
    ] {
        assert_eq!(
            eu(reply).verdict,
            Verdict::Unknown,
            "nobody has excluded the EU"
        );
    }
}

#[test]
fn row_401_authorization_required_is_a_fault_of_ours() {
    assert_eq!(
        verdict(&errors(401, "authorization required")),
        Verdict::Unknown
    );
}

#[test]
fn row_401_or_403_ip_address_not_whitelisted_is_live_restricted() {
    for status in [401, 403] {
        let reply = errors(status, "The requestor's IP Address is not whitelisted");
        assert_eq!(verdict(&reply), Verdict::LiveRestricted, "{status}");
    }
}

#[test]
fn row_401_maximum_credits_exceeded_is_live() {
    assert_eq!(
        verdict(&errors(401, "Maximum credits exceeded")),
        Verdict::Live
    );
}

#[test]
fn row_401_not_authorized_to_send_mail_is_live() {
    let reply = errors(401, "Authenticated user is not authorized to send mail");
    assert_eq!(verdict(&reply), Verdict::Live);
}

#[test]
fn row_401_with_any_other_message_or_none_is_unknown() {
    for reply in [
        errors(
            401,
            "You are not authorized to access SendGrid, please contact Support",
        ),
        json(401, ""),
        json(401, "{"),
        reply(
            401,
            "text/html",
            "<html>invalid, expired, or revoked</html>",
        ),
        reply(
            401,
            "text/plain",
            "The provided authorization grant is invalid, expired, or revoked",
        ),
    ] {
        assert_eq!(verdict(&reply), Verdict::Unknown, "{reply:?}");
    }
}

#[test]
fn row_403_access_forbidden_is_live_restricted() {
    for message in [
        "access forbidden",
        "Access forbidden, please check the permissions of your API key",
    ] {
        assert_eq!(verdict(&errors(403, message)), Verdict::LiveRestricted);
    }
}

#[test]
fn row_403_without_such_a_body_is_a_block() {
    for reply in [
        json(403, ""),
        errors(403, "too many bad requests"),
        reply(403, "text/html", "<html>access forbidden</html>"),
        reply(403, "text/plain", "access forbidden"),
    ] {
        assert_eq!(verdict(&reply), Verdict::Unknown, "{reply:?}");
    }
}

/// What the API answers for such an account is in no public text; the page for people is no answer of the API.
#[test]
fn row_suspended_or_banned_account_is_unknown_while_nobody_knows_its_answer() {
    let words = "You are not authorized to access SendGrid, please contact Support";
    for status in [401, 403] {
        assert_eq!(
            verdict(&errors(status, words)),
            Verdict::Unknown,
            "{status}"
        );
    }
}

#[test]
fn row_429_is_unknown() {
    assert_eq!(verdict(&errors(429, "too many requests")), Verdict::Unknown);
}

#[test]
fn row_451_tries_the_eu_and_is_never_dead() {
    let at_eu = |reply: HttpReply| {
        let mut eu = Some(reply);
        let answer = |address: &str| {
            Ok(if address == GLOBAL {
                json(451, "")
            } else {
                eu.take().unwrap()
            })
        };
        ask(&key(), answer)
    };
    let (verified, asked) = at_eu(scopes(r#""mail.send""#));
    assert_eq!(verified.verdict, Verdict::Live);
    assert_eq!(asked, [GLOBAL, EU]);
    assert_eq!(at_eu(dead()).0.verdict, Verdict::Unknown);
    assert_eq!(at_eu(json(451, "")).0.verdict, Verdict::Unknown);
}

#[test]
fn what_is_no_answer_of_sendgrids_is_unanswered_and_has_no_region() {
    let page = "<html>Sign in</html>";
    for answer in [
        Ok(reply(200, "text/html", page)),
        Ok(json(200, "{}")),
        Ok(json(204, "")),
        Ok(json(302, "")),
        Ok(json(401, "")),
        Ok(reply(401, "text/html", page)),
        Ok(errors(401, "authorization required")),
        Ok(errors(401, "who are you")),
        Ok(reply(403, "text/html", page)),
        Ok(json(403, "")),
        Ok(errors(403, "too many bad requests")),
        Ok(json(404, "{}")),
        Ok(json(406, "")),
        Ok(json(407, "")),
        Ok(errors(429, "too many requests")),
        Ok(json(451, "")),
        Ok(dead_with(500)),
        Ok(json(503, "")),
        Err(Trouble::Timeout),
        Err(Trouble::Tls),
        Err(Trouble::NoSuchHost),
        Err(Trouble::Spent),
    ] {
        // likewise where the other host does not know it
        for place in [GLOBAL, EU] {
            let (verified, _) = ask(&key(), |address| {
                if address == place {
                    answer.clone()
                } else {
                    Ok(dead())
                }
            });
            let shown = format!("{place}: {answer:?}: {verified:?}");
            assert!(verified.unanswered, "{shown}");
            assert_eq!(verified.verdict, Verdict::Unknown, "{shown}");
            assert!(verified.details.is_empty(), "{shown}");
        }
        let known = |reply: &HttpReply| {
            matches!(reply.status, 401 | 403) && reply.body.as_str().contains("message")
        };
        let (verified, _) = ask(&login(), |_| answer.clone());
        let is_known = answer.as_ref().is_ok_and(known);
        assert_eq!(verified.unanswered, !is_known, "{answer:?}: {verified:?}");
    }
}

#[test]
fn row_406_is_a_fault_of_ours() {
    assert_eq!(verdict(&json(406, "")), Verdict::Unknown);
}

#[test]
fn row_5xx_timeout_tls_and_dns_are_unknown_and_ask_nobody_else() {
    for status in [500, 502, 503, 504, 599] {
        assert_eq!(verdict(&dead_with(status)), Verdict::Unknown, "{status}");
    }
    for trouble in [
        Trouble::Timeout,
        Trouble::Tls,
        Trouble::NoSuchHost,
        Trouble::Connection,
        Trouble::Protocol,
        Trouble::Throttled,
        Trouble::Spent,
        Trouble::NotAsked,
    ] {
        let (verified, asked) = ask(&key(), |_| Err(trouble.clone()));
        assert_eq!(verified.verdict, Verdict::Unknown);
        assert_eq!(verified.reason, trouble.to_string());
        assert_eq!(asked, [GLOBAL]);
    }
}

/// What a dead key is told, with another status.
fn dead_with(status: u16) -> HttpReply {
    HttpReply { status, ..dead() }
}

#[test]
fn no_other_status_is_dead_whatever_the_body_says() {
    for status in [300, 301, 302, 307, 400, 402, 403, 404, 405, 408, 418, 422] {
        assert_eq!(verdict(&dead_with(status)), Verdict::Unknown, "{status}");
    }
}

#[test]
fn row_basic_auth_is_undecidable() {
    let two_factors = "invalid authentication method - declined because you are using basic authentication with 2FA enabled";
    for reply in [
        errors(401, two_factors),
        errors(403, two_factors),
        errors(401, "Permission denied, wrong credentials"),
        dead(),
    ] {
        let (verified, asked) = ask(&login(), |_| Ok(reply.clone()));
        assert_eq!(verified.verdict, Verdict::Unknown, "{reply:?}");
        assert!(!verified.unanswered, "SendGrid answered: {reply:?}");
        assert_eq!(asked, [GLOBAL], "a password is shown once");
    }
    let (verified, _) = ask(&login(), |_| Ok(scopes(r#""mail.send""#)));
    assert_eq!(verified.verdict, Verdict::Live, "unless it is taken");
}

#[test]
fn credentials_go_into_a_header_that_is_secret() {
    let mut sent = Vec::new();
    for held in [
        key(),
        Held::new(
            "sendgrid-key-in-two-parts",
            "right-half",
            &[("id", "left-half")],
        ),
        Held::new(
            "sendgrid-key-by-format",
            "right-half",
            &[("id", "left-half")],
        ),
        login(),
    ] {
        let mut wire = Script::http(|request| {
            sent.push(authorization(request));
            Ok(scopes(""))
        });
        SendGrid.verify(&held.lent(), &mut wire);
    }
    assert!(sent[0].starts_with("Bearer SG."), "{}", sent[0]);
    assert_eq!(sent[1..3], ["Bearer SG.left-half.right-half"; 2]);
    let login = STANDARD.encode("harbor_ops:Harbor-47-tzk");
    assert_eq!(sent[3], format!("Basic {login}"));
}

#[test]
fn a_login_that_is_sent_to_sendgrid_is_one_of_sendgrids() {
    for rule in ["mail-api-basic-auth", "mail-command-login"] {
        let held = |host| {
            Held::new(
                rule,
                "Harbor-47-tzk",
                &[("user", "harbor_ops"), ("host", host)],
            )
        };
        let (verified, asked) = ask(&held("api.sendgrid.com"), |_| Ok(scopes("")));
        assert_eq!(
            (verified.verdict, asked),
            (Verdict::Live, vec![GLOBAL.to_owned()])
        );
        for other in [
            "api.sendgrid.com.evil.example",
            "evil-sendgrid.com",
            "smtp.sendgrid.net",
        ] {
            assert!(!SendGrid.handles(&held(other).lent()), "{other}");
        }
        assert!(SendGrid.matters(rule, "user") && !SendGrid.matters(rule, "port"));
    }
}

#[test]
fn a_key_in_a_dsn_is_asked_about_like_the_key_that_it_is() {
    let whole = format!("{}.{}.{}", "SG", id(), &"h7-Kq_".repeat(8)[..43]);
    let dsn =
        |secret: &str, parts: &[(&'static str, &str)]| Held::new("mailer-dsn-key", secret, parts);
    let mut sent = String::new();
    let held = dsn(&whole, &[("mailer", "sendgrid"), ("host", "default")]);
    let mut wire = Script::http(|request| {
        sent = authorization(request);
        Ok(scopes(r#""mail.send""#))
    });
    assert_eq!(
        SendGrid.verify(&held.lent(), &mut wire).verdict,
        Verdict::Live
    );
    drop(wire);
    assert_eq!(sent, format!("Bearer {whole}"));
    assert_eq!(SendGrid.tells(&held.lent())[0].values, [id()]);
    assert!(
        SendGrid.handles(
            &dsn(
                &whole,
                &[("mailer", "sendgrid"), ("host", "api.eu.sendgrid.com")]
            )
            .lent()
        )
    );
    for other in [
        dsn(&whole, &[("mailer", "mailgun")]),
        dsn(&whole, &[]),
        dsn(
            &whole,
            &[("mailer", "sendgrid"), ("host", "gate.evil.example")],
        ),
        dsn("made-up-by-somebody", &[("mailer", "sendgrid")]),
    ] {
        assert!(!SendGrid.handles(&other.lent()));
    }
}

#[test]
fn what_is_not_all_of_a_credential_is_nobodys() {
    for held in [
        Held::new("sendgrid-key-in-two-parts", "right-half", &[]),
        Held::new("sendgrid-basic-auth", "Harbor-47-tzk", &[]),
        Held::new("sendgrid-basic-auth", "Harbor-47-tzk", &[("user", "a:b")]),
        Held::new("sendgrid-api-key", "two\r\nlines", &[]),
        Held::new("twilio-auth-token", "x", &[]),
    ] {
        assert!(!SendGrid.handles(&held.lent()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever comes back, nothing panics, and only what the table lists is live or dead.
    #[test]
    fn only_what_is_listed_tells(
        status in prop_oneof![Just(200_u16), Just(401), Just(403), 100_u16..700],
        body in prop_oneof![
            ".{0,60}",
            r#"\{"errors":\[(\{"message":("(access forbidden|Maximum credits exceeded|[a-z ]{0,20}|The provided authorization grant is invalid, expired, or revoked)"|[0-9]|null|\[\])\},?)?\]\}"#,
            r#"\{"scopes":(\["(mail\.send|[ -~&&[^"\\]]{0,9})"\]|[0-9]|"x"|\[[0-9]\])\}"#,
        ],
    ) {
        let found = verdict(&json(status, &body));
        let lower = body.to_ascii_lowercase();
        match found {
            Verdict::Dead => prop_assert!(status == 401 && lower.contains("invalid, expired, or revoked")),
            Verdict::Live => prop_assert!(
                (status == 200 && body.contains("\"scopes\":["))
                    || (status == 401 && lower.contains("maximum credits exceeded"))
            ),
            Verdict::LiveRestricted => prop_assert!(status == 403 && lower.contains("access forbidden")),
            Verdict::Test | Verdict::Rejected => prop_assert!(false, "SendGrid has no {found:?}"),
            Verdict::Unknown => {}
        }
    }
}
