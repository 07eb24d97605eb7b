//! THE MARKER TEST: no run of the verifier, at any verbosity, in any format, with any failure, writes a credential, an
//! `Authorization` header or the body of a reply anywhere: not on its streams, not into a report, not into what it keeps.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

/// Every secret that is planted, but for the halves of keys that are names.
const SECRETS: [&str; 7] = [
    "<<sendgrid-key#live|drop:26>>",
    "<<sendgrid-key#restricted|drop:26>>",
    "<<hex:32#test-token>>",
    "<<sendgrid-key#dead|drop:26>>",
    "<<hex:32#other-token>>",
    "<<sendgrid-key#unknown|drop:26>>",
    "<<password>>",
];

/// Whole credentials as requests hold them.
fn rendered() -> Vec<String> {
    let basic = |user: &str, password: &str| STANDARD.encode(text(&format!("{user}:{password}")));
    vec![
        basic("AC<<hex:32#test-sid>>", "<<hex:32#test-token>>"),
        basic("AC<<hex:32#test-sid>>", "<<hex:32#other-token>>"),
    ]
}

/// Bytes in a row that are a leak.
const STRETCH: usize = 8;

#[track_caller]
fn assert_silent(what: &str, written: &[u8]) {
    let secrets: Vec<String> = SECRETS.iter().map(|template| text(template)).collect();
    assert_silent_of(what, written, &secrets, &rendered());
}

/// Every way to write `secret` that a request, a log or a library may have: as it is, in base64 at each of three alignments, in hex,
/// and in a URL.
fn spellings(secret: &str) -> Vec<String> {
    let mut all = vec![secret.to_owned()];
    for before in ["", "x", "xx"] {
        let encoded = STANDARD.encode(format!("{before}{secret}"));
        // what hangs on the bytes before and behind is not the secret's
        all.push(encoded[4..encoded.len() - 4].to_owned());
    }
    let each =
        |write: &dyn Fn(u8) -> String| secret.bytes().map(write).collect::<Vec<_>>().concat();
    let hex = each(&|byte| format!("{byte:02x}"));
    all.push(hex.to_uppercase());
    all.push(hex);
    all.push(each(&|byte| format!("%{byte:02X}")));
    let punctuation = |c: char| !c.is_ascii_alphanumeric() && !"-._~".contains(c);
    let in_url = secret.chars().map(|c| {
        if punctuation(c) {
            format!("%{:02X}", u32::from(c))
        } else {
            c.to_string()
        }
    });
    all.push(in_url.collect());
    all
}

/// That neither `secrets` in any spelling, nor `rendered`, nor what every answer holds, is in what was `written`.
#[track_caller]
fn assert_silent_of(what: &str, written: &[u8], secrets: &[String], rendered: &[String]) {
    let shown = String::from_utf8_lossy(written);
    for marker in [
        MARKER,
        "Bearer SG",
        "Basic QU",
        "Proxy-Authorization",
        "proxy-authorization",
    ] {
        assert!(!shown.contains(marker), "{what}: {marker} in\n{shown}");
    }
    let secrets = secrets.iter().flat_map(|secret| spellings(secret));
    for secret in secrets.chain(rendered.iter().cloned()) {
        for stretch in secret.as_bytes().windows(STRETCH) {
            let found = memchr::memmem::find(written, stretch).is_some();
            assert!(
                !found,
                "{what}: {} in\n{shown}",
                String::from_utf8_lossy(stretch)
            );
        }
    }
}

