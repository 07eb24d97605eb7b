//! `scan --verify`: verdicts side by side in every format, what counts, and what a run says it did.

use std::time::Instant;

use serde_json::Value;

use super::*;
use crate::support::program::run;

#[test]
fn every_verdict_stands_beside_the_others_in_text_json_and_sarif() {
    let bench = Bench::new();
    let reports = bench.folder.path().join("out.sarif");
    let sarif = format!("sarif={}", reports.display());
    let lines = format!("jsonl={}", bench.folder.path().join("out.jsonl").display());
    let (run, report) = bench.json(&["--format", &sarif, "--format", &lines, "--no-verify-cache"]);
    assert_eq!(run.code, 2, "one got no answer\n{}", run.err);
    assert_eq!(verdicts(&report), VERDICTS);

    let sarif: Value = serde_json::from_slice(&std::fs::read(reports).unwrap()).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let in_sarif: Vec<&str> = results
        .iter()
        .map(|it| {
            it["properties"]["verification"]["verdict"]
                .as_str()
                .unwrap()
        })
        .collect();
    assert_eq!(in_sarif, VERDICTS);
    let levels: Vec<&str> = results
        .iter()
        .map(|it| it["level"].as_str().unwrap())
        .collect();
    assert_eq!(
        levels,
        ["error", "error", "note", "error", "error", "error", "error"]
    );

    let text = bench.scan(&["--no-verify-cache"]);
    let mut told = Vec::new();
    for line in text.out.lines() {
        let first = line.trim_start().split(':').next().unwrap();
        if line.starts_with(' ') && VERDICTS.contains(&first) {
            told.push(first.to_owned());
        }
    }
    assert_eq!(told, VERDICTS, "{}", text.out);
    assert!(text.out.contains("api_keys.delete"), "{}", text.out);
    assert!(
        text.out.contains("severity lowered from critical"),
        "{}",
        text.out
    );
    assert!(
        text.err.contains("verdicts on 7 findings: 1 live, 1 live-restricted, 1 test, 1 dead, 1 rejected, 2 unknown"),
        "{}",
        text.err
    );
}

#[test]
fn severity_follows_the_verdict() {
    let bench = Bench::new();
    let (_, report) = bench.json(&[]);
    let findings = report["findings"].as_array().unwrap();
    let severities: Vec<&str> = findings
        .iter()
        .map(|it| it["severity"].as_str().unwrap())
        .collect();
    assert_eq!(
        severities,
        [
            "critical", "critical", "low", "high", "critical", "critical", "high"
        ]
    );
    assert_eq!(findings[3]["verification"]["severity_before"], "critical");
}

#[test]
fn a_run_says_which_hosts_it_contacted_and_how_often() {
    let bench = Bench::new();
    let (run, report) = bench.json(&["--no-verify-cache"]);
    let asked = bench.providers.asked();
    let total = &report["verification"]["requests"];
    assert_eq!(total.as_u64().unwrap(), asked.len() as u64, "{asked:?}");
    let hosts = report["verification"]["hosts"].as_array().unwrap();
    assert!(!hosts.is_empty());
    let sum: u64 = hosts
        .iter()
        .map(|it| it["requests"].as_u64().unwrap())
        .sum();
    assert_eq!(sum, asked.len() as u64);
    assert!(asked.iter().all(|it| it.method == "GET"), "{asked:?}");
    // where questions went instead is told to all
    assert!(
        run.err
            .contains(&format!("127.0.0.1:{}", bench.providers.port())),
        "{}",
        run.err
    );
    let changes = report["verification"]["changes"].to_string();
    assert!(changes.contains("127.0.0.1"), "{changes}");
    let quiet = bench.scan(&["-q", "--no-verify-cache"]);
    assert!(quiet.err.contains("127.0.0.1"), "{}", quiet.err);
}

