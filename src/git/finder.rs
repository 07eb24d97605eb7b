//! Single objects of a store by their ids: loose ones first, then those in packs, in all object directories.
//!
//! Opening costs nothing but a look at the directories, whatever the size of the store: of an index only what a search needs is read,
//! and of a pack only the entries that are asked for. As in git, what was flipped on disk is noticed by the checksum in each
//! compressed stream; that an object has the id that it is asked for by is not checked. Whoever reads a whole store does not want
//! this, but the packs as they are stored ([`pack`](super::pack)).

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use gix_pack::data::entry::Header;

use super::pack::{Damage, Inflater, Kind, LARGEST, Lookup, delta};
use super::{Store, loose};
use crate::model::ObjectId;

/// Most objects that may have to be put together for one. Git makes chains of 4095 deltas at most; a crafted one may be endless.
const DEEPEST: usize = 1 << 16;

/// Longest header of an entry: ten bytes of size and an id of 32 bytes. A little more than that is read.
const HEADER: u64 = 64;

/// Why an object can't be read.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// It is there and can't be read.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// It was not found, and may be in a pack that can't be used.
    #[error("it may be in {}, which can't be used: {reason}", .pack.display())]
    Pack {
        /// The `.pack` file.
        pack: PathBuf,
        /// What is wrong with it or its index.
        reason: String,
    },
    /// It was not found, and may be in a directory that can't be listed.
    #[error("it may be where nothing can be read: {0}")]
    Unlisted(String),
}

/// Looks for objects, and reads them.
pub struct Finder {
    hash: gix_hash::Kind,
    dirs: Vec<PathBuf>,
    packs: Vec<Pack>,
    /// What was wrong when packs were listed last; none before they were listed at all.
    unlisted: Option<Vec<String>>,
    /// The pack that the last object was found in: the next one mostly is, too.
    last: usize,
    inflater: Inflater,
    ops: Vec<delta::Op>,
}

/// A pack, opened as far as it was needed.
struct Pack {
    path: PathBuf,
    index: State<Lookup>,
    data: State<gix_pack::data::File>,
}

enum State<T> {
    Closed,
    Open(T),
    /// It can't be used.
    Broken(String),
}

/// Where an object lies.
enum Place {
    Loose(PathBuf),
    /// A pack, and the offset in it.
    Packed(usize, u64),
}

/// An object that is a delta of another one.
struct Link {
    pack: usize,
    /// Where its stream begins in the pack.
    stream: u64,
    /// Bytes of the delta.
    size: usize,
}

impl Finder {
    /// A finder in `store`. Opens nothing yet.
    pub fn open(store: &Store) -> Self {
        Self {
            hash: store.hash,
            dirs: store.object_dirs.clone(),
            packs: Vec::new(),
            unlisted: None,
            last: 0,
            inflater: Inflater::default(),
            ops: Vec::new(),
        }
    }

    /// The object called `id`; none if it is nowhere. Where one place of it can't be read, the others are tried. At most 1 GiB.
    pub fn find(&mut self, id: &ObjectId) -> Result<Option<(Kind, Vec<u8>)>, FindError> {
        let mut damage = None;
        let mut tried = HashSet::new();
        for path in self.loose_places(id) {
            match self.read_loose(&path) {
                Ok(object) => return Ok(Some(object)),
                Err(Damage::File(io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)) => {}
                Err(error) => _ = damage.get_or_insert(error),
            }
        }
        // packs may be made and removed while others are read: what is not found is looked for once more
        for is_again in [false, true] {
            if is_again || self.unlisted.is_none() {
                self.list_packs();
            }
            while let Some((pack, offset)) = self.packed_place(id, &tried) {
                tried.insert(self.packs[pack].path.clone());
                match self.read_packed(pack, offset) {
                    Ok(object) => {
                        self.last = pack;
                        return Ok(Some(object));
                    }
                    Err(error) => _ = damage.get_or_insert(error),
                }
            }
        }
        if let Some(damage) = damage {
            return Err(damage.into());
        }
        self.nowhere().map(|()| None)
    }

