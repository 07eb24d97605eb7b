//! `hook run pre-push` under real pushes to a local repository.

use crate::support::gate::{arm, attempt};
use crate::support::history::{asked, commit, key, loose};
use crate::support::program::{Run, finished, run_with, waxseal};
use crate::support::repo::Scratch;

/// `work` with a commit that `server.git`, a bare repository, has too; the hook is armed.
fn armed() -> Scratch {
    let scratch = Scratch::new();
    scratch
        .git(&["init", "-q", "--bare", "-b", "main", "server.git"])
        .git(&["init", "-q", "-b", "main", "work"]);
    save(&scratch, "a.txt", "clean\n");
    scratch
        .git_in("work", &["remote", "add", "origin", "../server.git"])
        .git_in("work", &["push", "-q", "-u", "origin", "main"]);
    arm(&scratch, "work/.git", "pre-push", "");
    scratch
}

/// Commits one file in `work`.
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

/// The push is refused because of these files, and no others.
#[track_caller]
fn blocked(run: &Run, paths: &[&str]) {
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(run.err.contains("waxseal: push blocked"), "{}", run.err);
    assert!(run.err.contains("WAXSEAL_SKIP=reason git push"));
    let heads = run.out.lines().filter(|line| line.contains("  critical  "));
    let mut heads: Vec<&str> = heads.collect();
    heads.sort_by_key(|line| line.split_once(':').map(|(_, rest)| rest));
    assert_eq!(heads.len(), paths.len(), "{}", run.out);
    for (head, path) in heads.iter().zip(paths) {
        assert!(head.contains(path), "{}", run.out);
    }
}

#[track_caller]
fn passed(run: &Run) {
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(run.out, "");
}

#[test]
fn an_update_with_a_secret_is_blocked_and_without_one_passes() {
    let scratch = armed();
    save(&scratch, "b.txt", "clean\n");
    let run = push(&scratch, &["origin", "main"]);
    passed(&run);
    let told = "waxseal: pre-push to origin: 1 commit that it is not known to have";
    assert!(run.err.contains(told), "{}", run.err);
    save(&scratch, "bad.py", key("a"));
    blocked(&push(&scratch, &["origin", "main"]), &["bad.py"]);
    // taken back in a later commit, it would be pushed all the same
    scratch.git_in("work", &["rm", "-q", "bad.py"]);
    save(&scratch, "c.txt", "clean\n");
    blocked(&push(&scratch, &["origin", "main"]), &["bad.py"]);
    // taken out of the history, it is not
    scratch.git_in("work", &["reset", "-q", "--hard", "origin/main"]);
    save(&scratch, "c.txt", "clean\n");
    passed(&push(&scratch, &["origin", "main"]));
}

#[test]
fn a_new_branch_is_held_against_all_that_the_remote_has() {
    let scratch = armed();
    attempt(
        &scratch.path("work"),
        &[],
        &["commit", "--allow-empty", "-m", "x"],
    );
    save(&scratch, "old.py", key("old"));
    let skip = [("WAXSEAL_SKIP", "test keys")];
    let args = ["push", "origin", "main"];
    let run = attempt(&scratch.path("work"), &skip, &args);
    passed(&run);
    assert!(
        run.err
            .contains("pre-push was not checked: WAXSEAL_SKIP=test keys")
    );
    scratch.git_in("work", &["checkout", "-qb", "topic"]);
    save(&scratch, "new.txt", "clean\n");
    passed(&push(&scratch, &["origin", "topic"]));
    save(&scratch, "new.py", key("new"));
    scratch.git_in("work", &["checkout", "-qb", "other"]);
    blocked(&push(&scratch, &["origin", "other"]), &["new.py"]);
}

#[test]
fn a_file_that_held_a_secret_before_can_be_changed() {
    let scratch = armed();
    save(&scratch, "old.py", key("old"));
    let args = ["push", "-q", "--no-verify", "origin", "main"];
    scratch.git_in("work", &args);
    save(&scratch, "old.py", key("old") + "x = 1\n");
    passed(&push(&scratch, &["origin", "main"]));
    save(&scratch, "old.py", key("old") + "x = 1\n" + &key("new"));
    blocked(&push(&scratch, &["origin", "main"]), &["old.py:3:"]);
}

