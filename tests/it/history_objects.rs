//! Secrets in what is no file: commits, tags, notes; and tags of what is no commit.

use std::fs;

use crate::support::history::{asked, blob, commit, expect, found, found_in, key};
use crate::support::program::run;
use crate::support::repo::Scratch;

/// The secret of a line that [`key`] gives.
fn bare(label: &str) -> String {
    key(label).split('\'').nth(1).unwrap().to_owned()
}

#[test]
fn the_message_of_a_commit() {
    let repo = Scratch::repo();
    commit(&repo, "a", "clean\n");
    let message = format!("rotate\n\nold {}", key("a"));
    repo.git(&["commit", "-q", "--allow-empty", "-m", &message]);
    commit(&repo, "b", "clean\n");
    expect(1)
        .find(
            found_in("commit")
                .first("HEAD~1")
                .refs(&["refs/heads/main"])
                .places(1),
        )
        .every_object()
        .check(&repo, &[]);
    repo.git(&["gc", "-q"]);
    expect(1)
        .find(
            found_in("commit")
                .first("HEAD~1")
                .refs(&["refs/heads/main"])
                .places(1),
        )
        .every_object()
        .check(&repo, &[]);
}

#[test]
fn the_name_of_an_author() {
    let repo = Scratch::repo();
    repo.write("a", "clean\n").git(&["add", "."]);
    let author = format!("--author={} <a@example.com>", bare("a"));
    repo.git(&["commit", "-qm", "message", &author]);
    assert!(asked(&repo, "", &["cat-file", "-p", "HEAD"]).contains(&bare("a")));
    expect(1)
        .find(found_in("commit").first("HEAD"))
        .check(&repo, &[]);
}

#[test]
fn a_message_that_is_rewritten_is_still_there() {
    let repo = Scratch::repo();
    commit(&repo, "a", "clean\n");
    repo.git(&["commit", "-q", "--amend", "-m", &key("a")]);
    let lost = asked(&repo, "", &["rev-parse", "HEAD"]);
    repo.git(&["commit", "-q", "--amend", "-m", "clean"]);
    expect(1)
        .find(found_in("commit").first(&lost).refs(&["reflog of HEAD"]))
        .check(&repo, &[]);
}

#[test]
fn the_message_of_a_tag() {
    let repo = Scratch::repo();
    commit(&repo, "a", "clean\n").git(&["tag", "-a", "v1", "-m", &key("a")]);
    repo.git(&["tag", "-a", "outer", "v1", "-m", "a tag of a tag"]);
    expect(1)
        .find(
            found_in("tag")
                .in_head(false)
                .refs(&["refs/tags/v1"])
                .places(1),
        )
        .every_object()
        .check(&repo, &[]);
}

#[test]
fn a_note() {
    let repo = Scratch::repo();
    commit(&repo, "a", "clean\n").git(&["notes", "add", "-m", &key("a")]);
    let path = asked(
        &repo,
        "",
        &["ls-tree", "-r", "--name-only", "refs/notes/commits"],
    );
    assert_eq!(path.len(), 40);
    expect(1)
        .find(
            found(&path)
                .first("refs/notes/commits")
                .in_head(false)
                .refs(&["refs/notes/commits"]),
        )
        .every_object()
        .check(&repo, &[]);
}

#[test]
fn a_tag_of_a_blob() {
    let repo = Scratch::repo();
    commit(&repo, "a", "clean\n");
    let [light, full] = [key("a"), key("b")].map(|content| blob(&repo, content));
    repo.git(&["tag", "light", &light])
        .git(&["tag", "-a", "full", "-m", "annotated", &full]);
    expect(1)
        .find(
            found_in("blob")
                .no_first()
                .in_head(false)
                .refs(&["refs/tags/light"]),
        )
        .find(
            found_in("blob")
                .no_first()
                .in_head(false)
                .refs(&["refs/tags/full"]),
        )
        .every_object()
        .check(&repo, &["--reachable"]);
}