    /// Fails if what was not found may still be there.
    fn nowhere(&self) -> Result<(), FindError> {
        for pack in &self.packs {
            if let (State::Broken(reason), _) | (_, State::Broken(reason)) =
                (&pack.index, &pack.data)
            {
                return Err(FindError::Pack {
                    pack: pack.path.clone(),
                    reason: reason.clone(),
                });
            }
        }
        match self.unlisted.iter().flatten().next() {
            Some(problem) => Err(FindError::Unlisted(problem.clone())),
            None => Ok(()),
        }
    }

    /// The files in which the object may lie.
    fn loose_places(&self, id: &ObjectId) -> Vec<PathBuf> {
        let digits = id.to_string();
        let (fan, rest) = digits.split_at(2);
        let place = |dir: &PathBuf| dir.join(fan).join(rest);
        self.dirs.iter().map(place).collect()
    }

    fn read_loose(&mut self, path: &Path) -> Result<(Kind, Vec<u8>), Damage> {
        let mut out = Vec::new();
        let (kind, len) = loose::read(path, &mut self.inflater, &mut out)?;
        out.truncate(len);
        Ok((kind, out))
    }

    /// Lists the packs anew; those that are open stay so.
    fn list_packs(&mut self) {
        let mut problems = Vec::new();
        let mut known: Vec<Pack> = std::mem::take(&mut self.packs);
        for path in Store::packs_in(&self.dirs, &mut problems) {
            let open = |pack: &Pack| pack.path == path && !pack.is_broken();
            self.packs.push(match known.iter().position(open) {
                Some(at) => known.swap_remove(at),
                None => Pack {
                    path,
                    index: State::Closed,
                    data: State::Closed,
                },
            });
        }
        self.unlisted = Some(problems);
        self.last = 0;
    }

    /// A pack whose index lists the object, and where it does, leaving out those that were `tried`.
    fn packed_place(&mut self, id: &ObjectId, tried: &HashSet<PathBuf>) -> Option<(usize, u64)> {
        let count = self.packs.len();
        (0..count)
            .map(|at| (at + self.last) % count)
            .find_map(|at| {
                let pack = &mut self.packs[at];
                if tried.contains(&pack.path) {
                    return None;
                }
                Some((at, pack.offset(id)?))
            })
    }

    /// Reads the object whose entry begins at `offset` in `pack`.
    fn read_packed(&mut self, pack: usize, offset: u64) -> Result<(Kind, Vec<u8>), Damage> {
        let mut links = Vec::new();
        let root = self.root(pack, offset, &mut links);
        let (kind, mut object) = root.map_err(|damage| match damage {
            Damage::NoBase | Damage::TooLarge => damage,
            _ if links.is_empty() => damage,
            _ => Damage::Base,
        })?;
        let (mut delta, mut base) = (Vec::new(), Vec::new());
        for link in links.into_iter().rev() {
            self.inflate(link.pack, link.stream, link.size, &mut delta)
                .map_err(|damage| below(damage, &link, pack, offset))?;
            std::mem::swap(&mut object, &mut base);
            let delta = &delta[..link.size];
            let len = delta::read(delta, base.len(), &mut self.ops)?;
            object.clear();
            delta::apply(&self.ops, delta, &base, len, &mut object);
        }
        Ok((kind, object))
    }

    /// What all of a chain of deltas is made from. Puts the deltas into `links`, the one that is asked for first.
    fn root(
        &mut self,
        pack: usize,
        offset: u64,
        links: &mut Vec<Link>,
    ) -> Result<(Kind, Vec<u8>), Damage> {
        let mut place = Place::Packed(pack, offset);
        loop {
            if links.len() >= DEEPEST {
                return Err(Damage::Base);
            }
            let (pack, offset) = match place {
                Place::Packed(pack, offset) => (pack, offset),
                Place::Loose(path) => return self.read_loose(&path).map_err(|_| Damage::Base),
            };
            let entry = self.entry(pack, offset)?;
            let size = usize::try_from(entry.decompressed_size).map_err(|_| Damage::TooLarge)?;
            if entry.decompressed_size > LARGEST {
                return Err(Damage::TooLarge);
            }
            let kind = match entry.header {
                Header::Blob => Kind::Blob,
                Header::Tree => Kind::Tree,
                Header::Commit => Kind::Commit,
                Header::Tag => Kind::Tag,
                Header::OfsDelta { base_distance } => {
                    let base = Header::verified_base_pack_offset(offset, base_distance);
                    place = Place::Packed(pack, base.ok_or(Damage::NoBase)?);
                    links.push(Link {
                        pack,
                        stream: entry.data_offset,
                        size,
                    });
                    continue;
                }
                Header::RefDelta { base_id } => {
                    let base = ObjectId::new(base_id.as_bytes());
                    place = self.base(&base, pack).ok_or(Damage::NoBase)?;
                    links.push(Link {
                        pack,
                        stream: entry.data_offset,
                        size,
                    });
                    continue;
                }
            };
            let mut out = Vec::new();
            self.inflate(pack, entry.data_offset, size, &mut out)?;
            out.truncate(size);
            return Ok((kind, out));
        }
    }

