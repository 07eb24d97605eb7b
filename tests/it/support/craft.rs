//! Packs and indexes written byte by byte, right or wrong in any way, and the least repository around them.

use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use libdeflater::{CompressionLvl, Compressor};

/// The name of an object: SHA-1.
pub(crate) type Id = [u8; 20];

/// Kinds of entries as packs number them.
pub(crate) const COMMIT: u8 = 1;
pub(crate) const TREE: u8 = 2;
pub(crate) const BLOB: u8 = 3;
pub(crate) const TAG: u8 = 4;
pub(crate) const OFS_DELTA: u8 = 6;
pub(crate) const REF_DELTA: u8 = 7;

/// One instruction of a delta.
pub(crate) enum Step<'a> {
    /// So many bytes of the base from this offset.
    Copy(u32, u32),
    /// Bytes of its own, at most 127.
    Insert(&'a [u8]),
    /// Bytes of the delta as they are.
    Raw(&'a [u8]),
}

/// An entry that was written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) id: Id,
    pub(crate) offset: u64,
    pub(crate) crc: u32,
}

/// A pack in the making.
pub(crate) struct PackWriter {
    /// Runs of bytes with their offsets; between them are holes.
    runs: Vec<(u64, Vec<u8>)>,
    pub(crate) entries: Vec<Entry>,
}

impl PackWriter {
    /// A pack of this version, whose header is to count `count` objects.
    pub(crate) fn new(version: u32, count: u32) -> Self {
        let header = [&b"PACK"[..], &version.to_be_bytes(), &count.to_be_bytes()].concat();
        Self {
            runs: vec![(0, header)],
            entries: Vec::new(),
        }
    }

    /// Sets the number of objects that the header counts.
    pub(crate) fn recount(&mut self, count: u32) {
        self.runs[0].1[8..12].copy_from_slice(&count.to_be_bytes());
    }

    /// Where the next entry begins.
    pub(crate) fn end(&self) -> u64 {
        let (at, bytes) = self.runs.last().unwrap();
        at + bytes.len() as u64
    }

    /// Leaves a hole up to `offset`.
    pub(crate) fn skip_to(&mut self, offset: u64) {
        self.runs.push((offset, Vec::new()));
    }

    /// An object that is stored whole.
    pub(crate) fn whole(&mut self, kind: u8, content: &[u8]) -> Entry {
        let id = object_id(kind, content);
        self.raw(id, kind, content.len() as u64, &[], &deflate(content))
    }

    /// The blob `made` as a delta of the entry at `base`.
    pub(crate) fn ofs(&mut self, base: u64, delta: &[u8], made: &[u8]) -> Entry {
        let distance = ofs_distance(self.end().wrapping_sub(base));
        let id = object_id(BLOB, made);
        self.raw(
            id,
            OFS_DELTA,
            delta.len() as u64,
            &distance,
            &deflate(delta),
        )
    }

    /// The blob `made` as a delta of the object called `base`.
    pub(crate) fn by_id(&mut self, base: &Id, delta: &[u8], made: &[u8]) -> Entry {
        let id = object_id(BLOB, made);
        self.raw(id, REF_DELTA, delta.len() as u64, base, &deflate(delta))
    }

    /// An entry of which everything is given: its type, the size that it claims, what follows that, and its stream.
    pub(crate) fn raw(&mut self, id: Id, kind: u8, size: u64, base: &[u8], stream: &[u8]) -> Entry {
        let bytes = [&entry_header(kind, size), base, stream].concat();
        let entry = Entry {
            id,
            offset: self.end(),
            crc: libdeflater::crc32(&bytes),
        };
        self.runs.last_mut().unwrap().1.extend(bytes);
        self.entries.push(entry);
        entry
    }

    /// The checksum at the end. Holes do not count: nobody reads gigabytes of them to look.
    pub(crate) fn checksum(&self) -> Id {
        let runs: Vec<&[u8]> = self.runs.iter().map(|(_, run)| run.as_slice()).collect();
        sha1(&runs)
    }

    /// All bytes, for packs without holes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let [(0, run)] = self.runs.as_slice() else {
            panic!("a pack with holes is not to be held in memory");
        };
        [run, self.checksum().as_slice()].concat()
    }

    /// The index of version 2 that git would make.
    pub(crate) fn index(&self) -> Vec<u8> {
        index_v2(&sorted(&self.entries), &self.checksum(), Offsets::AsNeeded)
    }

    /// Writes `pack-x.pack` and its index into `dir`.
    pub(crate) fn write(&self, dir: &Path) -> PathBuf {
        fs::write(dir.join("pack-x.idx"), self.index()).unwrap();
        let path = dir.join("pack-x.pack");
        let mut file = File::create(&path).unwrap();
        file.set_len(self.end()).unwrap();
        for (at, run) in &self.runs {
            file.seek(SeekFrom::Start(*at)).unwrap();
            file.write_all(run).unwrap();
        }
        file.write_all(&self.checksum()).unwrap();
        path
    }
}

/// Which offsets of an index go to its table of 64-bit offsets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offsets {
    AsNeeded,
    AllWide,
}

/// An index of version 2 of `rows` in their order. The fan-out is that of rows in order.
pub(crate) fn index_v2(rows: &[Entry], pack: &Id, offsets: Offsets) -> Vec<u8> {
    let mut out = b"\xfftOc\0\0\0\x02".to_vec();
    out.extend(fan_out(rows));
    out.extend(rows.iter().flat_map(|row| row.id));
    out.extend(rows.iter().flat_map(|row| row.crc.to_be_bytes()));
    let mut wide = Vec::new();
    for row in rows {
        let narrow = u32::try_from(row.offset)
            .ok()
            .filter(|offset| offset >> 31 == 0);
        let narrow = narrow.filter(|_| offsets == Offsets::AsNeeded);
        let entry = narrow.unwrap_or_else(|| {
            wide.push(row.offset);
            1 << 31 | u32::try_from(wide.len() - 1).unwrap()
        });
        out.extend(entry.to_be_bytes());
    }
    out.extend(wide.iter().flat_map(|offset| offset.to_be_bytes()));
    sealed(out, pack)
}