#[test]
fn a_forced_push_is_held_against_what_is_there() {
    let scratch = armed();
    save(&scratch, "b.txt", "clean\n");
    passed(&push(&scratch, &["origin", "main"]));
    scratch.git_in("work", &["reset", "-q", "--hard", "HEAD~1"]);
    save(&scratch, "c.py", key("c"));
    blocked(&push(&scratch, &["--force", "origin", "main"]), &["c.py"]);
    scratch.git_in("work", &["reset", "-q", "--hard", "HEAD~1"]);
    save(&scratch, "c.txt", "clean\n");
    passed(&push(&scratch, &["--force", "origin", "main"]));
}

#[test]
fn merges_bring_in_both_sides() {
    let scratch = armed();
    scratch.git_in("work", &["checkout", "-qb", "side"]);
    save(&scratch, "side.py", key("side"));
    scratch.git_in("work", &["checkout", "-q", "main"]);
    save(&scratch, "main.txt", "clean\n");
    scratch
        .git_in("work", &["merge", "-q", "--no-commit", "side"])
        .write("work/evil.py", key("evil"))
        .git_in("work", &["add", "."])
        .git_in("work", &["commit", "-qm", "merge"]);
    blocked(
        &push(&scratch, &["origin", "main"]),
        &["evil.py", "side.py"],
    );
}

#[test]
fn tags_are_read_with_their_messages() {
    let scratch = armed();
    scratch.git_in("work", &["tag", "light"]);
    passed(&push(&scratch, &["origin", "light"]));
    scratch.git_in("work", &["tag", "-a", "bad", "-m", &key("tag")]);
    let run = push(&scratch, &["origin", "bad"]);
    blocked(&run, &["tag "]);
    assert!(run.out.contains("reached by refs/tags/bad"), "{}", run.out);
    scratch.git_in("work", &["tag", "-a", "good", "-m", "clean"]);
    passed(&push(&scratch, &["origin", "good"]));
}

#[test]
fn many_refs_and_deletions_go_at_once() {
    let scratch = armed();
    for name in ["one", "two", "three"] {
        scratch.git_in("work", &["checkout", "-qb", name, "main"]);
        save(&scratch, &format!("{name}.txt"), "clean\n");
    }
    passed(&push(&scratch, &["origin", "one", "two", "three"]));
    let run = push(&scratch, &["origin", ":one"]);
    passed(&run);
    assert!(
        !run.err.contains("waxseal"),
        "nothing is to be scanned: {}",
        run.err
    );
    save(&scratch, "bad.py", key("bad"));
    let run = push(&scratch, &["origin", ":two", "three", "main"]);
    blocked(&run, &["bad.py"]);
    passed(&push(&scratch, &["origin", "main"]));
}

#[test]
fn of_a_remote_without_a_name_nothing_is_taken_for_known() {
    let scratch = armed();
    save(&scratch, "old.py", key("old"));
    scratch.git_in("work", &["push", "-q", "--no-verify", "origin", "main"]);
    scratch.git(&["init", "-q", "--bare", "other.git"]);
    let run = push(&scratch, &["../other.git", "main"]);
    blocked(&run, &["old.py"]);
    assert!(
        run.err.contains("no refs/remotes here tells"),
        "{}",
        run.err
    );
    // what the ref itself has there is known, as git says it
    save(&scratch, "new.txt", "clean\n");
    passed(&push(&scratch, &["../server.git", "main"]));
}

#[test]
fn a_branch_of_another_remote_is_not_taken_for_the_remotes_own() {
    let scratch = armed();
    scratch.git(&["init", "-q", "--bare", "fork.git"]);
    // as an old git let it be called
    scratch
        .git_in("work", &["config", "remote.origin/fork.url", "../fork.git"])
        .git_in(
            "work",
            &[
                "config",
                "remote.origin/fork.fetch",
                "+refs/heads/*:refs/remotes/origin/fork/*",
            ],
        );
    save(&scratch, "bad.py", key("bad"));
    scratch.git_in(
        "work",
        &["update-ref", "refs/remotes/origin/fork/main", "main"],
    );
    blocked(&push(&scratch, &["origin", "main"]), &["bad.py"]);
}