    /// Where the base of a delta in `pack` lies: mostly in the same pack.
    fn base(&mut self, id: &ObjectId, pack: usize) -> Option<Place> {
        if let Some(offset) = self.packs[pack].offset(id) {
            return Some(Place::Packed(pack, offset));
        }
        if let Some(path) = self
            .loose_places(id)
            .into_iter()
            .find(|path| path.is_file())
        {
            return Some(Place::Loose(path));
        }
        let (pack, offset) = self.packed_place(id, &HashSet::new())?;
        Some(Place::Packed(pack, offset))
    }

    fn entry(&mut self, pack: usize, offset: u64) -> Result<gix_pack::data::Entry, Damage> {
        let hash = self.hash;
        let data = self.packs[pack].data(hash)?;
        let end = data.pack_end() as u64;
        let header = offset..end.min(offset.saturating_add(HEADER));
        let bytes = (header.start < header.end).then(|| data.entry_slice(header));
        bytes
            .flatten()
            .and_then(|bytes| gix_pack::data::Entry::from_bytes(bytes, offset, hash).ok())
            .ok_or(Damage::Header)
    }

    fn inflate(
        &mut self,
        pack: usize,
        stream: u64,
        size: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Damage> {
        let data = self.packs[pack].data(self.hash)?;
        // where the stream ends is known only when it was inflated
        let rest = stream..data.pack_end() as u64;
        let rest = data.entry_slice(rest).ok_or(Damage::Header)?;
        self.inflater.inflate(rest, size, out)
    }
}

/// The damage of an object that is made from the one at `link`.
fn below(damage: Damage, link: &Link, pack: usize, offset: u64) -> Damage {
    let is_own = link.pack == pack && (offset..offset + HEADER).contains(&link.stream);
    if is_own { damage } else { Damage::Base }
}

impl Pack {
    fn is_broken(&self) -> bool {
        matches!(self.index, State::Broken(_)) || matches!(self.data, State::Broken(_))
    }

    /// Where the object called `id` begins, if it is here. An index that can't be used is remembered as broken.
    fn offset(&mut self, id: &ObjectId) -> Option<u64> {
        if let State::Closed = self.index {
            let index = Lookup::open(&self.path.with_extension("idx"), id.as_bytes().len());
            self.index = match index {
                Ok(index) => State::Open(index),
                Err(error) => State::Broken(format!("its index: {error}")),
            };
        }
        let State::Open(index) = &mut self.index else {
            return None;
        };
        index.offset(id.as_bytes()).unwrap_or_else(|error| {
            self.index = State::Broken(format!("its index: {error}"));
            None
        })
    }

    fn data(&mut self, hash: gix_hash::Kind) -> Result<&gix_pack::data::File, Damage> {
        if let State::Closed = self.data {
            self.data = match open_data(&self.path, hash) {
                Ok(data) => State::Open(data),
                Err(reason) => State::Broken(reason),
            };
        }
        match &self.data {
            State::Open(data) => Ok(data),
            State::Broken(_) | State::Closed => Err(Damage::File(io::ErrorKind::InvalidData)),
        }
    }
}

fn open_data(path: &Path, hash: gix_hash::Kind) -> Result<gix_pack::data::File, String> {
    // a pipe would be waited for
    if !path.is_file() {
        return Err("it is not there, only its index is".to_owned());
    }
    gix_pack::data::File::at(path, hash).map_err(|error| error.to_string())
}
