//! Histories of every shape that a repository can have: where its store is, where `HEAD` is, how objects are kept.

use std::fs;

use crate::support::history::{
    Expected, asked, commit, expect, found, found_in, git_can, key, objects,
};
use crate::support::program::run;
use crate::support::repo::Scratch;

/// A secret that came with the first commit and is gone since the second; the third adds another one.
fn three_commits(repo: &Scratch) -> &Scratch {
    commit(repo, "old.py", key("a"));
    commit(repo, "old.py", "clean\n");
    commit(repo, "new.py", key("b"))
}

/// What a scan of [`three_commits`] gives, wherever they are.
fn both<'a>() -> Expected<'a> {
    expect(1)
        .find(found("old.py").first("main~2").in_head(false).places(1))
        .find(found("new.py").first("main").in_head(true).places(1))
        .every_object()
}

#[test]
fn a_secret_of_the_first_commit_only() {
    let repo = Scratch::repo();
    three_commits(&repo);
    both().check(&repo, &[]);
    both().check(&repo, &["."]);
}

#[test]
fn a_repository_without_commits() {
    let repo = Scratch::repo();
    expect(0).every_object().check(&repo, &[]);
    repo.write("a.py", key("a")).git(&["add", "."]);
    assert_eq!(objects(&repo, "")["blobs"], 1);
    expect(1)
        .find(found_in("blob").no_first().in_head(false))
        .check(&repo, &[]);
}

#[test]
fn a_detached_head() {
    let repo = Scratch::repo();
    three_commits(&repo).git(&["checkout", "-q", "--detach", "HEAD~2"]);
    commit(&repo, "aside.py", key("c"));
    expect(1)
        .find(found("old.py").first("main~2").in_head(true))
        .find(
            found("new.py")
                .first("main")
                .in_head(false)
                .refs(&["refs/heads/main"]),
        )
        .find(
            found("aside.py")
                .first("HEAD")
                .in_head(true)
                .refs(&["HEAD"]),
        )
        .every_object()
        .check(&repo, &[]);
}

#[test]
fn a_bare_clone() {
    let repo = Scratch::repo();
    three_commits(&repo).git(&["clone", "-q", "--bare", ".", "bare.git"]);
    both().check_in(&repo, "bare.git", &[]);
    both().check(&repo, &["bare.git"]);
}

#[test]
fn a_linked_work_tree() {
    let repo = Scratch::repo();
    three_commits(&repo).git(&["worktree", "add", "-q", "-b", "side", "linked", "main~2"]);
    assert!(fs::metadata(repo.path("linked/.git")).unwrap().is_file());
    expect(1)
        .find(
            found("old.py")
                .first("main~2")
                .in_head(true)
                .refs(&["refs/heads/side"]),
        )
        .find(
            found("new.py")
                .first("main")
                .in_head(false)
                .refs(&["refs/heads/main"]),
        )
        .every_object()
        .check_in(&repo, "linked", &[]);
}

#[test]
fn a_detached_head_of_another_work_tree_is_a_ref() {
    let repo = Scratch::repo();
    three_commits(&repo).git(&["worktree", "add", "-q", "--detach", "linked"]);
    repo.write("linked/aside.py", key("c"))
        .git_in("linked", &["add", "."])
        .git_in("linked", &["commit", "-qm", "aside"]);
    let aside = asked(&repo, "linked", &["rev-parse", "HEAD"]);
    both()
        .find(found("aside.py").first(&aside).in_head(false))
        .check(&repo, &["--reachable"]);
}

#[test]
fn from_a_directory_below() {
    let repo = Scratch::repo();
    three_commits(&repo);
    commit(&repo, "deep/down/file", "clean\n");
    expect(1)
        .find(found("old.py").first("main~3"))
        .find(found("new.py").first("main~1"))
        .every_object()
        .check_in(&repo, "deep/down", &[]);
}

#[test]
fn a_store_that_is_named() {
    let repo = Scratch::new();
    repo.git(&[
        "init",
        "-q",
        "-b",
        "main",
        "work",
        "--separate-git-dir=store",
    ]);
    repo.write("work/old.py", key("a"))
        .git_in("work", &["add", "."])
        .git_in("work", &["commit", "-qm", "1"]);
    let only = || expect(1).find(found("old.py").first("main").in_head(true));
    only().check_in(&repo, "work", &[]);
    repo.write("elsewhere/x", "");
    only().check_in(&repo, "store", &["--git-dir", "."]);
    only().check_in(&repo, "work", &["--git-dir", "../store"]);
}

