//! Mail logins: which server is asked, and what its answers mean, row by row, over a script.

use proptest::prelude::*;
use waxseal::model::{Verdict, Verified};
use waxseal::verify::{Body, MailHost, MailLogins, Security, SmtpReply, Trouble, Verifier};

use crate::support::script::{Held, Script, text};

/// Never to be seen anywhere but on the wire.
// waxseal:allow smtp-login made up; no server knows it
const PASSWORD: &str = "Marker-47-tzk-harbor";

fn login(host: &str) -> Held {
    Held::new(
        "smtp-login",
        PASSWORD,
        &[("host", host), ("port", "587"), ("user", "news@harbor.io")],
    )
}

/// A reply with `code`, a line for each of `text`'s.
fn reply(code: u16, text: &str) -> SmtpReply {
    SmtpReply {
        code,
        text: Body::new(text.to_owned()),
    }
}

/// Asks about `held` everybody who may be asked, and gives what came of it and what was asked.
fn ask(held: &Held, answer: impl Fn() -> Result<SmtpReply, Trouble>) -> (Verified, Vec<String>) {
    let mut wire = Script::smtp(|_| answer());
    let logins = MailLogins::new(&[MailHost::parse("mail.harbor.io").unwrap()], true);
    let verified = logins.verify(&held.lent(), &mut wire);
    let asked = std::mem::take(&mut wire.asked);
    assert!(!format!("{verified:?}").contains(PASSWORD));
    let at_most = if asked.iter().any(|place| place.contains("sendgrid.net")) {
        2
    } else {
        1
    };
    assert!(asked.len() <= at_most, "one try at each host: {asked:?}");
    (verified, asked)
}

/// The verdict on what `host` says to a login found by `rule`.
fn verdict_of(rule: &'static str, host: &str, code: u16, text: &str) -> Verdict {
    let parts = [("host", host), ("user", "news@harbor.io")];
    let held = Held::new(rule, PASSWORD, &parts);
    let (verified, asked) = ask(&held, || Ok(reply(code, text)));
    assert_eq!(asked.len(), 1);
    assert!(!verified.reason.is_empty());
    verified.verdict
}

fn verdict(host: &str, code: u16, text: &str) -> Verdict {
    verdict_of("smtp-login", host, code, text)
}

const RELAY: &str = "smtp.mailgun.org";
const SENDGRID: &str = "smtp.sendgrid.net";
const GMAIL: &str = "smtp.gmail.com";
const MICROSOFT: &str = "smtp.office365.com";
const SES: &str = "email-smtp.eu-west-1.amazonaws.com";

// ---- The table, row by row.

#[test]
fn row_235_live() {
    for text in [
        "2.7.0 Authentication successful",
        "Authentication succeeded",
        "",
    ] {
        for host in [
            RELAY,
            SENDGRID,
            GMAIL,
            MICROSOFT,
            SES,
            "mail.harbor.io",
            "smtp.qq.com",
        ] {
            assert_eq!(verdict(host, 235, text), Verdict::Live, "{host}");
        }
    }
    // one that works where no mail is delivered
    assert_eq!(
        verdict("sandbox.smtp.mailtrap.io", 235, "2.0.0 OK"),
        Verdict::Test
    );
}

#[test]
fn row_334_is_no_end() {
    assert_eq!(verdict(RELAY, 334, "VXNlcm5hbWU6"), Verdict::Unknown);
    for code in [200, 220, 250, 354] {
        assert_eq!(verdict(RELAY, code, "ok"), Verdict::Unknown);
    }
}

#[test]
fn row_432_password_transition_is_unknown() {
    assert_eq!(
        verdict(RELAY, 432, "4.7.12 A password transition is needed"),
        Verdict::Unknown
    );
}

#[test]
fn row_451_of_sendgrid_is_never_dead() {
    assert_eq!(
        verdict(SENDGRID, 451, "Authentication failed"),
        Verdict::Unknown
    );
    assert_eq!(
        verdict(
            SENDGRID,
            451,
            "Authentication failed: Maximum credits exceeded"
        ),
        Verdict::LiveRestricted
    );
    assert_eq!(
        verdict(
            RELAY,
            451,
            "4.3.0 Authentication failed: Maximum credits exceeded"
        ),
        Verdict::Unknown
    );
}

#[test]
fn row_454_and_other_temporary_answers_are_unknown() {
    for (code, text) in [
        (454, "4.7.0 Temporary authentication failure"),
        (
            454,
            "4.7.0 Too many login attempts, please try again later.",
        ),
        (435, "Unable to authenticate at present"),
        (421, "4.7.0 Try again later, closing connection."),
        (450, "4.7.1 no"),
    ] {
        for host in [RELAY, SENDGRID, GMAIL, MICROSOFT, SES] {
            assert_eq!(verdict(host, code, text), Verdict::Unknown, "{host} {code}");
        }
    }
}

