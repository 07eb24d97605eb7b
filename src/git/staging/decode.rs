//! The format of an index file, versions 2 to 4, as far as entries and the places of two extensions go.

use std::ops::Range;

use super::{EntryKind, StagingError};

/// An entry: where its path and its id are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    path: u32,
    path_len: u32,
    /// Where its id begins.
    pub(super) id: u32,
    pub(super) kind: EntryKind,
    pub(super) stage: u8,
    pub(super) intent_to_add: bool,
}

impl Slot {
    pub(super) fn path<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        &bytes[self.path as usize..][..self.path_len as usize]
    }

    /// An entry of a split index that takes the place of another one has no path of its own.
    pub(super) fn is_nameless(&self) -> bool {
        self.path_len == 0
    }

    /// The same entry with the path of `other`.
    pub(super) fn at_path_of(self, other: &Self) -> Self {
        Self {
            path: other.path,
            path_len: other.path_len,
            ..self
        }
    }
}

/// What is in a file.
pub(super) struct File {
    pub(super) slots: Vec<Slot>,
    /// Where the trees that entries make are.
    pub(super) cache_tree: Option<Range<usize>>,
    /// Where it says how it hangs together with a shared index.
    pub(super) link: Option<Range<usize>>,
}

/// Signature, version and number of entries.
const HEADER: usize = 12;

/// Times, device, inode, mode, owner and size before the id of an entry.
const STAT: usize = 40;

/// The mode in it.
const MODE: usize = 24;

/// Bits of an entry's flags.
const EXTENDED: u16 = 0x4000;
const PATH_LEN: u16 = 0x0fff;
const INTENT_TO_ADD: u16 = 0x2000;

/// Most bytes of paths that version 4 may stand for.
const MOST_PATHS: usize = 1 << 30;

const SHORT: StagingError = StagingError::Damaged("it is cut short");

/// Decodes the file that begins at `start` in `bytes` and ends with them. Paths that are not stored whole are added behind.
pub(super) fn file(bytes: &mut Vec<u8>, start: usize, id_len: usize) -> Result<File, StagingError> {
    // the checksum is no part of what is decoded
    let end = bytes.len().checked_sub(id_len).ok_or(SHORT)?;
    let header = bytes
        .get(start..end)
        .and_then(|file| file.get(..HEADER))
        .ok_or(SHORT)?;
    if !header.starts_with(b"DIRC") {
        return Err(StagingError::Damaged("it is not an index"));
    }
    let version = number(header, 4);
    if !(2..=4).contains(&version) {
        return Err(StagingError::Damaged(
            "only index versions 2 to 4 are known",
        ));
    }
    let count = number(header, 8) as usize;
    // nothing is allocated for entries that can't be there
    if count > (end - start) / (STAT + id_len + 2) {
        return Err(SHORT);
    }
    let mut entries = Entries {
        bytes: &bytes[..end],
        at: start + HEADER,
        id_len,
        is_v4: version == 4,
        paths: Vec::new(),
        last: 0..0,
    };
    let mut slots = Vec::with_capacity(count);
    for _ in 0..count {
        slots.push(entries.next()?);
    }
    let Entries { at, paths, .. } = entries;
    let (cache_tree, link) = extensions(&bytes[..end], at)?;
    if version == 4 {
        let moved = offset(bytes.len())?;
        bytes.extend(paths);
        offset(bytes.len())?;
        for slot in &mut slots {
            slot.path += moved;
        }
    }
    Ok(File {
        slots,
        cache_tree,
        link,
    })
}

struct Entries<'b> {
    bytes: &'b [u8],
    at: usize,
    id_len: usize,
    is_v4: bool,
    /// Paths that were put together.
    paths: Vec<u8>,
    /// The last of them.
    last: Range<usize>,
}

