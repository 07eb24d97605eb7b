//! Recipes: the answers of every provider that has one in its rule file, row by row, and what a recipe can't do.

use waxseal::model::{Verdict, Verified};
use waxseal::rules::parse::{RuleError, parse};
use waxseal::rules::{BUILTIN, Rule};
use waxseal::verify::{Header, HttpReply, Method, Recipes, Trouble, Verifier};

use crate::support::script::{Held, Script, json, reply};

/// What was asked: address, method, headers by name and value, body.
#[derive(Debug)]
struct Asked {
    address: String,
    method: Method,
    headers: Vec<(String, String)>,
    body: String,
}

/// What comes of asking about `held`, and what was asked.
fn ask(
    recipes: &Recipes,
    held: &Held,
    mut answer: impl FnMut(&str) -> Result<HttpReply, Trouble>,
) -> (Verified, Vec<Asked>) {
    let mut asked = Vec::new();
    let credential = held.lent();
    assert!(recipes.handles(&credential), "{}", credential.rule);
    let endpoints = recipes.endpoints();
    let verified = {
        let mut wire = Script::http(|request| {
            let listed = endpoints
                .iter()
                .any(|entry| entry.provider == request.provider && entry.covers(request.host, 443));
            assert!(listed, "{} is not listed", request.host);
            let address = format!("{}{}", request.host, request.path);
            let headers = request.headers.iter().map(|(name, value)| match value {
                Header::Secret(secret) => ((*name).to_owned(), shown(secret)),
                Header::Plain(text) => ((*name).to_owned(), text.clone()),
            });
            asked.push(Asked {
                address: address.clone(),
                method: request.method,
                headers: headers.collect(),
                body: request.body.as_ref().map(shown).unwrap_or_default(),
            });
            answer(&address)
        });
        recipes.verify(&credential, &mut wire)
    };
    (verified, asked)
}

#[expect(clippy::disallowed_methods, reason = "made up by the test")]
fn shown(secret: &waxseal::model::Secret) -> String {
    String::from_utf8(secret.expose().to_vec()).unwrap()
}

/// Asks a built-in recipe, which gets `replies` in turn.
fn built_in(held: &Held, replies: &[HttpReply]) -> (Verdict, Vec<Asked>) {
    let mut replies = replies.iter().cloned();
    let recipes = Recipes::of(BUILTIN);
    let answer = |_: &str| Ok(replies.next().expect("no more questions than replies"));
    let (verified, asked) = ask(&recipes, held, answer);
    (verified.verdict, asked)
}

fn verdict(held: &Held, replies: &[HttpReply]) -> Verdict {
    let (verdict, asked) = built_in(held, replies);
    assert_eq!(asked.len(), replies.len(), "every reply is for a question");
    verdict
}

/// What no provider's table lists: nothing comes of it.
fn tells_nothing(held: &Held) {
    let page = "<html><title>items data quota results</title></html>";
    for reply in [
        json(200, ""),
        json(200, "{}"),
        json(200, "[]"),
        json(200, r#"{"status":"ok"}"#),
        json(400, "{}"),
        json(401, ""),
        json(401, "{}"),
        json(401, r#"{"message":"Unauthorized"}"#),
        reply(401, "text/plain", "Unauthorized"),
        reply(407, "text/plain", "Proxy Authentication Required"),
        reply(200, "text/html", page),
        reply(403, "text/html", page),
        reply(401, "text/html", page),
        json(403, "{}"),
        json(404, "{}"),
        json(429, r#"{"message":"Unauthenticated."}"#),
        json(451, ""),
        json(500, ""),
        json(503, "{}"),
        json(302, ""),
    ] {
        let (verified, asked) = ask(&Recipes::of(BUILTIN), held, |_| Ok(reply.clone()));
        let shown = format!("{}: {reply:?}: {verified:?}", held.lent().rule);
        assert_eq!(verified.verdict, Verdict::Unknown, "{shown}");
        assert!(verified.unanswered, "nobody answered: {shown}");
        assert_eq!(asked.len(), 1);
    }
    for trouble in [
        Trouble::Timeout,
        Trouble::Tls,
        Trouble::Connection,
        Trouble::NotAsked,
    ] {
        let (verified, asked) = ask(&Recipes::of(BUILTIN), held, |_| Err(trouble.clone()));
        assert_eq!((verified.verdict, asked.len()), (Verdict::Unknown, 1));
        assert_eq!(verified.reason, trouble.to_string());
        assert_eq!(verified.unanswered, trouble != Trouble::NotAsked);
    }
}

fn header<'a>(asked: &'a Asked, name: &str) -> &'a str {
    let found = asked.headers.iter().find(|(known, _)| known == name);
    &found.unwrap_or_else(|| panic!("no {name}: {asked:?}")).1
}

fn basic(login: &str) -> String {
    use base64::Engine as _;
    format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(login)
    )
}

