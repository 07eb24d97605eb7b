//! The index of a work tree as a set of tracked paths.
//!
//! Nothing here looks at the work tree, and of the repository only the index, and the shared index that a
//! split one names, are read. That needs no reference backend, and passes no ownership check, which guards
//! against running what a foreign configuration names. Reading runs nothing.

use std::cmp::Ordering as Order;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{io, thread};

use gix_index::{File, State, decode, entry, hash};

use crate::regular::{self, Links, Opened};

/// What a tracked path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file, executable or not.
    File,
    /// A symbolic link.
    Symlink,
    /// A submodule: a commit of another repository.
    Submodule,
    /// A directory outside a sparse checkout, which stands for all that is tracked in it. Its path ends
    /// with a slash.
    Collapsed,
}

/// One tracked path.
#[derive(Debug)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Whether a sparse checkout leaves it out of the work tree.
    pub left_out: bool,
    /// Set once the path was met in the work tree.
    met: AtomicBool,
    /// Where the path begins in [`Index::paths`].
    start: usize,
    /// Bytes of the path.
    len: usize,
}

impl Entry {
    /// Notes that the path was met, and tells whether it had been before.
    pub fn meet(&self) -> bool {
        self.met.swap(true, Ordering::Relaxed)
    }

    /// Whether the path was met.
    pub fn is_met(&self) -> bool {
        self.met.load(Ordering::Relaxed)
    }
}

/// Every tracked path, `/`-separated and relative to the top of the work tree. A path in conflict stands
/// here once.
#[derive(Debug, Default)]
pub struct Index {
    /// All paths, in one piece as they were decoded: an allocation for each costs more than the decoding.
    paths: Vec<u8>,
    /// In the order of their paths.
    entries: Vec<Entry>,
}

/// How a repository names its objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ObjectFormat {
    /// Names of 20 bytes.
    Sha1,
    /// Names of 32 bytes.
    Sha256,
}

/// Why an index could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum IndexError {
    /// The system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It cannot be decoded, or not the shared index that it names.
    #[error("{0}")]
    Undecodable(String),
    /// It is not what was written.
    #[error("it is damaged: its checksum does not match")]
    Checksum,
    /// Its paths do not come in order, or come twice.
    #[error("it is damaged: its entries are out of order")]
    Order,
}

impl Index {
    /// Reads the index file at `path`; one that does not exist is an empty index, as in a new repository.
    pub(super) fn read(path: &Path, format: ObjectFormat) -> Result<Self, IndexError> {
        let data = match regular::read(path, Links::Follow, u64::MAX - 1) {
            Ok(data) => data,
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(err) => return Err(err.into()),
        };
        let format = match format {
            ObjectFormat::Sha1 => hash::Kind::Sha1,
            ObjectFormat::Sha256 => hash::Kind::Sha256,
        };
        let state = decoded(&data, format)?;
        let Some(link) = state.link() else {
            return Self::from_state(state);
        };
        let shared = format!("sharedindex.{}", link.shared_index_checksum);
        // `File` would wait for a writer if it were a pipe.
        if let Ok(Opened::Symlink | Opened::Special) =
            regular::open(&path.with_file_name(shared), Links::Follow)
        {
            return Err(undecodable("its shared index is not a regular file"));
        }
        // A split index: only `File` joins its parts. What was decoded is the small one, so that reading
        // it again costs little.
        let whole = File::at(path, format, false, options()).map_err(undecodable)?;
        Self::from_state(whole.into_parts().0)
    }

