//! Where a finding is said to come from: path, first commit, whether it is still there, and what reaches it.

use std::fs;

use crate::support::history::{
    asked, blob, commit, expect, forget_reflogs, found, found_in, git_can, key,
};
use crate::support::program::{run, text};
use crate::support::repo::Scratch;

/// Leaves out the rule about dotenv files as a whole.
const NO_FILE_RULE: [&str; 2] = ["--skip-rule", "dotenv-file"];

#[test]
fn added_then_deleted() {
    let repo = Scratch::repo();
    commit(&repo, "keep", "clean\n");
    commit(&repo, "a.py", key("a")).git(&["rm", "-q", "a.py"]);
    repo.git(&["commit", "-qm", "gone"]);
    expect(1)
        .find(
            found("a.py")
                .first("HEAD~1")
                .in_head(false)
                .refs(&["refs/heads/main"]),
        )
        .every_object()
        .check(&repo, &[]);
}

#[test]
fn deleted_and_brought_back() {
    let repo = Scratch::repo();
    commit(&repo, "a.py", key("a"));
    commit(&repo, "a.py", "clean\n");
    commit(&repo, "a.py", key("a"));
    expect(1)
        .find(found("a.py").first("HEAD~2").in_head(true).places(1))
        .check(&repo, &[]);
}

#[test]
fn brought_in_by_a_merge_alone() {
    let repo = Scratch::repo();
    commit(&repo, "a.py", "clean\n").git(&["checkout", "-q", "-b", "side"]);
    commit(&repo, "b.py", "clean\n").git(&["checkout", "-q", "main"]);
    commit(&repo, "c.py", "clean\n").git(&["merge", "-q", "--no-commit", "--no-ff", "side"]);
    repo.write("a.py", format!("clean\n{}", key("a")))
        .git(&["commit", "-qam", "merge"]);
    commit(&repo, "a.py", "clean\n");
    assert_eq!(
        asked(
            &repo,
            "",
            &["log", "--all", "-S.", "--format=%h", "--", "nothing"]
        ),
        ""
    );
    assert_eq!(
        asked(&repo, "", &["rev-list", "--parents", "-1", "HEAD~1"]).len(),
        122
    );
    expect(1)
        .find(found("a.py").first("HEAD~1").in_head(false))
        .every_object()
        .check(&repo, &[]);
}

#[test]
fn the_commit_that_the_others_follow_is_the_first() {
    let repo = Scratch::repo();
    commit(&repo, "start", "clean\n");
    commit(&repo, "a.py", key("a")).git(&["checkout", "-q", "-b", "side"]);
    commit(&repo, "dir/moved.py", format!("# again\n{}", key("a")))
        .git(&["checkout", "-q", "main"]);
    commit(&repo, "other.py", format!("x = 1\n{}", key("a")));
    repo.git(&["merge", "-q", "--no-edit", "side"]);
    expect(1)
        .find(found("a.py").first("main~2").in_head(true).places(3))
        .check(&repo, &[]);
}

#[test]
fn of_two_beginnings_the_older_one_is_the_first() {
    let repo = Scratch::repo();
    let on = |date: &str, args: &[&str]| drop(repo.git_on(date, "", args, b""));
    repo.write("a.py", key("a")).git(&["add", "."]);
    on("2005-01-01T00:00:00Z", &["commit", "-qm", "later"]);
    repo.git(&["checkout", "-q", "--orphan", "other"]);
    on("2003-01-01T00:00:00Z", &["commit", "-qm", "earlier"]);
    expect(1)
        .find(
            found("a.py")
                .first("other")
                .refs(&["refs/heads/main", "refs/heads/other"]),
        )
        .check(&repo, &[]);
}

#[test]
fn attributes_hide_nothing() {
    let repo = Scratch::repo();
    repo.write(
        ".gitattributes",
        "*.py -diff\n*.key binary\n*.cfg export-ignore -text\n",
    );
    repo.write("b.key", key("b")).write("c.cfg", key("c"));
    commit(&repo, "a.py", key("a"));
    assert_eq!(
        asked(&repo, "", &["log", "-Gkey", "--format=%h", "--", "c.cfg"]).len(),
        7
    );
    expect(1)
        .find(found("a.py").first("HEAD"))
        .find(found("b.key").first("HEAD"))
        .find(found("c.cfg").first("HEAD"))
        .check(&repo, &[]);
}

#[test]
fn texts_that_git_takes_for_binary() {
    let repo = Scratch::repo();
    let wide: Vec<u8> = format!("\u{feff}{}", key("a"))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let nul = [b"\0\x01\x02\0", key("b").as_bytes(), b"\0\0"].concat();
    commit(&repo, "wide.txt", wide);
    commit(&repo, "nul.bin", nul);
    assert!(asked(&repo, "", &["log", "-p", "--format="]).contains("Binary files"));
    expect(1)
        .find(found("wide.txt").first("HEAD~1").in_head(true))
        .find(found("nul.bin").first("HEAD").in_head(true))
        .check(&repo, &[]);
}

