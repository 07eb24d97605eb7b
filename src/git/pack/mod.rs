//! Packs: which objects they hold, how those hang together as deltas, and a walk that reads each once.
//!
//! `gix-pack` reads the formats of index and entry header; what is done with them is ours, because a history scan lives on the
//! deltas as they are stored. Everything read here may be crafted: offsets, sizes and chains are checked, and what is
//! wrong with an object is a [`Damage`] of that object and of those built on it, never the end of the walk. What objects mean is
//! not known here.

pub mod delta;
mod forest;
mod index;
mod inflate;
mod lookup;
mod walk;

use std::io;
use std::path::{Path, PathBuf};

use gix_hash::ObjectId;

pub use forest::{Forest, Kind, Node, NodeIx};
pub use index::PackIndex;
pub use inflate::Inflater;
pub use lookup::Lookup;
pub use walk::{Delta, Visit, guard, walk, walk_below};

/// Largest object that is read, in bytes: it has to be held in memory, twice where it is a delta.
pub const LARGEST: u64 = 1 << 30;

/// Why an object can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Damage {
    /// Its header makes no sense.
    #[error("its header is damaged")]
    Header,
    /// Its bytes are not those that the index was made for.
    #[error("its checksum is wrong")]
    Checksum,
    /// Its compressed stream is broken.
    #[error("its compressed data is damaged")]
    Stream,
    /// It has not the size that its header claims.
    #[error("its size is not what it claims")]
    Size,
    /// The instructions that make it from another object are not in order.
    #[error("its delta is damaged")]
    Delta,
    /// The object that it is made from is not there.
    #[error("the object that it is a delta of is missing")]
    NoBase,
    /// The object that it is made from can't be read.
    #[error("an object that it is a delta of can't be read")]
    Base,
    /// It has more than [`LARGEST`] bytes, its delta has more than [`delta::MOST_OPS`] instructions, or too much would have to be held
    /// to read it.
    #[error("it is larger than 1 GiB, or takes too much memory to read")]
    TooLarge,
    /// It can be read, and is not what its kind says.
    #[error("its content makes no sense")]
    Content,
    /// The system does not let its file be read.
    #[error("its file can't be read: {0}")]
    File(io::ErrorKind),
    /// Reading it made the program panic: a fault of waxseal.
    #[error("reading it failed inside of waxseal; please report it")]
    Internal,
}

/// A pack that was opened, with its index and its forest of deltas.
pub struct Pack {
    /// The `.pack` file.
    pub path: PathBuf,
    /// Its index.
    pub index: PackIndex,
    /// How its objects hang together.
    pub forest: Forest,
    data: gix_pack::data::File,
}

impl Pack {
    /// Opens the pack at `path`, a `.pack` file with its `.idx` beside it. What is wrong with the files as a whole is an error, in
    /// words; what is wrong with single objects shows when they are read.
    pub fn open(path: &Path, hash: gix_hash::Kind) -> Result<Self, String> {
        let index = PackIndex::read(&path.with_extension("idx"), hash)
            .map_err(|error| format!("its index can't be used: {error}"))?;
        if !path.is_file() {
            return Err("the pack is missing, only its index is there".to_owned());
        }
        let data = gix_pack::data::File::at(path, hash).map_err(|error| error.to_string())?;
        check_match(&data, &index)?;
        let forest = Forest::new(&data, &index);
        Ok(Self {
            path: path.to_owned(),
            index,
            forest,
            data,
        })
    }

    /// The id of an object.
    pub fn id(&self, node: NodeIx) -> ObjectId {
        self.index.id(self.forest.node(node).index).to_owned()
    }

    /// Inflates the stream of an object, the object itself or a delta, into the front of `out`.
    pub fn inflate(
        &self,
        node: NodeIx,
        inflater: &mut Inflater,
        out: &mut Vec<u8>,
    ) -> Result<(), Damage> {
        self.read_stream(node, true, inflater, out)
    }

    /// As [`inflate`](Self::inflate); where it is not to be `checked`, the entry is taken for what the index was made for.
    fn read_stream(
        &self,
        node: NodeIx,
        checked: bool,
        inflater: &mut Inflater,
        out: &mut Vec<u8>,
    ) -> Result<(), Damage> {
        let entry = self.forest.entry(node);
        let node = self.forest.node(node);
        let entry = self.data.entry_slice(entry).ok_or(Damage::Header)?;
        let expected = node.crc32.filter(|_| checked);
        if expected.is_some_and(|crc| libdeflater::crc32(entry) != crc) {
            return Err(Damage::Checksum);
        }
        let stream = entry.get(node.header()..).ok_or(Damage::Header)?;
        inflater.inflate(stream, node.size as usize, out)
    }
}

/// Fails where `index` is not that of the pack, as far as single objects could not tell: one that counts fewer objects would
/// leave the others unread and nobody would know, and one of version 1 has no checksums of objects.
fn check_match(data: &gix_pack::data::File, index: &PackIndex) -> Result<(), String> {
    let (packed, listed) = (data.num_objects(), index.len());
    if packed != listed {
        return Err(format!(
            "it holds {packed} objects and its index lists {listed}"
        ));
    }
    if listed == 0 || index.crc32(0).is_some() {
        return Ok(());
    }
    let end = data.pack_end() as u64;
    let mut hasher = gix_hash::hasher(data.object_hash());
    hasher.update(data.entry_slice(0..end).unwrap_or_default());
    let checksum = hasher.try_finalize().map_err(|error| error.to_string())?;
    if checksum != index.pack_checksum() {
        return Err("its checksum is not the one that its index was made for".to_owned());
    }
    Ok(())
}