#[test]
fn it_works_from_folders_linked_work_trees_and_in_sha256() {
    let scratch = armed();
    save(&scratch, "d/e/bad.py", key("bad"));
    let args = ["push", "origin", "HEAD"];
    blocked(
        &attempt(&scratch.path("work/d/e"), &[], &args),
        &["d/e/bad.py"],
    );
    scratch.git_in("work", &["worktree", "add", "-q", "../linked"]);
    blocked(
        &attempt(&scratch.path("linked"), &[], &args),
        &["d/e/bad.py"],
    );

    let scratch = Scratch::new();
    scratch
        .git(&[
            "init",
            "-q",
            "--bare",
            "--object-format=sha256",
            "server.git",
        ])
        .git(&["init", "-q", "--object-format=sha256", "-b", "main", "work"])
        .git_in("work", &["remote", "add", "origin", "../server.git"]);
    arm(&scratch, "work/.git", "pre-push", "");
    save(&scratch, "a.txt", "clean\n");
    passed(&push(&scratch, &["origin", "main"]));
    save(&scratch, "bad.py", key("bad"));
    blocked(&push(&scratch, &["origin", "main"]), &["bad.py"]);
}

#[test]
fn a_shallow_clone_pushes_what_is_new_and_no_more_than_it_knows() {
    let scratch = armed();
    save(&scratch, "b.txt", "clean\n");
    passed(&push(&scratch, &["origin", "main"]));
    let url = format!("file://{}", scratch.path("server.git").display());
    scratch.git(&["clone", "-q", "--depth", "1", &url, "shallow"]);
    arm(&scratch, "shallow/.git", "pre-push", "");
    scratch
        .write("shallow/bad.py", key("bad"))
        .git_in("shallow", &["add", "."])
        .git_in("shallow", &["commit", "-qm", "bad"]);
    blocked(
        &attempt(&scratch.path("shallow"), &[], &["push"]),
        &["bad.py"],
    );
    scratch.git(&["init", "-q", "--bare", "other.git"]);
    let run = attempt(
        &scratch.path("shallow"),
        &[],
        &["push", "../other.git", "main"],
    );
    assert_eq!(run.code, 1);
    let edge = asked(&scratch, "shallow", &["rev-parse", "main~1"]);
    assert!(
        run.err.contains(&edge) && run.err.contains("shallow"),
        "{}",
        run.err
    );
    assert!(
        run.err.contains("push blocked, as it can't be checked"),
        "{}",
        run.err
    );
}

#[test]
fn an_unreadable_object_or_configuration_blocks() {
    let scratch = armed();
    save(&scratch, "b.txt", "clean\n");
    scratch.write("work/.waxseal.toml", "nonsense = 1\n");
    let run = push(&scratch, &["origin", "main"]);
    assert_eq!(run.code, 1);
    assert!(
        run.err.contains("push blocked, as it can't be checked"),
        "{}",
        run.err
    );
    std::fs::remove_file(scratch.path("work/.waxseal.toml")).unwrap();
    let blob = asked(&scratch, "work", &["rev-parse", "HEAD:b.txt"]);
    let file = format!("work/{}", loose(&blob));
    std::fs::remove_file(scratch.path(&file)).unwrap();
    scratch.write(&file, "no object");
    let run = push(&scratch, &["origin", "main"]);
    assert_eq!(run.code, 1);
    assert!(
        run.err.contains(&blob) && run.err.contains("incomplete"),
        "{}",
        run.err
    );
}

