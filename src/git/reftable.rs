//! Reads reftables: refs and their logs in sorted tables, the later of which overrule the earlier.
//!
//! Tables are read from front to back and whole; their indexes and the map from objects to refs are of no use for that. A damaged
//! table is a problem in words, and what was read before the damage stays. What refs mean is not known here.

use std::collections::BTreeMap;
use std::path::Path;

use gix_zlib::{Decompress, FlushDecompress};

use super::store::read_optional;
use crate::model::ObjectId;

/// Largest table that is read. Bytes.
const LARGEST: u64 = 256 << 20;

/// Most tables in one stack.
const MOST_TABLES: usize = 10_000;

/// Most bytes of names and targets in one stack. Prefix compression could make terabytes of them.
const MOST_NAMES: usize = 512 << 20;

/// What a ref holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// An object.
    Id(ObjectId),
    /// The name of another ref.
    Symbolic(Vec<u8>),
}

/// What the tables of one directory hold together.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// By name. None for a ref that was deleted.
    refs: BTreeMap<Vec<u8>, Option<Value>>,
    /// By name and time, as the tables have them. None for an entry that was deleted.
    logs: BTreeMap<Vec<u8>, Option<[ObjectId; 2]>>,
    /// Bytes of names so far.
    names: usize,
}

impl Tables {
    /// Reads the stack in `dir`, with ids of `id_len` bytes.
    pub fn read(dir: &Path, id_len: usize, problems: &mut Vec<String>) -> Self {
        let mut tables = Self::default();
        let list = dir.join("tables.list");
        let Some(text) = read_optional(&list, 1 << 20, problems) else {
            return tables;
        };
        let text = String::from_utf8_lossy(&text);
        for (count, name) in text.lines().filter(|name| !name.is_empty()).enumerate() {
            // a name, never a way out of the directory
            if count >= MOST_TABLES || name.contains(['/', '\\']) {
                problems.push(format!(
                    "refs may be missing: {} names too many tables, or one elsewhere",
                    list.display()
                ));
                break;
            }
            let file = dir.join(name);
            let mut told = Vec::new();
            let damage = match read_optional(&file, LARGEST, &mut told) {
                Some(data) => tables
                    .add(&data, id_len)
                    .is_none()
                    .then_some("it is damaged"),
                None if told.is_empty() => Some("it does not exist"),
                None => None,
            };
            problems.append(&mut told);
            if let Some(damage) = damage {
                problems.push(format!(
                    "refs may be missing: cannot read the reftable {}: {damage}",
                    file.display()
                ));
            }
        }
        tables
    }

    /// Every ref that was not deleted.
    pub fn refs(&self) -> impl Iterator<Item = (&[u8], &Value)> {
        let refs = self.refs.iter();
        refs.filter_map(|(name, value)| Some((name.as_slice(), value.as_ref()?)))
    }

    /// What the ref called `name` holds.
    pub fn get(&self, name: &[u8]) -> Option<&Value> {
        self.refs.get(name)?.as_ref()
    }

    /// The ref and the two ids of every log entry that was not deleted.
    pub fn logs(&self) -> impl Iterator<Item = (&[u8], &[ObjectId; 2])> {
        self.logs.iter().filter_map(|(key, ids)| {
            let name = key.len().checked_sub(LOG_KEY_END)?;
            Some((&key[..name], ids.as_ref()?))
        })
    }

    /// Adds one table. None if it is damaged.
    fn add(&mut self, data: &[u8], id_len: usize) -> Option<()> {
        let header = match (data.get(..4)?, data.get(4)?) {
            (b"REFT", 1) if id_len == 20 => 24,
            (b"REFT", 2) => {
                let hash = data.get(24..28)?;
                let is_ours =
                    (hash == b"sha1" && id_len == 20) || (hash == b"s256" && id_len == 32);
                is_ours.then_some(28)?
            }
            _ => return None,
        };
        let block_size = int(data.get(5..8)?);
        // the header again, five numbers of 8 bytes, a checksum
        let end = data.len().checked_sub(header + 44)?;
        let footer = &data[end..];
        let sum = libdeflater::crc32(&footer[..header + 40]).to_be_bytes();
        if footer[..header] != data[..header] || footer[header + 40..] != sum {
            return None;
        }
        let log_start = usize::try_from(long(footer.get(header + 24..header + 32)?)).ok()?;
        let data = data.get(..end.max(header))?;

        let mut at = 0;
        while Block::is(b'r', data, at, header) {
            let block = Block::at(data, at, header)?;
            self.add_refs(&block, data, id_len)?;
            // a block may be padded up to the common size
            let len = block.end - at;
            let is_padded = len < block_size && data.get(block.end) == Some(&0);
            at += if is_padded { block_size } else { len };
        }
        if at == 0 || log_start > 0 {
            at = log_start;
            while Block::is(b'g', data, at, header) {
                let block = Block::at(data, at, header)?;
                at = self.add_logs(&block, data, id_len)?;
            }
        }
        Some(())
    }

