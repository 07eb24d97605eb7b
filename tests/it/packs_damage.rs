//! Damaged and hostile packs: nothing panics, nothing wrong is given for right, and nothing goes unreported.

use std::fs;
use std::path::PathBuf;

use waxseal::git::pack::delta::MOST_OPS;
use waxseal::git::pack::{Damage, Delta, Kind, LARGEST, NodeIx, Pack, Visit, walk};

use crate::support::craft::{
    self, BLOB, Entry, Id, OFS_DELTA, Offsets, PackWriter, REF_DELTA, Step, TREE, deflate, delta,
    index_v1, index_v2, sorted,
};
use crate::support::reading::{Reading, read, read_holding, read_open};
use crate::support::repo::Scratch;

/// Every kind of entry: whole, by offset, by id, each with something that hangs on it.
fn small() -> PackWriter {
    let mut pack = PackWriter::new(2, 7);
    let base = pack.whole(BLOB, b"the quick brown fox");
    let slow = [Step::Copy(0, 4), Step::Insert(b"slow"), Step::Copy(9, 10)];
    let slow = pack.ofs(base.offset, &delta(19, 18, &slow), b"the slow brown fox");
    pack.ofs(slow.offset, &delta(18, 3, &[Step::Copy(0, 3)]), b"the");
    let brown = pack.by_id(&slow.id, &delta(18, 9, &[Step::Copy(9, 9)]), b"brown fox");
    pack.by_id(&brown.id, &delta(9, 3, &[Step::Copy(6, 3)]), b"fox");
    let tree = pack.whole(TREE, &craft::tree_entry("100644", b"a", &base.id));
    pack.whole(craft::COMMIT, &craft::commit(&tree.id, "message\n"));
    pack
}

/// A scratch directory with `pack` and `index` in it.
fn put(scratch: &Scratch, pack: &[u8], index: &[u8]) -> PathBuf {
    scratch
        .write("pack-x.pack", pack)
        .write("pack-x.idx", index);
    scratch.path("pack-x.pack")
}

/// Each of `entries` was given as it is in `truth`, or was reported.
fn nothing_lost_or_wrong(reading: &Reading, truth: &Reading, what: &str) {
    for (id, object) in &truth.objects {
        match reading.objects.get(id) {
            Some(given) => assert!(given == object, "{what}: {} is wrong", craft::hex(id)),
            None => assert!(
                reading.damaged.contains_key(id),
                "{what}: {} is lost",
                craft::hex(id)
            ),
        }
    }
}

#[test]
fn no_flipped_bit_of_a_pack_goes_unseen() {
    let scratch = Scratch::new();
    let writer = small();
    let (rows, bytes) = (sorted(&writer.entries), writer.bytes());
    let indexes = [writer.index(), index_v1(&rows, &writer.checksum())];
    for index in indexes {
        let truth = read(&put(&scratch, &bytes, &index), 1).unwrap();
        assert_eq!((truth.objects.len(), truth.damaged.len()), (7, 0));
        let end = bytes.len() - 20;
        // one or two bits of each byte, and every bit of some
        for place in (0..bytes.len() * 8).step_by(5) {
            let mut flipped = bytes.clone();
            flipped[place / 8] ^= 1 << (place % 8);
            let reading = read(&put(&scratch, &flipped, &index), 1);
            let what = format!("bit {} of byte {}", place % 8, place / 8);
            let Ok(reading) = reading else {
                continue;
            };
            nothing_lost_or_wrong(&reading, &truth, &what);
            let seen = !reading.damaged.is_empty();
            // the version, 2 or 3, says nothing; the checksum counts where single objects have none
            assert!(
                seen || place / 8 >= end || place / 8 == 7,
                "{what} went unseen"
            );
        }
    }
}

