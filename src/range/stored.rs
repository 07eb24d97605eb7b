//! Objects of a repository by their ids, through libgit2.

use crate::git::Store;
use crate::git::pack::{Damage, Kind, LARGEST};
use crate::model::ObjectId;

use super::Source;

/// The objects of a store.
pub struct Stored(Option<git2::Odb<'static>>);

impl Stored {
    /// Opens the objects of `store`.
    pub fn open(store: &Store) -> Self {
        let odb = git2::Odb::new().ok();
        Self(odb.filter(|odb| {
            store
                .object_dirs
                .iter()
                .all(|dir| odb.add_disk_alternate(&dir.to_string_lossy()).is_ok())
        }))
    }
}

impl Source for Stored {
    fn read(&mut self, id: &ObjectId, out: &mut Vec<u8>) -> Option<Result<(Kind, usize), Damage>> {
        let odb = self.0.as_ref()?;
        let id = git2::Oid::from_bytes(id.as_bytes()).ok()?;
        if !odb.exists(id) {
            return None;
        }
        let Ok(object) = odb.read(id) else {
            return Some(Err(Damage::Stream));
        };
        if object.len() as u64 > LARGEST {
            return Some(Err(Damage::TooLarge));
        }
        let kind = match object.kind() {
            git2::ObjectType::Blob => Kind::Blob,
            git2::ObjectType::Tree => Kind::Tree,
            git2::ObjectType::Commit => Kind::Commit,
            git2::ObjectType::Tag => Kind::Tag,
            _ => return Some(Err(Damage::Header)),
        };
        if out.len() < object.len() {
            out.resize(object.len(), 0);
        }
        out[..object.len()].copy_from_slice(object.data());
        Some(Ok((kind, object.len())))
    }
}
