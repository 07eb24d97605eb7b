//! Which files a scan of PATHs reads, which it names as not read, and how it cuts them.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use waxseal::model::SkipReason;
use waxseal::source::{FileOptions, Windows};

use crate::support::record::{Recorder, scan, scan_all};
use crate::support::repo::Scratch;

const NONE: [&str; 0] = [];

fn plain() -> FileOptions {
    FileOptions {
        jobs: 2,
        ..FileOptions::default()
    }
}

fn no_ignore() -> FileOptions {
    FileOptions {
        no_ignore: true,
        ..plain()
    }
}

fn submodules() -> FileOptions {
    FileOptions {
        submodules: true,
        ..plain()
    }
}

fn tiny(own: usize, reach: usize) -> FileOptions {
    FileOptions {
        windows: Windows { own, reach },
        ..plain()
    }
}

/// A work tree with each kind of file.
fn sample() -> Scratch {
    let repo = Scratch::repo();
    repo.write(".gitignore", ".env\n/out/\n*.log\n!keep.log\n")
        .write("a.txt", "a")
        .write(".hidden", "h")
        .write("sub/.gitignore", "local.txt\n/anchored\n")
        .write("sub/local.txt", "l")
        .write("sub/anchored", "l")
        .write("sub/deep/anchored", "d")
        .write("sub/x.log", "x")
        .write("sub/keep.log", "k")
        .write(".env", "forced")
        .write("cfg/.env", "ignored")
        .write("out/forced.txt", "f")
        .write("out/other.txt", "o")
        .git(&["add", "-f", ".env", "out/forced.txt", ".gitignore", "a.txt"]);
    repo
}

#[test]
fn a_work_tree_is_what_is_tracked_and_what_is_not_ignored() {
    let repo = sample();
    let seen = scan(repo.root(), ".", &plain());
    let expected = [
        "T .env",
        "T .gitignore",
        "U .hidden",
        "T a.txt",
        "T out/forced.txt",
        "U sub/.gitignore",
        "U sub/deep/anchored",
        "U sub/keep.log",
    ];
    assert_eq!(seen.names(), expected);
    assert_eq!(seen.skipped(), NONE);
}

#[test]
fn git_agrees_on_what_a_work_tree_is() {
    let repo = sample();
    repo.write("b/.gitignore", "*\n!*.rs\n!*/\n")
        .write("b/x.rs", "")
        .write("b/c/y.rs", "")
        .write("b/c/y.txt", "")
        .write("nested/build/x", "")
        .write("nested/.gitignore", "build/\n!build/x\n")
        .write("weird/a b", "")
        .write(
            "weird/.gitignore",
            "\\#no\ntrail \n[a-c]d\n**/q\nfoo/**/bar\n",
        )
        .write("weird/#no", "")
        .write("weird/trail", "")
        .write("weird/bd", "")
        .write("weird/r/s/q", "")
        .write("weird/foo/1/2/bar", "")
        .write("weird/foo/bar", "");
    let list = Command::new("git")
        .current_dir(repo.root())
        .args(["ls-files", "-co", "--exclude-standard"])
        .output()
        .unwrap();
    let mut expected: Vec<&str> = std::str::from_utf8(&list.stdout).unwrap().lines().collect();
    expected.sort_unstable();
    let seen = scan(repo.root(), "", &plain());
    let names: Vec<&str> = seen.files.keys().map(String::as_str).collect();
    assert_eq!(names, expected);
}

#[test]
fn no_ignore_takes_everything_and_says_what_was_ignored() {
    let repo = sample();
    let names = scan(repo.root(), "", &no_ignore()).names();
    for expected in [
        "T .env",
        "I cfg/.env",
        "I out/other.txt",
        "T out/forced.txt",
        "I sub/x.log",
        "U sub/keep.log",
        "I sub/local.txt",
    ] {
        assert!(names.iter().any(|name| name == expected), "{expected}");
    }
    assert_eq!(names.len(), 13);
}

#[test]
fn a_part_of_a_work_tree_follows_the_rules_above_it() {
    let repo = sample();
    repo.write("sub/.env", "").write("sub/forced.log", "");
    repo.git(&["add", "-f", "sub/forced.log"]);
    let expected = [
        "U sub/.gitignore",
        "U sub/deep/anchored",
        "T sub/forced.log",
        "U sub/keep.log",
    ];
    assert_eq!(scan(repo.root(), "sub", &plain()).names(), expected);
    assert_eq!(scan(repo.root(), "sub/", &plain()).names(), expected);
    assert_eq!(
        scan(repo.root(), "sub/deep", &plain()).names(),
        ["U sub/deep/anchored"]
    );
}

#[test]
fn ignore_rules_above_the_repository_do_not_count() {
    let outer = Scratch::repo();
    outer.write(".gitignore", "*.txt\n").write("in/a.txt", "a");
    outer.git_in("in", &["init", "-q"]);
    assert_eq!(scan(outer.root(), "in", &plain()).names(), ["U in/a.txt"]);
}

