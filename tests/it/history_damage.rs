//! Stores in which something is missing, damaged or made to do harm: the rest is scanned, and it is said what was not.

use std::fs;
use std::path::PathBuf;

use waxseal::git::pack::Pack;

use crate::support::craft::{
    self, BLOB, COMMIT, PackWriter, Step, TREE, delta, hex, repository, tree_entry,
};
use crate::support::history::{asked, blob, commit, expect, found, found_in, key, loose, objects};
use crate::support::program::run;
use crate::support::repo::Scratch;

/// Two commits with a secret each; the ids of what `names` name in them.
fn two_commits<const N: usize>(names: [&str; N]) -> (Scratch, [String; N]) {
    let repo = Scratch::repo();
    commit(&repo, "dir/a.py", key("a"));
    commit(&repo, "b.py", key("b"));
    let ids = names.map(|name| asked(&repo, "", &["rev-parse", name]));
    (repo, ids)
}

fn remove(repo: &Scratch, id: &str) {
    fs::remove_file(repo.path(loose(id))).unwrap();
}

/// Writes over an object, which git made read-only.
fn overwrite(repo: &Scratch, id: &str, bytes: &[u8]) {
    remove(repo, id);
    fs::write(repo.path(loose(id)), bytes).unwrap();
}

#[test]
fn a_blob_that_is_missing() {
    let (repo, [id]) = two_commits(["HEAD:dir/a.py"]);
    remove(&repo, &id);
    expect(2)
        .find(found("b.py").first("HEAD").in_head(true))
        .skip("missing-object", 1)
        .every_object()
        .check(&repo, &[]);
    // not a partial clone: nothing promised it
    expect(2)
        .find(found("b.py"))
        .skip("missing-object", 1)
        .check(&repo, &["--allow-missing"]);
}

#[test]
fn what_is_missing_behind_a_name_that_no_path_can_have() {
    let repo = Scratch::repo();
    let made = |entry: &str| {
        let tree = repo.git_fed("", &["mktree"], entry.as_bytes());
        String::from_utf8(tree).unwrap().trim().to_owned()
    };
    let id = blob(&repo, key("a"));
    let folder = made(&format!("100644 blob {id}\ta.py\n"));
    let top = made(&format!("040000 tree {folder}\t{}\n", "x".repeat(5000)));
    let commit = asked(&repo, "", &["commit-tree", &top, "-m", "long"]);
    repo.git(&["update-ref", "refs/heads/main", &commit]);
    remove(&repo, &id);
    expect(2).skip("missing-object", 1).check(&repo, &[]);
}

#[test]
fn a_folder_that_is_missing() {
    let (repo, [id]) = two_commits(["HEAD:dir"]);
    remove(&repo, &id);
    expect(2)
        .find(found_in("blob"))
        .find(found("b.py").first("HEAD"))
        .skip("missing-object", 1)
        .check(&repo, &[]);
}

#[test]
fn a_commit_that_is_missing() {
    let (repo, [id]) = two_commits(["HEAD~1"]);
    remove(&repo, &id);
    expect(2)
        .find(found("dir/a.py").first("HEAD"))
        .find(found("b.py").first("HEAD"))
        .skip("missing-object", 1)
        .check(&repo, &[]);
}

