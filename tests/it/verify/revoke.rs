//! `revoke`: shows, does it only when told to, and says whether the key is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::support::program::run;

/// Who may delete keys.
const ADMIN: &str = "<<sendgrid-key#admin>>";

/// Answers a deletion with `status`; the key works on for `lasting` questions after it.
fn deleting(status: u16, lasting: usize) -> impl Fn(&Asked) -> Answer + Send + Sync + 'static {
    let asked_after = Arc::new(AtomicUsize::new(usize::MAX));
    move |asked| {
        if asked.method == "DELETE" {
            if matches!(status, 204 | 404) {
                asked_after.store(0, Ordering::SeqCst);
            }
            return if status == 204 {
                Answer::Reply(204, "", String::new())
            } else {
                sendgrid(status, "so")
            };
        }
        let before = asked_after.load(Ordering::SeqCst);
        if before == usize::MAX || before < lasting {
            if before != usize::MAX {
                asked_after.fetch_add(1, Ordering::SeqCst);
            }
            return json(200, "{\"scopes\":[\"mail.send\"]}");
        }
        if asked.path.starts_with("/v3/") {
            sendgrid(
                401,
                "The provided authorization grant is invalid, expired, or revoked",
            )
        } else {
            twilio(401, 20003, "Authenticate")
        }
    }
}