#[test]
fn a_stash_of_work_tree_index_and_new_files() {
    let repo = Scratch::repo();
    commit(&repo, "a.py", "clean\n");
    commit(&repo, "b.py", "clean\n");
    repo.write("b.py", key("b"))
        .git(&["add", "b.py"])
        .write("b.py", "clean again\n")
        .write("a.py", key("a"))
        .write("c.py", key("c"))
        .git(&["stash", "push", "-q", "--include-untracked"]);
    assert_eq!(asked(&repo, "", &["status", "-s"]), "");
    assert_eq!(asked(&repo, "", &["show", "stash^3:c.py"]) + "\n", key("c"));
    let stash = |path| found(path).in_head(false).refs(&["refs/stash"]);
    expect(1)
        .find(stash("a.py").first("stash"))
        .find(stash("b.py").first("stash^2"))
        .find(stash("c.py").first("stash^3"))
        .check(&repo, &["--reachable"]);
}

#[test]
fn only_in_the_reflog() {
    let repo = Scratch::repo();
    commit(&repo, "keep", "clean\n");
    commit(&repo, "a.py", key("a"));
    let lost = asked(&repo, "", &["rev-parse", "HEAD"]);
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    expect(1)
        .find(
            found("a.py")
                .first(&lost)
                .in_head(false)
                .refs(&["reflog of HEAD"]),
        )
        .every_object()
        .check(&repo, &[]);
}

#[test]
fn unreachable_is_not_gone() {
    let repo = Scratch::repo();
    commit(&repo, "keep", "clean\n");
    commit(&repo, "a.py", key("a")).git(&["reset", "-q", "--hard", "HEAD~1"]);
    repo.git(&["update-ref", "-d", "ORIG_HEAD"]);
    forget_reflogs(&repo);
    blob(&repo, key("b"));
    assert!(asked(&repo, "", &["fsck", "--unreachable"]).contains("unreachable commit"));
    let lost = || found_in("blob").no_first().in_head(false).refs(&[]);
    expect(1)
        .find(lost())
        .find(lost())
        .every_object()
        .check(&repo, &[]);
    expect(0).check(&repo, &["--reachable"]);
    repo.git(&["repack", "-qadfk"]);
    expect(1).find(lost()).find(lost()).check(&repo, &[]);
}

#[test]
fn one_secret_in_many_places_is_one_finding() {
    let repo = Scratch::repo();
    for version in 0..5 {
        for file in 0..5 {
            repo.write(
                format!("f{file}.py"),
                format!("{}x = {file}{version}\n", key("a")),
            );
        }
        repo.git(&["add", "."])
            .git(&["commit", "-qm", &format!("{version}")]);
    }
    expect(1)
        .find(found("f0.py").first("HEAD~4").in_head(true).places(25))
        .every_object()
        .check(&repo, &[]);
    let text = run(repo.root(), ["scan", "--history"]);
    if text.code == 1 {
        assert!(
            text.out.contains("24 more places"),
            "how many places is not said:\n{}",
            text.out
        );
    }
}

#[test]
fn many_refs_are_counted() {
    let repo = Scratch::repo();
    commit(&repo, "a.py", key("a"));
    for number in 10..40 {
        repo.git(&["tag", &format!("a-tag-{number}")]);
    }
    expect(1)
        .find(found("a.py").first("main").refs(&["HEAD"]))
        .check(&repo, &[]);
}

#[test]
fn one_blob_with_two_names_is_judged_by_both() {
    let repo = Scratch::repo();
    let content = text("CRM_SECRET=<<alnum:40>>\n");
    repo.write("notes.txt", &content);
    commit(&repo, "config/.env.production", &content);
    assert_eq!(
        asked(&repo, "", &["ls-tree", "-r", "HEAD"])
            .matches("blob")
            .count(),
        2
    );
    let files = run(
        repo.root(),
        ["scan", "--format", "json", NO_FILE_RULE[0], NO_FILE_RULE[1]],
    );
    let count = |out: &str| {
        let report: serde_json::Value = serde_json::from_str(out).unwrap();
        report["findings"].as_array().unwrap().len()
    };
    assert_eq!((files.code, count(&files.out)), (1, 1));
    expect(1)
        .find(found("config/.env.production").first("HEAD").in_head(true))
        .every_object()
        .check(&repo, &NO_FILE_RULE);
}