#[test]
fn rows_500_501_503_504_are_faults_of_the_question() {
    for (code, text) in [
        (500, "5.5.6 Authentication exchange line is too long"),
        (501, "5.5.2 Cannot decode response"),
        (503, "5.5.1 AUTH command used when not advertised"),
        (504, "5.5.4 Unrecognized authentication type"),
    ] {
        for host in [RELAY, SENDGRID, GMAIL, MICROSOFT] {
            assert_eq!(verdict(host, code, text), Verdict::Unknown, "{host} {code}");
        }
    }
}

#[test]
fn row_530_login_or_tls_required_is_a_fault_of_the_question() {
    assert_eq!(
        verdict(RELAY, 530, "5.7.0 Must issue a STARTTLS command first"),
        Verdict::Unknown
    );
    assert_eq!(
        verdict(RELAY, 530, "5.7.0 Authentication required"),
        Verdict::Unknown
    );
    assert_eq!(
        verdict(
            MICROSOFT,
            530,
            "5.7.57 Client not authenticated to send mail"
        ),
        Verdict::Unknown
    );
}

#[test]
fn row_534_of_gmail_says_that_the_password_is_right() {
    let text = "5.7.9 Application-specific password required. For more information, go to\n5.7.9  https://support.google.com/mail/?p=InvalidSecondFactor x - gsmtp\n";
    assert_eq!(verdict(GMAIL, 534, text), Verdict::LiveRestricted);
    let text = "5.7.14 <https://accounts.google.com/signin/continue?x>\n5.7.14 Please log in with your web browser and\n5.7.14 then try again.\n";
    assert_eq!(verdict(GMAIL, 534, text), Verdict::LiveRestricted);
    let text = "5.7.9 Please log in with your\n5.7.9 web browser and then try again.\n";
    assert_eq!(verdict(GMAIL, 534, text), Verdict::LiveRestricted);
    // said by somebody else it is only a text
    for host in [RELAY, "smtp.qq.com"] {
        assert_eq!(verdict(host, 534, text), Verdict::Unknown);
    }
    for host in [RELAY, GMAIL] {
        assert_eq!(
            verdict(host, 534, "5.7.9 Authentication mechanism is too weak"),
            Verdict::Unknown
        );
    }
}

#[test]
fn row_535_dead() {
    for text in [
        "5.7.8 Error: authentication failed: (reason unavailable)",
        "5.7.8 Authentication credentials invalid",
        "5.7.8 Authentication failed.",
        "Incorrect authentication data",
        "Authentication failed",
        "",
    ] {
        for host in [RELAY, "smtp.ionos.de", "mail.harbor.io"] {
            assert_eq!(verdict(host, 535, text), Verdict::Dead, "{host} {text}");
        }
    }
}

#[test]
fn row_535_about_the_way_in_is_unknown() {
    for text in [
        "5.7.8 Error: authentication failed: Invalid authentication mechanism",
        "5.7.8 Error: authentication failed: This user does not have access rights to this service",
        "5.7.0 Too many bad auth attempts",
        "5.7.0 Application password is REQUIRED",
        "5.7.8 SMTP AUTH is disabled for this account",
        "4.7.8 no",
        "5.7.9 no",
        "5.7.11 no",
        "5.7.13 no",
        "5.5.4 no",
        "4.3.0 Temporary server error",
    ] {
        for host in [RELAY, "mail.harbor.io", "smtp.yandex.ru", "smtp.ionos.de"] {
            for rule in ["smtp-login", "mailbox-app-password"] {
                assert_eq!(
                    verdict_of(rule, host, 535, text),
                    Verdict::Unknown,
                    "{host} {text}"
                );
            }
        }
    }
}

#[test]
fn row_538_encryption_required_is_a_fault_of_the_question() {
    assert_eq!(
        verdict(
            RELAY,
            538,
            "5.7.11 Encryption required for requested mechanism"
        ),
        Verdict::Unknown
    );
}

#[test]
fn row_550_of_sendgrid_without_a_login_is_a_fault_of_the_question() {
    assert_eq!(
        verdict(SENDGRID, 550, "Unauthenticated senders not allowed"),
        Verdict::Unknown
    );
    assert_eq!(verdict(RELAY, 550, "5.7.1 no"), Verdict::Unknown);
}

#[test]
fn codes_that_nobody_lists_are_unknown() {
    for code in [299, 399, 499, 521, 552, 554, 599] {
        for host in [RELAY, SENDGRID, GMAIL, MICROSOFT, SES] {
            assert_eq!(
                verdict(host, code, "5.7.8 whatever"),
                Verdict::Unknown,
                "{host} {code}"
            );
        }
    }
}

