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
    let shown = String::from_utf8_lossy(written);
    for marker in [MARKER, "Bearer SG", "Basic QU"] {
        assert!(!shown.contains(marker), "{what}: {marker} in\n{shown}");
    }
    let secrets = SECRETS
        .iter()
        .map(|template| text(template))
        .chain(rendered());
    for secret in secrets {
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

/// What a server may do to every question.
fn hostile(number: usize, asked: &Asked) -> Answer {
    let echo = format!("{MARKER} Authorization: Bearer {}", asked.credential);
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

#[test]
fn nothing_that_is_asked_or_answered_is_written_anywhere() {
    let server = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let number = std::sync::Arc::clone(&server);
    let bench = Bench::with(&PLANTED, move |asked| {
        hostile(number.load(std::sync::atomic::Ordering::Relaxed), asked)
    });
    let home = bench.folder.path().join("home");
    for behaviour in 0..12 {
        server.store(behaviour, std::sync::atomic::Ordering::Relaxed);
        // text on the terminal, every other format into files, the cache in use
        let formats = [
            "json",
            "jsonl",
            "sarif",
            "github",
            "gitlab",
            "codequality",
            "junit",
        ];
        let mut args = vec![
            "-vv".to_owned(),
            "--verify-timeout".to_owned(),
            "2".to_owned(),
        ];
        for format in formats {
            args.push("--format".to_owned());
            let file = bench.folder.path().join(format!("{behaviour}.{format}"));
            args.push(format!("{format}={}", file.display()));
        }
        args.extend(["--format".to_owned(), "text".to_owned()]);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let run = bench.scan(&args);
        assert_ne!(run.out, "", "{}", run.err);
        let what = format!("behaviour {behaviour}");
        assert_silent(&what, run.out.as_bytes());
        assert_silent(&what, run.err.as_bytes());
        let mut files = Vec::new();
        written(bench.folder.path(), &mut files);
        assert!(files.len() >= formats.len(), "{what}");
        for (path, bytes) in files {
            assert_silent(&format!("{what}: {path}"), &bytes);
        }
        // an answer that was kept must not hide the next behaviour
        let _ = std::fs::remove_dir_all(&home);
    }
    assert!(
        bench.providers.asked().len() >= 12,
        "the server was hardly asked"
    );
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

#[test]
fn a_proxy_with_a_password_is_not_shown() {
    let bench = Bench::with(&PLANTED[..1], provider);
    for proxy in [
        "http://me:proxy-pass-word@127.0.0.1:1",
        "https://me:proxy-pass-word@h",
        "me:proxy-pass-word",
    ] {
        let run = bench.scan(&["--proxy", proxy, "-vv", "--verify-timeout", "3"]);
        assert!(!(run.out + &run.err).contains("proxy-pass-word"), "{proxy}");
    }
}
