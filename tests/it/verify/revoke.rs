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
    assert!(
        done.out.contains("deleted (global region)\n"),
        "{}",
        done.out
    );
    assert!(
        done.out.contains("dead, confirmed (asked 3 times in "),
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
        shown.out.contains("DELETE /v3/api_keys/")
            && shown
                .out
                .contains("api.sendgrid.com (global), else api.eu.sendgrid.com (eu)"),
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
        run.out.contains(
            "waxseal can't take this back itself.\nBy hand (SMTP login with password):\n  1. "
        ),
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
        (&["revoke", "xyz"][..], "neither a fingerprint"),
        (&["revoke", "abcdef"], "neither a fingerprint"),
        (
            &["revoke", "a-live.py:9"],
            "a-live.py holds no finding at 9",
        ),
        (
            &["revoke", "a-live.py:1:2"],
            "a-live.py holds no finding at 1:2",
        ),
        (
            &["revoke", "none.py:1"],
            "none.py: no such file or directory",
        ),
        (&["revoke", ".:1"], ". is a folder"),
        (
            &["revoke", "a-live.py:1", "."],
            "say where a fingerprint is looked for",
        ),
        (
            &["revoke", "00000000", "--report", "none.json"],
            "none.json",
        ),
        (
            &["revoke", "00000000", "--report", "a-live.py"],
            "a-live.py: line 1 is not JSON",
        ),
        (&["revoke", "-"], "standard input holds nothing"),
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

/// Runs `revoke` with `args`, an admin key, and `input` on standard input.
fn piped(bench: &Bench, args: &[&str], input: &str) -> Run {
    let file = bench.folder.path().join("in");
    std::fs::write(&file, input).unwrap();
    bench.run_as(&[&["revoke"], args].concat(), |command| {
        command
            .env("SENDGRID_ADMIN_API_KEY", text(ADMIN))
            .stdin(std::fs::File::open(&file).unwrap());
    })
}

fn assert_deleted(bench: &Bench, run: &Run, template: &str) {
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let deleted = deletions(bench);
    assert_eq!(deleted.len(), 1, "{}{}", run.out, run.err);
    let id = text(&format!("<<{template}|drop:3|take:22>>"));
    assert_eq!(deleted[0].path, format!("/v3/api_keys/{id}"));
}

#[test]
fn a_key_is_named_by_its_place() {
    let planted = [(
        "a.py",
        "one = '<<sendgrid-key#live>>'\ntwo = '<<sendgrid-key#dead>>'\n",
    )];
    for place in ["a.py:2", "a.py:2:8"] {
        let bench = Bench::with(&planted, deleting(204, 0));
        let run = piped(&bench, &[place, "--yes"], "");
        assert_deleted(&bench, &run, "sendgrid-key#dead");
    }
    let both = [(
        "a.py",
        "keys = ['<<sendgrid-key#live>>', '<<sendgrid-key#dead>>']\n",
    )];
    let bench = Bench::with(&both, deleting(204, 0));
    let run = piped(&bench, &["a.py:1", "--yes"], "");
    assert_eq!(run.code, 2, "{}", run.out);
    assert!(run.err.contains("a.py:1 is 2 credentials"), "{}", run.err);
    assert!(
        run.err.contains("sendgrid-api-key  a.py:1:10"),
        "{}",
        run.err
    );
    assert_eq!(bench.providers.asked().len(), 0);
}

#[test]
fn a_key_is_named_by_a_report() {
    let bench = Bench::with(&PLANTED[..4], deleting(204, 0));
    let report = run(bench.dir.root(), ["scan", "--format", "json"]).out;
    let listed: Value = serde_json::from_str(&report).unwrap();
    let dead = listed["findings"][3]["fingerprint"].as_str().unwrap();
    // which of them has to be said
    let several = piped(&bench, &["-", "--yes"], &report);
    assert_eq!(several.code, 2, "{}", several.out);
    assert!(several.err.contains("is 4 credentials"), "{}", several.err);
    assert!(several.err.contains(dead), "{}", several.err);
    assert_eq!(bench.providers.asked().len(), 0);
    let done = piped(&bench, &[&dead[..10], "--report", "-", "--yes"], &report);
    assert_deleted(&bench, &done, "sendgrid-key#dead");
    let file = bench.folder.path().join("r.json");
    std::fs::write(&file, &report).unwrap();
    let shown = piped(&bench, &[dead, "--report", file.to_str().unwrap()], "");
    assert!(
        shown.out.contains("d-dead.py:1:8"),
        "{}{}",
        shown.out,
        shown.err
    );
    // what is gone from its file is not taken for something else
    std::fs::remove_file(bench.dir.root().join("d-dead.py")).unwrap();
    let gone = piped(
        &bench,
        &[dead, "--report", file.to_str().unwrap(), "--yes"],
        "",
    );
    assert_eq!(gone.code, 2, "{}", gone.out);
    assert!(gone.err.contains("d-dead.py"), "{}", gone.err);
    assert_eq!(deletions(&bench).len(), 1);

    let bench = Bench::with(&PLANTED[..1], deleting(204, 0));
    let report = run(bench.dir.root(), ["scan", "--format", "jsonl"]).out;
    let only = piped(&bench, &["-", "--yes"], &report);
    assert_deleted(&bench, &only, "sendgrid-key#live");
}

#[test]
fn a_key_is_taken_from_standard_input_and_never_as_an_argument() {
    let bench = Bench::with(&[], deleting(204, 0));
    let done = piped(&bench, &["-", "--yes"], &text("<<sendgrid-key#live>>\n"));
    assert_deleted(&bench, &done, "sendgrid-key#live");
    assert!(!done.out.contains(&text("<<sendgrid-key#live|drop:26>>")));
    let key = text("<<sendgrid-key#live>>");
    let flag = format!("--key={key}");
    for args in [&[key.as_str(), "--yes"][..], &[&flag, "-"], &["-", &key]] {
        let run = piped(&bench, args, "");
        assert_eq!(run.code, 2, "{}", run.out);
        let told = run.out + &run.err;
        assert!(!told.contains(&key[26..34]), "{told}");
    }
    assert_eq!(deletions(&bench).len(), 1);
}

#[test]
fn what_is_not_known_to_be_dead_is_not_called_so() {
    // no such key in that account, and it works
    let bench = Bench::with(&PLANTED[..1], deleting(404, 99));
    let run = revoke(&bench, &["--yes"]);
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    assert!(
        run.out
            .contains("not deleted: the key still works (live: SendGrid lists its scopes"),
        "{}",
        run.out
    );
    // no answer to the deletion, and one to the question behind it
    let bench = Bench::with(&PLANTED[..1], |asked| {
        if asked.method == "DELETE" {
            Answer::Cut
        } else {
            sendgrid(
                401,
                "The provided authorization grant is invalid, expired, or revoked",
            )
        }
    });
    let run = revoke(&bench, &["--yes"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(
        run.out.contains("whether it was deleted is not known"),
        "{}",
        run.out
    );
    assert!(
        run.out.contains("dead, confirmed (asked once)"),
        "{}",
        run.out
    );
    // nobody answers any more
    let bench = Bench::with(&PLANTED[..1], |_| Answer::Cut);
    let run = revoke(&bench, &["--yes"]);
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    assert!(
        run.out.contains("not known to be deleted: asked "),
        "{}",
        run.out
    );
}

#[test]
fn what_is_configured_counts() {
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = proxy.local_addr().unwrap().port();
    let bench = Bench::with(&PLANTED[..1], deleting(204, 0));
    let config = bench.folder.path().join("own.toml");
    std::fs::write(
        &config,
        format!("[verify]\nproxy = \"http://127.0.0.1:{port}\"\nrequest_timeout = 1\n"),
    )
    .unwrap();
    // it takes what comes, and says nothing for longer than that
    let heard = std::thread::spawn(move || {
        use std::io::Read as _;
        let mut heard = [0; 8];
        let mut stream = proxy.accept().unwrap().0;
        stream.read_exact(&mut heard).unwrap();
        std::thread::sleep(Duration::from_secs(4));
        heard
    });
    let began = std::time::Instant::now();
    let run = revoke(&bench, &["--yes", "--config", config.to_str().unwrap()]);
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    assert_eq!(&heard.join().unwrap(), b"CONNECT ");
    let proxy = format!("all goes through the proxy 127.0.0.1:{port}");
    assert!(run.err.contains(&proxy), "{}", run.err);
    assert_eq!(bench.providers.asked().len(), 0, "all goes there");
    assert!(
        began.elapsed() < Duration::from_secs(40),
        "{:?}",
        began.elapsed()
    );
    // one of the repository has no say
    bench.dir.write(
        ".waxseal.toml",
        "[verify]\nproxy = \"http://127.0.0.1:1\"\n",
    );
    let run = piped(&bench, &["a-live.py:1", "--yes"], "");
    assert_eq!(run.code, 2, "{}", run.out);
    assert!(
        run.err.contains("[verify] does not count here"),
        "{}",
        run.err
    );
}

#[test]
fn a_twilio_key_is_deleted_in_its_region() {
    let planted = [(
        "a.py",
        "account_sid = 'AC<<hex:32#a>>'\napi_key = 'SK<<hex:32#k>>'\napi_secret = '<<alnum:32>>'\nTWILIO_REGION = 'ie1'\n",
    )];
    let admin = text("AC<<hex:32#a>>:<<hex:32#main>>");
    let revoke = |bench: &Bench, region: Option<&str>| {
        let fingerprint = fingerprint(bench);
        bench.run_as(&["revoke", &fingerprint, "--yes"], |command| {
            command.env("TWILIO_ADMIN_KEY", &admin);
            if let Some(region) = region {
                command.env("TWILIO_REGION", region);
            }
        })
    };
    let bench = Bench::with(&planted, deleting(204, 0));
    let run = revoke(&bench, None);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(
        run.out
            .contains("asked at:      api.dublin.ie1.twilio.com (ie1, as the file says), else "),
        "{}",
        run.out
    );
    assert!(run.out.contains("deleted (ie1 region)"), "{}", run.out);

    let plain = [(
        "a.py",
        "account_sid = 'AC<<hex:32#a>>'\napi_key = 'SK<<hex:32#k>>'\napi_secret = '<<alnum:32>>'\n",
    )];
    let bench = Bench::with(&plain, deleting(204, 0));
    let run = revoke(&bench, Some("jp1"));
    assert!(
        run.out.contains(
            "api.tokyo.jp1.twilio.com (jp1, as TWILIO_REGION says), else api.twilio.com (us1)"
        ),
        "{}",
        run.out
    );
    let run = revoke(&bench, Some("mars"));
    assert_eq!(run.code, 2);
    assert!(
        run.err.contains("TWILIO_REGION: expected one of us1, ie1"),
        "{}",
        run.err
    );
}

#[test]
fn a_twilio_key_without_its_account_says_what_it_lacks() {
    let planted = [(
        "a.py",
        "api_key = 'SK<<hex:32#k>>'\napi_secret = '<<alnum:32>>'\n",
    )];
    let bench = Bench::with(&planted, deleting(204, 0));
    let fingerprint = fingerprint(&bench);
    let run = bench.run(&["revoke", &fingerprint, "--yes"]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(
        run.out.contains("set TWILIO_ACCOUNT_SID to its SID"),
        "{}",
        run.out
    );
    let run = bench.run_as(&["revoke", &fingerprint, "--yes"], |command| {
        command
            .env("TWILIO_ACCOUNT_SID", text("AC<<hex:32#a>>"))
            .env("TWILIO_ADMIN_KEY", text("AC<<hex:32#a>>:<<hex:32#main>>"));
    });
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(deletions(&bench).len(), 1);
}

#[test]
fn the_steps_are_those_of_the_provider_that_stands_beside() {
    let planted = [(
        "a.py",
        "EMAIL_HOST = 'smtp.postmarkapp.com'\nEMAIL_HOST_USER = 'news'\nEMAIL_HOST_PASSWORD = '<<password>>'\n",
    )];
    let bench = Bench::with(&planted, provider);
    let run = piped(&bench, &["a.py:3"], "");
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(
        run.out.contains(
            "By hand (SMTP login with password, at postmark):\n  1. create a second token"
        ),
        "{}",
        run.out
    );
}
