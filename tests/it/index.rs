//! Indexes of every kind that git writes, and damaged ones; what `git ls-files` lists is the reference.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use waxseal::git::WorkTree;
use waxseal::model::SkipReason;
use waxseal::source::FileOptions;

use crate::support::record::{Record, scan};
use crate::support::repo::Scratch;

/// A repository in which everything is ignored, so that a scan meets what is tracked and nothing else.
fn all_ignored(init: &[&str]) -> Scratch {
    let repo = Scratch::new();
    repo.git(&[&["init", "-q", "-b", "main"], init].concat())
        .write(".gitignore", "*\n")
        .write("untracked", "");
    repo
}

/// Tracks each kind of entry there is.
fn with_every_kind(init: &[&str]) -> Scratch {
    let repo = all_ignored(init);
    repo.write("a.txt", "a")
        .write("dir/deep/long-name-with-a-tail-1", "1")
        .write("dir/deep/long-name-with-a-tail-2", "2")
        .write("dir/x", "x")
        .write("dir-and-more/x", "x")
        .write("ran.sh", "")
        .write("unseen", "")
        .write("later", "")
        .git(&["add", "-f", ".gitignore", "a.txt", "dir", "dir-and-more"])
        .git(&["add", "-f", "ran.sh", "unseen"])
        .git(&["update-index", "--chmod=+x", "ran.sh"])
        .git(&["commit", "-qm", "1"])
        .git(&["add", "-f", "--intent-to-add", "later"])
        .git(&["update-index", "--skip-worktree", "unseen"]);
    feed(&repo, &others(&repo));
    repo
}

/// Entries of a conflict with and without an ancestor, a link, a submodule and a file that is gone.
fn others(repo: &Scratch) -> String {
    let blob = object(repo, "a.txt");
    let commit = String::from_utf8(repo.git_fed("", &["rev-parse", "HEAD"], b"")).unwrap();
    let commit = commit.trim();
    format!(
        "100644 {blob} 1\tfought\n100644 {blob} 2\tfought\n100644 {blob} 3\tfought\n\
         100644 {blob} 2\tfought-anew\n100644 {blob} 3\tfought-anew\n\
         120000 {blob} 0\tsymbolic\n160000 {commit} 0\tsub\n100644 {blob} 0\tdir/gone\n"
    )
}

fn object(repo: &Scratch, path: &str) -> String {
    let id = repo.git_fed("", &["hash-object", "-w", path], b"");
    String::from_utf8(id).unwrap().trim().to_owned()
}

fn feed(repo: &Scratch, entries: &str) {
    repo.git_fed("", &["update-index", "--index-info"], entries.as_bytes());
}

/// What `git ls-files` lists, each path once.
fn listed(repo: &Scratch, options: &[&str]) -> BTreeSet<String> {
    let list = repo.git_fed("", &[&["ls-files", "-z"], options].concat(), b"");
    let list = String::from_utf8(list).unwrap();
    list.split_terminator('\0').map(str::to_owned).collect()
}

fn plain(root: &Path) -> Record {
    scan(root, "", &FileOptions::default())
}

/// What a scan took for tracked: what it read, and what it did not find or does not enter.
fn tracked(seen: &Record) -> BTreeSet<String> {
    assert!(
        seen.names().iter().all(|name| name.starts_with("T ")),
        "{:?}",
        seen.names()
    );
    let skips = seen.skips.iter().map(|skip| {
        assert!(!skip.reason.is_failure(), "{skip:?}");
        String::from_utf8(skip.path.clone()).unwrap()
    });
    seen.files.keys().cloned().chain(skips).collect()
}

fn assert_agrees(repo: &Scratch) {
    let listed = listed(repo, &[]);
    assert!(listed.len() > 1);
    assert_eq!(tracked(&plain(repo.root())), listed);
}

/// Whether the index holds an extension of this name.
fn has(repo: &Scratch, extension: &str) -> bool {
    let index = fs::read(repo.path(".git/index")).unwrap();
    memchr::memmem::find(&index, extension.as_bytes()).is_some()
}

fn index_version(repo: &Scratch) -> u8 {
    fs::read(repo.path(".git/index")).unwrap()[7]
}

