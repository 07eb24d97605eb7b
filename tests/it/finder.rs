//! Single objects of a store: `git cat-file` is the reference.

use std::fs;
use std::path::{Path, PathBuf};

use waxseal::git::pack::{Damage, Kind};
use waxseal::git::{FindError, Finder, Store};
use waxseal::model::ObjectId;

use crate::support::craft::{
    self, BLOB, Entry, Id, Offsets, PackWriter, REF_DELTA, Step, TREE, deflate, delta, index_v1,
    index_v2, object_id, sorted,
};
use crate::support::history::{asked, blob, loose};
use crate::support::repo::Scratch;

fn finder(dir: &Path) -> Finder {
    Finder::open(&Store::open(dir, None).unwrap())
}

fn id(text: &str) -> ObjectId {
    ObjectId::from_hex(text.trim().as_bytes()).unwrap()
}

/// Everything that git lists is found and is the same; gives how many objects there are.
fn assert_agrees(repo: &Scratch) -> usize {
    let mut finder = finder(repo.root());
    let ids = asked(
        repo,
        "",
        &["cat-file", "--batch-all-objects", "--batch-check"],
    );
    for line in ids.lines() {
        let [name, kind, _] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let (found, content) = finder.find(&id(name)).unwrap().expect(line);
        let expected = match kind {
            "blob" => Kind::Blob,
            "tree" => Kind::Tree,
            "commit" => Kind::Commit,
            _ => Kind::Tag,
        };
        assert_eq!(found, expected, "{line}");
        assert!(
            content == repo.git_fed("", &["cat-file", kind, name], b""),
            "{line}"
        );
    }
    let absent = "1".repeat(ids.split(' ').next().unwrap().len());
    assert!(finder.find(&id(&absent)).unwrap().is_none());
    ids.lines().count()
}

/// Some versions of some files, and a tag.
fn grow(repo: &Scratch, from: usize) {
    for version in from..from + 5 {
        let lines: Vec<String> = (0..300 + version)
            .map(|line| format!("line {line}\n"))
            .collect();
        repo.write("big", lines.concat())
            .write("empty", "")
            .write(format!("dir/{version}"), format!("{version}"))
            .git(&["add", "-A"])
            .git(&["commit", "-qm", &format!("version {version}")]);
    }
    repo.git(&["tag", "-fam", "annotated", "v1"]);
}

#[test]
fn loose_packed_and_both() {
    let repo = Scratch::repo();
    grow(&repo, 0);
    let loose = assert_agrees(&repo);
    repo.git(&["repack", "-adq"]);
    assert_agrees(&repo);
    repo.git(&["prune-packed", "-q"]);
    assert_eq!(assert_agrees(&repo), loose);
    // a second pack, and loose objects besides
    grow(&repo, 20);
    repo.git(&["repack", "-dq"]);
    grow(&repo, 40);
    assert!(assert_agrees(&repo) > 2 * loose);
}

#[test]
fn sha_256_and_old_indexes() {
    let repo = Scratch::new();
    repo.git(&["init", "-q", "-b", "main", "--object-format=sha256"]);
    grow(&repo, 0);
    assert_agrees(&repo);
    repo.git(&["repack", "-adfq"]).git(&["prune-packed", "-q"]);
    assert_agrees(&repo);
    let repo = Scratch::repo();
    grow(&repo, 0);
    repo.git(&["-c", "pack.indexVersion=1", "repack", "-adfq"]);
    assert_agrees(&repo);
}

#[test]
fn alternates_and_objects_that_come_later() {
    let repo = Scratch::repo();
    repo.git(&["init", "-q", "-b", "main", "lender"]);
    repo.write("lender/a", "lent\n")
        .git_in("lender", &["add", "a"])
        .git_in("lender", &["commit", "-qm", "a"])
        .git_in("lender", &["repack", "-adq"]);
    let lent = asked(&repo, "lender", &["rev-parse", "HEAD:a"]);
    repo.git(&["clone", "-q", "--shared", "lender", "borrower"]);
    let mut finder = finder(&repo.path("borrower"));
    assert_eq!(
        finder.find(&id(&lent)).unwrap(),
        Some((Kind::Blob, b"lent\n".to_vec()))
    );
    // written, then packed and the loose one removed, after the packs were listed
    repo.write("borrower/b", "later\n")
        .git_in("borrower", &["add", "b"])
        .git_in("borrower", &["commit", "-qm", "b"])
        .git_in("borrower", &["repack", "-adlq"]);
    let later = asked(&repo, "borrower", &["rev-parse", "HEAD:b"]);
    assert_eq!(
        finder.find(&id(&later)).unwrap(),
        Some((Kind::Blob, b"later\n".to_vec()))
    );
}