#[test]
fn a_file_that_was_renamed() {
    let repo = Scratch::repo();
    commit(&repo, "old/name.py", key("a")).git(&["mv", "old", "new"]);
    repo.git(&["commit", "-qm", "moved"]);
    expect(1)
        .find(found("new/name.py").first("HEAD~1").in_head(true).places(2))
        .check(&repo, &[]);
}

#[test]
fn a_file_that_was_renamed_to_a_name_that_counts() {
    let repo = Scratch::repo();
    commit(&repo, "template", text("CRM_SECRET=<<alnum:40>>\n")).git(&["mv", "template", ".env"]);
    repo.git(&["commit", "-qm", "moved"]);
    expect(1)
        .find(found(".env").in_head(true))
        .check(&repo, &NO_FILE_RULE);
}

#[cfg(unix)]
#[test]
fn odd_names_are_kept() {
    use std::os::unix::ffi::OsStrExt as _;
    let repo = Scratch::repo();
    repo.write("new\nline\t\x1b[31m.py", key("a"));
    repo.write(std::ffi::OsStr::from_bytes(b"latin-\xe9.py"), key("b"));
    commit(&repo, "-rf \"quoted\\\".py", key("c"));
    assert_eq!(
        asked(&repo, "", &["ls-tree", "-r", "HEAD"]).lines().count(),
        3
    );
    expect(1)
        .find(found("new\nline\t\x1b[31m.py").first("HEAD"))
        .find(found("latin-\\xe9.py").first("HEAD"))
        .find(found("-rf \"quoted\\\".py").first("HEAD"))
        .check(&repo, &[]);
    for format in ["text", "json", "jsonl", "sarif"] {
        let scan = run(repo.root(), ["scan", "--history", "--format", format]);
        assert!(!scan.out.contains('\x1b'), "{format}");
    }
}

#[test]
fn names_that_a_file_system_would_refuse() {
    let repo = Scratch::repo();
    let id = blob(&repo, key("a"));
    let entries = format!("100644 blob {id}\t..\n100644 blob {id}\t.git\n");
    let tree = repo.git_fed("", &["mktree"], entries.as_bytes());
    let tree = String::from_utf8(tree).unwrap();
    let commit = asked(&repo, "", &["commit-tree", tree.trim(), "-m", "odd"]);
    repo.git(&["update-ref", "refs/heads/main", &commit]);
    expect(1)
        .find(found(".git").first("main").in_head(true).places(2))
        .check(&repo, &[]);
}

#[test]
fn the_same_folder_in_many_places() {
    let repo = Scratch::repo();
    for folder in ["a", "b/c", "b/d/e"] {
        repo.write(format!("{folder}/key.py"), key("a"));
    }
    commit(&repo, "other", "clean\n");
    expect(1)
        .find(found("b/d/e/key.py").first("HEAD").places(3))
        .check(&repo, &[]);
}

#[test]
fn a_file_that_became_a_folder() {
    let repo = Scratch::repo();
    commit(&repo, "thing", key("a"));
    fs::remove_file(repo.path("thing")).unwrap();
    commit(&repo, "thing/inner", key("b"));
    expect(1)
        .find(found("thing").first("HEAD~1").in_head(false))
        .find(found("thing/inner").first("HEAD").in_head(true))
        .check(&repo, &[]);
}

#[test]
fn the_target_of_a_link_is_text_too() {
    let repo = Scratch::repo();
    let id = blob(&repo, key("a"));
    let entry = format!("120000 {id} 0\tlink\n");
    repo.git_fed("", &["update-index", "--index-info"], entry.as_bytes());
    repo.git(&["commit", "-qm", "link"]);
    if git_can(repo.root(), &["cat-file", "-e", "HEAD:link"]) {
        expect(1)
            .find(found("link").first("HEAD").in_head(true))
            .check(&repo, &[]);
    }
}

#[test]
fn a_finding_counts_by_what_it_is_worst_at() {
    let repo = Scratch::repo();
    commit(&repo, ".env", "NAME=app\n");
    commit(&repo, ".env", format!("NAME=app\n{}", key("late")));
    let args = [
        "scan",
        "--history",
        ".",
        "--rule",
        "dotenv-file",
        "--format",
        "json",
    ];
    let all = run(
        repo.root(),
        [&args[..], &["--rule", "sendgrid-api-key"]].concat(),
    );
    let report: serde_json::Value = serde_json::from_str(&all.out).unwrap();
    let file = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["rule"] == "dotenv-file");
    let file = file.expect(&all.out);
    assert_eq!(file["severity"], "medium", "{}", all.out);
    let first = asked(&repo, "", &["rev-parse", "HEAD~1"]);
    assert_eq!(file["history"]["first_commit"]["id"], first.as_str());
    assert_eq!(file["history"]["location_count"], 2);
}
