//! Files of a policy as a commit has them.

use crate::config::LARGEST;
use crate::error::Error;
use crate::git::pack::Kind;
use crate::history::CommitInfo;
use crate::model::ObjectId;

use super::points::Points;

/// What a tree has under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) struct Entry {
    /// The object.
    pub(in crate::app) id: ObjectId,
    /// Neither a folder nor a symbolic link nor a submodule.
    is_file: bool,
    is_folder: bool,
}

/// The file at `path`, from the top on, that `commit` has, with a name that says so; any named file of the policy. None if there is no
/// such file.
pub(in crate::app) fn file_of(
    commit: &CommitInfo,
    path: &str,
    points: &mut Points<'_>,
) -> Result<Option<(String, Vec<u8>)>, Error> {
    let Some(entry) = entry(commit, path, points)? else {
        return Ok(None);
    };
    let file = format!("{path} of commit {}", commit.id.short());
    let refused = |problem: &str| Error::Config {
        file: file.clone(),
        problem: problem.to_owned(),
    };
    if !entry.is_file {
        return Err(refused("this is no regular file"));
    }
    let Some((Kind::Blob, content)) = points.object(entry.id)? else {
        return Err(refused("it is not in this clone"));
    };
    if content.len() > LARGEST {
        return Err(refused(&format!("larger than {} MiB", LARGEST >> 20)));
    }
    Ok(Some((file, content)))
}

/// What `commit` has at `path`.
pub(in crate::app) fn entry(
    commit: &CommitInfo,
    path: &str,
    points: &mut Points<'_>,
) -> Result<Option<Entry>, Error> {
    let mut tree = commit.tree;
    let mut found = None;
    for name in path.split('/') {
        if let Some(Entry { id, is_folder, .. }) = found {
            if !is_folder {
                return Ok(None);
            }
            tree = id;
        }
        found = child(commit, tree, name, points)?;
        if found.is_none() {
            break;
        }
    }
    Ok(found)
}

/// What the folder `tree` of `commit` has under `name`.
fn child(
    commit: &CommitInfo,
    tree: ObjectId,
    name: &str,
    points: &mut Points<'_>,
) -> Result<Option<Entry>, Error> {
    let broken = || {
        Error::Usage(format!(
            "tree {tree} of commit {} is damaged or not in this clone; `git fsck` tells more",
            commit.id.short()
        ))
    };
    let Some((Kind::Tree, tree)) = points.object(tree)? else {
        return Err(broken());
    };
    let id_len = commit.id.as_bytes().len();
    let mut rest = tree.as_slice();
    while !rest.is_empty() {
        // mode, name, NUL, id
        let nul = memchr::memchr(0, rest).ok_or_else(broken)?;
        let (head, tail) = rest.split_at(nul);
        let id = tail.get(1..=id_len).ok_or_else(broken)?;
        let space = memchr::memchr(b' ', head).ok_or_else(broken)?;
        if &head[space + 1..] == name.as_bytes() {
            return Ok(Some(Entry {
                id: ObjectId::new(id),
                is_file: head.starts_with(b"100"),
                is_folder: head.starts_with(b"40"),
            }));
        }
        rest = &tail[1 + id_len..];
    }
    Ok(None)
}