    fn add_refs(&mut self, block: &Block, data: &[u8], id_len: usize) -> Option<()> {
        let mut records = Records::new(data.get(block.start..block.end)?)?;
        while !records.is_done() {
            let kind = records.key()?;
            records.number()?;
            let value = match kind {
                0 => None,
                1 => Some(Value::Id(records.id(id_len)?)),
                2 => {
                    let id = records.id(id_len)?;
                    // what the tag it names leads to
                    records.id(id_len)?;
                    Some(Value::Id(id))
                }
                3 => Some(Value::Symbolic(records.text()?.to_owned())),
                _ => return None,
            };
            let target = match &value {
                Some(Value::Symbolic(target)) => target.len(),
                _ => 0,
            };
            self.count(records.key.len() + target)?;
            self.refs.insert(records.key.clone(), value);
        }
        Some(())
    }

    /// Adds a block of logs, whose records are deflated; where the next one begins.
    fn add_logs(&mut self, block: &Block, data: &[u8], id_len: usize) -> Option<usize> {
        // what the block's length counts besides its records
        let mut inflated = vec![0; block.len.checked_sub(block.start - block.at)?];
        let mut state = Decompress::new();
        let stream = data.get(block.start..)?;
        state
            .decompress(stream, &mut inflated, FlushDecompress::Finish)
            .ok()?;
        if state.total_out() != inflated.len() as u64 {
            return None;
        }
        let mut records = Records::new(&inflated)?;
        while !records.is_done() {
            let ids = match records.key()? {
                0 => None,
                1 => {
                    let ids = [records.id(id_len)?, records.id(id_len)?];
                    // name, address, time, zone, message
                    records.text()?;
                    records.text()?;
                    records.number()?;
                    records.take(2)?;
                    records.text()?;
                    Some(ids)
                }
                _ => return None,
            };
            self.count(records.key.len())?;
            self.logs.insert(records.key.clone(), ids);
        }
        Some(block.start + usize::try_from(state.total_in()).ok()?)
    }

    fn count(&mut self, bytes: usize) -> Option<()> {
        self.names = self.names.checked_add(bytes)?;
        (self.names <= MOST_NAMES).then_some(())
    }
}

/// What follows the name in the key of a log entry: a NUL and its time, counted backwards.
const LOG_KEY_END: usize = 9;

/// One block of a table.
struct Block {
    /// Where it begins; for the first, where the file does.
    at: usize,
    /// Where its records begin.
    start: usize,
    /// Its length as it claims, from `at`; of a block of logs, once it is inflated.
    len: usize,
    /// `at + len`.
    end: usize,
}

impl Block {
    /// Whether a block of `kind` begins at `at`. Sections end where another kind, or the table's end, is.
    fn is(kind: u8, data: &[u8], at: usize, header: usize) -> bool {
        data.get(Self::head(at, header)) == Some(&kind)
    }

    /// The block at `at`, where there is one.
    fn at(data: &[u8], at: usize, header: usize) -> Option<Self> {
        let head = Self::head(at, header);
        let len = int(data.get(head + 1..head + 4)?);
        let start = head + 4;
        let end = at.checked_add(len)?;
        (end > start).then_some(Self {
            at,
            start,
            len,
            end,
        })
    }

    /// The first block begins with the file's header.
    fn head(at: usize, header: usize) -> usize {
        if at == 0 { header } else { at }
    }
}

/// The records of a block, whose keys share their beginnings.
struct Records<'a> {
    rest: &'a [u8],
    key: Vec<u8>,
}