#[test]
fn what_is_named_is_scanned_even_if_it_is_ignored() {
    let repo = sample();
    assert_eq!(
        scan(repo.root(), "cfg/.env", &plain()).names(),
        ["I cfg/.env"]
    );
    assert_eq!(
        scan(repo.root(), "out/forced.txt", &plain()).names(),
        ["T out/forced.txt"]
    );
    assert_eq!(scan(repo.root(), "a.txt", &plain()).names(), ["T a.txt"]);
    let expected = ["T out/forced.txt", "I out/other.txt"];
    assert_eq!(scan(repo.root(), "out", &plain()).names(), expected);
}

#[test]
fn paths_that_overlap_are_read_once() {
    let repo = sample();
    let paths = [
        "",
        "sub",
        "a.txt",
        "sub/deep/anchored",
        "out/forced.txt",
        "cfg/.env",
        "a.txt",
    ];
    let names = scan_all(repo.root(), &paths.map(Path::new), &plain()).names();
    assert_eq!(names.len(), 9);
    assert!(names.contains(&"I cfg/.env".to_owned()));
}

#[test]
fn excludes_of_the_repository_and_of_the_configuration_apply() {
    let repo = Scratch::repo();
    let excludes = repo.path(".git/mine");
    fs::write(&excludes, "*.mine\n/top\n").unwrap();
    repo.git(&["config", "core.excludesFile", excludes.to_str().unwrap()]);
    repo.write(".git/info/exclude", "*.excluded\n")
        .write("a.mine", "")
        .write("sub/a.excluded", "")
        .write("sub/top", "")
        .write("top", "")
        .write("b", "");
    assert_eq!(
        scan(repo.root(), "", &plain()).names(),
        ["U b", "U sub/top"]
    );
    assert_eq!(scan(repo.root(), "sub", &plain()).names(), ["U sub/top"]);
}

#[test]
fn ignore_files_of_other_tools_do_not_count() {
    let repo = Scratch::repo();
    repo.write(".ignore", "*\n")
        .write(".rgignore", "*\n")
        .write("a", "");
    assert_eq!(scan(repo.root(), "", &plain()).names().len(), 3);
}

#[test]
fn tracked_files_that_are_gone_are_told_and_no_failure() {
    let repo = Scratch::repo();
    repo.write("a", "")
        .write("dir/b", "")
        .write("now-a-dir", "")
        .git(&["add", "."]);
    fs::remove_file(repo.path("a")).unwrap();
    fs::remove_dir_all(repo.path("dir")).unwrap();
    fs::remove_file(repo.path("now-a-dir")).unwrap();
    repo.write("now-a-dir/c", "");
    let seen = scan(repo.root(), "", &plain());
    assert_eq!(seen.names(), ["U now-a-dir/c"]);
    assert_eq!(
        seen.skipped(),
        ["deleted a", "deleted dir/b", "deleted now-a-dir"]
    );
    assert!(seen.skips.iter().all(|skip| !skip.reason.is_failure()));
}

#[test]
fn a_conflict_is_read_once() {
    let repo = Scratch::repo();
    repo.write("a", "1")
        .git(&["add", "."])
        .git(&["commit", "-qm", "1"]);
    repo.git(&["checkout", "-qb", "side"])
        .write("a", "2")
        .git(&["commit", "-qam", "2"]);
    repo.git(&["checkout", "-q", "main"])
        .write("a", "3")
        .git(&["commit", "-qam", "3"]);
    let _ = Command::new("git")
        .current_dir(repo.root())
        .args(["merge", "-q", "side"])
        .output();
    assert_eq!(scan(repo.root(), "", &plain()).names(), ["T a"]);
}

#[test]
fn nested_repositories_are_named_or_scanned() {
    let repo = Scratch::repo();
    repo.write("a", "")
        .write("in/b", "")
        .write("in/c.log", "")
        .write("in/.gitignore", "*.log\n");
    repo.git_in("in", &["init", "-q"]);
    repo.git_in("in", &["add", "b"]);
    repo.write("in/deeper/d", "")
        .git_in("in/deeper", &["init", "-q"]);
    let seen = scan(repo.root(), "", &plain());
    assert_eq!(seen.names(), ["U a"]);
    assert_eq!(seen.skipped(), ["nested-repository in"]);
    let seen = scan(repo.root(), "", &submodules());
    assert_eq!(
        seen.names(),
        ["U a", "U in/.gitignore", "T in/b", "U in/deeper/d"]
    );
    assert_eq!(seen.skipped(), NONE);
}

#[test]
fn each_repository_under_a_plain_directory_is_a_work_tree() {
    let dir = Scratch::new();
    dir.write("loose.log", "")
        .write("one/a", "")
        .write("one/b.log", "")
        .write("deep/two/c", "");
    dir.write("one/.gitignore", "*.log\n")
        .write(".gitignore", "*\n");
    dir.git_in("one", &["init", "-q"])
        .git_in("deep/two", &["init", "-q"]);
    dir.git_in("one", &["add", "a"]);
    let seen = scan(dir.root(), "", &plain());
    let expected = [
        "- .gitignore",
        "U deep/two/c",
        "- loose.log",
        "U one/.gitignore",
        "T one/a",
    ];
    assert_eq!(seen.names(), expected);
    assert_eq!(seen.skipped(), NONE);
}

