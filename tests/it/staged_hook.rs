//! The pre-commit hook as git runs it.

use std::fs;
use std::process::Output;

use crate::support::history::{asked, commit, key};
use crate::support::program::{run, text, waxseal};
use crate::support::repo::Scratch;

/// Puts the hook into a repository.
fn arm(repo: &Scratch, git_dir: &str) {
    let hook = format!("{git_dir}/hooks/pre-commit");
    let program = env!("CARGO_BIN_EXE_waxseal");
    repo.write(
        &hook,
        format!("#!/bin/sh\nexec '{program}' hook run pre-commit\n"),
    );
    #[cfg(unix)]
    crate::support::program::executable(&repo.path(&hook));
}

/// An armed repository with one commit.
fn armed() -> Scratch {
    let repo = Scratch::repo();
    commit(&repo, "old.py", key("old"));
    arm(&repo, ".git");
    repo
}

fn git(repo: &Scratch, dir: &str, args: &[&str]) -> (bool, String) {
    let output = repo
        .command("2001-02-03T04:05:06Z", dir, args)
        .output()
        .unwrap();
    told(&output)
}

fn told(output: &Output) -> (bool, String) {
    let both = [&*output.stdout, &*output.stderr].concat();
    (output.status.success(), String::from_utf8(both).unwrap())
}

#[track_caller]
fn passes(repo: &Scratch, args: &[&str]) -> String {
    let (done, said) = git(repo, "", args);
    assert!(done, "{said}");
    said
}

#[track_caller]
fn is_refused(repo: &Scratch, args: &[&str], finding: &str) {
    let head = asked(repo, "", &["rev-parse", "--all"]);
    let (done, said) = git(repo, "", args);
    assert!(!done, "{said}");
    assert!(
        said.contains(finding) && said.contains("commit blocked"),
        "{said}"
    );
    assert_eq!(asked(repo, "", &["rev-parse", "--all"]), head);
}

#[test]
fn commits_of_every_kind() {
    let repo = armed();
    // the usual one
    repo.write("new.py", key("new")).git(&["add", "new.py"]);
    is_refused(&repo, &["commit", "-qm", "x"], "new.py:1:");
    repo.git(&["rm", "-qf", "--cached", "new.py"]);
    // -a: through another index while this one is locked
    repo.write("old.py", format!("{}{}", key("old"), key("more")));
    is_refused(&repo, &["commit", "-qam", "x"], "old.py:2:");
    // one path, which leaves what is staged alone
    repo.git(&["checkout", "-q", "old.py"])
        .write("clean.py", "clean\n")
        .write("other.py", key("other"))
        .git(&["add", "clean.py", "other.py"]);
    let said = passes(&repo, &["commit", "-m", "clean", "--", "clean.py"]);
    assert!(said.contains("scanned 1 staged file, 6 bytes"), "{said}");
    is_refused(
        &repo,
        &["commit", "-qm", "x", "--", "other.py"],
        "other.py:1:",
    );
    is_refused(&repo, &["commit", "-qm", "x"], "other.py:1:");
    // what HEAD holds already may be committed again
    repo.git(&["rm", "-qf", "--cached", "other.py"])
        .git(&["mv", "old.py", "moved.py"]);
    let said = passes(&repo, &["commit", "-qm", "moved"]);
    assert!(
        said.contains("1 finding that is committed already was left out"),
        "{said}"
    );
    // --amend adds to the last commit what is staged beside it
    passes(&repo, &["commit", "-q", "--amend", "-m", "again"]);
    repo.git(&["add", "new.py"]);
    is_refused(&repo, &["commit", "-q", "--amend", "-m", "x"], "new.py:1:");
    // from a folder below
    repo.write("d/e", "").git(&["add", "d"]);
    let (done, said) = git(&repo, "d", &["commit", "-qm", "x"]);
    assert!(!done && said.contains("new.py:1:"), "{said}");
}

