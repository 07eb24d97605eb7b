//! What is read of a repository besides its packs, held against what git says of the same one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use waxseal::git::pack::{Inflater, Kind};
use waxseal::git::{RefStorage, Refs, Store, loose};
use waxseal::history::{CommitInfo, Graph, Revisions};
use waxseal::model::ObjectId;

use crate::support::repo::Scratch;

fn open(scratch: &Scratch, path: &str) -> Store {
    Store::open(&scratch.path(path), None).unwrap()
}

fn refused(scratch: &Scratch, path: &str) -> String {
    Store::open(&scratch.path(path), None)
        .unwrap_err()
        .to_string()
}

fn text(scratch: &Scratch, dir: &str, args: &[&str]) -> String {
    String::from_utf8(scratch.git_fed(dir, args, b"")).unwrap()
}

fn id(scratch: &Scratch, dir: &str, revision: &str) -> ObjectId {
    let digits = text(scratch, dir, &["rev-parse", revision]);
    ObjectId::from_hex(digits.trim().as_bytes()).unwrap()
}

/// A commit of one file in the work tree `dir`.
fn commit(scratch: &Scratch, dir: &str, word: &str) {
    scratch.write(Path::new(dir).join("file"), word);
    scratch.git_in(dir, &["add", "."]);
    scratch.git_in(dir, &["commit", "-q", "-m", word]);
}

fn loose_ids(store: &Store) -> Vec<ObjectId> {
    let mut problems = Vec::new();
    let ids = store.loose(&mut problems).map(|(id, _)| id).collect();
    assert_eq!(problems, Vec::<String>::new());
    ids
}

/// Names of all refs with their objects, as git lists them.
fn listed(scratch: &Scratch, dir: &str) -> BTreeSet<(String, ObjectId)> {
    text(
        scratch,
        dir,
        &["for-each-ref", "--format=%(objectname) %(refname)"],
    )
    .lines()
    .map(|line| {
        let (id, name) = line.split_once(' ').unwrap();
        (name.to_owned(), ObjectId::from_hex(id.as_bytes()).unwrap())
    })
    .collect()
}

/// Those that git's list would have.
fn real(refs: &Refs) -> BTreeSet<(String, ObjectId)> {
    let all = refs.refs.iter().cloned();
    all.filter(|(name, _)| name.starts_with("refs/")).collect()
}

fn of<'a>(refs: &'a Refs, name: &str) -> Vec<&'a ObjectId> {
    let named = refs.refs.iter().filter(|(of, _)| of == name);
    named.map(|(_, id)| id).collect()
}

// ---- Where objects lie.

#[test]
fn a_store_is_found_from_everywhere() {
    let scratch = Scratch::repo();
    commit(&scratch, "", "one");
    scratch.write("a/b/c", "deep");
    scratch.git(&["worktree", "add", "-q", "linked"]);
    scratch.git(&["clone", "-q", "--bare", ".", "bare.git"]);
    scratch.git(&["clone", "-q", "--bare", ".", "plain.git"]);
    fs::remove_file(scratch.path("plain.git/config")).unwrap();
    let top = scratch.root().to_owned();
    let git = scratch.path(".git");
    for (path, git_dir, common_dir, root) in [
        ("", git.clone(), git.clone(), Some(top.clone())),
        ("a/b", git.clone(), git.clone(), Some(top.clone())),
        (".git", git.clone(), git.clone(), Some(top.clone())),
        (".git/refs", git.clone(), git.clone(), Some(top.clone())),
        (
            "linked",
            git.join("worktrees/linked"),
            git.clone(),
            Some(top.join("linked")),
        ),
        ("bare.git", top.join("bare.git"), top.join("bare.git"), None),
        (
            "bare.git/refs",
            top.join("bare.git"),
            top.join("bare.git"),
            None,
        ),
        (
            "plain.git",
            top.join("plain.git"),
            top.join("plain.git"),
            None,
        ),
    ] {
        let store = open(&scratch, path);
        let common = store.common_dir.canonicalize().unwrap();
        assert_eq!(store.git_dir.canonicalize().unwrap(), git_dir, "{path}");
        assert_eq!((common, store.root), (common_dir, root), "{path}");
        assert_eq!(store.problems, Vec::<String>::new(), "{path}");
        assert_eq!(store.hash, gix_hash::Kind::Sha1);
    }
    for named in ["bare.git", ".git", "linked/.git", ".git/worktrees/linked"] {
        let store = Store::open(&scratch.path("a"), Some(&scratch.path(named))).unwrap();
        assert!(Refs::read(&store).head.is_some(), "{named}");
    }
    for named in ["a", "file", "nowhere"] {
        assert!(
            Store::open(&top, Some(&scratch.path(named))).is_err(),
            "{named}"
        );
    }
    let outside = Scratch::new();
    assert!(refused(&outside, "").contains("is not in a git repository"));
    assert!(refused(&outside, "nowhere").contains("cannot open"));
}