fn with_submodule() -> (Scratch, Scratch) {
    let library = Scratch::repo();
    library
        .write("lib.txt", "")
        .git(&["add", "."])
        .git(&["commit", "-qm", "1"]);
    let repo = Scratch::repo();
    repo.write("a", "").git(&["add", "."]);
    repo.git(&[
        "submodule",
        "--quiet",
        "add",
        library.root().to_str().unwrap(),
        "mod",
    ]);
    repo.git(&["commit", "-qm", "1"]);
    (library, repo)
}

#[test]
fn submodules_are_named_or_scanned() {
    let (_library, repo) = with_submodule();
    repo.write("mod/new.txt", "").write("mod/no.txt", "");
    repo.write(".git/modules/mod/info/exclude", "no.txt\n");
    let seen = scan(repo.root(), "", &plain());
    assert_eq!(seen.names(), ["T .gitmodules", "T a"]);
    assert_eq!(seen.skipped(), ["submodule mod"]);
    let seen = scan(repo.root(), "", &submodules());
    let expected = ["T .gitmodules", "T a", "T mod/lib.txt", "U mod/new.txt"];
    assert_eq!(seen.names(), expected);
    assert_eq!(seen.skipped(), NONE);
    let expected = ["T mod/lib.txt", "U mod/new.txt"];
    assert_eq!(scan(repo.root(), "mod", &plain()).names(), expected);
    repo.write(".gitignore", "mod/\n");
    assert_eq!(scan(repo.root(), "", &plain()).skipped(), ["submodule mod"]);
}

#[test]
fn a_submodule_that_is_not_checked_out_is_named() {
    let (_library, repo) = with_submodule();
    repo.git(&["submodule", "--quiet", "deinit", "-f", "mod"]);
    for options in [plain(), submodules()] {
        let seen = scan(repo.root(), "", &options);
        assert_eq!(seen.skipped(), ["submodule mod"]);
        assert_eq!(seen.detail(SkipReason::Submodule), "it is not checked out");
    }
}

#[test]
fn a_git_file_that_leads_nowhere_hides_nothing() {
    let repo = Scratch::repo();
    repo.write("in/.git", "gitdir: /nowhere/at/all\n")
        .write("in/a", "");
    assert_eq!(scan(repo.root(), "", &plain()).names(), ["U in/a"]);
    let seen = scan(repo.root(), "in", &plain());
    assert_eq!(seen.names(), ["- in/a"]);
    assert_eq!(seen.skipped(), ["unreadable in"]);
}

#[test]
fn linked_work_trees_have_their_own_index_and_shared_excludes() {
    let repo = Scratch::repo();
    repo.write("a", "")
        .git(&["add", "."])
        .git(&["commit", "-qm", "1"]);
    repo.write(".git/info/exclude", "*.no\n");
    let other = Scratch::new();
    repo.git(&["worktree", "add", "-q", other.path("wt").to_str().unwrap()]);
    other.write("wt/b", "").write("wt/c.no", "");
    other.git_in("wt", &["add", "b"]);
    assert_eq!(
        scan(other.root(), "wt", &plain()).names(),
        ["T wt/a", "T wt/b"]
    );
}

#[test]
fn a_repository_without_commits_and_an_empty_directory_are_fine() {
    let repo = Scratch::repo();
    let seen = scan(repo.root(), "", &plain());
    assert_eq!((seen.names().len(), seen.skips.len()), (0, 0));
    repo.write("a", "");
    assert_eq!(scan(repo.root(), "", &plain()).names(), ["U a"]);
}

#[test]
fn a_bare_repository_is_a_plain_directory_with_a_hint() {
    let dir = Scratch::new();
    dir.git(&["init", "-q", "--bare", "b.git"]);
    let seen = scan(dir.root(), "b.git", &plain());
    assert!(seen.names().contains(&"- b.git/config".to_owned()));
    assert_eq!(seen.skipped(), ["nested-repository b.git"]);
}

#[test]
fn the_git_directory_is_read_only_when_named() {
    let repo = Scratch::repo();
    repo.write("a", "");
    assert_eq!(scan(repo.root(), "", &no_ignore()).names(), ["U a"]);
    assert_eq!(
        scan(repo.root(), ".git/config", &plain()).names(),
        ["- .git/config"]
    );
}

#[test]
fn what_is_only_called_git_is_read_like_anything_else() {
    let dir = Scratch::new();
    dir.write("a", "")
        .write(".git/x.env", "")
        .write("sub/.git", "x");
    let expected = ["- .git/x.env", "- a", "- sub/.git"];
    assert_eq!(scan(dir.root(), "", &plain()).names(), expected);
    let both = ["", ".git/x.env", "sub/.git"].map(Path::new);
    assert_eq!(scan_all(dir.root(), &both, &plain()).names(), expected);

    let repo = Scratch::repo();
    repo.write("a", "").write("sub/.git/x.env", "");
    let expected = ["U a", "U sub/.git/x.env"];
    assert_eq!(scan(repo.root(), "", &plain()).names(), expected);
    let both = ["", "sub/.git/x.env"].map(Path::new);
    assert_eq!(scan_all(repo.root(), &both, &plain()).names(), expected);
}