/// What comes of a login of `user` at SendGrid whose hosts answer `first` and, if both are asked, `second`.
fn at_sendgrid(
    host: &str,
    user: &str,
    first: &Result<SmtpReply, Trouble>,
    second: &Result<SmtpReply, Trouble>,
) -> (Verified, Vec<String>) {
    let held = Held::new("smtp-login", PASSWORD, &[("host", host), ("user", user)]);
    ask(&held, {
        let asked = std::cell::Cell::new(0);
        move || {
            asked.set(asked.get() + 1);
            if asked.get() == 1 { first } else { second }.clone()
        }
    })
}

const GRANT: &str =
    "Authentication failed: The provided authorization grant is invalid, expired, or revoked";

#[test]
fn row_535_of_sendgrid_by_its_texts() {
    for (user, text, expected) in [
        ("apikey", GRANT, Verdict::Dead),
        ("apikey", "Authentication failed", Verdict::Dead),
        (
            "apikey",
            "Authentication failed: Bad username / password",
            Verdict::Dead,
        ),
        ("news@harbor.io", GRANT, Verdict::Dead),
        // it opens the console, if it is right
        (
            "news@harbor.io",
            "Authentication failed: Bad username / password",
            Verdict::Rejected,
        ),
        ("news@harbor.io", "Authentication failed", Verdict::Rejected),
        (
            "news@harbor.io",
            "Authentication failed: Basic authentication is not allowed with 2FA enabled",
            Verdict::Unknown,
        ),
        (
            "apikey",
            "Authentication failed: The requestor's IP Address is not whitelisted",
            Verdict::LiveRestricted,
        ),
    ] {
        for host in [SENDGRID, "smtp.eu.sendgrid.net"] {
            let said = Ok(reply(535, text));
            let (verified, asked) = at_sendgrid(host, user, &said, &said);
            assert_eq!(verified.verdict, expected, "{user}: {text}");
            let count = if expected == Verdict::Dead { 2 } else { 1 };
            assert_eq!(asked.len(), count, "{user}: {text}");
            assert!(!verified.unanswered, "{user}: {text}");
        }
    }
}

#[test]
fn row_535_of_sendgrid_is_dead_only_if_the_other_host_refuses_too() {
    let refused = Ok(reply(535, GRANT));
    for (host, other) in [
        (SENDGRID, "smtp.eu.sendgrid.net:587"),
        ("smtp.eu.sendgrid.net", "smtp.sendgrid.net:587"),
    ] {
        let live = Ok(reply(235, "Authentication successful"));
        let (verified, asked) = at_sendgrid(host, "apikey", &refused, &live);
        assert_eq!(verified.verdict, Verdict::Live);
        assert_eq!(asked[1], other);
        for silent in [
            Err(Trouble::Timeout),
            Err(Trouble::Tls),
            Ok(reply(451, "Authentication failed")),
            Ok(reply(454, "4.7.0 later")),
        ] {
            let (verified, _) = at_sendgrid(host, "apikey", &refused, &silent);
            assert_eq!(verified.verdict, Verdict::Unknown, "{silent:?}");
            assert!(verified.unanswered, "{silent:?}");
        }
        let (_, asked) = at_sendgrid(host, "apikey", &Err(Trouble::Timeout), &refused);
        assert_eq!(asked.len(), 1, "nothing is known of the first");
    }
}

#[test]
fn a_server_that_did_not_take_the_question_has_not_answered_it() {
    for (code, text, unanswered) in [
        (334, "VXNlcm5hbWU6", true),
        (421, "4.7.0 Try again later", true),
        (432, "4.7.12 A password transition is needed", true),
        (435, "Unable to authenticate at present", true),
        (451, "4.3.0 Authentication failed", true),
        (454, "4.7.0 Temporary authentication failure", true),
        (500, "5.5.6 too long", true),
        (501, "5.5.2 Cannot decode response", true),
        (503, "5.5.1 Bad sequence", true),
        (504, "5.5.4 Unrecognized authentication type", true),
        (530, "5.7.0 Must issue a STARTTLS command first", true),
        (538, "5.7.11 Encryption required", true),
        (550, "5.7.1 no", true),
        (554, "5.7.1 no", true),
        (535, "5.7.0 Too many bad auth attempts", true),
        (535, "4.3.0 Temporary server error", true),
        (535, "5.7.8 Invalid authentication mechanism", true),
        (535, "5.7.11 no", true),
        (535, "5.3.0 no", true),
        (534, "5.7.9 Authentication mechanism is too weak", true),
        // it says that it does not tell
        (535, "5.7.8 SMTP AUTH is disabled for this account", false),
        (535, "5.7.13 no", false),
    ] {
        let (verified, _) = ask(&login(RELAY), || Ok(reply(code, text)));
        assert_eq!(verified.verdict, Verdict::Unknown, "{code} {text}");
        assert_eq!(verified.unanswered, unanswered, "{code} {text}");
    }
}

