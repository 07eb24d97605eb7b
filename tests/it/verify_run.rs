//! A run over the findings of a report: each credential once, answers for all who have it, what is kept, what is told.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use waxseal::model::{
    Confidence, Excerpt, Finding, FindingPart, Fingerprint, GitState, Origin, Place, Secret,
    Severity, Store, Verdict, Verified, VerifiedDetail,
};
use waxseal::rules::BUILTIN;
use waxseal::verify::net::{Guarded, SystemNames};
use waxseal::verify::{
    Body, Cache, Credential, DryRun, Endpoint, HttpReply, HttpRequest, Job, Kept, Line, MailLogins,
    Method, Recipes, Redirected, SendGrid, Settings, SmtpLogin, SmtpReply, Stop, Summary, Trouble,
    Verifier, Wire, run,
};

use crate::support::script::{json, reply};

const PLACE: Place = Place {
    start: 0,
    end: 1,
    line: 1,
    column: 1,
    end_line: 1,
    end_column: 2,
};

fn finding(
    rule: &'static str,
    path: &str,
    secret: &str,
    parts: &[(&'static str, &str)],
) -> Finding {
    let secret = Secret::new(secret.as_bytes(), 0);
    let part = |&(name, value): &(&'static str, &str)| FindingPart {
        name: name.into(),
        value: Secret::new(value.as_bytes(), 0),
        place: PLACE,
    };
    Finding {
        rule: rule.into(),
        severity: Severity::High,
        confidence: Confidence::High,
        fingerprint: Fingerprint::new(b"test", rule, &secret),
        secret,
        parts: parts.iter().map(part).collect(),
        origin: Origin::new(path.as_bytes(), Store::File(GitState::Tracked)).to_owned(),
        place: PLACE,
        excerpt: Excerpt(String::new()),
        encodings: Vec::new(),
        notes: Vec::new(),
        history: None,
        allowed: None,
        verified: None,
    }
}

/// A verifier of the test: asks one question, whose status is the verdict.
struct Asks {
    rule: &'static str,
    host: &'static str,
    seen: Mutex<Vec<Vec<String>>>,
}

impl Asks {
    fn boxed(rule: &'static str, host: &'static str) -> Box<dyn Verifier> {
        let seen = Mutex::default();
        Box::new(Self { rule, host, seen })
    }
}

#[expect(clippy::disallowed_methods, reason = "made up by the test")]
fn text(secret: &Secret) -> String {
    String::from_utf8(secret.expose().to_vec()).unwrap()
}

impl Verifier for Asks {
    fn handles(&self, credential: &Credential<'_>) -> bool {
        credential.rule == self.rule
    }

    fn endpoints(&self) -> Vec<Endpoint> {
        Vec::new()
    }

    fn verify(&self, credential: &Credential<'_>, wire: &mut dyn Wire) -> Verified {
        let others = credential.others.iter().map(text).collect();
        self.seen.lock().unwrap().push(others);
        let others: Vec<String> = credential.others.iter().map(text).collect();
        let request = HttpRequest {
            provider: "acme",
            host: self.host,
            method: Method::Get,
            path: format!("/{}?{}", text(credential.secret), others.join("+")),
            headers: Vec::new(),
            body: None,
        };
        match wire.http(&request) {
            Ok(reply) => {
                let verdict = match reply.status {
                    200 => Verdict::Live,
                    206 => Verdict::Test,
                    401 => Verdict::Dead,
                    409 => Verdict::Rejected,
                    _ => Verdict::Unknown,
                };
                Verified::new(verdict, self.host)
            }
            Err(trouble) => Verified::new(Verdict::Unknown, trouble.to_string()),
        }
    }

    fn matters(&self, _: &str, part: &str) -> bool {
        part == "user"
    }

    fn account<'f>(&self, finding: &'f Finding) -> Option<&'f Secret> {
        Some(&finding.parts.iter().find(|part| part.name == "sid")?.value)
    }

    fn tells(&self, _: &Credential<'_>) -> Vec<VerifiedDetail> {
        vec![VerifiedDetail {
            name: "key-id".into(),
            values: vec!["7".to_owned()],
        }]
    }
}

