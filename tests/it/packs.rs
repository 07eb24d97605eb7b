//! Packs that git wrote, and honest ones that it seldom writes: `git cat-file` is the reference.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use waxseal::git::pack::{Kind, Pack};

use crate::support::craft::{
    self, BLOB, COMMIT, Entry, Id, Offsets, PackWriter, Step, TREE, delta, index_v1, index_v2,
    sorted,
};
use crate::support::random::Random;
use crate::support::reading::{Reading, read, read_named, read_open};
use crate::support::repo::Scratch;

/// A repository of thirty versions of some files, loose.
fn grown() -> Scratch {
    grown_from(Scratch::repo())
}

fn grown_from(repo: Scratch) -> Scratch {
    let mut random = Random::new(7);
    let mut lines: Vec<String> = (0..400).map(|line| format!("line {line}\n")).collect();
    for version in 0..30 {
        for _ in 0..5 {
            lines[random.below(400)] = format!("version {version} {}\n", random.below(1000));
        }
        repo.write("big.txt", lines.concat())
            .write("empty", "")
            .write(format!("dir{}/small", version % 7), format!("{version}"))
            .git(&["add", "-A"])
            .git(&["commit", "-qm", &format!("version {version}")]);
    }
    repo.git(&["tag", "-am", "annotated", "v1"]);
    repo
}

/// All packs below a `.git`.
fn packs(repo: &Scratch) -> Vec<PathBuf> {
    let dir = std::fs::read_dir(repo.path(".git/objects/pack")).unwrap();
    let paths = dir.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|ext| ext == "pack"))
        .collect()
}

/// All objects as git gives them.
fn objects(repo: &Scratch) -> BTreeMap<Id, (Kind, Vec<u8>)> {
    let args = ["cat-file", "--batch-all-objects", "--batch", "--unordered"];
    let printed = repo.git_fed("", &args, b"");
    let mut rest = printed.as_slice();
    let mut objects = BTreeMap::new();
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).unwrap();
        let line = std::str::from_utf8(&rest[..end]).unwrap();
        let [id, kind, size] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let id = gix_hash::ObjectId::from_hex(id.as_bytes()).unwrap();
        let kind = match kind {
            "blob" => Kind::Blob,
            "tree" => Kind::Tree,
            "commit" => Kind::Commit,
            _ => Kind::Tag,
        };
        let content = &rest[end + 1..][..size.parse().unwrap()];
        rest = &rest[end + 1 + content.len() + 1..];
        objects.insert(
            *id.as_slice().first_chunk().unwrap(),
            (kind, content.to_vec()),
        );
    }
    objects
}

fn assert_agrees(repo: &Scratch) -> Vec<PathBuf> {
    let paths = packs(repo);
    let objects = objects(repo);
    let format = repo.git_fed("", &["rev-parse", "--show-object-format"], b"");
    let hash = match format.trim_ascii() {
        b"sha1" => gix_hash::Kind::Sha1,
        _ => gix_hash::Kind::Sha256,
    };
    assert!(!paths.is_empty() && objects.len() > 50);
    for threads in [1, 3] {
        let mut seen = BTreeMap::new();
        for path in &paths {
            let reading = read_named(path, hash, threads).unwrap();
            assert!(reading.damaged.is_empty(), "{:?}", reading.damaged);
            seen.extend(reading.objects);
        }
        assert!(
            seen == objects,
            "{} of {} objects",
            seen.len(),
            objects.len()
        );
    }
    paths
}

/// How many objects of the packs are deltas.
fn deltas(paths: &[PathBuf]) -> u32 {
    let count = |path: &PathBuf| {
        let pack = Pack::open(path, gix_hash::Kind::Sha1).unwrap();
        (0..pack.forest.len())
            .map(|node| u32::try_from(pack.forest.children(node).len()).unwrap())
            .sum::<u32>()
    };
    paths.iter().map(count).sum()
}

fn all_read(reading: &Reading, entries: &[Entry]) {
    assert!(reading.damaged.is_empty(), "{:?}", reading.damaged);
    assert_eq!(reading.told, entries.len());
    for entry in entries {
        assert!(reading.objects.contains_key(&entry.id), "{entry:?}");
    }
}

#[test]
fn packs_of_every_depth_are_read() {
    let repo = grown();
    for (depth, window) in [("0", "0"), ("1", "10"), ("50", "10"), ("4095", "250")] {
        let (depth, window) = (format!("--depth={depth}"), format!("--window={window}"));
        repo.git(&["repack", "-adfq", &depth, &window]);
        let paths = assert_agrees(&repo);
        assert_eq!(
            deltas(&paths) > 0,
            window != "--window=0",
            "{depth} {window}"
        );
    }
}

#[test]
fn deltas_that_name_their_base_by_id_are_read() {
    let repo = grown();
    repo.git(&["-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq"]);
    assert!(deltas(&assert_agrees(&repo)) > 0);
}