/// Every file below `folder`, but for those that hold what is planted or belong to the server.
fn written(folder: &Path, all: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            written(&path, all);
        } else if path.file_name().is_some_and(|name| name != "ca.pem") {
            all.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

/// How many things [`hostile`] knows to do.
const BEHAVIOURS: usize = 12;

/// What a server may do to every question.
fn hostile(number: usize, asked: &Asked) -> Answer {
    // what it was told, as it came and taken apart, fit for a string of JSON
    let said = asked.said.replace(['"', '\\'], "'");
    let echo = format!("{MARKER} {said} Authorization: Bearer {}", asked.credential);
    match number {
        0 => provider(asked),
        1 => Answer::Cut,
        2 => Answer::Garbage(format!("NONSENSE {echo}\r\n\r\n")),
        3 => Answer::Garbage(format!("HTTP/1.1 200 {echo}\r\n{echo}: x\r\n\r\n{echo}")),
        4 => json(
            200,
            &format!(
                "{{\"scopes\":[\"mail.send\",\"{}\",\"{MARKER}!\"]}}",
                asked.credential
            ),
        ),
        5 => json(
            401,
            &format!(
                "{{\"errors\":[{{\"message\":\"{echo}\"}}],\"message\":\"{echo}\",\"code\":20003}}"
            ),
        ),
        6 => Answer::Reply(403, "text/html", format!("<html>{echo}</html>")),
        7 => json(429, &format!("{{\"e\":\"{echo}\"}}")),
        8 => json(302, &echo),
        9 => json(500, &echo),
        10 => Answer::Reply(200, "application/json", echo.repeat(20_000)),
        _ => json(
            200,
            &format!(
                "{{\"scopes\":[\"mail.send\"],\"auth_token\":\"{}\",\"note\":\"{echo}\"}}",
                asked.credential
            ),
        ),
    }
}

/// Every format but the one for people.
const FORMATS: [&str; 7] = [
    "json",
    "jsonl",
    "sarif",
    "github",
    "gitlab",
    "codequality",
    "junit",
];

/// Runs `act` once for each behaviour of [`hostile`], at the same time: most of it is waiting.
fn for_each_behaviour<T: Send>(act: impl Fn(usize) -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let act = &act;
        let threads = (0..BEHAVIOURS).map(|number| scope.spawn(move || act(number)));
        let threads: Vec<_> = threads.collect();
        let joined = threads.into_iter().map(|thread| thread.join().unwrap());
        joined.collect()
    })
}

/// Has everything that is `planted` asked about, at `providers`, by servers that do as [`hostile`] has it, with everything said and kept
/// that there is; looks for `secrets` in all of it; and gives what was asked.
fn search(
    planted: &[(&str, &str)],
    providers: &[&str],
    (secrets, rendered): (&[String], &[String]),
) -> Vec<Asked> {
    let asked = for_each_behaviour(|behaviour| {
        let bench = Bench::with(planted, move |asked| hostile(behaviour, asked));
        // text on the terminal, every other format into files, the cache in use
        let mut args = vec!["-vv".to_owned()];
        args.extend(["--verify-timeout", "3"].map(str::to_owned));
        for format in FORMATS {
            let file = bench.folder.path().join(format);
            args.extend([
                "--format".to_owned(),
                format!("{format}={}", file.display()),
            ]);
        }
        args.extend(["--format", "text"].map(str::to_owned));
        // an authority and leave for this machine are given with the usual ones
        let led = bench.providers.led_from(providers).into_iter().skip(3);
        args.extend(led);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let run = bench.scan(&args);
        let what = format!("behaviour {behaviour}");
        assert_ne!(run.out, "", "{what}: {}", run.err);
        assert_silent_of(&what, run.out.as_bytes(), secrets, rendered);
        assert_silent_of(&what, run.err.as_bytes(), secrets, rendered);
        let mut files = Vec::new();
        written(bench.folder.path(), &mut files);
        assert!(files.len() >= FORMATS.len(), "{what}");
        for (path, bytes) in files {
            assert_silent_of(&format!("{what}: {path}"), &bytes, secrets, rendered);
        }
        bench.providers.asked()
    });
    asked.into_iter().flatten().collect()
}

#[test]
fn nothing_that_is_asked_or_answered_is_written_anywhere() {
    let secrets: Vec<String> = SECRETS.iter().map(|template| text(template)).collect();
    let asked = search(&PLANTED, &[], (&secrets, &rendered()));
    assert!(
        asked.len() >= 4 * BEHAVIOURS,
        "the servers were hardly asked"
    );
}

