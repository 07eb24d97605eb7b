//! Whole ids from the beginnings of ids.

use crate::model::ObjectId;

use super::Store;

/// Fewest digits of an abbreviated id. Git's own limit.
const SHORTEST: usize = 4;

/// The one object of `store` whose id begins with `digits`; none if there is none, or if these are no digits of an id. Fails, in
/// words, where several begin so, and in repositories whose objects have SHA-256 names.
pub fn starting_with(store: &Store, digits: &str) -> Result<Option<ObjectId>, String> {
    let is_id = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if !is_id || digits.len() < SHORTEST || digits.len() >= 40 {
        return Ok(None);
    }
    if store.hash != gix_hash::Kind::Sha1 {
        return Err("abbreviated ids are not read in a SHA-256 repository".to_owned());
    }
    let read = || {
        let objects = git2::Odb::new()?;
        for dir in &store.object_dirs {
            objects.add_disk_alternate(&dir.to_string_lossy())?;
        }
        let padded = format!("{digits:0<40}");
        objects.exists_prefix(git2::Oid::from_str(&padded)?, digits.len())
    };
    match read() {
        Ok(id) => Ok(Some(ObjectId::new(id.as_bytes()))),
        Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
        Err(error) if error.code() == git2::ErrorCode::Ambiguous => {
            Err("several objects begin so".to_owned())
        }
        Err(error) => Err(error.message().to_owned()),
    }
}