#[test]
fn row_535_of_microsoft_is_dead_only_where_it_says_so() {
    for (text, expected) in [
        (
            "5.7.139 Authentication unsuccessful, the user credentials were incorrect. [X.prod.outlook.com]",
            Verdict::Dead,
        ),
        (
            "5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
            Verdict::Unknown,
        ),
        (
            "5.7.139 Authentication unsuccessful, basic authentication is disabled.",
            Verdict::Unknown,
        ),
        ("5.7.3 Authentication unsuccessful [X]", Verdict::Unknown),
    ] {
        for host in [MICROSOFT, "smtp-mail.outlook.com"] {
            for rule in ["smtp-login", "mailbox-app-password"] {
                assert_eq!(verdict_of(rule, host, 535, text), expected, "{text}");
            }
        }
    }
}

#[test]
fn row_535_of_gmail_is_dead_for_app_passwords_alone() {
    let text = "5.7.8 Username and Password not accepted. For more information, go to\n5.7.8  https://support.google.com/mail/?p=BadCredentials x - gsmtp\n";
    assert_eq!(verdict(GMAIL, 535, text), Verdict::Rejected);
    assert_eq!(
        verdict_of("gmail-app-password", GMAIL, 535, text),
        Verdict::Dead
    );
    // as elsewhere where an account's own password is refused even if it is right
    for host in ["smtp.mail.yahoo.com", "smtp.mail.me.com", "smtp.qq.com"] {
        assert_eq!(verdict(host, 535, "5.7.8 no"), Verdict::Rejected);
        assert_eq!(
            verdict_of("mailbox-app-password", host, 535, "5.7.8 no"),
            Verdict::Dead
        );
    }
}

#[test]
fn row_535_of_ses_may_be_the_region() {
    assert_eq!(
        verdict(SES, 535, "Authentication Credentials Invalid"),
        Verdict::Rejected
    );
}

#[test]
fn no_answer_is_unknown_with_its_reason() {
    for trouble in [
        Trouble::Timeout,
        Trouble::Connection,
        Trouble::Tls,
        Trouble::Protocol,
        Trouble::NoSafeLogin,
        Trouble::TurnedAway { code: 554 },
        Trouble::NoSuchHost,
        Trouble::NotAsked,
        Trouble::Spent,
    ] {
        let (verified, asked) = ask(&login(RELAY), || Err(trouble.clone()));
        assert_eq!(
            (verified.verdict, &*verified.reason),
            (Verdict::Unknown, &*trouble.to_string())
        );
        assert_eq!(asked.len(), 1);
        assert_eq!(verified.unanswered, trouble != Trouble::NotAsked);
    }
}

// ---- Who is asked.

/// Where a login goes, as `host:port`, and how it becomes safe; nothing if it goes nowhere.
fn goes(rule: &'static str, parts: &[(&'static str, &str)]) -> Option<(String, Security)> {
    let mut how = None;
    let mut wire = Script::smtp(|login| {
        how = Some(login.security);
        Ok(reply(235, ""))
    });
    let verifier = MailLogins::new(&[MailHost::parse("mail.harbor.io").unwrap()], true);
    let held = Held::new(rule, PASSWORD, parts);
    assert!(verifier.handles(&held.lent()), "{rule}");
    verifier.verify(&held.lent(), &mut wire);
    let asked = wire.asked.pop();
    drop(wire);
    asked.zip(how)
}

#[test]
fn look_alikes_are_not_asked() {
    for host in [
        "smtp.sendgrid.net.evil.example",
        "evil-sendgrid.net",
        "smtp.sendgrid.net@evil.example",
        "smtp.sendgrid.net/evil.example",
        "smtp.sendgrid.net\0.evil.example",
        "smtp.sendgrid.net evil.example",
        "evil.example#smtp.sendgrid.net",
        "smtp.sendgrid.net:587.evil.example",
        "email-smtp.eu-west-1.amazonaws.com.evil.example",
        "email-smtp.evil.example/.amazonaws.com",
        "email-smtp.internal.amazonaws.com",
        "xmail.harbor.io",
        "mail.harbor.io.evil.example",
        "localhost",
        "127.0.0.1",
        "169.254.169.254",
        "[::1]",
        "ѕmtp.sendgrid.net",
    ] {
        let parts = [("host", host), ("user", "news")];
        assert_eq!(goes("smtp-login", &parts), None, "{host}");
        let (verified, _) = ask(&login(host), || Ok(reply(235, "")));
        assert_eq!(verified.verdict, Verdict::Unknown, "{host}");
        assert!(
            verified.reason.contains("not contacted"),
            "{}",
            verified.reason
        );
    }
}