#[test]
fn formats_are_told_apart() {
    let scratch = Scratch::new();
    scratch.git(&["init", "-q", "--object-format=sha256", "new"]);
    assert_eq!(open(&scratch, "new").hash, gix_hash::Kind::Sha256);
    scratch.git(&["init", "-q", "odd"]);
    scratch.git_in("odd", &["config", "core.repositoryFormatVersion", "1"]);
    scratch.git_in("odd", &["config", "extensions.moonlight", "yes"]);
    assert!(refused(&scratch, "odd").contains("extension moonlight"));
    scratch.git(&["init", "-q", "partial"]);
    assert!(!open(&scratch, "partial").is_partial);
    scratch.write("partial/.git/objects/pack/pack-1.promisor", "");
    assert!(open(&scratch, "partial").is_partial);
    scratch.write("partial/.git/config", "[core]\n\tbare = false\n[oops\n");
    assert!(open(&scratch, "partial").problems[0].contains("line 3"));
}

#[test]
fn includes_of_the_configuration_are_not_followed() {
    let scratch = Scratch::repo();
    scratch.write("other", "[extensions]\nobjectFormat = md5\n");
    scratch.git(&["config", "include.path", "../other"]);
    assert_eq!(open(&scratch, "").hash, gix_hash::Kind::Sha1);
}

#[test]
fn a_shallow_clone_says_where_it_ends() {
    let scratch = Scratch::new();
    scratch.git(&["init", "-q", "-b", "main", "from"]);
    for word in ["one", "two", "three"] {
        commit(&scratch, "from", word);
    }
    let url = format!("file://{}", scratch.path("from").display());
    scratch.git(&["clone", "-q", "--depth=1", &url, "to"]);
    assert_eq!(open(&scratch, "to").shallow, [id(&scratch, "to", "HEAD")]);
    assert_eq!(open(&scratch, "from").shallow, []);
    scratch.write("to/.git/shallow", "what\n");
    assert_eq!(open(&scratch, "to").problems.len(), 1);
}

#[test]
fn alternates_are_followed_and_missed() {
    let scratch = Scratch::new();
    for name in ["a", "b", "c"] {
        scratch.git(&["init", "-q", "-b", "main", name]);
        commit(&scratch, name, name);
    }
    let b = scratch.path("b/.git/objects");
    scratch.write(
        "a/.git/objects/info/alternates",
        format!("# mine\n\n{}\n", b.display()),
    );
    scratch.write(
        "b/.git/objects/info/alternates",
        "../../../c/.git/objects\n\"../../../a/.git/objec\\164s\"\n../../../gone/objects\n",
    );
    let store = open(&scratch, "a");
    let dirs: Vec<PathBuf> = store
        .object_dirs
        .iter()
        .map(|dir| dir.canonicalize().unwrap())
        .collect();
    assert_eq!(
        dirs,
        ["a", "b", "c"].map(|name| scratch.path(name).join(".git/objects"))
    );
    assert_eq!(store.problems.len(), 1);
    assert!(store.problems[0].contains("gone"), "{:?}", store.problems);
    assert_eq!(loose_ids(&store).len(), 9);
}