#[test]
fn every_version_is_read() {
    let repo = with_every_kind(&[]);
    assert_eq!(index_version(&repo), 3);
    assert_agrees(&repo);
    repo.git(&["update-index", "--index-version", "4"]);
    assert_eq!(index_version(&repo), 4);
    assert_agrees(&repo);
    repo.git(&["reset", "-q", "--hard"])
        .git(&["update-index", "--no-skip-worktree", "unseen"])
        .git(&["update-index", "--index-version", "2"]);
    assert_eq!(index_version(&repo), 2);
    assert_agrees(&repo);
}

#[test]
fn what_is_in_conflict_or_to_be_added_is_read_and_what_is_gone_is_not() {
    let repo = with_every_kind(&[]);
    repo.write("fought", "");
    let seen = plain(repo.root());
    for name in ["T fought", "T later", "T ran.sh", "T unseen"] {
        assert!(seen.names().iter().any(|seen| seen == name), "{name}");
    }
    assert_eq!(
        seen.skipped(),
        [
            "absent sub",
            "deleted dir/gone",
            "deleted fought-anew",
            "deleted symbolic"
        ]
    );
}

#[test]
fn a_split_index_is_joined() {
    let repo = with_every_kind(&[]);
    repo.git(&["config", "splitIndex.maxPercentChange", "100"]);
    for version in ["2", "4"] {
        repo.git(&["update-index", "--index-version", version])
            .git(&["update-index", "--split-index"]);
        assert!(has(&repo, "link"));
        assert_agrees(&repo);
        repo.write(format!("new-{version}"), "")
            .write("dir/x", version)
            .git(&["add", "-f", &format!("new-{version}"), "dir/x"])
            .git(&["rm", "-q", "--cached", "dir/deep/long-name-with-a-tail-1"]);
        assert!(has(&repo, "link"));
        assert_agrees(&repo);
        repo.git(&["update-index", "--no-split-index"]);
        assert!(!has(&repo, "link"));
        assert_agrees(&repo);
        repo.git(&["add", "-f", "dir/deep/long-name-with-a-tail-1"]);
    }
}

#[test]
fn a_split_index_of_a_linked_work_tree_is_joined() {
    let repo = with_every_kind(&[]);
    repo.git(&["worktree", "add", "-q", "linked"]);
    repo.git_in("linked", &["update-index", "--split-index"]);
    let seen = plain(&repo.path("linked"));
    assert_eq!(seen.names().len(), 8);
    tracked(&seen);
}