#[test]
fn loose_objects_that_are_damaged() {
    let whole = |text: &str| craft::deflate(format!("{text}{}", key("a")).as_bytes());
    let size = key("a").len();
    let good = whole(&format!("blob {size}\0"));
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 0x10;
    for (what, bytes) in [
        ("empty", Vec::new()),
        ("no zlib", b"blob 3\0abc".to_vec()),
        ("cut", good[..good.len() - 8].to_vec()),
        ("flipped", flipped),
        ("no header", whole("")),
        ("too large a claim", whole(&format!("blob {}\0", size + 1))),
        ("too small a claim", whole(&format!("blob {}\0", size - 1))),
        ("a claim of exabytes", whole("blob 9223372036854775807\0")),
        (
            "a claim past all numbers",
            whole("blob 99999999999999999999999\0"),
        ),
        ("an unknown kind", whole(&format!("blub {size}\0"))),
        ("no end of the header", craft::deflate(&[b'b'; 100])),
    ] {
        let (repo, [id]) = two_commits(["HEAD:dir/a.py"]);
        overwrite(&repo, &id, &bytes);
        let scan = run(repo.root(), ["scan", "--history", "--format", "json"]);
        assert!(
            scan.code == 2 && !scan.err.contains("panicked"),
            "{what}: {}",
            scan.err
        );
        assert!(scan.out.contains("\"b.py\""), "{what}: {}", scan.out);
    }
}

#[test]
fn names_in_the_store_that_are_no_objects_do_no_harm() {
    let (repo, []) = two_commits([]);
    repo.write(".git/objects/zz/nothing", "x")
        .write(".git/objects/00/short", "x")
        .write(".git/objects/tmp_obj_left", "x")
        .write(".git/objects/pack/tmp_pack_left", "x")
        .write(".git/objects/pack/pack-x.keep", "")
        .write(".git/objects/pack/.hidden", "x");
    expect(1)
        .find(found("dir/a.py"))
        .find(found("b.py"))
        .every_object()
        .check(&repo, &[]);
}

/// The only pack of `repo`, after all was put into it.
fn packed(repo: &Scratch) -> PathBuf {
    repo.git(&["gc", "-q"]);
    let mut files = fs::read_dir(repo.path(".git/objects/pack")).unwrap();
    let is_pack = |path: &PathBuf| path.extension().is_some_and(|ext| ext == "pack");
    files
        .find_map(|file| Some(file.unwrap().path()).filter(is_pack))
        .unwrap()
}