/// A line with an answer for each address, which it remembers.
struct Answers<F> {
    answer: F,
    asked: Mutex<Vec<String>>,
}

impl<F: Fn(&str) -> Result<HttpReply, Trouble> + Sync> Line for Answers<F> {
    fn wire(&self) -> Box<dyn Wire + '_> {
        Box::new(Answering(self))
    }
}

struct Answering<'a, F>(&'a Answers<F>);

impl<F: Fn(&str) -> Result<HttpReply, Trouble>> Wire for Answering<'_, F> {
    fn http(&mut self, request: &HttpRequest<'_>) -> Result<HttpReply, Trouble> {
        let address = format!("{}{}", request.host, request.path);
        self.0.asked.lock().unwrap().push(address.clone());
        (self.0.answer)(&address)
    }

    fn smtp(&mut self, _: &SmtpLogin<'_>) -> Result<SmtpReply, Trouble> {
        Err(Trouble::NoSafeLogin)
    }
}

fn fast() -> Settings {
    let mut settings = Settings::default();
    settings.limits.rate = 1e6;
    settings.limits.retries = 0;
    settings.limits.per_host = 4;
    settings
}

/// A run; yields its summary and what was asked.
fn go(
    findings: &mut [Finding],
    verifiers: &[Box<dyn Verifier>],
    kept: Option<&dyn Kept>,
    settings: &Settings,
    answer: impl Fn(&str) -> Result<HttpReply, Trouble> + Sync,
) -> (Summary, Vec<String>) {
    let line = Answers {
        answer,
        asked: Mutex::default(),
    };
    let done = AtomicUsize::new(0);
    let summary = run(
        findings,
        &Job {
            settings,
            verifiers,
            line: &line,
            kept,
            stop: &Stop::default(),
            progress: &|_, _| {
                done.fetch_add(1, Ordering::SeqCst);
            },
        },
    );
    assert_eq!(
        done.into_inner(),
        summary.credentials,
        "every one is told of"
    );
    let mut asked = line.asked.into_inner().unwrap();
    asked.sort();
    (summary, asked)
}

fn verdicts(findings: &[Finding]) -> Vec<Option<Verdict>> {
    let verdict = |finding: &Finding| finding.verified.as_ref().map(|it| it.verdict);
    findings.iter().map(verdict).collect()
}

#[test]
fn each_credential_is_asked_about_once_and_all_who_have_it_are_told() {
    let mut findings = [
        finding("acme-key", "a", "one", &[]),
        finding("acme-key", "b", "two", &[]),
        finding("acme-key", "c", "one", &[("host", "x.example")]),
        finding("acme-key", "d", "one", &[("user", "ops")]),
        finding(
            "acme-key",
            "e",
            "one",
            &[("user", "ops"), ("host", "y.example")],
        ),
        finding("acme-key", "f", "", &[]),
        finding("other-key", "g", "one", &[]),
    ];
    let verifiers = [Asks::boxed("acme-key", "api.acme.example")];
    let (summary, asked) = go(&mut findings, &verifiers, None, &fast(), |address| {
        Ok(json(if address.contains("one") { 200 } else { 401 }, ""))
    });
    assert_eq!(
        asked,
        [
            "api.acme.example/one?",
            "api.acme.example/one?",
            "api.acme.example/two?"
        ],
        "once without a user, once with one; a host does not matter"
    );
    let (live, dead) = (Some(Verdict::Live), Some(Verdict::Dead));
    assert_eq!(
        verdicts(&findings),
        [live, dead, live, live, live, None, None]
    );
    let one = findings[0].verified.as_ref().unwrap();
    assert_eq!(one.asked, ["api.acme.example"]);
    assert_eq!(one.details[0].name, "key-id", "a live one tells its id");
    assert!(findings[1].verified.as_ref().unwrap().details.is_empty());
    assert_eq!(
        summary.hosts,
        BTreeMap::from([("api.acme.example".to_owned(), 3)])
    );
    assert_eq!(
        summary.verdicts,
        BTreeMap::from([(Verdict::Live, 2), (Verdict::Dead, 1)])
    );
    assert_eq!(
        (summary.credentials, summary.not_askable, summary.cached),
        (3, 1, 0)
    );
}