#[test]
fn packs_with_ids_of_sha256_are_read() {
    let repo = Scratch::new();
    repo.git(&["init", "-q", "-b", "main", "--object-format=sha256"]);
    let repo = grown_from(repo);
    for by_offset in ["true", "false"] {
        let setting = format!("repack.useDeltaBaseOffset={by_offset}");
        repo.git(&["-c", &setting, "repack", "-adfq"]);
        assert_agrees(&repo);
    }
}

#[test]
fn several_packs_and_the_old_index_are_read() {
    let repo = grown();
    repo.git(&["repack", "-q"]);
    repo.write("more", "x")
        .git(&["add", "-A"])
        .git(&["commit", "-qm", "more"])
        .git(&["repack", "-q"]);
    assert_eq!(assert_agrees(&repo).len(), 2);
    repo.git(&["repack", "-adfq"]);
    let pack = packs(&repo).pop().unwrap();
    let index = pack.with_extension("idx");
    std::fs::remove_file(&index).unwrap();
    repo.git(&["index-pack", "--index-version=1", pack.to_str().unwrap()]);
    assert!(!std::fs::read(&index).unwrap().starts_with(b"\xfftOc"));
    assert_agrees(&repo);
}

#[test]
fn offsets_in_the_table_for_large_packs_are_read() {
    let repo = grown();
    repo.git(&["repack", "-adfq"]);
    let pack = packs(&repo).pop().unwrap();
    let index = pack.with_extension("idx");
    let plain = std::fs::metadata(&index).unwrap().len();
    std::fs::remove_file(&index).unwrap();
    repo.git(&[
        "index-pack",
        "--index-version=2,0x100",
        pack.to_str().unwrap(),
    ]);
    assert!(std::fs::metadata(&index).unwrap().len() > plain);
    assert_agrees(&repo);
}

#[test]
fn version_3_of_the_format_and_both_indexes_are_read() {
    let scratch = Scratch::new();
    for version in [2, 3] {
        let mut pack = PackWriter::new(version, 4);
        let blob = pack.whole(BLOB, b"text\n");
        let tree = pack.whole(TREE, &craft::tree_entry("100644", b"a", &blob.id));
        pack.whole(COMMIT, &craft::commit(&tree.id, "message\n"));
        pack.whole(BLOB, b"");
        let path = pack.write(scratch.root());
        all_read(&read(&path, 1).unwrap(), &pack.entries);
        let rows = sorted(&pack.entries);
        for index in [
            index_v1(&rows, &pack.checksum()),
            index_v2(&rows, &pack.checksum(), Offsets::AllWide),
        ] {
            std::fs::write(path.with_extension("idx"), index).unwrap();
            all_read(&read(&path, 1).unwrap(), &pack.entries);
        }
    }
}

#[test]
fn what_is_crafted_here_is_what_git_reads() {
    let scratch = Scratch::new();
    let mut pack = PackWriter::new(2, 5);
    let base = pack.whole(BLOB, b"the quick brown fox\n");
    let made = b"the slow brown fox\n";
    let steps = [Step::Copy(0, 4), Step::Insert(b"slow"), Step::Copy(9, 11)];
    let tree = craft::tree_entry("100644", b"a", &craft::object_id(BLOB, made));
    pack.ofs(base.offset, &delta(20, 19, &steps), made);
    pack.by_id(&base.id, &delta(20, 4, &[Step::Copy(0, 4)]), b"the ");
    let tree = pack.whole(TREE, &tree);
    let commit = pack.whole(COMMIT, &craft::commit(&tree.id, "message\n"));
    pack.write(&craft::repository(scratch.root(), Some(&commit.id)));
    scratch.git(&["fsck", "--strict", "--full"]);
    let read = read(&scratch.path("objects/pack/pack-x.pack"), 2).unwrap();
    all_read(&read, &pack.entries);
    let shown = scratch.git_fed("", &["show", "main:a"], b"");
    assert_eq!(shown, made);
    assert_eq!(read.blob(&pack.entries[1].id), Some(&made[..]));
}

/// A chain of `links` deltas, each of which is a number of its own and that of its base.
fn chain(links: u32, by_id: bool) -> PackWriter {
    let mut pack = PackWriter::new(2, links + 1);
    let mut content = b"00000000--------".to_vec();
    let mut base = pack.whole(BLOB, &content);
    for link in 1..=links {
        let own = format!("{link:08}");
        let delta = delta(16, 16, &[Step::Insert(own.as_bytes()), Step::Copy(0, 8)]);
        content = [own.as_bytes(), &content[..8]].concat();
        base = if by_id {
            pack.by_id(&base.id, &delta, &content)
        } else {
            pack.ofs(base.offset, &delta, &content)
        };
    }
    pack
}