#[test]
fn a_named_git_file_is_read_beside_its_work_tree() {
    let dir = Scratch::new();
    dir.write("a", "").write(".git", "gitdir: nowhere\n");
    let both = ["", ".git"].map(Path::new);
    let seen = scan_all(dir.root(), &both, &plain());
    assert_eq!(seen.names(), ["- .git", "- a"]);
    let repo = Scratch::repo();
    repo.write("a", "");
    let both = ["", ".git/config"].map(Path::new);
    let seen = scan_all(repo.root(), &both, &plain());
    assert_eq!(seen.names(), ["- .git/config", "U a"]);
}

#[test]
fn a_bare_repository_on_the_way_is_named() {
    let dir = Scratch::new();
    dir.git(&["init", "-q", "--bare", "deep/b.git"]);
    let seen = scan(dir.root(), "", &plain());
    assert!(seen.names().contains(&"- deep/b.git/config".to_owned()));
    assert_eq!(seen.skipped(), ["nested-repository deep/b.git"]);
    dir.git(&["init", "-q"]);
    let seen = scan(dir.root(), "", &plain());
    assert!(seen.names().contains(&"U deep/b.git/config".to_owned()));
    assert_eq!(seen.skipped(), ["nested-repository deep/b.git"]);
}

#[test]
fn a_damaged_index_is_one_failure_and_everything_is_scanned() {
    let repo = sample();
    repo.write("in/x", "").git_in("in", &["init", "-q"]);
    repo.write(
        ".git/index",
        "DIRC and then nothing of use, but long enough to be looked at",
    );
    let seen = scan_all(repo.root(), &[Path::new(""), Path::new("a.txt")], &plain());
    assert_eq!(seen.files.len(), 13);
    assert!(seen.names().iter().all(|name| name.starts_with("- ")));
    assert_eq!(
        seen.skips
            .iter()
            .filter(|skip| skip.reason.is_failure())
            .count(),
        1
    );
    let detail = seen.detail(SkipReason::Unreadable);
    assert!(
        detail.starts_with("cannot read the git index of "),
        "{detail}"
    );
}

#[test]
fn an_unknown_extension_of_the_repository_does_not_matter() {
    let repo = sample();
    repo.git(&["config", "core.repositoryFormatVersion", "1"]);
    repo.git(&["config", "extensions.newerThanUs", "true"]);
    assert_eq!(scan(repo.root(), "", &plain()).files.len(), 8);
}

#[test]
fn missing_paths_say_what_to_do() {
    let dir = Scratch::new();
    dir.write("a", "");
    let seen = scan_all(dir.root(), &["a", "nope", "a/b"].map(Path::new), &plain());
    assert_eq!(seen.names(), ["- a"]);
    assert_eq!(seen.skipped(), ["not-found a/b", "not-found nope"]);
    assert!(seen.skips[0].detail.contains("check the spelling"));
}