#[test]
fn the_host_is_told_only_if_it_is_one() {
    let reason = |host: &str| {
        ask(&login(host), || Ok(reply(235, "")))
            .0
            .reason
            .into_owned()
    };
    assert!(reason("smtp.tide.example").contains("smtp.tide.example"));
    for odd in ["hunter2secret", "a.b\u{1b}[31m", "aa.bb.1234", "x..y"] {
        assert!(!reason(odd).contains(odd), "{odd}");
    }
}

#[test]
fn a_host_is_recognised_however_it_is_written() {
    for host in [
        "smtp.sendgrid.net",
        "SMTP.SendGrid.net",
        "smtp.sendgrid.net.",
        "[smtp.sendgrid.net]",
        " smtp.sendgrid.net ",
    ] {
        let went = goes("smtp-login", &[("host", host), ("user", "apikey")]);
        assert_eq!(
            went,
            Some(("smtp.sendgrid.net:587".to_owned(), Security::StartTls)),
            "{host}"
        );
    }
}

#[test]
fn the_port_decides_between_implicit_tls_and_starttls() {
    for (host, port, place, how) in [
        (RELAY, "465", "smtp.mailgun.org:465", Security::Implicit),
        (RELAY, "smtps", "smtp.mailgun.org:465", Security::Implicit),
        (RELAY, "587", "smtp.mailgun.org:587", Security::StartTls),
        (
            RELAY,
            "submission",
            "smtp.mailgun.org:587",
            Security::StartTls,
        ),
        // between servers, and barred in most networks
        (RELAY, "25", "smtp.mailgun.org:587", Security::StartTls),
        (
            RELAY,
            "nonsense",
            "smtp.mailgun.org:587",
            Security::StartTls,
        ),
        (
            SES,
            "2465",
            "email-smtp.eu-west-1.amazonaws.com:465",
            Security::Implicit,
        ),
        (
            "smtp.yandex.ru",
            "25",
            "smtp.yandex.ru:465",
            Security::Implicit,
        ),
        (
            MICROSOFT,
            "465",
            "smtp.office365.com:587",
            Security::StartTls,
        ),
        (
            "mail.harbor.io",
            "2525",
            "mail.harbor.io:2525",
            Security::StartTls,
        ),
        (
            "mail.harbor.io",
            "465",
            "mail.harbor.io:465",
            Security::Implicit,
        ),
    ] {
        let parts = [("host", host), ("port", port), ("user", "news")];
        assert_eq!(
            goes("smtp-login", &parts),
            Some((place.to_owned(), how)),
            "{host} {port}"
        );
    }
    let parts = [("host", "mail.harbor.io"), ("user", "news")];
    assert_eq!(goes("smtp-login", &parts).unwrap().0, "mail.harbor.io:587");
}

#[test]
fn mailboxes_are_asked_on_request_only() {
    let asks = |verifier: &MailLogins, host: &str| {
        let mut wire = Script::smtp(|_| Ok(reply(235, "")));
        let verified = verifier.verify(&login(host).lent(), &mut wire);
        (wire.asked.len() == 1, verified)
    };
    let (shy, named) = (
        MailLogins::default(),
        MailLogins::new(&[MailHost::parse("SMTP.gmail.com").unwrap()], false),
    );
    for host in [
        GMAIL,
        "smtp-relay.gmail.com",
        MICROSOFT,
        "smtp-mail.outlook.com",
        "smtp.mail.yahoo.com",
        "smtp.aol.com",
        "smtp.mail.me.com",
        "smtp.yandex.com",
        "smtp.mail.ru",
        "smtp.qq.com",
        "smtp.163.com",
        "smtp.fastmail.com",
        "smtp.zoho.eu",
        "smtp.protonmail.ch",
        "smtp.ionos.de",
        "ssl0.ovh.net",
        "smtpout.secureserver.net",
        "smtp.hostinger.com",
        "secure.emailsrvr.com",
        "mail.privateemail.com",
    ] {
        let (was_asked, verified) = asks(&shy, host);
        assert!(!was_asked, "{host}");
        assert_eq!(verified.verdict, Verdict::Unknown);
        assert!(
            verified.reason.contains("on request only"),
            "{}",
            verified.reason
        );
        assert!(
            !shy.endpoints().iter().any(|one| one.host == host),
            "{host}"
        );
        let all = MailLogins::new(&[], true);
        assert!(all.endpoints().iter().any(|one| one.host == host), "{host}");
        assert!(asks(&all, host).0, "{host}");
    }
    // to name it is to ask for it
    assert!(asks(&named, GMAIL).0);
    assert!(!asks(&named, MICROSOFT).0);
    assert!(named.endpoints().iter().any(|one| one.host == GMAIL));
    for relay in [RELAY, SENDGRID, SES] {
        assert!(asks(&shy, relay).0, "{relay}");
    }
}

