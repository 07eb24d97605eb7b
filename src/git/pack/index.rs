//! The index beside a pack: which objects it holds, and where.
//!
//! `gix-pack` reads the format. What it takes for granted is checked here first, because an index may be crafted: it must
//! not make anything read outside of the file.

use std::io::ErrorKind;
use std::path::Path;

use gix_hash::{ObjectId, oid};

use crate::regular::{self, Links};

/// An open index, versions 1 and 2.
pub struct PackIndex {
    file: gix_pack::index::File<Vec<u8>>,
}

/// Signature, version and fan-out of version 2; version 1 has the fan-out alone.
const V2_HEADER: usize = 8 + 1024;
const V2_SIGNATURE: &[u8] = b"\xfftOc";

/// Largest index that is read: one of 100 million objects, ten times the largest repositories. Bytes.
const LARGEST_INDEX: u64 = 4 << 30;

impl PackIndex {
    /// Reads the index at `path`.
    pub fn read(path: &Path, hash: gix_hash::Kind) -> Result<Self, String> {
        let data = regular::read(path, Links::Follow, LARGEST_INDEX).map_err(|error| {
            if error.kind() == ErrorKind::NotFound {
                "it has no index; `git index-pack` makes one".to_owned()
            } else {
                error.to_string()
            }
        })?;
        check_wide_offsets(&data, hash.len_in_bytes())?;
        let file = gix_pack::index::File::from_data(data, path.to_owned(), hash)
            .map_err(|error| error.to_string())?;
        Ok(Self { file })
    }

    /// How many objects the pack holds.
    pub fn len(&self) -> u32 {
        self.file.num_objects()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id of the object at position `ix`.
    pub fn id(&self, ix: u32) -> &oid {
        self.file.oid_at_index(ix)
    }

    /// Where the object at position `ix` begins in the pack. Bytes.
    pub fn offset(&self, ix: u32) -> u64 {
        self.file.pack_offset_at_index(ix)
    }

    /// CRC-32 of the object's bytes in the pack; version 1 has none.
    pub fn crc32(&self, ix: u32) -> Option<u32> {
        self.file.crc32_at_index(ix)
    }

    /// The position of the object called `id`.
    pub fn position(&self, id: &oid) -> Option<u32> {
        self.file.lookup(id)
    }

    /// The trailing checksum of the pack that the index was made for.
    pub fn pack_checksum(&self) -> ObjectId {
        self.file.pack_checksum()
    }
}

/// Fails where version 2 refers to 64-bit offsets behind the end of their table, which its reader takes for granted.
fn check_wide_offsets(data: &[u8], hash: usize) -> Result<(), String> {
    if !data.starts_with(V2_SIGNATURE) {
        return Ok(());
    }
    let short = || "it is cut short".to_owned();
    let count = data.get(V2_HEADER - 4..V2_HEADER).ok_or_else(short)?;
    let count = u32::from_be_bytes(count.try_into().expect("four bytes were taken")) as usize;
    let offsets = V2_HEADER + count * (hash + 4);
    let table = data.get(offsets..offsets + 4 * count).ok_or_else(short)?;
    let behind = data.len() - offsets - 4 * count;
    let room = behind.checked_sub(2 * hash).ok_or_else(short)? / 8;
    let missing = table
        .chunks_exact(4)
        .map(|offset| u32::from_be_bytes(offset.try_into().expect("chunks of four bytes")))
        .any(|offset| offset >> 31 == 1 && (offset & 0x7fff_ffff) as usize >= room);
    if missing {
        return Err("it refers to 64-bit offsets that it does not have".to_owned());
    }
    Ok(())
}