/// A crafted pack in the least repository, its index of version 2 unless it is given.
fn crafted(pack: &PackWriter, index: Option<Vec<u8>>) -> (Scratch, PathBuf) {
    let repo = Scratch::new();
    let packs = craft::repository(repo.root(), None);
    let path = pack.write(&packs);
    if let Some(index) = index {
        fs::write(path.with_extension("idx"), index).unwrap();
    }
    (repo, path)
}

fn find(finder: &mut Finder, id: &Id) -> Result<Option<(Kind, Vec<u8>)>, FindError> {
    finder.find(&ObjectId::new(id))
}

/// `count` versions, each a delta of the one before by one more byte, by offset or by id.
fn chain(count: usize, by_id: bool) -> (PackWriter, Vec<(Entry, Vec<u8>)>) {
    let mut pack = PackWriter::new(2, u32::try_from(count).unwrap());
    let mut content = b"start".to_vec();
    let mut made = vec![(pack.whole(BLOB, &content), content.clone())];
    for version in 1..count {
        let base = made[version - 1].0;
        let len = u32::try_from(content.len()).unwrap();
        content.push(u8::try_from(version % 251).unwrap());
        let last = content.last().copied().unwrap();
        let steps = [Step::Copy(0, len), Step::Insert(&[last])];
        let delta = delta(u64::from(len), content.len() as u64, &steps);
        let entry = if by_id {
            pack.by_id(&base.id, &delta, &content)
        } else {
            pack.ofs(base.offset, &delta, &content)
        };
        made.push((entry, content.clone()));
    }
    (pack, made)
}

#[test]
fn a_chain_of_any_length_needs_no_stack() {
    for by_id in [false, true] {
        let (pack, made) = chain(4096, by_id);
        let (repo, _) = crafted(&pack, None);
        let mut finder = finder(repo.root());
        for (entry, content) in made.iter().step_by(91).chain(made.last()) {
            let found = find(&mut finder, &entry.id).unwrap();
            assert_eq!(found, Some((Kind::Blob, content.clone())));
        }
    }
}

#[test]
fn a_base_may_be_in_another_pack_or_loose() {
    let (in_pack, loose): (&[u8], &[u8]) = (b"a base in a pack", b"a loose base");
    let mut first = PackWriter::new(2, 1);
    let base = first.whole(BLOB, in_pack);
    let (repo, path) = crafted(&first, None);
    for end in ["pack", "idx"] {
        let named = path.with_file_name(format!("pack-first.{end}"));
        fs::rename(path.with_extension(end), named).unwrap();
    }
    let mut second = PackWriter::new(2, 2);
    let made = |base: &[u8]| [base, b"!".as_slice()].concat();
    let mut thin = |base: &Id, content: &[u8]| {
        let len = u32::try_from(content.len()).unwrap();
        let steps = [Step::Copy(0, len), Step::Insert(b"!")];
        let delta = delta(u64::from(len), u64::from(len) + 1, &steps);
        second.by_id(base, &delta, &made(content))
    };
    let of_packed = thin(&base.id, in_pack);
    let of_loose = thin(&object_id(BLOB, loose), loose);
    second.write(path.parent().unwrap());
    let mut finder = finder(repo.root());
    let found = find(&mut finder, &of_packed.id).unwrap();
    assert_eq!(found, Some((Kind::Blob, made(in_pack))));
    let found = find(&mut finder, &of_loose.id);
    assert!(
        matches!(found, Err(FindError::Damaged(Damage::NoBase))),
        "{found:?}"
    );
    let name = craft::hex(&object_id(BLOB, loose));
    let stream = [format!("blob {}\0", loose.len()).as_bytes(), loose].concat();
    repo.write(
        format!("objects/{}/{}", &name[..2], &name[2..]),
        deflate(&stream),
    );
    let found = find(&mut finder, &of_loose.id).unwrap();
    assert_eq!(found, Some((Kind::Blob, made(loose))));
}

