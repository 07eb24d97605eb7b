//! Everything that a pack gives, by the id of the object.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use waxseal::git::pack::{Damage, Delta, Kind, NodeIx, Pack, Visit, walk};

use super::craft::Id;

const KINDS: [Kind; 4] = [Kind::Blob, Kind::Tree, Kind::Commit, Kind::Tag];

/// What became of the objects of a pack.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) objects: BTreeMap<Id, (Kind, Vec<u8>)>,
    pub(crate) damaged: BTreeMap<Id, Damage>,
    /// How many times an object was given or reported.
    pub(crate) told: usize,
}

impl Reading {
    pub(crate) fn blob(&self, id: &Id) -> Option<&[u8]> {
        let (kind, content) = self.objects.get(id)?;
        (*kind == Kind::Blob).then_some(content)
    }

    pub(crate) fn damage(&self, id: &Id) -> Option<Damage> {
        self.damaged.get(id).copied()
    }
}

/// Opens the pack at `path` and reads every object of it with `threads` threads.
pub(crate) fn read(path: &Path, threads: usize) -> Result<Reading, String> {
    read_named(path, gix_hash::Kind::Sha1, threads)
}

/// The same for ids of any kind.
pub(crate) fn read_named(
    path: &Path,
    hash: gix_hash::Kind,
    threads: usize,
) -> Result<Reading, String> {
    Ok(read_open(&Pack::open(path, hash)?, threads))
}

/// Reads every object of `pack`; those whose kind nobody can tell are no part of any walk.
pub(crate) fn read_open(pack: &Pack, threads: usize) -> Reading {
    read_holding::<{ 1 << 32 }>(pack, threads)
}

/// Reads every object of `pack` for which no more than `HELD` bytes have to be held.
pub(crate) fn read_holding<const HELD: u64>(pack: &Pack, threads: usize) -> Reading {
    let reading = Mutex::default();
    for kind in KINDS {
        read_into::<HELD>(pack, kind, threads, &reading);
    }
    let mut reading = reading.into_inner().unwrap();
    for node in 0..pack.forest.len() {
        if let Err(damage) = pack.forest.kind(node) {
            reading.damaged.insert(id(pack, node), damage);
            reading.told += 1;
        }
    }
    reading
}

/// Reads the objects of one kind.
pub(crate) fn read_kind(pack: &Pack, kind: Kind) -> Reading {
    let reading = Mutex::default();
    read_into::<{ 1 << 32 }>(pack, kind, 1, &reading);
    reading.into_inner().unwrap()
}

fn read_into<const HELD: u64>(pack: &Pack, kind: Kind, threads: usize, reading: &Mutex<Reading>) {
    let reader = || Reader::<HELD> {
        pack,
        kind,
        reading,
    };
    let readers = std::iter::repeat_with(reader).take(threads).collect();
    assert_eq!(walk(pack, kind, readers).len(), threads);
}

struct Reader<'a, const HELD: u64> {
    pack: &'a Pack,
    kind: Kind,
    reading: &'a Mutex<Reading>,
}

impl<const HELD: u64> Reader<'_, HELD> {
    fn take(&self, node: NodeIx, content: &[u8]) {
        assert_eq!(self.pack.forest.kind(node), Ok(self.kind));
        let mut reading = self.reading.lock().unwrap();
        let object = (self.kind, content.to_vec());
        let before = reading.objects.insert(id(self.pack, node), object.clone());
        assert!(
            before.is_none_or(|before| before == object),
            "two contents under one id"
        );
        reading.told += 1;
    }
}

impl<const HELD: u64> Visit for Reader<'_, HELD> {
    type State = NodeIx;

    const MOST_HELD: u64 = HELD;

    fn whole(&mut self, node: NodeIx, content: &[u8]) -> NodeIx {
        self.take(node, content);
        node
    }

    fn delta(&mut self, node: NodeIx, delta: &Delta<'_, NodeIx>, content: &[u8]) -> NodeIx {
        let forest = &self.pack.forest;
        assert!(forest.children(*delta.state).contains(&node));
        assert_eq!(delta.is_base, !forest.children(node).is_empty());
        let base = {
            let reading = self.reading.lock().unwrap();
            reading.objects[&id(self.pack, *delta.state)].1.clone()
        };
        assert_eq!(delta.base_len, base.len());
        let mut end = 0;
        for op in delta.ops {
            assert!(
                op.at as usize == end && op.len > 0,
                "the operations do not tile: {op:?}"
            );
            end = op.end() as usize;
            let from = op.from as usize..op.from as usize + op.len as usize;
            assert!(!op.copy || base[from] == content[op.at as usize..end]);
        }
        assert_eq!(end, content.len());
        self.take(node, content);
        node
    }

    fn damaged(&mut self, node: NodeIx, damage: Damage) {
        let mut reading = self.reading.lock().unwrap();
        reading.damaged.insert(id(self.pack, node), damage);
        reading.told += 1;
    }
}

/// The id of an object; the beginning of it if it is longer.
fn id(pack: &Pack, node: NodeIx) -> Id {
    *pack.id(node).as_slice().first_chunk().unwrap()
}