#[test]
fn the_first_commit_is_no_exception() {
    let repo = Scratch::repo();
    arm(&repo, ".git");
    repo.write("a.py", key("a")).git(&["add", "a.py"]);
    is_refused(&repo, &["commit", "-qm", "x"], "a.py:1:");
    repo.write("a.py", "clean\n").git(&["add", "a.py"]);
    passes(&repo, &["commit", "-qm", "clean"]);
}

#[test]
fn a_merge_with_a_conflict() {
    let repo = armed();
    repo.git(&["switch", "-qc", "topic"])
        .write("old.py", format!("theirs\n{}", key("old")))
        .git(&["commit", "-qam", "theirs"])
        .git(&["switch", "-q", "main"])
        .write("old.py", format!("ours\n{}", key("old")))
        .git(&["commit", "-qam", "ours"]);
    let (done, _) = git(&repo, "", &["merge", "topic"]);
    assert!(!done);
    repo.write(
        "old.py",
        format!("both\n{}{}", key("old"), key("slipped in")),
    )
    .git(&["add", "old.py"]);
    is_refused(&repo, &["commit", "-qm", "x"], "old.py:3:");
    repo.write("old.py", format!("both\n{}", key("old")))
        .git(&["add", "old.py"]);
    passes(&repo, &["commit", "-qm", "merged"]);
}

#[test]
fn in_a_linked_work_tree_and_in_a_submodule() {
    let repo = armed();
    repo.git(&["worktree", "add", "-q", "linked", "-b", "linked"]);
    repo.write("linked/new.py", key("new"))
        .git_in("linked", &["add", "."]);
    let (done, said) = git(&repo, "linked", &["commit", "-qm", "x"]);
    assert!(!done && said.contains("new.py:1:"), "{said}");
    let repo = Scratch::repo();
    repo.git(&["init", "-q", "-b", "main", "lib"])
        .write("lib/l.py", "clean\n")
        .git_in("lib", &["add", "."])
        .git_in("lib", &["commit", "-qm", "l"])
        .git(&["init", "-q", "-b", "main", "app"])
        .git_in("app", &["submodule", "--quiet", "add", "../lib", "module"]);
    arm(&repo, "app/.git/modules/module");
    repo.write("app/module/x.py", key("x"))
        .git_in("app/module", &["add", "x.py"]);
    let (done, said) = git(&repo, "app/module", &["commit", "-qm", "x"]);
    assert!(!done && said.contains("x.py:1:"), "{said}");
}

#[test]
fn it_can_be_passed_over_for_a_reason_that_is_recorded() {
    let repo = armed();
    repo.write("new.py", key("new")).git(&["add", "new.py"]);
    let skip = |reason: &str| {
        let output = repo
            .command("2001-02-03T04:05:06Z", "", &["commit", "-qm", "x"])
            .env("WAXSEAL_SKIP", reason)
            .output()
            .unwrap();
        told(&output)
    };
    for empty in ["", "  "] {
        let (done, said) = skip(empty);
        assert!(!done && said.contains("must say why"), "{said}");
    }
    let (done, said) = skip("test data\x1b[2J, not in use");
    assert!(done, "{said}");
    assert_eq!(
        said,
        "waxseal: pre-commit was not checked: WAXSEAL_SKIP=test data\\x1b[2J, not in use\n"
    );
}

