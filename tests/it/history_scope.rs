//! What a scan of a history is told to leave out.

use crate::support::history::{asked, blob, commit, expect, found, found_in, key};
use crate::support::program::run;
use crate::support::repo::Scratch;

/// `main` with a secret in each of its three commits, `side` with one more that leaves from the second.
fn branches() -> Scratch {
    let repo = Scratch::repo();
    commit(&repo, "one.py", key("a"));
    commit(&repo, "two.py", key("b")).git(&["checkout", "-q", "-b", "side"]);
    commit(&repo, "aside.py", key("side")).git(&["checkout", "-q", "main"]);
    commit(&repo, "three.py", key("c"));
    repo
}

#[test]
fn a_range_is_what_its_end_has_and_its_start_has_not() {
    let repo = branches();
    expect(1)
        .find(found("three.py").first("main").in_head(true))
        .check(&repo, &["--range", "main~1..main"]);
    expect(1)
        .find(found("aside.py").first("side").in_head(false))
        .check(&repo, &["--range", "main..side"]);
    expect(1)
        .find(found("two.py").first("main~1"))
        .find(found("three.py").first("main"))
        .check(&repo, &["--range", "main~2..main"]);
    expect(0).check(&repo, &["--range", "main..main"]);
}

#[test]
fn a_range_holds_what_a_merge_brought_in() {
    let repo = branches();
    repo.git(&["merge", "-q", "--no-commit", "side"])
        .write("evil.py", key("evil"))
        .git(&["add", "."])
        .git(&["commit", "-qm", "merge"]);
    expect(1)
        .find(found("aside.py").first("side"))
        .find(found("evil.py").first("main"))
        .check(&repo, &["--range", "main^1..main"]);
    expect(1)
        .find(found("three.py"))
        .find(found("evil.py"))
        .check(&repo, &["--range", "side..main"]);
}

#[test]
fn a_range_leaves_out_what_was_there_before() {
    let repo = Scratch::repo();
    commit(&repo, "a.py", key("a"));
    commit(&repo, "b.py", "clean\n").git(&["mv", "a.py", "moved.py"]);
    repo.git(&["commit", "-qm", "moved"]);
    // the blob is that of the start
    expect(0).check(&repo, &["--range", "HEAD~1..HEAD"]);
}

#[test]
fn a_range_reads_messages_too() {
    let repo = Scratch::repo();
    commit(&repo, "a", "clean\n");
    repo.git(&["commit", "-q", "--allow-empty", "-m", &key("a")]);
    repo.git(&["commit", "-q", "--allow-empty", "-m", "clean"]);
    expect(1)
        .find(found_in("commit").first("HEAD~1"))
        .check(&repo, &["--range", "HEAD~2..HEAD"]);
    expect(0).check(&repo, &["--range", "HEAD~1..HEAD"]);
}

#[test]
fn a_range_of_nothing_known_is_an_error() {
    let repo = branches();
    for range in ["nowhere..main", "main..nowhere", "..", "--all", ""] {
        let args = ["scan", "--history", ".", "--range", range];
        assert_eq!(run(repo.root(), args).code, 2, "{range:?}");
    }
}

#[test]
fn a_branch_alone() {
    let repo = branches();
    expect(1)
        .find(found("one.py"))
        .find(found("two.py"))
        .find(found("aside.py").first("side").in_head(false))
        .check(&repo, &["--branch", "side"]);
    let args = ["scan", "--history", ".", "--branch", "nowhere"];
    assert_eq!(run(repo.root(), args).code, 2);
}

#[test]
fn since_a_day() {
    let repo = Scratch::repo();
    for (path, year) in [("old.py", 2001), ("mid.py", 2011), ("new.py", 2021)] {
        repo.write(path, key(path)).git(&["add", "."]);
        let date = format!("{year}-06-01T12:00:00Z");
        repo.git_on(&date, "", &["commit", "-qm", path], b"");
    }
    expect(1)
        .find(found("mid.py").first("HEAD~1"))
        .find(found("new.py").first("HEAD"))
        .check(&repo, &["--since", "2010-01-01"]);
    expect(0).check(&repo, &["--since", "2022-01-01"]);
    let args = ["scan", "--history", ".", "--since", "never"];
    assert_eq!(run(repo.root(), args).code, 2);
}