#[test]
fn every_rule_of_mail_logins_is_handled_and_no_other() {
    let rules: Vec<_> = waxseal::rules::BUILTIN
        .iter()
        .map(|rule| rule.id.clone())
        .collect();
    let mail = MailLogins::default();
    let handles = |rule: &'static str, parts: &[(&'static str, &str)]| {
        assert!(rules.iter().any(|one| *one == rule), "{rule} is no rule");
        mail.handles(&Held::new(rule, "x", parts).lent())
    };
    for rule in [
        "smtp-url",
        "smtp-login",
        "smtp-transcript-login",
        "mail-command-login",
        "postfix-login",
        "postfix-static-login",
        "exim-login",
        "sendmail-login",
        "qmail-login",
        "nullmailer-login",
        "amazon-ses-smtp",
        "brevo-smtp-key",
        "gmail-app-password",
        "mailbox-app-password",
        "azure-communication-smtp",
        "mailersend-smtp-login",
        "mailtrap-sandbox-login",
    ] {
        assert!(handles(rule, &[]), "{rule}");
    }
    // keys that are asked about over HTTP, unless they stand beside a mail server
    for (rule, host) in [
        ("elastic-email-key", "smtp.elasticemail.com"),
        ("mailgun-api-key", "smtp.eu.mailgun.org"),
        ("mailtrap-api-token", "live.smtp.mailtrap.io"),
        ("zeptomail-send-token", "smtp.zeptomail.in"),
    ] {
        assert!(!handles(rule, &[]), "{rule}");
        assert!(!handles(rule, &[("host", "smtp.evil.example")]), "{rule}");
        assert!(handles(rule, &[("host", host)]), "{rule}");
    }
    for rule in [
        "sendgrid-api-key",
        "sendgrid-basic-auth",
        "brevo-api-key",
        "twilio-auth-token",
        "dotenv-url-password",
    ] {
        assert!(!handles(rule, &[("host", SENDGRID)]), "{rule}");
    }
}

#[test]
fn a_login_without_a_host_goes_where_its_kind_belongs() {
    let user = ("user", "news@harbor.io");
    for (rule, parts, place) in [
        (
            "brevo-smtp-key",
            vec![user],
            Some("smtp-relay.brevo.com:587"),
        ),
        // a key that says whose it is goes nowhere else, whatever the file says
        (
            "brevo-smtp-key",
            vec![user, ("host", "smtp.evil.example")],
            Some("smtp-relay.brevo.com:587"),
        ),
        (
            "amazon-ses-smtp",
            vec![("user", "AKIA"), ("region", "eu-west-1")],
            Some("email-smtp.eu-west-1.amazonaws.com:587"),
        ),
        (
            "amazon-ses-smtp",
            vec![("user", "AKIA"), ("region", "x.evil.example/")],
            None,
        ),
        ("amazon-ses-smtp", vec![("user", "AKIA")], None),
        (
            "gmail-app-password",
            vec![("user", "a@gmail.com")],
            Some("smtp.gmail.com:587"),
        ),
        (
            "gmail-app-password",
            vec![("user", "a@gmail.com"), ("host", "smtp.evil.example")],
            None,
        ),
        (
            "mailbox-app-password",
            vec![("user", "a@iCloud.com")],
            Some("smtp.mail.me.com:587"),
        ),
        (
            "mailbox-app-password",
            vec![("user", "a@icloud.com.evil.example")],
            None,
        ),
        ("mailbox-app-password", vec![("user", "nobody")], None),
        (
            "mailersend-smtp-login",
            vec![("user", "MS_x@harbor.io")],
            Some("smtp.mailersend.net:587"),
        ),
        (
            "mailtrap-sandbox-login",
            vec![("user", "x")],
            Some("sandbox.smtp.mailtrap.io:2525"),
        ),
        (
            "azure-communication-smtp",
            vec![("user", "x")],
            Some("smtp.azurecomm.net:587"),
        ),
        // Symfony's mailers, whose DSNs name a provider and not its server
        (
            "smtp-url",
            vec![user, ("mailer", "mailgun")],
            Some("smtp.mailgun.org:587"),
        ),
        (
            "smtp-url",
            vec![
                user,
                ("mailer", "mailgun"),
                ("region", "eu"),
                ("host", "default"),
            ],
            Some("smtp.eu.mailgun.org:587"),
        ),
        (
            "smtp-url",
            vec![user, ("mailer", "ses"), ("region", "us-west-2")],
            Some("email-smtp.us-west-2.amazonaws.com:587"),
        ),
        (
            "smtp-url",
            vec![user, ("mailer", "ses"), ("region", "x.evil.example/")],
            None,
        ),
        (
            "smtp-url",
            vec![user, ("mailer", "mailgun"), ("host", "smtp.evil.example")],
            None,
        ),
        ("smtp-url", vec![user, ("mailer", "unheard-of")], None),
        ("smtp-login", vec![user], None),
        ("smtp-url", vec![user, ("host", "default")], None),
        ("exim-login", vec![user, ("host", "*")], None),
    ] {
        let went = goes(rule, &parts).map(|(place, _)| place);
        assert_eq!(went.as_deref(), place, "{rule} {parts:?}");
    }
}