/// A credential for each recipe, by its provider, with what of it is secret.
const RECIPES: [(&str, &str, &str); 10] = [
    (
        "brevo",
        "BREVO_API_KEY=xkeysib-<<hex:64#brevo>>-<<alnum:16#brevo>>\n",
        "<<hex:64#brevo>>-<<alnum:16#brevo>>",
    ),
    (
        "elastic-email",
        "ELASTIC_EMAIL_API_KEY=<<hexupper:96#elastic>>\n",
        "<<hexupper:96#elastic>>",
    ),
    (
        "mailersend",
        "MAILERSEND_API_KEY=mlsn.<<hex:64#mlsn>>\n",
        "<<hex:64#mlsn>>",
    ),
    (
        "mailgun",
        "MAILGUN_SECRET=key-<<hex:32#mailgun>>\n",
        "<<hex:32#mailgun>>",
    ),
    (
        "mailjet",
        "MJ_APIKEY_PUBLIC=<<hex:32#p>>\nMJ_APIKEY_PRIVATE=<<hex:32#mailjet>>\n",
        "<<hex:32#mailjet>>",
    ),
    (
        "mandrill",
        "MANDRILL_APIKEY=<<alnum:21#mandrill+'Q'>>\n",
        "<<alnum:21#mandrill+'Q'>>",
    ),
    (
        "mailchimp",
        "MAILCHIMP_API_KEY=<<hex:32#chimp>>-us14\n",
        "<<hex:32#chimp>>",
    ),
    (
        "postmark",
        "POSTMARK_TOKEN=<<hex:8#m>>-<<hex:4#n>>-<<hex:4#b>>-<<hex:4#c>>-<<hex:12#o>>\n",
        "<<hex:8#m>>-<<hex:4#n>>-<<hex:4#b>>-<<hex:4#c>>-<<hex:12#o>>",
    ),
    (
        "resend",
        "RESEND_API_KEY=re_<<base58:8#resend>>_<<base58:24#resend>>\n",
        "<<base58:8#resend>>_<<base58:24#resend>>",
    ),
    (
        "sparkpost",
        "SPARKPOST_SECRET=<<hex:40#spark>>\n",
        "<<hex:40#spark>>",
    ),
];

#[test]
fn no_recipe_writes_what_it_asks_or_is_answered() {
    let folders = RECIPES.map(|(name, template, _)| (format!("{name}/.env"), template));
    let planted: Vec<(&str, &str)> = folders
        .iter()
        .map(|(path, template)| (path.as_str(), *template))
        .collect();
    let secrets = RECIPES.map(|(.., secret)| text(secret));
    let asked = search(&planted, &RECIPES.map(|(name, ..)| name), (&secrets, &[]));
    // each of them was really asked with
    for (recipe, secret) in RECIPES.iter().zip(&secrets) {
        let basic = |it: &Asked| it.credential.contains(secret);
        let said = asked.iter().any(|it| it.said.contains(secret) || basic(it));
        assert!(said, "{}: the server was not asked", recipe.0);
    }
}

/// What a mail server may do to a login that it has heard.
const TO_A_LOGIN: [&str; 7] = [
    "235 2.7.0 welcome MARKER\r\n",
    "535 5.7.8 ECHO MARKER\r\n",
    "535-5.7.8 ECHO\r\n535-5.7.8 MARKER\r\n535 5.7.8 ECHO\r\n",
    "454 4.7.0 ECHO MARKER\r\n",
    "ECHO MARKER\r\n",
    "550 ECHO MARKER\r\n",
    "",
];