#[test]
fn alternates_that_lead_too_deep_are_a_problem() {
    let scratch = Scratch::new();
    for number in 0..9 {
        scratch.git(&["init", "-q", &number.to_string()]);
        scratch.write(
            format!("{number}/.git/objects/info/alternates"),
            format!("../../../{}/.git/objects\n", number + 1),
        );
    }
    let store = open(&scratch, "0");
    assert_eq!(store.object_dirs.len(), 6);
    assert!(
        store.problems[0].contains("too deep"),
        "{:?}",
        store.problems
    );
}

#[test]
fn packs_and_loose_objects_are_listed() {
    let scratch = Scratch::repo();
    commit(&scratch, "", "one");
    scratch.git(&["gc", "-q"]);
    commit(&scratch, "", "two");
    scratch
        .write(".git/objects/pack/pack-lone.idx", "")
        .write(".git/objects/pack/pack-alone.pack", "")
        .write(".git/objects/00/tmp_obj_x", "")
        .write(".git/objects/pack/tmp_pack_1", "");
    let store = open(&scratch, "");
    let mut problems = Vec::new();
    let packs = store.packs(&mut problems);
    let names: Vec<_> = packs.iter().map(|pack| pack.file_name().unwrap()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names.is_sorted() && names.contains(&"pack-lone.pack".as_ref()));
    let ids = loose_ids(&store);
    assert!(ids.is_sorted());
    assert_eq!(ids.len(), 3);
    assert!(ids.contains(&id(&scratch, "", "HEAD^{tree}")));
}

#[test]
fn loose_objects_are_what_git_says() {
    for format in ["sha1", "sha256"] {
        let scratch = Scratch::new();
        scratch.git(&[
            "init",
            "-q",
            "-b",
            "main",
            &format!("--object-format={format}"),
        ]);
        scratch.write("empty", "");
        commit(&scratch, "", "one");
        scratch.write("big", "some text\n".repeat(50_000));
        commit(&scratch, "", "two");
        scratch.git(&["tag", "-a", "-m", "tagged", "v1"]);
        let store = open(&scratch, "");
        let mut problems = Vec::new();
        let (mut inflater, mut out) = (Inflater::default(), Vec::new());
        let mut kinds = BTreeMap::new();
        for (id, path) in store.loose(&mut problems) {
            let (kind, len) = loose::read(&path, &mut inflater, &mut out).unwrap();
            assert_eq!(loose::header(&path), Ok((kind, len as u64)));
            let word = match kind {
                Kind::Blob => "blob",
                Kind::Tree => "tree",
                Kind::Commit => "commit",
                Kind::Tag => "tag",
            };
            let expected = scratch.git_fed("", &["cat-file", word, &id.to_string()], b"");
            assert!(out[..len] == expected, "{id}");
            *kinds.entry(word).or_insert(0) += 1;
        }
        let expected = [("blob", 4), ("commit", 2), ("tag", 1), ("tree", 2)];
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), expected);
    }
}

// ---- Refs.

/// A repository with refs of every kind.
fn everything(format: &[&str]) -> Scratch {
    let scratch = Scratch::new();
    scratch.git(&[&["init", "-q", "-b", "main"], format].concat());
    commit(&scratch, "", "one");
    scratch.git(&["tag", "-a", "-m", "note", "packed"]);
    scratch.git(&["branch", "topic/deep"]);
    scratch.git(&["pack-refs", "--all"]);
    commit(&scratch, "", "two");
    scratch.git(&["tag", "light"]);
    scratch.git(&["branch", "gone"]);
    scratch.git(&["branch", "-D", "-q", "gone"]);
    scratch.git(&["notes", "add", "-m", "a note"]);
    scratch.write("file", "changed");
    scratch.git(&["stash", "-q"]);
    scratch.write("file", "changed again");
    scratch.git(&["stash", "-q"]);
    scratch.git(&["symbolic-ref", "refs/heads/alias", "refs/heads/topic/deep"]);
    scratch.git(&[
        "symbolic-ref",
        "refs/remotes/origin/HEAD",
        "refs/remotes/origin/none",
    ]);
    scratch.git(&["replace", "HEAD", "HEAD~1"]);
    scratch.git(&["update-ref", "refs/worktree/mine", "HEAD"]);
    scratch.git(&["worktree", "add", "-q", "linked"]);
    commit(&scratch, "linked", "three");
    scratch.git_in("linked", &["update-ref", "refs/bisect/bad", "HEAD"]);
    scratch
}