#[test]
fn a_clock_that_went_wrong_hides_nothing() {
    let repo = Scratch::repo();
    for (path, year) in [("first.py", 2021), ("slow.py", 2001), ("last.py", 2022)] {
        repo.write(path, key(path)).git(&["add", "."]);
        let date = format!("{year}-06-01T12:00:00Z");
        repo.git_on(&date, "", &["commit", "-qm", path], b"");
    }
    expect(1)
        .find(found("first.py").first("HEAD~2"))
        .find(found("slow.py").first("HEAD~1"))
        .find(found("last.py").first("HEAD"))
        .check(&repo, &["--since", "2020-01-01"]);
}

#[test]
fn reachable_alone() {
    let repo = branches();
    blob(&repo, key("dangling"));
    expect(1)
        .find(found("one.py"))
        .find(found("two.py"))
        .find(found("three.py"))
        .find(found("aside.py"))
        .check(&repo, &["--reachable"]);
}

#[test]
fn blobs_up_to_a_size() {
    let repo = Scratch::repo();
    commit(&repo, "small.py", key("a"));
    commit(&repo, "large.py", key("b") + &"x\n".repeat(40_000));
    let size = asked(&repo, "", &["cat-file", "-s", "HEAD:large.py"]);
    expect(1)
        .find(found("small.py"))
        .skip("over-limit", 1)
        .check(&repo, &["--max-blob-size", "64k"]);
    expect(1)
        .find(found("small.py"))
        .find(found("large.py"))
        .skip("over-limit", 0)
        .check(&repo, &["--max-blob-size", &size]);
    repo.git(&["gc", "-q"]);
    expect(1)
        .find(found("small.py"))
        .skip("over-limit", 1)
        .check(&repo, &["--max-blob-size", "64k"]);
}

#[test]
fn what_hangs_on_a_blob_over_the_limit_is_scanned() {
    let repo = Scratch::repo();
    let lines: Vec<String> = (0..4000).map(|line| format!("line {line}\n")).collect();
    let lines = lines.concat();
    // the larger version is the base: packs keep the longer one whole
    commit(&repo, "a.py", format!("{}{lines}{lines}", key("a")));
    commit(&repo, "a.py", format!("{lines}{}", key("b")));
    repo.git(&["repack", "-qadf"]);
    let sizes =
        ["HEAD~1:a.py", "HEAD:a.py"].map(|name| asked(&repo, "", &["cat-file", "-s", name]));
    assert!(sizes[0].parse::<u64>().unwrap() > 60_000 && sizes[1].parse::<u64>().unwrap() < 60_000);
    expect(1)
        .find(found("a.py").first("HEAD").places(1))
        .skip("over-limit", 1)
        .check(&repo, &["--max-blob-size", "60000"]);
}

#[test]
fn options_of_histories_need_a_history() {
    let repo = branches();
    for args in [
        &["--range", "main~1..main"][..],
        &["--branch", "main"],
        &["--since", "2010-01-01"],
        &["--reachable"],
        &["--max-blob-size", "1KiB"],
        &["--allow-missing"],
    ] {
        let scan = run(repo.root(), [&["scan"], args].concat());
        assert_eq!(scan.code, 2, "{args:?}: {}", scan.err);
    }
}

#[test]
fn what_is_no_repository_is_an_error() {
    let scratch = Scratch::new();
    scratch.write("plain/file", "clean\n");
    for args in [
        &["plain"][..],
        &["nowhere"],
        &["."],
        &["--git-dir", "plain"],
    ] {
        let scan = run(scratch.root(), [&["scan", "--history"], args].concat());
        assert_eq!(scan.code, 2, "{args:?}: {}", scan.err);
        assert!(
            !scan.err.is_empty() && scan.out.is_empty(),
            "{args:?}: {}",
            scan.out
        );
    }
}