#[test]
fn several_verifiers_are_asked_until_one_finds_it_live_and_dead_takes_all_of_them() {
    let verifiers = [
        Asks::boxed("acme-key", "first.example"),
        Asks::boxed("acme-key", "second.example"),
    ];
    for (first, second, verdict, questions) in [
        (200, 401, Verdict::Live, 1),
        (206, 401, Verdict::Test, 1),
        (401, 200, Verdict::Live, 2),
        (401, 401, Verdict::Dead, 2),
        (401, 500, Verdict::Unknown, 2),
        (500, 401, Verdict::Unknown, 2),
        (409, 401, Verdict::Rejected, 2),
        (500, 409, Verdict::Unknown, 2),
    ] {
        let mut findings = [finding("acme-key", "a", "one", &[])];
        let (_, asked) = go(&mut findings, &verifiers, None, &fast(), |address| {
            Ok(json(
                if address.starts_with("first") {
                    first
                } else {
                    second
                },
                "",
            ))
        });
        assert_eq!(
            verdicts(&findings),
            [Some(verdict)],
            "{first} then {second}"
        );
        assert_eq!(asked.len(), questions);
        assert_eq!(
            findings[0].verified.as_ref().unwrap().asked.len(),
            questions
        );
    }
}

#[test]
fn ids_of_other_findings_are_offered_nearest_first_and_few() {
    let verifiers = [Asks::boxed("acme-key", "api.acme.example")];
    let mut findings = vec![finding("acme-key", "app/mail/key.env", "lone", &[])];
    for (path, sid) in [
        ("other/a.env", "far"),
        ("app/b.env", "near"),
        ("app/mail/key.env", "here"),
        ("other/c.env", "often"),
        ("other/d.env", "often"),
        ("other/e.env", "last"),
    ] {
        findings.push(finding("acme-account", path, sid, &[("sid", sid)]));
    }
    let (_, asked) = go(&mut findings, &verifiers, None, &fast(), |_| {
        Ok(json(401, ""))
    });
    assert_eq!(asked, ["api.acme.example/lone?here+near+often+far"]);
    // its own is none of the others
    let mut own = [
        finding("acme-key", "a", "whole", &[("sid", "mine")]),
        finding("acme-account", "a", "mine", &[("sid", "mine")]),
    ];
    let (_, asked) = go(&mut own, &verifiers, None, &fast(), |_| Ok(json(401, "")));
    assert_eq!(asked, ["api.acme.example/whole?"]);
}

#[test]
fn an_answer_that_was_kept_is_not_asked_for_again_and_what_tells_nothing_is() {
    let folder = tempfile::tempdir().unwrap();
    let verifiers = [Asks::boxed("acme-key", "api.acme.example")];
    let secrets = [
        "marker-secret-live",
        "marker-secret-dead",
        "marker-secret-unknown",
    ];
    let answer = |address: &str| {
        Ok(json(
            match address {
                address if address.contains("live") => 200,
                address if address.contains("dead") => 401,
                _ => 500,
            },
            "what-the-provider-said",
        ))
    };
    let round = |settings: &Settings| {
        let cache = Cache::open(folder.path(), Duration::from_secs(3600)).unwrap();
        let mut findings = secrets.map(|secret| finding("acme-key", "a", secret, &[]));
        let (summary, asked) = go(&mut findings, &verifiers, Some(&cache), settings, answer);
        cache.save().unwrap();
        (summary, asked.len(), findings)
    };
    let (summary, asked, _) = round(&fast());
    assert_eq!((summary.cached, asked), (0, 3));
    let (summary, asked, findings) = round(&fast());
    assert_eq!(
        (summary.cached, asked),
        (2, 1),
        "unknown is asked about again"
    );
    assert_eq!(
        verdicts(&findings),
        [Verdict::Live, Verdict::Dead, Verdict::Unknown].map(Some)
    );
    let live = findings[0].verified.as_ref().unwrap();
    assert!(live.cached && live.asked == ["api.acme.example"]);
    assert_eq!(live.details.len(), 1, "its id is told all the same");
    let mut gateway = fast();
    gateway.endpoints = vec![Redirected::parse("acme=https://gate.example").unwrap()];
    let (_, asked, findings) = round(&gateway);
    assert_eq!(asked, 3, "an answer of the provider is none of a gateway");
    let shown = &findings[0].verified.as_ref().unwrap().asked;
    assert_eq!(shown, &["gate.example:443 in place of api.acme.example"]);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(
            !text.contains("marker") && !text.contains("what-the"),
            "{text}"
        );
        assert!(!text.contains("key-id"), "part of a key: {text}");
    }
}

