//! Single objects in the index beside a pack, without reading it: a step of a binary search reads a few bytes of the file.
//!
//! For those who want a handful of objects of a store that may hold millions. Whoever wants all of them reads the whole index
//! ([`PackIndex`](super::PackIndex)), which also checks more of it. Everything is checked against the size of the file before it is
//! read, so that a crafted index gives wrong places at worst, and what stands at those is checked again.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::regular::{self, Links, Opened};

/// Starts an index of version 2; version 1 begins with its fan-out.
const SIGNATURE: &[u8; 8] = b"\xfftOc\0\0\0\x02";

/// The first half of that, which no fan-out begins with: it would count four thousand million objects.
const ANY_VERSION: &[u8] = b"\xfftOc";

/// Bytes of the table that counts ids by their first byte.
const FAN: u64 = 4 * 256;

/// As many rows are read at once instead of being searched step by step.
const FEW: u64 = 128;

/// An index that is open. Versions 1 and 2.
pub struct Lookup {
    file: File,
    /// How many objects it lists.
    count: u64,
    is_v2: bool,
    /// Bytes of an id.
    id_len: u64,
    /// Bytes of the file.
    len: u64,
}

impl Lookup {
    /// Opens the index at `path`. Reads eight bytes at its start and four more.
    pub fn open(path: &Path, id_len: usize) -> io::Result<Self> {
        let Opened::File(mut file, len) = regular::open(path, Links::Follow)? else {
            return Err(damaged("it is not a regular file"));
        };
        let id_len = id_len as u64;
        if len < FAN + 2 * id_len {
            return Err(damaged("it is cut short"));
        }
        let mut start = [0; SIGNATURE.len()];
        file.read_exact(&mut start)?;
        let is_v2 = start == *SIGNATURE;
        if !is_v2 && start.starts_with(ANY_VERSION) {
            return Err(damaged("its version is not known"));
        }
        let mut lookup = Self {
            file,
            count: 0,
            is_v2,
            id_len,
            len,
        };
        lookup.count = lookup.fan(255)?;
        // in version 1 an offset stands before each id; in version 2 there are tables of ids, checksums and offsets
        let row = id_len + if is_v2 { 8 } else { 4 };
        if lookup.rows() + lookup.count * row + 2 * id_len > len {
            return Err(damaged("it is cut short"));
        }
        Ok(lookup)
    }

    /// Where in the pack the object called `id` begins, if it is there. Bytes.
    pub fn offset(&mut self, id: &[u8]) -> io::Result<Option<u64>> {
        let Some(position) = self.position(id)? else {
            return Ok(None);
        };
        if !self.is_v2 {
            return self.number(self.row(position)).map(Some);
        }
        let offsets = self.rows() + self.count * (self.id_len + 4);
        let offset = self.number(offsets + 4 * position)?;
        if offset >> 31 == 0 {
            return Ok(Some(offset));
        }
        // that of a large pack stands in a table of its own
        let at = offsets + 4 * self.count + 8 * (offset & 0x7fff_ffff);
        if at + 8 + 2 * self.id_len > self.len {
            return Err(damaged("it refers to 64-bit offsets that it does not have"));
        }
        let mut wide = [0; 8];
        self.read(at, &mut wide)?;
        Ok(Some(u64::from_be_bytes(wide)))
    }

    /// The position of `id` among all.
    fn position(&mut self, id: &[u8]) -> io::Result<Option<u64>> {
        let Some(&first) = id.first().filter(|_| id.len() as u64 == self.id_len) else {
            return Ok(None);
        };
        let mut from = match first {
            0 => 0,
            _ => self.fan(first - 1)?,
        };
        let mut to = self.fan(first)?;
        if from > to || to > self.count {
            return Err(damaged("its fan-out is not in order"));
        }
        let mut name = vec![0; id.len()];
        while to - from > FEW {
            let middle = from + (to - from) / 2;
            self.read(self.name(middle), &mut name)?;
            if *name <= *id {
                from = middle;
            } else {
                to = middle;
            }
        }
        let row = self.row(1) - self.row(0);
        let mut rows = vec![0; usize::try_from((to - from) * row).unwrap_or(0)];
        self.read(self.row(from), &mut rows)?;
        let skipped = usize::try_from(self.name(0) - self.row(0)).unwrap_or(0);
        let found = rows
            .chunks_exact(usize::try_from(row).unwrap_or(usize::MAX))
            .position(|row| row[skipped..] == *id);
        Ok(found.map(|at| from + at as u64))
    }

    /// How many ids begin with `byte` or a smaller one.
    fn fan(&mut self, byte: u8) -> io::Result<u64> {
        let at = self.rows() - FAN + 4 * u64::from(byte);
        self.number(at)
    }

    /// Where the first row begins.
    fn rows(&self) -> u64 {
        let signature = if self.is_v2 { SIGNATURE.len() } else { 0 };
        signature as u64 + FAN
    }

    /// Where the row with the id at `position` begins.
    fn row(&self, position: u64) -> u64 {
        let row = self.id_len + if self.is_v2 { 0 } else { 4 };
        self.rows() + position * row
    }

    /// Where the id at `position` begins.
    fn name(&self, position: u64) -> u64 {
        self.row(position) + if self.is_v2 { 0 } else { 4 }
    }

    fn number(&mut self, at: u64) -> io::Result<u64> {
        let mut number = [0; 4];
        self.read(at, &mut number)?;
        Ok(u64::from(u32::from_be_bytes(number)))
    }

    fn read(&mut self, at: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(at))?;
        self.file.read_exact(out)
    }
}

fn damaged(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