    fn from_state(state: State) -> Result<Self, IndexError> {
        let (tracked, paths) = state.into_entries();
        let mut entries = Vec::with_capacity(tracked.len());
        let mut last: &[u8] = b"";
        for entry in &tracked {
            let path: &[u8] = entry.path_in(&paths);
            match last.cmp(path) {
                Order::Less => {}
                // The second and third stage of a conflict.
                Order::Equal if entry.stage_raw() > 1 => continue,
                Order::Equal | Order::Greater => return Err(IndexError::Order),
            }
            last = path;
            entries.push(Entry {
                kind: kind(entry.mode),
                left_out: entry.flags.contains(entry::Flags::SKIP_WORKTREE),
                met: AtomicBool::new(false),
                // An entry does not tell its place; where its path lies does.
                start: path.as_ptr().addr() - paths.as_ptr().addr(),
                len: path.len(),
            });
        }
        Ok(Self { paths, entries })
    }

    /// The entry of `path`.
    pub fn get(&self, path: &[u8]) -> Option<&Entry> {
        // A hash table costs as much to build as it saves in a walk of every path, and a scan of one file
        // asks but once.
        self.entries
            .binary_search_by(|entry| self.path(entry).cmp(path))
            .ok()
            .map(|at| &self.entries[at])
    }

    /// The entries whose path is `below` or begins with it and a slash, and that were not met yet; sorted.
    /// An empty `below` is the top of the work tree.
    pub fn unmet(&self, below: &[u8]) -> Vec<(&[u8], &Entry)> {
        self.entries
            .iter()
            .map(|entry| (self.path(entry), entry))
            .filter(|(path, entry)| !entry.is_met() && lies_below(path, below))
            .collect()
    }

    fn path(&self, entry: &Entry) -> &[u8] {
        &self.paths[entry.start..][..entry.len]
    }
}

fn options() -> decode::Options {
    decode::Options {
        // Several threads would start from offsets in the file that nobody checked.
        thread_limit: Some(1),
        ..decode::Options::default()
    }
}

/// Decodes and verifies the bytes of an index file. Git does not verify on reading; but a tracked file that
/// is ignored, and whose path a flipped bit changed, would be lost without a word.
fn decoded(data: &[u8], format: hash::Kind) -> Result<State, IndexError> {
    /// From this size on, in bytes, hashing takes longer than it takes to start a thread for it.
    const LARGE: usize = 1 << 20;
    // When the index was written does not matter here, so it takes the time of an empty one.
    let no_time = State::new(format).timestamp();
    let decode = || State::from_bytes(data, no_time, format, options()).map_err(undecodable);
    let (state, _) = if data.len() < LARGE {
        verify(data, format)?;
        decode()?
    } else {
        thread::scope(|scope| {
            let verified = scope.spawn(|| verify(data, format));
            let state = decode();
            verified.join().unwrap_or(Err(IndexError::Checksum))?;
            state
        })?
    };
    Ok(state)
}

/// Compares the checksum at the end of an index file, which is zero if none was computed
/// (`index.skipHash`). What is too short to hold one is left to the decoder.
fn verify(data: &[u8], format: hash::Kind) -> Result<(), IndexError> {
    let Some((content, stored)) =
        data.split_at_checked(data.len().wrapping_sub(format.len_in_bytes()))
    else {
        return Ok(());
    };
    if stored.iter().all(|&byte| byte == 0) {
        return Ok(());
    }
    let mut hasher = hash::hasher(format);
    hasher.update(content);
    match hasher.try_finalize() {
        Ok(sum) if sum.as_bytes() == stored => Ok(()),
        _ => Err(IndexError::Checksum),
    }
}

fn undecodable(err: impl std::fmt::Display) -> IndexError {
    IndexError::Undecodable(err.to_string())
}

fn kind(mode: entry::Mode) -> Kind {
    match mode.bits() & 0o170_000 {
        0o160_000 => Kind::Submodule,
        0o120_000 => Kind::Symlink,
        0o040_000 => Kind::Collapsed,
        _ => Kind::File,
    }
}

fn lies_below(path: &[u8], below: &[u8]) -> bool {
    below.is_empty()
        || path
            .strip_prefix(below)
            .is_some_and(|rest| rest.first() == Some(&b'/'))
}