#[test]
fn a_dry_run_asks_nothing_and_tells_what_it_would() {
    let key = format!("{}.{}.{}", "SG", "a".repeat(22), "b".repeat(43));
    let mut findings = [
        finding("sendgrid-api-key", "a", &key, &[]),
        finding("resend-api-key", "b", "made-up", &[]),
        finding("resend-api-key", "c", "made-up-too", &[]),
    ];
    let verifiers: [Box<dyn Verifier>; 2] = [Box::new(SendGrid), Box::new(Recipes::of(BUILTIN))];
    let settings = Settings::default();
    let endpoints = verifiers.iter().flat_map(|it| it.endpoints()).collect();
    let asking = Guarded::new(&settings, endpoints, Arc::new(SystemNames)).unwrap();
    let line = DryRun::new(&asking);
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path(), Duration::from_secs(3600)).unwrap();
    let job = Job {
        settings: &settings,
        verifiers: &verifiers,
        line: &line,
        kept: Some(&cache),
        stop: &Stop::default(),
        progress: &|_, _| {},
    };
    let summary = run(&mut findings, &job);
    assert!(summary.hosts.is_empty());
    assert_eq!(verdicts(&findings), [Some(Verdict::Unknown); 3]);
    assert!(
        findings
            .iter()
            .all(|it| it.verified.as_ref().unwrap().asked.is_empty())
    );
    let questions: Vec<_> = line
        .questions()
        .into_iter()
        .map(|(question, count)| (question.host, question.what, count))
        .collect();
    let question = |host: &str, what: &str, count| (host.to_owned(), what.to_owned(), count);
    assert_eq!(
        questions,
        [
            question("api.resend.com", "GET /api-keys", 2),
            question("api.sendgrid.com", "GET /v3/scopes", 1),
        ]
    );
}

#[test]
fn a_run_that_is_stopped_leaves_the_rest_unknown() {
    let verifiers = [Asks::boxed("acme-key", "api.acme.example")];
    let mut findings: Vec<Finding> = (0..200)
        .map(|number| finding("acme-key", "a", &format!("key{number}"), &[]))
        .collect();
    let stop = Stop::default();
    let line = Answers {
        answer: |_: &str| {
            stop.set();
            Ok(json(401, ""))
        },
        asked: Mutex::default(),
    };
    let settings = fast();
    let job = Job {
        settings: &settings,
        verifiers: &verifiers,
        line: &line,
        kept: None,
        stop: &stop,
        progress: &|_, _| {},
    };
    let summary = run(&mut findings, &job);
    assert!(summary.stopped);
    let asked = line.asked.into_inner().unwrap().len();
    assert!((1..=20).contains(&asked), "{asked} of 200");
    let unknown = verdicts(&findings)
        .iter()
        .filter(|verdict| **verdict == Some(Verdict::Unknown))
        .count();
    assert_eq!(unknown, 200 - asked);
}