#[test]
fn no_flipped_bit_of_an_index_makes_anything_else_of_an_object() {
    let scratch = Scratch::new();
    let writer = small();
    let (rows, bytes) = (sorted(&writer.entries), writer.bytes());
    let indexes = [
        writer.index(),
        index_v1(&rows, &writer.checksum()),
        index_v2(&rows, &writer.checksum(), Offsets::AllWide),
    ];
    for index in indexes {
        let truth = read(&put(&scratch, &bytes, &index), 1).unwrap();
        for place in 0..index.len() {
            let mut flipped = index.clone();
            flipped[place] ^= 1 << (place % 8);
            let Ok(reading) = read(&put(&scratch, &bytes, &flipped), 1) else {
                continue;
            };
            assert_eq!(reading.told, 7, "byte {place}");
            for given in reading.objects.values() {
                let known = truth.objects.values().any(|object| object == given);
                assert!(known, "byte {place}: {given:?}");
            }
        }
    }
}

#[test]
fn a_cut_pack_gives_what_is_left_of_it_or_nothing() {
    let scratch = Scratch::new();
    let writer = small();
    let (index, bytes) = (writer.index(), writer.bytes());
    let truth = read(&put(&scratch, &bytes, &index), 1).unwrap();
    for len in 0..bytes.len() {
        let bare = bytes[..len].to_vec();
        let closed = [&bytes[..len.min(bytes.len() - 20)], &writer.checksum()].concat();
        for cut in [bare, closed] {
            if cut == bytes {
                continue;
            }
            let Ok(reading) = read(&put(&scratch, &cut, &index), 1) else {
                continue;
            };
            nothing_lost_or_wrong(&reading, &truth, &format!("{len} bytes"));
            assert!(!reading.damaged.is_empty(), "{len} bytes pass for all");
        }
    }
}

#[test]
fn a_cut_index_is_an_error() {
    let scratch = Scratch::new();
    let writer = small();
    let rows = sorted(&writer.entries);
    for index in [
        writer.index(),
        index_v1(&rows, &writer.checksum()),
        index_v2(&rows, &writer.checksum(), Offsets::AllWide),
    ] {
        for len in 0..index.len() {
            let path = put(&scratch, &writer.bytes(), &index[..len]);
            assert!(read(&path, 1).is_err(), "{len} of {} bytes", index.len());
        }
    }
    fs::remove_file(scratch.path("pack-x.idx")).unwrap();
    let error = read(&scratch.path("pack-x.pack"), 1).unwrap_err();
    assert!(error.contains("index-pack"), "{error}");
}

/// Reads `small()` with an index made of its rows after `change`.
fn with_rows(change: impl Fn(&mut Vec<Entry>)) -> Result<(Reading, Vec<Entry>), String> {
    let scratch = Scratch::new();
    let writer = small();
    let mut rows = sorted(&writer.entries);
    change(&mut rows);
    let index = index_v2(&rows, &writer.checksum(), Offsets::AsNeeded);
    let reading = read(&put(&scratch, &writer.bytes(), &index), 1)?;
    Ok((reading, writer.entries))
}

#[test]
fn an_index_that_does_not_count_what_the_pack_counts_is_an_error() {
    let fewer = with_rows(|rows| rows.truncate(6)).unwrap_err();
    assert!(fewer.contains("7 objects"), "{fewer}");
    assert!(with_rows(|rows| rows.push(rows[0])).is_err());
}

#[test]
fn offsets_that_point_nowhere_are_damage() {
    for offset in [0, 4, 11, 13, 400, 5_000, 1 << 31, 1 << 40, u64::MAX] {
        let (reading, entries) = with_rows(|rows| rows[3].offset = offset).unwrap();
        assert_eq!(reading.told, 7, "{offset}");
        let id = sorted(&entries)[3].id;
        assert!(reading.damage(&id).is_some(), "{offset}");
        assert!(
            reading
                .objects
                .values()
                .all(|(_, content)| content.len() < 200)
        );
    }
}

#[test]
fn two_objects_in_one_place_are_damage() {
    let (reading, entries) = with_rows(|rows| rows[3].offset = rows[4].offset).unwrap();
    assert_eq!(reading.told, 7);
    for row in &sorted(&entries)[3..5] {
        assert!(reading.damage(&row.id).is_some());
    }
}