#[test]
fn it_fails_closed_and_says_how_to_go_on() {
    let repo = armed();
    let way = "WAXSEAL_SKIP=reason git commit";
    let hook = ["hook", "run", "pre-commit"];
    let refused = |says: &str| {
        let run = run(repo.root(), hook);
        assert_eq!(run.code, 2, "{}", run.err);
        assert!(
            run.err.contains(says) && run.err.contains(way),
            "{}",
            run.err
        );
        run.err.lines().count()
    };
    repo.write(".waxseal.toml", "fail_on = \"often\"\n");
    // the line and the caret as well
    assert_eq!(refused("unknown severity `often`"), 4);
    fs::remove_file(repo.path(".waxseal.toml")).unwrap();
    let index = fs::read(repo.path(".git/index")).unwrap();
    repo.write(".git/index", "broken, but longer than a checksum");
    assert_eq!(refused("it is not an index"), 1);
    repo.write(".git/index", index);
    repo.write("new.py", "gone\n").git(&["add", "new.py"]);
    let id = asked(&repo, "", &["rev-parse", ":new.py"]);
    fs::remove_file(repo.path(crate::support::history::loose(&id))).unwrap();
    refused("new.py: its blob");

    let nowhere = Scratch::new();
    let run_there = run(nowhere.root(), hook);
    assert_eq!(run_there.code, 2);
    assert!(
        run_there.err.contains("not in a git repository"),
        "{}",
        run_there.err
    );
    let missing = waxseal(repo.root(), hook)
        .env("GIT_DIR", "nowhere")
        .output()
        .unwrap();
    assert_eq!(missing.status.code(), Some(2));
}

#[test]
fn options_of_a_scan_are_options_of_the_hook() {
    let repo = armed();
    repo.write("new.py", key("new")).git(&["add", "new.py"]);
    let hook = |args: &[&str]| run(repo.root(), [&["hook", "run", "pre-commit"], args].concat());
    assert_eq!(hook(&["--skip-rule", "sendgrid-api-key"]).code, 0);
    assert_eq!(hook(&["--rule", "smtp-login"]).code, 0);
    assert_eq!(hook(&["-q"]).code, 1);
    assert!(
        hook(&["--format", "json"])
            .out
            .contains("\"store\": \"index\"")
    );
    assert!(
        hook(&["--format", "sarif"])
            .out
            .contains("\"uri\": \"new.py\"")
    );
    let verbose = hook(&["-v"]).out;
    let id = asked(&repo, "", &["rev-parse", ":new.py"]);
    assert!(verbose.contains(&format!("object: blob {id}")), "{verbose}");
    repo.git(&["rm", "-qf", "--cached", "new.py"])
        .git(&["mv", "old.py", "b.py"]);
    assert_eq!(hook(&[]).code, 0);
    assert_eq!(hook(&["--all"]).code, 1);
}

#[test]
fn what_is_ignored_already_is_not_to_be_ignored_again() {
    let repo = armed();
    repo.write(".env", text("DB_PASSWORD=<<password>>\n"));
    repo.git(&["add", "-f", ".env"]);
    let (_, said) = git(&repo, "", &["commit", "-qm", "x"]);
    assert!(said.contains("ignore it"), "{said}");
    repo.write(".gitignore", ".env\n")
        .git(&["add", ".gitignore"]);
    let (_, said) = git(&repo, "", &["commit", "-qm", "x"]);
    assert!(
        said.contains("git rm --cached -f -- .env") && !said.contains("ignore it"),
        "{said}"
    );
    repo.git(&["rm", "-qf", "--cached", ".env"]);
    repo.write("new.py", key("new")).git(&["add", "new.py"]);
    let (_, said) = git(&repo, "", &["commit", "-qm", "x"]);
    assert!(
        said.contains("move it") && !said.contains(">>.gitignore"),
        "{said}"
    );
}

#[test]
fn a_policy_that_lets_too_much_pass_blocks_and_says_what_to_narrow() {
    let repo = armed();
    repo.write(
        ".waxseal.toml",
        "[[exclude]]\npaths = ['**']\nreason = 'x'\n",
    );
    repo.write("new.py", key("new")).git(&["add", "-A"]);
    let (done, said) = git(&repo, "", &["commit", "-qm", "x"]);
    assert!(!done, "{said}");
    let narrow = "  narrow it  .waxseal.toml:1: \"**\" lets every file pass, whatever is in it";
    assert!(said.contains(narrow) && !said.contains("unstage"), "{said}");
}