fn check_everything(scratch: &Scratch) {
    for (here, there, name) in [
        ("", "linked", "worktrees/linked/"),
        ("linked", "", "main-worktree/"),
    ] {
        let refs = Refs::read(&open(scratch, here));
        assert_eq!(refs.problems, Vec::<String>::new());
        assert_eq!(refs.dangling, ["refs/remotes/origin/HEAD"]);
        assert_eq!(refs.head, Some(id(scratch, here, "HEAD")));
        assert_eq!(real(&refs), listed(scratch, here), "{here}");
        assert!(refs.refs.is_sorted());
        assert_eq!(of(&refs, "HEAD"), [&id(scratch, here, "HEAD")]);
        assert_eq!(
            of(&refs, &format!("{name}HEAD")),
            [&id(scratch, there, "HEAD")]
        );
        let others = if here.is_empty() {
            "refs/bisect/bad"
        } else {
            "refs/worktree/mine"
        };
        assert_eq!(
            of(&refs, &format!("{name}{others}")),
            [&id(scratch, there, others)]
        );
        assert_eq!(of(&refs, "reflog of refs/stash").len(), 2);
        for (dir, name, log) in [
            (here, "reflog of HEAD".to_owned(), "HEAD"),
            (there, format!("reflog of {name}HEAD"), "HEAD"),
            (
                here,
                "reflog of refs/heads/main".to_owned(),
                "refs/heads/main",
            ),
        ] {
            let logged: BTreeSet<String> =
                text(scratch, dir, &["reflog", "show", "--format=%H", log])
                    .lines()
                    .map(str::to_owned)
                    .collect();
            let found: BTreeSet<String> = of(&refs, &name)
                .into_iter()
                .map(ToString::to_string)
                .collect();
            assert!(
                !logged.is_empty() && logged.is_subset(&found),
                "{here} {name} {found:?} {logged:?}"
            );
        }
    }
}

#[test]
fn refs_are_those_that_git_lists() {
    check_everything(&everything(&[]));
    check_everything(&everything(&["--object-format=sha256"]));
}

#[test]
fn refs_in_reftables_are_those_that_git_lists() {
    for format in ["sha1", "sha256"] {
        let scratch = everything(&[
            "--ref-format=reftable",
            &format!("--object-format={format}"),
        ]);
        assert_eq!(open(&scratch, "").ref_storage, RefStorage::Reftable);
        check_everything(&scratch);
        scratch.git(&["pack-refs"]);
        check_everything(&scratch);
    }
}

#[test]
fn many_refs_in_reftables_fill_many_blocks() {
    let scratch = Scratch::new();
    scratch.git(&["init", "-q", "-b", "main", "--ref-format=reftable"]);
    commit(&scratch, "", "one");
    commit(&scratch, "", "two");
    let update = |from: usize, to: usize, what: &str| {
        let mut lines = String::new();
        for number in from..to {
            writeln!(lines, "update refs/heads/topic/{number} {what}").unwrap();
        }
        let args = ["update-ref", "--create-reflog", "-m", "made", "--stdin"];
        scratch.git_fed("", &args, lines.as_bytes());
    };
    update(0, 3000, "HEAD");
    update(100, 200, "HEAD~1");
    for pack in [false, true] {
        if pack {
            scratch.git(&["pack-refs"]);
        }
        let refs = Refs::read(&open(&scratch, ""));
        assert_eq!(refs.problems, Vec::<String>::new());
        assert_eq!(real(&refs), listed(&scratch, ""));
        let logs = refs
            .refs
            .iter()
            .filter(|(name, _)| name.starts_with("reflog of refs/heads/topic"));
        assert_eq!(logs.count(), 3100);
    }
    let table = fs::read_dir(scratch.path(".git/reftable"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|end| end == "ref"))
        .unwrap();
    fs::write(&table, b"REFT").unwrap();
    assert!(Refs::read(&open(&scratch, "")).problems[0].contains("is damaged"));
    fs::remove_file(&table).unwrap();
    assert!(Refs::read(&open(&scratch, "")).problems[0].contains("does not exist"));
}