#[test]
fn an_index_out_of_order_loses_nothing() {
    let truth = with_rows(|_| ()).unwrap().0;
    for swap in 0..6 {
        let (reading, _) = with_rows(|rows| rows.swap(swap, swap + 1)).unwrap();
        nothing_lost_or_wrong(&reading, &truth, "out of order");
    }
    let (reading, _) = with_rows(|rows| rows.reverse()).unwrap();
    nothing_lost_or_wrong(&reading, &truth, "reversed");
}

#[test]
fn a_wrong_fan_out_loses_nothing() {
    let scratch = Scratch::new();
    let writer = small();
    let (index, bytes) = (writer.index(), writer.bytes());
    let truth = read(&put(&scratch, &bytes, &index), 1).unwrap();
    for fan in [0_u32, 3, 7] {
        let mut wrong = index.clone();
        for place in 0..255 {
            wrong[8 + 4 * place..][..4].copy_from_slice(&fan.to_be_bytes());
        }
        let reading = read(&put(&scratch, &bytes, &wrong), 1).unwrap();
        assert_eq!(reading.told, 7);
        nothing_lost_or_wrong(&reading, &truth, "fan-out");
    }
    let mut falling = index.clone();
    falling[8..12].copy_from_slice(&9_u32.to_be_bytes());
    assert!(read(&put(&scratch, &bytes, &falling), 1).is_err());
    let mut huge = index;
    huge[8 + 1020..8 + 1024].copy_from_slice(&u32::MAX.to_be_bytes());
    assert!(read(&put(&scratch, &bytes, &huge), 1).is_err());
}

#[test]
fn an_index_of_another_pack_without_checksums_is_an_error() {
    let scratch = Scratch::new();
    let writer = small();
    let index = index_v1(&sorted(&writer.entries), &[7; 20]);
    assert!(read(&put(&scratch, &writer.bytes(), &index), 1).is_err());
}

/// What becomes of the objects of `pack`.
fn outcome(pack: &PackWriter) -> Reading {
    let scratch = Scratch::new();
    let reading = read(&pack.write(scratch.root()), 2).unwrap();
    assert_eq!(reading.told, pack.entries.len());
    reading
}

/// An entry that is said to be called `name`, made of the object called `base`.
fn named(pack: &mut PackWriter, name: u8, base: &Id) -> Entry {
    let delta = delta(3, 3, &[Step::Insert(b"abc")]);
    pack.raw(
        [name; 20],
        REF_DELTA,
        delta.len() as u64,
        base,
        &deflate(&delta),
    )
}

#[test]
fn deltas_that_go_round_in_a_circle_are_damage() {
    let mut pack = PackWriter::new(2, 6);
    named(&mut pack, 1, &[1; 20]);
    named(&mut pack, 2, &[3; 20]);
    named(&mut pack, 3, &[4; 20]);
    named(&mut pack, 4, &[2; 20]);
    named(&mut pack, 5, &[2; 20]);
    let whole = pack.whole(BLOB, b"whole");
    let reading = outcome(&pack);
    assert!(reading.blob(&whole.id).is_some());
    for name in 1..=5 {
        assert_eq!(reading.damage(&[name; 20]), Some(Damage::NoBase), "{name}");
    }
}

#[test]
fn all_that_hangs_on_a_missing_base_is_reported() {
    let mut pack = PackWriter::new(2, 5);
    named(&mut pack, 1, &[9; 20]);
    named(&mut pack, 2, &[1; 20]);
    named(&mut pack, 3, &[2; 20]);
    let delta = delta(3, 3, &[Step::Insert(b"abc")]);
    let orphan = pack.ofs(7, &delta, b"abc");
    let before = pack.ofs(pack.end() + 40, &delta, b"abd");
    let reading = outcome(&pack);
    assert_eq!(reading.damage(&[1; 20]), Some(Damage::NoBase));
    assert_eq!(reading.damage(&[2; 20]), Some(Damage::Base));
    assert_eq!(reading.damage(&[3; 20]), Some(Damage::Base));
    assert_eq!(reading.damage(&orphan.id), Some(Damage::NoBase));
    assert_eq!(reading.damage(&before.id), Some(Damage::NoBase));
}

