//! What is staged: which content counts, and which findings a commit adds.

use std::fs;

use crate::support::history::{asked, commit, key};
use crate::support::program::text;
use crate::support::repo::Scratch;
use crate::support::staged::{staged, staged_by, staged_in};

#[test]
fn nothing_is_staged() {
    let repo = Scratch::repo();
    staged(&repo).finds(&[]).reads(0);
    commit(&repo, "a.py", key("a"));
    repo.write("b.py", key("b")).write("a.py", key("c"));
    let run = staged(&repo);
    run.finds(&[]).reads(0);
    assert!(
        run.err
            .contains("nothing is staged that HEAD does not hold"),
        "{}",
        run.err
    );
}

#[test]
fn the_first_commit() {
    let repo = Scratch::repo();
    repo.write("a.py", key("a"))
        .write("d/b.py", "clean\n")
        .write("d/e/c.py", key("c"))
        .git(&["add", "."]);
    staged(&repo)
        .finds(&[("a.py", 1), ("d/e/c.py", 1)])
        .reads(3);
}

#[test]
fn the_index_counts_and_not_the_work_tree() {
    let repo = Scratch::repo();
    commit(&repo, "a.py", "clean\n");
    // staged, then mended in the work tree alone
    repo.write("a.py", key("a")).git(&["add", "."]);
    repo.write("a.py", "clean\n");
    staged(&repo).finds(&[("a.py", 1)]);
    fs::remove_file(repo.path("a.py")).unwrap();
    staged(&repo).finds(&[("a.py", 1)]);
    // mended in the index, and still in the work tree
    repo.write("a.py", "mended\n").git(&["add", "."]);
    repo.write("a.py", key("a"));
    staged(&repo).finds(&[]).reads(1);
}

#[test]
fn from_any_folder_the_whole_index_is_judged() {
    let repo = Scratch::repo();
    commit(&repo, "d/e/clean", "clean\n");
    repo.write("top.py", key("a"))
        .write("d/e/deep.py", key("b"))
        .git(&["add", "."]);
    for dir in ["", "d", "d/e"] {
        staged_in(&repo, dir).finds(&[("d/e/deep.py", 1), ("top.py", 1)]);
    }
}

#[test]
fn what_head_holds_is_left_out() {
    let repo = Scratch::repo();
    commit(&repo, "a.py", key("a"));
    repo.write("a.py", format!("# a comment\n{}", key("a")))
        .git(&["add", "."]);
    staged(&repo).finds(&[]).leaves_out(1);
    staged_by(&repo, "", &["--all"], &[])
        .finds(&[("a.py", 2)])
        .leaves_out(0);
    // the new one is the one that is shown, wherever it stands
    repo.write("a.py", format!("{}{}", key("b"), key("a")))
        .git(&["add", "."]);
    staged(&repo).finds(&[("a.py", 1)]).leaves_out(1);
    let all = staged_by(&repo, "", &["--all"], &[]);
    all.finds(&[("a.py", 1), ("a.py", 2)]);
}

#[test]
fn a_second_copy_is_one_more() {
    let repo = Scratch::repo();
    commit(&repo, "a.py", key("a"));
    repo.write("b.py", key("a")).git(&["add", "."]);
    staged(&repo).finds(&[("b.py", 1)]).leaves_out(0);
    // changed beside it, so that both are read
    repo.write("a.py", format!("# moved\n{}", key("a")))
        .git(&["add", "."]);
    staged(&repo).finds(&[("b.py", 1)]).leaves_out(1);
    // twice in the same file: the line that was there is known by its text
    repo.git(&["rm", "-qf", "--cached", "b.py"])
        .write("a.py", format!("other_{}{}", key("a"), key("a")))
        .git(&["add", "a.py"]);
    staged(&repo).finds(&[("a.py", 1)]).leaves_out(1);
}

#[test]
fn renames_with_and_without_a_change() {
    let repo = Scratch::repo();
    let body: Vec<String> = (0..30).map(|line| format!("line {line}\n")).collect();
    let body = body.concat();
    commit(&repo, "d/a.py", format!("{body}{}", key("a")));
    repo.git(&["mv", "d", "moved"]);
    staged(&repo).finds(&[]).reads(1).leaves_out(1);
    repo.write("moved/a.py", format!("new line\n{body}{}", key("a")))
        .git(&["add", "."]);
    staged(&repo).finds(&[]).leaves_out(1);
    repo.write("moved/a.py", format!("{}{body}{}", key("b"), key("a")))
        .git(&["add", "."]);
    staged(&repo).finds(&[("moved/a.py", 1)]).leaves_out(1);
    // split over two files
    repo.write("one.py", key("a"))
        .write("two.py", key("a"))
        .git(&["rm", "-qrf", "--cached", "moved"])
        .git(&["add", "one.py", "two.py"]);
    let run = staged(&repo);
    assert_eq!(run.found.len(), 1, "{}", run.err);
    run.leaves_out(1);
}