fn rewrite(path: &PathBuf, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn packs_that_are_damaged_are_never_clean() {
    let places = {
        let (repo, []) = two_commits([]);
        let pack = Pack::open(&packed(&repo), gix_hash::Kind::Sha1).unwrap();
        let nodes = 0..pack.forest.len();
        let entries = nodes.map(|node| usize::try_from(pack.forest.node(node).offset).unwrap());
        entries.collect::<Vec<usize>>()
    };
    assert_eq!(places.len(), 7);
    for entry in places {
        // three bits of what kind it is, then its stream
        for (place, bit) in [(entry, 0x10), (entry, 0x20), (entry, 0x40), (entry + 9, 1)] {
            let (repo, []) = two_commits([]);
            rewrite(&packed(&repo), |bytes| bytes[place] ^= bit);
            let scan = run(repo.root(), ["scan", "--history"]);
            assert_eq!(scan.code, 2, "bit {bit:#x} of byte {place}");
        }
    }
}

#[test]
fn a_pack_without_an_index_and_an_index_without_a_pack() {
    for ext in ["idx", "pack"] {
        let (repo, []) = two_commits([]);
        fs::remove_file(packed(&repo).with_extension(ext)).unwrap();
        blob(&repo, key("c"));
        let scan = run(repo.root(), ["scan", "--history", "--format", "json"]);
        assert_eq!(scan.code, 2, "{ext}: {}", scan.err);
    }
}

#[test]
fn a_partial_clone_is_not_completed_from_its_remote() {
    let repo = Scratch::new();
    repo.git(&["init", "-q", "-b", "main", "remote"]);
    for (path, label) in [("a.py", "a"), ("b.py", "b")] {
        repo.write(format!("remote/{path}"), key(label));
        repo.git_in("remote", &["add", "."])
            .git_in("remote", &["commit", "-qm", path]);
    }
    repo.git_in("remote", &["config", "uploadpack.allowFilter", "true"]);
    let from = format!("file://{}", repo.path("remote").display());
    repo.git(&[
        "clone",
        "-q",
        "--filter=blob:none",
        "--no-checkout",
        &from,
        "partial",
    ]);
    let missing = || {
        let args = [
            "rev-list",
            "--objects",
            "--all",
            "--missing=print",
            "--no-object-names",
        ];
        let listed = asked(&repo, "partial", &args);
        listed.matches('?').count()
    };
    assert_eq!(missing(), 2);
    expect(2)
        .skip("missing-object", 2)
        .check_in(&repo, "partial", &[]);
    expect(0)
        .skip("promised-object", 2)
        .skip("missing-object", 0)
        .every_object()
        .check_in(&repo, "partial", &["--allow-missing"]);
    assert_eq!(missing(), 2, "objects were fetched");
    repo.write("partial/c.py", key("c"))
        .git_in("partial", &["add", "c.py"])
        .git_in("partial", &["commit", "-qm", "3"]);
    assert_eq!(missing(), 2);
    expect(1)
        .find(found("c.py").first("HEAD").in_head(true))
        .skip("promised-object", 2)
        .check_in(&repo, "partial", &["--allow-missing"]);
}

#[test]
fn a_repository_made_byte_by_byte() {
    let repo = Scratch::new();
    let text = key("a") + "and some more\n";
    let size = text.len() as u64;
    let shorter = u32::try_from(size - 14).unwrap();
    let mut pack = PackWriter::new(2, 5);
    let base = pack.whole(BLOB, text.as_bytes());
    let steps = [Step::Copy(0, shorter), Step::Insert(b"less")];
    let made = key("a") + "less";
    let made = pack.ofs(
        base.offset,
        &delta(size, size - 10, &steps),
        made.as_bytes(),
    );
    let quoted = [Step::Insert(b"# "), Step::Copy(0, shorter)];
    let third = format!("# {}", key("a"));
    let third = pack.by_id(
        &made.id,
        &delta(size - 10, size - 12, &quoted),
        third.as_bytes(),
    );
    let entries = [("1.py", base), ("2.py", made), ("3.py", third)];
    let entries = entries.map(|(name, entry)| tree_entry("100644", name.as_bytes(), &entry.id));
    let tree = pack.whole(TREE, &entries.concat());
    let head = pack.whole(COMMIT, &craft::commit(&tree.id, "message\n"));
    pack.write(&repository(repo.root(), Some(&head.id)));
    repo.git(&["fsck", "--full"]);
    expect(1)
        .find(found("1.py").first("main").in_head(true).places(3))
        .every_object()
        .check(&repo, &[]);
}

#[test]
fn what_hangs_on_a_missing_base_is_reported_and_the_rest_is_scanned() {
    let repo = Scratch::new();
    let mut pack = PackWriter::new(2, 5);
    let steps = [Step::Copy(0, 3)];
    let first = pack.by_id(&[9; 20], &delta(3, 3, &steps), b"abc");
    let second = pack.by_id(&first.id, &delta(3, 2, &[Step::Copy(0, 2)]), b"ab");
    let good = pack.whole(BLOB, key("a").as_bytes());
    let entries = [("1", first), ("2", second), ("3.py", good)];
    let entries = entries.map(|(name, entry)| tree_entry("100644", name.as_bytes(), &entry.id));
    let tree = pack.whole(TREE, &entries.concat());
    let head = pack.whole(COMMIT, &craft::commit(&tree.id, "message\n"));
    pack.write(&repository(repo.root(), Some(&head.id)));
    expect(2)
        .find(found("3.py").first("main").in_head(true))
        .skip("damaged-object", 2)
        .check(&repo, &[]);
}

#[test]
fn bombs_are_reported_and_the_rest_is_scanned() {
    let repo = Scratch::new();
    let zeros = vec![0; 0x1_0000];
    let copies = vec![0x80; 0x4001];
    let mut pack = PackWriter::new(2, 6);
    let base = pack.whole(BLOB, &zeros);
    let good = pack.whole(BLOB, key("a").as_bytes());
    let bomb = delta(0x1_0000, 0x4001 << 16, &[Step::Raw(&copies)]);
    let bomb = pack.ofs(base.offset, &bomb, b"not what it makes");
    let claim = pack.raw([7; 20], BLOB, 1 << 40, &[], &craft::deflate(b"short"));
    let entries = [("0", base), ("1.py", good), ("2", bomb), ("3", claim)];
    let entries = entries.map(|(name, entry)| tree_entry("100644", name.as_bytes(), &entry.id));
    let tree = pack.whole(TREE, &entries.concat());
    let head = pack.whole(COMMIT, &craft::commit(&tree.id, "message\n"));
    pack.write(&repository(repo.root(), Some(&head.id)));
    expect(2)
        .find(found("1.py").first("main").in_head(true))
        .skip("too-large", 2)
        .check(&repo, &[]);
}

/// A tree that holds itself can't be made, but one a few kilobytes long that stands for more paths than there are atoms can.
#[test]
fn a_tree_of_endless_paths_comes_to_an_end() {
    let repo = Scratch::new();
    let mut pack = PackWriter::new(2, 42);
    let mut below = pack.whole(BLOB, key("a").as_bytes());
    let mut mode = "100644";
    for _ in 0..40 {
        let entries = ["a", "b", "c", "d"].map(|name| tree_entry(mode, name.as_bytes(), &below.id));
        below = pack.whole(TREE, &entries.concat());
        mode = "40000";
    }
    let head = pack.whole(COMMIT, &craft::commit(&below.id, "message\n"));
    pack.write(&repository(repo.root(), Some(&head.id)));
    assert_eq!(objects(&repo, "")["trees"], 40);
    expect(2)
        .find(found_in("blob").first("main").in_head(true))
        .skip("too-large", 1)
        .check(&repo, &[]);
}

#[test]
fn trees_that_make_no_sense_are_damage() {
    let id = [7; 20];
    for (what, content) in [
        ("cut id", tree_entry("100644", b"a", &id)[..20].to_vec()),
        ("no name", tree_entry("100644", b"", &id)),
        ("no mode", tree_entry("", b"a", &id)),
        ("a slash", tree_entry("100644", b"a/b", &id)),
        ("an odd mode", tree_entry("9x", b"a", &id)),
        ("no end of the name", b"100644 name".to_vec()),
        ("a line", b"\n".to_vec()),
    ] {
        let repo = Scratch::new();
        let mut pack = PackWriter::new(2, 3);
        pack.whole(BLOB, key("a").as_bytes());
        let tree = pack.whole(TREE, &content);
        let head = pack.whole(COMMIT, &craft::commit(&tree.id, "message\n"));
        pack.write(&repository(repo.root(), Some(&head.id)));
        let scan = run(repo.root(), ["scan", "--history", "--format", "json"]);
        assert!(!scan.err.contains("panicked"), "{what}: {}", scan.err);
        // the blob is found all the same, and it is said that something is wrong
        assert_eq!(scan.code, 2, "{what}: {}", scan.err);
    }
}

#[test]
fn commits_that_make_no_sense_do_not_stop_a_scan() {
    let none = hex(&[7; 20]);
    for content in [
        String::new(),
        "tree\n".to_owned(),
        format!("tree {none}"),
        format!("tree {none}\nparent {none}\nparent x\nauthor\n\n"),
        format!("tree {none}\nauthor A <a> 99999999999999999999 +9999\n\n"),
        format!("tree {none}\nauthor A <a> -1 +0000\ncommitter A\n"),
    ] {
        let repo = Scratch::new();
        let mut pack = PackWriter::new(2, 2);
        pack.whole(BLOB, key("a").as_bytes());
        let head = pack.whole(COMMIT, content.as_bytes());
        pack.write(&repository(repo.root(), Some(&head.id)));
        let scan = run(repo.root(), ["scan", "--history", "--format", "json"]);
        assert!(
            scan.code == 2 && !scan.err.contains("panicked"),
            "{}",
            scan.err
        );
    }
}