#[test]
fn without_being_asked_for_nothing_is_asked() {
    let bench = Bench::new();
    let plain = run(bench.dir.root(), ["scan", "--format", "json"]);
    assert_eq!(plain.code, 1);
    assert!(!plain.out.contains("verification"), "{}", plain.out);
    let hook = run(bench.dir.root(), ["hook", "run", "pre-commit"]);
    assert!(!hook.out.contains("verdict"), "{}", hook.out);
    assert_eq!(bench.providers.asked().len(), 0);
}

#[test]
fn a_dry_run_asks_nothing_and_says_what_it_would() {
    let bench = Bench::new();
    let (run, report) = bench.json(&["--dry-run"]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert_eq!(bench.providers.asked().len(), 0);
    assert_eq!(report["verification"]["dry_run"], true);
    assert_eq!(report["verification"]["requests"], 0);
    assert!(
        run.err.contains("dry run: nothing was asked about"),
        "{}",
        run.err
    );
    let text = bench.scan(&["--dry-run"]);
    assert!(
        text.err
            .contains("in place of api.sendgrid.com: GET /v3/scopes, for 4 credentials"),
        "{}",
        text.err
    );
    assert!(
        text.err.contains("/Accounts/AC********/Messages.json"),
        "{}",
        text.err
    );
    assert_eq!(bench.providers.asked().len(), 0);
}

#[test]
fn only_shows_some_verdicts_and_says_what_it_hides() {
    let bench = Bench::with(&PLANTED[..5], provider);
    let (run, report) = bench.json(&["--only", "live", "--only", "test"]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert_eq!(verdicts(&report), ["live", "test"]);
    assert!(
        run.err.contains("3 findings hidden by --only"),
        "{}",
        run.err
    );
    assert_eq!(report["verification"]["hidden"]["dead"], 1);
    // nobody knows what is behind a missing answer, shown or not
    let bench = Bench::with(&PLANTED[3..6], provider);
    let run = bench.scan(&["--only", "live"]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("incomplete"), "{}", run.err);
}

#[test]
fn fail_on_live_lets_the_rest_pass_but_nothing_that_is_open() {
    let settled = [PLANTED[2], PLANTED[3], PLANTED[4], PLANTED[6]];
    let run = Bench::with(&settled, provider).scan(&["--fail-on", "live"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(
        run.out.contains("d-dead.py"),
        "what passes is shown: {}",
        run.out
    );
    let run = Bench::with(&PLANTED[1..4], provider).scan(&["--fail-on", "live"]);
    assert_eq!(run.code, 1, "live-restricted counts: {}", run.err);
    let run = Bench::with(&PLANTED[3..7], provider).scan(&["--fail-on", "live"]);
    assert_eq!(run.code, 2, "no answer is open: {}", run.err);
}

#[test]
fn fail_on_live_does_not_pass_where_a_firewall_or_a_portal_answered() {
    let page = "<html>Sign in to the network</html>";
    for answer in [
        Answer::Reply(403, "text/html", page.to_owned()),
        Answer::Reply(403, "text/plain", "Forbidden".to_owned()),
        Answer::Reply(200, "text/html", page.to_owned()),
        json(200, "{\"status\":\"ok\"}"),
        json(302, ""),
        json(401, ""),
        json(401, "{\"message\":\"Unauthorized\"}"),
        Answer::Reply(407, "text/plain", "Proxy".to_owned()),
    ] {
        // keys of SendGrid, Twilio and a provider with a recipe
        let planted = [
            PLANTED[3],
            PLANTED[2],
            (
                "h-recipe.ts",
                "import { Resend } from 'resend';\nnew Resend('re_<<base58:8>>_<<base58:24>>');\n",
            ),
        ];
        let said = answer.clone();
        let bench = Bench::with(&planted, move |_| said.clone());
        let (run, report) = bench.json(&["--fail-on", "live"]);
        assert_eq!(verdicts(&report), ["unknown"; 3], "{answer:?}");
        assert_eq!(report["verification"]["unanswered"], 3, "{answer:?}");
        assert_eq!(run.code, 2, "{answer:?}: {}", run.err);
        // and nothing of it is kept
        let before = bench.providers.asked().len();
        bench.json(&["--fail-on", "live"]);
        assert_eq!(bench.providers.asked().len(), 2 * before, "{answer:?}");
    }
}

#[test]
fn answers_are_kept_for_the_next_run() {
    let bench = Bench::with(&PLANTED[..4], provider);
    let (_, first) = bench.json(&[]);
    let count = bench.providers.asked().len();
    let (run, second) = bench.json(&[]);
    assert_eq!(bench.providers.asked().len(), count, "{}", run.err);
    assert_eq!(verdicts(&first), verdicts(&second));
    let findings = second["findings"].as_array().unwrap();
    assert!(
        findings
            .iter()
            .all(|it| it["verification"]["cached"] == true),
        "{second}"
    );
    bench.json(&["--no-verify-cache"]);
    assert!(bench.providers.asked().len() > count);
}

#[test]
fn a_secret_in_many_places_is_asked_about_once() {
    let copies: Vec<String> = (0..12).map(|number| format!("{number}.py")).collect();
    let planted: Vec<(&str, &str)> = copies
        .iter()
        .map(|path| (path.as_str(), PLANTED[0].1))
        .collect();
    let bench = Bench::with(&planted, provider);
    let (_, report) = bench.json(&["--no-verify-cache"]);
    assert_eq!(verdicts(&report), vec!["live"; 12]);
    assert_eq!(bench.providers.asked().len(), 1);
    assert_eq!(report["verification"]["credentials"], 1);
}

#[test]
fn a_provider_that_says_nothing_holds_a_run_no_longer_than_it_may() {
    let bench = Bench::with(&PLANTED[..1], silent);
    let began = Instant::now();
    let run = bench.scan(&["--verify-timeout", "2", "--no-verify-cache"]);
    assert!(
        began.elapsed() < Duration::from_secs(12),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.out.contains("unknown: "), "{}", run.out);
}

#[test]
fn staged_files_and_histories_are_asked_about_too() {
    let bench = Bench::with(&PLANTED[..1], provider);
    bench.dir.git(&["add", "-A"]);
    let staged = bench.scan(&["--staged", "--no-verify-cache"]);
    assert!(
        staged.out.contains("live: "),
        "{}{}",
        staged.out,
        staged.err
    );
    bench.commit("all");
    let history = bench.scan(&["--history", "--no-verify-cache"]);
    assert_eq!(history.code, 1, "{}", history.err);
    assert!(history.out.contains("live: "), "{}", history.out);
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let dir = Scratch::repo();
    for (args, problem) in [
        (&["scan", "--fail-on", "live"][..], "needs --verify"),
        (
            &["scan", "--only", "live"],
            "--only is about asking providers",
        ),
        (
            &["scan", "--endpoint", "sendgrid=https://h"],
            "--endpoint is about asking",
        ),
        (
            &["scan", "--verify", "--only", "alive"],
            "did you mean `live`?",
        ),
        (
            &["scan", "--verify", "--dry-run", "--only", "live"],
            "--dry-run asks nothing",
        ),
        (
            &["scan", "--verify", "--dry-run", "--fail-on", "live"],
            "--dry-run asks nothing",
        ),
        (
            &["scan", "--verify", "--endpoint", "sendgrid=http://h"],
            "never sent without TLS",
        ),
        (
            &["scan", "--verify", "--endpoint", "sendgird=https://h"],
            "nobody is asked under the name `sendgird`",
        ),
        (&["scan", "--verify", "--ca", "no-such.pem"], "no-such.pem"),
        (&["scan", "--verify", "--verify-rate", "0"], "--verify-rate"),
        (&["verify"], "REPORT"),
        (&["verify", "no-such.json"], "no-such.json"),
    ] {
        let run = run(dir.root(), args);
        assert_eq!(run.code, 2, "{args:?}: {}", run.err);
        assert!(run.err.contains(problem), "{args:?}: {}", run.err);
    }
}
