//! Where a blob was read from.

use std::borrow::Cow;

use super::{ObjectId, ObjectKind};

/// What git says of a file in a work tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GitState {
    /// The file is not in a git work tree, so nothing is known.
    Outside,
    /// In the index: ignored or not, it is part of the repository.
    Tracked,
    /// Neither in the index nor ignored: the next `git add .` takes it.
    Untracked,
    /// Ignored and not tracked; met only when ignore rules are switched off.
    Ignored,
}

/// The kind of place a blob comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// A file on disk.
    File(GitState),
    /// Standard input, under the name the user gave it.
    Stdin,
    /// What is staged in the index of a repository: a blob, under its path from the top of the work tree.
    Index(ObjectId),
    /// An object in the store of a repository. The path is that of a blob in some commit's tree, or empty.
    Object(ObjectKind, ObjectId),
}

/// Where a blob was read from. Borrowed while scanning, owned once there is a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin<'a> {
    /// `/`-separated bytes as the user would type them: the PATH given, joined with the way below it.
    /// Not necessarily UTF-8.
    pub path: Cow<'a, [u8]>,
    /// The way from the top of the tree to the file, `/`-separated: from the top of the work tree, or from the PATH
    /// given where there is none. What is judged by its path is judged by this one, so that a result depends neither
    /// on the current directory nor on where a tree was put.
    pub within: Cow<'a, [u8]>,
    /// The kind of place.
    pub store: Store,
}

impl<'a> Origin<'a> {
    /// A borrowed origin at `path` from the top of its tree; nothing is copied.
    pub fn new(path: &'a [u8], store: Store) -> Self {
        Self {
            path: Cow::Borrowed(path),
            within: Cow::Borrowed(path),
            store,
        }
    }

    /// The same origin, known to lie at `within` from the top of its tree.
    #[must_use]
    pub fn within(self, within: &'a [u8]) -> Self {
        Self {
            within: Cow::Borrowed(within),
            ..self
        }
    }

    /// The same origin with its own copy of the paths.
    pub fn to_owned(&self) -> Origin<'static> {
        Origin {
            path: Cow::Owned(self.path.to_vec()),
            within: Cow::Owned(self.within.to_vec()),
            store: self.store,
        }
    }

    /// The path for people and for text formats; see [`display_path`].
    pub fn display(&self) -> String {
        display_path(&self.path)
    }
}

/// Path bytes as text that is safe on a terminal and unambiguous: control characters, bidirectional
/// controls and bytes that are not UTF-8 are written as `\xNN` (or `\u{NNNN}`), everything else as it
/// is.
pub fn display_path(path: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() && u32::from(c) < 0x100 {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            } else if c.is_control()
                || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
            {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            } else {
                out.push(c);
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}