#[test]
fn a_split_index_without_its_other_part_is_a_failure() {
    let repo = with_every_kind(&[]);
    repo.git(&["update-index", "--split-index"]);
    let shared = fs::read_dir(repo.path(".git"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_string_lossy().contains("sharedindex."))
        .unwrap();
    let content = fs::read(&shared).unwrap();

    let mut flipped = content.clone();
    flipped[80] ^= 1;
    fs::remove_file(&shared).unwrap();
    fs::write(&shared, flipped).unwrap();
    assert_failed(&repo, "checksum");

    fs::write(&shared, &content[..content.len() / 2]).unwrap();
    assert_failed(&repo, "");

    fs::remove_file(&shared).unwrap();
    assert_failed(&repo, "sharedindex.");
}

/// That the scan fails once, with these words, and reads every file for it.
fn assert_failed(repo: &Scratch, words: &str) {
    let seen = plain(repo.root());
    assert!(seen.names().contains(&"- untracked".to_owned()));
    let detail = seen.detail(SkipReason::Unreadable);
    assert!(
        detail.starts_with("cannot read the git index of ") && detail.contains(words),
        "{detail}"
    );
    assert_eq!(
        seen.skips
            .iter()
            .filter(|skip| skip.reason.is_failure())
            .count(),
        1
    );
}

#[test]
fn a_collapsed_directory_is_one_absent_path() {
    let repo = all_ignored(&[]);
    for file in ["top", "in/a", "out/b", "out/c/d", "out/c/e", "in-not/f"] {
        repo.write(file, "").git(&["add", "-f", file]);
    }
    repo.git(&["add", "-f", ".gitignore"])
        .git(&["commit", "-qm", "1"])
        .git(&["sparse-checkout", "set", "--cone", "--sparse-index", "in"]);
    let collapsed = listed(&repo, &["--sparse"]);
    assert!(collapsed.contains("out/") && collapsed.contains("in-not/"));
    let seen = plain(repo.root());
    assert_eq!(tracked(&seen), collapsed);
    assert_eq!(seen.skipped(), ["absent in-not/", "absent out/"]);
    let seen = scan(repo.root(), "in", &FileOptions::default());
    assert_eq!(seen.names(), ["T in/a"]);

    repo.git(&["sparse-checkout", "reapply", "--no-sparse-index"]);
    let seen = plain(repo.root());
    assert_eq!(tracked(&seen), listed(&repo, &[]));
    assert_eq!(seen.names(), ["T .gitignore", "T in/a", "T top"]);
}

#[test]
fn what_lies_where_a_directory_is_collapsed_is_read() {
    let repo = Scratch::repo();
    repo.write("in/a", "")
        .write("out/b", "")
        .git(&["add", "."])
        .git(&["commit", "-qm", "1"])
        .git(&["sparse-checkout", "set", "--cone", "--sparse-index", "in"])
        .write("out/new", "")
        .write("out/deep/new", "");
    let seen = plain(repo.root());
    assert_eq!(seen.names(), ["T in/a", "U out/deep/new", "U out/new"]);
    assert_eq!(seen.skipped(), [""; 0]);
    let seen = scan(repo.root(), "out", &FileOptions::default());
    assert_eq!(seen.names(), ["U out/deep/new", "U out/new"]);
}

#[test]
fn a_file_where_a_directory_is_collapsed_is_not_tracked() {
    let repo = Scratch::repo();
    repo.write("in/a", "")
        .write("out/b", "")
        .git(&["add", "."])
        .git(&["commit", "-qm", "1"])
        .git(&["sparse-checkout", "set", "--cone", "--sparse-index", "in"])
        .write("out", "");
    let seen = plain(repo.root());
    assert_eq!(seen.names(), ["T in/a", "U out"]);
    assert_eq!(seen.skipped(), ["absent out/"]);
}

#[test]
fn extensions_do_not_matter() {
    let repo = with_every_kind(&[]);
    repo.write("hook", "#!/bin/sh\nprintf 'token\\0'\n")
        .git(&["reset", "-q", "--hard"])
        .git(&["config", "index.recordEndOfIndexEntries", "true"])
        .git(&["config", "index.recordOffsetTable", "true"])
        .git(&["update-index", "--force-untracked-cache"])
        .git(&["status"]);
    make_executable(&repo.path("hook"));
    repo.git(&[
        "-c",
        "core.fsmonitor=.git/../hook",
        "update-index",
        "--fsmonitor",
    ]);
    for extension in ["TREE", "UNTR", "FSMN", "EOIE"] {
        assert!(has(&repo, extension), "{extension}");
    }
    assert_agrees(&repo);
}

#[cfg(unix)]
fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(not(unix))]
fn make_executable(_: &Path) {}

#[test]
fn a_large_index_that_git_reads_in_parts_is_read() {
    use std::fmt::Write;
    let repo = with_every_kind(&[]);
    let blob = object(&repo, "a.txt");
    let mut entries = String::new();
    for number in 0..25_000 {
        let dir = number / 100;
        writeln!(entries, "100644 {blob} 0\tmany/{dir}/{number}").unwrap();
    }
    feed(&repo, &entries);
    let index = repo.path(".git/index");
    for version in ["3", "4"] {
        repo.git(&["config", "index.threads", "4"]).git(&[
            "update-index",
            "--force-write-index",
            "--index-version",
            version,
        ]);
        assert!(has(&repo, "IEOT") && has(&repo, "EOIE"));
        assert_agrees(&repo);
    }
    let mut content = fs::read(&index).unwrap();
    assert!(content.len() > 1 << 20);
    content[1 << 19] ^= 1;
    fs::write(&index, content).unwrap();
    assert_failed(&repo, "");
}

#[test]
fn an_index_without_a_checksum_is_read() {
    let repo = with_every_kind(&[]);
    repo.git(&[
        "-c",
        "index.skipHash=true",
        "update-index",
        "--force-write-index",
    ]);
    let index = fs::read(repo.path(".git/index")).unwrap();
    assert!(index.ends_with(&[0; 20]));
    assert_agrees(&repo);
}