#[test]
fn row_mailgun() {
    let held = Held::new("mailgun-api-key", "made-up", &[]);
    let (live, dead) = (
        json(200, r#"{"total_count":0,"items":[]}"#),
        reply(401, "text/plain", "Forbidden"),
    );
    let (found, asked) = built_in(&held, std::slice::from_ref(&live));
    assert_eq!(found, Verdict::Live);
    assert_eq!(asked[0].address, "api.mailgun.net/v3/domains?limit=1");
    assert_eq!(header(&asked[0], "Authorization"), basic("api:made-up"));
    let (found, asked) = built_in(&held, &[dead.clone(), live]);
    assert_eq!(found, Verdict::Live, "an account in the EU");
    assert_eq!(asked[1].address, "api.eu.mailgun.net/v3/domains?limit=1");
    assert_eq!(verdict(&held, &[dead.clone(), dead.clone()]), Verdict::Dead);
    assert_eq!(
        verdict(&held, &[dead.clone(), json(500, "")]),
        Verdict::Unknown
    );
    // said to live keys that may only send as well, and no host is the last word
    let private = json(401, r#"{"message":"Invalid private key"}"#);
    for replies in [
        [private.clone(), dead.clone()],
        [dead.clone(), private.clone()],
        [private.clone(), private],
    ] {
        assert_eq!(verdict(&held, &replies), Verdict::Rejected);
    }
    assert_eq!(
        verdict(&held, &[reply(403, "text/plain", "Forbidden")]),
        Verdict::Unknown,
        "a sending key"
    );
    tells_nothing(&held);
}

#[test]
fn row_postmark() {
    let held = Held::new("postmark-token", "made-up", &[]);
    let no = json(
        401,
        r#"{"ErrorCode":10,"Message":"Bad or missing Server API token."}"#,
    );
    let (found, asked) = built_in(&held, &[json(200, r#"{"InactiveMails":1,"Bounces":[]}"#)]);
    assert_eq!(found, Verdict::Live);
    assert_eq!(
        asked[0].address, "api.postmarkapp.com/deliverystats",
        "not /server, which tells tokens"
    );
    assert_eq!(header(&asked[0], "X-Postmark-Server-Token"), "made-up");
    let (found, asked) = built_in(
        &held,
        &[no.clone(), json(200, r#"{"TotalCount":0,"Domains":[]}"#)],
    );
    assert_eq!(found, Verdict::Live);
    assert_eq!(
        asked[1].address,
        "api.postmarkapp.com/domains?count=1&offset=0"
    );
    assert_eq!(header(&asked[1], "X-Postmark-Account-Token"), "made-up");
    assert_eq!(verdict(&held, &[no.clone(), no.clone()]), Verdict::Dead);
    assert_eq!(verdict(&held, &[no, json(500, "")]), Verdict::Unknown);
    assert_eq!(
        verdict(&held, &[json(401, r#"{"ErrorCode":100}"#)]),
        Verdict::Unknown
    );
    tells_nothing(&held);
}

#[test]
fn row_mandrill() {
    let held = Held::new("mandrill-api-key", "made\"up", &[]);
    let (found, asked) = built_in(&held, &[json(200, "\"PONG!\"")]);
    assert_eq!(found, Verdict::Live);
    assert_eq!(
        (asked[0].method, &*asked[0].address),
        (Method::Post, "mandrillapp.com/api/1.0/users/ping")
    );
    assert_eq!(
        asked[0].body, r#"{"key":"made\"up"}"#,
        "a body that stays JSON"
    );
    let no = |status| {
        json(
            status,
            r#"{"status":"error","code":-1,"name":"Invalid_Key","message":"Invalid API key"}"#,
        )
    };
    assert_eq!(verdict(&held, &[no(401)]), Verdict::Dead);
    assert_eq!(
        verdict(&held, &[no(500)]),
        Verdict::Unknown,
        "5xx is never dead"
    );
    tells_nothing(&held);
}

#[test]
fn row_mailchimp() {
    let held = Held::new("mailchimp-api-key", "0f-us12", &[]);
    let (found, asked) = built_in(
        &held,
        &[json(200, r#"{"health_status":"Everything's Chimpy!"}"#)],
    );
    assert_eq!(found, Verdict::Live);
    assert_eq!(asked[0].address, "us12.api.mailchimp.com/3.0/ping");
    assert_eq!(
        header(&asked[0], "Authorization"),
        basic("anystring:0f-us12")
    );
    let no = json(401, r#"{"title":"API Key Invalid","status":401}"#);
    assert_eq!(verdict(&held, &[no]), Verdict::Dead);
    assert_eq!(
        verdict(&held, &[json(401, r#"{"title":"API Key Missing"}"#)]),
        Verdict::Unknown
    );
    tells_nothing(&held);
    for elsewhere in [
        "0f-us1234",
        "0f-evil.example/",
        "0f-us1.evil.example#-us",
        "0f-us1@evil.example",
    ] {
        let held = Held::new("mailchimp-api-key", elsewhere, &[]);
        assert!(!Recipes::of(BUILTIN).handles(&held.lent()), "{elsewhere}");
    }
}

#[test]
fn row_brevo() {
    let held = Held::new("brevo-api-key", "made-up", &[]);
    let (found, asked) = built_in(&held, &[json(200, r#"{"email":"ops@harbor.example"}"#)]);
    assert_eq!(found, Verdict::Live);
    assert_eq!(asked[0].address, "api.brevo.com/v3/account");
    assert_eq!(header(&asked[0], "api-key"), "made-up");
    let address = json(
        401,
        r#"{"message":"We have detected you are using an unrecognised IP address 192.0.2.1.","code":"unauthorized"}"#,
    );
    assert_eq!(verdict(&held, &[address]), Verdict::LiveRestricted);
    let no = json(401, r#"{"message":"Key not found","code":"unauthorized"}"#);
    assert_eq!(verdict(&held, &[no]), Verdict::Dead);
    assert_eq!(
        verdict(&held, &[json(401, r#"{"code":"unauthorized"}"#)]),
        Verdict::Unknown
    );
    tells_nothing(&held);
    let smtp = Held::new("brevo-smtp-key", "made-up", &[]);
    assert!(!Recipes::of(BUILTIN).handles(&smtp.lent()), "only by SMTP");
}

#[test]
fn row_sparkpost() {
    let held = Held::new("sparkpost-api-key", "made-up", &[]);
    let live = json(200, r#"{"results":{"company_name":"x"}}"#);
    let no = json(401, r#"{"errors":[{"message":"Unauthorized."}]}"#);
    let (found, asked) = built_in(&held, std::slice::from_ref(&live));
    assert_eq!(found, Verdict::Live);
    assert_eq!(asked[0].address, "api.sparkpost.com/api/v1/account");
    assert_eq!(header(&asked[0], "Authorization"), "made-up", "the raw key");
    let (found, asked) = built_in(&held, &[no.clone(), live]);
    assert_eq!(
        (found, &*asked[1].address),
        (Verdict::Live, "api.eu.sparkpost.com/api/v1/account")
    );
    let grant = json(403, r#"{"errors":[{"message":"Forbidden."}]}"#);
    assert_eq!(verdict(&held, &[grant]), Verdict::LiveRestricted);
    assert_eq!(verdict(&held, &[no.clone(), no]), Verdict::Dead);
    tells_nothing(&held);
}

#[test]
fn row_mailjet() {
    for part in ["api-key", "user"] {
        let held = Held::new(
            "mailjet-secret-key",
            "made-up",
            &[(part, "public"), ("host", "in-v3.mailjet.com")],
        );
        let (found, asked) = built_in(&held, &[json(200, r#"{"Count":1,"Data":[{}],"Total":1}"#)]);
        assert_eq!(found, Verdict::Live);
        assert_eq!(asked[0].address, "api.mailjet.com/v3/REST/apikey?Limit=1");
        assert_eq!(header(&asked[0], "Authorization"), basic("public:made-up"));
        let no = json(
            401,
            r#"{"ErrorInfo":"","ErrorMessage":"API key authentication/authorization failure. You may be unauthorized to access the API or your API key may be expired.","StatusCode":401}"#,
        );
        let (found, asked) = built_in(&held, &[no.clone(), no]);
        assert_eq!(
            (found, &*asked[1].address),
            (Verdict::Dead, "api.us.mailjet.com/v3/REST/apikey?Limit=1")
        );
        tells_nothing(&held);
    }
    let recipes = Recipes::of(BUILTIN);
    let alone = Held::new("mailjet-secret-key", "made-up", &[]);
    assert!(
        !recipes.handles(&alone.lent()),
        "a secret key alone opens nothing"
    );
    assert!(recipes.matters("mailjet-secret-key", "user"));
    assert!(!recipes.matters("mailjet-secret-key", "host"));
}

#[test]
fn row_resend() {
    let held = Held::new("resend-api-key", "made-up", &[]);
    let (found, asked) = built_in(&held, &[json(200, r#"{"data":[]}"#)]);
    assert_eq!(found, Verdict::Live);
    assert_eq!(asked[0].address, "api.resend.com/api-keys");
    assert_eq!(header(&asked[0], "Authorization"), "Bearer made-up");
    let named = |status, name: &str| {
        json(
            status,
            &format!(r#"{{"statusCode":{status},"name":"{name}"}}"#),
        )
    };
    assert_eq!(
        verdict(&held, &[named(401, "restricted_api_key")]),
        Verdict::LiveRestricted
    );
    assert_eq!(
        verdict(&held, &[named(401, "missing_api_key")]),
        Verdict::Unknown
    );
    assert_eq!(
        verdict(&held, &[named(401, "validation_error")]),
        Verdict::Dead
    );
    assert_eq!(
        verdict(&held, &[named(403, "invalid_api_key")]),
        Verdict::Dead
    );
    let said = r#"{"statusCode":400,"name":"validation_error","message":"API key is invalid"}"#;
    assert_eq!(verdict(&held, &[json(400, said)]), Verdict::Dead);
    for (status, name) in [
        (400, "validation_error"),
        (403, "validation_error"),
        (401, "rate_limit_exceeded"),
    ] {
        assert_eq!(verdict(&held, &[named(status, name)]), Verdict::Unknown);
    }
    tells_nothing(&held);
}

#[test]
fn row_elastic_email() {
    let key = "0F".repeat(48);
    let held = Held::new("elastic-email-key", &key, &[]);
    let (found, asked) = built_in(&held, &[json(200, r#"{"Recipients":0,"EmailTotal":0}"#)]);
    assert_eq!(found, Verdict::Live);
    assert_eq!(
        asked[0].address, "api.elasticemail.com/v4/statistics?from=2020-01-01T00:00:00",
        "no key in the address"
    );
    assert_eq!(header(&asked[0], "X-ElasticEmail-ApiKey"), key);
    assert_eq!(
        verdict(&held, &[json(200, r#"{"success":false}"#)]),
        Verdict::Dead,
        "200 with success: false"
    );
    assert_eq!(
        verdict(&held, &[json(401, r#"{"Error":"Unauthorized"}"#)]),
        Verdict::Dead
    );
    for denied in [
        json(200, r#"{"success":false,"error":"Access Denied."}"#),
        json(401, r#"{"Error":"Access Denied."}"#),
    ] {
        assert_eq!(
            verdict(&held, &[denied]),
            Verdict::Unknown,
            "said to keys with fewer powers"
        );
    }
    assert_eq!(
        verdict(&held, &[json(200, r#"[{"Domain":"harbor.example"}]"#)]),
        Verdict::Unknown,
        "no list of domains was asked for"
    );
    tells_nothing(&held);
    let smtp = Held::new("elastic-email-key", &"0F".repeat(18), &[]);
    assert!(
        !Recipes::of(BUILTIN).handles(&smtp.lent()),
        "a password of SMTP is no key"
    );
}

#[test]
fn row_mailersend() {
    let held = Held::new("mailersend-api-token", "made-up", &[]);
    let (found, asked) = built_in(&held, &[json(200, r#"{"quota":1000,"remaining":999}"#)]);
    assert_eq!(found, Verdict::Live);
    assert_eq!(asked[0].address, "api.mailersend.com/v1/api-quota");
    assert_eq!(header(&asked[0], "Authorization"), "Bearer made-up");
    assert_eq!(
        verdict(&held, &[json(401, r#"{"message":"Unauthenticated."}"#)]),
        Verdict::Dead
    );
    assert_eq!(
        verdict(&held, &[json(401, r#"{"message":"Who?"}"#)]),
        Verdict::Unknown
    );
    let denied = json(403, r#"{"message":"This action is unauthorized."}"#);
    assert_eq!(verdict(&held, &[denied]), Verdict::Unknown);
    tells_nothing(&held);
}

#[test]
fn every_verdict_of_a_built_in_recipe_is_told_by_a_body() {
    for rule in BUILTIN {
        for reply in rule.verify.iter().flat_map(|recipe| recipe.replies.iter()) {
            let by_status_alone = reply.verdict == Verdict::Unknown && !reply.next;
            assert!(
                reply.names_a_body() || by_status_alone,
                "{}: {reply:?}",
                rule.id
            );
        }
    }
}

#[test]
fn a_key_in_a_dsn_is_asked_about_by_the_recipe_of_its_scheme() {
    let recipes = Recipes::of(BUILTIN);
    let held = |parts: &[(&'static str, &str)]| Held::new("mailer-dsn-key", "made-up-key", parts);
    let items = json(200, r#"{"items":[]}"#);
    for parts in [
        vec![("mailer", "mailgun"), ("domain", "mg.harbor.example")],
        vec![("mailer", "MAILGUN"), ("host", "api.eu.mailgun.net")],
        vec![("mailer", "mailgun"), ("host", "default")],
    ] {
        let (found, asked) = built_in(&held(&parts), std::slice::from_ref(&items));
        assert_eq!(found, Verdict::Live);
        assert_eq!(asked[0].address, "api.mailgun.net/v3/domains?limit=1");
        assert_eq!(header(&asked[0], "Authorization"), basic("api:made-up-key"));
    }
    let (_, asked) = built_in(
        &held(&[("mailer", "mailjet"), ("user", "public")]),
        &[json(200, r#"{"Data":[{}]}"#)],
    );
    assert_eq!(
        header(&asked[0], "Authorization"),
        basic("public:made-up-key")
    );
    let (_, asked) = built_in(
        &held(&[("mailer", "sendinblue")]),
        &[json(200, r#"{"email":"x"}"#)],
    );
    assert_eq!(asked[0].address, "api.brevo.com/v3/account");
    for other in [
        vec![],
        vec![("mailer", "mailjet")],
        vec![("mailer", "ses"), ("user", "made-up")],
        vec![("mailer", "sendgrid")],
        vec![("mailer", "mailgun"), ("host", "gate.evil.example")],
        vec![
            ("mailer", "mailgun"),
            ("host", "api.mailgun.net.evil.example"),
        ],
    ] {
        assert!(!recipes.handles(&held(&other).lent()), "{other:?}");
    }
    for part in ["mailer", "host", "user"] {
        assert!(recipes.matters("mailer-dsn-key", part), "{part}");
    }
}

#[test]
fn every_recipe_has_its_row_here() {
    let tested = [
        "mailgun",
        "postmark",
        "mandrill",
        "mailchimp",
        "brevo",
        "sparkpost",
        "mailjet",
        "resend",
        "elastic-email",
        "mailersend",
    ];
    for recipe in BUILTIN.iter().filter_map(|rule| rule.verify.as_ref()) {
        assert!(tested.contains(&&*recipe.provider), "{}", recipe.provider);
    }
}

#[test]
fn a_login_to_a_providers_api_is_asked_about_by_its_host() {
    for rule in ["mail-api-basic-auth", "mail-command-login"] {
        let held = |host| Held::new(rule, "made-up", &[("user", "api"), ("host", host)]);
        let (found, asked) = built_in(&held("API.eu.mailgun.net"), &[json(200, r#"{"items":[]}"#)]);
        assert_eq!(found, Verdict::Live);
        assert_eq!(asked[0].address, "api.mailgun.net/v3/domains?limit=1");
        let recipes = Recipes::of(BUILTIN);
        for other in [
            "api.mailgun.net.evil.example",
            "evil-api.mailgun.net",
            "api.resend.com",
            "smtp.mailgun.org",
            "api.sendgrid.com",
        ] {
            assert!(!recipes.handles(&held(other).lent()), "{other}");
        }
        assert!(recipes.matters(rule, "host") && recipes.matters(rule, "user"));
    }
}

#[test]
fn a_recipe_is_shown_with_its_rule() {
    let mut command = assert_cmd::Command::cargo_bin("waxseal").unwrap();
    let run = command.args(["rules", "show", "mailgun-api-key"]).assert();
    let out = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    let shown = "Asked with --verify:\n  GET https://api.mailgun.net/v3/domains?limit=1 for the first domain of the account\n  GET https://api.eu.mailgun.net/";
    assert!(out.contains(shown), "{out}");
}

// ---- A user's own.

/// A rule file with a recipe of which one line is `line`, in place of the one that begins like it.
fn rule_file(line: &str) -> String {
    let mut recipe = vec![
        "provider = \"acme\"",
        "[[rule.verify.ask]]",
        "hosts = [\"api.acme.example\"]",
        "path = \"/v1/me\"",
        "headers = { Authorization = \"Token {secret}\" }",
        "purpose = \"who it is\"",
        "[[rule.verify.reply]]",
        "status = [200]",
        "has = [\"/me\"]",
        "verdict = \"live\"",
        "reason = \"it says who it is\"",
    ];
    let key = |line: &str| line.split('=').next().unwrap().trim().to_owned();
    match recipe.iter().position(|known| key(known) == key(line)) {
        Some(at) => recipe[at] = line,
        None => recipe.insert(3, line),
    }
    let rule = r#"
[[rule]]
id = "acme-key"
title = "Acme key"
severity = "high"
confidence = "high"
why = "It opens Acme."
remedy = ["withdraw it"]
anchors = ["acme_"]
[rule.token]
pattern = 'acme_[a-z0-9]{20}'
[[rule.hit]]
text = "acme_<<alnum:20>>"
[[rule.miss]]
text = "acme_"
[rule.verify]
"#;
    format!("{rule}{}\n", recipe.join("\n"))
}

fn own(line: &str) -> Result<Rule, RuleError> {
    parse("own.toml", &rule_file(line)).map(|mut rules| rules.remove(0).rule)
}

#[test]
fn a_rule_of_ones_own_asks_by_its_recipe() {
    let rule = own("method = \"GET\"").unwrap();
    let recipes = Recipes::of([&rule]);
    let held = Held::new("acme-key", "made-up", &[]);
    let (verified, asked) = ask(&recipes, &held, |_| Ok(json(200, r#"{"me":"x"}"#)));
    assert_eq!(
        (verified.verdict, &*verified.reason),
        (Verdict::Live, "it says who it is")
    );
    assert_eq!(asked[0].address, "api.acme.example/v1/me");
    assert_eq!(header(&asked[0], "Authorization"), "Token made-up");
    let (verified, _) = ask(&recipes, &held, |_| Ok(json(401, "{}")));
    assert_eq!(
        verified.verdict,
        Verdict::Unknown,
        "nothing is believed that is not listed"
    );
}

#[test]
fn a_value_that_would_begin_another_header_goes_nowhere() {
    let rule = own("method = \"GET\"").unwrap();
    for value in ["a\r\nHost: evil.example", "a b", "a\0", "ä", ""] {
        let held = Held::new("acme-key", value, &[]);
        assert!(!Recipes::of([&rule]).handles(&held.lent()), "{value:?}");
    }
}

#[test]
fn what_a_recipe_must_not_hold_is_refused_with_a_reason() {
    for (line, why) in [
        ("path = \"/v1/{secret}\"", "never stands in a path"),
        ("path = \"/v1/{user}\"", "no identifier"),
        ("path = \"v1\"", "no path"),
        ("path = \"/a b\"", "no path"),
        ("hosts = []", "at least one host"),
        (
            "hosts = [\"{secret}.acme.example\"]",
            "never stands in a path or a host",
        ),
        ("hosts = [\"{host}\"]", "no fixed host"),
        ("hosts = [\"acme.{tld}\"]", "no fixed host"),
        ("hosts = [\"127.0.0.1\"]", "no fixed host"),
        ("hosts = [\"localhost\"]", "no fixed host"),
        ("hosts = [\"api.acme.example:8080\"]", "no fixed host"),
        ("hosts = [\"user@api.acme.example\"]", "no fixed host"),
        ("hosts = [\"acme.example.\"]", "no fixed host"),
        ("hosts = [\"*.acme.example\"]", "no fixed host"),
        ("hosts = [\"API.acme.example\"]", "no fixed host"),
        ("hosts = [\"https://api.acme.example\"]", "no fixed host"),
        (
            "hosts = [\"api.acme.example@evil.example\"]",
            "no fixed host",
        ),
        ("hosts = [\"аpi.acme.example\"]", "no fixed host"),
        ("method = \"POST\"", "`method` is GET and not \"POST\""),
        ("method = \"DELETE\"", "only GET promises that"),
        ("method = \"get\"", "`method` is GET and not \"get\""),
        ("body = '{secret}'", "no `body`"),
        ("headers = { Host = \"{secret}\" }", "not a recipe's to set"),
        (
            "headers = { Prefer = \"{secret}\" }",
            "not a recipe's to set",
        ),
        (
            "headers = { \"A B\" = \"{secret}\" }",
            "no name for a header",
        ),
        ("headers = { X-Key = \"{secret}\\n\" }", "visible ASCII"),
        ("headers = { X-Key = \"none\" }", "stands nowhere"),
        ("verdict = \"alive\"", "unknown verdict"),
        ("has = []", "status alone"),
        ("status = [1]", "from 200 to 599"),
        ("has = [\"me\"]", "JSON pointer"),
        ("provider = \"A b\"", "lower-case name"),
        ("surprise = 1", "own.toml"),
    ] {
        let error = own(line).expect_err(line).to_string();
        assert!(error.contains(why), "{line}: {error}");
    }
}

#[test]
fn a_value_can_not_choose_the_domain_that_is_asked() {
    let own = |host: &str, shape: &str| {
        let file = rule_file(&format!("hosts = [\"{host}\"]"));
        let identifier =
            format!("[rule.verify.identifiers.dc]\nfrom = \"secret\"\nshape = '{shape}'\n");
        parse("own.toml", &format!("{file}{identifier}")).map(|mut rules| rules.remove(0).rule)
    };
    for host in ["{dc}.co.uk", "{dc}.com.au", "{dc}.com", "{dc}"] {
        let error = own(host, "-([a-z0-9]+)$").expect_err(host).to_string();
        assert!(error.contains("no fixed host"), "{host}: {error}");
    }
    // and more than one label is none of the listed hosts
    let rule = own("{dc}.acme.example", "^(.*)$").unwrap();
    let recipes = Recipes::of([&rule]);
    for (value, hosts) in [
        ("us1", &["us1.acme.example/v1/me"][..]),
        ("evil.us1", &[]),
        ("a_b", &[]),
        ("A", &[]),
    ] {
        let held = Held::new("acme-key", value, &[]);
        let (_, asked) = ask(&recipes, &held, |_| Ok(json(401, "{}")));
        let asked: Vec<&str> = asked.iter().map(|it| &*it.address).collect();
        assert_eq!(asked, hosts, "{value}");
    }
    for value in ["evil.example/", "x@evil", "x:1", "x#", "x?"] {
        let held = Held::new("acme-key", value, &[]);
        assert!(!recipes.handles(&held.lent()), "{value}");
    }
}

#[test]
fn no_recipe_can_call_a_credential_dead_on_a_bad_day() {
    for status in [301, 403, 404, 408, 429, 451, 500, 502, 503] {
        let file = rule_file(&format!("status = [{status}]"))
            .replace("verdict = \"live\"", "verdict = \"dead\"")
            .replace("has = [\"/me\"]\n", "");
        let error = parse("own.toml", &file).expect_err("refused").to_string();
        assert!(error.contains("does not show"), "{status}: {error}");
    }
}
