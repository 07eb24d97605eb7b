//! `hook run commit-msg` under real commits: what will be committed is scanned, what git cuts off is not.

use crate::support::gate::{arm, attempt};
use crate::support::history::{asked, commit, key};
use crate::support::program::{Run, run};
use crate::support::repo::Scratch;

/// A repository with a commit and the hook.
fn armed() -> Scratch {
    let repo = Scratch::repo();
    commit(&repo, "a.txt", "clean\n");
    arm(&repo, ".git", "commit-msg", "");
    repo
}

/// Commits with an editor that leaves `message` where git's own text begins, and that text below it.
fn edited(repo: &Scratch, message: &str, args: &[&str]) -> Run {
    repo.write("message", message);
    repo.write(
        "editor",
        "#!/bin/sh\ncat message \"$1\" >both && cat both >\"$1\" && rm both\n",
    );
    let args = [&["commit", "--allow-empty"], args].concat();
    attempt(repo.root(), &[("GIT_EDITOR", "sh ./editor")], &args)
}

fn subject(repo: &Scratch) -> String {
    asked(repo, "", &["log", "-1", "--format=%s"])
}

#[test]
fn a_message_with_a_secret_blocks_the_commit() {
    let repo = armed();
    let message = format!("subject\n\nuse {}", key("a"));
    let run = attempt(
        repo.root(),
        &[],
        &["commit", "--allow-empty", "-m", &message],
    );
    assert_eq!(run.code, 1);
    let told = run.out + &run.err;
    assert!(told.contains("COMMIT_EDITMSG:3:"), "{told}");
    assert!(
        told.contains("commit blocked") && told.contains("WAXSEAL_SKIP=reason"),
        "{told}"
    );
    assert_eq!(subject(&repo), "a.txt");
}

#[test]
fn a_clean_message_passes_without_a_word() {
    let repo = armed();
    let run = attempt(
        repo.root(),
        &[],
        &["commit", "-q", "--allow-empty", "-m", "clean"],
    );
    assert_eq!((run.code, run.out + &run.err), (0, String::new()));
    assert_eq!(subject(&repo), "clean");
}

#[test]
fn what_git_cuts_off_does_not_count() {
    let repo = armed();
    // a comment, and a secret that the diff of `commit -v` takes away
    commit(&repo, "old.py", key("old"));
    repo.git(&["rm", "-q", "old.py"]);
    let message = format!("remove\n\n# {}", key("comment"));
    let run = edited(&repo, &message, &["-v"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let run = edited(&repo, &format!("again\n\n{}", key("body")), &["-v"]);
    assert_eq!(run.code, 1);
}

#[test]
fn comments_stay_where_git_keeps_them() {
    let repo = armed();
    let message = format!("kept\n\n# {}", key("comment"));
    for (setting, code) in [
        ("commit.cleanup=scissors", 1),
        ("commit.cleanup=verbatim", 1),
        ("commit.cleanup=strip", 0),
        ("core.commentChar=;", 1),
        ("core.commentChar=#", 0),
        ("core.commentChar=auto", 0),
    ] {
        let (name, value) = setting.split_once('=').unwrap();
        repo.git(&["config", name, value]);
        let run = edited(&repo, &message, &[]);
        assert_eq!(run.code, code, "{setting}: {}{}", run.out, run.err);
        repo.git(&["config", "--unset", name]);
    }
    // without an editor git keeps comments
    let run = attempt(
        repo.root(),
        &[],
        &["commit", "--allow-empty", "-m", &message],
    );
    assert_eq!(run.code, 1);
    // and what is said on the command line is not seen by a hook
    let args = [
        "-c",
        "commit.cleanup=whitespace",
        "commit",
        "--allow-empty",
        "-F",
        "message",
    ];
    let run = attempt(repo.root(), &[("GIT_EDITOR", "sh ./editor")], &args);
    assert_eq!(run.code, 1);
}

#[test]
fn it_works_from_folders_and_linked_work_trees() {
    let repo = armed();
    repo.write("d/e/f", "clean\n");
    let args = ["commit", "-q", "--allow-empty", "-m", &key("a")];
    assert_eq!(attempt(&repo.path("d/e"), &[], &args).code, 1);
    repo.git(&["worktree", "add", "-q", "linked"]);
    assert_eq!(attempt(&repo.path("linked"), &[], &args).code, 1);
    let args = ["commit", "-q", "--allow-empty", "-m", "clean"];
    let run = attempt(&repo.path("linked"), &[], &args);
    assert_eq!(run.code, 0, "{}", run.err);
}

#[test]
fn the_configuration_of_the_work_tree_counts() {
    let repo = armed();
    let args = ["commit", "-q", "--allow-empty", "-m", &key("a")];
    repo.write(".waxseal.toml", "skip_rules = [\"sendgrid-api-key\"]\n");
    assert_eq!(attempt(repo.root(), &[], &args).code, 0);
    repo.write(".waxseal.toml", "skip_rules = 1\n");
    let run = attempt(
        repo.root(),
        &[],
        &["commit", "-q", "--allow-empty", "-m", "clean"],
    );
    assert_eq!(run.code, 1, "git's own status");
    assert!(
        run.err.contains("commit blocked, as it can't be checked"),
        "{}",
        run.err
    );
    assert!(run.err.contains(".waxseal.toml"), "{}", run.err);
}

#[test]
fn it_can_be_passed_by_with_a_reason() {
    let repo = armed();
    let args = ["commit", "-q", "--allow-empty", "-m", &key("a")];
    let run = attempt(repo.root(), &[("WAXSEAL_SKIP", "rotated\x1b[31m")], &args);
    assert_eq!(run.code, 0);
    assert_eq!(
        run.err,
        "waxseal: commit-msg was not checked: WAXSEAL_SKIP=rotated\\x1b[31m\n"
    );
    let run = attempt(repo.root(), &[("WAXSEAL_SKIP", " ")], &args);
    assert_eq!(run.code, 1, "no reason is none");
}

#[test]
fn what_can_not_be_checked_is_blocked() {
    let scratch = Scratch::new();
    scratch.write("message", "clean\n");
    let outside = run(scratch.root(), ["hook", "run", "commit-msg", "message"]);
    assert_eq!(outside.code, 2);
    assert_eq!(outside.err.lines().count(), 1, "{}", outside.err);
    assert!(
        outside.err.contains("not in a git repository"),
        "{}",
        outside.err
    );
    let repo = armed();
    let gone = run(repo.root(), ["hook", "run", "commit-msg", "nowhere"]);
    assert_eq!(gone.code, 2);
    assert!(
        gone.err.contains("nowhere") && gone.err.lines().count() == 1,
        "{}",
        gone.err
    );
}