#[test]
fn entries_out_of_order_are_a_failure() {
    let repo = with_every_kind(&[]);
    repo.git(&[
        "-c",
        "index.skipHash=true",
        "update-index",
        "--force-write-index",
    ]);
    let mut index = fs::read(repo.path(".git/index")).unwrap();
    let at = memchr::memmem::find(&index, b"dir/x").unwrap();
    index[at] = b'z';
    fs::write(repo.path(".git/index"), index).unwrap();
    assert_failed(&repo, "out of order");
}

#[test]
fn indexes_with_sha_256_are_read() {
    let repo = with_every_kind(&["--object-format=sha256"]);
    assert_agrees(&repo);
    repo.git(&["update-index", "--index-version", "4"]);
    assert_agrees(&repo);
    repo.git(&["update-index", "--split-index"])
        .write("new", "")
        .git(&["add", "-f", "new"]);
    assert!(has(&repo, "link"));
    assert_agrees(&repo);
}

#[test]
fn another_object_format_is_named() {
    let repo = with_every_kind(&[]);
    repo.write(
        ".git/config",
        "[core]\nrepositoryFormatVersion = 1\n[extensions]\nobjectFormat = sha1024\n",
    );
    assert_failed(&repo, "object format sha1024 is not supported");
}

#[test]
fn no_path_is_lost_because_it_is_long() {
    let repo = with_every_kind(&[]);
    let blob = object(&repo, "a.txt");
    let dir = format!("{}/", "d".repeat(99)).repeat(40);
    for length in 4090..4106 {
        let path = dir.clone() + &"f".repeat(length - dir.len());
        feed(&repo, &format!("100644 {blob} 0\t{path}\n"));
        // The older formats have too few bits for the length of such a path, and gix-index then fails to
        // skip what fills up the entry. No system opens a path of that length.
        repo.git(&["update-index", "--index-version", "3"]);
        let tree = WorkTree::at(repo.root()).unwrap().unwrap();
        let held = tree
            .index()
            .map_or(length >= 4095, |index| index.get(path.as_bytes()).is_some());
        assert!(held, "{length}");
        repo.git(&["update-index", "--index-version", "4"]);
        let index = tree.index().unwrap();
        for path in listed(&repo, &[]) {
            assert!(index.get(path.as_bytes()).is_some(), "{}", path.len());
        }
    }
}

/// Writes `content` as the index of `repo` and tells whether it can be read.
fn is_read(repo: &Scratch, content: &[u8]) -> bool {
    fs::write(repo.path(".git/index"), content).unwrap();
    WorkTree::at(repo.root()).unwrap().unwrap().index().is_ok()
}

/// Calls `check` with indexes of all kinds, and whether they have a checksum.
fn for_each_kind(check: impl Fn(&Scratch, &[u8], bool)) {
    let repo = with_every_kind(&[]);
    repo.git(&["config", "index.recordEndOfIndexEntries", "true"])
        .git(&["update-index", "--force-untracked-cache"])
        .git(&["status"]);
    for version in ["3", "4"] {
        for (skip, summed) in [("false", true), ("true", false)] {
            let skip = format!("index.skipHash={skip}");
            repo.git(&["update-index", "--index-version", version])
                .git(&["-c", &skip, "update-index", "--force-write-index"]);
            let index = fs::read(repo.path(".git/index")).unwrap();
            assert!(is_read(&repo, &index));
            check(&repo, &index, summed);
            fs::write(repo.path(".git/index"), index).unwrap();
        }
    }
    repo.git(&["update-index", "--split-index"]);
    let index = fs::read(repo.path(".git/index")).unwrap();
    check(&repo, &index, true);
}

#[test]
fn an_index_cut_short_is_a_failure() {
    for_each_kind(|repo, index, _| {
        for length in (0..index.len()).step_by(3) {
            assert!(!is_read(repo, &index[..length]), "{length}");
        }
    });
}

#[test]
fn no_flipped_bit_goes_unnoticed_and_none_brings_it_down() {
    for_each_kind(|repo, index, summed| {
        let mut index = index.to_vec();
        for at in 0..index.len() {
            let bit = 1 << (at % 7 + 1);
            index[at] ^= bit;
            let read = is_read(repo, &index);
            assert!(!(read && summed), "{bit:#x} in byte {at}");
            index[at] ^= bit;
        }
    });
}