/// An index of version 1.
pub(crate) fn index_v1(rows: &[Entry], pack: &Id) -> Vec<u8> {
    let mut out = fan_out(rows);
    for row in rows {
        out.extend(u32::try_from(row.offset).unwrap().to_be_bytes());
        out.extend(row.id);
    }
    sealed(out, pack)
}

/// The rows in the order of an index.
pub(crate) fn sorted(rows: &[Entry]) -> Vec<Entry> {
    let mut rows = rows.to_vec();
    rows.sort_by_key(|row| row.id);
    rows
}

fn fan_out(rows: &[Entry]) -> Vec<u8> {
    let below = |first: u8| rows.iter().filter(|row| row.id[0] <= first).count();
    (0..=255)
        .flat_map(|first| u32::try_from(below(first)).unwrap().to_be_bytes())
        .collect()
}

/// An index with its two checksums.
fn sealed(mut index: Vec<u8>, pack: &Id) -> Vec<u8> {
    index.extend(pack);
    let own = sha1(&[&index]);
    index.extend(own);
    index
}

/// The header of an entry.
fn entry_header(kind: u8, size: u64) -> Vec<u8> {
    let mut rest = size >> 4;
    let mut out = vec![kind << 4 | low(size, 4)];
    while rest > 0 {
        *out.last_mut().unwrap() |= 0x80;
        out.push(low(rest, 7));
        rest >>= 7;
    }
    out
}

/// The distance to a base as an entry writes it.
pub(crate) fn ofs_distance(mut distance: u64) -> Vec<u8> {
    let mut out = vec![low(distance, 7)];
    while distance > 0x7f {
        distance = (distance >> 7) - 1;
        out.insert(0, 0x80 | low(distance, 7));
    }
    out
}

/// A delta with these claims and instructions.
pub(crate) fn delta(base: u64, size: u64, steps: &[Step<'_>]) -> Vec<u8> {
    let mut out = [number(base), number(size)].concat();
    for step in steps {
        match step {
            Step::Copy(from, len) => {
                let numbers = [&from.to_le_bytes()[..], &len.to_le_bytes()[..3]].concat();
                let code = out.len();
                out.push(0x80);
                for (bit, byte) in numbers.iter().enumerate().filter(|(_, byte)| **byte != 0) {
                    out[code] |= 1 << bit;
                    out.push(*byte);
                }
            }
            Step::Insert(bytes) => {
                out.push(u8::try_from(bytes.len()).unwrap());
                out.extend(*bytes);
            }
            Step::Raw(bytes) => out.extend(*bytes),
        }
    }
    out
}

/// A size as a delta writes it.
fn number(mut value: u64) -> Vec<u8> {
    let mut out = vec![low(value, 7)];
    while value > 0x7f {
        value >>= 7;
        *out.last_mut().unwrap() |= 0x80;
        out.push(low(value, 7));
    }
    out
}

fn low(value: u64, bits: u32) -> u8 {
    u8::try_from(value & ((1 << bits) - 1)).unwrap()
}

/// A zlib stream of `data`.
pub(crate) fn deflate(data: &[u8]) -> Vec<u8> {
    let mut compressor = Compressor::new(CompressionLvl::default());
    let mut out = vec![0; compressor.zlib_compress_bound(data.len())];
    let len = compressor.zlib_compress(data, &mut out).unwrap();
    out.truncate(len);
    out
}

/// The name that git gives an object.
pub(crate) fn object_id(kind: u8, content: &[u8]) -> Id {
    let name = match kind {
        COMMIT => "commit",
        TREE => "tree",
        BLOB => "blob",
        TAG => "tag",
        other => panic!("{other} is no kind of object"),
    };
    sha1(&[format!("{name} {}\0", content.len()).as_bytes(), content])
}

pub(crate) fn sha1(parts: &[&[u8]]) -> Id {
    let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
    for part in parts {
        hasher.update(part);
    }
    hasher
        .try_finalize()
        .unwrap()
        .as_slice()
        .try_into()
        .unwrap()
}

/// The digits of an id.
pub(crate) fn hex(id: &Id) -> String {
    gix_hash::ObjectId::from(*id).to_string()
}

/// One entry of a tree.
pub(crate) fn tree_entry(mode: &str, name: &[u8], id: &Id) -> Vec<u8> {
    [mode.as_bytes(), b" ", name, b"\0", id].concat()
}

/// A commit of `tree` without a parent.
pub(crate) fn commit(tree: &Id, message: &str) -> Vec<u8> {
    let tree = hex(tree);
    format!(
        "tree {tree}\nauthor A <a@example.com> 981173106 +0000\n\
         committer C <c@example.com> 981173106 +0000\n\n{message}"
    )
    .into_bytes()
}

/// The least that git takes for a bare repository, its branch `main` at `head`. Where its packs go.
pub(crate) fn repository(dir: &Path, head: Option<&Id>) -> PathBuf {
    let packs = dir.join("objects/pack");
    fs::create_dir_all(&packs).unwrap();
    fs::create_dir_all(dir.join("refs/heads")).unwrap();
    fs::write(dir.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    if let Some(head) = head {
        fs::write(dir.join("refs/heads/main"), format!("{}\n", hex(head))).unwrap();
    }
    packs
}