#[test]
fn indexes_of_every_kind_give_the_same() {
    let mut pack = PackWriter::new(2, 700);
    let made: Vec<(Entry, Vec<u8>)> = (0..700)
        .map(|version| {
            let content = format!("content {version}").into_bytes();
            (pack.whole(BLOB, &content), content)
        })
        .collect();
    // so many in one bucket that it is searched step by step
    let crowded: Vec<Entry> = pack
        .entries
        .iter()
        .map(|entry| {
            let mut entry = *entry;
            entry.id[0] = 7;
            entry
        })
        .collect();
    let (rows, sum) = (sorted(&pack.entries), pack.checksum());
    for (index, first) in [
        (index_v2(&rows, &sum, Offsets::AsNeeded), None),
        (index_v2(&rows, &sum, Offsets::AllWide), None),
        (index_v1(&rows, &sum), None),
        (
            index_v2(&sorted(&crowded), &sum, Offsets::AsNeeded),
            Some(7),
        ),
        (index_v1(&sorted(&crowded), &sum), Some(7)),
    ] {
        let (repo, _) = crafted(&pack, Some(index));
        let mut finder = finder(repo.root());
        for (entry, content) in &made {
            let mut id = entry.id;
            id[0] = first.unwrap_or(id[0]);
            let found = find(&mut finder, &id).unwrap();
            assert_eq!(found, Some((Kind::Blob, content.clone())));
            id[19] ^= 1;
            assert!(find(&mut finder, &id).unwrap().is_none());
        }
    }
}

#[test]
fn what_is_wrong_is_told() {
    let id = object_id(BLOB, b"made");
    let good = delta(4, 4, &[Step::Copy(0, 4)]);
    let refused = |entry: &dyn Fn(&mut PackWriter)| {
        let mut pack = PackWriter::new(2, 2);
        pack.whole(TREE, b"");
        entry(&mut pack);
        let (repo, _) = crafted(&pack, None);
        match find(&mut finder(repo.root()), &id) {
            Err(FindError::Damaged(damage)) => damage,
            other => panic!("{other:?}"),
        }
    };
    // one that is a delta of itself leads nowhere, however long it is followed
    let own = refused(&|pack| {
        pack.raw(id, REF_DELTA, good.len() as u64, &id, &deflate(&good));
    });
    assert_eq!(own, Damage::Base);
    let lost = refused(&|pack| {
        pack.raw(id, REF_DELTA, good.len() as u64, &[9; 20], &deflate(&good));
    });
    assert_eq!(lost, Damage::NoBase);
    let far = refused(&|pack| {
        pack.raw(id, 6, 9, &craft::ofs_distance(1 << 40), &deflate(&good));
    });
    assert_eq!(far, Damage::NoBase);
    let huge = refused(&|pack| {
        pack.raw(id, BLOB, 1 << 40, &[], &deflate(b"made"));
    });
    assert_eq!(huge, Damage::TooLarge);
    let short = refused(&|pack| {
        pack.raw(id, BLOB, 5, &[], &deflate(b"made"));
    });
    assert_eq!(short, Damage::Size);
    let mut stream = deflate(b"made");
    *stream.last_mut().unwrap() ^= 1;
    let flipped = refused(&|pack| {
        pack.raw(id, BLOB, 4, &[], &stream);
    });
    assert_eq!(flipped, Damage::Stream);
    let unknown = refused(&|pack| {
        pack.raw(id, 5, 4, &[], &deflate(b"made"));
    });
    assert_eq!(unknown, Damage::Header);
}

#[test]
fn another_place_is_tried_and_what_may_be_there_is_not_taken_for_missing() {
    let repo = Scratch::repo();
    let name = blob(&repo, "twice\n");
    repo.write("a", "twice\n")
        .git(&["add", "a"])
        .git(&["commit", "-qm", "a"])
        .git(&["repack", "-adq"]);
    repo.write(loose(&name), "no object");
    let found = finder(repo.root()).find(&id(&name)).unwrap();
    assert_eq!(found, Some((Kind::Blob, b"twice\n".to_vec())));

    let packs = repo.path(".git/objects/pack");
    let index = fs::read_dir(&packs)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|end| end == "idx"))
        .unwrap();
    fs::remove_file(&index).unwrap();
    fs::write(&index, "no index").unwrap();
    let found = finder(repo.root()).find(&id(&name));
    assert!(
        matches!(found, Err(FindError::Damaged(Damage::Stream))),
        "{found:?}"
    );
    fs::remove_file(repo.path(loose(&name))).unwrap();
    let found = finder(repo.root()).find(&id(&name));
    assert!(matches!(found, Err(FindError::Pack { .. })), "{found:?}");
}

#[test]
fn a_flipped_byte_of_an_index_is_harmless() {
    let (pack, made) = chain(40, true);
    let (repo, path) = crafted(&pack, None);
    let index = path.with_extension("idx");
    let good = fs::read(&index).unwrap();
    for at in (0..good.len()).step_by(3) {
        let mut bad = good.clone();
        bad[at] ^= 0x81;
        fs::write(&index, &bad).unwrap();
        let mut finder = finder(repo.root());
        for (entry, _) in made.iter().step_by(7) {
            // what is found may be another object; git would not know either
            let _ = find(&mut finder, &entry.id);
        }
        fs::write(&index, &good[..at]).unwrap();
        let _ = find(&mut crate::finder::finder(repo.root()), &made[3].0.id);
    }
}