#[test]
fn names_are_bytes_and_begin_as_typed() {
    let shown = |path: &str| {
        // The tests run at the top of the package.
        let record = Recorder::default().scan(&[PathBuf::from(path)], &plain());
        record.files.into_keys().next().unwrap()
    };
    assert_eq!(
        shown("tests/it/support/repo.rs"),
        "tests/it/support/repo.rs"
    );
    assert_eq!(
        shown("./tests/it/support/repo.rs"),
        "tests/it/support/repo.rs"
    );
    let top = Recorder::default().scan(&[PathBuf::from(".")], &plain());
    assert!(top.files.contains_key("Cargo.toml"));
    assert_eq!(shown("tests/it/support//"), "tests/it/support/craft.rs");
    assert_eq!(
        shown("tests/it/../it/support/."),
        "tests/it/../it/support/craft.rs"
    );
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn odd_names_come_through() {
        let repo = Scratch::repo();
        let names: [&[u8]; 6] = [
            b"new\nline",
            b"by\xfftes",
            b"back\\slash",
            b"two  spaces ",
            b"-",
            b"*",
        ];
        for name in names {
            repo.write(
                Path::new(OsStr::from_bytes(b"d")).join(OsStr::from_bytes(name)),
                "x",
            );
        }
        repo.git(&["add", "."]);
        let expected = [
            "T d/*",
            "T d/-",
            "T d/back\\slash",
            "T d/by\\xfftes",
            "T d/new\\x0aline",
            "T d/two  spaces ",
        ];
        assert_eq!(scan(repo.root(), "", &plain()).names(), expected);
        repo.write(".gitignore", "d/\n");
        let seen = scan(repo.root(), "", &plain());
        assert_eq!(seen.names().len(), 7);
    }

    #[test]
    fn links_are_followed_only_when_named() {
        let repo = Scratch::repo();
        repo.write("real/a", "").write("b", "");
        symlink(".", repo.path("real/loop")).unwrap();
        symlink("../b", repo.path("real/to-b")).unwrap();
        symlink("nowhere", repo.path("dangling")).unwrap();
        symlink("self", repo.path("self")).unwrap();
        symlink("real", repo.path("dir-link")).unwrap();
        repo.git(&["add", "."]);
        let seen = scan(repo.root(), "", &plain());
        assert_eq!(seen.names(), ["T b", "T real/a"]);
        let expected = [
            "symlink dangling",
            "symlink dir-link",
            "symlink real/loop",
            "symlink real/to-b",
            "symlink self",
        ];
        assert_eq!(seen.skipped(), expected);
        assert_eq!(
            scan(repo.root(), "dir-link", &plain()).names(),
            ["T dir-link/a"]
        );
        assert_eq!(
            scan(repo.root(), "real/to-b", &plain()).names(),
            ["T real/to-b"]
        );
        let seen = scan_all(repo.root(), &["dangling", "self"].map(Path::new), &plain());
        assert_eq!(seen.skipped(), ["not-found dangling", "unreadable self"]);
    }

    #[test]
    fn a_directory_that_became_a_link_holds_no_tracked_files() {
        let repo = Scratch::repo();
        repo.write("dir/a", "")
            .write("dir/b/c", "")
            .git(&["add", "."]);
        fs::rename(repo.path("dir"), repo.path("moved")).unwrap();
        symlink("moved", repo.path("dir")).unwrap();
        let seen = scan(repo.root(), "", &plain());
        assert_eq!(seen.names(), ["U moved/a", "U moved/b/c"]);
        assert_eq!(
            seen.skipped(),
            ["deleted dir/a", "deleted dir/b/c", "symlink dir"]
        );
    }

    #[test]
    fn pipes_are_not_opened() {
        let repo = Scratch::repo();
        repo.write("tracked", "").git(&["add", "."]);
        fs::remove_file(repo.path("tracked")).unwrap();
        for name in ["tracked", "pipe"] {
            let made = Command::new("mkfifo")
                .arg(repo.path(name))
                .status()
                .unwrap();
            assert!(made.success());
        }
        let _socket = std::os::unix::net::UnixListener::bind(repo.path("socket")).unwrap();
        let expected = [
            "special-file pipe",
            "special-file socket",
            "special-file tracked",
        ];
        assert_eq!(scan(repo.root(), "", &plain()).skipped(), expected);
        // An ignored one is met by name, not by the walk.
        repo.write(".gitignore", "tracked\n");
        assert_eq!(scan(repo.root(), "", &plain()).skipped(), expected);
        // One that is named was to be scanned, and was not.
        assert_eq!(
            scan(repo.root(), "pipe", &plain()).skipped(),
            ["unreadable pipe"]
        );
        assert_eq!(
            scan(Path::new("/"), "dev/zero", &plain()).skipped(),
            ["unreadable dev/zero"]
        );
    }

    fn pipe(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let made = Command::new("mkfifo").arg(path).status().unwrap();
        assert!(made.success());
    }

    /// A scan that must not wait for somebody to write into a pipe.
    fn scan_in_time(
        root: &Path,
        path: &str,
        options: FileOptions,
    ) -> crate::support::record::Record {
        let (send, receive) = std::sync::mpsc::channel();
        let (root, path) = (root.to_owned(), path.to_owned());
        std::thread::spawn(move || send.send(scan(&root, path, &options)));
        receive
            .recv_timeout(std::time::Duration::from_secs(60))
            .unwrap()
    }

    #[test]
    fn pipes_and_devices_among_the_files_of_git_are_not_opened() {
        let repo = Scratch::repo();
        repo.write("a", "").write("sub/b", "").write("dev/c", "");
        pipe(&repo.path("sub/.git"));
        symlink("/dev/zero", repo.path("dev/.git")).unwrap();
        let seen = scan_in_time(repo.root(), "", plain());
        assert_eq!(seen.names(), ["U a", "U dev/c", "U sub/b"]);
        assert_eq!(
            seen.skipped(),
            ["special-file sub/.git", "symlink dev/.git"]
        );
        for dir in ["sub", "dev"] {
            let seen = scan_in_time(repo.root(), dir, plain());
            assert_eq!((seen.files.len(), seen.skips.len()), (1, 1));
        }

        for file in ["index", "commondir", "config", "info/exclude", "HEAD"] {
            let repo = sample();
            let _ = fs::remove_file(repo.path(".git").join(file));
            pipe(&repo.path(".git").join(file));
            let seen = scan_in_time(repo.root(), "", plain());
            let expected = if file == "index" { 13 } else { 8 };
            assert_eq!(seen.files.len(), expected, "{file}");
            assert_eq!(seen.skips.len(), usize::from(file == "index"), "{file}");
        }
        let repo = sample();
        repo.git(&["update-index", "--split-index"]);
        let shared = fs::read_dir(repo.path(".git"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.to_string_lossy().contains("sharedindex"))
            .unwrap();
        fs::remove_file(&shared).unwrap();
        pipe(&shared);
        let seen = scan_in_time(repo.root(), "", plain());
        assert_eq!((seen.files.len(), seen.skips.len()), (13, 1));
    }

    #[test]
    fn an_ignore_file_that_is_no_regular_file_excludes_nothing() {
        let repo = Scratch::repo();
        repo.write("rules", "*.log\n")
            .write("linked/a.log", "")
            .write("piped/a.log", "")
            .write("endless/a.log", "")
            .write("dir/.gitignore/x", "")
            .write("dir/a.log", "")
            .write("plain/.gitignore", "*.log\n")
            .write("plain/a.log", "")
            .write("plain/piped/a.log", "")
            .write("plain/piped/b", "");
        symlink("../rules", repo.path("linked/.gitignore")).unwrap();
        symlink("/dev/zero", repo.path("endless/.gitignore")).unwrap();
        pipe(&repo.path("piped/.gitignore"));
        pipe(&repo.path("plain/piped/.gitignore"));
        let expected = [
            "U dir/.gitignore/x",
            "U dir/a.log",
            "U endless/a.log",
            "U linked/a.log",
            "U piped/a.log",
            "U plain/.gitignore",
            "U plain/piped/b",
            "U rules",
        ];
        let seen = scan_in_time(repo.root(), "", plain());
        assert_eq!(seen.names(), expected);
        let expected = [
            "special-file piped/.gitignore",
            "special-file plain/piped/.gitignore",
            "symlink endless/.gitignore",
            "symlink linked/.gitignore",
        ];
        assert_eq!(seen.skipped(), expected);
        let seen = scan_in_time(repo.root(), "plain/piped", plain());
        assert_eq!(seen.names(), ["U plain/piped/b"]);
        let seen = scan_in_time(repo.root(), "plain/piped/a.log", plain());
        assert_eq!(seen.names(), ["I plain/piped/a.log"]);
        let seen = scan_in_time(repo.root(), "", no_ignore());
        assert!(seen.names().contains(&"I plain/a.log".to_owned()));
        assert!(seen.names().contains(&"U linked/a.log".to_owned()));
    }

    #[test]
    fn excludes_of_a_user_may_be_links() {
        let repo = Scratch::repo();
        repo.write(".git/rules", "*.log\n").write("a.log", "");
        fs::remove_file(repo.path(".git/info/exclude")).unwrap();
        symlink("../rules", repo.path(".git/info/exclude")).unwrap();
        assert_eq!(scan(repo.root(), "", &plain()).names(), NONE);
    }

    #[test]
    fn what_cannot_be_opened_is_one_skip_and_the_rest_is_read() {
        let repo = Scratch::repo();
        repo.write("closed", "x")
            .write("shut/b", "x")
            .write("open", "x")
            .git(&["add", "."]);
        let mode = |path: &str, mode| {
            fs::set_permissions(repo.path(path), fs::Permissions::from_mode(mode)).unwrap();
        };
        mode("closed", 0);
        mode("shut", 0);
        if fs::read(repo.path("closed")).is_ok() {
            // The superuser may read everything, so let somebody else look.
            mode("shut", 0o755);
            return as_nobody("walk::unix::what_cannot_be_opened_is_one_skip_and_the_rest_is_read");
        }
        let seen = scan(repo.root(), "", &plain());
        mode("shut", 0o755);
        assert_eq!(seen.names(), ["T open"]);
        let expected = [
            "permission-denied closed",
            "permission-denied shut",
            "permission-denied shut/b",
        ];
        assert_eq!(seen.skipped(), expected);
    }

    #[test]
    fn a_repository_that_cannot_be_looked_into_is_a_failure() {
        let repo = Scratch::repo();
        repo.write("shut/a", "")
            .write("link/b", "")
            .write("common/c", "")
            .git_in("shut", &["init", "-q"])
            .git_in("common", &["init", "-q"])
            .write("link/.git", "gitdir: ../shut/.git\n")
            .write("common/.git/commondir", "elsewhere\n");
        let shut = ["shut/.git", "link/.git", "common/.git/commondir"];
        for path in shut {
            fs::set_permissions(repo.path(path), fs::Permissions::from_mode(0o000)).unwrap();
        }
        if fs::read(repo.path("link/.git")).is_ok() {
            for path in shut {
                fs::set_permissions(repo.path(path), fs::Permissions::from_mode(0o755)).unwrap();
            }
            return as_nobody("walk::unix::a_repository_that_cannot_be_looked_into_is_a_failure");
        }
        let seen = scan(repo.root(), "", &plain());
        let named = scan(repo.root(), "shut", &plain());
        fs::set_permissions(repo.path("shut/.git"), fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(seen.names(), ["U common/c", "U link/b", "U shut/a"]);
        let expected = ["unreadable common", "unreadable link", "unreadable shut"];
        assert_eq!(seen.skipped(), expected);
        assert_eq!(named.names(), ["- shut/a"]);
        assert_eq!(named.skipped(), ["unreadable shut"]);
    }

    /// Runs one test of this binary again without privileges, where the system has a way to do so.
    fn as_nobody(test: &str) {
        let run = Command::new("setpriv")
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", test])
            .current_dir("/")
            .output();
        match run {
            Ok(run) => {
                let output = String::from_utf8_lossy(&run.stdout);
                assert!(output.contains(" 1 passed"), "{output}");
            }
            Err(err) => assert_eq!(err.kind(), io::ErrorKind::NotFound),
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_a_failure() {
        // Reading the memory of a process at address 0 fails for everyone, the superuser included.
        let memory = Path::new("/proc/self/mem");
        if !memory.exists() {
            return;
        }
        let seen = scan(Path::new("/"), "proc/self/mem", &plain());
        assert_eq!(seen.skipped(), ["unreadable proc/self/mem"]);
        assert!(!seen.skips[0].detail.is_empty());
    }

    #[test]
    fn a_file_without_a_size_is_read_to_its_end() {
        let file = Path::new("/proc/self/status");
        if !file.exists() {
            return;
        }
        let seen = scan(Path::new("/"), "proc/self/status", &plain());
        assert!(seen.files["proc/self/status"].bytes.starts_with(b"Name:"));
    }

    #[test]
    fn a_sparse_file_of_gigabytes_is_read_in_bounded_memory() {
        let dir = Scratch::new();
        let size = 600 << 20;
        let file = fs::File::create(dir.path("big")).unwrap();
        file.set_len(size).unwrap();
        let mut sizes = Sizes::default();
        waxseal::source::scan_paths(&[dir.path("big")], &plain(), &&sizes);
        let (own, longest, last) = sizes.0.get_mut().unwrap();
        assert_eq!((*own, *last), (size, 1));
        assert!(*longest < 9 << 20);
    }

    #[derive(Default)]
    struct Sizes(std::sync::Mutex<(u64, usize, u32)>);

    impl<'s> waxseal::model::Sinks for &'s Sizes {
        type Sink = &'s Sizes;

        fn sink(&self) -> &'s Sizes {
            self
        }
    }

    impl waxseal::model::Sink for &Sizes {
        fn blob(&mut self, blob: &waxseal::model::Blob<'_>) {
            let mut sizes = self.0.lock().unwrap();
            sizes.0 += blob.part.own.len() as u64;
            sizes.1 = sizes.1.max(blob.bytes.len());
            sizes.2 += u32::from(blob.part.last);
        }

        fn skip(&mut self, skip: waxseal::model::Skip) {
            panic!("{skip:?}");
        }
    }
}

/// Appends to or cuts a file whenever a window of it arrives.
struct Meddler(
    Box<dyn Fn(u64) + Sync>,
    std::sync::Mutex<(u64, Vec<SkipReason>)>,
);

impl<'s> waxseal::model::Sinks for &'s Meddler {
    type Sink = &'s Meddler;

    fn sink(&self) -> &'s Meddler {
        self
    }
}

impl waxseal::model::Sink for &Meddler {
    fn blob(&mut self, blob: &waxseal::model::Blob<'_>) {
        self.1.lock().unwrap().0 += blob.part.own.len() as u64;
        if !blob.part.last {
            self.0(blob.part.offset);
        }
    }

    fn skip(&mut self, skip: waxseal::model::Skip) {
        self.1.lock().unwrap().1.push(skip.reason);
    }
}

/// Scans a file of `size` bytes in windows of 1,000 while `meddle` works on it; bytes read and skips.
fn meddled(size: usize, meddle: impl Fn(&Path, u64) + Sync + 'static) -> (u64, Vec<SkipReason>) {
    let dir = Scratch::new();
    dir.write("f", vec![b'x'; size]);
    let path = dir.path("f");
    let file = path.clone();
    let meddler = Meddler(
        Box::new(move |offset| meddle(&file, offset)),
        std::sync::Mutex::default(),
    );
    waxseal::source::scan_paths(&[path], &tiny(1_000, 10), &&meddler);
    meddler.1.into_inner().unwrap()
}

fn append(path: &Path, bytes: usize) {
    use std::io::Write;
    let mut file = fs::File::options().append(true).open(path).unwrap();
    file.write_all(&vec![b'y'; bytes]).unwrap();
}

#[test]
fn a_file_that_grows_is_read_to_its_new_end() {
    let seen = meddled(3_000, |path, offset| {
        if offset == 0 {
            append(path, 50);
        }
    });
    assert_eq!(seen, (3_050, vec![]));
}

#[test]
fn a_file_that_grows_for_ever_ends_as_changed() {
    let seen = meddled(3_000, |path, _| append(path, 2_000));
    assert_eq!(seen, (4_000, vec![SkipReason::Changed]));
}

#[test]
fn a_file_that_is_cut_short_is_changed() {
    let seen = meddled(5_000, |path, offset| {
        if offset == 0 {
            fs::File::options()
                .write(true)
                .open(path)
                .unwrap()
                .set_len(2_000)
                .unwrap();
        }
    });
    assert_eq!(seen, (2_000, vec![SkipReason::Changed]));
}

#[test]
fn a_file_that_is_rewritten_is_changed() {
    let seen = meddled(5_000, |path, offset| {
        if offset == 0 {
            std::thread::sleep(std::time::Duration::from_millis(20));
            fs::write(path, vec![b'z'; 5_000]).unwrap();
        }
    });
    assert_eq!(seen, (5_000, vec![SkipReason::Changed]));
}

#[test]
fn a_sink_that_panics_costs_one_file() {
    let dir = Scratch::new();
    for n in 0..200 {
        dir.write(format!("d{}/{n}", n % 7), "x");
    }
    dir.write("d0/bad", "x");
    let bad = dir.path("d0/bad").to_str().unwrap().to_owned();
    let recorder = Recorder {
        panic_on: Some(bad.clone()),
        ..Recorder::default()
    };
    let record = recorder.scan(&[dir.root().to_owned()], &plain());
    assert_eq!(record.files.len(), 200);
    assert_eq!(record.skipped(), [format!("internal-error {bad}")]);
}

#[test]
fn what_follows_a_panic_in_a_stream_is_not_pushed() {
    let text = [b'x'; 50];
    let dir = Scratch::new();
    dir.write("f", text);
    let recorder = |name: &str| Recorder {
        panic_on: Some(name.to_owned()),
        panic_at: 20,
        ..Recorder::default()
    };
    let path = dir.path("f");
    let name = path.to_str().unwrap();
    let file = recorder(name).scan(std::slice::from_ref(&path), &tiny(10, 2));
    let stdin = recorder("<stdin>").stdin(Dribble(&text, 0, false), &tiny(10, 2));
    for (record, name) in [(file, name), (stdin, "<stdin>")] {
        let seen = record.files[name].bytes.len();
        assert!(0 < seen && seen <= 20, "{seen}");
        assert_eq!(record.skipped(), [format!("internal-error {name}")]);
    }
}

#[test]
fn a_sink_that_panics_on_a_skip_ends_the_run_and_does_not_hang_it() {
    struct Fussy;
    impl waxseal::model::Sinks for Fussy {
        type Sink = Fussy;

        fn sink(&self) -> Fussy {
            Fussy
        }
    }
    impl waxseal::model::Sink for Fussy {
        fn blob(&mut self, _: &waxseal::model::Blob<'_>) {}

        fn skip(&mut self, skip: waxseal::model::Skip) {
            panic!("no {}", skip.reason.id());
        }
    }
    let dir = Scratch::new();
    for n in 0..200 {
        dir.write(format!("d{}/{n}", n % 7), "x");
    }
    dir.git_in("d0", &["init", "-q", "inner"]);
    dir.git(&["init", "-q"]);
    let root = [dir.root().to_owned()];
    let run = std::panic::catch_unwind(|| waxseal::source::scan_paths(&root, &plain(), &Fussy));
    assert!(run.is_err());
}

#[test]
fn many_files_may_be_named() {
    let repo = Scratch::repo();
    let names: Vec<String> = (0..100).map(|n| format!("d{}/{n}", n % 3)).collect();
    for name in &names {
        repo.write(name, "x");
    }
    repo.git(&["add", "."]);
    let paths: Vec<&Path> = names.iter().map(Path::new).collect();
    assert_eq!(scan_all(repo.root(), &paths, &plain()).names().len(), 100);
}

#[test]
fn a_run_uses_no_more_sinks_than_threads() {
    let dir = Scratch::new();
    for n in 0..50 {
        dir.write(format!("r{n}/a"), "")
            .git_in(format!("r{n}"), &["init", "-q"]);
    }
    let record = Recorder::default().scan(&[dir.root().to_owned()], &plain());
    assert_eq!(record.files.len(), 50);
    assert!(record.sinks <= 2, "{}", record.sinks);
}

/// Gives its bytes in pieces of varying length, and an error at the end if told to.
struct Dribble<'b>(&'b [u8], usize, bool);

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() && self.2 {
            return Err(io::Error::other("the cable was pulled"));
        }
        self.1 = self.1 % 7 + 1;
        let (now, later) = self.0.split_at(self.1.min(self.0.len()).min(buffer.len()));
        buffer[..now.len()].copy_from_slice(now);
        self.0 = later;
        Ok(now.len())
    }
}