#[test]
fn the_longest_chains_are_read() {
    let scratch = Scratch::new();
    for (links, by_id) in [(4095, false), (4095, true), (20_000, false)] {
        let pack = chain(links, by_id);
        let reading = read(&pack.write(scratch.root()), 2).unwrap();
        all_read(&reading, &pack.entries);
        let last = reading.blob(&pack.entries.last().unwrap().id).unwrap();
        assert_eq!(last, format!("{links:08}{:08}", links - 1).as_bytes());
    }
}

/// Many deltas of one base, each with some of its own: trees that threads share.
#[test]
fn a_bushy_tree_is_the_same_for_any_number_of_threads() {
    let scratch = Scratch::new();
    let mut random = Random::new(3);
    let root: Vec<u8> = (0..40_000).map(|_| random.byte()).collect();
    let mut pack = PackWriter::new(2, 401);
    let mut made = vec![(pack.whole(BLOB, &root), root)];
    for _ in 0..400 {
        let (base, content) = &made[random.below(made.len())];
        let (size, cut) = (
            u32::try_from(content.len()).unwrap(),
            random.below(content.len()),
        );
        let own: Vec<u8> = (0..100).map(|_| random.byte()).collect();
        let at = u32::try_from(cut).unwrap();
        let mut steps = vec![Step::Insert(&own), Step::Copy(at, size - at)];
        if at > 0 {
            steps.insert(0, Step::Copy(0, at));
        }
        let delta = delta(size.into(), u64::from(size) + 100, &steps);
        let new = [&content[..cut], &own, &content[cut..]].concat();
        let entry = pack.ofs(base.offset, &delta, &new);
        made.push((entry, new));
    }
    let open = Pack::open(&pack.write(scratch.root()), gix_hash::Kind::Sha1).unwrap();
    for threads in [1, 2, 5] {
        let reading = read_open(&open, threads);
        all_read(&reading, &pack.entries);
        for (entry, content) in &made {
            assert!(reading.blob(&entry.id) == Some(content));
        }
    }
}

#[test]
fn objects_behind_four_gigabytes_are_read() {
    let scratch = Scratch::new();
    let mut pack = PackWriter::new(2, 5);
    let near = pack.whole(BLOB, b"near base");
    // Its entry reaches to the next one: blobs are walked, it is not.
    let stop = pack.whole(TREE, b"");
    pack.skip_to(5 << 30);
    let far = pack.whole(BLOB, b"far base");
    let copied = pack.ofs(far.offset, &delta(8, 3, &[Step::Copy(0, 3)]), b"far");
    let across = pack.ofs(near.offset, &delta(9, 4, &[Step::Copy(0, 4)]), b"near");
    let path = pack.write(scratch.root());
    let open = Pack::open(&path, gix_hash::Kind::Sha1).unwrap();
    assert!(on_disk(&path) < 1 << 20, "the hole takes room");
    let offsets: Vec<u64> = (0..5).map(|node| open.forest.node(node).offset).collect();
    let expected = [near, stop, far, copied, across].map(|entry| entry.offset);
    assert_eq!(offsets, expected);
    let reading = crate::support::reading::read_kind(&open, Kind::Blob);
    assert!(reading.damaged.is_empty(), "{:?}", reading.damaged);
    for (entry, content) in [
        (near, &b"near base"[..]),
        (far, b"far base"),
        (copied, b"far"),
        (across, b"near"),
    ] {
        assert_eq!(reading.blob(&entry.id), Some(content));
    }
}

#[cfg(unix)]
fn on_disk(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).unwrap().blocks() * 512
}

#[cfg(not(unix))]
fn on_disk(_: &Path) -> u64 {
    0
}

#[test]
fn packs_without_objects_are_empty() {
    let scratch = Scratch::new();
    let pack = PackWriter::new(2, 0);
    let path = pack.write(scratch.root());
    assert_eq!(read(&path, 2).unwrap().told, 0);
    std::fs::write(path.with_extension("idx"), index_v1(&[], &pack.checksum())).unwrap();
    assert_eq!(read(&path, 2).unwrap().told, 0);
}

#[test]
fn objects_without_bytes_are_objects() {
    let scratch = Scratch::new();
    let mut pack = PackWriter::new(2, 4);
    let empty = pack.whole(BLOB, b"");
    let same = pack.ofs(empty.offset, &delta(0, 0, &[]), b"");
    let filled = pack.ofs(empty.offset, &delta(0, 2, &[Step::Insert(b"ab")]), b"ab");
    let emptied = pack.ofs(filled.offset, &delta(2, 0, &[]), b"");
    assert_eq!((same.id, emptied.id), (empty.id, empty.id));
    let reading = read(&pack.write(scratch.root()), 1).unwrap();
    all_read(&reading, &pack.entries);
    assert_eq!(reading.blob(&empty.id), Some(&b""[..]));
    assert_eq!(reading.blob(&filled.id), Some(&b"ab"[..]));
}