#[test]
fn modes_links_and_gitlinks() {
    let repo = Scratch::repo();
    commit(&repo, "a.py", key("a"));
    repo.git(&["update-index", "--chmod=+x", "a.py"]);
    staged(&repo).finds(&[]).reads(0);
    // the target of a link is content like any other
    let target = text("<<sendgrid-key#target>>");
    let id = repo.git_fed("", &["hash-object", "-w", "--stdin"], target.as_bytes());
    let id = String::from_utf8(id).unwrap();
    let link = format!("120000,{},link", id.trim());
    repo.git(&["update-index", "--add", "--cacheinfo", &link]);
    staged(&repo).finds(&[("link", 1)]).reads(1);
    repo.git(&["update-index", "--force-remove", "link"]);
    let head = asked(&repo, "", &["rev-parse", "HEAD"]);
    let module = format!("160000,{head},module");
    repo.git(&["update-index", "--add", "--cacheinfo", &module]);
    staged(&repo).finds(&[]).reads(0);
    // a file in the place of a folder, a folder in the place of a file
    commit(&repo, "d/b.py", "clean\n");
    repo.git(&["rm", "-qrf", "--cached", "d", "a.py"]);
    fs::remove_dir_all(repo.path("d")).unwrap();
    fs::remove_file(repo.path("a.py")).unwrap();
    repo.write("d", key("d"))
        .write("a.py/c.py", key("c"))
        .git(&["add", "d", "a.py"]);
    staged(&repo).finds(&[("a.py/c.py", 1), ("d", 1)]).reads(2);
}

#[test]
fn intent_to_add_is_no_content_yet() {
    let repo = Scratch::repo();
    commit(&repo, "a.py", "clean\n");
    repo.write("b.py", key("b")).git(&["add", "-N", "b.py"]);
    staged(&repo).finds(&[]).reads(0);
    repo.git(&["add", "b.py"]);
    staged(&repo).finds(&[("b.py", 1)]);
    // removed and meant to be added again: what HEAD has is gone
    commit(&repo, "c.py", key("c"));
    repo.git(&["rm", "-q", "--cached", "c.py"])
        .git(&["add", "-N", "c.py"])
        .write("e.py", key("c"))
        .git(&["add", "e.py"]);
    staged(&repo).finds(&[]).leaves_out(1);
}

#[test]
fn every_stage_of_a_conflict_is_read() {
    let repo = Scratch::repo();
    commit(&repo, "a.py", format!("{}base\n", key("a")));
    repo.git(&["switch", "-qc", "topic"]);
    commit(&repo, "a.py", format!("{}theirs\n{}", key("a"), key("b")));
    repo.git(&["switch", "-q", "main"]);
    commit(&repo, "a.py", format!("{}ours\n", key("a")));
    let merge = repo
        .command("2001-02-03T04:05:06Z", "", &["merge", "-q", "topic"])
        .output()
        .unwrap();
    assert!(!merge.status.success());
    let stages = asked(&repo, "", &["ls-files", "-u"]);
    assert_eq!(stages.lines().count(), 3);
    // the base and theirs; ours is HEAD's, and theirs is what is merged
    staged(&repo).finds(&[]).reads(2).leaves_out(3);
    fs::rename(repo.path(".git/MERGE_HEAD"), repo.path(".git/aside")).unwrap();
    staged(&repo).finds(&[("a.py", 3)]).reads(2).leaves_out(2);
    fs::rename(repo.path(".git/aside"), repo.path(".git/MERGE_HEAD")).unwrap();
    repo.write("a.py", format!("{}both\n", key("a")))
        .git(&["add", "a.py"]);
    staged(&repo).finds(&[]).reads(1).leaves_out(1);
}