#[test]
fn what_was_read_from_standard_input_before_an_error_is_pushed() {
    let recorder = Recorder::default();
    let record = recorder.stdin(Dribble(b"some text", 0, true), &tiny(4, 1));
    assert_eq!(record.files["<stdin>"].bytes, b"some text");
    assert_eq!(
        record.detail(SkipReason::Unreadable),
        "the cable was pulled"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn windows_tile_whatever_they_are_cut_from(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        own in 1_usize..60,
        reach in 0_usize..20,
    ) {
        let options = tiny(own, reach);
        let recorder = || Recorder { reach, ..Recorder::default() };
        let longest = own + 2 * reach + 2;

        let record = recorder().stdin(Dribble(&bytes, 0, false), &options);
        let seen = &record.files["<stdin>"];
        prop_assert_eq!(&seen.bytes, &bytes);
        prop_assert!(seen.ended && seen.longest_window <= longest);

        let dir = Scratch::new();
        dir.write("f", &bytes);
        let record = recorder().scan(&[dir.path("f")], &options);
        let seen = record.files.values().next().unwrap();
        prop_assert_eq!(&seen.bytes, &bytes);
        prop_assert!(seen.ended && seen.longest_window <= longest);
        prop_assert!(bytes.len() > own || seen.windows == 1);
        prop_assert!(record.skips.is_empty());
    }
}
