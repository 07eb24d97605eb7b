//! Opens arbitrary bytes as a pack and its index, or a pack that the bytes are the recipe of: nothing panics, every object is given or
//! reported once, and what a recipe makes is read as such.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use waxseal::git::pack::{Damage, Delta, Kind, NodeIx, Pack, Visit, walk};

use super::craft::{BLOB, OFS_DELTA, PackWriter, REF_DELTA, deflate, ofs_distance};
use super::delta::{instructions, naive};

/// Most entries of a recipe.
const MOST: usize = 40;

/// Largest content that a recipe has a delta of, in bytes: they grow fast.
const LARGEST: usize = 1 << 12;

/// What was given (some) or reported (none).
type Object = Option<(Kind, Vec<u8>)>;

/// Objects by the first byte of the id.
type Seen = Vec<(u8, Object)>;

/// One input.
pub fn run(input: &[u8]) {
    let Some((&first, rest)) = input.split_first() else {
        return;
    };
    if first & 1 == 0 {
        let Some((len, rest)) = rest.split_first_chunk::<2>() else {
            return;
        };
        let len = usize::from(u16::from_le_bytes(*len)).min(rest.len());
        let (index, pack) = rest.split_at(len);
        if let Some(pack) = open(pack, index) {
            assert_eq!(read(&pack).len(), pack.index.len() as usize);
        }
        return;
    }
    let (writer, expected) = follow(rest);
    let pack = open(&writer.bytes(), &writer.index()).expect("the files as a whole are in order");
    let seen = read(&pack);
    assert_eq!(seen.len(), expected.len());
    for (name, object) in seen {
        assert_eq!(object, expected[&name], "entry {name}");
    }
}

/// Follows a recipe: a pack, and what each of its entries is, by the first byte of its id.
fn follow(recipe: &[u8]) -> (PackWriter, BTreeMap<u8, Object>) {
    let mut steps: Vec<(u8, u8, &[u8])> = Vec::new();
    let mut rest = recipe;
    while let [code, base, len, tail @ ..] = rest {
        let (bytes, tail) = tail.split_at(tail.len().min(usize::from(*len)));
        steps.push((*code, *base, bytes));
        rest = tail;
        if steps.len() == MOST {
            break;
        }
    }
    let count = u8::try_from(steps.len()).expect("at most MOST");
    let mut writer = PackWriter::new(2, count.into());
    let mut made: Vec<Object> = Vec::new();
    for (name, (code, base, bytes)) in (0..).zip(steps) {
        let id = [name; 20];
        let before = made.get(usize::from(base)).cloned().flatten();
        let kind = code % 8;
        let lie = u64::from(code & 0xb8 == 0xb8);
        let content = before.as_ref().map_or(&[][..], |(_, content)| content);
        let mut delta = bytes.to_vec();
        if content.len() > LARGEST {
            delta.clear();
        } else if code & 0x40 == 0 {
            // sizes that are right, so that the instructions count
            let size = instructions(bytes.iter().copied(), content).map_or(1, |made| made.len());
            delta = super::craft::delta(content.len() as u64, size as u64, &[]);
            delta.extend(bytes);
        }
        let size = delta.len() as u64 + lie;
        let entry = match kind {
            OFS_DELTA => {
                let offset = writer
                    .entries
                    .get(usize::from(base))
                    .map(|entry| entry.offset);
                let distance = offset.map_or(1 << 20, |offset| writer.end() - offset);
                writer.raw(
                    id,
                    OFS_DELTA,
                    size,
                    &ofs_distance(distance),
                    &deflate(&delta),
                );
                offset.and(before)
            }
            REF_DELTA => {
                // one that is not there yet is itself
                writer.raw(id, REF_DELTA, size, &[base.min(name); 20], &deflate(&delta));
                before
            }
            _ => {
                let kind = if kind == 0 || kind == 5 { BLOB } else { kind };
                let size = bytes.len() as u64 + lie;
                writer.raw(id, kind, size, &[], &deflate(bytes));
                let kind = [Kind::Commit, Kind::Tree, Kind::Blob, Kind::Tag][usize::from(kind) - 1];
                made.push((lie == 0).then(|| (kind, bytes.to_vec())));
                continue;
            }
        };
        let object = entry.and_then(|(kind, base)| Some((kind, naive(&delta, &base)?)));
        made.push(object.filter(|_| lie == 0));
    }
    (writer, (0..).zip(made).collect())
}

/// Opens a pack from bytes.
fn open(pack: &[u8], index: &[u8]) -> Option<Pack> {
    let dir: PathBuf = std::env::temp_dir().join(format!("waxseal-fuzz-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a scratch directory");
    let path = dir.join("x.pack");
    fs::write(&path, pack).expect("a scratch file");
    fs::write(dir.join("x.idx"), index).expect("a scratch file");
    let pack = Pack::open(&path, gix_hash::Kind::Sha1).ok();
    // what is mapped stays there
    fs::remove_dir_all(&dir).expect("a scratch directory");
    pack
}

/// Reads all that a pack holds.
fn read(pack: &Pack) -> Seen {
    let seen = Mutex::default();
    for kind in [Kind::Blob, Kind::Tree, Kind::Commit, Kind::Tag] {
        walk(
            pack,
            kind,
            vec![Reader {
                pack,
                kind,
                seen: &seen,
            }],
        );
    }
    let mut seen: Seen = seen.into_inner().expect("nothing panics");
    for node in 0..pack.forest.len() {
        if pack.forest.kind(node).is_err() {
            seen.push((pack.id(node).as_slice()[0], None));
        }
    }
    seen
}

struct Reader<'a> {
    pack: &'a Pack,
    kind: Kind,
    seen: &'a Mutex<Seen>,
}

impl Reader<'_> {
    fn push(&self, node: NodeIx, object: Object) {
        let name = self.pack.id(node).as_slice()[0];
        let mut seen = self.seen.lock().expect("nothing panics");
        seen.push((name, object));
    }
}

impl Visit for Reader<'_> {
    type State = ();

    fn whole(&mut self, node: NodeIx, content: &[u8]) {
        self.push(node, Some((self.kind, content.to_vec())));
    }

    fn delta(&mut self, node: NodeIx, delta: &Delta<'_, ()>, content: &[u8]) {
        assert_eq!(
            delta.ops.last().map_or(0, |op| op.end() as usize),
            content.len()
        );
        self.push(node, Some((self.kind, content.to_vec())));
    }

    fn damaged(&mut self, node: NodeIx, damage: Damage) {
        assert_ne!(damage, Damage::Internal);
        self.push(node, None);
    }
}