#[test]
fn settings_of_each_work_tree() {
    let repo = Scratch::repo();
    three_commits(&repo)
        .git(&["config", "extensions.worktreeConfig", "true"])
        .git(&["config", "--worktree", "core.sparseCheckout", "true"]);
    assert!(repo.path(".git/config.worktree").exists());
    both().check(&repo, &[]);
}

#[test]
fn a_shallow_clone_says_where_it_ends() {
    let repo = Scratch::repo();
    three_commits(&repo);
    let from = format!("file://{}", repo.root().display());
    repo.git(&["clone", "-q", "--depth=1", &from, "shallow"]);
    assert_eq!(objects(&repo, "shallow")["commits"], 1);
    expect(1)
        .find(found("new.py").first("HEAD").in_head(true))
        .skip("shallow-boundary", 1)
        .every_object()
        .check_in(&repo, "shallow", &[]);
}

#[test]
fn names_of_sha256() {
    let repo = Scratch::new();
    repo.git(&["init", "-q", "-b", "main", "--object-format=sha256"]);
    three_commits(&repo);
    assert_eq!(asked(&repo, "", &["rev-parse", "HEAD"]).len(), 64);
    both().check(&repo, &[]);
    repo.git(&["gc", "-q"]);
    both().check(&repo, &[]);
}

#[test]
fn refs_in_a_table() {
    let repo = Scratch::new();
    if !git_can(
        repo.root(),
        &["init", "-q", "-b", "main", "--ref-format=reftable"],
    ) {
        return;
    }
    three_commits(&repo);
    assert!(repo.path(".git/reftable/tables.list").exists());
    both().check(&repo, &[]);
}

#[test]
fn replaced_objects_are_scanned_as_they_are() {
    let repo = Scratch::repo();
    three_commits(&repo).write("clean", "nothing\n");
    let clean = asked(&repo, "", &["hash-object", "-w", "clean"]);
    repo.git(&["replace", "main:new.py", &clean]);
    repo.git(&["replace", "--graft", "main"]);
    assert_eq!(asked(&repo, "", &["show", "main:new.py"]), "nothing");
    assert_eq!(asked(&repo, "", &["rev-list", "--count", "main"]), "1");
    let first = asked(&repo, "", &["--no-replace-objects", "rev-parse", "main~2"]);
    expect(1)
        .find(
            found("old.py")
                .first(&first)
                .in_head(false)
                .refs(&["refs/heads/main"]),
        )
        .find(found("new.py").in_head(true))
        .check(&repo, &[]);
}

#[test]
fn grafted_commits_have_the_parents_that_they_name() {
    let repo = Scratch::repo();
    commit(&repo, "a.py", key("a"));
    commit(&repo, "b.py", "clean\n");
    let [first, head] = ["HEAD~1", "HEAD"].map(|name| asked(&repo, "", &["rev-parse", name]));
    repo.write(".git/info/grafts", format!("{head}\n"));
    assert_eq!(asked(&repo, "", &["rev-list", "--count", "main"]), "1");
    expect(1)
        .find(found("a.py").first(&first).in_head(true))
        .check(&repo, &[]);
}

#[test]
fn all_that_git_keeps_beside_its_packs() {
    let repo = Scratch::repo();
    three_commits(&repo).git(&["repack", "-q"]);
    commit(&repo, "more", "clean\n")
        .git(&["repack", "-q"])
        .git(&["commit-graph", "write", "--reachable", "--changed-paths"])
        .git(&["multi-pack-index", "write", "--bitmap"])
        .git(&["pack-refs", "--all"]);
    let beside = fs::read_dir(repo.path(".git/objects/pack")).unwrap();
    let names: Vec<String> = beside
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        names
            .iter()
            .any(|name| name.starts_with("multi-pack-index-")),
        "{names:?}"
    );
    expect(1)
        .find(found("old.py").first("main~3").refs(&["refs/heads/main"]))
        .find(found("new.py").first("main~1").in_head(true))
        .every_object()
        .check(&repo, &[]);
}