#[test]
fn what_is_missing_is_said() {
    for (parts, word) in [
        (vec![("host", RELAY)], "user"),
        (vec![("host", RELAY), ("user", "")], "user"),
        (vec![("user", "news")], "server"),
    ] {
        let (verified, asked) = ask(&Held::new("smtp-login", PASSWORD, &parts), || {
            Ok(reply(235, ""))
        });
        assert_eq!((verified.verdict, asked.len()), (Verdict::Unknown, 0));
        assert!(verified.reason.contains(word), "{}", verified.reason);
    }
    let ses = Held::new("amazon-ses-smtp", PASSWORD, &[("user", "AKIA")]);
    assert!(ask(&ses, || Ok(reply(235, ""))).0.reason.contains("region"));
}

#[test]
fn user_and_password_are_sent_as_they_are_meant() {
    let sent = |rule, password: &str, parts: &[(&'static str, &str)]| {
        let mut sent = None;
        let mut wire = Script::smtp(|login| {
            sent = Some((text(login.user).to_owned(), text(login.password).to_owned()));
            Ok(reply(235, ""))
        });
        let verifier = MailLogins::new(&[], true);
        verifier.verify(&Held::new(rule, password, parts).lent(), &mut wire);
        drop(wire);
        let (user, password) = sent.expect("it was asked");
        [user, password]
    };
    // in a URL the user is percent-encoded; the password was decoded when it was found
    let parts = [("host", RELAY), ("user", "ops%40harbor.io")];
    assert_eq!(
        sent("smtp-url", "a%40b", &parts),
        ["ops@harbor.io", "a%40b"]
    );
    assert_eq!(sent("smtp-login", "x", &parts), ["ops@harbor.io", "x"]);
    let parts = [("host", RELAY), ("user", "50%25@harbor.io")];
    assert_eq!(sent("smtp-url", "x", &parts)[0], "50%@harbor.io");
    assert_eq!(sent("smtp-login", "x", &parts)[0], "50%25@harbor.io");
    // Google shows app passwords in groups
    let (gmail, icloud) = (("host", GMAIL), ("host", "smtp.mail.me.com"));
    let user = ("user", "a@gmail.com");
    let groups = "abcd efgh ijkl mnop";
    assert_eq!(
        sent("gmail-app-password", groups, &[gmail, user])[1],
        "abcdefghijklmnop"
    );
    assert_eq!(
        sent("smtp-login", "my pass is a b c d ", &[gmail, user])[1],
        "my pass is a b c d "
    );
    assert_eq!(sent("smtp-login", groups, &[icloud, user])[1], groups);
    // the user that every login of a relay has
    assert_eq!(
        sent(
            "zeptomail-send-token",
            "x",
            &[("host", "smtp.zeptomail.eu")]
        )[0],
        "emailapikey"
    );
    assert_eq!(
        sent(
            "smtp-login",
            "x",
            &[("host", "smtp.resend.com"), ("user", "own")]
        )[0],
        "own"
    );
}

#[test]
fn a_login_is_tried_once_however_often_it_is_found() {
    let logins = MailLogins::default();
    let mut wire = Script::smtp(|_| Ok(reply(535, "5.7.8 no")));
    let parts = |host| [("host", host), ("user", "news%40harbor.io")];
    let written = |host| [("host", host), ("user", "news@harbor.io")];
    for held in [
        Held::new("smtp-url", PASSWORD, &parts(RELAY)),
        Held::new("smtp-login", PASSWORD, &written(RELAY)),
        Held::new("mail-command-login", PASSWORD, &written("SMTP.Mailgun.org")),
    ] {
        let verified = logins.verify(&held.lent(), &mut wire);
        assert_eq!(verified.verdict, Verdict::Dead);
    }
    assert_eq!(wire.asked.len(), 1);
    for held in [
        Held::new("smtp-login", "another", &written(RELAY)),
        Held::new("smtp-login", PASSWORD, &written(SENDGRID)),
        Held::new(
            "smtp-login",
            PASSWORD,
            &[("host", RELAY), ("user", "other")],
        ),
    ] {
        logins.verify(&held.lent(), &mut wire);
    }
    assert_eq!(wire.asked.len(), 4);
    assert!(!format!("{logins:?}").contains(PASSWORD));
}

#[test]
fn a_login_for_an_api_over_http_is_no_mail_login() {
    let mail = MailLogins::new(&[MailHost::parse("api.mailgun.net").unwrap()], true);
    let handles = |host: &str| {
        let parts = [("host", host), ("user", "api")];
        mail.handles(&Held::new("mail-command-login", PASSWORD, &parts).lent())
    };
    for api in [
        "api.mailgun.net",
        "API.EU.mailgun.net",
        "api.mailjet.com",
        "mandrillapp.com",
        "api.sendgrid.com",
        "sendgrid.com",
    ] {
        assert!(!handles(api), "{api}");
    }
    for host in ["smtp.mailgun.org", "mail.harbor.io", "smtp.mandrillapp.com"] {
        assert!(handles(host), "{host}");
    }
}

#[test]
fn an_account_may_be_locked_unless_its_user_is_everybodys() {
    let mail = MailLogins::default();
    let locks = |host: &str, user: &str| {
        let held = Held::new("smtp-login", PASSWORD, &[("host", host), ("user", user)]);
        mail.locks(&held.lent())
            .map(|account| text(&account).to_owned())
    };
    assert_eq!(
        locks("SMTP.Mailgun.org", "News@harbor.io"),
        locks(RELAY, "news@harbor.io")
    );
    assert!(locks(RELAY, "news@harbor.io").is_some());
    assert_ne!(locks(RELAY, "a@harbor.io"), locks(RELAY, "b@harbor.io"));
    assert_eq!(locks(SENDGRID, "apikey"), None);
    assert_eq!(locks("smtp.resend.com", "resend"), None);
    assert!(locks(SENDGRID, "harbor").is_some());
    assert_eq!(
        locks("smtp.evil.example", "news"),
        None,
        "nobody is asked there"
    );
}

#[test]
fn every_place_that_is_asked_is_an_endpoint() {
    let verifier = MailLogins::new(&[], true);
    let endpoints: Vec<String> = verifier
        .endpoints()
        .into_iter()
        .map(|one| {
            format!(
                "{} {}:{}",
                one.provider,
                one.host.replace('*', "eu-west-1"),
                one.port
            )
        })
        .collect();
    for endpoint in verifier.endpoints() {
        let host = endpoint.host.replace('*', "eu-west-1");
        for port in ["25", "465", "587", "2465", "2525", "2587", "9999"] {
            let parts = [("host", host.as_str()), ("port", port), ("user", "news")];
            let held = Held::new("smtp-login", PASSWORD, &parts);
            let mut wire = Script::smtp(|login| {
                let place = format!("{} {}:{}", login.provider, login.host, login.port);
                assert!(endpoints.contains(&place), "{place}");
                Ok(reply(235, ""))
            });
            // a new one, because a login is tried once
            MailLogins::new(&[], true).verify(&held.lent(), &mut wire);
            assert_eq!(wire.asked.len(), 1);
        }
    }
}

#[test]
fn no_reason_holds_the_password_or_the_answer() {
    for code in 200..600 {
        let said = reply(code, &format!("5.7.8 {PASSWORD}"));
        let shown = format!("{said:?}");
        for host in [RELAY, SENDGRID, GMAIL, MICROSOFT, SES] {
            let (verified, _) = ask(&login(host), || Ok(said.clone()));
            let shown = format!("{shown}{verified:?}");
            assert!(!shown.contains(PASSWORD), "{shown}");
        }
    }
    let mut wire = Script::smtp(|login| {
        let shown = format!("{login:?}");
        assert!(!shown.contains(PASSWORD), "{shown}");
        Err(Trouble::Tls)
    });
    MailLogins::default().verify(&login(RELAY).lent(), &mut wire);
    assert_eq!(wire.asked.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a server says, only 235 is live without a text that says so, and only 535 is dead or rejected.
    #[test]
    fn only_what_is_listed_of_mail_servers_tells(
        code in prop_oneof![Just(235_u16), Just(535), Just(534), Just(451), 200_u16..600],
        text in prop_oneof![
            "[ -~]{0,60}",
            "(5\\.7\\.8 |4\\.7\\.0 )?(Authentication failed|Maximum credits exceeded|Application-specific password required|Bad username / password|too many|disabled){0,2}",
        ],
        host in prop_oneof![Just(RELAY), Just(SENDGRID), Just(GMAIL), Just(MICROSOFT), Just(SES)],
        user in prop_oneof![Just("apikey"), Just("news@harbor.io")],
    ) {
        let held = Held::new("smtp-login", PASSWORD, &[("host", host), ("user", user)]);
        let (verified, _) = ask(&held, || Ok(reply(code, &text)));
        prop_assert!(!verified.unanswered || verified.verdict == Verdict::Unknown);
        match verified.verdict {
            Verdict::Live => prop_assert_eq!(code, 235),
            Verdict::LiveRestricted => prop_assert!((400..600).contains(&code) && host != RELAY),
            Verdict::Dead | Verdict::Rejected => prop_assert_eq!(code, 535),
            Verdict::Test => prop_assert!(false, "no sandbox was asked"),
            Verdict::Unknown => prop_assert!(code != 235),
        }
    }
}