#[test]
fn a_damaged_reftable_never_ends_the_run() {
    let scratch = everything(&["--ref-format=reftable"]);
    scratch.git(&["pack-refs"]);
    let store = open(&scratch, "");
    let name = fs::read_to_string(scratch.path(".git/reftable/tables.list")).unwrap();
    let table = scratch.path(".git/reftable").join(name.trim());
    let good = fs::read(&table).unwrap();
    let all = Refs::read(&store);
    let mut damaged = 0;
    for at in (0..good.len()).step_by(3) {
        let mut bad = good.clone();
        bad[at] ^= 0x41;
        fs::write(&table, bad).unwrap();
        let refs = Refs::read(&store);
        damaged += usize::from(refs != all);
        fs::write(&table, &good[..at]).unwrap();
        assert_ne!(
            Refs::read(&store).problems,
            Vec::<String>::new(),
            "cut at {at}"
        );
    }
    assert!(damaged > 100, "{damaged}");
}

#[test]
fn what_an_operation_leaves_behind_is_read() {
    let scratch = Scratch::repo();
    commit(&scratch, "", "one");
    scratch.git(&["checkout", "-q", "-b", "other"]);
    commit(&scratch, "", "other");
    scratch.git(&["checkout", "-q", "main"]);
    commit(&scratch, "", "two");
    scratch.git(&["fetch", "-q", ".", "other", "main"]);
    scratch.git(&["merge", "-q", "-s", "ours", "--no-commit", "other"]);
    scratch.git(&["checkout", "-q", "--detach"]);
    let refs = Refs::read(&open(&scratch, ""));
    let (main, other) = (id(&scratch, "", "main"), id(&scratch, "", "other"));
    assert_eq!(refs.head, Some(main));
    assert_eq!(of(&refs, "FETCH_HEAD").len(), 2);
    if scratch.path(".git/MERGE_HEAD").exists() {
        assert_eq!(of(&refs, "MERGE_HEAD"), [&other]);
    }
    scratch.write(".git/CHERRY_PICK_HEAD", format!("{other}\n"));
    assert_eq!(
        of(&Refs::read(&open(&scratch, "")), "CHERRY_PICK_HEAD"),
        [&other]
    );
}

#[test]
fn a_new_repository_has_no_refs_and_no_problems() {
    for format in ["files", "reftable"] {
        let scratch = Scratch::new();
        scratch.git(&["init", "-q", &format!("--ref-format={format}")]);
        assert_eq!(Refs::read(&open(&scratch, "")), Refs::default());
    }
}

#[test]
fn broken_refs_are_problems() {
    let scratch = Scratch::repo();
    commit(&scratch, "", "one");
    let main = id(&scratch, "", "HEAD");
    let null = "0".repeat(40);
    scratch
        .write(".git/refs/heads/empty", "")
        .write(".git/refs/heads/words", "what is this")
        .write(".git/refs/heads/null", format!("{null}\n"))
        .write(".git/refs/heads/long", format!("{main}0\n"))
        .write(".git/refs/heads/circle", "ref: refs/heads/circle\n")
        .write(".git/refs/heads/main.lock", "x")
        .write(".git/refs/heads/.hidden", "x")
        .write(
            ".git/packed-refs",
            format!("# x\n{main} refs/heads/packed\n^{main}\nbad line\n"),
        )
        .write(
            ".git/logs/refs/heads/odd",
            format!("{null} {main} A <a> 1 +0\tx\nbad\n"),
        )
        .write(".git/MERGE_HEAD", "bad\n");
    let refs = Refs::read(&open(&scratch, ""));
    assert_eq!(refs.problems.len(), 8, "{:#?}", refs.problems);
    for word in [
        "empty",
        "words",
        "null",
        "long",
        "circle",
        "packed-refs, line 4",
        "odd, line 2",
        "MERGE_HEAD",
    ] {
        assert!(
            refs.problems.iter().any(|problem| problem.contains(word)),
            "{word}"
        );
    }
    assert_eq!(of(&refs, "refs/heads/packed"), [&main]);
    assert_eq!(of(&refs, "reflog of refs/heads/odd"), [&main]);
}