#[test]
fn no_mail_login_is_written_in_any_form() {
    use crate::support::mail_server::MailServer;
    let user = "news@harbor.io";
    let password = text("<<password>>");
    let forms = [
        STANDARD.encode(format!("\0{user}\0{password}")),
        STANDARD.encode(&password),
        STANDARD.encode(format!("{user}:{password}")),
    ];
    let mut heard = 0;
    for mechanism in ["PLAIN", "LOGIN"] {
        for (number, said) in TO_A_LOGIN.iter().enumerate() {
            let planted = [(
                "a.py",
                "EMAIL_HOST = 'mail.harbor.io'\nEMAIL_HOST_USER = 'news@harbor.io'\nEMAIL_HOST_PASSWORD = '<<password>>'\n",
            )];
            let bench = Bench::with(&planted, provider);
            let config = bench.providers.authority().server(&["127.0.0.1"]);
            let (password, user) = (password.clone(), user.to_owned());
            let server = MailServer::that(move |talk| {
                talk.begins_tls()?;
                let mut safe = talk.secured(config)?;
                safe.hear()?;
                safe.say(&format!("250-mail.harbor.io\r\n250 AUTH {mechanism}\r\n"))?;
                let mut last = safe.hear()?;
                if last == "AUTH LOGIN" {
                    for question in ["334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n"] {
                        safe.say(question)?;
                        last = safe.hear()?;
                    }
                }
                // as it came, and taken apart
                let echo = format!("{last} {user} {password}");
                safe.say(&said.replace("ECHO", &echo).replace("MARKER", MARKER))?;
                safe.hear().map(drop)
            });
            let endpoint = format!("mail.harbor.io=smtp://127.0.0.1:{}", server.port);
            let reports: Vec<String> = FORMATS
                .iter()
                .map(|format| format!("{format}={}", bench.folder.path().join(format).display()))
                .collect();
            let mut args = vec![
                "-vv",
                "--smtp-host",
                "mail.harbor.io",
                "--endpoint",
                &endpoint,
            ];
            for report in &reports {
                args.extend(["--format", report]);
            }
            args.extend(["--format", "text", "--verify-timeout", "5"]);
            let run = bench.scan(&args);
            let what = format!("AUTH {mechanism}, answer {number}");
            let is_heard = |form: &String| server.heard().contains(form);
            heard += usize::from(forms.iter().any(is_heard));
            let secrets = [text("<<password>>")];
            assert_silent_of(&what, run.out.as_bytes(), &secrets, &forms[..2]);
            assert_silent_of(&what, run.err.as_bytes(), &secrets, &forms[..2]);
            let mut files = Vec::new();
            written(bench.folder.path(), &mut files);
            for (path, bytes) in files {
                assert_silent_of(&format!("{what}: {path}"), &bytes, &secrets, &forms[1..2]);
            }
        }
    }
    assert_eq!(heard, 2 * TO_A_LOGIN.len(), "every server heard the login");
}

#[test]
fn nothing_that_revokes_is_written_anywhere() {
    let secrets = [
        text("<<sendgrid-key#live|drop:26>>"),
        text("<<sendgrid-key#admin|drop:26>>"),
    ];
    let asked = for_each_behaviour(|behaviour| {
        // or a deletion of what is not there, and then every answer to the question whether it is dead
        let bench = Bench::with(&PLANTED[..1], move |asked| {
            match hostile(behaviour, asked) {
                Answer::Reply(200.., ..) if asked.method == "DELETE" => {
                    Answer::Reply(404, "text/html", format!("{MARKER} {}", asked.said))
                }
                answer => answer,
            }
        });
        let key = bench.folder.path().join("in");
        std::fs::write(&key, text("<<sendgrid-key#live>>")).unwrap();
        let which = ["a-live.py:1", "-"][behaviour % 2];
        let args = ["revoke", which, "--yes", "--color", "always"];
        let run = bench.run_as(&args, |command| {
            command
                .env("SENDGRID_ADMIN_API_KEY", text("<<sendgrid-key#admin>>"))
                .env("RUST_LOG", "trace")
                .stdin(std::fs::File::open(&key).unwrap());
        });
        let what = format!("behaviour {behaviour}, {which}");
        assert!(run.out.contains("key to delete"), "{what}: {run:?}");
        assert_silent_of(&what, run.out.as_bytes(), &secrets, &[]);
        assert_silent_of(&what, run.err.as_bytes(), &secrets, &[]);
        bench.providers.asked()
    });
    let count = |method: &str| {
        let asked = asked.iter().flatten();
        asked.filter(|it| it.method == method).count()
    };
    assert!(count("DELETE") >= BEHAVIOURS && count("GET") >= BEHAVIOURS);
}

#[test]
fn a_baseline_of_what_was_asked_about_holds_no_secret() {
    let bench = Bench::with(&PLANTED[..4], provider);
    bench.scan(&["-vv"]);
    let made = crate::support::program::run(bench.dir.root(), ["baseline", "create"]);
    let file = bench.dir.root().join(".waxseal-baseline.jsonl");
    let baseline = std::fs::read(&file).unwrap_or_else(|_| panic!("{made:?}"));
    assert_silent("the baseline", &baseline);
    assert_silent("baseline create", made.out.as_bytes());
    assert_silent("baseline create", made.err.as_bytes());
}