#[test]
fn all_that_hangs_on_a_damaged_base_is_reported() {
    let mut pack = PackWriter::new(2, 5);
    let base = pack.raw([1; 20], BLOB, 3, &[], b"no stream of zlib");
    let text = pack.ofs(base.offset, &delta(3, 3, &[Step::Copy(0, 3)]), b"abc");
    let deep = pack.ofs(text.offset, &delta(3, 2, &[Step::Copy(0, 2)]), b"ab");
    let wide = pack.by_id(&text.id, &delta(3, 1, &[Step::Copy(0, 1)]), b"a");
    let whole = pack.whole(BLOB, b"whole");
    let reading = outcome(&pack);
    assert_eq!(reading.damage(&base.id), Some(Damage::Stream));
    for entry in [text, deep, wide] {
        assert_eq!(reading.damage(&entry.id), Some(Damage::Base));
    }
    assert!(reading.blob(&whole.id).is_some());
}

#[test]
fn headers_and_streams_that_disagree_are_damage() {
    let stream = deflate(b"four");
    for (what, kind, size, bytes, damage) in [
        ("too short", BLOB, 5, &stream[..], Damage::Size),
        ("too long", BLOB, 3, &stream, Damage::Size),
        ("nothing claimed", BLOB, 0, &stream, Damage::Size),
        ("cut", BLOB, 4, &stream[..stream.len() - 5], Damage::Stream),
        ("no stream", BLOB, 4, &[], Damage::Size),
        ("kind 0", 0, 4, &stream, Damage::Header),
        ("kind 5", 5, 4, &stream, Damage::Header),
        ("no distance", OFS_DELTA, 4, &[], Damage::Header),
        ("no base", REF_DELTA, 4, &stream, Damage::NoBase),
    ] {
        let mut pack = PackWriter::new(2, 1);
        let entry = pack.raw([1; 20], kind, size, &[], bytes);
        let found = outcome(&pack).damage(&entry.id);
        // bytes of the stream, or of the checksum behind it, are taken for a distance or an id
        let alike = kind > 5 && found.is_some();
        assert!(found == Some(damage) || alike, "{what}: {found:?}");
    }
}

#[test]
fn a_wrong_checksum_of_an_entry_is_damage_of_it_alone() {
    let (reading, entries) = with_rows(|rows| rows[2].crc ^= 1).unwrap();
    let id = sorted(&entries)[2].id;
    assert_eq!(reading.damage(&id), Some(Damage::Checksum));
    assert!(reading.objects.len() + reading.damaged.len() == 7);
}

#[test]
fn bombs_are_refused() {
    let zeros = vec![0; 0x1_0000];
    let mut pack = PackWriter::new(2, 9);
    let base = pack.whole(BLOB, &zeros);
    let claims = delta(0x1_0000, 1 << 40, &[Step::Copy(0, 1)]);
    let copies = vec![0x80; 1 << 14];
    let really = delta(
        0x1_0000,
        LARGEST + 0x1_0000,
        &[Step::Raw(&copies), Step::Raw(&[0x80])],
    );
    let secretly = delta(0x1_0000, 1, &[Step::Raw(&copies)]);
    let ops = [0x90, 1].repeat(MOST_OPS + 1);
    let ops = delta(0x1_0000, ops.len() as u64 / 2, &[Step::Raw(&ops)]);
    let mut refused = Vec::new();
    for (delta, damage) in [
        (claims, Damage::TooLarge),
        (really, Damage::TooLarge),
        (secretly, Damage::Delta),
        (ops, Damage::TooLarge),
    ] {
        let name = u8::try_from(refused.len()).unwrap() + 1;
        let distance = craft::ofs_distance(pack.end() - base.offset);
        let len = delta.len() as u64;
        let entry = pack.raw([name; 20], OFS_DELTA, len, &distance, &deflate(&delta));
        refused.push((entry, damage));
    }
    for (size, damage) in [
        (LARGEST, Damage::Size),
        (LARGEST + 1, Damage::TooLarge),
        (1 << 62, Damage::TooLarge),
        (10, Damage::Size),
    ] {
        let name = u8::try_from(refused.len()).unwrap() + 1;
        let entry = pack.raw([name; 20], BLOB, size, &[], &deflate(&zeros));
        refused.push((entry, damage));
    }
    let scratch = Scratch::new();
    let reading = read(&pack.write(scratch.root()), 1).unwrap();
    assert_eq!(reading.told, 9);
    assert!(reading.blob(&base.id) == Some(&zeros));
    for (entry, damage) in refused {
        assert_eq!(reading.damage(&entry.id), Some(damage), "{}", entry.id[0]);
    }
}