#[cfg(unix)]
#[test]
fn links_among_refs_do_not_go_round() {
    let scratch = Scratch::repo();
    commit(&scratch, "", "one");
    for name in ["x", "y"] {
        std::os::unix::fs::symlink(".", scratch.path(".git/refs/heads").join(name)).unwrap();
    }
    let refs = Refs::read(&open(&scratch, ""));
    assert_eq!(refs.problems.len(), 2);
    assert_eq!(of(&refs, "refs/heads/main").len(), 1);
}

// ---- The graph.

#[test]
fn graph_and_revisions_agree_with_git() {
    let scratch = Scratch::repo();
    for word in ["one", "two"] {
        commit(&scratch, "", word);
    }
    scratch.git(&["checkout", "-q", "-b", "side", "HEAD~1"]);
    scratch.write("other", "x");
    commit(&scratch, "", "side");
    scratch.git(&["tag", "-a", "-m", "x", "v1"]);
    scratch.git(&["tag", "-a", "-m", "x", "v2", "v1"]);
    scratch.git(&["checkout", "-q", "main"]);
    scratch.git(&["merge", "-q", "-m", "merge", "-s", "ours", "side"]);
    scratch.write("third", "x");
    commit(&scratch, "", "last");

    let store = open(&scratch, "");
    let refs = Refs::read(&store);
    let mut problems = Vec::new();
    let (mut inflater, mut out) = (Inflater::default(), Vec::new());
    let commits = store.loose(&mut problems).filter_map(|(id, path)| {
        let (kind, len) = loose::read(&path, &mut inflater, &mut out).unwrap();
        (kind == Kind::Commit).then(|| CommitInfo::parse(id, &out[..len]).unwrap())
    });
    let graph = Graph::new(commits.collect());
    let peeled: HashMap<_, _> = ["v1", "v2"]
        .map(|tag| {
            (
                id(&scratch, "", tag),
                id(&scratch, "", &format!("{tag}^{{}}")),
            )
        })
        .into();
    let revisions = Revisions {
        refs: &refs,
        peeled: &peeled,
        graph: &graph,
    };
    let short = text(&scratch, "", &["rev-parse", "--short", "HEAD~1"]);
    for name in [
        "HEAD",
        "@",
        "main",
        "side",
        "v1",
        "v2",
        "v2~1",
        "HEAD~",
        "HEAD~1^2",
        "main~3",
        "@~1^2^",
        short.trim(),
    ] {
        let expected = id(&scratch, "", &format!("{name}^{{commit}}"));
        assert_eq!(
            revisions.commit(name).map(|ix| graph.id(ix)),
            Ok(expected),
            "{name}"
        );
    }
    for range in ["v1..main", "main..v1", "HEAD~2..", "main~3..side"] {
        let ends = revisions.range(range).unwrap();
        let found: BTreeSet<String> = graph
            .range(&[ends.without], &[ends.tip])
            .iter()
            .map(|ix| graph.id(ix).to_string())
            .collect();
        let expected = text(&scratch, "", &["rev-list", range]);
        assert_eq!(
            found,
            expected.lines().map(str::to_owned).collect(),
            "{range}"
        );
    }
    let head = graph.ix(&refs.head.unwrap()).unwrap();
    let tree = id(&scratch, "", "HEAD^{tree}");
    assert_eq!(
        (graph.tree(head), graph.author_time(head)),
        (tree, 981_173_106)
    );
}
