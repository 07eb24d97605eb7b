//! Twilio's answers, row by row, over a script.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use waxseal::model::{Verdict, Verified};
use waxseal::verify::{HttpReply, Trouble, Twilio, Verifier};

use crate::support::script::{Held, Script, authorization, json, reply};

/// An id of `kind` made of `digit`.
fn id(kind: &str, digit: char) -> String {
    format!("{kind}{}", digit.to_string().repeat(32))
}

fn problem(status: u16, code: u32) -> HttpReply {
    json(
        status,
        &format!(r#"{{"code":{code},"message":"x","status":{status}}}"#),
    )
}

fn list(of: &str) -> HttpReply {
    json(200, &format!(r#"{{"{of}":[],"page":0}}"#))
}

fn refused() -> HttpReply {
    problem(401, 20003)
}

fn token(region: Option<&str>) -> Held {
    let sid = id("AC", 'a');
    let mut parts = vec![("sid", sid.as_str())];
    parts.extend(region.map(|region| ("region", region)));
    Held::new("twilio-auth-token", &"5e".repeat(16), &parts)
}

fn key(account: bool) -> Held {
    let (key, sid) = (id("SK", 'b'), id("AC", 'a'));
    let mut parts = vec![("key-sid", key.as_str())];
    parts.extend(account.then_some(("account-sid", sid.as_str())));
    Held::new("twilio-api-key-secret", &"Z5e7".repeat(8), &parts)
}

/// What comes of asking about `held` with answers by address, and what was asked.
fn ask(
    held: &Held,
    answer: impl Fn(&str) -> Result<HttpReply, Trouble>,
) -> (Verified, Vec<String>) {
    let mut wire = Script::http(|request| answer(&format!("{}{}", request.host, request.path)));
    let credential = held.lent();
    assert!(Twilio.handles(&credential));
    let verified = Twilio.verify(&credential, &mut wire);
    let asked = std::mem::take(&mut wire.asked);
    // never the account itself, whose answer holds the token
    for address in &asked {
        assert!(
            ["/Messages.json?", "/Keys.json?", "/v2/Services?"]
                .iter()
                .any(|path| address.contains(path)),
            "{address}"
        );
    }
    (verified, asked)
}

fn detail<'v>(verified: &'v Verified, name: &str) -> Option<&'v str> {
    let detail = verified.details.iter().find(|detail| detail.name == name)?;
    detail.values.first().map(String::as_str)
}

#[test]
fn row_200_live() {
    let (verified, asked) = ask(&token(None), |_| Ok(list("messages")));
    assert_eq!(verified.verdict, Verdict::Live);
    assert_eq!(detail(&verified, "region"), Some("us1"));
    assert_eq!(
        asked,
        [format!(
            "api.twilio.com/2010-04-01/Accounts/{}/Messages.json?PageSize=1",
            id("AC", 'a')
        )]
    );
}

#[test]
fn the_credential_is_in_the_header_alone() {
    let mut seen = Vec::new();
    let held = token(None);
    let mut wire = Script::http(|request| {
        assert_eq!(request.provider, "twilio");
        assert!(request.body.is_none());
        seen.push(authorization(request));
        let shown = format!("{request:?}");
        assert!(!shown.contains(&"5e".repeat(16)), "{shown}");
        assert!(!shown.contains(&seen[0][6..]), "{shown}");
        Ok(list("messages"))
    });
    Twilio.verify(&held.lent(), &mut wire);
    drop(wire);
    let pair = format!("{}:{}", id("AC", 'a'), "5e".repeat(16));
    assert_eq!(seen, [format!("Basic {}", STANDARD.encode(pair))]);
}

#[test]
fn row_200_of_somebody_else_is_no_answer() {
    for body in [
        "<html>Sign in to the network</html>",
        "",
        "[]",
        "{}",
        r#"{"messages"#,
        r#"{"status":"ok"}"#,
    ] {
        let (verified, _) = ask(&token(None), |_| Ok(json(200, body)));
        assert_eq!(verified.verdict, Verdict::Unknown, "{body}");
    }
}

#[test]
fn row_401_20003_is_dead_once_every_region_refuses() {
    let (verified, asked) = ask(&token(None), |_| Ok(refused()));
    assert_eq!(verified.verdict, Verdict::Dead);
    assert!(verified.reason.contains("suspended or closed"));
    let hosts: Vec<&str> = asked
        .iter()
        .map(|address| address.split('/').next().unwrap())
        .collect();
    let expected = [
        "api.twilio.com",
        "api.dublin.ie1.twilio.com",
        "api.sydney.au1.twilio.com",
        "api.tokyo.jp1.twilio.com",
    ];
    assert_eq!(hosts, expected);
}

#[test]
fn row_401_20003_in_one_region_is_live_in_another() {
    let (verified, _) = ask(&token(None), |address| {
        Ok(if address.starts_with("api.sydney.au1.") {
            list("messages")
        } else {
            refused()
        })
    });
    assert_eq!(verified.verdict, Verdict::Live);
    assert_eq!(detail(&verified, "region"), Some("au1"));
}

/// What comes of asking where `place` gives `answer`, and everybody else refuses.
fn refused_but(
    held: &Held,
    place: &str,
    answer: &Result<HttpReply, Trouble>,
) -> (Verified, Vec<String>) {
    ask(held, |address| {
        if address.starts_with(place) {
            answer.clone()
        } else {
            Ok(refused())
        }
    })
}

#[test]
fn row_401_20003_is_unanswered_while_a_region_is_silent() {
    let page = reply(403, "text/html", "<html>blocked</html>");
    for (place, answer) in [
        ("api.twilio.com", Err(Trouble::Timeout)),
        ("api.twilio.com", Err(Trouble::NoSuchHost)),
        ("api.twilio.com", Ok(problem(500, 20500))),
        ("api.twilio.com", Ok(problem(429, 20429))),
        ("api.twilio.com", Ok(page.clone())),
        ("api.dublin.", Ok(json(401, "{}"))),
        ("api.dublin.", Ok(problem(503, 20503))),
        ("api.sydney.", Err(Trouble::NoSuchHost)),
        ("api.sydney.", Ok(json(302, ""))),
        ("api.tokyo.", Err(Trouble::Timeout)),
        ("api.tokyo.", Err(Trouble::Tls)),
        ("api.tokyo.", Err(Trouble::Spent)),
        ("api.tokyo.", Ok(page)),
    ] {
        for held in [token(None), key(true)] {
            let (verified, _) = refused_but(&held, place, &answer);
            let shown = format!("{place}: {answer:?}: {verified:?}");
            assert_eq!(verified.verdict, Verdict::Unknown, "{shown}");
            assert!(verified.unanswered, "{shown}");
            assert!(verified.details.is_empty(), "no region: {shown}");
            assert!(verified.reason.contains("refused by the others"), "{shown}");
        }
    }
}

#[test]
fn a_region_that_twilio_may_not_have_is_one_only_if_its_host_is_there() {
    let nowhere = Err(Trouble::NoSuchHost);
    for held in [token(None), key(true)] {
        let (verified, _) = ask(&held, |address| {
            if address.contains(".jp1.") {
                nowhere.clone()
            } else {
                Ok(refused())
            }
        });
        assert_eq!(verified.verdict, Verdict::Dead, "{verified:?}");
    }
}

#[test]
fn where_nobody_is_there_to_be_asked_nothing_is_refused() {
    let token = "5e".repeat(16);
    let held = Held::new("twilio-auth-token-alone", &token, &[("region", "jp1")])
        .with_others(&[id("AC", 'c')]);
    let (verified, asked) = ask(&held, |_| Err(Trouble::NoSuchHost));
    assert_eq!((verified.verdict, asked.len()), (Verdict::Unknown, 1));
    assert!(verified.unanswered, "{verified:?}");
}

#[test]
fn a_key_without_its_account_is_not_proven_dead_where_there_is_no_verify() {
    for answer in [Err(Trouble::NoSuchHost), Ok(problem(404, 20404))] {
        let (verified, _) = refused_but(&key(false), "verify.sydney.", &answer);
        assert_eq!(verified.verdict, Verdict::Rejected, "{verified:?}");
        assert!(verified.reason.contains("au1"), "{}", verified.reason);
        // with it the other call tells
        let (verified, asked) = refused_but(&key(true), "verify.sydney.", &answer);
        assert_eq!(verified.verdict, Verdict::Dead, "{verified:?}");
        assert_eq!(asked.len(), 8);
    }
    // where there is one, it has to answer
    let (verified, _) = refused_but(&key(true), "verify.twilio.com", &Err(Trouble::NoSuchHost));
    assert!(verified.unanswered, "{verified:?}");
}

#[test]
fn a_key_of_another_account_than_the_one_beside_it_is_found_in_every_region() {
    for region in [
        "verify.twilio.com",
        "verify.dublin.ie1",
        "verify.sydney.au1",
        "verify.tokyo.jp1",
    ] {
        let (verified, _) = refused_but(&key(true), region, &Ok(list("services")));
        assert_eq!(verified.verdict, Verdict::Live, "{region}");
    }
}

#[test]
fn regions_come_from_what_stands_beside() {
    let first = |parts: &[(&'static str, &str)]| {
        let sid = id("AC", 'a');
        let mut all = vec![("sid", sid.as_str())];
        all.extend(parts);
        let held = Held::new("twilio-auth-token", "x", &all);
        let (_, asked) = ask(&held, |_| Ok(refused()));
        let hosts = asked.iter().map(|address| {
            let host = address.split('/').next().unwrap();
            host.trim_end_matches(".twilio.com").to_owned()
        });
        hosts.collect::<Vec<_>>()
    };
    assert_eq!(first(&[("region", "ie1")])[..2], ["api.dublin.ie1", "api"]);
    assert_eq!(
        first(&[("region", "IE1"), ("edge", "dublin")])[..2],
        ["api.dublin.ie1", "api"]
    );
    // an edge alone leaves the region at its default
    assert_eq!(first(&[("edge", "sydney")])[..2], ["api", "api.sydney.au1"]);
    // names for ways to the default region
    for (region, edge) in [
        ("br1", "sao-paulo"),
        ("de1", "frankfurt"),
        ("sg1", "singapore"),
        ("us2", "umatilla"),
    ] {
        let hosts = first(&[("region", region), ("edge", edge)]);
        assert_eq!((&*hosts[0], hosts.len()), ("api", 4), "{region}");
    }
    // what a file says gets into no host name
    for odd in ["evil", "ie1.evil.example/", "", "\0"] {
        assert_eq!(first(&[("region", odd)]).len(), 4, "{odd}");
    }
}

#[test]
fn row_401_20003_on_a_guessed_pair_tries_two_other_accounts() {
    let others = [
        id("AC", 'c'),
        id("AC", 'a'),
        id("AC", 'd'),
        id("AC", 'c'),
        id("AC", 'e'),
    ];
    let held = token(None).with_others(&others);
    let (verified, asked) = ask(&held, |_| Ok(refused()));
    assert_eq!(verified.verdict, Verdict::Rejected);
    assert!(
        verified.reason.contains("2 other account ids"),
        "{}",
        verified.reason
    );
    assert!(
        verified.reason.contains("not proven"),
        "{}",
        verified.reason
    );
    let of = |digit| {
        let id = id("AC", digit);
        asked.iter().filter(|address| address.contains(&id)).count()
    };
    assert_eq!((of('a'), of('c'), of('d'), of('e')), (4, 1, 1, 0));

    let (verified, asked) = ask(&held, |address| {
        Ok(if address.contains(&id("AC", 'd')) {
            list("messages")
        } else {
            refused()
        })
    });
    assert_eq!(verified.verdict, Verdict::Live);
    assert_eq!(detail(&verified, "account-sid"), Some(&*id("AC", 'd')));
    assert_eq!(asked.len(), 3);

    // nobody is left to whom it could belong
    let held = token(None).with_others(&others[..2]);
    let (verified, _) = ask(&held, |_| Ok(refused()));
    assert_eq!(verified.verdict, Verdict::Dead);
}

#[test]
fn a_token_without_account_is_tried_with_those_of_the_scan() {
    let alone = || Held::new("twilio-auth-token-alone", &"5e".repeat(16), &[]);
    let (verified, asked) = ask(&alone(), |_| Ok(refused()));
    assert_eq!((verified.verdict, asked.len()), (Verdict::Unknown, 0));
    let others = [id("AC", 'c'), id("AC", 'd'), id("AC", 'e')];
    let (verified, asked) = ask(&alone().with_others(&others), |_| Ok(refused()));
    assert_eq!((verified.verdict, asked.len()), (Verdict::Rejected, 2));
    assert!(
        verified.reason.contains("2 account ids"),
        "{}",
        verified.reason
    );
    let (verified, _) = ask(&alone().with_others(&others), |_| Ok(list("messages")));
    assert_eq!(verified.verdict, Verdict::Live);
    assert_eq!(detail(&verified, "account-sid"), Some(&*others[0]));
}

#[test]
fn an_id_of_another_form_gets_into_no_path() {
    for odd in [
        "AC1",
        "AC/../../x",
        "",
        &id("SK", 'a'),
        &id("AC", 'g'),
        &format!("{}?", id("AC", 'a')),
    ] {
        let held =
            Held::new("twilio-auth-token", "x", &[("sid", odd)]).with_others(&[odd.to_owned()]);
        let (verified, asked) = ask(&held, |_| Ok(list("messages")));
        assert_eq!(
            (verified.verdict, asked.len()),
            (Verdict::Unknown, 0),
            "{odd}"
        );
    }
}

#[test]
fn row_70051_is_a_live_restricted_key() {
    for status in [401, 403] {
        for with_account in [true, false] {
            let (verified, asked) = ask(&key(with_account), |_| Ok(problem(status, 70051)));
            assert_eq!(verified.verdict, Verdict::LiveRestricted);
            assert_eq!(detail(&verified, "key-type"), Some("restricted"));
            assert_eq!(asked.len(), 1);
        }
    }
}

#[test]
fn keys_of_three_kinds_are_told_apart() {
    for (answer, kind, verdict) in [
        (list("keys"), "main", Verdict::Live),
        (refused(), "standard", Verdict::Live),
        (problem(401, 70051), "restricted", Verdict::LiveRestricted),
    ] {
        let (verified, asked) = ask(&key(true), |address| {
            Ok(if address.contains("/Messages.json") {
                list("messages")
            } else {
                answer.clone()
            })
        });
        assert_eq!(
            (verified.verdict, detail(&verified, "key-type")),
            (verdict, Some(kind))
        );
        assert_eq!(asked.len(), 2);
        assert!(asked[1].contains("/Keys.json?PageSize=1"));
    }
    // no word on the kind is none
    let (verified, _) = ask(&key(true), |address| {
        Ok(if address.contains("/Messages.json") {
            list("messages")
        } else {
            problem(500, 20500)
        })
    });
    assert_eq!(
        (verified.verdict, detail(&verified, "key-type")),
        (Verdict::Live, None)
    );
}

#[test]
fn a_key_without_its_account_is_asked_at_verify() {
    let services = |address: &str| {
        Ok(if address.starts_with("verify.twilio.com/v2/Services") {
            list("services")
        } else {
            refused()
        })
    };
    let (verified, asked) = ask(&key(false), services);
    assert_eq!(
        (verified.verdict, detail(&verified, "key-type")),
        (Verdict::Live, None)
    );
    assert_eq!(asked, ["verify.twilio.com/v2/Services?PageSize=1"]);
    // one beside it that is not its own
    let (verified, asked) = ask(&key(true), services);
    assert_eq!(
        (verified.verdict, detail(&verified, "key-type")),
        (Verdict::Live, None)
    );
    assert_eq!(asked.len(), 2);
    // an account of elsewhere tells the kind
    let held = key(false).with_others(&[id("AC", 'c'), id("AC", 'd')]);
    let (verified, asked) = ask(&held, |address| {
        Ok(match address {
            _ if address.contains(&id("AC", 'c')) => refused(),
            _ if address.contains("/Messages.json") => list("messages"),
            _ if address.contains("/Keys.json") => refused(),
            _ => list("services"),
        })
    });
    assert_eq!(
        (verified.verdict, detail(&verified, "key-type")),
        (Verdict::Live, Some("standard"))
    );
    assert_eq!(asked.len(), 4);
}

#[test]
fn row_401_20003_of_a_key_is_dead_once_kinds_and_regions_are_excluded() {
    for (with_account, count) in [(true, 8), (false, 4)] {
        let (verified, asked) = ask(&key(with_account), |_| Ok(refused()));
        assert_eq!((verified.verdict, asked.len()), (Verdict::Dead, count));
        assert!(
            asked
                .iter()
                .any(|address| address.starts_with("verify.twilio.com/"))
        );
        let (verified, _) = ask(&key(with_account), |address| {
            Ok(
                if address.contains("twilio.com/v2/Services") && !address.contains("1.") {
                    problem(404, 20404)
                } else {
                    refused()
                },
            )
        });
        assert_eq!(verified.verdict, Verdict::Unknown);
        assert!(!verified.unanswered, "Twilio did answer");
    }
    let alone = Held::new("twilio-api-secret-alone", "x", &[]);
    let (verified, asked) = ask(&alone, |_| Ok(refused()));
    assert_eq!((verified.verdict, asked.len()), (Verdict::Unknown, 0));
    let alone = alone.with_others(&[id("SK", 'c'), id("AC", 'c'), id("SK", 'd'), id("SK", 'e')]);
    let (verified, asked) = ask(&alone, |_| Ok(refused()));
    assert_eq!((verified.verdict, asked.len()), (Verdict::Rejected, 2));
    assert!(
        verified.reason.contains("2 of the key ids"),
        "{}",
        verified.reason
    );
    let (verified, _) = ask(&alone, |_| Ok(problem(401, 70051)));
    assert_eq!(detail(&verified, "key-sid"), Some(&*id("SK", 'c')));
}

#[test]
fn row_403_20008_is_test_credentials() {
    for held in [token(None), key(true)] {
        let (verified, asked) = ask(&held, |_| Ok(problem(403, 20008)));
        assert_eq!((verified.verdict, asked.len()), (Verdict::Test, 1));
    }
}

#[test]
fn row_20005_is_live_but_inactive() {
    for status in [401, 403] {
        let (verified, _) = ask(&token(None), |_| Ok(problem(status, 20005)));
        assert_eq!(verified.verdict, Verdict::LiveRestricted);
        assert_eq!(detail(&verified, "account-status"), Some("inactive"));
    }
}

#[test]
fn rows_404_429_and_others_tell_nothing() {
    let html = "<html>20003</html>";
    for answer in [
        problem(404, 20404),
        problem(404, 20003),
        json(404, ""),
        problem(429, 20429),
        problem(500, 20500),
        problem(503, 20503),
        problem(400, 20001),
        problem(403, 20003),
        problem(401, 20404),
        problem(301, 0),
        json(401, ""),
        json(401, "{}"),
        json(401, r#"{"code":"20003"}"#),
        reply(401, "text/html", html),
        reply(403, "text/html", html),
        reply(200, "text/html", html),
        json(204, ""),
    ] {
        for held in [token(None), key(true), key(false)] {
            let (verified, _) = ask(&held, |_| Ok(answer.clone()));
            assert_eq!(verified.verdict, Verdict::Unknown, "{answer:?}");
            assert!(!verified.reason.is_empty());
            let is_known = answer.status == 404 && answer.body.as_str().contains("20404");
            assert_eq!(verified.unanswered, !is_known, "{answer:?}");
        }
    }
}

#[test]
fn no_answer_is_unknown_and_a_dry_run_asks_once() {
    for trouble in [
        Trouble::Timeout,
        Trouble::Connection,
        Trouble::Tls,
        Trouble::Protocol,
    ] {
        let (verified, _) = ask(&token(None), |_| Err(trouble.clone()));
        assert_eq!(
            (verified.verdict, &*verified.reason),
            (Verdict::Unknown, &*trouble.to_string())
        );
    }
    for trouble in [Trouble::NotAsked, Trouble::Spent] {
        let (verified, asked) = ask(&token(None), |_| Err(trouble.clone()));
        assert_eq!((verified.verdict, asked.len()), (Verdict::Unknown, 1));
    }
}

#[test]
fn an_oauth_client_is_not_asked_because_that_mints_a_token() {
    let held = Held::new("twilio-oauth-client", "x", &[("client-id", &id("OQ", 'a'))]);
    let (verified, asked) = ask(&held, |_| Ok(list("messages")));
    assert_eq!((verified.verdict, asked.len()), (Verdict::Unknown, 0));
    assert!(verified.reason.contains("mint"));
}

#[test]
fn every_host_that_is_asked_is_an_endpoint() {
    let hosts: Vec<String> = Twilio.endpoints().into_iter().map(|one| one.host).collect();
    for held in [token(Some("br1")), key(true), key(false)] {
        let (_, asked) = ask(&held, |_| Ok(refused()));
        for address in asked {
            let host = address.split('/').next().unwrap();
            assert!(hosts.iter().any(|one| one == host), "{host}");
        }
    }
    assert!(!Twilio.handles(&Held::new("sendgrid-api-key", "x", &[]).lent()));
}

#[test]
fn no_reason_and_no_detail_holds_the_secret_or_the_answer() {
    let marker = "marker5e5e5e5e5e5e5e5e5e5e5e5e5e";
    let held = Held::new("twilio-auth-token", marker, &[("sid", &id("AC", 'a'))]);
    for status in [200, 301, 400, 401, 403, 404, 429, 500] {
        for code in [20003, 20005, 20008, 70051, 1] {
            let body = format!(r#"{{"code":{code},"message":"{marker}","messages":["{marker}"]}}"#);
            let (verified, _) = ask(&held, |_| Ok(json(status, &body)));
            let shown = format!("{verified:?}{:?}", json(status, &body));
            assert!(!shown.contains(marker), "{shown}");
        }
    }
}

/// What may come from a host, and whether it is Twilio that refuses there.
fn anything() -> impl Strategy<Value = Result<HttpReply, Trouble>> {
    prop_oneof![
        6 => Just(Ok(refused())),
        1 => Just(Ok(list("messages"))),
        1 => Just(Ok(list("services"))),
        1 => (200_u16..600, prop_oneof![Just(20003_u32), Just(20404), Just(20008), 0..99_999_u32])
            .prop_map(|(status, code)| Ok(problem(status, code))),
        1 => (200_u16..600, ".{0,30}").prop_map(|(status, body)| Ok(json(status, &body))),
        1 => Just(Ok(reply(403, "text/html", "<html>20003</html>"))),
        1 => prop_oneof![
            Just(Trouble::NoSuchHost),
            Just(Trouble::Timeout),
            Just(Trouble::Tls),
            Just(Trouble::Spent),
        ]
        .prop_map(Err),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the regions say, dead takes a refusal of each one that is there, and what nobody answered is unknown.
    #[test]
    fn dead_is_what_every_region_refuses(
        answers in proptest::collection::vec(anything(), 8),
        kind in 0..3,
    ) {
        let held = match kind {
            0 => token(None),
            1 => key(true),
            _ => key(false),
        };
        let place = |address: &str| {
            let regions = [".ie1.", ".au1.", ".jp1."];
            let region = regions.iter().position(|region| address.contains(region));
            let product = usize::from(address.starts_with("verify."));
            region.map_or(0, |region| region + 1) * 2 + product
        };
        let said = |address: &String| &answers[place(address)];
        let refuses = |address: &&String| {
            said(address).as_ref().is_ok_and(|reply| {
                reply.status == 401 && reply.body.as_str().contains("20003")
            })
        };
        let (verified, asked) = ask(&held, |address| answers[place(address)].clone());
        prop_assert!(!verified.unanswered || verified.verdict == Verdict::Unknown);
        prop_assert!(verified.details.is_empty() || verified.verdict.is_live());
        prop_assert!(asked.len() <= 11);
        if verified.verdict == Verdict::Dead {
            for region in ["i.twilio.com", ".ie1.", ".au1."] {
                let there = |address: &&String| {
                    let is_default = !address.contains("1.twilio.com");
                    (region == "i.twilio.com" && is_default) || address.contains(region)
                };
                prop_assert!(asked.iter().filter(there).any(|address| refuses(&address)), "{region}: {asked:?}");
            }
            let of_jp1 = |address: &&String| address.contains(".jp1.");
            for address in asked.iter().filter(|address| !of_jp1(address)) {
                let no_verify = address.starts_with("verify.") && address.contains("1.twilio.com");
                prop_assert!(refuses(&address) || no_verify, "{address}: {verified:?}");
            }
        }
    }
}