#[test]
fn what_would_need_too_much_memory_is_refused_for_any_number_of_threads() {
    const SIZE: u32 = 1 << 12;
    let mut pack = PackWriter::new(2, 1 << 10);
    let root = vec![b'.'; SIZE as usize];
    let mut made = vec![(pack.whole(BLOB, &root), root)];
    for child in 1..1_usize << 10 {
        let (base, content) = &made[(child - 1) / 2];
        let own = format!("{child:8}");
        let steps = [Step::Insert(own.as_bytes()), Step::Copy(0, SIZE - 8)];
        let delta = delta(SIZE.into(), SIZE.into(), &steps);
        let content = [own.as_bytes(), &content[..SIZE as usize - 8]].concat();
        made.push((pack.ofs(base.offset, &delta, &content), content));
    }
    let scratch = Scratch::new();
    let open = Pack::open(&pack.write(scratch.root()), gix_hash::Kind::Sha1).unwrap();
    assert!(read_open(&open, 2).damaged.is_empty());
    let one = read_holding::<{ 5 << 12 }>(&open, 1);
    assert!(
        one.damaged
            .values()
            .any(|damage| *damage == Damage::TooLarge)
    );
    assert!(one.objects.len() > 10 && one.told == 1 << 10);
    for threads in [2, 5] {
        let more = read_holding::<{ 5 << 12 }>(&open, threads);
        assert!(more.damaged == one.damaged && more.objects == one.objects);
    }
}

#[test]
fn a_chain_needs_two_objects_at_a_time() {
    let scratch = Scratch::new();
    let mut pack = PackWriter::new(2, 500);
    let mut base = pack.whole(BLOB, b"0000");
    for link in 1..500 {
        let own = format!("{link:04}");
        base = pack.ofs(
            base.offset,
            &delta(4, 4, &[Step::Insert(own.as_bytes())]),
            own.as_bytes(),
        );
    }
    let open = Pack::open(&pack.write(scratch.root()), gix_hash::Kind::Sha1).unwrap();
    assert_eq!(read_holding::<8>(&open, 1).objects.len(), 500);
    assert_eq!(read_holding::<7>(&open, 1).objects.len(), 1);
}

/// Panics on every object that is a delta of a delta.
#[derive(Default)]
struct Faulty {
    read: usize,
    reported: Vec<Damage>,
}

impl Visit for Faulty {
    type State = bool;

    fn whole(&mut self, _: NodeIx, _: &[u8]) -> bool {
        self.read += 1;
        false
    }

    fn delta(&mut self, _: NodeIx, delta: &Delta<'_, bool>, _: &[u8]) -> bool {
        assert!(!delta.state, "told to panic");
        self.read += 1;
        true
    }

    fn damaged(&mut self, _: NodeIx, damage: Damage) {
        self.reported.push(damage);
    }
}

#[test]
fn a_fault_costs_one_object_and_what_hangs_on_it() {
    let scratch = Scratch::new();
    let path = small().write(scratch.root());
    let pack = Pack::open(&path, gix_hash::Kind::Sha1).unwrap();
    let visitors = vec![Faulty::default(), Faulty::default(), Faulty::default()];
    let visitors = walk(&pack, Kind::Blob, visitors);
    let read: usize = visitors.iter().map(|visitor| visitor.read).sum();
    let mut reported: Vec<Damage> = visitors
        .into_iter()
        .flat_map(|visitor| visitor.reported)
        .collect();
    reported.sort();
    assert_eq!(read, 2);
    assert_eq!(reported, [Damage::Base, Damage::Internal, Damage::Internal]);
}
