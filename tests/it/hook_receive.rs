//! `hook run pre-receive` under real pushes: what is refused stays out, and the pusher sees why.

use crate::support::gate::{arm, attempt};
use crate::support::history::{asked, commit, key};
use crate::support::program::{Run, run_with};
use crate::support::repo::Scratch;

/// `work`, and `server.git` with the hook; `work` has pushed a clean commit.
fn armed(hash: &str) -> Scratch {
    let scratch = Scratch::new();
    let format = format!("--object-format={hash}");
    scratch
        .git(&["init", "-q", "--bare", &format, "-b", "main", "server.git"])
        .git(&["init", "-q", &format, "-b", "main", "work"])
        .git_in("work", &["remote", "add", "origin", "../server.git"]);
    arm(&scratch, "server.git", "pre-receive", "");
    save(&scratch, "a.txt", "clean\n");
    let run = push(&scratch, &["origin", "main"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(!run.err.contains("waxseal"), "{}", run.err);
    scratch
}

fn save(scratch: &Scratch, path: &str, content: impl AsRef<[u8]>) {
    scratch
        .write(format!("work/{path}"), content)
        .git_in("work", &["add", "-Af", "."])
        .git_in("work", &["commit", "-qm", path]);
}

fn push(scratch: &Scratch, args: &[&str]) -> Run {
    let args = [&["push"], args].concat();
    attempt(&scratch.path("work"), &[], &args)
}

/// The push was refused, the pusher was told of these places, and the server has nothing of it.
#[track_caller]
fn refused(scratch: &Scratch, run: &Run, places: &[&str]) {
    assert_eq!(run.code, 1, "{}", run.err);
    let told: Vec<&str> = run
        .err
        .lines()
        .filter_map(|line| line.strip_prefix("remote: "))
        .map(str::trim_end)
        .collect();
    assert!(told[0].contains("waxseal: push refused"), "{}", run.err);
    assert!(told[0].contains("it brings in"), "{}", run.err);
    for place in places {
        assert!(
            told.iter().any(|line| line.contains(place)),
            "{place}: {}",
            run.err
        );
    }
    assert!(told.iter().all(|line| line.len() <= 72), "{}", run.err);
    assert!(!run.err.contains('\x1b'), "{}", run.err);
    assert!(run.err.contains("pre-receive hook declined"), "{}", run.err);
    let refs = asked(
        scratch,
        "server.git",
        &["for-each-ref", "--format=%(refname)"],
    );
    assert_eq!(refs, "refs/heads/main");
    let stored = asked(scratch, "server.git", &["rev-parse", "main"]);
    let known = asked(scratch, "work", &["rev-parse", "origin/main"]);
    assert_eq!(stored, known);
}

#[test]
fn a_secret_is_kept_out() {
    for hash in ["sha1", "sha256"] {
        let scratch = armed(hash);
        save(&scratch, "bad.py", key("bad"));
        let head = asked(&scratch, "work", &["rev-parse", "--short=12", "HEAD"]);
        refused(
            &scratch,
            &push(&scratch, &["origin", "main"]),
            &[
                "bad.py:1:8",
                "sendgrid-api-key, critical",
                &head,
                "in refs/heads/main",
            ],
        );
        // many objects come as a pack that is kept
        for number in 0..150 {
            scratch.write(format!("work/many/{number}"), format!("{number}\n"));
        }
        save(&scratch, "more.txt", "clean\n");
        refused(
            &scratch,
            &push(&scratch, &["origin", "main"]),
            &["bad.py:1:8"],
        );
        scratch.git_in("work", &["reset", "-q", "--hard", "origin/main"]);
        save(&scratch, "good.txt", "clean\n");
        assert_eq!(push(&scratch, &["origin", "main"]).code, 0);
    }
}

#[test]
fn many_refs_are_one_push() {
    let scratch = armed("sha1");
    scratch.git_in("work", &["checkout", "-qb", "one"]);
    save(&scratch, "one.txt", "clean\n");
    scratch.git_in("work", &["checkout", "-qb", "two", "main"]);
    save(&scratch, "two.py", key("two"));
    scratch.git_in("work", &["tag", "-a", "mark", "-m", &key("tag"), "main"]);
    let run = push(&scratch, &["origin", "one", "two", "mark"]);
    refused(&scratch, &run, &["two.py:1:8", "a commit or tag message:"]);
    // deletions alone hold nothing
    assert_eq!(push(&scratch, &["origin", "one"]).code, 0);
    let run = push(&scratch, &["origin", ":one"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let run = push(&scratch, &["origin", ":one", "two"]);
    assert_eq!(run.code, 1, "{}", run.err);
}

#[test]
fn what_any_ref_has_is_not_held_against_a_push() {
    let scratch = armed("sha1");
    save(&scratch, "old.py", key("old"));
    // somebody has let it in
    let url = scratch.path("work").display().to_string();
    scratch.git_in("server.git", &["fetch", "-q", &url, "main:archive"]);
    scratch.git_in("work", &["checkout", "-qb", "topic"]);
    save(&scratch, "old.py", key("old") + "x = 1\n");
    let run = push(&scratch, &["origin", "topic"]);
    assert_eq!(run.code, 0, "{}", run.err);
    scratch.git_in("server.git", &["update-ref", "-d", "refs/heads/archive"]);
    scratch.git_in("server.git", &["update-ref", "-d", "refs/heads/topic"]);
    refused(
        &scratch,
        &push(&scratch, &["origin", "topic"]),
        &["old.py:1:8"],
    );
}

#[test]
fn a_pusher_can_not_switch_it_off() {
    let scratch = armed("sha1");
    scratch.git_in(
        "server.git",
        &["config", "receive.advertisePushOptions", "true"],
    );
    save(
        &scratch,
        ".waxseal.toml",
        "skip_rules = [\"sendgrid-api-key\"]\n",
    );
    let run = push(&scratch, &["origin", "main"]);
    assert_eq!(run.code, 0, "{}", run.err);
    save(&scratch, "bad.py", key("bad"));
    // a local push hands the pusher's variables to the hook
    let vars = [
        ("WAXSEAL_SKIP", "because"),
        ("NO_COLOR", ""),
        ("CLICOLOR_FORCE", "1"),
    ];
    let args = [
        "push",
        "-o",
        "waxseal.skip",
        "-o",
        "WAXSEAL_SKIP=because",
        "--no-verify",
        "origin",
        "main",
    ];
    let run = attempt(&scratch.path("work"), &vars, &args);
    refused(&scratch, &run, &["bad.py:1:8"]);
    assert!(!run.err.contains("because"), "{}", run.err);
}

#[test]
fn what_the_pusher_says_of_old_values_is_not_believed() {
    let repo = Scratch::repo();
    commit(&repo, "a.txt", "clean\n").git(&["checkout", "-q", "--detach"]);
    commit(&repo, "bad.py", key("bad"));
    let bad = asked(&repo, "", &["rev-parse", "HEAD"]);
    repo.git(&["checkout", "-q", "main"]);
    // one command that will fail, for a ref that never was there, must not let another one through
    let zeros = "0".repeat(40);
    let input = format!("{bad} {bad} refs/heads/decoy\n{zeros} {bad} refs/heads/topic\n");
    let run = run_with(
        repo.root(),
        ["hook", "run", "pre-receive"],
        input.as_bytes(),
    );
    assert_eq!(run.code, 1, "{}", run.err);
}

#[test]
fn the_server_has_its_own_configuration() {
    let scratch = armed("sha1");
    arm(
        &scratch,
        "server.git",
        "pre-receive",
        "--config policy.toml",
    );
    save(&scratch, "bad.py", key("bad"));
    scratch.write(
        "server.git/policy.toml",
        "skip_rules = [\"sendgrid-api-key\"]\n",
    );
    assert_eq!(push(&scratch, &["origin", "main"]).code, 0);
    scratch.write("server.git/policy.toml", "skip_rules = 1\n");
    save(&scratch, "b.txt", "clean\n");
    let run = push(&scratch, &["origin", "main"]);
    assert_eq!(run.code, 1);
    assert!(
        run.err.contains("remote: waxseal: policy.toml"),
        "{}",
        run.err
    );
}

/// Neither variables nor a file in the folder that the pusher's environment calls home have a say.
#[test]
fn settings_of_the_pusher_do_not_count() {
    let scratch = armed("sha1");
    save(&scratch, "bad.py", key("bad"));
    let off = "skip_rules = [\"sendgrid-api-key\"]\n";
    scratch.write("off.toml", off);
    scratch.write("home/.config/waxseal/config.toml", "broken = true\n");
    let file = scratch.path("off.toml").display().to_string();
    let home = scratch.path("home").display().to_string();
    let vars = [
        ("WAXSEAL_CONFIG", file.as_str()),
        ("WAXSEAL_FAIL_ON", "critical"),
        ("WAXSEAL_ALLOW_COMMENTS", "true"),
        ("WAXSEAL_JOBS", "nonsense"),
        ("XDG_CONFIG_HOME", home.as_str()),
    ];
    let run = attempt(&scratch.path("work"), &vars, &["push", "origin", "main"]);
    refused(&scratch, &run, &["bad.py:1:8"]);
    assert!(!run.err.contains("nonsense"), "{}", run.err);
}

/// The configuration that the repository's own HEAD has, as it was before the push.
#[test]
fn the_policy_may_be_that_of_the_servers_head() {
    let scratch = armed("sha1");
    save(
        &scratch,
        ".waxseal.toml",
        "skip_rules = [\"sendgrid-api-key\"]\n",
    );
    arm(&scratch, "server.git", "pre-receive", "--policy-from HEAD");
    save(&scratch, "bad.py", key("bad"));
    // it comes with the push, so that it does not count yet
    refused(
        &scratch,
        &push(&scratch, &["origin", "main"]),
        &["bad.py:1:8"],
    );
    assert_eq!(push(&scratch, &["origin", "main~:main"]).code, 0);
    assert_eq!(push(&scratch, &["origin", "main"]).code, 0);
}

#[test]
fn a_repository_with_a_work_tree_receives_too() {
    let scratch = armed("sha1");
    scratch.git(&["clone", "-q", "server.git", "clone"]);
    arm(&scratch, "clone/.git", "pre-receive", "");
    save(&scratch, "bad.py", key("bad"));
    let run = push(&scratch, &["../clone", "main:topic"]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.err.contains("remote:   bad.py:1:8"), "{}", run.err);
}

#[test]
fn what_can_not_be_checked_is_refused() {
    let repo = Scratch::repo();
    commit(&repo, "a.txt", "clean\n");
    let id = asked(&repo, "", &["rev-parse", "HEAD"]);
    let (zeros, ones) = ("0".repeat(40), "1".repeat(40));
    for (input, code) in [
        (String::new(), 0),
        (format!("{zeros} {id} refs/heads/new\n"), 0),
        (format!("{id} {zeros} refs/heads/new\n"), 0),
        (format!("{zeros} {ones} refs/heads/new\n"), 2),
        (format!("{zeros} {id}\n"), 2),
        (format!("{zeros} {id} \n"), 2),
        (format!("refs/heads/new {zeros} {id}\n"), 2),
        ("\n".to_owned(), 2),
    ] {
        let run = run_with(
            repo.root(),
            ["hook", "run", "pre-receive"],
            input.as_bytes(),
        );
        assert_eq!(run.code, code, "{input:?}: {}", run.err);
        assert_eq!(run.err.is_empty(), code == 0, "{}", run.err);
    }
    let outside = Scratch::new();
    let run = run_with(outside.root(), ["hook", "run", "pre-receive"], b"");
    assert_eq!((run.code, run.err.lines().count()), (2, 1), "{}", run.err);
}

#[test]
fn comments_let_pass_what_they_may_and_are_told() {
    let scratch = armed("sha1");
    let line = key("a").trim_end().to_owned();
    save(
        &scratch,
        "a.py",
        format!("{line}  # waxseal:allow sendgrid-api-key made up for a test\n"),
    );
    // whoever pushes has no say, unless whoever runs the server gives it
    for args in ["", "--no-allow"] {
        arm(&scratch, "server.git", "pre-receive", args);
        refused(
            &scratch,
            &push(&scratch, &["origin", "main"]),
            &["a.py:1:8"],
        );
    }
    arm(&scratch, "server.git", "pre-receive", "--allow-comments");
    let run = push(&scratch, &["origin", "main"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.err
            .contains("waxseal: comments in the files let 1 secret pass")
            && run.err.contains("  a.py:1"),
        "{}",
        run.err
    );
}
