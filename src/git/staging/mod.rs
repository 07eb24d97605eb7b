//! The index as what the next commit will hold: paths, modes and ids in order, and the trees that git knows them to make.
//!
//! Read in one piece, and of each entry only what is needed, because a hook waits for it: with 100,000 entries a decoder that keeps
//! everything takes longer than git for its whole diff. As in git, the checksum at the end is not verified: that takes 25 ms more there,
//! and a flipped bit shows up as something that differs from `HEAD`, which is read, or as an entry that makes no sense. What is in a
//! work tree is asked elsewhere ([`Index`](super::Index)).

mod cache_tree;
mod decode;
mod split;

use std::cmp::Ordering;
use std::io;
use std::ops::Range;
use std::path::Path;

use crate::model::ObjectId;
use crate::regular::{self, Links};

pub use cache_tree::{CacheTree, NodeIx};
use decode::Slot;

/// Largest index that is read. Bytes; offsets have 32 bits.
const LARGEST: u64 = 2 << 30;

/// Why an index can't be read.
#[derive(Debug, thiserror::Error)]
pub enum StagingError {
    /// The system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is not what git would read.
    #[error("{0}")]
    Damaged(&'static str),
    /// It needs something that is not known here.
    #[error("it uses the extension `{0}`, which is not known")]
    Unknown(String),
    /// The larger part of a split index.
    #[error("its shared index {name} can't be read")]
    Shared {
        /// Name of the file.
        name: String,
        /// Why not.
        source: Box<StagingError>,
    },
}

/// What an entry stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A file, executable or not, or a symbolic link.
    Blob,
    /// A folder outside of a sparse checkout, which stands for all in it. Its path ends with a slash, its id is that of a tree.
    Tree,
    /// A commit of another repository: a submodule.
    Commit,
}

/// One entry.
#[derive(Clone, Copy, Debug)]
pub struct StagedEntry<'i> {
    /// `/`-separated, from the top of the work tree.
    pub path: &'i [u8],
    /// What it is.
    pub kind: EntryKind,
    /// Id of the blob, tree or commit.
    pub id: ObjectId,
    /// 0, or 1 to 3 where a merge is not resolved.
    pub stage: u8,
    /// Whether only the path is there and the content is not added yet (`git add -N`).
    pub intent_to_add: bool,
}

/// The entries of an index in the order of their paths and stages.
#[derive(Debug, Default)]
pub struct Staging {
    /// What the entries refer to: the file as it was read, and paths that were not stored whole.
    bytes: Vec<u8>,
    slots: Vec<Slot>,
    cache: CacheTree,
    id_len: usize,
}

impl Staging {
    /// Reads the index at `path`; one that does not exist is an empty index, as in a new repository. The larger part of a split
    /// index lies in `git_dir`. Ids have `id_len` bytes.
    pub fn read(path: &Path, git_dir: &Path, id_len: usize) -> Result<Self, StagingError> {
        let mut bytes = match regular::read(path, Links::Follow, LARGEST) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error.into()),
        };
        let mut file = decode::file(&mut bytes, 0, id_len)?;
        let cache = match file.cache_tree.clone() {
            Some(place) => CacheTree::decode(&bytes, place, id_len)?,
            None => CacheTree::default(),
        };
        let link = file
            .link
            .clone()
            .map(|place| split::Link::decode(&bytes[place], id_len));
        if let Some(link) = link.transpose()?.flatten() {
            let name = format!("sharedindex.{}", link.shared);
            let failed = |source| StagingError::Shared {
                name: name.clone(),
                source: Box::new(source),
            };
            let shared = regular::read(&git_dir.join(&name), Links::Follow, LARGEST)
                .map_err(|error| failed(error.into()))?;
            let start = bytes.len();
            bytes.extend(shared);
            if bytes.len() as u64 > LARGEST {
                return Err(failed(StagingError::Damaged("it is too large")));
            }
            let shared = decode::file(&mut bytes, start, id_len).map_err(failed)?;
            file.slots = link.join(&bytes, shared.slots, file.slots)?;
        }
        let staging = Self {
            bytes,
            slots: file.slots,
            cache,
            id_len,
        };
        staging.check_order()?;
        Ok(staging)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The entry at position `ix`.
    pub fn entry(&self, ix: usize) -> StagedEntry<'_> {
        let slot = &self.slots[ix];
        StagedEntry {
            path: slot.path(&self.bytes),
            kind: slot.kind,
            id: ObjectId::new(&self.bytes[slot.id as usize..][..self.id_len]),
            stage: slot.stage,
            intent_to_add: slot.intent_to_add,
        }
    }

    /// The path of the entry at position `ix`.
    pub fn path(&self, ix: usize) -> &[u8] {
        self.slots[ix].path(&self.bytes)
    }

    /// The entries in `range` whose paths begin with `prefix`, of which the first is one.
    pub fn below(&self, range: Range<usize>, prefix: &[u8]) -> Range<usize> {
        let slots = &self.slots[range.clone()];
        let count = slots.partition_point(|slot| slot.path(&self.bytes).starts_with(prefix));
        range.start..range.start + count
    }

    /// Where the entries of the path end with which `range` begins.
    pub fn same_path(&self, range: Range<usize>) -> usize {
        let path = self.path(range.start);
        let mut rest = range.clone().skip(1);
        rest.find(|at| self.path(*at) != path).unwrap_or(range.end)
    }

    /// The trees that entries are known to make.
    pub fn cache_tree(&self) -> &CacheTree {
        &self.cache
    }

    /// The id and the name of a node of the cache tree: `(entries, id)` where it is valid.
    pub fn cached(&self, node: NodeIx) -> Option<(usize, ObjectId)> {
        self.cache.valid(node, &self.bytes, self.id_len)
    }

    /// The nodes right below `node`, by their names, sorted.
    pub fn cached_below(&self, node: NodeIx) -> Vec<(&[u8], NodeIx)> {
        self.cache.children(node, &self.bytes)
    }

    /// Fails where paths do not come in order, as git does: what is searched for would not be found.
    fn check_order(&self) -> Result<(), StagingError> {
        let follows = |pair: &[Slot]| {
            let [a, b] = pair else {
                return true;
            };
            match a.path(&self.bytes).cmp(b.path(&self.bytes)) {
                Ordering::Less => true,
                // a resolved path has no other stages
                Ordering::Equal => a.stage > 0 && a.stage < b.stage,
                Ordering::Greater => false,
            }
        };
        if self.slots.windows(2).all(follows) {
            Ok(())
        } else {
            Err(StagingError::Damaged("its entries are out of order"))
        }
    }
}
