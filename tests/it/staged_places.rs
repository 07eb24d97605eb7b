//! What is staged, wherever the repository, its index and its objects are: variables, work trees, formats.

use std::ffi::OsStr;
use std::fs;

use crate::support::history::{asked, commit, git_can, key, loose};
use crate::support::repo::Scratch;
use crate::support::staged::{staged, staged_by, staged_in};

/// A repository in which `b.py`, with a secret, is staged.
fn prepared(repo: &Scratch) {
    commit(repo, "d/a.py", key("a"));
    repo.write("b.py", key("b")).git(&["add", "b.py"]);
}

/// Runs git below the top with variables set.
fn git_with(repo: &Scratch, dir: &str, variables: &[(&str, &OsStr)], args: &[&str]) {
    let output = repo
        .command("2001-02-03T04:05:06Z", dir, args)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}");
}

#[test]
fn another_index() {
    let repo = Scratch::repo();
    prepared(&repo);
    let index = repo.path("other-index");
    let variables = [("GIT_INDEX_FILE", index.as_os_str())];
    // one that does not exist is empty
    staged_by(&repo, "", &[], &variables).finds(&[]).reads(0);
    git_with(&repo, "", &variables, &["read-tree", "HEAD"]);
    staged_by(&repo, "", &[], &variables).finds(&[]).reads(0);
    repo.write("c.py", key("c"));
    git_with(&repo, "", &variables, &["add", "c.py"]);
    staged_by(&repo, "", &[], &variables).finds(&[("c.py", 1)]);
    staged(&repo).finds(&[("b.py", 1)]);
    // from the top of the work tree, wherever it is asked from
    let relative = [("GIT_INDEX_FILE", OsStr::new("other-index"))];
    git_with(
        &repo,
        "d",
        &relative,
        &["diff", "--cached", "--quiet", "--", "b.py"],
    );
    staged_by(&repo, "d", &[], &relative).finds(&[("c.py", 1)]);
}

#[test]
fn another_git_directory_and_work_tree() {
    let repo = Scratch::repo();
    prepared(&repo);
    repo.write("elsewhere/x", "");
    let git_dir = repo.path(".git");
    let variables = [("GIT_DIR", git_dir.as_os_str())];
    staged_by(&repo, "elsewhere", &[], &variables).finds(&[("b.py", 1)]);
    staged_by(&repo, "", &[], &[("GIT_DIR", OsStr::new(".git"))]).finds(&[("b.py", 1)]);
    let variables = [
        ("GIT_DIR", git_dir.as_os_str()),
        ("GIT_WORK_TREE", repo.root().as_os_str()),
    ];
    staged_by(&repo, "elsewhere", &[], &variables).finds(&[("b.py", 1)]);
    // rules come from that work tree
    repo.write(".waxseal.toml", "skip_rules = [\"sendgrid-api-key\"]\n");
    let run = staged_by(&repo, "elsewhere", &[], &variables);
    assert!(
        !run.report["findings"][0]["rule"]
            .to_string()
            .contains("sendgrid-api-key")
    );
    repo.write(".waxseal.toml", "no = config\n");
    staged_by(&repo, "elsewhere", &[], &variables).fails(".waxseal.toml");
    fs::remove_file(repo.path(".waxseal.toml")).unwrap();
    // a scan of a path is about that path, whatever the variables say
    let args = ["scan", "--format", "json", "."];
    let output = crate::support::program::waxseal(&repo.path("elsewhere"), args)
        .envs(variables)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    // a bare repository has a work tree if it is told one
    repo.git(&["clone", "-q", "--bare", ".", "bare.git"]);
    let bare = repo.path("bare.git");
    staged_by(&repo, "bare.git", &[], &[]).fails("has no work tree");
    let variables = [
        ("GIT_DIR", bare.as_os_str()),
        ("GIT_WORK_TREE", repo.root().as_os_str()),
    ];
    git_with(&repo, "", &variables, &["read-tree", "HEAD"]);
    git_with(&repo, "", &variables, &["add", "b.py"]);
    staged_by(&repo, "", &[], &variables).finds(&[("b.py", 1)]);
}