impl<'a> Records<'a> {
    /// `body` is the block behind its head: records, then three bytes for each restart, then their number.
    fn new(body: &'a [u8]) -> Option<Self> {
        let restarts = int(body.get(body.len().checked_sub(2)?..)?);
        let end = body.len().checked_sub(2 + 3 * restarts)?;
        Some(Self {
            rest: &body[..end],
            key: Vec::new(),
        })
    }

    fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    /// Reads the next key; gives the kind of its record.
    fn key(&mut self) -> Option<usize> {
        let shared = self.number()?;
        let rest_and_kind = self.number()?;
        let own = self.take(rest_and_kind >> 3)?;
        if shared > self.key.len() {
            return None;
        }
        self.key.truncate(shared);
        self.key.extend_from_slice(own);
        Some(rest_and_kind & 7)
    }

    fn number(&mut self) -> Option<usize> {
        let mut value = 0_u64;
        loop {
            let byte = self.take(1)?[0];
            value = value
                .checked_mul(128)?
                .checked_add(u64::from(byte & 0x7f))?;
            if byte & 0x80 == 0 {
                return usize::try_from(value).ok();
            }
            value = value.checked_add(1)?;
        }
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let len = self.number()?;
        self.take(len)
    }

    fn id(&mut self, len: usize) -> Option<ObjectId> {
        self.take(len).map(ObjectId::new)
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }
}

/// A number of at most four bytes, the highest first.
fn int(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .fold(0, |value, byte| value << 8 | usize::from(*byte))
}

fn long(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |value, byte| value << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table with one block of refs: key parts as `(shared, own, kind, value)`.
    fn table(records: &[(u8, &str, u8, &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (shared, own, kind, value) in records {
            body.extend([*shared, u8::try_from(own.len() * 8).unwrap() | kind]);
            body.extend(own.as_bytes());
            body.push(0);
            body.extend(*value);
        }
        body.extend([0, 0, 28, 0, 1]);
        let mut table = b"REFT\x01\x00\x00\x00".to_vec();
        table.extend([0; 16]);
        let header = table.clone();
        table.push(b'r');
        table.extend(&u32::try_from(28 + body.len()).unwrap().to_be_bytes()[1..]);
        table.extend(body);
        let mut footer = header;
        footer.extend([0; 40]);
        footer.extend(libdeflater::crc32(&footer).to_be_bytes());
        table.extend(footer);
        table
    }

    fn names(tables: &Tables) -> Vec<String> {
        tables
            .refs()
            .map(|(name, value)| format!("{} {value:?}", String::from_utf8_lossy(name)))
            .collect()
    }

    #[test]
    fn later_tables_overrule_earlier_ones() {
        let mut tables = Tables::default();
        let (one, two) = ([1_u8; 20], [2_u8; 40]);
        let first = table(&[
            (0, "HEAD", 3, b"\x0frefs/heads/main"),
            (0, "refs/heads/a", 1, &one),
            (11, "b", 1, &one),
            (5, "tags/t", 2, &two),
        ]);
        assert_eq!(tables.add(&first, 20), Some(()));
        let second = table(&[(0, "refs/heads/a", 0, b""), (11, "b", 1, &two[..20])]);
        assert_eq!(tables.add(&second, 20), Some(()));
        let (one, two) = (
            Value::Id(ObjectId::new(&one)),
            Value::Id(ObjectId::new(&two[..20])),
        );
        assert_ne!(one, two);
        assert_eq!(
            names(&tables),
            [
                format!("HEAD {:?}", Value::Symbolic(b"refs/heads/main".to_vec())),
                format!("refs/heads/b {two:?}"),
                format!("refs/tags/t {two:?}"),
            ]
        );
    }

    #[test]
    fn a_damaged_table_is_refused_without_panic() {
        let good = table(&[(0, "refs/heads/a", 1, &[1; 20]), (11, "b", 3, b"\x01x")]);
        assert_eq!(Tables::default().add(&good, 32), None);
        for at in 0..good.len() {
            assert_eq!(Tables::default().add(&good[..at], 20), None, "cut at {at}");
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut bad = good.clone();
                bad[at] = value;
                let _ = Tables::default().add(&bad, 20);
            }
        }
        let far = table(&[(9, "refs/heads/a", 1, &[1; 20])]);
        assert_eq!(Tables::default().add(&far, 20), None);
    }
}