impl Entries<'_> {
    fn next(&mut self) -> Result<Slot, StagingError> {
        let begin = self.at;
        let fixed = STAT + self.id_len + 2;
        let entry = self.bytes.get(begin..begin + fixed).ok_or(SHORT)?;
        let mode = number(entry, MODE);
        let flags = u16::from_be_bytes([entry[fixed - 2], entry[fixed - 1]]);
        let mut at = begin + fixed;
        let mut extended = 0;
        if flags & EXTENDED != 0 {
            let pair = self.bytes.get(at..at + 2).ok_or(SHORT)?;
            extended = u16::from_be_bytes([pair[0], pair[1]]);
            at += 2;
        }
        let path = if self.is_v4 {
            self.expand(&mut at)?
        } else {
            let rest = &self.bytes[at..];
            let len = match usize::from(flags & PATH_LEN) {
                long if long == usize::from(PATH_LEN) => memchr::memchr(0, rest).ok_or(SHORT)?,
                len => len,
            };
            let path = at..at + len;
            // one to eight bytes of NUL make its length a multiple of eight
            at = begin + ((at + len - begin + 8) & !7);
            if at > self.bytes.len() {
                return Err(SHORT);
            }
            path
        };
        self.at = at;
        Ok(Slot {
            path: offset(path.start)?,
            path_len: offset(path.len())?,
            id: offset(begin + STAT)?,
            kind: kind(mode)?,
            stage: u8::try_from(flags >> 12 & 3).unwrap_or(0),
            intent_to_add: extended & INTENT_TO_ADD != 0,
        })
    }

    /// A path of version 4: so many bytes of the last one's end are left out, and these put in their place.
    fn expand(&mut self, at: &mut usize) -> Result<Range<usize>, StagingError> {
        let mut cut: usize = 0;
        loop {
            let byte = *self.bytes.get(*at).ok_or(SHORT)?;
            *at += 1;
            cut |= usize::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                break;
            }
            cut = cut
                .checked_add(1)
                .filter(|cut| *cut <= MOST_PATHS)
                .ok_or(SHORT)?
                << 7;
        }
        let kept = self
            .last
            .len()
            .checked_sub(cut)
            .ok_or(StagingError::Damaged(
                "a path is shorter than what is to be left out of it",
            ))?;
        let rest = &self.bytes[*at..];
        let len = memchr::memchr(0, rest).ok_or(SHORT)?;
        let begin = self.paths.len();
        if begin + kept + len > MOST_PATHS {
            return Err(StagingError::Damaged("its paths are too long"));
        }
        self.paths
            .extend_from_within(self.last.start..self.last.start + kept);
        self.paths.extend_from_slice(&rest[..len]);
        *at += len + 1;
        self.last = begin..self.paths.len();
        Ok(self.last.clone())
    }
}

type Places = (Option<Range<usize>>, Option<Range<usize>>);

/// Where the cache tree and the link are among the extensions from `at` on.
fn extensions(bytes: &[u8], mut at: usize) -> Result<Places, StagingError> {
    let (mut cache_tree, mut link) = (None, None);
    while at < bytes.len() {
        let header = bytes.get(at..at + 8).ok_or(SHORT)?;
        let place = at + 8..at + 8 + number(header, 4) as usize;
        if place.end > bytes.len() {
            return Err(SHORT);
        }
        at = place.end;
        match &header[..4] {
            b"TREE" => cache_tree = Some(place),
            b"link" => link = Some(place),
            // entries may be folders, which each of them says itself
            b"sdir" => {}
            // what begins with a capital letter may be passed over
            [first, ..] if first.is_ascii_uppercase() => {}
            unknown => {
                return Err(StagingError::Unknown(unknown.escape_ascii().to_string()));
            }
        }
    }
    Ok((cache_tree, link))
}

fn kind(mode: u32) -> Result<EntryKind, StagingError> {
    match mode & 0o170_000 {
        0o100_000 | 0o120_000 => Ok(EntryKind::Blob),
        0o040_000 => Ok(EntryKind::Tree),
        0o160_000 => Ok(EntryKind::Commit),
        _ => Err(StagingError::Damaged(
            "an entry has a mode that makes no sense",
        )),
    }
}

/// The number of four bytes at `at`, which are there.
pub(super) fn number(bytes: &[u8], at: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[at..at + 4]);
    u32::from_be_bytes(number)
}

fn offset(at: usize) -> Result<u32, StagingError> {
    u32::try_from(at).map_err(|_| StagingError::Damaged("it is too large"))
}