#[test]
fn another_object_directory() {
    let repo = Scratch::repo();
    prepared(&repo);
    let id = asked(&repo, "", &["rev-parse", ":b.py"]);
    fs::create_dir_all(repo.path("lent/pack")).unwrap();
    fs::create_dir_all(repo.path("quarantine")).unwrap();
    let folder = format!("lent/{}", &id[..2]);
    fs::create_dir_all(repo.path(&folder)).unwrap();
    fs::rename(
        repo.path(loose(&id)),
        repo.path(format!("{folder}/{}", &id[2..])),
    )
    .unwrap();
    staged(&repo).fails("is not in the repository");
    let lent = repo.path("lent");
    let own = repo.path(".git/objects");
    let variables = [("GIT_ALTERNATE_OBJECT_DIRECTORIES", lent.as_os_str())];
    staged_by(&repo, "", &[], &variables).finds(&[("b.py", 1)]);
    // as a push does it: new objects apart, the usual ones lent
    let list = format!("{}:{}", own.display(), lent.display());
    let quarantine = repo.path("quarantine");
    let variables = [
        ("GIT_OBJECT_DIRECTORY", quarantine.as_os_str()),
        ("GIT_ALTERNATE_OBJECT_DIRECTORIES", OsStr::new(&list)),
    ];
    staged_by(&repo, "", &[], &variables).finds(&[("b.py", 1)]);
    let variables = [("GIT_OBJECT_DIRECTORY", quarantine.as_os_str())];
    staged_by(&repo, "", &[], &variables).fails("HEAD's commit");
}

#[test]
fn linked_work_trees() {
    let repo = Scratch::repo();
    prepared(&repo);
    repo.git(&["worktree", "add", "-q", "linked", "HEAD"]);
    staged_in(&repo, "linked").finds(&[]).reads(0);
    repo.write("linked/c.py", key("c"))
        .git_in("linked", &["add", "c.py"]);
    staged_in(&repo, "linked").finds(&[("c.py", 1)]);
    staged_in(&repo, "linked/d").finds(&[("c.py", 1)]);
    staged(&repo).finds(&[("b.py", 1)]);
    // as in its hooks
    let git_dir = repo.path(".git/worktrees/linked");
    let variables = [("GIT_DIR", git_dir.as_os_str())];
    staged_by(&repo, "linked", &[], &variables).finds(&[("c.py", 1)]);
    let common = repo.path(".git");
    let variables = [
        ("GIT_DIR", git_dir.as_os_str()),
        ("GIT_COMMON_DIR", common.as_os_str()),
    ];
    staged_by(&repo, "linked", &[], &variables).finds(&[("c.py", 1)]);
    // the main one may be bare
    repo.git(&["config", "core.bare", "true"]);
    staged_in(&repo, "linked").finds(&[("c.py", 1)]);
    staged(&repo).fails("has no work tree");
}

#[test]
fn submodules_are_repositories_of_their_own() {
    let repo = Scratch::repo();
    repo.git(&["init", "-q", "-b", "main", "lib"]);
    repo.write("lib/l.py", "clean\n")
        .git_in("lib", &["add", "."])
        .git_in("lib", &["commit", "-qm", "l"]);
    repo.git(&["init", "-q", "-b", "main", "app"]);
    repo.git_in("app", &["submodule", "--quiet", "add", "../lib", "module"]);
    repo.write("app/module/x.py", key("x"))
        .git_in("app/module", &["add", "x.py"]);
    staged_in(&repo, "app/module")
        .finds(&[("x.py", 1)])
        .reads(1);
    let run = staged_in(&repo, "app");
    run.finds(&[]).reads(1);
    let git_dir = repo.path("app/.git/modules/module");
    staged_by(&repo, "lib", &[], &[("GIT_DIR", git_dir.as_os_str())]).finds(&[("x.py", 1)]);
}

#[test]
fn where_head_is() {
    let repo = Scratch::repo();
    prepared(&repo);
    repo.git(&["pack-refs", "--all"]);
    staged(&repo).finds(&[("b.py", 1)]);
    repo.git(&["gc", "-q"]);
    staged(&repo).finds(&[("b.py", 1)]).reads(1);
    repo.git(&["checkout", "-q", "--detach"]);
    staged(&repo).finds(&[("b.py", 1)]).reads(1);
    repo.git(&["checkout", "-q", "--orphan", "new"]);
    staged(&repo).finds(&[("b.py", 1), ("d/a.py", 1)]).reads(2);
    repo.git(&["switch", "-q", "-f", "main"]);
    #[cfg(unix)]
    {
        fs::remove_file(repo.path(".git/HEAD")).unwrap();
        std::os::unix::fs::symlink("refs/heads/main", repo.path(".git/HEAD")).unwrap();
        repo.write("b.py", key("b")).git(&["add", "b.py"]);
        staged(&repo).finds(&[("b.py", 1)]).reads(1);
        fs::remove_file(repo.path(".git/HEAD")).unwrap();
    }
    repo.write(".git/HEAD", "no ref\n");
    staged(&repo).fails("HEAD leads nowhere");
}