#[test]
fn an_answer_that_sends_the_secret_back_is_not_passed_on() {
    // waxseal:allow smtp-login made up for this test
    let password = "harbor-winter-47";
    let mut findings = [finding(
        "sendgrid-basic-auth",
        "a",
        password,
        &[("user", "ops")],
    )];
    let verifiers: [Box<dyn Verifier>; 1] = [Box::new(SendGrid)];
    let body = format!(
        r#"{{"scopes":["{password}","x.{}","mail.send"]}}"#,
        &password[4..]
    );
    go(&mut findings, &verifiers, None, &fast(), |_| {
        Ok(json(200, &body))
    });
    let verified = findings[0].verified.as_ref().unwrap();
    assert_eq!(verified.verdict, Verdict::Live);
    let told = format!("{verified:?}");
    assert!(
        told.contains("mail.send") && !told.contains("winter"),
        "{told}"
    );
}

#[test]
fn an_empty_report_asks_nobody() {
    let (summary, asked) = go(
        &mut [],
        &[Asks::boxed("acme-key", "x")],
        None,
        &fast(),
        |_| Ok(json(200, "")),
    );
    assert_eq!((summary, asked.len()), (Summary::default(), 0));
}

/// A mail login of `user` at a relay, found in `path`.
fn mail_login(path: &str, user: &str, password: &str) -> Finding {
    let parts = [("host", "smtp.mailgun.org"), ("user", user)];
    finding("smtp-login", path, password, &parts)
}

/// A line whose mail servers refuse every password; yields the passwords that were tried.
#[derive(Default)]
struct Refusing(Mutex<Vec<String>>);

impl Line for Refusing {
    fn wire(&self) -> Box<dyn Wire + '_> {
        Box::new(RefusingWire(self))
    }
}

struct RefusingWire<'a>(&'a Refusing);

impl Wire for RefusingWire<'_> {
    fn http(&mut self, _: &HttpRequest<'_>) -> Result<HttpReply, Trouble> {
        Err(Trouble::Connection)
    }

    fn smtp(&mut self, login: &SmtpLogin<'_>) -> Result<SmtpReply, Trouble> {
        self.0.0.lock().unwrap().push(text(login.password));
        Ok(SmtpReply {
            code: 535,
            text: Body::new("5.7.8 no".to_owned()),
        })
    }
}

#[test]
fn no_account_gets_more_than_three_passwords_and_the_first_ones_are_tried() {
    let folder = tempfile::tempdir().unwrap();
    let round = || {
        let mut findings: Vec<Finding> = (0..5)
            .map(|number| mail_login("a", "news@harbor.io", &format!("word-{number}-tide")))
            .collect();
        // the same password once more, and another account
        findings.push(mail_login("b", "News@harbor.io", "word-0-tide"));
        findings.push(mail_login("b", "ops@harbor.io", "word-0-tide"));
        let verifiers: [Box<dyn Verifier>; 1] = [Box::new(MailLogins::default())];
        let line = Refusing::default();
        let settings = fast();
        let cache = Cache::open(folder.path(), Duration::from_secs(3600)).unwrap();
        let job = Job {
            settings: &settings,
            verifiers: &verifiers,
            line: &line,
            kept: Some(&cache),
            stop: &Stop::default(),
            progress: &|_, _| {},
        };
        run(&mut findings, &job);
        cache.save().unwrap();
        let mut tried = line.0.into_inner().unwrap();
        tried.sort();
        (findings, tried)
    };
    let (findings, tried) = round();
    let (dead, unknown) = (Some(Verdict::Dead), Some(Verdict::Unknown));
    assert_eq!(
        verdicts(&findings),
        [dead, dead, dead, unknown, unknown, dead, dead]
    );
    assert_eq!(tried.iter().filter(|one| *one == "word-0-tide").count(), 3);
    assert!(
        !tried
            .iter()
            .any(|one| one.contains('3') || one.contains('4'))
    );
    for spared in &findings[3..5] {
        let verified = spared.verified.as_ref().unwrap();
        assert!(verified.unanswered && verified.asked.is_empty());
        assert!(
            verified
                .reason
                .contains("avoid locking the account: of one account 3"),
            "{}",
            verified.reason
        );
    }
    // what is known already leaves room for the others
    let (findings, tried) = round();
    assert_eq!(verdicts(&findings), [dead; 7]);
    assert_eq!(tried, ["word-3-tide", "word-4-tide"]);
}