/// The fingerprint of the only finding.
fn fingerprint(bench: &Bench) -> String {
    let report = run(bench.dir.root(), ["scan", "--format", "json"]).out;
    let report: Value = serde_json::from_str(&report).unwrap();
    report["findings"][0]["fingerprint"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn revoke(bench: &Bench, args: &[&str]) -> Run {
    let fingerprint = fingerprint(bench);
    bench.run_as(&[&["revoke", &fingerprint], args].concat(), |command| {
        command.env("SENDGRID_ADMIN_API_KEY", text(ADMIN));
    })
}

fn deletions(bench: &Bench) -> Vec<Asked> {
    let asked = bench.providers.asked();
    asked
        .into_iter()
        .filter(|it| it.method == "DELETE")
        .collect()
}

#[test]
fn a_sendgrid_key_is_deleted_and_the_deletion_confirmed() {
    let bench = Bench::with(&PLANTED[..1], deleting(204, 2));
    let done = revoke(&bench, &["--yes"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert!(done.out.contains("deleted\n"), "{}", done.out);
    assert!(
        done.out
            .contains("confirmed: it is no longer accepted (dead: "),
        "{}",
        done.out
    );
    let deleted = deletions(&bench);
    assert_eq!(deleted.len(), 1);
    let id = text("<<sendgrid-key#live|drop:3|take:22>>");
    assert_eq!(deleted[0].path, format!("/v3/api_keys/{id}"));
    assert_eq!(deleted[0].credential, text(ADMIN));
    assert!(done.err.contains("not the usual way"), "{}", done.err);
}

#[test]
fn nothing_is_deleted_without_yes() {
    let bench = Bench::with(&PLANTED[..1], deleting(204, 0));
    let shown = revoke(&bench, &[]);
    assert_eq!(shown.code, 2, "there is no terminal here: {}", shown.err);
    assert!(
        shown.err.contains("--yes says that this is meant"),
        "{}",
        shown.err
    );
    assert!(
        shown.out.contains("DELETE https://api.sendgrid.com"),
        "{}",
        shown.out
    );
    assert_eq!(bench.providers.asked().len(), 0);
}

#[test]
fn every_answer_is_told_apart() {
    for (status, said, code) in [
        (
            404,
            "no such key in the account of SENDGRID_ADMIN_API_KEY",
            0,
        ),
        (401, "does not accept what is in SENDGRID_ADMIN_API_KEY", 2),
        (403, "may not delete keys", 2),
        (429, "asks to wait for 86400 s", 2),
        (500, "status 500", 2),
    ] {
        let bench = Bench::with(&PLANTED[..1], deleting(status, 0));
        let run = revoke(&bench, &["--yes"]);
        assert_eq!(run.code, code, "{status}: {}{}", run.out, run.err);
        assert!(run.out.contains(said), "{status}: {}{}", run.out, run.err);
    }
}

#[test]
fn the_one_who_deletes_is_named_by_the_environment_only() {
    let bench = Bench::with(&PLANTED[..1], deleting(204, 0));
    let fingerprint = fingerprint(&bench);
    let run = bench.run(&["revoke", &fingerprint, "--yes"]);
    assert_eq!(run.code, 2);
    assert!(
        run.err.contains("SENDGRID_ADMIN_API_KEY is not set"),
        "{}",
        run.err
    );
    let run = bench.run_as(
        &[
            "revoke",
            &fingerprint[..12],
            "--yes",
            "--admin-key-env",
            "OTHER",
        ],
        |command| {
            command.env("OTHER", text(ADMIN));
        },
    );
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
}

#[test]
fn a_twilio_key_is_deleted_by_its_sid() {
    let planted = [(
        "a.py",
        "account_sid = 'AC<<hex:32#a>>'\napi_key = 'SK<<hex:32#k>>'\napi_secret = '<<alnum:32>>'\n",
    )];
    let bench = Bench::with(&planted, deleting(204, 0));
    let fingerprint = fingerprint(&bench);
    let admin = text("AC<<hex:32#a>>:<<hex:32#main>>");
    let run = bench.run_as(&["revoke", &fingerprint, "--yes"], |command| {
        command.env("TWILIO_ADMIN_KEY", &admin);
    });
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let deleted = deletions(&bench);
    assert_eq!(deleted.len(), 1);
    let path = text("/2010-04-01/Accounts/AC<<hex:32#a>>/Keys/SK<<hex:32#k>>.json");
    assert_eq!((&deleted[0].path, &deleted[0].credential), (&path, &admin));
    let run = bench.run_as(&["revoke", &fingerprint, "--yes"], |command| {
        command.env("TWILIO_ADMIN_KEY", "half");
    });
    assert_eq!(run.code, 2);
    assert!(
        run.err
            .contains("TWILIO_ADMIN_KEY does not hold SID:SECRET"),
        "{}",
        run.err
    );
}

#[test]
fn for_everything_else_the_steps_are_printed() {
    let bench = Bench::with(&PLANTED[6..], provider);
    let run = revoke(&bench, &["--yes"]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(
        run.out
            .contains("waxseal can't take back a smtp-login. The steps:\n  1. "),
        "{}",
        run.out
    );
    assert_eq!(bench.providers.asked().len(), 0);
}

#[test]
fn a_key_that_only_the_history_holds_is_found_there() {
    let bench = Bench::with(&PLANTED[..1], deleting(204, 0));
    let fingerprint = fingerprint(&bench);
    bench.commit("in");
    std::fs::remove_file(bench.dir.root().join(PLANTED[0].0)).unwrap();
    bench.dir.write("other", "x");
    bench.commit("out");
    let run = bench.run_as(&["revoke", &fingerprint, "--yes"], |command| {
        command.env("SENDGRID_ADMIN_API_KEY", text(ADMIN));
    });
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(deletions(&bench).len(), 1);
}

#[test]
fn what_is_no_fingerprint_gets_one_clear_error() {
    let bench = Bench::with(&PLANTED[..1], provider);
    for (args, problem) in [
        (&["revoke", "xyz"][..], "32 hexadecimal digits"),
        (&["revoke", "abcdef"], "32 hexadecimal digits"),
        (
            &["revoke", "00000000"],
            "holds no finding with the fingerprint 00000000",
        ),
        (&["revoke", "00000000", "nowhere"], "nowhere"),
    ] {
        let run = bench.run(args);
        assert_eq!(run.code, 2, "{args:?}: {}", run.err);
        assert!(run.err.contains(problem), "{args:?}: {}", run.err);
    }
    assert_eq!(bench.providers.asked().len(), 0);
}

#[test]
fn nothing_that_is_secret_is_shown() {
    for status in [204, 401, 403, 500] {
        let bench = Bench::with(&PLANTED[..1], deleting(status, 0));
        let run = revoke(&bench, &["--yes"]);
        let all = run.out + &run.err;
        for secret in [
            "<<sendgrid-key#admin|drop:3>>",
            "<<sendgrid-key#live|drop:26>>",
        ] {
            let secret = text(secret);
            assert!(!all.contains(&secret[..8]), "{status}: {all}");
        }
        assert!(!all.contains(MARKER), "{status}: {all}");
    }
}
