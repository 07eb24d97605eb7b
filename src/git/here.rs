//! The repository that git runs a hook in, as its variables name it.
//!
//! A scan of a REPO is about that REPO and reads no variable. A hook is about the repository of the git that started it, which may lie
//! anywhere, and whose new objects may lie in quarantine.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::alternates::alternate;
use super::{Store, StoreError};

impl Store {
    /// Opens the repository of the git that runs this program in `dir`: the one that `GIT_DIR`, `GIT_WORK_TREE`,
    /// `GIT_OBJECT_DIRECTORY` and `GIT_ALTERNATE_OBJECT_DIRECTORIES` name, else the one that `dir` lies in.
    pub fn here(dir: &Path) -> Result<Self, StoreError> {
        let git_dir = set("GIT_DIR").map(|git_dir| dir.join(git_dir));
        let tree = set("GIT_WORK_TREE").map_or_else(|| dir.to_owned(), |tree| dir.join(tree));
        let borrowed = set("GIT_ALTERNATE_OBJECT_DIRECTORIES").unwrap_or_default();
        let borrowed: Vec<PathBuf> = listed(borrowed.as_encoded_bytes())
            .into_iter()
            .map(|borrowed| dir.join(borrowed))
            .collect();
        let own = match set("GIT_OBJECT_DIRECTORY") {
            Some(own) => dir.join(own),
            None if borrowed.is_empty() => {
                return Self::open_with(&tree, git_dir.as_deref(), None);
            }
            None => {
                let plain = Self::open_with(&tree, git_dir.as_deref(), None)?;
                plain.common_dir.join("objects")
            }
        };
        let dirs = std::iter::once(own).chain(borrowed).collect();
        Self::open_with(&tree, git_dir.as_deref(), Some(dirs))
    }
}

fn set(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The folders of a list as git writes it: one that holds the separator or begins with a quote is in quotes.
fn listed(list: &[u8]) -> Vec<PathBuf> {
    let separator = if cfg!(windows) { b';' } else { b':' };
    let (mut folders, mut rest) = (Vec::new(), list);
    while !rest.is_empty() {
        let end = end_of_quoted(rest)
            .filter(|end| rest.get(*end).is_none_or(|byte| *byte == separator))
            .or_else(|| rest.iter().position(|byte| *byte == separator))
            .unwrap_or(rest.len());
        folders.extend(alternate(&rest[..end]));
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    folders
}

/// Where the text in quotes that `list` begins with ends, behind its last quote.
fn end_of_quoted(list: &[u8]) -> Option<usize> {
    let inner = list.strip_prefix(b"\"")?;
    let mut is_escaped = false;
    let end = inner.iter().position(|byte| {
        let is_end = !is_escaped && *byte == b'"';
        is_escaped = !is_escaped && *byte == b'\\';
        is_end
    })?;
    Some(end + 2)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_folders_is_taken_apart() {
        for (list, folders) in [
            ("", &[][..]),
            ("/a", &["/a"]),
            ("/a:/b c", &["/a", "/b c"]),
            ("\"/a:b\":/c", &["/a:b", "/c"]),
            ("\"/a\\\"b\"", &["/a\"b"]),
            ("\"/a:/b", &["\"/a", "/b"]),
            ("::/a:", &["/a"]),
        ] {
            let folders: Vec<PathBuf> = folders.iter().map(PathBuf::from).collect();
            assert_eq!(listed(list.as_bytes()), folders, "{list}");
        }
    }
}