#[test]
fn what_a_merged_branch_brings_is_not_added() {
    let repo = Scratch::repo();
    commit(&repo, "both.py", "base\n");
    repo.git(&["switch", "-qc", "topic"]);
    commit(&repo, "d/theirs.py", key("theirs"));
    commit(&repo, "both.py", format!("theirs\n{}", key("b")));
    repo.git(&["switch", "-q", "main"]);
    commit(&repo, "both.py", "ours\n");
    let merge = repo
        .command("2001-02-03T04:05:06Z", "", &["merge", "-q", "topic"])
        .output()
        .unwrap();
    assert!(!merge.status.success());
    repo.write(
        "both.py",
        format!("both\n{}{}", key("b"), key("slipped in")),
    )
    .write("copy.py", key("theirs"))
    .git(&["add", "both.py", "copy.py"]);
    let added = [("both.py", 3), ("copy.py", 1)];
    staged(&repo).finds(&added).reads(3).leaves_out(2);
    // without the merge, all of it is new
    fs::remove_file(repo.path(".git/MERGE_HEAD")).unwrap();
    let all = [
        ("both.py", 2),
        ("both.py", 3),
        ("copy.py", 1),
        ("d/theirs.py", 1),
    ];
    staged(&repo).finds(&all).leaves_out(0);
}

#[test]
fn attributes_say_nothing() {
    let repo = Scratch::repo();
    repo.write(
        ".gitattributes",
        "*.py -diff -text\n*.bin binary\n*.x filter=missing\n",
    )
    .write("a.py", key("a"))
    .write("b.bin", key("b"))
    .write("c.x", key("c"))
    .git(&["add", "."]);
    staged(&repo).finds(&[("a.py", 1), ("b.bin", 1), ("c.x", 1)]);
}

#[test]
fn odd_names_and_utf_16() {
    let repo = Scratch::repo();
    let wide: Vec<u8> = [0xfe, 0xff]
        .into_iter()
        .chain(key("w").encode_utf16().flat_map(u16::to_be_bytes))
        .collect();
    repo.write("-rf", key("a"))
        .write("new\nline", key("b"))
        .write("\"quoted\" \\ name", key("c"))
        .write("wide.txt", wide);
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        repo.write(std::ffi::OsStr::from_bytes(b"odd-\xff"), key("d"));
    }
    repo.git(&["add", "-A", "--", "."]);
    let run = staged(&repo);
    let mut expected = vec!["\"quoted\" \\ name", "-rf", "new\nline", "wide.txt"];
    if cfg!(unix) {
        expected.insert(3, "odd-\\xff");
    }
    let mut found: Vec<&str> = run.found.iter().map(|(path, _)| &**path).collect();
    found.sort_unstable();
    assert_eq!(found, expected, "{}", run.err);
}

#[test]
fn a_token_beside_a_sid_that_was_committed_is_a_pair() {
    let repo = Scratch::repo();
    let sid = text("TWILIO_ACCOUNT_SID = 'AC<<hex:32#s>>'\n");
    commit(&repo, "settings.py", &sid);
    let token = text("TWILIO_AUTH_TOKEN = '<<hex:32#t>>'\n");
    repo.write("settings.py", format!("{sid}{token}"))
        .git(&["add", "."]);
    let run = staged(&repo);
    assert_eq!(run.code, 1, "{}", run.err);
    let finding = &run.report["findings"][0];
    assert_eq!(finding["rule"], "twilio-auth-token", "{finding}");
    assert_eq!(finding["parts"][0]["name"], "sid", "{finding}");
    assert_eq!(finding["store"], "index");
}

#[test]
fn a_dotenv_file_is_known_by_its_path() {
    let repo = Scratch::repo();
    repo.write(".env", "NAME=value\n")
        .git(&["add", "-f", ".env"]);
    let run = staged(&repo);
    assert_eq!(run.found.len(), 1, "{}", run.err);
    assert_eq!(run.report["findings"][0]["severity"], "info");
    repo.git(&["commit", "-qm", "env"]);
    repo.write(".env", "NAME=other\n")
        .git(&["add", "-f", ".env"]);
    staged(&repo).finds(&[]).leaves_out(1);
}

#[test]
fn many_files_are_read_by_many_threads() {
    let repo = Scratch::repo();
    commit(&repo, "first", "clean\n");
    for number in 0..300 {
        let content = match number % 50 {
            0 => key(&format!("{number}")),
            _ => format!("clean {number}\n"),
        };
        repo.write(format!("d{}/{number:03}.py", number % 7), content);
    }
    repo.git(&["add", "."]);
    for jobs in ["1", "3"] {
        let run = staged_by(&repo, "", &["--jobs", jobs], &[]);
        assert_eq!(run.found.len(), 6, "{}", run.err);
        run.reads(300);
    }
}