#[test]
fn a_tag_of_a_tree() {
    let repo = Scratch::repo();
    commit(&repo, "a", "clean\n");
    let entry = format!("100644 blob {}\tdeep.py\n", blob(&repo, key("a")));
    let tree = repo.git_fed("", &["mktree"], entry.as_bytes());
    let tree = String::from_utf8(tree).unwrap();
    repo.git(&["tag", "-a", "tree", "-m", "annotated", tree.trim()]);
    expect(1)
        .find(
            found_in("blob")
                .no_first()
                .in_head(false)
                .refs(&["refs/tags/tree"]),
        )
        .every_object()
        .check(&repo, &["--reachable"]);
}

#[test]
fn refs_that_are_no_branches() {
    let repo = Scratch::repo();
    commit(&repo, "start", "clean\n").git(&["checkout", "-q", "--detach"]);
    commit(&repo, "a.py", key("a"));
    let names = [
        "refs/pull/7/head",
        "refs/remotes/origin/gone",
        "refs/keep-around/x",
    ];
    for name in names {
        repo.git(&["update-ref", name, "HEAD"]);
    }
    let lost = asked(&repo, "", &["rev-parse", "HEAD"]);
    repo.git(&["checkout", "-q", "main"]);
    expect(1)
        .find(found("a.py").first(&lost).in_head(false).refs(&names))
        .check(&repo, &["--reachable"]);
}

#[test]
fn a_ref_that_is_broken_does_not_hide_the_others() {
    let repo = Scratch::repo();
    commit(&repo, "a.py", key("a"));
    repo.write(".git/refs/heads/broken", "no id at all\n")
        .write(".git/refs/heads/dangling", format!("{}\n", "1".repeat(40)))
        .write(".git/refs/heads/circle", "ref: refs/heads/circle\n");
    let scan = run(repo.root(), ["scan", "--history", "--format", "json"]);
    assert_eq!(scan.code, 2, "{}", scan.err);
    assert!(scan.out.contains("\"a.py\""), "{}", scan.out);
}

#[test]
fn an_author_date_is_that_of_the_commit() {
    let repo = Scratch::repo();
    repo.write("a.py", key("a")).git(&["add", "."]);
    repo.git(&["commit", "-qm", "1", "--date=1999-12-31T23:00:00-0500"]);
    let scan = run(repo.root(), ["scan", "--history", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&scan.out).unwrap();
    let first = &report["findings"][0]["history"]["first_commit"];
    let date = first["author_date"].as_str().unwrap();
    assert!(date.starts_with("2000-01-01T04:00:00"), "{date}");
}

#[test]
fn headers_of_commits_that_git_does_not_show() {
    let repo = Scratch::repo();
    commit(&repo, "a", "clean\n");
    let tree = asked(&repo, "", &["rev-parse", "HEAD^{tree}"]);
    let person = "A <a@example.com> 981173106 +0000";
    let object = format!(
        "tree {tree}\nauthor {person}\ncommitter {person}\nx-odd {}\n\nmessage\n",
        bare("a")
    );
    let args = [
        "hash-object",
        "-w",
        "-t",
        "commit",
        "--literally",
        "--stdin",
    ];
    let id = repo.git_fed("", &args, object.as_bytes());
    let id = String::from_utf8(id).unwrap();
    repo.git(&["update-ref", "refs/heads/odd", id.trim()]);
    assert!(!asked(&repo, "", &["log", "odd"]).contains(&bare("a")));
    expect(1)
        .find(found_in("commit").first("odd"))
        .check(&repo, &[]);
}

#[test]
fn nothing_is_written_into_the_repository() {
    let repo = Scratch::repo();
    commit(&repo, "a.py", key("a")).git(&["gc", "-q"]);
    let listing = || {
        let mut all = Vec::new();
        let mut folders = vec![repo.path(".git")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                let about = entry.metadata().unwrap();
                if about.is_dir() {
                    folders.push(entry.path());
                }
                all.push((entry.path(), about.len(), about.modified().unwrap()));
            }
        }
        all.sort();
        all
    };
    let before = listing();
    expect(1).find(found("a.py")).check(&repo, &[]);
    assert_eq!(listing(), before);
}