#[test]
fn a_dry_run_shows_no_password_that_would_be_spared() {
    let mut findings: Vec<Finding> = (0..5)
        .map(|number| mail_login("a", "news@harbor.io", &format!("word-{number}-tide")))
        .collect();
    let verifiers: [Box<dyn Verifier>; 1] = [Box::new(MailLogins::default())];
    let settings = Settings::default();
    let endpoints = verifiers.iter().flat_map(|it| it.endpoints()).collect();
    let asking = Guarded::new(&settings, endpoints, Arc::new(SystemNames)).unwrap();
    let line = DryRun::new(&asking);
    let job = Job {
        settings: &settings,
        verifiers: &verifiers,
        line: &line,
        kept: None,
        stop: &Stop::default(),
        progress: &|_, _| {},
    };
    run(&mut findings, &job);
    let counts: Vec<u64> = line
        .questions()
        .into_iter()
        .map(|(_, count)| count)
        .collect();
    assert_eq!(counts, [3]);
    let is_open = |finding: &Finding| finding.verified.as_ref().unwrap().unanswered;
    assert!(!findings.iter().any(is_open), "nobody was to answer");
}

#[test]
fn a_login_for_an_api_is_no_mail_servers_affair() {
    let mailgun = [("host", "api.mailgun.net"), ("user", "api")];
    let sendgrid = [("host", "sendgrid.com"), ("user", "harbor")];
    let nobody = [("host", "mail.harbor.io"), ("user", "news")];
    let mut findings = [
        finding("mail-command-login", "a", "one", &mailgun),
        finding("mail-command-login", "b", "two", &sendgrid),
        finding("mail-command-login", "c", "three", &nobody),
    ];
    let verifiers: [Box<dyn Verifier>; 3] = [
        Box::new(SendGrid),
        Box::new(MailLogins::default()),
        Box::new(Recipes::of(BUILTIN)),
    ];
    let (_, asked) = go(&mut findings, &verifiers, None, &fast(), |address| {
        Ok(if address.contains("mailgun") {
            reply(401, "text/plain", "Forbidden")
        } else {
            json(200, r#"{"scopes":[]}"#)
        })
    });
    assert_eq!(
        verdicts(&findings),
        [Verdict::Dead, Verdict::Live, Verdict::Unknown].map(Some)
    );
    assert_eq!(asked.len(), 3, "both hosts of Mailgun, and SendGrid");
    let told = &findings[2].verified.as_ref().unwrap().reason;
    assert!(told.contains("not a known mail provider"), "{told}");
}

#[test]
fn silence_of_one_verifier_is_silence_whatever_the_others_say() {
    let folder = tempfile::tempdir().unwrap();
    // a key that is a password for SMTP as well: Mailgun's API refuses it, and its mail server says nothing
    let parts = [("host", "smtp.mailgun.org"), ("user", "ops@harbor.io")];
    let mut findings = [finding("mailgun-api-key", "a", "made-up", &parts)];
    let verifiers: [Box<dyn Verifier>; 2] = [
        Box::new(MailLogins::default()),
        Box::new(Recipes::of(BUILTIN)),
    ];
    let cache = Cache::open(folder.path(), Duration::from_secs(3600)).unwrap();
    go(&mut findings, &verifiers, Some(&cache), &fast(), |_| {
        Ok(reply(401, "text/plain", "Forbidden"))
    });
    let verified = findings[0].verified.as_ref().unwrap();
    assert_eq!(verified.verdict, Verdict::Unknown);
    assert!(verified.unanswered, "{verified:?}");
    cache.save().unwrap();
    let kept = std::fs::read_to_string(folder.path().join("verify.json")).unwrap();
    assert!(kept.contains("\"answers\":[]"), "{kept}");
}