#[test]
fn sha_256_and_reftables() {
    for option in ["--object-format=sha256", "--ref-format=reftable"] {
        let repo = Scratch::new();
        if !git_can(repo.root(), &["init", "-q", "-b", "main", option]) {
            continue;
        }
        staged(&repo).finds(&[]);
        repo.write("first.py", key("f")).git(&["add", "."]);
        staged(&repo).finds(&[("first.py", 1)]);
        repo.git(&["commit", "-qm", "first"]);
        prepared(&repo);
        staged(&repo).finds(&[("b.py", 1)]).reads(1);
        repo.git(&["worktree", "add", "-q", "linked", "HEAD"]);
        staged_in(&repo, "linked").finds(&[]).reads(0);
    }
}

#[test]
fn every_kind_of_index() {
    for options in [
        &["-c", "index.version=2"][..],
        &["-c", "index.version=4"],
        &["-c", "index.skipHash=true"],
        &["-c", "core.splitIndex=true"],
        &["-c", "core.untrackedCache=true"],
        &["-c", "index.threads=4"],
    ] {
        let repo = Scratch::repo();
        let git = |args: &[&str]| _ = repo.git(&[options, args].concat());
        for number in 0..40 {
            repo.write(format!("d{}/e/{number}.py", number % 4), key("same"));
        }
        repo.write("d0/long/".to_owned() + &"name".repeat(50), "");
        git(&["add", "."]);
        git(&["commit", "-qm", "all"]);
        staged(&repo).finds(&[]).reads(0);
        repo.write("d1/e/1.py", key("new"))
            .write("d1/e/x.py", key("x"));
        git(&["add", "."]);
        let found = [("d1/e/1.py", 1), ("d1/e/x.py", 1)];
        staged(&repo).finds(&found).reads(2);
        git(&["rm", "-qr", "--cached", "d0", "d2/e/2.py"]);
        staged(&repo).finds(&found).reads(2);
        repo.write("d2/e/2.py", key("z"));
        git(&["add", "."]);
        let run = staged(&repo);
        run.finds(&[found[0], found[1], ("d2/e/2.py", 1)]);
        // another index than the usual one, with the shared part where it always is
        let copy = repo.path("copied-index");
        fs::copy(repo.path(".git/index"), &copy).unwrap();
        let variables = [("GIT_INDEX_FILE", copy.as_os_str())];
        staged_by(&repo, "", &[], &variables).finds(&[found[0], found[1], ("d2/e/2.py", 1)]);
    }
}

#[test]
fn without_a_cache_tree() {
    let repo = Scratch::repo();
    for number in 0..20 {
        repo.write(format!("d{}/e/{number}.py", number % 4), key("same"));
    }
    repo.git(&["add", "."]).git(&["commit", "-qm", "all"]);
    // `ls-files | update-index --index-info` makes an index that knows no trees
    let list = repo.git_fed("", &["ls-files", "-s"], b"");
    fs::remove_file(repo.path(".git/index")).unwrap();
    repo.git_fed("", &["update-index", "--index-info"], &list);
    let index = fs::read(repo.path(".git/index")).unwrap();
    assert!(memchr::memmem::find(&index, b"TREE").is_none());
    staged(&repo).finds(&[]).reads(0);
    repo.write("d2/e/new.py", key("n")).git(&["add", "."]);
    staged(&repo).finds(&[("d2/e/new.py", 1)]).reads(1);
}

#[test]
fn sparse_checkouts_and_sparse_indexes() {
    for sparse in ["--no-sparse-index", "--sparse-index"] {
        let repo = Scratch::repo();
        repo.write("in/a", "clean\n")
            .write("out/b", "clean\n")
            .write("out/deep/c", "clean\n")
            .write("gone/d", key("d"));
        repo.git(&["add", "."]).git(&["commit", "-qm", "all"]);
        repo.git(&["switch", "-qc", "far"])
            .write("out/deep/c", key("c"))
            .write("new/deep/e", format!("{}{}", key("d"), key("e")))
            .git(&["rm", "-qr", "gone"])
            .git(&["add", "."])
            .git(&["commit", "-qm", "far"]);
        repo.git(&["sparse-checkout", "set", "--cone", sparse, "in"]);
        let listed = asked(&repo, "", &["ls-files", "--sparse"]);
        let is_sparse = sparse == "--sparse-index";
        assert_eq!(listed.contains("new/\n"), is_sparse, "{listed}");
        staged(&repo).finds(&[]).reads(0);
        repo.write("in/a", key("a")).git(&["add", "in/a"]);
        staged(&repo).finds(&[("in/a", 1)]).reads(1);
        // what is outside differs as well, as in a merge
        repo.git(&["update-ref", "refs/heads/far", "main"]);
        let expected = [("in/a", 1), ("new/deep/e", 2), ("out/deep/c", 1)];
        staged(&repo).finds(&expected).reads(3).leaves_out(1);
        repo.git(&["commit", "-qm", "again"]);
        staged(&repo).finds(&[]).reads(0);
    }
}