#[test]
fn only_what_git_says_is_taken() {
    let repo = Scratch::repo();
    commit(&repo, "a.py", key("a"));
    let id = asked(&repo, "", &["rev-parse", "HEAD"]);
    let zeros = "0".repeat(40);
    let hook = |input: String| {
        run_with(
            repo.root(),
            ["hook", "run", "pre-push", "origin", "url"],
            input.as_bytes(),
        )
    };
    for (input, code) in [
        (String::new(), 0),
        (format!("(delete) {zeros} refs/heads/x {id}\n"), 0),
        (format!("refs/heads/main {id} refs/heads/main {zeros}\n"), 1),
        (format!("refs/heads/main {id} refs/heads/main {zeros}"), 1),
        (
            format!(":/a commit of mine {id} refs/heads/main {zeros}\n"),
            1,
        ),
        // the other side has something that is not here
        (
            format!("refs/heads/main {id} refs/heads/main {}\n", "1".repeat(40)),
            1,
        ),
        (
            format!(
                "refs/heads/main {} refs/heads/main {zeros}\n",
                "1".repeat(40)
            ),
            2,
        ),
        ("\n".to_owned(), 2),
        ("nonsense\n".to_owned(), 2),
        (format!("refs/heads/main {id} refs/heads/main\n"), 2),
        (
            format!("refs/heads/main {id}0 refs/heads/main {zeros}\n"),
            2,
        ),
        (
            format!("refs/heads/main {id} refs/heads/main {}\n", "0".repeat(64)),
            2,
        ),
        (
            format!("refs/heads/main {id} refs/heads/main {zeros}\n\n"),
            2,
        ),
    ] {
        let run = hook(input.clone());
        assert_eq!(run.code, code, "{input:?}: {}", run.err);
        if code == 2 && !run.err.contains("incomplete") {
            assert_eq!(run.err.lines().count(), 1, "{}", run.err);
            assert!(run.err.contains("standard input"), "{}", run.err);
        }
    }
    let outside = Scratch::new();
    let run = run_with(outside.root(), ["hook", "run", "pre-push"], b"");
    assert_eq!((run.code, run.err.lines().count()), (2, 1), "{}", run.err);
}

#[test]
fn the_framework_says_by_variables_what_is_pushed() {
    let scratch = armed();
    save(&scratch, "bad.py", key("bad"));
    let work = scratch.path("work");
    let hook = |vars: &[(&str, &str)]| {
        let mut command = waxseal(&work, ["hook", "run", "pre-push"]);
        finished(command.envs(vars.iter().copied()).output().unwrap())
    };
    let head = asked(&scratch, "work", &["rev-parse", "HEAD"]);
    let base = asked(&scratch, "work", &["rev-parse", "HEAD~1"]);
    let framework = ("PRE_COMMIT", "1");
    let remote = ("PRE_COMMIT_REMOTE_NAME", "origin");
    for (vars, code) in [
        // what was pushed before is known by the remote's refs
        (
            &[
                remote,
                ("PRE_COMMIT_FROM_REF", &*base),
                ("PRE_COMMIT_TO_REF", &*head),
            ][..],
            1,
        ),
        (
            &[
                ("PRE_COMMIT_FROM_REF", "origin/main"),
                ("PRE_COMMIT_TO_REF", "main"),
            ],
            1,
        ),
        (
            &[
                ("PRE_COMMIT_FROM_REF", "HEAD"),
                ("PRE_COMMIT_TO_REF", "HEAD"),
            ],
            0,
        ),
        (&[remote, ("PRE_COMMIT_LOCAL_BRANCH", "refs/heads/main")], 1),
        (&[remote, ("PRE_COMMIT_TO_REF", "nowhere")], 2),
        (&[remote], 2),
    ] {
        let run = hook(&[&[framework], vars].concat());
        assert_eq!(run.code, code, "{vars:?}: {}", run.err);
        if code == 2 {
            assert_eq!(run.err.lines().count(), 1, "{}", run.err);
        }
        // without the framework they say nothing
        assert_eq!(hook(vars).code, 0);
    }
}

#[test]
fn a_comment_allows_what_stands_beside_it_alone() {
    let scratch = armed();
    let line = key("a").trim_end().to_owned();
    let allowed = format!("{line}  # waxseal:allow sendgrid-api-key made up for a test\n");
    save(&scratch, "a.py", &allowed);
    passed_with_a_word(&push(&scratch, &["origin", "main"]));
    // the same secret where no comment stands, though the one that is allowed came first
    save(&scratch, "b.py", &allowed);
    save(&scratch, "c.py", key("a"));
    blocked(&push(&scratch, &["origin", "main"]), &["c.py"]);
    scratch.git_in("work", &["reset", "-q", "--hard", "origin/main"]);
    // to take the comment away is to bring the secret in
    save(&scratch, "a.py", key("a"));
    blocked(&push(&scratch, &["origin", "main"]), &["a.py"]);
}

/// What is allowed does not block; whatever is said of it.
#[track_caller]
fn passed_with_a_word(run: &Run) {
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
}
