//! Where in a repository's history a secret stands.

use std::fmt;

use super::Place;

/// The name of a git object: 20 bytes of SHA-1 or 32 of SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    bytes: [u8; 32],
    len: u8,
}

impl ObjectId {
    /// The id made of `bytes`, of which there are at most 32; git has 20 or 32.
    ///
    /// # Panics
    /// Never: at most 32 bytes are taken.
    pub fn new(bytes: &[u8]) -> Self {
        let len = bytes.len().min(32);
        let mut id = [0; 32];
        id[..len].copy_from_slice(&bytes[..len]);
        Self {
            bytes: id,
            len: u8::try_from(len).expect("at most 32"),
        }
    }

    /// The id whose hexadecimal digits are all of `text`, 40 or 64 of them in either case.
    pub fn from_hex(text: &[u8]) -> Option<Self> {
        if text.len() != 40 && text.len() != 64 {
            return None;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let mut id = [0; 32];
        for (byte, pair) in id.iter_mut().zip(text.chunks_exact(2)) {
            *byte = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()?;
        }
        Some(Self::new(&id[..text.len() / 2]))
    }

    /// Whether all its digits are 0, git's way to write that there is no object.
    pub fn is_null(&self) -> bool {
        self.bytes == [0; 32]
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// The first twelve digits: enough for people, and for git in all but the largest repositories.
    pub fn short(&self) -> String {
        let mut digits = self.to_string();
        digits.truncate(12);
        digits
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectId({self})")
    }
}

/// What kind of object a text is. Trees hold names and ids only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// A version of a file, or a note.
    Blob,
    /// A commit: author, committer and message, as `git cat-file -p` prints it.
    Commit,
    /// An annotated tag, as `git cat-file -p` prints it.
    Tag,
}

impl ObjectKind {
    /// Git's own name for it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Blob => "blob",
            Self::Commit => "commit",
            Self::Tag => "tag",
        }
    }
}

/// One place in the history at which a secret stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The path of the blob in a commit's tree, `/`-separated; empty for commits, tags, and blobs that no tree names.
    pub path: Vec<u8>,
    /// The object that holds the secret.
    pub object: ObjectId,
    /// What it is.
    pub kind: ObjectKind,
    /// Where in the object the secret stands.
    pub place: Place,
}

/// The first commit that brought a secret in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstCommit {
    /// The commit.
    pub id: ObjectId,
    /// When its author wrote it, in seconds since 1970 UTC. As the commit claims; a clock may have been wrong.
    pub author_time: i64,
}

/// Where a secret came from and where it still is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Of the commits that brought it in, the one that has none of the others among its ancestors; of several such, the one
    /// with the oldest committer date, then the least id. None where no reachable commit holds it.
    pub first: Option<FirstCommit>,
    /// All places, the one that the finding shows first, then by path, object and place; at most [`History::MOST`].
    pub locations: Vec<Location>,
    /// How many places there are.
    pub location_count: u64,
    /// Whether the tree of `HEAD` still holds it.
    pub in_head: bool,
    /// Names of the refs from whose commits it can be reached (`refs/heads/main`, `HEAD`, `refs/stash`, `reflog of HEAD`),
    /// sorted, reflogs last; at most [`History::MOST`].
    pub refs: Vec<String>,
    /// How many such refs there are; 0 means that it is unreachable, which is not the same as gone.
    pub ref_count: u64,
}

impl History {
    /// Most locations, and most refs, that a finding lists.
    pub const MOST: usize = 20;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written() {
        for digits in ["0123456789abcdef".repeat(4), "89abcdef01".repeat(4)] {
            let id = ObjectId::from_hex(digits.as_bytes()).unwrap();
            assert_eq!(id.to_string(), digits);
            assert_eq!(
                ObjectId::from_hex(digits.to_uppercase().as_bytes()),
                Some(id)
            );
            assert!(!id.is_null());
            assert_eq!(ObjectId::from_hex(&digits.as_bytes()[1..]), None);
            assert_eq!(
                ObjectId::from_hex(digits.replace('9', "g").as_bytes()),
                None
            );
        }
        assert_eq!(ObjectId::from_hex(b""), None);
        assert!(ObjectId::from_hex(&[b'0'; 40]).unwrap().is_null());
    }
}