#[test]
fn objects_that_are_stored_more_than_once_count_once() {
    let repo = Scratch::repo();
    three_commits(&repo).git(&["repack", "-q"]).git(&[
        "clone",
        "-q",
        "--bare",
        "--no-hardlinks",
        ".",
        "copy.git",
    ]);
    let all = repo.git_fed(
        "",
        &["rev-list", "--objects", "--all", "--no-object-names"],
        b"",
    );
    repo.git_fed(
        "",
        &[
            "pack-objects",
            "-q",
            ".git/objects/pack/again",
            "--window=0",
        ],
        &all,
    );
    let half: Vec<u8> = all
        .split_inclusive(|byte| *byte == b'\n')
        .take(4)
        .flatten()
        .copied()
        .collect();
    repo.git_fed("", &["pack-objects", "-q", ".git/objects/pack/half"], &half);
    // and once more as loose objects
    let pack = fs::read_dir(repo.path("copy.git/objects/pack")).unwrap();
    let pack = pack.map(|entry| entry.unwrap().path());
    let pack = pack
        .filter(|path| path.extension().is_some_and(|ext| ext == "pack"))
        .last();
    let pack = fs::read(pack.unwrap()).unwrap();
    repo.git(&["init", "-q", "--bare", "loose.git"]);
    repo.git_fed("loose.git", &["unpack-objects", "-q"], &pack);
    copy_loose(&repo);
    let counted = asked(&repo, "", &["count-objects", "-v"]);
    assert!(
        counted.contains("count: 9") && counted.contains("packs: 3"),
        "{counted}"
    );
    both().check(&repo, &[]);
}

/// Copies the loose objects of `loose.git` into the repository at the top.
fn copy_loose(repo: &Scratch) {
    for folder in fs::read_dir(repo.path("loose.git/objects")).unwrap() {
        let folder = folder.unwrap();
        if folder.file_name().len() != 2 {
            continue;
        }
        let to = repo.path(".git/objects").join(folder.file_name());
        fs::create_dir_all(&to).unwrap();
        for object in fs::read_dir(folder.path()).unwrap() {
            let object = object.unwrap();
            fs::copy(object.path(), to.join(object.file_name())).unwrap();
        }
    }
}

#[test]
fn a_store_that_borrows_from_others() {
    let repo = Scratch::new();
    repo.git(&["init", "-q", "-b", "main", "lender"]);
    repo.write("lender/old.py", key("a"))
        .git_in("lender", &["add", "."])
        .git_in("lender", &["commit", "-qm", "1"])
        .git(&["clone", "-q", "--shared", "lender", "borrower"])
        .git(&["clone", "-q", "--shared", "borrower", "third"]);
    repo.write("third/new.py", key("b"))
        .git_in("third", &["add", "."])
        .git_in("third", &["commit", "-qm", "2"]);
    let lent = asked(&repo, "third", &["count-objects", "-v"]);
    assert!(
        lent.contains("alternate:") && lent.contains("count: 3"),
        "{lent}"
    );
    expect(1)
        .find(found("old.py").first("HEAD~1").in_head(true))
        .find(found("new.py").first("HEAD").in_head(true))
        .every_object()
        .check_in(&repo, "third", &[]);
    fs::rename(repo.path("lender"), repo.path("gone")).unwrap();
    let scan = run(
        &repo.path("third"),
        ["scan", "--history", "--format", "json"],
    );
    assert_eq!(scan.code, 2, "{}", scan.err);
}

#[test]
fn stores_that_borrow_from_each_other_come_to_an_end() {
    let repo = Scratch::repo();
    three_commits(&repo);
    let own = repo.path(".git/objects");
    repo.git(&["clone", "-q", "--shared", ".", "other"]);
    let other = repo.path("other/.git/objects");
    let lines = format!("{}\n{}\n# a comment\n", other.display(), own.display());
    repo.write(".git/objects/info/alternates", lines);
    both().check_in(&repo, "other", &[]);
}

#[test]
fn entries_that_are_no_files_do_no_harm() {
    let repo = Scratch::new();
    repo.git(&["init", "-q", "-b", "main", "inner"]);
    repo.write("inner/in.py", key("c"))
        .git_in("inner", &["add", "."])
        .git_in("inner", &["commit", "-qm", "1"]);
    repo.git(&["init", "-q", "-b", "main", "outer"]);
    repo.git_in("outer", &["submodule", "--quiet", "add", "../inner", "sub"]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("to/nowhere", repo.path("outer/link")).unwrap();
    repo.git_in("outer", &["add", "."])
        .git_in("outer", &["commit", "-qm", "1"]);
    let listed = asked(&repo, "outer", &["ls-tree", "HEAD"]);
    assert!(
        listed.contains("160000 commit") && listed.contains("120000 blob"),
        "{listed}"
    );
    expect(0).every_object().check_in(&repo, "outer", &[]);
}
