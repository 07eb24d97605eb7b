//! Single objects by their ids, what was read of them, and what could not be.
//!
//! Where objects lie is known to a [`Source`]. Here they are counted, trees are kept for the next commit, which mostly has nearly
//! the same ones, and what is missing or damaged is written down: an incomplete scan must not look clean.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::git::pack::{Damage, Kind};
use crate::git::{FindError, Finder};
use crate::model::{Coverage, ObjectId, Objects, Skip, SkipReason};

/// Gives objects by their ids.
pub trait Source {
    /// The object `id`, its kind and its content.
    fn read(&mut self, id: &ObjectId) -> Result<(Kind, Vec<u8>), Loss>;
}

impl Source for Finder {
    fn read(&mut self, id: &ObjectId) -> Result<(Kind, Vec<u8>), Loss> {
        match self.find(id) {
            Ok(Some(object)) => Ok(object),
            Ok(None) => Err(Loss::Missing),
            Err(FindError::Damaged(damage)) => Err(Loss::Damaged(damage)),
            Err(error) => Err(Loss::Hidden(error.to_string())),
        }
    }
}

/// Bytes of trees, and of commits, that are kept before all are forgotten.
const KEPT: usize = 32 << 20;

/// Most skips of one reason that a report names; all are counted.
const MOST_NAMED: usize = 1000;

/// Why an object was not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// It lies nowhere.
    Missing,
    /// It is there and can't be read.
    Damaged(Damage),
    /// It may be where nothing can be read, for this reason.
    Hidden(String),
    /// It is larger than was asked for.
    OverLimit,
}

/// Reads objects, counts each once and notes those that can't be read.
pub struct Reader<S> {
    source: S,
    content: Vec<u8>,
    kept: HashMap<ObjectId, (Kind, Arc<[u8]>)>,
    kept_bytes: usize,
    counted: HashSet<ObjectId>,
    /// What was read.
    pub counts: Objects,
    /// What was not.
    pub lost: Lost,
}

impl<S: Source> Reader<S> {
    /// Reads from `source`; nothing was read so far.
    pub fn new(source: S) -> Self {
        Self {
            source,
            content: Vec::new(),
            kept: HashMap::new(),
            kept_bytes: 0,
            counted: HashSet::new(),
            counts: Objects::default(),
            lost: Lost::default(),
        }
    }

    /// The object `id`, which should be of `kind`. What is wrong with it is given, not noted.
    pub fn read(&mut self, id: &ObjectId, kind: Kind) -> Result<&[u8], Loss> {
        let (found, content) = self.any(id)?;
        if found == kind {
            Ok(content)
        } else {
            Err(Loss::Damaged(Damage::Content))
        }
    }

    /// The blob `id`, which was scanned before and is not counted again; none if it can't be read.
    pub fn again(&mut self, id: &ObjectId) -> Option<Vec<u8>> {
        match self.source.read(id) {
            Ok((Kind::Blob, content)) => Some(content),
            _ => None,
        }
    }

    /// The object `id`, of whatever kind.
    pub fn any(&mut self, id: &ObjectId) -> Result<(Kind, &[u8]), Loss> {
        let (kind, content) = self.source.read(id)?;
        self.content = content;
        let len = self.content.len();
        if self.counted.insert(*id) {
            let count = match kind {
                Kind::Blob => &mut self.counts.blobs,
                Kind::Tree => &mut self.counts.trees,
                Kind::Commit => &mut self.counts.commits,
                Kind::Tag => &mut self.counts.tags,
            };
            count.count += 1;
            count.bytes += len as u64;
        }
        Ok((kind, &self.content))
    }

    /// As [`read`](Self::read), from memory if it is there.
    pub fn shared(&mut self, id: &ObjectId, kind: Kind) -> Result<Arc<[u8]>, Loss> {
        let (found, content) = self.shared_any(id)?;
        if found == kind {
            Ok(content)
        } else {
            Err(Loss::Damaged(Damage::Content))
        }
    }

    /// As [`any`](Self::any), from memory if it is there.
    pub fn shared_any(&mut self, id: &ObjectId) -> Result<(Kind, Arc<[u8]>), Loss> {
        if let Some((kind, content)) = self.kept.get(id) {
            return Ok((*kind, Arc::clone(content)));
        }
        let (kind, content) = self.any(id)?;
        let content: Arc<[u8]> = content.into();
        if self.kept_bytes + content.len() > KEPT {
            self.kept.clear();
            self.kept_bytes = 0;
        }
        if content.len() <= KEPT {
            self.kept_bytes += content.len();
            self.kept.insert(*id, (kind, Arc::clone(&content)));
        }
        Ok((kind, content))
    }
}

/// Objects that were to be read and were not.
#[derive(Default)]
pub struct Lost {
    objects: BTreeMap<(String, ObjectId), (Option<Kind>, Loss)>,
}

impl Lost {
    /// Notes an object, with its kind where that is known.
    pub fn note(&mut self, id: ObjectId, kind: Option<Kind>, loss: Loss) {
        let word = match kind {
            Some(Kind::Blob) => "blob",
            Some(Kind::Tree) => "tree",
            Some(Kind::Commit) => "commit",
            Some(Kind::Tag) => "tag",
            None => "object",
        };
        self.objects
            .entry((word.to_owned(), id))
            .or_insert((kind, loss));
    }

    /// Takes over what another thread noted.
    pub fn merge(&mut self, other: Self) {
        self.objects.extend(other.objects);
    }

    /// Adds all of them to `coverage`. Of missing ones, blobs and trees are no failure where they may be `promised`: a partial clone
    /// leaves them to its remote, and never commits.
    pub fn add_to(&self, coverage: &mut Coverage, promised: bool) {
        for ((word, id), (kind, loss)) in &self.objects {
            let (reason, detail) = match loss {
                Loss::Missing if promised && matches!(kind, Some(Kind::Blob | Kind::Tree)) => {
                    (SkipReason::Promised, String::new())
                }
                Loss::Missing => (SkipReason::Missing, String::new()),
                Loss::Hidden(reason) => (SkipReason::Unreadable, reason.clone()),
                Loss::OverLimit => (SkipReason::OverLimit, String::new()),
                Loss::Damaged(Damage::TooLarge) => (SkipReason::TooLarge, String::new()),
                Loss::Damaged(Damage::Internal) => (SkipReason::Internal, String::new()),
                Loss::Damaged(damage) => (SkipReason::Damaged, format!("damaged: {damage}")),
            };
            if coverage.count(reason) < MOST_NAMED as u64 {
                coverage.skip(Skip {
                    path: format!("{word} {id}").into_bytes(),
                    reason,
                    detail,
                });
            } else {
                coverage.skipped[reason as usize] += 1;
            }
        }
    }
}