#[test]
fn bits_of_entries_do_not_matter() {
    let repo = Scratch::repo();
    commit(&repo, "a.py", "clean\n");
    repo.write("a.py", key("a")).git(&["add", "."]);
    for bit in ["--assume-unchanged", "--skip-worktree", "--fsmonitor-valid"] {
        repo.git(&["update-index", bit, "a.py"]);
        staged(&repo).finds(&[("a.py", 1)]);
    }
    repo.git(&["update-index", "--fsmonitor"]);
    let index = fs::read(repo.path(".git/index")).unwrap();
    assert!(memchr::memmem::find(&index, b"FSMN").is_some());
    staged(&repo).finds(&[("a.py", 1)]);
}

#[test]
fn only_trees_on_the_way_are_read() {
    let repo = Scratch::repo();
    for number in 0..300 {
        repo.write(
            format!("d{}/e{}/{number}", number % 10, number % 30),
            "clean\n",
        );
    }
    repo.git(&["add", "."]).git(&["commit", "-qm", "all"]);
    // by its name: `git add .` would take all that was written in this second for changed
    repo.write("d3/e3/new.py", key("n"))
        .git(&["add", "d3/e3/new.py"]);
    let wanted: Vec<String> = ["HEAD^{tree}", "HEAD:d3", "HEAD:d3/e3", "HEAD^{commit}"]
        .iter()
        .chain(&[":d3/e3/new.py"])
        .map(|name| asked(&repo, "", &["rev-parse", name]))
        .collect();
    // all other objects are not even there
    let all = asked(
        &repo,
        "",
        &[
            "cat-file",
            "--batch-all-objects",
            "--batch-check=%(objectname)",
        ],
    );
    for id in all.lines().filter(|id| !wanted.iter().any(|it| it == id)) {
        fs::remove_file(repo.path(loose(id))).unwrap();
    }
    staged(&repo).finds(&[("d3/e3/new.py", 1)]).reads(1);
}

#[test]
fn objects_that_are_missing_or_damaged() {
    let repo = Scratch::repo();
    commit(&repo, "a.py", key("a"));
    repo.write("a.py", format!("# {}", key("a")))
        .write("b.py", key("b"))
        .git(&["add", "."]);
    // what HEAD has can't be read: all counts as added, and it is said
    let old = asked(&repo, "", &["rev-parse", "HEAD:a.py"]);
    let file = repo.path(loose(&old));
    let content = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    let run = staged(&repo);
    run.fails("in HEAD, its blob");
    assert_eq!(run.found.len(), 2, "{}", run.err);
    fs::write(&file, &content[..content.len() / 2]).unwrap();
    staged(&repo).fails("damaged");
    fs::remove_file(&file).unwrap();
    fs::write(&file, content).unwrap();
    staged(&repo).finds(&[("b.py", 1)]).leaves_out(1);
    // its tree, its commit
    for name in ["HEAD^{tree}", "HEAD"] {
        let id = asked(&repo, "", &["rev-parse", name]);
        let content = fs::read(repo.path(loose(&id))).unwrap();
        fs::remove_file(repo.path(loose(&id))).unwrap();
        let run = staged(&repo);
        run.fails(&id);
        assert_eq!(run.found.len(), 2, "{}", run.err);
        fs::write(repo.path(loose(&id)), content).unwrap();
    }
    // what is staged
    let new = asked(&repo, "", &["rev-parse", ":b.py"]);
    fs::remove_file(repo.path(loose(&new))).unwrap();
    let run = staged(&repo);
    run.fails(&format!("b.py: its blob ({new}) is not in the repository"));
    repo.git(&["config", "remote.origin.promisor", "true"]);
    staged(&repo).fails("git fetch --refetch");
}

#[test]
fn a_damaged_index() {
    let repo = Scratch::repo();
    prepared(&repo);
    let index = repo.path(".git/index");
    let good = fs::read(&index).unwrap();
    for (bad, says) in [
        (&good[..50], "it is cut short"),
        (
            &b"no index at all, but longer than a checksum"[..],
            "it is not an index",
        ),
        (&b""[..], "it is cut short"),
    ] {
        fs::write(&index, bad).unwrap();
        staged(&repo).fails(says);
    }
    // whatever is flipped, it ends, and what was there is found or an error is told
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x55;
        fs::write(&index, &bad).unwrap();
        let run = staged(&repo);
        assert!((0..=2).contains(&run.code), "{at}: {}", run.err);
        let is_content = (12..good.len() - 20).contains(&at);
        assert!(
            !is_content || run.code != 0 || at < 200,
            "{at}: {}",
            run.err
        );
    }
    fs::write(&index, &good).unwrap();
    // a writer is at work: what is there is read, as git does
    repo.write(".git/index.lock", "");
    staged(&repo).finds(&[("b.py", 1)]);
}