#[test]
fn quiet_runs_dry_runs_and_reports_are_as_silent() {
    let bench = Bench::new();
    let report = bench.folder.path().join("r.json");
    let scan = crate::support::program::run(bench.dir.root(), ["scan", "--format", "json"]);
    std::fs::write(&report, scan.out).unwrap();
    let report = report.to_str().unwrap();
    for args in [
        &["scan", "--verify", "-q"][..],
        &["scan", "--verify"],
        &["scan", "--verify", "-v", "--color", "always"],
        &["scan", "--verify", "--dry-run", "-vv"],
        &["scan", "--verify", "--dry-run", "--format", "json"],
        &["verify", report, "-vv"],
        &["verify", report, "--format", "sarif"],
        &[
            "scan",
            "--verify",
            "--verify-timeout",
            "1",
            "-vv",
            "--no-verify-cache",
        ],
    ] {
        let run = bench.run(args);
        assert!(!run.out.is_empty(), "{args:?}: {}", run.err);
        assert_silent(&format!("{args:?}"), run.out.as_bytes());
        assert_silent(&format!("{args:?}"), run.err.as_bytes());
    }
}

/// A proxy that takes what it is told, and says it back.
fn telling_proxy() -> (u16, std::sync::Arc<std::sync::Mutex<String>>) {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let inside = std::sync::Arc::clone(&heard);
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let Ok(mut stream) = stream else { break };
            let mut buffer = [0; 2048];
            let count = stream.read(&mut buffer).unwrap_or(0);
            let said = String::from_utf8_lossy(&buffer[..count]).replace("\r\n", " ");
            inside.lock().unwrap().push_str(&said);
            let answer = match number % 3 {
                0 => format!("HTTP/1.1 407 {said}\r\nProxy-Authenticate: {said}\r\n\r\n{said}"),
                1 => format!("HTTP/1.1 200 {said}\r\n\r\n{MARKER} {said}"),
                _ => said,
            };
            // whoever has gone away is no failure of the proxy
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (port, heard)
}

#[test]
fn a_proxy_with_a_password_is_not_shown() {
    let bench = Bench::with(&PLANTED[..1], provider);
    let (port, heard) = telling_proxy();
    // in a URL the password is spelled otherwise
    let password = "proxy/pass word";
    let in_url = "proxy%2Fpass%20word";
    let rendered = [
        STANDARD.encode(format!("me:{password}")),
        STANDARD.encode(format!("me:{in_url}")),
        in_url.to_owned(),
    ];
    let secrets = [password.to_owned()];
    for place in ["127.0.0.1:1".to_owned(), format!("127.0.0.1:{port}")] {
        let proxy = format!("http://me:{in_url}@{place}");
        // its answers come in turn
        for _ in 0..3 {
            let run = bench.scan(&["--proxy", &proxy, "-vv", "--verify-timeout", "1"]);
            assert_silent_of("scan", run.out.as_bytes(), &secrets, &rendered);
            assert_silent_of("scan", run.err.as_bytes(), &secrets, &rendered);
        }
    }
    let proxy = format!("http://me:{in_url}@127.0.0.1:{port}");
    let run = bench.run_as(
        &["revoke", "a-live.py:1", "--yes", "--proxy", &proxy],
        |command| {
            command.env("SENDGRID_ADMIN_API_KEY", text("<<sendgrid-key#admin>>"));
        },
    );
    assert_eq!(run.code, 2, "{run:?}");
    assert_silent_of("revoke", run.out.as_bytes(), &secrets, &rendered);
    assert_silent_of("revoke", run.err.as_bytes(), &secrets, &rendered);
    let heard = heard.lock().unwrap();
    let is_told = rendered[..2].iter().any(|login| heard.contains(login));
    assert!(is_told, "the proxy was not told: {heard}");
    for proxy in [
        "https://me:proxy-pass-word@h",
        "me:proxy-pass-word",
        "http://me:proxy-pass-word@h:99999",
    ] {
        let run = bench.scan(&["--proxy", proxy, "-vv", "--verify-timeout", "3"]);
        assert!(!(run.out + &run.err).contains("proxy-pass-word"), "{proxy}");
    }
}
